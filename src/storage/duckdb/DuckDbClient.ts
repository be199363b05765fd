/**
 * DuckDB, embedded, as a client of `@effect/sql`.
 *
 * @since 0.1.0
 */
import type { DuckDBResult } from "@duckdb/node-api"
import * as Reactivity from "@effect/experimental/Reactivity"
import * as SqlClient from "@effect/sql/SqlClient"
import type { Connection } from "@effect/sql/SqlConnection"
import type { SqlError } from "@effect/sql/SqlError"
import * as Statement from "@effect/sql/Statement"
import * as Config from "effect/Config"
import type { ConfigError } from "effect/ConfigError"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Append from "./internal/append.js"
import { commit, type DuckDbConnection } from "./internal/connection.js"
import { clientError, sqlError } from "./internal/error.js"
import * as Instance from "./internal/instance.js"
import * as Result from "./internal/result.js"

export {
  /**
   * @since 0.1.0
   * @category errors
   */
  DuckDbError,
  /**
   * @since 0.1.0
   * @category errors
   */
  type DuckDbErrorKind
} from "./internal/error.js"

/**
 * The key by which a client of DuckDB is known from those of other databases.
 *
 * @since 0.1.0
 * @category type ids
 */
export const TypeId: unique symbol = Symbol.for("effect-observability/DuckDbClient")

/**
 * The type of that key.
 *
 * @since 0.1.0
 * @category type ids
 */
export type TypeId = typeof TypeId

/**
 * An `@effect/sql` client of one DuckDB database.
 *
 * **What is read.** Integers of 64 bits and more are numbers where a number holds them exactly, else bigints (always
 * bigints with `SqlClient.SafeIntegers`). DECIMAL is a number up to 15 digits, else a string. DATE and every TIMESTAMP
 * are a `Date` in UTC, cut to milliseconds. BLOB is a `Uint8Array`, JSON is parsed (cast it to VARCHAR for its text),
 * UUID and ENUM are strings, LIST and ARRAY arrays, STRUCT an object, MAP an array of `{ key, value }`, INTERVAL
 * `{ months, days, micros }`.
 *
 * **What is bound.** `null` and `undefined` are NULL, a `Date` is a TIMESTAMP in UTC, a `Uint8Array` a BLOB, an array of
 * one kind of scalar a LIST, any other array and a plain object its JSON text; the value classes of `@duckdb/node-api`
 * are bound as they are.
 *
 * **Errors.** Every failure is an `SqlError` with a `DuckDbError` as its `cause`. An interrupt stops the statement that
 * runs and returns when it has stopped.
 *
 * @since 0.1.0
 * @category models
 */
export interface DuckDbClient extends SqlClient.SqlClient {
  readonly [TypeId]: TypeId
  readonly config: DuckDbClientConfig
  /**
   * Inserts many rows at once, given as rows or as columns of equal length, all or none; what a row or column leaves out
   * is NULL. Far faster than `sql.insert`, and off the JavaScript thread but for the encoding.
   */
  readonly append: (
    table: string,
    data: ReadonlyArray<Readonly<Record<string, unknown>>> | Readonly<Record<string, ReadonlyArray<unknown>>>
  ) => Effect.Effect<void, SqlError>
  /** Runs an effect while no other client of the same file in this process is in `withWriteLock`. */
  readonly withWriteLock: <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
}

/**
 * The service tag of the client.
 *
 * @since 0.1.0
 * @category tags
 */
export const DuckDbClient = Context.GenericTag<DuckDbClient>("effect-observability/DuckDbClient")

/**
 * Which database is opened, and how.
 *
 * @since 0.1.0
 * @category models
 */
export interface DuckDbClientConfig {
  /** The file, created with its folder if it is missing, or `":memory:"`. */
  readonly path: string
  readonly readOnly?: boolean | undefined
  /** Settings of DuckDB, as in `SET name = value`. Clients of one file in one process must agree on them. */
  readonly settings?: Readonly<Record<string, string | number | boolean>> | undefined
  /** Connections, 2 by default: each statement that runs occupies one of the four threads of libuv. */
  readonly poolSize?: number | undefined
  readonly spanAttributes?: Readonly<Record<string, unknown>> | undefined
  readonly transformResultNames?: ((name: string) => string) | undefined
  readonly transformQueryNames?: ((name: string) => string) | undefined
}

/**
 * Opens a database until the scope closes, which stops what still runs, writes the checkpoint and frees the file.
 * Clients of the same file share one instance of it. Fails with what `DuckDbError` says when it cannot be opened.
 *
 * @example
 * ```ts
 * import * as Reactivity from "@effect/experimental/Reactivity"
 * import { Effect } from "effect"
 * import { DuckDbClient } from "effect-observability/duckdb"
 *
 * const answer = Effect.gen(function* () {
 *   const sql = yield* DuckDbClient.make({ path: ":memory:" })
 *   return yield* sql<{ readonly answer: number }>`SELECT 42 AS answer`
 * }).pipe(Effect.scoped, Effect.provide(Reactivity.layer))
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make: (
  options: DuckDbClientConfig
) => Effect.Effect<DuckDbClient, SqlError, Scope.Scope | Reactivity.Reactivity> = Effect.fnUntraced(
  function* (options) {
    const reactivity = yield* Reactivity.Reactivity
    const compiler = makeCompiler(options.transformQueryNames)
    const transformRows =
      options.transformResultNames === undefined
        ? undefined
        : Statement.defaultTransforms(options.transformResultNames).array
    const spanAttributes: Array<[string, unknown]> = [
      ...Object.entries(options.spanAttributes ?? {}),
      ["db.system.name", "duckdb"]
    ]

    const instance = yield* Instance.open(options.path, databaseSettings(options))
    const pool = makePool(
      yield* Effect.replicateEffect(
        Effect.acquireRelease(instance.connect, (connection) => connection.close),
        options.poolSize ?? 2
      )
    )

    // A tag of this client alone: a transaction of another client must not capture its statements, nor the reverse.
    const Transaction = Context.GenericTag<Connection>(`effect-observability/DuckDbClient/Transaction/${++clients}`)
    const currentTransaction = Effect.serviceOption(Transaction)
    const acquirer = Effect.flatMap(currentTransaction, (current) =>
      Option.isSome(current) ? Effect.succeed(current.value) : Effect.map(pool.scoped, streamingConnection)
    )
    const reserve = Effect.map(pool.scoped, reservedConnection)

    const withTransaction = <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E | SqlError, R> =>
      Effect.useSpan(
        "sql.transaction",
        { kind: "client", captureStackTrace: false, attributes: Object.fromEntries(spanAttributes) },
        (span) =>
          Effect.flatMap(currentTransaction, (current) =>
            Option.isSome(current)
              ? Effect.fail(nestedTransaction())
              : pool.use((connection) =>
                  transact(
                    connection,
                    Effect.provideService(self, Transaction, reservedConnection(connection)).pipe(
                      Effect.withParentSpan(span)
                    )
                  )
                )
          )
      )

    const append =
      (identifier: (name: string) => string): DuckDbClient["append"] =>
      (table, data) => {
        const insert = Effect.scoped(
          Effect.flatMap(acquirer, (connection) => bulkInsert(connection, identifier, table, data))
        )
        return Effect.flatMap(currentTransaction, (current) =>
          Option.isSome(current) ? insert : withTransaction(insert)
        )
      }

    const members = {
      [TypeId]: TypeId as TypeId,
      [SqlClient.TypeId]: SqlClient.TypeId as SqlClient.TypeId,
      config: options,
      reserve,
      withTransaction,
      withWriteLock: instance.withWriteLock,
      reactive: reactivity.stream,
      reactiveMailbox: reactivity.query
    }
    const client = (transform: boolean, withoutTransforms?: DuckDbClient): DuckDbClient => {
      const self = Statement.make(
        acquirer,
        transform ? compiler : compiler.withoutTransform,
        spanAttributes,
        transform ? transformRows : undefined
      ) as DuckDbClient
      return Object.assign(self, members, {
        append: append(identifier(transform ? options.transformQueryNames : undefined)),
        safe: self,
        withoutTransforms: () => withoutTransforms ?? self
      })
    }
    return client(true, transformRows === undefined ? undefined : client(false))
  }
)

let clients = 0

/**
 * The client under its own tag and under that of `SqlClient`, open as long as the layer.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { DuckDbClient } from "effect-observability/duckdb"
 *
 * const program = Effect.gen(function* () {
 *   const sql = yield* DuckDbClient.DuckDbClient
 *   yield* sql`CREATE TABLE runs (id INTEGER, note VARCHAR)`
 *   yield* sql.append("runs", { id: [1, 2], note: ["first", null] })
 *   return yield* sql`SELECT * FROM runs WHERE id = ${1}`
 * }).pipe(Effect.provide(DuckDbClient.layer({ path: ":memory:" })))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (config: DuckDbClientConfig): Layer.Layer<DuckDbClient | SqlClient.SqlClient, SqlError> =>
  layerFrom(make(config))

/**
 * The same from an Effect `Config`.
 *
 * @example
 * ```ts
 * import { Config } from "effect"
 * import { DuckDbClient } from "effect-observability/duckdb"
 *
 * const ClientLive = DuckDbClient.layerConfig({ path: Config.string("DUCKDB_PATH") })
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig = (
  config: Config.Config.Wrap<DuckDbClientConfig>
): Layer.Layer<DuckDbClient | SqlClient.SqlClient, ConfigError | SqlError> =>
  layerFrom(Effect.flatMap(Config.unwrap(config), make))

const layerFrom = <E>(client: Effect.Effect<DuckDbClient, E, Scope.Scope | Reactivity.Reactivity>) =>
  Layer.scopedContext(
    Effect.map(client, (client) => Context.make(DuckDbClient, client).pipe(Context.add(SqlClient.SqlClient, client)))
  ).pipe(Layer.provide(Reactivity.layer))

/**
 * The statements of DuckDB: `?` parameters and identifiers in double quotes. Its dialect is `"sqlite"`, the nearest of
 * those that `@effect/sql` knows.
 *
 * @since 0.1.0
 * @category compiler
 */
export const makeCompiler = (transform?: (name: string) => string): Statement.Compiler => {
  const escape = identifier(undefined)
  const escapeTransformed = identifier(transform)
  return Statement.makeCompiler({
    dialect: "sqlite",
    placeholder: () => "?",
    onIdentifier: (value, withoutTransform) => (withoutTransform ? escape(value) : escapeTransformed(value)),
    onRecordUpdate: (placeholders, alias, columns, values, returning) => [
      `(VALUES ${placeholders}) AS ${alias}${columns}${returning === undefined ? "" : ` RETURNING ${returning[0]}`}`,
      returning === undefined ? values.flat() : [...values.flat(), ...returning[1]]
    ],
    onCustom: () => ["", []]
  })
}

const identifier = (transform: ((name: string) => string) | undefined): ((name: string) => string) =>
  transform === undefined ? escapeIdentifier : (name) => escapeIdentifier(transform(name))

const escapeIdentifier = Statement.defaultEscape('"')

const databaseSettings = (options: DuckDbClientConfig): Record<string, string> => ({
  ...Object.fromEntries(Object.entries(options.settings ?? {}).map(([name, value]) => [name, String(value)])),
  ...(options.readOnly === true ? { access_mode: "READ_ONLY" } : {})
})

interface Pool {
  readonly use: <A, E, R>(f: (connection: DuckDbConnection) => Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  readonly scoped: Effect.Effect<DuckDbConnection, never, Scope.Scope>
}

const makePool = (connections: ReadonlyArray<DuckDbConnection>): Pool => {
  const idle = [...connections]
  const permits = Effect.unsafeMakeSemaphore(idle.length)
  const take = (permit: Effect.Effect<number>) => Effect.map(permit, () => idle.pop() as DuckDbConnection)
  const give = (connection: DuckDbConnection) =>
    Effect.suspend(() => {
      idle.push(connection)
      return permits.release(1)
    })
  return {
    use: (f) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.flatMap(take(restore(permits.take(1))), (connection) =>
          Effect.ensuring(restore(f(connection)), give(connection))
        )
      ),
    scoped: Effect.uninterruptibleMask((restore) =>
      Effect.tap(take(restore(permits.take(1))), (connection) => Effect.addFinalizer(() => give(connection)))
    )
  }
}

/** Runs an effect between `BEGIN` and `COMMIT`; a commit that DuckDB refuses is a failure like any other. */
const transact = <A, E, R>(
  connection: DuckDbConnection,
  self: Effect.Effect<A, E, R>
): Effect.Effect<A, E | SqlError, R> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(connection.run("BEGIN", []), () =>
      restore(self).pipe(
        Effect.tap(() => connection.run(commit, [])),
        Effect.onError(() => Effect.ignore(connection.run("ROLLBACK", [])))
      )
    )
  )

const nestedTransaction = () =>
  clientError(
    "TransactionContext",
    "DuckDB has no savepoints: a transaction inside a transaction cannot be rolled back"
  )

/** For single statements: a stream takes the whole connection. */
const streamingConnection = (connection: DuckDbConnection): Connection => makeConnection(connection, connection.stream)

/** For many statements: a stream would be ended by the next of them, so DuckDB computes it whole and it is read in parts. */
const reservedConnection = (connection: DuckDbConnection): Connection =>
  makeConnection(connection, (sql, params) =>
    Effect.map(connection.run(sql, params), (result) => {
      let chunk = 0
      return { result, next: Effect.sync(() => (chunk < result.chunkCount ? result.getChunk(chunk++) : null)) }
    })
  )

const makeConnection = (connection: DuckDbConnection, open: DuckDbConnection["stream"]): Connection => {
  const execute: Connection["execute"] = (sql, params, transformRows) => {
    const rows = Result.rows(connection.run(sql, params), Result.asObject)
    return transformRows === undefined ? rows : Effect.map(rows, transformRows)
  }
  return {
    execute,
    executeRaw: connection.run,
    executeValues: (sql, params) => Result.rows(connection.run(sql, params), Result.asArray),
    executeUnprepared: execute,
    executeStream: (sql, params, transformRows) =>
      Result.stream(open(sql, params), (rows) => (transformRows === undefined ? rows : transformRows(rows)))
  }
}

const bulkInsert = Effect.fnUntraced(function* (
  connection: Connection,
  identifier: (name: string) => string,
  table: string,
  data: Parameters<DuckDbClient["append"]>[1]
) {
  const columns = yield* Effect.try({
    try: () => (Append.isRows(data) ? Append.toColumns(data) : { ...data }),
    catch: sqlError
  })
  const names = Object.keys(columns).map(identifier)
  const values = Object.values(columns)
  if (!values.every(Array.isArray)) {
    return yield* clientError("InvalidInput", "expected rows, or columns that are arrays")
  }
  const length = values[0]?.length ?? 0
  if (values.some((column) => column.length !== length)) {
    return yield* clientError("InvalidInput", "the columns to append differ in length")
  }
  if (length === 0) {
    return
  }
  const list = names.join(", ")
  const target = (yield* connection.executeRaw(`SELECT ${list} FROM ${identifier(table)} LIMIT 0`, [])) as DuckDBResult
  const types = target.columnTypes().map((type, i) => [names[i] as string, type] as const)
  for (let start = 0; start < length; start += Append.rowsAStatement) {
    const part = values.map((column) => column.slice(start, start + Append.rowsAStatement))
    const insertion = Effect.try({ try: () => Append.insertion(identifier(table), types, part), catch: sqlError })
    yield* connection.executeRaw(...(yield* insertion))
  }
})
