/**
 * How a file comes to have the tables. A release only ever adds tables, columns and indexes, so an older one can go on with
 * what a newer one has made.
 */
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import { logWarning } from "../../../runtime/annotated.js"
import { storageError } from "../../internal/errors.js"
import { checkTable, checkVersion, type Version } from "../../sql/tables.js"
import { version } from "../../sql/version.js"
import type { DuckDbClient } from "../DuckDbClient.js"
import * as Messages from "./messages.js"
import { columns as sessionColumns } from "./rollUp.js"
import type { Table, Tables, Words } from "./table.js"
import * as WholeView from "./wholeView.js"

/** Creates or completes the tables. What is there and is not ours is left as it is. */
export const migrate = Effect.fnUntraced(function* (sql: DuckDbClient, tables: Tables, prefix: string) {
  const versions = `${prefix}mastra_ai_schema`
  const columns = yield* columnsOf(sql, prefix)
  const sessions = `${prefix}mastra_ai_sessions`
  const storedIn = (table: string) => columns.filter((column) => column.table === table)
  for (const table of Object.values(tables)) yield* check(table, storedIn(table.name))
  const messages = Messages.nameOf(tables)
  if (storedIn(messages).length > 0) {
    yield* checkTable(messages, storedIn(messages), ["owner", "hash", "body"], differsFrom(Messages.columns))
  }
  if (storedIn(versions).length > 0) {
    yield* checkTable(versions, storedIn(versions), ["major", "minor"], differsFrom(versionColumns))
  }
  if (storedIn(sessions).length > 0) {
    yield* checkTable(sessions, storedIn(sessions), ["session_id", "stamp"], differsFrom(sessionColumns))
  }
  yield* sql.unsafe(`CREATE TABLE IF NOT EXISTS "${sessions}" (${definition(sessionColumns)})`)
  yield* sql.unsafe(`CREATE TABLE IF NOT EXISTS "${versions}" (${definition(versionColumns)})`)
  const found = yield* versionIn(sql, versions)
  yield* checkVersion(found, version)
  for (const table of Object.values(tables)) {
    yield* sql.unsafe(`CREATE TABLE IF NOT EXISTS ${table.quoted} (${definition(columnsIn(table))})`)
    yield* addColumns(sql, table, storedIn(table.name))
    if (table.words !== undefined) yield* migrateWords(sql, table, table.words, storedIn(table.words.table))
    for (const column of table.layout.indexes) {
      const index = `${prefix}idx_${table.signal.name}_${column}`
      yield* sql.unsafe(`CREATE INDEX IF NOT EXISTS "${index}" ON ${table.quoted} (${column})`)
    }
  }
  yield* sql.unsafe(`CREATE TABLE IF NOT EXISTS "${messages}" (${definition(Messages.columns)})`)
  yield* sql.unsafe(`CREATE INDEX IF NOT EXISTS "${prefix}idx_messages_owner" ON "${messages}" (owner)`)
  if (found.major < version.major || found.minor < version.minor) {
    // Nothing of the storage needs it, and something of another program may have its name.
    yield* Effect.catchAll(sql.unsafe(WholeView.creation(tables)), ({ message }) =>
      logWarning("DuckDbStorage")(`The view of whole spans could not be made. ${message}`)
    )
    yield* sql.unsafe(`INSERT INTO "${versions}" VALUES (${version.major}, ${version.minor}, now()::TIMESTAMP)`)
  }
})

/**
 * The same for a file that is only read: tables and columns that it lacks stand beside it, without rows and without values, for
 * as long as the connection lasts.
 */
export const complete = Effect.fnUntraced(function* (sql: DuckDbClient, tables: Tables, prefix: string) {
  const stored = yield* columnsOf(sql, prefix)
  const storedIn = (table: string) => stored.filter((column) => column.table === table)
  if (!Object.values(tables).some(({ name }) => storedIn(name).length > 0)) {
    return yield* storageError("Incompatible", `the file has no tables of this library, such as "${tables.spans.name}"`)
  }
  for (const table of Object.values(tables)) yield* check(table, storedIn(table.name))
  const versions = `${prefix}mastra_ai_schema`
  if (storedIn(versions).length > 0) yield* checkVersion(yield* versionIn(sql, versions), version)
  const others = [
    { name: Messages.nameOf(tables), columns: Messages.columns },
    { name: `${prefix}mastra_ai_sessions`, columns: sessionColumns },
    ...Object.values(tables).flatMap(({ words }) =>
      words === undefined ? [] : [{ name: words.table, columns: wordColumns }]
    )
  ]
  for (const { columns, name } of [
    ...Object.values(tables).map((table) => ({ name: table.name, columns: columnsIn(table) })),
    ...others
  ]) {
    const there = storedIn(name)
    const missing = columns.filter((column) => !there.some(({ name }) => name === column.name))
    if (there.length === 0) yield* sql.unsafe(`CREATE TEMP TABLE "${name}" (${definition(columns)})`)
    else if (missing.length > 0) {
      const nulls = missing.map(({ name, type }) => `NULL::${type} AS "${name}"`).join(", ")
      const [row] = yield* sql<{ readonly name: string }>`SELECT current_database() AS name`
      const from = `"${(row?.name ?? "").replaceAll('"', '""')}".main."${name}"`
      yield* sql.unsafe(`CREATE TEMP VIEW "${name}" AS SELECT rowid, *, ${nulls} FROM ${from}`)
    }
  }
})

const versionIn = (sql: DuckDbClient, versions: string) =>
  Effect.map(
    sql.unsafe<Version>(`SELECT major, minor FROM "${versions}" ORDER BY major DESC, minor DESC LIMIT 1`),
    ([found = { major: 0, minor: 0 }]) => found
  )

interface Column {
  readonly name: string
  readonly type: string
}

/** The columns of the table of words: a slice of the filter of a block, or, without a slice, a block that has none yet. */
const wordColumns: ReadonlyArray<Column> = [
  { name: "block", type: "BIGINT" },
  { name: "earliest", type: "BIGINT" },
  { name: "latest", type: "BIGINT" },
  { name: "slice", type: "UTINYINT" },
  { name: "bits", type: "BLOB" }
]

/** Rows that somebody has brought from another file are in no block of this one. */
const migrateWords = Effect.fnUntraced(function* (
  sql: DuckDbClient,
  { quoted }: Table,
  { block, table }: Words,
  stored: ReadonlyArray<Column>
) {
  if (stored.length > 0)
    yield* checkTable(
      table,
      stored,
      wordColumns.map(({ name }) => name),
      differsFrom(wordColumns)
    )
  yield* sql.unsafe(`CREATE TABLE IF NOT EXISTS "${table}" (${definition(wordColumns)})`)
  const unknown = `${block} IS NOT NULL AND ${block} NOT IN (SELECT block FROM "${table}")`
  const found = yield* sql.unsafe(`SELECT 1 FROM ${quoted} WHERE ${unknown} LIMIT 1`)
  if (found.length > 0) yield* sql.unsafe(`UPDATE ${quoted} SET ${block} = NULL WHERE ${unknown}`)
})

/** The columns of a table, with those that are no part of a record. */
const columnsIn = ({ columns, words }: Table): ReadonlyArray<Column> =>
  words === undefined ? columns : [...columns, { name: words.block, type: "BIGINT" }]

const versionColumns: ReadonlyArray<Column> = [
  { name: "major", type: "INTEGER" },
  { name: "minor", type: "INTEGER" },
  { name: "since", type: "TIMESTAMP" }
]

/** The columns of the tables under the prefix. */
const columnsOf = (sql: DuckDbClient, prefix: string) =>
  sql<Column & { readonly table: string }>`
    SELECT table_name AS "table", column_name AS name, data_type AS type FROM duckdb_columns()
    WHERE database_name = current_database() AND schema_name = current_schema()
      AND starts_with(table_name, ${`${prefix}mastra_ai_`})`

/** A table that is there has the columns that no release has added since. */
const check = (table: Table, stored: ReadonlyArray<Column>) =>
  stored.length === 0
    ? Effect.void
    : checkTable(
        table.name,
        stored,
        [...table.key, table.time, ...computedAtFirst(table.layout)],
        differsFrom(columnsIn(table))
      )

const computedAtFirst = ({ computed }: Table["layout"]): ReadonlyArray<string> =>
  Object.keys(computed).filter((column) => computed[column]?.since === undefined)

const differsFrom =
  (columns: ReadonlyArray<Column>) =>
  ({ name, type }: Column): boolean =>
    columns.some((column) => column.name === name && column.type !== type)

const definition = (columns: ReadonlyArray<Column>): string =>
  columns.map(({ name, type }) => `"${name}" ${type}`).join(", ")

/** Adds the columns that a table of an earlier version lacks. */
const addColumns = (sql: DuckDbClient, table: Table, stored: ReadonlyArray<Column>): Effect.Effect<void, SqlError> =>
  Effect.forEach(
    columnsIn(table).filter(({ name }) => stored.length > 0 && !stored.some((column) => column.name === name)),
    (column) => sql.unsafe(`ALTER TABLE ${table.quoted} ADD COLUMN ${definition([column])}`),
    { discard: true }
  )
