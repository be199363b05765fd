import { execFile } from "node:child_process"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { promisify } from "node:util"
import * as Reactivity from "@effect/experimental/Reactivity"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer, Logger, Option, TestClock } from "effect"
import * as DuckDbClient from "../../../src/storage/duckdb/DuckDbClient.js"
import * as DuckDbStorage from "../../../src/storage/duckdb/DuckDbStorage.js"
import * as Storage from "../../../src/storage/Storage.js"
import { at, log, metric, score, span, spanId, traceId } from "../../../src/testing/Records.js"
import { holdInAnotherProcess } from "../../utils/otherProcess.js"

const directory = Effect.acquireRelease(
  Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "duckdb-storage-"))),
  (path) => Effect.sync(() => Fs.rmSync(path, { recursive: true, force: true }))
)

const newFile = Effect.map(directory, (path) => Path.join(path, "spans.duckdb"))

/** Runs with a client of a file, which is closed afterwards. */
const withClient = <A, E>(path: string, use: (sql: DuckDbClient.DuckDbClient) => Effect.Effect<A, E>) =>
  DuckDbClient.make({ path }).pipe(Effect.flatMap(use), Effect.scoped, Effect.provide(Reactivity.layer))

/** Runs with a storage on a file, which is closed afterwards. */
const withStorage = <A, E>(
  options: DuckDbStorage.Options,
  use: (storage: DuckDbStorage.DuckDbStorageService) => Effect.Effect<A, E>
) => Effect.scoped(Effect.flatMap(DuckDbStorage.make(options), use))

const reasonOf = <A, R>(effect: Effect.Effect<A, Storage.StorageError, R>) =>
  Effect.map(Effect.flip(effect), (error) => error.reason)

const namesOf = ({ items }: Storage.PaginatedResult<{ readonly name: string }>) => items.map((item) => item.name)

const collectLogs = (messages: Array<string>) =>
  Logger.replace(
    Logger.defaultLogger,
    Logger.make(({ message }) => void messages.push(String(message)))
  )

const correlationOfVersion1_0 = `session_id VARCHAR, thread_id VARCHAR, run_id VARCHAR, request_id VARCHAR,
  resource_id VARCHAR, user_id VARCHAR, organization_id VARCHAR, conversation_id VARCHAR, service_name VARCHAR,
  environment VARCHAR, tags JSON, metadata JSON`

const tablesOfVersion1_0 = `
  CREATE TABLE mastra_ai_schema (major INTEGER, minor INTEGER, since TIMESTAMP);
  CREATE TABLE mastra_ai_spans (trace_id VARCHAR, span_id VARCHAR, parent_span_id VARCHAR, parent_is_remote BOOLEAN,
    trace_state VARCHAR, name VARCHAR, kind VARCHAR, span_type VARCHAR, status VARCHAR, status_message VARCHAR,
    start_time BIGINT, end_time BIGINT, ${correlationOfVersion1_0}, model VARCHAR, provider VARCHAR,
    input_tokens BIGINT, output_tokens BIGINT, cost_usd DOUBLE, attributes JSON, events JSON, links JSON, resource JSON,
    dropped JSON, trace_key BIGINT, entry_key BIGINT, replayed BOOLEAN);
  CREATE TABLE mastra_ai_logs (log_id VARCHAR, timestamp BIGINT, level VARCHAR, message VARCHAR, data JSON,
    attributes JSON, log_spans JSON, cause VARCHAR, trace_id VARCHAR, span_id VARCHAR, ${correlationOfVersion1_0});
  CREATE INDEX idx_spans_session_id ON mastra_ai_spans (session_id);
  CREATE INDEX idx_spans_entry_key ON mastra_ai_spans (entry_key);
  CREATE INDEX idx_logs_session_id ON mastra_ai_logs (session_id);
  INSERT INTO mastra_ai_schema VALUES (1, 0, TIMESTAMP '2025-01-01 00:00:00')`

const ofVersion1_0 = {
  trace_id: traceId(1),
  session_id: "s",
  service_name: "test",
  tags: "[]",
  attributes: "{}"
}
const spanOfVersion1_0 = {
  ...ofVersion1_0,
  kind: "internal",
  span_type: "generic",
  status: "ok",
  events: "[]",
  links: "[]",
  resource: "{}",
  trace_key: 1,
  replayed: false
}
const logOfVersion1_0 = {
  ...ofVersion1_0,
  log_id: "1",
  timestamp: at(0),
  level: "info",
  message: "old",
  data: "[]",
  log_spans: "{}"
}

describe("the file of a DuckDbStorage", () => {
  it.scoped("keeps what was stored for the next time", () =>
    Effect.gen(function* () {
      const path = yield* newFile
      yield* withStorage({ path }, (storage) =>
        Effect.zipRight(storage.insertSpans([span({ name: "kept" })]), storage.insertLogs([log()]))
      )
      yield* withStorage({ path }, (storage) =>
        Effect.gen(function* () {
          assert.deepStrictEqual(namesOf(yield* storage.listSpans()), ["kept"])
          assert.lengthOf((yield* storage.listLogs()).items, 1)
        })
      )
    })
  )

  it.scoped("of before outlines were asked for has them of what it has", () =>
    Effect.gen(function* () {
      const path = yield* newFile
      const attributes = { "gen_ai.input.messages": ["hello"], a: { b: 1 } }
      const spans = [1, 2, 3].map((n) =>
        span({ traceId: traceId(1), spanId: spanId(n), attributes, sessionId: "s", costUsd: n })
      )
      yield* withStorage({ path }, (storage) => storage.insertSpans(spans.slice(0, 2)))
      yield* withClient(path, (sql) =>
        Effect.gen(function* () {
          // No column goes while one behind it has an index.
          const indexes = yield* sql<{ readonly name: string }>`
            SELECT index_name AS name FROM duckdb_indexes() WHERE table_name = 'mastra_ai_spans'`
          yield* Effect.forEach(indexes, ({ name }) => sql.unsafe(`DROP INDEX "${name}"`))
          yield* Effect.forEach(["input_size", "output_size", "attributes_size"], (column) =>
            sql.unsafe(`ALTER TABLE mastra_ai_spans DROP COLUMN ${column}`)
          )
        })
      )
      yield* withStorage({ path }, (storage) =>
        Effect.gen(function* () {
          const memory = yield* Effect.provide(Storage.Storage, Storage.layerMemory)
          yield* memory.insertSpans(spans.slice(0, 2))
          assert.deepStrictEqual(yield* storage.traceOutline(traceId(1)), yield* memory.traceOutline(traceId(1)))
          yield* storage.insertSpans(spans.slice(2))
          yield* memory.insertSpans(spans.slice(2))
          assert.deepStrictEqual(yield* storage.traceOutline(traceId(1)), yield* memory.traceOutline(traceId(1)))
        })
      )
    })
  )

  it.scoped("has the columns that anyone's SQL can read", () =>
    Effect.gen(function* () {
      const path = yield* newFile
      yield* withStorage({ path }, (storage) =>
        storage.insertSpans([span({ sessionId: "a", attributes: { "http.route": "/x" }, tags: ["t"] })])
      )
      const [row] = yield* withClient(
        path,
        (sql) => sql`SELECT session_id, span_type, attributes->>'http.route' AS route, tags->>0 AS tag
          FROM mastra_ai_spans`
      )
      assert.deepStrictEqual(row, { session_id: "a", span_type: "generic", route: "/x", tag: "t" })
    })
  )

  it.scoped("can be asked by a client of the same process meanwhile", () =>
    Effect.gen(function* () {
      const path = yield* newFile
      yield* withStorage({ path }, (storage) =>
        Effect.gen(function* () {
          yield* storage.insertSpans([span(), span()])
          const rows = yield* withClient(path, (sql) => sql<{ n: number }>`SELECT count(*) AS n FROM mastra_ai_spans`)
          assert.strictEqual(rows[0]?.n, 2)
        })
      )
    })
  )

  it.scoped("of version 1.0 gets the columns and tables of today, and goes on with its records", () =>
    Effect.gen(function* () {
      const path = yield* newFile
      const times = { start_time: at(0), end_time: at(1) }
      yield* withClient(path, (sql) =>
        sql.unsafe(tablesOfVersion1_0).pipe(
          Effect.zipRight(
            sql.append("mastra_ai_spans", [
              { ...spanOfVersion1_0, ...times, span_id: spanId(1), name: "old", trace_key: 1, entry_key: 1 },
              { ...spanOfVersion1_0, ...times, span_id: spanId(2), name: "running", end_time: null, status: "running" }
            ])
          ),
          Effect.zipRight(sql.append("mastra_ai_logs", [logOfVersion1_0]))
        )
      )
      yield* withStorage({ path }, (storage) =>
        Effect.gen(function* () {
          const ofTrace = { traceId: traceId(1), sessionId: "s" }
          yield* storage.insertSpans([
            span({ ...ofTrace, spanId: spanId(2), name: "ended", startTime: at(0), cachedInputTokens: 7 })
          ])
          yield* storage.insertScores([score(ofTrace)])
          yield* storage.insertMetrics([metric({ traceId: traceId(1) })])
          const { spans } = Option.getOrThrow(yield* storage.getTrace(traceId(1)))
          assert.deepStrictEqual(
            spans.map(({ cachedInputTokens, name }) => [name, cachedInputTokens]),
            [
              ["old", undefined],
              ["ended", 7]
            ]
          )
          assert.deepStrictEqual(namesOf(yield* storage.listTraces()), ["old"])
          assert.deepStrictEqual(
            (yield* storage.listLogs()).items.map((item) => item.message),
            ["old"]
          )
          assert.deepStrictEqual(yield* storage.deleteSession("s"), { spans: 2, logs: 1, metrics: 1, scores: 1 })
        })
      )
      const versions = yield* withClient(path, (sql) => sql`SELECT major, minor FROM mastra_ai_schema ORDER BY since`)
      assert.deepStrictEqual(versions, [
        { major: 1, minor: 0 },
        { major: 1, minor: 3 }
      ])
    })
  )

  it.scoped("gets the index and the table that somebody has dropped", () =>
    Effect.gen(function* () {
      const path = yield* newFile
      yield* withStorage({ path }, (storage) => storage.insertSpans([span({ name: "old" })]))
      yield* withClient(path, (sql) =>
        sql.unsafe("DROP INDEX idx_spans_session_id; DROP TABLE mastra_ai_scores; DROP TABLE mastra_ai_schema")
      )
      yield* withStorage({ path }, (storage) =>
        Effect.gen(function* () {
          yield* storage.insertScores([score({ name: "new" })])
          assert.deepStrictEqual(namesOf(yield* storage.listScores()), ["new"])
          assert.deepStrictEqual(namesOf(yield* storage.listSpans()), ["old"])
        })
      )
      const indexes = yield* withClient(
        path,
        (sql) => sql`SELECT expressions FROM duckdb_indexes() WHERE index_name = 'idx_spans_session_id'`
      )
      assert.deepStrictEqual(indexes, [{ expressions: "[session_id]" }])
    })
  )

  it.scoped("takes what was written out of its log when nobody writes for a while", () =>
    Effect.gen(function* () {
      const path = yield* newFile
      const size = Effect.sync(() => Fs.statSync(`${path}.wal`, { throwIfNoEntry: false })?.size ?? 0)
      yield* withStorage({ path }, (storage) =>
        Effect.gen(function* () {
          const attributes = { text: "x".repeat(20_000) }
          yield* storage.insertSpans(Array.from({ length: 1000 }, () => span({ attributes })))
          assert.isAbove(yield* size, 16_000_000)
          yield* TestClock.adjust("5 seconds").pipe(
            Effect.zipRight(storage.listLogs()),
            Effect.zipRight(size),
            Effect.repeat({ until: (size) => size < 1000 })
          )
          assert.lengthOf((yield* storage.listSpans({ pagination: { limit: 1000 } })).items, 1000)
        })
      )
    })
  )

  it.scoped("has its long texts compressed, and so has a snapshot of it, whoever opens the file besides", () =>
    Effect.gen(function* () {
      const path = yield* newFile
      const spans = Array.from({ length: 200 }, () => span({ attributes: { text: "lorem ipsum ".repeat(2000) } }))
      yield* withStorage({ path }, (storage) =>
        Effect.gen(function* () {
          yield* storage.insertSpans(spans)
          yield* storage.snapshot(`${path}.copy`)
          assert.lengthOf(yield* withClient(path, (sql) => sql`SELECT 1 FROM mastra_ai_spans`), 200)
        })
      )
      for (const file of [path, `${path}.copy`]) {
        assert.isBelow(Fs.statSync(file).size, 4_000_000)
        yield* withStorage({ path: file }, (storage) =>
          Effect.map(storage.getSpan(spans[0] as never), (found) =>
            assert.deepStrictEqual(Option.getOrThrow(found), spans[0])
          )
        )
      }
    })
  )

  it.scoped("of a newer minor version is opened, and of a newer major version refused", () =>
    Effect.gen(function* () {
      const path = yield* newFile
      const setVersion = (version: string) =>
        withClient(path, (sql) => sql.unsafe(`INSERT INTO mastra_ai_schema VALUES (${version}, now()::TIMESTAMP)`))
      yield* withStorage({ path }, (storage) => storage.insertSpans([span({ name: "kept" })]))
      yield* setVersion("1, 999")
      yield* withClient(path, (sql) => sql`ALTER TABLE mastra_ai_spans ADD COLUMN novelty INTEGER`)
      const names = yield* withStorage({ path }, (storage) =>
        Effect.zipRight(storage.insertSpans([span({ name: "more" })]), Effect.map(storage.listSpans(), namesOf))
      )
      assert.deepStrictEqual(names, ["more", "kept"])
      yield* setVersion("2, 0")
      const error = yield* Effect.flip(withStorage({ path }, () => Effect.void))
      assert.strictEqual(error.reason, "Incompatible")
      assert.include(error.message, "2.0")
    })
  )

  it.scoped("with a foreign table of the same name is left alone, and tablePrefix gives ours another", () =>
    Effect.gen(function* () {
      const path = yield* newFile
      yield* withClient(path, (sql) => sql`CREATE TABLE mastra_ai_spans ("traceId" VARCHAR, "spanId" VARCHAR)`)
      const error = yield* Effect.flip(withStorage({ path }, () => Effect.void))
      assert.strictEqual(error.reason, "Incompatible")
      assert.include(error.message, "tablePrefix")
      const tables = yield* withClient(
        path,
        (sql) => sql<{ name: string }>`SELECT table_name AS name FROM duckdb_tables()`
      )
      assert.deepStrictEqual(tables, [{ name: "mastra_ai_spans" }])
      const names = yield* withStorage({ path, tablePrefix: "ours_" }, (storage) =>
        Effect.zipRight(storage.insertSpans([span({ name: "ours" })]), Effect.map(storage.listSpans(), namesOf))
      )
      assert.deepStrictEqual(names, ["ours"])
    })
  )

  it.scoped("refuses a tablePrefix that is no identifier", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(DuckDbStorage.make({ path: ":memory:", tablePrefix: 'x"; DROP' }))
      assert.strictEqual(error.reason, "InvalidArgument")
      assert.strictEqual(error.field, "tablePrefix")
    })
  )
})

describe("a file that cannot be opened", () => {
  it.scoped("because it is no database fails the layer and is left as it is", () =>
    Effect.gen(function* () {
      const path = yield* newFile
      Fs.writeFileSync(path, "not a database ".repeat(1000))
      const before = Fs.readFileSync(path)
      assert.strictEqual(yield* reasonOf(withStorage({ path }, () => Effect.void)), "Corrupt")
      assert.isTrue(before.equals(Fs.readFileSync(path)))
    })
  )

  it.scoped("is no matter of a missing folder: that is created, once for two clients of the file", () =>
    Effect.gen(function* () {
      const path = Path.join(yield* directory, "missing", "below", "spans.duckdb")
      yield* withStorage({ path }, (one) =>
        Effect.zipRight(
          withStorage({ path }, (other) => other.insertSpans([span()])),
          Effect.map(one.listSpans(), ({ items }) => assert.lengthOf(items, 1))
        )
      )
      assert.isTrue(Fs.existsSync(path))
    })
  )

  it.scoped("because the path is a directory, leads through a file or is too long is said of the path", () =>
    Effect.gen(function* () {
      const folder = yield* directory
      Fs.writeFileSync(Path.join(folder, "file"), "")
      for (const path of [folder, Path.join(folder, "file", "spans.duckdb"), Path.join(folder, "x".repeat(300))]) {
        const error = yield* Effect.flip(withStorage({ path }, () => Effect.void))
        assert.deepStrictEqual([error.reason, error.field, error.retryable], ["InvalidArgument", "path", false])
        assert.include(error.message, path)
      }
    })
  )

  it.scoped("because a setting is unknown, has no such value or is another elsewhere is said of the settings", () =>
    Effect.gen(function* () {
      const path = yield* newFile
      const refused = (settings: Record<string, string | number>) =>
        Effect.gen(function* () {
          const error = yield* Effect.flip(withStorage({ path, settings }, () => Effect.void))
          assert.deepStrictEqual([error.reason, error.field, error.retryable], ["InvalidArgument", "settings", false])
        })
      yield* refused({ nonsense: 1 })
      yield* refused({ threads: "many" })
      yield* withStorage({ path, settings: { threads: 1 } }, () => refused({ threads: 2 }))
    })
  )

  it.scoped("because another process holds it lets the layer build, warns once and works when it is free", () =>
    Effect.gen(function* () {
      const path = yield* newFile
      const holder = yield* holdInAnotherProcess(path)
      const warnings: Array<string> = []
      yield* Effect.scoped(
        Effect.gen(function* () {
          const storage = yield* DuckDbStorage.make({ path })
          const error = yield* Effect.flip(storage.insertSpans([span()]))
          assert.strictEqual(error.reason, "Locked")
          assert.isTrue(error.retryable)
          assert.include(error.message, String(holder.pid))
          assert.strictEqual(yield* reasonOf(storage.listSpans()), "Locked")
          yield* holder.end
          yield* TestClock.adjust("1 second")
          yield* storage.insertSpans([span({ name: "late" })])
          assert.deepStrictEqual(namesOf(yield* storage.listSpans()), ["late"])
        })
      ).pipe(Effect.provide(collectLogs(warnings)))
      assert.lengthOf(warnings, 1)
    })
  )

  it.scoped('because another process holds it fails the layer with connect: "eager"', () =>
    Effect.gen(function* () {
      const path = yield* newFile
      yield* holdInAnotherProcess(path)
      assert.strictEqual(yield* reasonOf(withStorage({ path, connect: "eager" }, () => Effect.void)), "Locked")
    })
  )
})

describe("what is written", () => {
  const separators = [
    "\u001b",
    "\u001c",
    "\u001d",
    "\u001e",
    "\u001f",
    "\u0000",
    "",
    "\u001b;",
    "\u001b\u001d=;?>",
    "é\u2028😀"
  ]

  it.scoped("comes back exactly, whatever characters it has", () =>
    Effect.gen(function* () {
      const storage = yield* DuckDbStorage.make({ path: ":memory:" })
      const spans = separators.map((text) =>
        span({
          name: text,
          statusMessage: text,
          userId: text,
          attributes: { [text]: text },
          tags: [text],
          traceState: text
        })
      )
      const logs = separators.map((text, i) => log({ logId: `${i}${text}`, message: text, cause: text, data: [text] }))
      yield* storage.insertSpans(spans)
      yield* storage.insertLogs(logs)
      const orderBy = { field: "time", direction: "asc" } as const
      assert.deepStrictEqual((yield* storage.listSpans({ orderBy })).items, spans)
      assert.deepStrictEqual((yield* storage.listLogs({ orderBy })).items, logs)
      yield* storage.insertLogs(logs)
      assert.lengthOf((yield* storage.listLogs()).items, logs.length)
    })
  )

  it.scoped("is there once, though batches of old and new spans overlap and come again", () =>
    Effect.gen(function* () {
      const storage = yield* DuckDbStorage.make({ path: ":memory:" })
      const hour = 3_600_000
      const spans = Array.from({ length: 3000 }, (_, i) =>
        span({ traceId: traceId(1), spanId: spanId(i + 1), startTime: at((i % 20) * hour + i) })
      )
      yield* storage.insertSpans(spans.slice(0, 1700))
      yield* storage.insertSpans(spans)
      yield* storage.insertSpans(spans.slice(900).toReversed())
      const trace = Option.getOrThrow(yield* storage.getTrace(traceId(1)))
      assert.lengthOf(trace.spans, 3000)
    })
  )

  it.scoped("is there once, though two storages of one file write it at the same time", () =>
    Effect.gen(function* () {
      const path = yield* newFile
      const first = yield* DuckDbStorage.make({ path })
      const second = yield* DuckDbStorage.make({ path })
      const spans = Array.from({ length: 2500 }, () => span())
      yield* Effect.all([first.insertSpans(spans), second.insertSpans(spans)], { concurrency: "unbounded" })
      const sessionless = yield* first.deleteBefore(at(10 ** 9))
      assert.deepStrictEqual(sessionless, { spans: 2500, logs: 0 })
    })
  )

  it.scoped("stays although the program rolls its own transaction of that client back", () =>
    Effect.gen(function* () {
      const sql = yield* DuckDbClient.DuckDbClient
      const storage = yield* Storage.Storage
      yield* sql`CREATE TABLE mine (i INTEGER)`
      const exit = yield* Effect.exit(
        sql.withTransaction(
          sql`INSERT INTO mine VALUES (1)`.pipe(
            Effect.zipRight(storage.insertSpans([span({ name: "stays" })])),
            Effect.zipRight(Effect.fail("rolled back"))
          )
        )
      )
      assert.isTrue(Exit.isFailure(exit))
      assert.deepStrictEqual(namesOf(yield* storage.listSpans()), ["stays"])
      assert.lengthOf(yield* sql`SELECT * FROM mine`, 0)
    }).pipe(Effect.provide(Layer.provideMerge(DuckDbStorage.layerClient(), DuckDbClient.layer({ path: ":memory:" }))))
  )

  it.scoped("is read through a client that renames columns", () =>
    Effect.gen(function* () {
      const storage = yield* Storage.Storage
      yield* storage.insertSpans([span({ name: "a", sessionId: "s" })])
      assert.deepStrictEqual(namesOf(yield* storage.listTraces({ filters: { sessionId: "s" } })), ["a"])
      assert.isTrue(Option.isSome(yield* storage.getSession("s")))
      assert.deepStrictEqual(yield* storage.deleteSession("s"), { spans: 1, logs: 0 })
    }).pipe(
      Effect.provide(
        Layer.provide(
          DuckDbStorage.layerClient({ tablePrefix: "agents_" }),
          DuckDbClient.layer({ path: ":memory:", transformResultNames: (name) => name.toUpperCase() })
        )
      )
    )
  )
})

describe("scores", () => {
  it.scoped("replace one of the same id, even when its time differs by years", () =>
    Effect.gen(function* () {
      const storage = yield* DuckDbStorage.make({ path: ":memory:" })
      const ids = Array.from({ length: 50 }, (_, i) => `score ${i}`)
      const at2000 = ids.map((scoreId, i) => score({ scoreId, time: at(-(10 ** 12) + i), name: "first" }))
      const at2020 = ids.slice(0, 20).map((scoreId, i) => score({ scoreId, time: at(i), name: "second" }))
      yield* storage.insertScores(at2000)
      yield* storage.insertScores(at2020)
      const { items } = yield* storage.listScores({ pagination: { limit: 100 } })
      assert.deepStrictEqual(items, [...at2000.slice(20), ...at2020].reverse())
    })
  )
})

describe("deleteSession", () => {
  it.scoped("deletes all four signals of a session and of its traces, together", () =>
    Effect.gen(function* () {
      const storage = yield* DuckDbStorage.make({ path: ":memory:" })
      const sessionId = "s"
      yield* storage.insertSpans([
        span({ traceId: traceId(1), sessionId }),
        span({ traceId: traceId(1) }),
        span({ traceId: traceId(1), sessionId: "other", name: "of another session" }),
        span({ traceId: traceId(3) }),
        span({ traceId: traceId(4), name: "of no session" })
      ])
      yield* storage.insertLogs([log({ traceId: traceId(2), sessionId }), log({ traceId: traceId(1) })])
      yield* storage.insertScores([
        score({ traceId: traceId(3), sessionId }),
        score({ traceId: traceId(2) }),
        score({ name: "of no trace" })
      ])
      yield* storage.insertMetrics([
        ...[1, 2, 3].map((trace) => metric({ traceId: traceId(trace) })),
        metric({ traceId: traceId(4), name: "of another trace" }),
        metric({ name: "of no trace" })
      ])
      assert.deepStrictEqual(yield* storage.deleteSession(sessionId), { spans: 3, logs: 2, metrics: 3, scores: 2 })
      assert.deepStrictEqual(namesOf(yield* storage.listSpans()), ["of no session", "of another session"])
      assert.lengthOf((yield* storage.listLogs()).items, 0)
      assert.deepStrictEqual(namesOf(yield* storage.listMetrics()), ["of no trace", "of another trace"])
      assert.deepStrictEqual(namesOf(yield* storage.listScores()), ["of no trace"])
      assert.deepStrictEqual(yield* storage.deleteSession(sessionId), { spans: 0, logs: 0 })
    })
  )
})

describe("listTraces", () => {
  it.scoped("shows each trace once, however many of its spans come from elsewhere", () =>
    Effect.gen(function* () {
      const storage = yield* DuckDbStorage.make({ path: ":memory:" })
      const traces = 40
      yield* storage.insertSpans(
        Array.from({ length: traces * 5 }, (_, i) => {
          const isRoot = i % 5 === 0
          const remote = { parentSpanId: spanId(1), parentIsRemote: true }
          const trace = traceId(1 + Math.floor(i / 5))
          return span({ name: isRoot ? "root" : "remote", traceId: trace, startTime: at(i), ...(isRoot ? {} : remote) })
        })
      )
      const shown: Array<string> = []
      let cursor: string | undefined
      do {
        const page = yield* storage.listTraces({ pagination: { limit: 7, cursor } })
        assert.isTrue(page.items.every((item) => item.name === "root"))
        shown.push(...page.items.map((item) => item.traceId))
        cursor = Option.getOrUndefined(page.nextCursor)
      } while (cursor !== undefined)
      assert.deepStrictEqual(
        shown,
        Array.from({ length: traces }, (_, i) => traceId(traces - i))
      )
    })
  )
})

describe("retention", () => {
  it.scoped(
    "deletes once an hour what is older",
    () =>
      Effect.gen(function* () {
        yield* TestClock.setTime(Number(at(0) / 1_000_000n))
        const storage = yield* DuckDbStorage.make({ path: ":memory:", retention: "1 day" })
        yield* storage.insertSpans([
          span({ name: "aging", startTime: at(-85_000_000) }),
          span({ name: "new", startTime: at(0) })
        ])
        assert.deepStrictEqual(namesOf(yield* storage.listSpans()), ["new", "aging"])
        const left = yield* TestClock.adjust("1 hour").pipe(
          Effect.zipRight(Effect.map(storage.listSpans(), namesOf)),
          Effect.repeat({ until: (names) => names.length < 2 })
        )
        assert.deepStrictEqual(left, ["new"])
      }),
    // An hour of this clock takes seconds.
    120_000
  )
})

describe("options", () => {
  for (const [field, options] of [
    ["path", { path: "" }],
    ["path", {}],
    ["tablePrefix", { path: ":memory:", tablePrefix: "a-b" }]
  ] as const) {
    it.scoped(`that are wrong fail the layer and name ${field}: ${String(Object.values(options))}`, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(DuckDbStorage.make(options as never))
        assert.strictEqual(error.reason, "InvalidArgument")
        assert.strictEqual(error.field, field)
      })
    )
  }
})

describe("snapshot", () => {
  it.scoped("is a file that another process can open while the program goes on", () =>
    Effect.gen(function* () {
      const folder = yield* directory
      const copy = Path.join(folder, "it's a copy.duckdb")
      yield* Effect.gen(function* () {
        const storage = yield* Storage.Storage
        yield* storage.insertSpans([span({ name: "first", sessionId: "s" })])
        yield* DuckDbStorage.snapshot(copy)
        yield* storage.insertSpans([span({ name: "second", sessionId: "s" })])
        yield* holdInAnotherProcess(copy).pipe(Effect.scoped)
        assert.deepStrictEqual(
          yield* withStorage({ path: copy }, (copied) => Effect.map(copied.listSpans(), namesOf)),
          ["first"]
        )
        yield* DuckDbStorage.snapshot(copy)
      }).pipe(Effect.provide(DuckDbStorage.layer({ path: Path.join(folder, "spans.duckdb") })))
      const names = yield* withStorage({ path: copy }, (storage) =>
        Effect.map(storage.listTraces({ filters: { sessionId: "s" } }), namesOf)
      )
      assert.deepStrictEqual(names, ["second", "first"])
      assert.deepStrictEqual(Fs.readdirSync(folder).sort(), ["it's a copy.duckdb", "spans.duckdb"])
    })
  )

  it.scoped("is never written over the file that is open, by whatever name", () =>
    Effect.gen(function* () {
      const path = yield* newFile
      const link = `${path}.link`
      yield* Effect.gen(function* () {
        const storage = yield* Storage.Storage
        yield* storage.insertSpans([span({ name: "first" })])
        Fs.symlinkSync(path, link)
        Fs.symlinkSync(link, `${link}.link`)
        Fs.linkSync(path, `${path}.hard`)
        const folder = Path.dirname(path)
        const before = Fs.readdirSync(folder)
        for (const name of [
          path,
          link,
          `${link}.link`,
          `${path}.hard`,
          `${folder}/../${Path.basename(folder)}/./spans.duckdb`,
          Path.relative(process.cwd(), path),
          // The log that is there, and the one that will be.
          `${path}.wal`,
          `${link}.wal`
        ]) {
          const error = yield* Effect.flip(DuckDbStorage.snapshot(name))
          assert.deepStrictEqual([error.reason, error.field], ["InvalidArgument", "path"], name)
          assert.deepStrictEqual(Fs.readdirSync(folder), before)
        }
        // To look at a file would have ended the lock on it.
        const locked = yield* Effect.flip(
          Effect.tryPromise(() =>
            promisify(execFile)(process.execPath, [
              "-e",
              `require("@duckdb/node-api").DuckDBInstance.create(${JSON.stringify(path)}).then(() => process.exit(0))`
            ])
          )
        )
        assert.include(String((locked.error as { stderr?: string }).stderr), "lock")
        yield* storage.insertSpans([span({ name: "second" })])
      }).pipe(Effect.provide(DuckDbStorage.layer({ path })))
      const names = yield* withStorage({ path }, (storage) => Effect.map(storage.listSpans(), namesOf))
      assert.deepStrictEqual(names.toSorted(), ["first", "second"])
    })
  )

  it.scoped("is never written where a database that is open would be taken for its log", () =>
    Effect.gen(function* () {
      const target = yield* newFile
      yield* withStorage({ path: target }, (storage) => storage.insertSpans([span({ name: "theirs" })]))
      const storage = yield* DuckDbStorage.make({ path: `${target}.wal` })
      yield* storage.insertSpans([span({ name: "ours" })])
      const error = yield* Effect.flip(storage.snapshot(target))
      assert.deepStrictEqual([error.reason, error.field], ["InvalidArgument", "path"])
      assert.deepStrictEqual(namesOf(yield* storage.listSpans()), ["ours"])
    })
  )

  it.scoped("is told why a folder takes none", () =>
    Effect.gen(function* () {
      const storage = yield* DuckDbStorage.make({ path: ":memory:" })
      const folder = yield* directory
      const notes = Path.join(folder, "notes.txt")
      Fs.writeFileSync(notes, "my notes")
      for (const [path, reasons] of [
        ["/proc/copy.duckdb", ["InvalidArgument", "ReadOnly"]],
        ["/sys/copy.duckdb", ["InvalidArgument", "ReadOnly"]],
        ["/dev/null", ["InvalidArgument"]],
        ["/dev/full", ["InvalidArgument"]],
        [`${folder}/`, ["InvalidArgument"]],
        [Path.join(notes, "copy.duckdb"), ["InvalidArgument"]],
        [Path.join(folder, "copy?.duckdb"), ["InvalidArgument"]],
        [Path.join(folder, "'; DROP TABLE mastra_ai_spans; --", "copy"), ["InvalidArgument"]]
      ] as const) {
        const error = yield* Effect.flip(storage.snapshot(path))
        assert.include(reasons as ReadonlyArray<string>, error.reason, path)
        assert.isFalse(error.retryable)
      }
      assert.deepStrictEqual(Fs.readdirSync(folder), ["notes.txt"])
      yield* storage.insertSpans([span()])
    })
  )

  it.scopedLive("and a file are refused at once in a folder that cannot be made", () =>
    Effect.gen(function* () {
      const storage = yield* DuckDbStorage.make({ path: ":memory:" })
      for (const path of ["/proc/nothing/a/spans.duckdb", "/dev/null/spans.duckdb", "/sys/a/spans.duckdb"]) {
        const refused = [storage.snapshot(path), Effect.scoped(DuckDbStorage.make({ path, connect: "eager" }))]
        for (const effect of refused) {
          const error = yield* Effect.timeout(Effect.flip(effect), "5 seconds")
          assert.include(["InvalidArgument", "ReadOnly", "Unavailable"], error.reason, `${path} ${error.message}`)
          assert.include(error.message, path)
        }
      }
    })
  )

  it.scoped("is made to a file whose name is no SQL", () =>
    Effect.gen(function* () {
      const storage = yield* DuckDbStorage.make({ path: ":memory:" })
      yield* storage.insertSpans([span({ name: "first" })])
      const folder = yield* directory
      for (const name of ["a'; DETACH memory; --.duckdb", 'say "hi"', "ключ 日本 😀", "$1 %s", "no extension"]) {
        yield* storage.snapshot(Path.join(folder, name))
        const names = yield* withStorage({ path: Path.join(folder, name) }, (copied) =>
          Effect.map(copied.listSpans(), namesOf)
        )
        assert.deepStrictEqual(names, ["first"], name)
      }
    })
  )

  it.scoped("replaces a database and the log that it left behind", () =>
    Effect.gen(function* () {
      const copy = yield* newFile
      yield* withStorage({ path: copy }, (storage) => storage.insertSpans([span({ name: "old" })]))
      Fs.writeFileSync(`${copy}.wal`, "what a killed process left")
      const storage = yield* DuckDbStorage.make({ path: ":memory:" })
      yield* storage.insertSpans([span({ name: "new" })])
      yield* Effect.all([storage.snapshot(copy), storage.snapshot(copy)], { concurrency: 2 })
      const names = yield* withStorage({ path: copy }, (copied) => Effect.map(copied.listSpans(), namesOf))
      assert.deepStrictEqual(names, ["new"])
    })
  )

  it.scoped("leaves a database alone that another process has open, and names the process", () =>
    Effect.gen(function* () {
      const path = yield* newFile
      yield* withStorage({ path }, (storage) => storage.insertSpans([span({ name: "theirs" })]))
      const holder = yield* holdInAnotherProcess(path)
      Fs.writeFileSync(`${path}.wal`, "what they wrote last")
      const storage = yield* DuckDbStorage.make({ path: ":memory:" })
      const error = yield* Effect.flip(storage.snapshot(path))
      assert.strictEqual(error.reason, "Locked")
      assert.include(error.message, String(holder.pid))
      assert.include(error.message, path)
      assert.deepStrictEqual(Fs.readdirSync(Path.dirname(path)), ["spans.duckdb", "spans.duckdb.wal"])
      yield* holder.end
      const names = yield* withStorage({ path }, (theirs) => Effect.map(theirs.listSpans(), namesOf))
      assert.deepStrictEqual(names, ["theirs"])
      yield* storage.snapshot(path)
    })
  )

  it.scoped("leaves a database alone that is opened while the copy is made", () =>
    Effect.gen(function* () {
      const path = yield* newFile
      const storage = yield* DuckDbStorage.make({ path: ":memory:" })
      yield* storage.snapshot(path)
      yield* storage.insertSpans(Array.from({ length: 10_000 }, () => span()))
      const copying = Effect.async<void>((resume) => {
        const watcher = Fs.watch(Path.dirname(path), () => resume(Effect.void))
        return Effect.sync(() => watcher.close())
      })
      const snapshot = yield* Effect.fork(Effect.flip(storage.snapshot(path)))
      yield* copying
      yield* withClient(path, (sql) =>
        Effect.gen(function* () {
          const error = yield* Fiber.join(snapshot)
          assert.include(error.message, "this process has open")
          assert.lengthOf(yield* sql`SELECT * FROM mastra_ai_spans`, 0)
        })
      )
    })
  )

  it.scoped("leaves a file alone that is no database", () =>
    Effect.gen(function* () {
      const path = Path.join(yield* directory, "notes.txt")
      const storage = yield* DuckDbStorage.make({ path: ":memory:" })
      for (const text of ["", "my notes\n", "SQLite format 3\0".padEnd(9000, ".")]) {
        Fs.writeFileSync(path, text)
        const error = yield* Effect.flip(storage.snapshot(path))
        assert.strictEqual(error.reason, "InvalidArgument")
        assert.strictEqual(error.field, "path")
        assert.include(error.message, path)
        assert.strictEqual(Fs.readFileSync(path, "utf8"), text)
      }
      assert.deepStrictEqual(Fs.readdirSync(Path.dirname(path)), ["notes.txt"])
    })
  )

  it.scoped("is no matter of a path that is none, or of what lies there and is no file", () =>
    Effect.gen(function* () {
      const folder = yield* directory
      const storage = yield* DuckDbStorage.make({ path: ":memory:" })
      const link = Path.join(folder, "link")
      Fs.symlinkSync(Path.join(folder, "nothing"), link)
      Fs.writeFileSync(Path.join(folder, "notes.wal"), "my notes")
      for (const path of [
        5,
        "",
        "a\0b",
        null,
        ":memory:",
        folder,
        link,
        Path.join(folder, "notes"),
        `${folder}/${"x".repeat(300)}`
      ]) {
        const error = yield* Effect.flip(storage.snapshot(path as string))
        assert.deepStrictEqual([error.reason, error.field], ["InvalidArgument", "path"], String(path))
      }
      assert.deepStrictEqual(Fs.readdirSync(folder).sort(), ["link", "notes.wal"])
      assert.strictEqual(Fs.readFileSync(Path.join(folder, "notes.wal"), "utf8"), "my notes")
    })
  )

  it.scoped("and the file and its log are readable by their owner alone, unless the copy before was not", () =>
    Effect.gen(function* () {
      const folder = Path.join(yield* directory, "made")
      const [path, copy] = [Path.join(folder, "spans.duckdb"), Path.join(folder, "copy.duckdb")]
      const modes = () =>
        Object.fromEntries(
          Fs.readdirSync(folder).map((name) => [name, Fs.statSync(Path.join(folder, name)).mode & 0o777])
        )
      const storage = yield* DuckDbStorage.make({ path })
      yield* storage.insertSpans([span()])
      yield* storage.snapshot(copy)
      assert.deepStrictEqual(modes(), { "spans.duckdb": 0o600, "spans.duckdb.wal": 0o600, "copy.duckdb": 0o600 })
      Fs.chmodSync(copy, 0o640)
      yield* storage.snapshot(copy)
      assert.strictEqual(modes()["copy.duckdb"], 0o640)
    })
  )

  it.scoped("fails where it cannot be written, and the storage goes on", () =>
    Effect.gen(function* () {
      const storage = yield* DuckDbStorage.make({ path: ":memory:" })
      const error = yield* Effect.flip(storage.snapshot(Path.join(yield* directory, "missing", "copy.duckdb")))
      assert.strictEqual(error.field, "path")
      yield* storage.insertSpans([span()])
    })
  )
})

describe("traces without an entry span", () => {
  const child = (n: number) =>
    span({ traceId: traceId(n), spanId: spanId(2), parentSpanId: spanId(1), startTime: at(n), name: `child ${n}` })
  const root = (n: number) =>
    span({ traceId: traceId(n), spanId: spanId(1), startTime: at(n - 1), endTime: at(n + 1), name: `root ${n}` })

  it.scoped("are listed as the rows change, whichever storage of the process changes them", () =>
    Effect.gen(function* () {
      const path = yield* newFile
      const [one, other] = yield* Effect.all([DuckDbStorage.make({ path }), DuckDbStorage.make({ path })])
      const listed = Effect.gen(function* () {
        const shown = namesOf(yield* one.listTraces())
        assert.deepStrictEqual(namesOf(yield* other.listTraces()), shown)
        return shown
      })
      assert.deepStrictEqual(yield* listed, [])
      yield* other.insertSpans([child(5), root(3), child(3)])
      assert.deepStrictEqual(yield* listed, ["child 5", "root 3"])
      yield* one.insertSpans([root(5)])
      assert.deepStrictEqual(yield* listed, ["root 5", "root 3"])
      yield* other.deleteBefore(at(5))
      assert.deepStrictEqual(yield* listed, ["child 5"])
      yield* other.insertSpans([root(5)])
      assert.deepStrictEqual(yield* listed, ["root 5"])
    })
  )

  it.scoped("are all listed where there are more than are remembered", () =>
    Effect.gen(function* () {
      const storage = yield* DuckDbStorage.make({ path: ":memory:" })
      const count = Effect.gen(function* () {
        const first = yield* storage.listTraces({ pagination: { limit: 1000 } })
        const cursor = Option.getOrThrow(first.nextCursor)
        const second = yield* storage.listTraces({ pagination: { limit: 1000, cursor } })
        return new Set([...namesOf(first), ...namesOf(second)]).size
      })
      const numbers = Array.from({ length: 1200 }, (_, n) => n + 1)
      yield* storage.listTraces()
      yield* storage.insertSpans(numbers.map(child))
      assert.strictEqual(yield* count, 1200)
      yield* storage.insertSpans(numbers.slice(0, 900).map(root))
      assert.strictEqual(yield* count, 1200)
      assert.deepStrictEqual(namesOf(yield* storage.listTraces({ pagination: { limit: 1 } })), ["child 1200"])
    })
  )
})
