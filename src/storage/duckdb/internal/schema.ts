/**
 * How a file comes to have the tables. A release only ever adds tables, columns and indexes, so an older one can go on with
 * what a newer one has made.
 */
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import { checkTable, checkVersion, type Version } from "../../sql/tables.js"
import { version } from "../../sql/version.js"
import type { DuckDbClient } from "../DuckDbClient.js"
import type { Table, Tables } from "./table.js"

/** Creates or completes the tables. What is there and is not ours is left as it is. */
export const migrate = Effect.fnUntraced(function* (sql: DuckDbClient, tables: Tables, prefix: string) {
  const versions = `${prefix}mastra_ai_schema`
  const columns = yield* columnsOf(sql, prefix)
  const storedIn = (table: string) => columns.filter((column) => column.table === table)
  for (const table of Object.values(tables)) yield* check(table, storedIn(table.name))
  if (storedIn(versions).length > 0) {
    yield* checkTable(versions, storedIn(versions), ["major", "minor"], differsFrom(versionColumns))
  }
  yield* sql.unsafe(`CREATE TABLE IF NOT EXISTS "${versions}" (${definition(versionColumns)})`)
  const [found = { major: 0, minor: 0 }] = yield* sql.unsafe<Version>(
    `SELECT major, minor FROM "${versions}" ORDER BY major DESC, minor DESC LIMIT 1`
  )
  yield* checkVersion(found, version)
  for (const table of Object.values(tables)) {
    yield* sql.unsafe(`CREATE TABLE IF NOT EXISTS ${table.quoted} (${definition(table.columns)})`)
    yield* addColumns(sql, table, storedIn(table.name))
    for (const column of table.layout.indexes) {
      const index = `${prefix}idx_${table.signal.name}_${column}`
      yield* sql.unsafe(`CREATE INDEX IF NOT EXISTS "${index}" ON ${table.quoted} (${column})`)
    }
  }
  if (found.major < version.major || found.minor < version.minor) {
    yield* sql.unsafe(`INSERT INTO "${versions}" VALUES (${version.major}, ${version.minor}, now()::TIMESTAMP)`)
  }
})

interface Column {
  readonly name: string
  readonly type: string
}

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
const check = ({ columns, key, layout, name, time }: Table, stored: ReadonlyArray<Column>) =>
  stored.length === 0
    ? Effect.void
    : checkTable(name, stored, [...key, time, ...computedAtFirst(layout)], differsFrom(columns))

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
    table.columns.filter(({ name }) => stored.length > 0 && !stored.some((column) => column.name === name)),
    (column) => sql.unsafe(`ALTER TABLE ${table.quoted} ADD COLUMN ${definition([column])}`),
    { discard: true }
  )
