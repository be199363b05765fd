/**
 * Deleting spans, logs and sessions. All rows of a record go together, whichever is the newest.
 */
import type { Fragment } from "@effect/sql/Statement"
import * as Effect from "effect/Effect"
import type { Methods } from "../../internal/reopening.js"
import type { Connection } from "./connection.js"
import * as Filters from "./filters.js"
import type { Names } from "./schema.js"

export const make = (
  { rows, run, sql }: Connection,
  name: Names
): Pick<Methods<never>, "deleteBefore" | "deleteSession"> => {
  const { nanos, text } = Filters.make(sql)
  const spans = sql.literal(name.spans)
  const logs = sql.literal(name.logs)
  const local = {
    spans: sql.literal(name.local.spans),
    logs: sql.literal(name.local.logs),
    sessions: sql.literal(name.local.sessions)
  }

  const remove = (table: Fragment, condition: Fragment) =>
    run(sql`DELETE FROM ${table}${sql.literal(name.onCluster)} WHERE ${condition}`)

  const count = (keys: Fragment) =>
    Effect.map(rows<{ readonly count: string }>(sql`SELECT count() AS count FROM (${keys})`), ([row]) =>
      Number(row?.count ?? 0)
    )

  /** Deletes the rows under some keys, unless there are none. */
  const removeKeys = Effect.fnUntraced(function* (table: Fragment, key: Fragment, keys: Fragment) {
    const found = yield* count(keys)
    if (found > 0) yield* remove(table, sql`${key} IN (${keys})`)
    return found
  })

  /** Of the newest rows of spans or logs: the keys of those that meet a condition. */
  const spansWhere = (source: Fragment, condition: Fragment) => sql`
    SELECT StartTime, TraceId, SpanId FROM (
      SELECT StartTime, TraceId, SpanId, SessionId FROM ${source} ORDER BY Version DESC LIMIT 1 BY TraceId, SpanId
    ) WHERE ${condition}`
  const logsWhere = (source: Fragment, condition: Fragment) => sql`
    SELECT Timestamp, LogId FROM (
      SELECT Timestamp, LogId, TraceId, SessionId FROM ${source} ORDER BY Version DESC LIMIT 1 BY LogId
    ) WHERE ${condition}`

  return {
    deleteBefore: Effect.fnUntraced(function* (time) {
      const deleted = {
        spans: yield* count(
          sql`SELECT DISTINCT StartTime, TraceId, SpanId FROM ${spans} WHERE StartTime < ${nanos(time)}`
        ),
        logs: yield* count(sql`SELECT DISTINCT Timestamp, LogId FROM ${logs} WHERE Timestamp < ${nanos(time)}`)
      }
      if (deleted.spans > 0) yield* remove(local.spans, sql`StartTime < ${nanos(time)}`)
      if (deleted.logs > 0) yield* remove(local.logs, sql`Timestamp < ${nanos(time)}`)
      yield* remove(
        local.sessions,
        sql`FirstActivity < ${nanos(time)} AND SessionId NOT IN (SELECT SessionId FROM ${local.spans})
          AND SessionId NOT IN (SELECT SessionId FROM ${local.logs})`
      )
      return deleted
    }),
    deleteSession: Effect.fnUntraced(function* (sessionId) {
      const session = sql`SessionId = ${text(sessionId)}`
      // All rows of the spans and logs that may go, for the newest decides.
      const someSpans = sql`${spans} WHERE TraceId IN (SELECT TraceId FROM ${spans} WHERE ${session})`
      const traces = sql`SELECT TraceId FROM (${spansWhere(someSpans, session)})`
      const itsRows = sql`${session} OR (SessionId = '' AND TraceId IN (${traces}))`
      const someLogs = sql`${logs} WHERE (Timestamp, LogId) IN (
        SELECT Timestamp, LogId FROM ${logs} WHERE ${session} OR TraceId IN (${traces}))`
      const deleted = {
        logs: yield* removeKeys(local.logs, sql`(Timestamp, LogId)`, logsWhere(someLogs, itsRows)),
        spans: yield* removeKeys(local.spans, sql`(StartTime, TraceId, SpanId)`, spansWhere(someSpans, itsRows))
      }
      yield* remove(local.sessions, session)
      return deleted
    })
  }
}
