/**
 * Attributes that the rows of spans cannot say: a name that depends on another field, and the names by which OpenInference
 * (https://github.com/Arize-ai/openinference/blob/main/spec/semantic_conventions.md) knows what OpenTelemetry has, too.
 */
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

/** Writes the attributes of a span that follow from several of its fields. */
export const writeSpan = (span: SpanRecord, attributes: Array<KeyValue>): void => {
  for (const derived of [model(span), openInference(span)]) {
    for (const key in derived) {
      const value = derived[key]
      if (value !== undefined) attributes.push({ key, value: anyValue(value) })
    }
  }
}
