/** A storage over HTTP for many tests: opened once for a file of tests, and emptied for each. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createClient } from "@clickhouse/client"
import { afterAll } from "@effect/vitest"
import { Effect, Exit, Layer, Redacted, Scope } from "effect"
import { signalNames } from "../../src/signal/signals.js"
import * as ClickhouseStorage from "../../src/storage/clickhouse/ClickhouseStorage.js"
import { type TableName, tables } from "../../src/storage/clickhouse/internal/tables.js"
import { Storage } from "../../src/storage/Storage.js"
import * as ClickhouseServer from "./clickhouseServer.js"

const path = mkdtempSync(join(tmpdir(), "clickhouse-contract-"))
process.once("exit", () => rmSync(path, { recursive: true, force: true }))

const cluster = "two_shards"

/** On which of the shards a row is read. Where no shard is asked, and nothing is distributed, all rows are. */
const shardOf = (table: TableName): string => {
  const { shardBy } = tables[table]
  // Rows of sessions are wherever those of their spans and logs are, so that any shard may have any of them.
  return `shardNum() IN (0, 1 + ${shardBy === "rand()" ? "cityHash64(SessionId, FirstActivity)" : shardBy} % 2)`
}

const shards = (database: string): string =>
  `{${Object.keys(tables)
    .map((table) => `'${database}.mastra_ai_${table}_local': '${shardOf(table as TableName)}'`)
    .join()}}`

/** An empty storage each time it is built, of a cluster of two shards. */
export const layer = (): Layer.Layer<Storage, unknown> => {
  const scope = Effect.runSync(Scope.make())
  afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))
  const opened = Effect.gen(function* () {
    const { password, url, username } = yield* ClickhouseServer.make({ path, cluster })
    const storage = yield* ClickhouseStorage.make({
      url,
      username,
      password: Redacted.make(password),
      settings: { max_threads: 1, additional_table_filters: shards("default") as never },
      timeout: "100 seconds",
      cluster
    })
    const client = createClient({ url, username, password })
    const empty = Effect.forEach([...signalNames, "sessions"], (table) =>
      Effect.promise(() => client.command({ query: `TRUNCATE TABLE mastra_ai_${table}_local` }))
    )
    return Effect.as(empty, storage)
  }).pipe(Scope.extend(scope), Effect.cached, Effect.runSync)
  return Layer.effect(Storage, Effect.flatten(opened))
}
