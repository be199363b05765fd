/**
 * How records are written: a batch at a time, as text. No key is enforced, for that is dear: what is stored already is
 * looked for first.
 */
import type { SqlError } from "@effect/sql/SqlError"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Record from "effect/Record"
import { inTurns, nextTurn } from "../../../runtime/eventLoop.js"
import { sizeOf } from "../../../signal/internal/size.js"
import { keyOf, timeOf } from "../../../signal/Signal.js"
import type { SpanRecord } from "../../../signal/SpanRecord.js"
import type { RecordOf, SignalName } from "../../../signal/signals.js"
import type { DuckDbClient } from "../DuckDbClient.js"
import * as Messages from "./messages.js"
import * as Rootless from "./read/rootless.js"
import * as RollUp from "./rollUp.js"
import type { Column, Table, Tables } from "./table.js"
import * as Text from "./text.js"
import * as Words from "./words.js"

type Records = ReadonlyArray<object>
type Insert = (records: Records) => Effect.Effect<void, SqlError>
/** The same, with what is to be stored before the records, in the same transaction. */
type InsertAfter = (records: Records, before?: Effect.Effect<void, SqlError>) => Effect.Effect<void, SqlError>

export const make = (sql: DuckDbClient, tables: Tables) => {
  const messages = Messages.make(sql, tables)
  const rootless = Rootless.make(sql, tables.spans)
  const rollUp = RollUp.make(sql, tables)
  const inserts = Record.map(tables, (table: Table) => insertInto(sql, table, writerOf(sql, table, rollUp)))
  const insertSpans: Insert = (records) =>
    Effect.onExit(cut(messages, inserts.spans)(records), (exit) =>
      Exit.isSuccess(exit) ? rootless.inserted(records as ReadonlyArray<SpanRecord>) : rootless.changed
    )
  const all = Record.map({ ...inserts, spans: insertSpans }, (insert, signal) => inBatches(sql, sizeOf[signal], insert))
  return <N extends SignalName>(signal: N, records: ReadonlyArray<RecordOf<N>>) => all[signal](records)
}

/** A batch holds the thread of JavaScript for a few milliseconds: its text is put together, and copied, at once. */
const batchSize = 1000
const batchBytes = 2 * 2 ** 20

const inBatches =
  (sql: DuckDbClient, sizeOf: (record: object) => number, insert: Insert): Insert =>
  (records) =>
    Effect.flatMap(
      inTurns(() => batchesOf(records, sizeOf)),
      (batches) =>
        Effect.forEach(batches, (batch) => Effect.zipRight(sql.withWriteLock(insert(batch)), nextTurn), {
          discard: true
        })
    )

function* batchesOf(records: Records, sizeOf: (record: object) => number): Generator<void, ReadonlyArray<Records>> {
  const batches: Array<Records> = []
  let [from, bytes] = [0, 0]
  for (let i = 0; i < records.length; i++) {
    yield
    const size = sizeOf(records[i] as object)
    if (i > from && (i - from === batchSize || bytes + size > batchBytes)) {
      batches.push(records.slice(from, i))
      ;[from, bytes] = [i, 0]
    }
    bytes += size
  }
  batches.push(from === 0 ? records : records.slice(from))
  return batches
}

/** Inserts spans, and before them those of their messages that are not stored. */
const cut =
  (messages: Messages.Messages, insert: InsertAfter): Insert =>
  (records) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) =>
      Effect.flatMap(messages.splitter.split(records, now), (split) => {
        if (split.messages.length === 0) return insert(split.rows)
        let isAdded = false
        const add = Effect.map(messages.add(split.messages), () => {
          isAdded = true
        })
        return Effect.map(insert(split.rows, add), () => {
          if (isAdded) split.stored()
        })
      })
    )

const insertInto = (sql: DuckDbClient, table: Table, write: Write): InsertAfter =>
  table.layout.isComplete === undefined
    ? replacing(sql, table, write)
    : replacingIncomplete(sql, table, table.layout.isComplete, write)

type Statement = Effect.Effect<unknown, SqlError>

/** Records in place of others, which the statements before remove. */
interface Change {
  readonly records: Records
  readonly replaced: ReadonlyArray<RollUp.Replaced>
  readonly before: ReadonlyArray<Statement>
}

/**
 * Writes a change, all or nothing. What is kept beside records that are inserted alone is written with that of others: a
 * transaction for both takes twice the time.
 */
type Write = (change: Change) => Effect.Effect<void, SqlError>

const writerOf = (sql: DuckDbClient, table: Table, rollUp: RollUp.RollUp): Write => {
  const words = table.words === undefined ? undefined : Words.writer(sql, table, table.words)
  const signal = table.signal.name as SignalName

  /** Inserts rows, while their words are added to those of their block. */
  const insert = (records: Records, block: bigint | undefined) => {
    const rows = insertRows(sql, table, records, block)
    return words === undefined ? rows : Effect.zipRight(rows, words.add(records), { concurrent: true })
  }

  return Effect.fnUntraced(function* ({ before, records, replaced }) {
    const block = words === undefined ? undefined : yield* words.next
    yield* replaced.length === 0 ? rollUp.writeMany : rollUp.write
    const inserted = insert(records, block)
    const statements: ReadonlyArray<Statement> = [
      ...before,
      inserted,
      ...(replaced.length === 0 ? [] : [rollUp.replaced(signal, records, replaced)])
    ]
    const written = statements.length === 1 ? inserted : sql.withTransaction(Effect.all(statements, { discard: true }))
    const all =
      replaced.length > 0
        ? written
        : Effect.onExit(written, (exit) => (Exit.isSuccess(exit) ? rollUp.added : rollUp.unsure)(signal, records))
    yield* words === undefined ? all : Effect.onExit(all, words.ended)
  })
}

/** Inserts records in place of those of the same ids. */
const replacing = (sql: DuckDbClient, table: Table, write: Write): Insert => {
  const [id] = table.key as readonly [string]
  // Ids that begin with their time are a narrow range, which leaves most of the table unread.
  const among = `${id} BETWEEN $1 AND $2 AND ${id} IN (SELECT unnest(from_json($3, '["VARCHAR"]')))`
  return Effect.fnUntraced(function* (records) {
    const ids = records.map((record) => keyOf(table.signal, record)).sort(byBytes)
    const params = [ids[0], ids.at(-1), JSON.stringify(ids)]
    const replaced = yield* sql.unsafe<RollUp.Replaced>(
      `SELECT ${RollUp.replacedColumns(table)} FROM ${table.quoted} WHERE ${among}`,
      params
    )
    const remove = sql.unsafe(`DELETE FROM ${table.quoted} WHERE ${among}`, params)
    yield* write({ records, replaced, before: replaced.length === 0 ? [] : [remove] })
  })
}

/** DuckDB's order of strings. That of JavaScript differs beyond the basic plane. */
const byBytes = (a: string, b: string): number =>
  /[\ud800-\udfff]/.test(a + b) ? Buffer.compare(Buffer.from(a), Buffer.from(b)) : a < b ? -1 : a > b ? 1 : 0

/** Inserts records in place of those of the same ids; one that is not complete replaces none that is. */
const replacingIncomplete = (sql: DuckDbClient, table: Table, completed: string, write: Write): InsertAfter => {
  const { key, quoted, signal, time } = table
  const id = key.join(" || ")
  const within = `FROM ${quoted} WHERE ${time} BETWEEN $1 AND $2`
  const isComplete = signal.isComplete ?? (() => true)
  const idOf = (record: object) => keyOf(signal, record)
  // One column is compared faster than all of them joined, and few records agree in it.
  const [lastKey, lastField] = [key.at(-1), signal.key.at(-1) as string]
  const lastOf = (record: object) => (record as { readonly [field: string]: string })[lastField]

  /**
   * The records of a window that are stored already, and perhaps some others. Those after the newest stored row of the
   * window are not looked up.
   */
  const storedIn = Effect.fnUntraced(function* ({ from, records, to }: TimeWindow) {
    const [newest] = yield* sql.unsafe<{ readonly time: string | null }>(
      `SELECT max(${time})::VARCHAR AS time ${within}`,
      [from, to]
    )
    if (newest === undefined || newest.time === null) return []
    const last = BigInt(newest.time)
    const ids = records.filter((record) => timeOf(signal, record) <= last).map(lastOf)
    return yield* sql.unsafe<RollUp.Replaced & { readonly completed: boolean }>(
      `SELECT ${RollUp.replacedColumns(table)}, ${completed} AS completed ${within} AND ${lastKey} IN (SELECT unnest(string_split($3, ',')))`,
      [from, last, ids.join()]
    )
  })

  const removeFrom = ({ from, records, to }: TimeWindow) =>
    sql.unsafe(`DELETE ${within} AND ${id} IN (SELECT unnest(string_split($3, ',')))`, [
      from,
      to,
      records.map(idOf).join()
    ])

  return Effect.fnUntraced(function* (records, before) {
    const found = yield* Effect.forEach(timeWindows(table, records), storedIn)
    const stored = new Map(found.flat().map((row) => [row.id, row]))
    const winners = records.filter((record) => isComplete(record) || stored.get(idOf(record))?.completed !== true)
    if (winners.length === 0) return
    const replacing = winners.filter((record) => stored.has(idOf(record)))
    yield* write({
      records: winners,
      replaced: replacing.flatMap((record) => stored.get(idOf(record)) ?? []),
      before: [...(before === undefined ? [] : [before]), ...timeWindows(table, replacing).map(removeFrom)]
    })
  })
}

interface TimeWindow {
  readonly from: bigint
  to: bigint
  readonly records: Array<object>
}

/**
 * Records by their time, which never changes, so that only the rows of that time are compared. One that is long before
 * the others gets a window of its own.
 */
const timeWindows = ({ signal }: Table, records: Records): ReadonlyArray<TimeWindow> => {
  const windows: Array<TimeWindow> = []
  const timed = records.map((record) => ({ record, time: timeOf(signal, record) }))
  for (const { record, time } of timed.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0))) {
    const last = windows.at(-1)
    if (last !== undefined && (time - last.to <= maxGap || windows.length === maxWindows)) {
      last.to = time
      last.records.push(record)
    } else {
      windows.push({ from: time, to: time, records: [record] })
    }
  }
  return windows
}

const maxGap = 60_000_000_000n
const maxWindows = 8

/** Inserts records, column by column. What is the same in all of them travels once. */
const insertRows = (sql: DuckDbClient, table: Table, records: Records, block?: bigint): Effect.Effect<void, SqlError> =>
  Effect.flatMap(
    inTurns(() => columnsOf(table, records, block)),
    (columns) => Effect.asVoid(sql.unsafe(...Text.insertion(table.quoted, records.length, columns)))
  )

function* columnsOf(
  table: Table,
  records: Records,
  block: bigint | undefined
): Generator<void, Array<Text.TextColumn>> {
  const columns: Array<Text.TextColumn> = []
  if (table.words !== undefined && block !== undefined) {
    columns.push(textColumn({ name: table.words.block, type: "BIGINT" }, String(block)))
  }
  let length = 0
  for (const column of table.columns) {
    const values = records.map(column.value)
    const first = values[0]
    if (values.some((value) => value !== first) || (records.length === 1 && first !== undefined)) {
      const cells: Array<string | null> = []
      for (const value of values) {
        const cell = value === undefined ? null : column.text(value)
        cells.push(cell)
        length += cell?.length ?? 0
        if (length < charactersATurn) continue
        length = 0
        yield
      }
      columns.push(textColumn(column, cells))
    } else if (first !== undefined) {
      columns.push(textColumn(column, column.text(first)))
    }
  }
  return columns
}

/** Made of values before others may have a turn. */
const charactersATurn = 2 ** 18

const textColumn = (
  { name, type }: Pick<Column<never>, "name" | "type">,
  cells: Text.TextColumn["cells"]
): Text.TextColumn => ({
  name: `"${name}"`,
  decode: (text) => (type === "VARCHAR" ? text : `${text}::${type}`),
  isText: type === "VARCHAR",
  cells
})
