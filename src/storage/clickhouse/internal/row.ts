/**
 * The rows of answers. Whoever answers may be no ClickHouse, so that each column is looked at before it is used.
 */
import * as Predicate from "effect/Predicate"

/** The columns of a row, by their names, and the values that each holds. */
export interface Columns {
  readonly [name: string]: Predicate.Refinement<unknown, unknown>
}

export type RowOf<C extends Columns> = {
  readonly [N in keyof C]: C[N] extends Predicate.Refinement<unknown, infer A> ? A : never
}

/** The name of the first column that does not hold what it should. */
export const faultOf = (columns: Columns, row: object): string | undefined => {
  for (const name in columns) if (!columns[name]?.((row as { readonly [name: string]: unknown })[name])) return name
  return undefined
}

export const text = Predicate.isString

export const texts = (value: unknown): value is ReadonlyArray<string> => Array.isArray(value) && value.every(text)

export const listOf =
  <A>(is: Predicate.Refinement<unknown, A>) =>
  (value: unknown): value is ReadonlyArray<A> =>
    Array.isArray(value) && value.every(is)

/** A whole number of any width, of which the digits are read. */
export const digits = (value: unknown): value is string => typeof value === "string" && /^-?\d{1,40}$/.test(value)

/** The empty text, or what else a column holds. */
export const blank =
  (is: Predicate.Refinement<unknown, string>) =>
  (value: unknown): value is string =>
    value === "" || is(value)

export const number = Predicate.isNumber

/** A number as such, or as its digits. */
export const count = (value: unknown): value is number | string => number(value) || digits(value)

export const flag = (value: unknown): value is boolean | 0 | 1 =>
  typeof value === "boolean" || value === 0 || value === 1

export const nullable =
  <A>(is: Predicate.Refinement<unknown, A>) =>
  (value: unknown): value is A | null =>
    value === null || is(value)
