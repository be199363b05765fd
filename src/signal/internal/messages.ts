/**
 * Messages as they are recorded: by the conventions of OpenTelemetry, or in the forms of providers and other libraries,
 * which senders put into the same attributes. All of them are read as one form.
 */
import { identity } from "effect/Function"
import * as Predicate from "effect/Predicate"
import { hash53 } from "../../runtime/hash.js"
import { said } from "../conventions/conventions.js"
import * as genAi from "../conventions/genAi.js"
import type { Json, JsonObject } from "../Json.js"

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
  | { readonly _tag: "Media"; readonly mediaType?: string | undefined; readonly uri?: string | undefined }
  | { readonly _tag: "Other"; readonly type: string; readonly value: Json }

/** What went into a model or an agent. */
export const inputOf = (attributes: JsonObject): ReadonlyArray<Message> => firstOf(attributes, said.input, "user")

/** What came out. */
export const outputOf = (attributes: JsonObject): ReadonlyArray<Message> =>
  firstOf(attributes, said.output, "assistant")

/** The instructions that are kept apart from the messages. */
export const instructionsOf = (attributes: JsonObject): Message | undefined =>
  messagesOf(attributes[genAi.systemInstructions], "system")[0]

/** What a tool was given, and what it gave back; nothing where that is not recorded. */
export const toolArgumentsOf = (attributes: JsonObject): Json | undefined =>
  firstValue(attributes, [genAi.toolArguments, "parameters", "input.value"], parsed)
export const toolResultOf = (attributes: JsonObject): Json | undefined =>
  firstValue(attributes, [genAi.toolResult, "output.value"])

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
      return `media ${part.mediaType ?? ""} ${part.uri ?? ""}`
    case "Other":
      return `${part.type} ${JSON.stringify(part.value)}`
  }
}

const firstOf = (attributes: JsonObject, names: ReadonlyArray<string>, role: string): ReadonlyArray<Message> => {
  for (const name of names) {
    const messages = messagesOf(attributes[name], role)
    if (messages.length > 0) return messages
  }
  return []
}

const firstValue = (
  attributes: JsonObject,
  names: ReadonlyArray<string>,
  read: (value: Json) => Json = identity
): Json | undefined => {
  const value = names.map((name) => attributes[name]).find(isGiven)
  return value === undefined ? undefined : read(value)
}

/** The messages of a value: a list of them, an object that has some, or what stands for one of the given role. */
const messagesOf = (value: Json | undefined, role: string, depth = 4): ReadonlyArray<Message> => {
  if (value === undefined || value === null || value === "" || depth === 0) return []
  const given = parsed(value)
  if (Array.isArray(given)) return ofList(given, role, depth)
  if (!isObject(given)) return [{ role, parts: [{ _tag: "Text", text: String(given) }] }]
  if (roleOf(given) !== undefined) return [toMessage(given, role)]
  const name = ofMessages.find((name) => Array.isArray(given[name]))
  if (name !== undefined) {
    const instructions = role === "user" ? messagesOf(given["system"] ?? null, "system", depth - 1) : []
    return [...instructions, ...messagesOf(given[name], role, depth - 1)]
  }
  return [{ role, parts: partsOf(given) }]
}

/** Where requests and answers of providers, and prompts of programs, have their messages. */
const ofMessages = ["messages", "input", "contents", "choices", "candidates", "output"]

/** Items without a role are parts of one message, those that follow each other. */
const ofList = (items: ReadonlyArray<Json>, role: string, depth: number): ReadonlyArray<Message> => {
  const messages: Array<Message> = []
  let parts: Array<Part> | undefined
  let speaker = role
  for (const item of items) {
    if (Array.isArray(item)) {
      // Frameworks that ask in batches have a list of messages for each.
      messages.push(...messagesOf(item, role, depth - 1))
      parts = undefined
    } else if (roleOf(item) !== undefined) {
      messages.push(toMessage(item as JsonObject, role))
      parts = undefined
    } else {
      const own = partsOf(item)
      const by = own[0]?._tag === "ToolResult" ? "tool" : own[0]?._tag === "ToolCall" ? "assistant" : role
      if (parts === undefined || by !== speaker) {
        parts = []
        speaker = by
        messages.push({ role: by, parts })
      }
      parts.push(...own)
    }
  }
  return messages.filter(({ parts }) => parts.length > 0)
}

const toMessage = (given: JsonObject, otherwise: string): Message => {
  const message = isObject(given["message"]) && given["role"] === undefined ? given["message"] : given
  const role = wordOf(roleOf(message) ?? otherwise)
  const content = [message["parts"], message["content"], message["text"]].find(isGiven)
  const parts = content === undefined ? [] : partsOf(content)
  const calls = message["tool_calls"] ?? message["toolCalls"]
  const id = textOf(message["tool_call_id"] ?? message["toolCallId"])
  return {
    role: role === "user" && parts.length > 0 && parts.every(({ _tag }) => _tag === "ToolResult") ? "tool" : role,
    name: textOf(message["name"]),
    parts: [
      ...(role === "tool" && !parts.some(({ _tag }) => _tag === "ToolResult") && content !== undefined
        ? [{ _tag: "ToolResult", id, result: unwrapped(content) } as const]
        : parts),
      ...(Array.isArray(calls) ? calls.flatMap((call) => (isObject(call) ? [toCall(call)] : [])) : [])
    ]
  }
}

/** A text that stands in a list of its own. */
const unwrapped = (content: Json): Json => {
  const parts = Array.isArray(content) ? partsOf(content) : []
  const [first] = parts
  return parts.length === 1 && first?._tag === "Text" ? first.text : content
}

const words: { readonly [role: string]: string } = {
  human: "user",
  ai: "assistant",
  model: "assistant",
  developer: "system",
  function: "tool"
}

const wordOf = (role: string): string => (Object.hasOwn(words, role) ? (words[role] as string) : role)

/** The parts of a content: a text, a part, or a list of these. */
const partsOf = (content: Json): ReadonlyArray<Part> => {
  if (content === null || content === "") return []
  if (Array.isArray(content)) return content.flatMap((part) => (Array.isArray(part) ? [] : partsOf(part)))
  return isObject(content) ? toParts(content) : [{ _tag: "Text", text: String(content) }]
}

const toParts = (part: JsonObject): ReadonlyArray<Part> => {
  const type = textOf(part["type"])
  const read = type === undefined ? undefined : byType.get(type.replaceAll("-", "_"))
  if (read !== undefined) return read(part)
  if (type === undefined) {
    if (isObject(part["functionCall"])) return [toCall(part["functionCall"])]
    if (isObject(part["functionResponse"])) return [toResult(part["functionResponse"])]
    const text = textOf(part["text"] ?? part["content"])
    if (text !== undefined) return part["thought"] === true ? reasoning(text) : [{ _tag: "Text", text }]
    if (isObject(part["inlineData"] ?? part["fileData"])) return toMedia(part["inlineData"] ?? part["fileData"])
  }
  return [{ _tag: "Other", type: type ?? "data", value: part }]
}

const text = (part: JsonObject): ReadonlyArray<Part> => {
  const text = textOf(part["content"] ?? part["text"])
  return text === undefined || text === "" ? [] : [{ _tag: "Text", text }]
}

const reasoning = (text: string | undefined): ReadonlyArray<Part> =>
  text === undefined || text === "" ? [] : [{ _tag: "Reasoning", text }]

const ofReasoning = (part: JsonObject): ReadonlyArray<Part> => {
  const { content, summary, text, thinking } = part
  const given = [content, text, thinking, summary].find(isGiven)
  return Array.isArray(given)
    ? partsOf(given).flatMap((part) => (part._tag === "Text" ? reasoning(part.text) : []))
    : reasoning(textOf(given))
}

const toMedia = (part: Json | undefined): ReadonlyArray<Part> => {
  if (!isObject(part)) return []
  const source = [part["source"], part["image_url"], part["file"]].find(isObject) ?? part
  const uri = textOf(
    [source["uri"], source["url"], source["fileUri"], source["file_id"], part["image_url"], part["image"]].find(isText)
  )
  const mediaType = textOf(
    [part["mime_type"], part["mimeType"], part["mediaType"], source["media_type"], part["modality"], part["type"]].find(
      isText
    )
  )
  // What is no address is the bytes themselves.
  return [{ _tag: "Media", mediaType, uri: uri !== undefined && uri.length <= 2_048 ? uri : undefined }]
}

/** A call in any form: of the conventions, the providers, or the AI SDK. */
const toCall = (given: JsonObject): Part => {
  const call = isObject(given["function"]) ? { ...given, ...given["function"] } : given
  return {
    _tag: "ToolCall",
    id: textOf(call["id"] ?? call["call_id"] ?? call["toolCallId"]),
    name: textOf(call["name"] ?? call["toolName"]) ?? "tool",
    arguments: parsed(call["arguments"] ?? call["input"] ?? call["args"] ?? call["params"] ?? null)
  }
}

const toResult = (given: JsonObject): Part => ({
  _tag: "ToolResult",
  id: textOf(given["id"] ?? given["call_id"] ?? given["tool_use_id"] ?? given["tool_call_id"] ?? given["toolCallId"]),
  result: unwrapped(given["response"] ?? given["result"] ?? given["output"] ?? given["content"] ?? null)
})

const calls = (part: JsonObject): ReadonlyArray<Part> => [
  // A call of OpenAI's Responses has an id of its own beside that which its result names.
  toCall(part["call_id"] === undefined ? part : { ...part, id: part["call_id"] })
]
const results = (part: JsonObject): ReadonlyArray<Part> => [
  toResult(part["call_id"] === undefined ? part : { ...part, id: part["call_id"] })
]

const byType: ReadonlyMap<string, (part: JsonObject) => ReadonlyArray<Part>> = new Map([
  ...["text", "input_text", "output_text", "refusal"].map((type) => [type, text] as const),
  ...["reasoning", "thinking"].map((type) => [type, ofReasoning] as const),
  ...["tool_call", "tool_use", "function_call", "server_tool_call", "server_tool_use"].map(
    (type) => [type, calls] as const
  ),
  ...["tool_call_response", "tool_result", "function_call_output", "server_tool_call_response"].map(
    (type) => [type, results] as const
  ),
  ...["blob", "uri", "file", "image", "image_url", "input_image", "input_file", "audio", "video"].map(
    (type) => [type, toMedia] as const
  )
])

/** Text that is JSON is read as such, unless that would take long. */
const parsed = (value: Json): Json => {
  if (typeof value !== "string" || value.length > maxParsed || !/^\s*[[{]/.test(value)) return value
  try {
    return JSON.parse(value) as Json
  } catch {
    return value
  }
}

const maxParsed = 2_000_000

const roleOf = (message: Json): string | undefined => {
  if (!isObject(message)) return undefined
  const role = message["role"] ?? (isObject(message["message"]) ? message["message"]["role"] : undefined)
  return isText(role) ? role : undefined
}

const textOf = (value: Json | undefined): string | undefined =>
  typeof value === "string" ? value : typeof value === "number" ? String(value) : undefined

const isText = (value: Json | undefined): value is string => typeof value === "string"

const isGiven = (value: Json | undefined): value is Json => value !== undefined && value !== null

const isObject = (value: Json | undefined): value is JsonObject => Predicate.isRecord(value)
