import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer, Logger, Metric, Scope } from "effect"
import { Exporter, Observability, Propagation, SessionId, Storage } from "effect-observability"

const said: Array<string> = []
const telling = Logger.replace(
  Logger.defaultLogger,
  Logger.make(({ message }) => void said.push(String(message)))
)
const warnings = () => said.splice(0).filter((message) => message.includes("several layers"))

const live = () => Observability.layer({ serviceName: "t" })

const work = (name: string) => Effect.log(`log ${name}`).pipe(Effect.withSpan(name))

/** What a store holds after a program. */
const kept = (program: Effect.Effect<unknown, unknown, Storage.Storage>) =>
  Effect.gen(function* () {
    yield* program
    const storage = yield* Storage.Storage
    const spans = (yield* storage.listSpans()).items.map(({ name }) => name).sort()
    const logs = (yield* storage.listLogs()).items.map(({ message }) => message).sort()
    return { spans, logs }
  }).pipe(Effect.provide(Storage.layerMemory), Effect.provide(telling))

const both = (...names: ReadonlyArray<string>) => ({ spans: names, logs: names.map((name) => `log ${name}`) })

describe("several layers over one program record each span and log once, with a warning:", () => {
  it.live("a layer for each request", () =>
    Effect.gen(function* () {
      const program = Effect.forEach(["a", "b"], (name) => work(name).pipe(Effect.provide(live())))
      const recorded = yield* kept(Effect.zipRight(program, work("c")).pipe(Effect.provide(live())))
      assert.deepStrictEqual(recorded, both("a", "b", "c"))
      assert.lengthOf(warnings(), 1)
    })
  )

  it.live("the same layer twice, and three of them", () =>
    Effect.gen(function* () {
      const one = live()
      assert.deepStrictEqual(yield* kept(work("a").pipe(Effect.provide(one), Effect.provide(one))), both("a"))
      assert.lengthOf(warnings(), 1)
      const three = work("a").pipe(Effect.provide(live()), Effect.provide(live()), Effect.provide(live()))
      assert.deepStrictEqual(yield* kept(three), both("a"))
      assert.isAtLeast(warnings().length, 1)
      assert.deepStrictEqual(yield* kept(work("a").pipe(Effect.provide([one, one]))), both("a"))
      assert.lengthOf(warnings(), 0)
    })
  )

  it.live("side by side", () =>
    Effect.gen(function* () {
      const program = work("a").pipe(Effect.provide(Layer.mergeAll(live(), Observability.layer({ serviceName: "u" }))))
      assert.deepStrictEqual(yield* kept(program), both("a"))
      assert.lengthOf(warnings(), 1)
    })
  )

  it.live("two stores: what is inside is in the inner one, what is around it in the outer one", () =>
    Effect.gen(function* () {
      const inner = Exporter.memory()
      const exporting = Observability.layerExportOnly({ serviceName: "u", exporters: [inner] })
      const program = Effect.zipRight(work("in").pipe(Effect.provide(exporting)), work("out"))
      assert.deepStrictEqual(yield* kept(program.pipe(Effect.provide(live()))), both("out"))
      assert.deepStrictEqual(
        [inner.spans.map(({ name }) => name), inner.logs.map(({ message }) => message)],
        [["in"], ["log in"]]
      )
      assert.lengthOf(warnings(), 1)
    })
  )

  it.live("with a layer that wraps the tracer between them", () =>
    Effect.gen(function* () {
      const seen = new Set<string | undefined>()
      const context = Propagation.layerContext((carrier, step) => {
        seen.add(carrier.options?.sessionId)
        return step()
      })
      const outer = Exporter.memory()
      const outside = Observability.layerExportOnly({ serviceName: "u", exporters: [outer] })
      const program = SessionId.withSessionId(work("a"), "s")
      const nested = program.pipe(Effect.provide(live()), Effect.provide(context), Effect.provide(outside))
      assert.deepStrictEqual(yield* kept(nested), both("a"))
      assert.deepStrictEqual([outer.spans, outer.logs], [[], []])
      assert.isTrue(seen.has("s"))
      assert.isAtLeast(warnings().length, 1)
    })
  )

  it.live("one trace, of which the turn is counted once", () =>
    Effect.gen(function* () {
      const session = SessionId.SessionId.make("s")
      const inside = work("inner").pipe(Effect.provide(live()))
      const program = inside.pipe(Effect.withSpan("outer"), SessionId.withSessionId(session), Effect.provide(live()))
      const summary = yield* Effect.gen(function* () {
        yield* program
        return yield* Storage.getSession(session)
      }).pipe(Effect.provide(Storage.layerMemory), Effect.provide(telling))
      assert.strictEqual(summary._tag, "Some")
      if (summary._tag === "Some") {
        const { logs, spans, traces, turns } = summary.value
        assert.deepStrictEqual({ logs, spans, traces, turns }, { logs: 1, spans: 2, traces: 1, turns: 1 })
      }
      warnings()
    })
  )

  it.live("a fiber that outlives the inner layer is recorded by the outer one", () =>
    Effect.gen(function* () {
      const program = Effect.gen(function* () {
        const scope = yield* Scope.make()
        const later = yield* Effect.gen(function* () {
          yield* Layer.build(live()).pipe(Scope.extend(scope))
          return yield* Effect.forkDaemon(Effect.delay(work("later"), "50 millis"))
        })
        yield* Scope.close(scope, Exit.void)
        yield* Fiber.join(later)
      })
      assert.deepStrictEqual(yield* kept(program.pipe(Effect.provide(live()))), both("later"))
      warnings()
    })
  )

  it.live("one layer, no warning", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* kept(work("a").pipe(Effect.provide(live()))), both("a"))
      assert.lengthOf(warnings(), 0)
    })
  )
})

it.live("several layers record each metric once: the first one, and the next when that has closed", () =>
  Effect.gen(function* () {
    const requests = Metric.counter("doubled_requests")
    const kept: Record<string, ReturnType<typeof Exporter.memory>> = {}
    const layerOf = (name: string) => {
      const exporter = Exporter.memory()
      kept[name] = exporter
      return Observability.layerExportOnly({ serviceName: name, exporters: [exporter], metrics: { record: true } })
    }
    const sums = () =>
      ["outer", "inner", "last"].map((name) =>
        kept[name]?.metrics.reduce((sum, point) => sum + (point.name === "doubled_requests" ? point.value : 0), 0)
      )
    const [outer, inner, last] = yield* Effect.all([Scope.make(), Scope.make(), Scope.make()])
    yield* Layer.buildWithScope(layerOf("outer"), outer)
    yield* Metric.increment(requests)
    yield* Layer.buildWithScope(layerOf("inner"), inner)
    yield* Metric.increment(requests)
    yield* Layer.buildWithScope(layerOf("last"), last)
    yield* Metric.increment(requests)
    yield* Scope.close(inner, Exit.void)
    yield* Metric.increment(requests)
    yield* Scope.close(outer, Exit.void)
    assert.deepStrictEqual(sums(), [4, 0, 0])
    yield* Metric.increment(requests)
    yield* Scope.close(last, Exit.void)
    assert.deepStrictEqual(sums(), [4, 0, 1])
  }).pipe(Effect.provide(telling))
)
