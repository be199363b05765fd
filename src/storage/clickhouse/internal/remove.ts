/**
 * Deleting records. All rows of a record go together, whichever is the newest.
 */
import type { Fragment } from "@effect/sql/Statement"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import { type SignalName, sessionSignals, signalNames } from "../../../signal/signals.js"
import type { Derived, Removal } from "../../Engine.js"
import { deletedOf } from "../../internal/derived.js"
import { type Layout, layouts } from "./layouts.js"
import type { Store } from "./store.js"
import { activeSignals } from "./tables.js"
import { at, type Place } from "./where.js"

/** The most records that are named in one statement. */
const keysAStatement = 5000

/** Deletes the records of a signal, and gives how many. */
export const remove = (store: Store) => (signal: SignalName, which: Removal) =>
  "before" in which
    ? removeBefore(store, layouts[signal], which.before)
    : removeOf(store, layouts[signal], which.sessionId, which.traceIds)

const removeBefore = Effect.fnUntraced(function* (store: Store, layout: Layout, time: bigint) {
  const { nanos, sql } = store
  const old = sql`${sql.literal(layout.time)} < ${nanos(time)}`
  const count = yield* countOf(store, layout, old)
  if (count === 0) return 0
  // A record whose time changed and is old now may have rows that are not, which must not come to light again.
  const changed = layout.isTimeFixed ? [] : yield* placesOf(store, layout, old)
  yield* removeAt(store, layout, changed)
  yield* removeWhere(store, layout, old)
  return layout.isTimeFixed ? count : changed.length
})

const removeOf = Effect.fnUntraced(function* (
  store: Store,
  layout: Layout,
  sessionId: string,
  traceIds: ReadonlyArray<string>
) {
  const { sql, text, texts } = store
  const inTraces = sql`TraceId IN ${texts(traceIds)}`
  const some =
    "sessionId" in layout.signal.fields
      ? sql`(SessionId = ${text(sessionId)} OR (SessionId = '' AND ${inTraces}))`
      : inTraces
  const records = yield* placesOf(store, layout, some)
  yield* removeAt(store, layout, records)
  return records.length
})

const removeAt = Effect.fnUntraced(function* (store: Store, layout: Layout, places: ReadonlyArray<Place>) {
  for (const some of Arr.chunksOf(places, keysAStatement)) yield* removeWhere(store, layout, at(store, layout, some))
})

const removeWhere = ({ name, run, sql }: Store, { signal }: Layout, condition: Fragment) =>
  run(sql`DELETE FROM ${sql.literal(name.local[signal.name] + name.onCluster)} WHERE ${condition}`)

const countOf = ({ name, rows, sql }: Store, { key, signal, time }: Layout, condition: Fragment) =>
  Effect.map(
    rows<{ readonly count: string }>(sql`
      SELECT count() AS count FROM (
        SELECT DISTINCT ${sql.literal([time, ...key].join(", "))} FROM ${sql.literal(name[signal.name])} WHERE ${condition})`),
    ([row]) => Number(row?.count ?? 0)
  )

/** The places of the records that meet a condition, which is asked of some row to find them, and of the newest. */
const placesOf = ({ name, rows, sql }: Store, { isTimeFixed, key, signal, time }: Layout, condition: Fragment) => {
  const table = sql.literal(name[signal.name])
  const [ids, place] = [sql.literal(key.join(", ")), sql.literal((isTimeFixed ? [time, ...key] : key).join(", "))]
  const columns = [time, ...key, "TraceId", ...("sessionId" in signal.fields ? ["SessionId"] : [])]
  return rows<Place & { readonly traceId: string | null }>(sql`
    SELECT toUnixTimestamp64Nano(${sql.literal(time)}) AS time, [${ids}] AS ids, TraceId AS traceId FROM (
      SELECT ${sql.literal(Arr.dedupe(columns).join(", "))} FROM ${table}
      WHERE (${place}) IN (SELECT ${place} FROM ${table} WHERE ${condition})
      ORDER BY Version DESC LIMIT 1 BY ${ids}
    ) WHERE ${condition}`)
}

export const make = (store: Store): Pick<Derived, "deleteBefore" | "deleteSession"> => {
  const { name, nanos, run, sql, text } = store
  const sessions = sql.literal(name.local.sessions + name.onCluster)
  /** Spans go last: they tell the traces, should a deletion be asked again. */
  const removed = (which: Removal) =>
    Effect.map(
      Effect.forEach(Arr.reverse(signalNames), (signal) =>
        Effect.map(remove(store)(signal, which), (count) => [signal, count] as const)
      ),
      deletedOf
    )
  return {
    deleteBefore: Effect.fnUntraced(function* (time) {
      const deleted = yield* removed({ before: time })
      const gone = activeSignals.map(
        (signal) => sql`SessionId NOT IN (SELECT SessionId FROM ${sql.literal(name.local[signal])})`
      )
      yield* run(sql`DELETE FROM ${sessions} WHERE ${sql.and([sql`FirstActivity < ${nanos(time)}`, ...gone])}`)
      return deleted
    }),
    deleteSession: Effect.fnUntraced(function* (sessionId) {
      const session = sql`SessionId = ${text(sessionId)}`
      const records = yield* Effect.forEach(sessionSignals, (signal) => placesOf(store, layouts[signal], session))
      const traceIds = Arr.dedupe(records.flat().flatMap(({ traceId }) => traceId ?? []))
      const deleted = yield* removed({ sessionId, traceIds })
      yield* run(sql`DELETE FROM ${sessions} WHERE ${session}`)
      return deleted
    })
  }
}
