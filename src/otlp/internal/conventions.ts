/**
 * Attributes that the rows of spans cannot say: a name that depends on another field, and the names by which OpenInference
 * (https://github.com/Arize-ai/openinference/blob/main/spec/semantic_conventions.md) knows what OpenTelemetry has, too.
 */
import * as Predicate from "effect/Predicate"
import type { Json, JsonObject } from "../../signal/Json.js"
import type { SpanRecord } from "../../signal/SpanRecord.js"
import { anyValue, type KeyValue } from "./values.js"

type Attributes = { readonly [key: string]: string | number | undefined }

/**
 * The model of a span. It is the one that answered where the one that was asked for is known, too; else it may be either
 * of them, and is sent as the one asked for, which every server looks at.
 */
const model = ({ model, requestModel }: SpanRecord): Attributes =>
  requestModel === undefined ? { "gen_ai.request.model": model } : { "gen_ai.response.model": model }

const openInference = (span: SpanRecord): Attributes => {
  switch (span.spanType) {
    case "agent_run":
      return { "openinference.span.kind": "AGENT" }
    case "tool_call":
      return { "openinference.span.kind": "TOOL", "tool.name": span.toolName ?? toolName(span) }
    case "retrieval":
      return { "openinference.span.kind": "RETRIEVER" }
    case "workflow_run":
    case "workflow_step":
      return { "openinference.span.kind": "CHAIN" }
    case "generic":
      return {}
    case "model_generation":
      return span.attributes["gen_ai.operation.name"] === "embeddings"
        ? { "openinference.span.kind": "EMBEDDING", "embedding.model_name": span.model, ...tokenCounts(span) }
        : { "openinference.span.kind": "LLM", "llm.model_name": span.model, ...tokenCounts(span) }
  }
}

const toolName = ({ attributes }: SpanRecord): string | undefined => {
  const name = attributes["gen_ai.tool.name"]
  return typeof name === "string" ? name : undefined
}

const tokenCounts = ({ inputTokens, outputTokens }: SpanRecord): Attributes => ({
  "llm.token_count.prompt": inputTokens,
  "llm.token_count.completion": outputTokens
})

const writeTokenDetails = (span: SpanRecord, written: Array<KeyValue>): void => {
  const { cacheWriteTokens, cachedInputTokens, reasoningTokens } = span
  if (cachedInputTokens !== undefined) writeCount("prompt_details.cache_read", cachedInputTokens, written)
  if (cacheWriteTokens !== undefined) writeCount("prompt_details.cache_write", cacheWriteTokens, written)
  if (reasoningTokens !== undefined) writeCount("completion_details.reasoning", reasoningTokens, written)
}

const writeCount = (name: string, count: number, written: Array<KeyValue>): void => {
  written.push({ key: `llm.token_count.${name}`, value: anyValue(count) })
}

/**
 * The text in which OpenInference has what went in and came out, beside the messages of a model or the arguments and the
 * result of a tool: that of a message that is nothing else, or JSON.
 */
const writeContent = ({ attributes }: SpanRecord, written: Array<KeyValue>): void => {
  const input = attributes["gen_ai.input.messages"] ?? attributes["gen_ai.tool.call.arguments"]
  const output = attributes["gen_ai.output.messages"] ?? attributes["gen_ai.tool.call.result"]
  if (input !== undefined && attributes["input.value"] === undefined) writeText("input", input, written)
  if (output !== undefined && attributes["output.value"] === undefined) writeText("output", output, written)
}

const writeText = (name: "input" | "output", json: Json, written: Array<KeyValue>): void => {
  const text = onlyText(json)
  const isPlain = text !== undefined || (typeof json === "string" && !/^\s*[[{]/.test(json))
  const value = text ?? (typeof json === "string" ? json : JSON.stringify(json))
  written.push({ key: `${name}.value`, value: { stringValue: value } })
  written.push({ key: `${name}.mime_type`, value: { stringValue: isPlain ? "text/plain" : "application/json" } })
}

const onlyText = (json: Json): string | undefined => {
  const part = only(Predicate.hasProperty(only(json), "parts") ? (only(json) as JsonObject)["parts"] : undefined)
  if (!Predicate.isRecord(part) || part["type"] !== "text") return undefined
  return typeof part["content"] === "string" ? part["content"] : undefined
}

const only = (json: Json | undefined): Json | undefined =>
  Array.isArray(json) && json.length === 1 ? (json[0] as Json) : undefined

/** The names that `writeSpan` may give. */
export const names: ReadonlyArray<string> = [
  "gen_ai.request.model",
  "gen_ai.response.model",
  "openinference.span.kind",
  "tool.name",
  "embedding.model_name",
  "llm.model_name",
  "llm.token_count.prompt",
  "llm.token_count.completion",
  "llm.token_count.prompt_details.cache_read",
  "llm.token_count.prompt_details.cache_write",
  "llm.token_count.completion_details.reasoning",
  ...["input", "output"].flatMap((name) => [`${name}.value`, `${name}.mime_type`])
]

/** Writes the attributes of a span that follow from several of its fields. */
export const writeSpan = (span: SpanRecord, attributes: Array<KeyValue>): void => {
  for (const derived of [model(span), openInference(span)]) {
    for (const key in derived) {
      const value = derived[key]
      if (value !== undefined) attributes.push({ key, value: anyValue(value) })
    }
  }
  if (span.spanType === "model_generation") writeTokenDetails(span, attributes)
  writeContent(span, attributes)
}
