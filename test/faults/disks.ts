import { ok } from "node:assert/strict"
import { execFileSync } from "node:child_process"
import { randomBytes } from "node:crypto"
import * as fs from "node:fs"
import { join } from "node:path"
import { Effect, type Scope } from "effect"
import { Observability } from "effect-observability"
import {
  downWhile,
  emit,
  type Fault,
  flush,
  folder,
  isEmpty,
  ledger,
  observed,
  type Row,
  recovered,
  same,
  segmentsIn,
  settled,
  stored,
  storedOnce,
  sum,
  until
} from "./fault.js"

const mount = (path: string, ...options: ReadonlyArray<string>) =>
  Effect.acquireRelease(
    Effect.sync(() => execFileSync("mount", [...options, path], { stdio: "ignore" })),
    () => Effect.sync(() => execFileSync("umount", ["--lazy", path], { stdio: "ignore" }))
  )

const tmpfs = (path: string, size: string) => mount(path, "-t", "tmpfs", "-o", `size=${size}`, "tmpfs")

/** Without the right to mount, there is no full disk and, for root, no directory that cannot be written to. */
const canMount = await Effect.runPromise(
  Effect.isSuccess(Effect.scoped(Effect.flatMap(folder, (path) => tmpfs(path, "1m"))))
)

const total = 3_000

/** A store that is down while a disk does not take what memory has no room for. */
const spoolFault = (
  name: string,
  prepare: (directory: string) => Effect.Effect<unknown, never, Scope.Scope>
): Fault => ({
  name,
  run: () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const spool = join(yield* folder, "spool")
      fs.mkdirSync(spool)
      yield* prepare(spool)
      const path = join(directory, "agents.duckdb")
      let down = true
      const { counted, spooled } = yield* Effect.gen(function* () {
        yield* emit(0, total, 3_000)
        const { spooled = 0 } = yield* ledger
        down = false
        yield* settled
        yield* emit(total, total + 100, 1_000)
        yield* flush
        return { counted: yield* ledger, spooled }
      }).pipe(
        observed(
          path,
          { batch: { maxQueueSize: 1_000, maxBatchSize: 100 }, spool: { directory: spool } },
          downWhile(() => down)
        )
      )
      const found = yield* storedOnce(path, counted)
      same(counted.emitted, total + 100, "emitted")
      ok((counted.dropped["QueueFull"] ?? 0) > 0, "the disk had room")
      ok(found.length >= 1_100, `${found.length} stored`)
      return `${counted.emitted} emitted, up to ${spooled} spooled, ${found.length} stored, ${JSON.stringify(counted.dropped)} counted`
    })
})

const fullStore: Fault = {
  name: "the disk of the store is full until there is room again",
  run: () =>
    Effect.gen(function* () {
      const directory = yield* folder
      yield* tmpfs(directory, "4m")
      const path = join(directory, "agents.duckdb")
      const emitText = (from: number) =>
        Effect.forEach(
          Array.from({ length: 500 }, (_, i) => from + i),
          (i) =>
            Effect.withSpan(Effect.void, String(i), { attributes: { text: randomBytes(8_000).toString("latin1") } }),
          { discard: true }
        )
      const counted = yield* Effect.gen(function* () {
        const { stats } = yield* Observability.Observability
        let emitted = 0
        while ((yield* stats).exporters["storage"]?.lastError === undefined) {
          yield* emitText(emitted)
          emitted += 500
          yield* Effect.sleep("100 millis")
        }
        const { lastError, queued } = yield* ledger
        ok(lastError?.message.startsWith("Full"), lastError?.message)
        ok(queued > 0, "nothing is queued")
        yield* Effect.sync(() => execFileSync("mount", ["-o", "remount,size=128m", directory]))
        yield* settled
        return { ...(yield* ledger), emitted, waited: queued }
      }).pipe(observed(path, { batch: { maxBatchSize: 100, scheduledDelay: "50 millis" }, sensitiveData: false }))
      const found = yield* storedOnce(path, counted)
      same(found.length, counted.emitted, "stored")
      return `${counted.emitted} emitted, ${counted.waited} waited for room with "Full", ${found.length} stored`
    })
}

const readOnlyStore: Fault = {
  name: "the directory of the store is read-only",
  run: () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const path = join(directory, "agents.duckdb")
      yield* emit(0, 100, 1_000).pipe(observed(path, {}))
      const { counted, error } = yield* Effect.scoped(
        Effect.gen(function* () {
          yield* mount(directory, "--bind", directory)
          yield* Effect.sync(() => execFileSync("mount", ["-o", "remount,bind,ro", directory]))
          const error = yield* Effect.flip(emit(100, 200, 1_000).pipe(observed(path, {})))
          return { counted: (yield* stored(path).pipe(Effect.either))._tag, error }
        })
      )
      same((error as { readonly reason?: string }).reason, "ReadOnly", "the error of the layer")
      same((yield* stored(path)).length, 100, `stored (${counted})`)
      return `the layer fails with ReadOnly; the 100 that were stored before are there`
    })
}

const corrupted: Fault = {
  name: "the spool is corrupted in the middle",
  run: () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const path = join(directory, "agents.duckdb")
      const spool = join(directory, "spool")
      const config = { batch: { maxQueueSize: 200, maxBatchSize: 50, shutdownTimeout: 0 }, spool: { directory: spool } }
      yield* emit(0, total, 1_000).pipe(
        observed(
          path,
          config,
          downWhile(() => true)
        )
      )
      const files = segmentsIn(spool)
      const linesIn = (bytes: Uint8Array) => bytes.filter((byte) => byte === 0x0a).length
      let lines = 0
      let damaged = 0
      for (const file of files) {
        const bytes = fs.readFileSync(file)
        // The first one is the header.
        lines += linesIn(bytes) - 1
        const from = bytes.length >> 1
        damaged += linesIn(bytes.subarray(from, from + 3_000)) + 1
        fs.writeFileSync(file, bytes.fill(0xff, from, from + 3_000))
      }
      const counted = yield* Effect.gen(function* () {
        yield* until(
          Effect.sync(() => isEmpty(spool)),
          "the spool is empty"
        )
        return yield* ledger
      }).pipe(observed(path, config))
      const found = yield* storedOnce(path, counted)
      const corrupt = sum(counted.failed)
      same(counted.failed, { Corrupt: corrupt }, "failed")
      same(corrupt, damaged, "counted as Corrupt")
      same(found.length + corrupt, lines, "stored and counted")
      same((yield* recovered({ path, spool })).length, found.length, "stored after another start")
      return `${lines} spooled in ${files.length} segments, 3,000 bytes overwritten in each: ${found.length} stored, ${corrupt} counted as Corrupt`
    })
}

const obstructed: Fault = spoolFault("there is a file where the directory of the spool should be", (spool) =>
  Effect.sync(() => {
    fs.rmdirSync(spool)
    fs.writeFileSync(spool, "in the way")
  })
)

export const disks: Row = {
  fault: "the disk fails",
  promise: "typed, counted, the rest survives",
  faults: [
    corrupted,
    obstructed,
    ...(canMount
      ? [
          spoolFault("the disk of the spool is full", (spool) => tmpfs(spool, "256k")),
          spoolFault("the directory of the spool is read-only", (spool) =>
            Effect.zipRight(
              mount(spool, "--bind", spool),
              Effect.sync(() => execFileSync("mount", ["-o", "remount,bind,ro", spool]))
            )
          ),
          fullStore,
          readOnlyStore
        ]
      : [])
  ]
}
