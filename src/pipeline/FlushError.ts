/**
 * A flush that did not end in time.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { perSignal } from "../signal/signals.js"

/**
 * Not everything that was emitted before the flush has been exported. What remains goes on waiting.
 *
 * @since 0.1.0
 * @category errors
 */
export class FlushError extends Schema.TaggedError<FlushError>("effect-observability/Observability/FlushError")(
  "FlushError",
  {
    /** How many records still wait, by exporter. Spans and logs are always told, metrics and scores where some wait. */
    remaining: Schema.Record({
      key: Schema.String,
      value: Schema.Struct({
        ...perSignal(() => Schema.optional(Schema.Number)),
        spans: Schema.Number,
        logs: Schema.Number
      })
    })
  }
) {
  /**
   * @since 0.1.0
   */
  override get message(): string {
    const remaining = Object.entries(this.remaining).map(
      ([exporter, counts]) =>
        `${exporter} (${Object.entries(counts)
          .map(([signal, count]) => `${count} ${signal}`)
          .join(", ")})`
    )
    return `not exported yet: ${remaining.join(", ")}`
  }
}
