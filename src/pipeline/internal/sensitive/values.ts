/**
 * Masks the values of fields: names, texts and JSON.
 */
import type { Json, JsonObject } from "../../../signal/Json.js"
import * as JsonSchema from "./jsonSchema.js"
import * as Keys from "./keys.js"
import * as Mask from "./mask.js"
import { CleanTexts, memo, memoInText } from "./memo.js"
import { isNothing, looksLong, looksSecret } from "./nothing.js"
import { isCard } from "./shapes.js"
import * as Text from "./text.js"

export interface ValueOptions extends Keys.KeyOptions {
  readonly patterns: ReadonlyArray<RegExp>
  readonly style: Mask.Style
}

/** Functions that return the value that they got, where there is nothing to mask. */
export interface ValueMasks {
  readonly json: (value: Json) => Json
  readonly text: (value: string) => string
  /** The same for a text of which there are few. */
  readonly name: (value: string) => string
  readonly names: (value: ReadonlyArray<string>) => ReadonlyArray<string>
  readonly object: (value: JsonObject) => JsonObject
  readonly values: (value: ReadonlyArray<Json>) => ReadonlyArray<Json>
  /** Numbers are left alone, their names are not. */
  readonly numbers: (value: Numbers) => Numbers
}

interface Numbers {
  readonly [name: string]: number
}

export const make = (options: ValueOptions): ValueMasks => {
  const verdictOf = memo(Keys.make(options))
  const verdictIn = memoInText(verdictOf)
  const mask = Mask.make(options.style)
  const own = options.patterns.map(everywhere)
  const look: Text.Look = {
    verdictOf: verdictIn,
    isHarmless: (verdict, value) => isHarmless(verdict, value)
  }

  const clean = new CleanTexts()
  const text = (value: string): string => {
    if (clean.has(value)) return value
    const hits = Text.find(value, look, own)
    if (hits.length === 0) {
      clean.add(value)
      return value
    }
    return (own.length === 0 ? JsonSchema.inText(value, json) : undefined) ?? Text.replace(value, hits, mask)
  }
  const name = memo(text)
  const keyOf = memo(keyWith(text, verdictOf))
  const entries: Entries = (value, f) => mappedEntries(value, keyOf, f)

  const json = (value: Json): Json => {
    switch (typeof value) {
      case "string":
        return text(value)
      case "number":
        return isCard(value) ? mask(String(value)) : value
      default:
        return Array.isArray(value) ? mapped(value, item) : JsonSchema.isObject(value) ? object(value) : value
    }
  }

  const object = (value: JsonObject): JsonObject =>
    entries(value, (key, part) => {
      const { label } = key
      if (label === "value" || label === "Value") return field(verdictOf(text(labelOf(value))), part)
      if (key.ofSchemas && JsonSchema.isObject(part)) return schemas(part)
      if (label === "required" && JsonSchema.isObject(value["properties"] ?? null)) return names(part)
      return key.verdict === "plain" && typeof part === "string" ? textUnder(key, part, text) : field(key.verdict, part)
    })

  const field = (verdict: Keys.Verdict, value: Json): Json =>
    verdict === "plain" ? json(value) : verdict === "safe" ? safe(value) : secret(verdict, value)

  const item = itemWith({ field, hides: hidesLast(look), json, mask, text, verdictOf })

  const safe = (value: Json): Json => (typeof value === "object" ? json(value) : value)

  const secret = secretWith({ mask, json, safe, entries })
  const { isHarmless, names, schemas } = JsonSchema.make({ entries, items: mapped, field, secret, json })

  return {
    json,
    text,
    name,
    names: (value) => mapped(value, name),
    object,
    values: (value) => mapped(value, item),
    numbers: (value) => mappedEntries(value, keyOf, (_, number) => number)
  }
}

interface ItemMasks {
  readonly field: (verdict: Keys.Verdict, value: Json) => Json
  readonly hides: (items: ReadonlyArray<Json>) => boolean
  readonly json: (value: Json) => Json
  readonly mask: (secret: string) => string
  readonly text: (value: string) => string
  readonly verdictOf: (key: string) => Keys.Verdict
}

/** An item of a list, which may be one of headers or of the options of a command, or a name and its value. */
const itemWith =
  ({ field, hides, json, mask, text, verdictOf }: ItemMasks) =>
  (value: Json, index: number, list: ReadonlyArray<Json>): Json => {
    const before = list[index - 1]
    if (typeof before !== "string" || typeof value !== "string") return json(value)
    const named = list.length === 2 || isLabel.test(before)
    if (named && looksSecret(value)) return field(verdictOf(text(before)), value)
    return isOption.test(before) && hides(list.slice(Math.max(0, index + 1 - maxItems), index + 1))
      ? mask(value)
      : json(value)
  }

/** Whether the last item of a list is a secret, as the arguments of a command. */
const hidesLast =
  (look: Text.Look) =>
  (items: ReadonlyArray<Json>): boolean => {
    const line = JSON.stringify(items.filter((item) => typeof item === "string"))
    const hits = Text.find(line, look, [])
    return hits.some((place, index) => index % 2 === 1 && place === line.length - 2)
  }

/** Gives each entry of an object another value. */
type Entries = (value: JsonObject, f: (key: Key, part: Json) => Json) => JsonObject

/** A name that holds a secret says what is left of it, so that what was masked says the same. */
const keyWith = (text: (key: string) => string, verdictOf: (key: string) => Keys.Verdict) => (key: string) => {
  const label = text(key)
  return { label, verdict: verdictOf(label), ofSchemas: JsonSchema.isOfSchemas(label), clean: "" } satisfies Key
}

interface Masks {
  readonly mask: (secret: string) => string
  readonly json: (value: Json) => Json
  readonly safe: (value: Json) => Json
  readonly entries: Entries
}

/** Masks all text below the name of a secret. */
const secretWith = ({ entries, json, mask, safe }: Masks) => {
  const secret = (verdict: Keys.Verdict, value: Json): Json => {
    switch (typeof value) {
      case "string":
        return isNothing(value) ? value : verdict === "token" && !looksLong(value) ? json(value) : mask(value)
      case "number":
        return verdict === "secret" ? mask(String(value)) : json(value)
      default:
        return Array.isArray(value)
          ? mapped(value, (part) => secret(verdict, part))
          : JsonSchema.isObject(value)
            ? entries(value, (key, part) => (key.verdict === "safe" ? safe(part) : secret(verdict, part)))
            : value
    }
  }
  return secret
}

/**
 * The facts about a name: how it is shown, what it says of its value, and the last short text under it that had no
 * secret.
 */
interface Key {
  readonly label: string
  readonly verdict: Keys.Verdict
  readonly ofSchemas: boolean
  clean: string
}

/** Names such as that of a model have few values, most often the one before. */
const textUnder = (key: Key, value: string, text: (value: string) => string): string => {
  if (value === key.clean) return value
  const result = text(value)
  if (result === value && value.length < maxClean) key.clean = value
  return result
}

/** A pattern that finds all of its matches in a text. */
const everywhere = ({ flags, source }: RegExp): RegExp => new RegExp(source, `${flags.replace(/[gy]/g, "")}g`)

/**
 * V8 copies slices of fewer than 13 characters, and lets longer ones keep their source in memory. Only shorter texts
 * are remembered.
 */
const maxClean = 13

/** Items that announce a secret as the next item of a list: an option of a command, or the name of a header. */
const isLabel = /^(?:--[\w-]+|(?:proxy-)?authorization|(?:set-)?cookie|x-[\w-]+)$/i

/** Options of one letter, of which commands mean different things. */
const isOption = /^-[A-Za-z]$/
const maxItems = 16

/** The name of `{ name, value }`. */
const labelOf = (value: JsonObject): string => {
  const label = value["name"] ?? value["key"] ?? value["header"] ?? value["Name"] ?? value["Key"]
  return typeof label === "string" ? label : "value"
}

/** The list itself where every item stays what it is. */
export const mapped = <A>(
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
