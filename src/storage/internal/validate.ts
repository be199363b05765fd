/**
 * A last look at records before they are stored, which keeps what anyone but capture passes from harming a batch.
 */
import * as Effect from "effect/Effect"
import { isSessionId } from "../../identity/SessionId.js"
import { isJson, isJsonObject } from "../../signal/internal/json.js"
import { isTrusted } from "../../signal/internal/trusted.js"
import { Level, type LogRecord } from "../../signal/LogRecord.js"
import {
  type SpanEvent,
  SpanKind,
  type SpanLink,
  type SpanRecord,
  SpanStatus,
  SpanType
} from "../../signal/SpanRecord.js"
import type { StorageError } from "../StorageError.js"
import { storageError } from "./errors.js"
import { correlationIds } from "./query.js"

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
    const trusted = isTrusted(records)
    const byKey = new Map<string, A>()
    for (const [index, record] of records.entries()) {
      const field = trusted ? undefined : fault(record)
      if (field !== undefined) {
        return storageError("Rejected", `record ${index} of ${records.length} is malformed at ${field}`, { field })
      }
      const key = keyOf(record)
      const earlier = byKey.get(key)
      byKey.set(key, earlier === undefined ? record : choose(earlier, record))
    }
    return Effect.succeed(byKey.size === records.length ? records : Array.from(byKey.values()))
  })

const texts = [...correlationIds.filter((field) => field !== "sessionId"), "environment"] as const

const correlationFault = (record: SpanRecord | LogRecord): string | undefined => {
  if (record.sessionId !== undefined && !isSessionId(record.sessionId)) return "sessionId"
  for (const field of texts) {
    if (record[field] !== undefined && !isText(record[field])) return field
  }
  if (!isText(record.serviceName)) return "serviceName"
  if (!isArray(record.tags, isText)) return "tags"
  if (record.metadata !== undefined && !isJsonObject(record.metadata, isWellFormed)) return "metadata"
  return isJsonObject(record.attributes, isWellFormed) ? undefined : "attributes"
}

const spanFault = (span: SpanRecord): string | undefined => {
  if (!isObject(span)) return "record"
  if (!isHex(span.traceId, 32)) return "traceId"
  if (!isHex(span.spanId, 16)) return "spanId"
  if (span.parentSpanId !== undefined && !isHex(span.parentSpanId, 16)) return "parentSpanId"
  if (span.parentIsRemote !== undefined && typeof span.parentIsRemote !== "boolean") return "parentIsRemote"
  if (!isText(span.name)) return "name"
  if (!SpanKind.literals.includes(span.kind)) return "kind"
  if (!SpanType.literals.includes(span.spanType)) return "spanType"
  if (!isNanos(span.startTime)) return "startTime"
  if (span.endTime !== undefined && !isNanos(span.endTime)) return "endTime"
  if (!SpanStatus.literals.includes(span.status) || (span.status === "running") !== (span.endTime === undefined)) {
    return "status"
  }
  for (const field of ["traceState", "statusMessage", "model", "provider"] as const) {
    if (span[field] !== undefined && !isText(span[field])) return field
  }
  for (const field of ["inputTokens", "outputTokens"] as const) {
    if (span[field] !== undefined && !Number.isSafeInteger(span[field])) return field
  }
  if (span.costUsd !== undefined && !Number.isFinite(span.costUsd)) return "costUsd"
  if (!isArray(span.events, isEvent)) return "events"
  if (!isArray(span.links, isLink)) return "links"
  if (span.dropped !== undefined && !isDropped(span.dropped)) return "dropped"
  return isJsonObject(span.resource, isWellFormed) ? correlationFault(span) : "resource"
}

const logFault = (log: LogRecord): string | undefined => {
  if (!isObject(log)) return "record"
  if (!isText(log.logId) || log.logId === "") return "logId"
  if (!isNanos(log.timestamp)) return "timestamp"
  if (!Level.literals.includes(log.level)) return "level"
  if (!isText(log.message)) return "message"
  if (!isArray(log.data, (value) => isJson(value, isWellFormed))) return "data"
  for (const field of ["cause", "traceId", "spanId"] as const) {
    if (log[field] !== undefined && !isText(log[field])) return field
  }
  return isJsonObject(log.logSpans, isWellFormed) && Object.values(log.logSpans).every(Number.isFinite)
    ? correlationFault(log)
    : "logSpans"
}

const isEvent = (event: SpanEvent): boolean =>
  isObject(event) && isText(event.name) && isNanos(event.time) && isJsonObject(event.attributes, isWellFormed)

const isLink = (link: SpanLink): boolean =>
  isObject(link) && isText(link.traceId) && isText(link.spanId) && isJsonObject(link.attributes, isWellFormed)

const isDropped = (dropped: NonNullable<SpanRecord["dropped"]>): boolean =>
  isObject(dropped) && [dropped.attributes, dropped.events, dropped.links].every(Number.isSafeInteger)

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null

/** Without lone surrogates, which no engine can keep. */
const isWellFormed = (text: string): boolean => text.isWellFormed()

const isText = (value: unknown): boolean => typeof value === "string" && isWellFormed(value)

const isHex = (value: unknown, length: number): boolean =>
  typeof value === "string" && value.length === length && /^[0-9a-f]+$/.test(value)

const isNanos = (value: unknown): boolean => typeof value === "bigint" && BigInt.asIntN(64, value) === value

const isArray = <A>(value: ReadonlyArray<A>, isItem: (item: A) => boolean): boolean =>
  Array.isArray(value) && value.every(isItem)
