/**
 * Summaries of sessions.
 */
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import { mapInTurns } from "../../../../runtime/eventLoop.js"
import type { Kind } from "../../../../signal/Field.js"
import type { SessionSummary } from "../../../../signal/SessionSummary.js"
import { snakeCase } from "../../../sql/identifiers.js"
import { decodeSummary, finite, summed } from "../../../sql/summary.js"
import type { DuckDbClient } from "../../DuckDbClient.js"
import type { JsonRow, Tables } from "../table.js"

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
  // Looking for a few sessions reads all rows: of one column, and then the others where it matched.
  const spansAmong =
    ids.length === 1 || ids.length > fewValues
      ? among
      : sql`rowid IN (SELECT rowid FROM ${sql.literal(tables.spans.quoted)} WHERE ${among})`
  return sql<JsonRow>`
    WITH span_rows AS MATERIALIZED (
      SELECT session_id, trace_id, span_id, parent_span_id, entry_key, start_time, end_time, user_id, span_type, replayed,
        status = 'error' AND NOT replayed AS failed, error_type,
        CASE WHEN status = 'error' THEN status_message END AS message,
        ${sql.literal(sums.map(({ column }) => column).join(", "))}
      FROM ${sql.literal(tables.spans.quoted)} WHERE ${spansAmong}
    ), log_rows AS MATERIALIZED (
      SELECT session_id, timestamp, user_id FROM ${sql.literal(tables.logs.quoted)} WHERE ${among}
    ), failed AS (
      SELECT session_id, trace_id, span_id, parent_span_id, error_type, message FROM span_rows WHERE failed
    ), of_turns AS (
      SELECT session_id, count(*) AS turns
      FROM span_rows AS span ANTI JOIN span_rows AS parent ON ${sql.literal(`${isChildOf} AND span.entry_key IS NULL`)}
      GROUP BY session_id
    ), of_errors AS (
      SELECT session_id, count(*) AS errors
      FROM failed AS parent ANTI JOIN failed AS span ON ${sql.literal(`${isChildOf} AND ${isSameError}`)}
      GROUP BY session_id
    ), of_spans AS (
      SELECT session_id, min(start_time) AS first_activity, max(greatest(start_time, end_time)) AS last_activity,
        count(DISTINCT trace_id) AS traces, count(*) AS spans,
        ${sql.literal(sums.map(({ column }) => `sum(${column}) FILTER (WHERE ${isCounted}) AS ${column}`).join(", "))},
        list(DISTINCT user_id) FILTER (WHERE user_id IS NOT NULL) AS users
      FROM span_rows GROUP BY session_id
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
    FROM of_spans FULL JOIN of_logs USING (session_id)
      LEFT JOIN of_turns USING (session_id) LEFT JOIN of_errors USING (session_id)`.pipe(
    Effect.flatMap((rows) => mapInTurns(rows, (row) => decodeSummary(JSON.parse(row.json)))),
    Effect.map((found) => {
      const byId = new Map<string, SessionSummary>(found.map((summary) => [summary.sessionId, summary]))
      return ids.flatMap((id) => byId.get(id) ?? [])
    })
  )
}

/** As many values as an index is asked for at once. */
const fewValues = 100

const sums = summed.map(({ kind, name }) => ({ name, kind, column: `"${snakeCase(name)}"` }))

/** Agents repeat the usage of their children, and a replayed span has used nothing. */
const isCounted = "span_type = 'model_generation' AND NOT replayed"

/** Both are of one session. */
const isChildOf =
  "parent.session_id = span.session_id AND parent.trace_id = span.trace_id AND parent.span_id = span.parent_span_id"

/** The error of a parent came from this child, which is not the parent itself. */
const isSameError = `span.span_id <> parent.span_id AND span.error_type IS NOT DISTINCT FROM parent.error_type
  AND (span.message IS NULL OR span.message = parent.message)`

const total = (kind: Kind, column: string): string =>
  kind === "real" ? finite(`coalesce(${column}, 0)`) : `coalesce(${column}, 0)`
