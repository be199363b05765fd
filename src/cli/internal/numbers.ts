/** Amounts as people read them. */

/** US dollars: four digits after the point, and more where the cost is smaller than they show. */
export const dollars = (cost: number | undefined | null): string => {
  if (cost === undefined || cost === null) return ""
  if (cost === 0) return "$0"
  return `$${Math.abs(cost) < 0.001 ? Number(cost.toPrecision(2)) : cost.toFixed(4)}`
}

export const count = (value: number | undefined | null): string =>
  value === undefined || value === null ? "" : String(value)

/** `1 span`, `2 spans`. */
export const counted = (value: number, word: string): string =>
  `${value.toLocaleString("en-US")} ${word}${value === 1 ? "" : "s"}`

export const tokens = (input: number | undefined, output: number | undefined): string =>
  input === undefined && output === undefined ? "" : `${input ?? "?"} → ${output ?? "?"} tokens`

/** The parts that are there. */
export const joined = (separator: string, ...parts: ReadonlyArray<string | undefined>): string =>
  parts.filter((part) => part !== undefined && part !== "").join(separator)
