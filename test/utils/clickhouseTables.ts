import { ClickhouseClient } from "@effect/sql-clickhouse"
import { it } from "@effect/vitest"
import { Effect } from "effect"
import * as ClickhouseStorage from "../../src/storage/clickhouse/ClickhouseStorage.js"
import * as Storage from "../../src/storage/Storage.js"
import { freshPrefix, layerClient } from "./chdb.js"

/** Tables of a prefix that is new. */
export interface Tables {
  readonly prefix: string
  /** The name of a table, quoted. */
  readonly named: (name: string) => string
  /** The rows of a query, or what a statement does. */
  readonly run: (statement: string) => Effect.Effect<ReadonlyArray<Record<string, unknown>>, unknown>
  /** A storage on them: with each, another process comes to them. */
  readonly open: Effect.Effect<Storage.StorageService, unknown>
}

/** A test on tables of its own. */
export const onTables = (behaviour: string, test: (tables: Tables) => Effect.Effect<void, unknown>) =>
  it.live(
    behaviour,
    () =>
      Effect.gen(function* () {
        const sql = yield* ClickhouseClient.ClickhouseClient
        const prefix = yield* freshPrefix
        yield* test({
          prefix,
          named: (name) => `"${prefix}mastra_ai_${name}"`,
          run: (statement) =>
            statement.startsWith("SELECT")
              ? sql.unsafe<Record<string, unknown>>(statement)
              : Effect.as(sql.asCommand(sql.unsafe(statement)), []),
          open: Storage.Storage.pipe(
            Effect.provide(ClickhouseStorage.layerClient({ tablePrefix: prefix })),
            Effect.provideService(ClickhouseClient.ClickhouseClient, sql),
            Effect.scoped
          )
        })
      }).pipe(Effect.provide(layerClient), Effect.scoped),
    60_000
  )
