/** A trace as a tree in flat arrays: the numbers of a span stand at its place in the order of the tree. */
import { largest, total } from "../../../../signal/internal/exact.js"
import type { OutlineSpan } from "../../../internal/encoded.js"

export interface Tree {
  readonly traceId: string
  /** Whether the trace has more spans than these. */
  readonly truncated: boolean
  /** Each before those below it, which come before whatever is after it. */
  readonly spans: ReadonlyArray<OutlineSpan>
  readonly indexOf: ReadonlyMap<string, number>
  /** The place of the parent; -1 of a root. */
  readonly parent: Int32Array
  readonly depth: Int32Array
  /** The place after all that is below. */
  readonly after: Int32Array
  /** Counted from 1 among those that have the same parent, and how many these are. */
  readonly position: Int32Array
  readonly siblings: Int32Array
  /** Nanoseconds since the epoch of the first start. */
  readonly origin: bigint
  /** Nanoseconds since the origin; an end is `NaN` as long as a span is running. */
  readonly start: Float64Array
  readonly end: Float64Array
  readonly running: number
  readonly failed: number
  /** How many have failed below. */
  readonly failedBelow: Int32Array
  /** Of a span and all below, as `SessionSummary` sums them. */
  readonly inputTokens: Float64Array
  readonly outputTokens: Float64Array
  readonly costUsd: Float64Array
}

/** Agents repeat what their children used; what a program says to cost, as a tool does, is not repeated. */
export const isCounted = {
  tokens: ({ spanType }: OutlineSpan): boolean => spanType === "model_generation",
  cost: ({ costSource, spanType }: OutlineSpan): boolean => spanType === "model_generation" || costSource === "custom"
}

/** The tree of spans. One whose parent is not among them is a root, and so is the first of a circle. */
export const treeOf = (
  given: ReadonlyArray<OutlineSpan>,
  { traceId = "", truncated = false }: { readonly traceId?: string; readonly truncated?: boolean } = {}
): Tree => {
  const { order, parent } = ordered(given)
  const count = given.length
  const spans = Array.from(order, (index) => given[index] as OutlineSpan)
  const depth = new Int32Array(count)
  const after = new Int32Array(count)
  const position = new Int32Array(count)
  const children = new Int32Array(count)
  let roots = 0
  for (let i = 0; i < count; i++) {
    const above = parent[i] as number
    depth[i] = above < 0 ? 0 : (depth[above] as number) + 1
    if (above < 0) position[i] = ++roots
    else position[i] = children[above] = (children[above] as number) + 1
  }
  const siblings = parent.map((above) => (above < 0 ? roots : (children[above] as number)))
  for (let i = count - 1; i >= 0; i--) {
    after[i] = Math.max(after[i] as number, i + 1)
    const above = parent[i] as number
    if (above >= 0) after[above] = Math.max(after[above] as number, after[i] as number)
  }
  return {
    traceId,
    truncated,
    spans,
    indexOf: new Map(spans.map(({ spanId }, i) => [spanId, i])),
    parent,
    depth,
    after,
    position,
    siblings,
    ...timesOf(spans),
    ...sumsOf(spans, parent)
  }
}

/** The order of the tree as places in what is given, and the parents by their places in that order. */
const ordered = (given: ReadonlyArray<OutlineSpan>): { readonly order: Int32Array; readonly parent: Int32Array } => {
  const count = given.length
  const indexOf = new Map(given.map(({ spanId }, i) => [spanId, i]))
  const above = new Int32Array(count).fill(-1)
  const first = new Int32Array(count).fill(-1)
  const last = new Int32Array(count).fill(-1)
  const next = new Int32Array(count).fill(-1)
  for (let i = 0; i < count; i++) {
    const { parentSpanId } = given[i] as OutlineSpan
    const up = parentSpanId === undefined ? undefined : indexOf.get(parentSpanId)
    if (up === undefined || up === i) continue
    above[i] = up
    if (first[up] === -1) first[up] = i
    else next[last[up] as number] = i
    last[up] = i
  }
  const order = new Int32Array(count)
  const parent = new Int32Array(count)
  const placed = new Int32Array(count).fill(-1)
  let size = 0
  const place = (root: number) => {
    const waiting = [root]
    while (waiting.length > 0) {
      const i = waiting.pop() as number
      if (placed[i] !== -1) continue
      parent[size] = i === root ? -1 : (placed[above[i] as number] as number)
      order[size] = i
      placed[i] = size++
      const start = waiting.length
      for (let child = first[i] as number; child !== -1; child = next[child] as number) waiting.push(child)
      reverse(waiting, start)
    }
  }
  for (let i = 0; i < count; i++) if (above[i] === -1) place(i)
  // Spans to which no root leads go round in circles.
  for (let i = 0; i < count; i++) if (placed[i] === -1) place(i)
  return { order, parent }
}

const reverse = (list: Array<number>, from: number): void => {
  for (let a = from, b = list.length - 1; a < b; a++, b--) {
    const kept = list[a] as number
    list[a] = list[b] as number
    list[b] = kept
  }
}

const timesOf = (spans: ReadonlyArray<OutlineSpan>): Pick<Tree, "origin" | "start" | "end" | "running"> => {
  const starts = spans.map(({ startTime }) => BigInt(startTime))
  let origin = starts[0] ?? 0n
  for (const time of starts) if (time < origin) origin = time
  const start = Float64Array.from(starts, (time) => Number(time - origin))
  // A clock that was set back makes an end before the start.
  const end = Float64Array.from(spans, ({ endTime }, i) =>
    endTime === undefined ? Number.NaN : Math.max(start[i] as number, Number(BigInt(endTime) - origin))
  )
  return { origin, start, end, running: end.reduce((sum, time) => sum + (Number.isNaN(time) ? 1 : 0), 0) }
}

const sumsOf = (
  spans: ReadonlyArray<OutlineSpan>,
  parent: Int32Array
): Pick<Tree, "failed" | "failedBelow" | "inputTokens" | "outputTokens" | "costUsd"> => {
  const count = spans.length
  const failedBelow = new Int32Array(count)
  const inputTokens = new Float64Array(count)
  const outputTokens = new Float64Array(count)
  const costUsd = new Float64Array(count)
  const billionths = new Array<bigint>(count).fill(0n)
  const rest = new Float64Array(count)
  let failed = 0
  for (let i = count - 1; i >= 0; i--) {
    const span = spans[i] as OutlineSpan
    const above = parent[i] as number
    if (isCounted.tokens(span)) {
      inputTokens[i] = (inputTokens[i] as number) + (span.inputTokens ?? 0)
      outputTokens[i] = (outputTokens[i] as number) + (span.outputTokens ?? 0)
    }
    const cost = isCounted.cost(span) ? (span.costUsd ?? 0) : 0
    if (Math.abs(cost) <= largest) billionths[i] = (billionths[i] as bigint) + BigInt(Math.floor(cost * 1e9 + 0.5))
    else rest[i] = (rest[i] as number) + cost
    costUsd[i] = total(billionths[i] as bigint, rest[i] as number)
    const isFailed = span.status === "error" ? 1 : 0
    failed += isFailed
    if (above < 0) continue
    inputTokens[above] = (inputTokens[above] as number) + (inputTokens[i] as number)
    outputTokens[above] = (outputTokens[above] as number) + (outputTokens[i] as number)
    billionths[above] = (billionths[above] as bigint) + (billionths[i] as bigint)
    rest[above] = (rest[above] as number) + (rest[i] as number)
    failedBelow[above] = (failedBelow[above] as number) + (failedBelow[i] as number) + isFailed
  }
  return { failed, failedBelow, inputTokens, outputTokens, costUsd }
}

/** The sums of the trace: over its roots. */
export const sumOf = (tree: Tree, numbers: Float64Array): number => {
  let sum = 0
  for (let i = 0; i < tree.spans.length; i = tree.after[i] as number) sum += numbers[i] as number
  return sum
}

/** Whether a span is below another, or is it. */
export const isWithin = (tree: Tree, index: number, of: number): boolean =>
  index >= of && index < (tree.after[of] as number)

/** The last end or start that is known, in nanoseconds since the origin. */
export const lastKnown = ({ end, start }: Tree): number => {
  let last = 0
  for (let i = 0; i < start.length; i++) {
    last = Math.max(last, start[i] as number, Number.isNaN(end[i]) ? 0 : (end[i] as number))
  }
  return last
}

/** Where the end of a span is drawn: one that is running goes on until now. */
export const endAt = ({ end, start }: Tree, index: number, now: number): number =>
  Number.isNaN(end[index]) ? Math.max(start[index] as number, now) : (end[index] as number)
