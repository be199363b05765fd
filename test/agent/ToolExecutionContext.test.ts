import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Option } from "effect"
import { Agent, Observability, SessionId, Storage, ToolExecutionContext } from "effect-observability"
import { only, recorded } from "./utils.js"

const current = Effect.map(
  ToolExecutionContext.current,
  Option.map(({ span, ...context }) => ({ ...context, spanId: span.spanId }))
)

describe("ToolExecutionContext", () => {
  it.effect("gives the call, whom it belongs to and its span", () =>
    Effect.gen(function* () {
      const { exit, spans } = yield* recorded(
        current.pipe(
          Effect.withSpan("lookup"),
          Agent.tool({ name: "forecast", callId: "call-1", requestId: "request-1" }),
          Agent.run({
            name: "weather",
            sessionId: SessionId.SessionId.make("s-1"),
            threadId: "thread-1",
            runId: "run-1"
          })
        )
      )
      const call = only(spans.filter(({ spanType }) => spanType === "tool_call"))
      assert.deepStrictEqual(
        exit,
        Exit.succeed(
          Option.some({
            name: "forecast",
            callId: "call-1",
            sessionId: SessionId.SessionId.make("s-1"),
            threadId: "thread-1",
            runId: "run-1",
            requestId: "request-1",
            spanId: call.spanId
          })
        )
      )
    })
  )

  it.effect("gives the innermost call", () =>
    Effect.gen(function* () {
      const { exit } = yield* recorded(
        current.pipe(Agent.tool({ name: "inner" }), Agent.tool({ name: "outer", callId: "call-1" }))
      )
      const { callId, name } = Option.getOrThrow(yield* exit)
      assert.deepStrictEqual({ callId, name }, { callId: undefined, name: "inner" })
    })
  )

  it.effect("is inherited by forks", () =>
    Effect.gen(function* () {
      const { exit } = yield* recorded(
        Effect.fork(current).pipe(Effect.flatMap(Fiber.join), Agent.tool({ name: "forecast" }))
      )
      assert.strictEqual(Option.getOrThrow(yield* exit).name, "forecast")
    })
  )

  it.effect("is none outside of tools", () =>
    Effect.gen(function* () {
      const { exit } = yield* recorded(current.pipe(Agent.run({ name: "weather" })))
      assert.deepStrictEqual(exit, Exit.succeed(Option.none()))
      assert.deepStrictEqual(yield* current, Option.none())
    })
  )

  it.effect("is there in a trace that is not sampled", () =>
    Effect.gen(function* () {
      const context = yield* current.pipe(
        Agent.tool({ name: "forecast", callId: "call-1" }),
        Effect.provide(Observability.layer({ serviceName: "test", sampling: { type: "never" } })),
        Effect.provide(Storage.layerMemory)
      )
      const { callId, name } = Option.getOrThrow(context)
      assert.deepStrictEqual({ callId, name }, { callId: "call-1", name: "forecast" })
    })
  )

  it.effect("is there where nothing is recorded", () =>
    Effect.gen(function* () {
      const context = yield* current.pipe(Agent.tool({ name: "forecast", runId: "run-1" }))
      assert.strictEqual(Option.getOrThrow(context).name, "forecast")
      assert.strictEqual(Option.getOrThrow(context).runId, "run-1")
    })
  )
})
