import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Logger as EffectLogger, Fiber, FiberRef, HashSet, Layer, LogLevel } from "effect"
import { Observability, SessionId } from "effect-observability"
import * as Logger from "../../src/capture/Logger.js"
import { memory } from "../../src/pipeline/Exporters.js"
import { recorder } from "./utils.js"

/** A logger of the program's own, in place of the default one, and what it was given. */
const shownBy = () => {
  const shown: Array<string> = []
  const logger = EffectLogger.make(({ message }) => void shown.push(String(message)))
  return { shown, logger, layer: EffectLogger.replace(EffectLogger.defaultLogger, logger) }
}

const everyLevel = Effect.all([
  Effect.logTrace("trace"),
  Effect.logDebug("debug"),
  Effect.logInfo("info"),
  Effect.logWarning("warn"),
  Effect.logError("error"),
  Effect.logFatal("fatal")
])

const changed = "The log level was changed"

/** Runs a program and gives the messages that were recorded, and those that its own logger showed. */
const run = <E>(
  program: Effect.Effect<unknown, E, Logger.Logger>,
  logLevel: Logger.LogLevel = "info"
): Effect.Effect<{ recorded: Array<string>; shown: Array<string> }, E> => {
  const { layer, logs } = recorder({ logLevel })
  const own = shownBy()
  return program.pipe(
    Effect.provide(layer),
    Effect.provide(own.layer),
    Effect.map(() => ({ recorded: logs.map((log) => log.message), shown: own.shown }))
  )
}

const set = (level: Logger.LogLevel, options?: { readonly console: boolean }) =>
  Effect.flatMap(Logger.Logger, (logger) => logger.setLogLevel(level, options))

const fromInfo = ["info", "warn", "error", "fatal"]
const fromDebug = ["debug", ...fromInfo]

describe("log level", () => {
  describe("as configured", () => {
    it.effect("decides what is recorded, and leaves the program's own loggers as they were", () =>
      Effect.gen(function* () {
        const expected: ReadonlyArray<[Logger.LogLevel, ReadonlyArray<string>]> = [
          ["trace", ["trace", ...fromDebug]],
          ["debug", fromDebug],
          ["info", fromInfo],
          ["warn", ["warn", "error", "fatal"]],
          ["error", ["error", "fatal"]],
          ["fatal", ["fatal"]],
          ["none", []]
        ]
        for (const [level, messages] of expected) {
          const { recorded, shown } = yield* run(everyLevel, level)
          assert.deepStrictEqual(recorded, messages, level)
          assert.deepStrictEqual(shown, fromInfo, level)
        }
      })
    )

    it.effect("is what the service reads", () =>
      Effect.gen(function* () {
        const program = Effect.flatMap(Logger.Logger, (logger) => logger.logLevel)
        const { layer } = recorder({ logLevel: "warn" })
        assert.strictEqual(yield* Effect.provide(program, layer), "warn")
      })
    )

    it.effect("keeps the level that was in force for the other loggers", () =>
      Effect.gen(function* () {
        for (const level of ["info", "trace"] as const) {
          const { recorded, shown } = yield* run(everyLevel, level).pipe(
            EffectLogger.withMinimumLogLevel(LogLevel.Debug)
          )
          assert.deepStrictEqual(shown, fromDebug)
          assert.deepStrictEqual(recorded, level === "info" ? fromInfo : ["trace", ...fromDebug])
        }
      })
    )

    it.effect("gives way to a level that the program sets further in, lower or higher", () =>
      Effect.gen(function* () {
        const lower = yield* run(everyLevel.pipe(EffectLogger.withMinimumLogLevel(LogLevel.Debug)))
        assert.deepStrictEqual(lower, { recorded: fromDebug, shown: fromDebug })
        const higher = yield* run(everyLevel.pipe(EffectLogger.withMinimumLogLevel(LogLevel.Fatal)), "debug")
        assert.deepStrictEqual(higher, { recorded: ["fatal"], shown: ["fatal"] })
      })
    )
  })

  describe("when it is changed", () => {
    it.effect("reaches fibers that are already running, down and up", () =>
      Effect.gen(function* () {
        const program = Effect.gen(function* () {
          const turns = yield* Effect.all([Deferred.make<void>(), Deferred.make<void>()])
          const fiber = yield* Effect.fork(
            Effect.logDebug("1").pipe(
              Effect.zipRight(Deferred.await(turns[0])),
              Effect.zipRight(Effect.logDebug("2")),
              Effect.zipRight(Deferred.await(turns[1])),
              Effect.zipRight(Effect.logInfo("3"))
            )
          )
          yield* Effect.yieldNow()
          yield* set("debug")
          yield* Deferred.succeed(turns[0], undefined)
          yield* Effect.yieldNow()
          yield* set("error")
          yield* Deferred.succeed(turns[1], undefined)
          yield* Fiber.join(fiber)
        })
        const { recorded, shown } = yield* run(program)
        assert.deepStrictEqual(recorded, [changed, "2", changed])
        assert.deepStrictEqual(shown, ["3"])
      })
    )

    it.effect("changes what is recorded and not what the other loggers show", () =>
      Effect.gen(function* () {
        const { recorded, shown } = yield* run(Effect.zipRight(set("debug"), everyLevel))
        assert.deepStrictEqual(recorded, [changed, ...fromDebug])
        assert.deepStrictEqual(shown, fromInfo)
      })
    )

    it.effect("changes what the other loggers show where that is asked for", () =>
      Effect.gen(function* () {
        const lower = yield* run(Effect.zipRight(set("debug", { console: true }), everyLevel))
        assert.deepStrictEqual(lower, { recorded: [changed, ...fromDebug], shown: fromDebug })
        const higher = yield* run(Effect.zipRight(set("error", { console: true }), everyLevel))
        assert.deepStrictEqual(higher, { recorded: [changed, "error", "fatal"], shown: ["error", "fatal"] })
      })
    )

    it.effect("gives the other loggers back their own level where it is not asked for them again", () =>
      Effect.gen(function* () {
        const { recorded, shown } = yield* run(
          set("debug", { console: true }).pipe(
            Effect.zipRight(everyLevel),
            Effect.zipRight(set("error")),
            Effect.zipRight(everyLevel)
          ),
          "warn"
        )
        assert.deepStrictEqual(recorded, [changed, ...fromDebug, changed, "error", "fatal"])
        assert.deepStrictEqual(shown, [...fromDebug, ...fromInfo])
      })
    )

    it.effect("is recorded with both levels, even at a level that records nothing else", () =>
      Effect.gen(function* () {
        const { layer, logs } = recorder()
        const own = shownBy()
        yield* Effect.zipRight(set("none"), everyLevel).pipe(
          Effect.withSpan("ask"),
          SessionId.withSessionId(SessionId.SessionId.make("operator")),
          Effect.provide(layer),
          Effect.provide(own.layer)
        )
        assert.strictEqual(logs.length, 1)
        assert.strictEqual(logs[0]?.message, changed)
        assert.strictEqual(logs[0]?.level, "info")
        assert.deepStrictEqual(logs[0]?.data, [{ from: "info", to: "none", console: false }])
        assert.strictEqual(logs[0]?.sessionId, "operator")
        assert.isDefined(logs[0]?.traceId)
        assert.deepStrictEqual(own.shown, fromInfo)
      })
    )

    it.effect("still gives way to a level that the program sets further in", () =>
      Effect.gen(function* () {
        const { recorded, shown } = yield* run(
          Effect.zipRight(set("trace"), everyLevel.pipe(EffectLogger.withMinimumLogLevel(LogLevel.Error)))
        )
        assert.deepStrictEqual(recorded, [changed, "error", "fatal"])
        assert.deepStrictEqual(shown, ["error", "fatal"])
      })
    )

    it.effect("is taken in any case, and stays where the word is none, which the loggers are told", () =>
      Effect.gen(function* () {
        const { recorded, shown } = yield* run(
          Effect.gen(function* () {
            yield* set("WARN" as Logger.LogLevel)
            yield* set("loud" as Logger.LogLevel, { console: true })
            assert.strictEqual(yield* Effect.flatMap(Logger.Logger, (logger) => logger.logLevel), "warn")
          })
        )
        const warning = `The log level stays "warn": "loud" is none`
        assert.deepStrictEqual(recorded, [changed, warning])
        assert.deepStrictEqual(shown, [warning])
      })
    )

    it.effect("is the service's: Observability reads and changes it", () =>
      Effect.gen(function* () {
        const kept = memory()
        const own = shownBy()
        const read = yield* Effect.gen(function* () {
          const { logLevel, setLogLevel } = yield* Observability.Observability
          const before = yield* logLevel
          yield* setLogLevel("debug")
          yield* everyLevel
          return [before, yield* logLevel]
        }).pipe(
          Effect.provide(Observability.layerExportOnly({ serviceName: "test", exporters: [kept] })),
          Effect.provide(own.layer)
        )
        assert.deepStrictEqual(read, ["info", "debug"])
        assert.deepStrictEqual(
          kept.logs.map((log) => log.message),
          [changed, ...fromDebug]
        )
        assert.deepStrictEqual(own.shown, fromInfo)
      })
    )
  })

  it.effect("does nothing but compare for a log that is suppressed", () =>
    Effect.gen(function* () {
      const { layer } = recorder({ logLevel: "debug" })
      const { logger, shown } = shownBy()
      yield* Effect.gen(function* () {
        const { log } = logger
        yield* Effect.logTrace("trace")
        assert.strictEqual(logger.log, log)
        yield* Effect.logDebug("debug")
        assert.notStrictEqual(logger.log, log)
      }).pipe(Effect.provide(layer), Effect.provide(EffectLogger.replace(EffectLogger.defaultLogger, logger)))
      assert.isEmpty(shown)
    })
  )

  describe("loggers that come later", () => {
    it.effect("see no more than they would without the layer: built beside it, or further in", () =>
      Effect.gen(function* () {
        // In which order the loggers of a fiber are called is a matter of chance.
        for (let i = 0; i < 20; i++) {
          const { layer, logs } = recorder({ logLevel: "debug" })
          const beside = shownBy()
          const inside = shownBy()
          yield* everyLevel.pipe(
            Effect.zipRight(Effect.provide(everyLevel, EffectLogger.add(inside.logger))),
            Effect.provide([layer, beside.layer])
          )
          assert.deepStrictEqual(beside.shown, [...fromInfo, ...fromInfo])
          assert.deepStrictEqual(inside.shown, fromInfo)
          assert.strictEqual(logs.length, 10)
        }
      })
    )

    it.effect("replace those before them, which stay known by their identity", () =>
      Effect.gen(function* () {
        const { layer } = recorder({ logLevel: "debug" })
        const outer = shownBy()
        const inner = shownBy()
        yield* everyLevel.pipe(
          Effect.zipRight(Effect.provide(everyLevel, EffectLogger.replace(outer.logger, inner.logger))),
          Effect.provide(layer),
          Effect.provide(outer.layer)
        )
        assert.deepStrictEqual(outer.shown, fromInfo)
        assert.deepStrictEqual(inner.shown, fromInfo)
      })
    )

    it.effect("do not fail the program when they cannot be changed", () =>
      Effect.gen(function* () {
        const { layer, logs } = recorder({ logLevel: "debug" })
        const frozen = Object.freeze(EffectLogger.make(() => {}))
        yield* everyLevel.pipe(
          Effect.provide(layer),
          Effect.provide(EffectLogger.replace(EffectLogger.defaultLogger, frozen))
        )
        assert.strictEqual(logs.length, 5)
      })
    )
  })

  it.effect("keeps the fiber's own report of an unhandled failure from the other loggers", () =>
    Effect.gen(function* () {
      const program = Effect.fail("boom").pipe(Effect.fork, Effect.flatMap(Fiber.await))
      const { recorded, shown } = yield* run(program, "debug")
      assert.deepStrictEqual(recorded, ["Fiber terminated with an unhandled error"])
      assert.deepStrictEqual(shown, [])
    })
  )

  it.effect("is that of each layer where one is inside another", () =>
    Effect.gen(function* () {
      const outer = recorder({ logLevel: "debug" })
      const inner = recorder({ logLevel: "trace" })
      const own = shownBy()
      yield* everyLevel.pipe(
        Effect.provide(inner.layer),
        Effect.zipRight(everyLevel),
        Effect.provide(outer.layer),
        Effect.provide(own.layer)
      )
      assert.strictEqual(inner.logs.length, 6)
      assert.deepStrictEqual(own.shown, [...fromInfo, ...fromInfo])
      assert.deepStrictEqual(
        outer.logs.slice(-5).map((log) => log.message),
        fromDebug
      )
    })
  )

  it.effect("lets the library's own warnings reach the program's loggers", () =>
    Effect.gen(function* () {
      const own = shownBy()
      const broken = { name: "broken", export: () => Effect.die("broken") }
      yield* Effect.void.pipe(
        Effect.withSpan("lost"),
        Effect.provide(Observability.layerExportOnly({ serviceName: "test", exporters: [broken] })),
        Effect.provide(own.layer)
      )
      assert.strictEqual(own.shown.length, 1)
      assert.include(own.shown[0] ?? "", `Records were lost on their way to the exporter "broken"`)
    })
  )

  describe("when the layer has closed", () => {
    const ambient = Effect.all({
      loggers: FiberRef.get(FiberRef.currentLoggers),
      minimum: FiberRef.get(FiberRef.currentMinimumLogLevel),
      tracer: Effect.tracer
    })

    it.effect("tracer, loggers and minimum level are as before", () =>
      Effect.gen(function* () {
        const before = yield* ambient
        const layer = Observability.layerExportOnly({ serviceName: "test", exporters: [memory()] })
        yield* everyLevel.pipe(Effect.withSpan("work"), Effect.provide(layer))
        const after = yield* ambient
        assert.strictEqual(after.tracer, before.tracer)
        assert.strictEqual(after.minimum, before.minimum)
        assert.isTrue(HashSet.isSubset(after.loggers, before.loggers))
        assert.isTrue(HashSet.isSubset(before.loggers, after.loggers))
      })
    )

    it.effect("nothing is recorded and the other loggers show what they did, even where Effect keeps a level", () =>
      Effect.gen(function* () {
        const { layer, logs } = recorder({ logLevel: "trace" })
        const own = shownBy()
        const { recorded, logger } = yield* Effect.gen(function* () {
          const logger = yield* Effect.zipRight(everyLevel, Logger.Logger).pipe(
            Effect.provide(Layer.merge(layer, Layer.setTracer(yield* Effect.tracer)))
          )
          const recorded = logs.length
          yield* logger.setLogLevel("trace", { console: true })
          yield* everyLevel
          return { recorded, logger }
        }).pipe(Effect.provide(own.layer))
        assert.strictEqual(recorded, 6)
        assert.strictEqual(logs.length, 6)
        assert.strictEqual(yield* logger.logLevel, "trace")
        assert.deepStrictEqual(own.shown, [...fromInfo, ...fromInfo])
      })
    )
  })
})
