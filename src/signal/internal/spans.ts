/** Questions about a span that many places ask. */
import * as Arr from "effect/Array"
import { replay } from "../conventions/effectObservability.js"
import type { SpanRecord } from "../SpanRecord.js"

/** Whether a span begins what this program, or a part of it, did: it has no parent, or a remote one. */
export const isEntry = (span: Pick<SpanRecord, "parentSpanId" | "parentIsRemote">): boolean =>
  span.parentSpanId === undefined || span.parentIsRemote === true

/** A span by its ids, among those of many traces. */
const idOf = (traceId: string, spanId: string | undefined): string => traceId + spanId

/**
 * Of the spans of one session, those that are topmost in it: without a parent, with a remote one, or with one that is not
 * among them.
 */
export const turnsOf = (spans: ReadonlyArray<SpanRecord>): ReadonlyArray<SpanRecord> => {
  const ids = new Set(spans.map(({ spanId, traceId }) => idOf(traceId, spanId)))
  return spans.filter((span) => isEntry(span) || !ids.has(idOf(span.traceId, span.parentSpanId)))
}

/**
 * Of the spans of one session, those that an error began in: they failed, and no child of theirs failed with the same
 * error. Replayed ones are left out.
 */
export const errorsOf = <S extends Failing>(spans: ReadonlyArray<S>): ReadonlyArray<S> => {
  const failed = spans.filter((span) => span.status === "error" && !isReplayed(span))
  const children = Arr.groupBy(failed, ({ parentSpanId, traceId }) => idOf(traceId, parentSpanId))
  return failed.filter(
    (span) =>
      !children[idOf(span.traceId, span.spanId)]?.some(
        (child) => child.spanId !== span.spanId && isSameError(span, child)
      )
  )
}

/** The fields of a span that say whether an error began in it. */
export interface Failing
  extends Pick<
    SpanRecord,
    "traceId" | "spanId" | "parentSpanId" | "status" | "statusMessage" | "errorType" | "attributes"
  > {}

const isSameError = (span: Failing, child: Failing): boolean =>
  child.errorType === span.errorType &&
  (child.statusMessage === undefined || child.statusMessage === span.statusMessage)

/** Whether a span stands for an activity of a workflow whose result was kept, and that did not run again. */
export const isReplayed = (span: Pick<SpanRecord, "attributes">): boolean => span.attributes[replay] === true
