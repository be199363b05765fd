/**
 * The names that senders have for the fields of a record: the one table of them. The first attribute wins that is there and has a value of
 * the field's kind. Tokens, which senders count in ways of their own, are in `tokens.ts`.
 */
import { isSessionId, type SessionId } from "../../../identity/SessionId.js"
import { from } from "../../../signal/conventions/conventions.js"
import { type Columns, type Refused, reader } from "../../../signal/conventions/index.js"
import { json } from "../../../signal/internal/parsed.js"
import type { Json, JsonObject } from "../../../signal/Json.js"
import { texts, unquoted } from "./values.js"

/** The fields that are read here. */
export interface Said extends Columns {
  sessionId?: SessionId | undefined
  environment?: string | undefined
  tags?: ReadonlyArray<string> | undefined
}

/** The names that a group of attributes has in common before the last dot. */
const each = (prefix: string, ...names: ReadonlyArray<string>): ReadonlyArray<string> =>
  names.map((name) => prefix + name)

const table: { readonly [F in keyof Said]?: ReadonlyArray<string> } = {
  sessionId: [
    "langfuse.session.id",
    "session.id",
    "gen_ai.conversation.id",
    "langfuse.trace.metadata.langfuse_session_id",
    "langfuse.observation.metadata.langfuse_session_id",
    ...each("ai.telemetry.metadata.", "sessionId", "conversationId", "session_id", "conversation_id"),
    ...each("ai.settings.context.", "sessionId", "conversationId", "session_id", "conversation_id"),
    ...each("traceloop.association.properties.", "session_id", "sessionId", "conversation_id", "chat_id"),
    ...each("lmnr.association.properties.", "session_id", "sessionId"),
    ...each("langsmith.metadata.", "session_id", "conversation_id", "thread_id"),
    ...each("mastra.metadata.", "sessionId", "threadId"),
    "gcp.vertex.agent.session_id",
    "genkit:sessionId",
    "genkit:metadata:sessionId",
    "mlflow.trace.session",
    "conversation.id"
  ],
  threadId: [
    "effect_observability.thread_id",
    "mastra.metadata.threadId",
    "langsmith.metadata.thread_id",
    "genkit:threadName",
    "genkit:metadata:threadName"
  ],
  runId: from("runId"),
  requestId: from("requestId"),
  conversationId: from("conversationId"),
  userId: [
    "langfuse.user.id",
    "user.id",
    "langfuse.trace.metadata.langfuse_user_id",
    "langfuse.observation.metadata.langfuse_user_id",
    ...each("ai.telemetry.metadata.", "userId", "user_id"),
    ...each("ai.settings.context.", "userId", "user_id"),
    ...each("traceloop.association.properties.", "user_id", "userId"),
    ...each("lmnr.association.properties.", "user_id", "userId"),
    ...each("langsmith.metadata.", "user_id"),
    ...each("mastra.metadata.", "userId"),
    "mlflow.trace.user",
    "gcp.vertex.agent.user_id",
    "user.account_id",
    "enduser.id"
  ],
  environment: ["langfuse.environment", "deployment.environment.name", "deployment.environment"],
  tags: [
    "langfuse.trace.tags",
    "tag.tags",
    "ai.telemetry.metadata.tags",
    "mastra.tags",
    "langsmith.span.tags",
    "lmnr.association.properties.tags",
    "traceloop.association.properties.tags",
    "logfire.tags"
  ],
  errorType: from("errorType"),
  model: [
    "gen_ai.response.model",
    "langfuse.observation.model.name",
    "ai.response.model",
    "gen_ai.request.model",
    "llm.model_name",
    "embedding.model_name",
    "reranker.model_name",
    "ai.model.id",
    "llm.response.model",
    "llm.request.model",
    "mlflow.llm.model",
    "model_name",
    "model"
  ],
  requestModel: ["gen_ai.request.model", "ai.model.id", "llm.request.model"],
  provider: [
    "gen_ai.provider.name",
    "gen_ai.system",
    "llm.provider",
    "llm.system",
    "ai.model.provider",
    "mlflow.llm.provider",
    "provider_name"
  ],
  costUsd: [
    "gen_ai.usage.cost",
    "llm.cost.total",
    "langfuse.observation.cost_details",
    "operation.cost",
    "gen_ai.usage.total_cost",
    "mlflow.llm.cost",
    "cost_usd",
    "cost_usd_micros"
  ],
  costSource: from("costSource"),
  timeToFirstToken: [
    ...from("timeToFirstToken"),
    "ai.response.msToFirstChunk",
    "ai.stream.msToFirstChunk",
    "gen_ai.server.time_to_first_token",
    "ttft_ms"
  ],
  toolName: ["gen_ai.tool.name", "tool.name", "ai.toolCall.name", "tool_name"],
  agentName: ["gen_ai.agent.name", "agent.name", "agent_name"]
}

/** Attributes of which the value is not the field's, and what it is made into. */
const readings: { readonly [attribute: string]: (value: Json) => Json | undefined } = {
  "ai.model.provider": (value) => (typeof value === "string" ? value.split(".", 1)[0] : value),
  "langfuse.observation.cost_details": (value) => costOf(json(value), "total"),
  cost_usd_micros: (value) => (Number.isSafeInteger(Number(value)) ? Number(value) / 1e6 : undefined),
  "mlflow.llm.cost": (value) => costOf(json(value), "total_cost"),
  "mlflow.llm.model": unquoted,
  "mlflow.llm.provider": unquoted,
  "mlflow.trace.session": unquoted,
  "mlflow.trace.user": unquoted,
  "gen_ai.provider.name": providerNamed,
  "gen_ai.system": providerNamed,
  "ai.response.msToFirstChunk": millis,
  "ai.stream.msToFirstChunk": millis,
  "gen_ai.server.time_to_first_token": millis,
  ttft_ms: millis
}

/** The total of costs, else what they add up to. */
const costOf = (costs: Json | undefined, total: string): Json | undefined => {
  if (typeof costs !== "object" || costs === null || Array.isArray(costs)) return costs
  const named = costs as JsonObject
  if (named[total] !== undefined && named[total] !== null) return named[total]
  const numbers = Object.values(named).filter((cost) => typeof cost === "number")
  return numbers.length === 0 ? undefined : numbers.reduce((sum, cost) => sum + cost, 0)
}

/** Nanoseconds, of milliseconds. */
function millis(value: Json): Json | undefined {
  const said = typeof value === "string" ? Number(value) : value
  return typeof said === "number" && Number.isFinite(said) ? Math.round(said * 1e6) : undefined
}

/** Frameworks give their own name where that of the provider belongs. */
function providerNamed(value: Json): Json | undefined {
  return typeof value === "string" && frameworks.has(value.toLowerCase()) ? undefined : value
}

const frameworks: ReadonlySet<string> = new Set(
  "strands-agents strands langchain langgraph gcp.vertex.agent llamaindex llama_index haystack crewai pydantic-ai pydantic_ai openai_agents openai-agents autogen semantic_kernel semantic-kernel mastra agno smolagents google-adk google_adk mcp".split(
    " "
  )
)

/** A field that an attribute fills, and by which precedence. */
interface Filling {
  readonly name: keyof Said
  readonly column: number
  readonly place: number
  readonly expected: string
  readonly read: (value: Json) => unknown
}

const sessionId = {
  expected: "1 to 200 printable ASCII characters, with no space at either end",
  read: (value: Json) => {
    const id = typeof value === "number" ? String(value) : value
    return isSessionId(id) ? id : undefined
  }
}

const ofOthers: { readonly [name: string]: Pick<Filling, "expected" | "read"> } = {
  sessionId,
  environment: reader("provider"),
  tags: { expected: "a list of texts", read: texts }
}

const byAttribute = new Map<string, Array<Filling>>()
for (const [column, [name, attributes]] of Object.entries(table).entries()) {
  for (const [i, attribute] of attributes.entries()) {
    const { expected, read } = ofOthers[name] ?? reader(name as keyof Columns, attribute)
    const reading = readings[attribute]
    const filling: Filling = {
      name: name as keyof Said,
      column,
      place: i + 1,
      expected,
      read:
        reading === undefined
          ? read
          : (value) => {
              const made = reading(value)
              return made === undefined || made === null ? undefined : read(made)
            }
    }
    byAttribute.set(attribute, [...(byAttribute.get(attribute) ?? []), filling])
  }
}

const columns = Object.keys(table).length

/** Gives a record the fields that attributes say, but those that it has. */
export const fill = (record: Said, attributes: JsonObject, refused?: Refused): void => {
  const places = new Uint8Array(columns)
  for (const attribute in attributes) {
    const fillings = byAttribute.get(attribute)
    if (fillings === undefined) continue
    const value = attributes[attribute] as Json
    if (value === null || value === "") continue
    for (let i = 0; i < fillings.length; i++) {
      const { column, expected, name, place, read } = fillings[i] as Filling
      const before = places[column] as number
      if (before === 0 ? record[name] !== undefined : before < place) continue
      const said = read(value)
      if (said === undefined) {
        if (refused !== undefined && i === 0 && readings[attribute] === undefined) refused(attribute, value, expected)
        continue
      }
      record[name] = said as never
      places[column] = place
    }
  }
  // The older telemetry of the AI SDK has the provider with the kind of its models in both.
  if (record.provider !== undefined && record.provider === attributes["ai.model.provider"]) {
    record.provider = record.provider.split(".", 1)[0]
  }
}

/** The fields that the attributes of a resource give each of its records. Records share the object. */
export const ofResource = (resource: JsonObject): Said => {
  const known = resources.get(resource)
  if (known !== undefined) return known
  const all: Said = {}
  fill(all, resource)
  const said: Said = {
    sessionId: all.sessionId,
    threadId: all.threadId,
    userId: all.userId,
    conversationId: all.conversationId,
    environment: all.environment,
    tags: all.tags
  }
  resources.set(resource, said)
  return said
}

const resources = new WeakMap<JsonObject, Said>()

/** The attributes that say whom a record belongs to. They are none of its metadata. */
export const correlating: ReadonlySet<string> = new Set(
  [table.sessionId, table.threadId, table.runId, table.requestId, table.userId, table.tags].flatMap(
    (attributes) => attributes ?? []
  )
)
