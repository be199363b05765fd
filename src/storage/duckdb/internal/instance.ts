import { readlink, realpath } from "node:fs/promises"
import * as Path from "node:path"
import { DuckDBInstance } from "@duckdb/node-api"
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import { globalValue } from "effect/GlobalValue"
import type * as Scope from "effect/Scope"
import { makeFolder } from "../../../runtime/makeFolder.js"
import { type DuckDbConnection, make as makeConnection } from "./connection.js"
import { sqlError } from "./error.js"
import * as File from "./file.js"

/** An open database. */
export interface Instance {
  readonly connect: Effect.Effect<DuckDbConnection, SqlError>
  /** Lets one in of all who write the same file in this process; the same function for all of them. */
  readonly withWriteLock: WriteLock
}

type WriteLock = <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

/** The state that the clients of one file share. */
interface Shared {
  readonly withWriteLock: WriteLock
  readonly file: File.DatabaseFile
  /** The instance of all of them, where that of the process is one of a file that is gone. */
  readonly native: DuckDBInstance | undefined
  clients: number
}

/** The file of an open database, and how to be its only writer in this process. */
interface Open {
  readonly file: File.DatabaseFile
  readonly alone: WriteLock
}

interface Process {
  readonly files: Map<string, Shared>
  /** Files that are gone and that clients have open still. */
  readonly gone: Set<Shared>
  /** The files of open databases, by the lock that their clients share. */
  readonly byLock: WeakMap<WriteLock, Open>
  /** One at a time looks for an instance and makes it. */
  readonly joining: Effect.Semaphore
}

const { byLock, files, gone, joining } = globalValue(
  "effect-observability/duckdb/files",
  (): Process => ({
    files: new Map(),
    gone: new Set(),
    byLock: new WeakMap(),
    joining: Effect.unsafeMakeSemaphore(1)
  })
)

/** The file of a client's database; none of one in memory. */
export const fileOf = (client: { readonly withWriteLock: WriteLock }): Open | undefined =>
  byLock.get(client.withWriteLock)

/**
 * Opens a database, or joins the clients that this process has on the same file; the last to leave writes the
 * checkpoint and frees the file. `":memory:"` is a database of its own each time.
 */
export const open = (path: string, settings: Record<string, string>): Effect.Effect<Instance, SqlError, Scope.Scope> =>
  path === ":memory:"
    ? Effect.acquireRelease(
        attempt(() => DuckDBInstance.create(path, settings)),
        (native) => Effect.sync(() => native.closeSync())
      ).pipe(Effect.map((native) => instance(native, Effect.unsafeMakeSemaphore(1).withPermits(1))))
    : Effect.flatMap(Effect.zipRight(folderOf(path, settings), nameOf(path)), (file) => openFile(file, settings))

/** Creates the folder of a file that is to be written. Where it cannot, DuckDB says what is the matter with the path. */
const folderOf = (path: string, settings: Record<string, string>): Effect.Effect<void> =>
  isReadOnly(settings) ? Effect.void : Effect.ignore(Effect.tryPromise(() => makeFolder(Path.dirname(path))))

const isReadOnly = (settings: Record<string, string>): boolean => settings.access_mode === "READ_ONLY"

/** Whether this process has a file open as a database. */
export const isOpen = (path: string): Effect.Effect<boolean> => Effect.map(nameOf(path), (file) => files.has(file))

const openFile = (path: string, settings: Record<string, string>) =>
  Effect.acquireRelease(joining.withPermits(1)(join(path, settings)), ({ native, shared }) =>
    joining.withPermits(1)(leave(path, shared, native, settings))
  ).pipe(Effect.map(({ native, shared }) => instance(native, shared.withWriteLock)))

const join = Effect.fnUntraced(function* (path: string, settings: Record<string, string>) {
  const found = files.get(path)
  const isGone = found !== undefined && (yield* File.isGone(found.file))
  if (isGone) gone.add(found)
  const known = isGone ? undefined : found
  // The instance that the process has of the path is that of the file that is gone.
  const isTaken = Array.from(gone).some(({ file }) => file.path === path)
  const isNew = !(yield* File.exists(path))
  if (isNew && !isReadOnly(settings) && settings.storage_compatibility_version === undefined) yield* create(path)
  const native =
    known?.native ?? (yield* attempt(() => DuckDBInstance[isTaken ? "create" : "fromCache"](path, settings)))
  const shared = known ?? (yield* share(path, isNew, isTaken ? native : undefined, isReadOnly(settings)))
  shared.clients++
  files.set(path, shared)
  return { native, shared }
})

/**
 * Makes a file of the version from which on DuckDB compresses long texts. To ask for that in opening it would be another
 * configuration, with which nobody else in the process could open the file. Where it cannot be made, opening it says why.
 */
const create = (path: string): Effect.Effect<void> =>
  Effect.acquireUseRelease(
    attempt(() => DuckDBInstance.create(":memory:", { threads: "1" })),
    (native) =>
      attempt(() =>
        native.connect().then((connection) =>
          connection
            .run(`ATTACH '${path.replaceAll("'", "''")}' AS made (STORAGE_VERSION '${storageVersion}')`)
            .then(() => connection.run("DETACH made"))
            .finally(() => connection.closeSync())
        )
      ),
    (native) => Effect.sync(() => native.closeSync())
  ).pipe(Effect.ignore)

/** Every DuckDB that the peers admit reads it. */
export const storageVersion = "v1.2.0"

const share = Effect.fnUntraced(function* (
  path: string,
  isNew: boolean,
  native: DuckDBInstance | undefined,
  isRead: boolean
) {
  const file = yield* File.opened(path, isNew && !isRead)
  const alone = Effect.unsafeMakeSemaphore(1).withPermits(1)
  const withWriteLock: WriteLock = (self) => alone(isRead ? self : Effect.zipRight(file.keepLogPrivate, self))
  byLock.set(withWriteLock, { file, alone })
  const shared: Shared = { file, withWriteLock, native, clients: 0 }
  return shared
})

/** The last client writes the checkpoint, unless the file is gone: that would delete the log of the one in its place. */
const leave = (path: string, shared: Shared, native: DuckDBInstance, settings: Record<string, string>) =>
  Effect.gen(function* () {
    const { file } = shared
    const isLast = --shared.clients === 0
    if (isLast) {
      gone.delete(shared)
      if (files.get(path) === shared) files.delete(path)
      const isGone = yield* File.isGone(file)
      if (!isReadOnly(settings)) yield* run(native, isGone ? "PRAGMA disable_checkpoint_on_shutdown" : "CHECKPOINT")
      if (!isReadOnly(settings) && !isGone) yield* File.tidy(file)
    }
    if (isLast || shared.native === undefined) native.closeSync()
  })

const instance = (native: DuckDBInstance, withWriteLock: WriteLock): Instance => ({
  connect: Effect.map(
    attempt(() => native.connect()),
    makeConnection
  ),
  withWriteLock
})

/** Closing would write the same checkpoint, but on the thread of JavaScript. What fails here is in the log still. */
const run = (native: DuckDBInstance, statement: string): Effect.Effect<void> =>
  Effect.ignore(
    attempt(() =>
      native.connect().then((connection) => connection.run(statement).finally(() => connection.closeSync()))
    )
  )

/** The name by which this process has a file open, which may be another link to it; else its canonical one. */
const nameOf = (path: string): Effect.Effect<string> =>
  Effect.gen(function* () {
    const name = yield* canonical(path)
    const id = files.has(name) ? undefined : yield* File.idAt(name)
    const open = id === undefined ? undefined : Array.from(files).find(([, { file }]) => file.id === id)
    return open?.[0] ?? name
  })

/** The one name of a file, whether or not it exists yet; a path that cannot be followed is left to DuckDB's judgement. */
const canonical = (path: string): Effect.Effect<string> =>
  Effect.tryPromise(() => realpath(path)).pipe(
    Effect.orElse(() =>
      Effect.flatMap(
        Effect.tryPromise(() => readlink(path)),
        (target) => canonical(Path.resolve(Path.dirname(path), target))
      )
    ),
    Effect.orElse(() =>
      Effect.map(
        Effect.tryPromise(() => realpath(Path.dirname(path))),
        (d) => Path.join(d, Path.basename(path))
      )
    ),
    Effect.orElseSucceed(() => Path.resolve(path))
  )

const attempt = <A>(f: () => Promise<A>): Effect.Effect<A, SqlError> => Effect.tryPromise({ try: f, catch: sqlError })
