/**
 * JavaScript values made JSON, the same for every engine. Total: whatever a value does when it is read, and however large
 * it is, this returns, and in a time bounded by the limits.
 */
import * as Encoding from "effect/Encoding"
import type { Json, JsonObject } from "../../signal/Json.js"
import type { Limits } from "./options.js"

/** Stands where a value went over the depth or the length. */
export const truncated = "[Truncated]"

/** The JSON of a value; `undefined` for what JSON leaves out: `undefined`, functions and symbols. */
export const toJson = (value: unknown, limits: Limits): Json | undefined =>
  typeof value === "string"
    ? wellFormed(value, limits.attributeValueLength)
    : new Walk(limits).json(value, limits.attributeDepth)

/** The JSON of an object's entries, at most `attributeCount` of them, and how many were left out. */
export const toJsonObject = (
  entries: Iterable<readonly [string, unknown]>,
  limits: Limits
): { readonly json: JsonObject; readonly dropped: number } => {
  const json: Record<string, Json> = {}
  let count = 0
  let dropped = 0
  for (const [key, value] of entries) {
    if (isOmitted(value)) continue
    if (count === limits.attributeCount) {
      dropped++
      continue
    }
    const part = toJson(value, limits)
    if (part === undefined) continue
    count++
    assign(json, toKey(key), part)
  }
  return { json, dropped }
}

/** Whether JSON leaves a value out. */
export const isOmitted = (value: unknown): boolean =>
  value === undefined || typeof value === "function" || typeof value === "symbol"

/** A value as text: a string itself, anything else as its JSON. */
export const toText = (value: unknown, limits: Limits): string => {
  const json = toJson(value, limits)
  return typeof json === "string" ? json : (JSON.stringify(json) ?? "")
}

/** The entries of an object, also where reading one throws. */
export function* entriesOf(object: object): Iterable<readonly [string, unknown]> {
  let keys: ReadonlyArray<string> = []
  try {
    keys = Object.keys(object)
  } catch {
    // A proxy that throws has no entries.
  }
  for (const key of keys) {
    let value: unknown
    try {
      value = (object as never)[key]
    } catch {
      value = "[Threw]"
    }
    yield [key, value]
  }
}

/** A key as it is stored: well-formed, and no longer than any key needs to be. */
export const toKey = (key: string): string => wellFormed(String(key), 1_024)

/** Sets a key of its own, also where its name is `__proto__`. */
export const assign = (target: Record<string, Json>, key: string, value: Json): void => {
  if (key === "__proto__") {
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true })
  } else {
    target[key] = value
  }
}

/** A string without lone surrogates, at most as many UTF-16 units long. */
export const wellFormed = (text: string, length: number): string => {
  if (text.length <= length) return text.isWellFormed() ? text : text.toWellFormed()
  const last = text.charCodeAt(length - 1)
  const splits = last >= 0xd800 && last <= 0xdbff
  return text.slice(0, splits ? length - 1 : length).toWellFormed()
}

class Walk {
  /** Characters left; a value of no length costs one, so that every loop ends. */
  private left: number
  private readonly path = new Set<object>()

  constructor(limits: Limits) {
    this.left = limits.attributeValueLength
  }

  json(value: unknown, depth: number): Json | undefined {
    this.left--
    switch (typeof value) {
      case "string":
        return this.text(value)
      case "number":
        return Number.isFinite(value) ? value + 0 : String(value)
      case "bigint":
        return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER
          ? Number(value)
          : this.text(String(value))
      case "boolean":
        return value
      case "object":
        return value === null ? null : this.object(value, depth)
      default:
        return undefined
    }
  }

  private text(value: string): string {
    const text = wellFormed(value, Math.max(this.left, 0))
    this.left -= text.length
    return text
  }

  private object(value: object, depth: number): Json | undefined {
    if (this.path.has(value)) return "[Circular]"
    this.path.add(value)
    try {
      return this.known(value, depth)
    } catch {
      return "[Threw]"
    } finally {
      this.path.delete(value)
    }
  }

  private known(value: object, depth: number): Json | undefined {
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString()
    if (value instanceof String || value instanceof Number || value instanceof Boolean || value instanceof BigInt) {
      return this.json(value.valueOf(), depth)
    }
    const bytes = toBytes(value)
    if (bytes !== undefined) {
      return this.text(Encoding.encodeBase64(bytes.subarray(0, Math.max(0, Math.floor((this.left * 3) / 4)))))
    }
    if (depth === 0) return truncated
    if (value instanceof Error) {
      return this.fields(["name", "message", "stack"], (key) => (value as never)[key], depth)
    }
    if (value instanceof Map || value instanceof Set || Array.isArray(value) || ArrayBuffer.isView(value)) {
      return this.items(value as Iterable<unknown>, depth)
    }
    if ("toJSON" in value && typeof value.toJSON === "function") {
      const json: unknown = value.toJSON()
      return json === value ? this.own(value, depth) : this.json(json, depth - 1)
    }
    return this.own(value, depth)
  }

  private own(value: object, depth: number): Json {
    return this.fields(Object.keys(value), (key) => (value as never)[key], depth)
  }

  private fields(keys: ReadonlyArray<string>, read: (key: string) => unknown, depth: number): Json {
    const json: Record<string, Json> = {}
    for (const key of keys) {
      const name = this.text(key)
      if (this.left <= 0) {
        assign(json, name, truncated)
        break
      }
      let part: Json | undefined
      try {
        part = this.json(read(key), depth - 1)
      } catch {
        part = "[Threw]"
      }
      if (part !== undefined) assign(json, name, part)
    }
    return json
  }

  private items(values: Iterable<unknown>, depth: number): Json {
    const json: Array<Json> = []
    for (const value of values) {
      if (this.left <= 0) {
        json.push(truncated)
        break
      }
      json.push(this.json(value, depth - 1) ?? null)
    }
    return json
  }
}

const toBytes = (value: object): Uint8Array | undefined =>
  value instanceof Uint8Array
    ? value
    : value instanceof ArrayBuffer
      ? new Uint8Array(value)
      : value instanceof DataView
        ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
        : undefined
