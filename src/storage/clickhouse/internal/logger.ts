import type { Logger } from "@clickhouse/client"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as LogLevel from "effect/LogLevel"
import * as Queue from "effect/Queue"
import { annotated } from "../../../runtime/annotated.js"
import { isolated } from "../../../runtime/isolated.js"

/** A logger for a client of `@clickhouse/client` that writes to the loggers of Effect while the scope is open. */
export const clientLogger = Effect.gen(function* () {
  const entries = yield* Queue.sliding<readonly [LogLevel.LogLevel, Entry]>(100)
  const write = Effect.flatMap(Queue.take(entries), ([level, { args, err, message, module }]) =>
    annotated((...message) => Effect.logWithLevel(level, ...message))("ClickhouseStorage")(
      `@clickhouse/client ${module}: ${message}`,
      ...(err ? [Cause.fail(err)] : [])
    ).pipe(Effect.annotateLogs(args ?? {}))
  )
  yield* Effect.forkScoped(isolated(Effect.forever(write)))
  const at = (level: LogLevel.LogLevel) => (entry: Entry) => void entries.unsafeOffer([level, entry])
  return class implements Logger {
    readonly trace = at(LogLevel.Trace)
    readonly debug = at(LogLevel.Debug)
    readonly info = at(LogLevel.Info)
    readonly warn = at(LogLevel.Warning)
    readonly error = at(LogLevel.Error)
  }
})

interface Entry {
  readonly module: string
  readonly message: string
  readonly args?: Record<string, unknown>
  readonly err?: Error
}
