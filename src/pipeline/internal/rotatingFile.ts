import * as fs from "node:fs/promises"
import { dirname } from "node:path"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"

export interface RotatingFile {
  readonly path: string
  readonly maxBytes: number
  readonly maxFiles: number
}

export class FileError extends Data.TaggedError("FileError")<{ readonly cause: unknown }> {}

/** Appends all of a text or nothing. A file that would become too large is kept as `PATH.1`, the one before as `PATH.2`, … */
export const append = ({ maxBytes, maxFiles, path }: RotatingFile, text: Buffer): Effect.Effect<void, FileError> =>
  Effect.gen(function* () {
    yield* attempt(() => fs.mkdir(dirname(path), { recursive: true }))
    const size = yield* sizeOf(path)
    const fits = size === undefined || size + text.length <= maxBytes
    if (!fits) yield* rotate([path, ...Array.from({ length: maxFiles - 1 }, (_, index) => `${path}.${index + 1}`)])
    const undo = attempt(() => fs.truncate(path, fits ? size : 0))
    yield* Effect.tapError(
      attempt(() => fs.appendFile(path, text)),
      () => Effect.ignore(undo)
    )
  }).pipe(Effect.uninterruptible)

/** Moves each file to the place of the next, up to the first that is free; if none is, the last is deleted. */
const rotate = Effect.fnUntraced(function* (paths: ReadonlyArray<string>) {
  const sizes = yield* Effect.forEach(paths, sizeOf)
  const free = sizes.includes(undefined) ? sizes.indexOf(undefined) : paths.length - 1
  yield* attempt(() => fs.rm(paths[free] as string, { force: true }))
  for (let i = free; i > 0; i--) yield* attempt(() => fs.rename(paths[i - 1] as string, paths[i] as string))
})

const sizeOf = (path: string): Effect.Effect<number | undefined, FileError> =>
  attempt(() =>
    fs.stat(path).then(
      ({ size }) => size,
      (error) => (error.code === "ENOENT" ? undefined : Promise.reject(error))
    )
  )

const attempt = <A>(run: () => Promise<A>): Effect.Effect<A, FileError> =>
  Effect.tryPromise({ try: run, catch: (cause) => new FileError({ cause }) })
