/**
 * Deleting records. All rows of a record go together, whichever is the newest.
 */
import { Buffer } from "node:buffer"
import type { Fragment } from "@effect/sql/Statement"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import { type SignalName, sessionSignals, signalNames } from "../../../signal/signals.js"
import type { Engine, Removal } from "../../Engine.js"
import { deletedOf } from "../../internal/derived.js"
import { storageError } from "../../internal/errors.js"
import type { StorageError } from "../../StorageError.js"
import { one } from "./connection.js"
import { type Layout, layouts } from "./layouts.js"
import type { Messages } from "./messages.js"
import { texts as areTexts, digits, text as isText, nullable } from "./row.js"
import type { Store } from "./store.js"
import { activeSignals } from "./tables.js"
import { at, type Place } from "./where.js"

/** The most bytes of values in one statement, which a server takes up to 256 KiB of if nobody has told it otherwise. */
const bytesAStatement = 192 * 2 ** 10

/** A record to delete, and the trace that it is in. */
interface Found extends Place {
  readonly traceId: string | null
}

/** Deletes the records of a signal, and gives how many. */
const remove =
  (store: Store) =>
  (signal: SignalName, which: Removal): Effect.Effect<number, StorageError> => {
    const layout = layouts[signal]
    if ("before" in which) return removeBefore(store, layout, which.before)
    return Effect.gen(function* () {
      const places = [
        ...(yield* withoutSession(store, layout, which.traceIds)),
        ...(yield* ofSession(store, layout, which.sessionId))
      ]
      yield* removeAt(store, layout, places)
      return places.length
    })
  }

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

/** The records that belong to a session. */
const ofSession = (store: Store, layout: Layout, sessionId: string) =>
  "sessionId" in layout.signal.fields
    ? placesOf(store, layout, store.sql`SessionId = ${store.text(sessionId)}`)
    : Effect.succeed([])

/** The records in traces that belong to no session. */
const withoutSession = (store: Store, layout: Layout, traceIds: ReadonlyArray<string>) => {
  const { sql, texts } = store
  const ofNone = "sessionId" in layout.signal.fields ? sql`SessionId = '' AND ` : sql``
  // The condition is in a statement twice.
  const parts = chunksOfBytes(traceIds, (id) => 2 * id.length)
  return Effect.map(
    Effect.forEach(parts, (ids) => placesOf(store, layout, sql`(${ofNone}TraceId IN ${texts(ids)})`)),
    (found) => found.flat()
  )
}

const removeAt = Effect.fnUntraced(function* (store: Store, layout: Layout, places: ReadonlyArray<Place>) {
  const parts = chunksOfBytes(places, ({ ids, time }) => time.length + Buffer.byteLength(ids.join("")))
  for (const some of parts) yield* removeWhere(store, layout, at(store, layout, some))
})

/** Values in as few parts as statements have room for; each takes some bytes more than it has itself. */
const chunksOfBytes = <A>(values: ReadonlyArray<A>, bytesOf: (value: A) => number): ReadonlyArray<ReadonlyArray<A>> => {
  const chunks: Array<Array<A>> = []
  let bytes = Number.POSITIVE_INFINITY
  for (const value of values) {
    bytes += bytesOf(value) + 20
    if (bytes > bytesAStatement) {
      chunks.push([])
      bytes = bytesOf(value) + 20
    }
    chunks.at(-1)?.push(value)
  }
  return chunks
}

const removeWhere = ({ name, run, sql }: Store, { signal }: Layout, condition: Fragment) =>
  run(sql`DELETE FROM ${sql.literal(name.local[signal.name] + name.onCluster)} WHERE ${condition}`)

const countOf = ({ name, rows, sql }: Store, { key, signal, time }: Layout, condition: Fragment) =>
  rows(
    { count: digits },
    sql`
      SELECT count() AS count FROM (
        SELECT DISTINCT ${sql.literal([time, ...key].join(", "))} FROM ${sql.literal(name[signal.name])} WHERE ${condition})`
  ).pipe(
    Effect.flatMap(one),
    Effect.map(({ count }) => Number(count))
  )

/** The places of the records that meet a condition, which is asked of some row to find them, and of the newest. */
const placesOf = (
  { name, rows, sql }: Store,
  { isTimeFixed, key, signal, time }: Layout,
  condition: Fragment
): Effect.Effect<ReadonlyArray<Found>, StorageError> => {
  const table = sql.literal(name[signal.name])
  const [ids, place] = [sql.literal(key.join(", ")), sql.literal((isTimeFixed ? [time, ...key] : key).join(", "))]
  const columns = [time, ...key, "TraceId", ...("sessionId" in signal.fields ? ["SessionId"] : [])]
  return rows(
    { time: digits, ids: areTexts, traceId: nullable(isText) },
    sql`
    SELECT toUnixTimestamp64Nano(${sql.literal(time)}) AS time, [${ids}] AS ids, TraceId AS traceId FROM (
      SELECT ${sql.literal(Arr.dedupe(columns).join(", "))} FROM ${table}
      WHERE (${place}) IN (SELECT ${place} FROM ${table} WHERE ${condition})
      ORDER BY Version DESC LIMIT 1 BY ${ids}
    ) WHERE ${condition}`
  )
}

export const make = (store: Store, messages: Messages): Pick<Engine, "remove" | "deleteBefore" | "deleteSession"> => {
  const { name, nanos, run, sql, text } = store
  const sessions = sql.literal(name.local.sessions + name.onCluster)
  return {
    remove: (signal, which) =>
      signal === "spans"
        ? Effect.zipLeft(remove(store)(signal, which), messages.remove(which))
        : remove(store)(signal, which),
    deleteBefore: Effect.fnUntraced(function* (time) {
      const deleted = yield* Effect.forEach(signalNames, (signal) =>
        Effect.map(remove(store)(signal, { before: time }), (count) => [signal, count] as const)
      )
      yield* messages.remove({ before: time })
      const gone = activeSignals.map(
        (signal) => sql`SessionId NOT IN (SELECT SessionId FROM ${sql.literal(name.local[signal])})`
      )
      yield* run(sql`DELETE FROM ${sessions} WHERE ${sql.and([sql`FirstActivity < ${nanos(time)}`, ...gone])}`)
      return deletedOf(deleted)
    }),
    deleteSession: Effect.fnUntraced(function* (sessionId) {
      const found = <N extends SignalName>(
        signals: ReadonlyArray<N>,
        places: (layout: Layout) => Effect.Effect<ReadonlyArray<Found>, StorageError>
      ) =>
        Effect.forEach(signals, (signal) => Effect.map(places(layouts[signal]), (places) => [signal, places] as const))
      const own = yield* found(sessionSignals, (layout) => ofSession(store, layout, sessionId))
      const traceIds = Array.from(new Set(own.flatMap(([, places]) => places.flatMap(({ traceId }) => traceId ?? []))))
      const others = yield* found(signalNames, (layout) => withoutSession(store, layout, traceIds))
      // The records of the session tell its traces, should a deletion be asked again: so they go last.
      const removeAll = (found: typeof own | typeof others) =>
        Effect.forEach(found, ([signal, places]) => removeAt(store, layouts[signal], places), { discard: true })
      yield* removeAll(others).pipe(
        Effect.zipRight(messages.remove({ sessionId, traceIds })),
        Effect.zipRight(removeAll(own)),
        Effect.zipRight(run(sql`DELETE FROM ${sessions} WHERE SessionId = ${text(sessionId)}`)),
        Effect.mapError(({ cause, detail, reason }) =>
          storageError(
            reason,
            `the session may be deleted in part; what is left goes when it is asked again: ${detail}`,
            {
              cause
            }
          )
        )
      )
      const count = (signal: SignalName) =>
        [...others, ...own].reduce((sum, [name, places]) => sum + (name === signal ? places.length : 0), 0)
      return deletedOf(signalNames.map((signal) => [signal, count(signal)] as const))
    })
  }
}
