/**
 * Tables that are there already: whether they are ours, and whether this release can read them.
 */
import * as Effect from "effect/Effect"
import { newerTables, storageError } from "../internal/errors.js"
import type { StorageError } from "../StorageError.js"

/** A release that adds columns, tables or indexes raises `minor`; what an older release cannot read raises `major`. */
export interface Version {
  readonly major: number
  readonly minor: number
}

/**
 * Fails for a table of another program. A table is ours when it has the columns of its key, and no column that has a name
 * of ours and is something else.
 */
export const checkTable = <Column extends { readonly name: string }>(
  table: string,
  stored: ReadonlyArray<Column>,
  key: ReadonlyArray<string>,
  isForeign: (column: Column) => boolean
): Effect.Effect<void, StorageError> => {
  const foreign = key.find((name) => !stored.some((column) => column.name === name)) ?? stored.find(isForeign)?.name
  return foreign === undefined
    ? Effect.void
    : storageError(
        "Incompatible",
        `the table "${table}" belongs to another program (column "${foreign}"): it was left alone. ` +
          "Give this storage tables of its own with the option tablePrefix"
      )
}

/** Fails for tables that a release made after which this one cannot read. */
export const checkVersion = (found: Version, known: Version): Effect.Effect<void, StorageError> =>
  found.major > known.major ? newerTables(found, known) : Effect.void
