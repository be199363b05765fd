/** A process that begins on a spool beside others: it stores what it gets, and some spans of its own, in its own file. */
import * as fs from "node:fs"
import { NodeRuntime } from "@effect/platform-node"
import { Effect, Layer } from "effect"
import { Storage } from "effect-observability"
import { emit, quietly, recording } from "./fault.js"

const [, , directory = "", path = "", from = ""] = process.argv

const storage = Storage.make({
  insertSpans: (spans) => Effect.sync(() => fs.appendFileSync(path, spans.map(({ name }) => `${name}\n`).join(""))),
  insertLogs: () => Effect.void
})

NodeRuntime.runMain(
  emit(Number(from), Number(from) + 100, 100).pipe(
    Effect.zipRight(Effect.never),
    Effect.provide(Layer.provide(recording({ spool: { directory } }), Layer.succeed(Storage.Storage, storage))),
    Effect.provide(quietly)
  )
)
