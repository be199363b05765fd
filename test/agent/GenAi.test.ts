import {
  AiError,
  Chat,
  EmbeddingModel,
  LanguageModel,
  Model,
  type Response,
  Telemetry,
  Tool,
  Toolkit
} from "@effect/ai"
import { HttpClient, HttpClientRequest, HttpRouter, HttpServer, HttpServerResponse } from "@effect/platform"
import { NodeHttpServer } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Array, Deferred, Effect, Fiber, Layer, Logger, Option, Schema, Stream, Tracer } from "effect"
import { Agent, SessionId, type SpanRecord, ToolExecutionContext } from "effect-observability"
import { GenAi } from "effect-observability/ai"
import { ofType, only, recorded, tree } from "./utils.js"

const usage = { inputTokens: 12, outputTokens: 5, totalTokens: 17 }
const finish = (reason: Response.FinishReason = "stop") => ({ type: "finish" as const, reason, usage })
const said = (text: string): Array<Response.PartEncoded> => [{ type: "text", text }, finish()]
const streamed = (...deltas: Array<string>): Array<Response.StreamPartEncoded> => [
  { type: "response-metadata", id: "response-1", modelId: "parrot-2-mini" },
  { type: "text-start", id: "1" },
  ...deltas.map((delta) => ({ type: "text-delta" as const, id: "1", delta })),
  { type: "text-end", id: "1" },
  finish()
]
const call = (id: string, name: string, params: unknown) => ({ type: "tool-call" as const, id, name, params })

const refused = new AiError.UnknownError({ module: "Test", method: "test", description: "overloaded" })

type Params = LanguageModel.ConstructorParams

/** A provider like those of `@effect/ai`: it says on the span which model is asked. */
const provider = (params: Partial<Params>) => {
  const annotate = ({ span }: LanguageModel.ProviderOptions) =>
    Effect.sync(() =>
      Telemetry.addGenAIAnnotations(span, {
        system: "openai",
        operation: { name: "chat" },
        request: { model: "parrot-2" }
      })
    )
  const { generateText = () => Effect.fail(refused), streamText = () => Stream.fail(refused) } = params
  return Layer.effect(
    LanguageModel.LanguageModel,
    LanguageModel.make({
      generateText: (options) => Effect.zipRight(annotate(options), generateText(options)),
      streamText: (options) => Stream.unwrap(Effect.as(annotate(options), streamText(options)))
    })
  )
}

/** Runs a program with a model until it ends in any way, and gives what was stored of it. */
const stored = <E>(
  program: Effect.Effect<unknown, E, LanguageModel.LanguageModel>,
  params: Partial<Params>,
  options?: GenAi.GenAiOptions
) => spansOf(Effect.provide(program, GenAi.layer(options).pipe(Layer.provide(provider(params)))))

const spansOf = <A, E>(program: Effect.Effect<A, E>) => Effect.map(recorded(program), ({ spans }) => spans)

class Refusal extends Schema.TaggedError<Refusal>()("Refusal", { message: Schema.String }) {}

const tools = Toolkit.make(
  Tool.make("forecast", { parameters: { city: Schema.String }, success: Schema.String }),
  Tool.make("book", {
    parameters: { city: Schema.String },
    success: Schema.String,
    failure: Refusal,
    failureMode: "return"
  })
)

const handlers = tools.toLayer({
  forecast: ({ city }) => Effect.succeed(`rain in ${city}`).pipe(Effect.withSpan("lookup")),
  book: ({ city }) => new Refusal({ message: `${city} is full` })
})

describe("GenAi", () => {
  it.effect("a call of the model is one span", () =>
    Effect.gen(function* () {
      const spans = yield* stored(LanguageModel.generateText({ prompt: "Hello" }).pipe(Effect.withSpan("turn")), {
        generateText: () => Effect.succeed(said("Hi"))
      })
      assert.deepStrictEqual(tree(spans), { "turn: generic": { "chat parrot-2: model_generation": {} } })
      const { inputTokens, kind, model, outputTokens, provider, status } = only(ofType(spans, "model_generation"))
      assert.deepStrictEqual(
        { inputTokens, kind, model, outputTokens, provider, status },
        { inputTokens: 12, kind: "client", model: "parrot-2", outputTokens: 5, provider: "openai", status: "ok" }
      )
    })
  )

  it.effect("a call for an object is one span", () =>
    Effect.gen(function* () {
      const schema = Schema.Struct({ city: Schema.String })
      const spans = yield* stored(LanguageModel.generateObject({ prompt: "Hello", schema }), {
        generateText: () => Effect.succeed(said(`{ "city": "Oslo" }`))
      })
      assert.deepStrictEqual(tree(spans), { "chat parrot-2: model_generation": {} })
      assert.strictEqual(only(spans).outputTokens, 5)
    })
  )

  it.effect("a streamed call is one span, with what the stream said at its end", () =>
    Effect.gen(function* () {
      const spans = yield* stored(LanguageModel.streamText({ prompt: "Hello" }).pipe(Stream.runDrain), {
        streamText: () => Stream.fromIterable(streamed("H", "i"))
      })
      assert.deepStrictEqual(tree(spans), { "chat parrot-2: model_generation": {} })
      const { attributes, inputTokens, model, outputTokens, status } = only(spans)
      assert.deepStrictEqual(
        { inputTokens, model, outputTokens, status },
        { inputTokens: 12, model: "parrot-2-mini", outputTokens: 5, status: "ok" }
      )
      assert.deepStrictEqual(attributes["gen_ai.response.finish_reasons"], ["stop"])
      assert.strictEqual(attributes["gen_ai.response.id"], "response-1")
    })
  )

  it.effect("the requests of a provider are inside the call, streaming or not", () =>
    Effect.gen(function* () {
      const client = yield* HttpClient.HttpClient
      const ask = (path: string) => client.execute(HttpClientRequest.post(path))
      const failed = Effect.mapError((cause) => new AiError.UnknownError({ module: "Test", method: "test", cause }))
      const Part = Schema.parseJson(Schema.Any)
      const spans = yield* stored(
        Effect.gen(function* () {
          yield* LanguageModel.generateText({ prompt: "Hello" })
          yield* LanguageModel.streamText({ prompt: "Hello" }).pipe(
            Stream.runForEach(() => Effect.withSpan(Effect.void, "shown"))
          )
          yield* LanguageModel.streamText({ prompt: "Hello", toolkit: tools }).pipe(Stream.runDrain)
        }).pipe(Effect.provide(handlers), Effect.withSpan("turn")),
        {
          generateText: () =>
            Effect.flatMap(ask("/generate"), ({ json }) => json).pipe(
              Effect.map((parts) => parts as never),
              failed
            ),
          streamText: () =>
            Stream.unwrapScoped(Effect.map(ask("/stream"), ({ stream }) => stream)).pipe(
              Stream.decodeText(),
              Stream.splitLines,
              Stream.mapEffect(Schema.decode(Part)),
              Stream.mapError((cause) => new AiError.UnknownError({ module: "Test", method: "test", cause }))
            )
        }
      )
      const calls = ofType(spans, "model_generation")
      assert.deepStrictEqual(
        calls.map(({ spanId }) => children(spans, spanId)),
        [["http.client POST"], ["http.client POST"], ["http.client POST"]]
      )
      const turn = only(spans.filter(({ name }) => name === "turn"))
      assert.sameMembers(Array.dedupe(children(spans, turn.spanId)), ["chat parrot-2", "shown"])
    }).pipe(Effect.provide(modelServer))
  )

  it.effect("the tools that a model asks for are spans inside its call", () =>
    Effect.gen(function* () {
      const asked = [call("call-1", "forecast", { city: "Oslo" }), call("call-2", "book", { city: "Oslo" })]
      const program = Effect.gen(function* () {
        yield* LanguageModel.generateText({ prompt: "Hello", toolkit: tools })
        yield* LanguageModel.streamText({ prompt: "Hello", toolkit: tools }).pipe(Stream.runDrain)
      })
      const spans = yield* stored(Effect.provide(program, handlers), {
        generateText: () => Effect.succeed([...asked, finish("tool-calls")]),
        streamText: () => Stream.make(...asked, finish("tool-calls"))
      })
      const traces = Object.values(Array.groupBy(spans, ({ traceId }) => traceId))
      assert.strictEqual(traces.length, 2)
      for (const trace of traces) {
        assert.deepStrictEqual(tree(trace), {
          "chat parrot-2: model_generation": {
            "execute_tool forecast: tool_call": { "lookup: generic": {} },
            "execute_tool book: tool_call": {}
          }
        })
      }
    })
  )

  it.effect("a tool that gives its failure to the model has failed", () =>
    Effect.gen(function* () {
      const spans = yield* stored(
        Effect.flatMap(tools, ({ handle }) => handle("book", { city: "Oslo" })).pipe(Effect.provide(handlers)),
        {}
      )
      const { attributes, name, status, statusMessage } = only(spans)
      assert.deepStrictEqual(
        { errorType: attributes["error.type"], name, status, statusMessage },
        { errorType: "Refusal", name: "execute_tool book", status: "error", statusMessage: "Oslo is full" }
      )
    })
  )

  it.effect("a handler can read the tool call that it works for", () =>
    Effect.gen(function* () {
      const seen = yield* Deferred.make<Option.Option<ToolExecutionContext.ToolExecutionContext>>()
      const reading = tools.toLayer({
        forecast: () =>
          ToolExecutionContext.current.pipe(
            Effect.withSpan("lookup"),
            Effect.tap((context) => Deferred.succeed(seen, context)),
            Effect.as("rain")
          ),
        book: () => Effect.succeed("")
      })
      const spans = yield* stored(
        LanguageModel.generateText({ prompt: "Hello", toolkit: tools }).pipe(
          Effect.provide(reading),
          SessionId.withSessionId(SessionId.SessionId.make("s-1"))
        ),
        { generateText: () => Effect.succeed([call("call-1", "forecast", { city: "Oslo" }), finish("tool-calls")]) }
      )
      const context = Option.getOrThrow(yield* Deferred.await(seen))
      assert.strictEqual(context.name, "forecast")
      assert.strictEqual(context.sessionId, "s-1")
      assert.strictEqual(context.span.spanId, only(ofType(spans, "tool_call")).spanId)
    })
  )

  it.effect("a chat is its call, and has no span of its own", () =>
    Effect.gen(function* () {
      const program = Effect.gen(function* () {
        const chat = yield* Chat.empty
        yield* chat.generateText({ prompt: "Hello" })
        yield* chat.streamText({ prompt: "Hello" }).pipe(Stream.runDrain)
      })
      const spans = yield* stored(program, {
        generateText: () => Effect.succeed(said("Hi")),
        streamText: () => Stream.fromIterable(streamed("Hi"))
      })
      assert.strictEqual(spans.length, 2)
      for (const span of spans) assert.deepStrictEqual(tree([span]), { "chat parrot-2: model_generation": {} })
    })
  )

  it.effect("embeddings are spans of their own", () =>
    Effect.gen(function* () {
      const embeddings = Layer.effect(
        EmbeddingModel.EmbeddingModel,
        EmbeddingModel.make({
          embedMany: (texts) => Effect.succeed(texts.map((_, index) => ({ index, embeddings: [0.5] })))
        })
      )
      const spans = yield* spansOf(
        Effect.flatMap(EmbeddingModel.EmbeddingModel, ({ embed, embedMany }) =>
          Effect.zip(embed("Hello"), embedMany(["Hello", "Bye"]))
        ).pipe(Effect.provide(GenAi.layerEmbeddingModel().pipe(Layer.provide(embeddings))))
      )
      assert.deepStrictEqual(
        spans.map(({ name, spanType }) => `${name}: ${spanType}`),
        ["embeddings: model_generation", "embeddings: model_generation"]
      )
    })
  )

  it.effect("a call inside a tool is a call of its own", () =>
    Effect.gen(function* () {
      const model = LanguageModel.generateText({ prompt: "Which?" })
      const asking = Layer.unwrapEffect(
        Effect.map(Effect.context<LanguageModel.LanguageModel>(), (context) =>
          tools.toLayer({
            forecast: () => Effect.map(Effect.orDie(Effect.provide(model, context)), ({ text }) => text),
            book: () => Effect.succeed("")
          })
        )
      )
      const spans = yield* stored(
        Effect.provide(LanguageModel.generateText({ prompt: "Hello", toolkit: tools }), asking),
        {
          generateText: ({ tools }) =>
            Effect.succeed(tools.length === 0 ? said("Oslo") : [call("call-1", "forecast", { city: "?" }), finish()])
        }
      )
      assert.deepStrictEqual(tree(spans), {
        "chat parrot-2: model_generation": {
          "execute_tool forecast: tool_call": { "chat parrot-2: model_generation": {} }
        }
      })
    })
  )

  it.effect("a model that stands in for another is inside its call", () =>
    Effect.gen(function* () {
      const spans = yield* Effect.gen(function* () {
        const second = yield* LanguageModel.make({
          generateText: () => Effect.succeed(said("Hi")),
          streamText: () => Stream.empty
        })
        return yield* stored(LanguageModel.generateText({ prompt: "Hello" }), {
          generateText: () => Effect.as(second.generateText({ prompt: "Hello" }), said("Hi"))
        })
      })
      assert.deepStrictEqual(tree(spans), { "chat parrot-2: model_generation": { "chat: generic": {} } })
    })
  )

  it.effect("calls of concurrent sessions stay in their sessions", () =>
    Effect.gen(function* () {
      const turn = (id: number) =>
        LanguageModel.streamText({ prompt: String(id), toolkit: tools }).pipe(
          Stream.runDrain,
          Effect.withSpan(`turn ${id}`),
          SessionId.withSessionId(SessionId.SessionId.make(`s-${id}`))
        )
      const spans = yield* stored(
        Effect.forEach(Array.range(1, 20), turn, { concurrency: "unbounded" }).pipe(Effect.provide(handlers)),
        {
          streamText: () =>
            Stream.make(call("call-1", "forecast", { city: "Oslo" }), finish()).pipe(
              Stream.rechunk(1),
              Stream.tap(() => Effect.yieldNow())
            )
        },
        { captureContent: true }
      )
      const traces = Object.values(Array.groupBy(spans, ({ traceId }) => traceId))
      assert.strictEqual(traces.length, 20)
      for (const trace of traces) {
        const id = only(trace.filter(({ name }) => name.startsWith("turn"))).name.slice("turn ".length)
        assert.strictEqual(trace.length, 4)
        assert.isTrue(trace.every(({ sessionId }) => sessionId === `s-${id}`))
        const { attributes } = only(ofType(trace, "model_generation"))
        assert.deepStrictEqual(attributes["gen_ai.input.messages"], [
          { role: "user", parts: [{ type: "text", content: id }] }
        ])
      }
    })
  )

  it.effect("the provider of a Model is known where the model does not say it", () =>
    Effect.gen(function* () {
      const model = LanguageModel.make({
        generateText: () => Effect.succeed(said("Hi")),
        streamText: () => Stream.empty
      })
      const parrots = Model.make("parrots", Layer.effect(LanguageModel.LanguageModel, model))
      const spans = yield* spansOf(
        LanguageModel.generateText({ prompt: "Hello" }).pipe(Effect.provide(GenAi.layer().pipe(Layer.provide(parrots))))
      )
      assert.strictEqual(only(spans).provider, "parrots")
    })
  )

  it.effect("a model that is provided further in is named too", () =>
    Effect.gen(function* () {
      const inner = LanguageModel.generateText({ prompt: "Hello" }).pipe(
        Effect.provide(provider({ generateText: () => Effect.succeed(said("Hi")) }))
      )
      assert.deepStrictEqual(tree(yield* stored(inner, {})), { "chat parrot-2: model_generation": {} })
    })
  )

  it.effect("another tracer beside ours has one span a call too", () =>
    Effect.gen(function* () {
      const others: Array<Tracer.Span> = []
      const native = yield* Effect.tracer
      const other = Tracer.make({
        ...native,
        span: (...args) => {
          const span = native.span(...args)
          others.push(span)
          return span
        }
      })
      const program = Effect.all([
        LanguageModel.generateText({ prompt: "Hello" }),
        Stream.runDrain(LanguageModel.streamText({ prompt: "Hello" }))
      ])
      yield* stored(program, {
        generateText: () => Effect.succeed(said("Hi")),
        streamText: () => Stream.fromIterable(streamed("Hi"))
      }).pipe(Effect.withTracer(other))
      assert.deepStrictEqual(
        others.map(({ attributes, name, status }) => [name, status._tag, attributes.get("gen_ai.provider.name")]),
        [
          ["LanguageModel.generateText", "Ended", "openai"],
          ["LanguageModel.streamText", "Ended", "openai"]
        ]
      )
    })
  )

  describe("a call that fails", () => {
    const failures: Record<string, Effect.Effect<unknown, unknown, LanguageModel.LanguageModel>> = {
      "at once": LanguageModel.generateText({ prompt: "Hello" }),
      "before its stream began": LanguageModel.streamText({ prompt: "broken" }).pipe(Stream.runDrain),
      "in the middle of its stream": LanguageModel.streamText({ prompt: "Hello" }).pipe(Stream.runDrain),
      "in the middle of its stream, with tools": LanguageModel.streamText({ prompt: "Hello", toolkit: tools }).pipe(
        Stream.runDrain,
        Effect.provide(handlers)
      )
    }
    for (const [when, program] of Object.entries(failures)) {
      it.effect(`${when} has what was sent, and the error`, () =>
        Effect.gen(function* () {
          const spans = yield* stored(
            program,
            {
              streamText: ({ prompt }) =>
                JSON.stringify(prompt).includes("broken")
                  ? Stream.fail(refused)
                  : Stream.concat(Stream.fromIterable(streamed("H").slice(0, 3)), Stream.fail(refused))
            },
            { captureContent: true }
          )
          const { attributes, model, status, statusMessage } = only(spans)
          assert.deepStrictEqual(
            { errorType: attributes["error.type"], model: attributes["gen_ai.request.model"], status },
            { errorType: "UnknownError", model: "parrot-2", status: "error" }
          )
          assert.isDefined(model)
          assert.include(statusMessage, "overloaded")
          assert.isDefined(attributes["gen_ai.input.messages"])
        })
      )
    }

    it.effect("and says so in its stream has failed", () =>
      Effect.gen(function* () {
        const spans = yield* stored(LanguageModel.streamText({ prompt: "Hello" }).pipe(Stream.runDrain), {
          streamText: () => Stream.make({ type: "error" as const, error: new Error("overloaded") })
        })
        const { status, statusMessage } = only(spans)
        assert.deepStrictEqual({ status, statusMessage }, { status: "error", statusMessage: "overloaded" })
      })
    )

    it.live("in a tool has answered: the failure is the tool's", () =>
      Effect.gen(function* () {
        const spans = yield* stored(
          LanguageModel.generateText({ prompt: "Hello", toolkit: tools }).pipe(Effect.provide(handlers)),
          { generateText: () => Effect.succeed([call("call-1", "forecast", { town: 1 }), finish()]) }
        )
        assert.deepStrictEqual(
          spans.map(({ attributes, name, status }) => [name, status, attributes["error.type"]]),
          [
            ["chat parrot-2", "ok", undefined],
            ["execute_tool forecast", "error", "MalformedOutput"]
          ]
        )
      })
    )
  })

  it.effect("a stream that is interrupted is recorded with what had come", () =>
    Effect.gen(function* () {
      const spans = yield* stored(
        Effect.gen(function* () {
          const shown = yield* Deferred.make<void>()
          const fiber = yield* LanguageModel.streamText({ prompt: "Hello" }).pipe(
            Stream.runForEach(({ type }) => (type === "text-delta" ? Deferred.succeed(shown, undefined) : Effect.void)),
            Effect.fork
          )
          yield* Deferred.await(shown)
          yield* Fiber.interrupt(fiber)
        }),
        { streamText: () => Stream.concat(Stream.fromIterable(streamed("H").slice(0, 3)), Stream.never) },
        { captureContent: true }
      )
      const { attributes, status } = only(spans)
      assert.strictEqual(status, "interrupted")
      assert.deepStrictEqual(attributes["gen_ai.output.messages"], [
        { role: "assistant", parts: [{ type: "text", content: "H" }] }
      ])
    })
  )

  it.effect("a stream of which only the beginning is taken is recorded", () =>
    Effect.gen(function* () {
      const spans = yield* stored(LanguageModel.streamText({ prompt: "Hello" }).pipe(Stream.take(1), Stream.runDrain), {
        streamText: () => Stream.fromIterable(streamed("Hi")).pipe(Stream.rechunk(1))
      })
      const { attributes, status } = only(spans)
      assert.strictEqual(status, "ok")
      assert.strictEqual(attributes["gen_ai.response.id"], "response-1")
    })
  )

  describe("content", () => {
    const conversation = Effect.gen(function* () {
      const chat = yield* Chat.fromPrompt([{ role: "system", content: "secret" }])
      yield* chat.generateText({ prompt: "secret", toolkit: tools })
      yield* chat.streamText({ prompt: "secret", toolkit: tools }).pipe(Stream.runDrain)
      yield* Effect.flatMap(tools, ({ handle }) => handle("forecast", { city: "secret" }))
    }).pipe(Effect.provide(handlers))
    const model: Partial<Params> = {
      generateText: () => Effect.succeed([...said("secret"), call("call-1", "forecast", { city: "secret" })]),
      streamText: () => Stream.make(...streamed("sec", "ret"), call("call-2", "forecast", { city: "secret" }))
    }

    it.effect("is not recorded unless asked", () =>
      Effect.gen(function* () {
        const spans = yield* stored(conversation, model)
        assert.strictEqual(ofType(spans, "tool_call").length, 3)
        assert.notInclude(JSON.stringify(spans), "secret")
      })
    )

    it.live("is recorded on request, of calls and of tools", () =>
      Effect.gen(function* () {
        const spans = yield* stored(conversation, model, { captureContent: true })
        const text = { type: "text", content: "secret" }
        const asked = (id: string) => ({ type: "tool_call", id, name: "forecast", arguments: { city: "secret" } })
        const answered = (id: string) => ({ type: "tool_call_response", id, response: "rain in secret" })
        const [first, second] = ofType(spans, "model_generation")
        assert.deepStrictEqual(first?.attributes["gen_ai.system_instructions"], [text])
        assert.deepStrictEqual(first?.attributes["gen_ai.input.messages"], [{ role: "user", parts: [text] }])
        assert.deepStrictEqual(first?.attributes["gen_ai.output.messages"], [
          { role: "assistant", parts: [text, asked("call-1")], finish_reason: "stop" }
        ])
        assert.deepStrictEqual(second?.attributes["gen_ai.input.messages"], [
          { role: "user", parts: [text] },
          { role: "assistant", parts: [text, asked("call-1")] },
          { role: "tool", parts: [answered("call-1")] },
          { role: "user", parts: [text] }
        ])
        assert.deepStrictEqual(second?.attributes["gen_ai.output.messages"], [
          { role: "assistant", parts: [text, asked("call-2")], finish_reason: "stop" }
        ])
        for (const { attributes } of ofType(spans, "tool_call")) {
          assert.deepStrictEqual(attributes["gen_ai.tool.call.arguments"], { city: "secret" })
          assert.strictEqual(attributes["gen_ai.tool.call.result"], "rain in secret")
        }
      })
    )

    it.effect("are calls of their own within a wrapper that has no usage, or repeats it", () =>
      Effect.gen(function* () {
        const usage = { inputTokens: 30, outputTokens: 12, totalTokens: 42 }
        const finish = { type: "finish", reason: "stop", usage } as never
        const call = LanguageModel.generateText({ prompt: "hi" })
        for (const response of [{}, { inputTokens: 60, outputTokens: 24 }]) {
          const spans = yield* stored(
            Effect.all([call, call]).pipe(Agent.model({ model: "gpt-4o", response: () => response })),
            { generateText: () => Effect.succeed([...said("Hi"), finish]) }
          )
          assert.deepStrictEqual(
            ofType(spans, "model_generation").map(({ inputTokens, outputTokens }) => [inputTokens, outputTokens]),
            [
              [30, 12],
              [30, 12]
            ]
          )
        }
      })
    )

    it.effect("keeps what was asked for in place of bytes, and the data of tools as deep as it is", () =>
      Effect.gen(function* () {
        const result = { flights: [{ legs: [{ from: { code: "WAW" } }] }] }
        const response = {
          type: "tool-result",
          id: "1",
          name: "search",
          isFailure: false,
          providerExecuted: false,
          result
        }
        const image = { type: "file", mediaType: "image/png", data: new Uint8Array(200_000) }
        const prompt = [
          { role: "tool", content: [response] },
          { role: "user", content: [image] },
          { role: "user", content: "What is on it?" }
        ]
        const spans = yield* stored(
          LanguageModel.generateText({ prompt: prompt as never }),
          { generateText: () => Effect.succeed(said("A cat.")) },
          { captureContent: true }
        )
        const { attributes, dropped } = only(ofType(spans, "model_generation"))
        const text = JSON.stringify(attributes["gen_ai.input.messages"])
        assert.isBelow(text.length, 600)
        assert.include(text, "WAW")
        assert.match(
          text,
          /"modality":"image","mime_type":"image\/png","content":"\[image\/png, 200000 bytes, sha256 [0-9a-f]{64}\]"/
        )
        assert.match(text, /What is on it\?"\}\]\}\]$/)
        assert.strictEqual(dropped?.attributes, 1)
      })
    )

    it.effect("that is huge is cut, and one that cannot be read harms nobody", () =>
      Effect.gen(function* () {
        const hostile = {
          city: "Oslo",
          get more() {
            throw new Error("no")
          }
        }
        const answer = yield* Deferred.make<string>()
        const spans = yield* stored(
          LanguageModel.generateText({ prompt: "x".repeat(10_000_000), toolkit: tools }).pipe(
            Effect.flatMap(({ text }) => Deferred.succeed(answer, text)),
            Effect.provide(handlers)
          ),
          { generateText: () => Effect.succeed([...said("Hi"), call("call-1", "forecast", hostile)]) },
          { captureContent: true }
        )
        assert.strictEqual(yield* Deferred.await(answer), "Hi")
        const generation = only(ofType(spans, "model_generation"))
        assert.isBelow(JSON.stringify(generation.attributes["gen_ai.input.messages"]).length, 140_000)
        assert.deepStrictEqual(only(ofType(spans, "tool_call")).attributes["gen_ai.tool.call.arguments"], {
          city: "Oslo",
          more: "[Threw]"
        })
      })
    )

    it.effect("that can be read only once still arrives", () =>
      Effect.gen(function* () {
        const prompt = Array.of({ role: "user" as const, content: "Hello" }).values()
        const arrived = yield* Deferred.make<number>()
        yield* stored(
          LanguageModel.generateText({ prompt }),
          {
            generateText: ({ prompt }) => Effect.as(Deferred.succeed(arrived, prompt.content.length), said("Hi"))
          },
          { captureContent: true }
        )
        assert.strictEqual(yield* Deferred.await(arrived), 1)
      })
    )
  })
})

const children = (spans: ReadonlyArray<SpanRecord.SpanRecord>, parent: string) =>
  spans.filter(({ parentSpanId }) => parentSpanId === parent).map(({ name }) => name)

/** What a provider talks to, and a client of it. */
const modelServer = HttpRouter.empty.pipe(
  HttpRouter.post("/generate", HttpServerResponse.json(said("Hi"))),
  HttpRouter.post(
    "/stream",
    HttpServerResponse.stream(
      Stream.fromIterable(streamed("H", "i")).pipe(
        Stream.map((part) => `${JSON.stringify(part)}\n`),
        Stream.rechunk(1),
        Stream.encodeText
      )
    )
  ),
  HttpServer.serve(),
  Layer.provideMerge(NodeHttpServer.layerTest)
)

describe("the options of GenAi.layer and GenAi.layerEmbeddingModel", () => {
  const models = Layer.merge(
    provider({}),
    Layer.effect(EmbeddingModel.EmbeddingModel, EmbeddingModel.make({ embedMany: () => Effect.succeed([]) }))
  )
  const warnings = (ofEmbeddings: GenAi.GenAiOptions) =>
    Effect.gen(function* () {
      const said: Array<unknown> = []
      const logger = Logger.make(({ message }) => void said.push(message))
      yield* Effect.scoped(
        Layer.build(
          GenAi.layerEmbeddingModel(ofEmbeddings).pipe(Layer.provideMerge(GenAi.layer()), Layer.provide(models))
        )
      ).pipe(Effect.provide(Logger.replace(Logger.defaultLogger, logger)))
      return said.length
    })

  it.effect("must be the same, or a warning says so", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* warnings({}), 0)
      assert.strictEqual(yield* warnings({ captureContent: true }), 1)
      assert.strictEqual(yield* warnings({ captureContent: false }), 0)
    })
  )
})
