/**
 * A log as it is stored, with the session and the span in which it was written.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { checkFields, correlation, encode, type MakeOptions, Nanos } from "./internal/fields.js"
import { Json, JsonObject } from "./Json.js"

/**
 * How severe a log is, from `"trace"` to `"fatal"`.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Level = Schema.Literal("trace", "debug", "info", "warn", "error", "fatal")

/**
 * @since 0.1.0
 * @category models
 */
export type Level = typeof Level.Type

const Fields = Schema.Struct({
  /** A UUID version 7. */
  logId: Schema.NonEmptyString,
  /** Nanoseconds since the epoch. */
  timestamp: Nanos,
  level: Level,
  /** The strings that were logged, joined by a space. */
  message: Schema.String,
  /** The other values that were logged, in their order. */
  data: Schema.Array(Json),
  /** The annotations. */
  attributes: JsonObject,
  /** The log spans, and how long each had lasted: milliseconds. */
  logSpans: Schema.Record({ key: Schema.String, value: Schema.Finite }),
  /** The cause that was logged, as Effect prints it. */
  cause: Schema.optional(Schema.String),
  traceId: Schema.optional(Schema.String),
  spanId: Schema.optional(Schema.String),
  ...correlation
})

const checked = checkFields("LogRecord", Fields)

/**
 * @since 0.1.0
 * @category models
 */
export class LogRecord extends Schema.Class<LogRecord>("LogRecord")(Fields) {
  // The check of the class itself costs ten times as much: see `checkFields`.
  // @effect-diagnostics-next-line overriddenSchemaConstructor:off
  constructor(fields: typeof Fields.Type, options?: MakeOptions) {
    super(checked(fields, options), true)
  }

  /**
   * The encoded form: plain JSON, times as decimal strings.
   *
   * @since 0.1.0
   */
  toJSON(): typeof LogRecord.Encoded {
    return encode<typeof LogRecord.Encoded>(this)
  }
}
