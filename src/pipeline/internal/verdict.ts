/** What an exporter returned, read: exporters in JavaScript may return and fail with anything. */
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import { disregard } from "../../runtime/call.js"
import { ExportError } from "../Exporter.js"

/** An exporter may ask for more patience, but does not get it. */
const maxRetryAfter = Duration.minutes(5)

/** Faults that one record of a batch may bring upon all of it. */
const divisible: ReadonlySet<string> = new Set(["Rejected", "Defect"])

export interface Verdict {
  readonly retryable: boolean
  readonly reason: string
  /** Whether the batch is tried again in halves. */
  readonly divisible: boolean
  /** How many records were refused while all others were taken, where the exporter says so. */
  readonly rejected: number | undefined
}

/**
 * The verdict on a failed export. A defect, or an interruption by someone else, may be the fault of one record that the
 * exporter cannot bear, so such a batch is split.
 */
export const verdictOf = (cause: Cause.Cause<ExportError>): Verdict =>
  Option.match(failureOf(cause), {
    onNone: () => ({ retryable: false, reason: "Defect", divisible: true, rejected: undefined }),
    onSome: ({ reason = "Rejected", rejected, retryable }) => ({
      retryable,
      reason,
      divisible: divisible.has(reason),
      rejected: Predicate.isNullable(rejected) ? undefined : Number.isInteger(rejected) ? Math.max(0, rejected) : 0
    })
  })

/** How long to wait at least before the next attempt. */
export const retryAfterOf = (exit: Exit.Exit<void, ExportError>): Duration.Duration =>
  Exit.causeOption(exit).pipe(
    Option.flatMap(failureOf),
    Option.map(({ retryAfter }) => retryAfter),
    Option.filter(Duration.isDuration),
    Option.match({ onNone: () => Duration.zero, onSome: Duration.min(maxRetryAfter) })
  )

export const messageOf = (failure: Cause.Cause<ExportError>): string =>
  Option.match(failureOf(failure), {
    onNone: () => "Defect",
    onSome: ({ message, reason = "Rejected" }) => (message === undefined ? reason : `${reason}: ${message}`)
  })

/** The parts of a failure, if they can be read. It may be nothing at all, and its reason no text. */
const failureOf = (cause: Cause.Cause<ExportError>) =>
  Option.flatMap(
    Cause.failureOption(cause),
    Option.liftThrowable(({ cause, reason, rejected, retryable, retryAfter }) => ({
      message: cause instanceof Error ? String(cause.message) : undefined,
      reason: typeof reason === "string" ? reason : undefined,
      rejected,
      retryable,
      retryAfter
    }))
  )

/**
 * The effect that an exporter returned. One that returned no effect fails for good and its batch is not split: it may
 * have exported some of the records.
 */
export const toEffect = (returned: Effect.Effect<void, ExportError>): Effect.Effect<void, ExportError> => {
  if (Effect.isEffect(returned)) return returned
  disregard(returned)
  return new ExportError({ retryable: false, reason: "NoEffect", cause: new TypeError("export returned no Effect") })
}
