/**
 * A file to which lines of JSON are appended, and which makes room for another when it is large. It touches only files that
 * begin as its own do: whatever else has their names is left alone.
 */
import { constants } from "node:fs"
import * as fs from "node:fs/promises"
import { dirname } from "node:path"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import { makeFolder } from "../../runtime/makeFolder.js"

export interface RotatingFile {
  readonly path: string
  readonly maxBytes: number
  readonly maxFiles: number
  /** How all of its files begin. */
  readonly beginning: string
}

export class FileError extends Data.TaggedError("FileError")<{ readonly cause: unknown }> {}

/** Appends all of a text or nothing. A file that would become too large is kept as `PATH.1`, the one before as `PATH.2`, … */
export const append = (file: RotatingFile, text: Buffer): Effect.Effect<void, FileError> =>
  Effect.gen(function* () {
    yield* attempt(() => makeFolder(dirname(file.path)))
    const path = yield* resolved(file.path)
    const state = yield* write(path, file, text, 0o600)
    if (state.isWritten) return
    yield* rotate({ ...file, path })
    yield* write(path, { ...file, maxBytes: Number.POSITIVE_INFINITY }, text, state.mode)
  }).pipe(Effect.uninterruptible)

/** The target of a link. */
const resolved = (path: string): Effect.Effect<string, FileError> =>
  Effect.catchIf(
    attempt(() => fs.realpath(path)),
    isMissing,
    () => Effect.succeed(path)
  )

/** Appends to a file, unless it would become too large. A new one gets the mode. */
const write = (path: string, { beginning, maxBytes }: RotatingFile, text: Buffer, mode: number) =>
  Effect.acquireUseRelease(
    Effect.zipRight(
      unlessDevice(path),
      attempt(() => fs.open(path, flags, mode))
    ),
    (handle) =>
      Effect.gen(function* () {
        const { mode, size } = yield* ownOf(path, handle, beginning)
        if (size > 0 && size + text.length > maxBytes) return { isWritten: false, mode: mode & 0o777 }
        yield* Effect.tapError(
          attempt(() => handle.appendFile(text)),
          () => Effect.ignore(attempt(() => handle.truncate(size)))
        )
        return { isWritten: true, mode }
      }),
    (handle) => Effect.ignore(attempt(() => handle.close()))
  )

/** A device may do something as soon as it is opened. */
const unlessDevice = (path: string): Effect.Effect<void, FileError> =>
  Effect.catchIf(
    attempt(() => fs.lstat(path)),
    isMissing,
    () => Effect.succeed(undefined)
  ).pipe(
    Effect.flatMap((stat) =>
      stat?.isCharacterDevice() === true || stat?.isBlockDevice() === true ? noFile(path) : Effect.void
    )
  )

const noFile = (path: string): FileError =>
  new FileError({ cause: new Error(`${path} is no file, and was left alone`) })

/** To open a pipe that nobody reads would take for ever. */
const flags =
  constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | (constants.O_NONBLOCK ?? 0) | (constants.O_NOFOLLOW ?? 0)

/** The state of an open file that is one, and empty or its own. */
const ownOf = Effect.fnUntraced(function* (path: string, handle: fs.FileHandle, beginning: string) {
  const stat = yield* attempt(() => handle.stat())
  if (!stat.isFile()) return yield* noFile(path)
  if (stat.size === 0) return stat
  const { length } = beginning
  const { buffer } = yield* attempt(() => handle.read(Buffer.alloc(length), 0, length, 0))
  if (buffer.toString("latin1") === beginning) return stat
  return yield* new FileError({ cause: new Error(`${path} holds something else, and was left alone`) })
})

/**
 * Moves each file to the place of the next, up to the first place that is free; if none is, the last is deleted. Places
 * that something else has are passed over.
 */
const rotate = Effect.fnUntraced(function* ({ beginning, maxFiles, path }: RotatingFile) {
  const places = [path]
  let isFree = false
  for (let number = 1; places.length < maxFiles && !isFree; number++) {
    const place = `${path}.${number}`
    const state = yield* stateOf(place, beginning)
    if (state === "free") isFree = true
    if (state !== "other") places.push(place)
    else if (number > places.length + maxPassedOver) break
  }
  if (!isFree) yield* attempt(() => fs.unlink(places.at(-1) as string))
  for (let i = places.length - 1; i > 0; i--) {
    yield* attempt(() => fs.rename(places[i - 1] as string, places[i] as string))
  }
})

const maxPassedOver = 100

/** Whether nothing has a name, a file of ours, or something else. */
const stateOf = (path: string, beginning: string): Effect.Effect<"free" | "own" | "other", FileError> =>
  Effect.catchIf(
    attempt(() => fs.lstat(path)),
    isMissing,
    () => Effect.succeed(undefined)
  ).pipe(
    Effect.flatMap((stat) =>
      stat === undefined
        ? Effect.succeed("free" as const)
        : !stat.isFile() || stat.size === 0
          ? Effect.succeed("other" as const)
          : Effect.acquireUseRelease(
              attempt(() => fs.open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))),
              (handle) => ownOf(path, handle, beginning),
              (handle) => Effect.ignore(attempt(() => handle.close()))
            ).pipe(
              Effect.as("own" as const),
              Effect.orElseSucceed(() => "other" as const)
            )
    )
  )

const isMissing = ({ cause }: FileError): boolean => (cause as NodeJS.ErrnoException).code === "ENOENT"

const attempt = <A>(run: () => Promise<A>): Effect.Effect<A, FileError> =>
  Effect.tryPromise({ try: run, catch: (cause) => new FileError({ cause }) })
