/**
 * A spool whose files are damaged is read back: nothing dies, nothing of others is deleted, and the ledger balances.
 *
 * A process leaves a spool; each input is a copy of it with other damage. How records are written is not known here.
 */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict"
import * as fs from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join, relative } from "node:path"
import { Duration, Effect, Exit, Logger, Scope } from "effect"
import { ExportError, type Exporter, memory } from "../../../src/pipeline/Exporters.js"
import * as BatchWriter from "../../../src/pipeline/internal/batchWriter.js"
import type { Ledger } from "../../../src/pipeline/Stats.js"
import { emit } from "../../utils/emit.js"
import { log, span } from "../../utils/records.js"
import { target } from "../fuzz.js"
import { type Random, unusual } from "../Random.js"

/** How many spans a process emits, and how many logs. */
const count = 40

export const make = (exporter: Exporter, directory: string) =>
  BatchWriter.make({
    exporters: [exporter],
    processors: [],
    spool: { directory, maxBytes: 2 ** 24 },
    batch: {
      maxQueueSize: 1_000,
      maxQueueBytes: 2 ** 24,
      maxBatchSize: 20,
      scheduledDelay: Duration.millis(1),
      exportTimeout: Duration.seconds(5),
      shutdownTimeout: Duration.millis(20)
    }
  })

export const quietly = Effect.provide(Logger.remove(Logger.defaultLogger))

const down: Exporter = {
  name: "store",
  export: () => new ExportError({ retryable: true, reason: "Unavailable", cause: "down" })
}

export const folder = () => fs.mkdtempSync(join(tmpdir(), "effect-observability-fuzz-"))

const filesIn = (directory: string): ReadonlyArray<string> =>
  fs
    .readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)))
    .sort()

/** A spool that two processes left whose exporter was down: its files, byte by byte, and what was recorded. */
const leave = Effect.gen(function* () {
  const directory = folder()
  const recorded = new Set<string>()
  for (const life of [1, 2]) {
    const scope = yield* Scope.make()
    const { emitter } = yield* Scope.extend(make(down, directory), scope)
    for (let i = 0; i < count; i++) {
      const records = [
        span({ name: `span ${life} ${i}`, attributes: { text: "ü\u2028\n" } }),
        log({ message: `log ${i}` })
      ]
      for (const record of records) {
        emit(emitter, record)
        recorded.add(JSON.stringify(record))
      }
    }
    yield* Effect.sleep("20 millis")
    yield* Scope.close(scope, Exit.void)
  }
  const files = filesIn(directory).map((path) => [path, fs.readFileSync(join(directory, path), "latin1")] as const)
  fs.rmSync(directory, { recursive: true })
  return { files, recorded }
})

export const { files, recorded } = await Effect.runPromise(quietly(leave))

const draw = (random: Random) =>
  files.map(([path, text]) => {
    const lines = text.split("\n")
    const damaged = random.mutated(text, ["\n", "\0", ...unusual], 10)
    return [
      path,
      random.pick([
        () => text,
        () => damaged,
        () => damaged.slice(0, random.below(damaged.length)),
        () => random.exactly(unusual, 500),
        () => random.several(lines.length, () => random.pick(lines)).join("\n"),
        () => lines.map((line) => (random.oneIn(5) ? random.mutated(line, unusual) : line)).join("\n")
      ])()
    ] as const
  })

const isBalanced = ({ dropped, emitted, exported, failed, queued }: Ledger) =>
  emitted === [exported, queued, ...Object.values(dropped), ...Object.values(failed)].reduce((sum, n) => sum + n, 0)

const check = (damaged: ReturnType<typeof draw>) =>
  Effect.gen(function* () {
    const directory = folder()
    yield* Effect.addFinalizer(() => Effect.sync(() => fs.rmSync(directory, { recursive: true })))
    for (const [path, text] of damaged) {
      fs.mkdirSync(join(directory, dirname(path)), { recursive: true })
      fs.writeFileSync(join(directory, path), text, "latin1")
    }
    const others = ["notes.txt", "another/notes.txt"]
    fs.mkdirSync(join(directory, "another"))
    for (const path of others) fs.writeFileSync(join(directory, path), "of somebody else")

    const store = memory("store")
    const writer = yield* make(store, directory)
    // Marks stay, and so does what is no segment any longer: the spool is read when nothing changes for a while.
    let before = ""
    let quiet = 0
    const settled = Effect.map(writer.stats, (stats) => {
      const now = JSON.stringify([stats.spans, stats.logs, filesIn(directory)])
      quiet = now === before && stats.spans["store"]?.queued === 0 && stats.logs["store"]?.queued === 0 ? quiet + 1 : 0
      before = now
      return quiet >= 20
    })
    yield* Effect.delay(settled, "2 millis").pipe(
      Effect.repeat({ until: (settled) => settled }),
      Effect.timeoutFail({
        duration: "10 seconds",
        onTimeout: () => new Error(`not read to the end: ${filesIn(directory)}`)
      })
    )
    const wrong = [...store.spans, ...store.logs].filter((record) => !recorded.has(JSON.stringify(record)))
    deepStrictEqual(wrong, [], "exported and never recorded")

    const isWhole = damaged.every(([, text], index) => text === files[index]?.[1])
    if (isWhole) strictEqual(store.spans.length + store.logs.length, recorded.size, "not all of a whole spool")

    const next = span({ name: "next" })
    emit(writer.emitter, next)
    yield* writer.flush
    ok(store.spans.includes(next), "the exporter gets nothing any more")
    const { logs, spans } = yield* writer.stats
    for (const ledger of [...Object.values(spans), ...Object.values(logs)]) {
      ok(isBalanced(ledger), `a ledger that does not balance: ${JSON.stringify(ledger)}`)
    }
    for (const path of others) strictEqual(fs.readFileSync(join(directory, path), "utf8"), "of somebody else")
  }).pipe(Effect.scoped, quietly, Effect.runPromise)

export const spool = target("spool", draw, check)
