import type { SqlError } from "@effect/sql/SqlError"
import * as Predicate from "effect/Predicate"
import { invalidArgument, storageError } from "../../internal/errors.js"
import type { StorageError, StorageErrorReason } from "../../StorageError.js"

/**
 * The error for an exception of the server, or for the lack of an answer; `otherwise` is its reason if the exception is
 * unknown.
 */
export const storageErrorOf = (cause: unknown, otherwise: "Query" | "Rejected" = "Query"): StorageError => {
  const message = cause instanceof Error ? cause.message : String(cause)
  const type = exceptionOf(cause)
  const reason =
    type !== undefined ? (reasons[type] ?? otherwise) : /timed? ?out/i.test(message) ? "Timeout" : "Unavailable"
  return storageError(reason, `${type ?? "no answer from the server"}: ${message}`.trim(), { cause })
}

/** The same while a storage is opened. */
export const openErrorOf = (error: SqlError | StorageError): StorageError => {
  if (error._tag === "StorageError") return error
  const cause = error.cause ?? error
  return exceptionOf(cause) === "UNKNOWN_DATABASE"
    ? invalidArgument("database", cause instanceof Error ? cause.message : String(cause))
    : storageErrorOf(cause)
}

/** Whether the tables are gone and must be made anew. */
export const isFatal = (error: StorageError): boolean => exceptionOf(error.cause) === "UNKNOWN_TABLE"

/** The name of an exception of ClickHouse. Its class is not asked: every copy of the client has its own. */
const exceptionOf = (cause: unknown): string | undefined =>
  Predicate.hasProperty(cause, "type") && Predicate.hasProperty(cause, "code") && typeof cause.type === "string"
    ? cause.type
    : undefined

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
