import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { LoggerContext, SessionId, TracingOptions } from "effect-observability"
import { only, recorded } from "./utils.js"

const options: TracingOptions.TracingOptions = {
  sessionId: SessionId.SessionId.make("s-1"),
  threadId: "thread-1",
  tags: ["beta"],
  metadata: { plan: "free" }
}

describe("LoggerContext", () => {
  it.effect("is what the next log has", () =>
    Effect.gen(function* () {
      const { exit, logs } = yield* recorded(
        Effect.zipLeft(LoggerContext.current, Effect.log("next")).pipe(
          Effect.withSpan("turn", { attributes: { "gen_ai.conversation.id": "conversation-1" } }),
          TracingOptions.withTracingOptions(options)
        )
      )
      const context = yield* exit
      const log = only(logs)
      assert.deepStrictEqual(
        context,
        Object.fromEntries(Object.keys(context).map((key) => [key, log[key as keyof typeof log]])) as never
      )
      assert.includeMembers(Object.keys(context), [
        "conversationId",
        "environment",
        "serviceName",
        "sessionId",
        "spanId",
        "tags",
        "threadId",
        "traceId",
        "userId"
      ])
    })
  )

  it.effect("has the session of the span that the fiber is in", () =>
    Effect.gen(function* () {
      const { exit } = yield* recorded(
        LoggerContext.current.pipe(Effect.withSpan("turn", { attributes: { "session.id": "s-2" } }))
      )
      assert.strictEqual((yield* exit).sessionId, "s-2")
    })
  )

  it.effect("is the tracing options where no logs are recorded", () =>
    Effect.gen(function* () {
      const context = yield* LoggerContext.current.pipe(TracingOptions.withTracingOptions(options))
      assert.deepStrictEqual(context, options)
    })
  )
})
