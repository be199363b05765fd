import { SqlError } from "@effect/sql/SqlError"
import * as Data from "effect/Data"

const kinds = {
  Binder: "Binder",
  Catalog: "Catalog",
  Connection: "Connection",
  Constraint: "Constraint",
  Conversion: "Conversion",
  Dependency: "Dependency",
  FATAL: "Fatal",
  INTERNAL: "Internal",
  INTERRUPT: "Interrupt",
  IO: "IO",
  "Invalid Input": "InvalidInput",
  "Not implemented": "NotImplemented",
  "Out of Memory": "OutOfMemory",
  "Out of Range": "OutOfRange",
  Parser: "Parser",
  Permission: "Permission",
  Serialization: "Serialization",
  Syntax: "Parser",
  TransactionContext: "TransactionContext"
} as const

/**
 * What went wrong, as the beginning of DuckDB's message says it (`IO Error: …` is `"IO"`); `"Unknown"` for a message
 * that begins in another way.
 *
 * @since 0.1.0
 * @category errors
 */
export type DuckDbErrorKind = (typeof kinds)[keyof typeof kinds] | "Unknown"

/**
 * An error of DuckDB with its own message: the `cause` of every `SqlError` of a `DuckDbClient`.
 *
 * @since 0.1.0
 * @category errors
 */
export class DuckDbError extends Data.TaggedError("DuckDbError")<{
  readonly kind: DuckDbErrorKind
  readonly message: string
  readonly cause?: unknown
}> {}

/** Why a database cannot be opened, read or written, where that is not the fault of the statement. */
export type DatabaseFailure = "Locked" | "Corrupt" | "Incompatible" | "ReadOnly" | "Full" | "Unavailable"

/** The failure of the database behind an error, or `undefined` where the statement itself is at fault. */
export const databaseFailure = (error: SqlError): DatabaseFailure | undefined => {
  if (!(error.cause instanceof DuckDbError)) {
    return undefined
  }
  const { kind, message } = error.cause
  const begun = beginnings.find(([, pattern]) => pattern.test(message))
  if (begun !== undefined) return begun[0]
  // The words of an error of another kind may be those of a value.
  if (!ofDatabase.has(kind)) return undefined
  const named = failures.find(([, pattern]) => pattern.test(message))
  return named !== undefined ? named[0] : kind === "IO" || kind === "Fatal" ? "Unavailable" : undefined
}

/** How errors of any kind begin that tell of the database. */
const beginnings: ReadonlyArray<readonly [DatabaseFailure, RegExp]> = [
  [
    "ReadOnly",
    /^Invalid Input Error: Cannot execute statement of type "\w+" on database ".*" which is attached in read-only/
  ],
  ["Corrupt", /^[\w ]+ Error: Failure while replaying WAL file/],
  ["Incompatible", /^Serialization Error: .*storage version/]
]

/** The kinds of errors that tell of files, never of values: there are no constraints that a commit may violate. */
const ofDatabase: ReadonlySet<DuckDbErrorKind> = new Set([
  "IO",
  "Fatal",
  "Internal",
  "Permission",
  "Serialization",
  "TransactionContext"
])

const failures: ReadonlyArray<readonly [DatabaseFailure, RegExp]> = [
  ["Full", /No space left on device|Disk quota exceeded|File too large/],
  ["Locked", /Could not set lock on file/],
  ["Incompatible", /database file with version number|newer version of DuckDB|storage version/],
  ["ReadOnly", /in read-only mode|Permission denied|Operation not permitted|Read-only file system/],
  ["Corrupt", /not a valid DuckDB database file|Could not read enough bytes|[Cc]orrupt|checksum|replaying WAL/]
]

/** The error for whatever DuckDB, or its binding, threw. */
export const sqlError = (cause: unknown): SqlError => {
  const message = readable(cause instanceof Error ? cause.message : String(cause))
  const prefix = /^([A-Za-z ]+?) Error: /.exec(message)?.[1]
  const kind: DuckDbErrorKind =
    prefix !== undefined && Object.hasOwn(kinds, prefix) ? kinds[prefix as keyof typeof kinds] : "Unknown"
  return new SqlError({ cause: new DuckDbError({ kind, message, cause }), message })
}

/** Without the native stack that DuckDB puts after its own errors, and without the advice to report them. */
const readable = (message: string): string => message.split(nativeStack, 1)[0] as string

const nativeStack = /\n+(?:Stack Trace:|This error signals an assertion failure within DuckDB)/

/** An error that this client finds before DuckDB does. */
export const clientError = (kind: DuckDbErrorKind, message: string): SqlError =>
  new SqlError({ cause: new DuckDbError({ kind, message }), message })
