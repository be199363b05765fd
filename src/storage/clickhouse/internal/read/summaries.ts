/**
 * Summaries of sessions: counts and sums over the newest rows of their spans and logs.
 */
import type { Fragment } from "@effect/sql/Statement"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Struct from "effect/Struct"
import { largest } from "../../../../signal/internal/exact.js"
import {
  askedForInput,
  askedForOutput,
  inputAttributes,
  outputAttributes,
  type Place as SpanPlace,
  saidAttributes
} from "../../../../signal/internal/said.js"
import type { JsonObject } from "../../../../signal/Json.js"
import type { SessionSummary } from "../../../../signal/SessionSummary.js"
import type { Derived, SessionQuery } from "../../../Engine.js"
import { maxNames, said } from "../../../internal/summarized.js"
import { pascalCase } from "../../../sql/identifiers.js"
import { counts, decodeSummary, finite, isSummed, restOf, type SummaryRow, summed } from "../../../sql/summary.js"
import { complete, pend } from "../../../sql/whole.js"
import { parseJson } from "../connection.js"
import { layouts } from "../layouts.js"
import * as Messages from "../messages.js"
import { type Columns, count, digits, flag, listOf, nullable, number, text, texts } from "../row.js"
import type { Store } from "../store.js"
import { near, where } from "../where.js"

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
    summaries(store, [sessionId], { ofSpans: [], ofLogs: [], hasError: undefined }, Option.none()).pipe(
      Effect.flatMap((found) => completed(store, found)),
      Effect.map(Arr.head)
    )

const replayed = "NOT Replayed"

const isLarge = (value: string) => `NOT (abs(${value}) <= ${largest})`
const billionths = (value: string) => `if(${isLarge(value)}, toInt128(0), toInt128(floor(${value} * 1e9 + 0.5)))`
const rest = (value: string) => `if(${isLarge(value)}, ${value}, 0)`

/** The sums over the spans of a session, as columns: decimals in billionths, and what is too large for these. */
const columnsOfSums = summed.flatMap(({ kind, name }) => {
  const value = `ifNull(${pascalCase(name)}, 0)`
  const isCounted = `ifNull(${isSummed(name, "SpanType", "CostSource")}, false) AND ${replayed}`
  return kind === "real"
    ? [
        { name, sum: `sumIf(${billionths(value)}, ${isCounted})`, total: `toString(sum(sum_${name}))`, is: digits },
        {
          name: restOf(name),
          sum: `sumIf(${rest(value)}, ${isCounted})`,
          total: finite(`sum(sum_${restOf(name)})`),
          is: nullable(count)
        }
      ]
    : [{ name, sum: `sumIf(${value}, ${isCounted})`, total: `sum(sum_${name})`, is: nullable(count) }]
})
const sumsOfSpans = columnsOfSums.map(({ name, sum }) => `${sum} AS sum_${name}`).join()
const sumsOfLogs = columnsOfSums.map(() => "0").join()
const sumsOfSession = columnsOfSums.map(({ name, total }) => `${total} AS ${name}`).join()
const summedColumns = summed.map(({ name }) => pascalCase(name)).join()

/** The first models and agents in the order of their names. */
const names = (column: string) => `arraySlice(arraySort(groupUniqArray(${column})), 1, ${maxNames})`

/** The places of the spans that may tell what was said first and last: as texts, which are empty where there are none. */
const place = "[toString(toUnixTimestamp64Nano(StartTime)), TraceId, SpanId]"
const speakers = ["argMin", "argMax"]
  .flatMap((choose) =>
    ["IsEntry", "SpanType = 'agent_run'", "SpanType = 'model_generation'"].map(
      (holds) => `${choose}If(${place}, (StartTime, TraceId, SpanId), ${holds})`
    )
  )
  .join()

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

/**
 * A summary whose errors are all spans that failed, and how many of these may have passed on the error of a child; and the
 * places of the spans that tell what was said.
 */
interface Counted extends SummaryRow {
  readonly errors: string
  readonly suspects: string
  readonly speakers: ReadonlyArray<ReadonlyArray<string>>
}

/** A summary that lacks what was said and how it was scored. */
export interface Found {
  readonly summary: SessionSummary
  readonly row: SummaryRow & Pick<Counted, "speakers">
}

/** The columns of it, and a flag for each condition. */
const columnsOf = (conditions: number): Columns => ({
  ...Object.fromEntries(counts.map((name) => [name, count])),
  ...Object.fromEntries(columnsOfSums.map(({ is, name }) => [name, is])),
  sessionId: text,
  firstActivity: digits,
  lastActivity: digits,
  users: texts,
  models: texts,
  agents: texts,
  errors: digits,
  suspects: digits,
  speakers: listOf(texts),
  ...Object.fromEntries(Array.from({ length: conditions }, (_, i) => [`matches${i}`, flag]))
})

/** The summaries of sessions that have some row for each condition, in no order. */
export const summaries = Effect.fnUntraced(function* (
  store: Store,
  ids: ReadonlyArray<string>,
  asked: Asked,
  window: Window
) {
  const rows = (yield* counted(store, ids, asked, window)) as ReadonlyArray<unknown> as ReadonlyArray<Counted>
  const found = rows.filter(
    (row) =>
      asked.ofSpans.every((_, i) => Boolean(row[`matches${i}`])) &&
      (asked.hasError === undefined || asked.hasError === Number(row.errors) > 0)
  )
  const suspicious = found.filter(({ suspects }) => Number(suspects) > 0).map(({ sessionId }) => sessionId)
  const passed = yield* passedOn(store, suspicious, window)
  return found.map((counted): Found => {
    const row = { ...counted, errors: Number(counted.errors) - (passed.get(counted.sessionId) ?? 0) }
    return { row, summary: decodeSummary(row, [], {}) }
  })
})

/** Summaries with what was said, and with scores. */
export const completed = Effect.fnUntraced(function* (store: Store, found: ReadonlyArray<Found>) {
  if (found.length === 0) return []
  const speaking = found.map(({ row }) => speakersOf(row.speakers))
  const [attributes, scores] = yield* Effect.all(
    [
      attributesOf(
        store,
        speaking.flatMap(({ first }) => askedForInput(first)),
        speaking.flatMap(({ last }) => askedForOutput(last))
      ),
      scoresOf(
        store,
        found.map(({ row }) => row.sessionId)
      )
    ],
    { concurrency: 2 }
  )
  return found.map(({ row }, i) => {
    const { first = {}, last = {} } = speaking[i] ?? {}
    const texts = said(first, last, ({ spanId, traceId }) => attributes.get(traceId + spanId) ?? {})
    return decodeSummary(row, scores[row.sessionId] ?? [], texts)
  })
})

const speakersOf = (places: ReadonlyArray<ReadonlyArray<string>>) => {
  const at = (i: number): SpanPlace | undefined => {
    const [startTime = "", traceId = "", spanId = ""] = places[i] ?? []
    return !digits(startTime) ? undefined : { startTime: BigInt(startTime), traceId, spanId }
  }
  return { first: { entry: at(0), agent: at(1), model: at(2) }, last: { entry: at(3), agent: at(4), model: at(5) } }
}

/** The attributes of messages of spans that are asked for what was said first, and last, by their ids joined. */
const attributesOf = Effect.fnUntraced(function* (
  store: Store,
  first: ReadonlyArray<SpanPlace>,
  last: ReadonlyArray<SpanPlace>
) {
  const spans = [...first, ...last]
  if (spans.length === 0) return new Map<string, JsonObject>()
  const { name, rows, sql, texts: list } = store
  const idOf = ({ spanId, traceId }: SpanPlace) => traceId + spanId
  const [firstIds, lastIds] = [new Set(first.map(idOf)), new Set(last.map(idOf))]
  const places = spans.map(({ spanId, startTime, traceId }) => ({ time: String(startTime), ids: [traceId, spanId] }))
  const found = yield* rows(
    { id: text, traceId: text, sessionId: text, said: listOf(texts), messages: text },
    sql`
    SELECT concat(TraceId, SpanId) AS id, TraceId AS traceId, SessionId AS sessionId,
      arrayMap(entry -> [entry.1, entry.2], arrayFilter(
        entry -> has(${list(saidAttributes)}, entry.1), JSONExtractKeysAndValuesRaw(Record, 'attributes'))) AS said,
      ifNull(Messages, '') AS messages
    FROM ${sql.literal(name.spans)} WHERE ${near(store, layouts.spans, places)}
    ORDER BY Version DESC LIMIT 1 BY TraceId, SpanId`
  )
  const speaking = found.map(({ id, messages, said, sessionId, traceId }) => {
    const entries = said.map(([key = "", value = ""]) => [key, Option.getOrNull(parseJson(value))] as const)
    const attributes = Object.fromEntries(entries) as JsonObject
    const names = [...(firstIds.has(id) ? inputAttributes : []), ...(lastIds.has(id) ? outputAttributes : [])]
    const parts = Option.getOrUndefined(Option.filter(parseJson(messages), Predicate.isRecord))
    return pend(
      { id, traceId, sessionId: sessionId === "" ? undefined : sessionId, attributes },
      parts && Struct.pick(parts, ...names)
    )
  })
  yield* complete(speaking, Messages.read(store))
  return new Map(speaking.map(({ attributes, id }) => [id, attributes]))
})

/** The sums of the scores of sessions, by their names. */
const scoresOf = Effect.fnUntraced(function* (store: Store, ids: ReadonlyArray<string>) {
  const { name, rows, sql, texts } = store
  const scores = sql.literal(name.scores)
  const among = sql`SessionId IN ${texts(ids)}`
  const found = yield* rows(
    { sessionId: text, name: text, count, billionths: digits, rest: number },
    sql`
    SELECT SessionId AS sessionId, Name AS name, count() AS count, toString(sum(${sql.literal(billionths("value"))})) AS billionths,
      ${sql.literal(finite(`sum(${rest("value")})`))} AS rest
    FROM (
      SELECT SessionId, Name, DataType, Value AS value FROM ${scores} WHERE ScoreId IN (SELECT ScoreId FROM ${scores} WHERE ${among})
      ORDER BY Version DESC LIMIT 1 BY ScoreId
    ) WHERE ${among} AND DataType IN ('numeric', 'boolean') AND value IS NOT NULL GROUP BY SessionId, Name
    ORDER BY Name LIMIT ${sql.literal(String(maxNames))} BY SessionId`
  )
  return Arr.groupBy(found, ({ sessionId }) => sessionId)
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
      groupUniqArrayArray(ids) AS users, groupUniqArrayArray(models) AS models, groupUniqArrayArray(agents) AS agents,
      groupArrayArray(speakers) AS speakers${anyFlag}
    FROM (
      SELECT SessionId, toUnixTimestamp64Nano(min(StartTime)) AS first,
        toUnixTimestamp64Nano(max(${sql.literal(layouts.spans.activity ?? "")})) AS last,
        uniqExact(TraceId) AS countOfTraces, count() AS countOfSpans, ${sql.literal(idsOfSpans)},
        ${sql.literal(turns)} AS countOfTurns, length(failures) AS countOfErrors,
        length(arrayIntersect(failures, causes)) AS countOfSuspects, toUInt64(0) AS countOfLogs,
        ${sql.literal(sumsOfSpans)}, groupUniqArray(UserId) AS ids, ${sql.literal(names("Model"))} AS models,
        ${sql.literal(names("AgentName"))} AS agents, [${sql.literal(speakers)}] AS speakers${anyFlag}
      FROM (
        SELECT SessionId, TraceId, SpanId, ParentSpanId, StartTime, EndTime, UserId, Model, AgentName, SpanType, CostSource, Status, ErrorType,
          IsEntry, Replayed, ${sql.literal(summedColumns)}${flags(ofSpans)}
        FROM ${spans} WHERE StartTime IN (SELECT StartTime FROM ${spans} WHERE ${within(sql`StartTime`)})
        ORDER BY Version DESC LIMIT 1 BY TraceId, SpanId
      ) WHERE ${among} GROUP BY SessionId
      UNION ALL
      SELECT SessionId, toUnixTimestamp64Nano(min(Timestamp)), toUnixTimestamp64Nano(max(Timestamp)), 0, 0, [], [], [], [],
        0, 0, 0, count(), ${sql.literal(sumsOfLogs)}, groupUniqArray(UserId), [], [], []${anyFlag}
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
