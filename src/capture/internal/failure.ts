/**
 * Causes as records tell them: which errors they have, what each says, and what caused it, in a time and a length bounded by
 * the limits, however many errors there are and however large they are.
 */
import * as Cause from "effect/Cause"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as errors from "../../signal/internal/errors.js"
import { toJsonOfFailure, toText, truncated, wellFormed } from "../../signal/internal/jsonWalk.js"
import type { Limits } from "./options.js"

/** The errors of a cause, as spans record them. */
export interface Failure {
  /** The limits that this failure was rendered under. One that was kept is used again only under the same. */
  readonly limits: Limits
  /** The first `eventCount` errors, and at least one where there is any. */
  readonly errors: ReadonlyArray<Told>
  /** How many errors there are. */
  readonly count: number
  /** Whether it was interrupted, or stopped by an `AbortSignal`, and nothing else happened. */
  readonly interrupted: boolean
  /** The status of an HTTP response that a server fails with, where there is one. */
  readonly status: number | undefined
}

/** An error as it is told. */
export interface Told {
  readonly limits: Limits
  readonly name: string
  /** The value of `error.type`. */
  readonly type: string
  readonly message: string
  readonly stack: string
  /**
   * Where it was recorded last, and with which `error.type` where it was the first error of a span: spans of the same trace
   * above that one need not repeat the stack, and have the same type.
   */
  recordedIn: { readonly traceId: string; readonly by: unknown; readonly type: string | undefined } | undefined
}

/** A cause passes through many spans, and is looked at once; so is an error, which may pass through several causes. */
const failures = new WeakMap<Cause.Cause<unknown>, Failure>()
const tellings = new WeakMap<object, Told>()

/** Its errors, and whether it holds an interruption. Whoever ends a span by hand may give it anything. */
export const failureOf = (cause: Cause.Cause<unknown>, limits: Limits): Failure => {
  if (!Cause.isCause(cause)) return { limits, errors: [], count: 0, interrupted: false, status: undefined }
  const known = failures.get(cause)
  if (known?.limits === limits) return known
  const { found, interrupted, status } = errorsOf(cause)
  const stopped = found.length > 0 && found.length <= maxAborts && found.every(isAbort)
  const told = stopped ? [] : firstOf(found, limits).map((error) => tell(error, limits))
  const failure: Failure = {
    limits,
    errors: told,
    count: stopped ? 0 : found.length,
    interrupted: stopped || (interrupted && found.length === 0),
    status
  }
  failures.set(cause, failure)
  return failure
}

/** The text of a cause, with the causes of its errors. */
export const pretty = (cause: Cause.Cause<unknown>, limits: Limits): string => {
  const { found, status } = errorsOf(cause)
  if (found.length === 0) return status === undefined ? Cause.pretty(cause) : `HTTP response ${status}`
  const texts: Array<string> = []
  let remaining = limits.attributeValueLength
  for (const error of firstOf(found, limits)) {
    if (remaining <= 0) break
    const { stack } = tell(error, limits)
    texts.push(stack)
    remaining -= stack.length
  }
  if (texts.length < found.length) texts.push(`... and ${found.length - texts.length} more`)
  return wellFormed(texts.join("\n"), limits.attributeValueLength)
}

/** The errors of a cause, those of the programs that were run within it too. What a server answers is no error. */
const errorsOf = (cause: Cause.Cause<unknown>) => {
  const found: Array<unknown> = []
  let interrupted = false
  let status: number | undefined
  const add = (error: unknown) => {
    const inner = innerCause(error)
    if (inner !== undefined && ran.size < maxRuns && !ran.has(inner)) {
      ran.add(inner)
      rest.push(inner)
    } else if (isResponse(error)) status = statusOf(error)
    else found.push(...(errorsOfList(error) ?? [error]))
  }
  const ran = new Set<Cause.Cause<unknown>>()
  const rest = [cause]
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    switch (next._tag) {
      case "Fail":
        add(next.error)
        break
      case "Die":
        add(next.defect)
        break
      case "Interrupt":
        interrupted = true
        break
      case "Parallel":
      case "Sequential":
        rest.push(next.right, next.left)
    }
  }
  return { found, interrupted, status }
}

const maxRuns = 16

/**
 * The errors that `Effect.validateAll` fails with, and `Effect.all` in the mode `"validate"`: a list of errors, or of what may
 * be one by `Option`, also under names.
 */
const errorsOfList = (failure: unknown): ReadonlyArray<unknown> | undefined => {
  try {
    const isList = Array.isArray(failure)
    if (!(isList || isPlain(failure)) || (isList && failure.length > maxListed)) return undefined
    const items = isList ? failure : Object.values(failure)
    if (!items.every((item) => Option.isOption(item) || (isList && isTold(item)))) return undefined
    const found = items.flatMap((item) => (Option.isOption(item) ? Option.toArray(item) : [item]))
    return found.length === 0 ? undefined : found
  } catch {
    return undefined
  }
}

const maxListed = 1_000

const isPlain = (value: unknown): value is object =>
  Predicate.isObject(value) && Object.getPrototypeOf(value) === Object.prototype

/** Whether a value tells of itself that it is an error. */
const isTold = (value: unknown): boolean =>
  Predicate.isObject(value) && (errors.isError(value) || errors.read(value, "_tag") !== undefined)

/** The cause in what `Effect.runPromise` rejects with. */
const innerCause = (error: unknown): Cause.Cause<unknown> | undefined => {
  const cause = readSymbol(error, causeOfRun)
  return Cause.isCause(cause) ? cause : undefined
}

const causeOfRun = Symbol.for("effect/Runtime/FiberFailure/Cause")

/** Whether it is a response of `@effect/platform`, which servers fail with, beside the error if there is any. */
const isResponse = (error: unknown): error is object =>
  Predicate.isObject(error) && readSymbol(error, responseId) !== undefined

const responseId = Symbol.for("@effect/platform/HttpServerResponse")

const statusOf = (response: object): number | undefined => {
  const status = errors.read(response, "status")
  return typeof status === "number" ? status : undefined
}

const readSymbol = (value: unknown, key: symbol): unknown => {
  try {
    return (value as { readonly [key: symbol]: unknown } | null | undefined)?.[key]
  } catch {
    return undefined
  }
}

/** Beyond so many errors a failure is taken for one without looking at the causes of each. */
const maxAborts = 128

const isAbort = (error: unknown): boolean => {
  try {
    return errors.isAbort(Cause.originalError(error))
  } catch {
    return false
  }
}

const firstOf = (found: ReadonlyArray<unknown>, limits: Limits) => found.slice(0, Math.max(limits.eventCount, 1))

/** The longest message and stack, in characters: what is larger is a document that an error quotes. */
const maxMessage = 4_096
const maxStack = 16_384

/** Where Effect keeps the span that an error was raised in. */
const raisedIn = Symbol.for("effect/SpanAnnotation")

const tell = (error: unknown, limits: Limits): Told => {
  try {
    const original = Cause.originalError(error)
    const isObject = Predicate.isObject(original)
    const known = isObject ? tellings.get(original) : undefined
    if (known?.limits === limits) return known
    const telling = new Telling(limits)
    const { message, name } = telling.head(original)
    const stack = telling.stack(original, readSymbol(error, raisedIn))
    const told: Told = { limits, name, type: errors.typeOf(original), message, stack, recordedIn: undefined }
    if (isObject) tellings.set(original, told)
    return told
  } catch {
    return { limits, ...threw, recordedIn: undefined }
  }
}

/** Stands for an error that throws when it is read. */
const threw = { name: "Error", type: "Error", message: "[Threw]", stack: "Error: [Threw]" }

interface Head {
  readonly name: string
  readonly message: string
}

/** Makes text of an error and its causes. */
class Telling {
  private remaining: number
  private readonly path = new Set<unknown>()
  private readonly ofMessage: Limits

  constructor(private readonly limits: Limits) {
    this.remaining = Math.min(limits.attributeValueLength, maxStack)
    this.ofMessage = { ...limits, attributeValueLength: Math.min(limits.attributeValueLength, maxMessage) }
  }

  /** The name of an error, and its message: its own, else the fields that it has. */
  head(error: unknown): Head {
    const name = toText(errors.nameOf(error), this.ofMessage)
    if (!Predicate.isObject(error)) return { name, message: this.text(error) || unsaid }
    const message = this.text(errors.fieldOf(error, "message"))
    if (message !== "") return { name, message: name === "UnknownException" ? this.unwrapped(error, message) : message }
    if (!errors.isError(error) && errors.read(error, "_tag") === undefined) {
      // Providers send in a stream: `{ type: "error", error: { type: "overloaded_error", message: "Overloaded" } }`
      const inner = errors.read(error, "error")
      const said = Predicate.isObject(inner) ? errors.read(inner, "message") : undefined
      const json = this.text(typeof said === "string" && said !== "" ? said : error)
      // A `Response` of the web has its fields on its prototype, and is empty as JSON.
      return { name, message: (json === "{}" ? this.fields(error) : json) || unsaid }
    }
    const fields = this.fields(error)
    const said = [fields === "{}" ? "" : fields, this.of(error) || this.why(error)].filter((part) => part !== "")
    const isNamed = fields !== "{}" || errors.read(error, "_tag") !== undefined
    const text = (isNamed ? [name, ...said] : said).join(": ") || (name === "Error" ? unsaid : name)
    return { name, message: wellFormed(text, this.ofMessage.attributeValueLength) }
  }

  /** The text of an error as Effect shows it, with its fields, its causes and the errors that it is of. */
  stack(error: unknown, span?: unknown, depth = this.limits.attributeDepth): string {
    if (this.path.has(error)) return "[Circular]"
    this.path.add(error)
    try {
      const { message, name } = this.head(error)
      const frames = Predicate.isObject(error) ? this.frames(error) : ""
      const head = message === name || message.startsWith(`${name}: `) ? message : `${name}: ${message}`
      const text = this.take(head + asEffectShows(frames, span), Predicate.isObject(error) && isOf(error) ? 1 / 3 : 1)
      return Predicate.isObject(error) ? this.around(text, error, depth) : text
    } catch {
      return threw.stack
    } finally {
      this.path.delete(error)
    }
  }

  private around(text: string, error: object, depth: number): string {
    const parts: Array<string> = []
    const message = errors.fieldOf(error, "message")
    const said = typeof message === "string" && message !== "" ? "{}" : this.fields(error)
    const fields = this.fields(error, true)
    if (fields !== "{}" && fields !== said) parts.push(`[fields]: ${this.take(fields)}`)
    const cause = errors.read(error, "cause")
    if (cause !== undefined && cause !== null) parts.push(`[cause]: ${this.within(cause, depth)}`)
    const of = errorsIn(error)
    for (let i = 0; i < of.length; i++) {
      if (this.remaining <= 0 || i === maxErrors) {
        parts.push(`... and ${of.length - i} more errors`)
        break
      }
      parts.push(`[errors][${i}]: ${this.within(of[i], depth)}`)
    }
    return parts.length === 0 ? text : `${text} {\n  ${parts.join("\n").replaceAll("\n", "\n  ")}\n}`
  }

  private within(of: unknown, depth: number): string {
    if (this.remaining <= 0) return truncated
    const error = causeIn(of)
    // Below the depth an error has a line, and no stack.
    return depth <= 0 ? this.take(errors.chainOf(error, this.remaining)) : this.stack(error, undefined, depth - 1)
  }

  /** The message of the cause of an error that has none itself. */
  private why(error: object): string {
    let next = causeIn(errors.read(error, "cause"))
    for (let depth = 0; depth < maxWhy && next !== undefined && next !== null; depth++) {
      const text = this.text(Predicate.isObject(next) ? errors.fieldOf(next, "message") : next)
      if (text !== "") return text
      next = Predicate.isObject(next) ? causeIn(errors.read(next, "cause")) : undefined
    }
    return ""
  }

  /** The message of what a promise was rejected with, where Effect's says no more than that it was. */
  private unwrapped(error: object, message: string): string {
    const inner = errors.read(error, "error")
    if (inner === undefined || this.path.has(inner) || !message.startsWith("An unknown error occurred")) return message
    return wellFormed(`${message}: ${this.head(inner).message}`, this.ofMessage.attributeValueLength)
  }

  /** The messages of the errors that an error without a message is of. */
  private of(error: object): string {
    const messages = errorsIn(error)
      .slice(0, 3)
      .map((of) => (Predicate.isObject(of) ? this.text(errors.read(of, "message")) : this.text(of)))
    return messages.filter((message) => message !== "").join("; ")
  }

  /** The fields of an error. A message has no stacks, of the errors among them neither. */
  private fields(error: object, withStacks = false): string {
    const fields = Object.fromEntries(errors.fieldsOf(error).map((key) => [key, errors.read(error, key)]))
    return JSON.stringify(toJsonOfFailure(fields, this.ofMessage, withStacks))
  }

  private text(value: unknown): string {
    if (typeof value === "string") return wellFormed(value, this.ofMessage.attributeValueLength)
    if (typeof value === "symbol") return wellFormed(String(value), this.ofMessage.attributeValueLength)
    const json = toJsonOfFailure(value, this.ofMessage, false)
    return typeof json === "string" ? json : (JSON.stringify(json) ?? "")
  }

  /** The lines of a stack below the message, of at most 1,024 characters: Effect takes quadratic time for a line. */
  private frames(error: object): string {
    const stack = errors.fieldOf(error, "stack")
    if (typeof stack !== "string") return ""
    const message = errors.fieldOf(error, "message")
    const at = typeof message === "string" && message !== "" ? stack.indexOf(message) : -1
    const start = at >= 0 && at < 1_024 ? at + (message as string).length : 0
    const first = stack.indexOf("\n    at ", start)
    const frames = first >= 0 ? stack.slice(first) : start > 0 ? stack.slice(start) : ""
    return wellFormed(frames, this.remaining).replaceAll(/(.{1024}).+/g, "$1")
  }

  /** As much of a text as there is room, or as its share of it. */
  private take(text: string, share = 1): string {
    const taken = wellFormed(text, Math.max(Math.floor(this.remaining * share), 0))
    this.remaining -= taken.length + 1
    return taken
  }
}

/** The lines of a stack as Effect shows them, with those of its spans. */
const asEffectShows = (frames: string, span: unknown): string => {
  const small = { name: "", message: "", stack: frames, [raisedIn]: span }
  const [, ...lines] = Cause.pretty(Cause.fail(Object.assign(Object.create(Error.prototype), small))).split("\n")
  return lines.map((line) => `\n${line}`).join("")
}

/** An error that another has for its cause: of a `Cause`, the first. */
const causeIn = (cause: unknown): unknown =>
  Cause.originalError(Cause.isCause(cause) ? errorsOf(cause).found[0] : cause)

const maxWhy = 8

/** Errors of one error that are told. */
const maxErrors = 128

/** Whether others are behind an error, which are to have room, too. */
const isOf = (error: object): boolean => {
  const cause = errors.read(error, "cause")
  return (cause !== undefined && cause !== null) || errorsIn(error).length > 0
}

const unsaid = "An error has occurred"

const errorsIn = (error: object): ReadonlyArray<unknown> => {
  const isOne = errors.isError(error) || errors.read(error, "_tag") !== undefined
  const of = isOne ? errors.read(error, "errors") : undefined
  return Array.isArray(of) ? of : []
}
