/**
 * The words of rows: for each block of rows that were stored one after the other, a filter of all their words.
 * A block is open until it has many rows or words; its filter is then stored in the transaction of its last rows. Until
 * then its rows are read without asking, and so are those of a block whose writer has gone, and rows without one.
 */
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { globalValue } from "effect/GlobalValue"
import * as Option from "effect/Option"
import { forEachInTurns, mapInTurns } from "../../../runtime/eventLoop.js"
import { timeOf } from "../../../signal/Signal.js"
import { searchedTexts } from "../../internal/searchedTexts.js"
import { placeOf, sliceBytes, slices, WordFilter } from "../../internal/wordFilter.js"
import { wholeOf } from "../../sql/conversations.js"
import { complete, type Read } from "../../sql/whole.js"
import type { DuckDbClient } from "../DuckDbClient.js"
import * as Messages from "./messages.js"
import type { JsonRow, Table, Tables, Words } from "./table.js"

/** The statements that go with the rows of a batch. */
export interface Addition {
  readonly block: bigint | undefined
  /** Statements before the rows are inserted, and after. */
  readonly first: ReadonlyArray<Effect.Effect<unknown, SqlError>>
  readonly last: ReadonlyArray<Effect.Effect<unknown, SqlError>>
  /** Notes whether all of it is stored. A block of which that is not known is left as it is. */
  readonly ended: (exit: Exit.Exit<unknown, unknown>) => Effect.Effect<void>
}

const rowsABlock = 1000

/** Beyond it a filter has about one in forty words that are in none of its rows. */
const full = 0.5

/** Adds the words of records to a block. */
const addTo = Effect.fnUntraced(function* (block: Block, { signal }: Table, records: ReadonlyArray<object>) {
  yield* forEachInTurns(records, (record) => {
    for (const text of searchedTexts(wholeOf(record))) block.filter.add(text)
    const time = timeOf(signal, record)
    if (time < block.earliest) block.earliest = time
    if (time > block.latest) block.latest = time
  })
  block.rows += records.length
})

/** The blocks to which this process may yet add rows. */
const live: Set<bigint> = globalValue("effect-observability/duckdb/words/live", () => new Set())

/** Adds the words of batches, one at a time. */
export const writer = (sql: DuckDbClient, table: Table, words: Words) => {
  let open = newBlock()
  live.add(open.id)
  const renew = () => {
    live.delete(open.id)
    open = newBlock()
    live.add(open.id)
  }
  return {
    add: Effect.fnUntraced(function* (records: ReadonlyArray<object>) {
      const block = open
      yield* addTo(block, table, records)
      const isFull = block.rows >= rowsABlock || block.filter.fullness() > full
      const addition: Addition = {
        block: block.id,
        first:
          block.isKnown || isFull ? [] : [sql.unsafe(`INSERT INTO "${words.table}" (block) VALUES ($1)`, [block.id])],
        last: isFull ? seal(sql, words, block) : [],
        ended: (exit) =>
          Effect.sync(() => {
            block.isKnown = true
            if (isFull || Exit.isFailure(exit)) renew()
          })
      }
      return addition
    })
  }
}

interface Block {
  readonly id: bigint
  readonly filter: WordFilter
  rows: number
  earliest: bigint
  latest: bigint
  /** Whether the table of words names it. */
  isKnown: boolean
}

const newBlock = (): Block => ({
  id: nextId(),
  filter: new WordFilter(),
  rows: 0,
  earliest: 2n ** 63n - 1n,
  latest: -(2n ** 63n),
  isKnown: false
})

const ids = globalValue("effect-observability/duckdb/words/ids", () => ({ last: 0n }))

/**
 * Grows with time, so that few parts of a table have the rows of one block. No two writers of this process share one, and no
 * file has one of them from an earlier process: so it is the time of day, and not that of a clock that tests set.
 */
const nextId = (): bigint => {
  const now = BigInt(Date.now()) * 1000n
  ids.last = now > ids.last ? now : ids.last + 1n
  return ids.last
}

/** Stores the filter of a block in place of the row that says that it is open, if there is one. */
const seal = (sql: DuckDbClient, { table }: Words, { earliest, filter, id, isKnown, latest }: Block) => [
  ...(isKnown ? [sql.unsafe(`DELETE FROM "${table}" WHERE block = $1 AND slice IS NULL`, [id])] : []),
  sql.unsafe(
    `INSERT INTO "${table}" (block, earliest, latest, slice, bits)
     SELECT $1, $2, $3, slice, unhex(substr($4, slice * ${2 * sliceBytes} + 1, ${2 * sliceBytes}))
     FROM (SELECT unnest(range(${slices})) AS slice)`,
    [id, earliest, latest, Buffer.from(filter.bytes).toString("hex")]
  )
]

/**
 * Puts some rows that are in no block, or in one whose writer has gone, into one of their own, and gives the row to go on
 * with; none where all is done.
 */
const indexFrom = Effect.fnUntraced(function* (
  sql: DuckDbClient,
  table: Table,
  words: Words,
  read: Read<SqlError>,
  from: bigint
) {
  const abandoned = `SELECT block FROM "${words.table}" WHERE slice IS NULL AND block NOT IN (${[0n, ...live].join()})`
  const isLeft = `rowid >= $1 AND (${words.block} IS NULL OR ${words.block} IN (${abandoned}))`
  const rows = yield* sql.unsafe<JsonRow & { readonly id: string }>(
    `SELECT rowid::VARCHAR AS id, ${table.json(table.quoted)} AS json FROM ${table.quoted} WHERE ${isLeft}
     ORDER BY rowid LIMIT ${rowsABlock}`,
    [from]
  )
  const [first, last] = [rows[0], rows.at(-1)]
  if (first !== undefined && last !== undefined) {
    const block = newBlock()
    const records: ReadonlyArray<object> = yield* mapInTurns(rows, table.decode)
    yield* complete(records, read)
    yield* addTo(block, table, records)
    yield* sql.unsafe(`UPDATE ${table.quoted} SET ${words.block} = $2 WHERE ${isLeft} AND rowid <= $3`, [
      BigInt(first.id),
      block.id,
      BigInt(last.id)
    ])
    for (const statement of seal(sql, words, block)) yield* statement
  }
  if (last !== undefined && rows.length === rowsABlock) return Option.some(BigInt(last.id) + 1n)
  const isUsed = `SELECT 1 FROM ${table.quoted} WHERE ${words.block} = block`
  yield* sql.unsafe(
    `DELETE FROM "${words.table}" WHERE slice IS NULL AND block IN (${abandoned}) AND NOT EXISTS (${isUsed})`
  )
  return Option.none<bigint>()
})

/** Indexes the rows that were there before, a few at a time, so that others hardly wait. */
export const indexAll = (sql: DuckDbClient, tables: Tables): Effect.Effect<void, SqlError> => {
  const { read } = Messages.make(sql, tables)
  const indexTable = (table: Table, words: Words): Effect.Effect<void, SqlError> => {
    const next = (from: bigint): Effect.Effect<void, SqlError> =>
      sql
        .withWriteLock(sql.withTransaction(indexFrom(sql, table, words, read, from)))
        .pipe(
          Effect.flatMap(Option.match({ onNone: () => Effect.void, onSome: (from) => Effect.delay(next(from), pause) }))
        )
    return next(0n)
  }
  return Effect.forEach(
    Object.values(tables),
    (table) => (table.words === undefined ? Effect.void : indexTable(table, table.words)),
    { discard: true }
  )
}

const pause = "100 millis"

/** A block that may have the words, and the times of its rows, if they are known. */
export interface Found {
  readonly block: bigint
  readonly earliest: bigint
  readonly latest: bigint
}

/** The blocks that may have all of some words, those that are open included. */
export const blocksOf = (
  sql: DuckDbClient,
  { table }: Words,
  words: ReadonlyArray<string>
): Effect.Effect<ReadonlyArray<Found>, SqlError> => {
  const having = words.map((word) => {
    const { bits, slice } = placeOf(word)
    const set = Array.from(new Set(bits)).map((bit) => `get_bit(bits, ${bit}) = 1`)
    return `SELECT block, earliest, latest FROM (
      SELECT block, earliest, latest, bits::BIT AS bits FROM "${table}" WHERE slice = ${slice}
    ) WHERE ${set.join(" AND ")}`
  })
  const sealed =
    having.length === 0
      ? `SELECT block, earliest, latest FROM "${table}" WHERE slice = 0`
      : having.map((select) => `(${select})`).join(" INTERSECT ")
  return Effect.map(
    sql.unsafe<{ readonly json: string }>(
      `SELECT to_json(list([block::VARCHAR, earliest::VARCHAR, latest::VARCHAR]))::VARCHAR AS json FROM (
        ${sealed} UNION ALL SELECT block, earliest, latest FROM "${table}" WHERE slice IS NULL)`
    ),
    ([row]) =>
      (JSON.parse(row?.json ?? "null") ?? []).map(
        ([block, earliest, latest]: readonly [string, string | null, string | null]): Found => ({
          block: BigInt(block),
          earliest: BigInt(earliest ?? -(2n ** 63n)),
          latest: BigInt(latest ?? 2n ** 63n - 1n)
        })
      )
  )
}
