/**
 * Programs as users write them, and what they find in the store afterwards: on each engine, asked after the program has
 * closed.
 */
import { createServer } from "node:http"
import { join } from "node:path"
import { LanguageModel } from "@effect/ai"
import { HttpRouter, HttpServer, HttpServerResponse } from "@effect/platform"
import { NodeHttpServer } from "@effect/platform-node"
import { assert, describe, it, vi } from "@effect/vitest"
import { Clock, Data, Effect, Either, Layer, Option, Stream } from "effect"
import { Agent, Observability, SessionId, type SignalProcessor, Storage } from "effect-observability"
import { GenAi } from "effect-observability/ai"
import { DuckDbStorage } from "effect-observability/duckdb"
import * as Chdb from "../utils/chdb.js"
import { folder } from "../utils/folder.js"

vi.setConfig({ testTimeout: 60_000 })

const engines = [
  [
    "DuckDB",
    Layer.unwrapScoped(Effect.map(folder, (path) => DuckDbStorage.layer({ path: join(path, "a.duckdb") }))),
    true
  ],
  ["ClickHouse", Layer.suspend(() => Chdb.layer()), Chdb.isAvailable]
] as const

const session = SessionId.SessionId.make("s")

const oldestFirst = { orderBy: { field: "time", direction: "asc" } } as const

type Config = Partial<Extract<Parameters<typeof Observability.layer>[0], { readonly processors?: unknown }>>

/** A model that always answers with these parts. */
const answering = (parts: ReadonlyArray<object> | Stream.Stream<object>) => {
  const model = Effect.suspend(() =>
    LanguageModel.make({
      generateText: () => Effect.succeed(parts as never),
      streamText: () => (Array.isArray(parts) ? Stream.fromIterable(parts) : parts) as never
    })
  )
  return GenAi.layer({ captureContent: true }).pipe(Layer.provide(Layer.effect(LanguageModel.LanguageModel, model)))
}

const finish = (usage: object, metadata: object = {}) => ({ type: "finish", reason: "stop", usage, metadata })

for (const [name, layer, isThere] of engines) {
  describe.skipIf(!isThere)(`a program that is recorded into ${name}`, () => {
    /** What the store answers once a program has run and its layer has closed. */
    const kept = <A, E, B>(
      program: Effect.Effect<A, E, Observability.Observability>,
      ask: (storage: Storage.StorageService) => Effect.Effect<B, Storage.StorageError>,
      config: Config = {}
    ) =>
      Effect.gen(function* () {
        const storage = yield* Storage.Storage
        yield* Effect.exit(program).pipe(
          Effect.provide(Observability.layer({ serviceName: "t", ...config } as never)),
          Effect.provideService(Storage.Storage, storage)
        )
        return yield* ask(storage)
      }).pipe(Effect.provide(layer))

    const spans = (storage: Storage.StorageService) => Effect.map(storage.listSpans(oldestFirst), ({ items }) => items)

    it.scopedLive("counts one failure once, however many spans it passes", () =>
      Effect.gen(function* () {
        const failing = Effect.fail(new Error("no seats")).pipe(
          Effect.withSpan("book"),
          Effect.withSpan("tool"),
          Effect.withSpan("model"),
          Effect.withSpan("agent"),
          Effect.withSpan("request")
        )
        const errors = (program: Effect.Effect<unknown, unknown>) =>
          kept(SessionId.withSessionId(program, session), (storage) =>
            Effect.map(
              storage.getSession("s"),
              Option.map((_) => [_.spans, _.errors])
            )
          )
        assert.deepStrictEqual(yield* errors(failing), Option.some([5, 1]))
        const another = Effect.catchAll(failing, () => Effect.fail(new Error("no refund"))).pipe(
          Effect.withSpan("refund")
        )
        assert.deepStrictEqual(yield* errors(another), Option.some([6, 2]))
      })
    )

    it.scopedLive("has the status of HTTP responses", () =>
      Effect.gen(function* () {
        const router = HttpRouter.empty.pipe(HttpRouter.get("/down", HttpServerResponse.text("down", { status: 503 })))
        const program = Effect.gen(function* () {
          yield* HttpServer.serveEffect(router)
          const { port } = (yield* HttpServer.HttpServer).address as { readonly port: number }
          for (const path of ["/down", "/none"]) {
            yield* Effect.promise(() => fetch(`http://127.0.0.1:${port}${path}`))
          }
        }).pipe(Effect.provide(NodeHttpServer.layer(createServer, { port: 0 })), Effect.scoped)
        const found = yield* kept(program, spans)
        assert.deepStrictEqual(
          found.map((_) => [_.attributes["http.response.status_code"], _.status, _.errorType, _.events.length]),
          [
            [503, "error", "503", 0],
            [404, "ok", undefined, 0]
          ]
        )
      })
    )

    it.scopedLive("takes ids and counts in the type they come in", () =>
      Effect.gen(function* () {
        const attributes = {
          "gen_ai.operation.name": "chat",
          "session.id": 4711,
          "user.id": 42,
          "gen_ai.usage.input_tokens": "123"
        }
        const [summary, [span]] = yield* kept(Effect.withSpan(Effect.void, "chat", { attributes }), (storage) =>
          Effect.all([storage.getSession("4711"), spans(storage)])
        )
        assert.isTrue(Option.isSome(summary))
        assert.deepStrictEqual([span?.sessionId, span?.userId, span?.inputTokens], ["4711", "42", 123])
      })
    )

    it.scopedLive("says why it failed: causes, fields and tags", () =>
      Effect.gen(function* () {
        class NoSeats extends Data.TaggedError("NoSeats")<{ readonly flight: string }> {}
        const errors = [
          new Error("query failed", { cause: new Error("no such relation") }),
          new NoSeats({ flight: "LO1" }),
          { _tag: "NotFound", id: 1 }
        ]
        const program = Effect.forEach(errors, (error) =>
          Effect.ignore(Effect.fail(error).pipe(Effect.withSpan("step")))
        )
        const found = yield* kept(program, spans)
        assert.deepStrictEqual(
          found.map((_) => _.errorType),
          ["Error", "NoSeats", "NotFound"]
        )
        const stacks = found.map((_) => String(_.events[0]?.attributes["exception.stacktrace"]))
        assert.include(stacks[0], "no such relation")
        assert.include(`${found[1]?.statusMessage} ${stacks[1]}`, "LO1")
      })
    )

    it.scopedLive("shows turns below a root that lives as long as the process", () =>
      Effect.gen(function* () {
        const turn = Effect.log("done").pipe(Effect.withSpan("turn"), SessionId.withSessionId(session))
        const [timeline, traces, summary] = yield* kept(
          Effect.zipRight(turn, turn).pipe(Effect.withSpan("worker")),
          (storage) =>
            Effect.all([
              storage.sessionTimeline({ sessionId: "s" }),
              storage.listTraces({ filters: { sessionId: "s" } }),
              storage.getSession("s")
            ])
        )
        assert.deepStrictEqual(
          timeline.items.map((item) => ("name" in item ? item.name : item.message)),
          ["turn", "done", "turn", "done"]
        )
        assert.deepStrictEqual(
          traces.items.map((_) => _.name),
          ["worker"]
        )
        assert.strictEqual(Option.getOrThrow(summary).turns, 2)
      })
    )

    it.scopedLive("lists a trace whose root a processor drops", () =>
      Effect.gen(function* () {
        const processors: Array<SignalProcessor.SignalProcessor> = [
          { name: "no-http", span: (_) => (_.name === "GET /" ? undefined : _) }
        ]
        const program = Effect.void.pipe(
          Effect.withSpan("turn"),
          Effect.withSpan("GET /"),
          SessionId.withSessionId(session)
        )
        const found = yield* kept(
          program,
          (storage) =>
            Effect.gen(function* () {
              const { spans, traces } = Option.getOrThrow(yield* storage.getSession("s"))
              const listed = yield* storage.listTraces({ filters: { sessionId: "s" } })
              const timeline = yield* storage.sessionTimeline({ sessionId: "s" })
              return [spans, traces, listed.items.length, timeline.items.length]
            }),
          { processors }
        )
        assert.deepStrictEqual(found, [1, 1, 1, 1])
      })
    )

    it.scopedLive("keeps of prompts what was asked for", () =>
      Effect.gen(function* () {
        const result = { flights: [{ legs: [{ from: { code: "WAW" } }] }] }
        const call = { type: "tool-result", id: "1", name: "search", isFailure: false, providerExecuted: false, result }
        const image = { type: "file", mediaType: "image/png", data: new Uint8Array(200_000) }
        const prompts: Array<unknown> = [
          [{ role: "tool", content: [call] }],
          [
            { role: "user", content: [image] },
            { role: "user", content: "What is on it?" }
          ]
        ]
        const program = Effect.forEach(prompts, (prompt) =>
          LanguageModel.generateText({ prompt: prompt as never })
        ).pipe(Effect.provide(answering([{ type: "text", text: "ok" }])))
        const texts = (yield* kept(program, spans)).map((_) => JSON.stringify(_.attributes["gen_ai.input.messages"]))
        assert.include(texts[0], "WAW")
        assert.include(texts[1], "What is on it?")
        assert.include(texts[1], "image/png")
        assert.isBelow(texts[1]?.length ?? 0, 1_000)
      })
    )

    it.scopedLive("keeps the newest messages of a long conversation, and says that some are missing", () =>
      Effect.gen(function* () {
        const input = Array.from({ length: 200 }, (_, turn) => ({
          role: "user",
          parts: [{ type: "text", content: `${turn}: ${"x".repeat(1_000)}` }]
        }))
        const [span] = yield* kept(Effect.void.pipe(Agent.model({ model: "m", input })), spans)
        const messages = span?.attributes["gen_ai.input.messages"] as ReadonlyArray<object>
        const text = JSON.stringify(messages)
        assert.isAtMost(text.length, 131_072 + 1_000)
        assert.include(text, "199: x")
        assert.isTrue(
          messages.every((message) => typeof message === "object" && "role" in message && "parts" in message)
        )
        assert.isAbove(span?.dropped?.attributes ?? 0, 0)
      })
    )

    it.scopedLive("counts tokens alike whatever the provider says", () =>
      Effect.gen(function* () {
        const call = (usage: object, metadata: object) =>
          Effect.provide(LanguageModel.generateText({ prompt: "hi" }), answering([finish(usage, metadata)]))
        const usage = {
          input_tokens: 12,
          output_tokens: 5,
          cache_read_input_tokens: 4000,
          cache_creation_input_tokens: 800
        }
        const anthropic = call(
          { inputTokens: 12, outputTokens: 5, totalTokens: 17, cachedInputTokens: 4000 },
          { anthropic: { usage } }
        )
        const google = call(
          { inputTokens: 10, outputTokens: 20, totalTokens: 130, reasoningTokens: 100 },
          { google: {} }
        )
        const found = yield* kept(Effect.zipRight(anthropic, google), spans)
        assert.deepStrictEqual(
          found.map((_) => [_.inputTokens, _.outputTokens, _.cachedInputTokens, _.cacheWriteTokens, _.reasoningTokens]),
          [
            [4812, 5, 4000, 800, undefined],
            [10, 120, undefined, undefined, 100]
          ]
        )
        assert.strictEqual(found[0]?.attributes["gen_ai.usage.cache_creation.input_tokens"], 800)
      })
    )

    it.scopedLive("sums the calls within a wrapper that has no usage", () =>
      Effect.gen(function* () {
        const call = LanguageModel.generateText({ prompt: "hi" }).pipe(
          Effect.provide(answering([finish({ inputTokens: 30, outputTokens: 12, totalTokens: 42 })]))
        )
        const program = Effect.all([call, call]).pipe(
          Agent.model({ model: "gpt-4o" }),
          SessionId.withSessionId(session)
        )
        const [summary, calls] = yield* kept(program, (storage) =>
          Effect.all([storage.getSession("s"), storage.listSpans({ filters: { spanType: "model_generation" } })])
        )
        assert.deepStrictEqual(
          Option.map(summary, (_) => [_.inputTokens, _.outputTokens]),
          Option.some([60, 24])
        )
        assert.lengthOf(calls.items, 2)
      })
    )

    it.scopedLive("keeps an answer that does not fit its schema", () =>
      Effect.gen(function* () {
        const { Schema } = yield* Effect.promise(() => import("effect"))
        const schema = Schema.Struct({ city: Schema.String })
        const usage = { inputTokens: 30, outputTokens: 12, totalTokens: 42 }
        const program = LanguageModel.generateObject({ prompt: "Where?", schema }).pipe(
          Effect.provide(answering([{ type: "text", text: "not json" }, finish(usage)]))
        )
        const [span] = yield* kept(program, spans)
        assert.deepStrictEqual([span?.status, span?.inputTokens, span?.outputTokens], ["error", 30, 12])
        assert.deepStrictEqual(span?.attributes["gen_ai.response.finish_reasons"], ["stop"])
        assert.include(JSON.stringify(span?.attributes["gen_ai.output.messages"]), `"content":"not json"`)
      })
    )

    it.scopedLive("fails a tool that fails by value", () =>
      Effect.gen(function* () {
        const refused = { isError: true, content: [{ type: "text", text: "no such file" }] }
        const program = Effect.all([
          Effect.succeed(refused).pipe(Agent.tool({ name: "mcp" })),
          Effect.succeed(Either.left("no such file")).pipe(Agent.tool({ name: "either", isFailure: Either.isLeft }))
        ])
        const found = yield* kept(program, spans)
        assert.deepStrictEqual(
          found.map((_) => [_.name, _.status, _.errorType]),
          [
            ["execute_tool mcp", "error", "tool_error"],
            ["execute_tool either", "error", "tool_error"]
          ]
        )
      })
    )

    it.scopedLive("tells the time to the first token of a stream", () =>
      Effect.gen(function* () {
        const delta = (delta: string, after: number) =>
          Stream.fromEffect(Effect.delay(Effect.succeed({ type: "text-delta", id: "1", delta }), after))
        const parts = Stream.make({ type: "text-start", id: "1" }).pipe(
          Stream.concat(delta("first", 300)),
          Stream.concat(delta("last", 300))
        )
        const program = LanguageModel.streamText({ prompt: "hi" }).pipe(
          Stream.runDrain,
          Effect.provide(answering(parts as Stream.Stream<object>))
        )
        const [span] = yield* kept(program, spans)
        const seconds = span?.attributes["gen_ai.response.time_to_first_chunk"] as number
        assert.isAtLeast(seconds, 0.29)
        assert.isBelow(seconds, 0.6)
        assert.isAtMost(Math.abs(Number(span?.timeToFirstToken) - seconds * 1e9), 1_000)
      })
    )

    it.scopedLive("keeps the causes and codes of errors that are logged", () =>
      Effect.gen(function* () {
        const failed = Object.assign(new Error("failed", { cause: new Error("why") }), { code: "E1", status: 429 })
        const both = new AggregateError([new Error("one"), new Error("two")], "both")
        const data = yield* kept(Effect.logError("no", failed, both), (storage) =>
          Effect.map(storage.listLogs(), ({ items }) => JSON.stringify(items[0]?.data))
        )
        for (const word of ["why", "E1", "429", "one", "two"]) assert.include(data, word)
      })
    )

    it.scopedLive("lists what starts at the same time in the order in which it was made", () =>
      Effect.gen(function* () {
        const still: Clock.Clock = {
          ...Clock.make(),
          unsafeCurrentTimeMillis: () => 1e12,
          unsafeCurrentTimeNanos: () => 10n ** 18n,
          currentTimeMillis: Effect.succeed(1e12)
        }
        const steps = Effect.forEach("abcdef", (name) => Effect.withSpan(Effect.void, name)).pipe(
          Effect.withSpan("turn")
        )
        const found = yield* kept(Effect.withClock(steps, still), spans)
        assert.strictEqual(found.map((_) => _.name).join(" "), "turn a b c d e f")
      })
    )

    it.scopedLive("keeps the schema of a tool that takes a password", () =>
      Effect.gen(function* () {
        const properties = {
          user: { type: "string" },
          password: { type: "string", description: "At least 8 characters" }
        }
        const definitions = [{ name: "login", parameters: { type: "object", properties, required: ["password"] } }]
        const attributes = { "gen_ai.tool.definitions": definitions }
        const [span] = yield* kept(Effect.withSpan(Effect.void, "chat", { attributes }), spans)
        assert.deepStrictEqual(span?.attributes["gen_ai.tool.definitions"], definitions)
      })
    )

    it.scopedLive("takes what the person stopped for interrupted", () =>
      Effect.gen(function* () {
        const stop = new AbortController()
        const call = Effect.tryPromise({
          try: () => fetch("http://127.0.0.1:9", { signal: stop.signal }),
          catch: (error) => error as DOMException
        })
        const program = Effect.sync(() => stop.abort()).pipe(Effect.zipRight(call), Effect.withSpan("chat"))
        const [span] = yield* kept(program, spans)
        assert.deepStrictEqual([span?.status, span?.errorType], ["interrupted", undefined])
      })
    )

    it.scopedLive("finds the model that was asked for and the one that answered", () =>
      Effect.gen(function* () {
        const program = Effect.void.pipe(
          Agent.model({ model: "gpt-4o", response: () => ({ model: "gpt-4o-2024-08-06" }) }),
          SessionId.withSessionId(session)
        )
        const found = yield* kept(program, (storage) =>
          Effect.forEach(["gpt-4o", "gpt-4o-2024-08-06", "gpt"], (model) =>
            Effect.map(
              Effect.all([
                storage.listSpans({ filters: { model } }),
                storage.listTraces({ filters: { model } }),
                storage.listSessions({ filters: { model } })
              ]),
              (lists) => lists.map(({ items }) => items.length)
            )
          )
        )
        assert.deepStrictEqual(found, [
          [1, 1, 1],
          [1, 1, 1],
          [0, 0, 0]
        ])
      })
    )
  })
}
