/**
 * Rows that somebody has changed, made such that they decode: what is no value of a field is absent, or the plainest one
 * where a record must have it. So no row hides others. Values of columns with a type of their own need no look.
 */
import type { Field, Fields } from "../../../signal/Field.js"

interface Encoded {
  [name: string]: unknown
}

/** Parses the JSON of DuckDB, which knows numbers that are not finite: they become `null`. */
export const parse = (json: string): Encoded => {
  try {
    return JSON.parse(json)
  } catch {
    return JSON.parse(json.replace(notFinite, (part) => (part.startsWith('"') ? part : "null")))
  }
}

const notFinite = /"(?:[^"\\]|\\.)*"|-?(?:NaN|Infinity)/gi

/** Mends the encoded form of an object of fields in place. */
export const mender = (fields: Fields): ((encoded: Encoded) => Encoded) => {
  const checks = Object.entries(fields).flatMap(([name, field]) => {
    const isSound = soundness(field)
    return isSound === undefined && field.optional
      ? []
      : [{ name, isSound, optional: field.optional, fallback: fallback(field) }]
  })
  return (encoded) => {
    for (const { fallback, isSound, name, optional } of checks) {
      const value = encoded[name]
      if (value === null || value === undefined) {
        if (!optional) encoded[name] = fallback()
      } else if (isSound !== undefined && !isSound(value)) {
        encoded[name] = optional ? null : fallback()
      }
    }
    return encoded
  }
}

/** Whether a value has the shape of its kind; parts of it that have not are mended. `undefined` where its column says so. */
const soundness = ({ fields, isValid, kind, otherwise, words }: Field): ((value: unknown) => boolean) | undefined => {
  switch (kind) {
    case "word":
      return otherwise === undefined ? (value) => words?.includes(value as string) === true : undefined
    case "count":
      return Number.isSafeInteger
    case "real":
      return Number.isFinite
    case "time":
    case "duration":
      return isInt64
    case "object":
      return isObject
    case "values":
      return Array.isArray
    case "names":
    case "reals":
    case "numbers":
      return isValid
    case "struct": {
      const mend = mender(fields ?? {})
      return (value) => isObject(value) && mend(value) === value
    }
    case "list": {
      const mend = mender(fields ?? {})
      return (value) => {
        if (!Array.isArray(value)) return false
        const items = value.filter(isObject)
        for (const item of items) mend(item)
        value.splice(0, value.length, ...items)
        return true
      }
    }
    default:
      return isScalar
  }
}

const fallback = ({ fields, kind, otherwise, words }: Field): (() => unknown) => {
  switch (kind) {
    case "id":
    case "key":
    case "name":
    case "text":
      return () => ""
    case "word":
      return () => otherwise ?? words?.[0]
    case "flag":
      return () => false
    case "count":
    case "real":
      return () => 0
    case "time":
    case "duration":
      return () => "0"
    case "object":
    case "numbers":
      return () => ({})
    case "struct":
      return () => mender(fields ?? {})({})
    default:
      return () => []
  }
}

const isObject = (value: unknown): value is Encoded =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** Within JSON a text may be anything. */
const isScalar = (value: unknown): boolean => typeof value !== "object" && typeof value !== "number"

const isInt64 = (value: unknown): boolean => {
  if (typeof value !== "string" || !/^-?\d{1,19}$/.test(value)) return false
  return value.length < 19 || BigInt.asIntN(64, BigInt(value)) === BigInt(value)
}
