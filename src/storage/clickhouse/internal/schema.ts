/**
 * The tables, and how a database comes to have them. A release only ever adds columns and indexes, and then raises
 * `minor`; a change that an older release could not read raises `major`.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { newerTables, storageError } from "../../internal/errors.js"
import type { StorageError } from "../../StorageError.js"
import {
  type Columns,
  columnsOf,
  logColumns,
  logPayload,
  sessionColumns,
  spanColumns,
  spanPayload,
  versionColumns
} from "./columns.js"
import type { Connection } from "./connection.js"

const version = { major: 1, minor: 0 }

interface Table {
  readonly columns: Columns
  readonly payload?: Columns
  /** The columns by which a table of that name is known to be ours. */
  readonly key: ReadonlyArray<string>
  readonly engine: string
  readonly orderBy: string
  readonly partitionBy?: string
  /** Decides on which shard of a cluster a row is kept. */
  readonly shardBy: string
  readonly time?: string
  readonly indexes?: Readonly<Record<string, string>>
  readonly settings?: string
}

/** By block, and before that by 64 blocks at once, so that few blocks of a large table need a look. */
const indexOf = (index: string, column: string, falsePositives: number) => {
  const bloom = `${column} TYPE bloom_filter(${falsePositives}) GRANULARITY`
  return { [`${index}_coarse`]: `${bloom} 64`, [index]: `${bloom} 1` }
}
const indexes = { ...indexOf("idx_session_id", "SessionId", 0.01), ...indexOf("idx_trace_id", "TraceId", 0.001) }

/** Most reads take few rows from far apart: a read of one row then unpacks little beside it. */
const rowSettings =
  "index_granularity = 512, min_compress_block_size = 16384, max_compress_block_size = 65536, " +
  "ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1"

/** Counted from the epoch. Functions of dates have no answer for the times at the ends. */
const week = (time: string) => `intDiv(toUnixTimestamp64Second(${time}), 604800)`

const tables = {
  spans: {
    columns: spanColumns,
    payload: spanPayload,
    key: ["TraceId", "SpanId", "StartTime"],
    engine: "ReplacingMergeTree(Version)",
    partitionBy: week("StartTime"),
    orderBy: "StartTime, TraceId, SpanId",
    shardBy: "cityHash64(TraceId)",
    time: "StartTime",
    indexes,
    settings: rowSettings
  },
  logs: {
    columns: logColumns,
    payload: logPayload,
    key: ["LogId", "Timestamp"],
    engine: "ReplacingMergeTree(Version)",
    partitionBy: week("Timestamp"),
    orderBy: "Timestamp, LogId",
    shardBy: "cityHash64(ifNull(TraceId, LogId))",
    time: "Timestamp",
    indexes,
    settings: rowSettings
  },
  sessions: {
    columns: sessionColumns,
    key: ["SessionId"],
    engine: "AggregatingMergeTree",
    orderBy: "SessionId",
    shardBy: "rand()",
    time: "LastActivity"
  },
  schema: {
    columns: versionColumns,
    key: ["Major", "Minor"],
    engine: "ReplacingMergeTree",
    orderBy: "Major, Minor",
    shardBy: "0"
  }
} as const satisfies Readonly<Record<string, Table>>

type TableName = keyof typeof tables

const tableNames = Object.keys(tables) as ReadonlyArray<TableName>

export interface Options {
  readonly tablePrefix: string
  readonly cluster: string | undefined
  /** In seconds. */
  readonly retention: Option.Option<number>
}

/** The names in statements: of the tables that are asked, and of those that hold the rows, which are others on a cluster. */
export const names = (database: string, { cluster, tablePrefix }: Omit<Options, "retention">) => {
  const named = (suffix: string) => {
    const of = (table: TableName) => `${quote(database)}.${quote(`${tablePrefix}mastra_ai_${table}${suffix}`)}`
    return { spans: of("spans"), logs: of("logs"), sessions: of("sessions"), schema: of("schema") }
  }
  return {
    ...named(""),
    local: named(cluster === undefined ? "" : "_local"),
    ofSpans: `${quote(database)}.${quote(`${tablePrefix}mastra_ai_sessions_of_spans`)}`,
    ofLogs: `${quote(database)}.${quote(`${tablePrefix}mastra_ai_sessions_of_logs`)}`,
    onCluster: cluster === undefined ? "" : ` ON CLUSTER ${quote(cluster)}`
  }
}

export type Names = ReturnType<typeof names>

/** The statements that make all tables. */
export const creation = (database: string, options: Options): ReadonlyArray<string> => {
  const name = names(database, options)
  const { cluster } = options
  const view = (view: string, table: "spans" | "logs") =>
    `CREATE MATERIALIZED VIEW IF NOT EXISTS ${view}${name.onCluster} TO ${name.local.sessions} AS ${sessionsOf[table](name.local)}`
  return [
    ...tableNames.flatMap((table) => {
      const create = createTable(name.local[table], tables[table], name.onCluster, options)
      return cluster === undefined
        ? [create]
        : [
            create,
            `CREATE TABLE IF NOT EXISTS ${name[table]}${name.onCluster} AS ${name.local[table]} ` +
              `ENGINE = Distributed(${[cluster, database, `${options.tablePrefix}mastra_ai_${table}_local`].map(text).join(", ")}, ${tables[table].shardBy})`
          ]
    }),
    view(name.ofSpans, "spans"),
    view(name.ofLogs, "logs")
  ]
}

/** The sessions of the rows of a table. */
const sessionsOf = {
  spans: ({ spans }: Pick<Names, "spans">) =>
    "SELECT SessionId, min(StartTime) AS FirstActivity, max(greatest(StartTime, ifNull(EndTime, StartTime))) AS LastActivity " +
    `FROM ${spans} WHERE SessionId != '' GROUP BY SessionId`,
  logs: ({ logs }: Pick<Names, "logs">) =>
    "SELECT SessionId, min(Timestamp) AS FirstActivity, max(Timestamp) AS LastActivity " +
    `FROM ${logs} WHERE SessionId != '' GROUP BY SessionId`
}

/** Creates or completes the tables, and gives their names. What is there and is not ours is left as it is. */
export const migrate = Effect.fnUntraced(function* (connection: Connection, options: Options) {
  const { rows, sql } = connection
  const run = (statement: string) => connection.run(sql.literal(statement))
  const [current] = yield* rows<{ readonly database: string }>(sql`SELECT currentDatabase() AS database`)
  const database = current?.database ?? "default"
  const name = names(database, options)
  const parts = options.cluster === undefined ? [""] : ["_local", ""]
  const ours = tableNames.flatMap((table) =>
    parts.map((part) => ({
      table,
      name: `${options.tablePrefix}mastra_ai_${table}${part}`,
      holdsRows: part === parts[0]
    }))
  )
  const stored = yield* rows<Stored>(sql`
    SELECT table, name, type, default_kind AS kind FROM system.columns
    WHERE database = ${sql.param("String", database)}
      AND table IN ${sql.param(
        "Array(String)",
        ours.map((each) => each.name)
      )}`)
  const storedIn = (table: string) => stored.filter((row) => row.table === table)
  for (const each of ours) yield* checkTable(each.name, storedIn(each.name), tables[each.table])

  const wasThere = (table: TableName) => stored.some((row) => row.table === `${options.tablePrefix}mastra_ai_${table}`)
  const known = wasThere("schema")
    ? yield* rows<typeof version>(
        sql`SELECT Major AS major, Minor AS minor FROM ${sql.literal(name.schema)} ORDER BY Major DESC, Minor DESC LIMIT 1`
      )
    : []
  const found = known[0] ?? { major: 0, minor: 0 }
  if (found.major > version.major) return yield* newerTables(found, version)

  for (const each of ours) {
    const present = storedIn(each.name)
    if (present.length === 0) continue
    const alter = `ALTER TABLE ${quote(database)}.${quote(each.name)}${name.onCluster}`
    for (const column of columnsOf(tables[each.table], each.holdsRows)) {
      if (present.some((row) => row.name === column.name)) continue
      yield* run(`${alter} ADD COLUMN IF NOT EXISTS ${column.sql}`)
      if (column.isComputed && each.holdsRows) {
        yield* Effect.logInfo(`Rows of before will be read faster after: ${alter} MATERIALIZE COLUMN ${column.name}`)
      }
    }
  }
  if (!tableNames.every(wasThere) || found.major === 0) {
    yield* Effect.forEach(creation(database, options), run, { discard: true })
  }
  yield* setRetention(connection, name, database, options)
  if (found.major === version.major && found.minor >= version.minor) return name
  for (const table of ["spans", "logs"] as const) {
    if (wasThere(table)) yield* addIndexes(connection, name, table, database, options)
  }
  if (wasThere("spans")) yield* run(`INSERT INTO ${name.sessions} ${sessionsOf.spans(name)}`)
  if (wasThere("logs")) yield* run(`INSERT INTO ${name.sessions} ${sessionsOf.logs(name)}`)
  yield* run(`INSERT INTO ${name.schema} VALUES (${version.major}, ${version.minor}, now())`)
  return name
})

interface Stored {
  readonly table: string
  readonly name: string
  readonly type: string
  /** Whence its values come, where they are not written. */
  readonly kind: "" | "DEFAULT" | "MATERIALIZED" | "EPHEMERAL" | "ALIAS"
}

/** A table is ours when it has the key columns, and all that it shares with ours is what it is in ours. */
const checkTable = (
  table: string,
  present: ReadonlyArray<Stored>,
  { columns, key, payload = {} }: Table
): Effect.Effect<void, StorageError> => {
  if (present.length === 0) return Effect.void
  const foreign =
    key.find((column) => !present.some((row) => row.name === column)) ??
    present.find(({ kind, name, type }) =>
      Object.hasOwn(payload, name)
        ? kind !== "ALIAS"
        : Object.hasOwn(columns, name) && (columns[name] !== type || !(kind === "" || kind === "DEFAULT"))
    )?.name
  return foreign === undefined
    ? Effect.void
    : storageError(
        "Incompatible",
        `the table "${table}" belongs to another program, or to a version that was never released (column "${foreign}"): ` +
          "it was left alone. " +
          "Give this storage tables of its own with the option tablePrefix"
      )
}

/** Adds the indexes that an older table lacks; the rows that it has already are not indexed before somebody asks for it. */
const addIndexes = Effect.fnUntraced(function* (
  { rows, run, sql }: Connection,
  name: Names,
  table: "spans" | "logs",
  database: string,
  { cluster, tablePrefix }: Options
) {
  const local = `${tablePrefix}mastra_ai_${table}${cluster === undefined ? "" : "_local"}`
  const present = yield* rows<{ readonly name: string }>(sql`
    SELECT name FROM system.data_skipping_indices
    WHERE database = ${sql.param("String", database)} AND table = ${sql.param("String", local)}`)
  // Each is put before those that are there.
  for (const [index, definition] of Object.entries(tables[table].indexes).reverse()) {
    if (present.some((row) => row.name === index)) continue
    const alter = `ALTER TABLE ${name.local[table]}${name.onCluster}`
    yield* run(sql.literal(`${alter} ADD INDEX IF NOT EXISTS ${index} ${definition} FIRST`))
    yield* Effect.logInfo(`Rows of before will be found faster after: ${alter} MATERIALIZE INDEX ${index}`)
  }
})

/** Gives existing tables the retention of the options, and says so, since another program may have chosen another. */
const setRetention = Effect.fnUntraced(function* (
  { rows, run, sql }: Connection,
  name: Names,
  database: string,
  { cluster, retention, tablePrefix }: Options
) {
  const wanted = Option.map(retention, capped)
  for (const table of ["spans", "logs"] as const) {
    const local = `${tablePrefix}mastra_ai_${table}${cluster === undefined ? "" : "_local"}`
    const [found] = yield* rows<{ readonly seconds: string }>(sql`
      SELECT extract(engine_full, 'toIntervalSecond\\((\\d+)\\)') AS seconds FROM system.tables
      WHERE database = ${sql.param("String", database)} AND name = ${sql.param("String", local)}`)
    if (found === undefined || found.seconds === Option.getOrElse(Option.map(wanted, String), () => "")) continue
    const alter = `ALTER TABLE ${name.local[table]}${name.onCluster}`
    if (Option.isNone(wanted)) {
      yield* Effect.logWarning(
        `${name.local[table]} goes on dropping what is older than ${found.seconds} seconds: a program before asked for ` +
          `that retention, and this one asks for none. To keep records: ${alter} REMOVE TTL`
      )
      continue
    }
    yield* Effect.logWarning(
      `The retention of ${name.local[table]} is now ${wanted.value} seconds; it was ${found.seconds || "not limited"}`
    )
    yield* run(sql.literal(`${alter} MODIFY ${ttl(tables[table], wanted.value)}`))
    yield* run(
      sql.literal(`ALTER TABLE ${name.local.sessions}${name.onCluster} MODIFY ${ttl(tables.sessions, wanted.value)}`)
    )
  }
})

const createTable = (table: string, definition: Table, onCluster: string, { cluster, retention }: Options): string => {
  const { engine, indexes = {}, orderBy, partitionBy, settings, time } = definition
  const parts = [
    ...columnsOf(definition, true).map((column) => column.sql),
    ...Object.entries(indexes).map(([name, index]) => `INDEX ${name} ${index}`)
  ]
  return [
    `CREATE TABLE IF NOT EXISTS ${table}${onCluster} (${parts.join(", ")})`,
    `ENGINE = ${cluster === undefined ? "" : "Replicated"}${engine}`,
    ...(partitionBy === undefined ? [] : [`PARTITION BY ${partitionBy}`]),
    `ORDER BY (${orderBy})`,
    ...(time === undefined
      ? []
      : Option.toArray(Option.map(retention, (seconds) => ttl({ partitionBy, time }, seconds)))),
    ...(settings === undefined ? [] : [`SETTINGS ${settings}`])
  ].join(" ")
}

/**
 * A time beyond what a `DateTime` can hold counts as its nearest. Sessions stay as long as a row of them can, which goes
 * with the last of its week.
 */
const ttl = (
  { partitionBy, time }: { readonly partitionBy?: string | undefined; readonly time: string },
  seconds: number
): string => {
  const age = capped(seconds + (partitionBy === undefined ? 14 * 86_400 : 0))
  return `TTL toDateTime(least(greatest(toUnixTimestamp64Second(${time}), 0), ${latest - age})) + toIntervalSecond(${age})`
}

const latest = 2 ** 32 - 1

const capped = (seconds: number): number => Math.min(Math.ceil(seconds), latest)

const quote = (identifier: string): string => `"${identifier.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`

const text = (value: string): string => `'${value.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`
