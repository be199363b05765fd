import type { SpanRecord } from "../../signal/SpanRecord.js"

/**
 * The spans of a trace, each before its children and siblings by their start: first the trees of the entry spans, then
 * those of orphans, whose parent is missing, and last what is left, which has itself for an ancestor.
 */
export const treeOrder = (spans: ReadonlyArray<SpanRecord>): ReadonlyArray<SpanRecord> => {
  const byStart = Array.from(spans).sort((a, b) => compare(a.startTime, b.startTime) || compare(a.spanId, b.spanId))
  const ids = new Set(byStart.map((span) => span.spanId))
  const children = new Map<string, Array<SpanRecord>>()
  const entries: Array<SpanRecord> = []
  const orphans: Array<SpanRecord> = []
  for (const span of byStart) {
    const parent = span.parentSpanId
    if (parent !== undefined && ids.has(parent)) {
      const siblings = children.get(parent)
      if (siblings === undefined) children.set(parent, [span])
      else siblings.push(span)
    } else if (parent === undefined || span.parentIsRemote === true) {
      entries.push(span)
    } else {
      orphans.push(span)
    }
  }
  const ordered = new Set<SpanRecord>()
  // A stack in place of recursion: a trace can be a chain of thousands of spans.
  const stack: Array<SpanRecord> = []
  for (const root of [...entries, ...orphans, ...byStart]) {
    stack.push(root)
    for (let span = stack.pop(); span !== undefined; span = stack.pop()) {
      if (ordered.has(span)) continue
      ordered.add(span)
      stack.push(...(children.get(span.spanId) ?? []).toReversed())
    }
  }
  return Array.from(ordered)
}

const compare = <A extends bigint | string>(a: A, b: A): number => (a < b ? -1 : a > b ? 1 : 0)
