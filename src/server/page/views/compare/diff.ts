/** The difference of two texts, word by word: the shortest way from one to the other (Myers, 1986). */

export interface Segment {
  /** In both texts, in the first alone, or in the second alone. */
  readonly in: "both" | "first" | "second"
  readonly text: string
}

/** Beyond so many words, or so many that differ, all that is between the same beginning and the same end counts as other words. */
const mostWords = 6_000
const mostEdits = 800

const wordsOf = (text: string): ReadonlyArray<string> => text.match(/[\p{L}\p{N}_]+|\s+|[^\p{L}\p{N}_\s]/gu) ?? []

export const diff = (first: string, second: string): ReadonlyArray<Segment> => {
  if (first === second) return first === "" ? [] : [{ in: "both", text: first }]
  const [a, b] = [wordsOf(first), wordsOf(second)]
  let start = 0
  while (start < a.length && start < b.length && a[start] === b[start]) start++
  let end = 0
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++
  const [x, y] = [a.slice(start, a.length - end), b.slice(start, b.length - end)]
  return joined([
    ...a.slice(0, start).map((text): Segment => ({ in: "both", text })),
    ...between(x, y),
    ...a.slice(a.length - end).map((text): Segment => ({ in: "both", text }))
  ])
}

const replaced = (a: ReadonlyArray<string>, b: ReadonlyArray<string>): ReadonlyArray<Segment> => [
  { in: "first", text: a.join("") },
  { in: "second", text: b.join("") }
]

const between = (a: ReadonlyArray<string>, b: ReadonlyArray<string>): ReadonlyArray<Segment> => {
  if (a.length === 0 || b.length === 0 || a.length + b.length > mostWords) return replaced(a, b)
  const most = Math.min(a.length + b.length, mostEdits)
  // By diagonal, how far along the first text one comes with so many edits; a copy is kept of each.
  const reach = new Int32Array(2 * most + 3)
  const steps: Array<Int32Array> = []
  const at = (diagonal: number) => diagonal + most + 1
  for (let edits = 0; edits <= most; edits++) {
    steps.push(reach.slice(at(-edits - 1), at(edits + 1) + 1))
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      const isDown =
        diagonal === -edits ||
        (diagonal !== edits && (reach[at(diagonal - 1)] as number) < (reach[at(diagonal + 1)] as number))
      let x = isDown ? (reach[at(diagonal + 1)] as number) : (reach[at(diagonal - 1)] as number) + 1
      let y = x - diagonal
      while (x < a.length && y < b.length && a[x] === b[y]) {
        x++
        y++
      }
      reach[at(diagonal)] = x
      if (x >= a.length && y >= b.length) return traced(a, b, steps)
    }
  }
  return replaced(a, b)
}

/** The way back through the steps. */
const traced = (
  a: ReadonlyArray<string>,
  b: ReadonlyArray<string>,
  steps: ReadonlyArray<Int32Array>
): ReadonlyArray<Segment> => {
  const segments: Array<Segment> = []
  let [x, y] = [a.length, b.length]
  for (let edits = steps.length - 1; edits >= 0; edits--) {
    const reach = steps[edits] as Int32Array
    const of = (diagonal: number) => reach[diagonal + edits + 1] as number
    const diagonal = x - y
    const isDown = diagonal === -edits || (diagonal !== edits && of(diagonal - 1) < of(diagonal + 1))
    const from = isDown ? diagonal + 1 : diagonal - 1
    const [toX, toY] = edits === 0 ? [0, 0] : [of(from), of(from) - from]
    while (x > toX && y > toY) {
      x--
      y--
      segments.push({ in: "both", text: a[x] as string })
    }
    if (edits === 0) break
    if (isDown) segments.push({ in: "second", text: b[--y] as string })
    else segments.push({ in: "first", text: a[--x] as string })
  }
  return segments.reverse()
}

/** Neighbours of one kind as one. */
const joined = (segments: ReadonlyArray<Segment>): ReadonlyArray<Segment> => {
  const found: Array<{ in: Segment["in"]; texts: Array<string> }> = []
  for (const segment of segments) {
    if (segment.text === "") continue
    const last = found.at(-1)
    if (last?.in === segment.in) last.texts.push(segment.text)
    else found.push({ in: segment.in, texts: [segment.text] })
  }
  return found.map(({ in: side, texts }) => ({ in: side, text: texts.join("") }))
}
