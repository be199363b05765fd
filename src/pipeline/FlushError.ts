/**
 * A flush that did not end in time.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * Not everything that was emitted before the flush has been exported. What remains goes on waiting.
 *
 * @since 0.1.0
 * @category errors
 */
export class FlushError extends Schema.TaggedError<FlushError>("effect-observability/Observability/FlushError")(
  "FlushError",
  {
    /** How many records still wait, by exporter. */
    remaining: Schema.Record({
      key: Schema.String,
      value: Schema.Struct({ spans: Schema.Number, logs: Schema.Number })
    })
  }
) {
  /**
   * @since 0.1.0
   */
  override get message(): string {
    const remaining = Object.entries(this.remaining).map(
      ([exporter, { logs, spans }]) => `${exporter} (${spans} spans, ${logs} logs)`
    )
    return `not exported yet: ${remaining.join(", ")}`
  }
}
