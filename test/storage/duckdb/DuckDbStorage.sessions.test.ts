/**
 * The table of sessions, which is to tell of the records what they are, whoever has written them, and when. The storage in
 * memory says what that is.
 */
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Option } from "effect"
import * as DuckDbClient from "../../../src/storage/duckdb/DuckDbClient.js"
import * as DuckDbStorage from "../../../src/storage/duckdb/DuckDbStorage.js"
import * as Storage from "../../../src/storage/Storage.js"
import { draw } from "../../../src/testing/drawn.js"
import { at, log, score, span, spanId, traceId } from "../../../src/testing/Records.js"

/** A storage, and a client by which somebody changes what is in it. */
const live = (path = ":memory:") => DuckDbStorage.layerClient().pipe(Layer.provideMerge(DuckDbClient.layer({ path })))

const newFile = Effect.acquireRelease(
  Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "duckdb-sessions-"))),
  (folder) => Effect.sync(() => Fs.rmSync(folder, { recursive: true }))
).pipe(Effect.map((folder) => Path.join(folder, "spans.duckdb")))

const orders = [
  { field: "time", direction: "desc" },
  { field: "time", direction: "asc" },
  { field: "duration", direction: "desc" }
] as const

/** Lists tell the same twice, by summaries that are made and by those that are kept, and as `getSession` does. */
const sameLists = Effect.fnUntraced(function* (actual: Storage.StorageService, expected: Storage.StorageService) {
  for (const orderBy of orders) {
    const { items } = yield* expected.listSessions({ orderBy })
    assert.deepStrictEqual((yield* actual.listSessions({ orderBy })).items, items)
    assert.deepStrictEqual((yield* actual.listSessions({ orderBy, filters: { hasError: true } })).items, [
      ...(yield* expected.listSessions({ orderBy, filters: { hasError: true } })).items
    ])
    for (const session of items) {
      assert.deepStrictEqual(yield* actual.getSession(session.sessionId), Option.some(session))
    }
  }
})

const inMemory = Effect.provide(Storage.Storage, Storage.layerMemory)

describe("the sessions of a DuckDB file", () => {
  for (const seed of [1, 2, 3, 4]) {
    it.effect(`are those of the records after every insertion and deletion (seed ${seed})`, () =>
      Effect.gen(function* () {
        const drawn = draw({ seed, sessions: 6, traces: 9, spans: 40, logs: 20, limit: 9 })
        const expected = yield* inMemory
        const actual = yield* Storage.Storage
        const changes: ReadonlyArray<
          (storage: Storage.StorageService) => Effect.Effect<unknown, Storage.StorageError>
        > = [
          ...drawn.rounds.map((spans) => (storage: Storage.StorageService) => storage.insertSpans(spans)),
          (storage) => storage.insertLogs(drawn.logs),
          (storage) => storage.insertScores(drawn.scores.slice(0, 12)),
          (storage) => storage.insertScores(drawn.scores.slice(6)),
          (storage) => storage.deleteSession("s1"),
          (storage) => storage.deleteBefore(at(3)),
          ...drawn.rounds.map((spans) => (storage: Storage.StorageService) => storage.insertSpans(spans)),
          (storage) => storage.deleteSession("s2"),
          (storage) => storage.deleteBefore(at(99))
        ]
        for (const change of changes) {
          yield* change(expected)
          yield* change(actual)
          yield* sameLists(actual, expected)
        }
      }).pipe(Effect.provide(live()))
    )
  }

  const key = { traceId: traceId(1), spanId: spanId(1), startTime: at(5) }

  it.effect("end where their records do, when one is replaced that had reached further", () =>
    Effect.gen(function* () {
      const expected = yield* inMemory
      const actual = yield* Storage.Storage
      for (const spans of [
        [span({ ...key, sessionId: "s", endTime: at(90) }), span({ sessionId: "s", startTime: at(1), endTime: at(2) })],
        [span({ ...key, sessionId: "s", endTime: at(50) })],
        [span({ ...key, sessionId: "t", endTime: at(50) })],
        [span({ ...key, endTime: at(50) })]
      ]) {
        yield* expected.insertSpans(spans)
        yield* actual.insertSpans(spans)
        yield* sameLists(actual, expected)
      }
      assert.deepStrictEqual(
        (yield* actual.listSessions()).items.map(({ lastActivity, sessionId }) => [sessionId, lastActivity]),
        [["s", at(2)]]
      )
    }).pipe(Effect.provide(live()))
  )

  const fill = Effect.gen(function* () {
    const storage = yield* Storage.Storage
    yield* storage.insertSpans([
      span({ ...key, sessionId: "s", status: "running" }),
      span({ sessionId: "t", startTime: at(1), endTime: at(2) }),
      span({ startTime: at(3) })
    ])
    yield* storage.insertLogs([log({ sessionId: "s", timestamp: at(6) }), log({ sessionId: "u", timestamp: at(7) })])
    yield* storage.insertScores([score({ sessionId: "s" })])
    yield* storage.listSessions()
    return storage
  })

  const changes: ReadonlyArray<readonly [string, string, ReadonlyArray<readonly [string, number, number, bigint]>]> = [
    [
      "inserted spans",
      `INSERT INTO mastra_ai_spans BY NAME SELECT * EXCLUDE (in_sessions) REPLACE ('9' AS span_id, 'v' AS session_id)
       FROM mastra_ai_spans WHERE session_id = 't'`,
      [
        ["u", 0, 1, at(7)],
        ["s", 1, 1, at(6)],
        ["v", 1, 0, at(2)],
        ["t", 1, 0, at(2)]
      ]
    ],
    [
      "completed a span",
      `CREATE TABLE was AS SELECT * EXCLUDE (in_sessions) REPLACE (${at(99)} AS end_time, 'ok' AS status)
         FROM mastra_ai_spans WHERE session_id = 's';
       DELETE FROM mastra_ai_spans WHERE session_id = 's'; INSERT INTO mastra_ai_spans BY NAME SELECT * FROM was`,
      [
        ["s", 1, 1, at(99)],
        ["u", 0, 1, at(7)],
        ["t", 1, 0, at(2)]
      ]
    ],
    [
      "deleted spans",
      "DELETE FROM mastra_ai_spans WHERE session_id = 't'",
      [
        ["u", 0, 1, at(7)],
        ["s", 1, 1, at(6)]
      ]
    ],
    [
      "deleted logs",
      "DELETE FROM mastra_ai_logs",
      [
        ["s", 1, 0, at(5)],
        ["t", 1, 0, at(2)]
      ]
    ],
    [
      "deleted what is told of sessions",
      "DELETE FROM mastra_ai_sessions",
      [
        ["u", 0, 1, at(7)],
        ["s", 1, 1, at(6)],
        ["t", 1, 0, at(2)]
      ]
    ],
    [
      "dropped the table",
      "DROP TABLE mastra_ai_sessions",
      [
        ["u", 0, 1, at(7)],
        ["s", 1, 1, at(6)],
        ["t", 1, 0, at(2)]
      ]
    ]
  ]
  const shown = (storage: Storage.StorageService) =>
    Effect.map(storage.listSessions(), ({ items }) =>
      items.map(({ lastActivity, logs, sessionId, spans }) => [sessionId as string, spans, logs, lastActivity] as const)
    )
  for (const [what, statements, expected] of changes) {
    it.scoped(`are told right once a program that knows no sessions has ${what}`, () =>
      Effect.gen(function* () {
        const path = yield* newFile
        yield* Effect.provide(fill, live(path))
        yield* Effect.flatMap(DuckDbClient.DuckDbClient, (sql) => sql.unsafe(statements)).pipe(
          Effect.provide(DuckDbClient.layer({ path }))
        )
        yield* Effect.gen(function* () {
          const storage = yield* Storage.Storage
          assert.deepStrictEqual(yield* shown(storage), expected)
          yield* storage.insertLogs([log({ sessionId: "t", timestamp: at(200) })])
          assert.deepStrictEqual((yield* shown(storage))[0]?.[0], "t")
        }).pipe(Effect.provide(live(path)))
      })
    )
    if (!statements.startsWith("DROP")) {
      it.effect(`are told right when somebody else has ${what} meanwhile`, () =>
        Effect.gen(function* () {
          const storage = yield* fill
          yield* Effect.flatMap(DuckDbClient.DuckDbClient, (sql) => sql.unsafe(statements))
          assert.deepStrictEqual(yield* shown(storage), expected)
          assert.deepStrictEqual(yield* shown(storage), expected)
        }).pipe(Effect.provide(live()))
      )
    }
  }

  it.scoped("keep their summaries in the file, as one row each", () =>
    Effect.gen(function* () {
      const path = yield* newFile
      const before = yield* Effect.gen(function* () {
        const storage = yield* fill
        return (yield* storage.listSessions()).items
      }).pipe(Effect.provide(live(path)))
      const rows = yield* Effect.flatMap(
        DuckDbClient.DuckDbClient,
        (sql) => sql<{ readonly id: string; readonly logs: number | null }>`
          SELECT session_id AS id, json_extract(summary, '/logs')::INTEGER AS logs FROM mastra_ai_sessions
          WHERE session_id IS NOT NULL ORDER BY 1`
      ).pipe(Effect.provide(DuckDbClient.layer({ path })))
      assert.deepStrictEqual(rows, [
        { id: "s", logs: 1 },
        { id: "t", logs: 0 },
        { id: "u", logs: 1 }
      ])
      const after = yield* Effect.flatMap(Storage.Storage, (storage) => storage.listSessions()).pipe(
        Effect.provide(live(path))
      )
      assert.deepStrictEqual(after.items, before)
    })
  )

  const some = (from: number) =>
    Array.from({ length: 12 }, (_, n) =>
      span({ sessionId: `s${(from + n) % 5}`, startTime: at(from + n), endTime: at(from + n + 1) })
    )

  it.scoped("are those of all records when the process was killed before it had written what it knew of them", () =>
    Effect.gen(function* () {
      const path = yield* newFile
      const copy = `${path}.copy`
      const expected = yield* inMemory
      const insert = (storage: Storage.StorageService, from: number) => {
        const spans = some(from)
        return Effect.zipRight(expected.insertSpans(spans), storage.insertSpans(spans))
      }
      yield* Effect.gen(function* () {
        const storage = yield* Storage.Storage
        yield* insert(storage, 0)
        yield* sameLists(storage, expected)
        for (let from = 1; from < 40; from++) yield* insert(storage, from)
        for (const end of ["", ".wal"]) Fs.copyFileSync(`${path}${end}`, `${copy}${end}`)
      }).pipe(Effect.provide(live(path)))
      const told = Effect.flatMap(
        DuckDbClient.DuckDbClient,
        (sql) => sql<{ readonly spans: number }>`SELECT sum(spans)::INTEGER AS spans FROM mastra_ai_sessions`
      ).pipe(Effect.map(([row]) => row?.spans ?? 0))
      assert.isBelow(yield* Effect.provide(told, DuckDbClient.layer({ path: copy })), 480)
      assert.strictEqual(yield* Effect.provide(told, DuckDbClient.layer({ path })), 480)
      for (const file of [copy, path]) {
        yield* Effect.gen(function* () {
          const storage = yield* Storage.Storage
          yield* sameLists(storage, expected)
          assert.strictEqual(yield* told, 480)
        }).pipe(Effect.provide(live(file)))
      }
    })
  )

  it.scoped("are those of what another storage of the same file has inserted, replaced and deleted", () =>
    Effect.gen(function* () {
      const path = yield* newFile
      const expected = yield* inMemory
      const [one, other] = [yield* DuckDbStorage.make({ path }), yield* DuckDbStorage.make({ path })]
      const running = some(0).map((one) => span({ ...one, endTime: undefined, status: "running" }))
      const changes: ReadonlyArray<
        readonly [
          Storage.StorageService,
          (storage: Storage.StorageService) => Effect.Effect<unknown, Storage.StorageError>
        ]
      > = [
        [one, (storage) => storage.insertSpans(running)],
        [
          other,
          (storage) => storage.insertSpans(running.map((one) => span({ ...one, endTime: at(70), status: "ok" })))
        ],
        [one, (storage) => storage.insertLogs([log({ sessionId: "s1", timestamp: at(80) })])],
        [other, (storage) => storage.insertScores([score({ sessionId: "s2" })])],
        [one, (storage) => storage.insertSpans(some(20))],
        [other, (storage) => storage.deleteSession("s3")],
        [one, (storage) => storage.insertSpans(some(40))],
        [other, (storage) => storage.deleteBefore(at(25))]
      ]
      for (const [n, [actual, change]] of changes.entries()) {
        yield* change(expected)
        yield* change(actual)
        // What waits may be of several changes.
        if (n % 2 === 1) for (const storage of [other, one]) yield* sameLists(storage, expected)
      }
    })
  )

  it.effect("are listed right while they are written", () =>
    Effect.gen(function* () {
      const storage = yield* Storage.Storage
      const rounds = Array.from({ length: 30 }, (_, n) =>
        Array.from({ length: 20 }, (_, m) => span({ sessionId: `s${m}`, startTime: at(n), endTime: at(n + 1) }))
      )
      let isDone = false
      const reading = Effect.gen(function* () {
        let reads = 0
        while (!isDone) {
          const { items } = yield* storage.listSessions()
          for (const { lastActivity, spans } of items) assert.strictEqual(lastActivity, at(spans))
          reads++
        }
        return reads
      })
      const [reads] = yield* Effect.all(
        [
          reading,
          Effect.forEach(rounds, storage.insertSpans, { discard: true }).pipe(
            Effect.ensuring(Effect.sync(() => (isDone = true)))
          )
        ],
        { concurrency: 2 }
      )
      assert.isAbove(reads, 0)
      assert.deepStrictEqual(
        (yield* storage.listSessions()).items.map(({ spans }) => spans),
        Array(20).fill(30)
      )
    }).pipe(Effect.provide(live()))
  )

  it.scopedLive("are counted once, whenever an insertion or a list is interrupted", () =>
    Effect.gen(function* () {
      const { deleteBefore, insertLogs, insertSpans, listSessions } = yield* Storage.Storage
      const sql = yield* DuckDbClient.DuckDbClient
      for (let round = 0; round < 60; round++) {
        const sessionId = `s${round}`
        const spans = Array.from({ length: 60 }, () => span({ sessionId, attributes: { text: "x".repeat(500) } }))
        const insertion = yield* Effect.fork(insertSpans(spans))
        yield* Effect.sleep(round % 12)
        yield* Fiber.interrupt(insertion)
        // Every other one is tried again, as a batch is that was not answered in time.
        if (round % 2 === 0) yield* insertSpans(spans)
        yield* insertLogs([log({ sessionId })])
        const list = yield* Effect.fork(listSessions())
        yield* Effect.sleep((round * 7) % 5)
        yield* Fiber.interrupt(list)
      }
      // Nothing is that old; what waits is written.
      yield* deleteBefore(at(0) - 1n)
      const counted = yield* sql`
        SELECT session_id, sum(spans)::INTEGER AS spans, sum(logs)::INTEGER AS logs FROM mastra_ai_sessions
        GROUP BY ALL ORDER BY session_id`
      assert.deepStrictEqual(
        counted,
        yield* sql`
          SELECT session_id, (SELECT count(*) FROM mastra_ai_spans AS spans WHERE spans.session_id = logs.session_id)::INTEGER AS spans,
            count(*)::INTEGER AS logs FROM mastra_ai_logs AS logs GROUP BY ALL ORDER BY session_id`
      )
    }).pipe(Effect.provide(live()))
  )
})
