/**
 * `npm run demo -- [--replay FILE] [--db FILE | --clickhouse URL]`: replays our own transcript with an airline in memory,
 * or another transcript with the tool results that are recorded in it. It writes a new DuckDB file in the temporary
 * folder, or the one given, or to ClickHouse: http://USER:PASSWORD@HOST:8123/DATABASE.
 */
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { FileSystem } from "@effect/platform"
import { NodeContext, NodeRuntime } from "@effect/platform-node"
import { Console, Effect } from "effect"
import { ClickhouseStorage } from "effect-observability/clickhouse"
import { DuckDbStorage } from "effect-observability/duckdb"
import { demo } from "./Demo.js"

const { values } = parseArgs({
  options: { replay: { type: "string" }, db: { type: "string" }, clickhouse: { type: "string" } }
})

/** Where it is recorded, and how that is called. */
const storage = Effect.gen(function* () {
  if (values.clickhouse !== undefined) {
    return { layer: ClickhouseStorage.layer({ url: values.clickhouse }), name: new URL(values.clickhouse).host }
  }
  const fs = yield* FileSystem.FileSystem
  const path = values.db ?? `${yield* fs.makeTempDirectory({ prefix: "airline-" })}/airline.duckdb`
  return { layer: DuckDbStorage.layer({ path }), name: path }
})

const main = Effect.gen(function* () {
  const { layer, name } = yield* storage
  yield* demo({
    transcript: values.replay ?? fileURLToPath(new URL("transcript.json", import.meta.url)),
    tools: values.replay === undefined ? "live" : "recorded",
    storage: layer
  })
  yield* Console.log(`\nRecorded in ${name}`)
})

NodeRuntime.runMain(Effect.provide(main, NodeContext.layer), { disablePrettyLogger: true })
