/** Failures that are values: of an effect that succeeds, in a span that has failed. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Predicate from "effect/Predicate"
import type { Span } from "effect/Tracer"

/** Lets the span around an effect fail where the value that comes out is a failure; the effect succeeds. */
export const failing =
  <A>(isFailure: ((value: A) => boolean) | undefined, byDefault: (value: unknown) => boolean, type: string) =>
  <E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.tap(effect, (value) => {
      const failure = failureIn(value, isFailure ?? byDefault, type)
      return failure === undefined ? Effect.void : Effect.ignore(Effect.map(Effect.currentSpan, endingWith(failure)))
    })

/** Ends a span that would end well with a failure. */
const endingWith = (failure: Exit.Exit<unknown, unknown>) => (span: Span) => {
  if (!Object.isExtensible(span)) return
  const { end } = span
  const value: Span["end"] = (time, exit) => end.call(span, time, Exit.isSuccess(exit) ? failure : exit)
  Object.defineProperty(span, "end", { value, configurable: true, writable: true })
}

/** The failure that a value is, if it is one. */
const failureIn = <A>(
  value: A,
  isFailure: (value: A) => boolean,
  type: string
): Exit.Exit<unknown, unknown> | undefined => {
  try {
    return isFailure(value) === true ? toFailure(value, type) : undefined
  } catch {
    return undefined
  }
}

/** A `Left`, and an `Exit` that is a failure. */
export const isFailed = (value: unknown): boolean =>
  (Either.isEither(value) && Either.isLeft(value)) || (Exit.isExit(value) && Exit.isFailure(value))

/** These, and what a server of MCP answers for a tool that failed. */
export const isFailedTool = (value: unknown): boolean =>
  isFailed(value) || (Predicate.hasProperty(value, "isError") && value.isError === true)

const toFailure = (value: unknown, type: string): Exit.Exit<unknown, unknown> => {
  if (Exit.isExit(value) && Exit.isFailure(value)) return value
  const error = Either.isEither(value) && Either.isLeft(value) ? value.left : value
  return Exit.fail(isError(error) ? error : { _tag: type, message: messageOf(error) })
}

const isError = (value: unknown): boolean => value instanceof Error || Predicate.hasProperty(value, "_tag")

/** The words of a value: a text, its message or its error, or the texts of the content of an MCP result. */
const messageOf = (value: unknown, depth = 2): string | undefined => {
  if (Predicate.isString(value)) return value.slice(0, maxLength)
  if (!Predicate.isObject(value) || depth === 0) return undefined
  const { content, error, message } = value as { readonly [key: string]: unknown }
  if (Array.isArray(content)) {
    const texts = content.slice(0, maxParts).flatMap((part) => (Predicate.isString(part?.text) ? [part.text] : []))
    if (texts.length > 0) return texts.map((text) => text.slice(0, maxLength)).join("\n")
  }
  return [message, error, content].map((part) => messageOf(part, depth - 1)).find((said) => said !== undefined)
}

const maxParts = 16
const maxLength = 4_096
