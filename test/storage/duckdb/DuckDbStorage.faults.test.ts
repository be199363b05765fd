import { execFileSync } from "node:child_process"
import { randomBytes } from "node:crypto"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { DuckDBConnection, DuckDBInstance } from "@duckdb/node-api"
import * as Reactivity from "@effect/experimental/Reactivity"
import { assert, describe, it, vi } from "@effect/vitest"
import { Effect, Either, Exit, Fiber, Layer, Logger, Option, Schedule, Scope } from "effect"
import * as DuckDbClient from "../../../src/storage/duckdb/DuckDbClient.js"
import * as DuckDbStorage from "../../../src/storage/duckdb/DuckDbStorage.js"
import * as Storage from "../../../src/storage/Storage.js"
import { log, span } from "../../../src/testing/Records.js"

const directory = Effect.acquireRelease(
  Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "duckdb-faults-"))),
  (path) => Effect.sync(() => Fs.rmSync(path, { recursive: true, force: true }))
)

const withStorage = <A, E>(
  path: string,
  use: (storage: DuckDbStorage.DuckDbStorageService) => Effect.Effect<A, E>
): Effect.Effect<A, E | Storage.StorageError> => Effect.scoped(Effect.flatMap(DuckDbStorage.make({ path }), use))

const session = "s"
const spans = (count: number) =>
  Array.from({ length: count }, (_, i) => span({ sessionId: session, attributes: { text: `${i} `.repeat(1000) } }))

/** How many spans are stored, which reads all of their light columns. */
const count = (storage: Storage.StorageService) =>
  Effect.map(storage.getSession(session), (found) => Option.match(found, { onNone: () => 0, onSome: (s) => s.spans }))

const countIn = (path: string) => withStorage(path, count)

/** Everything of every span, up to a thousand. */
const readAll = (storage: Storage.StorageService) => storage.listSpans({ pagination: { limit: 1000 } })

const newFile = Effect.gen(function* () {
  const path = Path.join(yield* directory, "spans.duckdb")
  yield* withStorage(path, (storage) => storage.insertSpans(spans(500)))
  return path
})

const refused = (path: string) =>
  Effect.flip(
    withStorage(path, (storage) => Effect.zipRight(readAll(storage), storage.insertSpans([span()])))
  ) as Effect.Effect<Storage.StorageError>

const canMount = (() => {
  try {
    const path = Fs.mkdtempSync(Path.join(Os.tmpdir(), "duckdb-mount-"))
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", path], { stdio: "ignore" })
    execFileSync("umount", [path])
    Fs.rmdirSync(path)
    return true
  } catch {
    return false
  }
})()

const isRoot = process.getuid?.() === 0

const mounted = (path: string, ...mount: ReadonlyArray<string>) =>
  Effect.acquireRelease(
    Effect.sync(() => execFileSync("mount", [...mount, path])),
    () => Effect.sync(() => execFileSync("umount", ["--lazy", path]))
  )

/** Takes the right to write: permissions do it, but not for root, who needs a read-only mount. */
const readOnly = (path: string) =>
  isRoot
    ? Effect.zipRight(
        mounted(path, "--bind", path),
        Effect.sync(() => execFileSync("mount", ["-o", "remount,bind,ro", path]))
      )
    : Effect.acquireRelease(
        Effect.sync(() => {
          const { mode } = Fs.statSync(path)
          Fs.chmodSync(path, mode & 0o555)
          return mode
        }),
        (mode) => Effect.sync(() => Fs.chmodSync(path, mode))
      )

describe("a damaged file", () => {
  const damages: ReadonlyArray<readonly [string, (file: Buffer) => Buffer]> = [
    ["that is empty", (file) => file.subarray(0, 0)],
    ["that was cut off in its header", (file) => file.subarray(0, 100)],
    ["that was cut off after its header", (file) => file.subarray(0, 12_288)],
    ["that was cut off in the middle", (file) => file.subarray(0, file.length / 2)],
    ["with another beginning", (file) => flipped(file, 8, 12)],
    ["with a damaged header", (file) => flipped(file, 4096, 12_288)],
    ["with a damaged block", (file) => flipped(file, 12_400, 12_500)]
  ]

  const flipped = (file: Buffer, from: number, to: number) =>
    Buffer.concat([file.subarray(0, from), file.subarray(from, to).map((byte) => byte ^ 0xff), file.subarray(to)])

  for (const [which, damage] of damages) {
    it.scoped(`${which} is said to be corrupt, and left as it is`, () =>
      Effect.gen(function* () {
        const path = yield* newFile
        const damaged = damage(Fs.readFileSync(path))
        Fs.writeFileSync(path, damaged)
        const error = yield* refused(path)
        assert.strictEqual(error.reason, "Corrupt")
        assert.isFalse(error.retryable)
        assert.include(error.message, path)
        assert.include(error.message, "Restore the file from a copy")
        assert.isTrue(damaged.equals(Fs.readFileSync(path)))
      })
    )
  }

  it.scoped("of a newer DuckDB is refused with the advice to upgrade, and left as it is", () =>
    Effect.gen(function* () {
      const path = yield* newFile
      const file = Fs.readFileSync(path)
      const checksum = (offset: number) => BigInt.asUintN(64, file.readBigUInt64LE(offset) * 0xbf58476d1ce4e5b9n)
      const before = checksum(8) ^ checksum(16)
      file.writeBigUInt64LE(200n, 12)
      file.writeBigUInt64LE(file.readBigUInt64LE(0) ^ before ^ checksum(8) ^ checksum(16), 0)
      Fs.writeFileSync(path, file)
      const error = yield* refused(path)
      assert.strictEqual(error.reason, "Incompatible")
      assert.include(error.message, "version number 200")
      assert.include(error.message, "Upgrade @duckdb/node-api")
      assert.isTrue(file.equals(Fs.readFileSync(path)))
    })
  )
})

describe("an internal error of DuckDB", () => {
  /** Fails the first so many inserts of spans, and gives the connections on which each was tried. */
  const failing = (times: number) =>
    Effect.gen(function* () {
      const tried: Array<DuckDBConnection> = []
      const { prepare } = DuckDBConnection.prototype
      const spy = vi.spyOn(DuckDBConnection.prototype, "prepare").mockImplementation(function (
        this: DuckDBConnection,
        sql
      ) {
        if (!/^\s*INSERT INTO "mastra_ai_spans"/.test(sql)) return prepare.call(this, sql)
        tried.push(this)
        return tried.length <= times
          ? Promise.reject(new Error("INTERNAL Error: Attempted to access index 0 within vector of size 0"))
          : prepare.call(this, sql)
      })
      yield* Effect.addFinalizer(() => Effect.sync(() => spy.mockRestore()))
      return tried
    })

  it.scoped("costs no record when it comes once: the insert is tried again on a new connection", () =>
    Effect.gen(function* () {
      const path = yield* newFile
      const storage = yield* DuckDbStorage.make({ path })
      const tried = yield* failing(1)
      yield* storage.insertSpans(spans(10))
      assert.lengthOf(tried, 2)
      assert.notStrictEqual(tried[0], tried[1])
      assert.strictEqual(yield* count(storage), 510)
    })
  )

  it.scoped("that comes again refuses the records, so that a pipeline looks for the one at fault", () =>
    Effect.gen(function* () {
      const path = yield* newFile
      const storage = yield* DuckDbStorage.make({ path })
      const tried = yield* failing(2)
      const error = yield* Effect.flip(storage.insertSpans(spans(10)))
      assert.deepStrictEqual([error.reason, error.retryable], ["Rejected", false])
      assert.lengthOf(tried, 2)
      yield* storage.insertSpans(spans(10))
      assert.strictEqual(yield* count(storage), 510)
    })
  )
})

describe("a log", () => {
  /** A file with 500 spans in its tables and ten batches of ten in its log, as a process leaves it that was killed. */
  const killed = Effect.gen(function* () {
    const path = yield* newFile
    const scope = yield* Scope.make()
    const storage = yield* Scope.extend(DuckDbStorage.make({ path }), scope)
    for (let i = 0; i < 10; i++) yield* storage.insertSpans(spans(10))
    const [file, log] = [Fs.readFileSync(path), Fs.readFileSync(`${path}.wal`)]
    yield* Scope.close(scope, Exit.void)
    const restore = (log: Buffer) => {
      Fs.writeFileSync(path, file)
      Fs.writeFileSync(`${path}.wal`, log)
    }
    return { path, log, restore }
  })

  it.scoped("that was torn when the process was killed loses the torn batch alone, and can be written again", () =>
    Effect.gen(function* () {
      const { log, path, restore } = yield* killed
      for (const [length, kept] of [
        [log.length, 600],
        [log.length - 1, 590],
        [log.length - 1_000, 590],
        [10, 500],
        [0, 500]
      ] as const) {
        restore(log.subarray(0, length))
        assert.strictEqual(yield* countIn(path), kept, `a log of ${length} bytes`)
        restore(log.subarray(0, length))
        yield* withStorage(path, (storage) => storage.insertSpans(spans(5)))
        assert.strictEqual(yield* countIn(path), kept + 5, `a log of ${length} bytes, and more`)
      }
    })
  )

  it.scoped("that is damaged is said to be corrupt, and both files are left as they are", () =>
    Effect.gen(function* () {
      const { log, path, restore } = yield* killed
      const middle = Math.floor(log.length / 2)
      log.fill(0x55, middle, middle + 100)
      restore(log)
      const file = Fs.readFileSync(path)
      const error = yield* refused(path)
      assert.strictEqual(error.reason, "Corrupt")
      assert.include(error.message, `${path}.wal`)
      assert.isTrue(file.equals(Fs.readFileSync(path)))
      assert.isTrue(log.equals(Fs.readFileSync(`${path}.wal`)))
    })
  )

  it.scoped("that does not fit the file, as its tables have been created since, is said to be corrupt", () =>
    Effect.gen(function* () {
      const path = Path.join(yield* directory, "spans.duckdb")
      const log = yield* withStorage(path, () => Effect.sync(() => Fs.readFileSync(`${path}.wal`)))
      Fs.writeFileSync(`${path}.wal`, log)
      const error = yield* refused(path)
      assert.strictEqual(error.reason, "Corrupt")
      assert.include(error.message, "Failure while replaying WAL")
    })
  )
})

it.scoped("a directory that is missing while rows are written is no wrong path: the write can be tried again", () =>
  Effect.gen(function* () {
    const settings = {
      memory_limit: "12MB",
      threads: 1,
      temp_directory: Path.join(yield* directory, "missing", "spill")
    }
    const storage = yield* DuckDbStorage.make({ path: ":memory:", settings })
    const error = yield* Effect.flip(Effect.forever(storage.insertSpans(spans(100))))
    assert.include(error.message, "No such file or directory")
    assert.deepStrictEqual([error.reason, error.field, error.retryable], ["Unavailable", undefined, true])
  })
)

describe("a file that changes while it is open", () => {
  const running = Effect.gen(function* () {
    const path = Path.join(yield* directory, "made", "spans.duckdb")
    const storage = yield* DuckDbStorage.make({ path })
    yield* storage.insertSpans(spans(10))
    return { path, storage }
  })

  /** Inserts as a pipeline does: what is refused for now is tried again. */
  const insert = (storage: Storage.StorageService, records: ReturnType<typeof spans>) =>
    storage.insertSpans(records).pipe(
      Effect.retry({
        while: (error) => error.retryable,
        schedule: Schedule.intersect(Schedule.spaced("200 millis"), Schedule.recurs(30))
      })
    )

  const losses: ReadonlyArray<readonly [what: string, lose: (path: string) => void]> = [
    ["deleted", (path) => Fs.rmSync(path)],
    ["deleted with its log", (path) => ["", ".wal"].map((end) => Fs.rmSync(`${path}${end}`))],
    ["deleted with its folder", (path) => Fs.rmSync(Path.dirname(path), { recursive: true })],
    ["moved away with its folder", (path) => Fs.renameSync(Path.dirname(path), `${Path.dirname(path)}.old`)]
  ]

  for (const [what, lose] of losses) {
    it.scopedLive(`and is ${what} is opened anew, and stores what comes then`, () =>
      Effect.gen(function* () {
        const { path, storage } = yield* running
        lose(path)
        yield* insert(storage, spans(5))
        assert.strictEqual(yield* count(storage), 5)
        assert.isTrue(Fs.existsSync(path))
      })
    )
  }

  it.scopedLive("and is replaced is left to whoever did it, with their log, and written from then on", () =>
    Effect.gen(function* () {
      const { path, storage } = yield* running
      const other = `${yield* newFile}`
      Fs.renameSync(other, path)
      Fs.writeFileSync(`${path}.wal`, "")
      yield* insert(storage, spans(5))
      assert.strictEqual(yield* count(storage), 505)
    })
  )

  for (const [what, change] of [
    ["cut off", (path: string) => Fs.truncateSync(path, 100_000)],
    ["emptied", (path: string) => Fs.truncateSync(path, 0)],
    ["overwritten with something shorter", (path: string) => Fs.writeFileSync(path, "x".repeat(100_000))]
  ] as const) {
    it.scopedLive(`and is ${what} is noticed, left as it is, and what comes waits until it is mended`, () =>
      Effect.gen(function* () {
        const path = yield* newFile
        const whole = Fs.readFileSync(path)
        const storage = yield* DuckDbStorage.make({ path })
        yield* storage.insertSpans(spans(1))
        change(path)
        const damaged = Fs.readFileSync(path)
        const error = yield* Effect.flip(count(storage)).pipe(Effect.eventually, Effect.timeout("10 seconds"))
        assert.isTrue(error.retryable)
        const waiting = yield* Effect.fork(insert(storage, spans(5)))
        yield* Effect.sleep("2 seconds")
        assert.isTrue(damaged.equals(Fs.readFileSync(path)))
        Fs.rmSync(`${path}.wal`, { force: true })
        Fs.writeFileSync(path, whole)
        yield* Fiber.join(waiting)
        assert.strictEqual(yield* count(storage), 505)
      })
    )
  }

  it.scopedLive("by what DuckDB does itself is left open", () =>
    Effect.gen(function* () {
      const path = Path.join(yield* directory, "spans.duckdb")
      // The end of the file is free then, and cut off after its header has been written.
      yield* Effect.promise(async () => {
        const instance = await DuckDBInstance.create(path)
        const connection = await instance.connect()
        for (const [name, rows] of [
          ["kept", 100_000],
          ["other", 500_000]
        ] as const) {
          await connection.run(`CREATE TABLE ${name} AS SELECT md5(range::VARCHAR) AS text FROM range(${rows})`)
          await connection.run("CHECKPOINT")
        }
        const { size } = Fs.statSync(path)
        for (const statement of ["DROP TABLE other", "CHECKPOINT"]) await connection.run(statement)
        assert.isBelow(Fs.statSync(path).size, size)
        connection.closeSync()
        instance.closeSync()
      })
      const said: Array<string> = []
      const listening = Logger.replace(
        Logger.defaultLogger,
        Logger.make(({ message }) => said.push(String(message)))
      )
      const kept = yield* withStorage(path, (storage) =>
        Effect.gen(function* () {
          yield* Effect.sleep("3 seconds")
          yield* storage.insertSpans(spans(2000))
          yield* Effect.sleep("3 seconds")
          return yield* count(storage)
        })
      ).pipe(Effect.provide(listening))
      assert.deepStrictEqual([kept, said], [2000, []])
    })
  )

  it.scopedLive("and loses its log writes all that was in it to the file", () =>
    Effect.gen(function* () {
      const { path, storage } = yield* running
      Fs.rmSync(`${path}.wal`)
      yield* storage.insertSpans(spans(5))
      const isWritten = Effect.sync(() => {
        const copy = `${path}.copy`
        for (const end of ["", ".wal"]) {
          if (Fs.existsSync(`${path}${end}`)) Fs.copyFileSync(`${path}${end}`, `${copy}${end}`)
        }
        return copy
      })
      yield* Effect.flatMap(isWritten, countIn).pipe(
        Effect.repeat({ until: (kept) => kept === 15, schedule: Schedule.spaced("200 millis") }),
        Effect.timeout("10 seconds")
      )
    })
  )

  it.scopedLive("is noticed though nobody asks for anything", () =>
    Effect.gen(function* () {
      const { path } = yield* running
      Fs.rmSync(path)
      yield* Effect.sync(() => Fs.existsSync(path)).pipe(
        Effect.repeat({ until: (exists) => exists, schedule: Schedule.spaced("100 millis") }),
        Effect.timeout("10 seconds")
      )
    })
  )

  for (const change of [
    "DROP TABLE mastra_ai_spans",
    "DROP TABLE mastra_ai_logs",
    "DROP INDEX idx_spans_session_id; DROP INDEX idx_spans_entry_key; ALTER TABLE mastra_ai_spans DROP COLUMN user_id",
    "DROP TABLE mastra_ai_schema; DROP TABLE mastra_ai_spans; DROP TABLE mastra_ai_logs"
  ]) {
    it.scopedLive(`by ${change.replaceAll("mastra_ai_", "")} gets its tables again, and stores what comes`, () =>
      Effect.gen(function* () {
        const { path, storage } = yield* running
        const sql = yield* DuckDbClient.make({ path }).pipe(Effect.provide(Reactivity.layer))
        yield* sql.unsafe(change)
        yield* insert(storage, spans(5))
        yield* storage
          .insertLogs([log({ sessionId: session })])
          .pipe(Effect.retry({ times: 1, while: (error) => error.retryable }))
        assert.strictEqual(
          yield* count(storage),
          change.includes("TABLE mastra_ai_spans") && !change.includes("COLUMN") ? 5 : 15
        )
      })
    )
  }

  it.scopedLive("is said to be gone where the client is the program's, which alone can open it anew", () =>
    Effect.gen(function* () {
      const path = Path.join(yield* directory, "spans.duckdb")
      yield* Effect.gen(function* () {
        const storage = yield* Storage.Storage
        yield* storage.insertSpans(spans(1))
        Fs.rmSync(path)
        for (let i = 0; i < 3; i++) {
          const error = yield* Effect.flip(storage.insertSpans(spans(1)))
          assert.deepStrictEqual([error.reason, error.retryable], ["Unavailable", true])
          assert.include(error.message, `${path} was deleted`)
        }
      }).pipe(Effect.provide(Layer.provide(DuckDbStorage.layerClient(), DuckDbClient.layer({ path }))))
    })
  )
})

describe.skipIf(isRoot && !canMount)("without the right to write (root needs that to mount)", () => {
  for (const [what, of] of [
    ["the file", (path: string) => path],
    ["its directory", Path.dirname]
  ] as const) {
    it.scoped(`${what} fails with ReadOnly and says what to allow`, () =>
      Effect.gen(function* () {
        const path = yield* newFile
        yield* Effect.scoped(
          Effect.gen(function* () {
            yield* readOnly(of(path))
            const error = yield* refused(path)
            assert.strictEqual(error.reason, "ReadOnly")
            assert.isFalse(error.retryable)
            assert.include(error.message, path)
            assert.include(error.message, "Allow this process to write the file and its directory")
          })
        )
        assert.strictEqual(yield* countIn(path), 500)
      })
    )
  }
})

describe.skipIf(!canMount)("a full disk (needs the right to mount)", () => {
  for (const [where, settings] of [
    ["its log", {}],
    ["a checkpoint, which breaks the database down", { checkpoint_threshold: "1MB" }]
  ] as const) {
    it.scoped(`met in ${where} loses nothing that was stored, and goes on when there is room`, () =>
      Effect.gen(function* () {
        const folder = yield* directory
        yield* mounted(folder, "-t", "tmpfs", "-o", "size=8m", "tmpfs")
        const path = Path.join(folder, "spans.duckdb")
        const batches: Array<ReadonlyArray<ReturnType<typeof span>>> = []
        yield* Effect.scoped(
          Effect.gen(function* () {
            const storage = yield* DuckDbStorage.make({ path, settings })
            let failed: Storage.StorageError | undefined
            while (failed === undefined) {
              const batch = incompressible(100)
              const result = yield* Effect.either(storage.insertSpans(batch))
              if (Either.isLeft(result)) failed = result.left
              batches.push(batch)
            }
            assert.isAbove(batches.length, 5)
            assert.strictEqual(failed.reason, "Full")
            assert.isTrue(failed.retryable)
            assert.include(failed.message, "Make room on the disk")
            const stored = yield* count(storage)
            assert.include([100 * (batches.length - 1), 100 * batches.length], stored)
            yield* Effect.flip(storage.insertSpans(incompressible(300)))
            assert.strictEqual(yield* count(storage), stored)

            execFileSync("mount", ["-o", "remount,size=64m", folder])
            yield* storage.insertSpans(batches.at(-1) ?? [])
            assert.strictEqual(yield* count(storage), 100 * batches.length)
          })
        )
        assert.strictEqual(yield* countIn(path), 100 * batches.length)
      })
    )
  }

  const incompressible = (length: number) =>
    Array.from({ length }, () =>
      span({ sessionId: session, attributes: { text: randomBytes(2000).toString("base64") } })
    )
})
