import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer, Logger, Scope } from "effect"
import { Exporter, Observability, SessionId, Storage } from "effect-observability"

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
