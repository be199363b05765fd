/**
 * What attributes say of the columns: the OpenTelemetry GenAI conventions
 * (https://opentelemetry.io/docs/specs/semconv/gen-ai/), their older names, and those of OpenInference
 * (https://github.com/Arize-ai/openinference/blob/main/spec/semantic_conventions.md).
 */
import type { Json, JsonObject } from "../Json.js"
import { SpanType } from "../SpanRecord.js"

/** The session of a span, on every span and log. */
export const sessionId = "session.id"

/** Set to `true` on the span of a workflow activity that was replayed and not run. */
export const replay = "effect_observability.replay"

/** Set on a failed span that says what it does by these conventions. */
export const errorType = "error.type"

/** States the type of a span, whatever else its attributes would say. */
export const spanType = "effect_observability.span_type"

const strings = {
  conversationId: ["gen_ai.conversation.id"],
  userId: ["user.id"],
  threadId: ["effect_observability.thread_id", "mastra.metadata.threadId"],
  runId: ["effect_observability.run_id", "mastra.metadata.runId"],
  requestId: ["effect_observability.request_id", "mastra.metadata.requestId"],
  model: ["gen_ai.response.model", "gen_ai.request.model", "llm.model_name", "embedding.model_name"],
  provider: ["gen_ai.provider.name", "gen_ai.system", "llm.provider", "llm.system"]
} as const

const counts = {
  inputTokens: ["gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "llm.token_count.prompt"],
  outputTokens: ["gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens", "llm.token_count.completion"]
} as const

const costs = ["gen_ai.usage.cost", "llm.cost.total"] as const

/** What a span does: `"chat"`, `"execute_tool"`, `"invoke_agent"`, … */
export const operation = "gen_ai.operation.name"
const openInferenceKind = "openinference.span.kind"

export const toolName = "gen_ai.tool.name"
export const toolCallId = "gen_ai.tool.call.id"

/** Spans of the same tool call agree on these. */
export const toolCall = [toolCallId, toolName] as const

/** The attributes from which columns and the contexts of `agent` are read. */
export const keys: ReadonlySet<string> = new Set([
  sessionId,
  spanType,
  operation,
  openInferenceKind,
  ...toolCall,
  ...costs,
  ...Object.values(strings).flat(),
  ...Object.values(counts).flat()
])

/** The columns that attributes fill. */
export const columns = (attributes: JsonObject) => ({
  conversationId: text(attributes, strings.conversationId),
  userId: text(attributes, strings.userId),
  threadId: text(attributes, strings.threadId),
  runId: text(attributes, strings.runId),
  requestId: text(attributes, strings.requestId),
  model: text(attributes, strings.model),
  provider: text(attributes, strings.provider),
  inputTokens: count(attributes, counts.inputTokens),
  outputTokens: count(attributes, counts.outputTokens),
  costUsd: first(attributes, costs, (value) => (typeof value === "number" && value >= 0 ? value : undefined))
})

/** The type that attributes give a span. */
export const typeOf = (attributes: JsonObject): SpanType => {
  const said = attributes[spanType]
  if (isSpanType(said)) return said
  return byOperation.get(attributes[operation]) ?? byKind.get(attributes[openInferenceKind]) ?? "generic"
}

/** A `SpanType`, or `"generic"` for anything else. */
export const toSpanType = (value: unknown): SpanType => (isSpanType(value) ? value : "generic")

const byOperation: ReadonlyMap<unknown, SpanType> = new Map([
  ["chat", "model_generation"],
  ["text_completion", "model_generation"],
  ["generate_content", "model_generation"],
  ["embeddings", "model_generation"],
  ["execute_tool", "tool_call"],
  ["invoke_agent", "agent_run"],
  ["invoke_workflow", "workflow_run"],
  ["retrieval", "retrieval"]
])

const byKind: ReadonlyMap<unknown, SpanType> = new Map([
  ["LLM", "model_generation"],
  ["EMBEDDING", "model_generation"],
  ["TOOL", "tool_call"],
  ["AGENT", "agent_run"],
  ["RETRIEVER", "retrieval"]
])

const spanTypes: ReadonlySet<unknown> = new Set(SpanType.literals)

const isSpanType = (value: unknown): value is SpanType => spanTypes.has(value)

const first = <A>(
  attributes: JsonObject,
  keys: ReadonlyArray<string>,
  read: (value: Json | undefined) => A | undefined
): A | undefined => {
  for (const key of keys) {
    const value = read(attributes[key])
    if (value !== undefined) return value
  }
  return undefined
}

const text = (attributes: JsonObject, keys: ReadonlyArray<string>) =>
  first(attributes, keys, (value) => (typeof value === "string" && value !== "" ? value : undefined))

const count = (attributes: JsonObject, keys: ReadonlyArray<string>) =>
  first(attributes, keys, (value) =>
    Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined
  )
