import * as ParseResult from "effect/ParseResult"
import type * as Schema from "effect/Schema"

/**
 * Checks the fields of a record, unless told not to. It is compiled once, while the constructor of a `Schema.Class` with a
 * transformed field compiles its check anew for every record: ten times the cost.
 */
export const checkFields = <A, I>(name: string, fields: Schema.Schema<A, I>) => {
  const check = ParseResult.validateSync(fields.annotations({ title: `${name} (Constructor)` }))
  return (props: A, options: MakeOptions = false): A =>
    (typeof options === "boolean" ? options : options.disableValidation) ? props : check(props)
}

/** The options of the constructors of `Schema.Class`, which Effect does not export by a name. */
export type MakeOptions = boolean | { readonly disableValidation?: boolean }

/** The encoded form of a record: its fields without those that are `undefined`, times as decimal strings. */
export const encode = <Encoded>(record: object): Encoded =>
  Object.fromEntries(
    Object.entries(record).flatMap(([key, value]) =>
      value === undefined ? [] : [[key, typeof value === "bigint" ? String(value) : value]]
    )
  ) as Encoded
