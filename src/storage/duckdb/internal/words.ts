/**
 * The words of rows: for each block of rows that were stored one after the other, a filter of all their words.
 * A block is open until its filter is stored: the table of words names it, and its rows are read without asking. So are
 * those of a block whose writer has gone, and rows without one. Blocks are named before they have rows, several at once, and
 * their filters are stored when the next ones are named. Until then this process asks those in its memory.
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
import * as Text from "./text.js"

const rowsABlock = 1000

/** So many are named, and stored, at once. */
const blocksAtOnce = 8

/** Beyond it a filter has about one in forty words that are in none of its rows. */
const almostFull = 0.5

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

/** The filters that this process has yet to store, by block. All rows of these blocks are there. */
const full: Map<bigint, Block> = globalValue("effect-observability/duckdb/words/full", () => new Map())

/** The blocks that this process has named, and that have no rows yet. */
const unused: Set<bigint> = globalValue("effect-observability/duckdb/words/unused", () => new Set())

interface State {
  /** The block of the next rows. */
  open: Block | undefined
  /** Blocks that the table of words names, and that have no rows yet. */
  named: Array<bigint>
  /** Full ones that are not stored yet. */
  full: Array<Block>
}

/** By the lock that all clients of a file share, and by table. */
const states = globalValue(
  "effect-observability/duckdb/words/states",
  () => new WeakMap<DuckDbClient["withWriteLock"], Map<string, State>>()
)

const stateFor = (sql: DuckDbClient, { table }: Words): State => {
  const ofFile = states.get(sql.withWriteLock) ?? new Map<string, State>()
  states.set(sql.withWriteLock, ofFile)
  const state = ofFile.get(table) ?? { open: undefined, named: [], full: [] }
  ofFile.set(table, state)
  return state
}

const forget = (blocks: ReadonlyArray<bigint>): void => {
  for (const id of blocks) {
    live.delete(id)
    full.delete(id)
    unused.delete(id)
  }
}

/** Names the next blocks in the table of words. */
const nameSome = (sql: DuckDbClient, { table }: Words, state: State): Effect.Effect<void, SqlError> =>
  Effect.flatMap(nextIds(sql, table, blocksAtOnce), (some) => {
    // Others may look for blocks whose writer has gone as soon as these are named.
    for (const id of some) {
      live.add(id)
      unused.add(id)
    }
    const name = sql.unsafe(`INSERT INTO "${table}" (block) SELECT unnest(from_json($1, '["BIGINT"]'))`, [
      JSON.stringify(some.map(String))
    ])
    const isNamed = Effect.sync(() => state.named.push(...some))
    return Effect.zipRight(
      Effect.onError(name, () => Effect.sync(() => forget(some))),
      Effect.asVoid(isNamed)
    )
  })

/** Adds the words of rows to blocks, of one batch at a time: all of it is to be run within the write lock. */
export const writer = (sql: DuckDbClient, table: Table, words: Words) => {
  const state = stateFor(sql, words)
  /** Stores the filters of full blocks. */
  const write = Effect.suspend(() => {
    const blocks = state.full
    return blocks.length === 0
      ? Effect.void
      : Effect.map(sql.withTransaction(seal(sql, words, blocks)), () => {
          forget(blocks.map(({ id }) => id))
          state.full = state.full.filter((block) => !blocks.includes(block))
        })
  })

  return {
    write,
    /** The same where there are some, which waits for others who write. */
    written: Effect.suspend(() => (state.full.length === 0 ? Effect.void : sql.withWriteLock(write))),
    /** The block of the next rows. */
    next: Effect.gen(function* () {
      if (state.open !== undefined) return state.open.id
      if (state.named.length === 0) {
        yield* write
        yield* nameSome(sql, words, state)
      }
      const id = state.named.shift() as bigint
      unused.delete(id)
      state.open = newBlock(id)
      return id
    }),
    /** Adds the words of rows of that block, which are being stored. */
    add: (records: ReadonlyArray<object>) =>
      Effect.suspend(() => (state.open === undefined ? Effect.void : addTo(state.open, table, records))),
    /** To be told whether both were done. A block of which that is not known is left open. */
    ended: (exit: Exit.Exit<unknown, unknown>) =>
      Effect.sync(() => {
        const { open } = state
        if (open === undefined) return
        if (Exit.isFailure(exit)) {
          forget([open.id])
        } else if (open.rows >= rowsABlock || open.filter.fullness() > almostFull) {
          open.filter.end()
          full.set(open.id, open)
          state.full.push(open)
        } else {
          return
        }
        state.open = undefined
      }),
    /** Stores what is full, and takes the names back of blocks without rows. */
    close: Effect.gen(function* () {
      yield* write
      const { named, open } = state
      state.named = []
      state.open = undefined
      forget(open === undefined ? named : [open.id, ...named])
      if (named.length > 0) {
        const ids = sql.in("block", named)
        yield* sql`DELETE FROM ${sql(words.table)} WHERE ${ids}`
      }
    })
  }
}

export type Writer = ReturnType<typeof writer>

/** All that there are. */
export const writers = (sql: DuckDbClient, tables: Tables): ReadonlyArray<Writer> =>
  Object.values(tables).flatMap((table) => (table.words === undefined ? [] : [writer(sql, table, table.words)]))

interface Block {
  readonly id: bigint
  readonly filter: WordFilter
  rows: number
  earliest: bigint
  latest: bigint
}

const newBlock = (id: bigint): Block => ({
  id,
  filter: new WordFilter(),
  rows: 0,
  earliest: 2n ** 63n - 1n,
  latest: -(2n ** 63n)
})

const ids = globalValue("effect-observability/duckdb/words/ids", () => ({ last: 0n }))

/**
 * Ids that no writer of this process has, nor a block of the table: the clock may have been set back since that was named. They
 * grow with time, so that few parts of a table have the rows of one block; with that of the day, since a clock that tests set
 * begins anew.
 */
const nextIds = (sql: DuckDbClient, table: string, count: number): Effect.Effect<ReadonlyArray<bigint>, SqlError> =>
  Effect.map(
    sql.unsafe<{ readonly last: string | null }>(`SELECT max(block)::VARCHAR AS last FROM "${table}"`),
    ([row]) => {
      for (const least of [BigInt(row?.last ?? 0), BigInt(Date.now()) * 1000n]) if (least > ids.last) ids.last = least
      return Array.from({ length: count }, () => ++ids.last)
    }
  )

/** Stores the filters of blocks in place of the rows that name them. */
const seal = Effect.fnUntraced(function* (sql: DuckDbClient, { table }: Words, blocks: ReadonlyArray<Block>) {
  const ids = sql.in(
    "block",
    blocks.map(({ id }) => id)
  )
  yield* sql`DELETE FROM ${sql(table)} WHERE ${ids}`
  yield* sql.unsafe(...insertion(table, blocks))
})

const insertion = (table: string, blocks: ReadonlyArray<Block>) => {
  const column = (name: string, type: string, cell: (block: Block, slice: number) => string): Text.TextColumn => ({
    name,
    decode: (text) => (type === "BLOB" ? `unhex(${text})` : `${text}::${type}`),
    isText: false,
    cells: blocks.flatMap((block) => Array.from({ length: slices }, (_, slice) => cell(block, slice)))
  })
  return Text.insertion(`"${table}"`, blocks.length * slices, [
    column("block", "BIGINT", ({ id }) => String(id)),
    column("earliest", "BIGINT", ({ earliest }) => String(earliest)),
    column("latest", "BIGINT", ({ latest }) => String(latest)),
    column("slice", "UTINYINT", (_, slice) => String(slice)),
    column("bits", "BLOB", ({ filter }, slice) =>
      Buffer.from(filter.bytes.buffer, slice * sliceBytes, sliceBytes).toString("hex")
    )
  ])
}

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
    const [id] = yield* nextIds(sql, words.table, 1)
    const block = newBlock(id as bigint)
    const records: ReadonlyArray<object> = yield* mapInTurns(rows, table.decode)
    yield* complete(records, read)
    yield* addTo(block, table, records)
    yield* sql.unsafe(`UPDATE ${table.quoted} SET ${words.block} = $2 WHERE ${isLeft} AND rowid <= $3`, [
      BigInt(first.id),
      block.id,
      BigInt(last.id)
    ])
    yield* seal(sql, words, [block])
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
      (JSON.parse(row?.json ?? "null") ?? []).flatMap(
        ([id, earliest, latest]: readonly [string, string | null, string | null]): ReadonlyArray<Found> => {
          const block = BigInt(id)
          if (unused.has(block)) return []
          const held = full.get(block)
          if (held !== undefined) return words.every(held.filter.has) ? [foundOf(held)] : []
          return [{ block, earliest: BigInt(earliest ?? -(2n ** 63n)), latest: BigInt(latest ?? 2n ** 63n - 1n) }]
        }
      )
  )
}

/** How many blocks there are. */
export const countOf = (sql: DuckDbClient, { table }: Words): Effect.Effect<number, SqlError> =>
  Effect.map(
    sql.unsafe<{ readonly n: number }>(`SELECT count(*)::INTEGER AS n FROM "${table}" WHERE slice = 0`),
    ([row]) => row?.n ?? 0
  )

const foundOf = ({ earliest, id, latest }: Block): Found => ({ block: id, earliest, latest })
