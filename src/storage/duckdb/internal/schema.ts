/**
 * The tables, and how a file comes to have them. A release only ever adds columns and indexes, and then raises `minor`; a
 * change that an older release could not read raises `major`.
 */
import type { SqlError } from "@effect/sql/SqlError"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import { newerTables, storageError } from "../../internal/errors.js"
import type { StorageError } from "../../StorageError.js"
import type { DuckDbClient } from "../DuckDbClient.js"

const version = { major: 1, minor: 0 }

/** The correlation of spans and logs, in the order of their rows. */
const correlation = {
  session_id: "VARCHAR",
  thread_id: "VARCHAR",
  run_id: "VARCHAR",
  request_id: "VARCHAR",
  resource_id: "VARCHAR",
  user_id: "VARCHAR",
  organization_id: "VARCHAR",
  conversation_id: "VARCHAR",
  service_name: "VARCHAR",
  environment: "VARCHAR",
  tags: "JSON",
  metadata: "JSON"
} as const

/** The fields of a span, and in which type they are kept. */
export const spanColumns = {
  trace_id: "VARCHAR",
  span_id: "VARCHAR",
  parent_span_id: "VARCHAR",
  parent_is_remote: "BOOLEAN",
  trace_state: "VARCHAR",
  name: "VARCHAR",
  kind: "VARCHAR",
  span_type: "VARCHAR",
  status: "VARCHAR",
  status_message: "VARCHAR",
  start_time: "BIGINT",
  end_time: "BIGINT",
  ...correlation,
  model: "VARCHAR",
  provider: "VARCHAR",
  input_tokens: "BIGINT",
  output_tokens: "BIGINT",
  cost_usd: "DOUBLE",
  attributes: "JSON",
  events: "JSON",
  links: "JSON",
  resource: "JSON",
  dropped: "JSON"
} as const

/**
 * What is computed from a span for the sake of queries: the trace id folded to 32 bits, to find a trace without reading
 * strings; the same again on entry spans alone, where an index on it is small; and whether the span was replayed.
 */
export const spanKeys = {
  trace_key: "BIGINT",
  entry_key: "BIGINT",
  replayed: "BOOLEAN"
} as const

/** The fields of a log, and in which type they are kept. */
export const logColumns = {
  log_id: "VARCHAR",
  timestamp: "BIGINT",
  level: "VARCHAR",
  message: "VARCHAR",
  data: "JSON",
  attributes: "JSON",
  log_spans: "JSON",
  cause: "VARCHAR",
  trace_id: "VARCHAR",
  span_id: "VARCHAR",
  ...correlation
} as const

/** The quoted names of the tables and indexes under a prefix. */
export const names = (prefix: string) => ({
  spans: `"${prefix}mastra_ai_spans"`,
  logs: `"${prefix}mastra_ai_logs"`,
  versions: `"${prefix}mastra_ai_schema"`,
  spansSession: `"${prefix}idx_spans_session_id"`,
  spansEntry: `"${prefix}idx_spans_entry_key"`,
  logsSession: `"${prefix}idx_logs_session_id"`
})

export type Names = ReturnType<typeof names>

/** Creates or completes the tables. What is there and is not ours is left as it is. */
export const migrate = Effect.fnUntraced(function* (sql: DuckDbClient, prefix: string) {
  const name = names(prefix)
  const stored = yield* columnsOf(sql, prefix)
  yield* checkTable(`${prefix}mastra_ai_spans`, stored, spanColumns, ["trace_id", "span_id", "start_time"])
  yield* checkTable(`${prefix}mastra_ai_logs`, stored, logColumns, ["log_id", "timestamp"])
  yield* checkTable(`${prefix}mastra_ai_schema`, stored, { major: "INTEGER", minor: "INTEGER" }, ["major", "minor"])

  const run = (statement: string) => sql.unsafe(statement)
  yield* run(`CREATE TABLE IF NOT EXISTS ${name.versions} (major INTEGER, minor INTEGER, since TIMESTAMP)`)
  const found = yield* sql.unsafe<{ readonly major: number; readonly minor: number }>(
    `SELECT major, minor FROM ${name.versions} ORDER BY major DESC, minor DESC LIMIT 1`
  )
  const current = found[0] ?? { major: 0, minor: 0 }
  if (current.major > version.major) return yield* newerTables(current, version)
  yield* run(createTable(name.spans, { ...spanColumns, ...spanKeys }))
  yield* run(createTable(name.logs, logColumns))
  const added = yield* addColumns(sql, name.spans, stored.get(`${prefix}mastra_ai_spans`), {
    ...spanColumns,
    ...spanKeys
  })
  yield* addColumns(sql, name.logs, stored.get(`${prefix}mastra_ai_logs`), logColumns)
  if (added.some((column) => column in spanKeys)) yield* run(`UPDATE ${name.spans} SET ${computeKeys}`)
  yield* run(`CREATE INDEX IF NOT EXISTS ${name.spansSession} ON ${name.spans} (session_id)`)
  yield* run(`CREATE INDEX IF NOT EXISTS ${name.spansEntry} ON ${name.spans} (entry_key)`)
  yield* run(`CREATE INDEX IF NOT EXISTS ${name.logsSession} ON ${name.logs} (session_id)`)
  if (current.major < version.major || current.minor < version.minor) {
    yield* run(`INSERT INTO ${name.versions} VALUES (${version.major}, ${version.minor}, now()::TIMESTAMP)`)
  }
})

type Columns = Readonly<Record<string, string>>

/** The columns of the tables under the prefix, with their types. */
const columnsOf = Effect.fnUntraced(function* (sql: DuckDbClient, prefix: string) {
  const rows = yield* sql<{ readonly table_name: string; readonly column_name: string; readonly data_type: string }>`
    SELECT table_name, column_name, data_type FROM duckdb_columns()
    WHERE database_name = current_database() AND schema_name = current_schema()
      AND starts_with(table_name, ${`${prefix}mastra_ai_`})`
  return new Map(Object.entries(Arr.groupBy(rows, (row) => row.table_name)))
})

type Stored = Effect.Effect.Success<ReturnType<typeof columnsOf>>

/** A table is ours when it has the key columns, and all that it shares with ours has our types. */
const checkTable = (
  table: string,
  stored: Stored,
  columns: Columns,
  key: ReadonlyArray<string>
): Effect.Effect<void, StorageError> => {
  const present = stored.get(table)
  if (present === undefined) return Effect.void
  const foreign =
    key.find((column) => !present.some((row) => row.column_name === column)) ??
    present.find((row) => columns[row.column_name] !== undefined && columns[row.column_name] !== row.data_type)
      ?.column_name
  return foreign === undefined
    ? Effect.void
    : storageError(
        "Incompatible",
        `the table "${table}" belongs to another program (column "${foreign}"): it was left alone. ` +
          "Give this storage tables of its own with the option tablePrefix"
      )
}

const createTable = (table: string, columns: Columns): string =>
  `CREATE TABLE IF NOT EXISTS ${table} (${Object.entries(columns)
    .map(([name, type]) => `${name} ${type}`)
    .join(", ")})`

/** Adds the columns that a table of an earlier version lacks, and gives their names. */
const addColumns = (
  sql: DuckDbClient,
  table: string,
  present: ReadonlyArray<{ readonly column_name: string }> | undefined,
  columns: Columns
): Effect.Effect<Array<string>, SqlError> => {
  if (present === undefined) return Effect.succeed([])
  const known = new Set(present.map((row) => row.column_name))
  const missing = Object.entries(columns).filter(([name]) => !known.has(name))
  return Effect.forEach(missing, ([name, type]) =>
    Effect.as(sql.unsafe(`ALTER TABLE ${table} ADD COLUMN ${name} ${type}`), name)
  )
}

/** The four words of a trace id, folded into one by XOR. */
export const traceKey = (traceId: string): number => {
  let key = 0
  for (let i = 0; i < 32; i++) {
    const code = traceId.charCodeAt(i)
    key ^= (code - (code < 58 ? 48 : 87)) << (28 - 4 * (i % 8))
  }
  return key >>> 0
}

const traceKeySql = [1, 9, 17, 25]
  .map((start) => `('0x' || substr(trace_id, ${start}, 8))::UINTEGER`)
  .reduce((left, right) => `xor(${left}, ${right})`)

const computeKeys = `
  trace_key = ${traceKeySql},
  entry_key = CASE WHEN parent_span_id IS NULL OR parent_is_remote THEN ${traceKeySql} END,
  replayed = coalesce(attributes->>'/effect_observability.replay' = 'true', false)`
