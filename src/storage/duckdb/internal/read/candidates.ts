/**
 * Rows that may have words: of the blocks of which the filters say so, those of the newest first, a few blocks at a time.
 */
import type { Fragment } from "@effect/sql/Statement"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { mapInTurns } from "../../../../runtime/eventLoop.js"
import type { RecordOf, SignalName } from "../../../../signal/signals.js"
import type { Condition, EachQuery, Query, SearchCondition, SearchedSignal } from "../../../Engine.js"
import { wordsWithin } from "../../../internal/words.js"
import type { DuckDbClient } from "../../DuckDbClient.js"
import type { JsonRow, Table, Tables } from "../table.js"
import { all, where } from "../where.js"
import * as Words from "../words.js"
import { candidatesOfEach } from "./candidatesOfEach.js"
import { after, ordered } from "./page.js"
import * as Rows from "./rows.js"

export const make = (sql: DuckDbClient, tables: Tables) => {
  const select = Rows.make(sql, tables)
  const ofEach = candidatesOfEach(sql, tables)

  const candidates = Effect.fnUntraced(function* <N extends SignalName>(signal: N, query: Query) {
    const table = tables[signal]
    const wanted = wordsOf(query.conditions)
    if (table.words === undefined || wanted.length === 0 || query.conditions.some(isNarrow)) {
      return yield* select(signal, query)
    }
    const blocks = yield* Words.blocksOf(sql, table.words, wanted)
    const quoted = sql.literal(table.quoted)
    const block = sql.literal(table.words.block)
    const hasOthers = (yield* sql`SELECT 1 FROM ${quoted} WHERE ${block} IS NULL LIMIT 1`).length > 0
    const others = hasOthers ? [sql`${block} IS NULL`] : []
    if (query.order.field !== "time") {
      const ids = JSON.stringify(blocks.map((found) => String(found.block)))
      const among = sql`${block} IN (SELECT unnest(from_json(${ids}, '["BIGINT"]')))`
      return yield* select(signal, query, [sql.or([among, ...others])])
    }
    const found: Array<RecordOf<N>> = []
    const next = windows(blocks, query)
    let looked = 0
    for (let step = next.next(); step.done !== true; ) {
      const { among } = step.value
      const before = found.length
      const parts = [...others, ...among.map((found) => sql`${block} = ${found.block}`)]
      if (parts.length > 0) {
        const rows = yield* rowsIn(sql, table, { ...query, limit: query.limit - found.length }, step.value, parts)
        found.push(...((yield* mapInTurns(rows, table.decode)) as ReadonlyArray<RecordOf<N>>))
      }
      if (found.length >= query.limit) break
      looked += among.length
      // Where blocks have none of their own, those that follow may have none for long.
      const missing = query.limit - found.length
      step = next.next(found.length === before ? undefined : Math.ceil((missing * looked) / found.length))
    }
    return found as ReadonlyArray<RecordOf<N>>
  })

  return {
    // A row may be replaced, and be in another block, while the windows are read.
    candidates: <N extends SignalName>(signal: N, query: Query) => sql.withTransaction(candidates(signal, query)),
    candidatesOfEach: (query: EachQuery) => sql.withTransaction(ofEach(query)),
    areMany: Effect.fnUntraced(function* (signal: SearchedSignal, searches: ReadonlyArray<SearchCondition>) {
      const { words } = tables[signal]
      const wanted = wordsOf(searches)
      if (words === undefined || wanted.length === 0) return false
      const blocks = yield* Words.blocksOf(sql, words, wanted)
      return blocks.length > leastBlocksOfMany && 2 * blocks.length > (yield* Words.countOf(sql, words))
    })
  }
}

/** Each block for itself: of rows in one of several, DuckDB would look at the texts of all others, too. */
const rowsIn = (
  sql: DuckDbClient,
  table: Table,
  query: Query,
  { from, to }: Window,
  parts: ReadonlyArray<Fragment>
) => {
  const time = sql.literal(table.time)
  const conditions = all(sql, [
    sql`${time} BETWEEN ${from} AND ${to}`,
    ...query.conditions.map(where(sql, table)),
    ...after(sql, query, sql`${time}`, table.key)
  ])
  const keys = sql.literal([table.time, ...table.key].join(", "))
  const order = ordered(sql, query, table.time, ...table.key)
  const selects = parts.map(
    (part) => sql`(
      SELECT ${keys}, ${sql.literal(table.json(table.quoted))} AS json FROM ${sql.literal(table.quoted)}
      WHERE ${part} AND ${conditions} ORDER BY ${order} LIMIT ${query.limit})`
  )
  return sql<JsonRow>`
    SELECT json FROM (${selects.reduce((left, right) => sql`${left} UNION ALL ${right}`)})
    ORDER BY ${order} LIMIT ${query.limit}`
}

/** The words that the filters are asked for: of many, the longest, which are in few rows. */
const wordsOf = (conditions: ReadonlyArray<Condition>): ReadonlyArray<string> =>
  conditions
    .flatMap((condition) =>
      condition.op === "words" ? [...condition.words, ...condition.phrases.flatMap(wordsWithin)] : []
    )
    .sort((a, b) => b.length - a.length)
    .slice(0, fewWords)

const fewWords = 8

/** More blocks than are open at once, of which it is not known whether they have a word. */
const leastBlocksOfMany = 16

/** Whether a condition leaves so few rows that they are found sooner without the filters. */
const isNarrow = (condition: Condition): boolean =>
  (condition.op === "equals" || condition.op === "oneOf") &&
  (condition.op === "equals" ? condition.fields : [condition.field]).some(
    (field) => field === "sessionId" || field === "traceId"
  )

interface Window {
  readonly from: bigint
  readonly to: bigint
  /** The blocks that may have rows in it. */
  readonly among: ReadonlyArray<Words.Found>
}

const [earliest, latest] = [-(2n ** 63n), 2n ** 63n - 1n]

/**
 * Time cut into windows of a few blocks each, the first as a query is ordered first; all of it, as rows that are in no
 * block may be anywhere. Each has twice as many blocks as the one before, or as few as are enough, if that is said.
 */
export function* windows(
  blocks: ReadonlyArray<Words.Found>,
  { after, conditions, order }: Query
): Generator<Window, void, number | undefined> {
  const isDescending = order.direction === "desc"
  // Times run backwards where the order does, so that all below is said once.
  const turned = isDescending
    ? blocks.map(({ block, earliest, latest }) => ({ block, earliest: -latest, latest: -earliest }))
    : blocks
  const [least, most] = within(conditions)
  const [start, end] = isDescending ? [-most, -least] : [least, most]
  let from = start
  if (Option.isSome(after)) {
    const time = after.value[0] as bigint
    const cursor = isDescending ? -time : time
    if (cursor > from) from = cursor
  }
  const left = turned.filter((block) => block.latest >= from && block.earliest <= end)
  const beginnings = left.map((block) => block.earliest).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
  let [next, size] = [0, fewBlocks]
  while (from <= end) {
    // The window ends before the next block begins; blocks that begin together are looked at together.
    next += size
    while (next < beginnings.length && (beginnings[next] as bigint) <= from) next++
    const to = next < beginnings.length ? (beginnings[next] as bigint) - 1n : end
    const among = left.filter((block) => block.earliest <= to && block.latest >= from)
    const enough = yield isDescending ? { from: -to, to: -from, among } : { from, to, among }
    from = to + 1n
    size = Math.min(enough ?? manyBlocks, 2 * size, manyBlocks)
  }
}

const fewBlocks = 2
const manyBlocks = 32

/** The times that conditions ask for. */
const within = (conditions: ReadonlyArray<Condition>): readonly [bigint, bigint] => {
  let [from, to] = [earliest, latest]
  for (const condition of conditions) {
    if (!("field" in condition && "value" in condition) || typeof condition.value !== "bigint") continue
    const { op, value } = condition
    if (op === "atLeast" && value > from) from = value
    if (op === "below" && value - 1n < to) to = value - 1n
  }
  return [from, to]
}
