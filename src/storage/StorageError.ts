/**
 * How a storage fails.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * Why a storage did not do what it was asked.
 *
 * | reason | meaning |
 * |---|---|
 * | `Unavailable` | the store cannot be reached or opened now |
 * | `Timeout` | it did not answer in time |
 * | `Unauthorized` | it refused the credentials |
 * | `Locked` | another process holds the file |
 * | `ReadOnly` | it can be read and not written |
 * | `Corrupt` | the file is damaged, or no database at all |
 * | `Incompatible` | its tables are not ours, or of a newer major version |
 * | `Full` | no room is left |
 * | `Rejected` | a record cannot be stored |
 * | `InvalidArgument` | a cursor, limit, id or filter is not one: `field` names it |
 * | `Query` | the engine failed on a query |
 * | `Unsupported` | the engine lacks the method |
 *
 * @since 0.1.0
 * @category errors
 */
export const StorageErrorReason = Schema.Literal(
  "Unavailable",
  "Timeout",
  "Unauthorized",
  "Locked",
  "ReadOnly",
  "Corrupt",
  "Incompatible",
  "Full",
  "Rejected",
  "InvalidArgument",
  "Query",
  "Unsupported"
)

/**
 * One of the reasons in the table of the schema of this name.
 *
 * @since 0.1.0
 * @category errors
 */
export type StorageErrorReason = typeof StorageErrorReason.Type

/**
 * The one error of a storage. `retryable` says whether the same call may succeed later.
 *
 * @since 0.1.0
 * @category errors
 */
export class StorageError extends Schema.TaggedError<StorageError>("effect-observability/Storage/StorageError")(
  "StorageError",
  {
    reason: StorageErrorReason,
    retryable: Schema.Boolean,
    /** What went wrong and what to do about it. */
    detail: Schema.optional(Schema.String),
    /** The argument or the record's field that was at fault. */
    field: Schema.optional(Schema.String),
    cause: Schema.optional(Schema.Defect)
  }
) {
  /**
   * @since 0.1.0
   */
  override get message(): string {
    return this.detail === undefined ? this.reason : `${this.reason}: ${this.detail}`
  }
}
