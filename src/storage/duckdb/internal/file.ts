/**
 * The file of an open database, and whether it is still there: DuckDB writes on into one that was deleted or replaced, and
 * says nothing. The file is never opened here: to close it again would end the lock that DuckDB has on it.
 */
import * as fs from "node:fs/promises"
import type { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

export interface DatabaseFile {
  readonly path: string
  /** The device and the number of the file, or nothing where the system does not tell. */
  readonly id: string | undefined
  /** Its fate, once it is not there any more: it is not written to then. */
  loss: string | undefined
  /** How many free blocks at its end DuckDB counts still though it has cut them off: none is known before a first look. */
  absentBlocks: number | undefined
  /** Sees to it that nobody reads the log who must not read the file: DuckDB makes it anew after each checkpoint. */
  readonly keepLogPrivate: Effect.Effect<void>
}

/** The file of a database that was just opened. One that is new is its owner's alone. */
export const opened = Effect.fnUntraced(function* (path: string, isNew: boolean) {
  if (isNew) yield* Effect.ignore(attempt(() => fs.chmod(path, 0o600)))
  const stat = yield* Effect.option(attempt(() => fs.stat(path, { bigint: true })))
  const isPrivate = Option.exists(stat, ({ mode }) => (mode & 0o077n) === 0n)
  const file: DatabaseFile = {
    path,
    id: Option.getOrUndefined(Option.map(stat, idOf)),
    loss: undefined,
    absentBlocks: undefined,
    keepLogPrivate: isPrivate && hasModes ? Effect.ignore(privateLog(logOf({ path }))) : Effect.void
  }
  return file
})

export const exists = (path: string): Effect.Effect<boolean> => Effect.isSuccess(attempt(() => fs.lstat(path)))

/** The fate of the file, if it is not there any more. Cheap enough for each write. */
export const loss = ({ id, path }: DatabaseFile): Effect.Effect<Option.Option<string>> =>
  attempt(() => fs.stat(path, { bigint: true })).pipe(
    Effect.map((stat) =>
      id !== undefined && idOf(stat) !== id
        ? Option.some("was replaced")
        : stat.size < headerBytes
          ? Option.some("was cut off")
          : Option.none()
    ),
    Effect.catchAll((error) => Effect.succeed(isMissing(error) ? Option.some("was deleted") : Option.none()))
  )

export const isGone = (file: DatabaseFile): Effect.Effect<boolean> =>
  file.loss === undefined ? Effect.map(loss(file), Option.isSome) : Effect.succeed(true)

/**
 * The same, and whether the file has all blocks of the open database. What was in a log that somebody has deleted is
 * written to the file. Nobody may write meanwhile.
 */
export const damage = Effect.fnUntraced(function* (
  file: DatabaseFile,
  sql: SqlClient
): Effect.fn.Return<Option.Option<string>, SqlError> {
  const gone = yield* loss(file)
  if (Option.isSome(gone)) return gone
  const [found] = yield* sql<Blocks>`
    SELECT total_blocks AS total, used_blocks AS used, block_size AS "size", wal_size <> '0 bytes' AS log
    FROM pragma_database_size() WHERE database_name = current_database()`
  const stat = yield* Effect.option(attempt(() => fs.stat(file.path)))
  if (found === undefined || Option.isNone(stat)) return Option.none()
  const there = Math.floor((stat.value.size - headerBytes) / Number(found.size))
  const total = Number(found.total)
  file.absentBlocks ??= Math.max(0, total - there)
  if (there < Math.max(Number(found.used), total - file.absentBlocks)) return Option.some("was cut off")
  if (found.log && ((yield* sizeOfLog(file)) ?? 0) === 0) yield* sql`CHECKPOINT`
  return Option.none()
})

/** Deletes a log without anything in it, which DuckDB would leave. */
export const tidy = (file: DatabaseFile): Effect.Effect<void> =>
  Effect.whenEffect(
    Effect.ignore(attempt(() => fs.unlink(logOf(file)))),
    Effect.map(sizeOfLog(file), (size) => size === 0)
  )

interface Blocks {
  readonly total: number
  readonly used: number
  readonly size: number
  readonly log: boolean
}

const logOf = ({ path }: Pick<DatabaseFile, "path">): string => `${path}.wal`

/** How large the log of a file is; `undefined` where there is none. */
export const sizeOfLog = (file: DatabaseFile): Effect.Effect<number | undefined> =>
  attempt(() => fs.lstat(logOf(file))).pipe(
    Effect.map((stat) => (stat.isFile() ? stat.size : undefined)),
    Effect.orElseSucceed(() => undefined)
  )

/** A file begins with three headers. */
const headerBytes = 3 * 4096

const privateLog = (path: string) =>
  attempt(() => fs.open(path, "wx", 0o600).then((handle) => handle.close())).pipe(
    Effect.orElse(() =>
      Effect.flatMap(
        attempt(() => fs.lstat(path)),
        (stat) => (stat.isFile() && (stat.mode & 0o077) !== 0 ? attempt(() => fs.chmod(path, 0o600)) : Effect.void)
      )
    )
  )

/** Windows has no modes. */
const hasModes = process.platform !== "win32"

/** The device and the number of the file at a path, if there is one. */
export const idAt = (path: string): Effect.Effect<string | undefined> =>
  attempt(() => fs.stat(path, { bigint: true })).pipe(
    Effect.map(idOf),
    Effect.orElseSucceed(() => undefined)
  )

const idOf = ({ dev, ino }: { readonly dev: bigint; readonly ino: bigint }): string => `${dev}:${ino}`

const isMissing = (error: { readonly error: unknown }): boolean =>
  ["ENOENT", "ENOTDIR"].includes(String((error.error as NodeJS.ErrnoException).code))

const attempt = <A>(f: () => Promise<A>) => Effect.tryPromise(f)
