import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { DuckDBInstance } from "@duckdb/node-api"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Option } from "effect"
import * as DuckDbClient from "../../../src/storage/duckdb/DuckDbClient.js"
import * as DuckDbStorage from "../../../src/storage/duckdb/DuckDbStorage.js"
import * as Storage from "../../../src/storage/Storage.js"
import { at, log, metric, score, span } from "../../../src/testing/Records.js"

/** A storage, and a client by which somebody changes what is in it. */
const live = (path = ":memory:") => DuckDbStorage.layerClient().pipe(Layer.provideMerge(DuckDbClient.layer({ path })))

const sessionId = "s"
const ids = { sessionId, traceId: "1".repeat(32) }

const store = Effect.gen(function* () {
  const storage = yield* Storage.Storage
  yield* storage.insertSpans([
    span({
      sessionId,
      name: "bad",
      startTime: at(2),
      endTime: at(3),
      events: [{ name: "e", time: at(2), attributes: {} }]
    }),
    span({ ...ids, name: "good", startTime: at(1), endTime: at(4), metadata: { a: 1 }, tags: ["t"] })
  ])
  yield* storage.insertLogs([log({ ...ids, message: "bad", timestamp: at(2) }), log({ ...ids, message: "good" })])
  yield* storage.insertMetrics([metric({ name: "bad" }), metric({ name: "good" })])
  yield* storage.insertScores([score({ ...ids, name: "bad" }), score({ ...ids, name: "good" })])
  return storage
})

/** Reads of all kinds, each of which answers, and shows the row that nobody has changed. */
const readAll = (storage: Storage.StorageService) =>
  Effect.gen(function* () {
    const names = (found: { readonly items: ReadonlyArray<object> }) =>
      found.items.map((item) => ("message" in item ? item.message : "name" in item ? item.name : undefined))
    for (const direction of ["asc", "desc"] as const) {
      const options = { orderBy: { field: "time", direction } } as const
      assert.include(names(yield* storage.listTraces(options)), "good")
      assert.isAtLeast((yield* storage.listSessions(options)).items.length, 1)
    }
    assert.include(names(yield* storage.listSpans({ filters: { metadata: { a: 1 } } })), "good")
    assert.include(names(yield* storage.listSpans({ orderBy: { field: "duration", direction: "desc" } })), "good")
    assert.include(names(yield* storage.listLogs()), "good")
    assert.include(names(yield* storage.listMetrics()), "good")
    assert.include(names(yield* storage.listScores()), "good")
    const timeline = yield* storage.sessionTimeline({ sessionId })
    assert.include(names(timeline), "good")
    const trace = Option.getOrThrow(yield* storage.getTrace(ids.traceId))
    assert.include(names({ items: trace.spans }), "good")
    assert.isTrue(Option.isSome(yield* storage.getSession(sessionId)))
    assert.isString(JSON.stringify([timeline, trace, yield* storage.listSpans()]))
  })

/** For columns of JSON, which take only such texts, and for all others. */
const values = (type: string) =>
  type === "JSON"
    ? ["'[null, 1]'", `'[{"time":"x"},{"time":1,"name":2,"attributes":[]}]'`, `'{"a":{"b":[{}]}}'`, "'1'"]
    : type === "BIGINT"
      ? ["-9223372036854775808"]
      : ["'zzz'"]

describe("a row that somebody changed", () => {
  for (const table of ["spans", "logs", "metrics", "scores"] as const) {
    it.effect(
      `of ${table} hides no other, whatever is in which of its columns`,
      () =>
        Effect.gen(function* () {
          const storage = yield* store
          const sql = yield* DuckDbClient.DuckDbClient
          const name = `mastra_ai_${table}`
          const columns = yield* sql<{ readonly name: string; readonly type: string }>`
          SELECT column_name AS name, data_type AS type FROM duckdb_columns() WHERE table_name = ${name}`
          yield* sql.unsafe(`CREATE TABLE was AS SELECT * FROM ${name}`)
          const word = table === "logs" ? "message" : "name"
          for (const column of columns) {
            for (const value of ["NULL", ...values(column.type)]) {
              const update = sql.unsafe(`UPDATE ${name} SET "${column.name}" = ${value} WHERE ${word} = 'bad'`)
              if ((yield* Effect.either(update))._tag === "Left") continue
              yield* readAll(storage).pipe(
                Effect.mapError((error) => new Error(`${column.name} = ${value}: ${error.message}`))
              )
              yield* sql.unsafe(`DELETE FROM ${name}; INSERT INTO ${name} SELECT * FROM was`)
            }
          }
        }).pipe(Effect.provide(live())),
      120_000
    )
  }

  it.scoped("to texts that are no JSON, or to numbers that are not finite, hides no other", () =>
    Effect.gen(function* () {
      const folder = Fs.mkdtempSync(Path.join(Os.tmpdir(), "duckdb-rows-"))
      yield* Effect.addFinalizer(() => Effect.sync(() => Fs.rmSync(folder, { recursive: true })))
      const path = Path.join(folder, "spans.duckdb")
      yield* Effect.gen(function* () {
        const storage = yield* store
        const sql = yield* DuckDbClient.DuckDbClient
        yield* sql`CREATE TABLE texts (text JSON)`
        // An appender checks nothing.
        yield* Effect.promise(async () => {
          const connection = await (await DuckDBInstance.fromCache(path)).connect()
          const appender = await connection.createAppender("texts")
          appender.appendVarchar("{")
          appender.endRow()
          appender.closeSync()
          connection.closeSync()
        })
        yield* sql.unsafe(`
          UPDATE mastra_ai_logs SET data = (SELECT text FROM texts) WHERE message = 'bad';
          UPDATE mastra_ai_scores SET value = 'NaN', metadata = (SELECT text FROM texts) WHERE name = 'bad';
          UPDATE mastra_ai_spans SET cost_usd = 'Infinity', attributes = '{"NaN":NaN}' WHERE name = 'bad'`)
        yield* readAll(storage)
        const { items } = yield* storage.listSpans({ filters: { name: "bad" } })
        assert.deepStrictEqual([items[0]?.costUsd, items[0]?.attributes], [undefined, { NaN: null }])
        yield* sql`UPDATE mastra_ai_spans SET metadata = (SELECT text FROM texts) WHERE name = 'bad'`
        yield* readAll(storage)
      }).pipe(Effect.provide(live(path)))
    })
  )
})
