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
  /**
   * Runs a statement with parameters, or a text of any number of statements without; gives the result of the last. Only
   * statements with parameters are kept prepared: DuckDB plans those anew each time, but runs others by the plan, and so
   * by the statistics, of the day they were prepared, which gives wrong rows once the table has changed.
   */
  readonly run: (sql: string, params: ReadonlyArray<unknown>) => Effect.Effect<DuckDBMaterializedResult, SqlError>
  /**
   * Starts a query whose rows are computed as they are fetched; no other statement may run before the scope closes. It
   * has a transaction of its own: the binding ends a result that fails on the way without a word, and only the state of
   * the transaction tells that from the end.
   */
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

/** Ends a transaction; fails when a statement in it has failed, where a bare `COMMIT` would roll back and say nothing. */
export const commit = "SELECT 1; COMMIT"

export const make = (native: DuckDBConnection): DuckDbConnection => {
  const lock = Effect.unsafeMakeSemaphore(1)
  const statements = new Map<string, DuckDBPreparedStatement>()
  let streaming: { readonly result?: DuckDBResult } | undefined
  let closed = false

  const use = <A>(operation: () => Promise<A>): Effect.Effect<A, SqlError> =>
    lock.withPermits(1)(Effect.suspend(() => (closed ? Effect.fail(closedError()) : stoppable(native, operation))))

  const prepare = (sql: string): Promise<DuckDBPreparedStatement> => {
    const known = statements.get(sql)
    if (known === undefined) {
      return native.prepare(sql).then((statement) => keep(sql, statement))
    }
    statements.delete(sql)
    return Promise.resolve(keep(sql, known))
  }

  const keep = (sql: string, statement: DuckDBPreparedStatement): DuckDBPreparedStatement => {
    const oldest = statements.keys().next().value
    if (statements.size === maxPrepared && oldest !== undefined) {
      destroy(statements.get(oldest))
      statements.delete(oldest)
    }
    statements.set(sql, statement)
    return statement
  }

  const startStream = (sql: string, params: ReadonlyArray<unknown>): Promise<DuckDBResult> =>
    native
      .run("BEGIN")
      .then(() => {
        streaming = {}
        return native.prepare(sql)
      })
      .then((statement) => {
        bind(statement, params)
        return statement.stream().finally(() => destroy(statement))
      })
      .then((result) => {
        streaming = { result }
        return result
      })

  const finishStream = (): Promise<null> =>
    native.run(commit).then(
      () => {
        streaming = undefined
        return null
      },
      () => Promise.reject(new Error("The query failed after its first rows"))
    )

  const abandonStream = Effect.suspend(() => {
    const abandoned = streaming
    streaming = undefined
    return abandoned === undefined
      ? Effect.void
      : Effect.ignore(Effect.tryPromise(() => drain(native, abandoned.result).then(() => native.run("ROLLBACK"))))
  })

  return {
    run: (sql, params) =>
      use(() =>
        params.length === 0
          ? native.run(sql)
          : prepare(sql).then((statement) => {
              bind(statement, params)
              return statement.run().finally(() => statement.clearBindings())
            })
      ),
    stream: (sql, params) =>
      Effect.acquireReleaseInterruptible(
        use(() => startStream(sql, params)),
        () => lock.withPermits(1)(abandonStream)
      ).pipe(
        Effect.map((result) => ({
          result,
          next: use(() => result.fetchChunk().then((chunk) => (hasRows(chunk) ? chunk : finishStream()))).pipe(
            Effect.mapError((error) => (closed ? closedError() : error))
          )
        }))
      ),
    close: Effect.acquireUseRelease(
      Effect.sync(() => {
        closed = true
        return interruptRepeatedly(native)
      }),
      () => lock.take(1),
      (timer) => Effect.sync(() => clearInterval(timer))
    ).pipe(
      Effect.zipRight(abandonStream),
      Effect.zipRight(Effect.sync(() => native.closeSync())),
      Effect.ensuring(lock.release(1))
    )
  }
}

/** Frees a statement at once; releases before 1.3 leave it to the garbage collector. */
const destroy = (statement: Partial<Pick<DuckDBPreparedStatement, "destroySync">> | undefined): void =>
  statement?.destroySync?.()

const hasRows = (chunk: DuckDBDataChunk | null): chunk is DuckDBDataChunk => chunk !== null && chunk.rowCount > 0

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
const drain = (native: DuckDBConnection, result: DuckDBResult | undefined): Promise<void> => {
  native.interrupt()
  return result === undefined
    ? Promise.resolve()
    : result.fetchChunk().then(
        (chunk) => (hasRows(chunk) ? drain(native, result) : undefined),
        () => undefined
      )
}
