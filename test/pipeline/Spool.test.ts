import * as fs from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Exit, Scope } from "effect"
import * as BatchWriter from "../../src/pipeline/BatchWriter.js"
import { type Batch, ExportError, type Exporter, memory } from "../../src/pipeline/Exporter.js"
import type { ExporterHealth, Ledger } from "../../src/pipeline/Stats.js"
import { log, span } from "../utils/records.js"

const folder = Effect.acquireRelease(
  Effect.sync(() => fs.mkdtempSync(join(tmpdir(), "effect-observability-spool-"))),
  (path) => Effect.sync(() => fs.rmSync(path, { recursive: true }))
)

const make = (
  exporter: Exporter,
  directory: string,
  options: Partial<Omit<BatchWriter.BatchWriterOptions, "batch">> & {
    readonly queue?: number
    readonly queueBytes?: number
    readonly batchSize?: number
    readonly maxBytes?: number
    readonly shutdown?: Duration.DurationInput
  } = {}
) => {
  const {
    batchSize = 20,
    maxBytes = 2 ** 30,
    queue = 400,
    queueBytes = 2 ** 26,
    shutdown = "500 millis",
    ...rest
  } = options
  return BatchWriter.make({
    exporters: [exporter],
    processors: [],
    spool: { directory, maxBytes },
    batch: {
      maxQueueSize: queue,
      maxQueueBytes: queueBytes,
      maxBatchSize: batchSize,
      scheduledDelay: Duration.millis(10),
      exportTimeout: Duration.seconds(5),
      shutdownTimeout: Duration.decode(shutdown)
    },
    ...rest
  })
}

/** Emits spans named by numbers, a few at a time, as a program does that waits now and then. */
const emit = (writer: BatchWriter.BatchWriter, from: number, to: number) =>
  Effect.forEach(
    Array.from({ length: Math.ceil((to - from) / 10) }, (_, i) => from + i * 10),
    (first) =>
      Effect.zipRight(
        Effect.sync(() => {
          for (let i = first; i < Math.min(to, first + 10); i++) writer.emitter.emit(span({ name: String(i) }))
        }),
        Effect.sleep("5 millis")
      ),
    { discard: true }
  )

const unavailable = new ExportError({ retryable: true, reason: "Unavailable", cause: "down" })

/** An exporter that is down until it is mended. */
const mendable = Effect.sync(() => {
  const inner = memory("store")
  let down = true
  const exporter: Exporter = {
    name: "store",
    export: (batch) => (down ? Effect.fail(unavailable) : inner.export(batch))
  }
  return {
    exporter,
    spans: inner.spans,
    mend: Effect.sync(() => {
      down = false
    })
  }
})

type Counted = Partial<Ledger & ExporterHealth>

const ledger = (writer: BatchWriter.BatchWriter): Effect.Effect<Counted> =>
  Effect.map(writer.stats, ({ exporters, spans }) => ({ ...spans.store, ...exporters.store }))

const until = (writer: BatchWriter.BatchWriter, holds: (ledger: Counted) => boolean) =>
  Effect.delay(ledger(writer), "5 millis").pipe(Effect.repeat({ until: holds }), Effect.timeout("20 seconds"))

const numbers = (spans: Batch["spans"]) => spans.map(({ name }) => Number(name)).sort((a, b) => a - b)
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i)

/** The files of a spool. */
const files = (directory: string) =>
  fs
    .readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))

/** Waits until nothing is left in a spool. */
const emptied = (directory: string) =>
  Effect.sync(() => files(directory).length).pipe(
    Effect.delay("5 millis"),
    Effect.repeat({ until: (left) => left === 0 }),
    Effect.timeout("5 seconds")
  )

/** A writer, and how to close it. */
const closing = <A>(writer: Effect.Effect<A, never, Scope.Scope>) =>
  Effect.gen(function* () {
    const scope = yield* Scope.make()
    return { writer: yield* Scope.extend(writer, scope), close: Scope.close(scope, Exit.void) }
  })

/** Leaves records in a spool, as a process whose exporter was down to its end. */
const leave = (directory: string, count: number) =>
  Effect.gen(function* () {
    const { exporter } = yield* mendable
    const { close, writer } = yield* closing(make(exporter, directory))
    yield* emit(writer, 0, count)
    yield* close
  })

describe("a spool", () => {
  it.scopedLive("takes what memory has no room for, and all of it arrives once", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const { exporter, mend, spans } = yield* mendable
      const writer = yield* make(exporter, directory)
      for (let from = 0; from < 1_000; from += 100) {
        yield* emit(writer, from, from + 100)
        yield* until(writer, ({ queued = 0, spooled = 0 }) => queued - spooled <= 300)
      }
      const down = yield* ledger(writer)
      assert.deepStrictEqual([down.emitted, down.queued, down.dropped], [1_000, 1_000, {}])
      assert.isAbove(down.spooled ?? 0, 500)
      yield* mend
      yield* until(writer, ({ exported }) => exported === 1_000)
      assert.deepStrictEqual(numbers(spans), upTo(1_000))
      yield* emptied(directory)
    })
  )

  for (const [what, bounds] of [
    ["records", { queue: 200, batchSize: 1_000 }],
    ["bytes", { queueBytes: 200 * 400, batchSize: 1_000 }]
  ] as const) {
    it.scopedLive(`takes all that a queue has no room for, though a batch may have as many ${what} as it`, () =>
      Effect.gen(function* () {
        const directory = yield* folder
        const store = memory("store")
        const slow: Exporter = { name: "store", export: (batch) => Effect.delay(store.export(batch), "150 millis") }
        const writer = yield* make(slow, directory, bounds)
        yield* emit(writer, 0, 1_000)
        const { dropped } = yield* until(writer, ({ queued }) => queued === 0)
        assert.deepStrictEqual(dropped, {})
        assert.deepStrictEqual(numbers(store.spans), upTo(1_000))
      })
    )
  }

  it.scopedLive("with room for a few records takes these", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const { exporter } = yield* mendable
      const { close, writer } = yield* closing(make(exporter, directory, { maxBytes: 10_000 }))
      yield* emit(writer, 0, 100)
      yield* close
      const [file = ""] = files(directory)
      assert.isAbove(fs.statSync(file).size, 9_000)
      const { dropped, queued = 0 } = yield* ledger(writer)
      assert.deepStrictEqual(dropped, { Shutdown: 100 - queued })
    })
  )

  it.scopedLive("that is full leaves the rest to be dropped and counted", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const { exporter, mend, spans } = yield* mendable
      const writer = yield* make(exporter, directory, { maxBytes: 100_000 })
      yield* emit(writer, 0, 1_000)
      yield* mend
      const { dropped, exported, failed } = yield* until(writer, ({ queued }) => queued === 0)
      assert.isAbove(dropped?.QueueFull ?? 0, 0)
      assert.strictEqual((exported ?? 0) + (dropped?.QueueFull ?? 0), 1_000)
      assert.deepStrictEqual([failed, spans.length], [{}, exported])
    })
  )

  it.scopedLive("that cannot be written to costs what memory has no room for, and nothing else", () =>
    Effect.gen(function* () {
      const file = join(yield* folder, "file")
      fs.writeFileSync(file, "in the way")
      const { exporter, mend } = yield* mendable
      const writer = yield* make(exporter, join(file, "spool"))
      yield* emit(writer, 0, 600)
      yield* mend
      const { dropped, exported } = yield* until(writer, ({ queued }) => queued === 0)
      assert.deepStrictEqual([exported, dropped], [400, { QueueFull: 200 }])
    })
  )

  it.scopedLive("keeps what a close could not export for the next start, which counts it as its own", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      yield* leave(directory, 250)
      const store = memory("store")
      const writer = yield* make(store, directory)
      const { emitted } = yield* until(writer, ({ exported }) => exported === 250)
      assert.deepStrictEqual([emitted, numbers(store.spans)], [250, upTo(250)])
      yield* emptied(directory)
    })
  )

  it.scopedLive("is exported a little further by each process that closes, and no record by two of them", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      yield* leave(directory, 600)
      const inner = memory("store")
      const counted = { emitted: 0, exported: 0, failed: 0 }
      for (let lives = 0; lives < 50 && inner.spans.length < 600; lives++) {
        const exporter: Exporter = {
          name: "store",
          export: (batch) => Effect.zipRight(Effect.sleep("10 millis"), inner.export(batch))
        }
        const { close, writer } = yield* closing(make(exporter, directory, { batchSize: 50, shutdown: 0 }))
        yield* until(writer, ({ exported = 0 }) => exported > 0)
        yield* close
        const { emitted = 0, exported = 0, failed = {}, queued = 0 } = yield* ledger(writer)
        counted.emitted += emitted - queued
        counted.exported += exported
        counted.failed += Object.keys(failed).length
      }
      assert.deepStrictEqual(numbers(inner.spans), upTo(600))
      assert.deepStrictEqual(counted, { emitted: 600, exported: 600, failed: 0 })
      yield* emptied(directory)
    })
  )

  it.scopedLive("gives back every field of a record", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const { exporter } = yield* mendable
      const { close, writer } = yield* closing(make(exporter, directory))
      const record = span({
        name: "line\nbreak \u2028 \0 ü",
        sessionId: "s",
        attributes: { nested: { list: [1, "two", null] } },
        events: [{ name: "e", time: 5n, attributes: {} }],
        dropped: { attributes: 1, events: 2, links: 3 }
      })
      writer.emitter.emit(record)
      yield* close
      const store = memory("store")
      const next = yield* make(store, directory)
      yield* until(next, ({ exported }) => exported === 1)
      assert.deepStrictEqual(store.spans, [record])
    })
  )

  it.scopedLive("loses of a damaged segment what is damaged, and counts it", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      yield* leave(directory, 250)
      const [first = "", second = "", ...others] = files(directory)
      const lines = fs.readFileSync(first, "utf8").split("\n")
      const all = [first, second, ...others].flatMap((file) =>
        file === "" ? [] : fs.readFileSync(file, "utf8").trimEnd().split("\n")
      )
      assert.lengthOf(all, 250)
      const flipped = lines.map((line, i) =>
        i === 3 ? line.replace("internal", "intermal") : i === 5 ? "garbage" : line
      )
      fs.writeFileSync(first, `${flipped.join("\n").trimEnd().slice(0, -20)}`)
      const store = memory("store")
      const writer = yield* make(store, directory)
      const { emitted, failed } = yield* until(writer, ({ emitted }) => emitted === 250)
      assert.deepStrictEqual([emitted, failed, store.spans.length], [250, { Corrupt: 3 }, 247])
    })
  )

  it.scopedLive("loses what damage has swallowed, ends of lines too, and counts each record", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      yield* leave(directory, 100)
      const [file = ""] = files(directory)
      const lines = fs.readFileSync(file, "utf8").split("\n")
      fs.writeFileSync(file, lines.toSpliced(10, 20, "x".repeat(500)).join("\n"))
      const store = memory("store")
      const writer = yield* make(store, directory)
      const { emitted, failed } = yield* until(writer, ({ emitted }) => emitted === 100)
      assert.deepStrictEqual([emitted, failed, store.spans.length], [100, { Corrupt: 20 }, 80])
      yield* emptied(directory)
    })
  )

  it.scopedLive("that is damaged while its process lives costs what was there, by signal", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const { exporter, mend, spans } = yield* mendable
      const writer = yield* make(exporter, directory)
      for (let i = 0; i < 20; i++) {
        writer.emitter.emit(log({}))
        yield* emit(writer, i * 20, (i + 1) * 20)
      }
      for (const file of files(directory)) fs.writeFileSync(file, "damage")
      const { spooled = 0 } = yield* ledger(writer)
      yield* mend
      yield* Effect.flatMap(writer.stats, ({ logs, spans }) =>
        Effect.succeed((logs.store?.queued ?? 0) + (spans.store?.queued ?? 0))
      ).pipe(Effect.delay("5 millis"), Effect.repeat({ until: (queued) => queued === 0 }), Effect.timeout("20 seconds"))
      const { logs: ofLogs, spans: ofSpans } = yield* writer.stats
      const corrupt = [ofSpans.store?.failed.Corrupt ?? 0, ofLogs.store?.failed.Corrupt ?? 0] as const
      assert.isAbove(corrupt[1], 0)
      assert.strictEqual(corrupt[0] + corrupt[1], spooled)
      assert.strictEqual(spans.length + corrupt[0], 400)
    })
  )

  it.scopedLive("takes records in which a processor left what is no JSON, and others after them", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const store = memory("store")
      const cost = { large: 2n ** 100n, small: 7n, none: undefined, nan: Number.NaN }
      const counting = {
        name: "counting",
        span: (record: Batch["spans"][number]) => ({ ...record, attributes: { cost } }) as never
      }
      const writer = yield* make(store, directory, { processors: [counting], durability: "disk" })
      yield* emit(writer, 0, 30)
      yield* until(writer, ({ exported }) => exported === 30)
      assert.deepStrictEqual(store.spans[0]?.attributes, { cost: { large: String(2n ** 100n), small: 7, nan: "NaN" } })
    })
  )

  it.scopedLive("whose segments are empty or hold nothing whole is deleted, and only what was there is counted", () =>
    Effect.gen(function* () {
      for (const [text, failed] of [
        ["", {}],
        ["torn", { Corrupt: 1 }]
      ] as const) {
        const directory = yield* folder
        yield* leave(directory, 10)
        for (const file of files(directory)) fs.writeFileSync(file, text)
        const writer = yield* make(memory("store"), directory)
        yield* emptied(directory)
        assert.deepStrictEqual((yield* ledger(writer)).failed, failed)
      }
    })
  )

  it.scopedLive("of a process that lives is left alone", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const { exporter } = yield* mendable
      yield* emit(yield* make(exporter, directory), 0, 250)
      const store = memory("store")
      const other = yield* make(store, directory)
      yield* emit(other, 1_000, 1_010)
      yield* other.flush
      assert.strictEqual((yield* ledger(other)).exported, 10)
    })
  )

  it.scopedLive("keeps live records waiting no longer than a batch", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      yield* leave(directory, 1_000)
      const seen: Array<ReadonlyArray<string>> = []
      const slow: Exporter = {
        name: "store",
        export: ({ spans }) =>
          Effect.delay(
            Effect.sync(() => void seen.push(spans.map(({ name }) => name))),
            "5 millis"
          )
      }
      const writer = yield* make(slow, directory)
      yield* emit(writer, 5_000, 5_020)
      yield* writer.flush
      const live = seen.findIndex((names) => names.includes("5019"))
      assert.isBelow(live, 15)
      yield* until(writer, ({ exported }) => exported === 1_020)
    })
  )

  it.scopedLive("is read on after an attempt failed that had nothing but running spans", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      yield* leave(directory, 100)
      const inner = memory("store")
      const exporter: Exporter = {
        name: "store",
        running: true,
        export: (batch) =>
          batch.spans.some(({ status }) => status === "running")
            ? Effect.fail(unavailable)
            : Effect.zipRight(Effect.sleep("20 millis"), inner.export(batch))
      }
      const writer = yield* make(exporter, directory)
      writer.emitter.snapshot(span({ status: "running" }))
      yield* until(writer, ({ exported }) => exported === 100)
      assert.deepStrictEqual(numbers(inner.spans), upTo(100))
    })
  )

  it.scopedLive("holds only what the processors made of a record", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const { exporter } = yield* mendable
      const masking = {
        name: "masking",
        span: (record: Batch["spans"][number]) => ({ ...record, name: "masked" }) as never
      }
      const { close, writer } = yield* closing(make(exporter, directory, { processors: [masking] }))
      for (let i = 0; i < 50; i++) writer.emitter.emit(span({ name: "secret" }))
      yield* close
      const text = files(directory)
        .map((file) => fs.readFileSync(file, "utf8"))
        .join("")
      assert.deepStrictEqual([text.split("masked").length - 1, text.includes("secret")], [50, false])
    })
  )
})

describe("durability on disk", () => {
  it.scopedLive("lets a flush return as soon as everything is written, though the exporter hangs", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const hanging: Exporter = { name: "store", export: () => Effect.never }
      const writer = yield* make(hanging, directory, { durability: "disk" })
      yield* emit(writer, 0, 30)
      yield* Effect.timeout(writer.flush, "1 second")
      const text = files(directory)
        .map((file) => fs.readFileSync(file, "utf8"))
        .join("")
      assert.strictEqual(text.split("\n").length - 1, 30)
      assert.strictEqual((yield* ledger(writer)).spooled, 30)
    })
  )

  it.scopedLive("leaves nothing on disk of what was exported", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const store = memory("store")
      const { close, writer } = yield* closing(make(store, directory, { durability: "disk", queue: 10_000 }))
      yield* emit(writer, 0, 500)
      yield* close
      assert.deepStrictEqual([numbers(store.spans), files(directory)], [upTo(500), []])
    })
  )

  it.scopedLive("survives a full queue and an exporter that comes back late", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const { exporter, mend, spans } = yield* mendable
      const writer = yield* make(exporter, directory, { durability: "disk" })
      yield* emit(writer, 0, 1_000)
      yield* mend
      yield* until(writer, ({ exported }) => exported === 1_000)
      assert.deepStrictEqual(numbers(spans), upTo(1_000))
      yield* emptied(directory)
    })
  )
})
