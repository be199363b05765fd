import { mkdir, readlink, realpath } from "node:fs/promises"
import { basename, dirname, join, resolve } from "node:path"
import { DuckDBInstance } from "@duckdb/node-api"
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import { globalValue } from "effect/GlobalValue"
import type * as Scope from "effect/Scope"
import { type DuckDbConnection, make as makeConnection } from "./connection.js"
import { sqlError } from "./error.js"

/** An open database. */
export interface Instance {
  readonly connect: Effect.Effect<DuckDbConnection, SqlError>
  /** Lets one in of all who write the same file in this process; the same function for all of them. */
  readonly withWriteLock: WriteLock
}

type WriteLock = <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

const writeLock = (): WriteLock => Effect.unsafeMakeSemaphore(1).withPermits(1)

/** The state that the clients of one file share. */
interface Shared {
  readonly withWriteLock: WriteLock
  clients: number
}

const files = globalValue("effect-observability/duckdb/files", () => new Map<string, Shared>())

/**
 * Opens a database, or joins the clients that this process has on the same file; the last to leave writes the
 * checkpoint and frees the file. `":memory:"` is a database of its own each time.
 */
export const open = (path: string, settings: Record<string, string>): Effect.Effect<Instance, SqlError, Scope.Scope> =>
  path === ":memory:"
    ? Effect.acquireRelease(
        attempt(() => DuckDBInstance.create(path, settings)),
        (native) => Effect.sync(() => native.closeSync())
      ).pipe(Effect.map((native) => instance(native, writeLock())))
    : Effect.flatMap(Effect.zipRight(folderOf(path, settings), canonical(path)), (file) => openFile(file, settings))

/** Creates the folder of a file that is to be written. Where it cannot, DuckDB says what is the matter with the path. */
const folderOf = (path: string, settings: Record<string, string>): Effect.Effect<void> =>
  settings.access_mode === "READ_ONLY"
    ? Effect.void
    : Effect.ignore(Effect.tryPromise(() => mkdir(dirname(path), { recursive: true })))

/** Whether this process has a file open as a database. */
export const isOpen = (path: string): Effect.Effect<boolean> => Effect.map(canonical(path), (file) => files.has(file))

const openFile = (file: string, settings: Record<string, string>) =>
  Effect.acquireRelease(
    Effect.map(
      attempt(() => DuckDBInstance.fromCache(file, settings)),
      (native) => {
        const shared = files.get(file) ?? { withWriteLock: writeLock(), clients: 0 }
        shared.clients++
        files.set(file, shared)
        return { native, shared }
      }
    ),
    ({ native, shared }) =>
      Effect.suspend(() => {
        shared.clients--
        if (shared.clients > 0) {
          return Effect.void
        }
        files.delete(file)
        return settings.access_mode === "READ_ONLY" ? Effect.void : checkpoint(native)
      }).pipe(Effect.ensuring(Effect.sync(() => native.closeSync())))
  ).pipe(Effect.map(({ native, shared }) => instance(native, shared.withWriteLock)))

const instance = (native: DuckDBInstance, withWriteLock: WriteLock): Instance => ({
  connect: Effect.map(
    attempt(() => native.connect()),
    makeConnection
  ),
  withWriteLock
})

/** Closing would write the same checkpoint, but on the thread of JavaScript. What fails here is in the log still. */
const checkpoint = (native: DuckDBInstance): Effect.Effect<void> =>
  Effect.ignore(
    attempt(() =>
      native.connect().then((connection) => connection.run("CHECKPOINT").finally(() => connection.closeSync()))
    )
  )

/** The one name of a file, whether or not it exists yet; a path that cannot be followed is left to DuckDB's judgement. */
const canonical = (path: string): Effect.Effect<string> =>
  Effect.tryPromise(() => realpath(path)).pipe(
    Effect.orElse(() =>
      Effect.flatMap(
        Effect.tryPromise(() => readlink(path)),
        (target) => canonical(resolve(dirname(path), target))
      )
    ),
    Effect.orElse(() =>
      Effect.map(
        Effect.tryPromise(() => realpath(dirname(path))),
        (d) => join(d, basename(path))
      )
    ),
    Effect.orElseSucceed(() => resolve(path))
  )

const attempt = <A>(f: () => Promise<A>): Effect.Effect<A, SqlError> => Effect.tryPromise({ try: f, catch: sqlError })
