/** The spans of a tree that are rows: those that no fold and no filter hides. */
import type { OutlineSpan } from "../../../internal/encoded.js"
import type { Tree } from "./tree.js"

export interface Folds {
  /** So many levels are open; absent: all. */
  readonly depth: number | undefined
  /** Spans that are open where their level is folded, or folded where it is open. */
  readonly turned: ReadonlySet<string>
  /** All above it is open, so that it is seen. */
  readonly cursor: number
}

/** Whether what is below a span is shown. */
export const isOpen = (
  tree: Tree,
  index: number,
  { cursor, depth = Number.POSITIVE_INFINITY, turned }: Folds
): boolean => {
  if (cursor > index && cursor < (tree.after[index] as number)) return true
  const isTurned = turned.size > 0 && turned.has((tree.spans[index] as OutlineSpan).spanId)
  return (tree.depth[index] as number) < depth !== isTurned
}

/** The rows, as places in the tree. `kept` has those that filters leave and all above them. */
export const rowsOf = (tree: Tree, folds: Folds, kept?: Uint8Array): Int32Array => {
  const rows = new Int32Array(tree.spans.length)
  let size = 0
  for (let i = 0; i < rows.length; ) {
    if (kept !== undefined && kept[i] === 0) {
      i = tree.after[i] as number
      continue
    }
    rows[size++] = i
    i = isOpen(tree, i, folds) ? i + 1 : (tree.after[i] as number)
  }
  return rows.subarray(0, size)
}

/** The row of a span, or where it would be: rows ascend. */
export const rowAt = (rows: Int32Array, index: number): number => {
  let low = 0
  let high = rows.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((rows[middle] as number) < index) low = middle + 1
    else high = middle
  }
  return low
}

/** Marks those that are like that with 2, and all above them with 1. */
export const keptOf = (tree: Tree, isLike: (span: OutlineSpan, index: number) => boolean): Uint8Array => {
  const kept = new Uint8Array(tree.spans.length)
  for (let i = kept.length - 1; i >= 0; i--) {
    if (isLike(tree.spans[i] as OutlineSpan, i)) kept[i] = 2
    const above = tree.parent[i] as number
    if (kept[i] !== 0 && above >= 0) kept[above] = Math.max(1, kept[above] as number)
  }
  return kept
}

/** The texts in which a span is looked for, in lower case: joined, a line each. */
const wordsOf = ({ agentName, errorType, model, name, provider, sessionId, spanId, toolName }: OutlineSpan): string =>
  `${name}\n${toolName ?? ""}\n${agentName ?? ""}\n${model ?? ""}\n${provider ?? ""}\n${errorType ?? ""}\n${spanId}\n${sessionId ?? ""}`.toLowerCase()

const words = new WeakMap<Tree, ReadonlyArray<string>>()

/** The spans that have a text in their names, tools, agents, models or ids, as places that ascend. */
export const matchesOf = (tree: Tree, find: string): Int32Array => {
  const asked = find.trim().toLowerCase()
  if (asked === "") return new Int32Array()
  const all = words.get(tree) ?? tree.spans.map(wordsOf)
  words.set(tree, all)
  const found = new Int32Array(all.length)
  let size = 0
  for (let i = 0; i < all.length; i++) if ((all[i] as string).includes(asked)) found[size++] = i
  return found.subarray(0, size)
}

/** The match after a place, or before it: after the last comes the first. */
export const nextOf = (matches: Int32Array, from: number, direction: 1 | -1): number | undefined => {
  if (matches.length === 0) return undefined
  const at = rowAt(matches, from)
  const next = direction === 1 ? (matches[at] === from ? at + 1 : at) : at - 1
  return matches[(next + matches.length) % matches.length]
}
