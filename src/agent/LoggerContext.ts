/**
 * What the next log will be recorded with: for loggers, error reports and calls to the outside that shall be found again
 * beside the records.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Logger from "../capture/Logger.js"
import * as TracingOptions from "../identity/TracingOptions.js"

/**
 * The ids and labels of the next log. A field that is not known is absent.
 *
 * @since 0.1.0
 * @category models
 */
export type LoggerContext = {
  readonly [Field in keyof Logger.Correlation]?: Field extends keyof TracingOptions.TracingOptions
    ? TracingOptions.TracingOptions[Field]
    : Logger.Correlation[Field] | undefined
}

/**
 * The correlation fields of the next log. Where no logs are recorded, the tracing options of the fiber.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { LoggerContext } from "effect-observability"
 *
 * const reportUrl = Effect.map(LoggerContext.current, ({ sessionId, traceId }) =>
 *   `https://errors.example.com/?session=${sessionId}&trace=${traceId}`
 * )
 * ```
 *
 * @since 0.1.0
 * @category accessors
 */
export const current: Effect.Effect<LoggerContext> = Effect.flatMap(
  Logger.correlation,
  Option.match({
    onNone: (): Effect.Effect<LoggerContext> => TracingOptions.get,
    onSome: Effect.succeed
  })
)
