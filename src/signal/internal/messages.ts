/** The part of a span in a conversation, whichever convention it follows, in parts that are told apart by their tags. */
import * as Predicate from "effect/Predicate"
import { hash53 } from "../../runtime/hash.js"
import { contentOf } from "../conventions/conversation.js"
import * as genAi from "../conventions/genAi.js"
import type { Message as Told } from "../conventions/messages.js"
import type { Json, JsonObject } from "../Json.js"
import type { SpanRecord } from "../SpanRecord.js"

/** A message: who says it, and what. */
export interface Message {
  /** `"system"`, `"user"`, `"assistant"` or `"tool"`, else the word of the sender. */
  readonly role: string
  readonly name?: string | undefined
  readonly parts: ReadonlyArray<Part>
}

/** A part of a message. */
export type Part =
  | { readonly _tag: "Text"; readonly text: string }
  | { readonly _tag: "Reasoning"; readonly text: string }
  | { readonly _tag: "ToolCall"; readonly id?: string | undefined; readonly name: string; readonly arguments: Json }
  | { readonly _tag: "ToolResult"; readonly id?: string | undefined; readonly result: Json }
  | {
      readonly _tag: "Media"
      readonly mediaType?: string | undefined
      readonly uri?: string | undefined
      /** The bytes in base64, or the words that capture left in their place. */
      readonly data?: string | undefined
    }
  | { readonly _tag: "Other"; readonly type: string; readonly value: Json }

/** The words that a model or an agent was given and answered, and the data of a tool. */
export interface Content {
  readonly instructions: Message | undefined
  readonly input: ReadonlyArray<Message>
  readonly output: ReadonlyArray<Message>
  readonly toolArguments: Json | undefined
  readonly toolResult: Json | undefined
}

/** The fields of a span that say its content: the encoded form of one has them too. */
interface Spoken extends Pick<SpanRecord, "spanType" | "attributes"> {
  readonly events: ReadonlyArray<{ readonly name: string; readonly attributes: JsonObject }>
}

/** The content of a span, as that of one that nothing is around where its type says nothing. */
export const read = (span: Spoken): Content => {
  const { attributes, events, spanType } = span
  const { input, output, system, toolArguments, toolResult } = contentOf({
    attributes,
    events,
    spanType,
    parentSpanId: undefined
  })
  const told = (system ?? []).map(toPart).filter((part) => part._tag !== "Text" || !isMark(part.text))
  return {
    instructions: told.length === 0 ? undefined : { role: "system", parts: told },
    input: (input ?? []).map(toMessage),
    output: (output ?? []).map(toMessage),
    toolArguments,
    toolResult: toolText(attributes) ?? toolResult
  }
}

/** A result that is a text stays one, though it may be JSON: a model was given these very characters. */
const toolText = (attributes: JsonObject): string | undefined => textOf(attributes[genAi.toolResult]) || undefined

/** A number that two messages share when they say the same: a message that comes again may lack its reasoning. */
export const keyOf = ({ parts, role }: Message): number =>
  hash53(`${role}\n${parts.map(keyOfPart).filter(Predicate.isNotUndefined).join("\n")}`)

const keyOfPart = (part: Part): string | undefined => {
  switch (part._tag) {
    case "Text":
      return part.text.trim()
    case "Reasoning":
      return undefined
    case "ToolCall":
      return `call ${part.name} ${part.id ?? JSON.stringify(part.arguments)}`
    case "ToolResult":
      return `result ${part.id ?? ""} ${JSON.stringify(part.result)}`
    case "Media":
      return `media ${part.mediaType ?? ""} ${part.uri ?? ""} ${part.data?.length ?? ""} ${part.data?.slice(-256) ?? ""}`
    case "Other":
      return `${part.type} ${JSON.stringify(part.value)}`
  }
}

/** Whether a text stands in place of messages for which capture had no room. */
export const isMark = (text: string): boolean => /^\[\d+ (?:messages?|parts?) left out\]$/.test(text)

const toMessage = ({ name, parts, role }: Told): Message => ({ role, name: textOf(name), parts: parts.map(toPart) })

const toPart = (part: JsonObject): Part => {
  const type = textOf(part["type"]) ?? "data"
  switch (type) {
    case "text":
      return { _tag: "Text", text: textOf(part["content"]) ?? "" }
    case "reasoning":
      return { _tag: "Reasoning", text: textOf(part["content"]) ?? "" }
    case "tool_call":
      return {
        _tag: "ToolCall",
        id: textOf(part["id"]),
        name: textOf(part["name"]) || "tool",
        arguments: part["arguments"] ?? null
      }
    case "tool_call_response":
      return { _tag: "ToolResult", id: textOf(part["id"]), result: unwrapped(part["response"] ?? null) }
    case "blob":
    case "uri":
    case "file":
      return toMedia(part)
    default:
      return { _tag: "Other", type, value: part }
  }
}

const toMedia = (part: JsonObject): Part => {
  const uri = textOf(part["uri"]) ?? textOf(part["file_id"])
  const mediaType = textOf(part["mime_type"])
  const [, typeOfUrl, parameters = ""] = /^data:([^;,]{0,100})((?:;[^;,]{0,100}){0,8}),/i.exec(uri ?? "") ?? []
  // A `data:` URL is its bytes, and no place where they are.
  return uri !== undefined && typeOfUrl !== undefined && /;base64$/i.test(parameters)
    ? { _tag: "Media", mediaType: typeOfUrl || mediaType, data: uri.slice(uri.indexOf(",") + 1) }
    : { _tag: "Media", mediaType: mediaType ?? textOf(part["modality"]), uri, data: textOf(part["content"]) }
}

/** A result that is texts in a list, as some providers have it. */
const unwrapped = (result: Json): Json => {
  if (!Array.isArray(result) || result.length === 0) return result
  const texts = result.map((part: Json) =>
    Predicate.isRecord(part) && part["type"] === "text" ? textOf((part as JsonObject)["text"]) : undefined
  )
  return texts.every(Predicate.isString) ? texts.join("\n") : result
}

const textOf = (value: Json | undefined): string | undefined => (typeof value === "string" ? value : undefined)
