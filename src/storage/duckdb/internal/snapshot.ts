import { rename, rm } from "node:fs/promises"
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import { invalidArgument, storageError } from "../../internal/errors.js"
import type { DuckDbClient } from "../DuckDbClient.js"
import { isOpen } from "./instance.js"
import { openingErrorOf, storageErrorOf } from "./storageError.js"

let snapshots = 0

/** Copies a database as it is at one moment to a file, which is there complete or not at all. */
export const copyTo = Effect.fnUntraced(function* (sql: DuckDbClient, path: string) {
  const copy = `effect_observability_snapshot_${++snapshots}`
  const partial = `${path}.${process.pid}-${snapshots}.partial`
  const remove = (...files: ReadonlyArray<string>) =>
    Effect.promise(() => Promise.all(files.map((file) => rm(file, { force: true }))))
  yield* checkTarget(sql, path)
  yield* Effect.acquireUseRelease(
    Effect.mapError(attach(sql, partial, copy), openingErrorOf),
    () =>
      sql<{ readonly name: string }>`SELECT current_database() AS name`.pipe(
        Effect.flatMap((rows) => sql`COPY FROM DATABASE ${sql(rows[0]?.name ?? "")} TO ${sql(copy)}`)
      ),
    () => detach(sql, copy)
  ).pipe(
    // The target may have been opened meanwhile: copying can take long.
    Effect.zipRight(checkTarget(sql, path)),
    // The log of a database that was there before would be taken for the copy's.
    Effect.zipRight(remove(`${path}.wal`)),
    Effect.zipRight(
      Effect.tryPromise({
        try: () => rename(partial, path),
        catch: (cause) => storageError("Unavailable", `the copy could not be put in its place, ${path}`, { cause })
      })
    ),
    Effect.ensuring(remove(partial, `${partial}.wal`))
  )
})

/** Fails unless the file is missing, or a database that nobody has open. */
const checkTarget = Effect.fnUntraced(function* (sql: DuckDbClient, path: string) {
  if (yield* isOpen(path)) {
    return yield* invalidArgument("path", `${path} is a database that this process has open: choose another file`)
  }
  const target = "effect_observability_snapshot_target"
  yield* sql.withWriteLock(
    Effect.acquireUseRelease(
      attach(sql, path, target, "READ_ONLY, TYPE duckdb"),
      () => Effect.void,
      () => detach(sql, target)
    ).pipe(
      Effect.catchIf(
        (error) => isMissing.test(error.message),
        () => Effect.void
      ),
      Effect.mapError((error) =>
        isNoDatabase.test(error.message)
          ? invalidArgument("path", `${path} is no database, and was left as it is: choose another file`)
          : storageErrorOf(openingErrorOf(error), path)
      )
    )
  )
})

const isMissing = /database does not exist/
const isNoDatabase = /not a valid DuckDB database file/

const attach = (sql: DuckDbClient, path: string, name: string, options?: string): Effect.Effect<unknown, SqlError> =>
  sql.unsafe(`ATTACH '${path.replaceAll("'", "''")}' AS ${name}${options === undefined ? "" : ` (${options})`}`)

const detach = (sql: DuckDbClient, name: string) => Effect.ignore(sql`DETACH ${sql(name)}`)
