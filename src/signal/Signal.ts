/**
 * A signal, written down once: what its records are called, by what they are known, and the table of their fields.
 *
 * @since 0.1.0
 */
import { identity } from "effect/Function"
import type * as Types from "effect/Types"
import type { Field, Fields } from "./Field.js"

/**
 * One kind of record, and all that the rest of the library asks of it.
 *
 * @since 0.1.0
 * @category models
 */
// biome-ignore lint/suspicious/noExplicitAny: the record of a signal of no particular type.
export interface Signal<out Name extends string = string, in out R = any> {
  /** Its key in ledgers, settings and batches: `"spans"`. */
  readonly name: Name
  /** One of its records, in messages and for processors: `"span"`. */
  readonly one: string
  /** The letter of its lines in a spool. It never changes. */
  readonly code: string
  /** The table of its fields, in the order of columns. `traceId` is among them: deletes and copies go by it. */
  readonly fields: Fields
  /** The fields that identify a record. */
  readonly key: readonly [string, ...Array<string>]
  /** The field by which records are ordered, and kept or deleted. */
  readonly time: string
  /** The class of its records. */
  readonly record: RecordClass<R>
  /** The field that breaks a rule over several fields, if one does. */
  readonly rule?: ((record: R) => string | undefined) | undefined
  /** Whether a later record of the same key replaces this one only if it is complete, too. */
  readonly isComplete?: ((record: R) => boolean) | undefined
}

/**
 * The class of the records of a signal.
 *
 * @since 0.1.0
 * @category models
 */
export interface RecordClass<R> {
  readonly prototype: R
  // biome-ignore lint/suspicious/noExplicitAny: each class has fields of its own.
  new (fields: any, options?: boolean | { readonly disableValidation?: boolean }): R
}

/**
 * The values that identify a record, joined.
 *
 * @since 0.1.0
 * @category accessors
 */
export const keyOf = (signal: Signal, record: object): string =>
  signal.key.map((name) => (record as { readonly [name: string]: string })[name]).join("")

/**
 * The time by which a record is ordered, in nanoseconds since the epoch.
 *
 * @since 0.1.0
 * @category accessors
 */
export const timeOf = (signal: Signal, record: object): bigint =>
  (record as { readonly [name: string]: bigint })[signal.time] as bigint

/**
 * Of two records of one key, the one that is kept: the later one, unless it is not complete and the earlier one is.
 *
 * @since 0.1.0
 * @category combinators
 */
export const newerOf = <R>({ isComplete = () => true }: Signal<string, R>, earlier: R, later: R): R =>
  isComplete(earlier) && !isComplete(later) ? earlier : later

/**
 * Makes records of fields that are known to be valid. The constructors of the classes check every field, which costs more
 * than a whole span may; this gives the same instances, with the fields in the order of the table and without those that
 * are `undefined`.
 *
 * @internal
 */
export const unchecked = <R extends object>(signal: Signal<string, R>): ((fields: object) => R) => {
  const names = Object.keys(signal.fields)
  const Record = function (this: { [name: string]: unknown }, fields: { readonly [name: string]: unknown }): void {
    for (let i = 0; i < names.length; i++) {
      const name = names[i] as string
      const value = fields[name]
      if (value !== undefined) this[name] = value
    }
  } as unknown as new (
    fields: object
  ) => R
  Record.prototype = signal.record.prototype
  return (fields) => new Record(fields)
}

/**
 * Makes records of their encoded form as a store that this library wrote gives it back. What is `null` is absent, and a
 * word that this release does not know is what its field says. Nothing is checked, and the object given is changed.
 *
 * @since 0.1.0
 * @category constructors
 */
export const decoder = <R extends object>(signal: Signal<string, R>): ((encoded: object) => R) => {
  const make = unchecked(signal)
  const decode = decodeFields(signal.fields)
  return (encoded) => make(decode(encoded as Types.Mutable<Encoded>))
}

interface Encoded {
  [name: string]: unknown
}

/** Decodes in place: the object was parsed for this, and nobody else has it. */
const decodeFields = (fields: Fields): ((encoded: Encoded) => Encoded) => {
  const decoders = Object.entries(fields).flatMap(([name, field]) => {
    const decode = decodeField(field)
    return decode === undefined ? [] : [{ name, decode }]
  })
  return (encoded) => {
    for (const name in encoded) if (encoded[name] === null) encoded[name] = undefined
    for (const { decode, name } of decoders) {
      const value = encoded[name]
      if (value !== undefined) encoded[name] = decode(value)
    }
    return encoded
  }
}

/** How a value of a field is decoded; `undefined` where it is in the encoded form what it is in the record. */
const decodeField = ({ fields, item, kind, otherwise, words }: Field): ((value: unknown) => unknown) | undefined => {
  switch (kind) {
    case "time":
    case "duration":
      return (value) => BigInt(value as string)
    case "word":
      return otherwise === undefined ? undefined : (value) => (words?.includes(value as string) ? value : otherwise)
    case "struct":
      return fields && decodesAny(fields) ? (decodeFields(fields) as (value: unknown) => unknown) : undefined
    case "list": {
      if (fields === undefined || !decodesAny(fields)) return undefined
      const decode = decodeFields(fields)
      const make = (item ?? identity) as (fields: Encoded) => object
      return (value) => (value as Array<Encoded>).map((encoded) => make(decode(encoded)))
    }
    default:
      return undefined
  }
}

const decodesAny = (fields: Fields): boolean => Object.values(fields).some((field) => decodeField(field) !== undefined)
