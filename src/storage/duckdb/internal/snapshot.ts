import { rename, rm } from "node:fs/promises"
import * as Effect from "effect/Effect"
import { invalidArgument, storageError } from "../../internal/errors.js"
import type { DuckDbClient } from "../DuckDbClient.js"
import { isOpen } from "./instance.js"
import { openingErrorOf } from "./storageError.js"

let snapshots = 0

/** Copies a database as it is at one moment to a file, which is there complete or not at all. */
export const copyTo = Effect.fnUntraced(function* (sql: DuckDbClient, path: string) {
  if (yield* isOpen(path)) {
    return yield* invalidArgument("path", `${path} is a database that this process has open: choose another file`)
  }
  const copy = `effect_observability_snapshot_${++snapshots}`
  const partial = `${path}.${process.pid}-${snapshots}.partial`
  const remove = (...files: ReadonlyArray<string>) =>
    Effect.promise(() => Promise.all(files.map((file) => rm(file, { force: true }))))
  yield* Effect.acquireUseRelease(
    Effect.mapError(sql.unsafe(`ATTACH '${partial.replaceAll("'", "''")}' AS ${copy}`), openingErrorOf),
    () =>
      sql<{ readonly name: string }>`SELECT current_database() AS name`.pipe(
        Effect.flatMap((rows) => sql`COPY FROM DATABASE ${sql(rows[0]?.name ?? "")} TO ${sql(copy)}`)
      ),
    () => Effect.ignore(sql`DETACH ${sql(copy)}`)
  ).pipe(
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
