/**
 * An error by its own account: what it is called, why, and which of its fields may be recorded. Total: whatever the error
 * does when it is read.
 */

/** Reads a field; one that throws is `"[Threw]"`. */
export const read = (object: object, key: string): unknown => {
  try {
    return (object as { readonly [key: string]: unknown })[key]
  } catch {
    return "[Threw]"
  }
}

/** Whether a value is an error, of another realm as well. */
export const isError = (value: object): boolean => {
  const prototype = Object.getPrototypeOf(value)
  if (prototype === Object.prototype || prototype === null) return false
  return value instanceof Error || /^\[object (?:Error|DOMException)\]$/.test(Object.prototype.toString.call(value))
}

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null

/** The text under a key, where it is one. */
const textAt = (object: object, key: string): string | undefined => {
  const text = read(object, key)
  return typeof text === "string" && text !== "" && text !== "[Threw]" ? text : undefined
}

/** The name of an error: its tag, else a name of its own, else that of its class. */
export const nameOf = (error: unknown): string => {
  if (!isObject(error)) return "Error"
  const tag = textAt(error, "_tag")
  if (tag !== undefined) return tag
  const name = isError(error) ? textAt(error, "name") : undefined
  return name !== undefined && name !== "Error" ? name : classOf(error)
}

const classOf = (error: object): string => {
  const constructor = read(error, "constructor")
  const name = typeof constructor === "function" ? textAt(constructor, "name") : undefined
  return name === undefined || name === "Object" || name === "Array" ? "Error" : name
}

/**
 * The value of `error.type`: the status of the HTTP answer that it is about, the code that a provider gave it, else
 * its name.
 */
export const typeOf = (error: unknown): string => {
  if (!isObject(error)) return "Error"
  const known = answeredBy(error)
  if (known !== undefined) return known
  // The wrapper that Effect puts around what a promise was rejected with says nothing of its own.
  const inner = textAt(error, "_tag") === "UnknownException" ? read(error, "error") : undefined
  return (isObject(inner) ? answeredBy(inner) : undefined) ?? nameOf(error)
}

const answeredBy = (error: object): string | undefined => {
  const response = read(error, "response")
  const ofResponse = isObject(response) ? statusOf(response) : undefined
  if (ofResponse !== undefined) return ofResponse
  if (textAt(error, "_tag") !== undefined) return undefined
  const inner = read(error, "error")
  const ofProvider = isObject(inner) && !isError(inner) ? inner : isError(error) ? undefined : error
  const metadata = read(error, "$metadata")
  return (
    statusOf(error) ??
    (isObject(metadata) ? statusOf(metadata) : undefined) ??
    (ofProvider && (codeOf(ofProvider) ?? codeOf(error)))
  )
}

/** A status of HTTP that says that something failed. */
export const isFailedStatus = (status: unknown): status is number =>
  typeof status === "number" && status >= 400 && status < 600 && Number.isInteger(status)

const statusOf = (object: object): string | undefined => {
  const status = ["status", "statusCode", "httpStatusCode"].map((key) => read(object, key)).find(isFailedStatus)
  return status === undefined ? undefined : String(status)
}

/** The code that a provider gave an error which it sent in a body, or in a stream. */
const codeOf = (object: object): string | undefined => {
  const code = read(object, "code")
  if (isFailedStatus(code)) return String(code)
  return [code, read(object, "type")].find((word): word is string => typeof word === "string" && isCode.test(word))
}

const isCode = /^(?!error$)[A-Za-z][\w.-]{0,63}$/

/** Whether an error says that somebody stopped what failed: an abort, or what an abort caused. A timeout is none. */
export const isAbort = (error: unknown): boolean => {
  let aborted = false
  let next = error
  for (let depth = 0; depth < maxCauses && isObject(next); depth++) {
    const name = nameOf(next)
    if (name === "TimeoutError") return false
    aborted ||= aborts.has(name)
    next = read(next, "cause")
  }
  return aborted
}

const maxCauses = 16

/**
 * The errors from one down to the one that caused them all, in a line: what remains to be said below the depth of values.
 * Where they are many, or the line too
 * long, the last is said, and those before it are counted.
 */
export const chainOf = (error: unknown, length: number): string => {
  const most = Math.min(maxCauses, Math.floor(length / maxHead) - 1)
  const said: Array<string> = []
  const seen = new Set<unknown>()
  let last: unknown
  for (let next = error; next !== undefined && next !== null && seen.size < maxLinks; next = causeOf(next)) {
    if (seen.has(next)) break
    seen.add(next)
    last = next
    if (said.length < most) said.push(headOf(next))
  }
  const skipped = seen.size - said.length
  if (skipped > 0) said.push(...(skipped > 1 ? [`... and ${skipped - 1} more`] : []), headOf(last))
  return said.join(causedBy)
}

const causedBy = " [cause]: "

/** Characters that one error takes in the line, about at most. */
const maxHead = 256

/** Causes that are followed, at most. */
const maxLinks = 10_000

const causeOf = (error: unknown): unknown => (isObject(error) ? read(error, "cause") : undefined)

/** Whether a value has a name and a message, as the cause of an error should. */
export const isCause = (value: unknown): boolean =>
  isObject(value) && (isError(value) || textAt(value, "_tag") !== undefined)

const headOf = (error: unknown): string => {
  if (!isObject(error)) return String(error).slice(0, 200)
  const message = textAt(error, "message")?.slice(0, 200)
  return message === undefined ? nameOf(error) : `${nameOf(error)}: ${message}`
}

/** Errors of an `AbortSignal`, by the names of the web and of clients that have one of their own. */
const aborts: ReadonlySet<string> = new Set(["AbortError", "APIUserAbortError", "CanceledError"])

/**
 * The fields of an error that may be recorded beside its name, its message and its causes. Of one with a tag, and of a
 * `Data.Error`, those are the ones that the program gave it, but for what an HTTP client sent or got; of any other, on which clients hang all that they
 * have, the few that say why.
 */
export const fieldsOf = (error: object): ReadonlyArray<string> => {
  try {
    const keys = Object.keys(error)
    const cause = read(error, "cause")
    const isRecorded =
      textAt(error, "_tag") === undefined && !isOfEffect(error)
        ? (key: string) => telling.has(key) && isScalar(read(error, key))
        : (key: string) => isOwn(key) && isData(read(error, key), cause)
    const recorded = keys.filter(isRecorded)
    for (const key of ["code", "status"]) if (!keys.includes(key) && isRecorded(key)) recorded.push(key)
    return recorded
  } catch {
    return []
  }
}

/** Whether it is of a class made by `Data.Error`, whose fields are those that the program declared. */
const isOfEffect = (error: object): boolean => isError(error) && typeof read(error, "commit") === "function"

const isOwn = (key: string): boolean => !ofErrors.has(key) && !/^[_$~]/.test(key) && !isOfHttp(key)

/** Fields that have a place of their own. */
const ofErrors: ReadonlySet<string> = new Set(["name", "message", "stack", "cause", "errors"])

/** Fields of anybody's errors that say why, if they are texts, numbers or booleans. */
const telling: ReadonlySet<string> = new Set(
  "code status statusCode statusText errno syscall address port path reason type param severity constraint module method description requestId requestID request_id".split(
    " "
  )
)

const isScalar = (value: unknown): boolean =>
  typeof value === "string" || typeof value === "number" || typeof value === "boolean" || typeof value === "bigint"

/** Whether a field of a tagged error is data, as its program made it: no instance of a class that is not meant to be JSON. */
const isData = (value: unknown, cause: unknown): boolean => {
  if (!isObject(value)) return isScalar(value) || value === null
  if (value === cause) return false
  const prototype = Object.getPrototypeOf(value)
  return (
    prototype === Object.prototype ||
    prototype === null ||
    Array.isArray(value) ||
    value instanceof Date ||
    isError(value) ||
    typeof read(value, "toJSON") === "function"
  )
}

/** The keys of an object without what an HTTP client sent or got. */
export const keysOf = (object: object): ReadonlyArray<string> => Object.keys(object).filter((key) => !isOfHttp(key))

/** Whether a field has what an HTTP client sent or got. */
const isOfHttp = (key: string): boolean => {
  const words = key.match(/[A-Z]?[a-z]+|[A-Z]+(?![a-z])/g) ?? []
  return ofCalls.has(words.at(-1)?.toLowerCase() ?? "") || words.some((word) => ofMessages.has(word.toLowerCase()))
}

/** Words that make a field one of an HTTP client where they stand last. */
const ofCalls: ReadonlySet<string> = new Set(
  "request response req res config options agent socket metadata dispatcher".split(" ")
)

/** Words that make it one wherever they stand. */
const ofMessages: ReadonlySet<string> = new Set(
  "body bodies header headers trailer trailers cookie cookies authorization".split(" ")
)

/** A field of an error as it is recorded. */
export const fieldOf = (error: object, key: string): unknown => {
  if (key === "name") return nameOf(error)
  const value = (error as { readonly [key: string]: unknown })[key]
  if (typeof value !== "string" || (key !== "message" && key !== "stack")) return value
  const message = key === "message" ? value : read(error, "message")
  return isListing(error, message) ? value.replace(message, "") : withoutBody(error, value)
}

/** Whether a message is but the list of all fields, which `Schema.TaggedError` makes where there is no other. */
const isListing = (error: object, message: unknown): message is string =>
  typeof message === "string" &&
  message.startsWith("{ ") &&
  message.endsWith(" }") &&
  textAt(error, "_tag") !== undefined &&
  !Object.hasOwn(error, "message")

/**
 * A message without the body of an HTTP answer that it quotes: of one that is the JSON of an error, what that says, and of
 * any other how long it was.
 */
const withoutBody = (error: object, message: string): string => {
  const body = read(error, "body")
  if (typeof body !== "string" || body === "" || !message.includes(body)) return message
  return message.replaceAll(body, () => saidBy(body) ?? `[${body.length} characters]`)
}

const saidBy = (body: string): string | undefined => {
  if (body.length > 65_536) return undefined
  try {
    const json: unknown = JSON.parse(body)
    if (!isObject(json)) return undefined
    const error = read(json, "error")
    return textAt(isObject(error) ? error : json, "message") ?? (typeof error === "string" ? error : undefined)
  } catch {
    return undefined
  }
}
