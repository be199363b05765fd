import { createClient } from "@clickhouse/client"
import { ClickhouseClient } from "@effect/sql-clickhouse"
import { assert, describe, it, vi } from "@effect/vitest"
import { Effect, Logger, Option } from "effect"
import { timeOf } from "../../../src/signal/Signal.js"
import { signalNames, signals } from "../../../src/signal/signals.js"
import * as ClickhouseStorage from "../../../src/storage/clickhouse/ClickhouseStorage.js"
import { creation } from "../../../src/storage/clickhouse/internal/tables.js"
import * as Storage from "../../../src/storage/Storage.js"
import { at, log, metric, score, span } from "../../../src/testing/Records.js"
import { connection, freshPrefix, isAvailable, isServer, layerClient } from "../../utils/chdb.js"
import { describeClickhouse } from "../../utils/describeClickhouse.js"
import { isLoadable } from "../../utils/describeEngine.js"

describe.runIf(process.env["CI"] === "true")("in continuous integration", () => {
  it("ClickHouse is there to test with", () => assert.isTrue(isAvailable && isLoadable))
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

  /** The columns by which a table is known. */
  const key = "TraceId String, SpanId String, StartTime DateTime64(9, 'UTC')"

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
        for (const columns of [
          "TraceId UInt64",
          `${key}, SessionId UInt64`,
          `${key}, Attributes Map(String, String)`
        ]) {
          yield* sql.asCommand(sql.unsafe(`CREATE TABLE ${table} (${columns}) ENGINE = MergeTree ORDER BY TraceId`))
          const error = yield* Effect.flip(stored(prefix, sql))
          assert.strictEqual(error instanceof Storage.StorageError && error.reason, "Incompatible")
          assert.include(String(error), "tablePrefix")
          yield* sql.asCommand(sql.unsafe(`DROP TABLE ${table}`))
        }
      })
    )
  )

  it.live("leaves a table alone that lacks the records, and names the column and tablePrefix", () =>
    onClient((prefix, sql) =>
      Effect.gen(function* () {
        yield* stored(prefix, sql)
        const columns = yield* sql.unsafe<{ readonly name: string }>(
          `SELECT name FROM system.columns WHERE table = '${prefix}mastra_ai_logs' AND default_kind = 'ALIAS'`
        )
        yield* sql.asCommand(sql.unsafe(`ALTER TABLE "${prefix}mastra_ai_logs" DROP INDEX idx_words`))
        for (const column of [...columns.map(({ name }) => name), "Record"]) {
          yield* sql.asCommand(sql.unsafe(`ALTER TABLE "${prefix}mastra_ai_logs" DROP COLUMN ${column}`))
        }
        const error = yield* Effect.flip(stored(prefix, sql))
        assert.strictEqual(error instanceof Storage.StorageError && error.reason, "Incompatible")
        for (const named of [`${prefix}mastra_ai_logs`, `"Record"`, "tablePrefix"]) assert.include(String(error), named)
      })
    )
  )

  it.live("gives a table what it lacks: the session column and its indexes", () =>
    onClient((prefix, sql) =>
      Effect.gen(function* () {
        yield* sql.asCommand(
          sql.unsafe(
            `CREATE TABLE "${prefix}mastra_ai_spans" (${key}, Record String)
             ENGINE = MergeTree ORDER BY (StartTime, TraceId)`
          )
        )
        yield* stored(prefix, sql)
        const rows = yield* sql.unsafe<{ readonly name: string }>(
          `SELECT name FROM system.data_skipping_indices WHERE table = '${prefix}mastra_ai_spans'`
        )
        assert.sameMembers(
          rows.map((row) => row.name),
          ["idx_session_id", "idx_session_id_coarse", "idx_trace_id", "idx_trace_id_coarse", "idx_words"]
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

  it.live("SQL can name what is in records alone", () =>
    onClient((prefix, sql) =>
      Effect.gen(function* () {
        const wide = { wide: [2e19, -1e19, 2 ** 63, 0.000001234567890123456], text: ':20000000000000000000,"' }
        const ours = span({
          statusMessage: "no",
          attributes: { "app.turn": 7, text: "é" },
          links: [{ traceId: "1".repeat(32), spanId: "2".repeat(16), attributes: wide }],
          resource: { a: 1 }
        })
        const aLog = log({ message: "hello", data: [{ n: 1 }], cause: "Error: no" })
        yield* withStorage(sql, { tablePrefix: prefix }, (storage) =>
          Effect.gen(function* () {
            yield* storage.insertSpans([ours])
            yield* storage.insertLogs([aLog])
            assert.deepStrictEqual(yield* storage.getSpan(ours), Option.some(ours))
          })
        )
        const spans = yield* sql.unsafe(
          `SELECT StatusMessage, TraceState, toString(JSONExtractInt(Attributes, 'app.turn')) AS turn, Events, Resource, Dropped
           FROM "${prefix}mastra_ai_spans"`
        )
        assert.deepStrictEqual(spans, [
          { StatusMessage: "no", TraceState: null, turn: "7", Events: "[]", Resource: `{"a":1}`, Dropped: null }
        ])
        const logs = yield* sql.unsafe(`SELECT Message, Data, Cause FROM "${prefix}mastra_ai_logs"`)
        assert.deepStrictEqual(logs, [{ Message: "hello", Data: `[{"n":1}]`, Cause: "Error: no" }])
      })
    )
  )

  it.live("stores wide numbers beside texts of many megabytes, which hold what looks like them", () =>
    onClient((prefix, sql) =>
      withStorage(sql, { tablePrefix: prefix }, (storage) =>
        Effect.gen(function* () {
          const texts = ['\n",20000000000000000000,'.repeat(500_000), `,${"9".repeat(10_000_000)}x`, "\\"]
          const large = span({ attributes: { texts, wide: [2e19, -3e20] } })
          yield* storage.insertSpans([large])
          assert.deepStrictEqual(yield* storage.getSpan(large), Option.some(large))
        })
      )
    )
  )

  it.live("says of a row by somebody's hand that is no record that it is corrupt", () =>
    onClient((prefix, sql) =>
      withStorage(sql, { tablePrefix: prefix }, (storage) =>
        Effect.gen(function* () {
          for (const record of ["{", "", "{}"]) {
            yield* sql.asCommand(
              sql.unsafe(
                `INSERT INTO "${prefix}mastra_ai_spans" (TraceId, SpanId, StartTime, SessionId, Record)
                 VALUES ('${"a".repeat(32)}', '${"b".repeat(16)}', 0, 'corrupt', '${record}')`
              )
            )
            const error = yield* Effect.flip(storage.listTraces({ filters: { sessionId: "corrupt" } }))
            assert.strictEqual(error.reason, "Corrupt")
          }
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
          yield* storage.insertMetrics(times.map((time) => metric({ time })))
          yield* storage.insertScores(times.map((time) => score({ time })))
          for (const table of signalNames) {
            yield* sql.asCommand(sql.unsafe(`OPTIMIZE TABLE "${tablePrefix}mastra_ai_${table}" FINAL`))
          }
          for (const name of signalNames) {
            const { items } = yield* Storage.methodsOf(storage, name).list()
            assert.sameMembers(
              items.map((item) => timeOf(signals[name], item)),
              kept,
              name
            )
          }
        })
      )
    )
  )

  it.live("warns of a retention that is another than that of the tables, and takes it", () =>
    onClient((tablePrefix, sql) =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* warnings(sql, { tablePrefix }), [])
        const limited = yield* warnings(sql, { tablePrefix, retention: "30 days" })
        assert.lengthOf(limited, signalNames.length)
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

  it.live.skipIf(isServer)("asks a server for no setting that it does not know", () =>
    onClient((tablePrefix, sql) =>
      Effect.gen(function* () {
        const settings = (known: boolean) =>
          Effect.gen(function* () {
            const { exec } = connection()
            const asked = vi.spyOn(connection(), "exec").mockImplementation((params) => {
              const none = params.query.replace("FROM system.settings WHERE", "FROM system.settings WHERE false AND")
              return exec({ ...params, query: known ? params.query : none })
            })
            yield* withStorage(sql, { tablePrefix }, (storage) => storage.listTraces())
            const last = asked.mock.lastCall?.[0].clickhouse_settings ?? {}
            asked.mockRestore()
            return Object.keys(last)
          })
        const helpful = [
          "enable_multiple_prewhere_read_steps",
          "use_query_condition_cache",
          "use_skip_indexes_on_data_read"
        ]
        const [known, unknown] = [yield* settings(true), yield* settings(false)]
        assert.includeMembers(known, helpful)
        assert.sameMembers(
          unknown,
          known.filter((name) => !helpful.includes(name))
        )
      })
    )
  )

  it.live.skipIf(isServer)("finds the traces of a session by its index, and not by scanning", () =>
    onClient((tablePrefix, sql) =>
      Effect.gen(function* () {
        yield* stored(tablePrefix, sql)
        yield* sql.asCommand(
          sql.unsafe(
            `INSERT INTO "${tablePrefix}mastra_ai_spans" (TraceId, SpanId, StartTime, SessionId, Record)
             SELECT lower(hex(MD5(toString(intDiv(number, 10))))) AS traceId,
               lower(substring(hex(MD5(toString(number))), 1, 16)) AS spanId, fromUnixTimestamp64Nano(toInt64(number)),
               concat('session-', toString(intDiv(number, 1000))) AS sessionId,
               concat('{"version":"0","traceId":"', traceId, '","spanId":"', spanId, '","startTime":"',
                 toString(number), '","sessionId":"', sessionId, '"}')
             FROM numbers(200000)`
          )
        )
        const asked = vi.spyOn(connection(), "exec")
        yield* withStorage(sql, { tablePrefix }, (storage) =>
          storage.listTraces({ filters: { sessionId: "session-7" } })
        )
        const statements = asked.mock.calls.map(([params]) => params)
        asked.mockRestore()
        const granules = (part: string, index: string) =>
          Effect.promise(async () => {
            const statement = statements.find(({ query }) => query.includes(part))
            const answer = await createClient(sql.config).query({
              query: `EXPLAIN indexes = 1 ${statement?.query.replace(/\sFORMAT \w+\s*$/, "")}`,
              format: "JSONEachRow"
            })
            const plan = (await answer.json<{ readonly explain: string }>()).map(({ explain }) => explain).join("\n")
            const left = new RegExp(`Name: ${index}\n[^]*?Granules: (\\d+)/(\\d+)`).exec(plan)?.slice(1).map(Number)
            return [...(left ?? []), Number(/Granules: \d+\/(\d+)/.exec(plan)?.[1])]
          })
        for (const [query, index] of [
          ["SessionId = ", "idx_session_id"],
          ["TraceId IN ", "idx_trace_id"]
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
