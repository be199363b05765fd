import { AiError, Chat, LanguageModel, Model, type Response, Telemetry, Tool, Toolkit } from "@effect/ai"
import { assert, describe, it } from "@effect/vitest"
import { Context, Deferred, Effect, ExecutionPlan, Layer, Schema, Stream } from "effect"
import { Agent, SessionId } from "effect-observability"
import { GenAi } from "effect-observability/ai"
import { ofType, only, recorded, tree } from "./utils.js"

const usage = { inputTokens: 12, outputTokens: 5, totalTokens: 17 }
const said = (text: string): Array<Response.PartEncoded> => [
  { type: "text", text },
  { type: "finish", reason: "stop", usage }
]
const refused = new AiError.UnknownError({ module: "Test", method: "test", description: "overloaded" })

/** The same parts as a stream has them. */
const streamed = (parts: ReadonlyArray<Response.PartEncoded>) =>
  Stream.fromIterable(
    parts.flatMap(
      (part): ReadonlyArray<Response.StreamPartEncoded> =>
        part.type === "text"
          ? [
              { type: "text-start", id: "1" },
              { type: "text-delta", id: "1", delta: part.text },
              { type: "text-end", id: "1" }
            ]
          : [part as Response.StreamPartEncoded]
    )
  )

const answering = (parts: Array<Response.PartEncoded>) =>
  LanguageModel.make({
    generateText: () => Effect.succeed(parts),
    streamText: () => streamed(parts)
  })

const model = (name: string, parts: Array<Response.PartEncoded> = said(name)) =>
  Model.make(name, Layer.effect(LanguageModel.LanguageModel, answering(parts)))

const failing = (name: string) =>
  Model.make(
    name,
    Layer.effect(
      LanguageModel.LanguageModel,
      LanguageModel.make({ generateText: () => Effect.fail(refused), streamText: () => Stream.fail(refused) })
    )
  )

const content = { captureContent: true }
const output = "gen_ai.output.messages"

const tools = Toolkit.make(
  Tool.make("forecast", {
    parameters: { city: Schema.String },
    success: Schema.String,
    failure: Schema.String
  })
)
const asking: Array<Response.PartEncoded> = [
  { type: "text", text: "Let me see." },
  { type: "tool-call", id: "call-1", name: "forecast", params: { city: "Oslo" } },
  { type: "finish", reason: "tool-calls", usage }
]
const handlers = tools.toLayer({ forecast: ({ city }) => Effect.succeed(`rain in ${city}`) })

describe("a model that is provided further in", () => {
  const outside: Record<string, Layer.Layer<never> | Layer.Layer<LanguageModel.LanguageModel>> = {
    "GenAi.layerGlobal": GenAi.layerGlobal(content),
    "GenAi.layer": GenAi.layer(content).pipe(Layer.provide(model("outer"))),
    both: GenAi.layer(content).pipe(Layer.provide(model("outer")), Layer.provideMerge(GenAi.layerGlobal(content)))
  }
  for (const [name, layer] of Object.entries(outside)) {
    it.live(`is recorded once, with content: ${name}`, () =>
      Effect.gen(function* () {
        const program = Effect.all([
          LanguageModel.generateText({ prompt: "Hello" }),
          Stream.runDrain(LanguageModel.streamText({ prompt: "Hello" }))
        ]).pipe(Effect.provide(model("inner")), Effect.withSpan("turn"), Effect.provide(layer))
        const { spans } = yield* recorded(program)
        const calls = ofType(spans, "model_generation")
        assert.strictEqual(spans.length, 3)
        assert.deepStrictEqual(
          calls.map(({ attributes, inputTokens, provider }) => [
            inputTokens,
            provider,
            attributes["gen_ai.response.finish_reasons"],
            JSON.stringify(attributes[output]).includes("inner")
          ]),
          [
            [12, "inner", ["stop"], true],
            [12, "inner", ["stop"], true]
          ]
        )
      })
    )
  }

  it.live("by an execution plan is recorded for each step", () =>
    Effect.gen(function* () {
      const plan = ExecutionPlan.make({ provide: failing("first"), attempts: 2 }, { provide: model("second") })
      const program = Effect.gen(function* () {
        const chat = yield* Chat.empty
        yield* chat.generateText({ prompt: "Hello" }).pipe(Effect.withExecutionPlan(plan))
        yield* LanguageModel.streamText({ prompt: "Hello" }).pipe(Stream.withExecutionPlan(plan), Stream.runDrain)
      }).pipe(Agent.run({ name: "clerk" }), Effect.provide(GenAi.layerGlobal(content)))
      const { spans } = yield* recorded(program as Effect.Effect<void>)
      const [agent, ...calls] = spans
      const attempts = [
        ["first", "error", agent?.spanId],
        ["first", "error", agent?.spanId],
        ["second", "ok", agent?.spanId]
      ]
      assert.deepStrictEqual(
        calls.map(({ parentSpanId, provider, status }) => [provider, status, parentSpanId]),
        [...attempts, ...attempts]
      )
    })
  )

  it.live("is asked as ever where nothing is recorded", () =>
    Effect.gen(function* () {
      yield* recorded(Effect.provide(Effect.void, GenAi.layerGlobal()))
      const service = yield* answering(said("Hi"))
      const found = yield* Effect.provideService(LanguageModel.LanguageModel, LanguageModel.LanguageModel, service)
      assert.strictEqual(found, service)
      const none = yield* Effect.exit(LanguageModel.LanguageModel as unknown as Effect.Effect<unknown>)
      assert.strictEqual(none._tag, "Failure")
    })
  )

  it.live("gives the same service whenever it is asked for", () =>
    recorded(
      Effect.gen(function* () {
        const first = yield* LanguageModel.LanguageModel
        const second = yield* LanguageModel.LanguageModel
        assert.strictEqual(first, second)
      }).pipe(Effect.provide(model("inner")), Effect.provide(GenAi.layerGlobal()))
    ).pipe(Effect.map(({ exit }) => assert.strictEqual(exit._tag, "Success")))
  )
})

describe("a model that passes its calls on", () => {
  /** Asks the model it stands around up to three times, and looks at what comes. */
  const retrying = (seen: Array<unknown>) =>
    Layer.effect(
      LanguageModel.LanguageModel,
      Effect.map(
        LanguageModel.LanguageModel,
        (inner): LanguageModel.Service => ({
          generateText: ((options: never) =>
            (
              inner.generateText(options) as Effect.Effect<LanguageModel.GenerateTextResponse<never>, AiError.AiError>
            ).pipe(
              Effect.retry({ times: 2 }),
              Effect.tap(({ toolResults }) =>
                Effect.sync(() => seen.push(...toolResults.map((_: { readonly result: unknown }) => _.result)))
              )
            )) as never,
          generateObject: inner.generateObject,
          streamText: ((options: never) =>
            Stream.tap(inner.streamText(options) as Stream.Stream<{ type: string; result?: unknown }>, (part) =>
              Effect.sync(() => part.type === "tool-result" && seen.push(part.result))
            )) as never
        })
      )
    )

  const flaky = (failures: number, parts = asking) =>
    Layer.effect(
      LanguageModel.LanguageModel,
      Effect.suspend(() => {
        let left = failures
        return LanguageModel.make({
          generateText: () => Effect.suspend(() => (left-- > 0 ? Effect.fail(refused) : Effect.succeed(parts))),
          streamText: () => streamed(parts)
        })
      })
    )

  const orders: Record<string, (seen: Array<unknown>) => Layer.Layer<LanguageModel.LanguageModel>> = {
    "the layer around both": (seen) =>
      GenAi.layer(content).pipe(Layer.provide(retrying(seen)), Layer.provide(flaky(2))),
    "the layer between the two": (seen) =>
      retrying(seen).pipe(Layer.provideMerge(GenAi.layer(content).pipe(Layer.provide(flaky(2))))),
    "recorded globally": (seen) =>
      retrying(seen).pipe(Layer.provide(flaky(2)), Layer.provideMerge(GenAi.layerGlobal(content)))
  }
  for (const [name, layer] of Object.entries(orders)) {
    it.live(`sees the results of tools, and tokens are counted once: ${name}`, () =>
      Effect.gen(function* () {
        const seen: Array<unknown> = []
        const answer = yield* Deferred.make<ReadonlyArray<unknown>>()
        const program = Effect.gen(function* () {
          const { toolResults } = yield* LanguageModel.generateText({ prompt: "Hello", toolkit: tools })
          yield* Deferred.succeed(
            answer,
            toolResults.map(({ result }) => result)
          )
          yield* Stream.runDrain(LanguageModel.streamText({ prompt: "Hello", toolkit: tools }))
        }).pipe(Effect.provide(handlers), Effect.provide(layer(seen)))
        const { exit } = yield* recorded(program)
        assert.strictEqual(exit._tag, "Success")
        assert.deepStrictEqual(yield* Deferred.await(answer), ["rain in Oslo"])
        assert.deepStrictEqual(seen, ["rain in Oslo", "rain in Oslo"])
      })
    )
  }

  it.live("is as many calls as it makes", () =>
    Effect.gen(function* () {
      const program = LanguageModel.generateText({ prompt: "Hello" }).pipe(
        Agent.run({ name: "clerk" }),
        Effect.provide(
          retrying([]).pipe(Layer.provide(flaky(2, said("Hi"))), Layer.provideMerge(GenAi.layerGlobal(content)))
        )
      )
      const { spans } = yield* recorded(program)
      assert.deepStrictEqual(
        spans.map(({ inputTokens, parentSpanId, status }) => [parentSpanId, status, inputTokens]),
        [
          [undefined, "ok", undefined],
          [spans[0]?.spanId, "error", undefined],
          [spans[0]?.spanId, "error", undefined],
          [spans[0]?.spanId, "ok", 12]
        ]
      )
    })
  )

  it.live("may be an object of a class, and may lack what nobody asks for", () =>
    Effect.gen(function* () {
      class Parrot {
        readonly answer = "Hi"
        generateText() {
          return Effect.succeed(new LanguageModel.GenerateTextResponse([{ type: "text", text: this.answer } as never]))
        }
      }
      const said = yield* Deferred.make<string>()
      const { exit, spans } = yield* recorded(
        LanguageModel.generateText({ prompt: "Hello" }).pipe(
          Effect.flatMap(({ text }) => Deferred.succeed(said, text)),
          Effect.provideService(LanguageModel.LanguageModel, Object.freeze(new Parrot()) as never),
          Effect.provide(GenAi.layerGlobal(content))
        )
      )
      assert.strictEqual(exit._tag, "Success", String(exit))
      assert.strictEqual(yield* Deferred.await(said), "Hi")
      assert.include(JSON.stringify(only(spans).attributes[output]), "Hi")
    })
  )
})

describe("what the program itself says of a call", () => {
  const transformer: Telemetry.SpanTransformer = ({ response, span }) => {
    Telemetry.addGenAIAnnotations(span, { usage: { inputTokens: 1, outputTokens: 1 } })
    span.attribute(
      "parts",
      response.map(({ type }) => type)
    )
  }

  it.live("is kept, but for the tokens, which mean one thing", () =>
    Effect.gen(function* () {
      const metadata = {
        anthropic: { usage: { input_tokens: 12, cache_read_input_tokens: 4000, cache_creation_input_tokens: 800 } }
      }
      const parts = [
        { type: "text", text: "Hi" },
        { type: "finish", reason: "stop", usage, metadata }
      ]
      const program = Effect.all([
        LanguageModel.generateText({ prompt: "Hello" }),
        Stream.runDrain(LanguageModel.streamText({ prompt: "Hello" }))
      ])
      for (const where of ["at the call", "at the model"]) {
        const layer = Layer.effect(LanguageModel.LanguageModel, answering(parts as never))
        const given = Layer.succeed(Telemetry.CurrentSpanTransformer, transformer)
        const { spans } = yield* recorded(
          where === "at the call"
            ? program.pipe(Effect.provide(given), Effect.provide(layer), Effect.provide(GenAi.layerGlobal()))
            : program.pipe(Effect.provide(GenAi.layer().pipe(Layer.provide(layer), Layer.provide(given))))
        )
        assert.deepStrictEqual(
          spans.map(({ attributes, cacheWriteTokens, inputTokens, outputTokens }) => [
            attributes["parts"],
            inputTokens,
            outputTokens,
            cacheWriteTokens
          ]),
          [
            [["text", "finish"], 4812, 5, 800],
            [["text-start", "text-delta", "text-end", "finish"], 4812, 5, 800]
          ]
        )
      }
    })
  )

  it.live("around a chat is on the call", () =>
    Effect.gen(function* () {
      const program = Effect.flatMap(Chat.empty, (chat) => chat.generateText({ prompt: "Hello" })).pipe(
        Effect.annotateSpans("tenant", "acme"),
        Agent.run({ name: "clerk" }),
        Effect.provide(model("inner")),
        Effect.provide(GenAi.layerGlobal())
      )
      const { spans } = yield* recorded(program)
      assert.deepStrictEqual(tree(spans), { "invoke_agent clerk: agent_run": { "chat: model_generation": {} } })
      assert.strictEqual(only(ofType(spans, "model_generation")).attributes["tenant"], "acme")
      assert.notProperty(only(ofType(spans, "agent_run")).attributes, "tenant")
    })
  )
})

describe("a failure", () => {
  it.live("of a tool is the tool's, whatever the tree", () =>
    Effect.gen(function* () {
      const broken = tools.toLayer({ forecast: () => Effect.fail("no data") })
      const call = LanguageModel.generateText({ prompt: "Hello", toolkit: tools }).pipe(Effect.provide(broken))
      const chat = Effect.flatMap(Chat.empty, (chat) => chat.generateText({ prompt: "Hello", toolkit: tools })).pipe(
        Effect.provide(broken)
      )
      for (const program of [call, chat]) {
        const around = Agent.run(program, { name: "clerk" })
        const provided = <E>(program: Effect.Effect<unknown, E, LanguageModel.LanguageModel>) =>
          program.pipe(
            Effect.provide(model("inner", asking)),
            Effect.provide(GenAi.layerGlobal(content)),
            SessionId.withSessionId(SessionId.SessionId.make("s"))
          )
        const inside = (yield* recorded(provided(around))).spans
        assert.deepStrictEqual(tree(inside), {
          "invoke_agent clerk: agent_run": { "chat: model_generation": {}, "execute_tool forecast: tool_call": {} }
        })
        assert.deepStrictEqual(
          inside.map(({ status }) => status),
          ["error", "ok", "error"]
        )
        const alone = (yield* recorded(provided(program))).spans
        assert.deepStrictEqual(tree(alone), {
          "chat: model_generation": { "execute_tool forecast: tool_call": {} }
        })
        for (const spans of [inside, alone]) {
          const { attributes } = only(ofType(spans, "model_generation"))
          assert.include(JSON.stringify(attributes[output]), "Let me see.")
          assert.deepStrictEqual(attributes["gen_ai.response.finish_reasons"], ["tool_call"])
        }
      }
    })
  )

  it.live("of a worker's turn: the tools are of the session, below the call", () =>
    Effect.gen(function* () {
      const turn = LanguageModel.generateText({ prompt: "Hello", toolkit: tools }).pipe(
        Effect.provide(handlers),
        SessionId.withSessionId(SessionId.SessionId.make("s"))
      )
      const { spans } = yield* recorded(
        turn.pipe(
          Effect.withSpan("worker"),
          Effect.provide(model("inner", asking)),
          Effect.provide(GenAi.layerGlobal(content))
        )
      )
      assert.deepStrictEqual(tree(spans), {
        "worker: generic": { "chat: model_generation": { "execute_tool forecast: tool_call": {} } }
      })
    })
  )

  it.live("of the schema keeps the answer", () =>
    Effect.gen(function* () {
      const schema = Schema.Struct({ city: Schema.String })
      for (const text of ["not json", `{ "town": "Oslo" }`]) {
        const { spans } = yield* recorded(
          LanguageModel.generateObject({ prompt: "Where?", schema }).pipe(
            Effect.provide(model("inner", said(text))),
            Effect.provide(GenAi.layerGlobal(content))
          )
        )
        const { attributes, inputTokens, outputTokens, status } = only(spans)
        assert.deepStrictEqual([status, inputTokens, outputTokens], ["error", 12, 5])
        assert.deepStrictEqual(attributes["gen_ai.response.finish_reasons"], ["stop"])
        assert.strictEqual(attributes["gen_ai.output.type"], "json")
        assert.deepStrictEqual(attributes[output], [
          { role: "assistant", parts: [{ type: "text", content: text }], finish_reason: "stop" }
        ])
      }
    })
  )

  it.live("of a part that cannot be decoded keeps the rest", () =>
    Effect.gen(function* () {
      const strange = [...said("Hi"), { type: "tool-call", id: "1", name: "nobody", params: {} }] as never
      for (const how of ["generate", "stream"]) {
        const { spans } = yield* recorded(
          (how === "generate"
            ? Effect.asVoid(LanguageModel.generateText({ prompt: "Hello" }))
            : Stream.runDrain(LanguageModel.streamText({ prompt: "Hello" }))
          ).pipe(Effect.provide(model("inner", strange)), Effect.provide(GenAi.layerGlobal(content)))
        )
        const { attributes, inputTokens, status } = only(spans)
        assert.deepStrictEqual([status, inputTokens], ["error", 12])
        assert.include(JSON.stringify(attributes[output]), "nobody")
      }
    })
  )
})

it.live("the reader of a stream fails, not the model", () =>
  Effect.gen(function* () {
    const { spans } = yield* recorded(
      LanguageModel.streamText({ prompt: "Hello" }).pipe(
        Stream.runForEach(() => Effect.fail("no room")),
        Agent.run({ name: "clerk" }),
        Effect.provide(model("inner")),
        Effect.provide(GenAi.layerGlobal(content))
      )
    )
    assert.deepStrictEqual(
      spans.map(({ status }) => status),
      ["error", "ok"]
    )
  })
)

it.live("a service that is not looked up is named all the same", () =>
  Effect.gen(function* () {
    const program = Effect.contextWithEffect((context: Context.Context<LanguageModel.LanguageModel>) =>
      Context.get(context, LanguageModel.LanguageModel).generateText({ prompt: "Hello" })
    )
    const { spans } = yield* recorded(
      program.pipe(Effect.provide(model("inner")), Effect.provide(GenAi.layerGlobal(content)))
    )
    assert.deepStrictEqual(tree(spans), { "chat: model_generation": {} })
  })
)

it.live("files say what they are for", () =>
  Effect.gen(function* () {
    const file = (mediaType: string, data: URL | Uint8Array) => ({ type: "file" as const, mediaType, data })
    const prompt = [
      {
        role: "user" as const,
        content: [
          file("image/png", new Uint8Array([1])),
          file("audio/mpeg", new URL("https://example.com/a.mp3")),
          file("application/pdf", new Uint8Array([2]))
        ]
      }
    ]
    const { spans } = yield* recorded(
      LanguageModel.generateText({ prompt }).pipe(
        Effect.provide(model("inner")),
        Effect.provide(GenAi.layerGlobal(content))
      )
    )
    const [message] = only(spans).attributes["gen_ai.input.messages"] as unknown as [
      { parts: ReadonlyArray<{ type: string; modality: string }> }
    ]
    assert.deepStrictEqual(
      message.parts.map(({ modality, type }) => [type, modality]),
      [
        ["blob", "image"],
        ["uri", "audio"],
        ["blob", "document"]
      ]
    )
  })
)
