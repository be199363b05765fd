import { readlink, realpath } from "node:fs/promises"
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
  /** One permit for all who write the same file in this process. */
  readonly writer: Effect.Semaphore
}

/** The state that the clients of one file share. */
interface Shared {
  readonly writer: Effect.Semaphore
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
      ).pipe(Effect.map((native) => instance(native, Effect.unsafeMakeSemaphore(1))))
    : Effect.flatMap(canonical(path), (file) => openFile(file, settings))

/** Whether this process has a file open as a database. */
export const isOpen = (path: string): Effect.Effect<boolean> => Effect.map(canonical(path), (file) => files.has(file))

const openFile = (file: string, settings: Record<string, string>) =>
  Effect.acquireRelease(
    Effect.map(
      attempt(() => DuckDBInstance.fromCache(file, settings)),
      (native) => {
        const shared = files.get(file) ?? { writer: Effect.unsafeMakeSemaphore(1), clients: 0 }
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
  ).pipe(Effect.map(({ native, shared }) => instance(native, shared.writer)))

const instance = (native: DuckDBInstance, writer: Effect.Semaphore): Instance => ({
  connect: Effect.map(
    attempt(() => native.connect()),
    makeConnection
  ),
  writer
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
