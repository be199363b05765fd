import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Exit, Schema } from "effect"
import { Agent, SessionId, TracingOptions } from "effect-observability"
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
        "gen_ai.usage.cost": 0.25
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
})
