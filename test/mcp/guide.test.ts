/** The answer that docs/mcp.md shows is the one that a client gets. `UPDATE_GOLDEN=1` writes it. */
import { readFileSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { assert, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { Storage } from "effect-observability"
import * as Store from "./store.js"
import { call, Endpoint, httpClient, httpLayer } from "./utils.js"

const guide = fileURLToPath(new URL("../../docs/mcp.md", import.meta.url))
const block = /(?<=^`read_session` with `\{ "session_id": "support" \}`:\n\n```text\n)(?:(?!```).*\n)*/m

it.scopedLive("the guide shows what read_session answers", () =>
  Effect.gen(function* () {
    yield* Store.fillSupport
    const context = yield* Layer.build(httpLayer)
    const client = yield* Effect.flatMap(Endpoint, (url) => httpClient(url)).pipe(Effect.provide(context))
    const { text } = yield* call(client, "read_session", { session_id: "support" })
    const written = readFileSync(guide, "utf8")
    if (process.env["UPDATE_GOLDEN"] !== undefined)
      writeFileSync(
        guide,
        written.replace(block, () => `${text}\n`)
      )
    assert.strictEqual(block.exec(readFileSync(guide, "utf8"))?.[0], `${text}\n`)
  }).pipe(Effect.provide(Storage.layerMemory))
)
