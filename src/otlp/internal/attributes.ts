/** The attributes of a record: what OTLP has no field for. By which names a field goes its row says (`to`). */
import type { Field, Fields, Kind } from "../../signal/Field.js"
import { correlation } from "../../signal/internal/correlation.js"
import type { Json, JsonObject } from "../../signal/Json.js"
import { type AnyValue, anyValue, attributeValue, type KeyValue, keyValues } from "./values.js"

type Write<A> = (value: A, attributes: Array<KeyValue>) => void

/** Writes the fields of a table that have names to go by, under each of them. */
export const writer = (fields: Fields): Write<object> => {
  const writes = Object.entries(fields).flatMap(([name, field]) => {
    const write = writeField(field)
    return write === undefined ? [] : [{ name, write }]
  })
  return (record, attributes) => {
    for (let i = 0; i < writes.length; i++) {
      const { name, write } = writes[i] as (typeof writes)[number]
      const value = (record as { readonly [name: string]: unknown })[name]
      if (value !== undefined) write(value, attributes)
    }
  }
}

const writeField = ({ fields, kind, to }: Field): Write<unknown> | undefined => {
  if (kind === "struct" && fields !== undefined) return writer(fields) as Write<unknown>
  if (to === undefined) return undefined
  const toValue = valueOf(kind)
  return (field, attributes) => {
    const value = toValue(field)
    for (const key of to) attributes.push({ key, value })
  }
}

const valueOf = (kind: Kind): ((value: unknown) => AnyValue) => {
  switch (kind) {
    case "time":
    case "duration":
      return (nanos) => ({ intValue: String(nanos) })
    // Servers give an attribute a type by its first value: 1 would make it an integer, and 0.25 would not fit.
    case "real":
      return (real) => ({ doubleValue: real as number })
    default:
      return anyValue as (value: unknown) => AnyValue
  }
}

/** The fields of a table but those of `correlation`. */
export const ownFields = (fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([name]) => !Object.hasOwn(correlation, name)))

interface Correlated {
  readonly tags: ReadonlyArray<string>
  readonly metadata?: JsonObject | undefined
}

const writeCorrelation = writer(correlation)

/** Attributes that say whom a record belongs to. OpenInference and Langfuse have names of their own for tags and metadata. */
export const correlated = (record: Correlated): Array<KeyValue> => {
  const attributes: Array<KeyValue> = []
  writeCorrelation(record, attributes)
  const { metadata, tags } = record
  if (tags.length > 0) {
    const value = anyValue(tags)
    attributes.push({ key: "tag.tags", value }, { key: "langfuse.trace.tags", value })
  }
  if (metadata !== undefined) {
    attributes.push({ key: "metadata", value: { stringValue: JSON.stringify(metadata) } })
    attributes.push(...keyValues(metadata, "langfuse.trace.metadata."))
  }
  return attributes
}

/** The names of what follows from the fields of a signal, as which an attribute of the program's may be called, too. */
export interface Names {
  readonly has: (key: string) => boolean
}

const ofAll = ["tag.tags", "langfuse.trace.tags", "metadata"]

/** The names of a table and those of `correlated`, with further names and beginnings of names. */
export const namesOf = (fields: Fields, further: ReadonlyArray<string>, prefixes: ReadonlyArray<string>): Names => {
  const names = new Set([...namesIn(fields), ...namesIn(correlation), ...ofAll, ...further])
  const beginnings = ["langfuse.trace.metadata.", ...prefixes]
  return { has: (key) => names.has(key) || beginnings.some((prefix) => key.startsWith(prefix)) }
}

const namesIn = (fields: Fields): ReadonlyArray<string> =>
  Object.values(fields).flatMap(({ fields, to }) => [...(to ?? []), ...(fields === undefined ? [] : namesIn(fields))])

/**
 * Attributes of the program that are called as what follows from the fields of its record, each with what the attribute of
 * that name does not say: `attribute`, where that is the field's, or `field`, where that is the program's. By these the
 * record is made again, as it was, where it is received.
 */
export const given = "effect_observability.attributes"

/** Attributes that the program gave a record go over what follows from its fields, and whom it belongs to goes over both. */
export const merged = (
  derived: ReadonlyArray<KeyValue>,
  program: JsonObject,
  correlated: ReadonlyArray<KeyValue>,
  names: Names
): Array<KeyValue> => {
  const attributes: Array<KeyValue> = []
  for (const attribute of derived) if (!Object.hasOwn(program, attribute.key)) attributes.push(attribute)
  let marks: Array<KeyValue> | undefined
  for (const key of Object.keys(program)) {
    const value = attributeValue(key, program[key] as Json)
    const over = valueIn(correlated, key)
    if (over === undefined) attributes.push({ key, value })
    if (!names.has(key)) continue
    marks ??= []
    marks.push({ key, value: { kvlistValue: { values: marksOf(value, over, valueIn(derived, key)) } } })
  }
  for (const attribute of correlated) attributes.push(attribute)
  if (marks !== undefined) attributes.push({ key: given, value: { kvlistValue: { values: marks } } })
  return attributes
}

const marksOf = (value: AnyValue, over: AnyValue | undefined, under: AnyValue | undefined): Array<KeyValue> => {
  if (over !== undefined) return isSame(value, over) ? [] : [{ key: "attribute", value }]
  return isSame(value, under ?? {}) ? [] : [{ key: "field", value: under ?? {} }]
}

const isSame = (a: AnyValue, b: AnyValue): boolean =>
  a.stringValue !== undefined ? a.stringValue === b.stringValue : JSON.stringify(a) === JSON.stringify(b)

const valueIn = (attributes: ReadonlyArray<KeyValue>, key: string): AnyValue | undefined => {
  for (let i = 0; i < attributes.length; i++) {
    const attribute = attributes[i] as KeyValue
    if (attribute.key === key) return attribute.value
  }
  return undefined
}
