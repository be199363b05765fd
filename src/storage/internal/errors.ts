import { StorageError, type StorageErrorReason } from "../StorageError.js"

const retryable: ReadonlySet<StorageErrorReason> = new Set(["Unavailable", "Timeout", "Locked", "Full"])

/** An error of which the reason says whether to try again: what may pass by itself is retryable. */
export const storageError = (
  reason: StorageErrorReason,
  detail: string,
  options?: { readonly cause?: unknown; readonly field?: string }
): StorageError => new StorageError({ reason, retryable: retryable.has(reason), detail, ...options })

export const invalidArgument = (field: string, message: string): StorageError =>
  storageError("InvalidArgument", `${field}: ${message}`, { field })

interface Version {
  readonly major: number
  readonly minor: number
}

/** The tables were made by a release that this one cannot read after. */
export const newerTables = (found: Version, known: Version): StorageError =>
  storageError(
    "Incompatible",
    `the tables have version ${found.major}.${found.minor}, and this release knows ${known.major}.x: ` +
      "upgrade effect-observability"
  )
