/**
 * Summaries of sessions: counts and sums over the newest rows of their spans and logs.
 */
import type { Fragment } from "@effect/sql/Statement"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { SessionSummary } from "../../../../signal/SessionSummary.js"
import type { Derived, SessionQuery } from "../../../Engine.js"
import { pascalCase } from "../../../sql/identifiers.js"
import { decodeSummary, finite, isSummed, type SummaryRow, summed } from "../../../sql/summary.js"
import { layouts } from "../layouts.js"
import { count, digits, flag, nullable, text, texts } from "../row.js"
import type { Store } from "../store.js"
import { where } from "../where.js"

/** Conditions on some row of a session, in pairs for spans and logs, and whether some span of it has failed. */
export interface Asked {
  readonly ofSpans: ReadonlyArray<Fragment>
  readonly ofLogs: ReadonlyArray<Fragment>
  readonly hasError: boolean | undefined
}

type Questions = Pick<SessionQuery, "hasError" | "ofRecords" | "ofSpans">

export const askedOf = (store: Store, { hasError, ofRecords, ofSpans }: Questions): Asked => ({
  hasError,
  ofSpans: [...ofRecords, ...ofSpans].map((condition) => where(store, layouts.spans, condition)),
  ofLogs: [
    ...ofRecords.map((condition) => where(store, layouts.logs, condition)),
    ...ofSpans.map(() => store.sql`false`)
  ]
})

export const getSession =
  (store: Store): Derived["getSession"] =>
  (sessionId) =>
    Effect.map(
      summaries(store, [sessionId], { ofSpans: [], ofLogs: [], hasError: undefined }, Option.none()),
      ([summary]) => Option.fromNullable(summary)
    )

const replayed = "NOT Replayed"

/** The sums over the spans of a session, as columns; those over logs are zeros in their place. */
const sumsOfSpans = summed
  .map(
    ({ name }) =>
      `sumIf(ifNull(${pascalCase(name)}, 0), ifNull(${isSummed(name, "SpanType", "CostSource")}, false) AND ${replayed}) AS sum_${name}`
  )
  .join()
const sumsOfLogs = summed.map(() => "0").join()
const sumsOfSession = summed
  .map(({ kind, name }) => `${kind === "real" ? finite(`sum(sum_${name})`) : `sum(sum_${name})`} AS ${name}`)
  .join()
const summedColumns = summed.map(({ name }) => pascalCase(name)).join()

const failed = `Status = 'error' AND ${replayed}`

/**
 * Ids of 128 bits for the spans of a session, for the parents of those that are no entry spans, and for those that failed
 * and the parents of those that failed, each with the kind of the error: small enough for the largest of sessions.
 */
const idsOfSpans = [
  "groupArray(sipHash128(TraceId, SpanId)) AS spanIds",
  "groupArrayIf(sipHash128(TraceId, ParentSpanId), NOT IsEntry) AS parents",
  `groupArrayIf(sipHash128(TraceId, SpanId, ifNull(ErrorType, '')), ${failed}) AS failures`,
  `groupArrayIf(sipHash128(TraceId, ParentSpanId, ifNull(ErrorType, '')), ${failed} AND ParentSpanId != SpanId) AS causes`
].join()

/** All spans but those whose parents are among them: \`arrayEnumerateDense\` gives these the numbers of their parents. */
const turns = `count() - arrayCount((number, i) -> i > length(spanIds) AND number <= length(spanIds),
  arrayEnumerateDense(arrayConcat(spanIds, parents)), arrayEnumerate(arrayConcat(spanIds, parents)))`

type Window = Option.Option<readonly [from: bigint, to: bigint]>

/** The rows of sessions, by their time. */
const withinOf =
  ({ all, nanos, sql, texts }: Store, ids: ReadonlyArray<string>, window: Window) =>
  (time: Fragment): Fragment =>
    all([
      sql`SessionId IN ${texts(ids)}`,
      ...Option.toArray(window).flatMap(([from, to]) => [sql`${time} >= ${nanos(from)}`, sql`${time} <= ${nanos(to)}`])
    ])

/** A summary whose errors are all spans that failed, and how many of these may have passed on the error of a child. */
interface Counted extends SummaryRow {
  readonly errors: string
  readonly suspects: string
}

/** The columns of it, and a flag for each condition. */
const columnsOf = (conditions: number): { readonly [N in keyof Counted]: (value: unknown) => value is Counted[N] } => ({
  ...Object.fromEntries(Object.keys(SessionSummary.fields).map((name) => [name, nullable(count)])),
  sessionId: text,
  firstActivity: digits,
  lastActivity: digits,
  users: texts,
  errors: digits,
  suspects: digits,
  ...Object.fromEntries(Array.from({ length: conditions }, (_, i) => [`matches${i}`, flag]))
})

/** The summaries of sessions that have some row for each condition, in no order. */
export const summaries = Effect.fnUntraced(function* (
  store: Store,
  ids: ReadonlyArray<string>,
  asked: Asked,
  window: Window
) {
  const found = (yield* counted(store, ids, asked, window)).filter(
    (row) =>
      asked.ofSpans.every((_, i) => Boolean(row[`matches${i}`])) &&
      (asked.hasError === undefined || asked.hasError === Number(row.errors) > 0)
  )
  const suspicious = found.filter(({ suspects }) => Number(suspects) > 0).map(({ sessionId }) => sessionId)
  const passed = yield* passedOn(store, suspicious, window)
  return found.map((row) => decodeSummary({ ...row, errors: Number(row.errors) - (passed.get(row.sessionId) ?? 0) }))
})

/** Rows of a record have one time, by which they are found in less time than by their keys. */
const counted = (store: Store, ids: ReadonlyArray<string>, { ofLogs, ofSpans }: Asked, window: Window) => {
  const { holds, name, rows, sql, texts } = store
  const among = sql`SessionId IN ${texts(ids)}`
  const within = withinOf(store, ids, window)
  const flags = (conditions: ReadonlyArray<Fragment>) =>
    conditions.reduce(
      (columns: Fragment, condition, i) => sql`${columns}, ${holds([condition])} AS ${sql.literal(`matches${i}`)}`,
      sql``
    )
  const anyFlag = sql.literal(ofSpans.map((_, i) => `, max(matches${i}) AS matches${i}`).join(""))
  const [spans, logs] = [sql.literal(name.spans), sql.literal(name.logs)]
  return rows(
    columnsOf(ofSpans.length),
    sql`
    SELECT SessionId AS sessionId, min(first) AS firstActivity, max(last) AS lastActivity, sum(countOfTraces) AS traces,
      sum(countOfSpans) AS spans, sum(countOfTurns) AS turns, sum(countOfErrors) AS errors,
      sum(countOfSuspects) AS suspects, sum(countOfLogs) AS logs, ${sql.literal(sumsOfSession)},
      groupUniqArrayArray(ids) AS users${anyFlag}
    FROM (
      SELECT SessionId, toUnixTimestamp64Nano(min(StartTime)) AS first,
        toUnixTimestamp64Nano(max(${sql.literal(layouts.spans.activity ?? "")})) AS last,
        uniqExact(TraceId) AS countOfTraces, count() AS countOfSpans, ${sql.literal(idsOfSpans)},
        ${sql.literal(turns)} AS countOfTurns, length(failures) AS countOfErrors,
        length(arrayIntersect(failures, causes)) AS countOfSuspects, toUInt64(0) AS countOfLogs,
        ${sql.literal(sumsOfSpans)}, groupUniqArray(UserId) AS ids${anyFlag}
      FROM (
        SELECT SessionId, TraceId, SpanId, ParentSpanId, StartTime, EndTime, UserId, SpanType, CostSource, Status, ErrorType,
          IsEntry, Replayed, ${sql.literal(summedColumns)}${flags(ofSpans)}
        FROM ${spans} WHERE StartTime IN (SELECT StartTime FROM ${spans} WHERE ${within(sql`StartTime`)})
        ORDER BY Version DESC LIMIT 1 BY TraceId, SpanId
      ) WHERE ${among} GROUP BY SessionId
      UNION ALL
      SELECT SessionId, toUnixTimestamp64Nano(min(Timestamp)), toUnixTimestamp64Nano(max(Timestamp)), 0, 0, [], [], [], [],
        0, 0, 0, count(), ${sql.literal(sumsOfLogs)}, groupUniqArray(UserId)${anyFlag}
      FROM (
        SELECT SessionId, Timestamp, UserId${flags(ofLogs)} FROM ${logs}
        WHERE Timestamp IN (SELECT Timestamp FROM ${logs} WHERE ${within(sql`Timestamp`)})
        ORDER BY Version DESC LIMIT 1 BY LogId
      ) WHERE ${among} GROUP BY SessionId
    ) GROUP BY SessionId`
  )
}

/** By session, how many spans failed with the error of a child. What an error says is read of those that failed alone. */
const passedOn = Effect.fnUntraced(function* (store: Store, ids: ReadonlyArray<string>, window: Window) {
  if (ids.length === 0) return new Map<string, number>()
  const { name, rows, sql, texts } = store
  const spans = sql.literal(name.spans)
  const failures = sql`(
    SELECT SessionId, TraceId, SpanId, ParentSpanId, ErrorType, message FROM (
      SELECT SessionId, TraceId, SpanId, ParentSpanId, ErrorType, StatusMessage AS message, Status, Replayed FROM ${spans}
      WHERE StartTime IN (SELECT StartTime FROM ${spans} WHERE ${withinOf(store, ids, window)(sql`StartTime`)} AND Status = 'error')
      ORDER BY Version DESC LIMIT 1 BY TraceId, SpanId
    ) WHERE SessionId IN ${texts(ids)} AND ${sql.literal(failed)})`
  const found = yield* rows(
    { sessionId: text, passed: digits },
    sql`
    SELECT span.SessionId AS sessionId, uniqExact(span.TraceId, span.SpanId) AS passed
    FROM ${failures} AS span JOIN ${failures} AS child
      ON span.SessionId = child.SessionId AND span.TraceId = child.TraceId AND span.SpanId = child.ParentSpanId
    WHERE child.SpanId != span.SpanId AND isNotDistinctFrom(child.ErrorType, span.ErrorType)
      AND ifNull(child.message = span.message, child.message IS NULL)
    GROUP BY sessionId`
  )
  return new Map(found.map(({ passed, sessionId }) => [sessionId, Number(passed)]))
})
