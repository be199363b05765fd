import type {
  DuckDBConnection,
  DuckDBDataChunk,
  DuckDBMaterializedResult,
  DuckDBPreparedStatement,
  DuckDBResult
} from "@duckdb/node-api"
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { clientError, sqlError } from "./error.js"
import { bind } from "./value.js"

/** One connection of DuckDB, used by one statement at a time; an interrupt stops the statement and waits for its end. */
export interface DuckDbConnection {
  /** Runs a statement, prepared once and kept. */
  readonly run: (sql: string, params: ReadonlyArray<unknown>) => Effect.Effect<DuckDBMaterializedResult, SqlError>
  /** Runs a text of any number of statements; gives the result of the last. */
  readonly script: (sql: string) => Effect.Effect<DuckDBMaterializedResult, SqlError>
  /** Starts a query; its rows are computed as they are fetched. No other statement may run before the scope closes. */
  readonly stream: (sql: string, params: ReadonlyArray<unknown>) => Effect.Effect<ResultStream, SqlError, Scope.Scope>
  /** Stops what runs, waits until it has stopped, and lets go of the database. */
  readonly close: Effect.Effect<void>
}

/** A running query: its head, and its next rows, or none at its end. */
export interface ResultStream {
  readonly result: DuckDBResult
  readonly next: Effect.Effect<DuckDBDataChunk | null, SqlError>
}

const maxPrepared = 64

export const make = (native: DuckDBConnection): DuckDbConnection => {
  const lock = Effect.unsafeMakeSemaphore(1)
  const statements = new Map<string, DuckDBPreparedStatement>()
  let streaming: DuckDBResult | undefined
  let closed = false

  const use = <A>(operation: () => Promise<A>): Effect.Effect<A, SqlError> =>
    lock.withPermits(1)(Effect.suspend(() => closed ? Effect.fail(closedError()) : stoppable(native, operation)))

  const prepare = (sql: string): Promise<DuckDBPreparedStatement> => {
    const known = statements.get(sql)
    if (known !== undefined) {
      statements.delete(sql)
      statements.set(sql, known)
      return Promise.resolve(known)
    }
    return native.prepare(sql).then((statement) => {
      statements.set(sql, statement)
      if (statements.size > maxPrepared) {
        const [oldest, unused] = statements.entries().next().value!
        statements.delete(oldest)
        unused.destroySync()
      }
      return statement
    })
  }

  const endStream = Effect.promise(() => {
    const result = streaming
    streaming = undefined
    return result === undefined ? Promise.resolve() : abandon(native, result)
  })

  return {
    run: (sql, params) =>
      use(() =>
        prepare(sql).then((statement) => {
          bind(statement, params)
          return statement.run().finally(() => statement.clearBindings())
        })
      ),
    script: (sql) => use(() => native.run(sql)),
    stream: (sql, params) =>
      Effect.acquireRelease(
        use(() =>
          native.prepare(sql).then((statement) => {
            bind(statement, params)
            return statement.stream().finally(() => statement.destroySync())
          })
        ).pipe(Effect.tap((result) => Effect.sync(() => streaming = result))),
        () => lock.withPermits(1)(endStream)
      ).pipe(
        Effect.map((result) => ({
          result,
          next: use(() => result.fetchChunk()).pipe(
            Effect.filterOrFail(() => !closed, closedError),
            Effect.map((chunk) => chunk !== null && chunk.rowCount > 0 ? chunk : null)
          )
        }))
      ),
    close: Effect.acquireUseRelease(
      Effect.sync(() => {
        closed = true
        return interruptRepeatedly(native)
      }),
      () => lock.withPermits(1)(Effect.zipRight(endStream, Effect.sync(() => native.closeSync()))),
      (timer) => Effect.sync(() => clearInterval(timer))
    )
  }
}

const closedError = () => clientError("Connection", "Connection Error: the client of this connection is closed")

/** An operation whose interruption stops the statement that it runs, and waits for that. */
const stoppable = <A>(native: DuckDBConnection, operation: () => Promise<A>): Effect.Effect<A, SqlError> =>
  Effect.async((resume) => {
    const settled = operation().then(
      (value) => resume(Effect.succeed(value)),
      (cause) => resume(Effect.fail(sqlError(cause)))
    )
    return Effect.promise(() => {
      const timer = interruptRepeatedly(native)
      return settled.finally(() => clearInterval(timer))
    })
  })

/** DuckDB forgets an interrupt when a statement starts, so one that comes a moment early must be said again. */
const interruptRepeatedly = (native: DuckDBConnection): NodeJS.Timeout => {
  native.interrupt()
  return setInterval(() => native.interrupt(), 5)
}

/** An open result keeps its snapshot, and the file, until it has been read to its end: an interrupt brings that near. */
const abandon = (native: DuckDBConnection, result: DuckDBResult): Promise<void> => {
  native.interrupt()
  return result.fetchChunk().then(
    (chunk) => chunk !== null && chunk.rowCount > 0 ? abandon(native, result) : undefined,
    () => undefined
  )
}
