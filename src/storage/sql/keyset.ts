/**
 * Pages by keyset: rows are ordered by the columns of a key, all in one direction, and a page starts after the key of the
 * last row before it.
 */
import type { Constructor, Fragment } from "@effect/sql/Statement"
import type { OrderBy } from "../StorageService.js"

type Direction = OrderBy["direction"]

/** A column of a key, and its value in the last row of the page before. */
export type KeyPart = readonly [column: Fragment, value: Fragment]

/**
 * Conditions for the rows after a key. The first is weaker than the second, and on one column: an engine skips parts of a
 * table by it.
 */
export const after = (
  sql: Constructor,
  direction: Direction,
  [[first, from], ...rest]: readonly [KeyPart, ...Array<KeyPart>]
): ReadonlyArray<Fragment> => {
  const beyond = sql.literal(direction === "asc" ? ">" : "<")
  const tied = rest.reduceRight(
    (rest: Fragment, [column, value]) => sql`(${column} ${beyond} ${value} OR (${column} = ${value} AND ${rest}))`,
    sql`false`
  )
  return [sql`${first} ${beyond}= ${from}`, sql`(${first} ${beyond} ${from} OR (${first} = ${from} AND ${tied}))`]
}

/** Columns for `ORDER BY`, in one direction. */
export const ordered = (direction: Direction, ...columns: ReadonlyArray<string>): string =>
  columns.map((column) => `${column} ${direction}`).join(", ")
