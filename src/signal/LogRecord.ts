/**
 * A log as it is stored, with the session and the span in which it was written.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import {
  count,
  key,
  numbers,
  object,
  optional,
  recordId,
  schemasOf,
  struct,
  text,
  time,
  values,
  word
} from "./Field.js"
import { correlation } from "./internal/correlation.js"
import { checkFields, encode, type MakeOptions } from "./internal/fields.js"

/**
 * How severe a log is, from `"trace"` to `"fatal"`.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Level = Schema.Literal("trace", "debug", "info", "warn", "error", "fatal")

/**
 * One of the six severities of a log.
 *
 * @since 0.1.0
 * @category models
 */
export type Level = typeof Level.Type

const droppedFields = { attributes: count() }

/** The table of logs. @internal */
export const fields = {
  /** A UUID version 7. */
  logId: recordId({ to: ["log.record.uid"] }),
  /** Nanoseconds since the epoch. */
  timestamp: time({ fixed: true }),
  level: word(Level, { asked: { traces: "some", sessions: "record" } }),
  /** The strings that were logged, joined by a space. */
  message: text(),
  /** The other values that were logged, in their order. */
  data: values(),
  /** The annotations. */
  attributes: object(),
  /** The log spans, and how long each had lasted: milliseconds. */
  logSpans: numbers(),
  /** The cause that was logged, as Effect prints it. */
  cause: optional(text()),
  traceId: optional(key({ asked: { traces: "some", sessions: "record" } })),
  spanId: optional(key()),
  ...correlation,
  /** How many annotations, and keys of `metadata`, went over the configured limits. */
  dropped: optional(struct(droppedFields, Schema.Struct(schemasOf(droppedFields))))
}

const Fields = Schema.Struct(schemasOf(fields))

const checked = checkFields("LogRecord", Fields)

/**
 * One log, checked when it is made: its time as nanoseconds since the epoch, its values as JSON.
 *
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
   * The name of its class, by which it is told from records of other signals. It is in neither form.
   *
   * @since 0.1.0
   */
  get _tag(): "LogRecord" {
    return "LogRecord"
  }

  /**
   * The encoded form: plain JSON, times as decimal strings. A copy by spread has no `toJSON`: spread what this gives.
   *
   * @since 0.1.0
   */
  toJSON(): typeof LogRecord.Encoded {
    return encode<typeof LogRecord.Encoded>(this)
  }
}
