/**
 * What the attributes of a span say of its other fields. Which of them fill a field is in the field's row, and how their
 * values are read follows from its kind.
 */
import type { Field, Kind } from "../Field.js"
import { isCounted } from "../internal/size.js"
import type { Json, JsonObject } from "../Json.js"
import { type SpanRecord, type SpanType, fields as spanFields } from "../SpanRecord.js"
import type { Convention } from "./Convention.js"
import { conventions, type Filled } from "./conventions.js"
import * as genAi from "./genAi.js"

/** Spans of the same tool call agree on these. */
export const toolCall = [genAi.toolCallId, genAi.toolName] as const

/** The fields that attributes fill. */
export type Columns = { -readonly [F in Filled]?: SpanRecord[F] }

/**
 * Gives a record the fields that its attributes say, unless it has them already. It goes through the attributes that are
 * there, of which there are fewer than could be.
 */
export const fill = (record: Columns, attributes: JsonObject): void => {
  // For each column that is filled here, the place of its attribute in the row, counted from 1.
  const places = new Uint8Array(columns.length)
  for (const attribute in attributes) {
    const fillings = byAttribute.get(attribute)
    if (fillings === undefined) continue
    for (let i = 0; i < fillings.length; i++) {
      const { column, name, place, read } = fillings[i] as Filling
      const before = places[column] as number
      if (before === 0 ? record[name] !== undefined : before < place) continue
      const said = read(attributes[attribute] as Json)
      if (said === undefined) continue
      record[name] = said as never
      places[column] = place
    }
  }
}

/** The bytes of the texts that attributes filled, as `internal/size.ts` counts them. */
export const sizeOf = (record: Columns): number => {
  let bytes = 0
  for (let i = 0; i < texts.length; i++) bytes += (record[texts[i] as Filled] as string | undefined)?.length ?? 0
  return bytes
}

/** The conversation that attributes name. */
export const conversationOf = (attributes: JsonObject): string | undefined => {
  const said: Columns = {}
  fill(said, attributes)
  return said.conversationId
}

/** The type that attributes give a span: the first that some convention knows. */
export const typeOf = (attributes: JsonObject): SpanType => {
  for (const { attribute, words } of types) {
    const type = words.get(attributes[attribute])
    if (type !== undefined) return type
  }
  return "generic"
}

/** How the JSON of an attribute is read as a value of a field; nothing where it is none. */
const readers: { readonly [K in Kind]?: (value: Json, field: Field) => unknown } = {
  key: (value) => text(value),
  name: (value) => text(value),
  text: (value) => text(value),
  word: (value, { words }) => (words?.includes(value as string) ? value : undefined),
  count: (value) => {
    const count = number(value)
    return Number.isSafeInteger(count) && count >= 0 ? count : undefined
  },
  real: (value) => {
    const real = number(value)
    return Number.isFinite(real) && real >= 0 ? real : undefined
  },
  duration: (value) => {
    const digits = String(value)
    const nanos = /^\d{1,19}$/.test(digits) ? BigInt(digits) : -1n
    return nanos >= 0n && BigInt.asIntN(64, nanos) === nanos ? nanos : undefined
  }
}

/** Ids may come as numbers, and counts as texts. */
const text = (value: Json): string | undefined =>
  typeof value === "number" ? String(value) : typeof value === "string" && value !== "" ? value : undefined

const number = (value: Json): number =>
  typeof value === "number"
    ? value
    : typeof value === "string" && /^\d+(\.\d+)?$/.test(value)
      ? Number(value)
      : Number.NaN

const columns = (Object.entries(spanFields) as Array<[Filled, Field]>).flatMap(([name, field]) => {
  const { from, kind } = field
  const read = readers[kind]
  return from === undefined || read === undefined ? [] : [{ name, from, read: (value: Json) => read(value, field) }]
})

/** A field that an attribute fills, and by which precedence. */
interface Filling {
  readonly name: Filled
  readonly column: number
  readonly place: number
  readonly read: (value: Json) => unknown
}

const byAttribute = new Map<string, Array<Filling>>()
for (const [column, { from, name, read }] of columns.entries()) {
  for (const [i, attribute] of from.entries()) {
    const fillings = byAttribute.get(attribute) ?? []
    byAttribute.set(attribute, [...fillings, { name, column, place: i + 1, read }])
  }
}

const texts = columns.flatMap(({ name }) => (isCounted(spanFields[name].kind) ? [name] : []))

const types = conventions.map(({ types: { attribute, words } }: Types) => ({
  attribute,
  words: new Map<Json | undefined, SpanType>(Object.entries(words))
}))

type Types = Required<Pick<Convention<SpanType>, "types">>

/** The attributes from which fields, types and the contexts of `agent` are read. */
export const keys: ReadonlySet<string> = new Set([
  genAi.sessionId,
  ...toolCall,
  ...types.map(({ attribute }) => attribute),
  ...byAttribute.keys()
])
