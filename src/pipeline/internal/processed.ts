import * as Predicate from "effect/Predicate"
import { isJson } from "../../signal/internal/json.js"
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

/** The span with nothing but JSON where a span has JSON. What cannot be JSON throws. */
export const toStorableSpan = (span: SpanRecord): SpanRecord => {
  const { attributes, events, links, metadata } = span
  const times = events.map(({ time }) => time)
  const own = { attributes, metadata, links, events: events.map(({ attributes, name }) => ({ attributes, name })) }
  if (isJson({ ...own, metadata: metadata ?? null }, anyText)) return span
  const { events: plain, ...rest } = toJson(own)
  return new UnsafeSpan({ ...span, ...rest, events: plain.map((event, i) => ({ ...event, time: times[i] as bigint })) })
}

/** The log with nothing but JSON where a log has JSON. What cannot be JSON throws. */
export const toStorableLog = (log: LogRecord): LogRecord => {
  const { attributes, data, metadata } = log
  const own = { attributes, data, metadata }
  return isJson({ ...own, metadata: metadata ?? null }, anyText) ? log : new UnsafeLog({ ...log, ...toJson(own) })
}

const anyText = () => true

/** Numbers that JSON does not know become strings, as they do when a program records them. */
const toJson = <A>(value: A): A =>
  JSON.parse(
    JSON.stringify(value, (_, part) =>
      typeof part === "bigint" || (typeof part === "number" && !Number.isFinite(part)) ? toNumber(part) : part
    )
  )

const toNumber = (value: number | bigint): number | string =>
  Number.isSafeInteger(Number(value)) ? Number(value) : String(value)

const hasStrings = (value: unknown, ...fields: ReadonlyArray<string>): value is object =>
  Predicate.isRecord(value) && fields.every((field) => typeof value[field] === "string")
