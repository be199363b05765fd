/**
 * The words of a JSON schema about a secret, which are none: its type and how it is described. Schemas are known by where they
 * stand, below `properties` and the like, and by what they say: what only looks like one in part is masked.
 */
import type { Json, JsonObject } from "../../../signal/Json.js"
import { isSecret, type Verdict } from "./keys.js"

/** The masks of other values. */
interface Masks {
  /** Gives each entry of an object another value. */
  readonly entries: (value: JsonObject, f: (key: Key, part: Json) => Json) => JsonObject
  readonly items: (value: ReadonlyArray<Json>, f: (item: Json) => Json) => ReadonlyArray<Json>
  readonly field: (verdict: Verdict, value: Json) => Json
  readonly secret: (verdict: Verdict, value: Json) => Json
  readonly json: (value: Json) => Json
}

interface Key {
  readonly label: string
  readonly verdict: Verdict
  /** Whether its entries are schemas. */
  readonly ofSchemas: boolean
}

/** Masks entries that are schemas, each of what its name says, or what is around it. */
export const make = ({ entries, field, items, json, secret }: Masks) => {
  const schemas = (value: JsonObject, around: Verdict = "plain"): JsonObject =>
    entries(value, ({ verdict: own }, part) => {
      const verdict = own === "plain" ? around : own
      return isSecret(verdict) && isSchema(part) ? schema(verdict, part) : field(verdict, part)
    })

  /** The schema of a secret, or a list of them. */
  const schema = (verdict: Verdict, value: Json): Json => {
    if (isArray(value)) return items(value, (item) => schema(verdict, item))
    if (!isSchema(value)) return secret(verdict, value)
    return entries(value, ({ label, ofSchemas }, part) => {
      if (ofSchemas && isObject(part)) return schemas(part, verdict)
      const kind = partOf(label)
      if (kind === "schemas") return schema(verdict, part)
      return kind === "words" && !isObject(part) ? names(part) : secret(verdict, part)
    })
  }

  /** A list of names, which announce nothing, or another value. */
  const names = (value: Json): Json =>
    isArray(value) && value.every((item) => typeof item === "string") ? items(value, json) : json(value)

  /** Whether a value is the schema of a secret, and says nothing but what one is like. */
  const isHarmless = (verdict: Verdict, value: Json): boolean => isSchema(value) && schema(verdict, value) === value

  return { schemas, names, isHarmless }
}

/** Masks a schema that is a text, as JSON: not where that would say anything else than the text. */
export const inText = (text: string, json: (value: Json) => Json): string | undefined => {
  if (!opening.test(text)) return undefined
  try {
    const parsed: Json = JSON.parse(text)
    const indent = /^[[{]\n([ \t]{1,10})\S/.exec(text)?.[1]
    return JSON.stringify(parsed, null, indent) === text ? JSON.stringify(json(parsed), null, indent) : undefined
  } catch {
    return undefined
  }
}

const opening = /"(?:properties|patternProperties|\$defs|definitions|schemas|securitySchemes|securityDefinitions)"/

const isArray = (value: Json): value is ReadonlyArray<Json> => Array.isArray(value)

export const isObject = (value: Json): value is JsonObject =>
  typeof value === "object" && value !== null && !isArray(value)

/** Names under which each entry is a schema, or, in OpenAPI, says how to log in. */
export const isOfSchemas = (name: string): boolean => maps.has(name)

const maps: ReadonlySet<string> = new Set(
  "properties patternProperties dependentSchemas $defs definitions schemas securitySchemes securityDefinitions".split(
    " "
  )
)

/** Whether a value is a schema, or the way to log in of OpenAPI. */
const isSchema = (value: Json | undefined): value is JsonObject => {
  if (value === undefined || !isObject(value)) return false
  const { $ref, allOf, anyOf, enum: values, oneOf, type } = value
  return type === undefined
    ? [allOf, anyOf, oneOf].some((schemas) => Array.isArray(schemas) && schemas.every(isSchema)) ||
        (typeof $ref === "string" && /^(?:#|https?:)/.test($ref)) ||
        Array.isArray(values)
    : (Array.isArray(type) ? type : [type]).every((word) => typeof word === "string" && types.has(word.toLowerCase()))
}

const types: ReadonlySet<string> = new Set(
  "string number integer boolean object array null apikey http oauth2 openidconnect mutualtls basic".split(" ")
)

/**
 * The kinds of what stands under a name in a schema of a secret: words that describe it, in which secrets are known by their shape
 * alone; schemas of the same secret; or a value that it may have, as anything else is taken for.
 */
const partOf = (name: string): "words" | "schemas" | "values" =>
  describing.has(name) ? "words" : within.has(name) ? "schemas" : "values"

const describing: ReadonlySet<string> = new Set(
  `type title description format pattern contentEncoding contentMediaType nullable readOnly writeOnly deprecated required
  minLength maxLength minimum maximum exclusiveMinimum exclusiveMaximum multipleOf minItems maxItems uniqueItems
  minProperties maxProperties $ref $schema $id $comment name in scheme bearerFormat openIdConnectUrl flow
  authorizationUrl tokenUrl`.split(/\s+/)
)

const within: ReadonlySet<string> = new Set(
  `items additionalProperties additionalItems not contains propertyNames if then else unevaluatedProperties anyOf oneOf
  allOf prefixItems`.split(/\s+/)
)
