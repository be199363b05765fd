/**
 * What a fresh store in DuckDB has, how a whole record lies in it, and what it is asked: compared with the files duckdb.*
 * of this folder; golden.ts says how to write them anew. DuckDB's own log tells the statements, whatever of the library
 * sends them, without the values of their parameters.
 */
import { describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { Storage } from "effect-observability"
import { DuckDbClient, DuckDbStorage } from "effect-observability/duckdb"
import { definition, lines, matchesGolden, sections, statement } from "./golden.js"
import { fill, questions, wholeLog, wholeSpan } from "./records.js"

const withClient = <A, E>(run: (sql: DuckDbClient.DuckDbClient) => Effect.Effect<A, E>) =>
  Effect.flatMap(DuckDbClient.DuckDbClient, run).pipe(Effect.provide(DuckDbClient.layer({ path: ":memory:" })))

/** Runs with a fresh store in the database of a client. */
const withStorage = <A, E>(
  sql: DuckDbClient.DuckDbClient,
  use: (storage: Storage.StorageService) => Effect.Effect<A, E>
) =>
  Effect.flatMap(Storage.Storage, use).pipe(
    Effect.provide(DuckDbStorage.layerClient().pipe(Layer.provide(Layer.succeed(DuckDbClient.DuckDbClient, sql))))
  )

/** The statements that DuckDB runs for an effect. */
const statementsOf = Effect.fnUntraced(function* <A, E>(sql: DuckDbClient.DuckDbClient, effect: Effect.Effect<A, E>) {
  yield* sql`CALL enable_logging('QueryLog')`
  yield* sql`CALL truncate_duckdb_logs()`
  yield* effect
  yield* sql`CALL disable_logging()`
  const rows = yield* sql<{ readonly message: string }>`
    SELECT message FROM duckdb_logs WHERE type = 'QueryLog' AND message NOT SIMILAR TO 'CALL (truncate|disable)_.*'
    ORDER BY query_id`
  return rows.map(({ message }) => statement(message)).join("\n\n")
})

describe("DuckDB", () => {
  it.effect("a fresh store has these tables and indexes", () =>
    withClient((sql) =>
      withStorage(sql, () =>
        Effect.gen(function* () {
          const rows = yield* sql<{ readonly name: string; readonly sql: string }>`
            SELECT table_name AS name, sql FROM duckdb_tables()
            UNION ALL SELECT index_name, sql FROM duckdb_indexes() ORDER BY 1`
          yield* matchesGolden("duckdb.ddl.sql", sections(rows.map((row) => [row.name, definition(row.sql)])))
        })
      )
    )
  )

  it.effect("anyone's SQL finds a whole span and a whole log like this", () =>
    withClient((sql) =>
      withStorage(sql, (storage) =>
        Effect.gen(function* () {
          yield* Effect.zipRight(storage.insertSpans([wholeSpan]), storage.insertLogs([wholeLog]))
          // The number of a block is made of the time of day.
          const rowsOf = (table: string) =>
            sql.unsafe<{ readonly row: object }>(
              `SELECT to_json(t) AS row FROM (SELECT * REPLACE (word_block > 0 AS word_block) FROM ${table}) t`
            )
          const [spans, logs] = [yield* rowsOf("mastra_ai_spans"), yield* rowsOf("mastra_ai_logs")]
          yield* matchesGolden(
            "duckdb.rows.txt",
            sections([
              ["a span", spans.map(({ row }) => lines(row)).join("\n\n")],
              ["a log", logs.map(({ row }) => lines(row)).join("\n\n")]
            ])
          )
        })
      )
    )
  )

  it.effect("every question asks this", () =>
    withClient((sql) =>
      Effect.gen(function* () {
        const opening = yield* statementsOf(
          sql,
          withStorage(sql, () => Effect.void)
        )
        const asked = yield* withStorage(sql, (storage) =>
          Effect.gen(function* () {
            const filling = yield* statementsOf(sql, fill(storage))
            const again = yield* statementsOf(sql, fill(storage))
            const answering = yield* Effect.forEach(questions, ({ ask, what }) =>
              Effect.flatMap(ask(storage), (answer) =>
                Effect.map(statementsOf(sql, answer), (statements) => [what, statements] as const)
              )
            )
            return [
              ["insertSpans and insertLogs", filling] as const,
              ["insertSpans and insertLogs of what is stored", again] as const,
              ...answering
            ]
          })
        )
        yield* matchesGolden("duckdb.statements.sql", sections([["a fresh store is opened", opening], ...asked]))
      })
    )
  )
})
