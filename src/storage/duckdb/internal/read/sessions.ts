/**
 * Sessions.
 */
import type { Fragment } from "@effect/sql/Statement"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { SessionQuery } from "../../../Engine.js"
import type { DuckDbClient } from "../../DuckDbClient.js"
import type { Tables } from "../table.js"
import { all, where } from "../where.js"
import { after, ordered } from "./page.js"
import { summaries, summary } from "./summaries.js"

export const make = (sql: DuckDbClient, tables: Tables) => {
  const spans = sql.literal(tables.spans.quoted)
  const logs = sql.literal(tables.logs.quoted)

  /** Conditions as the further columns of a table. */
  const flags = (conditions: ReadonlyArray<Fragment>) =>
    conditions.reduce(
      (columns: Fragment, condition, i) => sql`${columns}, ${condition} AS ${sql.literal(`matches${i}`)}`,
      sql``
    )

  const ofSession = ({ firstActivityBefore, hasError, lastActivityFrom, minDuration }: SessionQuery) => [
    ...(lastActivityFrom === undefined ? [] : [sql`last_activity >= ${lastActivityFrom}`]),
    ...(firstActivityBefore === undefined ? [] : [sql`first_activity < ${firstActivityBefore}`]),
    ...(minDuration === undefined ? [] : [sql`${duration} >= ${minDuration}`]),
    ...(hasError === undefined ? [] : [sql`failed = ${hasError}`])
  ]

  const duration = sql`last_activity::HUGEINT - first_activity`

  return {
    listSessions: Effect.fnUntraced(function* (query: SessionQuery) {
      const { asOf, ofRecords, ofSpans, sessionId } = query
      const ofRow = sessionId === undefined ? sql`session_id IS NOT NULL` : sql`session_id = ${sessionId}`
      const asked = [...ofRecords, ...ofSpans]
      const first = query.order.field === "time" ? sql`last_activity` : duration
      const shown = Option.map(asOf, (time) => sql`last_activity <= ${time}`)
      const ids = yield* sql<{ readonly id: string; readonly newest: string }>`
        WITH rows AS (
          SELECT session_id, start_time AS first_activity, greatest(start_time, end_time) AS last_activity,
            status = 'error' AND NOT replayed AS failed${flags(asked.map(where(sql, tables.spans)))}
          FROM ${spans} WHERE ${ofRow}
          UNION ALL
          SELECT session_id, timestamp, timestamp, false${flags([
            ...ofRecords.map(where(sql, tables.logs)),
            ...ofSpans.map(() => sql`false`)
          ])}
          FROM ${logs} WHERE ${ofRow}
        ), matching AS (
          SELECT session_id, min(first_activity) AS first_activity, max(last_activity) AS last_activity,
            bool_or(failed) AS failed
          FROM rows GROUP BY session_id
          HAVING ${all(
            sql,
            asked.map((_, i) => sql.literal(`bool_or(matches${i})`))
          )}
        ), sessions AS MATERIALIZED (SELECT * FROM matching WHERE ${all(sql, ofSession(query))})
        SELECT session_id AS id, (SELECT max(last_activity) FROM sessions)::VARCHAR AS newest FROM sessions
        WHERE ${all(sql, [...Option.toArray(shown), ...after(sql, query, first, ["session_id"])])}
        ORDER BY ${first} ${ordered(sql, query, "", "session_id")} LIMIT ${query.limit}`
      const items = yield* summaries(
        sql,
        tables,
        ids.map((row) => row.id)
      )
      return { items, newest: BigInt(ids[0]?.newest ?? 0) }
    }),
    getSession: (sessionId: string) => summary(sql, tables, sessionId)
  }
}
