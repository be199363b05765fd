/**
 * Summaries of sessions.
 */
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { mapInTurns } from "../../../../runtime/eventLoop.js"
import { replay } from "../../../../signal/conventions/effectObservability.js"
import type { Kind } from "../../../../signal/Field.js"
import type { LogRecord } from "../../../../signal/LogRecord.js"
import type { SessionSummary } from "../../../../signal/SessionSummary.js"
import type { SpanRecord } from "../../../../signal/SpanRecord.js"
import { summarized } from "../../../internal/summarized.js"
import { snakeCase } from "../../../sql/identifiers.js"
import { decodeSummary, finite, isSummed, summed } from "../../../sql/summary.js"
import type { DuckDbClient } from "../../DuckDbClient.js"
import type { JsonRow, Table, Tables } from "../table.js"

/** The summaries of the sessions that there are, in the order of their ids here. */
export const summaries = (
  sql: DuckDbClient,
  tables: Tables,
  ids: ReadonlyArray<string>
): Effect.Effect<ReadonlyArray<SessionSummary>, SqlError> => {
  const among =
    ids.length <= fewValues
      ? sql.in("session_id", ids)
      : sql`session_id IN (SELECT unnest(from_json(${JSON.stringify(ids)}, '["VARCHAR"]')))`
  // Rows are read one by one from an index, which is slow for so many columns: it finds them, and a scan reads them.
  const spansAmong =
    ids.length > fewValues
      ? among
      : sql`rowid IN (SELECT rowid FROM ${sql.literal(tables.spans.quoted)} WHERE ${among})`
  return sql<JsonRow>`
    WITH span_rows AS MATERIALIZED (
      SELECT session_id, trace_id, span_id, parent_span_id, entry_key, start_time, end_time, user_id, span_type, cost_source, replayed,
        status = 'error' AND NOT replayed AS failed, error_type,
        CASE WHEN status = 'error' THEN status_message END AS message,
        ${sql.literal(sums.map(({ column }) => column).join(", "))}
      FROM ${sql.literal(tables.spans.quoted)} WHERE ${spansAmong}
    ), log_rows AS MATERIALIZED (
      SELECT session_id, timestamp, user_id FROM ${sql.literal(tables.logs.quoted)} WHERE ${among}
    ), linked AS (
      SELECT span.*, span.entry_key IS NOT NULL OR parent.span_id IS NULL AS is_turn,
        CASE WHEN ${sql.literal(isErrorOfParent)} THEN span.trace_id || span.parent_span_id END AS explained
      FROM span_rows AS span LEFT JOIN span_rows AS parent ON parent.session_id = span.session_id
        AND parent.trace_id = span.trace_id AND parent.span_id = span.parent_span_id
    ), of_spans AS (
      SELECT session_id, min(start_time) AS first_activity, max(greatest(start_time, end_time)) AS last_activity,
        count(DISTINCT trace_id) AS traces, count(*) AS spans, count(*) FILTER (WHERE is_turn) AS turns,
        count(*) FILTER (WHERE failed) - count(DISTINCT explained) AS errors,
        ${sql.literal(sums.map(({ column, counted }) => `sum(${column}) FILTER (WHERE ${counted}) AS ${column}`).join(", "))},
        list(DISTINCT user_id) FILTER (WHERE user_id IS NOT NULL) AS users
      FROM linked GROUP BY session_id
    ), of_logs AS (
      SELECT session_id, min(timestamp) AS first_activity, max(timestamp) AS last_activity, count(*) AS logs,
        list(DISTINCT user_id) FILTER (WHERE user_id IS NOT NULL) AS users
      FROM log_rows GROUP BY session_id
    )
    SELECT to_json({
      sessionId: session_id,
      firstActivity: least(of_spans.first_activity, of_logs.first_activity)::VARCHAR,
      lastActivity: greatest(of_spans.last_activity, of_logs.last_activity)::VARCHAR,
      traces: coalesce(traces, 0), spans: coalesce(spans, 0), turns: coalesce(turns, 0), errors: coalesce(errors, 0),
      logs: coalesce(logs, 0),
      ${sql.literal(sums.map(({ column, kind, name }) => `"${name}": ${total(kind, column)}`).join(", "))},
      users: list_concat(coalesce(of_spans.users, []), coalesce(of_logs.users, []))
    })::VARCHAR AS json
    FROM of_spans FULL JOIN of_logs USING (session_id)`.pipe(
    Effect.flatMap((rows) => mapInTurns(rows, (row) => decodeSummary(JSON.parse(row.json)))),
    Effect.map((found) => {
      const byId = new Map<string, SessionSummary>(found.map((summary) => [summary.sessionId, summary]))
      return ids.flatMap((id) => byId.get(id) ?? [])
    })
  )
}

/**
 * The summary of a session, if there is one. Most of the time that the statement above takes for few rows is that of its
 * planning, so those are read plainly, and summed here.
 */
export const summary = Effect.fnUntraced(function* (sql: DuckDbClient, tables: Tables, sessionId: string) {
  const from = ({ quoted }: Table) => sql`FROM ${sql.literal(quoted)} WHERE session_id = ${sessionId}`
  const [count] = yield* sql<{ readonly spans: number; readonly logs: number }>`
    SELECT (SELECT count(*) ${from(tables.spans)}) AS spans, (SELECT count(*) ${from(tables.logs)}) AS logs`
  const { logs = 0, spans = 0 } = count ?? {}
  if (logs + spans === 0) return Option.none()
  if (logs + spans > fewToSum) return Option.fromNullable((yield* summaries(sql, tables, [sessionId]))[0])
  const read = <R>(table: Table<R>, json: string) =>
    Effect.map(sql<JsonRow>`SELECT ${sql.literal(json)} AS json ${from(table)}`, (rows) => rows.map(table.decode))
  return Option.some(
    summarized(
      sessionId,
      spans === 0 ? [] : yield* read<SpanRecord>(tables.spans, spanJson),
      logs === 0 ? [] : yield* read<LogRecord>(tables.logs, logJson)
    ).summary
  )
})

/** As many spans and logs as are read and summed sooner than DuckDB plans to. */
const fewToSum = 200

/** As many values as an index is asked for at once. */
const fewValues = 100

/** A replayed span has used nothing. */
const sums = summed.map(({ kind, name }) => ({
  name,
  kind,
  column: `"${snakeCase(name)}"`,
  counted: `${isSummed(name, "span_type", "cost_source")} AND NOT replayed`
}))

/** The error of a parent came from this child, which is not the parent itself. */
const isErrorOfParent = `span.failed AND parent.failed AND span.span_id <> parent.span_id
  AND span.error_type IS NOT DISTINCT FROM parent.error_type AND (span.message IS NULL OR span.message = parent.message)`

/** The JSON of a span, as far as a summary needs it. */
const spanJson = `to_json({
  traceId: trace_id, spanId: span_id, parentSpanId: parent_span_id, parentIsRemote: parent_is_remote,
  startTime: start_time::VARCHAR, endTime: end_time::VARCHAR, userId: user_id, spanType: span_type, costSource: cost_source, status: status,
  statusMessage: status_message, errorType: error_type, attributes: {"${replay}": replayed},
  ${sums.map(({ column, name }) => `"${name}": ${column}`).join(", ")}
})::VARCHAR`

/** The same of a log. */
const logJson = "to_json({timestamp: timestamp::VARCHAR, userId: user_id})::VARCHAR"

const total = (kind: Kind, column: string): string =>
  kind === "real" ? finite(`coalesce(${column}, 0)`) : `coalesce(${column}, 0)`
