/** What the faults share: how one is stated, and the program, the folder and the file that it happens to. */
import { ok } from "node:assert/strict"
import { type ChildProcess, spawn } from "node:child_process"
import * as fs from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { Effect, Layer, Logger, type Scope } from "effect"
import { Observability, type ObservabilityConfig, Storage } from "effect-observability"
import { DuckDbClient, DuckDbStorage } from "effect-observability/duckdb"
import type { Order } from "./program.js"

/** As in `npm test`, or as often and as long as the table of faults says. */
type Scale = "short" | "full"

export interface Fault {
  readonly name: string
  /** Whether `npm test` leaves it out. */
  readonly isLong?: boolean
  /** Fails when the promise does not hold; what was counted otherwise. */
  readonly run: (scale: Scale) => Effect.Effect<string, unknown, Scope.Scope>
}

/** A row of the table: faults of a kind, and what is promised of them. */
export interface Row {
  readonly fault: string
  readonly promise: string
  readonly faults: ReadonlyArray<Fault>
}

export const folder = Effect.acquireRelease(
  Effect.sync(() => fs.mkdtempSync(join(tmpdir(), "effect-observability-faults-"))),
  (path) => Effect.sync(() => fs.rmSync(path, { recursive: true, force: true }))
)

export const quietly = Logger.remove(Logger.defaultLogger)

/** Fails unless two values are the same. */
export const same = (actual: unknown, expected: unknown, what: string): void =>
  ok(
    JSON.stringify(actual) === JSON.stringify(expected),
    `${what}: ${JSON.stringify(actual)}, not ${JSON.stringify(expected)}`
  )

/** Fails unless all spans from `0` to `count - 1` were found. */
export const complete = (found: ReadonlyArray<number>, count: number, what: unknown = ""): void => {
  const kept = new Set(found)
  const missing = Array.from({ length: count }, (_, i) => i).filter((i) => !kept.has(i))
  same(missing.length, 0, `missing of ${count}, from ${missing[0]} to ${missing.at(-1)} ${JSON.stringify(what)}`)
}

export const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0)

/** Fails unless the ledgers of a program balance. */
export const balanced = ({ logs, spans }: Observability.Stats): void => {
  for (const { dropped, emitted, exported, failed, queued } of [...Object.values(spans), ...Object.values(logs)]) {
    same(exported + queued + sum(dropped) + sum(failed), emitted, "the ledger")
    ok(queued >= 0, `${queued} queued`)
  }
}

/** The ledger of the spans that go to the storage, balanced. */
export const ledger = Effect.flatMap(Observability.Observability, ({ stats }) =>
  Effect.map(stats, (stats) => {
    balanced(stats)
    return { ...stats.exporters["storage"], ...(stats.spans["storage"] as Observability.Ledger) }
  })
)

/** Waits until a condition holds. */
export const until = <R>(condition: Effect.Effect<boolean, unknown, R>, what: string) =>
  Effect.delay(condition, "10 millis").pipe(
    Effect.repeat({ until: (holds) => holds }),
    Effect.timeoutFail({ duration: "60 seconds", onTimeout: () => new Error(`waited in vain until ${what}`) })
  )

/** Waits until nothing is queued for the storage. */
export const settled = Effect.suspend(() =>
  until(
    Effect.map(ledger, ({ queued }) => queued === 0),
    "nothing is queued"
  )
)

/** Emits spans named by numbers, in a given number a second. */
export const emit = (from: number, to: number, rate: number) =>
  Effect.gen(function* () {
    const start = Date.now()
    for (let next = from; next < to; ) {
      yield* Effect.sleep("5 millis")
      for (const end = Math.min(to, from + ((Date.now() - start) / 1000) * rate); next < end; next++) {
        yield* Effect.withSpan(Effect.void, String(next), { captureStackTrace: false })
      }
    }
  })

export const recording = (config: ObservabilityConfig.Input = {}) =>
  Observability.layer({ serviceName: "faults", ...config })

/** The segments in a spool. */
export const segmentsIn = (spool: string): ReadonlyArray<string> =>
  fs
    .readdirSync(spool, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== ".effect-observability-spool")
    .map((entry) => join(entry.parentPath, entry.name))

/** Whether nothing is left in a spool. */
export const isEmpty = (spool: string): boolean => !fs.existsSync(spool) || segmentsIn(spool).length === 0

/** The numbers of the spans in a file that nobody has open, and the same number twice if it is there twice. */
export const stored = (path: string) =>
  Effect.gen(function* () {
    const sql = yield* DuckDbClient.DuckDbClient
    const rows = yield* sql<{ readonly name: string }>`SELECT name FROM mastra_ai_spans`
    return rows.map(({ name }) => Number(name)).sort((a, b) => a - b)
  }).pipe(Effect.provide(DuckDbClient.layer({ path })))

/** The same, none of them twice, and as many as were counted. */
export const storedOnce = (path: string, { exported }: Pick<Observability.Ledger, "exported">) =>
  Effect.tap(stored(path), (found) => {
    same(new Set(found).size, found.length, "spans that are stored once")
    same(found.length, exported, "stored")
  })

/** Starts the program again, without anything to do but what was left in its spool, and gives what is stored then. */
export const recovered = ({ path, spool }: Pick<Order, "path" | "spool">) =>
  (spool === undefined
    ? Effect.void
    : until(
        Effect.sync(() => isEmpty(spool)),
        "the spool is empty"
      )
  ).pipe(
    Effect.provide(
      Layer.provide(
        recording(spool === undefined ? {} : { spool: { directory: spool } }),
        DuckDbStorage.layer({ path, connect: "eager" })
      )
    ),
    Effect.zipRight(stored(path)),
    Effect.provide(quietly)
  )

/** What a process has said of itself, each line when it happened. */
export interface Diary {
  /** How many spans had been emitted, what time it was before the latest of them, and how many were queued then. */
  readonly emitted: ReadonlyArray<{ readonly count: number; readonly time: number; readonly queued: number }>
  /** How many spans a flush that has returned covers. */
  readonly flushed: number
  /** Other things, by name. */
  readonly said: Readonly<Record<string, string>>
}

/** A process that does what it is told. */
export const start = (
  order: Omit<Order, "diary">,
  nodeOptions: ReadonlyArray<string> = [],
  [command = process.execPath, ...before]: ReadonlyArray<string> = []
) =>
  Effect.gen(function* () {
    const diary = join(yield* folder, "diary")
    fs.writeFileSync(diary, "")
    const program = fileURLToPath(new URL("./program.ts", import.meta.url))
    const child = yield* Effect.acquireRelease(
      Effect.sync(() =>
        spawn(
          command,
          [...before, ...nodeOptions, "--import", "tsx", program, JSON.stringify({ ...order, diary } satisfies Order)],
          { stdio: ["ignore", "ignore", "pipe"] }
        )
      ),
      (child) => Effect.sync(() => child.kill("SIGKILL"))
    )
    let errors = ""
    child.stderr.on("data", (chunk) => {
      errors += chunk
    })
    const read = Effect.sync(() => toDiary(fs.readFileSync(diary, "utf8")))
    return {
      pid: child.pid,
      kill: (signal: NodeJS.Signals) => Effect.sync(() => child.kill(signal)),
      read,
      errors: Effect.sync(() => errors),
      /** Waits until so many spans were emitted. */
      emitted: (count: number) =>
        until(
          Effect.flatMap(read, ({ emitted }) =>
            child.exitCode === null
              ? Effect.succeed((emitted.at(-1)?.count ?? 0) >= count)
              : Effect.fail(new Error(`the process ended early: ${errors}`))
          ),
          `${count} spans are emitted: ${errors}`
        ),
      ended: ended(child)
    }
  })

/** Waits until a process has ended, and gives its exit code, or the signal that ended it. */
export const ended = (child: ChildProcess) =>
  Effect.async<number | NodeJS.Signals | null>((resume) => {
    const tell = () => resume(Effect.succeed(child.exitCode ?? child.signalCode))
    if (child.exitCode !== null || child.signalCode !== null) tell()
    else child.once("close", tell)
  })

const toDiary = (text: string): Diary => {
  const lines = text
    .slice(0, text.lastIndexOf("\n") + 1)
    .trimEnd()
    .split("\n")
    .map((line) => line.split(" "))
  return {
    emitted: lines.flatMap(([what, count, time, queued]) =>
      what === "emitted" ? [{ count: Number(count), time: Number(time), queued: Number(queued) }] : []
    ),
    flushed: Math.max(0, ...lines.flatMap(([what, count]) => (what === "flushed" ? [Number(count)] : []))),
    said: Object.fromEntries(lines.map(([what = "", ...rest]) => [what, rest.join(" ")]))
  }
}

/** The inserts of a storage, done otherwise. */
export const inserting = (
  storage: Storage.StorageService,
  insert: <E>(store: Effect.Effect<void, E>, spans: number) => Effect.Effect<void, E | Storage.StorageError>
): Storage.StorageService => ({
  ...storage,
  insertSpans: (records) => insert(storage.insertSpans(records), records.length),
  insertLogs: (records) => insert(storage.insertLogs(records), 0)
})

/** Runs a program that records into a file, through a storage whose inserts may be done otherwise. */
export const observed =
  (path: string, config: ObservabilityConfig.Input, insert: Parameters<typeof inserting>[1] = (store) => store) =>
  <A, E>(program: Effect.Effect<A, E, Observability.Observability>) =>
    program.pipe(
      Effect.provide(
        Layer.provide(
          recording(config),
          Layer.scoped(
            Storage.Storage,
            Effect.map(DuckDbStorage.make({ path }), (storage) => inserting(storage, insert))
          )
        )
      ),
      Effect.provide(quietly)
    )

export const flush = Effect.flatMap(Observability.Observability, (_) => _.flush)

/** A store that is down as long as a condition holds. */
export const downWhile =
  (isDown: () => boolean) =>
  <E>(store: Effect.Effect<void, E>): Effect.Effect<void, E | Storage.StorageError> =>
    Effect.suspend((): Effect.Effect<void, E | Storage.StorageError> => (isDown() ? unavailable : store))

const unavailable = new Storage.StorageError({ reason: "Unavailable", retryable: true, detail: "down" })
