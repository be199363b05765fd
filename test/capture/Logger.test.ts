import { assert, describe, it } from "@effect/vitest"
import {
  Cause,
  Effect,
  Logger as EffectLogger,
  Tracer as EffectTracer,
  Layer,
  LogLevel,
  Redacted,
  TestClock
} from "effect"
import { LogRecord, SessionId, TracingOptions } from "effect-observability"
import { limits, record, recorder } from "./utils.js"

const a = SessionId.SessionId.make("session-a")

const logged = <E>(program: Effect.Effect<unknown, E>, options?: Parameters<typeof record>[1]) =>
  Effect.map(record(program, options), ({ logs }) => {
    assert.strictEqual(logs.length, 1)
    return logs[0] as LogRecord.LogRecord
  })

describe("Logger", () => {
  it.effect("records a log with its session, trace and span", () =>
    Effect.gen(function* () {
      const program = Effect.log("hello").pipe(
        Effect.withSpan("work"),
        SessionId.withSessionId(a),
        TracingOptions.withTracingOptions({ runId: "r", tags: ["x"], metadata: { plan: "pro" } })
      )
      const { logs, spans } = yield* record(program, { environment: "staging" })
      const [log] = logs
      assert.deepStrictEqual(
        { ...log },
        {
          logId: log?.logId,
          timestamp: 1n,
          level: "info",
          message: "hello",
          data: [],
          attributes: {},
          logSpans: {},
          traceId: spans[0]?.traceId,
          spanId: spans[0]?.spanId,
          sessionId: a,
          runId: "r",
          serviceName: "test",
          environment: "staging",
          tags: ["x"],
          metadata: { plan: "pro" }
        }
      )
      assert.instanceOf(log, LogRecord.LogRecord)
      assert.deepStrictEqual({ ...new LogRecord.LogRecord(log) }, { ...log })
    })
  )

  it.effect("is not repeated as an event of the span", () =>
    Effect.gen(function* () {
      const { spans } = yield* record(Effect.log("hello").pipe(Effect.withSpan("work")))
      assert.deepStrictEqual(spans[0]?.events, [])
    })
  )

  it.effect("joins strings to the message and keeps other values as data", () =>
    Effect.gen(function* () {
      const log = yield* logged(Effect.log("found", { seats: 3 }, "of", 12, undefined, [1n]))
      assert.strictEqual(log.message, "found of")
      assert.deepStrictEqual(log.data, [{ seats: 3 }, 12, [1]])
    })
  )

  it.effect("keeps annotations, log spans in milliseconds, and the cause", () =>
    Effect.gen(function* () {
      const program = TestClock.adjust("250 millis").pipe(
        Effect.zipRight(Effect.logError("failed", Cause.fail(new Error("boom")))),
        Effect.annotateLogs({ flight: "HAT001", passengers: [1, 2] }),
        Effect.withLogSpan("booking")
      )
      const log = yield* logged(program)
      assert.strictEqual(log.level, "error")
      assert.strictEqual(log.timestamp, 250_000_000n)
      assert.deepStrictEqual(log.attributes, { flight: "HAT001", passengers: [1, 2] })
      assert.deepStrictEqual(log.logSpans, { booking: 250 })
      assert.include(log.cause ?? "", "Error: boom")
    })
  )

  it.effect("gives each level its name, and one of the user's own the level below", () =>
    Effect.gen(function* () {
      const own: LogLevel.LogLevel = { ...LogLevel.Info, label: "NOTICE", ordinal: LogLevel.Info.ordinal + 1 } as never
      const program = Effect.all([
        Effect.logTrace("x"),
        Effect.logDebug("x"),
        Effect.logInfo("x"),
        Effect.logWarning("x"),
        Effect.logError("x"),
        Effect.logFatal("x"),
        Effect.logWithLevel(own, "x")
      ]).pipe(EffectLogger.withMinimumLogLevel(LogLevel.All))
      const { logs } = yield* record(program)
      assert.deepStrictEqual(
        logs.map((log) => log.level),
        ["trace", "debug", "info", "warn", "error", "fatal", "info"]
      )
    })
  )

  it.effect("leaves the user's own loggers at work", () =>
    Effect.gen(function* () {
      const seen: Array<unknown> = []
      const own = EffectLogger.make(({ message }) => void seen.push(message))
      const { logs, layer } = recorder()
      yield* Effect.log("hello").pipe(Effect.provide(Layer.provideMerge(layer, EffectLogger.add(own))))
      assert.deepStrictEqual(seen, [["hello"]])
      assert.strictEqual(logs.length, 1)
    })
  )

  it.effect("has the ids of a remote span it is directly in", () =>
    Effect.gen(function* () {
      const parent = EffectTracer.externalSpan({
        traceId: "0af7651916cd43dd8448eb211c80319c",
        spanId: "b7ad6b7169203331"
      })
      const log = yield* logged(Effect.withParentSpan(Effect.log("hello"), parent))
      assert.strictEqual(log.traceId, parent.traceId)
      assert.strictEqual(log.spanId, parent.spanId)
    })
  )

  it.effect("has no ids where tracing is disabled", () =>
    Effect.gen(function* () {
      const log = yield* logged(Effect.log("hello").pipe(Effect.withSpan("off"), Effect.withTracerEnabled(false)))
      assert.isUndefined(log.traceId)
      assert.isUndefined(log.spanId)
    })
  )

  it.effect("orders logs of the same moment by their ids", () =>
    Effect.gen(function* () {
      const { logs } = yield* record(
        Effect.forEach(
          Array.from({ length: 100 }, (_, i) => String(i)),
          (i) => Effect.log(i)
        )
      )
      const ids = logs.map((log) => log.logId)
      assert.deepStrictEqual(ids.toSorted(), ids)
      assert.strictEqual(new Set(ids).size, 100)
    })
  )

  it.effect("never shows what is redacted", () =>
    Effect.gen(function* () {
      const log = yield* logged(Effect.log("key", { key: Redacted.make("sk-secret") }))
      assert.notInclude(JSON.stringify(log), "sk-secret")
    })
  )

  it.effect("cuts a message that is too long, and counts no more annotations than allowed", () =>
    Effect.gen(function* () {
      const program = Effect.log("x".repeat(50)).pipe(Effect.annotateLogs({ a: 1, b: 2, c: 3 }))
      const log = yield* logged(program, { limits: { ...limits, attributeValueLength: 10, attributeCount: 2 } })
      assert.strictEqual(log.message, "x".repeat(10))
      assert.strictEqual(Object.keys(log.attributes).length, 2)
      assert.deepStrictEqual(log.dropped, { attributes: 2 })
      const long = "x".repeat(50)
      const cut = yield* logged(Effect.log("short", { long }).pipe(Effect.annotateLogs({ long })), {
        limits: { ...limits, attributeValueLength: 10 }
      })
      assert.deepStrictEqual(cut.dropped, { attributes: 2 })
    })
  )

  it.effect("lets the program go on when a log cannot be read at all", () =>
    Effect.gen(function* () {
      const hostile = new Proxy([], {
        get: () => {
          throw new Error("gotcha")
        }
      })
      const { logs, layer } = recorder()
      const own = EffectLogger.replace(EffectLogger.defaultLogger, EffectLogger.none)
      yield* Effect.log("before", hostile, { toString: hostile }).pipe(
        Effect.zipRight(Effect.log("after")),
        Effect.provide(Layer.provideMerge(layer, own))
      )
      assert.strictEqual(logs.at(-1)?.message, "after")
    })
  )
})
