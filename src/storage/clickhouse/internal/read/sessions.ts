/**
 * Sessions, by their summaries.
 */
import type { Fragment } from "@effect/sql/Statement"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { SessionSummary } from "../../../../signal/SessionSummary.js"
import type { Derived, Key, SessionQuery } from "../../../Engine.js"
import { sessionKey } from "../../../internal/query.js"
import { compare, compareKeys, select } from "../../../internal/select.js"
import type { OrderBy } from "../../../StorageService.js"
import { ordered } from "../../../sql/keyset.js"
import { digits, text as isText } from "../row.js"
import type { Store } from "../store.js"
import { type Asked, askedOf, completed, type Found, summaries } from "./summaries.js"

/** The most sessions that are summed up at once. */
const fewSessions = 1000

/** A row of the sessions table: bounds of the sort key and the activity of a session. */
interface Candidate {
  readonly id: string
  readonly bound: string
  readonly newest: string
  readonly from: string
  readonly to: string
}

/**
 * Pages of candidates by the bounds in the sessions table, summed up, until no candidate that is left can be on the page
 * that is asked for.
 */
export const listSessions = (store: Store): Derived["listSessions"] =>
  Effect.fnUntraced(function* (asked) {
    const { after, limit, order } = asked
    const sign = order.direction === "asc" ? 1 : -1
    const conditions = askedOf(store, asked)
    const candidates = candidatesOf(store, asked, conditions)
    let items: ReadonlyArray<Found> = []
    let newest = "0"
    let from: Option.Option<Key> = Option.none()
    let size = limit
    while (true) {
      const page: ReadonlyArray<Candidate> = yield* candidates(from, size)
      const last = page.at(-1)
      if (last === undefined) break
      if (Option.isNone(from)) newest = page[0]?.newest ?? newest
      const ids = page.map(({ id }) => id)
      const found = yield* summaries(store, ids, conditions, Option.some(windowOf(page)))
      items = select([...items, ...found.filter(({ summary }) => matches(asked, summary))], keyOf, { ...asked, after })
      const reached: Key = [BigInt(last.bound), last.id]
      const worst = items.at(-1)
      const settled =
        items.length === limit && worst !== undefined && sign * compareKeys(keyOf(worst, order), reached) <= 0
      if (page.length < size || settled) break
      from = Option.some(reached)
      size = Math.min(size * 2, fewSessions)
    }
    return { items: yield* completed(store, items), newest: BigInt(newest) }
  })

const keyOf = ({ summary }: Found, order: OrderBy): Key => sessionKey(summary, order)

/** Conditions on the session as a whole. */
const matches = (
  { asOf, firstActivityBefore, lastActivityFrom, minDuration }: SessionQuery,
  session: SessionSummary
): boolean =>
  (lastActivityFrom === undefined || session.lastActivity >= lastActivityFrom) &&
  (firstActivityBefore === undefined || session.firstActivity < firstActivityBefore) &&
  (minDuration === undefined || session.lastActivity - session.firstActivity >= minDuration) &&
  (Option.isNone(asOf) || session.lastActivity <= asOf.value)

/** When the sessions of a page were active, from the first to the last. */
const windowOf = (page: ReadonlyArray<Candidate>): readonly [from: bigint, to: bigint] => {
  const first = page.map(({ from }) => BigInt(from)).sort(compare)
  const last = page.map(({ to }) => BigInt(to)).sort(compare)
  return [first.at(0) ?? 0n, last.at(-1) ?? 0n]
}

/**
 * Pages of sessions that may answer. The sessions table holds an interval for each session that contains its activity and
 * may be too wide. Its ends bound the sort key, so a session is skipped only if even the bound lies beyond the page.
 */
const candidatesOf = (store: Store, asked: SessionQuery, conditions: Asked) => {
  const { all, count, name, rows, sql, text, wide } = store
  const { field, direction } = asked.order
  const among = amongOf(store, asked, conditions)
  const overlapping = overlappingOf(store, asked)
  const isOfNewest = field === "time" && direction === "desc" && among.length + overlapping.length === 0
  const bound = field === "time" ? (direction === "asc" ? start : end) : direction === "asc" ? "toInt128(0)" : long
  // Only an ascending listing needs the newest activity of all sessions, for `asOf`; a descending one takes that of the row.
  const newest = direction === "asc" ? "max(last) OVER ()" : "last"
  const page = (from: Option.Option<Key>, size: number, among: ReadonlyArray<Fragment>) => {
    const beyond = Option.match(from, {
      onNone: () => sql`true`,
      onSome: ([position, id]) =>
        sql`(position, id) ${sql.literal(direction === "asc" ? ">" : "<")} (${wide(position as bigint)}, ${text(id as string)})`
    })
    return rows(
      { id: isText, bound: digits, newest: digits, from: digits, to: digits },
      sql`
      SELECT id, toString(position) AS bound, newest, toUnixTimestamp64Nano(first) AS from, toUnixTimestamp64Nano(last) AS to FROM (
        SELECT id, first, last, ${sql.literal(bound)} AS position,
          toUnixTimestamp64Nano(${sql.literal(newest)}) AS newest
        FROM (
          SELECT SessionId AS id, min(FirstActivity) AS first, max(LastActivity) AS last FROM ${sql.literal(name.sessions)}
          WHERE ${all(among)} GROUP BY SessionId
        ) WHERE ${all(overlapping)}
      ) WHERE ${beyond} ORDER BY ${sql.literal(ordered(direction, "position", "id"))} LIMIT ${count(size)}`
    )
  }
  return Effect.fnUntraced(function* (from: Option.Option<Key>, size: number) {
    const recent = isOfNewest && Option.isNone(from) ? yield* page(from, size, [amongRecent(store, size)]) : []
    return recent.length === size ? recent : yield* page(from, size, among)
  })
}

const start = "toInt128(toUnixTimestamp64Nano(first))"
const end = "toInt128(toUnixTimestamp64Nano(last))"
const long = `${end} - ${start}`

/**
 * Sessions that were active last, more than a page of them: to group and order all takes three times as long. A session
 * may have a row for each of its last batches.
 */
const amongRecent = ({ count, name, sql }: Store, size: number): Fragment => {
  const sessions = sql.literal(name.sessions)
  return sql`SessionId IN (SELECT SessionId FROM ${sessions} WHERE LastActivity >= (SELECT min(LastActivity) FROM (
    SELECT LastActivity FROM ${sessions} ORDER BY LastActivity DESC LIMIT ${count(20 * size)})))`
}

/** The sessions of which some row meets a condition, each for itself. */
const amongOf = (
  { name, sql, text }: Store,
  { hasError, sessionId }: SessionQuery,
  { ofLogs, ofSpans }: Asked
): ReadonlyArray<Fragment> => {
  const [spans, logs] = [sql.literal(name.spans), sql.literal(name.logs)]
  const of = (ofSpan: Fragment, ofLog: Fragment) =>
    sql`SessionId IN (SELECT SessionId FROM ${spans} WHERE ${ofSpan} UNION ALL SELECT SessionId FROM ${logs} WHERE ${ofLog})`
  return [
    ...ofSpans.map((ofSpan, i) => of(ofSpan, ofLogs[i] ?? sql`false`)),
    ...(hasError === true ? [of(sql`Status = 'error' AND NOT Replayed`, sql`false`)] : []),
    ...(sessionId === undefined ? [] : [sql`SessionId = ${text(sessionId)}`])
  ]
}

/** Sessions whose interval overlaps what is asked for, and is long enough. */
const overlappingOf = ({ nanos, sql, wide }: Store, asked: SessionQuery): ReadonlyArray<Fragment> => {
  const { after, firstActivityBefore, lastActivityFrom, minDuration, order } = asked
  const position = Option.match(after, { onNone: () => undefined, onSome: ([position]) => position as bigint })
  const beyond = order.field === "time" ? (order.direction === "asc" ? `${end} >=` : `${start} <=`) : `${long} >=`
  return [
    ...(position === undefined || (order.field === "duration" && order.direction === "desc")
      ? []
      : [sql`${sql.literal(beyond)} ${wide(position)}`]),
    ...(lastActivityFrom === undefined ? [] : [sql`last >= ${nanos(lastActivityFrom)}`]),
    ...(firstActivityBefore === undefined ? [] : [sql`first < ${nanos(firstActivityBefore)}`]),
    ...(minDuration === undefined ? [] : [sql`${sql.literal(long)} >= ${wide(minDuration)}`])
  ]
}
