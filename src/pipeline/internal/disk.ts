/** What the spool asks of the file system. */
import * as fs from "node:fs/promises"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"

/** The disk did not do what it was asked to, or there is no more room. */
export class SpoolError extends Data.TaggedError("SpoolError")<{ readonly cause: unknown }> {}

/** Whether a failure is the one that the file system calls so. */
export const hasCode = ({ cause }: SpoolError, code: string): boolean =>
  Predicate.hasProperty(cause, "code") && cause.code === code

export const attempt = <A>(run: () => Promise<A>): Effect.Effect<A, SpoolError> =>
  Effect.tryPromise({ try: run, catch: (cause) => new SpoolError({ cause }) })

/** The same with a file, if it is one, of so many bytes at most: a link is not followed, and a pipe would never end. */
export const attemptFile = <A>(
  path: string,
  run: () => Promise<A>,
  maxBytes = Number.POSITIVE_INFINITY
): Effect.Effect<A, SpoolError> =>
  Effect.flatMap(
    attempt(() => fs.lstat(path)),
    (stat) =>
      !stat.isFile()
        ? new SpoolError({ cause: `${path} is no file` })
        : stat.size > maxBytes
          ? new SpoolError({ cause: `${path} has ${stat.size} bytes, which no segment has` })
          : attempt(run)
  )

/** How a file begins. */
export const beginning = (path: string, length: number): Effect.Effect<string, SpoolError> =>
  Effect.acquireUseRelease(
    attemptFile(path, () => fs.open(path)),
    (file) => attempt(() => file.read(Buffer.alloc(length), 0, length, 0)),
    (file) => Effect.ignore(attempt(() => file.close()))
  ).pipe(Effect.map(({ buffer, bytesRead }) => buffer.toString("utf8", 0, bytesRead)))
