/** Types of questions and answers as they are in JSON, made of those of the server. */
import type * as Duration from "effect/Duration"
import type * as Option from "effect/Option"
import type { LogRecord } from "../../../signal/LogRecord.js"
import type { Score } from "../../../signal/Score.js"
import type { SessionSummary } from "../../../signal/SessionSummary.js"
import type { SpanRecord } from "../../../signal/SpanRecord.js"
import type { Answers, Arguments } from "../../internal/wire.js"

/** The methods that the page asks. */
export type Method = keyof Arguments & keyof Answers

/** A value in JSON: nanoseconds and other bigints are decimal digits, durations milliseconds or a text as `"2 hours"`. */
export type Wire<A> = A extends bigint
  ? string
  : A extends string | number | boolean | null | undefined
    ? A
    : A extends Option.Option<infer B>
      ? Wire<B> | null
      : A extends SpanRecord
        ? WireSpan
        : A extends LogRecord
          ? WireLog
          : A extends Score
            ? WireScore
            : A extends SessionSummary
              ? WireSession
              : A extends { readonly items: ReadonlyArray<infer B>; readonly nextCursor: Option.Option<string> }
                ? WirePage<Wire<B>>
                : A extends ReadonlyArray<infer B>
                  ? ReadonlyArray<Wire<B>>
                  : {
                      readonly [K in keyof A]: Duration.Duration extends A[K] ? Wire<Exclude<A[K], object>> : Wire<A[K]>
                    }

export interface WirePage<A> {
  readonly items: ReadonlyArray<A>
  readonly nextCursor?: string
}

export type WireSession = typeof SessionSummary.Encoded
export type WireSpan = typeof SpanRecord.Encoded
export type WireLog = typeof LogRecord.Encoded
export type WireScore = typeof Score.Encoded

export type Asked<M extends Method> = Wire<Arguments[M]>
export type Answer<M extends Method> = Wire<Answers[M]>
