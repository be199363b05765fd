import { rename, rm } from "node:fs/promises"
import * as Effect from "effect/Effect"
import { storageError } from "../../internal/errors.js"
import type { DuckDbClient } from "../DuckDbClient.js"

/** Copies a database as it is at one moment to a file, which is there complete or not at all. */
export const copyTo = (sql: DuckDbClient, path: string) => {
  const partial = `${path}.partial`
  const file = `'${partial.replaceAll("'", "''")}'`
  const remove = Effect.promise(() => Promise.all([partial, `${partial}.wal`].map((file) => rm(file, { force: true }))))
  return Effect.acquireUseRelease(
    Effect.zipRight(remove, sql.unsafe(`ATTACH ${file} AS effect_observability_snapshot`)),
    () =>
      sql<{ readonly name: string }>`SELECT current_database() AS name`.pipe(
        Effect.flatMap((rows) => sql`COPY FROM DATABASE ${sql(rows[0]?.name ?? "")} TO effect_observability_snapshot`)
      ),
    () => Effect.ignore(sql`DETACH effect_observability_snapshot`)
  ).pipe(
    Effect.zipRight(
      Effect.tryPromise({
        try: () => rename(partial, path),
        catch: (cause) => storageError("Unavailable", `the copy could not be put in its place, ${path}`, { cause })
      })
    ),
    Effect.ensuring(remove)
  )
}
