/**
 * Masks secrets in every record before it reaches an exporter: passwords, keys and tokens, by the name that they stand
 * under and by what they look like.
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"
import { keepsForm } from "../signal/internal/trusted.js"
import { UnsafeLog, UnsafeSpan } from "../signal/internal/unsafe.js"
import type { Json, JsonObject } from "../signal/Json.js"
import type { LogRecord } from "../signal/LogRecord.js"
import type { SpanEvent, SpanLink, SpanRecord } from "../signal/SpanRecord.js"
import * as Keys from "./internal/sensitive/keys.js"
import * as Mask from "./internal/sensitive/mask.js"
import { memo, memoInText } from "./internal/sensitive/memo.js"
import { isSlow } from "./internal/sensitive/pattern.js"
import { isCard } from "./internal/sensitive/shapes.js"
import * as Text from "./internal/sensitive/text.js"
import type { SignalProcessor } from "./SignalProcessor.js"

/**
 * How a secret is shown:
 * - `"full"`: as `[REDACTED]`
 * - `"partial"`: with its last 4 characters, where it has at least 16
 * - `"hashed"`: with 16 digits of an HMAC-SHA-256 under `key`, so that equal secrets can be told to be equal
 *
 * @since 0.1.0
 * @category models
 */
export type Style = Mask.Style

/**
 * What is masked besides what always is, and what is left alone. Names are compared word by word with the end of a name,
 * in any spelling: `"policy number"` means `policyNumber`, `POLICY_NUMBER` and `customer.policy-number`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Names of further secrets. */
  readonly keys?: ReadonlyArray<string> | undefined
  /** Names whose values are never masked. They count for more than `keys`. */
  readonly safeKeys?: ReadonlyArray<string> | undefined
  /**
   * What further secrets look like: at most 512 characters each. Texts are given to a pattern in pieces of 2,048. One that
   * a text could make run for ever is refused: see {@link isSafePattern}.
   */
  readonly patterns?: ReadonlyArray<RegExp> | undefined
  /** `{ type: "full" }` when absent. */
  readonly style?: Style | undefined
}

/**
 * A pattern of the program that a text could make run for ever.
 *
 * @since 0.1.0
 * @category errors
 */
export class UnsafePattern extends Data.TaggedError("UnsafePattern")<{
  /** Which of the options it is. */
  readonly field: string
  readonly pattern: RegExp
}> {
  override get message(): string {
    return `${this.field}: Expected ${safePattern}, actual ${this.pattern}`
  }
}

/** @internal */
export const safePattern = "a pattern that repeats nothing that can be matched in several ways"

/**
 * Whether a pattern takes at most a time that grows with the square of the length of a text. It says no where in something
 * repeated, such as `(a+)+`, `(\\w|\\d)*` and `(.*,)*`, the next character does not say what comes next, where two
 * repetitions can share the same characters, as in `a.*b.*c`, and where many parts can be longer or shorter. Some patterns that are quick are refused with these: say what
 * does not belong to a part, as in `a[^b]*b[^c]*c` and `([^,]*,)*`.
 *
 * @since 0.1.0
 * @category guards
 */
export const isSafePattern = (pattern: RegExp): boolean => !isSlow(pattern)

/**
 * A processor that masks secrets in the names, texts, attributes and data of spans and logs. It returns the record that it
 * got where there is nothing to mask. Ids that tie records together are left as they are.
 *
 * It throws an {@link UnsafePattern} for a pattern that a text could make run for ever, as `new RegExp` throws for one that
 * is none: ask {@link isSafePattern} of patterns that come from elsewhere.
 *
 * @example
 * ```ts
 * import { SensitiveDataFilter } from "effect-observability"
 *
 * const filter = SensitiveDataFilter.make({
 *   keys: ["policy number"],
 *   patterns: [/\bACME-[0-9A-F]{16}\b/],
 *   style: { type: "partial" }
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options = {}): SignalProcessor => {
  const { patterns = [], style = { type: "full" } } = options
  for (const [index, pattern] of patterns.entries()) {
    if (!isSafePattern(pattern)) throw new UnsafePattern({ field: `patterns[${index}]`, pattern })
  }
  const verdictOf = memo(Keys.make(options))
  const verdictIn = memoInText(verdictOf)
  const mask = Mask.make(style)
  const own = patterns.map((pattern) => new RegExp(pattern.source, `${pattern.flags.replace(/[gy]/g, "")}g`))

  const text = (value: string): string => {
    const hits = Text.find(value, verdictIn, own)
    return hits.length === 0 ? value : Text.replace(value, hits, mask)
  }

  const name = memo(text)
  const keyOf = memo((key): Key => ({ label: text(key), verdict: verdictOf(key), clean: "" }))

  const json = (value: Json): Json => {
    switch (typeof value) {
      case "string":
        return text(value)
      case "number":
        return isCard(value) ? mask(String(value)) : value
      default:
        return Array.isArray(value) ? mapped(value, item) : isObject(value) ? object(value) : value
    }
  }

  const object = (value: JsonObject): JsonObject =>
    mappedEntries(value, keyOf, (key, part) => {
      const { label } = key
      if (label === "value" || label === "Value") return field(verdictOf(labelOf(value)), part)
      return key.verdict === "plain" && typeof part === "string" ? textUnder(key, part) : field(key.verdict, part)
    })

  /** Names such as that of a model have few values, most often the one before. */
  const textUnder = (key: Key, value: string): string => {
    if (value === key.clean) return value
    const result = text(value)
    if (result === value && value.length < maxClean) key.clean = value
    return result
  }

  /** An item of a list, which may be one of headers or of the options of a command, or a name and its value. */
  const item = (value: Json, index: number, list: ReadonlyArray<Json>): Json => {
    const before = list[index - 1]
    const named = typeof before === "string" && typeof value === "string" && (list.length === 2 || isLabel.test(before))
    return named && Text.looksSecret(value) ? field(verdictOf(before), value) : json(value)
  }

  const field = (verdict: Keys.Verdict, value: Json): Json =>
    verdict === "plain" ? json(value) : verdict === "safe" ? safe(value) : secret(verdict, value)

  const safe = (value: Json): Json => (typeof value === "object" ? json(value) : value)

  const secret = (verdict: Keys.Verdict, value: Json): Json => {
    switch (typeof value) {
      case "string":
        return Text.isNothing(value) ? value : mask(value)
      case "number":
        return verdict === "secret" ? mask(String(value)) : json(value)
      default:
        return Array.isArray(value)
          ? mapped(value, (part) => secret(verdict, part))
          : isObject(value)
            ? mappedEntries(value, keyOf, (key, part) => (key.verdict === "safe" ? safe(part) : secret(verdict, part)))
            : value
    }
  }

  const optionalText = (value: string | undefined) => (value === undefined ? value : text(value))
  const optionalName = (value: string | undefined) => (value === undefined ? value : name(value))
  const optionalObject = (value: JsonObject | undefined) => (value === undefined ? value : object(value))

  const event = (event: SpanEvent): SpanEvent =>
    changed(event, copyOf, { name: name(event.name), attributes: object(event.attributes) })

  const link = (link: SpanLink): SpanLink => changed(link, copyOf, { attributes: object(link.attributes) })

  // Every span of a program has the same one.
  let resource: JsonObject = {}
  let maskedResource: JsonObject = resource
  const resourceOf = (value: JsonObject): JsonObject => {
    if (value !== resource) {
      maskedResource = object(value)
      resource = value
    }
    return maskedResource
  }

  return keepsForm<SignalProcessor>({
    name: "sensitive-data",
    span: (span) => {
      return changed(span, spanOf, {
        name: name(span.name),
        statusMessage: optionalText(span.statusMessage),
        traceState: optionalText(span.traceState),
        model: optionalName(span.model),
        provider: optionalName(span.provider),
        serviceName: name(span.serviceName),
        environment: optionalName(span.environment),
        attributes: object(span.attributes),
        events: mapped(span.events, event),
        links: mapped(span.links, link),
        tags: mapped(span.tags, name),
        metadata: optionalObject(span.metadata),
        resource: resourceOf(span.resource)
      })
    },
    log: (log) => {
      return changed(log, logOf, {
        message: text(log.message),
        cause: optionalText(log.cause),
        serviceName: name(log.serviceName),
        environment: optionalName(log.environment),
        data: mapped(log.data, item),
        attributes: object(log.attributes),
        logSpans: mappedEntries(log.logSpans, keyOf, (_, millis) => millis),
        tags: mapped(log.tags, name),
        metadata: optionalObject(log.metadata)
      })
    }
  })
}

/** What is known of a name: how it is shown, what it says of its value, and the last short text that stood under it. */
interface Key {
  readonly label: string
  readonly verdict: Keys.Verdict
  clean: string
}

/** A shorter text is never a part of a longer one, which it would hold in memory. */
const maxClean = 13

/** What stands before a secret in a list. */
const isLabel = /^(?:--[\w-]+|(?:proxy-)?authorization|(?:set-)?cookie|x-[\w-]+)$/i

/** The name of `{ name, value }`. */
const labelOf = (value: JsonObject): string => {
  const label = value["name"] ?? value["key"] ?? value["header"] ?? value["Name"] ?? value["Key"]
  return typeof label === "string" ? label : "value"
}

const isObject = (value: Json): value is JsonObject => typeof value === "object" && value !== null

const spanOf = (span: SpanRecord): SpanRecord => new UnsafeSpan(span)
const logOf = (log: LogRecord): LogRecord => new UnsafeLog(log)
const copyOf = <A extends object>(value: A): A => ({ ...value })

/** The value itself where nothing differs. */
const changed = <A extends object>(value: A, copy: (value: A) => A, changes: Partial<A>): A => {
  let result = value
  for (const key in changes) {
    if (changes[key] === value[key]) continue
    if (result === value) result = copy(value)
    result[key] = changes[key] as A[typeof key]
  }
  return result
}

/** The list itself where every item stays what it is. */
const mapped = <A>(
  list: ReadonlyArray<A>,
  f: (item: A, index: number, list: ReadonlyArray<A>) => A
): ReadonlyArray<A> => {
  for (let index = 0; index < list.length; index++) {
    const item = list[index] as A
    const result = f(item, index, list)
    if (result !== item) {
      return [...list.slice(0, index), result, ...list.slice(index + 1).map((_, i) => f(_, index + 1 + i, list))]
    }
  }
  return list
}

/** The object itself where every name and value stays what it is. Names that become equal are numbered. */
const mappedEntries = <A>(
  object: { readonly [key: string]: A },
  keyOf: (name: string) => Key,
  f: (key: Key, value: A) => A
): { readonly [key: string]: A } => {
  let entries: Map<string, A> | undefined
  let index = 0
  for (const name in object) {
    const value = object[name] as A
    const key = keyOf(name)
    const { label } = key
    const result = f(key, value)
    if (entries === undefined && (result !== value || label !== name)) {
      entries = new Map(Object.entries(object).slice(0, index))
    }
    if (entries !== undefined) entries.set(entries.has(label) ? `${label} ${index}` : label, result)
    index++
  }
  return entries === undefined ? object : Object.fromEntries(entries)
}
