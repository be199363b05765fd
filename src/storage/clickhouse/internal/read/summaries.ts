/**
 * Summaries of sessions: counts and sums over the newest rows of their spans and logs.
 */
import type { Fragment } from "@effect/sql/Statement"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Derived, SessionQuery } from "../../../Engine.js"
import { pascalCase } from "../../../sql/identifiers.js"
import { decodeSummary, finite, type SummaryRow, summed } from "../../../sql/summary.js"
import { layouts } from "../layouts.js"
import type { Store } from "../store.js"
import { where } from "../where.js"

/** Conditions on some row of a session, in pairs for spans and logs. */
export interface Asked {
  readonly ofSpans: ReadonlyArray<Fragment>
  readonly ofLogs: ReadonlyArray<Fragment>
}

export const askedOf = (store: Store, { ofRecords, ofSpans }: Pick<SessionQuery, "ofRecords" | "ofSpans">): Asked => ({
  ofSpans: [...ofRecords, ...ofSpans].map((condition) => where(store, layouts.spans, condition)),
  ofLogs: [
    ...ofRecords.map((condition) => where(store, layouts.logs, condition)),
    ...ofSpans.map(() => store.sql`false`)
  ]
})

export const getSession =
  (store: Store): Derived["getSession"] =>
  (sessionId) =>
    Effect.map(summaries(store, [sessionId], { ofSpans: [], ofLogs: [] }, Option.none()), ([summary]) =>
      Option.fromNullable(summary)
    )

const replayed = "NOT Replayed"
const generated = `SpanType = 'model_generation' AND ${replayed}`

/** The sums over the spans of a session, as columns; those over logs are zeros in their place. */
const sumsOfSpans = summed
  .map(({ name }) => `sumIf(ifNull(${pascalCase(name)}, 0), ${generated}) AS sum_${name}`)
  .join()
const sumsOfLogs = summed.map(() => "0").join()
const sumsOfSession = summed
  .map(({ kind, name }) => `${kind === "real" ? finite(`sum(sum_${name})`) : `sum(sum_${name})`} AS ${name}`)
  .join()
const summedColumns = summed.map(({ name }) => pascalCase(name)).join()

/**
 * The summaries of sessions that have some row for each condition, in no order. Rows of a record have one time, by which
 * they are found in less time than by their keys.
 */
export const summaries = Effect.fnUntraced(function* (
  { all, holds, name, nanos, rows, sql, texts }: Store,
  ids: ReadonlyArray<string>,
  { ofLogs, ofSpans }: Asked,
  window: Option.Option<readonly [from: bigint, to: bigint]>
) {
  const among = sql`SessionId IN ${texts(ids)}`
  const within = (time: Fragment) =>
    all([
      among,
      ...Option.toArray(window).flatMap(([from, to]) => [sql`${time} >= ${nanos(from)}`, sql`${time} <= ${nanos(to)}`])
    ])
  const flags = (conditions: ReadonlyArray<Fragment>) =>
    conditions.reduce(
      (columns: Fragment, condition, i) => sql`${columns}, ${holds([condition])} AS ${sql.literal(`matches${i}`)}`,
      sql``
    )
  const anyFlag = sql.literal(ofSpans.map((_, i) => `, max(matches${i}) AS matches${i}`).join(""))
  const [spans, logs] = [sql.literal(name.spans), sql.literal(name.logs)]
  const found = yield* rows<SummaryRow>(sql`
    SELECT SessionId AS sessionId, min(first) AS firstActivity, max(last) AS lastActivity, sum(countOfTraces) AS traces,
      sum(countOfSpans) AS spans, sum(countOfErrors) AS errors, sum(countOfLogs) AS logs, ${sql.literal(sumsOfSession)},
      groupUniqArrayArray(ids) AS users${anyFlag}
    FROM (
      SELECT SessionId, toUnixTimestamp64Nano(min(StartTime)) AS first,
        toUnixTimestamp64Nano(max(${sql.literal(layouts.spans.activity ?? "")})) AS last,
        uniqExact(TraceId) AS countOfTraces, count() AS countOfSpans,
        countIf(Status = 'error' AND ${sql.literal(replayed)}) AS countOfErrors, toUInt64(0) AS countOfLogs,
        ${sql.literal(sumsOfSpans)}, groupUniqArray(UserId) AS ids${anyFlag}
      FROM (
        SELECT SessionId, TraceId, SpanId, StartTime, EndTime, UserId, SpanType, Status, Replayed,
          ${sql.literal(summedColumns)}${flags(ofSpans)}
        FROM ${spans} WHERE StartTime IN (SELECT StartTime FROM ${spans} WHERE ${within(sql`StartTime`)})
        ORDER BY Version DESC LIMIT 1 BY TraceId, SpanId
      ) WHERE ${among} GROUP BY SessionId
      UNION ALL
      SELECT SessionId, toUnixTimestamp64Nano(min(Timestamp)), toUnixTimestamp64Nano(max(Timestamp)), 0, 0, 0, count(),
        ${sql.literal(sumsOfLogs)}, groupUniqArray(UserId)${anyFlag}
      FROM (
        SELECT SessionId, Timestamp, UserId${flags(ofLogs)} FROM ${logs}
        WHERE Timestamp IN (SELECT Timestamp FROM ${logs} WHERE ${within(sql`Timestamp`)})
        ORDER BY Version DESC LIMIT 1 BY LogId
      ) WHERE ${among} GROUP BY SessionId
    ) GROUP BY SessionId`)
  return found.filter((row) => ofSpans.every((_, i) => Boolean(row[`matches${i}`]))).map(decodeSummary)
})
