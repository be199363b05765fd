/**
 * A session in short: what a list of sessions shows.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as SessionId from "../identity/SessionId.js"
import { Nanos } from "./Field.js"
import { encode } from "./internal/fields.js"

/**
 * Counts and sums over the stored records of one session. Replayed workflow activities are in none of the sums and no
 * error count.
 *
 * @since 0.1.0
 * @category models
 */
export class SessionSummary extends Schema.Class<SessionSummary>("SessionSummary")({
  sessionId: SessionId.SessionId,
  /** The earliest start of a span or time of a log: nanoseconds since the epoch. */
  firstActivity: Nanos,
  /** The latest start or end of a span or time of a log: nanoseconds since the epoch. */
  lastActivity: Nanos,
  traces: Schema.Int,
  spans: Schema.Int,
  /** The topmost spans of the session in its traces: those that `sessionTimeline` shows. */
  turns: Schema.Int.pipe(
    Schema.optionalWith({ default: () => 0 }),
    Schema.withConstructorDefault(() => 0)
  ),
  /**
   * Failures where they began: spans with the status `"error"` that have no child in the session that failed with the same
   * error. It is the same where `errorType` is equal, and the message of the child is equal or absent.
   */
  errors: Schema.Int,
  logs: Schema.Int,
  /** Summed over `model_generation` spans: agents repeat the usage of their children. */
  inputTokens: Schema.Int,
  /** Summed over `model_generation` spans. */
  outputTokens: Schema.Int,
  /** US dollars, summed over `model_generation` spans. */
  costUsd: Schema.Finite,
  /** The ids of the users, sorted. */
  users: Schema.Array(Schema.String)
}) {
  /**
   * The encoded form: plain JSON, times as decimal strings. A copy by spread has no `toJSON`: spread what this gives.
   *
   * @since 0.1.0
   */
  toJSON(): typeof SessionSummary.Encoded {
    return encode<typeof SessionSummary.Encoded>(this)
  }
}
