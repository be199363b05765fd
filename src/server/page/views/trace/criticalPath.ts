/**
 * The critical path of a trace: the work without which it would have ended earlier. Walked from its end back: into the
 * child that ended last, from the start of that one on into the child that had ended by then, and so on, as Jaeger has it
 * (`jaeger-ui`, `CriticalPath`, after S. van Hensbergen and others, "CRISP", USENIX ATC 2022).
 */
import { endAt, type Tree } from "./tree.js"

export interface CriticalPath {
  /** The sections of span `i` are those from `offsets[i]` to `offsets[i + 1]`, the last first. */
  readonly offsets: Int32Array
  /** Nanoseconds since the origin of the tree. */
  readonly from: Float64Array
  readonly to: Float64Array
}

/** Of what is running, all until now is counted. */
export const criticalPath = (tree: Tree, now: number): CriticalPath => {
  const count = tree.spans.length
  const { end, start } = withinParents(tree, now)
  const { children, offsets } = childrenByEnd(tree, start, end)
  const next = offsets.slice(0, count + 1)
  const sections: Array<readonly [span: number, from: number, to: number]> = []
  // The trace is walked as if its roots, whose place is `count`, were the children of a span that lasts as long as all.
  let at = count
  let until = Number.POSITIVE_INFINITY
  while (true) {
    const last = offsets[at + 1] as number
    while ((next[at] as number) < last && (end[children[next[at] as number] as number] as number) > until) up(next, at)
    if ((next[at] as number) < last) {
      const child = children[up(next, at)] as number
      const to = end[child] as number
      if (at !== count && to < until) sections.push([at, to, until])
      at = child
      until = to
    } else if (at === count) {
      return grouped(sections, count)
    } else {
      const from = start[at] as number
      if (from < until) sections.push([at, from, until])
      until = Math.min(until, from)
      at = (tree.parent[at] as number) < 0 ? count : (tree.parent[at] as number)
    }
  }
}

/** Times cut off at those of the parent, for which nobody waited longer. What lies wholly outside has no length. */
const withinParents = (tree: Tree, now: number): { readonly start: Float64Array; readonly end: Float64Array } => {
  const start = tree.start.slice()
  const end = tree.end.slice()
  for (let i = 0; i < start.length; i++) {
    end[i] = endAt(tree, i, now)
    const above = tree.parent[i] as number
    if (above < 0) continue
    start[i] = Math.max(start[i] as number, start[above] as number)
    end[i] = Math.min(end[i] as number, end[above] as number)
    // Not on the path: it ended before its parent began, or begins after it.
    if ((end[i] as number) < (start[i] as number)) end[i] = start[i] = Number.NaN
  }
  return { start, end }
}

/** Adds one, and gives what was there before. */
const up = (numbers: Int32Array, at: number): number => {
  const before = numbers[at] as number
  numbers[at] = before + 1
  return before
}

/** Numbers of things by place, one place later, become where each place begins. */
const sumUp = (offsets: Int32Array): void => {
  for (let i = 1; i < offsets.length; i++) offsets[i] = (offsets[i] as number) + (offsets[i - 1] as number)
}

/** The children of each span, those first that ended last; of those that ended together, the one that started last. */
const childrenByEnd = (tree: Tree, start: Float64Array, end: Float64Array) => {
  const count = tree.spans.length
  const placeOf = (index: number) => ((tree.parent[index] as number) < 0 ? count : (tree.parent[index] as number))
  const offsets = new Int32Array(count + 2)
  for (let i = 0; i < count; i++) if (!Number.isNaN(end[i])) up(offsets, placeOf(i) + 1)
  sumUp(offsets)
  const children = new Int32Array(offsets[count + 1] as number)
  const filled = offsets.slice()
  for (let i = 0; i < count; i++) if (!Number.isNaN(end[i])) children[up(filled, placeOf(i))] = i
  for (let i = 0; i <= count; i++) {
    const [from, to] = [offsets[i] as number, offsets[i + 1] as number]
    if (to - from > 1) {
      children
        .subarray(from, to)
        .sort((a, b) => (end[b] as number) - (end[a] as number) || (start[b] as number) - (start[a] as number) || b - a)
    }
  }
  return { children, offsets }
}

const grouped = (
  sections: ReadonlyArray<readonly [span: number, from: number, to: number]>,
  count: number
): CriticalPath => {
  const offsets = new Int32Array(count + 1)
  for (const [span] of sections) up(offsets, span + 1)
  sumUp(offsets)
  const filled = offsets.slice()
  const from = new Float64Array(sections.length)
  const to = new Float64Array(sections.length)
  for (const [span, start, end] of sections) {
    const at = up(filled, span)
    from[at] = start
    to[at] = end
  }
  return { offsets, from, to }
}

/** The nanoseconds of a span that are on the path. */
export const timeOf = ({ from, offsets, to }: CriticalPath, index: number): number => {
  let sum = 0
  for (let i = offsets[index] as number; i < (offsets[index + 1] as number); i++) {
    sum += (to[i] as number) - (from[i] as number)
  }
  return sum
}
