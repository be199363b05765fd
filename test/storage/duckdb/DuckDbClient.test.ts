import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { structValue } from "@duckdb/node-api"
import * as Reactivity from "@effect/experimental/Reactivity"
import * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import { assert, describe, it } from "@effect/vitest"
import { Chunk, Config, ConfigProvider, Deferred, Effect, Exit, Fiber, Layer, Scope, Stream } from "effect"
import * as DuckDbClient from "../../../src/storage/duckdb/DuckDbClient.js"
import { databaseFailure } from "../../../src/storage/duckdb/internal/error.js"

const make = (options: Partial<DuckDbClient.DuckDbClientConfig> = {}) =>
  Effect.provide(DuckDbClient.make({ path: ":memory:", ...options }), Reactivity.layer)

const directory = Effect.acquireRelease(
  Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "duckdb-client-"))),
  (path) => Effect.sync(() => Fs.rmSync(path, { recursive: true, force: true }))
)

const newFile = Effect.map(directory, (path) => Path.join(path, "spans.duckdb"))

/** A file with one table `t` of 100,000 rows, closed again. */
const writtenFile = Effect.tap(newFile, (path) =>
  Effect.scoped(Effect.flatMap(make({ path }), (sql) => sql`CREATE TABLE t AS SELECT range AS i FROM range(100000)`))
)

const duckDbError = <A, R>(effect: Effect.Effect<A, SqlError, R>) =>
  Effect.map(Effect.flip(effect), (error) => {
    assert.instanceOf(error.cause, DuckDbClient.DuckDbError)
    return error.cause as DuckDbClient.DuckDbError
  })

const failureOf = <A, R>(effect: Effect.Effect<A, SqlError, R>) => Effect.map(Effect.flip(effect), databaseFailure)

/** Whether another process can open the file now. */
const isFree = (path: string) =>
  Effect.sync(() => spawnSync(process.execPath, ["-e", openScript(path, "")], { encoding: "utf8" }).stdout === "open")

const holdInAnotherProcess = (path: string) =>
  Effect.acquireRelease(
    Effect.async<ChildProcess>((resume) => {
      const child = spawn(process.execPath, ["-e", openScript(path, "setInterval(() => instance, 1000)")])
      child.stdout.once("data", () => resume(Effect.succeed(child)))
    }),
    (child) => Effect.sync(() => child.kill("SIGKILL"))
  )

const openScript = (path: string, then: string) =>
  `require("@duckdb/node-api").DuckDBInstance.create(${JSON.stringify(path)})
    .then((instance) => { process.stdout.write("open"); ${then} }, () => {})`

const endless = "SELECT count(*) FROM range(100000000) a, range(100000) b WHERE (a.range * b.range) % 7 = 3"

/** Forks a statement that does not end by itself, and waits until it runs. */
const forkEndless = (sql: DuckDbClient.DuckDbClient) => Effect.tap(Effect.fork(sql.unsafe(endless)), () => whileItRuns)

/** Long enough for a statement to have started. */
const whileItRuns = Effect.async<void>((resume) => {
  setTimeout(() => resume(Effect.void), 100)
})

describe("DuckDbClient", () => {
  describe("statements", () => {
    it.scoped("run with bound parameters, as objects or as arrays", () =>
      Effect.gen(function* () {
        const sql = yield* make()
        assert.deepStrictEqual(yield* sql`SELECT ${1} AS a, ${"x"} AS b`, [{ a: 1, b: "x" }])
        assert.deepStrictEqual(yield* sql`SELECT ${1} AS a, ${"x"} AS b`.values, [[1, "x"]])
      })
    )

    it.scoped("insert, update and return by the helpers", () =>
      Effect.gen(function* () {
        const sql = yield* make()
        yield* sql`CREATE TABLE t (id INTEGER PRIMARY KEY, name VARCHAR)`
        const rows = [
          { id: 1, name: "a" },
          { id: 2, name: "b" }
        ]
        assert.deepStrictEqual(yield* sql`INSERT INTO t ${sql.insert(rows).returning("*")}`, rows)
        yield* sql`UPDATE t SET ${sql.update({ name: "c" })} WHERE id = ${1}`
        const names = sql.updateValues([{ id: 2, name: "d" }], "data")
        yield* sql`UPDATE t SET name = data.name FROM ${names} WHERE t.id = data.id`
        assert.deepStrictEqual(yield* sql`SELECT name FROM t WHERE ${sql.in("id", [1, 2])} ORDER BY id`, [
          { name: "c" },
          { name: "d" }
        ])
      })
    )

    it.scoped("of any number run as one text", () =>
      Effect.gen(function* () {
        const sql = yield* make()
        const rows = yield* sql`CREATE TABLE t (a INTEGER); INSERT INTO t VALUES (1); SELECT a FROM t`
        assert.deepStrictEqual(rows, [{ a: 1 }])
      })
    )

    it.scoped("follow a change of the schema and more statements than are kept", () =>
      Effect.gen(function* () {
        const sql = yield* make({ poolSize: 1 })
        yield* sql`CREATE TABLE t AS SELECT 1 AS a`
        assert.deepStrictEqual(yield* sql`SELECT * FROM t`, [{ a: 1 }])
        yield* sql`ALTER TABLE t ADD COLUMN b VARCHAR`
        assert.deepStrictEqual(yield* sql`SELECT * FROM t`, [{ a: 1, b: null }])
        yield* Effect.forEach(
          Array.from({ length: 200 }, (_, i) => i),
          (i) => sql.unsafe(`SELECT ${i}`)
        )
        assert.deepStrictEqual(yield* sql`SELECT * FROM t`, [{ a: 1, b: null }])
      })
    )

    it.scoped("give the rows of now, though they ran when the table held less", () =>
      Effect.gen(function* () {
        const sql = yield* make({ poolSize: 1 })
        yield* sql`CREATE TABLE t AS SELECT 1 AS a, 'x' AS s`
        const queries = [
          sql`SELECT * FROM t ORDER BY s`,
          sql`SELECT * FROM t WHERE a > ${5} ORDER BY s`,
          sql`SELECT a, min(s) AS s FROM t WHERE a > 5 GROUP BY a`
        ]
        yield* Effect.all(queries)
        const long = { a: 1000000, s: "longer than it was" }
        yield* sql`INSERT INTO t ${sql.insert(long)}`
        assert.deepStrictEqual(yield* Effect.all(queries), [[long, { a: 1, s: "x" }], [long], [long]])
      })
    )

    it.scoped("leave the event loop turning while a large result is read", () =>
      Effect.gen(function* () {
        const sql = yield* make()
        let turns = 0
        let last = performance.now()
        const held: Array<number> = []
        const count = () => {
          turns++
          held.push(performance.now() - last)
          last = performance.now()
          immediate = setImmediate(count)
        }
        let immediate = setImmediate(count)
        const columns = Array.from({ length: 30 }, (_, i) => `range AS c${i}`).join(", ")
        const rows = yield* sql.unsafe(`SELECT ${columns} FROM range(20000)`)
        clearImmediate(immediate)
        assert.strictEqual(rows.length, 20000)
        assert.isAbove(turns, 5)
        // Half of the time is spent in slices of a few milliseconds: others on the machine lengthen some of them.
        const sorted = held.filter((millis) => millis > 1).sort((a, b) => a - b)
        assert.isBelow(sorted[Math.floor(sorted.length / 2)] ?? 0, 15)
      })
    )
  })

  describe("values", () => {
    it.scoped("of every type are read", () =>
      Effect.gen(function* () {
        const sql = yield* make()
        const [row] = yield* sql`SELECT
          1.5::DOUBLE AS double, true AS boolean, 12.34::DECIMAL(15, 2) AS decimal, 12.34::DECIMAL(18, 2) AS wide,
          DATE '2024-02-29' AS date, TIMESTAMP '2024-02-29 12:00:00.123456' AS timestamp,
          TIMESTAMPTZ '2024-02-29 12:00:00+01' AS timestamptz, TIMESTAMP_NS '2024-02-29 12:00:00.123456789' AS ns,
          '\\x00\\xFF'::BLOB AS blob, '{"a":[1,null]}'::JSON AS json, ['{"a":1}']::JSON[] AS jsons,
          UUID '00000000-0000-0000-0000-00000000000a' AS uuid, 'b'::ENUM ('a', 'b') AS enum,
          [1, NULL]::BIGINT[] AS list, [1, 2]::INTEGER[2] AS "array", {'a': 1, 'b': ['x']} AS struct,
          MAP {'k': 1} AS map, INTERVAL '1 month 2 days 3 seconds' AS "interval"`
        assert.deepStrictEqual(row, {
          double: 1.5,
          boolean: true,
          decimal: 12.34,
          wide: "12.34",
          date: new Date("2024-02-29T00:00:00Z"),
          timestamp: new Date("2024-02-29T12:00:00.123Z"),
          timestamptz: new Date("2024-02-29T11:00:00Z"),
          ns: new Date("2024-02-29T12:00:00.123Z"),
          blob: new Uint8Array([0, 255]),
          json: { a: [1, null] },
          jsons: [{ a: 1 }],
          uuid: "00000000-0000-0000-0000-00000000000a",
          enum: "b",
          list: [1, null],
          array: [1, 2],
          struct: { a: 1, b: ["x"] },
          map: [{ key: "k", value: 1 }],
          interval: { months: 1, days: 2, micros: 3000000n }
        })
      })
    )

    it.scoped("of every type are bound and come back", () =>
      Effect.gen(function* () {
        const sql = yield* make()
        yield* sql`CREATE TABLE t (
          text VARCHAR, number DOUBLE, int INTEGER, big BIGINT, huge HUGEINT, flag BOOLEAN, time TIMESTAMP,
          zoned TIMESTAMPTZ, day DATE, bytes BLOB, texts VARCHAR[], numbers DOUBLE[], ints INTEGER[], bigs BIGINT[],
          times TIMESTAMP[], blobs BLOB[], none VARCHAR[], holes INTEGER[], nested INTEGER[][], object JSON, items JSON,
          uuid UUID, struct STRUCT(a INTEGER)
        )`
        const row = {
          text: "nul \0, quote ' and \u001f",
          number: -0.1,
          int: -5,
          big: 2n ** 62n,
          huge: 2n ** 100n,
          flag: false,
          time: new Date("1969-12-31T23:59:59.999Z"),
          zoned: new Date("2024-02-29T12:00:00.001Z"),
          day: new Date("2024-02-29T00:00:00.000Z"),
          bytes: new Uint8Array([0, 1, 255]),
          texts: ["a,\"'\n", "]"],
          numbers: [1, 1.5],
          ints: [1, -2],
          bigs: [2n ** 62n, -(2n ** 62n)],
          times: [new Date(5)],
          blobs: [new Uint8Array([7])],
          none: [],
          holes: [null, 1],
          nested: [[1], [2, 3]],
          object: { a: { b: [1, "é"] }, c: null },
          items: [{ a: 1 }, "x", 2],
          uuid: "00000000-0000-0000-0000-00000000000a",
          struct: { a: 1 }
        }
        yield* sql`INSERT INTO t ${sql.insert({ ...row, struct: structValue({ a: 1 }) })}`
        yield* sql.append("t", [{ ...row, blobs: null }])
        assert.deepStrictEqual(yield* sql`SELECT * FROM t`, [row, { ...row, blobs: null }])
      })
    )

    it.scoped("that are null or undefined are NULL in both directions", () =>
      Effect.gen(function* () {
        const sql = yield* make()
        yield* sql`CREATE TABLE t (a INTEGER, b VARCHAR, c TIMESTAMP, d BLOB, e VARCHAR[], f JSON)`
        const nothing = { a: null, b: null, c: null, d: null, e: null, f: null }
        yield* sql`INSERT INTO t VALUES (${null}, ${undefined}, ${null}, ${null}, ${null}, ${null})`
        assert.deepStrictEqual(yield* sql`SELECT * FROM t`, [nothing])
        assert.deepStrictEqual(yield* sql`SELECT count(*) AS n FROM t WHERE a IS NULL AND f IS NULL`, [{ n: 1 }])
      })
    )

    it.scoped("that are integers are numbers where a number is exact, else bigints", () =>
      Effect.gen(function* () {
        const sql = yield* make()
        const integers = sql<
          Record<string, unknown>
        >`SELECT 9007199254740991::BIGINT AS a, 9007199254740992::BIGINT AS b, 5::HUGEINT AS c, 7::INTEGER AS d`
        assert.deepStrictEqual(yield* integers, [{ a: 9007199254740991, b: 9007199254740992n, c: 5, d: 7 }])
        assert.deepStrictEqual(yield* Effect.provideService(integers, SqlClient.SafeIntegers, true), [
          { a: 9007199254740991n, b: 9007199254740992n, c: 5n, d: 7 }
        ])
      })
    )

    it.scoped("that cannot be bound or read fail the statement, not the fiber", () =>
      Effect.gen(function* () {
        const sql = yield* make()
        yield* duckDbError(sql`SELECT ${new Date(Number.NaN)}`)
        yield* duckDbError(sql`SELECT ${new Map()}`)
        yield* duckDbError(sql`SELECT TIMESTAMP 'infinity' AS t`)
        yield* duckDbError(sql`SELECT ${{ bytes: new Uint8Array([1]) }}`)
        yield* sql`CREATE TABLE t (a BLOB[])`
        yield* duckDbError(sql.append("t", [{ a: [Buffer.from("x")] }]))
        yield* duckDbError(sql.append("t", [{ a: new Date(Number.NaN) }]))
        assert.deepStrictEqual(yield* sql`SELECT 1 AS a`, [{ a: 1 }])
      })
    )

    it.scoped("of the binding's own classes are bound as they are", () =>
      Effect.gen(function* () {
        const sql = yield* make()
        const rows = yield* sql`SELECT ${structValue({ a: 1, b: "x" })} AS s`
        assert.deepStrictEqual(rows, [{ s: { a: 1, b: "x" } }])
      })
    )
  })

  describe("transactions", () => {
    const table = Effect.tap(make(), (sql) => sql`CREATE TABLE t (a INTEGER PRIMARY KEY)`)
    const rowsOf = (sql: DuckDbClient.DuckDbClient) =>
      Effect.map(sql`SELECT a FROM t ORDER BY a`.values, (r) => r.flat())

    it.scoped("commit what succeeds", () =>
      Effect.gen(function* () {
        const sql = yield* table
        yield* sql.withTransaction(Effect.zip(sql`INSERT INTO t VALUES (1)`, sql`INSERT INTO t VALUES (2)`))
        assert.deepStrictEqual(yield* rowsOf(sql), [1, 2])
      })
    )

    it.scoped("roll back what fails, and keep its error", () =>
      Effect.gen(function* () {
        const sql = yield* table
        const error = yield* sql`INSERT INTO t VALUES (1)`.pipe(
          Effect.zipRight(Effect.fail("mine" as const)),
          sql.withTransaction,
          Effect.flip
        )
        assert.strictEqual(error, "mine")
        assert.deepStrictEqual(yield* rowsOf(sql), [])
      })
    )

    it.scoped("roll back what is interrupted, in the middle of a statement too", () =>
      Effect.gen(function* () {
        const sql = yield* table
        const inserted = yield* Deferred.make<void>()
        const fiber = yield* sql`INSERT INTO t VALUES (1)`.pipe(
          Effect.zipRight(Deferred.succeed(inserted, void 0)),
          Effect.zipRight(sql.unsafe(endless)),
          sql.withTransaction,
          Effect.fork
        )
        yield* Deferred.await(inserted)
        yield* Fiber.interrupt(fiber)
        assert.deepStrictEqual(yield* rowsOf(sql), [])
        yield* sql.withTransaction(sql`INSERT INTO t VALUES (1)`)
        assert.deepStrictEqual(yield* rowsOf(sql), [1])
      })
    )

    it.scoped("inside a transaction fail, and the outer one rolls back", () =>
      Effect.gen(function* () {
        const sql = yield* table
        const error = yield* sql`INSERT INTO t VALUES (1)`.pipe(
          Effect.zipRight(sql.withTransaction(sql`INSERT INTO t VALUES (2)`)),
          sql.withTransaction,
          duckDbError
        )
        assert.strictEqual(error.kind, "TransactionContext")
        assert.include(error.message, "savepoints")
        assert.deepStrictEqual(yield* rowsOf(sql), [])
      })
    )

    it.scoped("fail when the commit is refused", () =>
      Effect.gen(function* () {
        const sql = yield* table
        const elsewhere = Effect.scoped(
          Effect.flatMap(sql.reserve, (connection) => connection.execute("INSERT INTO t VALUES (1)", [], undefined))
        )
        const error = yield* sql`INSERT INTO t VALUES (1)`.pipe(
          Effect.zipRight(elsewhere),
          sql.withTransaction,
          duckDbError
        )
        assert.strictEqual(error.kind, "TransactionContext")
        assert.deepStrictEqual(yield* rowsOf(sql), [1])
      })
    )

    it.scoped("fail when a statement in them has failed, though its error was caught", () =>
      Effect.gen(function* () {
        const sql = yield* table
        const error = yield* sql`INSERT INTO t VALUES (1)`.pipe(
          Effect.zipRight(Effect.ignore(sql`INSERT INTO t VALUES (1)`)),
          sql.withTransaction,
          duckDbError
        )
        assert.strictEqual(error.kind, "TransactionContext")
        assert.deepStrictEqual(yield* rowsOf(sql), [])
      })
    )

    it.scoped("of another client do not capture the statements of this one", () =>
      Effect.gen(function* () {
        const one = yield* table
        const two = yield* table
        yield* one`INSERT INTO t VALUES (1)`.pipe(
          Effect.zipRight(two`INSERT INTO t VALUES (2)`),
          Effect.zipRight(Effect.fail("no")),
          one.withTransaction,
          Effect.flip
        )
        const foreign = yield* Effect.flatMap(one.reserve, (connection) =>
          Effect.provideService(rowsOf(two), SqlClient.TransactionConnection, [connection, 0])
        )
        assert.deepStrictEqual(foreign, [2])
        assert.deepStrictEqual(yield* rowsOf(one), [])
      })
    )

    it.scoped("run statements that are started at once", () =>
      Effect.gen(function* () {
        const sql = yield* table
        const numbers = Array.from({ length: 20 }, (_, i) => i)
        yield* sql.withTransaction(
          Effect.forEach(numbers, (i) => sql`INSERT INTO t VALUES (${i})`, { concurrency: "unbounded" })
        )
        assert.deepStrictEqual(yield* rowsOf(sql), numbers)
      })
    )

    it.scoped("wait for a connection until they are interrupted", () =>
      Effect.gen(function* () {
        const sql = yield* make({ poolSize: 1 })
        const waiting = yield* Effect.scoped(
          Effect.gen(function* () {
            yield* sql.reserve
            const fiber = yield* Effect.fork(sql.withTransaction(sql`SELECT 1`))
            yield* Effect.yieldNow()
            return yield* Fiber.interrupt(fiber)
          })
        )
        assert.isTrue(Exit.isInterrupted(waiting))
        assert.deepStrictEqual(yield* sql`SELECT 1 AS a`, [{ a: 1 }])
      })
    )
  })

  describe("streams", () => {
    it.scoped("give every row in order", () =>
      Effect.gen(function* () {
        const sql = yield* make()
        const rows = yield* Stream.runCollect(sql<{ i: number }>`SELECT range AS i FROM range(${10000})`.stream)
        assert.deepStrictEqual(
          Chunk.toReadonlyArray(rows),
          Array.from({ length: 10000 }, (_, i) => ({ i }))
        )
      })
    )

    it.scoped("give their first rows before the query has ended, and end it when no more are wanted", () =>
      Effect.gen(function* () {
        const sql = yield* make({ poolSize: 1 })
        const first = sql<{ i: number }>`SELECT range AS i FROM range(1000000000000)`.stream.pipe(
          Stream.take(3),
          Stream.runCollect
        )
        for (let i = 0; i < 3; i++) {
          assert.strictEqual(Chunk.size(yield* first), 3)
        }
        assert.deepStrictEqual(yield* sql`SELECT 1 AS a`, [{ a: 1 }])
      })
    )

    it.scoped("stop with their fiber", () =>
      Effect.gen(function* () {
        const sql = yield* make({ poolSize: 1 })
        const started = yield* Deferred.make<void>()
        const fiber = yield* sql`SELECT range FROM range(1000000000000)`.stream.pipe(
          Stream.runForEach(() => Deferred.succeed(started, void 0)),
          Effect.fork
        )
        yield* Deferred.await(started)
        yield* Fiber.interrupt(fiber)
        assert.deepStrictEqual(yield* sql`SELECT 1 AS a`, [{ a: 1 }])
      })
    )

    it.scoped("stop with their fiber before the first row", () =>
      Effect.gen(function* () {
        const sql = yield* make({ poolSize: 1 })
        const fiber = yield* Effect.fork(Stream.runDrain(sql.unsafe(endless).stream))
        yield* whileItRuns
        assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(fiber)))
        yield* sql.withTransaction(sql`SELECT 1`)
        yield* duckDbError(Stream.runDrain(sql`SELECT nothing`.stream))
        yield* sql.withTransaction(sql`SELECT 1`)
      })
    )

    it.scoped("go on while other statements run", () =>
      Effect.gen(function* () {
        const sql = yield* make()
        const sum = yield* sql<{ i: number }>`SELECT range AS i FROM range(5000)`.stream.pipe(
          Stream.mapEffect(({ i }) => (i % 1000 === 0 ? Effect.as(sql`SELECT ${i}`, 1) : Effect.succeed(1))),
          Stream.runSum
        )
        assert.strictEqual(sum, 5000)
      })
    )

    it.scoped("see what their transaction has written, and are not ended by its next statement", () =>
      Effect.gen(function* () {
        const sql = yield* make()
        yield* sql`CREATE TABLE t (i INTEGER)`
        const sum = yield* sql`INSERT INTO t SELECT range FROM range(5000)`.pipe(
          Effect.zipRight(
            sql<{ i: number }>`SELECT i FROM t`.stream.pipe(
              Stream.mapEffect(({ i }) => (i % 1000 === 0 ? Effect.as(sql`SELECT ${i}`, 1) : Effect.succeed(1))),
              Stream.runSum
            )
          ),
          sql.withTransaction
        )
        assert.strictEqual(sum, 5000)
      })
    )

    it.scoped("fail when their query fails after its first rows", () =>
      Effect.gen(function* () {
        const sql = yield* make()
        const error =
          yield* sql`SELECT CASE WHEN range = 900000 THEN error('late') ELSE 'x' END FROM range(1000000)`.stream.pipe(
            Stream.runDrain,
            duckDbError
          )
        assert.include(error.message, "failed after its first rows")
        assert.deepStrictEqual(yield* sql`SELECT 1 AS a`, [{ a: 1 }])
      })
    )
  })

  describe("interruption and closing", () => {
    it.scoped("stops the statement that runs and leaves the connection usable", () =>
      Effect.gen(function* () {
        const sql = yield* make({ poolSize: 1 })
        const fiber = yield* forkEndless(sql)
        assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(fiber)))
        assert.deepStrictEqual(yield* sql`SELECT 1 AS a`, [{ a: 1 }])
      })
    )

    it.scoped("stops only the statement of the interrupted fiber", () =>
      Effect.gen(function* () {
        const sql = yield* make()
        const other = yield* Effect.fork(sql`SELECT sum(a.range * b.range) AS s FROM range(20000) a, range(5000) b`)
        const fiber = yield* forkEndless(sql)
        yield* Fiber.interrupt(fiber)
        assert.strictEqual((yield* Fiber.join(other)).length, 1)
      })
    )

    it.scoped("of the scope stops what runs, fails it, and frees the file", () =>
      Effect.gen(function* () {
        const path = yield* newFile
        const scope = yield* Scope.make()
        const sql = yield* Scope.extend(make({ path }), scope)
        yield* sql`CREATE TABLE t (a INTEGER)`
        const fiber = yield* forkEndless(sql)
        yield* Scope.close(scope, Exit.void)
        assert.strictEqual((yield* duckDbError(Fiber.join(fiber))).kind, "Interrupt")
        assert.strictEqual((yield* duckDbError(sql`SELECT 1`)).kind, "Connection")
        assert.isTrue(yield* isFree(path))
      })
    )

    it.scoped("of the scope fails an open stream, that it does not look complete, and frees the file", () =>
      Effect.gen(function* () {
        const path = yield* newFile
        const scope = yield* Scope.make()
        const sql = yield* Scope.extend(make({ path }), scope)
        const started = yield* Deferred.make<void>()
        const closed = yield* Deferred.make<void>()
        const fiber = yield* sql`SELECT range FROM range(1000000000000)`.stream.pipe(
          Stream.runForEach(() => Effect.zipRight(Deferred.succeed(started, void 0), Deferred.await(closed))),
          Effect.fork
        )
        yield* Deferred.await(started)
        yield* Scope.close(scope, Exit.void)
        yield* Deferred.succeed(closed, void 0)
        assert.strictEqual((yield* duckDbError(Fiber.join(fiber))).kind, "Connection")
        assert.isTrue(yield* isFree(path))
      })
    )

    it.scoped("leaves the log folded into the file", () =>
      Effect.gen(function* () {
        const path = yield* writtenFile
        assert.isFalse(Fs.existsSync(`${path}.wal`))
        const sql = yield* make({ path })
        assert.deepStrictEqual(yield* sql`SELECT count(*) AS n FROM t`, [{ n: 100000 }])
      })
    )
  })

  describe("append", () => {
    const table = Effect.tap(make(), (sql) => sql`CREATE TABLE t (i INTEGER, s VARCHAR, l VARCHAR[])`)

    it.scoped("takes rows, and null for what a row leaves out", () =>
      Effect.gen(function* () {
        const sql = yield* table
        yield* sql.append("t", [{ i: 1 }, { s: "x" }, { s: undefined, l: [] }])
        assert.deepStrictEqual(yield* sql`SELECT * FROM t`, [
          { i: 1, s: null, l: null },
          { i: null, s: "x", l: null },
          { i: null, s: null, l: [] }
        ])
      })
    )

    it.scoped("takes columns, more than fit in one statement", () =>
      Effect.gen(function* () {
        const sql = yield* table
        const i = Array.from({ length: 5001 }, (_, i) => i)
        yield* sql.append("t", { i, s: i.map((i) => (i % 2 === 0 ? null : `s${i}`)) })
        assert.deepStrictEqual(yield* sql`SELECT count(*) AS n, sum(i) AS i, count(s) AS s FROM t`, [
          { n: 5001, i: 12502500, s: 2500 }
        ])
        assert.deepStrictEqual(yield* sql`SELECT s FROM t WHERE i = 4999`, [{ s: "s4999" }])
      })
    )

    it.scoped("keeps strings that look like its own marks", () =>
      Effect.gen(function* () {
        const sql = yield* table
        const marks = ["\u001d", "\u001d\u001d", "\u001e\u001d", "\u001f\u001d", "\u001e", "\u001f"]
        const s = [...marks, "", "a\u001f\u001d\u001eb\u001f", null, "\u001da", "a\u001e\u001d", "\0", "NULL"]
        yield* sql.append("t", { s })
        assert.deepStrictEqual(
          Array.from(yield* sql<{ s: string }>`SELECT s FROM t`, (row) => row.s),
          s
        )
      })
    )

    it.scoped("keeps texts that are full of its own marks, in time that grows with the text alone", () =>
      Effect.gen(function* () {
        const sql = yield* table
        const s = ["\u001f", "\u001d", "\u001e\u001d", "\u001f\u001dx"].map((marks) => marks.repeat(300_000))
        yield* sql.append("t", { s: [...s, "beside"] })
        const rows = yield* sql<{ s: string }>`SELECT s FROM t`
        assert.isTrue(rows.every((row, i) => row.s === (s[i] ?? "beside")))
        assert.lengthOf(rows, s.length + 1)
      })
    )

    it.scoped("takes a key of any name for a column, and changes nothing else by it", () =>
      Effect.gen(function* () {
        const sql = yield* table
        const row = JSON.parse(`{"i":1,"__proto__":{"polluted":true}}`)
        assert.include((yield* duckDbError(sql.append("t", [row]))).message, "__proto__")
        assert.isFalse("polluted" in {})
        for (const data of [null, 1, "t", { i: 1 }, [null, 1]]) yield* Effect.exit(sql.append("t", data as never))
        assert.strictEqual((yield* duckDbError(sql.append("t", { i: 1 } as never))).kind, "InvalidInput")
      })
    )

    it.scoped("stores all rows or none", () =>
      Effect.gen(function* () {
        const sql = yield* table
        const i = Array.from({ length: 5000 }, (_, i) => (i === 4999 ? "not a number" : i))
        assert.strictEqual((yield* duckDbError(sql.append("t", { i }))).kind, "Conversion")
        assert.deepStrictEqual(yield* sql`SELECT count(*) AS n FROM t`, [{ n: 0 }])
      })
    )

    it.scoped("joins the transaction that it is in", () =>
      Effect.gen(function* () {
        const sql = yield* table
        yield* sql.append("t", [{ i: 1 }]).pipe(Effect.zipRight(Effect.fail("no")), sql.withTransaction, Effect.flip)
        assert.deepStrictEqual(yield* sql`SELECT * FROM t`, [])
      })
    )

    it.scoped("refuses columns of different length, invalid JSON and a table that is not there", () =>
      Effect.gen(function* () {
        const sql = yield* table
        yield* sql`CREATE TABLE j (j JSON)`
        assert.strictEqual((yield* duckDbError(sql.append("t", { i: [1], s: [] }))).kind, "InvalidInput")
        assert.strictEqual((yield* duckDbError(sql.append("j", [{ j: "{" }]))).kind, "Conversion")
        assert.strictEqual((yield* duckDbError(sql.append("nowhere", [{ i: 1 }]))).kind, "Catalog")
        yield* sql.append("t", [])
      })
    )
  })

  describe("errors", () => {
    it.scoped("say their kind and keep DuckDB's message", () =>
      Effect.gen(function* () {
        const sql = yield* make()
        yield* sql`CREATE TABLE t (a INTEGER PRIMARY KEY)`
        yield* sql`INSERT INTO t VALUES (1)`
        const kindOf = (query: string) => Effect.map(duckDbError(sql.unsafe(query)), (error) => error.kind)
        assert.strictEqual(yield* kindOf("SELEC 1"), "Parser")
        assert.strictEqual(yield* kindOf("SELECT * FROM nowhere"), "Catalog")
        assert.strictEqual(yield* kindOf("SELECT b FROM t"), "Binder")
        assert.strictEqual(yield* kindOf("INSERT INTO t VALUES (1)"), "Constraint")
        assert.strictEqual(yield* kindOf("SELECT 'x'::INTEGER"), "Conversion")
        assert.strictEqual(yield* kindOf("COMMIT"), "TransactionContext")
        const error = yield* Effect.flip(sql`SELECT * FROM nowhere`)
        assert.match(error.message, /^Catalog Error: Table with name nowhere does not exist/)
        assert.isUndefined(databaseFailure(error))
      })
    )

    it.scoped("name the process that holds the file", () =>
      Effect.gen(function* () {
        const path = yield* writtenFile
        const holder = yield* holdInAnotherProcess(path)
        const error = yield* Effect.flip(make({ path }))
        assert.strictEqual(databaseFailure(error), "Locked")
        assert.include(error.message, `PID ${holder.pid}`)
      })
    )

    it.scoped("tell a file that is no database, is cut short or is damaged", () =>
      Effect.gen(function* () {
        const path = yield* writtenFile
        const content = Fs.readFileSync(path)
        const damaged = Buffer.from(content)
        damaged.fill(0xff, 12288, 20000)
        for (const bytes of [
          Buffer.from("no database ".repeat(2000)),
          Buffer.alloc(0),
          content.subarray(0, 13000),
          damaged
        ]) {
          Fs.writeFileSync(path, bytes)
          const read = Effect.scoped(Effect.flatMap(make({ path }), (sql) => sql`SELECT sum(i) FROM t`))
          assert.strictEqual(yield* failureOf(read), "Corrupt")
          assert.isTrue(bytes.equals(Fs.readFileSync(path)))
        }
      })
    )

    it.scoped("tell a file of a newer DuckDB", () =>
      Effect.gen(function* () {
        const path = yield* writtenFile
        const content = Fs.readFileSync(path)
        content[12] = 200
        Fs.writeFileSync(path, content)
        const error = yield* Effect.flip(make({ path }))
        content.writeBigUInt64LE(BigInt(/computed checksum (\d+)/.exec(error.message)?.[1] ?? 0))
        Fs.writeFileSync(path, content)
        assert.strictEqual(yield* failureOf(make({ path })), "Incompatible")
      })
    )

    it.scoped("tell a read-only database, a missing folder and a full disk", () =>
      Effect.gen(function* () {
        const path = yield* writtenFile
        const missing = Path.join(path, "missing.duckdb")
        assert.strictEqual(yield* failureOf(make({ path: missing })), "Unavailable")
        assert.strictEqual(yield* failureOf(make({ path: `${path}.missing`, readOnly: true })), "ReadOnly")
        const sql = yield* make({ path, readOnly: true })
        assert.strictEqual(yield* failureOf(sql`INSERT INTO t VALUES (1)`), "ReadOnly")
        assert.deepStrictEqual(yield* sql`SELECT min(i) AS i FROM t`, [{ i: 0 }])
        if (Fs.existsSync("/dev/full")) {
          assert.strictEqual(yield* failureOf(sql`COPY t TO '/dev/full'`), "Full")
        }
      })
    )
  })

  describe("clients of one file", () => {
    it.scoped("share its instance under any name, until the last one closes", () =>
      Effect.gen(function* () {
        const path = yield* newFile
        const link = `${path}.link`
        Fs.symlinkSync(path, link)
        const scope = yield* Scope.make()
        const [one, two] = yield* Effect.all(
          [Scope.extend(make({ path: link }), scope), make({ path: Path.relative(process.cwd(), path) })],
          { concurrency: 2 }
        )
        yield* one`CREATE TABLE t AS SELECT 1 AS a`
        assert.deepStrictEqual(yield* two`SELECT * FROM t`, [{ a: 1 }])
        yield* Scope.close(scope, Exit.void)
        yield* two`INSERT INTO t VALUES (2)`
        assert.isFalse(yield* isFree(path))
        const three = yield* make({ path })
        assert.deepStrictEqual(yield* three`SELECT * FROM t`, [{ a: 1 }, { a: 2 }])
      })
    )

    it.scoped("leave it to another process when all are closed", () =>
      Effect.gen(function* () {
        const path = yield* writtenFile
        yield* Effect.scoped(
          Effect.gen(function* () {
            const sql = yield* make({ path })
            yield* make({ path })
            yield* sql`SELECT * FROM t LIMIT 5`
            yield* Stream.runDrain(Stream.take(sql`SELECT * FROM t`.stream, 1))
            yield* Effect.flip(sql`SELECT nothing FROM t`)
          })
        )
        assert.isTrue(yield* isFree(path))
      })
    )

    it.scoped("write one after the other in withWriteLock", () =>
      Effect.gen(function* () {
        const path = yield* newFile
        const [one, two] = yield* Effect.all([make({ path }), make({ path })])
        yield* one`CREATE TABLE t AS SELECT 0 AS n`
        const increment = (sql: DuckDbClient.DuckDbClient) =>
          sql.withWriteLock(sql.withTransaction(sql`UPDATE t SET n = n + 1`))
        yield* Effect.forEach(
          Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? one : two)),
          increment,
          {
            concurrency: "unbounded"
          }
        )
        assert.deepStrictEqual(yield* two`SELECT n FROM t`, [{ n: 20 }])
      })
    )

    it.scoped("in memory have nothing in common", () =>
      Effect.gen(function* () {
        const [one, two] = yield* Effect.all([make(), make()])
        yield* one`CREATE TABLE t AS SELECT 1 AS a`
        assert.strictEqual((yield* duckDbError(two`SELECT * FROM t`)).kind, "Catalog")
      })
    )
  })

  describe("layers", () => {
    it.effect("provide the client under both tags, with its settings", () =>
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        assert.strictEqual(sql, yield* DuckDbClient.DuckDbClient)
        assert.deepStrictEqual(yield* sql`SELECT current_setting('threads') AS threads`, [{ threads: 1 }])
      }).pipe(Effect.provide(DuckDbClient.layer({ path: ":memory:", settings: { threads: 1 } })))
    )

    it.effect("read a Config", () =>
      Effect.gen(function* () {
        const sql = yield* DuckDbClient.DuckDbClient
        assert.strictEqual(sql.config.path, ":memory:")
      }).pipe(
        Effect.provide(DuckDbClient.layerConfig({ path: Config.string("DUCKDB_PATH") })),
        Effect.withConfigProvider(ConfigProvider.fromMap(new Map([["DUCKDB_PATH", ":memory:"]])))
      )
    )

    it.effect("transform names, and leave them alone on request", () =>
      Effect.gen(function* () {
        const sql = yield* DuckDbClient.DuckDbClient
        yield* sql`CREATE TABLE T_T (A_A INTEGER)`
        yield* sql.append("t_t", [{ a_a: 1 }])
        assert.deepStrictEqual(yield* sql`SELECT ${sql("a_a")} FROM ${sql("t_t")}`, [{ a_a: 1 }])
        const plain = sql.withoutTransforms()
        assert.deepStrictEqual(yield* plain`SELECT ${plain("A_A")} FROM t_t`, [{ A_A: 1 }])
      }).pipe(
        Effect.provide(
          DuckDbClient.layer({
            path: ":memory:",
            transformQueryNames: (name) => name.toUpperCase(),
            transformResultNames: (name) => name.toLowerCase()
          })
        )
      )
    )

    it.effect("refuse a setting that DuckDB does not know", () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(
          Layer.build(DuckDbClient.layer({ path: ":memory:", settings: { nosuch: 1 } })).pipe(Effect.scoped)
        )
        assert.include(error.message, "nosuch")
        assert.isUndefined(databaseFailure(error))
      })
    )
  })
})
