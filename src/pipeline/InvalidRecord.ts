/**
 * The error of a record that is none.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * Something among the records is none: of no class of records, or with a field that is not what its table says. Nothing of
 * all was taken.
 *
 * @since 0.1.0
 * @category errors
 */
export class InvalidRecord extends Schema.TaggedError<InvalidRecord>(
  "effect-observability/Observability/InvalidRecord"
)("InvalidRecord", {
  /** Its place in the list, from 0. */
  index: Schema.NonNegativeInt,
  /** The field at fault; absent where it is no record at all. */
  field: Schema.optional(Schema.String)
}) {
  /**
   * @since 0.1.0
   */
  override get message(): string {
    return this.field === undefined
      ? `The item at ${this.index} is no SpanRecord, LogRecord, MetricPoint or Score`
      : `The field ${this.field} of the record at ${this.index} is not what it must be`
  }
}
