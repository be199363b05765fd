import { ClickhouseClient } from "@effect/sql-clickhouse"
import { assert, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import type { SpanRecord } from "../../../src/signal/SpanRecord.js"
import * as ClickhouseStorage from "../../../src/storage/clickhouse/ClickhouseStorage.js"
import * as Storage from "../../../src/storage/Storage.js"
import { at, span, spanId, traceId } from "../../../src/testing/Records.js"
import { freshPrefix, layerClient } from "../../utils/chdb.js"
import { call, messages } from "../../utils/conversations.js"
import { describeClickhouse } from "../../utils/describeClickhouse.js"
import { settableClock } from "../../utils/settableClock.js"

const day = 86_400_000

describeClickhouse("conversations in ClickHouse", () => {
  /** A test on tables of a prefix that is new: with each storage, another process comes to them. */
  const onTables = (
    behaviour: string,
    run: (
      tables: { readonly spans: string; readonly messages: string; readonly whole: string; readonly schema: string },
      rows: (query: string) => Effect.Effect<ReadonlyArray<Record<string, unknown>>, unknown>,
      open: Effect.Effect<Storage.StorageService, unknown>
    ) => Effect.Effect<void, unknown>
  ) =>
    it.live(
      behaviour,
      () =>
        Effect.gen(function* () {
          const sql = yield* ClickhouseClient.ClickhouseClient
          const tablePrefix = yield* freshPrefix
          const named = (name: string) => `"${tablePrefix}mastra_ai_${name}"`
          yield* run(
            {
              spans: named("spans"),
              messages: named("messages"),
              whole: named("spans_whole"),
              schema: named("schema")
            },
            (query) =>
              query.startsWith("SELECT")
                ? sql.unsafe<Record<string, unknown>>(query)
                : Effect.as(sql.asCommand(sql.unsafe(query)), []),
            Storage.Storage.pipe(
              Effect.provide(ClickhouseStorage.layerClient({ tablePrefix })),
              Effect.provideService(ClickhouseClient.ClickhouseClient, sql),
              Effect.scoped
            )
          )
        }).pipe(Effect.provide(layerClient), Effect.scoped),
      60_000
    )

  const isWhole = (storage: Storage.StorageService, expected: SpanRecord) =>
    Effect.map(storage.getSpan(expected), (found) => assert.deepStrictEqual(found, Option.some(expected)))

  onTables("are of their size in an outline beside a span of the version before", (tables, rows, open) =>
    Effect.gen(function* () {
      const storage = yield* open
      const inTrace = { traceId: traceId(1), sessionId: "s" }
      yield* storage.insertSpans([call(20, inTrace), call(21, inTrace)])
      const before = yield* storage.traceOutline(traceId(1))
      yield* rows(
        `ALTER TABLE ${tables.spans} UPDATE AttributesSize = NULL WHERE Name <> '' SETTINGS mutations_sync = 2`
      )
      assert.deepStrictEqual(yield* storage.traceOutline(traceId(1)), before)
    })
  )

  onTables("are searched by whose messages have a word; those of an older release by reading", (tables, rows, open) =>
    Effect.gen(function* () {
      const storage = yield* open
      yield* storage.insertSpans([call(20, { name: "a", sessionId: "a" }), call(12, { name: "b", sessionId: "b" })])
      const found = (search: string) =>
        Effect.map(storage.listSpans({ filters: { search } }), ({ items }) => items.map(({ name }) => name).toSorted())
      const update = (table: string, what: string) =>
        rows(`ALTER TABLE ${table} UPDATE ${what} WHERE true SETTINGS mutations_sync = 2`)
      assert.deepStrictEqual(yield* found("conversation 15"), ["a"])
      assert.deepStrictEqual(yield* found("ä"), ["a", "b"])
      yield* update(tables.messages, "Words = NULL")
      assert.deepStrictEqual(yield* found("conversation 15"), ["a"])
      assert.deepStrictEqual(yield* found("ä"), ["a", "b"])
      // A row that is of nobody with the word by its columns is not looked at; one of which nothing is known is.
      yield* update(tables.messages, "Words = ''")
      yield* update(tables.spans, "SessionId = 'c'")
      assert.deepStrictEqual(yield* found("conversation 15"), [])
      yield* update(tables.spans, "Words = NULL")
      assert.deepStrictEqual(yield* found("conversation 15"), ["a"])
    })
  )

  onTables("are stored once, by however many processes", (tables, rows, open) =>
    Effect.gen(function* () {
      const turns = Array.from({ length: 30 }, (_, n) => call(n + 1, { sessionId: "s" }))
      const storage = yield* open
      for (const turn of turns) yield* storage.insertSpans([turn])
      yield* storage.insertSpans(turns)
      yield* (yield* open).insertSpans(turns)
      const stored = yield* rows(`SELECT Body AS body FROM ${tables.messages} WHERE NOT IsList ORDER BY body`)
      assert.deepStrictEqual(
        stored.map(({ body }) => body),
        messages(30)
          .map((message) => JSON.stringify(message))
          .sort()
      )
      const [size] = yield* rows(`SELECT max(length(Record)) AS bytes FROM ${tables.spans}`)
      assert.isBelow(Number(size?.["bytes"]), 2_000)
      for (const turn of turns) yield* isWhole(storage, turn)
    })
  )

  onTables("go with their session at once, and with their age two days after the last call", (tables, rows, open) =>
    Effect.gen(function* () {
      const storage = yield* open
      yield* storage.insertSpans([
        call(9, { sessionId: "gone", traceId: traceId(1), startTime: at(0) }),
        call(9, { spanId: spanId(2), traceId: traceId(1), startTime: at(0) }),
        call(9, { sessionId: "kept", startTime: at(0) })
      ])
      const owners = Effect.map(
        rows(`SELECT DISTINCT Owner AS owner FROM ${tables.messages} ORDER BY owner`),
        (found) => found.map(({ owner }) => owner)
      )
      assert.deepStrictEqual(yield* owners, ["s:gone", "s:kept", `t:${traceId(1)}`])
      yield* storage.deleteSession("gone")
      assert.deepStrictEqual(yield* owners, ["s:kept"])
      yield* storage.insertSpans([call(3, { sessionId: "kept", startTime: at(9 * day) })])
      yield* storage.deleteBefore(at(5 * day))
      assert.lengthOf(yield* rows(`SELECT DISTINCT Hash FROM ${tables.messages}`), 3)
      yield* storage.deleteBefore(at(11 * day + 1))
      assert.deepStrictEqual(yield* rows(`SELECT Hash FROM ${tables.messages}`), [])
    })
  )

  onTables("have a gap where another process deletes a session that goes on, for a minute", (_, __, open) =>
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

  onTables("are whole in a view", (tables, rows, open) =>
    Effect.gen(function* () {
      const spans = [
        call(50, { sessionId: "s" }),
        call(50, { attributes: { 'odd ~ / " . key': messages(30), text: JSON.stringify(messages(40)), none: null } }),
        span({ attributes: { short: 1.5, "": [null] } })
      ]
      yield* (yield* open).insertSpans(spans)
      for (const { attributes, spanId } of spans) {
        const [row] = yield* rows(`SELECT Attributes AS a FROM ${tables.whole} WHERE SpanId = '${spanId}'`)
        assert.strictEqual(JSON.stringify(JSON.parse(String(row?.["a"]))), JSON.stringify(attributes))
      }
      yield* rows(`TRUNCATE TABLE ${tables.messages}`)
      const gaps = yield* rows(`SELECT Attributes AS a FROM ${tables.whole} WHERE Attributes LIKE '%[Missing]%'`)
      assert.lengthOf(gaps, 2)
    })
  )

  onTables("of tables of version 1.2 stay in place beside those that come, and are read alike", (tables, rows, open) =>
    Effect.gen(function* () {
      const before = yield* open
      const old = call(20, { sessionId: "s" })
      yield* before.insertSpans([old])
      const record = JSON.stringify({ version: "9223372036854775809", ...old.toJSON() })
        .replaceAll("\\", "\\\\")
        .replaceAll("'", "\\'")
      yield* rows(
        `INSERT INTO ${tables.spans} SELECT * REPLACE ('${record}' AS Record, Version + 1 AS Version) FROM ${tables.spans}`
      )
      yield* rows(`DROP VIEW ${tables.whole}`)
      yield* rows(`DROP TABLE ${tables.messages}`)
      yield* rows(`ALTER TABLE ${tables.spans} DROP COLUMN Messages`)
      yield* rows(`TRUNCATE TABLE ${tables.schema}`)
      yield* rows(`INSERT INTO ${tables.schema} VALUES (1, 2, now())`)
      const storage = yield* open
      const next = call(21, { sessionId: "s" })
      yield* storage.insertSpans([next])
      // One of each version, as in the table.
      assert.lengthOf(yield* rows(`SELECT Attributes FROM ${tables.whole} WHERE Attributes NOT LIKE '%null%'`), 3)
      yield* isWhole(storage, next)
      const { items } = yield* storage.sessionTimeline({ sessionId: "s" })
      assert.lengthOf(items, 2)
    })
  )
})
