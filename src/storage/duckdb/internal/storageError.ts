import type { SqlError } from "@effect/sql/SqlError"
import { invalidArgument, storageError } from "../../internal/errors.js"
import type { StorageError } from "../../StorageError.js"
import { DuckDbError, databaseFailure } from "./error.js"

/** The error of a storage in a file for an error of the client, with what to do about it. */
export const storageErrorOf = (error: SqlError | StorageError, file: string): StorageError => {
  if (error._tag === "StorageError") return error
  const { message } = error
  const failure = databaseFailure(error)
  if (failure !== undefined) {
    const which = message.includes(file) ? message : `${file}: ${message}`
    return storageError(failure, which.replace(/[.!]*$/, advice[failure]), { cause: error })
  }
  if (isOfTables(error))
    return storageError("Unavailable", `${file}: the tables were changed. ${message}`, { cause: error })
  return storageError(isOfRecord(error) ? "Rejected" : "Query", message, { cause: error })
}

/** An error of opening a file, and only such a one, may lie with what the file is called and how it is to be opened. */
export const openingErrorOf = (error: SqlError): SqlError | StorageError => {
  const { message } = error
  const failure = databaseFailure(error)
  if (failure === "Unavailable" && badPath.test(message)) return invalidArgument("path", message)
  if (failure === undefined && badSettings.test(message)) return invalidArgument("settings", message)
  return error
}

const badPath = /No such file or directory|Is a directory|Not a directory|File name too long/
const badSettings = /options were not recognized|Failed to set config|different configuration/

/** Whether the database has given up, or its file is gone, and must be opened anew. */
export const isFatal = (error: SqlError | StorageError): boolean => kindOf(error) === "Fatal"

/** Whether the engine or the tables are at fault, and not what was asked: once they are opened anew, it may be done. */
export const isDoubtful = (error: SqlError | StorageError): boolean => kindOf(error) === "Internal" || isOfTables(error)

/** Whether a row holds what is no JSON, in a column of it. */
export const isOfMalformedJson = (error: SqlError | StorageError): boolean =>
  /^Invalid Input Error: Malformed JSON/.test(error.cause instanceof DuckDbError ? error.cause.message : "")

/** The error of a database whose file is not there any more. */
export const lost = (path: string, what: string): StorageError =>
  storageError("Unavailable", `${path} ${what} while it was open: what was stored there is gone`, {
    cause: new DuckDbError({ kind: "Fatal", message: `IO Error: ${path} ${what}` })
  })

/** Whether a table or a column is missing: statements name those of ours alone, so that somebody has dropped it. */
const isOfTables = (error: SqlError | StorageError): boolean => error._tag === "SqlError" && missing.test(error.message)

const missing =
  /^(?:Catalog Error: Table with name .* does not exist|Binder Error: (?:Referenced column .* not found|Table .* does not have a column))/

const advice = {
  Locked: ". Stop that process, or let it write a copy to read with DuckDbStorage.snapshot",
  Corrupt: ". Restore the file from a copy, or choose another path: it was left as it is",
  Incompatible: ". Upgrade @duckdb/node-api",
  ReadOnly: ". Allow this process to write the file and its directory",
  Full: ". Make room on the disk, or delete old records: what waits will be written then",
  Unavailable: ""
} as const

/**
 * Kinds of error that one record of a batch may cause: without that record, or in smaller parts, the rest can be
 * stored.
 */
const isOfRecord = (error: SqlError): boolean => {
  const kind = kindOf(error)
  return kind !== undefined && ofRecord.has(kind)
}

const ofRecord: ReadonlySet<string> = new Set([
  "Conversion",
  "Constraint",
  "Internal",
  "InvalidInput",
  "OutOfMemory",
  "OutOfRange"
])

const kindOf = (error: SqlError | StorageError) => (error.cause instanceof DuckDbError ? error.cause.kind : undefined)
