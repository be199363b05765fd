/** Values in the JSON form of OTLP (https://opentelemetry.io/docs/specs/otlp/): integers of 64 bits are texts. */
import type { Json, JsonObject } from "../../signal/Json.js"

export interface AnyValue {
  readonly stringValue?: string
  readonly boolValue?: boolean
  readonly intValue?: string
  readonly doubleValue?: number
  readonly arrayValue?: { readonly values: ReadonlyArray<AnyValue> }
  readonly kvlistValue?: { readonly values: ReadonlyArray<KeyValue> }
}

export interface KeyValue {
  readonly key: string
  readonly value: AnyValue
}

export const anyValue = (json: Json): AnyValue => {
  switch (typeof json) {
    case "string":
      return { stringValue: json }
    case "boolean":
      return { boolValue: json }
    case "number":
      return Number.isSafeInteger(json) ? { intValue: String(json) } : { doubleValue: json }
  }
  if (json === null) return {}
  return isArray(json) ? { arrayValue: { values: json.map(anyValue) } } : { kvlistValue: { values: keyValues(json) } }
}

/** The value of an attribute. Servers give a column the type of its first value: what may be a fraction is one always. */
export const attributeValue = (key: string, json: Json): AnyValue =>
  typeof json === "string"
    ? { stringValue: json }
    : typeof json === "number" && isDouble(key)
      ? { doubleValue: json }
      : anyValue(json)

/** Whether the conventions have an attribute as a double. The names of attributes are few: what was found is kept. */
const isDouble = (key: string): boolean => {
  const known = verdicts.get(key)
  if (known !== undefined) return known
  const double =
    doubles.has(key.slice(key.lastIndexOf(".") + 1)) || key.startsWith("llm.cost.") || key.endsWith(".score.value")
  if (verdicts.size < maxVerdicts) verdicts.set(key, double)
  return double
}

const verdicts = new Map<string, boolean>()
const maxVerdicts = 1_024

/** Attributes of models and of retrieval that are doubles, by the last part of their name. */
const doubles: ReadonlySet<string> = new Set(
  "temperature top_p top_k min_p frequency_penalty presence_penalty repetition_penalty cost time_to_first_chunk time_per_output_chunk score".split(
    " "
  )
)

export const keyValues = (object: JsonObject, prefix = ""): Array<KeyValue> =>
  Object.keys(object).map((key) => ({ key: prefix + key, value: attributeValue(key, object[key] as Json) }))

const isArray = (json: ReadonlyArray<Json> | JsonObject): json is ReadonlyArray<Json> => Array.isArray(json)

/** Times are unsigned in OTLP: one before 1970 is 1970. */
export const toTime = (nanos: bigint): string => (nanos < 0n ? "0" : nanos.toString())

/** The ids of a span that a record is about, as far as OTLP takes them: others have ids of other forms. */
export const spanOf = ({ spanId, traceId }: OfSpan) =>
  isTraceId(traceId) ? { traceId, ...(isSpanId(spanId) && { spanId }) } : {}

interface OfSpan {
  readonly traceId?: string | undefined
  readonly spanId?: string | undefined
}

export const isTraceId = (id: string | undefined): id is string => id !== undefined && /^[\da-f]{32}$/.test(id)

export const isSpanId = (id: string | undefined): id is string => id !== undefined && /^[\da-f]{16}$/.test(id)
