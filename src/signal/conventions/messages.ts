/**
 * Messages in the form of the OpenTelemetry GenAI conventions
 * (https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/gen-ai-input-messages.json), made of
 * those of providers and frameworks.
 */
import { json } from "../internal/parsed.js"
import type { Json, JsonObject } from "../Json.js"
import { ofPart, ofParts } from "./parts.js"

/** Messages of a conversation. What a model was told as a system, or a developer, is apart from them. */
export interface Messages {
  readonly system: ReadonlyArray<JsonObject>
  readonly messages: ReadonlyArray<Message>
}

export interface Message extends JsonObject {
  readonly role: string
  readonly parts: ReadonlyArray<JsonObject>
}

/** The most messages that are read of one value. */
const maxMessages = 10_000

/** The messages that a value is, has or stands for. A text, and data that are no messages, are one of the role given. */
export const messagesOf = (value: Json | undefined, role: string): Messages => {
  const system: Array<JsonObject> = []
  const messages: Array<Message> = []
  for (const message of listOf(json(value), role, 4)) {
    if (messages.length >= maxMessages) break
    if (message.role === "system") system.push(...message.parts)
    else if (message.parts.length > 0) messages.push(message)
  }
  return { system, messages }
}

/** Whether a value is messages, or has some. */
export const hasMessages = (value: Json | undefined): boolean => {
  const said = json(value)
  if (Array.isArray(said)) return said.some((item: Json) => isMessage(item) || Array.isArray(item))
  return isObject(said) && (isMessage(said) || ofMessages.some((name) => Array.isArray(json(said[name]))))
}

/** Where the data of a program or a provider have their messages. */
const ofMessages = ["messages", "contents", "input", "prompt", "choices", "candidates", "output", "generations"]

/** Where they have what the model was told as a system. */
const ofSystem = ["system", "instructions", "system_instruction", "systemInstruction", "system_prompt"]

const listOf = (value: Json | undefined, role: string, depth: number): ReadonlyArray<Message> => {
  if (value === undefined || value === null || value === "" || depth === 0) return []
  if (Array.isArray(value)) return ofList(value, role, depth)
  if (!isObject(value)) return [{ role, parts: ofParts(value) }]
  if (isMessage(value)) return [ofMessage(value, role)]
  const system = systemIn(value)
  const within = ofMessages.find((name) => isList(json(value[name])))
  if (within !== undefined) return [...system, ...listOf(json(value[within]), role, depth - 1)]
  // A model of `genkit` and some programs have one message within.
  const only = ["message", "output", "response", "prompt", "input"].find((name) => isSaid(value[name]))
  if (only !== undefined && (system.length > 0 || Object.keys(value).length <= maxAround)) {
    return [...system, ...listOf(json(value[only]), role, depth - 1)]
  }
  return Object.keys(value).length === 0 ? [] : [{ role, parts: ofParts(value) }]
}

/** An object with more than these is data of which a message would be only a part. */
const maxAround = 4

const isSaid = (value: Json | undefined): boolean => typeof value === "string" || (isObject(value) && isMessage(value))

const isList = (value: Json | undefined): boolean =>
  Array.isArray(value) && value.some((item: Json) => isObject(item) || Array.isArray(item))

const systemIn = (value: JsonObject): ReadonlyArray<Message> => {
  const config = isObject(value["config"]) ? value["config"] : {}
  for (const name of ofSystem) {
    const said = value[name] ?? config[name]
    if (said === undefined || said === null || said === "") continue
    const parsed = json(said) as Json
    const parts = isObject(parsed) && Array.isArray(parsed["parts"]) ? parsed["parts"] : parsed
    return [{ role: "system", parts: ofParts(parts) }]
  }
  return []
}

/** LangChain has a list of messages for each prompt of a batch: the first is the one of the call. */
const ofList = (value: ReadonlyArray<Json>, role: string, depth: number): ReadonlyArray<Message> => {
  const [first] = value
  if (Array.isArray(first)) return listOf(first as Json, role, depth - 1)
  const items = value.slice(0, maxMessages).map((item) => json(item) as Json)
  if (items.some(isMessage)) {
    return items.map((item) => (isObject(item) ? ofMessage(item, role) : { role, parts: ofParts(item) }))
  }
  return items.length === 0 ? [] : [{ role, parts: ofParts(items) }]
}

const isMessage = (value: Json | undefined): boolean =>
  isObject(value) &&
  (typeof value["role"] === "string" ||
    roleOfType(value) !== undefined ||
    Array.isArray(value["parts"]) ||
    ["message", "kwargs", "data"].some((name) => isObject(value[name]) && isWithin(value, name)) ||
    (isObject(value["content"]) && typeof (value["content"] as JsonObject)["role"] === "string"))

/** Whether the message of an object is that within it: a choice of a provider, or what LangChain serialized. */
const isWithin = (value: JsonObject, name: string): boolean => {
  const inner = value[name] as JsonObject
  return name === "message"
    ? typeof inner["role"] === "string" || inner["content"] !== undefined || isMessage(inner)
    : (Array.isArray(value["id"]) && value["lc"] !== undefined) || roleOfType(value) !== undefined
}

const ofMessage = (value: JsonObject, fallback: string): Message => {
  const { content, data, kwargs, message } = value
  const finish = value["finish_reason"] ?? value["finishReason"]
  if (isObject(message) && typeof value["role"] !== "string") {
    return { ...ofMessage({ ...message }, fallback), ...finished(finish) }
  }
  if (isObject(kwargs)) return ofMessage({ role: roleOfClass(value["id"]) ?? fallback, ...kwargs }, fallback)
  if (isObject(data) && content === undefined) return ofMessage({ ...data, type: value["type"] as Json }, fallback)
  if (isObject(content) && typeof content["role"] === "string") {
    return { ...ofMessage(content, fallback), ...finished(finish) }
  }
  const said = typeof value["role"] === "string" ? value["role"] : (roleOfType(value) ?? fallback)
  const role = roles.get(said.toLowerCase()) ?? said
  const parts = partsOf(value, role)
  const name = value["name"]
  // A result of a tool is one of a user for some, and has a role of its own here.
  const isResult = parts.length > 0 && parts.every((part) => part["type"] === "tool_call_response")
  return {
    role: isResult ? "tool" : role,
    parts,
    ...(typeof name === "string" && name !== "" && role !== "tool" && { name }),
    ...finished(finish)
  }
}

const finished = (reason: Json | undefined): { readonly finish_reason?: string } =>
  typeof reason === "string" && reason !== "" ? { finish_reason: reason } : {}

const partsOf = (value: JsonObject, role: string): ReadonlyArray<JsonObject> => {
  // Items of the API of responses are no messages with parts, but the parts themselves.
  if (value["type"] === "function_call" || value["type"] === "function_call_output") return [ofPart(value)]
  const given = json(value["parts"] ?? value["content"] ?? value["contents"] ?? value["text"])
  const id = value["tool_call_id"] ?? value["toolCallId"]
  const reasoning = value["reasoning_content"] ?? value["reasoning"] ?? value["thinking"]
  const parts: Array<JsonObject> = []
  if (typeof reasoning === "string" && reasoning !== "") parts.push({ type: "reasoning", content: reasoning })
  const content = ofParts(given)
  const isPlain = content.every((part) => part["type"] === "text" || part["type"] === "json")
  if (role === "tool" && given !== undefined && isPlain) {
    const answer = content.length === 1 && typeof given === "string" ? given : (given ?? "")
    const result = typeof value["content"] === "string" ? value["content"] : answer
    parts.push({ type: "tool_call_response", id: idOf(id ?? value["id"]), response: result as Json })
  } else {
    parts.push(...content)
  }
  const kwargs = value["additional_kwargs"]
  const calls = json(value["tool_calls"] ?? value["toolCalls"] ?? (isObject(kwargs) ? kwargs["tool_calls"] : undefined))
  const known = new Set(parts.map(({ id, type }) => (type === "tool_call" ? id : undefined)))
  for (const call of Array.isArray(calls) ? (calls as ReadonlyArray<Json>) : []) {
    const part = ofPart({ type: "tool_call", ...(isObject(call) ? withoutType(call) : {}) })
    if (part["id"] === null || part["id"] === undefined || !known.has(part["id"])) parts.push(part)
  }
  const { function_call } = value
  if (isObject(function_call)) parts.push(ofPart({ ...function_call, type: "tool_call" }))
  return parts
}

const withoutType = ({ type, ...call }: JsonObject): JsonObject => call

const idOf = (id: Json | undefined): Json => (typeof id === "string" || typeof id === "number" ? String(id) : null)

/** The roles, by the words for them. */
const roles = new Map(
  Object.entries({
    user: "user",
    human: "user",
    assistant: "assistant",
    ai: "assistant",
    model: "assistant",
    system: "system",
    developer: "system",
    tool: "tool",
    function: "tool"
  })
)

/** LangChain names the role of a message by its type, and the API of responses has items without a role. */
const roleOfType = ({ type }: JsonObject): string | undefined => {
  if (typeof type !== "string") return undefined
  const word = type.replace(/Message(Chunk)?$/, "").toLowerCase()
  if (word === "human" || word === "ai" || word === "system" || (word === "tool" && type !== "tool")) return word
  if (type === "tool") return "tool"
  return type === "function_call" ? "assistant" : type === "function_call_output" ? "tool" : undefined
}

const roleOfClass = (id: Json | undefined): string | undefined => {
  const name = Array.isArray(id) ? (id as ReadonlyArray<Json>).at(-1) : undefined
  return typeof name === "string" ? roleOfType({ type: name }) : undefined
}

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)
