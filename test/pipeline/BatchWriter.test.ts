import { assert, describe, it } from "@effect/vitest"
import {
  Array as Arr,
  Clock,
  Deferred,
  Duration,
  Effect,
  Exit,
  Fiber,
  Logger,
  Option,
  Queue,
  Random,
  Scope,
  TestClock
} from "effect"
import { Observability } from "effect-observability"
import { type Batch, ExportError, type Exporter, memory } from "../../src/pipeline/Exporters.js"
import * as BatchWriter from "../../src/pipeline/internal/batchWriter.js"
import type { Ledger, Stats } from "../../src/pipeline/Stats.js"
import { LogRecord } from "../../src/signal/LogRecord.js"
import { SpanRecord } from "../../src/signal/SpanRecord.js"
import { log, span } from "../../src/testing/Records.js"
import { emit } from "../utils/emit.js"

const make = (
  exporters: Array<Exporter>,
  options: Partial<BatchWriter.BatchWriterOptions["batch"]> &
    Partial<Pick<BatchWriter.BatchWriterOptions, "processors">> = {}
) => {
  const { processors = [], ...batch } = options
  return BatchWriter.make({
    exporters,
    processors,
    batch: {
      maxQueueSize: 50_000,
      maxQueueBytes: 64 * 1024 * 1024,
      maxBatchSize: 1_000,
      scheduledDelay: Duration.seconds(1),
      exportTimeout: Duration.seconds(30),
      shutdownTimeout: Duration.seconds(10),
      ...batch
    }
  })
}

const emitSpans = (writer: BatchWriter.BatchWriter, count: number, prefix = "span") =>
  Effect.sync(() => {
    for (let i = 1; i <= count; i++) emit(writer.emitter, span({ name: `${prefix} ${i}` }))
  })

const names = (batch: Batch): Array<string> => batch.spans.map((span) => span.name)

const unavailable = new ExportError({ retryable: true, reason: "Unavailable", cause: "down" })
const rejected = new ExportError({ retryable: false, cause: "bad record" })

const sum = (counts: Ledger["dropped"]) => Object.values(counts).reduce((sum, count) => sum + count, 0)

const assertBalanced = (stats: Stats) => {
  for (const ledger of [...Object.values(stats.spans), ...Object.values(stats.logs)]) {
    assert.strictEqual(ledger.emitted, ledger.exported + ledger.queued + sum(ledger.dropped) + sum(ledger.failed))
    assert.isAtLeast(ledger.queued, 0)
  }
}

/** The ledger of the spans of one exporter, after all ledgers were found balanced. */
const spansOf = (writer: BatchWriter.BatchWriter, name: string) =>
  Effect.map(writer.stats, (stats) => {
    assertBalanced(stats)
    return stats.spans[name]
  })

/** An exporter that shows each batch as its attempt begins. */
const observed = (
  attempt: (batch: Batch, attempt: number) => Effect.Effect<void, ExportError> = () => Effect.void,
  options: Partial<Exporter> = {}
) =>
  Effect.gen(function* () {
    const attempts = yield* Queue.unbounded<Batch>()
    let count = 0
    const exporter: Exporter = {
      name: "observed",
      export: (batch) =>
        Effect.zipRight(
          Queue.offer(attempts, batch),
          Effect.suspend(() => attempt(batch, ++count))
        ),
      ...options
    }
    return { attempts, exporter }
  })

/** An exporter that never answers and cannot be interrupted, until it is let go. */
const stuck = Effect.gen(function* () {
  const release = yield* Deferred.make<void>()
  const { attempts, exporter } = yield* observed(() => Effect.uninterruptible(Deferred.await(release)), {
    name: "stuck"
  })
  return { attempts, exporter, release: Deferred.succeed(release, undefined) }
})

describe("BatchWriter", () => {
  describe("queues", () => {
    it.scoped("drop the newest when too many records wait", () =>
      Effect.gen(function* () {
        const { exporter, release } = yield* stuck
        const writer = yield* make([exporter], { maxQueueSize: 3 })
        yield* emitSpans(writer, 5)
        assert.deepStrictEqual(yield* spansOf(writer, "stuck"), {
          emitted: 5,
          exported: 0,
          queued: 3,
          dropped: { QueueFull: 2 },
          failed: {}
        })
        yield* release
        yield* writer.flush
        yield* emitSpans(writer, 1)
        assert.strictEqual((yield* spansOf(writer, "stuck"))?.queued, 1)
      })
    )

    it.scoped("drop the newest when the records that wait are too large", () =>
      Effect.gen(function* () {
        const exporter = memory()
        const writer = yield* make([exporter], { maxQueueBytes: 100_000 })
        for (const size of [60_000, 60_000, 30_000, 200_000]) {
          emit(writer.emitter, span({ name: String(size), attributes: { nested: [{ text: "x".repeat(size) }] } }))
          emit(writer.emitter, log({ data: [] }))
        }
        const stats = yield* writer.stats
        assert.deepStrictEqual(stats.spans["memory"]?.dropped, { QueueFull: 2 })
        assert.strictEqual(stats.logs["memory"]?.queued, 4)
        yield* writer.flush
        assert.deepStrictEqual(names(exporter), ["60000", "30000"])
      })
    )

    it.scoped("count what the processors made of a record", () =>
      Effect.gen(function* () {
        const { exporter, release } = yield* stuck
        const writer = yield* make([exporter], {
          maxQueueBytes: 10_000,
          processors: [
            { name: "more", span: (span) => new SpanRecord({ ...span, attributes: { more: "x".repeat(5_000) } }) }
          ]
        })
        yield* emitSpans(writer, 2)
        yield* TestClock.adjust("1 second")
        yield* emitSpans(writer, 1)
        assert.deepStrictEqual((yield* spansOf(writer, "stuck"))?.dropped, { QueueFull: 1 })
        yield* release
        yield* writer.flush
        yield* emitSpans(writer, 1)
        yield* writer.flush
        assert.deepInclude(yield* spansOf(writer, "stuck"), { emitted: 4, exported: 3 })
      })
    )

    it.scoped("are as long as each exporter needs them", () =>
      Effect.gen(function* () {
        const { exporter, release } = yield* stuck
        const fast = memory()
        const writer = yield* make([exporter, fast], { maxQueueSize: 2, maxBatchSize: 1 })
        yield* Effect.addFinalizer(() => release)
        for (let i = 0; i < 10; i++) {
          yield* emitSpans(writer, 1)
          yield* TestClock.adjust("1 second")
        }
        assert.lengthOf(fast.spans, 10)
        assert.deepStrictEqual((yield* spansOf(writer, "stuck"))?.dropped, { QueueFull: 8 })
      })
    )
  })

  describe("batches", () => {
    it.scoped("go out when there are enough records, before any time has passed", () =>
      Effect.gen(function* () {
        const { attempts, exporter } = yield* observed()
        const writer = yield* make([exporter], { maxBatchSize: 3 })
        yield* emitSpans(writer, 7)
        assert.deepStrictEqual(
          [yield* Queue.take(attempts), yield* Queue.take(attempts), yield* Queue.take(attempts)].map(names),
          [["span 1", "span 2", "span 3"], ["span 4", "span 5", "span 6"], ["span 7"]]
        )
      })
    )

    it.scoped("go out when the first record has waited for the delay", () =>
      Effect.gen(function* () {
        const { attempts, exporter } = yield* observed()
        const writer = yield* make([exporter])
        yield* TestClock.adjust("10 seconds")
        yield* emitSpans(writer, 1, "early")
        yield* TestClock.adjust("600 millis")
        yield* emitSpans(writer, 1, "late")
        yield* TestClock.adjust("399 millis")
        assert.strictEqual(yield* Queue.size(attempts), 0)
        yield* TestClock.adjust("1 millis")
        assert.deepStrictEqual(names(yield* Queue.take(attempts)), ["early 1", "late 1"])
      })
    )

    it.scoped("carry records of one signal, and wait for each other", () =>
      Effect.gen(function* () {
        let flying = 0
        let most = 0
        const { attempts, exporter } = yield* observed(() =>
          Effect.acquireUseRelease(
            Effect.sync(() => {
              most = Math.max(most, ++flying)
            }),
            () => Effect.yieldNow(),
            () => Effect.sync(() => void flying--)
          )
        )
        const writer = yield* make([exporter], { maxBatchSize: 2 })
        for (let i = 0; i < 10; i++) {
          emit(writer.emitter, span())
          emit(writer.emitter, log())
        }
        yield* Effect.all(
          Array.from({ length: 5 }, () => writer.flush),
          { concurrency: "unbounded" }
        )
        assert.strictEqual(most, 1)
        assert.deepStrictEqual(
          Array.from(yield* Queue.takeAll(attempts), ({ logs, spans }) => [spans.length, logs.length].toSorted()),
          Array.from({ length: 10 }, () => [0, 2])
        )
        assert.strictEqual((yield* writer.stats).logs["observed"]?.exported, 10)
      })
    )
  })

  describe("a retryable failure", () => {
    it.scoped("is tried again, each time later, while new records queue", () =>
      Effect.gen(function* () {
        const times: Array<number> = []
        const { attempts, exporter } = yield* observed((_, attempt) =>
          Effect.flatMap(Clock.currentTimeMillis, (now) => {
            times.push(now)
            return attempt <= 8 ? Effect.fail(unavailable) : Effect.void
          })
        )
        const writer = yield* make([exporter], { maxBatchSize: 2 })
        yield* emitSpans(writer, 2)
        yield* Queue.take(attempts)
        yield* emitSpans(writer, 3, "later")
        assert.strictEqual((yield* spansOf(writer, "observed"))?.queued, 5)
        yield* TestClock.adjust("1 minute")
        assert.isAtLeast(times.length, 9)
        for (let i = 1; i <= 8; i++) {
          const waited = (times[i] ?? 0) - (times[i - 1] ?? 0)
          const delay = 100 * 2 ** (i - 1)
          assert.isTrue(waited >= 0.79 * delay && waited <= 1.21 * delay, `attempt ${i} after ${waited} ms`)
        }
        const batches = Array.from(yield* Queue.takeAll(attempts), names)
        assert.deepStrictEqual(batches.slice(7), [["span 1"], ["span 2"], ["later 1", "later 2"], ["later 3"]])
        assert.deepStrictEqual((yield* spansOf(writer, "observed"))?.failed, {})
      })
    )

    it.scoped("never waits longer than half a minute, give or take, however long it lasts", () =>
      Effect.gen(function* () {
        const { attempts, exporter } = yield* observed(() => Effect.fail(unavailable))
        const writer = yield* make([exporter], { maxBatchSize: 1 })
        yield* emitSpans(writer, 1)
        yield* TestClock.adjust("1 hour")
        yield* Queue.takeAll(attempts)
        yield* TestClock.adjust("36 seconds")
        assert.isAtLeast(yield* Queue.size(attempts), 1)
      })
    )

    it.scoped(
      "that lasts lets a single record try, at most 150 times an hour, and everything follows batch by batch",
      () =>
        Effect.gen(function* () {
          let isDown = true
          let flying = 0
          const { attempts, exporter } = yield* observed(() =>
            Effect.acquireUseRelease(
              Effect.sync(() => assert.strictEqual(++flying, 1)),
              () => Effect.suspend(() => (isDown ? unavailable : Effect.sleep("10 millis"))),
              () => Effect.sync(() => void flying--)
            )
          )
          const writer = yield* make([exporter], { maxBatchSize: 100 })
          yield* emitSpans(writer, 5_000)
          yield* TestClock.adjust("1 hour")
          const during = Array.from(yield* Queue.takeAll(attempts), names)
          assert.isAtMost(during.length, 150)
          for (const batch of during.slice(5)) assert.deepStrictEqual(batch, ["span 1"])
          isDown = false
          yield* TestClock.adjust("40 seconds")
          yield* emitSpans(writer, 10, "live")
          yield* TestClock.adjust("2 seconds")
          const sizes = Array.from(yield* Queue.takeAll(attempts), (batch) => batch.spans.length)
          assert.deepStrictEqual([sizes[0], sizes[1], Math.max(...sizes)], [1, 99, 100])
          assert.strictEqual((yield* spansOf(writer, "observed"))?.exported, 5_010)
        })
    )

    it.scoped("begins anew with short waits after a success", () =>
      Effect.gen(function* () {
        const { attempts, exporter } = yield* observed((_, attempt) =>
          attempt === 7 ? Effect.void : Effect.fail(unavailable)
        )
        const writer = yield* make([exporter], { maxBatchSize: 1 })
        yield* emitSpans(writer, 1)
        yield* TestClock.adjust("20 seconds")
        assert.strictEqual((yield* spansOf(writer, "observed"))?.exported, 1)
        yield* emitSpans(writer, 1)
        yield* Effect.repeatN(Queue.take(attempts), 7)
        yield* TestClock.adjust("120 millis")
        assert.strictEqual(yield* Queue.size(attempts), 1)
      })
    )
  })

  it.scoped("asks no later than after five minutes, however long it is told to wait", () =>
    Effect.gen(function* () {
      const { attempts, exporter } = yield* observed((_, attempt) =>
        attempt > 1 ? Effect.void : new ExportError({ retryable: true, cause: "busy", retryAfter: Duration.days(365) })
      )
      const writer = yield* make([exporter])
      yield* emitSpans(writer, 1)
      yield* TestClock.adjust("4 minutes")
      assert.strictEqual(yield* Queue.size(attempts), 1)
      yield* TestClock.adjust("2 minutes")
      assert.strictEqual((yield* spansOf(writer, "observed"))?.exported, 1)
    })
  )

  const throwing = Object.defineProperty(new Error(), "message", { get: () => assert.fail("it was read") })

  for (const [what, error, expected] of [
    ["a wait that is none", { retryable: true, retryAfter: "soon" }, { exported: 3, failed: {} }],
    ["counts that are none", { retryable: false, rejected: {} }, { exported: 3, failed: {} }],
    ["null for counts", { retryable: false, rejected: null }, { exported: 2, failed: { Rejected: 1 } }],
    ["the name of a method", { retryable: false, reason: "toString" }, { exported: 1, failed: { toString: 2 } }],
    [
      "a reason that is none",
      { retryable: false, reason: Object.create(null) },
      { exported: 2, failed: { Rejected: 1 } }
    ],
    ["a message that throws", { retryable: false, cause: throwing }, { exported: 2, failed: { Defect: 1 } }]
  ] as const) {
    it.scoped(`bears ${what} in what an exporter without types fails with`, () =>
      Effect.gen(function* () {
        const { exporter } = yield* observed((_, attempt) =>
          attempt === 1 || attempt === 3 ? Effect.fail(error as never) : Effect.void
        )
        const writer = yield* make([exporter])
        yield* emitSpans(writer, 2)
        yield* TestClock.adjust("1 minute")
        yield* emitSpans(writer, 1)
        yield* TestClock.adjust("1 minute")
        const { exported, failed } = (yield* spansOf(writer, "observed")) as Ledger
        assert.deepStrictEqual({ exported, failed }, expected as never)
      })
    )
  }

  describe("a batch that is refused", () => {
    const refusing = (poison: (name: string) => boolean, failure: Effect.Effect<void, ExportError>) => {
      const exporter = memory()
      return {
        ...exporter,
        export: (batch: Batch) => (names(batch).some(poison) ? failure : exporter.export(batch))
      }
    }
    const poison = (name: string) => ["span 7", "span 8", "span 150"].includes(name)

    const faults: Record<string, Effect.Effect<void, ExportError>> = {
      "by a failure": Effect.fail(rejected),
      "by a defect": Effect.die("out of order"),
      "by an interruption of its own": Effect.interrupt,
      "without any error": Effect.suspend(() => Effect.fail(undefined as never))
    }
    for (const [how, failure] of Object.entries(faults)) {
      it.scoped(`${how} costs only the records at fault`, () =>
        Effect.gen(function* () {
          const exporter = refusing(poison, failure)
          const writer = yield* make([exporter])
          yield* emitSpans(writer, 200)
          yield* writer.flush
          const reason = how === "by a failure" ? "Rejected" : "Defect"
          assert.deepStrictEqual(yield* spansOf(writer, "memory"), {
            emitted: 200,
            exported: 197,
            queued: 0,
            dropped: {},
            failed: { [reason]: 3 }
          })
          assert.deepStrictEqual(
            names(exporter),
            Array.from({ length: 200 }, (_, i) => `span ${i + 1}`).filter((name) => !poison(name))
          )
        })
      )
    }

    it.scoped("by an exporter that throws instead of returning an Effect costs only itself", () =>
      Effect.gen(function* () {
        const exporter = memory()
        const writer = yield* make([
          {
            ...exporter,
            export: (batch) => {
              if (names(batch).some(poison)) throw new Error("out of order")
              return exporter.export(batch)
            }
          }
        ])
        yield* emitSpans(writer, 10)
        yield* writer.flush
        assert.deepStrictEqual((yield* spansOf(writer, "memory"))?.failed, { Defect: 2 })
        assert.lengthOf(exporter.spans, 8)
      })
    )

    for (const [what, result] of [
      ["a promise that is rejected", () => Promise.reject(new Error("out of order"))],
      ["nothing", () => undefined]
    ] as const) {
      it.scoped(`by an exporter that returns ${what} fails as a whole, and nothing else does`, () =>
        Effect.gen(function* () {
          let attempts = 0
          const other = memory()
          const writer = yield* make([
            {
              name: "no effect",
              export: () => {
                attempts++
                return result() as never
              }
            },
            other
          ])
          yield* emitSpans(writer, 10)
          yield* writer.flush
          assert.deepStrictEqual((yield* spansOf(writer, "no effect"))?.failed, { NoEffect: 10 })
          assert.strictEqual(attempts, 1)
          assert.lengthOf(other.spans, 10)
        })
      )
    }

    it.scoped("for a reason that lies not with its records fails as a whole", () =>
      Effect.gen(function* () {
        const { attempts, exporter } = yield* observed(() =>
          Effect.fail(new ExportError({ retryable: false, reason: "Corrupt", cause: "disk" }))
        )
        const writer = yield* make([exporter])
        yield* emitSpans(writer, 10)
        yield* writer.flush
        assert.deepStrictEqual((yield* spansOf(writer, "observed"))?.failed, { Corrupt: 10 })
        assert.strictEqual(yield* Queue.size(attempts), 1)
      })
    )

    it.scoped("goes on being split after its parts had to wait for a retry", () =>
      Effect.gen(function* () {
        const exporter = memory()
        let attempts = 0
        const writer = yield* make([
          {
            ...exporter,
            export: (batch) =>
              ++attempts % 2 === 0
                ? Effect.fail(unavailable)
                : names(batch).some(poison)
                  ? Effect.fail(rejected)
                  : exporter.export(batch)
          }
        ])
        yield* emitSpans(writer, 10)
        yield* TestClock.adjust("1 minute")
        assert.deepStrictEqual((yield* spansOf(writer, "memory"))?.failed, { Rejected: 2 })
        assert.lengthOf(exporter.spans, 8)
      })
    )
  })

  describe("an exporter that hangs", () => {
    it.scoped("is interrupted after the time-out, and its flight has ended before the next begins", () =>
      Effect.gen(function* () {
        const events: Array<string> = []
        const exporter: Exporter = {
          name: "hanging",
          export: () =>
            Effect.sync(() => events.push("begin")).pipe(
              Effect.zipRight(events.length < 3 ? Effect.never : Effect.void),
              Effect.onInterrupt(() =>
                Effect.delay(
                  Effect.sync(() => events.push("interrupted")),
                  "5 seconds"
                )
              )
            )
        }
        const writer = yield* make([exporter], { maxBatchSize: 1, exportTimeout: Duration.seconds(2) })
        yield* emitSpans(writer, 1)
        yield* TestClock.adjust("20 seconds")
        assert.deepStrictEqual(events, ["begin", "interrupted", "begin", "interrupted", "begin"])
        assert.strictEqual((yield* spansOf(writer, "hanging"))?.exported, 1)
      })
    )

    it.scoped("and cannot be interrupted gets no second flight, and keeps nobody else waiting", () =>
      Effect.gen(function* () {
        const { attempts, exporter, release } = yield* stuck
        const other = memory()
        const writer = yield* make([exporter, other])
        yield* emitSpans(writer, 3)
        yield* TestClock.adjust("1 second")
        yield* emitSpans(writer, 4)
        yield* TestClock.adjust("5 minutes")
        assert.strictEqual(yield* Queue.size(attempts), 1)
        assert.lengthOf(other.spans, 7)
        assert.strictEqual((yield* spansOf(writer, "stuck"))?.queued, 7)
        yield* release
        yield* TestClock.adjust("1 minute")
        assert.strictEqual((yield* spansOf(writer, "stuck"))?.exported, 7)
      })
    )
  })

  describe("flush", () => {
    it.scoped("ends at once when nothing waits", () => Effect.flatMap(make([memory()]), (writer) => writer.flush))

    it.scoped("exports at once all that was emitted before, to every exporter", () =>
      Effect.gen(function* () {
        const exporters = [memory("a"), memory("b")] as const
        const writer = yield* make([...exporters], { maxBatchSize: 10 })
        yield* emitSpans(writer, 25)
        yield* writer.flush
        assert.deepStrictEqual([exporters[0].spans.length, exporters[1].spans.length], [25, 25])
      })
    )

    it.scoped("does not wait for what is emitted after it", () =>
      Effect.gen(function* () {
        const { attempts, exporter, release } = yield* stuck
        const writer = yield* make([exporter])
        yield* emitSpans(writer, 1, "before")
        const flush = yield* Effect.fork(writer.flush)
        yield* Queue.take(attempts)
        yield* emitSpans(writer, 1, "after")
        yield* release
        yield* Fiber.join(flush)
        assert.strictEqual((yield* spansOf(writer, "stuck"))?.queued, 1)
      })
    )

    it.scoped("attempts at once what waits for a retry", () =>
      Effect.gen(function* () {
        const { attempts, exporter } = yield* observed((_, attempt) =>
          attempt <= 5 ? Effect.fail(unavailable) : Effect.void
        )
        const writer = yield* make([exporter])
        yield* emitSpans(writer, 1)
        yield* TestClock.adjust("2 seconds")
        yield* Queue.takeAll(attempts)
        const flush = yield* Effect.fork(writer.flush)
        yield* Queue.take(attempts)
        yield* TestClock.adjust("10 seconds")
        yield* Fiber.join(flush)
      })
    )

    it.scoped("fails after the time-out with what remains, by exporter and signal", () =>
      Effect.gen(function* () {
        const { exporter, release } = yield* stuck
        const writer = yield* make([exporter, memory()], { maxBatchSize: 2 })
        yield* Effect.addFinalizer(() => release)
        yield* emitSpans(writer, 3)
        emit(writer.emitter, log())
        const flush = yield* Effect.fork(Effect.flip(writer.flush))
        yield* TestClock.adjust("1 second")
        yield* emitSpans(writer, 5, "after")
        yield* TestClock.adjust("29 seconds")
        const error = yield* Fiber.join(flush)
        assert.deepStrictEqual(error.remaining, { stuck: { spans: 3, logs: 1 } })
        assert.include(error.message, "stuck (3 spans, 1 logs)")
      })
    )

    it.scoped("gives up in a finalizer too", () =>
      Effect.gen(function* () {
        const { exporter, release } = yield* stuck
        const writer = yield* make([exporter])
        yield* Effect.addFinalizer(() => release)
        yield* emitSpans(writer, 1)
        const flush = yield* Effect.fork(Effect.uninterruptible(Effect.exit(writer.flush)))
        yield* TestClock.adjust("30 seconds")
        assert.isTrue(Exit.isFailure(yield* Fiber.join(flush)))
      })
    )
  })

  describe("close", () => {
    /** A writer in a scope of its own. */
    const closing = (...args: Parameters<typeof make>) =>
      Effect.gen(function* () {
        const scope = yield* Scope.make()
        const writer = yield* Scope.extend(make(...args), scope)
        return { writer, close: Scope.close(scope, Exit.void) }
      })

    it.effect("exports 95 of 95 at once", () =>
      Effect.gen(function* () {
        const exporter = memory()
        const { close, writer } = yield* closing([exporter])
        yield* emitSpans(writer, 95)
        yield* close
        assert.lengthOf(exporter.spans, 95)
        assert.strictEqual((yield* spansOf(writer, "memory"))?.exported, 95)
      })
    )

    it.effect("does not wait for a retry: what waits is attempted at once", () =>
      Effect.gen(function* () {
        const { exporter } = yield* observed((_, attempt) => (attempt <= 3 ? Effect.fail(unavailable) : Effect.void))
        const { close, writer } = yield* closing([exporter], { maxBatchSize: 10 })
        yield* emitSpans(writer, 25)
        yield* TestClock.adjust("400 millis")
        assert.strictEqual((yield* spansOf(writer, "observed"))?.queued, 25)
        yield* close
        assert.strictEqual((yield* spansOf(writer, "observed"))?.exported, 25)
      })
    )

    it.effect("drops and counts what fails once more", () =>
      Effect.gen(function* () {
        const { attempts, exporter } = yield* observed(() => Effect.fail(unavailable))
        const { close, writer } = yield* closing([exporter], { maxBatchSize: 10 })
        yield* emitSpans(writer, 25)
        yield* TestClock.adjust("100 millis")
        yield* Queue.takeAll(attempts)
        yield* close
        assert.deepStrictEqual(yield* spansOf(writer, "observed"), {
          emitted: 25,
          exported: 0,
          queued: 0,
          dropped: { Shutdown: 25 },
          failed: {}
        })
        assert.deepStrictEqual(
          Array.from(yield* Queue.takeAll(attempts), (batch) => batch.spans.length),
          [10, 10, 5]
        )
      })
    )

    it.effect("gives up an exporter that hangs, after the time-out, and counts what it held", () =>
      Effect.gen(function* () {
        const scope = yield* Scope.make()
        const { exporter, release } = yield* Scope.extend(stuck, scope)
        const other = memory()
        const { close, writer } = yield* closing([exporter, other], { maxBatchSize: 10 })
        yield* emitSpans(writer, 25)
        const flush = yield* Effect.fork(Effect.flip(writer.flush))
        yield* TestClock.adjust("0 millis")
        const closed = yield* Effect.fork(close)
        yield* TestClock.adjust("9 seconds")
        assert.isTrue(Option.isNone(yield* Fiber.poll(closed)))
        yield* TestClock.adjust("3 seconds")
        yield* Fiber.join(closed)
        assert.deepStrictEqual((yield* Fiber.join(flush)).remaining, { stuck: { spans: 25, logs: 0 } })
        assert.deepStrictEqual((yield* spansOf(writer, "stuck"))?.dropped, { Shutdown: 25 })
        assert.lengthOf(other.spans, 25)
        yield* release
        yield* TestClock.adjust("1 minute")
        assert.deepStrictEqual((yield* spansOf(writer, "stuck"))?.dropped, { Shutdown: 25 })
      })
    )

    it.effect("is bounded when the program was interrupted", () =>
      Effect.gen(function* () {
        const scope = yield* Scope.make()
        const { attempts, exporter } = yield* Scope.extend(stuck, scope)
        const program = yield* Effect.fork(
          Effect.scoped(
            Effect.gen(function* () {
              const writer = yield* make([exporter])
              yield* emitSpans(writer, 1)
              yield* writer.flush
            })
          )
        )
        yield* Queue.take(attempts)
        const interrupted = yield* Effect.fork(Fiber.interrupt(program))
        yield* TestClock.adjust("12 seconds")
        assert.isTrue(Exit.isInterrupted(yield* Fiber.join(interrupted)))
        yield* Scope.close(scope, Exit.void)
      })
    )

    it.effect("shuts each exporter down once, after its last batch, and survives those that fail at it", () =>
      Effect.gen(function* () {
        const events: Array<string> = []
        const exporter = (name: string, shutdown: Effect.Effect<void>): Exporter => ({
          name,
          export: () => Effect.sync(() => void events.push(`${name} exports`)),
          shutdown: Effect.zipRight(
            Effect.sync(() => events.push(`${name} shuts down`)),
            shutdown
          )
        })
        const { close, writer } = yield* closing([
          exporter("a", Effect.die("no")),
          exporter("b", Effect.uninterruptible(Effect.never)),
          exporter("c", Effect.void)
        ])
        yield* emitSpans(writer, 1)
        const closed = yield* Effect.fork(close)
        yield* TestClock.adjust("10 seconds")
        yield* Fiber.join(closed)
        for (const name of ["a", "b", "c"]) {
          assert.deepStrictEqual(
            events.filter((event) => event.startsWith(name)),
            [`${name} exports`, `${name} shuts down`]
          )
        }
      }).pipe(Effect.provide(Logger.remove(Logger.defaultLogger)))
    )

    it.effect("counts spans that were abandoned as emitted and dropped, by every exporter", () =>
      Effect.gen(function* () {
        const { close, writer } = yield* closing([memory("a"), memory("b")])
        yield* emitSpans(writer, 1)
        writer.emitter.refuse(3)
        writer.emitter.refuse(0)
        yield* close
        for (const name of ["a", "b"]) {
          assert.deepStrictEqual(yield* spansOf(writer, name), {
            emitted: 4,
            exported: 1,
            queued: 0,
            dropped: { Abandoned: 3 },
            failed: {}
          })
        }
      }).pipe(Effect.provide(Logger.remove(Logger.defaultLogger)))
    )

    it.effect("counts what is emitted afterwards as dropped", () =>
      Effect.gen(function* () {
        const { close, writer } = yield* closing([memory()])
        yield* close
        yield* emitSpans(writer, 2)
        writer.emitter.snapshot(span({ status: "running" }))
        yield* writer.flush
        assert.deepStrictEqual((yield* spansOf(writer, "memory"))?.dropped, { Shutdown: 2 })
      })
    )
  })

  describe("processors", () => {
    it.scoped("see each record once, in their order, whatever the number of exporters", () =>
      Effect.gen(function* () {
        const exporters = [memory("a"), memory("b")] as const
        const rename = (suffix: string) => ({
          name: suffix,
          suffix,
          span(record: ReturnType<typeof span>) {
            return span({ name: record.name + this.suffix })
          }
        })
        const writer = yield* make([...exporters], { processors: [rename("x"), rename("y")] })
        yield* emitSpans(writer, 1)
        emit(writer.emitter, log({ message: "untouched" }))
        yield* writer.flush
        for (const exporter of exporters) {
          assert.deepStrictEqual(names(exporter), ["span 1xy"])
          assert.strictEqual(exporter.logs[0]?.message, "untouched")
        }
        assert.strictEqual(exporters[0].spans[0], exporters[1].spans[0])
      })
    )

    it.scoped("drop a record, which later ones do not see, or lose it when they throw, and never its batch", () =>
      Effect.gen(function* () {
        const exporter = memory()
        const seen: Array<string> = []
        const writer = yield* make([exporter], {
          processors: [
            {
              name: "choosy",
              span: (record) => {
                if (record.name === "span 2") throw new Error("no")
                return record.name === "span 3" ? undefined : record
              },
              log: () => undefined
            },
            {
              name: "later",
              span: (record) => {
                seen.push(record.name)
                return record
              }
            }
          ]
        })
        yield* emitSpans(writer, 4)
        emit(writer.emitter, log())
        yield* writer.flush
        assert.deepStrictEqual(names(exporter), ["span 1", "span 4"])
        assert.deepStrictEqual(seen, ["span 1", "span 4"])
        assert.deepStrictEqual((yield* spansOf(writer, "memory"))?.dropped, { Processor: 1, ProcessorError: 1 })
        assert.deepStrictEqual((yield* writer.stats).logs["memory"]?.dropped, { Processor: 1 })
      })
    )

    /** Processors as a program without types has them. */
    const untyped = (make: (record: SpanRecord | LogRecord) => unknown) => ({
      name: "untyped",
      span: (record: SpanRecord) => make(record) as never,
      log: (record: LogRecord) => make(record) as never
    })

    it.scoped("drop a record by null as by undefined", () =>
      Effect.gen(function* () {
        const writer = yield* make([memory()], { processors: [untyped(() => null)] })
        yield* emitSpans(writer, 1)
        emit(writer.emitter, log())
        yield* writer.flush
        const { logs, spans } = yield* writer.stats
        assert.deepStrictEqual(spans["memory"]?.dropped, { Processor: 1 })
        assert.deepStrictEqual(logs["memory"]?.dropped, { Processor: 1 })
      })
    )

    it.scoped("lose a record when they return what is none", () =>
      Effect.gen(function* () {
        const results: Array<unknown> = [
          {},
          1,
          "",
          false,
          [],
          Promise.resolve(),
          Promise.reject(new Error("no")),
          log(),
          span()
        ]
        let next = 0
        const exporter = memory()
        const writer = yield* make([exporter], {
          processors: [untyped(() => results[next++ % results.length]), untyped((record) => record)]
        })
        yield* emitSpans(writer, results.length)
        for (const _ of results) emit(writer.emitter, log())
        yield* writer.flush
        const { logs, spans } = yield* writer.stats
        assert.deepStrictEqual(spans["memory"]?.dropped, { ProcessorError: results.length - 1 })
        assert.deepStrictEqual(logs["memory"]?.dropped, { ProcessorError: results.length - 1 })
      })
    )

    it.scoped("may return a copy of a record, of which a record is made again", () =>
      Effect.gen(function* () {
        const exporter = memory()
        const seen: Array<unknown> = []
        const writer = yield* make([exporter], {
          processors: [
            untyped((record) => ({ ...record, userId: "copied" })),
            untyped((record) => seen.push(record) && record)
          ]
        })
        const records = [span({ tags: ["a"] }), log({ tags: ["a"] })] as const
        for (const record of records) emit(writer.emitter, record)
        yield* writer.flush
        assert.deepStrictEqual(seen, [
          new SpanRecord({ ...records[0], userId: "copied" }),
          new LogRecord({ ...records[1], userId: "copied" })
        ])
        assert.deepStrictEqual(seen, [exporter.spans[0], exporter.logs[0]])
      })
    )

    it.scopedLive("do not hold the event loop, however slow they are", () =>
      Effect.gen(function* () {
        const exporter = memory()
        const writer = yield* make([exporter], {
          processors: [
            {
              name: "slow",
              span: (record) => {
                const end = performance.now() + 0.2
                while (performance.now() < end);
                return record
              }
            }
          ]
        })
        let turns = 0
        yield* Effect.sync(() => turns++).pipe(Effect.delay("1 millis"), Effect.forever, Effect.forkScoped)
        yield* emitSpans(writer, 500)
        yield* writer.flush
        assert.lengthOf(exporter.spans, 500)
        assert.isAtLeast(turns, 15)
      })
    )
  })

  describe("snapshots", () => {
    const showing = (...args: Parameters<typeof observed>) => observed(args[0], { ...args[1], snapshots: true })
    const running = (name: string) => span({ name, status: "running" })

    it.scoped("go to the exporters that show running spans, through the processors, and are not counted", () =>
      Effect.gen(function* () {
        const { attempts, exporter } = yield* showing()
        const other = memory()
        const writer = yield* make([exporter, other], {
          processors: [{ name: "mask", span: (record) => (record.name === "secret" ? undefined : record) }]
        })
        writer.emitter.snapshot(running("long"))
        writer.emitter.snapshot(running("secret"))
        yield* TestClock.adjust("1 second")
        assert.deepStrictEqual(names(yield* Queue.take(attempts)), ["long"])
        assert.lengthOf(other.spans, 0)
        assert.deepStrictEqual(yield* spansOf(writer, "observed"), {
          emitted: 0,
          exported: 0,
          queued: 0,
          dropped: {},
          failed: {}
        })
      })
    )

    it.scoped("give way when more than half of the queue is taken", () =>
      Effect.gen(function* () {
        const { attempts, exporter } = yield* showing()
        const writer = yield* make([exporter], { maxQueueSize: 4 })
        yield* emitSpans(writer, 2)
        writer.emitter.snapshot(running("shown"))
        yield* emitSpans(writer, 1)
        writer.emitter.snapshot(running("not shown"))
        yield* emitSpans(writer, 1)
        yield* writer.flush
        assert.deepStrictEqual(names(yield* Queue.take(attempts)), ["span 1", "span 2", "shown", "span 1", "span 1"])
      })
    )

    it.scoped("are not tried again", () =>
      Effect.gen(function* () {
        const { attempts, exporter } = yield* showing((_, attempt) =>
          attempt === 1 ? Effect.fail(unavailable) : Effect.void
        )
        const writer = yield* make([exporter])
        writer.emitter.snapshot(running("long"))
        yield* emitSpans(writer, 1)
        yield* TestClock.adjust("2 seconds")
        assert.deepStrictEqual(Array.from(yield* Queue.takeAll(attempts), names), [["long", "span 1"], ["span 1"]])
        assert.strictEqual((yield* spansOf(writer, "observed"))?.exported, 1)
      })
    )

    it.scoped("wait for an exporter that hangs in no greater number than a batch", () =>
      Effect.gen(function* () {
        const release = yield* Deferred.make<void>()
        const { attempts, exporter } = yield* showing(() => Deferred.await(release))
        const writer = yield* make([exporter], { maxBatchSize: 10, exportTimeout: Duration.infinity })
        for (let i = 0; i < 100; i++) writer.emitter.snapshot(running("long"))
        yield* TestClock.adjust("1 second")
        for (let i = 0; i < 100; i++) writer.emitter.snapshot(running("long"))
        yield* Deferred.succeed(release, undefined)
        yield* writer.flush
        assert.deepStrictEqual(
          Array.from(yield* Queue.takeAll(attempts), (batch) => batch.spans.length),
          [10]
        )
      })
    )
  })

  it.effect("says what was lost through the program's loggers, at most once a minute", () => {
    const messages: Array<string> = []
    const logger = Logger.make(({ annotations, message }) => {
      assert.deepStrictEqual(Object.fromEntries(annotations), {
        package: "effect-observability",
        module: "BatchWriter"
      })
      messages.push(String(Arr.ensure(message)[0]))
    })
    return Effect.gen(function* () {
      const exporter: Exporter = { name: "picky", export: () => Effect.fail(rejected) }
      const scope = yield* Scope.make()
      const writer = yield* make([exporter], { maxBatchSize: 1 }).pipe(
        Effect.annotateLogs("of", "the program"),
        Scope.extend(scope)
      )
      for (let i = 0; i < 50; i++) {
        yield* emitSpans(writer, 1)
        yield* TestClock.adjust("1 second")
      }
      assert.lengthOf(messages, 1)
      yield* TestClock.adjust("1 minute")
      yield* emitSpans(writer, 1)
      yield* TestClock.adjust("1 second")
      assert.lengthOf(messages, 2)
      assert.include(messages[0], `"picky"`)
      yield* emitSpans(writer, 5)
      yield* Scope.close(scope, Exit.void)
      assert.lengthOf(messages, 3)
    }).pipe(Effect.provide(Logger.replace(Logger.defaultLogger, logger)))
  })

  it.effect("says the error of a processor in one line of 500 characters, without secrets", () => {
    const told: Array<unknown> = []
    const logger = Logger.make(({ message }) => void told.push(Arr.ensure(message).at(-1)))
    const faults = [
      new Error(`no card\n  in {"password":"hunter2-hunter2"} ${"and so on ".repeat(1_000)}`),
      "Authorization: Bearer abcdefghijklmnop0123456789",
      Object.create(null)
    ]
    return Effect.gen(function* () {
      for (const fault of faults) {
        const span = () => {
          throw fault
        }
        yield* make([memory("memory")], { processors: [{ name: "faulty", span }] }).pipe(
          Effect.flatMap((writer) => Effect.zipRight(emitSpans(writer, 1), writer.flush)),
          Effect.scoped
        )
      }
      assert.lengthOf(told, 3)
      const texts = told.map(String)
      for (const text of texts) {
        assert.notMatch(text, /\n|hunter2|abcdefghij/)
        assert.isAtMost(text.length, 500)
      }
      assert.match(texts[0] ?? "", /^Error: no card in \{"password":/)
      assert.include(texts[1], "Authorization")
      assert.strictEqual(texts[2], "an error without a text")
    }).pipe(Effect.provide(Logger.replace(Logger.defaultLogger, logger)))
  })

  it.effect("loses and says nothing of what it says itself", () => {
    const said: Array<string> = []
    const logger = Logger.make(({ message }) => void said.push(String(Arr.ensure(message)[0])))
    return Effect.gen(function* () {
      const picky: Exporter = { name: "picky", export: () => Effect.fail(rejected) }
      yield* Effect.gen(function* () {
        const { stats } = yield* Observability.Observability
        yield* Effect.logWarning("hello")
        yield* TestClock.adjust("3 minutes")
        const ledger = (yield* stats).logs["picky"]
        assert.deepStrictEqual([ledger?.emitted, ledger?.failed], [1, { Rejected: 1 }])
      }).pipe(Effect.provide(Observability.layerExportOnly({ serviceName: "test", exporters: [picky] })))
      assert.deepStrictEqual(said, ["hello", `Records were lost on their way to the exporter "picky"`])
    }).pipe(Effect.provide(Logger.replace(Logger.defaultLogger, logger)))
  })

  it.effect("keeps its ledgers balanced through any sequence of faults", () =>
    Effect.gen(function* () {
      for (let seed = 0; seed < 12; seed++) {
        yield* Effect.gen(function* () {
          const flying = new Set<string>()
          const faulty = (name: string): Exporter => ({
            name,
            export: (batch) =>
              Effect.gen(function* () {
                assertBalanced(yield* writer.stats)
                const fate = yield* Random.nextIntBetween(0, 8)
                if (fate === 0) return yield* unavailable
                if (fate === 1) return yield* Effect.die("fault")
                if (fate === 2) return yield* Effect.never
                if (fate === 3) return yield* Effect.delay(Effect.void, "3 seconds")
                if (fate === 4) return yield* new ExportError({ retryable: false, reason: "Corrupt", cause: "fault" })
                if (batch.spans.some((span) => span.name === "span 3")) return yield* rejected
              }).pipe((attempt) =>
                Effect.acquireUseRelease(
                  Effect.sync(() => {
                    assert.isFalse(flying.has(name), "a second flight")
                    flying.add(name)
                  }),
                  () => attempt,
                  () => Effect.sync(() => flying.delete(name))
                )
              )
          })
          const scope = yield* Scope.make()
          const writer: BatchWriter.BatchWriter = yield* make([faulty("a"), faulty("b")], {
            maxQueueSize: 30,
            maxBatchSize: 7,
            exportTimeout: Duration.seconds(4),
            processors: [{ name: "drops", log: (record) => (record.message === "dropped" ? undefined : record) }]
          }).pipe(Scope.extend(scope))
          for (let step = 0; step < 30; step++) {
            const action = yield* Random.nextIntBetween(0, 5)
            if (action === 0) yield* emitSpans(writer, yield* Random.nextIntBetween(1, 12))
            if (action === 1) emit(writer.emitter, log({ message: step % 2 === 0 ? "dropped" : "kept" }))
            if (action === 2) yield* TestClock.adjust(yield* Random.nextIntBetween(1, 3_000))
            if (action === 3) writer.emitter.snapshot(span({ status: "running" }))
            if (action === 4) yield* Effect.fork(Effect.exit(writer.flush))
            assertBalanced(yield* writer.stats)
          }
          const closed = yield* Effect.fork(Scope.close(scope, Exit.void))
          yield* TestClock.adjust("15 seconds")
          yield* Fiber.join(closed)
          const stats = yield* writer.stats
          assertBalanced(stats)
          for (const ledger of Object.values({ ...stats.spans, ...stats.logs })) assert.strictEqual(ledger.queued, 0)
        }).pipe(Effect.withRandom(Random.make(seed)))
      }
    }).pipe(Effect.provide(Logger.remove(Logger.defaultLogger)))
  )
})
