import { spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Storage } from "effect-observability"
import { DuckDbStorage } from "effect-observability/duckdb"

const script = fileURLToPath(new URL("./orderRunner.ts", import.meta.url))

/** Runs a process until it ends, or kills it once it prints a line. */
const run = (options: { readonly killOn?: string }, ...args: ReadonlyArray<string>) =>
  Effect.async<NodeJS.Signals | number | null>((resume) => {
    const child = spawn(process.execPath, ["--import", "tsx", script, ...args], {
      stdio: ["ignore", "pipe", "inherit"]
    })
    child.stdout.on("data", (chunk) => {
      if (options.killOn !== undefined && String(chunk).includes(options.killOn)) child.kill("SIGKILL")
    })
    child.on("close", (code, signal) => resume(Effect.succeed(signal ?? code)))
    return Effect.sync(() => child.kill("SIGKILL"))
  })

const spansIn = (path: string) =>
  Effect.flatMap(Storage.Storage, (storage) => storage.listSpans({ pagination: { limit: 1_000 } })).pipe(
    Effect.map(
      ({ items }) =>
        (name: string) =>
          items.filter((span) => span.name === name)
    ),
    Effect.provide(DuckDbStorage.layer({ path }))
  )

describe("a workflow on a cluster, whose runner was killed within an activity", () => {
  it.scopedLive(
    "goes on in another process, in the session and the trace that it was started in",
    () =>
      Effect.gen(function* () {
        const folder = yield* Effect.acquireRelease(
          Effect.sync(() => mkdtempSync(join(tmpdir(), "effect-observability-"))),
          (folder) => Effect.sync(() => rmSync(folder, { recursive: true }))
        )
        const messages = join(folder, "messages.db")
        const [first, second] = [join(folder, "first.duckdb"), join(folder, "second.duckdb")]
        assert.strictEqual(yield* run({ killOn: "shipping" }, "start", messages, first), "SIGKILL")
        assert.strictEqual(yield* run({}, "resume", messages, second), 0)

        const byFirst = yield* spansIn(first)
        const bySecond = yield* spansIn(second)
        const [ask] = byFirst("ask")
        assert.strictEqual(ask?.sessionId, "ada")
        assert.strictEqual(byFirst("bank").length, 1)
        for (const name of ["invoke_workflow Order", "charge", "ship", "carrier", "decision", "refund"]) {
          const spans = bySecond(name)
          assert.isNotEmpty(spans, name)
          for (const { sessionId, traceId } of spans) {
            assert.deepStrictEqual({ sessionId, traceId }, { sessionId: "ada", traceId: ask?.traceId }, name)
          }
        }
        assert.isEmpty(bySecond("bank"))
        assert.deepStrictEqual(
          bySecond("charge").map((span) => span.attributes["effect_observability.replay"]),
          [true, true]
        )
        assert.deepStrictEqual(
          bySecond("ship").map((span) => span.attributes["effect_observability.replay"]),
          [true, undefined]
        )
        assert.strictEqual(bySecond("answer")[0]?.sessionId, "bob")
      }),
    60_000
  )
})
