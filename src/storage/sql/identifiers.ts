/**
 * Names in SQL: a column is called after its field, and the tables of a storage may have a prefix.
 */
import * as Effect from "effect/Effect"
import { invalidArgument } from "../internal/errors.js"
import type { StorageError } from "../StorageError.js"

/** `trace_id` for `traceId`. */
export const snakeCase = (field: string): string => field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

/** `TraceId` for `traceId`. */
export const pascalCase = (field: string): string => field.charAt(0).toUpperCase() + field.slice(1)

/** The prefix goes into statements as it is. */
export const checkTablePrefix = (prefix: string): Effect.Effect<void, StorageError> =>
  /^\w{0,50}$/.test(prefix)
    ? Effect.void
    : invalidArgument("tablePrefix", "expected at most 50 ASCII letters, digits and _")
