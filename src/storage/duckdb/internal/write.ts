/**
 * How records are written: a batch travels as one text that DuckDB takes apart on its own thread, which costs the thread of
 * JavaScript a fraction of what binding or appending cells does. No key is enforced, for that is dear: what is stored
 * already is looked for first.
 */
import type { SqlError } from "@effect/sql/SqlError"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import { replay } from "../../../signal/internal/conventions.js"
import type { JsonObject } from "../../../signal/Json.js"
import type { LogRecord } from "../../../signal/LogRecord.js"
import type { SpanRecord } from "../../../signal/SpanRecord.js"
import type { DuckDbClient } from "../DuckDbClient.js"
import { nextTurn } from "./eventLoop.js"
import { logColumns, type Names, spanColumns, spanKeys, traceKey } from "./schema.js"

export const make = (sql: DuckDbClient, name: Names) => ({
  insertSpans: inBatches(sql, spanInsert(sql, name.spans)),
  insertLogs: inBatches(sql, logInsert(sql, name.logs))
})

const spanInsert = (sql: DuckDbClient, table: string) => {
  const insert = insertRows(sql, table, { ...spanColumns, ...spanKeys }, spanOrder, encodeSpan)

  /** What is stored of the spans of a window; what starts after all that is stored of that time is not looked for. */
  const storedIn = Effect.fnUntraced(function* ({ from, spans, to }: TimeWindow) {
    const newest = yield* sql.unsafe<{ readonly time: string | null }>(
      `SELECT max(start_time)::VARCHAR AS time FROM ${table} WHERE start_time BETWEEN $1 AND $2`,
      [from, to]
    )
    const time = newest[0]?.time
    if (time === undefined || time === null) return []
    const ids = spans.filter((span) => span.startTime <= BigInt(time)).map((span) => span.spanId)
    return yield* sql.unsafe<{ readonly id: string; readonly completed: boolean }>(
      `SELECT trace_id || span_id AS id, end_time IS NOT NULL AS completed FROM ${table}
       WHERE start_time BETWEEN $1 AND $2 AND span_id IN (SELECT unnest(string_split($3, ',')))`,
      [from, BigInt(time), ids.join()]
    )
  })

  const removeFrom = ({ from, spans, to }: TimeWindow) =>
    sql.unsafe(
      `DELETE FROM ${table} WHERE start_time BETWEEN $1 AND $2
       AND trace_id || span_id IN (SELECT unnest(string_split($3, ',')))`,
      [from, to, spans.map(idOf).join()]
    )

  return Effect.fnUntraced(function* (spans: ReadonlyArray<SpanRecord>) {
    const found = yield* Effect.forEach(timeWindows(spans), storedIn)
    const stored = new Map(found.flat().map(({ completed, id }) => [id, completed]))
    if (stored.size === 0) return yield* insert(spans)
    const winners = spans.filter((span) => span.endTime !== undefined || stored.get(idOf(span)) !== true)
    if (winners.length === 0) return
    const replaced = timeWindows(winners.filter((span) => stored.has(idOf(span))))
    yield* sql.withTransaction(
      Effect.zipRight(Effect.forEach(replaced, removeFrom, { discard: true }), insert(winners))
    )
  })
}

const logInsert = (sql: DuckDbClient, table: string) => {
  const insert = insertRows(sql, table, logColumns, logOrder, encodeLog)
  const among = `log_id IN (SELECT unnest(from_json($1, '["VARCHAR"]')))`
  return Effect.fnUntraced(function* (logs: ReadonlyArray<LogRecord>) {
    const ids = [JSON.stringify(logs.map((log) => log.logId))]
    const stored = yield* sql.unsafe(`SELECT 1 FROM ${table} WHERE ${among} LIMIT 1`, ids)
    if (stored.length === 0) return yield* insert(logs)
    yield* sql.withTransaction(Effect.zipRight(sql.unsafe(`DELETE FROM ${table} WHERE ${among}`, ids), insert(logs)))
  })
}

/** A batch holds the thread of JavaScript for a few milliseconds. */
const batchSize = 1000

const inBatches =
  <A, E>(sql: DuckDbClient, insert: (records: ReadonlyArray<A>) => Effect.Effect<void, E>) =>
  (records: ReadonlyArray<A>): Effect.Effect<void, E> =>
    Effect.forEach(
      Arr.chunksOf(records, batchSize),
      (batch) => Effect.zipRight(sql.withWriteLock(insert(batch)), nextTurn),
      { discard: true }
    )

const idOf = (span: SpanRecord): string => span.traceId + span.spanId

interface TimeWindow {
  readonly from: bigint
  to: bigint
  readonly spans: Array<SpanRecord>
}

/**
 * Spans by the time of their start, which never changes, so that only the rows of that time are compared. A span that
 * started long before the others gets a window of its own.
 */
const timeWindows = (spans: ReadonlyArray<SpanRecord>): ReadonlyArray<TimeWindow> => {
  const windows: Array<TimeWindow> = []
  for (const span of Array.from(spans).sort(byStart)) {
    const last = windows.at(-1)
    if (last !== undefined && (span.startTime - last.to <= maxGap || windows.length === maxWindows)) {
      last.to = span.startTime
      last.spans.push(span)
    } else {
      windows.push({ from: span.startTime, to: span.startTime, spans: [span] })
    }
  }
  return windows
}

const byStart = (a: SpanRecord, b: SpanRecord) => (a.startTime < b.startTime ? -1 : a.startTime > b.startTime ? 1 : 0)

const maxGap = 60_000_000_000n
const maxWindows = 8

/** Separators of records and fields, the mark of NULL, and the escape of all of them inside of values. */
const RECORD = "\u001e"
const FIELD = "\u001f"
const NULL = "\u001d"
const ESCAPE = "\u001b"
const special = new RegExp(`[${ESCAPE}${NULL}${RECORD}${FIELD}]`)
const specials = new RegExp(special, "g")
const escaped = { "\u001b": ";", "\u001d": "=", "\u001e": ">", "\u001f": "?" } as const

/** Encodes the values of one batch. */
class Encoder {
  /** Whether some value had to be escaped. */
  escapes = false
  private resource: JsonObject | undefined
  private resourceText = ""

  readonly text = (value: string): string => {
    if (!special.test(value)) return value
    this.escapes = true
    return value.replace(specials, (char) => ESCAPE + escaped[char as keyof typeof escaped])
  }

  readonly optional = (value: string | undefined): string => (value === undefined ? NULL : this.text(value))

  /** The resource is the same for the spans of a process. */
  readonly sameJson = (value: JsonObject): string => {
    if (value !== this.resource) {
      this.resource = value
      this.resourceText = json(value)
    }
    return this.resourceText
  }
}

/** JSON text, in which there is no special character. */
const json = (value: unknown): string => JSON.stringify(value)

const list = (items: ReadonlyArray<unknown>): string => (items.length === 0 ? "[]" : json(items))

const orNull = (value: bigint | number | boolean | undefined): string => (value === undefined ? NULL : String(value))

const jsonOrNull = (value: object | undefined): string => (value === undefined ? NULL : json(value))

type SpanColumn = keyof typeof spanColumns | keyof typeof spanKeys

/** The fields of a span in its text: those that every span has first, for what is NULL at the end is left out. */
const spanOrder: ReadonlyArray<SpanColumn> = [
  "trace_id",
  "span_id",
  "trace_key",
  "name",
  "kind",
  "span_type",
  "status",
  "start_time",
  "end_time",
  "replayed",
  "service_name",
  "attributes",
  "resource",
  "events",
  "links",
  "tags",
  "parent_span_id",
  "entry_key",
  "session_id",
  "environment",
  "thread_id",
  "run_id",
  "request_id",
  "resource_id",
  "user_id",
  "organization_id",
  "conversation_id",
  "model",
  "provider",
  "input_tokens",
  "output_tokens",
  "cost_usd",
  "metadata",
  "status_message",
  "parent_is_remote",
  "trace_state",
  "dropped"
]

const encodeSpan = (to: Encoder, span: SpanRecord): string => {
  const key = traceKey(span.traceId)
  const isEntry = span.parentSpanId === undefined || span.parentIsRemote === true
  const events = span.events.map((event) => ({ ...event, time: String(event.time) }))
  return (
    `${span.traceId}${FIELD}${span.spanId}${FIELD}${key}${FIELD}${to.text(span.name)}${FIELD}${span.kind}` +
    `${FIELD}${span.spanType}${FIELD}${span.status}${FIELD}${span.startTime}${FIELD}` +
    `${orNull(span.endTime)}${FIELD}${span.attributes[replay] === true}${FIELD}${to.text(span.serviceName)}${FIELD}` +
    `${json(span.attributes)}${FIELD}${to.sameJson(span.resource)}${FIELD}${list(events)}${FIELD}${list(span.links)}` +
    `${FIELD}${list(span.tags)}${FIELD}` +
    rest([
      to.optional(span.parentSpanId),
      isEntry ? String(key) : NULL,
      to.optional(span.sessionId),
      to.optional(span.environment),
      to.optional(span.threadId),
      to.optional(span.runId),
      to.optional(span.requestId),
      to.optional(span.resourceId),
      to.optional(span.userId),
      to.optional(span.organizationId),
      to.optional(span.conversationId),
      to.optional(span.model),
      to.optional(span.provider),
      orNull(span.inputTokens),
      orNull(span.outputTokens),
      orNull(span.costUsd),
      jsonOrNull(span.metadata),
      to.optional(span.statusMessage),
      orNull(span.parentIsRemote),
      to.optional(span.traceState),
      jsonOrNull(span.dropped)
    ])
  )
}

const logOrder: ReadonlyArray<keyof typeof logColumns> = [
  "log_id",
  "timestamp",
  "level",
  "message",
  "service_name",
  "data",
  "attributes",
  "log_spans",
  "tags",
  "trace_id",
  "span_id",
  "session_id",
  "environment",
  "thread_id",
  "run_id",
  "request_id",
  "resource_id",
  "user_id",
  "organization_id",
  "conversation_id",
  "metadata",
  "cause"
]

const encodeLog = (to: Encoder, log: LogRecord): string =>
  `${to.text(log.logId)}${FIELD}${log.timestamp}${FIELD}${to.text(log.level)}${FIELD}${to.text(log.message)}${FIELD}` +
  `${to.text(log.serviceName)}${FIELD}${list(log.data)}${FIELD}${json(log.attributes)}${FIELD}${json(log.logSpans)}` +
  `${FIELD}${list(log.tags)}${FIELD}` +
  rest([
    to.optional(log.traceId),
    to.optional(log.spanId),
    to.optional(log.sessionId),
    to.optional(log.environment),
    to.optional(log.threadId),
    to.optional(log.runId),
    to.optional(log.requestId),
    to.optional(log.resourceId),
    to.optional(log.userId),
    to.optional(log.organizationId),
    to.optional(log.conversationId),
    jsonOrNull(log.metadata),
    to.optional(log.cause)
  ])

/** The last fields of a record, without those at the end that are NULL. */
const rest = (fields: ReadonlyArray<string>): string => {
  let length = fields.length
  while (length > 0 && fields[length - 1] === NULL) length--
  let text = NULL
  for (let i = 0; i < length; i++) text = i === 0 ? (fields[0] as string) : text + FIELD + fields[i]
  return text
}

const insertRows = <A, Column extends string>(
  sql: DuckDbClient,
  table: string,
  columns: Readonly<Record<Column, string>>,
  order: ReadonlyArray<Column>,
  encode: (to: Encoder, record: A) => string
) => {
  const statement = (escapes: boolean) =>
    `INSERT INTO ${table} (${order.join(", ")}) SELECT ` +
    order.map((column, i) => decodeField(i + 1, columns[column], escapes)).join(", ") +
    " FROM (SELECT string_split(record, chr(31)) AS field FROM (SELECT unnest(string_split($1, chr(30))) AS record))"
  const plain = statement(false)
  const unescaping = statement(true)
  return (records: ReadonlyArray<A>): Effect.Effect<void, SqlError> =>
    Effect.suspend(() => {
      const encoder = new Encoder()
      const text = records.reduce((text, record, i) => text + (i === 0 ? "" : RECORD) + encode(encoder, record), "")
      return Effect.asVoid(sql.unsafe(encoder.escapes ? unescaping : plain, [text]))
    })
}

const decodeField = (position: number, type: string, escapes: boolean): string => {
  const field = `nullif(field[${position}], chr(29))`
  if (type !== "VARCHAR") return `${field}::${type}`
  return escapes
    ? Object.entries(escaped).reduceRight(
        (text, [char, code]) => `replace(${text}, chr(27) || '${code}', chr(${char.charCodeAt(0)}))`,
        field
      )
    : field
}
