/**
 * JavaScript values made JSON, the same for every engine. Total: whatever a value does when it is read, and however large
 * it is, this returns, and in a time bounded by the limits.
 */
import * as Encoding from "effect/Encoding"
import { disregard } from "../../runtime/call.js"
import type { Json, JsonObject } from "../Json.js"
import { ofContainer, ofScalar } from "./size.js"

/** Bounds on the JSON that is made. */
interface Limits {
  /** Entries of an object of attributes. */
  readonly attributeCount: number
  /** Characters of a value, counted over everything nested in it. */
  readonly attributeValueLength: number
  /** Levels of nesting in a value. */
  readonly attributeDepth: number
}

/** Stands where a value went over the depth or the length. */
export const truncated = "[Truncated]"

/** Adds up the bytes of the JSON that is made, as `signal/internal/size.ts` counts them. */
export interface Meter {
  bytes: number
}

/** The JSON of a value; `undefined` for what JSON leaves out: `undefined`, functions and symbols. */
export const toJson = (value: unknown, limits: Limits, meter?: Meter): Json | undefined => {
  if (typeof value === "string") {
    const text = wellFormed(value, limits.attributeValueLength)
    if (meter !== undefined) meter.bytes += ofContainer + text.length
    return text
  }
  const walk = new Walk(limits)
  const json = walk.json(value, limits.attributeDepth)
  if (meter !== undefined) meter.bytes += walk.bytes
  return json
}

/** The JSON of an object's entries, at most `attributeCount` of them, and how many were left out. */
export const toJsonObject = (
  entries: Iterable<readonly [string, unknown]>,
  limits: Limits,
  meter?: Meter
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
    const part = toJson(value, limits, meter)
    if (part === undefined) continue
    count++
    const name = toKey(key)
    if (meter !== undefined) meter.bytes += name.length
    assign(json, name, part)
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
  /** The bytes of what was made. */
  bytes = 0
  /** Characters that it may still take; a value of no length costs one, so that every loop ends. */
  private remaining: number
  private readonly path = new Set<object>()

  constructor(limits: Limits) {
    this.remaining = limits.attributeValueLength
  }

  json(value: unknown, depth: number): Json | undefined {
    this.remaining--
    switch (typeof value) {
      case "string":
        return this.text(value)
      case "number":
        return Number.isFinite(value) ? this.scalar(value + 0) : this.word(String(value))
      case "bigint":
        return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER
          ? this.scalar(Number(value))
          : this.text(String(value))
      case "boolean":
        return this.scalar(value)
      case "object":
        return value === null ? this.scalar(null) : this.object(value, depth)
      default:
        return undefined
    }
  }

  private scalar<A extends number | boolean | null>(value: A): A {
    this.bytes += ofScalar
    return value
  }

  /** A short text, which costs nothing. */
  private word(value: string): string {
    this.bytes += ofContainer + value.length
    return value
  }

  private text(value: string): string {
    const text = this.key(value)
    this.bytes += ofContainer
    return text
  }

  private key(value: string): string {
    const text = wellFormed(value, Math.max(this.remaining, 0))
    this.remaining -= text.length
    this.bytes += text.length
    return text
  }

  private object(value: object, depth: number): Json | undefined {
    if (this.path.has(value)) return this.word("[Circular]")
    this.path.add(value)
    try {
      return this.known(value, depth)
    } catch {
      return this.word("[Threw]")
    } finally {
      this.path.delete(value)
    }
  }

  private known(value: object, depth: number): Json | undefined {
    if (value instanceof Date) return this.word(Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString())
    if (value instanceof String || value instanceof Number || value instanceof Boolean || value instanceof BigInt) {
      return this.json(value.valueOf(), depth)
    }
    const bytes = toBytes(value)
    if (bytes !== undefined) {
      return this.text(Encoding.encodeBase64(bytes.subarray(0, Math.max(0, Math.floor((this.remaining * 3) / 4)))))
    }
    if (depth === 0) return this.word(truncated)
    if (value instanceof Error) {
      return this.fields(["name", "message", "stack"], (key) => (value as never)[key], depth)
    }
    if (value instanceof Map || value instanceof Set || Array.isArray(value) || ArrayBuffer.isView(value)) {
      return this.items(value as Iterable<unknown>, depth)
    }
    if ("toJSON" in value && typeof value.toJSON === "function") {
      const json: unknown = value.toJSON()
      disregard(json)
      return json === value ? this.own(value, depth) : this.json(json, depth - 1)
    }
    return this.own(value, depth)
  }

  private own(value: object, depth: number): Json {
    return this.fields(Object.keys(value), (key) => (value as never)[key], depth)
  }

  private fields(keys: ReadonlyArray<string>, read: (key: string) => unknown, depth: number): Json {
    this.bytes += ofContainer
    const json: Record<string, Json> = {}
    for (const key of keys) {
      const name = this.key(key)
      if (this.remaining <= 0) {
        assign(json, name, this.word(truncated))
        break
      }
      let part: Json | undefined
      try {
        part = this.json(read(key), depth - 1)
      } catch {
        part = this.word("[Threw]")
      }
      if (part === undefined) this.bytes -= name.length
      else assign(json, name, part)
    }
    return json
  }

  private items(values: Iterable<unknown>, depth: number): Json {
    this.bytes += ofContainer
    const json: Array<Json> = []
    for (const value of values) {
      if (this.remaining <= 0) {
        json.push(this.word(truncated))
        break
      }
      json.push(this.json(value, depth - 1) ?? this.scalar(null))
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
