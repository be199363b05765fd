import { execFileSync, spawnSync } from "node:child_process"
import * as fs from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { basename, dirname, join, relative } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Array as Arr, Duration, Effect, Exit, Logger, Scope } from "effect"
import { type Batch, ExportError, type Exporter, memory } from "../../src/pipeline/Exporters.js"
import * as BatchWriter from "../../src/pipeline/internal/batchWriter.js"
import type { ExporterHealth, Ledger } from "../../src/pipeline/Stats.js"
import { log, span } from "../../src/testing/Records.js"
import { emit as emitTo } from "../utils/emit.js"

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
    readonly exportTimeout?: Duration.DurationInput
  } = {}
) => {
  const {
    batchSize = 20,
    exportTimeout = "5 seconds",
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
      exportTimeout: Duration.decode(exportTimeout),
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
          for (let i = first; i < Math.min(to, first + 10); i++) emitTo(writer.emitter, span({ name: String(i) }))
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

const mark = ".effect-observability-spool"

/** The files of a spool, but for marks. */
const files = (directory: string) =>
  fs
    .readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== mark)
    .map((entry) => join(entry.parentPath, entry.name))

/** The lines of a segment after its header. */
const linesOf = (file: string) => fs.readFileSync(file, "utf8").trimEnd().split("\n").slice(1)

/** Waits until nothing is left in a spool. */
const emptied = (directory: string) =>
  Effect.sync(() => files(directory).length).pipe(
    Effect.delay("5 millis"),
    Effect.repeat({ until: (left) => left === 0 }),
    Effect.timeout("5 seconds")
  )

const header = `{"effect-observability":"spool","version":1,"signal":"spans"}\n`

/** A writer, and how to close it. */
const closing = <A>(writer: Effect.Effect<A, never, Scope.Scope>) =>
  Effect.gen(function* () {
    const scope = yield* Scope.make()
    return { writer: yield* Scope.extend(writer, scope), close: Scope.close(scope, Exit.void) }
  })

/** Leaves records in a spool, as a process whose exporter was down to its end. */
const leave = (directory: string, count: number, name = "store") =>
  Effect.gen(function* () {
    const { exporter } = yield* mendable
    const { close, writer } = yield* closing(make({ ...exporter, name }, directory))
    yield* emit(writer, 0, count)
    yield* close
  })

it.scopedLive("a spool's folder that was copied, and damaged then, takes no record from the other", () =>
  Effect.gen(function* () {
    const directory = yield* folder
    yield* leave(directory, 100)
    const owners = Array.from(new Set(files(directory).map(dirname)))
    for (const owner of owners) {
      const named = (end: string) => `${owner.slice(0, -1)}${end}`
      // It may be called as one of its copies.
      if (owner !== named("f")) fs.renameSync(owner, named("f"))
      for (const end of ["0", "1", "2"]) fs.cpSync(named("f"), named(end), { recursive: true })
    }
    const all = files(directory)
    for (const file of all) {
      // One whole copy, which is neither the first nor the last.
      if (!dirname(file).endsWith("1")) fs.truncateSync(file, 100)
    }
    const { spans } = yield* recover(directory, 100)
    assert.deepStrictEqual(
      Array.from(new Set(numbers(spans))).sort((a, b) => a - b),
      upTo(100)
    )
  })
)

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
      emitTo(writer.emitter, record)
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
      const all = [first, second, ...others].flatMap((file) => (file === "" ? [] : linesOf(file)))
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
        // More than half of the room is taken by logs alone, whatever becomes of the spans.
        for (let logs = 0; logs < 20; logs++) emitTo(writer.emitter, log({}))
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
      // A record that is still in memory, too, is exported from there.
      assert.isAtMost(corrupt[0] + corrupt[1], spooled)
      assert.strictEqual(spans.length + corrupt[0], 400)
      assert.strictEqual((ofLogs.store?.exported ?? 0) + corrupt[1], 400)
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
        [header.slice(0, 20), {}],
        [header, {}],
        [`${header}torn`, { Corrupt: 1 }]
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
        snapshots: true,
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
      for (let i = 0; i < 50; i++) emitTo(writer.emitter, span({ name: "secret" }))
      yield* close
      const text = files(directory)
        .map((file) => fs.readFileSync(file, "utf8"))
        .join("")
      assert.deepStrictEqual([text.split("masked").length - 1, text.includes("secret")], [50, false])
    })
  )
})

describe("a flush", () => {
  const slow = () => {
    const store = memory("store")
    const exporter: Exporter = { name: "store", export: (batch) => Effect.delay(store.export(batch), "100 millis") }
    return { exporter, store }
  }

  it.scopedLive("waits for records that are on disk alone", () =>
    Effect.gen(function* () {
      const { exporter, store } = slow()
      const writer = yield* make(exporter, yield* folder, { queue: 40, batchSize: 10 })
      yield* emit(writer, 0, 100)
      assert.isAbove((yield* ledger(writer)).spooled ?? 0, 0)
      yield* writer.flush
      const { dropped = {} } = yield* ledger(writer)
      assert.strictEqual(store.spans.length + Object.values(dropped).reduce((sum, n) => sum + n, 0), 100)
      assert.isAbove(store.spans.length, 80)
    })
  )

  it.scopedLive("waits for no record of an earlier process", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      yield* leave(directory, 300)
      const { exporter, store } = slow()
      const writer = yield* make(exporter, directory, { batchSize: 10 })
      yield* emit(writer, 1_000, 1_030)
      yield* writer.flush
      const names = numbers(store.spans)
      assert.lengthOf(
        names.filter((name) => name >= 1_000),
        30
      )
      assert.isBelow(names.length, 330)
    })
  )

  it.scopedLive("fails with what remains on disk when the time is over", () =>
    Effect.gen(function* () {
      const { exporter } = yield* mendable
      const writer = yield* make(exporter, yield* folder, { queue: 100, exportTimeout: "300 millis" })
      yield* emit(writer, 0, 100)
      yield* until(writer, ({ spooled = 0 }) => spooled > 0)
      const { remaining } = yield* Effect.flip(writer.flush)
      assert.strictEqual(remaining.store?.spans, (yield* ledger(writer)).queued)
    })
  )
})

describe("durability on disk", () => {
  it.scopedLive("writes each record once, whenever the writer is closed", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const hanging: Exporter = { name: "store", export: () => Effect.never }
      const padding = "x".repeat(3_000)
      for (let round = 0; round < 40; round++) {
        const spool = join(directory, String(round))
        const { close, writer } = yield* closing(make(hanging, spool, { durability: "disk", shutdown: 0 }))
        for (let wave = 0; wave < 6; wave++) {
          for (const i of upTo(60)) {
            emitTo(writer.emitter, span({ name: `${wave}-${i}`, attributes: { padding } }))
          }
          yield* Effect.sleep(1)
        }
        yield* Effect.sleep(round % 7)
        yield* close
        const names = files(spool)
          .flatMap(linesOf)
          .flatMap((line) => /"name":"(\d+-\d+)"/.exec(line)?.[1] ?? [])
        assert.strictEqual(new Set(names).size, 360)
        assert.lengthOf(names, 360)
      }
    })
  )

  it.scopedLive("lets a flush return as soon as everything is written, though the exporter hangs", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const hanging: Exporter = { name: "store", export: () => Effect.never }
      const writer = yield* make(hanging, directory, { durability: "disk" })
      yield* emit(writer, 0, 30)
      yield* Effect.timeout(writer.flush, "1 second")
      assert.lengthOf(files(directory).flatMap(linesOf), 30)
      assert.strictEqual((yield* ledger(writer)).spooled, 30)
    })
  )

  it.scopedLive("tells all who wait when their records are written, though the exporter hangs", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const hanging: Exporter = { name: "store", export: () => Effect.never }
      const writer = yield* make(hanging, directory, { durability: "disk" })
      const written = yield* Effect.forEach(
        upTo(50),
        (i) => {
          emitTo(writer.emitter, span({ name: String(i) }))
          return Effect.map(writer.saved, () => files(directory).flatMap(linesOf).length)
        },
        { concurrency: "unbounded" }
      ).pipe(Effect.timeout("1 second"))
      assert.isTrue(written.every((lines, i) => lines > i))
      // Those who came together waited for one write, and not each for its own.
      assert.isAtMost(new Set(written).size, 25)
    })
  )

  it.scopedLive("waits for what is exported in place of a disk that is full, and says what is neither", () =>
    Effect.gen(function* () {
      const options = { durability: "disk", maxBytes: 1_000, exportTimeout: "500 millis" } as const
      const well = yield* make(memory("store"), yield* folder, options)
      yield* emit(well, 0, 30)
      yield* well.saved
      const { exporter } = yield* mendable
      const down = yield* make(exporter, yield* folder, options)
      yield* emit(down, 0, 30)
      const { remaining } = yield* Effect.flip(down.saved)
      const { queued = 0, spooled = 0 } = yield* ledger(down)
      assert.deepStrictEqual([queued, remaining.store?.spans], [30, 30 - spooled])
    })
  )

  it.scopedLive("writes what a disk refused when it is well again", () =>
    Effect.gen(function* () {
      const directory = join(yield* folder, "spool")
      fs.writeFileSync(directory, "")
      const hanging: Exporter = { name: "store", export: () => Effect.never }
      const writer = yield* make(hanging, directory, { durability: "disk", exportTimeout: "300 millis" })
      yield* emit(writer, 0, 10)
      assert.strictEqual((yield* Effect.flip(writer.saved)).remaining.store?.spans, 10)
      fs.rmSync(directory)
      yield* emit(writer, 10, 11)
      yield* writer.saved
      assert.lengthOf(files(directory).flatMap(linesOf), 11)
    })
  )

  it.scopedLive("waits for nothing where records are kept in memory", () =>
    Effect.gen(function* () {
      const hanging: Exporter = { name: "store", export: () => Effect.never }
      const writer = yield* make(hanging, yield* folder)
      yield* emit(writer, 0, 30)
      yield* Effect.timeout(writer.saved, "100 millis")
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

/** Writes files, each with its path as its content, and gives them. */
const foreign = (directory: string, ...paths: ReadonlyArray<string>) => {
  for (const path of paths) {
    fs.mkdirSync(dirname(join(directory, path)), { recursive: true })
    fs.writeFileSync(join(directory, path), path)
  }
  return paths.map((path) => join(directory, path))
}

/** Whether the files that were there are there as they were. */
const assertUntouched = (directory: string, paths: ReadonlyArray<string>) =>
  assert.deepStrictEqual(
    paths.map((path) => fs.existsSync(path) && fs.readFileSync(path, "utf8")),
    paths.map((path) => relative(directory, path))
  )

/** Keeps what is said to the program's loggers. */
const listening = <A, E, R>(effect: (said: ReadonlyArray<string>) => Effect.Effect<A, E, R>) =>
  Effect.suspend(() => {
    const said: Array<string> = []
    const logger = Logger.make(({ message }) => void said.push(Arr.ensure(message).join(" ")))
    return Effect.provide(effect(said), Logger.replace(Logger.defaultLogger, logger))
  })

/** Starts anew and waits until so many records have come out of the spool, then closes. */
const recover = (directory: string, count: number, name = "store") =>
  Effect.gen(function* () {
    const store = memory(name)
    const { close, writer } = yield* closing(make(store, directory))
    yield* Effect.sync(() => store.spans.length).pipe(
      Effect.delay("5 millis"),
      Effect.repeat({ until: (length) => length >= count }),
      Effect.timeout("5 seconds")
    )
    yield* Effect.sleep("50 millis")
    yield* close
    const { exporters, spans } = yield* writer.stats
    return { spans: store.spans, ...spans[name], ...exporters[name] }
  })

/** The folders that processes which are gone have left for an exporter. */
const owners = (directory: string, exporter = "store") =>
  fs
    .readdirSync(join(directory, exporter), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name.split(" ").length === 5)
    .map((entry) => join(entry.parentPath, entry.name))

/** A line as a spool writes it, with a checksum that is right. */
const lineOf = (code: string, body: string) => {
  let hash = 0x811c9dc5
  for (let i = 0; i < body.length; i++) hash = Math.imul(hash ^ body.charCodeAt(i), 0x01000193)
  return `${code}${(hash >>> 0).toString(16).padStart(8, "0")}${body}\n`
}

const reserved = /^(con|prn|aux|nul|com\d|lpt\d)$/

describe("what is not a spool's own", () => {
  for (const name of [
    ".",
    "..",
    "../..",
    "a/b",
    "/etc",
    "a\\b",
    "C:\\a",
    "",
    "CON",
    "nul",
    "com1",
    "lpt9.txt",
    "dot.",
    "space ",
    "~2",
    "\0",
    "\ud800",
    "Ä\u{1f980}",
    mark,
    "__proto__",
    "x".repeat(300),
    "é".repeat(3_000)
  ]) {
    it.scopedLive(`is left alone by an exporter named ${JSON.stringify(name).slice(0, 30)}`, () =>
      Effect.gen(function* () {
        const above = yield* folder
        const directory = join(above, "D", "spool")
        const others = foreign(above, "notes.txt", "D/precious/letters.txt", "D/readme.md", "D/spool/bystander.txt")
        yield* leave(directory, 10, "other")
        yield* leave(directory, 20, name)
        const made = fs.readdirSync(directory).filter((entry) => entry !== "bystander.txt" && entry !== "other")
        assert.deepStrictEqual(
          made.map((entry) => /^[a-z0-9_%~-]{1,100}$/.test(entry) && !reserved.test(entry)),
          [true]
        )
        assert.deepStrictEqual(numbers((yield* recover(directory, 20, name)).spans), upTo(20))
        assertUntouched(above, others)
        assert.deepStrictEqual(numbers((yield* recover(directory, 10, "other")).spans), upTo(10))
      })
    )
  }

  it.scopedLive("includes what an exporter left whose name is nearly the same", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const long = "x".repeat(300)
      const names = [
        ...["store", "Store", "STORE", "store.", "store ", ".store", "store~2", "store%7e2", "%73tore", "con", "CON"],
        ...["%63on", "", "%", ".", "%2e", "%2E", "\ud800", "\ud801", "\ufffd", "%ud800", "é", "e\u0301", "É"],
        ...[long, `${long}x`, long.toUpperCase(), `${long.slice(0, -1)}y`]
      ]
      const exporters = names.map((name) => memory(name))
      yield* Effect.scoped(
        BatchWriter.make({
          exporters,
          processors: [],
          spool: { directory, maxBytes: 2 ** 20 },
          batch: {
            maxQueueSize: 10,
            maxQueueBytes: 2 ** 20,
            maxBatchSize: 10,
            scheduledDelay: Duration.millis(10),
            exportTimeout: Duration.seconds(5),
            shutdownTimeout: Duration.zero
          }
        })
      )
      const made = fs.readdirSync(directory)
      assert.strictEqual(new Set(made.map((name) => name.toLowerCase())).size, names.length)
    })
  )

  it.scopedLive("is a folder that lies where the spool would be: another one is taken, and said", () =>
    listening((said) =>
      Effect.gen(function* () {
        const directory = yield* folder
        const others = foreign(directory, "storage/invoices/2026.csv", "storage/readme.md", "storage~2/a b c/1-000000")
        yield* leave(directory, 250, "storage")
        const { failed, spans, spooled } = yield* recover(directory, 250, "storage")
        assert.deepStrictEqual([numbers(spans), failed, spooled], [upTo(250), {}, 0])
        assertUntouched(directory, others)
        assert.deepStrictEqual(fs.readdirSync(directory), ["storage", "storage~2", "storage~3"])
        assert.deepStrictEqual(fs.readdirSync(join(directory, "storage")), ["invoices", "readme.md"])
        assert.lengthOf(
          said.filter((text) => text.includes(join(directory, "storage"))),
          2
        )
      })
    )
  )

  for (const [what, prepare] of [
    ["a file", (path: string) => fs.writeFileSync(path, "a file")],
    [
      "a link to a folder",
      (path: string) => fs.symlinkSync(fs.mkdtempSync(join(dirname(dirname(path)), "elsewhere-")), path)
    ],
    ["a link to nothing", (path: string) => fs.symlinkSync(join(dirname(path), "nothing"), path)],
    ["the folder of another exporter", (path: string) => marked(path, { format: 1, exporter: "other" })],
    ["a folder of a later format", (path: string) => marked(path, { format: 2, exporter: "store" })],
    ["a folder whose mark is no JSON", (path: string) => marked(path, undefined)],
    [
      "a folder whose mark is a link",
      (path: string) => {
        const elsewhere = `${path}-mark`
        fs.writeFileSync(elsewhere, JSON.stringify({ format: 1, exporter: "store" }))
        fs.mkdirSync(path)
        fs.symlinkSync(elsewhere, join(path, mark))
      }
    ]
  ] as const) {
    it.scopedLive(`is ${what} in the place of the spool`, () =>
      Effect.gen(function* () {
        const above = yield* folder
        const directory = join(above, "spool")
        yield* leave(directory, 10)
        const [owner = ""] = owners(directory)
        fs.renameSync(join(directory, "store"), join(above, "kept"))
        prepare(join(directory, "store"))
        if (fs.existsSync(join(directory, "store", mark))) {
          fs.renameSync(join(above, "kept", basename(owner)), owner)
        }
        const before = files(above)
        yield* leave(directory, 30)
        assert.deepStrictEqual(numbers((yield* recover(directory, 30)).spans), upTo(30))
        assert.deepStrictEqual(files(above), before)
        assert.include(fs.readdirSync(directory), "store~2")
      })
    )
  }

  it.scopedLive("may leave no room for a spool, which is off then, and said", () =>
    listening((said) =>
      Effect.gen(function* () {
        const directory = yield* folder
        const paths = ["store", ...Array.from({ length: 30 }, (_, i) => `store~${i + 2}`)]
        const others = foreign(directory, ...paths.map((path) => `${path}/readme.md`))
        const store = memory("store")
        const { close, writer } = yield* closing(make(store, directory, { durability: "disk" }))
        yield* emit(writer, 0, 50)
        yield* writer.flush
        yield* close
        assert.lengthOf(store.spans, 50)
        assertUntouched(directory, others)
        assert.lengthOf(files(directory), others.length)
        assert.lengthOf(
          said.filter((text) => text.includes(join(directory, "store"))),
          1
        )
      })
    )
  )

  it.scopedLive("may lie in its folder, and in those of processes that are gone", () =>
    listening((said) =>
      Effect.gen(function* () {
        const directory = yield* folder
        yield* leave(directory, 20)
        const [owner = ""] = owners(directory)
        const [segment = ""] = files(directory)
        const others = foreign(
          directory,
          "store/readme.md",
          "store/2026/invoices.csv",
          `store/host 1 2 no-uuid/${basename(segment)}`,
          `store/${basename(segment)}`,
          `store/${basename(owner)}/notes.txt`,
          `store/${basename(owner)}/${basename(segment)}.bak`,
          `store/${basename(owner)}/folder/${basename(segment)}`,
          `store/${basename(owner)}/${basename(segment).replace(/^\d+/, "1")}`
        )
        const { emitted, failed, spans } = yield* recover(directory, 20)
        assert.deepStrictEqual([numbers(spans), emitted, failed], [upTo(20), 20, {}])
        assertUntouched(directory, others)
        assert.deepStrictEqual(files(directory).sort(), others.toSorted())
        assert.deepStrictEqual(owners(directory), [owner])
        assert.lengthOf(
          said.filter((text) => text.includes(others.at(-1) ?? "")),
          1
        )
      })
    )
  )

  it.scopedLive("is what has the names of a spool and no header", () =>
    listening((said) =>
      Effect.gen(function* () {
        const directory = yield* folder
        yield* leave(directory, 20)
        for (const file of files(directory)) fs.writeFileSync(file, linesOf(file).join("\n"))
        const before = files(directory)
        const { emitted, failed } = yield* recover(directory, 0)
        assert.deepStrictEqual([emitted, failed], [0, {}])
        assert.deepStrictEqual(files(directory), before)
        assert.lengthOf(
          said.filter((text) => text.includes(before[0] ?? "")),
          1
        )
      })
    )
  )

  it.scopedLive("is a link where a segment would be, or a folder of segments", () =>
    Effect.gen(function* () {
      const above = yield* folder
      const [directory, elsewhere] = [join(above, "spool"), join(above, "elsewhere")]
      yield* leave(directory, 20)
      yield* leave(elsewhere, 30)
      const [owner = ""] = owners(directory)
      const [segment = ""] = files(directory)
      const [other = ""] = owners(elsewhere)
      const [target = ""] = files(elsewhere)
      const links = [join(owner, basename(segment).replace(/^\d+/, "1")), join(dirname(owner), basename(other))]
      fs.symlinkSync(target, links[0] ?? "")
      fs.symlinkSync(other, links[1] ?? "")
      const content = fs.readFileSync(target, "utf8")
      assert.lengthOf((yield* recover(directory, 20)).spans, 20)
      assert.deepStrictEqual(
        links.map((link) => fs.lstatSync(link).isSymbolicLink()),
        [true, true]
      )
      assert.strictEqual(fs.readFileSync(target, "utf8"), content)
    })
  )

  for (const place of ["/proc/nothing/spool", "/dev/null/spool", "/sys/spool", "a\0b", "x".repeat(5_000)]) {
    it.scopedLive(`is ${place.slice(0, 30)}, where none can be: records go through memory`, () =>
      listening((said) =>
        Effect.gen(function* () {
          const store = memory("store")
          const { close, writer } = yield* closing(make(store, place))
          yield* emit(writer, 0, 20)
          yield* Effect.timeout(writer.flush, "5 seconds")
          yield* Effect.timeout(close, "5 seconds")
          assert.lengthOf(store.spans, 20)
          assert.isTrue(
            said.some((text) => text.includes("store")),
            String(said)
          )
        })
      )
    )
  }

  const strangers: ReadonlyArray<readonly [string, (path: string) => unknown]> = [
    ["a folder", (path) => fs.mkdirSync(path)],
    ["a folder of files", (path) => fs.mkdirSync(join(path, "a", "b"), { recursive: true })],
    ["a pipe", (path) => execFileSync("mkfifo", [path])],
    ["a device", (path) => spawnSync("mknod", [path, "c", "1", "3"])],
    ["a link to a device", (path) => fs.symlinkSync("/dev/zero", path)],
    ["a link to itself", (path) => fs.symlinkSync(path, path)],
    ["an empty file", (path) => fs.writeFileSync(path, "")],
    [
      "a gigabyte of nothing",
      (path) => {
        fs.writeFileSync(path, "")
        fs.truncateSync(path, 2 ** 30)
      }
    ],
    // Systems take about a hundred bytes for the path of one.
    [
      "a socket",
      (path) => {
        const folder = fs.openSync(dirname(path), "r")
        const server = createServer().unref()
        server.listen(`/proc/self/fd/${folder}/${basename(path)}`, () => fs.closeSync(folder))
      }
    ]
  ]
  for (const [what, put] of strangers) {
    it.scopedLive(`is ${what} where a segment, a lock or a process would be: nothing waits for it`, () =>
      Effect.gen(function* () {
        const directory = yield* folder
        yield* leave(directory, 20)
        const [owner = ""] = owners(directory)
        const [segment = ""] = files(directory)
        fs.rmSync(join(owner, "lock"), { force: true })
        put(join(owner, basename(segment).replace(/^\d+/, "1")))
        // Whoever listens there is taken for the process.
        if (what !== "a socket") put(join(owner, "lock"))
        put(owner.replace(/.$/, (digit) => (digit === "0" ? "1" : "0")))
        const { emitted, failed, spans } = yield* Effect.timeout(recover(directory, 20), "5 seconds")
        assert.deepStrictEqual([numbers(spans), emitted, failed], [upTo(20), 20, {}])
        yield* leave(directory, 10)
        assert.deepStrictEqual(numbers((yield* recover(directory, 10)).spans), upTo(10))
      })
    )
  }

  it.scopedLive("is a link that somebody puts in the place of a segment while its process lives", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const target = join(yield* folder, "letters.txt")
      fs.writeFileSync(target, "letters")
      const { exporter, mend } = yield* mendable
      const { close, writer } = yield* closing(make(exporter, directory))
      yield* emit(writer, 0, 350)
      yield* until(writer, ({ spooled = 0 }) => spooled > 100)
      const [segment = ""] = files(directory)
      fs.rmSync(segment)
      fs.symlinkSync(target, segment)
      yield* mend
      yield* until(writer, ({ queued }) => queued === 0)
      yield* close
      assert.deepStrictEqual([fs.readFileSync(target, "utf8"), fs.readlinkSync(segment)], ["letters", target])
    })
  )

  it.scopedLive("is left in its own folder by a process that closes", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const { close, writer } = yield* closing(make(memory("store"), directory, { durability: "disk" }))
      yield* emit(writer, 0, 20)
      const [owner = ""] = owners(directory)
      const others = foreign(directory, relative(directory, join(owner, "notes.txt")))
      yield* close
      assertUntouched(directory, others)
      assert.deepStrictEqual(files(directory), others)
    })
  )

  it.scopedLive("does not come to be by closing: its own empty folder is gone, its mark stays", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const { close, writer } = yield* closing(make(memory("store"), directory, { durability: "disk" }))
      yield* emit(writer, 0, 20)
      yield* close
      assert.deepStrictEqual(fs.readdirSync(join(directory, "store")), [mark])
      assert.deepStrictEqual(JSON.parse(fs.readFileSync(join(directory, "store", mark), "utf8")), {
        format: 1,
        exporter: "store"
      })
    })
  )

  it.scopedLive("is not what processes make that start together", () =>
    Effect.gen(function* () {
      const directory = join(yield* folder, "spool")
      yield* Effect.forEach(upTo(20), () => make(memory("store"), directory), { concurrency: "unbounded" })
      assert.deepStrictEqual(fs.readdirSync(directory), ["store"])
      assert.lengthOf(owners(directory), 20)
    })
  )

  it.scopedLive("is not a folder whose mark was torn when its process was killed", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      yield* leave(directory, 20)
      fs.truncateSync(join(directory, "store", mark), 10)
      assert.lengthOf((yield* recover(directory, 20)).spans, 20)
    })
  )

  it.scopedLive("is not what a process writes again after somebody deleted the spool", () =>
    Effect.gen(function* () {
      const directory = join(yield* folder, "spool")
      const { exporter } = yield* mendable
      const { close, writer } = yield* closing(make(exporter, directory, { durability: "disk" }))
      fs.rmSync(directory, { recursive: true })
      yield* emit(writer, 0, 20)
      yield* close
      assert.deepStrictEqual(numbers((yield* recover(directory, 20)).spans), upTo(20))
      assert.deepStrictEqual(fs.readdirSync(directory), ["store"])
    })
  )
})

/** Makes a folder with a mark, and something in it. */
const marked = (path: string, content: unknown) => {
  fs.mkdirSync(path, { recursive: true })
  fs.writeFileSync(join(path, mark), content === undefined ? "a note of mine" : JSON.stringify(content))
}

describe("a segment that somebody changed", () => {
  for (const number of [2 ** 53, 2 ** 40, 1e15, -1, -(2 ** 53), Number.NaN]) {
    it.scopedLive(`costs one record where a line says that it is number ${number}`, () =>
      Effect.gen(function* () {
        const directory = yield* folder
        yield* leave(directory, 20)
        const [file = ""] = files(directory)
        const [head = "", ...lines] = fs.readFileSync(file, "utf8").trimEnd().split("\n")
        const changed = lineOf("S", `${number} ${lines[10]?.slice(lines[10].indexOf(" ") + 1)}`).trimEnd()
        fs.writeFileSync(file, `${[head, ...lines.toSpliced(10, 1, changed)].join("\n")}\n`)
        const { emitted, failed, spans } = yield* recover(directory, 19)
        assert.deepStrictEqual([emitted, failed, spans.length], [20, { Corrupt: 1 }, 19])
        assert.deepStrictEqual(files(directory), [])
      })
    )
  }

  it.scopedLive("costs a record where the letter of a signal was flipped, which is no line of a newer release", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      yield* leave(directory, 20)
      const [file = ""] = files(directory)
      fs.writeFileSync(file, fs.readFileSync(file, "utf8").replace("\nS", "\nL"))
      const { failed, unread } = yield* recover(directory, 19)
      assert.deepStrictEqual([failed, unread], [{ Corrupt: 1 }, 0])
      assert.deepStrictEqual(files(directory), [])
    })
  )

  it.scopedLive("is left alone where it is longer than any", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      yield* leave(directory, 20)
      const [file = ""] = files(directory)
      const long = join(dirname(file), basename(file).replace(/^\d+/, "1"))
      fs.copyFileSync(file, long)
      fs.truncateSync(long, 2 ** 40)
      assert.deepStrictEqual(numbers((yield* recover(directory, 20)).spans), upTo(20))
      assert.deepStrictEqual([files(directory), fs.statSync(long).size], [[long], 2 ** 40])
    })
  )
})

describe("what a newer release wrote", () => {
  it.scopedLive("in lines of other signals is kept and told, and what stands between is exported once", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      yield* leave(directory, 20)
      const [file = ""] = files(directory)
      const [head = "", ...lines] = fs.readFileSync(file, "utf8").trimEnd().split("\n")
      const unread = [lineOf("M", `10 {"metric":1}`), lineOf("m", `{"no":"number"}`), lineOf("é", "999999999999 x")]
      // The line that had number 10 is swallowed by the first one of them.
      fs.writeFileSync(
        file,
        `${[head, ...lines.slice(0, 10)].join("\n")}\n${unread.join("")}${lines.slice(11).join("\n")}\n`
      )
      const first = yield* recover(directory, 19)
      assert.deepStrictEqual([first.failed, first.emitted, first.spooled, first.unread], [{}, 19, 0, 3])
      assert.deepStrictEqual(numbers(first.spans), [...upTo(10), ...upTo(20).slice(11)])
      for (let starts = 0; starts < 3; starts++) {
        const next = yield* recover(directory, 0)
        assert.deepStrictEqual([next.emitted, next.failed, next.unread], [0, {}, 3])
      }
      const left = files(directory)
      assert.lengthOf(left, 1)
      const text = fs.readFileSync(left[0] ?? "", "utf8")
      assert.isTrue(text.startsWith(head))
      for (const line of unread) assert.include(text, line)
      assert.lengthOf(text.match(/^D/gm) ?? [], 1)
    })
  )

  it.scopedLive("is noted as exported before a kill can make the next start export it again", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      yield* leave(directory, 20)
      for (const file of files(directory)) fs.appendFileSync(file, lineOf("M", "20 {}"))
      const writer = yield* make(memory("store"), directory)
      yield* until(writer, ({ exported, unread }) => exported === 20 && unread === 1)
      yield* Effect.sync(() => fs.readFileSync(files(directory)[0] ?? "", "utf8")).pipe(
        Effect.delay("5 millis"),
        Effect.repeat({ until: (text) => /^D/m.test(text) }),
        Effect.timeout("5 seconds")
      )
    })
  )

  it.scopedLive("with a checksum that is wrong is damage", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      yield* leave(directory, 20)
      for (const file of files(directory)) fs.appendFileSync(file, lineOf("M", "20 {}").replace("{}", "[]"))
      const { failed, unread } = yield* recover(directory, 20)
      assert.deepStrictEqual([failed, unread], [{ Corrupt: 1 }, 0])
      assert.deepStrictEqual(files(directory), [])
    })
  )

  it.scopedLive("in segments of another version is left where it is, and said once", () =>
    listening((said) =>
      Effect.gen(function* () {
        const directory = yield* folder
        yield* leave(directory, 50)
        const file = files(directory)[0] ?? ""
        for (const version of [2, `"1"`, "null"]) {
          const other = join(
            dirname(file),
            basename(file).replace(/^\d+/, (time) => time + String(version).length)
          )
          fs.writeFileSync(other, header.replace("1,", `${version},`) + linesOf(file).join("\n"))
        }
        const before = files(directory).filter((path) => path !== file)
        assert.lengthOf(before, 3)
        const { emitted, failed, unread } = yield* recover(directory, 50)
        assert.deepStrictEqual([emitted, failed, unread], [50, {}, 0])
        assert.deepStrictEqual(files(directory), before)
        assert.lengthOf(
          said.filter((text) => text.includes("newer release")),
          1
        )
      })
    )
  )

  it.scopedLive("in a header is ignored that has further keys", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      yield* leave(directory, 20)
      for (const file of files(directory)) {
        const head = JSON.stringify({ signal: "spans", padding: "x".repeat(1_000), ...JSON.parse(header) })
        fs.writeFileSync(file, `${[head, ...linesOf(file)].join("\n")}\n`)
      }
      const { failed, spans, unread } = yield* recover(directory, 20)
      assert.deepStrictEqual([numbers(spans), failed, unread], [upTo(20), {}, 0])
      assert.deepStrictEqual(files(directory), [])
    })
  )
})
