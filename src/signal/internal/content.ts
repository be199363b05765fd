/**
 * Content made JSON: what models and tools were given, and what they answered. A limit of its own is spent on what matters:
 * bytes give way to a word about them; where the rest has no room, the oldest messages go before the newest, and long texts
 * lose their middle.
 */
import * as Encoding from "effect/Encoding"
import * as Predicate from "effect/Predicate"
import { disregard } from "../../runtime/call.js"
import type { ContentForm } from "../conventions/Convention.js"
import { content as forms } from "../conventions/conventions.js"
import type { Json, JsonObject } from "../Json.js"
import * as blob from "./blob.js"
import { assign, isOmitted, type Limits, type Meter, toJson, truncated, Walk, wellFormed } from "./jsonWalk.js"
import { exact } from "./parsed.js"
import { sizeOfJson } from "./size.js"

/** Bounds on the JSON of attributes. */
interface ContentLimits extends Limits {
  /** Characters of the JSON of one attribute of content; else as many as any value may have. */
  readonly contentLength?: number | undefined
}

/** The JSON of an attribute: of content, if its name says so, and of any value otherwise. */
export const toAttribute = (name: string, value: unknown, limits: ContentLimits, meter: Meter): Json | undefined => {
  const isLong = typeof value === "string" && value.length > Math.min(limits.attributeValueLength, lengthOf(limits))
  const form = isLong || (typeof value === "object" && value !== null) ? forms.get(name) : undefined
  if (form === undefined) return toJson(value, limits, meter)
  const given = unwrap(value)
  if (isOmitted(given)) return undefined
  const { cut, json } = typeof given === "string" ? ofText(form, given, limits) : ofValue(form, given, limits)
  if (cut) meter.cut = true
  if (json !== undefined) meter.bytes += sizeOfJson(json)
  return json
}

/** The value that stands for one with `toJSON`, read once: to make it again may cost as much as to record it. */
const unwrap = (value: unknown): unknown => {
  try {
    if (!Predicate.hasProperty(value, "toJSON") || typeof value.toJSON !== "function") return value
    const json: unknown = value.toJSON()
    disregard(json)
    return json
  } catch {
    return "[Threw]"
  }
}

interface Made {
  readonly json: Json | undefined
  readonly cut: boolean
}

const ofValue = (form: ContentForm, value: unknown, limits: ContentLimits, length = lengthOf(limits)): Made => {
  const whole = new Content(length, limits.attributeDepth, false)
  const json = whole.root(form, value)
  if (!whole.isOver) return { json, cut: whole.cut }
  const fair = new Content(length - Math.min(slack, length / 4), limits.attributeDepth, true)
  return { json: fair.root(form, value), cut: true }
}

/** Text that is the JSON of messages is cut as those are; any other loses its middle. */
const ofText = (form: ContentForm, given: string, limits: ContentLimits): Made => {
  const length = lengthOf(limits)
  const said = given.length > blob.minLength ? blob.withoutDataUrls(given) : undefined
  const text = said ?? given
  if (text.length <= length) return { json: wellFormed(text, length), cut: said !== undefined }
  if (text.length <= maxParsed && /^\s*[[{]/.test(text.slice(0, 100))) {
    try {
      const { json } = ofValue(form, JSON.parse(exact(text)), limits, length)
      return { json: JSON.stringify(json), cut: true }
    } catch {
      // The text only looked like JSON.
    }
  }
  return { json: shorten(text, length, (piece) => piece.length), cut: true }
}

const lengthOf = (limits: ContentLimits): number => limits.contentLength ?? limits.attributeValueLength

/** Characters that are kept free for the marks of what was cut. */
const slack = 256
/** Characters of one mark of what is missing in a list. */
const ofMark = 128
/** Text beyond it is not parsed, which would hold the event loop. */
const maxParsed = 2_000_000
/** The levels between messages and the data of a tool, and more than that of `toJSON`. */
const structure = 16

/** The role of a value: messages, one of them, the part of one, a definition, or data. */
type Place = ContentForm | "message" | "part" | "definition"

/** The places of the items of a list. */
const itemOf: { readonly [P in Place]?: Place } = { messages: "message", parts: "part", definitions: "definition" }

/**
 * Makes content JSON, within characters of JSON text: as it is, until that is over the limit, or fairly, so that no text and
 * no message takes all of the room.
 */
class Content extends Walk {
  private place: Place = "data"
  private media: string | undefined = undefined
  /** Whether nothing comes after it that needs room. */
  private isLast = true

  constructor(
    room: number,
    private readonly dataDepth: number,
    private fair: boolean
  ) {
    super(Math.floor(room))
  }

  /** Whether it took more than it may. */
  get isOver(): boolean {
    return this.remaining < 0
  }

  root(form: ContentForm, value: unknown): Json | undefined {
    this.remaining++
    return this.at(form === "data" && isMessages(value) ? "messages" : form, value, this.dataDepth)
  }

  private at(place: Place, value: unknown, depth: number, isLast = true): Json | undefined {
    this.place = place
    this.isLast = isLast
    return this.json(value, place === "data" ? depth : structure)
  }

  protected override scalar<A extends number | boolean | null>(value: A): A {
    this.remaining -= String(value).length
    return value
  }

  protected override word(value: string): string {
    this.remaining -= value.length + 2
    return value
  }

  protected override text(given: string): string {
    const said = given.length > blob.minLength ? blob.withoutDataUrls(given) : undefined
    if (said !== undefined) this.cut = true
    const value = said ?? given
    const least = Math.max(0, Math.min(this.remaining, 64))
    const room = this.fair && !this.isLast ? Math.max(Math.floor(this.remaining / 2), least) : this.remaining
    const length = value.length + 2 > room ? Number.POSITIVE_INFINITY : lengthOfJson(value)
    if (length <= room) {
      this.remaining -= length
      return wellFormed(value, value.length)
    }
    this.cut = true
    if (!this.fair) {
      this.remaining = -1
      return ""
    }
    const text = shorten(value, room, lengthOfJson)
    this.remaining -= lengthOfJson(text)
    return text
  }

  protected override binary(bytes: Uint8Array): Json {
    return bytes.length <= blob.minLength
      ? this.text(Encoding.encodeBase64(bytes))
      : this.omitted(blob.ofBytes(bytes, this.media))
  }

  protected override fields(keys: ReadonlyArray<string>, read: (key: string) => unknown, depth: number): Json {
    const { place } = this
    this.remaining -= 2
    const media = blob.mediaTypeOf(keys, read)
    const json: Record<string, Json> = {}
    const reserved = this.fair && place !== "data" ? reserve(keys, read) : none
    this.remaining -= reserved.length
    const last = keys.findLast((key) => !reserved.keys.has(key))
    for (const key of keys) {
      const isReserved = reserved.keys.has(key)
      if (isReserved) this.remaining += lengthOfField
      if (this.remaining <= 0) {
        this.truncate(json, place, key)
        if (place === "data" || !this.fair) break
        continue
      }
      const value = readSafely(key, read)
      if (isOmitted(value)) continue
      const name = wellFormed(key, 1_024)
      this.remaining -= lengthOfJson(name) + 1
      const said = blob.ofField(key, value, media)
      this.media = media
      const part = said === undefined ? this.field(place, key, value, depth, key === last) : this.omitted(said)
      if (part !== undefined) assign(json, name, part)
    }
    return json
  }

  protected override items(values: Iterable<unknown>, depth: number): Json {
    const { place } = this
    this.remaining -= 2
    return this.fair && itemOf[place] !== undefined && Array.isArray(values)
      ? this.newest(values, place, depth)
      : this.first(values, itemOf[place] ?? "data", depth)
  }

  private field(place: Place, key: string, value: unknown, depth: number, isLast: boolean): Json | undefined {
    if (place === "message" && (key === "parts" || key === "content") && Array.isArray(value)) {
      return this.at("parts", value, depth)
    }
    if (ofMessages.has(key) && isMessages(value)) return this.at("messages", value, depth)
    const make = () => this.at("data", value, place === "data" ? depth - 1 : this.dataDepth, isLast)
    // The fields after it are to have room, too.
    return this.fair && !isLast && typeof value === "object"
      ? this.within(Math.ceil(this.remaining * 0.75), make)
      : make()
  }

  /** The items of a list from its start, as far as there is room. */
  private first(values: Iterable<unknown>, place: Place, depth: number): Json {
    const json: Array<Json> = []
    for (const value of values) {
      if (this.remaining <= 0) {
        json.push(this.truncated())
        break
      }
      json.push(this.item(value, place, depth))
    }
    return json
  }

  private item(value: unknown, place: Place, depth: number): Json {
    return this.at(place, value, depth - 1) ?? this.scalar(null)
  }

  /**
   * The items that count most, in their order, with a mark where some are missing: the first messages of the system and the
   * newest of the user, then the newest of all; of definitions, the first.
   */
  private newest(values: ReadonlyArray<unknown>, list: Place, depth: number): Json {
    const place = itemOf[list] ?? "data"
    const kept = new Map<number, Json>()
    const marks = Math.min(ofMark * (list === "messages" ? 3 : 1), Math.max(0, Math.floor(this.remaining / 4)))
    const room = this.remaining - marks
    this.remaining = room
    const most = values.length === 1 ? 1 : 0.5
    let refused = 0
    for (const { index, share } of byWeight(values, list)) {
      if (kept.has(index)) continue
      const whole = this.whole(values[index], place, depth)
      if (whole !== undefined) kept.set(index, whole)
      // An item that does not fit is shortened where it counts, or where there is still much room for it.
      else if (share !== undefined || this.remaining >= room / 4) {
        const shortened = this.within(Math.floor(this.remaining * Math.min(share ?? most, most)), () =>
          this.item(values[index], place, depth)
        )
        kept.set(index, shortened)
        // A conversation is cut once; of parts and definitions, shorter ones may still fit.
      } else if (list === "messages" || ++refused === 16) break
    }
    this.remaining += marks
    return this.marked(values.length, kept, place)
  }

  /** An item as it is; nothing where there is no room for it. */
  private whole(value: unknown, place: Place, depth: number): Json | undefined {
    const { cut, remaining } = this
    if (remaining <= 0) return undefined
    this.fair = false
    const json = this.item(value, place, depth)
    this.fair = true
    if (!this.isOver) return json
    this.remaining = remaining
    this.cut = cut
    return undefined
  }

  private within<A>(room: number, make: () => A): A {
    const rest = this.remaining - room
    this.remaining = room
    const made = make()
    this.remaining += rest
    return made
  }

  /** A list with a mark in place of what was left out. */
  private marked(length: number, kept: ReadonlyMap<number, Json>, place: Place): Json {
    const json: Array<Json> = []
    const samples = Array.from(kept.values())
    let next = 0
    const markUpTo = (index: number) => {
      if (index === next) return
      this.cut = true
      const mark = markOf(index - next, place, samples)
      this.remaining -= JSON.stringify(mark).length + 1
      json.push(mark)
    }
    for (const [index, item] of Array.from(kept).sort(([a], [b]) => a - b)) {
      markUpTo(index)
      json.push(item)
      next = index + 1
    }
    markUpTo(length)
    return json
  }

  private truncate(json: Record<string, Json>, place: Place, key: string): void {
    if (!this.fair) this.remaining = -1
    const isList = place === "message" && key === "parts"
    assign(json, wellFormed(key, 32), isList ? [] : this.truncated())
    this.cut = true
  }

  private omitted(said: string): string {
    this.cut = true
    return this.word(said)
  }
}

/** How long text is as JSON. */
const lengthOfJson = (text: string): number => (escaped.test(text) ? JSON.stringify(text).length : text.length + 2)

/** Characters that JSON writes with a backslash, lone surrogates among them. */
const escaped = /["\\\p{Cc}\p{Cs}]/u

/** Text without its middle, so that it takes at most so many characters as they are counted. */
const shorten = (text: string, length: number, count: (text: string) => number): string => {
  let keep = Math.min(length, text.length)
  for (let attempt = 0; attempt < 8; attempt++) {
    const mark = `…[${text.length - keep} characters left out]…`
    const last = Math.floor(keep / 3)
    const short = wellFormed(text, keep - last) + mark + tailOf(text, last)
    const over = count(short) - length
    if (keep <= 0) return over <= 0 ? short : truncated
    if (over <= 0) return short
    keep = attempt === 6 ? 0 : Math.max(0, Math.floor(keep * Math.min(1, keep / (keep + over))) - mark.length)
  }
  return truncated
}

const tailOf = (text: string, length: number): string => {
  if (length === 0) return ""
  const first = text.charCodeAt(text.length - length)
  return text.slice(first >= 0xdc00 && first <= 0xdfff ? 1 - length : -length).toWellFormed()
}

/** Where the requests of providers, and prompts, have their messages. */
const ofMessages: ReadonlySet<string> = new Set(["messages", "contents", "input", "content", "prompt", "history"])

const isMessages = (value: unknown): value is ReadonlyArray<unknown> => {
  try {
    return Array.isArray(value) && roleOf(value[0]) !== undefined
  } catch {
    return false
  }
}

const roleOf = (message: unknown): string | undefined => {
  try {
    const role = Predicate.hasProperty(message, "role") ? message.role : undefined
    return typeof role === "string" ? role : undefined
  } catch {
    return undefined
  }
}

/** The indexes of a list, those that count most first; of some, which share of the room they may take. */
function* byWeight(
  values: ReadonlyArray<unknown>,
  list: Place
): Iterable<{ readonly index: number; readonly share?: number }> {
  const { length } = values
  if (list !== "messages") {
    // The order of definitions says nothing, and what a system is told first counts most.
    for (let index = 0; index < length; index++) yield { index }
    return
  }
  for (let index = 0; index < Math.min(length, 4) && isSystem(values[index]); index++) yield { index, share: 0.25 }
  for (let index = length - 1; index >= Math.max(0, length - 1_000); index--) {
    if (roleOf(values[index]) !== "user") continue
    yield { index, share: 1 }
    break
  }
  for (let index = length - 1; index >= 0; index--) yield index === length - 1 ? { index, share: 1 } : { index }
}

const isSystem = (message: unknown): boolean => {
  const role = roleOf(message)
  return role === "system" || role === "developer"
}

/** Says how many items of a list are missing, in the form of the others. */
const markOf = (count: number, place: Place, samples: ReadonlyArray<Json>): Json => {
  const content = `[${count} ${place === "data" ? "item" : place}${count === 1 ? "" : "s"} left out]`
  const sample = samples.find(isObject)
  if (sample === undefined && samples.length > 0) return content
  if (place === "definition") return { type: "omitted", name: content }
  const part = samples.some((_) => isObject(_) && "text" in _)
    ? { type: "text", text: content }
    : { type: "text", content }
  if (place !== "message") return part
  // Nobody's words: not taken for a question of the user, nor for an answer.
  if (sample !== undefined && !Array.isArray(sample.parts)) return { role: "system", content }
  const reason = samples.some((_) => isObject(_) && "finish_reason" in _) ? { finish_reason: "unknown" } : {}
  return { role: "system", parts: [part], ...reason }
}

const isObject = (json: Json): json is JsonObject => Predicate.isRecord(json)

interface Reserved {
  readonly keys: ReadonlySet<string>
  readonly length: number
}

const none: Reserved = { keys: new Set(), length: 0 }
/** Characters that are kept for a short field. */
const lengthOfField = 192

/** The short fields of a message or a part, such as its role: they are kept whatever else is cut. */
const reserve = (keys: ReadonlyArray<string>, read: (key: string) => unknown): Reserved => {
  const short = keys.slice(0, 16).filter((key) => key.length <= 64 && isShort(readSafely(key, read)))
  return { keys: new Set(short), length: short.length * lengthOfField }
}

const isShort = (value: unknown): boolean =>
  typeof value === "string" ? value.length <= 120 : typeof value === "number" || typeof value === "boolean"

const readSafely = (key: string, read: (key: string) => unknown): unknown => {
  try {
    return read(key)
  } catch {
    return "[Threw]"
  }
}
