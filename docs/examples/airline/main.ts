/**
 * `npm run demo -- [--replay FILE] [--db FILE | --clickhouse URL] [--open]`: replays our own transcript with an airline in memory,
 * or another transcript with the tool results that are recorded in it. It writes a new DuckDB file in the temporary
 * folder, or the one given, or to ClickHouse: http://USER:PASSWORD@HOST:8123/DATABASE. With `--open` it is shown in a browser
 * until Ctrl-C.
 */
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { Command, FileSystem } from "@effect/platform"
import { NodeContext, NodeRuntime } from "@effect/platform-node"
import { Console, Effect } from "effect"
import { ClickhouseStorage } from "effect-observability/clickhouse"
import { DuckDbStorage } from "effect-observability/duckdb"
import { demo } from "./Demo.js"

const { values } = parseArgs({
  options: {
    replay: { type: "string" },
    db: { type: "string" },
    clickhouse: { type: "string" },
    open: { type: "boolean", default: false }
  }
})

/** Where it is recorded, and how that is called. */
const storage = Effect.gen(function* () {
  if (values.clickhouse !== undefined) {
    return {
      layer: ClickhouseStorage.layer({ url: values.clickhouse }),
      name: new URL(values.clickhouse).host,
      variable: { EFFECT_OBSERVABILITY_CLICKHOUSE: values.clickhouse }
    }
  }
  const fs = yield* FileSystem.FileSystem
  const path = values.db ?? `${yield* fs.makeTempDirectory({ prefix: "airline-" })}/airline.duckdb`
  return { layer: DuckDbStorage.layer({ path }), name: path, variable: { EFFECT_OBSERVABILITY_DB: path } }
})

/** The command line, which serves what was recorded, as any user would start it. The store is named by a variable. */
const opened = (variable: Readonly<Record<string, string>>) =>
  Command.make(
    process.execPath,
    "--import",
    "tsx",
    file("../../../src/cli/main.ts"),
    "serve",
    "--port",
    "0",
    "--open"
  ).pipe(
    Command.env(variable),
    Command.stdin("inherit"),
    Command.stdout("inherit"),
    Command.stderr("inherit"),
    Command.exitCode
  )

const file = (path: string) => fileURLToPath(new URL(path, import.meta.url))

const main = Effect.gen(function* () {
  const { layer, name, variable } = yield* storage
  yield* demo({
    transcript: values.replay ?? file("transcript.json"),
    tools: values.replay === undefined ? "live" : "recorded",
    storage: layer
  })
  yield* Console.log(`\nRecorded in ${name}`)
  if (values.open) yield* opened(variable)
})

NodeRuntime.runMain(Effect.provide(main, NodeContext.layer), { disablePrettyLogger: true })
