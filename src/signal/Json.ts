/**
 * JSON values: what attributes, data and metadata are made of in a record.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { isJson, isJsonObject } from "./internal/json.js"

/**
 * Any value that JSON can hold.
 *
 * @since 0.1.0
 * @category models
 */
export type Json = null | string | number | boolean | ReadonlyArray<Json> | JsonObject

/**
 * An object that JSON can hold, such as the attributes of a span.
 *
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
export const Json: Schema.Schema<Json> = Schema.declare((value): value is Json => isJson(value, anyText), {
  identifier: "Json",
  description: "a JSON value",
  jsonSchema: { type: ["null", "boolean", "number", "string", "array", "object"] }
})

/**
 * A JSON object, checked as `Json` is.
 *
 * @since 0.1.0
 * @category schemas
 */
export const JsonObject: Schema.Schema<JsonObject> = Schema.declare(
  (value): value is JsonObject => isJsonObject(value, anyText),
  { identifier: "JsonObject", description: "a JSON object", jsonSchema: { type: "object" } }
)

const anyText = () => true
