/**
 * The queries. Of the rows of a span, the one with the highest version is the span. So each query first finds, by light
 * columns, the rows that may answer, one page of them at a time, and then confirms them by the newest rows of the same
 * spans, whose records it reads. No query compares the versions of a whole table.
 */
import type { Fragment } from "@effect/sql/Statement"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Struct from "effect/Struct"
import type { LogRecord } from "../../../signal/LogRecord.js"
import { SessionSummary } from "../../../signal/SessionSummary.js"
import type { SpanRecord } from "../../../signal/SpanRecord.js"
import { type Key, type Query, runningDuration, type SpanFilters, sessionKey, spanKey } from "../../internal/query.js"
import type { Methods } from "../../internal/reopening.js"
import { compare, compareKeys, entrySpan, select } from "../../internal/select.js"
import type { StorageError } from "../../StorageError.js"
import type { Connection } from "./connection.js"
import {
  decodeLogs,
  decodeSpans,
  decodeVersions,
  type LogRow,
  logSelection,
  type Row,
  spanSelection
} from "./decode.js"
import type { LogPlace, SpanPlace } from "./filters.js"
import * as Filters from "./filters.js"
import type { Names } from "./schema.js"

type Reads = Pick<
  Methods<never>,
  "listTraces" | "listSpans" | "listLogs" | "listSessions" | "sessionTimeline" | "traceSpans" | "getSpan" | "getSession"
>

/** A row that may answer, and its place in the order of the query. */
interface Positioned extends SpanPlace {
  readonly position: string
}

interface SessionPlace {
  readonly id: string
  readonly bound: string
  readonly newest: string
  readonly from: string
  readonly to: string
}

/** As many rows of entry spans as are read with their payload before it is known which of them are shown. */
const fewEntries = 200

/** As many places as are confirmed at once, where those before had few answers. */
const fewPlaces = 500

/** As many traces as are confirmed at once. */
const fewTraces = 1000

/** As many sessions as are summed up at once. */
const fewSessions = 1000

/** What an engine reads, from the tables of one prefix. */
export const make = ({ rows, sql }: Connection, name: Names): Reads => {
  const spans = sql.literal(name.spans)
  const logs = sql.literal(name.logs)
  const sessions = sql.literal(name.sessions)
  const {
    all,
    duration,
    holds,
    isLogAt,
    nanos,
    nearSpans,
    ofEntrySpan,
    ofLog,
    ofSessions,
    ofSomeSpan,
    ofSpan,
    text,
    texts,
    wide
  } = Filters.make(sql)
  const entry = sql`IsEntry`

  /** Columns in the direction of a query. */
  const ordered = ({ order }: Query<unknown>, ...columns: Array<string>) =>
    sql.literal(columns.map((column) => `${column} ${order.direction}`).join(", "))

  /** What comes after a key. The first condition says less than the second: it is what parts of a table are skipped by. */
  const after = (asked: Query<unknown>, first: Fragment, from: (value: bigint) => Fragment, ...ids: Array<string>) =>
    Option.match(asked.after, {
      onNone: (): ReadonlyArray<Fragment> => [],
      onSome: ([value, ...key]) => {
        const beyond = sql.literal(asked.order.direction === "asc" ? ">" : "<")
        const start = from(value as bigint)
        const tied = ids.reduceRight(
          (rest: Fragment, id, i) =>
            sql`(${sql.literal(id)} ${beyond} ${text(key[i] as string)} OR (${sql.literal(id)} = ${text(key[i] as string)} AND ${rest}))`,
          sql`false`
        )
        return [
          sql`${first} ${beyond}= ${start}`,
          sql`(${first} ${beyond} ${start} OR (${first} = ${start} AND ${tied}))`
        ]
      }
    })

  const spanPosition = ({ order }: Query<unknown>) =>
    order.field === "time"
      ? { column: sql`StartTime`, value: sql`toUnixTimestamp64Nano(StartTime)`, from: nanos }
      : durationPosition(sql`ifNull(${duration}, ${wide(runningDuration(order.direction))})`)
  const durationPosition = (column: Fragment) => ({ column, value: column, from: wide })

  /**
   * The next page of rows of spans in the order of a query. Rows of one span at one position are next to each other: with
   * `LIMIT BY`, ClickHouse would not stop reading at the limit.
   */
  const spanPlaces = (asked: Query<unknown>, conditions: ReadonlyArray<Fragment>) => {
    const { column, from, value } = spanPosition(asked)
    return rows<Positioned>(sql`
      SELECT toUnixTimestamp64Nano(StartTime) AS start, TraceId AS traceId, SpanId AS spanId, toString(${value}) AS position
      FROM ${spans} WHERE ${all([...conditions, ...after(asked, column, from, "TraceId", "SpanId")])}
      ORDER BY ${column} ${ordered(asked, "", "TraceId", "SpanId")} LIMIT ${sql.literal(String(asked.limit))}`)
  }

  /** The newest rows of the spans that some condition finds. */
  const newestSpans = (columns: Fragment, condition: Fragment) =>
    sql`SELECT ${columns} FROM ${spans} WHERE ${condition} ORDER BY Version DESC LIMIT 1 BY TraceId, SpanId`

  /** The spans of rows, each as its newest row has it. */
  const newestOf = Effect.fnUntraced(function* (found: ReadonlyArray<Row>) {
    const versions = yield* decodeVersions(found)
    const newest = new Map<string, (typeof versions)[number]>()
    for (const row of versions) {
      const id = idsOf(row.span)
      const known = newest.get(id)
      if (known === undefined || row.version > known.version) newest.set(id, row)
    }
    return newest
  })

  /** The spans at places, if they meet the conditions, too, with their newest rows. */
  const spansAt = Effect.fnUntraced(function* (places: ReadonlyArray<Positioned>, conditions: ReadonlyArray<Fragment>) {
    if (places.length === 0) return []
    const matches = conditions.length === 0 ? sql`` : sql`, ${holds(conditions)} AS matches`
    const found = yield* rows<Row>(
      sql`SELECT ${sql.literal(spanSelection)}${matches} FROM ${spans} WHERE ${nearSpans(places)}`
    )
    const newest = yield* newestOf(found)
    return places.flatMap((place) => {
      const row = newest.get(idsOf(place))
      return row !== undefined && (row.matches ?? true) ? [row.span] : []
    })
  })

  /** Pages of places, confirmed, until there are as many rows as asked for. */
  const pageThrough = Effect.fnUntraced(function* <Place, A>(
    asked: Query<unknown>,
    places: (asked: Query<unknown>) => Effect.Effect<ReadonlyArray<Place>, StorageError>,
    keyOf: (place: Place) => Key,
    confirm: (places: ReadonlyArray<Place>) => Effect.Effect<ReadonlyArray<A>, StorageError>
  ) {
    const confirmed: Array<A> = []
    let rest = asked
    while (true) {
      const page = yield* places(rest)
      const last = page.at(-1)
      if (last === undefined) return confirmed
      const unique = new Map(page.map((place) => [keyOf(place).join(), place]))
      confirmed.push(...(yield* confirm(Array.from(unique.values()))))
      if (page.length < rest.limit || confirmed.length >= asked.limit) return confirmed.slice(0, asked.limit)
      const limit = Math.max(asked.limit, Math.min(2 * rest.limit, fewPlaces))
      rest = { ...asked, limit, after: Option.some(keyOf(last)) }
    }
  })

  const spanPlaceKey = (place: Positioned): Key => [BigInt(place.position), place.traceId, place.spanId]

  const spansWhere = (asked: Query<unknown>, conditions: ReadonlyArray<Fragment>) =>
    pageThrough<Positioned, SpanRecord>(
      asked,
      (rest) => spanPlaces(rest, conditions),
      spanPlaceKey,
      (places) => Effect.map(spansAt(places, conditions), (found) => inOrderOf(asked, places, found))
    )

  /** Spans in the order of their places; one that has another position by now comes there. */
  const inOrderOf = (asked: Query<unknown>, places: ReadonlyArray<Positioned>, found: ReadonlyArray<SpanRecord>) => {
    const byKey = new Map(found.map((span) => [spanKey(span, asked.order).join(), span]))
    return places.flatMap((place) => byKey.get(spanPlaceKey(place).join()) ?? [])
  }

  const logsWhere = (asked: Query<unknown>, conditions: ReadonlyArray<Fragment>) =>
    pageThrough<LogPlace, LogRecord>(
      asked,
      (rest) =>
        rows(sql`
          SELECT toUnixTimestamp64Nano(Timestamp) AS time, LogId AS logId FROM ${logs}
          WHERE ${all([...conditions, ...after(rest, sql`Timestamp`, nanos, "LogId")])}
          ORDER BY ${ordered(asked, "Timestamp", "LogId")} LIMIT ${sql.literal(String(asked.limit))}`),
      (place) => [BigInt(place.time), place.logId],
      Effect.fnUntraced(function* (places) {
        const found = yield* rows<LogRow>(sql`
          SELECT ${sql.literal(logSelection)}, ${holds(conditions)} AS matches FROM ${logs}
          WHERE ${isLogAt(places)}
          ORDER BY Version DESC LIMIT 1 BY LogId`)
        const matching = yield* decodeLogs(found.filter((row) => row.matches))
        const byId = new Map(matching.map((log) => [log.logId, log]))
        return places.flatMap((place) => {
          const log = byId.get(place.logId)
          return log?.timestamp === BigInt(place.time) ? [log] : []
        })
      })
    )

  /** The entry spans of traces, and whether each trace matches the filters. */
  const entryPlaces = (
    asked: Query<SpanFilters>,
    traces: Fragment
  ): Effect.Effect<ReadonlyArray<Positioned & { readonly matches: boolean | 0 | 1 }>, StorageError> => {
    const some = ofSomeSpan(asked.filters)
    const flags = some.map((condition, i) => sql`, ${holds([condition])} AS ${sql.literal(`some${i}`)}`)
    const columns = sql`TraceId, SpanId, StartTime, ${entry} AS isEntry, ParentSpanId != '' AS hasParent,
      toString(${spanPosition(asked).value}) AS position, ${holds(ofEntrySpan(asked.filters))} AS matches,
      Status = 'error' AS failed${flags.reduce((left, right) => sql`${left}${right}`, sql``)}`
    const ofTrace = [
      sql`countIf(isEntry) > 0`,
      ...some.map((_, i) => sql.literal(`max(some${i}) = 1`)),
      ...(asked.filters.hasError === false ? [sql`max(failed) = 0`] : [])
    ]
    return rows(sql`
      SELECT TraceId AS traceId, entry.1 AS start, entry.2 AS spanId, entry.3 AS position, entry.4 AND meets AS matches FROM (
        SELECT TraceId, argMinIf((toUnixTimestamp64Nano(StartTime), SpanId, position, matches),
          (hasParent, StartTime, SpanId), isEntry) AS entry, ${all(ofTrace)} AS meets
        FROM (${newestSpans(columns, sql`TraceId IN ${traces}`)}) GROUP BY TraceId)`)
  }

  /**
   * The traces of a session, in one statement, where their entry spans show by themselves that they are. Not known where
   * there are many, where another span may show it, or where a newer row of an entry span may be none.
   */
  const tracesByEntries = Effect.fnUntraced(function* (asked: Query<SpanFilters>, inTraces: ReadonlyArray<Fragment>) {
    const { sessionId, ...others } = asked.filters
    if (sessionId === undefined || (others.hasError ?? others.model ?? others.spanType) !== undefined) {
      return Option.none()
    }
    const few = Math.min(2 * asked.limit, fewEntries)
    const found = yield* rows<Row>(sql`
      SELECT ${sql.literal(spanSelection)}, ${holds(ofSomeSpan(others))} AS shown,
        ${holds(ofEntrySpan(others))} AS matches
      FROM ${spans} PREWHERE ${all([...inTraces, entry])} LIMIT ${sql.literal(String(few + 1))}`)
    if (found.length > few) return Option.none()
    const newest = yield* newestOf(found)
    const candidates = Array.from(newest.values(), (row) => row.span)
    const entries = Object.values(Arr.groupBy(candidates, (span) => span.traceId)).flatMap(
      (trace) => entrySpan(trace) ?? []
    )
    const meets = (flag: "shown" | "matches") => (span: SpanRecord) => Boolean(newest.get(idsOf(span))?.[flag])
    // A span that has no parent never gets one.
    const withParents = entries.filter((span) => span.parentSpanId !== undefined)
    if (withParents.length > 0) {
      const locals = yield* rows(
        sql`SELECT 1 FROM ${spans} WHERE ${nearSpans(withParents.map(placeOf))} AND NOT ${entry} LIMIT 1`
      )
      if (locals.length > 0) return Option.none()
    }
    return entries.every((span) => span.sessionId === sessionId && meets("shown")(span))
      ? Option.some(select(entries.filter(meets("matches")), spanKey, asked))
      : Option.none()
  })

  const listTraces = Effect.fnUntraced(function* (asked: Query<SpanFilters>) {
    const payload = (places: ReadonlyArray<Positioned>) =>
      Effect.map(spansAt(places, []), (found) => select(found, spanKey, { ...asked, after: Option.none() }))
    const withSome = (filters: SpanFilters) =>
      ofSomeSpan(filters).map((condition) => sql`SELECT TraceId FROM ${spans} PREWHERE ${condition}`)
    const inTraces = (found: ReadonlyArray<Fragment>) => found.map((traces) => sql`TraceId IN (${traces})`)
    const some = withSome(asked.filters)
    const indexed = withSome(Struct.pick(asked.filters, "sessionId", "traceId"))
    const shown = yield* tracesByEntries(asked, inTraces(indexed))
    if (Option.isSome(shown)) return shown.value
    if (some.length > 0) {
      // To look at all traces of a session costs less than to look for the rest of what is asked for.
      const found = indexed.length > 0 ? indexed : some
      const entries = yield* entryPlaces(
        asked,
        sql`(SELECT TraceId FROM (${found.reduce((left, right) => sql`${left} INTERSECT ${right}`)})
          LIMIT 1 BY TraceId LIMIT ${sql.literal(String(fewTraces + 1))})`
      )
      const matching = entries.filter(({ matches }) => matches)
      if (entries.length <= fewTraces) return yield* payload(select(matching, spanPlaceKey, asked))
    }
    const conditions = [entry, ...ofEntrySpan(asked.filters), ...inTraces(some)]
    return yield* pageThrough<Positioned, SpanRecord>(
      asked,
      (rest) => spanPlaces(rest, conditions),
      spanPlaceKey,
      Effect.fnUntraced(function* (places) {
        const keys = new Set(places.map((place) => spanPlaceKey(place).join()))
        const traces = new Set(places.map((place) => place.traceId))
        const entries = yield* entryPlaces(asked, texts(Array.from(traces)))
        return yield* payload(entries.filter((place) => place.matches && keys.has(spanPlaceKey(place).join())))
      })
    )
  })

  /**
   * Sums over the rows of sessions, in no order, with an answer to each condition. Rows of a record have one time, by
   * which they are found in less time than by their keys.
   */
  const summaries = Effect.fnUntraced(function* (
    ids: ReadonlyArray<string>,
    ofSpans: ReadonlyArray<Fragment>,
    ofLogs: ReadonlyArray<Fragment>,
    window: Option.Option<readonly [from: bigint, to: bigint]>
  ) {
    const among = texts(ids)
    const within = (time: Fragment) =>
      all([
        sql`SessionId IN ${among}`,
        ...Option.toArray(window).flatMap(([from, to]) => [
          sql`${time} >= ${nanos(from)}`,
          sql`${time} <= ${nanos(to)}`
        ])
      ])
    const flags = (conditions: ReadonlyArray<Fragment>) =>
      conditions.reduce(
        (columns: Fragment, condition, i) => sql`${columns}, ${holds([condition])} AS ${sql.literal(`matches${i}`)}`,
        sql``
      )
    const anyFlag = sql.literal(ofSpans.map((_, i) => `, max(matches${i}) AS matches${i}`).join(""))
    const light = sql`SessionId, TraceId, SpanId, StartTime, EndTime, UserId, SpanType, Status, InputTokens, OutputTokens,
      CostUsd, Replayed${flags(ofSpans)}`
    const found = yield* rows<SummaryRow>(sql`
      SELECT SessionId AS sessionId, min(first) AS firstActivity, max(last) AS lastActivity, sum(traces) AS traces,
        sum(spans) AS spans, sum(errors) AS errors, sum(logs) AS logs, sum(inputs) AS inputTokens,
        sum(outputs) AS outputTokens,
        greatest(least(sum(cost), 1.7976931348623157e308), -1.7976931348623157e308) AS costUsd,
        arraySort(groupUniqArrayArray(users)) AS users${anyFlag}
      FROM (
        SELECT SessionId, toUnixTimestamp64Nano(min(StartTime)) AS first,
          toUnixTimestamp64Nano(max(greatest(StartTime, ifNull(EndTime, StartTime)))) AS last, uniqExact(TraceId) AS traces,
          count() AS spans, countIf(Status = 'error' AND NOT Replayed) AS errors, toUInt64(0) AS logs,
          sumIf(ifNull(InputTokens, 0), SpanType = 'model_generation' AND NOT Replayed) AS inputs,
          sumIf(ifNull(OutputTokens, 0), SpanType = 'model_generation' AND NOT Replayed) AS outputs,
          sumIf(ifNull(CostUsd, 0), SpanType = 'model_generation' AND NOT Replayed) AS cost,
          groupUniqArray(UserId) AS users${anyFlag}
        FROM (${newestSpans(light, sql`StartTime IN (SELECT StartTime FROM ${spans} WHERE ${within(sql`StartTime`)})`)})
        WHERE SessionId IN ${among} GROUP BY SessionId
        UNION ALL
        SELECT SessionId, toUnixTimestamp64Nano(min(Timestamp)), toUnixTimestamp64Nano(max(Timestamp)), 0, 0, 0, count(),
          0, 0, 0, groupUniqArray(UserId)${anyFlag}
        FROM (
          SELECT SessionId, Timestamp, UserId${flags(ofLogs)} FROM ${logs}
          WHERE Timestamp IN (SELECT Timestamp FROM ${logs} WHERE ${within(sql`Timestamp`)})
          ORDER BY Version DESC LIMIT 1 BY LogId
        ) WHERE SessionId IN ${among} GROUP BY SessionId
      ) GROUP BY SessionId`)
    return found
      .filter((row) => ofSpans.every((_, i) => row[`matches${i}`] === 1 || row[`matches${i}`] === true))
      .map(decodeSummary)
  })

  /**
   * Sessions that were active last, more than a page of them: to group and order all takes three times as long. A session
   * may have a row for each of its last batches.
   */
  const amongRecent = (size: number): Fragment =>
    sql`SessionId IN (SELECT SessionId FROM ${sessions} WHERE LastActivity >= (SELECT min(LastActivity) FROM (
      SELECT LastActivity FROM ${sessions} ORDER BY LastActivity DESC LIMIT ${sql.literal(String(20 * size))})))`

  const listSessions: Reads["listSessions"] = Effect.fnUntraced(function* (asked) {
    const { after, asOf, filters, limit, order } = asked
    const sign = order.direction === "asc" ? 1 : -1
    const { ofLogs, ofSpans } = ofSessions(filters)
    const candidates = ofSpans.map(
      (ofSpan, i) => sql`SessionId IN (SELECT SessionId FROM ${spans} WHERE ${ofSpan}
        UNION ALL SELECT SessionId FROM ${logs} WHERE ${ofLogs[i] ?? sql`false`})`
    )
    if (filters.sessionId !== undefined) candidates.push(sql`SessionId = ${text(filters.sessionId)}`)
    const start = sql`toInt128(toUnixTimestamp64Nano(first))`
    const end = sql`toInt128(toUnixTimestamp64Nano(last))`
    const long = sql`${end} - ${start}`
    // The table of sessions knows a time that holds all of a session, and perhaps more: no session comes before its bound,
    // and one that comes after another cannot have ended before it, in ascending order, or begun after its end.
    const [bound, possible] =
      order.field === "time"
        ? sign > 0
          ? ([start, (from: Fragment) => sql`${end} >= ${from}`] as const)
          : ([end, (from: Fragment) => sql`${start} <= ${from}`] as const)
        : sign > 0
          ? ([wide(0n), (from: Fragment) => sql`${long} >= ${from}`] as const)
          : ([long, () => sql`true`] as const)
    const overlapping = [
      ...Option.toArray(after).map(([position]) => possible(wide(position as bigint))),
      ...(filters.startedAfter === undefined ? [] : [sql`last >= ${nanos(filters.startedAfter)}`]),
      ...(filters.startedBefore === undefined ? [] : [sql`first < ${nanos(filters.startedBefore)}`]),
      ...(filters.minDuration === undefined ? [] : [sql`${long} >= ${wide(filters.minDuration)}`])
    ]
    const isOfNewest = order.field === "time" && sign < 0 && [...candidates, ...overlapping].length === 0
    // Asked for in ascending order alone.
    const newestOfAll = sign > 0 ? sql`max(last) OVER ()` : sql`last`
    const matches = (session: SessionSummary) =>
      (filters.startedAfter === undefined || session.lastActivity >= filters.startedAfter) &&
      (filters.startedBefore === undefined || session.firstActivity < filters.startedBefore) &&
      (filters.minDuration === undefined || session.lastActivity - session.firstActivity >= filters.minDuration) &&
      (filters.hasError !== false || session.errors === 0) &&
      (Option.isNone(asOf) || session.lastActivity <= asOf.value)

    let items: ReadonlyArray<SessionSummary> = []
    let newest = "0"
    let from: Option.Option<Key> = Option.none()
    let size = limit
    while (true) {
      const beyond = Option.match(from, {
        onNone: () => sql`true`,
        onSome: ([position, id]) =>
          sql`(position, id) ${sql.literal(sign > 0 ? ">" : "<")} (${wide(position as bigint)}, ${text(id as string)})`
      })
      const pageAmong = (among: ReadonlyArray<Fragment>) =>
        rows<SessionPlace>(sql`
          SELECT id, toString(position) AS bound, newest, toUnixTimestamp64Nano(first) AS from, toUnixTimestamp64Nano(last) AS to FROM (
            SELECT id, first, last, ${bound} AS position, toUnixTimestamp64Nano(${newestOfAll}) AS newest FROM (
              SELECT SessionId AS id, min(FirstActivity) AS first, max(LastActivity) AS last FROM ${sessions}
              WHERE ${all(among)} GROUP BY SessionId
            ) WHERE ${all(overlapping)}
          ) WHERE ${beyond} ORDER BY ${ordered(asked, "position", "id")} LIMIT ${sql.literal(String(size))}`)
      const recent = isOfNewest && Option.isNone(from) ? yield* pageAmong([amongRecent(size)]) : []
      const page: ReadonlyArray<SessionPlace> = recent.length === size ? recent : yield* pageAmong(candidates)
      const last = page.at(-1)
      if (last === undefined) break
      if (Option.isNone(from)) newest = page[0]?.newest ?? newest
      const found: ReadonlyArray<SessionSummary> = yield* summaries(
        page.map((row) => row.id),
        ofSpans,
        ofLogs,
        Option.some([
          page.reduce((least, row) => (BigInt(row.from) < least ? BigInt(row.from) : least), BigInt(last.from)),
          page.reduce((most, row) => (BigInt(row.to) > most ? BigInt(row.to) : most), BigInt(last.to))
        ])
      )
      items = select([...items, ...found.filter(matches)], sessionKey, { ...asked, after, limit })
      const reached: Key = [BigInt(last.bound), last.id]
      const worst = items.at(-1)
      const settled =
        items.length === limit && worst !== undefined && sign * compareKeys(sessionKey(worst, order), reached) <= 0
      if (page.length < size || settled) break
      from = Option.some(reached)
      size = Math.min(size * 2, fewSessions)
    }
    return { items, newest: BigInt(newest) }
  })

  return {
    listTraces,
    listSpans: (asked) => spansWhere(asked, ofSpan(asked.filters)),
    listLogs: (asked) => logsWhere(asked, ofLog(asked.filters)),
    listSessions,
    sessionTimeline: Effect.fnUntraced(function* (asked) {
      const ofSession = [sql`SessionId = ${text(asked.filters.sessionId)}`]
      // Spans come before the logs of the same time.
      const spansAfter = Option.map(
        asked.after,
        ([time, kind, id]): Key =>
          kind === "0" ? [time as bigint, String(id).slice(0, 32), String(id).slice(32)] : [time as bigint, "~", ""]
      )
      const logsAfter = Option.map(
        asked.after,
        ([time, kind, id]): Key => [time as bigint, kind === "0" ? "" : (id as string)]
      )
      const [ofSpans, ofLogs] = yield* Effect.all([
        spansWhere({ ...asked, after: spansAfter }, [...ofSession, entry]),
        logsWhere({ ...asked, after: logsAfter }, ofSession)
      ])
      return [...ofSpans, ...ofLogs].sort((a, b) => compare(timeOf(a), timeOf(b))).slice(0, asked.limit)
    }),
    traceSpans: Effect.fnUntraced(function* (traceId, limit) {
      // All rows of a span have one start.
      const found = yield* rows<Row>(sql`
        SELECT ${sql.literal(spanSelection)} FROM ${spans} WHERE TraceId = ${text(traceId)}
        ORDER BY StartTime, SpanId, Version DESC LIMIT 1 BY SpanId LIMIT ${sql.literal(String(limit))}`)
      return yield* decodeSpans(found)
    }),
    getSpan: Effect.fnUntraced(function* ({ spanId, traceId }) {
      const found = yield* rows<Row>(
        newestSpans(sql.literal(spanSelection), sql`TraceId = ${text(traceId)} AND SpanId = ${text(spanId)}`)
      )
      return Arr.head(yield* decodeSpans(found))
    }),
    getSession: (sessionId) =>
      Effect.map(summaries([sessionId], [], [], Option.none()), ([summary]) => Option.fromNullable(summary))
  }
}

const timeOf = (item: SpanRecord | LogRecord): bigint => ("startTime" in item ? item.startTime : item.timestamp)

const placeOf = ({ spanId, startTime, traceId }: SpanRecord): SpanPlace => ({
  start: String(startTime),
  traceId,
  spanId
})

type SpanIds = Pick<SpanRecord, "traceId" | "spanId">

const idsOf = ({ spanId, traceId }: SpanIds): string => traceId + spanId

type SummaryRow = Readonly<Record<Exclude<keyof SessionSummary, "users" | "toJSON">, string>> & {
  readonly users: ReadonlyArray<string>
  readonly [flag: `matches${number}`]: number | boolean
}

const decodeSummary = (row: SummaryRow): SessionSummary =>
  new SessionSummary(
    {
      sessionId: row.sessionId as SessionSummary["sessionId"],
      firstActivity: BigInt(row.firstActivity),
      lastActivity: BigInt(row.lastActivity),
      traces: Number(row.traces),
      spans: Number(row.spans),
      errors: Number(row.errors),
      logs: Number(row.logs),
      inputTokens: Number(row.inputTokens),
      outputTokens: Number(row.outputTokens),
      costUsd: Number(row.costUsd),
      users: Array.from(row.users).sort()
    },
    true
  )
