import { ClickhouseClient } from "@effect/sql-clickhouse"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import * as ClickhouseStorage from "../../../src/storage/clickhouse/ClickhouseStorage.js"
import { creation } from "../../../src/storage/clickhouse/internal/schema.js"
import * as Storage from "../../../src/storage/Storage.js"
import { freshPrefix, isAvailable, layerClient } from "../../utils/chdb.js"
import { describeClickhouse } from "../../utils/describeClickhouse.js"
import { span } from "../../utils/records.js"

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

  const stored = (prefix: string, sql: ClickhouseClient.ClickhouseClient) =>
    Storage.Storage.pipe(
      Effect.zipRight(Effect.void),
      Effect.provide(ClickhouseStorage.layerClient({ tablePrefix: prefix })),
      Effect.provideService(ClickhouseClient.ClickhouseClient, sql)
    )

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
          ["idx_session_id", "idx_trace_id"]
        )
        const record = span({ sessionId: "s" })
        yield* Effect.gen(function* () {
          const storage = yield* Storage.Storage
          yield* storage.insertSpans([record])
          assert.deepStrictEqual(yield* storage.getSpan(record), Option.some(record))
        }).pipe(
          Effect.provide(ClickhouseStorage.layerClient({ tablePrefix: prefix })),
          Effect.provideService(ClickhouseClient.ClickhouseClient, sql)
        )
      })
    )
  )
})
