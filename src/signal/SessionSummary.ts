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
 * The scores of one name: the mean of their values, and how many there are.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ScoreSummary = Schema.Struct({
  /** The mean of the values, each to a billionth: that is added up exactly, so that every engine gives the same. */
  mean: Schema.Finite,
  count: Schema.Int
})

/**
 * The mean of the values of scores of one name, and how many there are.
 *
 * @since 0.1.0
 * @category models
 */
export interface ScoreSummary extends Schema.Schema.Type<typeof ScoreSummary> {}

const texts = Schema.Array(Schema.String).pipe(
  Schema.optionalWith({ default: () => [] }),
  Schema.withConstructorDefault(() => [] as ReadonlyArray<string>)
)

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
  /** US dollars, summed over `model_generation` spans, each to a billionth. */
  costUsd: Schema.Finite,
  /** The ids of the users, sorted. */
  users: Schema.Array(Schema.String),
  /** The models of its spans, sorted: at most the first 100. */
  models: texts,
  /** The names of the agents of its spans, sorted: at most the first 100. */
  agents: texts,
  /**
   * By name, the scores that have this `sessionId`, whatever they are about, and a number: those of the types `"numeric"`
   * and `"boolean"`. At most the first 100 names in their order.
   */
  scores: Schema.Record({ key: Schema.String, value: ScoreSummary }).pipe(
    Schema.optionalWith({ default: () => ({}) }),
    Schema.withConstructorDefault(() => ({}))
  ),
  /**
   * The first words of the user in the first turn, where content is recorded: at most 300 characters. They are in the
   * messages of the span that begins the turn, or of the first agent or model below it.
   */
  firstInput: Schema.optional(Schema.String),
  /**
   * The last answer in the last turn, where content is recorded: at most 300 characters. It is in the
   * messages of the span that begins the turn, or of the last model or agent below it.
   */
  lastOutput: Schema.optional(Schema.String)
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
