import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import * as Reactivity from "@effect/experimental/Reactivity"
import { assert, describe, it } from "@effect/vitest"
import { Effect, GlobalValue } from "effect"
import { signals } from "../../../src/signal/signals.js"
import * as DuckDbClient from "../../../src/storage/duckdb/DuckDbClient.js"
import * as DuckDbStorage from "../../../src/storage/duckdb/DuckDbStorage.js"
import { windows } from "../../../src/storage/duckdb/internal/read/candidates.js"
import * as Table from "../../../src/storage/duckdb/internal/table.js"
import * as Words from "../../../src/storage/duckdb/internal/words.js"
import { conditionsOf } from "../../../src/storage/internal/conditions.js"
import { lists } from "../../../src/storage/internal/query.js"
import type * as Storage from "../../../src/storage/Storage.js"
import { at, span, spanId, traceId } from "../../../src/testing/Records.js"

const folder = Effect.acquireRelease(
  Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "duckdb-search-"))),
  (path) => Effect.sync(() => Fs.rmSync(path, { recursive: true, force: true }))
)
const newFile = Effect.map(folder, (path) => Path.join(path, "spans.duckdb"))

const withClient = <A, E>(path: string, use: (sql: DuckDbClient.DuckDbClient) => Effect.Effect<A, E>) =>
  DuckDbClient.make({ path }).pipe(Effect.flatMap(use), Effect.scoped, Effect.provide(Reactivity.layer))

const withStorage = <A, E>(path: string, use: (storage: Storage.StorageService) => Effect.Effect<A, E>) =>
  Effect.scoped(Effect.flatMap(DuckDbStorage.make({ path }), use))

const some = (from: number, count: number) =>
  Array.from({ length: count }, (_, n) =>
    span({
      traceId: traceId(from + n + 1),
      spanId: spanId(from + n + 1),
      startTime: at(from + n),
      name: `unique${from + n} ${n % 2 === 0 ? "even" : "odd"}`
    })
  )

const find = (storage: Storage.StorageService, search: string) =>
  Effect.map(storage.listSpans({ filters: { search } }), ({ items }) => items.map(({ name }) => name.split(" ")[0]))

const indexAll = (path: string) =>
  withClient(path, (sql) => {
    return Words.indexAll(sql.withoutTransforms(), Table.tables(""))
  })

const blocksOf = (path: string) =>
  withClient(
    path,
    (sql) => sql<{ readonly block: bigint; readonly sealed: boolean; readonly rows: number }>`
    SELECT block, bool_and(slice IS NOT NULL) AS sealed,
      (SELECT count(*)::INTEGER FROM mastra_ai_spans WHERE word_block = block) AS rows
    FROM mastra_ai_spans_words GROUP BY block ORDER BY block`
  )

describe("the words of a DuckDbStorage", () => {
  it.scopedLive("stay those of their rows when the clock was set back between two processes", () =>
    Effect.gen(function* () {
      const path = yield* newFile
      yield* withStorage(path, (storage) => storage.insertSpans(some(0, 1_000)))
      const hour = 3_600_000_000n
      yield* withClient(path, (sql) =>
        Effect.zipRight(
          sql`UPDATE mastra_ai_spans_words SET block = block + ${hour}`,
          sql`UPDATE mastra_ai_spans SET word_block = word_block + ${hour}`
        )
      )
      const [{ block } = { block: 0n }] = yield* blocksOf(path)
      // The ids of a process that begins at the time of the first.
      const ids = GlobalValue.globalValue("effect-observability/duckdb/words/ids", () => ({ last: 0n }))
      ids.last = BigInt(block) - 1n
      yield* withStorage(path, (storage) => storage.insertSpans(some(1_000, 1_000)))
      const found = yield* withStorage(path, (storage) =>
        Effect.forEach(["unique7", "unique1007"], (search) => find(storage, search))
      )
      assert.deepStrictEqual(found, [["unique7"], ["unique1007"]])
      assert.lengthOf(yield* blocksOf(path), 2)
    })
  )

  it.scopedLive("are stored for each thousand rows; rows of a block that is open are found without", () =>
    Effect.gen(function* () {
      const path = yield* newFile
      yield* withStorage(path, (storage) =>
        Effect.gen(function* () {
          yield* storage.insertSpans(some(0, 600))
          yield* storage.insertSpans(some(600, 600))
          yield* storage.insertSpans(some(1_200, 10))
          for (const n of [0, 599, 600, 1_199, 1_200, 1_209]) {
            assert.deepStrictEqual(yield* find(storage, `unique${n}`), [`unique${n}`])
          }
          assert.deepStrictEqual(yield* find(storage, "unique1210"), [])
        })
      )
      assert.deepStrictEqual(
        (yield* blocksOf(path)).map(({ rows, sealed }) => ({ rows, sealed })),
        [
          { rows: 1_200, sealed: true },
          { rows: 10, sealed: false }
        ]
      )
      yield* withStorage(path, (storage) =>
        Effect.gen(function* () {
          assert.deepStrictEqual(yield* find(storage, "unique1203"), ["unique1203"])
          yield* storage.insertSpans(some(1_210, 10))
          assert.deepStrictEqual(yield* find(storage, "unique1203"), ["unique1203"])
          assert.deepStrictEqual(yield* find(storage, "unique1215"), ["unique1215"])
        })
      )
    })
  )

  it.scopedLive("are no more than their rows: those that a filter says have none are not read", () =>
    Effect.gen(function* () {
      const path = yield* newFile
      yield* withStorage(path, (storage) =>
        Effect.forEach([0, 1_000], (from) => storage.insertSpans(some(from, 1_000)))
      )
      yield* withClient(
        path,
        (sql) => sql`UPDATE mastra_ai_spans_words SET bits = unhex(repeat('00', 256))
        WHERE block = (SELECT max(block) FROM mastra_ai_spans_words)`
      )
      yield* withStorage(path, (storage) =>
        Effect.gen(function* () {
          assert.deepStrictEqual(yield* find(storage, "unique7"), ["unique7"])
          assert.deepStrictEqual(yield* find(storage, "unique1007"), [])
        })
      )
    })
  )

  it.scopedLive("of rows of before, written by hand, and brought from elsewhere are found, and kept in the end", () =>
    Effect.gen(function* () {
      const [path, other] = [yield* newFile, yield* newFile]
      yield* withStorage(other, (storage) => storage.insertSpans(some(5_000, 1_000)))
      yield* withStorage(path, (storage) => storage.insertSpans(some(0, 2_500)))
      yield* withClient(path, (sql) =>
        Effect.gen(function* () {
          for (const index of ["idx_spans_session_id", "idx_spans_entry_key"]) yield* sql`DROP INDEX ${sql(index)}`
          yield* sql`ALTER TABLE mastra_ai_spans DROP COLUMN word_block`
          yield* sql`DROP TABLE mastra_ai_spans_words`
        })
      )
      yield* withStorage(path, (storage) =>
        Effect.gen(function* () {
          assert.deepStrictEqual(yield* find(storage, "unique2499"), ["unique2499"])
          yield* storage.insertSpans(some(2_500, 1_000))
          assert.deepStrictEqual(yield* find(storage, "unique1"), ["unique1"])
          assert.deepStrictEqual(yield* find(storage, "unique2501"), ["unique2501"])
        })
      )
      yield* withClient(path, (sql) =>
        sql.unsafe(`ATTACH '${other}' AS other; INSERT INTO mastra_ai_spans BY NAME SELECT * FROM other.mastra_ai_spans;
          UPDATE mastra_ai_spans SET word_block = NULL, name = 'byhand' WHERE name LIKE 'unique9 %'`)
      )
      const check = withStorage(path, (storage) =>
        Effect.gen(function* () {
          for (const name of ["unique0", "unique2499", "unique2600", "unique5001", "unique5999", "byhand"]) {
            assert.deepStrictEqual(yield* find(storage, name), [name])
          }
          assert.deepStrictEqual(yield* find(storage, "absent"), [])
        })
      )
      yield* check
      yield* indexAll(path)
      const blocks = yield* blocksOf(path)
      assert.isTrue(blocks.every(({ sealed }) => sealed))
      assert.strictEqual(
        blocks.reduce((sum, { rows }) => sum + rows, 0),
        4_500
      )
      yield* check
      yield* indexAll(path)
      assert.deepStrictEqual(yield* blocksOf(path), blocks)
    })
  )

  it.scopedLive("are asked before they are stored, and made anew when the process was killed before", () =>
    Effect.gen(function* () {
      const path = yield* newFile
      const copy = `${path}.copy`
      const findAll = (storage: Storage.StorageService) =>
        Effect.gen(function* () {
          for (const n of [0, 999, 1_000, 2_999, 9_999, 10_499]) {
            assert.deepStrictEqual(yield* find(storage, `unique${n}`), [`unique${n}`])
          }
          assert.deepStrictEqual(yield* find(storage, "unique10500"), [])
        })
      yield* withStorage(path, (storage) =>
        Effect.gen(function* () {
          for (let from = 0; from < 10_500; from += 500) yield* storage.insertSpans(some(from, 500))
          yield* findAll(storage)
          for (const end of ["", ".wal"]) Fs.copyFileSync(`${path}${end}`, `${copy}${end}`)
        })
      )
      assert.deepStrictEqual(
        (yield* blocksOf(path)).map(({ rows, sealed }) => ({ rows, sealed })),
        [...Array(10).fill({ rows: 1_000, sealed: true }), { rows: 500, sealed: false }]
      )
      const killed = yield* blocksOf(copy)
      assert.isAbove(killed.filter(({ rows, sealed }) => rows > 0 && !sealed).length, 1)
      assert.isAbove(killed.filter(({ rows }) => rows === 0).length, 0)
      yield* withStorage(copy, findAll)
      yield* indexAll(copy)
      const blocks = yield* blocksOf(copy)
      assert.isTrue(blocks.every(({ rows, sealed }) => sealed && rows > 0))
      assert.strictEqual(
        blocks.reduce((sum, { rows }) => sum + rows, 0),
        10_500
      )
      yield* withStorage(copy, findAll)
    })
  )

  it.scopedLive("go with the last of their rows", () =>
    Effect.gen(function* () {
      const path = yield* newFile
      yield* withStorage(path, (storage) =>
        Effect.gen(function* () {
          for (const from of [0, 1_000, 2_000]) yield* storage.insertSpans(some(from, 1_000))
          yield* storage.deleteBefore(at(1_500))
          assert.deepStrictEqual(yield* find(storage, "unique1499"), [])
          assert.deepStrictEqual(yield* find(storage, "unique1500"), ["unique1500"])
        })
      )
      assert.deepStrictEqual(
        (yield* blocksOf(path)).map(({ rows }) => rows),
        [500, 1_000]
      )
    })
  )

  it.scopedLive(
    "tell that many records have a word, whose traces and sessions are then found in the order of the list",
    () =>
      Effect.gen(function* () {
        const path = yield* newFile
        const count = 18_000
        // Each session has three traces of twenty spans; the last span of one in three sessions says so.
        const records = Array.from({ length: count }, (_, n) =>
          span({
            traceId: traceId(Math.floor(n / 20) + 1),
            spanId: spanId(n + 1),
            ...(n % 20 > 0 && { parentSpanId: spanId(n - (n % 20) + 1) }),
            sessionId: `s${Math.floor(n / 60)}`,
            startTime: at(n),
            endTime: at(n + 1),
            name: `${n % 2 === 0 ? "even" : "odd"} ${n % 180 === 179 ? "seldom" : "often"}`
          })
        )
        yield* withStorage(path, (storage) =>
          Effect.gen(function* () {
            for (let from = 0; from < count; from += 1_000)
              yield* storage.insertSpans(records.slice(from, from + 1_000))
          })
        )
        yield* withStorage(path, (storage) =>
          Effect.gen(function* () {
            const found = Effect.fnUntraced(function* (search: string, limit = 10) {
              const [traces, sessions] = yield* Effect.all([
                storage.listTraces({ filters: { search }, pagination: { limit } }),
                storage.listSessions({ filters: { search }, pagination: { limit } })
              ])
              return [
                traces.items.map((span) => Number.parseInt(span.traceId, 16) - 1),
                sessions.items.map(({ sessionId }) => Number(sessionId.slice(1)))
              ]
            })
            const numbers = (from: number, step = 1) => Array.from({ length: 10 }, (_, n) => from - n * step)
            for (const search of ["even", "odd", "even often"]) {
              assert.deepStrictEqual(yield* found(search), [numbers(899), numbers(299)])
            }
            assert.deepStrictEqual(yield* found("seldom"), [numbers(899, 9), numbers(299, 3)])
            assert.deepStrictEqual(yield* found('"odd seldom"'), [numbers(899, 9), numbers(299, 3)])
            // Each of them is in every block, and both are in no span.
            assert.deepStrictEqual(yield* found("even odd"), [[], []])
            assert.deepStrictEqual(yield* found("even seldom"), [[], []])
            const [oldest] = (yield* storage.listSessions({
              filters: { search: "seldom" },
              orderBy: { field: "time", direction: "asc" }
            })).items
            assert.strictEqual(oldest?.sessionId, "s2")
          })
        )
      }),
    120_000
  )

  it.scopedLive("are asked in windows of time that cover it, whatever order and cursor", () =>
    Effect.gen(function* () {
      const blocks = Array.from({ length: 300 }, (_, n) => ({
        block: BigInt(n),
        earliest: at((n * 7) % 50),
        latest: at(((n * 7) % 50) + (n % 5))
      }))
      for (const direction of ["asc", "desc"] as const) {
        const filters = { search: "a", startedAfter: at(5), startedBefore: at(40) }
        const { query } = yield* lists.spans({ filters, orderBy: { field: "time", direction } })
        const found = Array.from(windows(blocks, { ...query, conditions: conditionsOf(signals.spans, { ...filters }) }))
        const sorted = direction === "asc" ? found : found.toReversed()
        assert.strictEqual(sorted[0]?.from, at(5))
        assert.strictEqual(sorted.at(-1)?.to, at(40) - 1n)
        for (const [n, { from }] of sorted.entries())
          if (n > 0) assert.strictEqual(from, (sorted[n - 1]?.to ?? 0n) + 1n)
        for (const { among, from, to } of found) {
          const overlapping = blocks.filter(({ earliest, latest }) => earliest <= to && latest >= from)
          assert.sameMembers(
            among.map(({ block }) => block),
            overlapping.map(({ block }) => block)
          )
        }
        assert.isAbove(found.length, 1)
      }
    })
  )
})
