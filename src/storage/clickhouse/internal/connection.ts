/**
 * Statements to a server, on a client of `@clickhouse/client`. What it answers is read here: the client would read an error
 * of any size, take no notice of an interruption once the headers have come, and forget the status.
 */
import { addAbortSignal, type Readable } from "node:stream"
import { type ClickHouseClientConfigOptions, type ClickHouseSettings, createClient } from "@clickhouse/client"
import type { Fragment } from "@effect/sql/Statement"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import { inTurns } from "../../../runtime/eventLoop.js"
import { invalidArgument, storageError } from "../../internal/errors.js"
import { StorageError } from "../../StorageError.js"
import { clientLogger } from "./logger.js"
import { type Columns, faultOf, type RowOf, text } from "./row.js"
import { compiled, type Sql, sql } from "./sql.js"
import { exceptionIn, failureOf, type Otherwise, storageErrorOf, strangeAnswer } from "./storageError.js"

export interface Connection {
  readonly sql: Sql
  /** The rows that a query gives; each has these columns. */
  readonly rows: <C extends Columns>(
    columns: C,
    query: Fragment
  ) => Effect.Effect<ReadonlyArray<RowOf<C>>, StorageError>
  readonly run: (statement: Fragment) => Effect.Effect<void, StorageError>
  /** Inserts what a body of RowBinary holds; `into` names the table and the columns. */
  readonly insert: (into: string, body: () => Readable) => Effect.Effect<void, StorageError>
}

export interface Options {
  readonly asyncInsert: boolean
  readonly cluster: string | undefined
}

export const make = Effect.fnUntraced(function* (
  config: ClickHouseClientConfigOptions,
  { asyncInsert, cluster }: Options
) {
  // To compress a statement takes longer than to send it.
  const statements = yield* clientOf({ ...config, compression: { ...config.compression, request: false } })
  const inserts = yield* clientOf(config)
  const timeout = Duration.millis(config.request_timeout ?? 30_000)
  const settings: ClickHouseSettings = { ...everySetting, ...(cluster === undefined ? {} : clusterSettings) }

  const request = (query: string, more: ClickHouseSettings, otherwise: Otherwise, body?: () => Readable) =>
    Effect.tryPromise({
      try: async (abort_signal) => {
        const answer = await (body === undefined ? statements : inserts).exec({
          query,
          abort_signal,
          clickhouse_settings: { ...settings, ...more, ...roomFor(query) },
          ignore_error_response: true,
          ...(body !== undefined && { values: body() })
        })
        const status = answer.http_status_code ?? 200
        const failed = status < 200 || status > 299 || "x-clickhouse-exception-code" in answer.response_headers
        const read = await linesOf(answer.stream, abort_signal, failed).catch((error) => {
          if (failed) return []
          throw error
        })
        if (failed) throw failureOf(status, read.join("\n"), otherwise)
        return read
      },
      catch: (cause) => (cause instanceof StorageError ? cause : storageErrorOf(cause, otherwise))
    }).pipe(
      Effect.timeoutFail({
        duration: timeout,
        onTimeout: () =>
          storageError("Timeout", `the server did not give all of its answer within ${Duration.format(timeout)}`)
      })
    )

  const rowsWith =
    (more: ClickHouseSettings) =>
    <C extends Columns>(columns: C, query: Fragment) =>
      request(
        `${compiled(query, cluster !== undefined)} FORMAT JSONEachRow`,
        { ...readSettings, ...more },
        "Query"
      ).pipe(Effect.flatMap((answer) => parseRows(columns, answer)))

  const run = (statement: Fragment) =>
    Effect.flatMap(request(compiled(statement), runSettings, "Query"), expectNothing("Query"))

  const insert = (into: string, body: () => Readable) =>
    request(
      `INSERT INTO ${into} FORMAT RowBinary`,
      { ...insertSettings, async_insert: asyncInsert ? 1 : 0, wait_for_async_insert: 1 },
      "Rejected",
      body
    ).pipe(Effect.flatMap(expectNothing("Rejected")))

  const known = yield* rowsWith({})(
    { name: text },
    sql`SELECT name FROM system.settings WHERE name IN ${sql.param("Array(String)", Object.keys(ifKnown))}`
  )
  const rows = rowsWith(Object.fromEntries(known.map(({ name }) => [name, ifKnown[name]])))
  const connection: Connection = { sql, rows, run, insert }
  return connection
})

const clientOf = Effect.fnUntraced(function* (config: ClickHouseClientConfigOptions) {
  const LoggerClass = yield* clientLogger
  return yield* Effect.acquireRelease(
    Effect.try({
      try: () => createClient({ ...config, log: { LoggerClass, ...config.log } }),
      catch: (cause) => invalidArgument("url", cause instanceof Error ? cause.message : String(cause))
    }),
    (client) => Effect.promise(() => client.close())
  )
})

/** Aggregate functions that were compiled take a `DateTime64` before 1970 for one of the far future. */
const everySetting: ClickHouseSettings = { wait_end_of_query: 1, compile_aggregate_expressions: 0 }

/**
 * Replicated tables refuse a deletion whose condition has a subquery, which on each replica finds what it finds there. Of
 * each host that has made a table there would be a row.
 */
const clusterSettings: ClickHouseSettings = {
  distributed_foreground_insert: 1,
  allow_nondeterministic_mutations: 1,
  distributed_ddl_output_mode: "none"
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

/** The value of `max_query_size` where nobody has changed it. */
const defaultQuerySize = 262_144

/** A statement has room for its values: a character takes at most three bytes. */
const roomFor = (query: string): ClickHouseSettings =>
  3 * query.length <= defaultQuerySize ? {} : { max_query_size: String(3 * query.length) }

/** The most bytes of an answer: a string cannot hold much more. Of an error the beginning is enough. */
const maxBytes = 256 * 2 ** 20
const maxErrorBytes = 64 * 2 ** 10

/** The lines of an answer. They are cut as it comes: to cut a text of 100 MB holds the event loop for as long as to read it. */
const linesOf = async (stream: Readable, signal: AbortSignal, isError: boolean): Promise<Array<string>> => {
  const decoder = new TextDecoder()
  const lines: Array<string> = []
  let last = ""
  let bytes = 0
  for await (const chunk of addAbortSignal(signal, stream) as AsyncIterable<Uint8Array>) {
    bytes += chunk.length
    const [first = "", ...others] = decoder.decode(chunk, { stream: true }).split("\n")
    last += first
    for (const line of others) {
      lines.push(last)
      last = line
    }
    if (isError && bytes > maxErrorBytes) break
    if (bytes > maxBytes) {
      throw storageError("Query", `the answer has more than ${maxBytes / 2 ** 20} MiB: ask for less at once`)
    }
  }
  lines.push(last + decoder.decode())
  return lines
}

/** Rows come one a line; what is none says why the rest is missing. */
const parseRows = Effect.fnUntraced(function* <C extends Columns>(columns: C, answer: Array<string>) {
  const lines = answer.slice(0, -1)
  const broken = answer.at(-1) ?? ""
  const { fault, rows } = yield* inTurns(() => parsed(columns, lines))
  if (rows.length < lines.length) return yield* strangeAnswer(lines.slice(rows.length).join("\n"))
  if (broken !== "") {
    const isPart = broken.startsWith("{") && Option.isNone(parseJson(broken))
    return yield* isPart ? (exceptionIn(broken) ?? brokenOff()) : strangeAnswer(broken)
  }
  if (fault !== undefined) {
    return yield* storageError("Query", `the server answered a row that is not what was asked for: ${fault}`)
  }
  return rows as ReadonlyArray<RowOf<C>>
})

/** The rows up to the first line that is none, and the first column that does not hold what it should. */
function* parsed(columns: Columns, lines: ReadonlyArray<string>) {
  const rows: Array<object> = []
  let fault: string | undefined
  for (const line of lines) {
    const row = Option.filter(parseJson(line), isRow)
    if (Option.isNone(row)) break
    fault ??= faultOf(columns, row.value)
    rows.push(row.value)
    yield
  }
  return { rows, fault }
}

export const parseJson = Option.liftThrowable((line: string): unknown => JSON.parse(line))

/** An exception may come as a row, too. */
const isRow = (json: unknown): json is object => Predicate.isRecord(json) && !("exception" in json)

const brokenOff = () => storageError("Unavailable", "the answer of the server broke off")

/** Statements that are no queries have nothing to answer. */
const expectNothing = (otherwise: Otherwise) => (lines: ReadonlyArray<string>) => {
  const answer = lines.join("\n")
  return answer === "" ? Effect.void : (exceptionIn(answer, otherwise) ?? strangeAnswer(answer))
}

/** The one row that a query gives. */
export const one = <Row>(rows: ReadonlyArray<Row>): Effect.Effect<Row, StorageError> => {
  const [row, ...more] = rows
  return row === undefined || more.length > 0
    ? storageError("Query", `the server answered ${rows.length} rows in place of one`)
    : Effect.succeed(row)
}
