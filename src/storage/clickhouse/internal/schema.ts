/**
 * Migration: the tables are made or completed when a storage is opened. A release only ever adds tables, columns and
 * indexes, and then raises `minor`; a change that an older release could not read raises `major`.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { logInfo, logWarning } from "../../../runtime/annotated.js"
import { type SignalName, signalNames } from "../../../signal/signals.js"
import { checkTable, checkVersion } from "../../sql/tables.js"
import { version } from "../../sql/version.js"
import type { Connection } from "./connection.js"
import { number, text } from "./row.js"
import {
  activeSignals,
  capped,
  columnsOf,
  creation,
  localSuffix,
  type Names,
  names,
  type Options,
  quote,
  sessionsOf,
  type TableName,
  tableNames,
  tables,
  ttl
} from "./tables.js"
import * as WholeView from "./wholeView.js"

/** The database of a connection, and what the tables in it are called. */
interface Place {
  readonly connection: Connection
  readonly database: string
  readonly name: Names
  readonly options: Options
}

/** Creates or completes the tables, and gives their names. What is there and is not ours is left as it is. */
export const migrate = Effect.fnUntraced(function* (connection: Connection, options: Options) {
  const { rows, run, sql } = connection
  const [current] = yield* rows({ database: text }, sql`SELECT currentDatabase() AS database`)
  const database = current?.database ?? "default"
  const name = names(database, options)
  const place: Place = { connection, database, name, options }
  const stored = yield* storedTables(place)
  for (const { columns, table, title } of stored) yield* checkTable(title, columns, tables[table].key, isForeign(table))

  const wasThere = (table: TableName) =>
    stored.some(({ title }) => title === `${options.tablePrefix}mastra_ai_${table}`)
  const [found = { major: 0, minor: 0 }] = wasThere("schema")
    ? yield* rows(
        { major: number, minor: number },
        sql`SELECT Major AS major, Minor AS minor FROM ${sql.literal(name.schema)} ORDER BY Major DESC, Minor DESC LIMIT 1`
      )
    : []
  yield* checkVersion(found, version)

  for (const each of stored) yield* addColumns(place, each)
  if (!tableNames.every(wasThere) || found.major === 0) {
    yield* Effect.forEach(creation(database, options), (statement) => run(sql.literal(statement)), { discard: true })
  }
  for (const signal of signalNames) yield* setRetention(place, signal)
  if (found.major === version.major && found.minor >= version.minor) return name
  for (const table of tableNames) if (wasThere(table)) yield* addIndexes(place, table)
  // The views keep the sessions of the rows that come; those of before are counted once.
  for (const signal of activeSignals) {
    if (wasThere(signal) && !(wasThere("sessions") && found.major > 0)) {
      yield* run(sql.literal(`INSERT INTO ${name.sessions} ${sessionsOf(signal, name)}`))
    }
  }
  // Nothing of the storage needs it, and something of another program may have its name.
  yield* Effect.catchAll(run(sql.literal(WholeView.creation(name))), ({ message }) =>
    logWarning("ClickhouseStorage")(`The view of whole spans could not be made. ${message}`)
  )
  yield* run(sql.literal(`INSERT INTO ${name.schema} VALUES (${version.major}, ${version.minor}, now())`))
  return name
})

interface StoredColumn {
  readonly name: string
  readonly type: string
  /** The origin of its values, where they are not written: `ALIAS`, `DEFAULT`, … */
  readonly kind: string
}

/** A table that is there already. */
interface StoredTable {
  readonly table: TableName
  readonly title: string
  readonly holdsRows: boolean
  readonly columns: ReadonlyArray<StoredColumn>
}

const storedTables = Effect.fnUntraced(function* ({ connection: { rows, sql }, database, options }: Place) {
  const local = localSuffix(options.cluster)
  const possible = tableNames.flatMap((table) =>
    Array.from(new Set([local, ""]), (suffix) => ({
      table,
      title: `${options.tablePrefix}mastra_ai_${table}${suffix}`,
      holdsRows: suffix === local
    }))
  )
  const titles = possible.map(({ title }) => title)
  const columns = yield* rows(
    { table: text, name: text, type: text, kind: text },
    sql`
    SELECT table, name, type, default_kind AS kind FROM system.columns
    WHERE database = ${sql.param("String", database)} AND table IN ${sql.param("Array(String)", titles)}`
  )
  return possible.flatMap((each): ReadonlyArray<StoredTable> => {
    const found = columns.filter(({ table }) => table === each.title)
    return found.length === 0 ? [] : [{ ...each, columns: found }]
  })
})

/** Whether a column has a name of ours and is something else. */
const isForeign =
  (table: TableName) =>
  ({ kind, name, type }: StoredColumn): boolean => {
    const { aliases, columns } = tables[table]
    if (aliases.some((alias) => alias.name === name)) return kind !== "ALIAS"
    const column = columns.find((column) => column.name === name)
    return column !== undefined && (column.type !== type || !(kind === "" || kind === "DEFAULT"))
  }

/** Adds the columns that an older table lacks. Its rows have what an absent field has, or the default. */
const addColumns = Effect.fnUntraced(function* (
  { connection: { run, sql }, database, name }: Place,
  { columns: present, holdsRows, table, title }: StoredTable
) {
  for (const column of columnsOf(tables[table], holdsRows)) {
    if (present.some((row) => row.name === column.name)) continue
    const alter = `ALTER TABLE ${quote(database)}.${quote(title)}${name.onCluster}`
    yield* run(sql.literal(`${alter} ADD COLUMN IF NOT EXISTS ${column.sql}`))
  }
})

/** Adds the indexes that an older table lacks; the rows that it has already are not indexed before somebody asks for it. */
const addIndexes = Effect.fnUntraced(function* (
  { connection: { rows, run, sql }, database, name, options }: Place,
  table: TableName
) {
  const local = `${options.tablePrefix}mastra_ai_${table}${localSuffix(options.cluster)}`
  const present = yield* rows(
    { name: text },
    sql`
    SELECT name FROM system.data_skipping_indices
    WHERE database = ${sql.param("String", database)} AND table = ${sql.param("String", local)}`
  )
  // The new ones are put before those that are there.
  for (const [index, definition] of Object.entries(tables[table].indexes ?? {}).reverse()) {
    if (present.some((row) => row.name === index)) continue
    const alter = `ALTER TABLE ${name.local[table]}${name.onCluster}`
    yield* run(sql.literal(`${alter} ADD INDEX IF NOT EXISTS ${index} ${definition} FIRST`))
    yield* logInfo("ClickhouseStorage")(
      `Rows of before will be found faster after: ${alter} MATERIALIZE INDEX ${index}`
    )
  }
})

/** Gives an existing table the retention of the options, and says so, since another program may have chosen another. */
const setRetention = Effect.fnUntraced(function* (
  { connection: { rows, run, sql }, database, name, options }: Place,
  signal: SignalName
) {
  const wanted = Option.map(options.retention, capped)
  const local = `${options.tablePrefix}mastra_ai_${signal}${localSuffix(options.cluster)}`
  const [found] = yield* rows(
    { seconds: text },
    sql`
    SELECT extract(engine_full, 'toIntervalSecond\\((\\d+)\\)') AS seconds FROM system.tables
    WHERE database = ${sql.param("String", database)} AND name = ${sql.param("String", local)}`
  )
  if (found === undefined || found.seconds === Option.getOrElse(Option.map(wanted, String), () => "")) return
  if (Option.isNone(wanted)) {
    return yield* logWarning("ClickhouseStorage")(
      `${name.local[signal]} goes on dropping what is older than ${found.seconds} seconds: a program before asked for ` +
        `that retention, and this one asks for none. To keep records: ALTER TABLE ${name.local[signal]}${name.onCluster} REMOVE TTL`
    )
  }
  yield* logWarning("ClickhouseStorage")(
    `The retention of ${name.local[signal]} is now ${wanted.value} seconds; it was ${found.seconds || "not limited"}`
  )
  for (const table of [signal, "sessions", "messages"] as const) {
    yield* run(
      sql.literal(`ALTER TABLE ${name.local[table]}${name.onCluster} MODIFY ${ttl(tables[table], wanted.value)}`)
    )
  }
})
