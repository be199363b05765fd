/**
 * `npm run demo -- [--replay FILE] [--db FILE]`: replays our own transcript with an airline in memory, or another
 * transcript with the tool results that are recorded in it. Without `--db` it writes a new file in the temporary folder.
 */
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { FileSystem } from "@effect/platform"
import { NodeContext, NodeRuntime } from "@effect/platform-node"
import { Console, Effect } from "effect"
import { demo } from "./Demo.js"

const { values } = parseArgs({ options: { replay: { type: "string" }, db: { type: "string" } } })

const main = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const db = values.db ?? `${yield* fs.makeTempDirectory({ prefix: "airline-" })}/airline.duckdb`
  yield* demo({
    transcript: values.replay ?? fileURLToPath(new URL("transcript.json", import.meta.url)),
    tools: values.replay === undefined ? "live" : "recorded",
    db
  })
  yield* Console.log(`\nRecorded in ${db}`)
})

NodeRuntime.runMain(Effect.provide(main, NodeContext.layer), { disablePrettyLogger: true })
