import { STATUS_CODES } from "node:http"
import * as Predicate from "effect/Predicate"
import { invalidArgument, storageError } from "../../internal/errors.js"
import type { StorageError, StorageErrorReason } from "../../StorageError.js"

/** The reason where an exception is unknown, or nothing is known but that a request was refused. */
export type Otherwise = "Query" | "Rejected"

/** The error for a request that has no answer. */
export const storageErrorOf = (cause: unknown, otherwise: Otherwise = "Query"): StorageError => {
  const message = messageOf(cause)
  const type = typeOf(cause)
  if (type !== undefined) return storageError(reasons[type] ?? otherwise, `${type}: ${shortened(message)}`, { cause })
  return /timed? ?out/i.test(message)
    ? storageError("Timeout", `no answer from the server: ${message}`, { cause })
    : storageError("Unavailable", `no answer from the server: ${message}`, { cause })
}

/** The error for an answer that says that a request failed. */
export const failureOf = (status: number, answer: string, otherwise: Otherwise): StorageError =>
  exceptionIn(answer, otherwise) ??
  storageError(
    reasonOf(status, otherwise),
    `the server, or a proxy before it, answered ${[status, STATUS_CODES[status]].filter(Boolean).join(" ")}` +
      (answer.trim() === "" ? "" : `: ${shortened(answer)}`)
  )

/** The error for what an answer has in place of what was asked for. */
export const strangeAnswer = (answer: string): StorageError =>
  exceptionIn(answer) ?? storageError("Query", `the server answered what ClickHouse does not: ${shortened(answer)}`)

/** The error for an exception of ClickHouse, if there is one in an answer. */
export const exceptionIn = (answer: string, otherwise: Otherwise = "Query"): StorageError | undefined => {
  const at = answer.search(/(?:Code|Error): \d{1,5}\. ?DB::/)
  return at < 0 ? undefined : storageErrorOf(new ClickHouseException(answer.slice(at)), otherwise)
}

/** The same while a storage is opened. */
export const openErrorOf = (error: StorageError): StorageError =>
  typeOf(error.cause) === "UNKNOWN_DATABASE" ? invalidArgument("database", shortened(messageOf(error.cause))) : error

/** Whether the tables are gone and must be made anew. */
export const isFatal = (error: StorageError): boolean => typeOf(error.cause) === "UNKNOWN_TABLE"

/** `Code: 60. DB::Exception: … (UNKNOWN_TABLE) (version …)`: the name is the last of what is written so. */
class ClickHouseException extends Error {
  readonly type: string

  constructor(text: string) {
    const [whole = text, name] = Array.from(text.slice(-1000).matchAll(/\(([A-Z][A-Z0-9_]{2,99})\)/g)).at(-1) ?? []
    super(
      shortened(
        text.slice(0, name === undefined ? undefined : text.lastIndexOf(whole)).replace(/^\w+: \d+\. ?DB::\w*: ?/, "")
      )
    )
    this.type = name ?? "EXCEPTION"
  }
}

/** The name of an exception of ClickHouse. Its class is not asked: every copy of the client has its own. */
const typeOf = (cause: unknown): string | undefined =>
  Predicate.hasProperty(cause, "type") && typeof cause.type === "string" && /^[A-Z][A-Z0-9_]+$/.test(cause.type)
    ? cause.type
    : undefined

/** The message of an error; where it is empty, those of the errors that it is made of, or its code. */
const messageOf = (cause: unknown): string => {
  if (!(cause instanceof Error)) return String(cause)
  const { code, errors } = cause as { readonly code?: unknown; readonly errors?: unknown }
  const parts = Array.isArray(errors) ? errors.map(messageOf).filter((message) => message !== "") : []
  return cause.message || parts.join("; ") || String(code ?? cause.name)
}

const maxMessage = 1000

/** The beginning of a text, in one line. */
const shortened = (text: string): string => {
  const line = text
    .slice(0, 2 * maxMessage)
    .replace(/[\s\p{Cc}]+/gu, " ")
    .trim()
  return line.length > maxMessage || text.length > 2 * maxMessage
    ? `${line.slice(0, maxMessage).toWellFormed()}…`
    : line
}

/** The reason for a status of somebody between: of those that begin with 4, only three may pass by themselves. */
const reasonOf = (status: number, otherwise: Otherwise): StorageErrorReason => {
  switch (status) {
    case 401:
    case 403:
    case 407:
      return "Unauthorized"
    case 400:
    case 413:
    case 422:
      return otherwise
    case 408:
    case 504:
      return "Timeout"
    case 425:
    case 429:
      return "Unavailable"
    default:
      return status >= 500 ? "Unavailable" : "Query"
  }
}

/** The exceptions that are not the fault of the statement. */
const reasons: Readonly<Record<string, StorageErrorReason>> = {
  AUTHENTICATION_FAILED: "Unauthorized",
  UNKNOWN_USER: "Unauthorized",
  WRONG_PASSWORD: "Unauthorized",
  REQUIRED_PASSWORD: "Unauthorized",
  ACCESS_DENIED: "Unauthorized",
  READONLY: "ReadOnly",
  NOT_ENOUGH_SPACE: "Full",
  TIMEOUT_EXCEEDED: "Timeout",
  SOCKET_TIMEOUT: "Timeout",
  ABORTED: "Unavailable",
  ALL_CONNECTION_TRIES_FAILED: "Unavailable",
  KEEPER_EXCEPTION: "Unavailable",
  MEMORY_LIMIT_EXCEEDED: "Unavailable",
  NETWORK_ERROR: "Unavailable",
  NO_ZOOKEEPER: "Unavailable",
  QUERY_WAS_CANCELLED: "Unavailable",
  TABLE_IS_READ_ONLY: "Unavailable",
  TOO_FEW_LIVE_REPLICAS: "Unavailable",
  TOO_MANY_PARTS: "Unavailable",
  TOO_MANY_SIMULTANEOUS_QUERIES: "Unavailable",
  UNKNOWN_STATUS_OF_INSERT: "Unavailable",
  UNKNOWN_TABLE: "Unavailable"
}
