/**
 * Deleting spans, logs and sessions. All rows of a record go together, whichever is the newest.
 */
import type { Fragment } from "@effect/sql/Statement"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import type { Methods } from "../../internal/reopening.js"
import type { Connection } from "./connection.js"
import type { LogPlace, SpanPlace } from "./filters.js"
import * as Filters from "./filters.js"
import type { Names } from "./schema.js"

export const make = (
  { rows, run, sql }: Connection,
  name: Names
): Pick<Methods<never>, "deleteBefore" | "deleteSession"> => {
  const { isLogAt, isSpanAt, nanos, text, texts } = Filters.make(sql)
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

  /** The keys of the spans or logs of which some row meets a condition, and the newest one another. */
  const spanKeys = (some: Fragment, newest: Fragment) =>
    rows<SpanPlace>(sql`
      SELECT toUnixTimestamp64Nano(StartTime) AS start, TraceId AS traceId, SpanId AS spanId FROM (
        SELECT StartTime, TraceId, SpanId, SessionId FROM ${spans}
        WHERE (StartTime, TraceId, SpanId) IN (SELECT StartTime, TraceId, SpanId FROM ${spans} WHERE ${some})
        ORDER BY Version DESC LIMIT 1 BY TraceId, SpanId
      ) WHERE ${newest}`)
  const logKeys = (some: Fragment, newest: Fragment) =>
    rows<LogPlace & { readonly traceId: string | null }>(sql`
      SELECT toUnixTimestamp64Nano(Timestamp) AS time, LogId AS logId, TraceId AS traceId FROM (
        SELECT Timestamp, LogId, TraceId, SessionId FROM ${logs}
        WHERE (Timestamp, LogId) IN (SELECT Timestamp, LogId FROM ${logs} WHERE ${some})
        ORDER BY Version DESC LIMIT 1 BY LogId
      ) WHERE ${newest}`)

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
      const traces = [...(yield* spanKeys(session, session)), ...(yield* logKeys(session, session))]
      const inTraces = sql`TraceId IN ${texts(Arr.dedupe(traces.flatMap(({ traceId }) => traceId ?? [])))}`
      const some = sql`${session} OR (SessionId = '' AND ${inTraces})`
      const ofSpans = yield* spanKeys(some, some)
      const ofLogs = yield* logKeys(some, some)
      // Spans go last: they tell the traces, should this be asked again.
      for (const keys of Arr.chunksOf(ofLogs, keysAStatement)) yield* remove(local.logs, isLogAt(keys))
      for (const keys of Arr.chunksOf(ofSpans, keysAStatement)) yield* remove(local.spans, isSpanAt(keys))
      yield* remove(local.sessions, session)
      return { spans: ofSpans.length, logs: ofLogs.length }
    })
  }
}

const keysAStatement = 5000
