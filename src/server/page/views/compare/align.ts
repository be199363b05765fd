/** Puts two lists of texts side by side: those that say nearly the same, in the order of both. */

export type Pair = readonly [a: number | undefined, b: number | undefined]

/** Words of a text that count, and the least that two texts must share. */
const mostWords = 80
const leastAlike = 0.3

type Words = ReadonlyMap<string, number>

const wordsOf = (text: string): Words => {
  const words = new Map<string, number>()
  for (const word of (
    text
      .slice(0, 2_000)
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? []
  ).slice(0, mostWords)) {
    words.set(word, (words.get(word) ?? 0) + 1)
  }
  return words
}

const sizeOf = (words: Words): number => Array.from(words.values()).reduce((sum, count) => sum + count, 0)

/** Twice the words that two texts share, among all of both: 0 to 1. */
const alike = (a: Words, b: Words, sizes: number): number => {
  if (sizes === 0) return 0
  let shared = 0
  for (const [word, count] of a) shared += Math.min(count, b.get(word) ?? 0)
  return (2 * shared) / sizes
}

/** How much two texts are alike, by their words: 0 to 1. */
export const similarity = (a: string, b: string): number => {
  if (a === b) return 1
  const [words, others] = [wordsOf(a), wordsOf(b)]
  return alike(words, others, sizeOf(words) + sizeOf(others))
}

/**
 * The pairs of two lists: of all ways to pair texts without crossing, the one in which they are most alike. Between two pairs,
 * as many that have no partner on either side are paired by their place.
 */
export const align = (a: ReadonlyArray<string>, b: ReadonlyArray<string>): ReadonlyArray<Pair> => {
  const [left, right] = [a.map(wordsOf), b.map(wordsOf)]
  const [sizes, others] = [left.map(sizeOf), right.map(sizeOf)]
  const width = b.length + 1
  // By how many are left of each list, the best sum of what is alike among them.
  const best = new Float64Array((a.length + 1) * width)
  const score = (i: number, j: number): number => {
    if (a[i] === b[j]) return 1
    const found = alike(left[i] as Words, right[j] as Words, (sizes[i] as number) + (others[j] as number))
    return found >= leastAlike ? found : Number.NEGATIVE_INFINITY
  }
  const scores = new Float64Array(a.length * b.length)
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      const paired = score(i, j)
      scores[i * b.length + j] = paired
      best[i * width + j] = Math.max(
        paired + (best[(i + 1) * width + j + 1] as number),
        best[(i + 1) * width + j] as number,
        best[i * width + j + 1] as number
      )
    }
  }
  const pairs: Array<Pair> = []
  let [i, j] = [0, 0]
  let gap: [Array<number>, Array<number>] = [[], []]
  const close = () => {
    const [onlyA, onlyB] = gap
    if (onlyA.length === onlyB.length) pairs.push(...onlyA.map((a, n): Pair => [a, onlyB[n]]))
    else pairs.push(...onlyA.map((a): Pair => [a, undefined]), ...onlyB.map((b): Pair => [undefined, b]))
    gap = [[], []]
  }
  while (i < a.length && j < b.length) {
    const here = best[i * width + j] as number
    if (here === (scores[i * b.length + j] as number) + (best[(i + 1) * width + j + 1] as number)) {
      close()
      pairs.push([i++, j++])
    } else if (here === best[(i + 1) * width + j]) {
      gap[0].push(i++)
    } else {
      gap[1].push(j++)
    }
  }
  while (i < a.length) gap[0].push(i++)
  while (j < b.length) gap[1].push(j++)
  close()
  return pairs
}
