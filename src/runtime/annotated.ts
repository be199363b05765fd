/**
 * Logs of the library itself. They go to the program's own loggers, annotated with the package and the module that they come
 * from, so that a program can tell them from its own.
 */
import * as Effect from "effect/Effect"

/** A function that logs, made one that annotates, too. */
export const annotated =
  (log: (...message: ReadonlyArray<unknown>) => Effect.Effect<void>) =>
  (module: string) =>
  (...message: ReadonlyArray<unknown>): Effect.Effect<void> =>
    Effect.annotateLogs(log(...message), { package: "effect-observability", module })

export const logInfo = annotated(Effect.logInfo)
export const logWarning = annotated(Effect.logWarning)
