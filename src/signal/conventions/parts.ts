/** Parts of messages in the form of the OpenTelemetry GenAI conventions, made of those of providers and frameworks. */
import { json } from "../internal/parsed.js"
import type { Json, JsonObject } from "../Json.js"

/** The parts of the content of a message: a text, a part, or a list of them. */
export const ofParts = (content: Json | undefined): ReadonlyArray<JsonObject> => {
  if (content === undefined || content === null || content === "") return []
  if (Array.isArray(content)) return (content as ReadonlyArray<Json>).slice(0, maxParts).map(ofPart)
  return [ofPart(content)]
}

/** The most parts of a message. */
const maxParts = 10_000

/** One part. What is none that is known stays as it is where it says its type; else it is JSON in a text. */
export const ofPart = (value: Json): JsonObject => {
  if (typeof value === "string") return text(value)
  if (!isObject(value)) return text(JSON.stringify(value))
  const { type } = value
  const make = typeof type === "string" ? byType.get(type) : undefined
  if (make !== undefined) return make(value)
  if (typeof type === "string" && type !== "") return value
  for (const [key, make] of byKey) if (value[key] !== undefined) return make(value)
  return text(JSON.stringify(value))
}

type Make = (part: JsonObject) => JsonObject

const text = (content: string): JsonObject => ({ type: "text", content })

const ofText: Make = (part) => text(textOf(part["content"] ?? part["text"]))

const ofReasoning: Make = (part) => {
  const said =
    part["content"] ?? part["text"] ?? part["thinking"] ?? part["reasoning"] ?? part["summary"] ?? part["data"]
  return { type: "reasoning", content: textOf(said) }
}

/** The text of a value that should be one: texts of a list on a line each, anything else as JSON. */
const textOf = (value: Json | undefined): string => {
  if (typeof value === "string") return value
  if (value === undefined || value === null) return ""
  if (Array.isArray(value)) return (value as ReadonlyArray<Json>).map((item) => textOf(item)).join("\n")
  return isObject(value) && typeof value["text"] === "string" ? value["text"] : JSON.stringify(value)
}

/** A call of a tool. Providers have the arguments as a text of JSON. */
const ofCall: Make = (part) => {
  const called = isObject(part["function"]) ? part["function"] : part
  const id =
    part["id"] ?? part["call_id"] ?? part["tool_call_id"] ?? part["toolCallId"] ?? part["toolUseId"] ?? part["ref"]
  const given = called["arguments"] ?? called["args"] ?? called["input"] ?? called["params"]
  return {
    type: "tool_call",
    id: idOf(part["type"] === "function_call" ? (part["call_id"] ?? id) : id),
    name: textOf(called["name"] ?? called["toolName"] ?? called["tool_name"]),
    arguments: json(given) ?? null
  }
}

const ofResult: Make = (part) => {
  const id =
    part["id"] ??
    part["tool_call_id"] ??
    part["toolCallId"] ??
    part["tool_use_id"] ??
    part["toolUseId"] ??
    part["call_id"] ??
    part["ref"]
  const response = part["response"] ?? part["result"] ?? part["output"] ?? part["content"] ?? null
  return {
    type: "tool_call_response",
    id: idOf(part["type"] === "function_call_output" ? (part["call_id"] ?? id) : id),
    response: unwrapped(response)
  }
}

/** The AI SDK says of what kind a result is: `{ type: "text", value }`. */
const unwrapped = (response: Json): Json =>
  isObject(response) && typeof response["type"] === "string" && response["value"] !== undefined && hasTwo(response)
    ? (response["value"] as Json)
    : response

const hasTwo = (value: JsonObject): boolean => Object.keys(value).length === 2

const idOf = (id: Json | undefined): Json => (typeof id === "string" || typeof id === "number" ? String(id) : null)

/** Media: at a place, or as base64. */
const ofMedia =
  (kind: string): Make =>
  (part) => {
    const source = isObject(part["source"]) ? part["source"] : part
    const image = part["image_url"] ?? part["image"] ?? part["audio"] ?? part["file"]
    const within = isObject(image) ? image : source
    const nested = isObject(within["image"]) ? within["image"] : within
    const given = [image, nested["url"], nested["uri"], nested["data"], nested["content"], nested["file_data"]].find(
      (value) => typeof value === "string"
    )
    const said = [part, source, nested].flatMap((object) =>
      ["mediaType", "mimeType", "mime_type", "media_type", "contentType"].map((name) => object[name])
    )
    const mime = said.find((value) => typeof value === "string") as string | undefined
    const fileId = part["file_id"] ?? nested["file_id"]
    if (typeof given !== "string")
      return typeof fileId === "string" ? { type: "file", modality: kind, file_id: fileId } : part
    return media(given, mime, kind)
  }

const media = (given: string, mime: string | undefined, kind: string): JsonObject => {
  const [, ofUrl, data] = /^data:([^;,]*)(?:;[^,]*)?,([\s\S]*)$/.exec(given) ?? []
  const type = ofUrl || mime
  const modality = /^(?:image|audio|video)(?=\/)/.exec(type ?? "")?.[0] ?? kind
  const known = type === undefined ? {} : { mime_type: type }
  if (data !== undefined) return { type: "blob", modality, ...known, content: data }
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(given)
    ? { type: "uri", modality, ...known, uri: given }
    : { type: "blob", modality, ...known, content: given }
}

/** OpenInference has the content of a part under its name. */
const ofContent: Make = (part) => {
  const { message_content } = part
  return isObject(message_content) ? ofPart(message_content) : part
}

const byType = new Map<string, Make>([
  ...["text", "input_text", "output_text"].map((type) => [type, ofText] as const),
  ...["reasoning", "thinking", "redacted_thinking"].map((type) => [type, ofReasoning] as const),
  ...["tool_call", "tool-call", "tool_use", "function_call", "function"].map((type) => [type, ofCall] as const),
  ...["tool_call_response", "tool-result", "tool_result", "function_call_output"].map(
    (type) => [type, ofResult] as const
  ),
  ...["image", "image_url", "input_image", "image-url"].map((type) => [type, ofMedia("image")] as const),
  ...["audio", "input_audio"].map((type) => [type, ofMedia("audio")] as const),
  ...["file", "input_file", "media", "document"].map((type) => [type, ofMedia("document")] as const)
])

const inner =
  (key: string, make: Make): Make =>
  (part) =>
    make(isObject(part[key]) ? part[key] : part)

/** Parts without a type, by what they have: those of Gemini, Bedrock and Genkit, and of OpenInference. */
const byKey: ReadonlyArray<readonly [string, Make]> = [
  ["message_content", ofContent],
  ["functionCall", inner("functionCall", ofCall)],
  ["function_call", inner("function_call", ofCall)],
  ["functionResponse", inner("functionResponse", ofResult)],
  ["function_response", inner("function_response", ofResult)],
  ["toolUse", inner("toolUse", ofCall)],
  ["toolResult", inner("toolResult", ofResult)],
  ["toolRequest", inner("toolRequest", ofCall)],
  ["toolResponse", inner("toolResponse", ofResult)],
  ["tool_call", inner("tool_call", ofCall)],
  [
    "reasoningContent",
    inner("reasoningContent", (part) => ofReasoning(isObject(part["reasoningText"]) ? part["reasoningText"] : part))
  ],
  ["reasoning", ofReasoning],
  ["inlineData", inner("inlineData", ofMedia("document"))],
  ["inline_data", inner("inline_data", ofMedia("document"))],
  ["fileData", inner("fileData", (part) => media(textOf(part["fileUri"]), mimeIn(part), "document"))],
  ["file_data", inner("file_data", (part) => media(textOf(part["file_uri"]), mimeIn(part), "document"))],
  ["media", inner("media", ofMedia("document"))],
  ["text", (part) => (part["thought"] === true ? ofReasoning(part) : ofText(part))],
  ["content", ofText]
]

const mimeIn = (part: JsonObject): string | undefined => {
  const mime = part["mimeType"] ?? part["mime_type"]
  return typeof mime === "string" ? mime : undefined
}

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)
