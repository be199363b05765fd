/** The words that senders have for the parts of an agent's work: the one table of them. */
import type { Json, JsonObject } from "../../../signal/Json.js"
import type { SpanType } from "../../../signal/SpanRecord.js"
import type { Said } from "./fields.js"
import { unquoted } from "./values.js"

/** The attributes that say what a span is. The first that has a word of the table wins. */
const attributes = [
  "effect_observability.span_type",
  "langfuse.observation.type",
  "openinference.span.kind",
  "gen_ai.operation.name",
  "ai.operationId",
  "operation.name",
  "traceloop.span.kind",
  "llm.request.type",
  "langsmith.span.kind",
  "mastra.span.type",
  "span.type",
  "lmnr.span.type",
  "genkit:metadata:subtype",
  "genkit:type",
  "mlflow.spanType"
] as const

const kinds = ["generateText", "streamText", "generateObject", "streamObject"]

/** The words of each type, in lower case. */
const table: { readonly [T in SpanType]: ReadonlyArray<string> } = {
  agent_run: [
    "agent_run",
    "agent",
    "invoke_agent",
    "interaction",
    "agent_call",
    "user_prompt",
    ...kinds.map((kind) => `ai.${kind}`)
  ],
  model_generation: [
    ..."model_generation llm generation embedding embeddings chat completion text_completion generate_content".split(
      " "
    ),
    ..."llm_request chat_model model embedder generate llm_call".split(" "),
    ...kinds.flatMap((kind) => [`ai.${kind}.doGenerate`, `ai.${kind}.doStream`]),
    "ai.embed.doEmbed",
    "ai.embedMany.doEmbed"
  ],
  tool_call: ["tool_call", "tool", "execute_tool", "mcp_tool_call", "ai.toolCall"],
  retrieval: ["retriever", "reranker", "retrieval", "rerank", "search_memory", "ai.rerank.doRerank"],
  workflow_run: ["workflow_run", "workflow", "invoke_workflow", "flow"],
  workflow_step: ["workflow_step", "flowstep"],
  generic: [
    ..."generic span event chain guardrail evaluator task agent_step create_agent prompt parser default".split(" "),
    ..."tool.execution tool.blocked_on_user hook model_step model_chunk processor_run unknown util".split(" "),
    ..."schedule_tool_calls system_prompt pipeline executor evaluation human_evaluator memory plan".split(" "),
    ...["ai.embed", "ai.embedMany", "ai.rerank"]
  ]
}

const words = new Map<string, SpanType>(
  Object.entries(table).flatMap(([type, words]) => words.map((word) => [word.toLowerCase(), type as SpanType]))
)

/** The type of a span: as it is said, else as its name, its tool or its model tell. */
export const typeOf = (
  span: { readonly name: string; readonly attributes: JsonObject },
  scope: string,
  said: Said
): SpanType => {
  const type = saidType(span.attributes)
  if (type === undefined) return toldType(span, scope, said)
  // The SDK of Langfuse for Python had spans with all that a generation has until 3.3.0.
  const isGeneration = span.attributes["langfuse.observation.type"] === "span" && hasGeneration(span.attributes)
  return isGeneration ? "model_generation" : type
}

const saidType = (span: JsonObject): SpanType | undefined => {
  for (const attribute of attributes) {
    const value = span[attribute]
    const type = typeof value === "string" ? words.get(wordOf(attribute, value)) : undefined
    if (type !== undefined) return type
  }
  return undefined
}

const wordOf = (attribute: string, value: string): string => {
  const word = attribute === "mlflow.spanType" ? unquoted(value) : value
  // The AI SDK puts the name of the function after the operation.
  const first = attribute === "operation.name" ? value.split(" ", 1)[0] : word
  return String(first).toLowerCase()
}

const hasGeneration = (span: JsonObject): boolean =>
  span["langfuse.observation.model.name"] !== undefined || span["langfuse.observation.usage_details"] !== undefined

const toldType = (
  { attributes, name }: { readonly name: string; readonly attributes: JsonObject },
  scope: string,
  said: Said
): SpanType => {
  if (/^(agent run$|agent_run( |$)|invoke_agent( |$))/.test(name) && isAgentScope(scope, attributes)) return "agent_run"
  if (ofAgent.some((attribute) => attributes[attribute] !== undefined)) return "agent_run"
  if (said.toolName !== undefined) return "tool_call"
  const { model } = said
  if (model === undefined) return "generic"
  // Any program may have a model: of cars.
  return ofModel.some((attribute) => attributes[attribute] !== undefined) ? "model_generation" : "generic"
}

const isAgentScope = (scope: string, attributes: JsonObject): boolean =>
  /agent|adk|pydantic/i.test(scope) || attributes["agent_name"] !== undefined

/** Pydantic AI has these on runs of agents, which had no operation at first. */
const ofAgent = ["pydantic_ai.all_messages", "all_messages_events"]

const ofModel = [
  "gen_ai.response.model",
  "gen_ai.request.model",
  "langfuse.observation.model.name",
  "ai.response.model",
  "ai.model.id",
  "llm.model_name",
  "embedding.model_name",
  "reranker.model_name",
  "llm.request.model",
  "llm.response.model",
  "mlflow.llm.model",
  "input_tokens",
  "output_tokens"
]

/** The name of a tool, of a span that is a call of one: of most senders it is that of the span. */
export const toolNameOf = (name: string): string => name.replace(/^(execute_tool|running tool:?|tool:) +/, "")

/** The name of an agent where the span has it. */
export const agentNameOf = (name: string): string | undefined => {
  const [, named] = /^(?:invoke_agent|agent_run) +\[?(.+?)\]?$/.exec(name) ?? []
  return named
}

/** The word in which a span of traceloop says what the name of its entity is the name of. */
export const entityOf = (
  attributes: JsonObject
): { readonly kind: Json | undefined; readonly name: string } | undefined => {
  const name = attributes["traceloop.entity.name"]
  return typeof name === "string" && name !== "" ? { kind: attributes["traceloop.span.kind"], name } : undefined
}
