import { assert, describe, it } from "@effect/vitest"
import { Effect, Logger as EffectLogger, Layer, Metric, TestClock } from "effect"
import { SessionId, TracingOptions } from "effect-observability"
import * as ownMetrics from "../../src/runtime/ownMetrics.js"
import { record, recorder } from "./utils.js"

const chat = { "gen_ai.operation.name": "chat" }

const spanOf = (attributes: Record<string, unknown>) =>
  Effect.map(
    record(Effect.log("in it").pipe(Effect.withSpan("chat", { attributes: { ...chat, ...attributes } }))),
    (recorded) => {
      assert.strictEqual(recorded.spans.length, 1)
      return { span: recorded.spans[0], log: recorded.logs[0] }
    }
  )

describe("ids and counts", () => {
  it.effect("are taken in the JSON type that they come in", () =>
    Effect.gen(function* () {
      const { log, span } = yield* spanOf({
        "session.id": 4711,
        "user.id": 42n,
        "gen_ai.conversation.id": 7,
        "gen_ai.usage.input_tokens": "123",
        "gen_ai.usage.output_tokens": 12n,
        "gen_ai.usage.cache_creation.input_tokens": "12.0",
        "llm.usage.completion_tokens": 99
      })
      assert.strictEqual(span?.sessionId, "4711")
      assert.strictEqual(span?.userId, "42")
      assert.strictEqual(span?.conversationId, "7")
      assert.strictEqual(span?.inputTokens, 123)
      assert.strictEqual(span?.outputTokens, 12)
      assert.strictEqual(span?.cacheWriteTokens, 12)
      assert.strictEqual(log?.sessionId, "4711")
      assert.strictEqual(log?.conversationId, "7")
    })
  )

  it.effect("that are no number are nobody's ids", () =>
    Effect.gen(function* () {
      const attributes = { ...chat, "session.id": Number.NaN, "user.id": Number.NaN }
      const { layer, spans } = recorder()
      yield* Effect.void.pipe(Effect.withSpan("chat", { attributes }), Effect.provide(layer))
      assert.deepStrictEqual(
        spans.map(({ sessionId, userId }) => [sessionId, userId]),
        [[undefined, undefined]]
      )
    })
  )

  it.effect("that are none are counted, and said once by attribute", () =>
    Effect.gen(function* () {
      const lines: Array<string> = []
      const printed = EffectLogger.replace(
        EffectLogger.defaultLogger,
        EffectLogger.make(({ message }) => void lines.push(JSON.stringify(message)))
      )
      const counted = Metric.value(Metric.tagged(ownMetrics.attributes.refused, "attribute", "session.id"))
      const before = yield* counted
      const attributes = {
        ...chat,
        "session.id": true,
        "gen_ai.usage.input_tokens": "many",
        "gen_ai.usage.output_tokens": Number.NaN,
        "user.id": null,
        "gen_ai.conversation.id": ""
      }
      const { layer, spans } = recorder()
      const call = Effect.void.pipe(Effect.withSpan("chat", { attributes }))
      yield* Effect.gen(function* () {
        yield* Effect.all([call, call])
        yield* TestClock.adjust("2 seconds")
        assert.strictEqual(lines.length, 1)
        yield* call
        yield* TestClock.adjust("2 seconds")
        yield* Effect.withSpan(Effect.void, "other", { attributes: { "gen_ai.usage.cost": "secret" } })
      }).pipe(Effect.provide(Layer.provideMerge(layer, printed)))
      assert.strictEqual((yield* counted).count - before.count, 3)
      assert.strictEqual(lines.length, 2)
      assert.deepStrictEqual(
        Array.from(lines[0]?.matchAll(/"attribute":"([^"]*)"/g) ?? [], ([, name]) => name),
        ["gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens", "session.id"]
      )
      assert.include(lines[1], "gen_ai.usage.cost")
      assert.notInclude(lines[1], "secret")
      assert.isTrue(spans.every(({ inputTokens, sessionId }) => inputTokens === undefined && sessionId === undefined))
    })
  )
})

describe("annotations of a log", () => {
  const logged = <E>(program: Effect.Effect<unknown, E>) =>
    Effect.map(
      record(program, { defaultSessionId: SessionId.SessionId.make("default"), userId: "default" }),
      ({ logs }) => logs[0]
    )

  it.effect("say whom it belongs to, where nothing else does", () =>
    Effect.gen(function* () {
      const annotations = { "session.id": 4711, "user.id": "ada", "gen_ai.conversation.id": "c" }
      const log = yield* logged(Effect.log("x").pipe(Effect.annotateLogs(annotations)))
      assert.deepInclude({ ...log }, { sessionId: "4711", userId: "ada", conversationId: "c" } as never)
      const other = yield* logged(Effect.log("x").pipe(Effect.annotateLogs({ other: 1 })))
      assert.deepInclude({ ...other }, { sessionId: "default", userId: "default" } as never)
    })
  )

  it.effect("count for less than the session of its fiber or span, and its options", () =>
    Effect.gen(function* () {
      const annotated = Effect.log("x").pipe(Effect.annotateLogs({ "session.id": "mine", "user.id": "me" }))
      const session = SessionId.SessionId.make("fiber")
      const inFiber = yield* logged(
        annotated.pipe(SessionId.withSessionId(session), TracingOptions.withTracingOptions({ userId: "ada" }))
      )
      assert.strictEqual(inFiber?.sessionId, "fiber")
      assert.strictEqual(inFiber?.userId, "ada")
      const inSpan = yield* logged(annotated.pipe(Effect.withSpan("s", { attributes: { "session.id": "span" } })))
      assert.strictEqual(inSpan?.sessionId, "span")
    })
  )

  it.effect("give no session that is none", () =>
    Effect.gen(function* () {
      const log = yield* logged(Effect.log("x").pipe(Effect.annotateLogs({ "session.id": " mine" })))
      assert.strictEqual(log?.sessionId, "default")
    })
  )
})
