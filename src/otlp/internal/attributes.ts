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

/**
 * Names the attributes that were added to those of the program, so that whoever reads them back can tell: of an attribute
 * that follows from a field, nobody else could say whether the program gave it, too.
 */
export const added = "effect_observability.added"

/** The attribute that names others as added. */
export const toAdded = (names: ReadonlyArray<string>): KeyValue => ({
  key: added,
  value: { arrayValue: { values: names.map((stringValue) => ({ stringValue })) } }
})

/** Attributes that the program gave a record go over what follows from its fields, and whom it belongs to goes over both. */
export const merged = (
  derived: ReadonlyArray<KeyValue>,
  given: JsonObject,
  correlated: ReadonlyArray<KeyValue>
): Array<KeyValue> => {
  const attributes: Array<KeyValue> = []
  const names: Array<string> = []
  for (const attribute of derived) {
    if (Object.hasOwn(given, attribute.key)) continue
    names.push(attribute.key)
    attributes.push(attribute)
  }
  for (const key of Object.keys(given)) {
    if (!hasKey(correlated, key)) attributes.push({ key, value: attributeValue(key, given[key] as Json) })
  }
  for (const attribute of correlated) {
    if (!Object.hasOwn(given, attribute.key)) names.push(attribute.key)
    attributes.push(attribute)
  }
  if (names.length > 0) attributes.push(toAdded(names))
  return attributes
}

const hasKey = (attributes: ReadonlyArray<KeyValue>, key: string): boolean => {
  for (let i = 0; i < attributes.length; i++) if ((attributes[i] as KeyValue).key === key) return true
  return false
}
