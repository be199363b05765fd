import type * as Effect from "effect/Effect"
import { inTurns } from "../../runtime/eventLoop.js"
import { isEntry } from "../../signal/internal/spans.js"
import type { SpanRecord } from "../../signal/SpanRecord.js"
import { byStart } from "./select.js"

/** The fields that say the place of a span in its trace. */
export type Node = Pick<SpanRecord, "spanId" | "parentSpanId" | "parentIsRemote" | "startTime">

/**
 * The spans of a trace, each before its children and siblings by their start: first the trees of the entry spans, then
 * those of orphans, whose parent is missing, and last what is left, which has itself for an ancestor.
 */
export const treeOrder = <Span extends Node>(spans: ReadonlyArray<Span>): Effect.Effect<ReadonlyArray<Span>> =>
  inTurns(function* () {
    const sorted = yield* byTime(spans)
    const ids = new Set<string>()
    for (const { spanId } of sorted) {
      ids.add(spanId)
      yield
    }
    const children = new Map<string, Array<Span>>()
    const entries: Array<Span> = []
    const orphans: Array<Span> = []
    for (const span of sorted) {
      yield
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
    const ordered: Array<Span> = []
    const seen = new Set<Span>()
    // A stack in place of recursion: a trace can be a chain of thousands of spans.
    const stack: Array<Span> = []
    for (const roots of [entries, orphans, sorted]) {
      for (const root of roots) {
        stack.push(root)
        for (let span = stack.pop(); span !== undefined; span = stack.pop()) {
          yield
          if (seen.has(span)) continue
          seen.add(span)
          ordered.push(span)
          const below = children.get(span.spanId) ?? []
          for (let i = below.length - 1; i >= 0; i--) stack.push(below[i] as Span)
        }
      }
    }
    return ordered
  })

/** Engines give spans by their start: to look whether they did may pause, which to sort them may not. */
function* byTime<Span extends Node>(spans: ReadonlyArray<Span>): Generator<void, ReadonlyArray<Span>> {
  for (let i = 1; i < spans.length; i++) {
    if (byStart(spans[i - 1] as Span, spans[i] as Span) > 0) return Array.from(spans).sort(byStart)
    yield
  }
  return spans
}
