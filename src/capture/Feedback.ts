/**
 * Feedback of users on the answers of a program: scores of the source `"user"`.
 *
 * @since 0.1.0
 */
import type * as Effect from "effect/Effect"
import { currentTracingOptions } from "../identity/TracingOptions.js"
import { entriesOf } from "../signal/internal/jsonWalk.js"
import * as Score from "./Score.js"

/**
 * Facts about any feedback: what it is about, who gives it, and why.
 *
 * @since 0.1.0
 * @category models
 */
export interface FeedbackOptions
  extends Pick<Score.RecordOptions, "authorId" | "comment" | "target" | "scoreId" | "tags" | "metadata"> {
  /** The aspect that is scored, where that is not the whole answer: `"tone"`. */
  readonly name?: string | undefined
}

/**
 * How a rating is recorded.
 *
 * @since 0.1.0
 * @category models
 */
export interface RatingOptions extends FeedbackOptions {
  /** The best rating that can be given: 5, unless it says otherwise. It is stored in the metadata. */
  readonly max?: number | undefined
}

/**
 * Records a thumb: 1 and `up`, or 0 and `down`, under the name `thumbs`.
 *
 * The author is the user that `TracingOptions` name, unless the options name another. A second thumb of the same author on
 * the same target replaces the first.
 *
 * @example
 * ```ts
 * import { Feedback, SessionId } from "effect-observability"
 *
 * // what a handler of `POST /feedback` does, with the ids that the answer was sent with
 * const liked = (traceId: string, sessionId: SessionId.SessionId) =>
 *   Feedback.thumbs("up", { target: { traceId, sessionId }, authorId: "ada", comment: "Just what I needed" })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const thumbs = (thumb: "up" | "down" | boolean, options?: FeedbackOptions): Effect.Effect<void> => {
  const isUp = thumb === "up" || thumb === true
  return give("thumbs", () => ({ ...options, value: isUp, label: isUp ? "up" : "down" }))
}

/**
 * Records a number of stars, or the like, under the name `rating`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const rating = (value: number, options?: RatingOptions): Effect.Effect<void> =>
  give("rating", () => ({
    ...options,
    value,
    metadata: { ...Object.fromEntries(entriesOf(options?.metadata ?? {})), max: options?.max ?? 5 }
  }))

/**
 * Records what a user wrote, under the name `comment`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const comment = (text: string, options?: Omit<FeedbackOptions, "comment">): Effect.Effect<void> =>
  give("comment", () => ({ ...options, comment: text }))

/**
 * Records what would have been the right answer, under the name `correction`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const correction = (text: string, options?: FeedbackOptions): Effect.Effect<void> =>
  give("correction", () => ({ ...options, correction: text }))

const give = (
  name: string,
  optionsOf: () => FeedbackOptions & Pick<Score.RecordOptions, "value" | "label" | "correction">
): Effect.Effect<void> =>
  Score.recordOf((read) => {
    const options = optionsOf()
    const authorId = options.authorId ?? read(currentTracingOptions).userId
    return { ...options, name: options.name ?? name, authorId, source: "user" }
  })
