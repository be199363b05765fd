/**
 * Sums of decimals that are the same in whatever order they are added up: each to a billionth, as integers. So every engine
 * gives the same.
 */

/** Beyond it billionths are no safe integers. What is so large is added up as it is. */
export const largest = 9_000_000

/** The sum of decimals; one beyond all numbers is the largest. */
export const sum = (values: ReadonlyArray<number>): number => {
  let billionths = 0n
  let rest = 0
  for (const value of values) {
    if (Math.abs(value) <= largest) billionths += BigInt(Math.floor(value * 1e9 + 0.5))
    else rest += value
  }
  return total(billionths, rest)
}

/** The number of so many billionths, and the rest. */
export const total = (billionths: bigint, rest: number): number => {
  const sum = Number(billionths) / 1e9 + rest
  return Number.isNaN(sum) ? 0 : Math.max(Math.min(sum, Number.MAX_VALUE), -Number.MAX_VALUE)
}
