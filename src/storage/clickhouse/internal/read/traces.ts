/**
 * Traces, each by its entry span; by its topmost span where none is stored.
 */
import type { Fragment } from "@effect/sql/Statement"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Record from "effect/Record"
import type { SpanRecord } from "../../../../signal/SpanRecord.js"
import type { Condition, Derived, Key, Page, TraceQuery } from "../../../Engine.js"
import { spanKey } from "../../../internal/query.js"
import { compareKeys, entrySpan, select } from "../../../internal/select.js"
import type { StorageError } from "../../../StorageError.js"
import { layouts } from "../layouts.js"
import { selected, selectionOf } from "../record.js"
import { blank, digits, flag, text } from "../row.js"
import type { Store } from "../store.js"
import { near, type Place, where } from "../where.js"
import {
  fewPlaces,
  idsOf,
  keyOf,
  type Newest,
  newestAt,
  newestOf,
  type Positioned,
  places,
  position,
  positioned
} from "./pages.js"

/** The most traces of a session of which the entry spans are read at once. */
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
 * there are many, where another span may show it, or where a trace is none of those that `entriesOf` finds.
 */
const byEntries = Effect.fnUntraced(function* (store: Store, asked: TraceQuery) {
  const session = asked.ofSome.find((condition) => fieldOf(condition) === "sessionId")
  const others = asked.ofSome.filter((condition) => condition !== session)
  if (session?.op !== "equals" || asked.withoutError || others.some(isOfOtherSpans)) return Option.none()
  const { count, sql } = store
  const few = Math.min(2 * asked.limit, fewEntries)
  const traces = intersected(sql, tracesOf(store, asked.ofSome.filter(isIndexed)))
  const among = yield* idsOfTraces(
    store,
    sql`SELECT TraceId AS id FROM (${traces}) LIMIT 1 BY TraceId LIMIT ${count(few + 1)}`
  )
  if (among.length > few) return Option.none()
  const { entries, traces: unknown } = yield* entriesOf(store, among, { matches: asked.ofEntry, shown: others })
  const isShown = ({ record, row }: Newest<SpanRecord>) =>
    record.sessionId === session.value && Boolean(row["shown"] ?? true)
  if (unknown.length > 0 || !entries.every(isShown)) return Option.none()
  const matching = entries.filter(({ matches }) => matches).map(({ record }) => record)
  return Option.some(select(matching, spanKey, asked))
})

/**
 * The entry spans that are shown for traces, with conditions on them as columns, as rows of entry spans tell it without
 * the others; and the traces of which they do not: they have none, very many, or one with a remote parent of which a newer
 * row is none.
 */
const entriesOf = Effect.fnUntraced(function* (
  store: Store,
  traces: ReadonlyArray<string>,
  conditions: { readonly [column: string]: ReadonlyArray<Condition> }
) {
  const { all, count, holds, name, rows, sql, texts } = store
  // With a lower limit, the engine would read by blocks of as few rows.
  const most = Math.max(4 * traces.length, fewEntries)
  const given = Record.filter(conditions, (asked) => asked.length > 0)
  const flags = Record.map(given, () => flag)
  const columns = Object.entries(given).reduce(
    (columns: Fragment, [column, asked]) =>
      sql`${columns}, ${holds(conditionsOf(store, asked))} AS ${sql.literal(column)}`,
    sql``
  )
  const found =
    traces.length === 0
      ? []
      : yield* rows(
          { ...selected(layout.lacks), ...flags },
          sql`
          SELECT ${sql.literal(selectionOf(layout.lacks))}${columns} FROM ${sql.literal(name.spans)}
          PREWHERE ${all([sql`TraceId IN ${texts(traces)}`, sql`IsEntry`])} LIMIT ${count(most + 1)}`
        )
  if (found.length > most) return { entries: [], traces }
  const newest = yield* newestOf("spans", found)
  const ofTraces = Arr.groupBy(Array.from(newest.values()), ({ record }) => record.traceId)
  const entries = Object.values(ofTraces).flatMap((entries) => {
    const span = entrySpan(entries.map(({ record }) => record))
    return span === undefined ? [] : entries.filter(({ record }) => record === span)
  })
  const remote = entries.filter(({ record }) => record.parentSpanId !== undefined).map(({ record }) => placeOf(record))
  const locals =
    remote.length === 0
      ? []
      : yield* rows(
          { id: text },
          sql`
          SELECT DISTINCT TraceId AS id FROM ${sql.literal(name.spans)}
          WHERE ${near(store, layout, remote)} AND NOT IsEntry`
        )
  const unknown = new Set(locals.map(({ id }) => id))
  const known = entries.filter(({ record }) => !unknown.has(record.traceId))
  const told = new Set(known.map(({ record }) => record.traceId))
  return { entries: known, traces: traces.filter((id) => !told.has(id)) }
})

/** The traces of which some rows meet what is asked, unless they are many. */
const byTraces = Effect.fnUntraced(function* (store: Store, asked: TraceQuery) {
  const { count, sql } = store
  if (asked.ofSome.length === 0) return Option.none()
  const quick = asked.ofSome.filter(isIndexed)
  const found = tracesOf(store, quick.length > 0 ? quick : asked.ofSome)
  const entries = yield* shownIn(
    store,
    asked,
    sql`(SELECT TraceId FROM (${intersected(sql, found)}) LIMIT 1 BY TraceId LIMIT ${count(fewTraces + 1)})`
  )
  if (entries.length > fewTraces) return Option.none()
  const matching = entries.filter(({ matches }) => matches)
  return Option.some(yield* payload(store, asked, select(matching, keyOf, asked)))
})

/** Pages of entry spans, and of the traces that have none, confirmed by the whole of their traces where it is needed. */
const byPages = Effect.fnUntraced(function* (store: Store, asked: TraceQuery) {
  const { sql } = store
  const sign = asked.order.direction === "asc" ? 1 : -1
  const conditions = conditionsOf(store, asked.ofEntry)
  const some = tracesOf(store, asked.ofSome).map((traces) => sql`TraceId IN (${traces})`)
  const entriesTell = asked.ofSome.length === 0 && !asked.withoutError
  const shown: Array<SpanRecord> = []
  let page: Page = asked
  while (true) {
    const found = yield* places(store, layout, page, [sql`IsEntry`, ...conditions, ...some])
    const last = found.length < page.limit ? undefined : found.at(-1)
    const traces = Array.from(new Set(found.map(({ ids: [traceId] }) => traceId as string)))
    const [known, rootless] = yield* Effect.all(
      [
        entriesTell ? entriesOf(store, traces, { matches: asked.ofEntry }) : Effect.succeed({ entries: [], traces }),
        perhapsRootless(store, page, { last: last && keyOf(last), conditions, traces })
      ],
      { concurrency: 2 }
    )
    const { last: until } = rootless
    const isOnPage = (key: Key) => {
      const begins = Option.isNone(page.after) || sign * compareKeys(key, page.after.value) > 0
      return begins && (until === undefined || sign * compareKeys(key, until) <= 0)
    }
    const entries = known.entries.filter(({ matches }) => matches).map(({ record }) => record)
    const others = yield* shownPlaces(store, asked, [...known.traces, ...rootless.traces])
    const matching = others.filter((place) => place.matches && isOnPage(keyOf(place)))
    const records = [
      ...entries.filter((span) => isOnPage(spanKey(span, asked.order))),
      ...(yield* payload(store, asked, select(matching, keyOf, { ...asked, after: Option.none() })))
    ]
    shown.push(...select(records, spanKey, { ...asked, after: Option.none() }))
    if (until === undefined || shown.length >= asked.limit) return shown.slice(0, asked.limit)
    page = { ...asked, limit: Math.max(asked.limit, Math.min(2 * page.limit, fewPlaces)), after: Option.some(until) }
  }
})

interface Window {
  /** Where the page ends; without, it has all that follows. */
  readonly last: Key | undefined
  readonly conditions: ReadonlyArray<Fragment>
  /** Traces that need not be found. */
  readonly traces: ReadonlyArray<string>
}

/**
 * The traces that may be shown by a span on a page and have no row that is sure to be of an entry span, and where the page
 * then ends: it is cut where they are many. By time, the rows of the page alone are looked at, so that traces are among
 * them that began before. An entry span without a parent is sure, and one that is earlier than all rows of other spans.
 */
const perhapsRootless = Effect.fnUntraced(function* (
  store: Store,
  page: Page,
  { conditions, last, traces }: Window
): Effect.fn.Return<{ readonly traces: ReadonlyArray<string>; readonly last: Key | undefined }, StorageError> {
  const { all, count, holds, name, rows, sql, texts } = store
  const spans = sql.literal(name.spans)
  const { column, from, value } = position(store, layout, page.order)
  const [first, end] = page.order.direction === "asc" ? [">=", "<="] : ["<=", ">="]
  const within = (last: Key | undefined) => [
    ...Option.toArray(page.after).map(([key]) => sql`${column} ${sql.literal(first)} ${from(key as bigint)}`),
    ...(last === undefined ? [] : [sql`${column} ${sql.literal(end)} ${from(last[0] as bigint)}`])
  ]
  const isByTime = page.order.field === "time"
  const others = traces.length === 0 ? [] : [sql`TraceId NOT IN ${texts(traces)}`]
  const mayBeShown = (last: Key | undefined) => [sql`NOT IsEntry`, ...within(last), ...conditions]
  const find = (looked: ReadonlyArray<Fragment>, also: Fragment) =>
    idsOfTraces(
      store,
      sql`
        SELECT TraceId AS id FROM ${spans} WHERE ${all([...looked, ...others])} GROUP BY TraceId
        HAVING NOT (max(IsEntry AND NOT ifNull(ParentIsRemote, false)) OR min(IsEntry)
          OR max(IsEntry) AND minIf(StartTime, IsEntry) < minIf(StartTime, NOT IsEntry)) ${also}`
    )
  const looked = isByTime ? within(last) : []
  const few = sql`LIMIT ${count(fewTraces + 1)}`
  if (conditions.length > 0) {
    const some = yield* idsOfTraces(
      store,
      sql`
        SELECT TraceId AS id FROM ${spans} WHERE ${all([...mayBeShown(last), ...others])}
        LIMIT 1 BY TraceId ${few}`
    )
    if (some.length === 0) return { traces: [], last }
    if (some.length <= fewTraces) return { traces: yield* find([sql`TraceId IN ${texts(some)}`], sql``), last }
  }
  const found = yield* find(looked, few)
  if (found.length <= fewTraces) return { traces: found, last }
  const [cut] = yield* rows(
    { position: digits },
    sql`
    SELECT toString(${value}) AS position FROM ${spans} WHERE ${all(mayBeShown(last))}
    ORDER BY ${column} ${sql.literal(page.order.direction)} LIMIT 1 OFFSET ${count(fewTraces - 1)}`
  )
  const until: Key | undefined = cut === undefined ? last : [BigInt(cut.position)]
  const cutTraces = yield* find(isByTime ? within(until) : [], sql`AND max(${holds(mayBeShown(until))})`)
  return { traces: cutTraces, last: until }
})

const idsOfTraces = ({ rows }: Store, traces: Fragment) =>
  Effect.map(rows({ id: text }, traces), (found) => found.map(({ id }) => id))

/** A span that is shown for a trace; not known where none of the spans looked at may be. */
interface Shown extends Positioned {
  readonly matches: boolean | 0 | 1
  readonly isKnown: boolean | 0 | 1
}

/** The spans that are shown for traces, and whether each trace matches. */
const shownPlaces = (store: Store, asked: TraceQuery, traces: ReadonlyArray<string>) =>
  traces.length === 0 ? Effect.succeed([]) : shownIn(store, asked, store.sql`${store.texts(traces)}`)

const shownIn = Effect.fnUntraced(function* (store: Store, asked: TraceQuery, traces: Fragment) {
  const { sql } = store
  const found = yield* earliestPlaces(store, asked, traces, [sql`IsEntry`, sql`ParentSpanId != ''`])
  const [without, withEntry] = Arr.partition(found, ({ isKnown }) => Boolean(isKnown))
  const topmost = yield* topmostPlaces(
    store,
    asked,
    without.map(({ ids: [traceId] }) => traceId as string)
  )
  return [...withEntry, ...topmost]
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
  return rows(
    { ...positioned, position: blank(digits), matches: flag, isKnown: flag },
    sql`
    SELECT span.1 AS time, [TraceId, span.2] AS ids, span.3 AS position, span.4 AND meets AS matches, isKnown FROM (
      SELECT TraceId, argMinIf((toUnixTimestamp64Nano(StartTime), SpanId, position, matches),
        (isBelow, StartTime, SpanId), mayBeShown) AS span, max(mayBeShown) AS isKnown, ${all(ofTrace)} AS meets
      FROM (
        SELECT TraceId, SpanId, StartTime, ${mayBeShown} AS mayBeShown, ${isBelow} AS isBelow,
          toString(${position(store, layout, asked.order).value}) AS position,
          ${holds(conditionsOf(store, asked.ofEntry))} AS matches, Status = 'error' AS failed${flags}
        FROM ${sql.literal(name.spans)} WHERE TraceId IN ${traces} ORDER BY Version DESC LIMIT 1 BY TraceId, SpanId
      ) GROUP BY TraceId)`
  )
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
