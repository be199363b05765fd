/**
 * Causes as records tell them: as Effect's `Cause.pretty` does, but in a time bounded by the limits, however many errors
 * there are and however large they are.
 */
import * as Cause from "effect/Cause"
import { toText, truncated, wellFormed } from "../../signal/internal/jsonWalk.js"
import type { Limits } from "./options.js"

/** The errors of a cause, as spans record them. */
export interface Failure {
  /** The limits that this failure was rendered under. One that was kept is used again only under the same. */
  readonly limits: Limits
  /** The first `eventCount` errors, and at least one where there is any. */
  readonly errors: ReadonlyArray<PrettyError>
  /** How many errors there are. */
  readonly count: number
  readonly interrupted: boolean
}

interface PrettyError {
  readonly name: string
  readonly message: string
  readonly stack: string
}

/** A cause passes through many spans, and is looked at once. */
const failures = new WeakMap<Cause.Cause<unknown>, Failure>()

/** Its errors, and whether it holds an interruption. Whoever ends a span by hand may give it anything. */
export const failureOf = (cause: Cause.Cause<unknown>, limits: Limits): Failure => {
  if (!Cause.isCause(cause)) return { limits, errors: [], count: 0, interrupted: false }
  const known = failures.get(cause)
  if (known?.limits === limits) return known
  const { errors, interrupted } = errorsOf(cause)
  const failure: Failure = {
    limits,
    errors: firstOf(errors, limits).map((error) => toPretty(error, limits)),
    count: errors.length,
    interrupted
  }
  failures.set(cause, failure)
  return failure
}

/** The text of a cause, with the causes of its errors. */
export const pretty = (cause: Cause.Cause<unknown>, limits: Limits): string => {
  const { errors } = errorsOf(cause)
  if (errors.length === 0) return Cause.pretty(cause)
  const texts: Array<string> = []
  let remaining = limits.attributeValueLength
  for (const error of firstOf(errors, limits)) {
    if (remaining <= 0) break
    const text = toStack(error, limits, limits.attributeDepth)
    texts.push(text)
    remaining -= text.length
  }
  if (texts.length < errors.length) texts.push(`... and ${errors.length - texts.length} more`)
  return wellFormed(texts.join("\n"), limits.attributeValueLength)
}

const errorsOf = (cause: Cause.Cause<unknown>) => {
  const errors: Array<unknown> = []
  let interrupted = false
  const rest = [cause]
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    switch (next._tag) {
      case "Fail":
        errors.push(next.error)
        break
      case "Die":
        errors.push(next.defect)
        break
      case "Interrupt":
        interrupted = true
        break
      case "Parallel":
      case "Sequential":
        rest.push(next.right, next.left)
    }
  }
  return { errors, interrupted }
}

const firstOf = (errors: ReadonlyArray<unknown>, limits: Limits) => errors.slice(0, Math.max(limits.eventCount, 1))

/** Where Effect keeps the span that an error was raised in. */
const raisedIn = Symbol.for("effect/SpanAnnotation")

/** An error as Effect shows it. Effect is given one that is small: it makes text of all that it finds in an error. */
const toPretty = (error: unknown, limits: Limits): PrettyError => {
  try {
    const original = Cause.originalError(error)
    const read = original instanceof Error ? original : { name: "Error", message: original, stack: "" }
    const name = toText(read.name, limits)
    const message = toText(read.message, limits) || "An error has occurred"
    const span = (error as { readonly [raisedIn]?: unknown } | null | undefined)?.[raisedIn]
    const small = { name, message, stack: framesOf(read, limits), [raisedIn]: span }
    return { name, message, stack: Cause.pretty(Cause.fail(Object.assign(Object.create(Error.prototype), small))) }
  } catch {
    return threw
  }
}

/** A stack without the message, in lines of at most 1,024 characters: Effect takes quadratic time for a line. */
const framesOf = ({ message, name, stack }: { name: string; message: unknown; stack?: string }, limits: Limits) => {
  const header = typeof message === "string" ? `${name}: ${message}` : ""
  const frames = stack?.startsWith(header) ? stack.slice(header.length) : stack
  return toText(frames, limits).replaceAll(/(.{1024}).+/g, "$1")
}

/** Stands for an error that throws when it is read. */
const threw: PrettyError = { name: "Error", message: "[Threw]", stack: "Error: [Threw]" }

const toStack = (error: unknown, limits: Limits, depth: number): string => {
  const { stack } = toPretty(error, limits)
  const cause = causeOf(error)
  if (cause === undefined) return stack
  const text = depth === 0 ? truncated : toStack(cause, limits, depth - 1).replaceAll("\n", "\n  ")
  return wellFormed(`${stack} {\n  [cause]: ${text}\n}`, limits.attributeValueLength)
}

const causeOf = (error: unknown): unknown => {
  try {
    return error instanceof Error ? error.cause : undefined
  } catch {
    return undefined
  }
}
