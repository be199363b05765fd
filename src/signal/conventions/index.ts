/**
 * What the attributes of a span say of its other fields. Which of them fill a field is in the field's row, and how their
 * values are read follows from its kind.
 */
import { isSessionId, type SessionId } from "../../identity/SessionId.js"
import type { Field, Kind } from "../Field.js"
import { isCounted } from "../internal/size.js"
import type { Json, JsonObject } from "../Json.js"
import { type SpanRecord, type SpanType, fields as spanFields } from "../SpanRecord.js"
import type { Convention } from "./Convention.js"
import { conventions, type Filled } from "./conventions.js"
import * as genAi from "./genAi.js"
import * as openInference from "./openInference.js"

/** Spans of the same tool call agree on these. */
export const toolCall = [genAi.toolCallId, genAi.toolName] as const

/** The fields that attributes fill. */
export type Columns = { -readonly [F in Filled]?: SpanRecord[F] }

/** Takes note of an attribute that fills no field because its value is none. */
export type Refused = (attribute: string, value: Json, expected: string) => void

/**
 * Gives a record the fields that its attributes say, unless it has them already. It goes through the attributes that are
 * there, of which there are fewer than could be.
 */
export const fill = (record: Columns, attributes: JsonObject, refused?: Refused): void => {
  // For each column that is filled here, the place of its attribute in the row, counted from 1.
  const places = new Uint8Array(columns.length)
  for (const attribute in attributes) {
    const fillings = byAttribute.get(attribute)
    if (fillings === undefined) continue
    for (let i = 0; i < fillings.length; i++) {
      const { column, expected, name, place, read } = fillings[i] as Filling
      const before = places[column] as number
      if (before === 0 ? record[name] !== undefined : before < place) continue
      const value = attributes[attribute] as Json
      const said = read(value)
      if (said === undefined) {
        if (i === 0 && isSaid(value)) refused?.(attribute, value, expected)
        continue
      }
      record[name] = said as never
      places[column] = place
    }
  }
}

/** Whether a value says anything at all. */
const isSaid = (value: Json): boolean => value !== null && value !== ""

/** The session that attributes name. */
export const sessionOf = (attributes: JsonObject, refused?: Refused): SessionId | undefined => {
  const value = attributes[genAi.sessionId]
  if (value === undefined || !isSaid(value)) return undefined
  const id = text(value)
  if (isSessionId(id)) return id
  refused?.(genAi.sessionId, value, "1 to 200 printable ASCII characters, with no space at either end")
  return undefined
}

/** The session, user and other ids that annotations give a log. */
export const correlationOf = (annotations: JsonObject, refused?: Refused): Said => {
  const said: Said = {}
  for (const key in annotations) {
    if (!keys.has(key)) continue
    fill(said, annotations, refused)
    said.sessionId = sessionOf(annotations, refused)
    break
  }
  return said
}

/** The fields that attributes fill, and the session. */
export interface Said extends Columns {
  sessionId?: SessionId | undefined
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

/** Whether a model call makes embeddings: it is never the same call as one that answers. */
export const isEmbedding = (attributes: JsonObject): boolean =>
  attributes[genAi.operation] === "embeddings" || attributes[openInference.kind] === "EMBEDDING"

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
    // JavaScript writes the price of a few tokens as "1.5e-7".
    const real = number(value, /^\d+(\.\d+)?(e-\d{1,3})?$/)
    return Number.isFinite(real) && real >= 0 ? real : undefined
  },
  duration: (value) => {
    const digits = String(value)
    return /^\d{1,19}$/.test(digits) ? nanos(BigInt(digits)) : undefined
  }
}

/** A duration that is said in seconds. */
const seconds = (value: Json): bigint | undefined => {
  const said = number(value) * 1e9
  return Number.isFinite(said) ? nanos(BigInt(Math.round(said))) : undefined
}

/** Nanoseconds that a signed integer of 64 bits holds. */
const nanos = (value: bigint): bigint | undefined =>
  value >= 0n && BigInt.asIntN(64, value) === value ? value : undefined

/** Ids may come as numbers, and counts as texts. A number that is none is `"NaN"` in JSON: it is nobody's id. */
const text = (value: Json): string | undefined =>
  typeof value === "number"
    ? String(value)
    : typeof value === "string" && value !== "" && value !== "NaN"
      ? value
      : undefined

const number = (value: Json, digits = /^\d+(\.\d+)?$/): number =>
  typeof value === "number" ? value : typeof value === "string" && digits.test(value) ? Number(value) : Number.NaN

/** The values of a kind, in words. */
const expectations: { readonly [K in Kind]?: string } = {
  key: "a text or a number",
  name: "a text or a number",
  text: "a text or a number",
  word: "one of its words",
  count: "a whole number, 0 or more",
  real: "a number, 0 or more",
  duration: "nanoseconds, a whole number, 0 or more"
}

const readingSeconds = { expected: "seconds, 0 or more", read: seconds }

const inSeconds: ReadonlySet<string> = new Set(conventions.flatMap(({ seconds }: Convention) => seconds ?? []))

/** How an attribute is read for a field, and what is expected of its value. */
export const reader = (name: Filled, attribute?: string): Reading => {
  if (attribute !== undefined && inSeconds.has(attribute)) return readingSeconds
  const field: Field = spanFields[name]
  const read = readers[field.kind]
  return { expected: expectations[field.kind] ?? "", read: (value) => read?.(value, field) }
}

interface Reading {
  readonly expected: string
  readonly read: (value: Json) => unknown
}

const columns = (Object.entries(spanFields) as Array<[Filled, Field]>).flatMap(([name, { from, kind }]) =>
  from === undefined || readers[kind] === undefined
    ? []
    : [{ name, from: from.map((key) => ({ key, ...reader(name, key) })) }]
)

/** A field that an attribute fills, and by which precedence. */
interface Filling {
  readonly name: Filled
  readonly column: number
  readonly place: number
  readonly expected: string
  readonly read: (value: Json) => unknown
}

const byAttribute = new Map<string, Array<Filling>>()
for (const [column, { from, name }] of columns.entries()) {
  for (const [i, { expected, key, read }] of from.entries()) {
    const fillings = byAttribute.get(key) ?? []
    byAttribute.set(key, [...fillings, { name, column, place: i + 1, expected, read }])
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
