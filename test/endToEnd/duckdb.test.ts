import { spawn } from "node:child_process"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Option } from "effect"
import { Observability, SessionId, Storage, TracingOptions } from "effect-observability"
import { DuckDbStorage } from "effect-observability/duckdb"
import { label } from "../../src/testing/contract/utils.js"
import { folder } from "../utils/folder.js"
import { all } from "../utils/pages.js"

const file = Effect.map(folder, (folder) => join(folder, "agents.duckdb"))

const session = SessionId.SessionId.make("session")

const recording = (path: string) =>
  Observability.layer({ serviceName: "test" }).pipe(Layer.provide(DuckDbStorage.layer({ path })))

/** Asks a file that nobody else has open. */
const ask = <A>(path: string, question: (storage: Storage.StorageService) => Effect.Effect<A, Storage.StorageError>) =>
  Effect.flatMap(Storage.Storage, question).pipe(Effect.provide(DuckDbStorage.layer({ path })))

describe("a program recorded into a DuckDB file", () => {
  it.scopedLive("that closes at once has stored all of its 95 spans", () =>
    Effect.gen(function* () {
      const path = yield* file
      yield* Effect.void.pipe(
        Effect.withSpan("span"),
        Effect.replicateEffect(95),
        SessionId.withSessionId(session),
        Effect.provide(recording(path))
      )
      const summary = yield* ask(path, (storage) => storage.getSession(session))
      assert.strictEqual(Option.getOrThrow(summary).spans, 95)
    })
  )

  it.scopedLive("keeps 200 good spans beside values that no store can keep as they are", () =>
    Effect.gen(function* () {
      const path = yield* file
      const odd = (name: string, value: unknown) =>
        Effect.log(name, value).pipe(Effect.withSpan(name, { attributes: { value } }))
      const program = Effect.gen(function* () {
        for (let i = 0; i < 100; i++) yield* Effect.void.pipe(Effect.withSpan("good"))
        yield* odd("nul \u0000 byte", "a\u0000b")
        yield* odd("lone \ud800 surrogate", "a\ud800b")
        yield* odd("invalid date", new Date(Number.NaN))
        yield* odd("not finite", Number.POSITIVE_INFINITY)
        yield* odd("large", 2n ** 70n)
        for (let i = 0; i < 100; i++) yield* Effect.void.pipe(Effect.withSpan("good"))
        const { flush, stats } = yield* Observability.Observability
        yield* flush
        return yield* stats
      }).pipe(SessionId.withSessionId(session))
      const stats = yield* Effect.provide(program, recording(path))
      assert.strictEqual(stats.spans.storage?.emitted, 205)
      assert.strictEqual(stats.spans.storage?.exported, 205)
      assert.strictEqual(stats.logs.storage?.exported, 5)
      const spans = yield* ask(path, (storage) =>
        all((pagination) => storage.listSpans({ filters: { sessionId: session }, pagination }))
      )
      const values = Object.fromEntries(
        spans.filter(({ name }) => name !== "good").map((_) => [_.name, _.attributes.value])
      )
      assert.deepStrictEqual(values, {
        "nul \u0000 byte": "a\u0000b",
        "lone \ufffd surrogate": "a\ufffdb",
        "invalid date": "Invalid Date",
        "not finite": "Infinity",
        large: "1180591620717411303424"
      })
      assert.strictEqual(spans.length, 205)
    })
  )

  it.scopedLive("shows a span while it runs, and once when it has ended", () =>
    Effect.gen(function* () {
      const path = yield* file
      const live = Layer.provideMerge(
        Observability.layer({ serviceName: "test", batch: { scheduledDelay: "50 millis" } }),
        DuckDbStorage.layer({ path })
      )
      const statuses = Effect.flatMap(Storage.Storage, (storage) =>
        Effect.map(storage.listSpans({ filters: { name: "long" } }), ({ items }) => items.map((_) => _.status))
      )
      yield* Effect.gen(function* () {
        const running = yield* statuses.pipe(
          Effect.zipLeft(Effect.sleep("10 millis")),
          Effect.repeat({ until: (found) => found.length > 0 }),
          Effect.withSpan("long")
        )
        assert.deepStrictEqual(running, ["running"])
        yield* Effect.flatMap(Observability.Observability, (_) => _.flush)
        assert.deepStrictEqual(yield* statuses, ["ok"])
      }).pipe(Effect.provide(live))
    })
  )

  it.scopedLive("is asked by its session: spans, logs, options and all", () =>
    Effect.gen(function* () {
      const path = yield* file
      const turn = (text: string) =>
        Effect.log(text).pipe(
          Effect.withSpan("execute_tool search", { attributes: { "gen_ai.operation.name": "execute_tool" } }),
          Effect.withSpan("turn")
        )
      const conversation = Effect.forEach(["one", "two"], turn).pipe(
        TracingOptions.withTracingOptions({ sessionId: session, userId: "ada", tags: ["beta"] })
      )
      const other = turn("elsewhere").pipe(SessionId.withNewSessionId)
      yield* Effect.all([conversation, other, turn("nowhere")], { concurrency: 3 }).pipe(
        Effect.provide(recording(path))
      )
      const { summary, timeline, traces } = yield* ask(path, (storage) =>
        Effect.all({
          summary: storage.getSession(session),
          traces: storage.listTraces({ filters: { sessionId: session, tags: ["beta"] } }),
          timeline: storage.sessionTimeline({ sessionId: session })
        })
      )
      const { errors, logs, spans, traces: count, users } = Option.getOrThrow(summary)
      assert.deepStrictEqual(
        { count, spans, logs, errors, users },
        { count: 2, spans: 4, logs: 2, errors: 0, users: ["ada"] }
      )
      assert.strictEqual(traces.items.length, 2)
      assert.deepStrictEqual(timeline.items.map(label), ["turn", "one", "turn", "two"])
    })
  )

  it.scopedLive("that is killed leaves a file that opens, with every flushed span whole", () =>
    Effect.gen(function* () {
      for (const afterLines of [1, 5, 20]) {
        const path = yield* file
        const flushed = yield* killedAfter(path, afterLines)
        const spans = yield* ask(path, (storage) =>
          all((pagination) => storage.listSpans({ filters: { sessionId: "ingest" }, pagination }))
        )
        const indexes = new Set(spans.map((span) => span.attributes.index))
        assert.isAtLeast(flushed, afterLines * 250)
        for (let index = 0; index < flushed; index++) assert.isTrue(indexes.has(index), `span ${index} of ${flushed}`)
        assert.strictEqual(indexes.size, spans.length)
        for (const span of spans) {
          assert.strictEqual(span.name, `span-${span.attributes.index}`)
          assert.deepStrictEqual(span.attributes.nested, { list: [1, 2, 3] })
          assert.strictEqual(String(span.attributes.payload).length, 600)
        }
      }
    })
  )
})

/** How many spans a process had flushed when it was killed, at some moment after it had printed so many lines. */
const killedAfter = (path: string, lines: number) =>
  Effect.async<number>((resume) => {
    const script = fileURLToPath(new URL("./ingest.ts", import.meta.url))
    const child = spawn(process.execPath, ["--import", "tsx", script, path], { stdio: ["ignore", "pipe", "inherit"] })
    let out = ""
    child.stdout.on("data", (chunk) => {
      out += chunk
      if (out.split("\n").length > lines) setTimeout(() => child.kill("SIGKILL"), lines * 3)
    })
    child.on("close", () => resume(Effect.succeed(Number(out.trim().split("\n").at(-1)))))
    return Effect.sync(() => child.kill("SIGKILL"))
  })
