import * as Predicate from "effect/Predicate"
import { disregard } from "../../signal/internal/stray.js"
import { type LogFields, type SpanFields, UnsafeLog, UnsafeSpan } from "../../signal/internal/unsafe.js"
import { LogRecord } from "../../signal/LogRecord.js"
import { SpanRecord } from "../../signal/SpanRecord.js"

/** What a processor made of a span. The copy that `{ ...span }` gives becomes a record again; what is none throws. */
export const toSpan = (result: unknown): SpanRecord | undefined => {
  if (result === undefined || result === null || result instanceof SpanRecord) return result ?? undefined
  if (hasStrings(result, "traceId", "spanId", "status")) return new UnsafeSpan(result as SpanFields)
  disregard(result)
  throw new TypeError("A processor returned what is no span")
}

/** What a processor made of a log. The copy that `{ ...log }` gives becomes a record again; what is none throws. */
export const toLog = (result: unknown): LogRecord | undefined => {
  if (result === undefined || result === null || result instanceof LogRecord) return result ?? undefined
  if (hasStrings(result, "logId", "level", "message")) return new UnsafeLog(result as LogFields)
  disregard(result)
  throw new TypeError("A processor returned what is no log")
}

const hasStrings = (value: unknown, ...fields: ReadonlyArray<string>): value is object =>
  Predicate.isRecord(value) && fields.every((field) => typeof value[field] === "string")
