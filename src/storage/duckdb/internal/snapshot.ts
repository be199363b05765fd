import type { Stats } from "node:fs"
import { chmod, lstat, mkdtemp, rename, rm } from "node:fs/promises"
import { join } from "node:path"
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import { invalidArgument, storageError } from "../../internal/errors.js"
import type { StorageError } from "../../StorageError.js"
import type { DuckDbClient } from "../DuckDbClient.js"
import { isOpen, storageVersion } from "./instance.js"
import { openingErrorOf, storageErrorOf } from "./storageError.js"

let snapshots = 0

/**
 * Copies a database as it is at one moment to a file, which is there complete or not at all. It is made in a folder beside
 * it that its owner alone can read, and so is the file, unless it takes the place of one that others may read.
 */
export const copyTo = Effect.fnUntraced(function* (sql: DuckDbClient, path: unknown) {
  if (typeof path !== "string" || path === "" || path === ":memory:" || path.includes("\0")) {
    return yield* invalidArgument("path", "expected the path of a file")
  }
  if (path.includes("?")) {
    return yield* invalidArgument("path", "DuckDB takes a question mark for the end of a path: choose another file")
  }
  const mode = yield* checkTarget(sql, path)
  yield* Effect.acquireUseRelease(
    attempt(() => mkdtemp(`${path}.partial-`)),
    (folder) => Effect.zipRight(copyInto(sql, join(folder, "copy.duckdb")), putInPlace(sql, folder, path, mode)),
    (folder) => Effect.promise(() => rm(folder, { recursive: true, force: true }))
  )
})

const copyInto = (sql: DuckDbClient, file: string): Effect.Effect<void, SqlError | StorageError> => {
  const copy = `effect_observability_snapshot_${++snapshots}`
  return Effect.acquireUseRelease(
    Effect.mapError(attach(sql, file, copy, `STORAGE_VERSION '${storageVersion}'`), openingErrorOf),
    () =>
      sql<{ readonly name: string }>`SELECT current_database() AS name`.pipe(
        Effect.flatMap((rows) => sql`COPY FROM DATABASE ${sql(rows[0]?.name ?? "")} TO ${sql(copy)}`)
      ),
    () => detach(sql, copy)
  )
}

/** The target may have been opened meanwhile: copying can take long. */
const putInPlace = (sql: DuckDbClient, folder: string, path: string, mode: number) =>
  Effect.gen(function* () {
    yield* checkTarget(sql, path)
    const file = join(folder, "copy.duckdb")
    yield* attempt(() => chmod(file, mode))
    // The log of a database that was there before would be taken for the copy's.
    yield* attempt(() => rm(`${path}.wal`, { force: true }))
    yield* attempt(() => rename(file, path))
  })

/** Fails unless the file is missing, or a database that nobody has open; the mode that another one gets in its place. */
const checkTarget = Effect.fnUntraced(function* (sql: DuckDbClient, path: string) {
  if (yield* isOpen(path)) {
    return yield* invalidArgument("path", `${path} is a database that this process has open: choose another file`)
  }
  if ((yield* isOpen(`${path}.wal`)) || (path.endsWith(".wal") && (yield* isOpen(path.slice(0, -4))))) {
    return yield* invalidArgument("path", `${path} is named as a database and its log are that this process has open`)
  }
  const found = yield* kindOf(path)
  if (found === undefined) {
    if ((yield* kindOf(`${path}.wal`)) === undefined) return 0o600
    return yield* invalidArgument("path", `${path}.wal is there, and would be taken for its log: choose another file`)
  }
  // A link would be replaced, and a pipe waited for.
  if (!found.isFile()) return yield* invalidArgument("path", `${path} is no file, and was left as it is`)
  const target = "effect_observability_snapshot_target"
  yield* sql.withWriteLock(
    Effect.acquireUseRelease(
      attach(sql, path, target, "READ_ONLY, TYPE duckdb"),
      () => Effect.void,
      () => detach(sql, target)
    ).pipe(
      Effect.mapError((error) =>
        isNoDatabase.test(error.message)
          ? invalidArgument("path", `${path} is no database, and was left as it is: choose another file`)
          : storageErrorOf(openingErrorOf(error), path)
      )
    )
  )
  return found.mode & 0o777
})

const kindOf = (path: string): Effect.Effect<Stats | undefined> =>
  Effect.orElseSucceed(
    attempt(() => lstat(path)),
    () => undefined
  )

const isNoDatabase = /not a valid DuckDB database file/

const attach = (sql: DuckDbClient, path: string, name: string, options?: string): Effect.Effect<unknown, SqlError> =>
  sql.unsafe(`ATTACH '${path.replaceAll("'", "''")}' AS ${name}${options === undefined ? "" : ` (${options})`}`)

const detach = (sql: DuckDbClient, name: string) => Effect.ignore(sql`DETACH ${sql(name)}`)

const attempt = <A>(f: () => Promise<A>): Effect.Effect<A, StorageError> =>
  Effect.tryPromise({
    try: f,
    catch: (cause) => {
      const { code = "", message } = cause as NodeJS.ErrnoException
      return badPaths.has(code)
        ? invalidArgument("path", message)
        : storageError(noRights.has(code) ? "ReadOnly" : code === "ENOSPC" ? "Full" : "Unavailable", message, { cause })
    }
  })

const badPaths: ReadonlySet<string> = new Set(["ENOENT", "ENOTDIR", "EISDIR", "ENAMETOOLONG", "ELOOP", "EINVAL"])
const noRights: ReadonlySet<string> = new Set(["EACCES", "EPERM", "EROFS"])
