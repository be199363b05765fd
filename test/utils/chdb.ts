/**
 * ClickHouse for tests: the engine itself within this process, as the connection of a client; or, where CLICKHOUSE_URL is
 * set, that server.
 */
import { randomUUID } from "node:crypto"
import { mkdtempSync, rmSync } from "node:fs"
import { writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { buffer } from "node:stream/consumers"
import { ClickhouseClient } from "@effect/sql-clickhouse"
import { Effect, Layer } from "effect"
import { signalNames } from "../../src/signal/signals.js"
import * as ClickhouseStorage from "../../src/storage/clickhouse/ClickhouseStorage.js"
import type * as Storage from "../../src/storage/Storage.js"

type Connection = NonNullable<ClickhouseClient.ClickhouseClientConfig["connection"]>

const url = process.env["CLICKHOUSE_URL"]

/** Undefined where chdb cannot be installed. */
const chdb = url === undefined ? await import("chdb/connection").catch(() => undefined) : undefined

/** Whether there is a ClickHouse to test with. */
export const isAvailable = url !== undefined || chdb !== undefined

/** Whether that is a server of somebody's. */
export const isServer = url !== undefined

let shared: Connection | undefined

/** The one connection of this process: chdb has one data directory, which stays open until the process ends. */
export const connection = (): Connection => {
  if (shared !== undefined) return shared
  if (chdb === undefined) throw new Error("chdb cannot be loaded")
  const path = mkdtempSync(join(tmpdir(), "chdb-"))
  process.once("exit", () => rmSync(path, { recursive: true, force: true }))
  // It has the types of another copy of the same interface.
  const engine = chdb.createChdbConnection({ path }) as unknown as Connection
  const applied = new Map<string, unknown>()
  /** Settings stick to the connection of chdb, so only those that change are set, and none that forbids to write. */
  const changed = <P extends { readonly clickhouse_settings?: object }>(params: P): P => {
    const settings = Object.entries(params.clickhouse_settings ?? {}).filter(
      ([name, value]) => name !== "readonly" && applied.get(name) !== value
    )
    for (const [name, value] of settings) applied.set(name, value)
    return { ...params, clickhouse_settings: Object.fromEntries(settings) }
  }
  shared = {
    query: (params) => engine.query(changed(params)),
    command: (params) => engine.command(changed(params)),
    insert: (params) => engine.insert(params),
    ping: (params) => engine.ping(params),
    close: () => Promise.resolve(),
    // The connection of chdb takes no binary rows but from a file.
    async exec({ values, ...params }) {
      const into = /^(INSERT INTO .*) FORMAT RowBinary$/s.exec(params.query)?.[1]
      if (into === undefined || values === undefined)
        return await engine.exec(changed({ ...params, ...(values && { values }) }))
      const file = join(path, `insert-${randomUUID()}.bin`)
      await writeFile(file, typeof values === "string" ? values : await buffer(values))
      try {
        return await engine.exec({ ...changed(params), query: `${into} SELECT * FROM file('${file}', RowBinary)` })
      } finally {
        rmSync(file)
      }
    }
  }
  return shared
}

/** A client of ClickHouse. */
export const layerClient = Layer.unwrapEffect(
  Effect.sync(() => ClickhouseClient.layer(url === undefined ? { connection: connection() } : { url }))
)

const tables = [
  "sessions_of_spans",
  "sessions_of_logs",
  "spans_whole",
  ...signalNames,
  "messages",
  "sessions",
  "schema"
]

let made = 0

/** A prefix that nobody else has, for tables that are dropped when the scope closes. */
export const freshPrefix = Effect.gen(function* () {
  const sql = yield* ClickhouseClient.ClickhouseClient
  return yield* Effect.acquireRelease(
    Effect.sync(() => `t${process.pid}_${++made}_`),
    (prefix) =>
      Effect.forEach(tables, (table) =>
        Effect.orDie(sql.asCommand(sql.unsafe(`DROP TABLE IF EXISTS "${prefix}mastra_ai_${table}"`)))
      )
  )
})

/** Prefixes of tables that are there and empty. To make tables takes longer than most tests. */
const emptied: Array<string> = []

/** Tables that nobody else has, emptied for the next when the scope closes; those on a server are dropped. */
const emptyTables =
  url === undefined
    ? Effect.flatMap(ClickhouseClient.ClickhouseClient, (sql) =>
        Effect.acquireRelease(
          Effect.sync(() => emptied.pop() ?? `t${process.pid}_${++made}_`),
          (prefix) =>
            Effect.forEach([...signalNames, "messages", "sessions"], (table) =>
              Effect.orDie(sql.asCommand(sql.unsafe(`TRUNCATE TABLE IF EXISTS "${prefix}mastra_ai_${table}"`)))
            ).pipe(Effect.zipRight(Effect.sync(() => emptied.push(prefix))))
        )
      )
    : freshPrefix

/** An empty storage each time it is built. */
export const layer = (): Layer.Layer<Storage.Storage, unknown> =>
  Layer.unwrapScoped(Effect.map(emptyTables, (tablePrefix) => ClickhouseStorage.layerClient({ tablePrefix }))).pipe(
    Layer.provide(layerClient)
  )
