/**
 * Traces, each by its entry span.
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
import { entrySpan, select } from "../../../internal/select.js"
import type { StorageError } from "../../../StorageError.js"
import { layouts } from "../layouts.js"
import { type Row, selectionOf } from "../record.js"
import type { Store } from "../store.js"
import { near, type Place, where } from "../where.js"
import { idsOf, keyOf, newestAt, newestOf, type Positioned, pageThrough, places, position } from "./pages.js"

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
 * The traces of a session, in one statement, where their entry spans show by themselves that they are. Not known where
 * there are many, where another span may show it, or where a newer row of an entry span may be none.
 */
const byEntries = Effect.fnUntraced(function* (store: Store, asked: TraceQuery) {
  const session = asked.ofSome.find((condition) => fieldOf(condition) === "sessionId")
  const others = asked.ofSome.filter((condition) => condition !== session)
  if (session?.op !== "equals" || asked.withoutError || others.some(isOfOtherSpans)) return Option.none()
  const { all, count, holds, name, rows, sql } = store
  const spans = sql.literal(name.spans)
  const few = Math.min(2 * asked.limit, fewEntries)
  const traces = tracesOf(store, asked.ofSome.filter(isIndexed))
  const found = yield* rows<Row>(sql`
    SELECT ${sql.literal(selectionOf(layout.lacks))}, ${holds(conditionsOf(store, others))} AS shown,
      ${holds(conditionsOf(store, asked.ofEntry))} AS matches
    FROM ${spans} PREWHERE ${all([...traces.map(inTraces(sql)), sql`IsEntry`])} LIMIT ${count(few + 1)}`)
  if (found.length > few) return Option.none()
  const newest = yield* newestOf("spans", found)
  const candidates = Array.from(newest.values(), ({ record }) => record)
  const entries = Object.values(Arr.groupBy(candidates, (span) => span.traceId)).flatMap(
    (trace) => entrySpan(trace) ?? []
  )
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
  const entries = yield* entryPlaces(
    store,
    asked,
    sql`(SELECT TraceId FROM (${found.reduce((left, right) => sql`${left} INTERSECT ${right}`)})
      LIMIT 1 BY TraceId LIMIT ${count(fewTraces + 1)})`
  )
  if (entries.length > fewTraces) return Option.none()
  const matching = entries.filter(({ matches }) => matches)
  return Option.some(yield* payload(store, asked, select(matching, keyOf, asked)))
})

/** Pages of entry spans, confirmed by the whole of their traces. */
const byPages = (store: Store, asked: TraceQuery) => {
  const { sql, texts } = store
  const conditions = [
    sql`IsEntry`,
    ...conditionsOf(store, asked.ofEntry),
    ...tracesOf(store, asked.ofSome).map(inTraces(sql))
  ]
  return pageThrough<SpanRecord>(
    asked,
    (page) => places(store, layout, page, conditions),
    Effect.fnUntraced(function* (found) {
      const keys = new Set(found.map((place) => keyOf(place).join()))
      const traces = new Set(found.map(({ ids: [traceId] }) => traceId as string))
      const entries = yield* entryPlaces(store, asked, sql`${texts(Array.from(traces))}`)
      return yield* payload(
        store,
        asked,
        entries.filter((place) => place.matches && keys.has(keyOf(place).join()))
      )
    })
  )
}

/** The entry spans of traces, and whether each trace matches. */
const entryPlaces = (
  store: Store,
  asked: TraceQuery,
  traces: Fragment
): Effect.Effect<ReadonlyArray<Positioned & { readonly matches: boolean | 0 | 1 }>, StorageError> => {
  const { all, holds, name, rows, sql } = store
  const some = conditionsOf(store, asked.ofSome)
  const flags = some.reduce(
    (columns: Fragment, condition, i) => sql`${columns}, ${holds([condition])} AS ${sql.literal(`some${i}`)}`,
    sql``
  )
  const ofTrace = [
    sql`countIf(isEntry) > 0`,
    ...some.map((_, i) => sql.literal(`max(some${i}) = 1`)),
    ...(asked.withoutError ? [sql`max(failed) = 0`] : [])
  ]
  return rows(sql`
    SELECT entry.1 AS time, [TraceId, entry.2] AS ids, entry.3 AS position, entry.4 AND meets AS matches FROM (
      SELECT TraceId, argMinIf((toUnixTimestamp64Nano(StartTime), SpanId, position, matches),
        (hasParent, StartTime, SpanId), isEntry) AS entry, ${all(ofTrace)} AS meets
      FROM (
        SELECT TraceId, SpanId, StartTime, IsEntry AS isEntry, ParentSpanId != '' AS hasParent,
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
