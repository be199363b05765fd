import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Tracer as EffectTracer, Exit, Fiber, Scope, TestClock } from "effect"
import {
  Observability,
  type ObservabilityConfig,
  SessionId,
  type SpanRecord,
  Storage,
  Tracer,
  TracingOptions
} from "effect-observability"

type Sampling = NonNullable<ObservabilityConfig.Input["sampling"]>

/** Runs a program in the layer over a storage in memory, and gives what was stored. */
const stored = <A, E>(
  sampling: Sampling,
  program: Effect.Effect<A, E, Observability.Observability | Tracer.Tracer | Scope.Scope>
) =>
  Effect.gen(function* () {
    const scope = yield* Scope.make()
    const exit = yield* Effect.exit(
      program.pipe(Effect.provide(Observability.layer({ serviceName: "agent", sampling })), Scope.extend(scope))
    )
    yield* Scope.close(scope, Exit.void)
    const storage = yield* Storage.Storage
    const spans = (yield* storage.listSpans({ pagination: { limit: 1_000 } })).items
    const logs = (yield* storage.listLogs({ pagination: { limit: 1_000 } })).items
    return { exit, spans, logs }
  }).pipe(Effect.provide(Storage.layerMemory))

const never = (keep: Sampling["keep"], keepBuffer?: Sampling["keepBuffer"]): Sampling => ({
  type: "never",
  ...(keep && { keep }),
  ...(keepBuffer && { keepBuffer })
})

const names = (records: ReadonlyArray<{ readonly name: string }>) => records.map(({ name }) => name).sort()
const messages = (records: ReadonlyArray<{ readonly message: string }>) => records.map(({ message }) => message).sort()

const step = (name: string) => Effect.withSpan(Effect.log(name), name)
const failure = Effect.ignore(Effect.withSpan(Effect.fail("boom"), "failure"))

const remote = EffectTracer.externalSpan({
  traceId: "0af7651916cd43dd8448eb211c80319c",
  spanId: "b7ad6b7169203331",
  sampled: false
})

describe("keep", () => {
  it.effect("stores the whole trace of an error, what came before it and what comes after, and no other trace", () =>
    Effect.gen(function* () {
      const turn = (...steps: ReadonlyArray<Effect.Effect<void>>) => Effect.withSpan(Effect.all(steps), "turn")
      const { logs, spans } = yield* stored(
        never([{ error: true }]),
        Effect.all([
          turn(step("fine")),
          turn(step("before"), failure, step("after"), Effect.withSpan(step("inner"), "outer")),
          turn(step("fine"))
        ])
      )
      assert.deepStrictEqual(names(spans), ["after", "before", "failure", "inner", "outer", "turn"])
      assert.deepStrictEqual(messages(logs), ["after", "before", "inner"])
      assert.lengthOf(new Set([...spans, ...logs].map(({ traceId }) => traceId)), 1)
      const [turnSpan] = spans.filter((span) => span.name === "turn")
      assert.isUndefined(turnSpan?.parentIsRemote)
      assert.isUndefined(spans.find((span) => span.name === "before")?.parentIsRemote)
    })
  )

  it.effect("stores the trace of a slow span", () =>
    Effect.gen(function* () {
      const turn = (name: string, seconds: number) =>
        Effect.withSpan(Effect.zipRight(step("model"), TestClock.adjust(`${seconds} seconds`)), name)
      const { spans } = yield* stored(
        never([{ minDuration: "10 seconds" }]),
        Effect.zipRight(turn("quick", 9), turn("slow", 10))
      )
      assert.deepStrictEqual(names(spans), ["model", "slow"])
    })
  )

  it.effect("stores the traces of a user", () =>
    Effect.gen(function* () {
      const turn = (userId: string) =>
        TracingOptions.withTracingOptions(Effect.withSpan(step("model"), "turn"), { userId })
      const { spans } = yield* stored(never([{ userId: "ada" }]), Effect.all([turn("bob"), turn("ada"), turn("bob")]))
      assert.deepStrictEqual(
        spans.map(({ userId }) => userId),
        ["ada", "ada"]
      )
    })
  )

  it.effect("asks all that a rule says of one span, and each rule by itself", () =>
    Effect.gen(function* () {
      const turn = (userId: string, work: Effect.Effect<void>) =>
        TracingOptions.withTracingOptions(Effect.withSpan(work, userId), { userId })
      const { spans } = yield* stored(
        never([{ error: true, userId: "ada" }, { when: ({ name }) => name === "carl" }]),
        Effect.all([turn("ada", Effect.void), turn("bob", failure), turn("carl", Effect.void), turn("ada", failure)])
      )
      assert.deepStrictEqual(names(spans), ["ada", "carl", "failure"])
    })
  )

  it.effect("goes on where a function throws or returns no boolean, keeps nothing for it and counts it", () =>
    Effect.gen(function* () {
      const answers: Array<() => unknown> = [
        () => {
          throw new Error("boom")
        },
        () => Promise.reject(new Error("boom")),
        () => "yes"
      ]
      const when = () => (answers.shift() as () => unknown)() as boolean
      const { exit, spans } = yield* stored(
        never([{ when }]),
        Effect.zipRight(
          Effect.all([step("a"), step("b"), step("c")]),
          Effect.flatMap(Tracer.Tracer, (tracer) => tracer.samplerErrors)
        )
      )
      assert.deepStrictEqual(exit, Exit.succeed(3))
      assert.isEmpty(spans)
    })
  )

  it.effect("takes nothing from what is sampled, and counts nothing that is not emitted", () =>
    Effect.gen(function* () {
      const { exit, spans } = yield* stored(
        {
          type: "custom",
          sampler: { shouldSample: ({ name }) => name === "sampled" },
          keep: [{ error: true }]
        },
        Effect.gen(function* () {
          yield* step("sampled")
          yield* step("unsampled")
          yield* failure
          const { flush, stats } = yield* Observability.Observability
          yield* flush
          return (yield* stats).spans.storage
        })
      )
      assert.deepStrictEqual(names(spans), ["failure", "sampled"])
      assert.deepInclude((yield* exit) ?? {}, { emitted: 2, exported: 2 })
    })
  )

  it.effect("does not change what other processes are told", () =>
    Effect.gen(function* () {
      const { exit } = yield* stored(
        never([{ error: true }]),
        Effect.withSpan(Effect.zipRight(failure, Effect.currentSpan), "turn")
      )
      assert.isFalse((yield* exit).sampled)
    })
  )

  it.effect("holds what comes under a parent in another process that was not sampled, in one trace", () =>
    Effect.gen(function* () {
      const { spans } = yield* stored(
        { type: "always", keep: [{ error: true }] },
        Effect.gen(function* () {
          const opened = yield* Deferred.make<void>()
          const failed = yield* Deferred.make<void>()
          const first = yield* Deferred.succeed(opened, undefined).pipe(
            Effect.zipRight(Deferred.await(failed)),
            Effect.withSpan("first"),
            Effect.fork
          )
          yield* Deferred.await(opened)
          yield* failure
          yield* Deferred.succeed(failed, undefined)
          yield* Fiber.join(first)
          yield* step("third")
        }).pipe(Effect.withParentSpan(remote))
      )
      assert.deepStrictEqual(names(spans), ["failure", "first"])
      for (const span of spans) assert.strictEqual(span.parentSpanId, remote.spanId)
    })
  )

  it.effect("keeps of an unsampled session the trace alone", () =>
    Effect.gen(function* () {
      const { spans } = yield* stored(
        { type: "session", probability: 0, keep: [{ error: true }] },
        Effect.all([step("before"), Effect.withSpan(failure, "turn"), step("after")]).pipe(SessionId.withNewSessionId)
      )
      assert.deepStrictEqual(names(spans), ["failure", "turn"])
      assert.lengthOf(new Set(spans.map(({ sessionId }) => sessionId)), 1)
    })
  )

  it.effect("tells many traces of the same time apart", () =>
    Effect.gen(function* () {
      const turn = (i: number) =>
        Effect.all([step("a"), i % 10 === 0 ? failure : Effect.void, Effect.yieldNow(), step("b")]).pipe(
          Effect.withSpan(`turn ${i}`)
        )
      const { exit, spans } = yield* stored(
        never([{ error: true }]),
        Effect.zipRight(
          Effect.forEach(
            Array.from({ length: 400 }, (_, i) => i),
            turn,
            { concurrency: 100, discard: true }
          ),
          Effect.flatMap(Tracer.Tracer, (tracer) => tracer.undecidedTraces)
        )
      )
      assert.deepStrictEqual(exit, Exit.succeed(0))
      const byTrace = new Map<string, Array<SpanRecord.SpanRecord>>()
      for (const span of spans) byTrace.set(span.traceId, [...(byTrace.get(span.traceId) ?? []), span])
      assert.strictEqual(byTrace.size, 40)
      for (const trace of byTrace.values()) {
        assert.deepStrictEqual(names(trace).slice(0, 3), ["a", "b", "failure"])
        assert.lengthOf(trace, 4)
      }
    })
  )

  it.effect("holds a trace while one of its spans is open, the first or another", () =>
    Effect.gen(function* () {
      const { spans } = yield* stored(
        never([{ error: true }]),
        Effect.gen(function* () {
          const opened = yield* Deferred.make<void>()
          const gate = yield* Deferred.make<void>()
          const stream = Effect.withSpan(
            Effect.all([Deferred.succeed(opened, undefined), Deferred.await(gate), failure]),
            "stream"
          )
          const fiber = yield* Effect.withSpan(
            Effect.zipLeft(Effect.forkDaemon(stream), Deferred.await(opened)),
            "turn"
          )
          yield* Deferred.succeed(gate, undefined)
          yield* Fiber.join(fiber)
        })
      )
      assert.deepStrictEqual(names(spans), ["failure", "stream", "turn"])
    })
  )

  describe("when the layer closes", () => {
    const open = (name: string) => Effect.makeSpanScoped(name)

    it.effect("stores the open spans of a trace that was kept as running", () =>
      Effect.gen(function* () {
        const { spans } = yield* stored(
          never([{ error: true }]),
          Effect.gen(function* () {
            const scope = yield* Scope.make()
            const span = yield* Scope.extend(open("turn"), scope)
            yield* Effect.withParentSpan(failure, span)
            const { activeSpans } = yield* Tracer.Tracer
            assert.deepStrictEqual(names(yield* activeSpans), ["turn"])
          })
        )
        assert.deepStrictEqual(spans.map(({ name, status }) => [name, status]).sort(), [
          ["failure", "error"],
          ["turn", "running"]
        ])
      })
    )

    it.effect("asks about the open spans of the others", () =>
      Effect.gen(function* () {
        const { spans } = yield* stored(
          never([{ minDuration: "1 minute" }]),
          Effect.gen(function* () {
            const scope = yield* Scope.make()
            yield* Scope.extend(open("slow"), scope)
            yield* TestClock.adjust("1 minute")
            yield* Scope.extend(open("quick"), scope)
            const { activeSpans } = yield* Tracer.Tracer
            assert.isEmpty(yield* activeSpans)
          })
        )
        assert.deepStrictEqual(
          spans.map(({ name, status }) => [name, status]),
          [["slow", "running"]]
        )
      })
    )
  })

  describe("the bounds", () => {
    const undecided = Effect.flatMap(Tracer.Tracer, (tracer) => tracer.undecidedTraces)

    it.effect("give up a trace of too many records, and count it", () =>
      Effect.gen(function* () {
        const turn = (steps: number) =>
          Effect.withSpan(Effect.zipRight(Effect.repeatN(step("step"), steps - 1), failure), `turn ${steps}`)
        // Each step is a span and a log; the turn and the failure are spans too.
        const { exit, spans } = yield* stored(
          never([{ error: true }], { maxRecords: 22 }),
          Effect.zipRight(Effect.all([turn(10), turn(11)]), undecided)
        )
        assert.deepStrictEqual(exit, Exit.succeed(1))
        assert.lengthOf(spans, 12)
        assert.include(names(spans), "turn 10")
      })
    )

    it.effect("give up the oldest trace, and leave those that have ended nothing to be counted", () =>
      Effect.gen(function* () {
        const { exit, spans } = yield* stored(
          never([{ error: true }], { maxRecords: 10 }),
          Effect.gen(function* () {
            const gate = yield* Deferred.make<void>()
            const turn = (name: string) =>
              Deferred.await(gate).pipe(
                Effect.zipRight(Effect.fail("boom")),
                Effect.withSpan(name),
                Effect.ignore,
                Effect.fork
              )
            const old = yield* turn("old")
            yield* Effect.yieldNow()
            yield* Effect.repeatN(step("ended"), 100)
            const others = yield* Effect.forEach(
              Array.from({ length: 10 }, (_, i) => `turn ${i}`),
              turn
            )
            yield* Effect.yieldNow()
            const count = yield* undecided
            yield* Deferred.succeed(gate, undefined)
            yield* Fiber.joinAll([old, ...others])
            return count
          })
        )
        assert.deepStrictEqual(exit, Exit.succeed(1))
        assert.notInclude(names(spans), "old")
        assert.lengthOf(
          spans.filter(({ name }) => name.startsWith("turn")),
          10
        )
      })
    )

    it.effect("give up a trace that takes too long, with the spans that still come of it", () =>
      Effect.gen(function* () {
        const { exit, spans } = yield* stored(
          never([{ error: true }], { maxAge: "1 minute" }),
          Effect.zipRight(Effect.withSpan(Effect.zipRight(TestClock.adjust("62 seconds"), failure), "turn"), undecided)
        )
        assert.deepStrictEqual(exit, Exit.succeed(1))
        assert.isEmpty(spans)
      })
    )

    it.effect("keep a trace whose open span fits a rule by then", () =>
      Effect.gen(function* () {
        const { exit, spans } = yield* stored(
          never([{ minDuration: "30 seconds" }], { maxAge: "1 minute" }),
          Effect.gen(function* () {
            yield* Effect.gen(function* () {
              yield* step("before")
              yield* TestClock.adjust("62 seconds")
              const { activeSpans } = yield* Tracer.Tracer
              assert.deepStrictEqual(names(yield* activeSpans), ["turn"])
              yield* step("after")
            }).pipe(Effect.withSpan("turn"))
            return yield* undecided
          })
        )
        assert.deepStrictEqual(exit, Exit.succeed(0))
        assert.deepStrictEqual(names(spans), ["after", "before", "turn"])
      })
    )
  })

  it.effect("costs a span nothing where there is no rule: its attributes are not read", () =>
    Effect.gen(function* () {
      for (const [sampling, expected] of [
        [never(undefined), 0],
        [never([]), 0],
        [never([{ error: true }]), 1]
      ] as const) {
        let read = 0
        const value = { toJSON: () => ++read }
        yield* stored(sampling, Effect.withSpan(Effect.void, "work", { attributes: { value } }))
        assert.strictEqual(read, expected)
      }
    })
  )
})

describe("logs of a trace that is not sampled", () => {
  const all = Effect.all([
    Effect.logDebug("debug"),
    Effect.logInfo("info"),
    Effect.logWarning("warn"),
    Effect.logError("error"),
    Effect.logFatal("fatal")
  ])

  it.effect("are stored from a warning on, with real ids", () =>
    Effect.gen(function* () {
      const { exit, logs, spans } = yield* stored(
        { type: "never" },
        Effect.withSpan(Effect.zipRight(all, Effect.currentSpan), "turn")
      )
      const span = yield* exit
      assert.deepStrictEqual(messages(logs), ["error", "fatal", "warn"])
      for (const { spanId, traceId } of logs) assert.deepStrictEqual([traceId, spanId], [span.traceId, span.spanId])
      assert.isEmpty(spans)
    })
  )

  it.effect("are stored so in another process, too, also directly under the parent that came from there", () =>
    Effect.gen(function* () {
      const { logs } = yield* stored({ type: "always" }, Effect.withParentSpan(all, remote))
      assert.deepStrictEqual(messages(logs), ["error", "fatal", "warn"])
    })
  )

  it.effect("are stored as all others outside any trace", () =>
    Effect.gen(function* () {
      const { logs } = yield* stored({ type: "never" }, Effect.zipRight(all, Effect.withTracerEnabled(all, false)))
      assert.lengthOf(logs, 8)
    })
  )

  it.effect("are stored once, in their order, where the trace is kept", () =>
    Effect.gen(function* () {
      const { logs } = yield* stored(
        never([{ error: true }]),
        Effect.withSpan(Effect.all([all, failure, Effect.log("after")]), "turn")
      )
      assert.deepStrictEqual(messages(logs), ["after", "error", "fatal", "info", "warn"])
    })
  )

  it.effect("do not hide that the level was changed", () =>
    Effect.gen(function* () {
      const { logs } = yield* stored(
        { type: "never" },
        Effect.flatMap(Observability.Observability, ({ setLogLevel }) => setLogLevel("debug")).pipe(
          Effect.withSpan("turn")
        )
      )
      assert.deepStrictEqual(messages(logs), ["The log level was changed"])
    })
  )
})
