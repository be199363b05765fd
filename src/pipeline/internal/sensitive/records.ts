/**
 * Masks records by the table of their signal. Every field that may hold text is masked, unless its row says otherwise:
 * one that is added to a table is masked without a change here.
 */
import type { Field, Fields } from "../../../signal/Field.js"
import type { Json } from "../../../signal/Json.js"
import type { Signal } from "../../../signal/Signal.js"
import { mapped, type ValueMasks } from "./values.js"

/** The record itself where there is nothing to mask. */
export const recordMask = (values: ValueMasks, signal: Signal): (<A extends object>(record: A) => A) =>
  objectMask(values, signal.fields, (record) => Object.assign(Object.create(signal.record.prototype), record))

// The values of fields are of the types that their kinds say.
// biome-ignore lint/suspicious/noExplicitAny: no type knows the kind of a field.
type ValueMask = (value: any) => unknown

/**
 * Masks the fields of an object, of which a copy is made where one of them changes. It goes through the fields that the
 * object has: most records have few of the optional ones, and V8 finds those that are there faster than those that are not.
 */
const objectMask = (
  values: ValueMasks,
  fields: Fields,
  copy: (object: object) => object
): (<A extends object>(object: A) => A) => {
  const masks: { [name: string]: ValueMask | null } = Object.create(null)
  for (const [name, field] of Object.entries(fields)) masks[name] = valueMask(values, field)
  return <A extends object>(object: A): A => {
    let result = object as { [name: string]: unknown }
    for (const name in object) {
      const mask = masks[name]
      const value: unknown = object[name]
      if (mask === null || value === undefined) continue
      // What no table knows may hold anything.
      const masked = mask === undefined ? values.json(value as Json) : mask(value)
      if (masked === value) continue
      if (result === object) result = copy(object) as { [name: string]: unknown }
      result[name] = masked
    }
    return result as A
  }
}

/** How a field is masked; `null` where it holds no text. */
const valueMask = (values: ValueMasks, { fields, item: make, kind, masked, shared }: Field): ValueMask | null => {
  if (masked === false) return null
  switch (kind) {
    case "id":
    case "key":
    case "word":
    case "flag":
    case "time":
    case "duration":
    case "count":
    case "real":
    case "reals":
      return null
    case "name":
    case "text":
    case "names":
    case "values":
    case "numbers":
      return values[kind]
    case "object":
      return shared ? last(values.object) : values.object
    case "struct":
      return fields === undefined ? values.object : objectMask(values, fields, copyOf)
    case "list": {
      const copy = make === undefined ? copyOf : (item: object) => make(item as never)
      const item = fields === undefined ? values.object : objectMask(values, fields, copy)
      return (list: ReadonlyArray<never>) => mapped(list, item)
    }
  }
}

const copyOf = (object: object): object => ({ ...object })

/** Remembers the last value and what became of it: most records of a program have the same resource. */
const last = <A>(mask: (value: A) => A): ((value: A) => A) => {
  let before: A | undefined
  let after: A | undefined
  return (value) => {
    if (value === before) return after as A
    after = mask(value)
    before = value
    return after
  }
}
