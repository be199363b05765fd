/** The words of a session: which of its spans tell, and how the text is found in their messages. */
import * as Predicate from "effect/Predicate"
import { said as attributes } from "../conventions/conventions.js"
import type { Json, JsonObject } from "../Json.js"
import type { SpanRecord } from "../SpanRecord.js"
import { wellFormed } from "./jsonWalk.js"
import { isEntry } from "./spans.js"

/** The most characters of a text that a summary has. */
const maxSaid = 300

/** The place of a span in the order of time: of one time, the ids decide. */
export type Place = Pick<SpanRecord, "startTime" | "traceId" | "spanId">

/** Spans that may tell what was said, as far as there are any: an entry span, one of an agent, one of a model. */
export interface Speakers<S extends Place = Place> {
  readonly entry?: S | undefined
  readonly agent?: S | undefined
  readonly model?: S | undefined
}

/** Of some spans those that stand at the end of an order: by time, or against it. */
export const speakersOf = (spans: ReadonlyArray<SpanRecord>, sign: 1 | -1): Speakers<SpanRecord> => {
  const first = (holds: (span: SpanRecord) => boolean): SpanRecord | undefined =>
    spans
      .filter(holds)
      .reduce<SpanRecord | undefined>(
        (first, span) => (first !== undefined && sign * comparePlaces(first, span) <= 0 ? first : span),
        undefined
      )
  return {
    entry: first(isEntry),
    agent: first(({ spanType }) => spanType === "agent_run"),
    model: first(({ spanType }) => spanType === "model_generation")
  }
}

/** The ids are hex digits, of which JavaScript compares the code units. */
const comparePlaces = (a: Place, b: Place): number => {
  const [left, right] = [a.traceId + a.spanId, b.traceId + b.spanId]
  return a.startTime < b.startTime || (a.startTime === b.startTime && left < right) ? -1 : left === right ? 0 : 1
}

/** The spans to be asked for the first input of a session, one after the other, of those that are first in it. */
export const askedForInput = <S extends Place>({ agent, entry, model }: Speakers<S>): ReadonlyArray<S> =>
  ofOneTrace(1, [entry, agent, model])

/** The spans to be asked for the last output of a session, one after the other, of those that are last in it. */
export const askedForOutput = <S extends Place>({ agent, entry, model }: Speakers<S>): ReadonlyArray<S> =>
  ofOneTrace(-1, [entry, model, agent])

/** Spans of the trace of the one that is first. */
const ofOneTrace = <S extends Place>(sign: 1 | -1, given: ReadonlyArray<S | undefined>): ReadonlyArray<S> => {
  const spans = given.filter((span) => span !== undefined)
  const [first] = spans.toSorted((a, b) => sign * comparePlaces(a, b))
  return spans.filter(({ traceId }) => traceId === first?.traceId)
}

/** The first text of a user in the messages that went into a span. */
export const inputOf = (span: JsonObject): string | undefined =>
  textIn(span, attributes.input, (messages) => messages.find((message) => isOf("user", message) && hasText(message)))

/** The last text of the assistant in the messages that came out of a span. */
export const outputOf = (span: JsonObject): string | undefined =>
  textIn(span, attributes.output, (messages) =>
    messages.findLast((message) => isOf("assistant", message) && hasText(message))
  )

/** The attributes that are looked at, for what was said first and for what was said last. */
export const { input: inputAttributes, output: outputAttributes } = attributes

/** All of them. */
export const saidAttributes: ReadonlyArray<string> = [...inputAttributes, ...outputAttributes]

type Choose = (messages: ReadonlyArray<Json>) => Json | undefined

const textIn = (span: JsonObject, names: ReadonlyArray<string>, choose: Choose): string | undefined => {
  for (const name of names) {
    const value = span[name]
    const text = value === undefined || value === null ? undefined : textOfContent(parsed(value), choose)
    if (text !== undefined) return wellFormed(text, maxSaid)
  }
  return undefined
}

/** The text of a message among some, or of what stands for one: a text, or an object that has messages or a text. */
const textOfContent = (value: Json, choose: Choose): string | undefined => {
  if (Array.isArray(value)) {
    return value.some(hasRole) ? textOf(choose(value)) : textOf(value)
  }
  if (isObject(value) && !hasRole(value)) {
    const messages = ofMessages.map((name) => value[name]).find(Array.isArray)
    if (messages !== undefined) return textOfContent(messages, choose)
  }
  return hasRole(value) ? textOf(choose([value])) : textOf(value)
}

/** Where the data of a program has its messages. */
const ofMessages = ["messages", "input", "contents", "choices"]

/** Text that is JSON is read as such, unless that would take long. */
const parsed = (value: Json): Json => {
  if (typeof value !== "string" || value.length > maxParsed || !/^\s*[[{]/.test(value)) return value
  try {
    return JSON.parse(value) as Json
  } catch {
    return value
  }
}

const maxParsed = 200_000

/** The texts of a message, or of its parts, each on a line, as deep as messages go. */
const textOf = (value: Json | undefined, depth = 6): string | undefined => {
  if (depth === 0) return undefined
  if (typeof value === "string") return value === "" ? undefined : value
  if (Array.isArray(value)) {
    const texts: Array<string> = []
    let length = 0
    for (const part of value) {
      const text = textOf(part, depth - 1)
      if (text === undefined) continue
      texts.push(text)
      length += text.length
      if (length > maxSaid) break
    }
    return texts.length === 0 ? undefined : texts.join("\n")
  }
  if (!isObject(value)) return undefined
  const { content, message, parts, text, type } = value
  if (!hasRole(value) && typeof type === "string" && !ofText.has(type)) return undefined
  // A choice of a provider has the message within.
  const given = [parts, content, text].find((value) => typeof value === "string" || Array.isArray(value)) ?? message
  return textOf(given, depth - 1)
}

/** Parts of other types are reasoning, calls of tools, and media. */
const ofText: ReadonlySet<string> = new Set(["text", "input_text", "output_text"])

const isOf = (role: "user" | "assistant", message: Json): boolean => {
  const said = roleOf(message)
  return said === role || (role === "assistant" ? said === "model" || said === "ai" : said === "human")
}

const hasText = (message: Json): boolean => textOf(message) !== undefined

const hasRole = (message: Json): boolean => roleOf(message) !== undefined

const roleOf = (message: Json): string | undefined => {
  if (!isObject(message)) return undefined
  const role = message["role"] ?? (isObject(message["message"]) ? message["message"]["role"] : undefined)
  return typeof role === "string" ? role : undefined
}

const isObject = (value: Json | undefined): value is JsonObject => Predicate.isRecord(value)
