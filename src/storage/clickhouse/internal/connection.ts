/**
 * Statements to a server. They are written with a client of `@effect/sql-clickhouse`, and run on one of
 * `@clickhouse/client` with the same configuration: that can be interrupted without waiting for the server, and shows an
 * exception that comes after the status 200.
 */
import type { Readable } from "node:stream"
import { text } from "node:stream/consumers"
import { type ClickHouseSettings, createClient, parseError } from "@clickhouse/client"
import type { Fragment } from "@effect/sql/Statement"
import type { ClickhouseClient } from "@effect/sql-clickhouse/ClickhouseClient"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { mapInTurns } from "../../../runtime/eventLoop.js"
import { invalidArgument, storageError } from "../../internal/errors.js"
import type { StorageError } from "../../StorageError.js"
import { clientLogger } from "./logger.js"
import { storageErrorOf } from "./storageError.js"

export interface Connection {
  readonly sql: ClickhouseClient
  readonly rows: <Row>(query: Fragment) => Effect.Effect<ReadonlyArray<Row>, StorageError>
  readonly run: (statement: Fragment) => Effect.Effect<void, StorageError>
  /** Inserts what a body of RowBinary holds; `into` names the table and the columns. */
  readonly insert: (into: string, body: () => Readable) => Effect.Effect<void, StorageError>
}

export interface Options {
  readonly asyncInsert: boolean
  readonly cluster: string | undefined
}

export const make = Effect.fnUntraced(function* (client: ClickhouseClient, { asyncInsert, cluster }: Options) {
  const sql = client.withoutTransforms() as ClickhouseClient
  const LoggerClass = yield* clientLogger
  const server = yield* Effect.acquireRelease(
    Effect.try({
      try: () =>
        createClient({ use_multipart_params_auto: true, ...client.config, log: { LoggerClass, ...client.config.log } }),
      catch: (cause) => invalidArgument("url", String(cause))
    }),
    (server) => Effect.promise(() => server.close())
  )
  const settings: ClickHouseSettings = { ...everySetting, ...(cluster === undefined ? {} : clusterSettings) }

  const rowsWith =
    (more: ClickHouseSettings) =>
    <Row>(query: Fragment) =>
      request((abort_signal) =>
        server
          .query({
            ...compiled(sql, query),
            format: "JSONEachRow",
            abort_signal,
            clickhouse_settings: { ...settings, ...readSettings, ...more }
          })
          .then((result) => result.text())
      ).pipe(Effect.flatMap(parseRows<Row>))

  const run = (statement: Fragment) =>
    Effect.asVoid(
      request((abort_signal) =>
        server.command({
          ...compiled(sql, statement),
          abort_signal,
          clickhouse_settings: { ...settings, ...runSettings }
        })
      )
    )

  const insert = (into: string, body: () => Readable) =>
    request(
      (abort_signal) =>
        server
          .exec({
            query: `INSERT INTO ${into} FORMAT RowBinary`,
            values: body(),
            abort_signal,
            clickhouse_settings: {
              ...settings,
              ...insertSettings,
              async_insert: asyncInsert ? 1 : 0,
              wait_for_async_insert: 1
            }
          })
          .then((result) => text(result.stream)),
      "Rejected"
    ).pipe(Effect.flatMap((answer) => (answer === "" ? Effect.void : Effect.fail(exceptionIn(answer, "Rejected")))))

  const known = yield* rowsWith({})<{ readonly name: string }>(
    sql`SELECT name FROM system.settings WHERE name IN ${sql.param("Array(String)", Object.keys(ifKnown))}`
  )
  const rows = rowsWith(Object.fromEntries(known.map(({ name }) => [name, ifKnown[name]])))
  const connection: Connection = { sql, rows, run, insert }
  return connection
})

/** Aggregate functions that were compiled take a `DateTime64` before 1970 for one of the far future. */
const everySetting: ClickHouseSettings = { wait_end_of_query: 1, compile_aggregate_expressions: 0 }

/** Replicated tables refuse a deletion whose condition has a subquery, which on each replica finds what it finds there. */
const clusterSettings: ClickHouseSettings = {
  distributed_product_mode: "global",
  distributed_foreground_insert: 1,
  allow_nondeterministic_mutations: 1
}

/** A server cancels what is read by POST for somebody who went away only where it may do nothing but read. */
const readSettings: ClickHouseSettings = {
  readonly: "2",
  cancel_http_readonly_queries_on_client_close: 1,
  output_format_json_quote_64bit_integers: 1
}

/** Settings that are sent only to a server that knows them. */
const ifKnown: Readonly<Record<string, 0 | 1>> = {
  // With more than one step, 26.7 computes a column that old parts lack of columns that it has dropped: its issue 111757.
  enable_multiple_prewhere_read_steps: 0,
  // The cache remembers conditions, and each of ours is of one session or trace that nobody asks for again.
  use_query_condition_cache: 0,
  // A session's traces in a tenth less time.
  use_skip_indexes_on_data_read: 0
}

/** A deletion is done when it has been applied everywhere. */
const runSettings: ClickHouseSettings = { lightweight_deletes_sync: "2", mutations_sync: "2" }

/** Records of any age are stored together. */
const insertSettings: ClickHouseSettings = { max_partitions_per_insert_block: "0" }

const request = <A>(run: (signal: AbortSignal) => Promise<A>, otherwise?: "Rejected") =>
  Effect.tryPromise({ try: run, catch: (cause) => storageErrorOf(cause, otherwise) })

const compiled = (sql: ClickhouseClient, fragment: Fragment) => {
  const [query, params] = sql`${fragment}`.compile()
  return { query, query_params: Object.fromEntries(params.map((value, i) => [`p${i + 1}`, value])) }
}

/** Rows come one a line; what is none says why the rest is missing. */
const parseRows = Effect.fnUntraced(function* <Row>(answer: string) {
  const lines = answer.split("\n")
  const broken = lines.pop()
  if (broken !== "") return yield* exceptionIn(answer)
  const rows = yield* mapInTurns(lines, (line) => Either.try(() => JSON.parse(line) as Row & object))
  const complete = Either.all(rows)
  if (Either.isLeft(complete) || complete.right.some((row) => "exception" in row)) return yield* exceptionIn(answer)
  return complete.right
})

const exceptionIn = (answer: string, otherwise?: "Rejected"): StorageError => {
  const at = answer.search(/(Code|Error): \d+\. ?DB::/)
  return at < 0
    ? storageError("Unavailable", "the answer of the server broke off")
    : storageErrorOf(parseError(answer.slice(at)), otherwise)
}
