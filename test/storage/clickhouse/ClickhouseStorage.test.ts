import { createClient } from "@clickhouse/client"
import { ClickhouseClient } from "@effect/sql-clickhouse"
import { assert, describe, it, vi } from "@effect/vitest"
import { Effect, Logger, Option } from "effect"
import * as ClickhouseStorage from "../../../src/storage/clickhouse/ClickhouseStorage.js"
import { creation } from "../../../src/storage/clickhouse/internal/schema.js"
import * as Storage from "../../../src/storage/Storage.js"
import { connection, freshPrefix, isAvailable, isServer, layerClient } from "../../utils/chdb.js"
import { describeClickhouse } from "../../utils/describeClickhouse.js"
import { at, log, span } from "../../utils/records.js"

describe.runIf(process.env["CI"] === "true")("in continuous integration", () => {
  it("ClickHouse is there to test with", () => assert.isTrue(isAvailable))
})

describeClickhouse("ClickhouseStorage", () => {
  const onClient = (run: (prefix: string, sql: ClickhouseClient.ClickhouseClient) => Effect.Effect<void, unknown>) =>
    Effect.scoped(
      Effect.gen(function* () {
        yield* run(yield* freshPrefix, yield* ClickhouseClient.ClickhouseClient)
      }).pipe(Effect.provide(layerClient))
    )

  const withStorage = <A, E>(
    sql: ClickhouseClient.ClickhouseClient,
    options: ClickhouseStorage.ClientOptions,
    use: (storage: Storage.StorageService) => Effect.Effect<A, E>
  ) =>
    Storage.Storage.pipe(
      Effect.flatMap(use),
      Effect.provide(ClickhouseStorage.layerClient(options)),
      Effect.provideService(ClickhouseClient.ClickhouseClient, sql)
    )

  const stored = (prefix: string, sql: ClickhouseClient.ClickhouseClient) =>
    withStorage(sql, { tablePrefix: prefix }, () => Effect.void)

  /** What is warned of while a storage is opened. */
  const warnings = (sql: ClickhouseClient.ClickhouseClient, options: ClickhouseStorage.ClientOptions) => {
    const texts: Array<string> = []
    const logger = Logger.make(({ logLevel, message }) => {
      if (logLevel.label === "WARN") texts.push(String(message))
    })
    return withStorage(sql, options, () => Effect.void).pipe(
      Effect.provide(Logger.replace(Logger.defaultLogger, logger)),
      Effect.as(texts)
    )
  }

  it.live("the statements of a cluster are understood by the engine", () =>
    onClient((tablePrefix, sql) =>
      Effect.forEach(
        creation("db", { tablePrefix, cluster: "agents", retention: Option.some(86_400) }),
        (statement) => {
          assert.include(statement, `ON CLUSTER "agents"`)
          return sql.unsafe(`EXPLAIN AST ${statement}`)
        },
        { discard: true }
      )
    )
  )

  it.live("several may make the tables at once, and open them again", () =>
    onClient((prefix, sql) =>
      Effect.zipRight(
        Effect.replicateEffect(stored(prefix, sql), 5, { concurrency: "unbounded" }),
        Effect.asVoid(stored(prefix, sql))
      )
    )
  )

  it.live("leaves a table alone that is not its own, and names tablePrefix", () =>
    onClient((prefix, sql) =>
      Effect.gen(function* () {
        const table = `"${prefix}mastra_ai_spans"`
        yield* sql.asCommand(sql.unsafe(`CREATE TABLE ${table} (TraceId UInt64) ENGINE = MergeTree ORDER BY TraceId`))
        const error = yield* Effect.flip(stored(prefix, sql))
        assert.strictEqual(error instanceof Storage.StorageError && error.reason, "Incompatible")
        assert.include(String(error), "tablePrefix")
      })
    )
  )

  it.live("gives an older table the session column and its index", () =>
    onClient((prefix, sql) =>
      Effect.gen(function* () {
        yield* sql.asCommand(
          sql.unsafe(
            `CREATE TABLE "${prefix}mastra_ai_spans" (TraceId String, SpanId String, StartTime DateTime64(9, 'UTC'))
             ENGINE = MergeTree ORDER BY (StartTime, TraceId)`
          )
        )
        yield* stored(prefix, sql)
        const rows = yield* sql.unsafe<{ readonly name: string }>(
          `SELECT name FROM system.data_skipping_indices WHERE table = '${prefix}mastra_ai_spans'`
        )
        assert.sameMembers(
          rows.map((row) => row.name),
          ["idx_session_id", "idx_session_id_coarse", "idx_trace_id", "idx_trace_id_coarse"]
        )
        const record = span({ sessionId: "s" })
        yield* withStorage(sql, { tablePrefix: prefix }, (storage) =>
          Effect.gen(function* () {
            yield* storage.insertSpans([record])
            assert.deepStrictEqual(yield* storage.getSpan(record), Option.some(record))
          })
        )
      })
    )
  )

  it.live("reads what an older table has, whose records were in columns", () =>
    onClient((prefix, sql) =>
      Effect.gen(function* () {
        const fields = {
          sessionId: "s",
          parentSpanId: "00000000000000ff",
          statusMessage: `it's "broken" }`,
          userId: "ada",
          tags: ["a", "b"],
          metadata: { plan: "pro", seats: [1, { two: null }] },
          inputTokens: 900,
          costUsd: 0.25,
          attributes: { text: "é\n}", list: [1, "two"] },
          events: [{ name: "e", time: at(1), attributes: { n: 1 } }],
          links: [{ traceId: "1".repeat(32), spanId: "2".repeat(16), attributes: {} }],
          resource: { "service.name": "old" },
          dropped: { attributes: 1, events: 0, links: 0 }
        }
        const record = span(fields)
        const text = (value: string) => `'${value.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`
        const json = (value: unknown) => text(JSON.stringify(value))
        const [word, time] = ["LowCardinality(String)", "DateTime64(9, 'UTC')"]
        const old = {
          TraceId: ["String", text(record.traceId)],
          SpanId: ["String", text(record.spanId)],
          ParentSpanId: ["String", text(fields.parentSpanId)],
          Name: [word, text(record.name)],
          Kind: [word, text(record.kind)],
          SpanType: [word, text(record.spanType)],
          Status: [word, text(record.status)],
          StatusMessage: ["Nullable(String)", text(fields.statusMessage)],
          StartTime: [time, `fromUnixTimestamp64Nano(${record.startTime}, 'UTC')`],
          EndTime: [`Nullable(${time})`, `fromUnixTimestamp64Nano(${record.endTime}, 'UTC')`],
          SessionId: ["String", text(fields.sessionId)],
          UserId: ["Nullable(String)", text(fields.userId)],
          ServiceName: [word, text(record.serviceName)],
          Tags: ["Array(String)", "['a', 'b']"],
          Metadata: ["Map(String, String)", `map('plan', '"pro"', 'seats', '[1,{"two":null}]')`],
          InputTokens: ["Nullable(Int64)", "900"],
          CostUsd: ["Nullable(Float64)", "0.25"],
          Attributes: ["String", json(fields.attributes)],
          Events: ["String", json(record.toJSON().events)],
          Links: ["String", json(fields.links)],
          Resource: [word, json(fields.resource)],
          Dropped: ["Nullable(String)", json(fields.dropped)],
          Version: ["UInt64", "9223372036854775809"]
        }
        const table = `"${prefix}mastra_ai_spans"`
        for (const statement of [
          `CREATE TABLE ${table} (${Object.entries(old).map(([name, [type]]) => `${name} ${type}`)})
           ENGINE = ReplacingMergeTree(Version) ORDER BY (StartTime, TraceId, SpanId)`,
          `INSERT INTO ${table} SELECT ${Object.values(old).map(([, value]) => value)}`
        ]) {
          yield* sql.asCommand(sql.unsafe(statement))
        }
        yield* withStorage(sql, { tablePrefix: prefix }, (storage) =>
          Effect.gen(function* () {
            assert.deepStrictEqual(yield* storage.getSpan(record), Option.some(record))
            const { endTime, spanId, startTime, traceId } = record
            const newer = span({ ...fields, traceId, spanId, startTime, endTime, name: "newer" })
            yield* storage.insertSpans([newer])
            assert.deepStrictEqual(yield* storage.getSpan(record), Option.some(newer))
            const session = yield* storage.getSession("s")
            assert.deepStrictEqual(
              Option.map(session, ({ spans }) => spans),
              Option.some(1)
            )
          })
        )
      })
    )
  )

  it.live("SQL can name what is in records alone, and rows from elsewhere are read like ours", () =>
    onClient((prefix, sql) =>
      withStorage(sql, { tablePrefix: prefix }, (storage) =>
        Effect.gen(function* () {
          const ours = span({ statusMessage: "no", attributes: { "app.turn": 7, text: "é" }, resource: { a: 1 } })
          const aLog = log({ message: "hello", data: [{ n: 1 }], cause: "Error: no" })
          yield* storage.insertSpans([ours])
          yield* storage.insertLogs([aLog])
          const spans = yield* sql.unsafe(
            `SELECT StatusMessage, TraceState, JSONExtractInt(Attributes, 'app.turn') AS turn, Events, Resource, Dropped
             FROM "${prefix}mastra_ai_spans"`
          )
          assert.deepStrictEqual(spans, [
            { StatusMessage: "no", TraceState: null, turn: "7", Events: "[]", Resource: `{"a":1}`, Dropped: "" }
          ])
          const logs = yield* sql.unsafe(`SELECT Message, Data, Cause FROM "${prefix}mastra_ai_logs"`)
          assert.deepStrictEqual(logs, [{ Message: "hello", Data: `[{"n":1}]`, Cause: "Error: no" }])

          yield* sql.asCommand(
            sql.unsafe(
              `INSERT INTO "${prefix}mastra_ai_spans"
                 (TraceId, SpanId, Name, Kind, SpanType, Status, StartTime, EndTime, SessionId, ServiceName)
               SELECT '${"a".repeat(32)}', '${"b".repeat(16)}', 'by hand', 'internal', 'generic', 'ok',
                 fromUnixTimestamp64Nano(1750000000000000001, 'UTC'), fromUnixTimestamp64Nano(1750000001000000000, 'UTC'),
                 's', 'elsewhere'`
            )
          )
          const { items } = yield* storage.listTraces({ filters: { sessionId: "s" } })
          assert.deepStrictEqual(
            items.map(({ attributes, endTime, name, startTime }) => ({ name, startTime, endTime, attributes })),
            [
              {
                name: "by hand",
                startTime: 1_750_000_000_000_000_001n,
                endTime: 1_750_000_001_000_000_000n,
                attributes: {}
              }
            ]
          )
        })
      )
    )
  )

  it.live("refuses tables of a newer major version", () =>
    onClient((prefix, sql) =>
      Effect.gen(function* () {
        yield* stored(prefix, sql)
        yield* sql.asCommand(sql.unsafe(`INSERT INTO "${prefix}mastra_ai_schema" VALUES (2, 0, now())`))
        const error = yield* Effect.flip(stored(prefix, sql))
        assert.strictEqual(error instanceof Storage.StorageError && error.reason, "Incompatible")
        assert.include(String(error), "2.0")
      })
    )
  )

  it.live("drops what is older than the retention, of any age, and keeps the rest", () =>
    onClient((tablePrefix, sql) =>
      withStorage(sql, { tablePrefix, retention: "30 days" }, (storage) =>
        Effect.gen(function* () {
          const now = BigInt(Date.now()) * 1_000_000n
          const kept = [now, now - 29n * 86_400_000_000_000n, 2n ** 63n - 1n]
          const times = [-(2n ** 63n), 0n, at(0), ...kept]
          yield* storage.insertSpans(times.map((startTime) => span({ startTime, endTime: startTime, sessionId: "s" })))
          yield* storage.insertLogs(times.map((timestamp) => log({ timestamp })))
          for (const table of ["spans", "logs"]) {
            yield* sql.asCommand(sql.unsafe(`OPTIMIZE TABLE "${tablePrefix}mastra_ai_${table}" FINAL`))
          }
          const spans = yield* storage.listSpans()
          const logs = yield* storage.listLogs()
          assert.sameMembers(
            spans.items.map((span) => span.startTime),
            kept
          )
          assert.sameMembers(
            logs.items.map((log) => log.timestamp),
            kept
          )
        })
      )
    )
  )

  it.live("warns of a retention that is another than that of the tables, and takes it", () =>
    onClient((tablePrefix, sql) =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* warnings(sql, { tablePrefix }), [])
        const limited = yield* warnings(sql, { tablePrefix, retention: "30 days" })
        assert.lengthOf(limited, 2)
        assert.include(limited[0], "not limited")
        assert.deepStrictEqual(yield* warnings(sql, { tablePrefix, retention: "30 days" }), [])
        assert.include((yield* warnings(sql, { tablePrefix, retention: "1 day" })).join(), "2592000")
      })
    )
  )

  it.live("leaves the retention of the tables to a program that names none, and warns of it", () =>
    onClient((tablePrefix, sql) =>
      Effect.gen(function* () {
        yield* warnings(sql, { tablePrefix, retention: "30 days" })
        const first = yield* warnings(sql, { tablePrefix })
        assert.include(first.join(), "REMOVE TTL")
        assert.deepStrictEqual(yield* warnings(sql, { tablePrefix }), first)
      })
    )
  )

  it.live.skipIf(isServer)("finds the traces of a session by its index, and not by scanning", () =>
    onClient((tablePrefix, sql) =>
      Effect.gen(function* () {
        yield* stored(tablePrefix, sql)
        yield* sql.asCommand(
          sql.unsafe(
            `INSERT INTO "${tablePrefix}mastra_ai_spans" (TraceId, SpanId, StartTime, SessionId)
             SELECT lower(hex(MD5(toString(intDiv(number, 10))))), lower(substring(hex(MD5(toString(number))), 1, 16)),
               fromUnixTimestamp64Nano(toInt64(number)), concat('session-', toString(intDiv(number, 1000)))
             FROM numbers(200000)`
          )
        )
        const asked = vi.spyOn(connection(), "query")
        yield* withStorage(sql, { tablePrefix }, (storage) =>
          storage.listTraces({ filters: { sessionId: "session-7" } })
        )
        const statement = asked.mock.calls.map(([params]) => params).find(({ query }) => query.includes("SessionId = "))
        asked.mockRestore()
        const granules = (query = "", index: string) =>
          Effect.promise(async () => {
            const answer = await createClient(sql.config).query({
              query: `EXPLAIN indexes = 1 ${query}`,
              query_params: statement?.query_params ?? {},
              format: "JSONEachRow"
            })
            const plan = (await answer.json<{ readonly explain: string }>()).map(({ explain }) => explain).join("\n")
            const left = new RegExp(`Name: ${index}\n[^]*?Granules: (\\d+)/(\\d+)`).exec(plan)?.slice(1).map(Number)
            return [...(left ?? []), Number(/Granules: \d+\/(\d+)/.exec(plan)?.[1])]
          })
        const whole = statement?.query.replace(/\sFORMAT \w+\s*$/, "")
        const ofSession = /IN \((SELECT [^()]*)\)/.exec(whole ?? "")?.[1]
        for (const [query, index] of [
          [ofSession, "idx_session_id"],
          [whole, "idx_trace_id"]
        ] as const) {
          for (const [name, skipped] of [
            [`${index}_coarse`, 200],
            [index, 50]
          ] as const) {
            const [left = Number.NaN, before = Number.NaN, all] = yield* granules(query, name)
            assert.strictEqual(all, 391)
            assert.isAtLeast(before - left, skipped, name)
          }
          const [left] = yield* granules(query, index)
          assert.isAtMost(left ?? Number.NaN, 12, index)
        }
      })
    )
  )
})
