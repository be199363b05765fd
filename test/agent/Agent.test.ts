import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Either, Exit, FiberId, type ParseResult, Schema, Stream } from "effect"
import { Agent, SessionId, TracingOptions } from "effect-observability"
import { expectTypeOf } from "vitest"
import { ofType, only, recorded, tree } from "./utils.js"

const session = SessionId.SessionId.make("s-1")

class Refusal extends Schema.TaggedError<Refusal>()("Refusal", { message: Schema.String }) {}

describe("Agent", () => {
  it.effect("gives the spans of a turn their names and types", () =>
    Effect.gen(function* () {
      const { spans } = yield* recorded(
        Effect.succeed("rain").pipe(
          Agent.tool({ name: "forecast" }),
          Effect.zip(Effect.succeed("Hi").pipe(Agent.model({ model: "gpt-4o" }))),
          Agent.run({ name: "weather" })
        )
      )
      assert.deepStrictEqual(tree(spans), {
        "invoke_agent weather: agent_run": {
          "execute_tool forecast: tool_call": {},
          "chat gpt-4o: model_generation": {}
        }
      })
    })
  )

  it.effect("records what it is told, under the names of the conventions", () =>
    Effect.gen(function* () {
      const answer = { text: "Rain.", tokens: 5 }
      const { spans } = yield* recorded(
        Effect.all([
          Agent.run(Effect.void, { name: "weather", id: "agent-1" }),
          Agent.model(Effect.succeed(answer), {
            model: "gpt-4o",
            provider: "openai",
            response: ({ tokens }) => ({
              id: "response-1",
              model: "gpt-4o-mini",
              finishReasons: ["stop"],
              inputTokens: 12,
              outputTokens: tokens,
              cachedInputTokens: 10,
              reasoningTokens: 2,
              costUsd: 0.25
            })
          }),
          Agent.tool(Effect.void, { name: "forecast", callId: "call-1" })
        ])
      )
      assert.deepStrictEqual(only(ofType(spans, "agent_run")).attributes, {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.name": "weather",
        "gen_ai.agent.id": "agent-1"
      })
      const { attributes, costUsd, inputTokens, kind, model, outputTokens, provider } = only(
        ofType(spans, "model_generation")
      )
      assert.deepStrictEqual(attributes, {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.provider.name": "openai",
        "gen_ai.response.id": "response-1",
        "gen_ai.response.model": "gpt-4o-mini",
        "gen_ai.response.finish_reasons": ["stop"],
        "gen_ai.usage.input_tokens": 12,
        "gen_ai.usage.output_tokens": 5,
        "gen_ai.usage.cache_read.input_tokens": 10,
        "gen_ai.usage.reasoning.output_tokens": 2,
        "gen_ai.usage.cost": 0.25,
        "effect_observability.cost_source": "provider"
      })
      assert.deepStrictEqual(
        { costUsd, inputTokens, kind, model, outputTokens, provider },
        { costUsd: 0.25, inputTokens: 12, kind: "client", model: "gpt-4o-mini", outputTokens: 5, provider: "openai" }
      )
      assert.deepStrictEqual(only(ofType(spans, "tool_call")).attributes, {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "forecast",
        "gen_ai.tool.call.id": "call-1"
      })
    })
  )

  it.effect("records what a tool says that its call has cost", () =>
    Effect.gen(function* () {
      const answer = Effect.succeed({ credits: 3 })
      const { spans } = yield* recorded(
        Effect.all(
          [
            Agent.tool(answer, { name: "given", costUsd: 0.5 }),
            Agent.tool(answer, { name: "read", costUsd: ({ credits }) => credits / 4 }),
            Agent.tool(answer, { name: "unknown", costUsd: () => undefined }),
            Agent.tool(answer, {
              name: "throws",
              costUsd: () => {
                throw new Error("no")
              }
            }),
            Agent.tool(answer, { name: "negative", costUsd: -1 }),
            Agent.tool(answer, { name: "nan", costUsd: Number.NaN }),
            Agent.tool(Effect.fail("no"), { name: "failed", costUsd: 0.25 }).pipe(Effect.ignore),
            Stream.make(1, 2).pipe(
              Agent.toolStream({ name: "stream", costUsd: (elements) => elements.length }),
              Stream.runDrain
            ),
            Stream.make(1, 2).pipe(Agent.toolStream({ name: "given stream", costUsd: 4 }), Stream.runDrain)
          ],
          { discard: true }
        )
      )
      assert.deepStrictEqual(
        Object.fromEntries(spans.map((span) => [span.toolName, [span.costUsd, span.costSource]])),
        {
          given: [0.5, "custom"],
          read: [0.75, "custom"],
          unknown: [undefined, undefined],
          throws: [undefined, undefined],
          negative: [undefined, undefined],
          nan: [undefined, undefined],
          failed: [0.25, "custom"],
          stream: [2, "custom"],
          "given stream": [4, "custom"]
        }
      )
    })
  )

  it.effect("adds parts that are more than the whole, which were counted apart from it", () =>
    Effect.gen(function* () {
      const told = [
        { inputTokens: 12, outputTokens: 5, cachedInputTokens: 4_000, cacheWriteTokens: 800, reasoningTokens: 100 },
        {
          inputTokens: 4_800,
          outputTokens: 100,
          cachedInputTokens: 4_000,
          cacheWriteTokens: 800,
          reasoningTokens: 100
        },
        { cachedInputTokens: 4_000, reasoningTokens: 100 }
      ]
      const { spans } = yield* recorded(
        Effect.forEach(told, (tokens) => Agent.model(Effect.void, { model: "m", response: () => tokens }))
      )
      assert.deepStrictEqual(
        spans.map(({ inputTokens, outputTokens }) => [inputTokens, outputTokens]),
        [
          [4_812, 105],
          [4_800, 100],
          [undefined, undefined]
        ]
      )
    })
  )

  it.effect("records what goes in and what comes out on request", () =>
    Effect.gen(function* () {
      const options = { input: "Umbrella?", output: (text: string) => text }
      const { spans } = yield* recorded(
        Effect.succeed("Yes.").pipe(
          Agent.tool({ name: "forecast", input: { city: "Oslo" }, output: (text) => [text] }),
          Agent.model({ model: "gpt-4o", ...options }),
          Agent.run({ name: "weather", ...options })
        )
      )
      const asked = [{ role: "user", parts: [{ type: "text", content: "Umbrella?" }] }]
      const answered = [{ role: "assistant", parts: [{ type: "text", content: "Yes." }] }]
      for (const { attributes } of [...ofType(spans, "agent_run"), ...ofType(spans, "model_generation")]) {
        assert.deepStrictEqual(attributes["gen_ai.input.messages"], asked)
        assert.deepStrictEqual(attributes["gen_ai.output.messages"], answered)
      }
      const { attributes } = only(ofType(spans, "tool_call"))
      assert.deepStrictEqual(attributes["gen_ai.tool.call.arguments"], { city: "Oslo" })
      assert.deepStrictEqual(attributes["gen_ai.tool.call.result"], ["Yes."])
    })
  )

  it.effect("takes tracing options, for its span and for what is inside", () =>
    Effect.gen(function* () {
      const options: TracingOptions.TracingOptions = {
        sessionId: session,
        threadId: "thread-1",
        runId: "run-1",
        tags: ["beta"],
        metadata: { plan: "free" }
      }
      const { exit, logs, spans } = yield* recorded(
        Effect.log("inside").pipe(Effect.zipRight(TracingOptions.get), Agent.run({ name: "weather", ...options }))
      )
      assert.deepStrictEqual(exit, Exit.succeed(options))
      for (const { metadata, runId, sessionId, tags, threadId } of [only(spans), only(logs)]) {
        assert.deepStrictEqual({ metadata, runId, sessionId, tags, threadId }, options)
      }
    })
  )

  it.effect("records a failure with its type, and gives it on", () =>
    Effect.gen(function* () {
      const refusal = new Refusal({ message: "Oslo is full" })
      for (const traced of [
        Agent.run(refusal, { name: "weather" }),
        Agent.model(refusal, { model: "gpt-4o", response: () => ({ inputTokens: 1 }) }),
        Agent.tool(refusal, { name: "book", output: () => "never" })
      ]) {
        const { exit, spans } = yield* recorded(traced)
        assert.strictEqual((yield* Effect.flip(exit)).message, refusal.message)
        const { attributes, status, statusMessage } = only(spans)
        assert.deepStrictEqual(
          { errorType: attributes["error.type"], status, statusMessage },
          { errorType: "Refusal", status: "error", statusMessage: "Oslo is full" }
        )
      }
    })
  )

  it.effect("records an interruption as one", () =>
    Effect.gen(function* () {
      const { spans } = yield* recorded(Effect.interrupt.pipe(Agent.tool({ name: "book" })))
      assert.strictEqual(only(spans).status, "interrupted")
      assert.notProperty(only(spans).attributes, "error.type")
    })
  )

  it.effect("records a value that is a failure as one, and gives it on", () =>
    Effect.gen(function* () {
      const refused = { isError: true, content: [{ type: "text", text: "no such file" }] }
      const throwing = () => {
        throw new Error("no")
      }
      const left = Either.left(new Refusal({ message: "full" }))
      const cases: ReadonlyArray<readonly [unknown, Effect.Effect<unknown>, string, string?, string?]> = [
        [refused, Effect.succeed(refused).pipe(Agent.tool({ name: "t" })), "error", "tool_error", "no such file"],
        [left, Effect.succeed(left).pipe(Agent.tool({ name: "t" })), "error", "Refusal", "full"],
        [left, Effect.succeed(left).pipe(Agent.run({ name: "t" })), "error", "Refusal", "full"],
        [
          Either.left("no"),
          Effect.succeed(Either.left("no")).pipe(Agent.model({ model: "m" })),
          "error",
          "model_error",
          "no"
        ],
        [Exit.fail("no"), Effect.succeed(Exit.fail("no")).pipe(Agent.tool({ name: "t" })), "error", "Error", "no"],
        [
          Exit.interrupt(FiberId.none),
          Effect.succeed(Exit.interrupt(FiberId.none)).pipe(Agent.tool({ name: "t" })),
          "interrupted"
        ],
        [
          { ok: false, error: "no" },
          Agent.tool(Effect.succeed({ ok: false, error: "no" }), { name: "t", isFailure: (_) => !_.ok }),
          "error",
          "tool_error",
          "no"
        ],
        [refused, Agent.run(Effect.succeed(refused), { name: "t" }), "ok"],
        [refused, Agent.tool(Effect.succeed(refused), { name: "t", isFailure: () => false }), "ok"],
        [refused, Agent.tool(Effect.succeed(refused), { name: "t", isFailure: throwing }), "ok"],
        [Either.right(1), Agent.tool(Effect.succeed(Either.right(1)), { name: "t" }), "ok"]
      ]
      for (const [value, traced, status, type, message] of cases) {
        const { exit, spans } = yield* recorded(traced)
        assert.deepStrictEqual(exit, Exit.succeed(value))
        const span = only(spans)
        assert.deepStrictEqual(
          [span.status, span.attributes["error.type"], span.statusMessage],
          [status, type, message]
        )
      }
    })
  )

  it.effect("does not let a function that throws harm the program", () =>
    Effect.gen(function* () {
      const fail = () => {
        throw new Error("no")
      }
      const { exit, spans } = yield* recorded(
        Effect.succeed("Hi").pipe(Agent.model({ model: "gpt-4o", output: fail, response: fail }))
      )
      assert.deepStrictEqual(exit, Exit.succeed("Hi"))
      assert.strictEqual(only(spans).attributes["gen_ai.output.messages"], "[Threw]")
    })
  )

  it("keeps the types of what it wraps", () => {
    class Weather extends Context.Tag("Weather")<Weather, string>() {}
    const effect: Effect.Effect<number, Refusal, Weather> = Effect.as(Weather, 1)
    const options = { name: "weather", model: "gpt-4o" }
    const kept: ReadonlyArray<Effect.Effect<number, Refusal, Weather>> = [
      effect.pipe(Agent.run(options), Agent.model(options), Agent.tool(options)),
      effect.pipe(Agent.run({ name: "weather", output: (value) => value.toFixed() })),
      effect.pipe(Agent.model({ model: "gpt-4o", response: (value) => ({ inputTokens: value }) })),
      Agent.tool(effect, { name: "forecast", output: (value) => value.toFixed() })
    ]
    const traced = Effect.fnUntraced(
      function* (city: string) {
        return yield* Effect.succeed(city.length)
      },
      Agent.run({ name: "weather" })
    )
    const length: Effect.Effect<number> = traced("Oslo")
    assert.isDefined(kept)
    assert.isDefined(length)
  })

  it.effect("keeps the newest messages of a long conversation, and counts that some are missing", () =>
    Effect.gen(function* () {
      const input = Array.from({ length: 200 }, (_, turn) => ({
        role: "user",
        parts: [{ type: "text", content: `${turn}: ${"x".repeat(1_000)}` }]
      }))
      const { spans } = yield* recorded(Effect.void.pipe(Agent.model({ model: "m", input })))
      const span = only(spans)
      const text = JSON.stringify(span.attributes["gen_ai.input.messages"])
      assert.isAtMost(text.length, 131_072)
      assert.notInclude(text, '"0: x')
      assert.include(text, '"199: x')
      assert.deepStrictEqual(span.dropped, { attributes: 1, events: 0, links: 0 })
    })
  )

  describe("streams", () => {
    const texts = Stream.make("It will ", "rain.").pipe(
      Stream.rechunk(1),
      Stream.tap(() => Effect.void.pipe(Effect.withSpan("inside")))
    )

    it.effect("are in a span and a session for as long as they last, and give what they are made of", () =>
      Effect.gen(function* () {
        const { spans } = yield* recorded(
          Effect.gen(function* () {
            const elements = yield* texts.pipe(
              Agent.toolStream({ name: "look", input: { city: "Oslo" }, output: (texts) => texts.length }),
              Agent.modelStream({
                model: "gpt-4o",
                output: (texts) => texts.join(""),
                response: (texts) => ({ outputTokens: texts.length })
              }),
              Agent.runStream({ name: "weather", sessionId: "s-1", userId: "ada", input: "Umbrella?" }),
              Stream.tap(() => Effect.void.pipe(Effect.withSpan("outside"))),
              Stream.runCollect
            )
            assert.deepStrictEqual(Array.from(elements), ["It will ", "rain."])
          })
        )
        const [run, model, tool] = [
          only(ofType(spans, "agent_run")),
          only(ofType(spans, "model_generation")),
          only(ofType(spans, "tool_call"))
        ]
        assert.deepStrictEqual([model.parentSpanId, tool.parentSpanId], [run.spanId, model.spanId])
        assert.strictEqual(model.outputTokens, 2)
        assert.deepStrictEqual(model.attributes["gen_ai.output.messages"], [
          { role: "assistant", parts: [{ type: "text", content: "It will rain." }] }
        ])
        assert.strictEqual(tool.attributes["gen_ai.tool.call.result"], 2)
        assert.notProperty(run.attributes, "gen_ai.output.messages")
        for (const span of [run, model, tool]) {
          assert.deepStrictEqual([span.sessionId, span.userId, span.status], ["s-1", "ada", "ok"])
        }
        const inside = spans.filter(({ name }) => name === "inside")
        assert.deepStrictEqual(
          inside.map(({ parentSpanId, sessionId }) => [parentSpanId, sessionId]),
          [
            [tool.spanId, "s-1"],
            [tool.spanId, "s-1"]
          ]
        )
        for (const span of spans.filter(({ name }) => name === "outside")) assert.isUndefined(span.sessionId)
      })
    )

    it.effect("that break, or are cut, record what came until then", () =>
      Effect.gen(function* () {
        const { spans } = yield* recorded(
          Effect.gen(function* () {
            const broken = Stream.concat(texts, Stream.fail(new Refusal({ message: "no" })))
            const error = yield* broken.pipe(
              Agent.runStream({ name: "broken", output: (texts) => texts.join("") }),
              Stream.runDrain,
              Effect.flip
            )
            assert.strictEqual(error._tag, "Refusal")
            yield* texts.pipe(
              Agent.runStream({ name: "cut", output: (texts) => texts.join("") }),
              Stream.take(1),
              Stream.runDrain
            )
            yield* texts.pipe(
              Agent.runStream({
                name: "throws",
                output: () => {
                  throw new Error("no")
                }
              }),
              Stream.runDrain
            )
          })
        )
        const said = Object.fromEntries(
          ofType(spans, "agent_run").map(({ attributes, name, status }) => [
            name,
            [status, JSON.stringify(attributes["gen_ai.output.messages"])]
          ])
        )
        assert.strictEqual(said["invoke_agent broken"]?.[0], "error")
        assert.include(said["invoke_agent broken"]?.[1], "It will rain.")
        assert.strictEqual(said["invoke_agent cut"]?.[0], "ok")
        assert.include(said["invoke_agent cut"]?.[1], "It will ")
        assert.deepStrictEqual(said["invoke_agent throws"], ["ok", '"[Threw]"'])
      })
    )

    it.effect("fail where the session id is none, before they start, and keep their types", () =>
      Effect.gen(function* () {
        let pulls = 0
        const counted = Stream.tap(Stream.make(1), () => Effect.sync(() => pulls++))
        const failing = Agent.runStream(counted, { name: "weather", sessionId: " " })
        expectTypeOf(failing).toEqualTypeOf<Stream.Stream<number, ParseResult.ParseError>>()
        expectTypeOf(Agent.runStream(counted, { name: "weather", sessionId: session })).toEqualTypeOf(counted)
        expectTypeOf(counted.pipe(Agent.runStream({ name: "weather" }))).toEqualTypeOf(counted)
        const error = yield* Effect.flip(Stream.runDrain(failing))
        assert.strictEqual(error._tag, "ParseError")
        assert.strictEqual(pulls, 0)
        const effect = Effect.succeed(1).pipe(Agent.run({ name: "weather", sessionId: "s" }))
        expectTypeOf(effect).toEqualTypeOf<Effect.Effect<number, ParseResult.ParseError>>()
        assert.strictEqual(yield* effect, 1)
      })
    )
  })
})
