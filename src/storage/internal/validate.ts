/**
 * A last look at records before they are stored: cheap enough for every insert, since what comes from capture is known to
 * be well-formed, and enough to keep what anyone else passes from harming a batch.
 */
import * as Effect from "effect/Effect"
import type { LogRecord } from "../../signal/LogRecord.js"
import type { SpanRecord } from "../../signal/SpanRecord.js"
import type { StorageError } from "../StorageError.js"
import { storageError } from "./errors.js"

/** Checks spans and leaves one for each key: a completed one before a running one, else the later. */
export const checkSpans = (
  records: ReadonlyArray<SpanRecord>
): Effect.Effect<ReadonlyArray<SpanRecord>, StorageError> =>
  check(
    records,
    spanFault,
    (span) => span.traceId + span.spanId,
    (earlier, later) => (later.endTime === undefined && earlier.endTime !== undefined ? earlier : later)
  )

/** Checks logs and leaves one for each id: the later. */
export const checkLogs = (records: ReadonlyArray<LogRecord>): Effect.Effect<ReadonlyArray<LogRecord>, StorageError> =>
  check(
    records,
    logFault,
    (log) => log.logId,
    (_, later) => later
  )

const check = <A>(
  records: ReadonlyArray<A>,
  fault: (record: A) => string | undefined,
  keyOf: (record: A) => string,
  choose: (earlier: A, later: A) => A
): Effect.Effect<ReadonlyArray<A>, StorageError> =>
  Effect.suspend(() => {
    const byKey = new Map<string, A>()
    for (const [index, record] of records.entries()) {
      const field = fault(record)
      if (field !== undefined) {
        return storageError("Rejected", `record ${index} of ${records.length} is malformed at ${field}`, { field })
      }
      const key = keyOf(record)
      const earlier = byKey.get(key)
      byKey.set(key, earlier === undefined ? record : choose(earlier, record))
    }
    return Effect.succeed(byKey.size === records.length ? records : Array.from(byKey.values()))
  })

const strings = [
  "sessionId",
  "threadId",
  "runId",
  "requestId",
  "resourceId",
  "userId",
  "organizationId",
  "conversationId",
  "environment"
] as const

const correlationFault = (record: SpanRecord | LogRecord): string | undefined => {
  for (const field of strings) {
    if (record[field] !== undefined && !isText(record[field])) return field
  }
  if (!isText(record.serviceName)) return "serviceName"
  if (!Array.isArray(record.tags) || !record.tags.every(isText)) return "tags"
  if (record.metadata !== undefined && !isObject(record.metadata)) return "metadata"
  return isObject(record.attributes) ? undefined : "attributes"
}

const spanFault = (span: SpanRecord): string | undefined => {
  if (!isHex(span.traceId, 32)) return "traceId"
  if (!isHex(span.spanId, 16)) return "spanId"
  if (span.parentSpanId !== undefined && !isHex(span.parentSpanId, 16)) return "parentSpanId"
  if (!isText(span.name)) return "name"
  if (!isText(span.kind)) return "kind"
  if (!isText(span.spanType)) return "spanType"
  if (!isNanos(span.startTime)) return "startTime"
  if (span.endTime !== undefined && !isNanos(span.endTime)) return "endTime"
  if ((span.status === "running") !== (span.endTime === undefined)) return "status"
  for (const field of ["traceState", "statusMessage", "model", "provider"] as const) {
    if (span[field] !== undefined && !isText(span[field])) return field
  }
  for (const field of ["inputTokens", "outputTokens"] as const) {
    if (span[field] !== undefined && !Number.isSafeInteger(span[field])) return field
  }
  if (span.costUsd !== undefined && !Number.isFinite(span.costUsd)) return "costUsd"
  if (!Array.isArray(span.events)) return "events"
  if (!Array.isArray(span.links)) return "links"
  return isObject(span.resource) ? correlationFault(span) : "resource"
}

const logFault = (log: LogRecord): string | undefined => {
  if (!isText(log.logId) || log.logId === "") return "logId"
  if (!isNanos(log.timestamp)) return "timestamp"
  if (!isText(log.level)) return "level"
  if (!isText(log.message)) return "message"
  if (!Array.isArray(log.data)) return "data"
  for (const field of ["cause", "traceId", "spanId"] as const) {
    if (log[field] !== undefined && !isText(log[field])) return field
  }
  return isObject(log.logSpans) ? correlationFault(log) : "logSpans"
}

/** A string without lone surrogates, which no engine can keep. */
const isText = (value: unknown): boolean => typeof value === "string" && value.isWellFormed()

const isHex = (value: unknown, length: number): boolean =>
  typeof value === "string" && value.length === length && /^[0-9a-f]+$/.test(value)

const isNanos = (value: unknown): boolean => typeof value === "bigint" && BigInt.asIntN(64, value) === value

const isObject = (value: unknown): boolean => typeof value === "object" && value !== null && !Array.isArray(value)
