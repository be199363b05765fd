/**
 * JSON values: what attributes, data and metadata are made of in a record.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * @since 0.1.0
 * @category models
 */
export type Json = null | string | number | boolean | ReadonlyArray<Json> | JsonObject

/**
 * @since 0.1.0
 * @category models
 */
export interface JsonObject {
  readonly [key: string]: Json
}

/**
 * A JSON value: no `undefined`, no number that is not finite, nothing nested deeper than 200 levels, no cycle.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Json: Schema.Schema<Json> = Schema.declare((value): value is Json => isJson(value, 200), {
  identifier: "Json",
  description: "a JSON value",
  jsonSchema: {}
})

/**
 * @since 0.1.0
 * @category schemas
 */
export const JsonObject: Schema.Schema<JsonObject> = Schema.declare(
  (value): value is JsonObject => isObject(value) && isJson(value, 200),
  { identifier: "JsonObject", description: "a JSON object", jsonSchema: { type: "object" } }
)

const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const isJson = (value: unknown, depth: number): boolean => {
  switch (typeof value) {
    case "string":
    case "boolean":
      return true
    case "number":
      return Number.isFinite(value)
    case "object": {
      if (value === null) return true
      if (depth === 0) return false
      if (Array.isArray(value)) return value.every((item) => isJson(item, depth - 1))
      const prototype = Object.getPrototypeOf(value)
      return (
        (prototype === Object.prototype || prototype === null) &&
        Object.values(value).every((item) => isJson(item, depth - 1))
      )
    }
    default:
      return false
  }
}
