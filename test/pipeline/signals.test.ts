/** What holds of each signal on its way through the pipeline, and what the signals of an exporter share. */
import * as fs from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Deferred, Duration, Effect, Exit, Fiber, Logger, Option, Queue, Scope, TestClock } from "effect"
import { type Batch, ExportError, type Exporter, file, isExporter, memory } from "../../src/pipeline/Exporters.js"
import * as StorageExporter from "../../src/pipeline/exporters/Storage.js"
import * as BatchWriter from "../../src/pipeline/internal/batchWriter.js"
import * as Writer from "../../src/pipeline/internal/writer.js"
import type { SignalProcessor } from "../../src/pipeline/SignalProcessor.js"
import { signalNames, signals } from "../../src/signal/signals.js"
import * as Storage from "../../src/storage/Storage.js"
import { log, span } from "../../src/testing/Records.js"
import { emit } from "../utils/emit.js"
import { folder } from "../utils/folder.js"
import { made } from "../utils/records.js"
import { settableClock } from "../utils/settableClock.js"

const make = (
  exporter: Exporter,
  options: Partial<BatchWriter.BatchWriterOptions> & { readonly queue?: number } = {}
) =>
  BatchWriter.make({
    exporters: [exporter],
    processors: [],
    ...options,
    batch: {
      maxQueueSize: options.queue ?? 50_000,
      maxQueueBytes: 2 ** 26,
      maxBatchSize: 1_000,
      scheduledDelay: Duration.millis(10),
      exportTimeout: Duration.seconds(30),
      shutdownTimeout: Duration.seconds(1),
      ...options.batch
    }
  })

/** The signal of a batch. */
const signalOf = (batch: Batch) => signalNames.filter((name) => (batch[name] ?? []).length > 0).join()

const unavailable = new ExportError({ retryable: true, reason: "Unavailable", cause: "down" })
const quiet = Logger.remove(Logger.defaultLogger)

describe("a signal", () => {
  for (const name of signalNames) {
    it.scoped(`${name} goes alone, is counted by itself, and keeps its fields`, () =>
      Effect.gen(function* () {
        const store = memory("store")
        const batches: Array<Batch> = []
        const writer = yield* make({
          name: "store",
          export: (batch) =>
            Effect.zipRight(
              Effect.sync(() => batches.push(batch)),
              store.export(batch)
            )
        })
        const record = made[name]()
        emit(writer.emitter, record)
        for (const other of signalNames) if (other !== name) emit(writer.emitter, made[other]())
        yield* writer.flush
        assert.deepStrictEqual<ReadonlyArray<unknown>>(store[name], [record])
        assert.deepStrictEqual(batches.map(signalOf).toSorted(), signalNames.toSorted())
        for (const { logs, spans } of batches) assert.isTrue(Array.isArray(spans) && Array.isArray(logs))
        const stats = yield* writer.stats
        assert.deepStrictEqual(stats[name]["store"], { emitted: 1, exported: 1, queued: 0, dropped: {}, failed: {} })
      })
    )

    it.scoped(`${name} is a line of a file`, () =>
      Effect.gen(function* () {
        const path = join(yield* folder, "records.jsonl")
        const record = made[name]()
        yield* file({ path }).export({ spans: [], logs: [], [name]: [record] })
        const line = JSON.parse(fs.readFileSync(path, "utf8"))
        assert.deepStrictEqual(line, JSON.parse(JSON.stringify({ signal: signals[name].one, ...record.toJSON() })))
      })
    )

    it.scoped(`${name} is stored`, () =>
      Effect.gen(function* () {
        const storage = yield* Storage.Storage
        const record = made[name]()
        yield* StorageExporter.make(storage).export({ spans: [], logs: [], [name]: [record] })
        const { items } = yield* Storage.methodsOf(storage, name).list()
        assert.deepStrictEqual(items, [record])
      }).pipe(Effect.provide(Storage.layerMemory))
    )

    it.scopedLive(`${name} outlives a process in a spool`, () =>
      Effect.gen(function* () {
        const spool = { directory: yield* folder, maxBytes: 2 ** 20 }
        const record = made[name]()
        const scope = yield* Scope.make()
        const down: Exporter = { name: "store", export: () => Effect.fail(unavailable) }
        const writer = yield* Scope.extend(make(down, { spool }), scope)
        emit(writer.emitter, record)
        yield* Scope.close(scope, Exit.void)
        const store = memory("store")
        yield* make(store, { spool })
        yield* Effect.sync(() => store[name].length).pipe(
          Effect.delay("5 millis"),
          Effect.repeat({ until: (length) => length === 1 }),
          Effect.timeout("5 seconds")
        )
        assert.deepStrictEqual<ReadonlyArray<unknown>>(store[name], [record])
      })
    )

    it.scoped(`${name} goes through the processors by the word for one of its records`, () =>
      Effect.gen(function* () {
        const store = memory("store")
        const drops = { name: "drops", [signals[name].one]: () => undefined } as SignalProcessor
        const writer = yield* make(store, { processors: [drops] })
        for (const other of signalNames) emit(writer.emitter, made[other]())
        yield* writer.flush
        assert.deepStrictEqual((yield* writer.stats)[name]["store"]?.dropped, { Processor: 1 })
        assert.deepStrictEqual(
          signalNames.filter((other) => store[other].length === 1),
          signalNames.filter((other) => other !== name)
        )
      })
    )

    it.scoped(`${name} has no ledger at an exporter that does not take it`, () =>
      Effect.gen(function* () {
        const store: Exporter = { ...memory("store"), signals: signalNames.filter((other) => other !== name) }
        assert.isTrue(isExporter(store))
        const writer = yield* make(store)
        emit(writer.emitter, made[name]())
        yield* writer.flush
        assert.deepStrictEqual((yield* writer.stats)[name], {})
      })
    )

    it.scoped(`${name} remains of a flush that fails`, () =>
      Effect.gen(function* () {
        const release = yield* Deferred.make<void>()
        const writer = yield* make({ name: "store", export: () => Deferred.await(release) })
        yield* Effect.addFinalizer(() => Deferred.succeed(release, undefined))
        for (let i = 0; i < 3; i++) emit(writer.emitter, made[name]())
        const flush = yield* Effect.fork(Effect.flip(writer.flush))
        yield* TestClock.adjust("31 seconds")
        const { message, remaining } = yield* Fiber.join(flush)
        assert.deepStrictEqual(remaining, { store: { spans: 0, logs: 0, [name]: 3 } })
        assert.include(message, `3 ${name}`)
      })
    )
  }

  it("is not what an exporter asks for by another name", () =>
    assert.isFalse(isExporter({ ...memory(), signals: ["spans", "span"] })))
})

describe("signals of one exporter", () => {
  it.scoped("take turns: a log after 10,000 spans is there after two flights", () =>
    Effect.gen(function* () {
      const flights = yield* Queue.unbounded<Batch>()
      const answers = yield* Queue.unbounded<void>()
      const writer = yield* make({
        name: "store",
        export: (batch) => Effect.zipRight(Queue.offer(flights, batch), Queue.take(answers))
      })
      for (let i = 0; i < 10_000; i++) emit(writer.emitter, span())
      emit(writer.emitter, log())
      yield* TestClock.adjust("1 second")
      yield* Queue.offer(answers, undefined)
      const first = [yield* Queue.take(flights), yield* Queue.take(flights)]
      assert.include(first.map(signalOf), "logs")
      yield* Effect.fork(Effect.forever(Queue.offer(answers, undefined)))
      yield* writer.flush
      assert.lengthOf(Array.from(yield* Queue.takeAll(flights)), 9)
    })
  )

  it.scoped("are retried by themselves: what logs suffer inserts no span again", () =>
    Effect.gen(function* () {
      const inserts = { spans: 0, logs: 0 }
      let failures = 3
      const poison = log({ message: "poison" })
      const storage = Storage.make({
        insertSpans: (spans) =>
          Effect.sync(() => {
            inserts.spans += spans.length
          }),
        insertLogs: (logs) =>
          Effect.suspend(() => {
            if (failures-- > 0) return new Storage.StorageError({ reason: "Unavailable", retryable: true })
            if (logs.includes(poison)) return new Storage.StorageError({ reason: "Rejected", retryable: false })
            inserts.logs += logs.length
            return Effect.void
          })
      })
      const writer = yield* make(StorageExporter.make(storage))
      for (let i = 0; i < 500; i++) {
        emit(writer.emitter, span())
        emit(writer.emitter, i === 200 ? poison : log())
      }
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(inserts, { spans: 500, logs: 499 })
      const { logs, spans } = yield* writer.stats
      assert.deepStrictEqual([spans["storage"]?.exported, logs["storage"]?.failed], [500, { Rejected: 1 }])
    }).pipe(Effect.provide(quiet))
  )

  it.scoped("share the room of the exporter", () =>
    Effect.gen(function* () {
      const writer = yield* make(memory("store"), { queue: signalNames.length })
      for (let i = 0; i < 2; i++) for (const name of signalNames) emit(writer.emitter, made[name]())
      const stats = yield* writer.stats
      for (const name of signalNames) {
        assert.deepInclude(stats[name]["store"], { queued: 1, dropped: { QueueFull: 1 } })
      }
    })
  )

  it.scoped("share the circuit: while it is open single records try, and one that goes through calls the others", () =>
    Effect.gen(function* () {
      let isDown = true
      const flights: Array<readonly [string, number, number]> = []
      const writer = yield* make({
        name: "store",
        export: (batch) =>
          Effect.flatMap(Clock.currentTimeMillis, (now) => {
            flights.push([signalOf(batch), batch.spans.length + batch.logs.length, now])
            return isDown ? unavailable : Effect.void
          })
      })
      for (let i = 0; i < 100; i++) {
        emit(writer.emitter, span())
        emit(writer.emitter, log())
      }
      yield* TestClock.adjust("10 minutes")
      const during = flights.splice(0)
      assert.deepStrictEqual(new Set(during.slice(6).map(([, size]) => size)), new Set([1]))
      assert.deepStrictEqual(new Set(during.slice(6).map(([signal]) => signal)), new Set(["spans", "logs"]))
      isDown = false
      yield* TestClock.adjust("40 seconds")
      assert.deepStrictEqual(
        flights.map(([signal, size]) => `${size} ${signal}`).toSorted(),
        ["1 logs", "1 spans", "99 logs", "99 spans"].toSorted().slice(-flights.length)
      )
      assert.strictEqual(flights.at(-1)?.[2], flights[0]?.[2])
    })
  )

  it.scoped("do not wait for each other's retries", () =>
    Effect.gen(function* () {
      const store = memory("store")
      const writer = yield* make({
        name: "store",
        export: (batch) => (batch.logs.length > 0 ? Effect.fail(unavailable) : store.export(batch))
      })
      emit(writer.emitter, log())
      yield* TestClock.adjust("30 seconds")
      emit(writer.emitter, span())
      yield* TestClock.adjust("20 millis")
      assert.lengthOf(store.spans, 1)
      assert.strictEqual((yield* writer.stats).logs["store"]?.queued, 1)
    })
  )

  it.scopedLive("share the budget of the spool", () =>
    Effect.gen(function* () {
      const spool = { directory: yield* folder, maxBytes: 20_000 }
      const scope = yield* Scope.make()
      const writer = yield* Scope.extend(
        make({ name: "store", export: () => Effect.fail(unavailable) }, { spool, durability: "disk" }),
        scope
      )
      for (let i = 0; i < 100; i++) for (const name of signalNames) emit(writer.emitter, made[name]())
      yield* Effect.sleep("100 millis")
      yield* Scope.close(scope, Exit.void)
      const files = fs
        .readdirSync(spool.directory, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && !entry.name.startsWith("."))
      const size = files.reduce((sum, { name, parentPath }) => sum + fs.statSync(join(parentPath, name)).size, 0)
      assert.isAtMost(size, spool.maxBytes)
      assert.isAbove(size, spool.maxBytes / 2)
    }).pipe(Effect.provide(quiet))
  )
})

describe("a clock that is set back by hours", () => {
  it.effect("does not keep losses from being said, nor a close from ending", () => {
    const said: Array<unknown> = []
    const logger = Logger.make(({ message }) => void said.push(message))
    return Effect.gen(function* () {
      yield* TestClock.adjust("1 day")
      const { clock, move } = yield* settableClock
      const scope = yield* Scope.make()
      const picky: Exporter = {
        name: "picky",
        export: () => new ExportError({ retryable: false, cause: "no" }),
        shutdown: Effect.never
      }
      const writer = yield* make(picky).pipe(Scope.extend(scope), Effect.withClock(clock))
      emit(writer.emitter, span())
      yield* TestClock.adjust("1 second")
      yield* move(-5 * 3_600_000)
      yield* TestClock.adjust("1 minute")
      emit(writer.emitter, span())
      yield* TestClock.adjust("1 second")
      assert.lengthOf(said, 2)
      const closed = yield* Effect.fork(Scope.close(scope, Exit.void))
      yield* TestClock.adjust("0 millis")
      yield* move(-5 * 3_600_000)
      yield* TestClock.adjust("10 seconds")
      assert.isTrue(Option.isSome(yield* Fiber.poll(closed)))
    }).pipe(Effect.provide(Logger.replace(Logger.defaultLogger, logger)))
  })
})

describe("a lane", () => {
  it.scoped("lets itself be looked at", () =>
    Effect.gen(function* () {
      const release = yield* Deferred.make<void>()
      const exporter: Exporter = { name: "store", export: () => Deferred.await(release) }
      const { destination, lanes } = Writer.routeOf(
        exporter,
        {
          maxQueueSize: 10,
          maxQueueBytes: 1_000,
          maxBatchSize: 10,
          scheduledDelay: Duration.zero,
          exportTimeout: Duration.zero
        },
        undefined,
        false
      )
      lanes[0]?.admit(100)
      assert.deepInclude(lanes[0]?.toJSON(), { _id: "Lane", signal: "spans", state: "open", waiting: 0 })
      assert.deepInclude(destination.toJSON(), { exporter: "store", records: 1, bytes: 100 })
      assert.include(String(lanes[0]), `"signal": "spans"`)
    })
  )
})
