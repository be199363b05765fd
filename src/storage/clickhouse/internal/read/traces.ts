/**
 * Traces, each by its entry span; by its topmost span where none is stored.
 */
import type { Fragment } from "@effect/sql/Statement"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { keyOf as joinedIds } from "../../../../signal/Signal.js"
import type { SpanRecord } from "../../../../signal/SpanRecord.js"
import { signals } from "../../../../signal/signals.js"
import type { Condition, Derived, Page, TraceQuery } from "../../../Engine.js"
import { spanKey } from "../../../internal/query.js"
import { compareKeys, entrySpan, select } from "../../../internal/select.js"
import type { StorageError } from "../../../StorageError.js"
import { layouts } from "../layouts.js"
import { type Row, selectionOf } from "../record.js"
import type { Store } from "../store.js"
import { near, type Place, where } from "../where.js"
import { fewPlaces, idsOf, keyOf, newestAt, newestOf, type Positioned, places, position, upTo } from "./pages.js"

/** The most rows of entry spans that are read with their payload before it is known which of them are shown. */
const fewEntries = 200

/** The most traces that are confirmed at once. */
const fewTraces = 1000

const layout = layouts.spans

/** Fields with an index: to look at all their traces costs less than to look for the rest of what is asked for. */
const indexed: ReadonlySet<string> = new Set(["sessionId", "traceId"])

export const listTraces = (store: Store): Derived["listTraces"] =>
  Effect.fnUntraced(function* (asked) {
    const shown = yield* byEntries(store, asked)
    if (Option.isSome(shown)) return shown.value
    const found = yield* byTraces(store, asked)
    return Option.isSome(found) ? found.value : yield* byPages(store, asked)
  })

/**
 * The traces of a session, in two statements, where their entry spans show by themselves that they are. Not known where
 * there are many, where another span may show it, where a newer row of an entry span may be none, or where a trace has no
 * entry span.
 */
const byEntries = Effect.fnUntraced(function* (store: Store, asked: TraceQuery) {
  const session = asked.ofSome.find((condition) => fieldOf(condition) === "sessionId")
  const others = asked.ofSome.filter((condition) => condition !== session)
  if (session?.op !== "equals" || asked.withoutError || others.some(isOfOtherSpans)) return Option.none()
  const { all, count, holds, name, rows, sql, texts } = store
  const spans = sql.literal(name.spans)
  const few = Math.min(2 * asked.limit, fewEntries)
  const traces = intersected(sql, tracesOf(store, asked.ofSome.filter(isIndexed)))
  const among = yield* rows<{ readonly id: string }>(
    sql`SELECT TraceId AS id FROM (${traces}) LIMIT 1 BY TraceId LIMIT ${count(few + 1)}`
  )
  if (among.length > few) return Option.none()
  if (among.length === 0) return Option.some([])
  const found = yield* rows<Row>(sql`
    SELECT ${sql.literal(selectionOf(layout.lacks))}, ${holds(conditionsOf(store, others))} AS shown,
      ${holds(conditionsOf(store, asked.ofEntry))} AS matches
    FROM ${spans} PREWHERE ${all([sql`TraceId IN ${texts(among.map(({ id }) => id))}`, sql`IsEntry`])}
    LIMIT ${count(few + 1)}`)
  if (found.length > few) return Option.none()
  const newest = yield* newestOf("spans", found)
  const candidates = Array.from(newest.values(), ({ record }) => record)
  const entries = Object.values(Arr.groupBy(candidates, (span) => span.traceId)).flatMap(
    (trace) => entrySpan(trace) ?? []
  )
  if (entries.length < among.length) return Option.none()
  // A span that has no parent never gets one.
  const withParents = entries.filter((span) => span.parentSpanId !== undefined)
  if (withParents.length > 0) {
    const locals = yield* rows(
      sql`SELECT 1 FROM ${spans} WHERE ${near(store, layout, withParents.map(placeOf))} AND NOT IsEntry LIMIT 1`
    )
    if (locals.length > 0) return Option.none()
  }
  const rowOf = (span: SpanRecord) => newest.get(joinedIds(signals.spans, span))
  if (!entries.every((span) => span.sessionId === session.value && rowOf(span)?.row["shown"])) return Option.none()
  const matching = entries.filter((span) => rowOf(span)?.matches)
  return Option.some(select(matching, spanKey, asked))
})

/** The traces of which some rows meet what is asked, unless they are many. */
const byTraces = Effect.fnUntraced(function* (store: Store, asked: TraceQuery) {
  const { count, sql } = store
  if (asked.ofSome.length === 0) return Option.none()
  const quick = asked.ofSome.filter(isIndexed)
  const found = tracesOf(store, quick.length > 0 ? quick : asked.ofSome)
  const entries = yield* shownPlaces(
    store,
    asked,
    sql`(SELECT TraceId FROM (${intersected(sql, found)}) LIMIT 1 BY TraceId LIMIT ${count(fewTraces + 1)})`
  )
  if (entries.length > fewTraces) return Option.none()
  const matching = entries.filter(({ matches }) => matches)
  return Option.some(yield* payload(store, asked, select(matching, keyOf, asked)))
})

/** Pages of entry spans, and of the traces that have none, confirmed by the whole of their traces. */
const byPages = Effect.fnUntraced(function* (store: Store, asked: TraceQuery) {
  const { sql, texts } = store
  const sign = asked.order.direction === "asc" ? 1 : -1
  const some = tracesOf(store, asked.ofSome).map(inTraces(sql))
  const matching = [...conditionsOf(store, asked.ofEntry), ...some]
  const shown: Array<SpanRecord> = []
  let page: Page = asked
  let leftOut: ReadonlyArray<Fragment> = []
  while (true) {
    const entries = yield* places(store, layout, page, [sql`IsEntry`, ...matching])
    const last = entries.length < page.limit ? undefined : entries.at(-1)
    const traces = Array.from(new Set(entries.map(({ ids: [traceId] }) => traceId as string)))
    const looked = { ...page, limit: looksATrace * asked.limit, last, matching: [...leftOut, ...matching], traces }
    const [ofEntries, below] = yield* Effect.all(
      [
        traces.length === 0 ? Effect.succeed([]) : shownPlaces(store, asked, sql`${texts(traces)}`),
        rootless(store, looked)
      ],
      { concurrency: 2 }
    )
    const ofOthers = yield* topmostPlaces(store, asked, below.traces)
    const until = below.reached ?? (last && keyOf(last))
    const isOnPage = (place: Positioned) => {
      const key = keyOf(place)
      const begins = Option.isNone(page.after) || sign * compareKeys(key, page.after.value) > 0
      return begins && (until === undefined || sign * compareKeys(key, until) <= 0)
    }
    const found = [...ofEntries, ...ofOthers].filter((place) => place.matches && isOnPage(place))
    shown.push(...(yield* payload(store, asked, select(found, keyOf, { ...asked, after: Option.none() }))))
    if (until === undefined || shown.length >= asked.limit) return shown.slice(0, asked.limit)
    page = { ...asked, limit: Math.max(asked.limit, Math.min(2 * page.limit, fewPlaces)), after: Option.some(until) }
    // Where many spans meet what no entry span does, all traces with an entry span are left out at once.
    if (below.reached !== undefined && below.traces.length === 0) leftOut = [sql`NOT ${inTraces(sql)(rooted(store))}`]
  }
})

/** For each trace of a page, how many spans below entry spans are looked at, for traces that have no entry span. */
const looksATrace = 10

/** The traces with an entry span. One without a parent never gets one; of the others the newest rows tell. */
const rooted = ({ name, sql }: Store): Fragment => {
  const spans = sql.literal(name.spans)
  return sql`
    SELECT TraceId FROM ${spans} WHERE IsEntry AND ParentSpanId = ''
    UNION ALL
    SELECT TraceId FROM (
      SELECT TraceId, IsEntry FROM ${spans}
      WHERE StartTime IN (SELECT StartTime FROM ${spans} WHERE IsEntry AND ParentSpanId != '')
      ORDER BY Version DESC LIMIT 1 BY TraceId, SpanId
    ) WHERE IsEntry`
}

interface Window extends Page {
  readonly last: Positioned | undefined
  readonly matching: ReadonlyArray<Fragment>
  readonly traces: ReadonlyArray<string>
}

/**
 * Traces without an entry span that may be shown by a span on a page, which ends with the last of its entry spans. The
 * spans of the page that are of other traces are looked at, as many as its limit; where there are more, the page ends with
 * what was `reached`. Most are of traces that began before.
 */
const rootless = Effect.fnUntraced(function* (store: Store, { last, matching, traces, ...page }: Window) {
  const { name, rows, sql, texts } = store
  const looked = yield* places(store, layout, page, [
    sql`NOT IsEntry`,
    ...(last === undefined ? [] : upTo(store, layout, page.order, keyOf(last))),
    ...(traces.length === 0 ? [] : [sql`TraceId NOT IN ${texts(traces)}`]),
    ...matching
  ])
  const end = looked.length < page.limit ? undefined : looked.at(-1)
  const reached = end && keyOf(end)
  if (looked.length === 0) return { traces: [], reached }
  const among = Array.from(new Set(looked.map(({ ids: [traceId] }) => traceId as string)))
  const found = yield* rows<{ readonly id: string }>(sql`
    SELECT TraceId AS id FROM (
      SELECT TraceId, IsEntry FROM ${sql.literal(name.spans)} WHERE TraceId IN ${texts(among)}
      ORDER BY Version DESC LIMIT 1 BY TraceId, SpanId
    ) GROUP BY TraceId HAVING NOT max(IsEntry)`)
  return { traces: found.map(({ id }) => id), reached }
})

/** A span that is shown for a trace; not known where none of the spans looked at may be. */
interface Shown extends Positioned {
  readonly matches: boolean | 0 | 1
  readonly isKnown: boolean | 0 | 1
}

/** The spans that are shown for traces, and whether each trace matches. */
const shownPlaces = Effect.fnUntraced(function* (store: Store, asked: TraceQuery, traces: Fragment) {
  const { sql } = store
  const found = yield* earliestPlaces(store, asked, traces, [sql`IsEntry`, sql`ParentSpanId != ''`])
  const [without, withEntry] = Arr.partition(found, ({ isKnown }) => Boolean(isKnown))
  return [
    ...withEntry,
    ...(yield* topmostPlaces(
      store,
      asked,
      without.map(({ ids: [traceId] }) => traceId as string)
    ))
  ]
})

/** The same for traces without an entry span: the earliest of the spans whose parent is not stored, else of all. */
const topmostPlaces = (store: Store, asked: TraceQuery, traces: ReadonlyArray<string>) => {
  if (traces.length === 0) return Effect.succeed([])
  const { name, sql, texts } = store
  const among = sql`${texts(traces)}`
  const stored = sql`SELECT TraceId, SpanId FROM ${sql.literal(name.spans)} WHERE TraceId IN ${among}`
  return earliestPlaces(store, asked, among, [sql`true`, sql`(TraceId, ParentSpanId) IN (${stored})`])
}

/** For each trace, the earliest of its spans that may be shown, those that are not below another one first. */
const earliestPlaces = (
  store: Store,
  asked: TraceQuery,
  traces: Fragment,
  [mayBeShown, isBelow]: readonly [Fragment, Fragment]
): Effect.Effect<ReadonlyArray<Shown>, StorageError> => {
  const { all, holds, name, rows, sql } = store
  const some = conditionsOf(store, asked.ofSome)
  const flags = some.reduce(
    (columns: Fragment, condition, i) => sql`${columns}, ${holds([condition])} AS ${sql.literal(`some${i}`)}`,
    sql``
  )
  const ofTrace = [
    ...some.map((_, i) => sql.literal(`max(some${i}) = 1`)),
    ...(asked.withoutError ? [sql`max(failed) = 0`] : [])
  ]
  return rows(sql`
    SELECT span.1 AS time, [TraceId, span.2] AS ids, span.3 AS position, span.4 AND meets AS matches, isKnown FROM (
      SELECT TraceId, argMinIf((toUnixTimestamp64Nano(StartTime), SpanId, position, matches),
        (isBelow, StartTime, SpanId), mayBeShown) AS span, max(mayBeShown) AS isKnown, ${all(ofTrace)} AS meets
      FROM (
        SELECT TraceId, SpanId, StartTime, ${mayBeShown} AS mayBeShown, ${isBelow} AS isBelow,
          toString(${position(store, layout, asked.order).value}) AS position,
          ${holds(conditionsOf(store, asked.ofEntry))} AS matches, Status = 'error' AS failed${flags}
        FROM ${sql.literal(name.spans)} WHERE TraceId IN ${traces} ORDER BY Version DESC LIMIT 1 BY TraceId, SpanId
      ) GROUP BY TraceId)`)
}

/** The spans at places, in the order of a query. */
const payload = (store: Store, asked: Page, found: ReadonlyArray<Place>) =>
  Effect.map(newestAt(store, "spans", found, []), (newest) => {
    const spans = found.flatMap((place) => newest.get(idsOf(place))?.record ?? [])
    return select(spans, spanKey, { ...asked, after: Option.none() })
  })

const conditionsOf = (store: Store, conditions: ReadonlyArray<Condition>) =>
  conditions.map((condition) => where(store, layout, condition))

/** For each condition the traces of which some row meets it. */
const tracesOf = (store: Store, conditions: ReadonlyArray<Condition>): ReadonlyArray<Fragment> => {
  const { name, sql } = store
  return conditionsOf(store, conditions).map(
    (condition) => sql`SELECT TraceId FROM ${sql.literal(name.spans)} PREWHERE ${condition}`
  )
}

/** The traces that are in each of some selections. */
const intersected = (sql: Store["sql"], [first = sql``, ...others]: ReadonlyArray<Fragment>): Fragment =>
  others.reduce((left, right) => sql`${left} INTERSECT ${right}`, first)

const inTraces = (sql: Store["sql"]) => (traces: Fragment) => sql`TraceId IN (${traces})`

/** The field that must have a value, if that is what a condition asks. */
const fieldOf = (condition: Condition): string => (condition.op === "equals" ? condition.fields[0] : "")

const isIndexed = (condition: Condition): boolean => indexed.has(fieldOf(condition))

/** Whether a condition is one that an entry span seldom meets, but a span below it: of a model, a tool, a failure. */
const isOfOtherSpans = (condition: Condition): boolean =>
  layout.signal.fields[fieldOf(condition)]?.asked?.sessions === "span"

const placeOf = ({ spanId, startTime, traceId }: SpanRecord): Place => ({
  time: String(startTime),
  ids: [traceId, spanId]
})
