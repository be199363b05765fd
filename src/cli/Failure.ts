/** How a command fails: with one sentence on stderr that says what to do, and a code of exit. */
import * as ValidationError from "@effect/cli/ValidationError"
import * as Cause from "effect/Cause"
import * as Data from "effect/Data"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import { StorageError } from "../storage/StorageError.js"

export const code = { failed: 1, usage: 2, notFound: 3, interrupted: 130, terminated: 143 } as const

/** The end of a command that did not do what it was asked. */
export class Failure extends Data.TaggedError("CliFailure")<{
  readonly code: number
  readonly message: string
  readonly cause?: unknown
}> {}

export const failed = (message: string, cause?: unknown): Failure => new Failure({ code: code.failed, message, cause })
export const usage = (message: string): Failure => new Failure({ code: code.usage, message })
export const notFound = (message: string): Failure => new Failure({ code: code.notFound, message })

/** The reader of the output has gone, as `head` does: that is no error. */
export class Closed extends Data.TaggedError("CliClosed") {}

/** The end of a command: its code, and the sentence, unless it was said before. */
export interface Ending {
  readonly code: number
  readonly message: string | undefined
}

export const endingOf = (cause: Cause.Cause<unknown>): Ending => {
  const error = Option.getOrElse(Cause.failureOption(cause), () => Cause.squash(cause))
  if (Cause.isInterruptedOnly(cause)) return { code: code.interrupted, message: undefined }
  if (error instanceof Closed) return { code: 0, message: undefined }
  if (error instanceof Failure) return error
  // @effect/cli has printed it.
  if (ValidationError.isValidationError(error)) return { code: code.usage, message: undefined }
  if (error instanceof StorageError) return ofStorage(error)
  return { code: code.failed, message: `this should not happen: ${messageOf(error)}. --log-level debug tells more` }
}

const ofStorage = ({ detail, field, message, reason }: StorageError): Ending => {
  if (reason !== "InvalidArgument") return { code: code.failed, message }
  const option = field === undefined ? undefined : optionOf[field.replace(/^(filters|pagination)\./, "")]
  const words = detail?.replace(`${field}: `, "") ?? message
  return { code: code.usage, message: option === undefined ? (detail ?? message) : `${option}: ${words}` }
}

/** The options, by the arguments of the storage that they become. */
const optionOf: Readonly<Record<string, string>> = {
  cursor: "--cursor",
  limit: "--limit",
  sessionId: "the session id",
  traceId: "the trace id",
  spanId: "the span id",
  search: "the words that are searched",
  startedAfter: "--since or --from",
  startedBefore: "--to",
  metadata: "--metadata",
  interval: "--every",
  timeZone: "--zone",
  groupBy: "--by",
  measures: "--measure"
}

export const messageOf = (error: unknown): string =>
  Predicate.hasProperty(error, "message") && typeof error.message === "string" && error.message !== ""
    ? error.message
    : String(error)
