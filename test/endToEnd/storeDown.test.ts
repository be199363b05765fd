import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Duration, Effect, Layer, Logger, Option, Schedule } from "effect"
import { Observability, type ObservabilityConfig, SessionId, Storage } from "effect-observability"
import { DuckDbClient, DuckDbStorage } from "effect-observability/duckdb"
import { folder } from "../utils/folder.js"
import { holdInAnotherProcess } from "../utils/otherProcess.js"

const file = Effect.map(folder, (folder) => join(folder, "agents.duckdb"))

const session = SessionId.SessionId.make("session")

const recording = (batch: ObservabilityConfig.Input["batch"]) =>
  Observability.layer({ serviceName: "test", batch: { maxQueueSize: 40, scheduledDelay: "10 millis", ...batch } })

const emit = (count: number) =>
  Effect.void.pipe(
    Effect.withSpan("span"),
    Effect.replicateEffect(count, { discard: true }),
    SessionId.withSessionId(session)
  )

const flush = Effect.flatMap(Observability.Observability, (_) => _.flush)
const stats = Effect.flatMap(Observability.Observability, (_) => _.stats)
const ledger = Effect.map(stats, ({ spans }) => spans["storage"])

/** How many spans are stored. */
const stored = Effect.flatMap(Storage.Storage, (storage) => storage.getSession(session)).pipe(
  Effect.map(Option.match({ onNone: () => 0, onSome: ({ spans }) => spans }))
)

const quietly = Logger.remove(Logger.defaultLogger)

describe("a DuckDB file that another process holds", () => {
  it.scopedLive("is written when that process lets go: what is stored and what was dropped is what was emitted", () =>
    Effect.gen(function* () {
      const path = yield* file
      const store = DuckDbStorage.layer({ path })
      const holder = yield* holdInAnotherProcess(path)
      const program = Effect.gen(function* () {
        yield* emit(100)
        const { remaining } = yield* Effect.flip(flush)
        assert.deepStrictEqual(remaining, { storage: { spans: 40, logs: 0 } })
        yield* holder.end
        yield* Effect.retry(flush, Schedule.recurs(50))
        yield* emit(10)
        yield* flush
        return yield* ledger
      })
      const counted = yield* program.pipe(
        Effect.provide(Layer.provide(recording({ exportTimeout: "300 millis" }), store)),
        Effect.provide(quietly)
      )
      assert.deepStrictEqual(counted, {
        emitted: 110,
        exported: 50,
        queued: 0,
        dropped: { QueueFull: 60 },
        failed: {}
      })
      assert.strictEqual(yield* Effect.provide(stored, store), 50)
    })
  )

  it.scopedLive(
    "and goes on holding it costs what could not be stored by the close, and no more time than that has",
    () =>
      Effect.gen(function* () {
        const path = yield* file
        const store = DuckDbStorage.layer({ path })
        const holder = yield* holdInAnotherProcess(path)
        const [took, stats] = yield* Effect.zipRight(
          emit(30),
          Effect.map(Observability.Observability, (_) => _.stats)
        ).pipe(
          Effect.provide(Layer.provide(recording({ shutdownTimeout: "5 seconds" }), store)),
          Effect.provide(quietly),
          Effect.timed
        )
        assert.isBelow(Duration.toMillis(took), 4_000)
        assert.deepStrictEqual((yield* stats).spans["storage"]?.dropped, { Shutdown: 30 })
        yield* holder.end
        assert.strictEqual(yield* Effect.provide(stored, store), 0)
      })
  )
})

describe("a DuckDB file that is being written by someone else for long", () => {
  /** Takes the right to write, until it is given back. */
  const withWriteLockHeld = Effect.gen(function* () {
    const release = yield* Deferred.make<void>()
    const held = yield* Deferred.make<void>()
    const client = yield* DuckDbClient.DuckDbClient
    yield* Effect.forkScoped(
      client.withWriteLock(Effect.zipRight(Deferred.succeed(held, undefined), Deferred.await(release)))
    )
    yield* Deferred.await(held)
    return Deferred.succeed(release, undefined)
  })

  const store = (path: string) => Layer.provideMerge(DuckDbStorage.layerClient(), DuckDbClient.layer({ path }))

  it.scopedLive("gets every record that had room, once, though attempts timed out meanwhile", () =>
    Effect.gen(function* () {
      const path = yield* file
      const program = Effect.gen(function* () {
        const release = yield* withWriteLockHeld
        yield* emit(100)
        for (let i = 0; i < 3; i++) {
          assert.deepStrictEqual((yield* Effect.flip(flush)).remaining, { storage: { spans: 40, logs: 0 } })
        }
        yield* release
        // On a busy machine the first attempts take longer than they may.
        yield* Effect.retry(flush, { times: 20 })
        assert.strictEqual(yield* stored, 40)
        return yield* ledger
      })
      const counted = yield* program.pipe(
        Effect.provide(Layer.provideMerge(recording({ maxBatchSize: 15, exportTimeout: "200 millis" }), store(path))),
        Effect.provide(quietly)
      )
      assert.deepStrictEqual(counted, {
        emitted: 100,
        exported: 40,
        queued: 0,
        dropped: { QueueFull: 60 },
        failed: {}
      })
    })
  )

  it.scopedLive("keeps what it has when the program closes meanwhile, and the rest is counted", () =>
    Effect.gen(function* () {
      const path = yield* file
      const program = Effect.gen(function* () {
        const stats = yield* Effect.gen(function* () {
          yield* emit(20)
          yield* flush
          yield* Effect.asVoid(withWriteLockHeld)
          yield* emit(30)
          return (yield* Observability.Observability).stats
        }).pipe(Effect.provide(recording({ shutdownTimeout: "200 millis" })))
        const { dropped, emitted, exported, queued } = (yield* stats).spans["storage"] ?? assert.fail()
        assert.deepStrictEqual(
          { emitted, exported, queued, dropped },
          {
            emitted: 50,
            exported: 20,
            queued: 0,
            dropped: { Shutdown: 30 }
          }
        )
        assert.strictEqual(yield* stored, 20)
      })
      yield* program.pipe(Effect.provide(store(path)), Effect.provide(quietly))
    })
  )
})
