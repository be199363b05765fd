import { spawn } from "node:child_process"
import * as Path from "node:path"
import { monitorEventLoopDelay } from "node:perf_hooks"
import * as Reactivity from "@effect/experimental/Reactivity"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, type Scope, TestClock } from "effect"
import type { SpanRecord } from "../../../src/signal/SpanRecord.js"
import * as DuckDbClient from "../../../src/storage/duckdb/DuckDbClient.js"
import * as DuckDbStorage from "../../../src/storage/duckdb/DuckDbStorage.js"
import type * as Storage from "../../../src/storage/Storage.js"
import { pages } from "../../../src/testing/contract/utils.js"
import { at, span, spanId, traceId } from "../../../src/testing/Records.js"
import { call, messages, messagesIn } from "../../utils/conversations.js"
import { folder } from "../../utils/folder.js"

const day = 86_400_000

const newFile = Effect.map(folder, (path) => Path.join(path, "spans.duckdb"))

const storageOn = (path: string) => DuckDbStorage.make({ path })

const clientOn = (path: string) => Effect.provide(DuckDbClient.make({ path }), Reactivity.layer)

/** A storage on a new file, and a client of it. */
const onFile = (
  behaviour: string,
  run: (
    storage: DuckDbStorage.DuckDbStorageService,
    sql: DuckDbClient.DuckDbClient,
    path: string
  ) => Effect.Effect<void, unknown, Scope.Scope>
) =>
  it.scoped(behaviour, () =>
    Effect.gen(function* () {
      const path = yield* newFile
      const storage = yield* storageOn(path)
      yield* run(storage, yield* clientOn(path), path)
    })
  )

const stored = (sql: DuckDbClient.DuckDbClient) =>
  Effect.map(
    sql<{ readonly body: string; readonly owner: string }>`
      SELECT owner, body FROM mastra_ai_messages WHERE NOT is_list ORDER BY owner, body`,
    (rows) => rows
  )

const isWhole = (storage: Storage.StorageService, expected: SpanRecord) =>
  Effect.map(storage.getSpan(expected), (found) => assert.deepStrictEqual(found, Option.some(expected)))

describe("conversations in a DuckDB file", () => {
  onFile("are stored once, whatever stores them, and how often", (storage, sql, path) =>
    Effect.gen(function* () {
      const turns = Array.from({ length: 60 }, (_, n) => call(n + 1, { sessionId: "s" }))
      for (const turn of turns) yield* storage.insertSpans([turn])
      yield* storage.insertSpans(turns)
      // Another one has to look what is stored.
      yield* Effect.scoped(Effect.flatMap(storageOn(path), (other) => other.insertSpans(turns)))
      const rows = yield* stored(sql)
      assert.deepStrictEqual(
        rows.map(({ body }) => body),
        messages(60)
          .map((message) => JSON.stringify(message))
          .sort()
      )
      const [sizes] = yield* sql<{ readonly bytes: bigint }>`
        SELECT sum(length(attributes) + length(messages)) AS bytes FROM mastra_ai_spans`
      assert.isBelow(Number(sizes?.bytes), 60 * 1000)
      for (const turn of turns) yield* isWhole(storage, turn)
    })
  )

  it.scoped("are stored once by a process that was started anew", () =>
    Effect.gen(function* () {
      const path = yield* newFile
      for (let n = 1; n < 40; n += 9) {
        yield* Effect.scoped(
          Effect.flatMap(storageOn(path), (storage) => storage.insertSpans([call(n, { sessionId: "s" })]))
        )
      }
      assert.lengthOf(yield* stored(yield* clientOn(path)), messagesIn(call(37)))
    })
  )

  it.scopedLive("of many messages that are new do not hold the event loop", () =>
    Effect.gen(function* () {
      const storage = yield* storageOn(":memory:")
      yield* storage.insertSpans([call(40)])
      const spans = Array.from({ length: 400 }, (_, n) =>
        span({ sessionId: `s${n}`, attributes: { list: messages(40).map((message) => ({ ...message, of: n })) } })
      )
      const histogram = monitorEventLoopDelay({ resolution: 5 })
      histogram.enable()
      yield* storage.insertSpans(spans)
      histogram.disable()
      assert.isBelow(histogram.max / 1e6, 1000)
    })
  )

  onFile("leave short spans as they are", (storage, sql) =>
    Effect.gen(function* () {
      const short = span({
        attributes: { text: "x".repeat(5000), list: [1, 2, 3], names: ["a"], messages: messages(1) }
      })
      yield* storage.insertSpans([short])
      assert.deepStrictEqual(yield* stored(sql), [])
      assert.deepStrictEqual(yield* sql`SELECT messages, attributes::VARCHAR AS attributes FROM mastra_ai_spans`, [
        { messages: null, attributes: JSON.stringify(short.attributes) }
      ])
    })
  )

  onFile(
    "go with their session at once, and with their age two days after the last call that had them",
    (storage, sql) =>
      Effect.gen(function* () {
        const inTrace = { traceId: traceId(1), startTime: at(0) }
        yield* storage.insertSpans([
          call(9, { sessionId: "gone", startTime: at(0) }),
          call(9, { sessionId: "gone", ...inTrace }),
          call(9, { spanId: spanId(2), ...inTrace }),
          call(9, { sessionId: "kept", startTime: at(0) })
        ])
        const owners = Effect.map(stored(sql), (rows) => Array.from(new Set(rows.map(({ owner }) => owner))))
        assert.deepStrictEqual(yield* owners, ["s:gone", "s:kept", `t:${traceId(1)}`])
        yield* storage.deleteSession("gone")
        assert.deepStrictEqual(yield* owners, ["s:kept"])
        yield* storage.insertSpans([call(3, { sessionId: "kept", startTime: at(9 * day) })])
        yield* storage.deleteBefore(at(5 * day))
        assert.lengthOf(yield* stored(sql), 3)
        yield* storage.deleteBefore(at(11 * day + 1))
        assert.deepStrictEqual(yield* stored(sql), [])
      })
  )

  onFile("are stored with their spans or not at all", (storage, sql) =>
    Effect.gen(function* () {
      const [first, second] = [call(20, { sessionId: "s" }), call(30, { sessionId: "s" })]
      yield* storage.insertSpans([first])
      const before = yield* stored(sql)
      yield* sql`DROP INDEX idx_spans_session_id`
      yield* sql`DROP INDEX idx_spans_entry_key`
      yield* sql`ALTER TABLE mastra_ai_spans RENAME COLUMN trace_key TO other`
      assert.isTrue((yield* Effect.either(storage.insertSpans([second])))._tag === "Left")
      assert.deepStrictEqual(yield* stored(sql), before)
      yield* sql`ALTER TABLE mastra_ai_spans RENAME COLUMN other TO trace_key`
      // What has failed is not tried again within a second.
      yield* TestClock.adjust("2 seconds")
      yield* storage.insertSpans([second])
      yield* isWhole(storage, second)
    })
  )

  it.scopedLive(
    "are whole after a kill at any moment of an insert",
    () =>
      Effect.gen(function* () {
        const path = yield* newFile
        const script = `
          import { Effect } from "effect"
          import * as DuckDbStorage from "./src/storage/duckdb/DuckDbStorage.js"
          import { call } from "./test/utils/conversations.js"
          await Effect.runPromise(Effect.scoped(Effect.gen(function* () {
            const storage = yield* DuckDbStorage.make({ path: ${JSON.stringify(path)} })
            yield* storage.insertSpans([call(1)])
            process.stdout.write("begun")
            for (let n = 1; ; n++) yield* storage.insertSpans([call(n % 60, { sessionId: "s" + process.pid + (n % 7) }), call(n % 50)])
          })))`
        let stored = 0
        for (const millis of [1, 200, 900]) {
          yield* Effect.async<void>((resume) => {
            const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script], {
              stdio: ["ignore", "pipe", "inherit"]
            })
            child.stdout.once("data", () => setTimeout(() => child.kill("SIGKILL"), millis))
            child.once("close", () => resume(Effect.void))
          })
          stored = yield* Effect.scoped(
            Effect.gen(function* () {
              const storage = yield* storageOn(path)
              const all = yield* pages((pagination) => storage.listSpans({ pagination }), 1000)
              for (const { attributes } of all.flat()) {
                const list = attributes["gen_ai.input.messages"] as ReadonlyArray<unknown>
                assert.deepStrictEqual(list, messages(list.length))
              }
              return all.flat().length
            })
          )
        }
        assert.isAbove(stored, 5)
      }),
    60_000
  )

  onFile("have a gap where somebody has deleted messages, which the next call closes", (storage, sql) =>
    Effect.gen(function* () {
      const sent = call(40, { sessionId: "s", attributes: { text: JSON.stringify(messages(3)) } })
      yield* storage.insertSpans([sent])
      yield* sql`DELETE FROM mastra_ai_messages WHERE body LIKE '%conversation 1 %'`
      const found = Option.getOrThrow(yield* storage.getSpan(sent))
      const list = found.attributes["gen_ai.input.messages"] as ReadonlyArray<unknown>
      assert.deepStrictEqual(list, messages(40).with(1, "[Missing]" as never))
      assert.include(found.attributes["text"], "[Missing]")
      yield* sql`DELETE FROM mastra_ai_messages WHERE is_list`
      assert.include(JSON.stringify(yield* storage.getSpan(sent)), "[Missing]")
      assert.lengthOf((yield* storage.listSpans()).items, 1)
      yield* TestClock.adjust("2 minutes")
      yield* storage.insertSpans([call(41, { sessionId: "s", attributes: sent.attributes })])
      yield* isWhole(storage, sent)
    })
  )

  onFile("are read whatever somebody has put into their column, or into a message", (storage, sql) =>
    Effect.gen(function* () {
      yield* storage.insertSpans([call(9, { sessionId: "s" })])
      for (const value of [
        "null",
        "1",
        '"x"',
        "[]",
        "{}",
        '{"first":1}',
        '{"a":["array","#x",""],"b":["x","@","{"]}'
      ]) {
        yield* sql`UPDATE mastra_ai_spans SET messages = ${value}`
        assert.lengthOf((yield* storage.listSpans()).items, 1, value)
      }
      yield* sql`UPDATE mastra_ai_spans SET messages = NULL`
      assert.lengthOf((yield* storage.listSpans()).items, 1)
      const sent = call(9, { sessionId: "t" })
      yield* storage.insertSpans([sent])
      yield* sql`UPDATE mastra_ai_messages SET body = '{' WHERE body LIKE '%conversation 1 %'`
      const found = Option.getOrThrow(yield* storage.getSpan(sent))
      assert.deepStrictEqual(
        found.attributes["gen_ai.input.messages"],
        messages(9).with(1, "[Missing]" as never) as never
      )
    })
  )

  onFile("are whole in a view, in which a condition finds them", (storage, sql) =>
    Effect.gen(function* () {
      const spans = [
        call(50, { sessionId: "s" }),
        call(50, { attributes: { 'odd ~ / " . key': messages(30), text: JSON.stringify(messages(40)), none: null } }),
        span({ attributes: { short: 1.5, "": [null] } })
      ]
      yield* storage.insertSpans(spans)
      for (const { attributes, spanId } of spans) {
        assert.deepStrictEqual(
          yield* sql`SELECT attributes::VARCHAR AS attributes FROM mastra_ai_spans_whole WHERE span_id = ${spanId}`,
          [{ attributes: JSON.stringify(attributes) }]
        )
      }
      const found = yield* sql<{ readonly n: bigint }>`
        SELECT count(*) AS n FROM mastra_ai_spans_whole WHERE attributes->>'$."gen_ai.input.messages"[49].role' = 'assistant'`
      assert.strictEqual(Number(found[0]?.n), 2)
      yield* sql`DELETE FROM mastra_ai_messages`
      assert.lengthOf(yield* sql`SELECT attributes FROM mastra_ai_spans_whole`, 3)
    })
  )

  onFile("are of their size in an outline beside a span of the version before", (storage, sql) =>
    Effect.gen(function* () {
      const inTrace = { traceId: traceId(1), sessionId: "s" }
      yield* storage.insertSpans([call(20, inTrace), call(21, inTrace)])
      const before = yield* storage.traceOutline(traceId(1))
      yield* sql`UPDATE mastra_ai_spans SET input_size = NULL, output_size = NULL, attributes_size = NULL
        WHERE rowid = (SELECT min(rowid) FROM mastra_ai_spans)`
      assert.deepStrictEqual(yield* storage.traceOutline(traceId(1)), before)
    })
  )

  onFile("are whole in a snapshot, with its view", (storage, _, path) =>
    Effect.gen(function* () {
      const sent = call(50, { sessionId: "s" })
      yield* storage.insertSpans([sent])
      yield* storage.snapshot(`${path}.copy`)
      yield* isWhole(yield* storageOn(`${path}.copy`), sent)
      const sql = yield* Effect.scoped(
        Effect.flatMap(
          clientOn(`${path}.copy`),
          (sql) => sql`SELECT attributes::VARCHAR AS a FROM mastra_ai_spans_whole`
        )
      )
      assert.deepStrictEqual(sql, [{ a: JSON.stringify(sent.attributes) }])
    })
  )

  it.scoped("of a file of version 1.2 stay in place beside those that come, and are read alike", () =>
    Effect.gen(function* () {
      const path = yield* newFile
      const before = [call(20, { sessionId: "s" }), call(21, { sessionId: "s" })]
      yield* Effect.scoped(Effect.flatMap(storageOn(path), (storage) => storage.insertSpans(before)))
      yield* Effect.scoped(
        Effect.gen(function* () {
          const sql = yield* clientOn(path)
          for (const { attributes, spanId } of before) {
            yield* sql`UPDATE mastra_ai_spans SET attributes = ${JSON.stringify(attributes)} WHERE span_id = ${spanId}`
          }
          yield* sql`DROP VIEW mastra_ai_spans_whole`
          yield* sql`DROP TABLE mastra_ai_messages`
          yield* sql`DROP INDEX idx_spans_session_id`
          yield* sql`DROP INDEX idx_spans_entry_key`
          yield* sql`ALTER TABLE mastra_ai_spans DROP COLUMN messages`
          yield* sql`UPDATE mastra_ai_schema SET minor = 2`
        })
      )
      const after = call(22, { sessionId: "s" })
      const storage = yield* storageOn(path)
      yield* storage.insertSpans([after])
      for (const span of [...before, after]) yield* isWhole(storage, span)
      assert.lengthOf((yield* storage.sessionTimeline({ sessionId: "s" })).items, 3)
      const sql = yield* clientOn(path)
      assert.lengthOf(yield* sql`SELECT 1 FROM mastra_ai_spans WHERE messages IS NULL`, 2)
      assert.lengthOf(yield* sql`SELECT attributes FROM mastra_ai_spans_whole`, 3)
      // One of them is stored again, and takes its place.
      yield* storage.insertSpans([before[0] as SpanRecord])
      yield* isWhole(storage, before[0] as SpanRecord)
      assert.lengthOf(yield* sql`SELECT 1 FROM mastra_ai_spans WHERE messages IS NULL`, 1)
    })
  )
})
