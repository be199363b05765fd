import type { StorageErrorReason } from "../../storage/Storage.js"

/** The status of an answer by which an error is told. 401 is kept for a token that is missing or wrong. */
export const statuses: { readonly [R in StorageErrorReason]: number } = {
  InvalidArgument: 400,
  ReadOnly: 403,
  Rejected: 422,
  Corrupt: 500,
  Incompatible: 500,
  Query: 500,
  Unsupported: 501,
  Unauthorized: 502,
  Locked: 503,
  Unavailable: 503,
  Timeout: 504,
  Full: 507
}

/** The status of an answer to a body that is larger than any question is. */
export const tooLargeStatus = 413

/** Tells an answer of this API, and its version, from one of anybody else. */
export const versionHeader = "effect-observability-api"

/** The version of what is asked and answered. */
export const apiVersion = "1"
