/**
 * Pages of records. Of the rows of a record, the one with the highest version is the record. So a query first finds, by
 * light columns, the rows that may answer, one page of them at a time, and then confirms them by the newest rows of the
 * same records, which it reads. No query compares the versions of a whole table.
 */
import type { Fragment } from "@effect/sql/Statement"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { keyOf as joinedIds } from "../../../../signal/Signal.js"
import { type RecordOf, type SignalName, signals } from "../../../../signal/signals.js"
import type { Key, Page, Query } from "../../../Engine.js"
import { recordKey, runningDuration } from "../../../internal/query.js"
import type { StorageError } from "../../../StorageError.js"
import type { OrderBy } from "../../../StorageService.js"
import { after, type KeyPart, ordered } from "../../../sql/keyset.js"
import { type Layout, layouts } from "../layouts.js"
import { type Decoded, decodeRows, type Row, selected, selectionOf } from "../record.js"
import { digits, flag, texts } from "../row.js"
import type { Store } from "../store.js"
import { near, type Place, where } from "../where.js"

/** A row that may answer, and its place in the order of the query. */
export interface Positioned extends Place {
  readonly position: string
}

/** The columns of it. */
export const positioned = { time: digits, ids: texts, position: digits }

export const keyOf = ({ ids, position }: Positioned): Key => [BigInt(position), ...ids]

/** The most places that are confirmed at once, where those before had few answers. */
export const fewPlaces = 500

/** Records of one signal that meet the conditions of a query, and others. */
export const select = <N extends SignalName>(
  store: Store,
  signal: N,
  query: Query,
  also: ReadonlyArray<Fragment> = []
): Effect.Effect<ReadonlyArray<RecordOf<N>>, StorageError> => {
  const layout = layouts[signal]
  const conditions = [...also, ...query.conditions.map((condition) => where(store, layout, condition))]
  const positionOf = (record: object) => recordKey(layout.signal)(record, query.order)[0]
  return pageThrough(
    query,
    (page) => places(store, layout, page, conditions),
    (found) =>
      Effect.map(newestAt(store, signal, found, conditions), (newest) =>
        found.flatMap((place) => {
          const row = newest.get(idsOf(place))
          // A record whose newer version has another position is dropped here; the page of that position shows it.
          return row?.matches && positionOf(row.record) === BigInt(place.position) ? [row.record] : []
        })
      )
  )
}

/**
 * Pages of places, confirmed, until there are as many answers as asked for. Several rows of one record may be in a page,
 * so that only a page that is not full tells that there are no more.
 */
export const pageThrough = Effect.fnUntraced(function* <A>(
  asked: Page,
  places: (page: Page) => Effect.Effect<ReadonlyArray<Positioned>, StorageError>,
  confirm: (places: ReadonlyArray<Positioned>) => Effect.Effect<ReadonlyArray<A>, StorageError>
) {
  const confirmed: Array<A> = []
  let page = asked
  while (true) {
    const found = yield* places(page)
    const last = found.at(-1)
    if (last === undefined) return confirmed
    const unique = new Map(found.map((place) => [keyOf(place).join(), place]))
    confirmed.push(...(yield* confirm(Array.from(unique.values()))))
    if (found.length < page.limit || confirmed.length >= asked.limit) return confirmed.slice(0, asked.limit)
    const limit = Math.max(asked.limit, Math.min(2 * page.limit, fewPlaces))
    page = { ...asked, limit, after: Option.some(keyOf(last)) }
  }
})

/**
 * The next page of rows in the order of a query, as many as its limit if there are. Rows of one record at one position are
 * next to each other: with `LIMIT BY`, ClickHouse would not stop reading at the limit.
 */
export const places = (store: Store, layout: Layout, page: Page, conditions: ReadonlyArray<Fragment>) => {
  const { all, count, name, rows, sql } = store
  const { key, signal, time } = layout
  const { column, value } = position(store, layout, page.order)
  const following = Option.toArray(page.after).flatMap((key) => beyond(store, layout, page.order, key))
  return rows(
    positioned,
    sql`
    SELECT toUnixTimestamp64Nano(${sql.literal(time)}) AS time, ${sql.literal(`[${key.join(", ")}]`)} AS ids,
      toString(${value}) AS position
    FROM ${sql.literal(name[signal.name])} WHERE ${all([...conditions, ...following])}
    ORDER BY ${column} ${sql.literal(ordered(page.order.direction, "", ...key))} LIMIT ${count(page.limit)}`
  )
}

/** The rows that follow a key: a condition that skips parts of a table, and one that is exact. */
const beyond = (store: Store, layout: Layout, order: OrderBy, [first, ...ids]: Key) => {
  const { sql, text } = store
  const { column, from } = position(store, layout, order)
  return after(sql, order.direction, [
    [column, from(first as bigint)],
    // A key may end early: then the page begins after all that begin like it.
    ...ids.map((id, i): KeyPart => [sql.literal(layout.key[i] as string), sql`${text(id as string)}`])
  ])
}

/** The first part of the order of rows: the column, a number for it, and a value of it. */
export const position = ({ duration, nanos, sql, wide }: Store, { time }: Layout, { direction, field }: OrderBy) => {
  if (field === "time") {
    const column = sql.literal(time)
    return { column: sql`${column}`, value: sql`toUnixTimestamp64Nano(${column})`, from: nanos }
  }
  const column = sql`ifNull(${duration}, ${wide(runningDuration(direction))})`
  return { column, value: column, from: (value: bigint) => sql`${wide(value)}` }
}

/** The record of some rows as its newest row has it, and whether that meets the conditions. */
export interface Newest<R> extends Decoded<R> {
  readonly matches: boolean
}

/** The records at places, by their ids. */
export const newestAt = Effect.fnUntraced(function* <N extends SignalName>(
  store: Store,
  signal: N,
  places: ReadonlyArray<Place>,
  conditions: ReadonlyArray<Fragment>
) {
  const { holds, name, rows, sql } = store
  const layout = layouts[signal]
  if (places.length === 0) return new Map<string, Newest<RecordOf<N>>>()
  const matches = conditions.length === 0 ? sql`` : sql`, ${holds(conditions)} AS matches`
  const found = yield* rows(
    { ...selected(layout.lacks), ...(conditions.length > 0 && { matches: flag }) },
    sql`
    SELECT ${sql.literal(selectionOf(layout.lacks))}${matches} FROM ${sql.literal(name[signal])}
    WHERE ${near(store, layout, places)}`
  )
  return yield* newestOf(signal, found)
})

/** The records of rows, by their ids. */
export const newestOf = Effect.fnUntraced(function* <N extends SignalName>(signal: N, rows: ReadonlyArray<Row>) {
  const newest = new Map<string, Newest<RecordOf<N>>>()
  for (const decoded of yield* decodeRows(signal, layouts[signal].lacks, rows)) {
    const ids = joinedIds(signals[signal], decoded.record)
    const known = newest.get(ids)
    if (known !== undefined && known.version >= decoded.version) continue
    newest.set(ids, { ...decoded, matches: Boolean(decoded.row["matches"] ?? true) })
  }
  return newest
})

/** The ids of a place, joined as those of a record are. */
export const idsOf = ({ ids }: Place): string => ids.join("")
