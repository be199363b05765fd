/**
 * The tables, and the statements that make them.
 */
import * as Option from "effect/Option"
import { perSignal, type SignalName, signalNames } from "../../../signal/signals.js"
import { type Alias, type Column, codecOf, time } from "./columns.js"
import { type Layout, layouts } from "./layouts.js"
import * as Words from "./words.js"

interface Table {
  readonly columns: ReadonlyArray<Pick<Column, "name" | "type" | "default" | "codec">>
  readonly aliases: ReadonlyArray<Alias>
  /** The columns by which a table of that name is known to be ours. */
  readonly key: ReadonlyArray<string>
  readonly engine: string
  readonly orderBy: string
  readonly partitionBy?: string
  /** Decides on which shard of a cluster a row is kept. */
  readonly shardBy: string
  /** The column by which rows are dropped. */
  readonly time?: string
  readonly indexes?: { readonly [name: string]: string }
  /** The texts in which words are looked for, in lower case, as they are indexed. */
  readonly searched?: string
  readonly settings?: string
}

/** Most reads take few rows from far apart: a read of one row then unpacks little beside it. */
const rowSettings =
  "index_granularity = 512, min_compress_block_size = 16384, max_compress_block_size = 65536, " +
  "ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1"

/** Counted from the epoch. Functions of dates have no answer for the times at the ends. */
const week = (time: string) => `intDiv(toUnixTimestamp64Second(${time}), 604800)`

const tableOf = ({ aliases, columns, indexes, key, shardBy, time }: Layout): Table => ({
  columns,
  aliases,
  key: [...key, time, "Record"],
  engine: "ReplacingMergeTree(Version)",
  partitionBy: week(time),
  orderBy: [time, ...key].join(", "),
  shardBy,
  time,
  indexes,
  settings: rowSettings
})

const searchedInMessages = Words.searchedIn("Body")

export type TableName = SignalName | "messages" | "sessions" | "schema"

export const tables: { readonly [N in TableName]: Table } = {
  ...perSignal((_, name) => tableOf(layouts[name])),
  // Messages of one owner are side by side: a span needs many of them.
  messages: {
    columns: [
      { name: "Owner", type: "String" },
      { name: "Hash", type: "String" },
      { name: "IsList", type: "Bool" },
      { name: "KeptUntil", type: time },
      { name: "Body", type: "String", codec: "CODEC(ZSTD(3))" },
      Words.column
    ],
    aliases: [],
    key: ["Owner", "Hash", "KeptUntil", "Body"],
    engine: "ReplacingMergeTree(KeptUntil)",
    orderBy: "Owner, Hash",
    shardBy: "cityHash64(Owner)",
    time: "KeptUntil",
    indexes: Words.indexOf(searchedInMessages),
    searched: searchedInMessages,
    settings: "index_granularity = 512"
  },
  // Minimum and maximum are idempotent: a record that is inserted twice does not change them.
  sessions: {
    columns: [
      { name: "SessionId", type: "String" },
      { name: "FirstActivity", type: `SimpleAggregateFunction(min, ${time})` },
      { name: "LastActivity", type: `SimpleAggregateFunction(max, ${time})` }
    ],
    aliases: [],
    key: ["SessionId"],
    engine: "AggregatingMergeTree",
    orderBy: "SessionId",
    shardBy: "rand()",
    time: "LastActivity"
  },
  schema: {
    columns: [
      { name: "Major", type: "UInt16" },
      { name: "Minor", type: "UInt16" },
      { name: "Since", type: "DateTime" }
    ],
    aliases: [],
    key: ["Major", "Minor"],
    engine: "ReplacingMergeTree",
    orderBy: "Major, Minor",
    shardBy: "0"
  }
}

export const tableNames: ReadonlyArray<TableName> = [...signalNames, "messages", "sessions", "schema"]

/** The signals whose records are activity of their sessions. */
export const activeSignals = signalNames.filter((name) => layouts[name].activity !== undefined)

export interface Options {
  readonly tablePrefix: string
  readonly cluster: string | undefined
  /** Seconds. */
  readonly retention: Option.Option<number>
}

type NameOf = { readonly [N in TableName]: string }

/** The names in statements: of the tables that are asked, and of those that hold the rows, which are others on a cluster. */
export interface Names extends NameOf {
  readonly local: NameOf
  readonly onCluster: string
  /** The view that keeps the sessions of a signal. */
  readonly viewOf: (signal: SignalName) => string
  /** The view of whole spans. */
  readonly whole: string
}

export const names = (database: string, { cluster, tablePrefix }: Omit<Options, "retention">): Names => {
  const of = (what: string) => `${quote(database)}.${quote(`${tablePrefix}mastra_ai_${what}`)}`
  const all = (suffix: string): NameOf => ({
    ...perSignal((_, name) => of(name + suffix)),
    messages: of(`messages${suffix}`),
    sessions: of(`sessions${suffix}`),
    schema: of(`schema${suffix}`)
  })
  return {
    ...all(""),
    local: all(localSuffix(cluster)),
    onCluster: cluster === undefined ? "" : ` ON CLUSTER ${quote(cluster)}`,
    viewOf: (signal) => of(`sessions_of_${signal}`),
    whole: of("spans_whole")
  }
}

/** The end of the names of tables that hold rows. */
export const localSuffix = (cluster: string | undefined): string => (cluster === undefined ? "" : "_local")

/** The statements that make all tables. */
export const creation = (database: string, options: Options): ReadonlyArray<string> => {
  const name = names(database, options)
  const { cluster } = options
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
    ...activeSignals.map(
      (signal) =>
        `CREATE MATERIALIZED VIEW IF NOT EXISTS ${name.viewOf(signal)}${name.onCluster} TO ${name.local.sessions} AS ${sessionsOf(signal, name.local)}`
    )
  ]
}

/** The sessions of the rows of a table, and when they were active. */
export const sessionsOf = (signal: SignalName, name: NameOf): string => {
  const { activity, time } = layouts[signal]
  return (
    `SELECT SessionId, min(${time}) AS FirstActivity, max(${activity}) AS LastActivity ` +
    `FROM ${name[signal]} WHERE SessionId != '' GROUP BY SessionId`
  )
}

/** The columns of a table, in SQL; only one that holds rows has codecs. */
export const columnsOf = ({ aliases, columns }: Table, holdsRows: boolean) => [
  ...columns.map(({ codec, default: value, name, type }) => {
    const sql = [`${name} ${type}`, value && `DEFAULT ${value}`, holdsRows && (codec ?? codecOf(type))]
    return { name, sql: sql.filter(Boolean).join(" ") }
  }),
  ...aliases.map(({ name, type, value }) => ({ name, sql: `${name} ${type} ALIAS ${value}` }))
]

const createTable = (table: string, definition: Table, onCluster: string, { cluster, retention }: Options): string => {
  const { engine, indexes = {}, orderBy, partitionBy, settings } = definition
  const parts = [
    ...columnsOf(definition, true).map((column) => column.sql),
    ...Object.entries(indexes).map(([name, index]) => `INDEX ${name} ${index}`)
  ]
  return [
    `CREATE TABLE IF NOT EXISTS ${table}${onCluster} (${parts.join(", ")})`,
    `ENGINE = ${cluster === undefined ? "" : "Replicated"}${engine}`,
    ...(partitionBy === undefined ? [] : [`PARTITION BY ${partitionBy}`]),
    `ORDER BY (${orderBy})`,
    ...Option.toArray(Option.flatMapNullable(retention, (seconds) => ttl(definition, seconds))),
    ...(settings === undefined ? [] : [`SETTINGS ${settings}`])
  ].join(" ")
}

/**
 * The TTL of a table whose rows are ever dropped. A time beyond what a `DateTime` can hold counts as its nearest. Sessions
 * stay as long as a row of them can, which goes with the last of its week.
 */
export const ttl = ({ partitionBy, time }: Table, seconds: number): string | undefined => {
  if (time === undefined) return undefined
  const age = capped(seconds + (partitionBy === undefined ? 14 * 86_400 : 0))
  return `TTL toDateTime(least(greatest(toUnixTimestamp64Second(${time}), 0), ${latest - age})) + toIntervalSecond(${age})`
}

const latest = 2 ** 32 - 1

export const capped = (seconds: number): number => Math.min(Math.ceil(seconds), latest)

export const quote = (identifier: string): string => `"${identifier.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`

const text = (value: string): string => `'${value.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`
