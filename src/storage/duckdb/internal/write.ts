/**
 * How records are written: each column of a batch travels as one text that DuckDB takes apart on its own thread, which
 * costs the thread of JavaScript a fraction of what binding or appending cells does. No key is enforced, for that is dear: what is stored
 * already is looked for first.
 */
import type { SqlError } from "@effect/sql/SqlError"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import { replay } from "../../../signal/internal/conventions.js"
import type { LogRecord } from "../../../signal/LogRecord.js"
import type { SpanRecord } from "../../../signal/SpanRecord.js"
import { nextTurn } from "../../internal/eventLoop.js"
import type { DuckDbClient } from "../DuckDbClient.js"
import { logColumns, type Names, spanColumns, spanKeys, traceKey } from "./schema.js"

export const make = (sql: DuckDbClient, name: Names) => ({
  insertSpans: inBatches(sql, spanInsert(sql, name.spans)),
  insertLogs: inBatches(sql, logInsert(sql, name.logs))
})

const spanInsert = (sql: DuckDbClient, table: string) => {
  const insert = insertRows(sql, table, { ...spanColumns, ...spanKeys }, spanFields)

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
  const insert = insertRows(sql, table, logColumns, logFields)
  // Ids begin with their time: their range leaves most of the table unread.
  const among = `log_id BETWEEN $1 AND $2 AND log_id IN (SELECT unnest(from_json($3, '["VARCHAR"]')))`
  return Effect.fnUntraced(function* (logs: ReadonlyArray<LogRecord>) {
    const sorted = logs.map((log) => log.logId).sort(byBytes)
    const ids = [sorted[0], sorted.at(-1), JSON.stringify(sorted)]
    const stored = yield* sql.unsafe(`SELECT 1 FROM ${table} WHERE ${among} LIMIT 1`, ids)
    if (stored.length === 0) return yield* insert(logs)
    yield* sql.withTransaction(Effect.zipRight(sql.unsafe(`DELETE FROM ${table} WHERE ${among}`, ids), insert(logs)))
  })
}

/** DuckDB's order of strings. That of JavaScript differs beyond the basic plane. */
const byBytes = (a: string, b: string): number =>
  /[\ud800-\udfff]/.test(a + b) ? Buffer.compare(Buffer.from(a), Buffer.from(b)) : a < b ? -1 : a > b ? 1 : 0

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

type Fields<Name extends string, Record> = { readonly [name in Name]: (record: Record) => unknown }

const correlation = {
  session_id: (record: SpanRecord | LogRecord) => record.sessionId,
  thread_id: (record: SpanRecord | LogRecord) => record.threadId,
  run_id: (record: SpanRecord | LogRecord) => record.runId,
  request_id: (record: SpanRecord | LogRecord) => record.requestId,
  resource_id: (record: SpanRecord | LogRecord) => record.resourceId,
  user_id: (record: SpanRecord | LogRecord) => record.userId,
  organization_id: (record: SpanRecord | LogRecord) => record.organizationId,
  conversation_id: (record: SpanRecord | LogRecord) => record.conversationId,
  service_name: (record: SpanRecord | LogRecord) => record.serviceName,
  environment: (record: SpanRecord | LogRecord) => record.environment,
  tags: (record: SpanRecord | LogRecord) => record.tags,
  metadata: (record: SpanRecord | LogRecord) => record.metadata
}

const isEntry = (span: SpanRecord): boolean => span.parentSpanId === undefined || span.parentIsRemote === true

const spanFields: Fields<keyof typeof spanColumns | keyof typeof spanKeys, SpanRecord> = {
  trace_id: (span) => span.traceId,
  span_id: (span) => span.spanId,
  parent_span_id: (span) => span.parentSpanId,
  parent_is_remote: (span) => span.parentIsRemote,
  trace_state: (span) => span.traceState,
  name: (span) => span.name,
  kind: (span) => span.kind,
  span_type: (span) => span.spanType,
  status: (span) => span.status,
  status_message: (span) => span.statusMessage,
  start_time: (span) => span.startTime,
  end_time: (span) => span.endTime,
  ...correlation,
  model: (span) => span.model,
  provider: (span) => span.provider,
  input_tokens: (span) => span.inputTokens,
  output_tokens: (span) => span.outputTokens,
  cost_usd: (span) => span.costUsd,
  attributes: (span) => span.attributes,
  events: ({ events }) =>
    events.length === 0 ? events : events.map((event) => ({ ...event, time: String(event.time) })),
  links: (span) => span.links,
  resource: (span) => span.resource,
  dropped: (span) => span.dropped,
  trace_key: (span) => traceKey(span.traceId),
  entry_key: (span) => (isEntry(span) ? traceKey(span.traceId) : undefined),
  replayed: (span) => span.attributes[replay] === true
}

const logFields: Fields<keyof typeof logColumns, LogRecord> = {
  log_id: (log) => log.logId,
  timestamp: (log) => log.timestamp,
  level: (log) => log.level,
  message: (log) => log.message,
  data: (log) => log.data,
  attributes: (log) => log.attributes,
  log_spans: (log) => log.logSpans,
  cause: (log) => log.cause,
  trace_id: (log) => log.traceId,
  span_id: (log) => log.spanId,
  ...correlation
}

/**
 * Inserts records. A column that is NULL in all of them is left out, and one that is the same in all of them is bound
 * once; the others travel as one text. The separators of that text and the mark of NULL are bound as well.
 */
const insertRows = <Name extends string, Record>(
  sql: DuckDbClient,
  table: string,
  types: { readonly [name in Name]: string },
  fields: Fields<Name, Record>
) => {
  const columns = (Object.keys(fields) as Array<Name>).map((name) => ({
    name,
    field: fields[name],
    isText: types[name] === "VARCHAR",
    text: types[name] === "JSON" ? (value: unknown) => JSON.stringify(value) : String,
    cast: types[name] === "VARCHAR" ? "" : `::${types[name]}`
  }))
  return (records: ReadonlyArray<Record>): Effect.Effect<void, SqlError> =>
    Effect.suspend(() => {
      const varying: Array<(typeof columns)[number] & { readonly cells: ReadonlyArray<string | null> }> = []
      const same: Array<(typeof columns)[number] & { readonly cell: string }> = []
      for (const column of columns) {
        const values = records.map(column.field)
        const first = values[0]
        if (values.some((value) => value !== first) || (records.length === 1 && first !== undefined)) {
          varying.push({ ...column, cells: values.map((value) => (value === undefined ? null : column.text(value))) })
        } else if (first !== undefined) {
          same.push({ ...column, cell: column.text(first) })
        }
      }
      const [record, field, none] = marks(varying.filter(({ isText }) => isText).map(({ cells }) => cells))
      const rows = records.map((_, row) => varying.map(({ cells }) => cells[row] ?? none).join(field))
      const values = [
        ...varying.map(({ cast }, i) => `nullif(field[${i + 1}], $3)${cast}`),
        ...same.map(({ cast }, i) => `$${i + 5}${cast}`)
      ]
      return Effect.asVoid(
        sql.unsafe(
          `INSERT INTO ${table} (${[...varying, ...same].map(({ name }) => name).join()}) SELECT ${values.join()}
           FROM (SELECT string_split(record, $2) AS field FROM (SELECT unnest(string_split($4, $1)) AS record))`,
          [record, field, none, rows.join(record), ...same.map(({ cell }) => cell)]
        )
      )
    })
}

/** Separators of records and of fields that no value contains, and a mark of NULL that no value equals. */
const marks = (
  columns: ReadonlyArray<ReadonlyArray<string | null>>
): readonly [record: string, field: string, none: string] => {
  const some = (test: (value: string) => boolean) =>
    columns.some((cells) => cells.some((cell) => cell !== null && test(cell)))
  if (!some((value) => /[\u001d-\u001f]/.test(value))) return ["\u001e", "\u001f", "\u001d"]
  let attempt = 0
  while (some((value) => value.includes(`<${attempt}>`))) attempt++
  return [`\u001e<${attempt}>`, `\u001f<${attempt}>`, `\u001d<${attempt}>`]
}
