/** Questions about a span that many places ask. */
import { replay } from "../conventions/effectObservability.js"
import type { SpanRecord } from "../SpanRecord.js"

/** Whether a span begins what this program, or a part of it, did: it has no parent, or a remote one. */
export const isEntry = (span: Pick<SpanRecord, "parentSpanId" | "parentIsRemote">): boolean =>
  span.parentSpanId === undefined || span.parentIsRemote === true

/** Whether a span stands for an activity of a workflow whose result was kept, and that did not run again. */
export const isReplayed = (span: Pick<SpanRecord, "attributes">): boolean => span.attributes[replay] === true
