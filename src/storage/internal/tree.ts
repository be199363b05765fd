import { isEntry } from "../../signal/internal/spans.js"
import type { SpanRecord } from "../../signal/SpanRecord.js"
import { byStart } from "./select.js"

/**
 * The spans of a trace, each before its children and siblings by their start: first the trees of the entry spans, then
 * those of orphans, whose parent is missing, and last what is left, which has itself for an ancestor.
 */
export const treeOrder = (spans: ReadonlyArray<SpanRecord>): ReadonlyArray<SpanRecord> => {
  const sorted = Array.from(spans).sort(byStart)
  const ids = new Set(sorted.map((span) => span.spanId))
  const children = new Map<string, Array<SpanRecord>>()
  const entries: Array<SpanRecord> = []
  const orphans: Array<SpanRecord> = []
  for (const span of sorted) {
    const parent = span.parentSpanId
    if (parent !== undefined && ids.has(parent)) {
      const siblings = children.get(parent)
      if (siblings === undefined) children.set(parent, [span])
      else siblings.push(span)
    } else if (isEntry(span)) {
      entries.push(span)
    } else {
      orphans.push(span)
    }
  }
  const ordered = new Set<SpanRecord>()
  // A stack in place of recursion: a trace can be a chain of thousands of spans.
  const stack: Array<SpanRecord> = []
  for (const root of [...entries, ...orphans, ...sorted]) {
    stack.push(root)
    for (let span = stack.pop(); span !== undefined; span = stack.pop()) {
      if (ordered.has(span)) continue
      ordered.add(span)
      stack.push(...(children.get(span.spanId) ?? []).toReversed())
    }
  }
  return Array.from(ordered)
}
