/**
 * JavaScript values made JSON, the same for every engine. Total: whatever a value does when it is read, and however large
 * it is, this returns, and in a time bounded by the limits.
 */
import * as Encoding from "effect/Encoding"
import { disregard } from "../../runtime/call.js"
import type { Json, JsonObject } from "../Json.js"
import * as errors from "./errors.js"
import { ofContainer, ofScalar } from "./size.js"

/** Bounds on the JSON that is made. */
export interface Limits {
  /** Entries of an object of attributes. */
  readonly attributeCount: number
  /** Characters of a value, counted over everything nested in it. */
  readonly attributeValueLength: number
  /** Levels of nesting in a value. */
  readonly attributeDepth: number
}

/** Stands where a value went over the depth or the length. */
export const truncated = "[Truncated]"

/** The size of the JSON that is made, and whether all of the value is there. */
export interface Meter {
  /** Adds up its bytes, as `signal/internal/size.ts` counts them. */
  bytes: number
  /** Set where a value went over the length or the depth. */
  cut: boolean
}

/** The JSON of a value; `undefined` for what JSON leaves out: `undefined`, functions and symbols. */
export const toJson = (value: unknown, limits: Limits, meter?: Meter): Json | undefined => {
  if (typeof value === "string") {
    const text = wellFormed(value, limits.attributeValueLength)
    if (meter !== undefined) {
      meter.bytes += ofContainer + text.length
      if (value.length > limits.attributeValueLength) meter.cut = true
    }
    return text
  }
  const walk = new Walk(limits.attributeValueLength)
  const json = walk.json(value, limits.attributeDepth)
  if (meter !== undefined) {
    meter.bytes += walk.bytes
    if (walk.cut) meter.cut = true
  }
  return json
}

/**
 * The JSON of what a program failed with: without what an HTTP client sent or got, however deep; with the stacks of errors
 * in it where they are asked for.
 */
export const toJsonOfFailure = (value: unknown, limits: Limits, withStacks: boolean): Json | undefined => {
  const walk = new Walk(limits.attributeValueLength, withStacks)
  return walk.withinError(() => walk.json(value, limits.attributeDepth))
}

/** The JSON of the entry of an object: of its value alone, unless a name says more. */
type ToValue<in L> = (key: string, value: unknown, limits: L, meter: Meter) => Json | undefined

const toValue: ToValue<Limits> = (_, value, limits, meter) => toJson(value, limits, meter)

/** The JSON of an object's entries, at most `attributeCount` of them, and how many were left out or cut. */
export const toJsonObject = <L extends Limits>(
  entries: Iterable<readonly [string, unknown]>,
  limits: L,
  meter: Meter = { bytes: 0, cut: false },
  valueOf: ToValue<L> = toValue
): { readonly json: JsonObject; readonly dropped: number } => {
  const json: Record<string, Json> = {}
  let count = 0
  let dropped = 0
  const { cut } = meter
  for (const [key, value] of entries) {
    if (isOmitted(value)) continue
    if (count === limits.attributeCount) {
      dropped++
      continue
    }
    meter.cut = false
    const name = toKey(key)
    const part = valueOf(name, value, limits, meter)
    if (part === undefined) continue
    count++
    if (meter.cut) dropped++
    meter.bytes += name.length
    assign(json, name, part)
  }
  meter.cut = cut
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

/** Makes one value JSON. */
export class Walk {
  /** The bytes of what was made. */
  bytes = 0
  /** Whether something went over the length or the depth. */
  cut = false
  private readonly path = new Set<object>()
  /** The keys of an object: within an error not all of them. */
  private keysOf: (value: object) => ReadonlyArray<string> = Object.keys

  constructor(
    /** Characters that it may still take; a value of no length costs one, so that every loop ends. */
    protected remaining: number,
    /** Whether the stacks of errors are told. */
    private readonly withStacks = true
  ) {}

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

  protected scalar<A extends number | boolean | null>(value: A): A {
    this.bytes += ofScalar
    return value
  }

  /** A short text, which costs nothing. */
  protected word(value: string): string {
    this.bytes += ofContainer + value.length
    return value
  }

  protected text(value: string): string {
    const text = this.key(value)
    this.bytes += ofContainer
    return text
  }

  protected key(value: string): string {
    const text = wellFormed(value, Math.max(this.remaining, 0))
    if (text.length < value.length) this.cut = true
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
    if (Object.getPrototypeOf(value) !== Object.prototype) {
      const made = this.builtIn(value, depth)
      if (made !== undefined) return made
    }
    if (depth === 0) return this.truncated()
    if ("toJSON" in value && typeof value.toJSON === "function") {
      const json: unknown = value.toJSON()
      disregard(json)
      return json === value ? this.own(value, depth) : this.json(json, depth - 1)
    }
    return this.own(value, depth)
  }

  /** The JSON of what JavaScript has classes for. */
  private builtIn(value: object, depth: number): Json | undefined {
    if (Array.isArray(value)) return depth === 0 ? this.truncated() : this.items(value, depth)
    if (value instanceof Date) return this.word(Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString())
    if (value instanceof String || value instanceof Number || value instanceof Boolean || value instanceof BigInt) {
      return this.json(value.valueOf(), depth)
    }
    const bytes = toBytes(value)
    if (bytes !== undefined) return this.binary(bytes)
    const isError = errors.isError(value)
    if (!isError && !(value instanceof Map || value instanceof Set || ArrayBuffer.isView(value))) return undefined
    if (depth === 0) return this.truncated()
    return isError ? this.error(value, depth) : this.items(value as Iterable<unknown>, depth)
  }

  protected binary(bytes: Uint8Array): Json {
    const length = Math.max(0, Math.floor((this.remaining * 3) / 4))
    if (bytes.length > length) this.cut = true
    return this.text(Encoding.encodeBase64(bytes.subarray(0, length)))
  }

  protected truncated(): string {
    this.cut = true
    return this.word(truncated)
  }

  private own(value: object, depth: number): Json {
    return this.fields(this.keysOf(value), (key) => (value as never)[key], depth)
  }

  /** Leaves out what an HTTP client sent or got. */
  withinError<A>(walk: () => A): A {
    const { keysOf } = this
    this.keysOf = errors.keysOf
    const made = walk()
    this.keysOf = keysOf
    return made
  }

  private error(value: object, depth: number): Json {
    const stack = this.withStacks ? ["stack"] : []
    const keys = ["name", "message", ...stack, ...errors.fieldsOf(value), "cause", "errors"]
    // On the last level, the causes are a line.
    const read = (key: string) => {
      const field = errors.fieldOf(value, key)
      return key === "cause" && depth === 1 && errors.isCause(field) ? errors.chainOf(field, this.remaining) : field
    }
    return this.withinError(() => this.fields(keys, read, depth))
  }

  protected fields(keys: ReadonlyArray<string>, read: (key: string) => unknown, depth: number): Json {
    this.bytes += ofContainer
    const json: Record<string, Json> = {}
    for (const key of keys) {
      const name = this.key(key)
      if (this.remaining <= 0) {
        assign(json, name, this.truncated())
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

  protected items(values: Iterable<unknown>, depth: number): Json {
    this.bytes += ofContainer
    const json: Array<Json> = []
    for (const value of values) {
      if (this.remaining <= 0) {
        json.push(this.truncated())
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
