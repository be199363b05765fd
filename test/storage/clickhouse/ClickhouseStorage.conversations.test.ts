import { assert } from "@effect/vitest"
import { Effect, Option } from "effect"
import type { SpanRecord } from "../../../src/signal/SpanRecord.js"
import type * as Storage from "../../../src/storage/Storage.js"
import { at, span, spanId, traceId } from "../../../src/testing/Records.js"
import { onTables } from "../../utils/clickhouseTables.js"
import { call, messages } from "../../utils/conversations.js"
import { describeClickhouse } from "../../utils/describeClickhouse.js"
import { settableClock } from "../../utils/settableClock.js"

const day = 86_400_000

describeClickhouse("conversations in ClickHouse", () => {
  const isWhole = (storage: Storage.StorageService, expected: SpanRecord) =>
    Effect.map(storage.getSpan(expected), (found) => assert.deepStrictEqual(found, Option.some(expected)))

  onTables("are of their size in an outline beside a span of the version before", ({ named, open, run }) =>
    Effect.gen(function* () {
      const storage = yield* open
      const inTrace = { traceId: traceId(1), sessionId: "s" }
      yield* storage.insertSpans([call(20, inTrace), call(21, inTrace)])
      const before = yield* storage.traceOutline(traceId(1))
      yield* run(
        `ALTER TABLE ${named("spans")} UPDATE AttributesSize = NULL WHERE Name <> '' SETTINGS mutations_sync = 2`
      )
      assert.deepStrictEqual(yield* storage.traceOutline(traceId(1)), before)
    })
  )

  onTables("are searched by whose messages have a word; those of an older release by reading", ({ named, open, run }) =>
    Effect.gen(function* () {
      const storage = yield* open
      yield* storage.insertSpans([call(20, { name: "a", sessionId: "a" }), call(12, { name: "b", sessionId: "b" })])
      const found = (search: string) =>
        Effect.map(storage.listSpans({ filters: { search } }), ({ items }) => items.map(({ name }) => name).toSorted())
      const update = (table: string, what: string) =>
        run(`ALTER TABLE ${table} UPDATE ${what} WHERE true SETTINGS mutations_sync = 2`)
      assert.deepStrictEqual(yield* found("conversation 15"), ["a"])
      assert.deepStrictEqual(yield* found("ä"), ["a", "b"])
      yield* update(named("messages"), "Words = NULL")
      assert.deepStrictEqual(yield* found("conversation 15"), ["a"])
      assert.deepStrictEqual(yield* found("ä"), ["a", "b"])
      // A row that is of nobody with the word by its columns is not looked at; one of which nothing is known is.
      yield* update(named("messages"), "Words = ''")
      yield* update(named("spans"), "SessionId = 'c'")
      assert.deepStrictEqual(yield* found("conversation 15"), [])
      yield* update(named("spans"), "Words = NULL")
      assert.deepStrictEqual(yield* found("conversation 15"), ["a"])
    })
  )

  onTables("are stored once, by however many processes", ({ named, open, run }) =>
    Effect.gen(function* () {
      const turns = Array.from({ length: 30 }, (_, n) => call(n + 1, { sessionId: "s" }))
      const storage = yield* open
      for (const turn of turns) yield* storage.insertSpans([turn])
      yield* storage.insertSpans(turns)
      yield* (yield* open).insertSpans(turns)
      const stored = yield* run(`SELECT Body AS body FROM ${named("messages")} WHERE NOT IsList ORDER BY body`)
      assert.deepStrictEqual(
        stored.map(({ body }) => body),
        messages(30)
          .map((message) => JSON.stringify(message))
          .sort()
      )
      const [size] = yield* run(`SELECT max(length(Record)) AS bytes FROM ${named("spans")}`)
      assert.isBelow(Number(size?.["bytes"]), 2_000)
      for (const turn of turns) yield* isWhole(storage, turn)
    })
  )

  onTables("go with their session at once, and with their age two days after the last call", ({ named, open, run }) =>
    Effect.gen(function* () {
      const storage = yield* open
      yield* storage.insertSpans([
        call(9, { sessionId: "gone", traceId: traceId(1), startTime: at(0) }),
        call(9, { spanId: spanId(2), traceId: traceId(1), startTime: at(0) }),
        call(9, { sessionId: "kept", startTime: at(0) })
      ])
      const owners = Effect.map(
        run(`SELECT DISTINCT Owner AS owner FROM ${named("messages")} ORDER BY owner`),
        (found) => found.map(({ owner }) => owner)
      )
      assert.deepStrictEqual(yield* owners, ["s:gone", "s:kept", `t:${traceId(1)}`])
      yield* storage.deleteSession("gone")
      assert.deepStrictEqual(yield* owners, ["s:kept"])
      yield* storage.insertSpans([call(3, { sessionId: "kept", startTime: at(9 * day) })])
      yield* storage.deleteBefore(at(5 * day))
      assert.lengthOf(yield* run(`SELECT DISTINCT Hash FROM ${named("messages")}`), 3)
      yield* storage.deleteBefore(at(11 * day + 1))
      assert.deepStrictEqual(yield* run(`SELECT Hash FROM ${named("messages")}`), [])
    })
  )

  onTables("have a gap where another process deletes a session that goes on, for a minute", ({ open }) =>
    Effect.gen(function* () {
      const [storage, other] = [yield* open, yield* open]
      const { clock, move } = yield* settableClock
      yield* Effect.gen(function* () {
        yield* storage.insertSpans([call(9, { sessionId: "s" })])
        yield* other.deleteSession("s")
        const next = call(10, { sessionId: "s" })
        yield* storage.insertSpans([next])
        const found = Option.getOrThrow(yield* storage.getSpan(next))
        assert.deepStrictEqual(
          found.attributes["gen_ai.input.messages"],
          messages(10).map((message, n) => (n < 9 ? "[Missing]" : message)) as never
        )
        yield* move(61_000)
        yield* storage.insertSpans([call(11, { sessionId: "s" })])
        yield* isWhole(storage, next)
      }).pipe(Effect.withClock(clock))
    })
  )

  onTables("are whole in a view", ({ named, open, run }) =>
    Effect.gen(function* () {
      const spans = [
        call(50, { sessionId: "s" }),
        call(50, { attributes: { 'odd ~ / " . key': messages(30), text: JSON.stringify(messages(40)), none: null } }),
        span({ attributes: { short: 1.5, "": [null] } })
      ]
      yield* (yield* open).insertSpans(spans)
      for (const { attributes, spanId } of spans) {
        const [row] = yield* run(`SELECT Attributes AS a FROM ${named("spans_whole")} WHERE SpanId = '${spanId}'`)
        assert.strictEqual(JSON.stringify(JSON.parse(String(row?.["a"]))), JSON.stringify(attributes))
      }
      yield* run(`TRUNCATE TABLE ${named("messages")}`)
      const gaps = yield* run(`SELECT Attributes AS a FROM ${named("spans_whole")} WHERE Attributes LIKE '%[Missing]%'`)
      assert.lengthOf(gaps, 2)
    })
  )

  onTables(
    "of tables of version 1.2 stay in place beside those that come, and are read alike",
    ({ named, open, run }) =>
      Effect.gen(function* () {
        const before = yield* open
        const old = call(20, { sessionId: "s" })
        yield* before.insertSpans([old])
        const record = JSON.stringify({ version: "9223372036854775809", ...old.toJSON() })
          .replaceAll("\\", "\\\\")
          .replaceAll("'", "\\'")
        yield* run(
          `INSERT INTO ${named("spans")} SELECT * REPLACE ('${record}' AS Record, Version + 1 AS Version) FROM ${named("spans")}`
        )
        yield* run(`DROP VIEW ${named("spans_whole")}`)
        yield* run(`DROP TABLE ${named("messages")}`)
        yield* run(`ALTER TABLE ${named("spans")} DROP COLUMN Messages`)
        yield* run(`TRUNCATE TABLE ${named("schema")}`)
        yield* run(`INSERT INTO ${named("schema")} VALUES (1, 2, now())`)
        const storage = yield* open
        const next = call(21, { sessionId: "s" })
        yield* storage.insertSpans([next])
        // One of each version, as in the table.
        assert.lengthOf(
          yield* run(`SELECT Attributes FROM ${named("spans_whole")} WHERE Attributes NOT LIKE '%null%'`),
          3
        )
        yield* isWhole(storage, next)
        const { items } = yield* storage.sessionTimeline({ sessionId: "s" })
        assert.lengthOf(items, 2)
      })
  )
})
