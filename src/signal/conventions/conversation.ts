/**
 * The conversation in a span: the input and the answer of a model, an agent or a tool, by whichever convention it has them.
 * This is the one table of that, for what is received and for whoever shows a conversation.
 */
import { json } from "../internal/parsed.js"
import type { Json, JsonObject } from "../Json.js"
import type { SpanRecord } from "../SpanRecord.js"
import * as genAi from "./genAi.js"
import { hasMessages, type Message, messagesOf } from "./messages.js"
import { numbered } from "./numbered.js"
import { ofParts } from "./parts.js"

/** The content of a span in the form of the OpenTelemetry GenAI conventions, as far as it has any. */
export interface Content {
  readonly system?: ReadonlyArray<JsonObject> | undefined
  readonly input?: ReadonlyArray<Message> | undefined
  readonly output?: ReadonlyArray<Message> | undefined
  readonly toolArguments?: Json | undefined
  readonly toolResult?: Json | undefined
}

type Spoken = Pick<SpanRecord, "spanType" | "attributes" | "parentSpanId"> & {
  readonly events: ReadonlyArray<{ readonly name: string; readonly attributes: JsonObject }>
}

/** Attributes with the messages that went in, by precedence. Those of numbered keys and events come before them. */
const inputs = [
  "ai.prompt.messages",
  "ai.prompt",
  "langfuse.observation.input",
  "langfuse.trace.input",
  "gen_ai.prompt",
  "gcp.vertex.agent.llm_request",
  "gcp.vertex.agent.data",
  "request_data",
  "lmnr.span.input",
  "genkit:input",
  "mlflow.spanInputs",
  "mastra.model_generation.input",
  "mastra.agent_run.input",
  "mastra.workflow_run.input",
  "traceloop.entity.input",
  "input.value",
  "user_prompt",
  "new_context"
] as const

const outputs = [
  "langfuse.observation.output",
  "langfuse.trace.output",
  "gen_ai.completion",
  "gcp.vertex.agent.llm_response",
  "response_data",
  "lmnr.span.output",
  "genkit:output",
  "mlflow.spanOutputs",
  "mastra.model_generation.output",
  "mastra.agent_run.output",
  "mastra.workflow_run.output",
  "traceloop.entity.output",
  "output.value",
  "response.model_output"
] as const

const toolInputs = [
  genAi.toolArguments,
  "ai.toolCall.args",
  "gcp.vertex.agent.tool_call_args",
  "tool_arguments",
  "gen_ai.tool.input",
  "tool.parameters",
  "function_args",
  "tool_input",
  "langfuse.observation.input",
  "gen_ai.prompt",
  "lmnr.span.input",
  "genkit:input",
  "mlflow.spanInputs",
  "mastra.tool_call.input",
  "mastra.mcp_tool_call.input",
  "traceloop.entity.input",
  "input.value"
] as const

const toolOutputs = [
  genAi.toolResult,
  "ai.toolCall.result",
  "gcp.vertex.agent.tool_response",
  "tool_response",
  "gen_ai.tool.output",
  "tool_output",
  "langfuse.observation.output",
  "gen_ai.completion",
  "lmnr.span.output",
  "genkit:output",
  "mlflow.spanOutputs",
  "mastra.tool_call.output",
  "mastra.mcp_tool_call.output",
  "traceloop.entity.output",
  "output.value"
] as const

/** The content of a span. Of spans that are no part of a conversation it is read of entry spans alone. */
export const contentOf = (span: Spoken): Content => {
  switch (span.spanType) {
    case "tool_call":
      return ofTool(span)
    case "agent_run":
    case "model_generation":
      return ofModel(span)
    default:
      return span.parentSpanId === undefined ? ofModel(span) : {}
  }
}

interface Building {
  system: ReadonlyArray<JsonObject>
  input: ReadonlyArray<Message>
  output: ReadonlyArray<Message>
}

const ofModel = (span: Spoken): Content => {
  const { attributes } = span
  const made: Building = { system: [], input: [], output: [] }
  put(made, "input", attributes[genAi.inputMessages])
  put(made, "output", attributes[genAi.outputMessages])
  const said = attributes[genAi.systemInstructions]
  if (isSaid(said)) made.system = ofParts(json(said))
  if (made.input.length === 0 || made.output.length === 0) {
    ofEvents(made, span)
    ofNumbered(made, attributes)
    ofAll(made, attributes)
    first(made, "input", attributes, inputs)
    if (made.output.length === 0) made.output = answered(attributes)
    first(made, "output", attributes, outputs)
  }
  const system = attributes["gen_ai.agent.system_prompt"] ?? attributes["gen_ai.request.instructions"]
  if (made.system.length === 0 && isSaid(system)) made.system = ofParts(system)
  return {
    system: some(made.system),
    input: some(made.input),
    output: some(made.output)
  }
}

const some = <A>(list: ReadonlyArray<A>): ReadonlyArray<A> | undefined => (list.length === 0 ? undefined : list)

/** Whether a value says anything: senders that keep content back write an empty object in its place. */
const isSaid = (value: Json | undefined): value is Json =>
  value !== undefined && value !== null && value !== "" && value !== "{}" && value !== "[]" && !isEmpty(value)

const isEmpty = (value: Json): boolean => typeof value === "object" && value !== null && Object.keys(value).length === 0

const put = (made: Building, side: "input" | "output", value: Json | undefined): void => {
  if (made[side].length > 0 || !isSaid(value)) return
  const { messages, system } = messagesOf(value, side === "input" ? "user" : "assistant")
  made[side] = messages
  if (side === "input" && made.system.length === 0) made.system = system
}

const first = (
  made: Building,
  side: "input" | "output",
  attributes: JsonObject,
  names: ReadonlyArray<string>
): void => {
  for (let i = 0; i < names.length && made[side].length === 0; i++) put(made, side, attributes[names[i] as string])
}

/** Span events: those of one message each, those of a whole call, and those of OpenLIT. */
const ofEvents = (made: Building, { attributes, events }: Spoken): void => {
  const told: Array<JsonObject> = []
  for (const { attributes, name } of events) {
    if (name === "gen_ai.client.inference.operation.details") {
      put(made, "input", attributes[genAi.inputMessages])
      put(made, "output", attributes[genAi.outputMessages])
      const said = attributes[genAi.systemInstructions]
      if (made.system.length === 0 && isSaid(said)) made.system = ofParts(json(said))
    } else if (name === "gen_ai.content.prompt") {
      put(made, "input", attributes["gen_ai.prompt"])
    } else if (name === "gen_ai.content.completion") {
      put(made, "output", attributes["gen_ai.completion"])
    } else if (isMessageEvent(name) && told.length < maxEvents) {
      told.push({ ...attributes, "event.name": name })
    }
  }
  const listed = json(attributes["events"] ?? attributes["all_messages_events"])
  for (const event of Array.isArray(listed) ? (listed as ReadonlyArray<Json>).slice(0, maxEvents) : []) {
    if (isObject(event)) told.push(event)
  }
  if (told.length === 0) return
  const given = told.filter(({ ["event.name"]: name }) => name !== choice)
  const chosen = told.filter(({ ["event.name"]: name }) => name === choice)
  const isRun = attributes["all_messages_events"] !== undefined && chosen.length === 0
  const [before, after] = isRun ? divided(given.map(ofEvent)) : [given.map(ofEvent), chosen.map(ofEvent)]
  put(made, "input", before)
  put(made, "output", after)
}

const maxEvents = 10_000

const choice = "gen_ai.choice"

const isMessageEvent = (name: string): boolean =>
  /^gen_ai\.(system|user|assistant|tool)\.message$/.test(name) || name === choice

/** The message of an event: its role follows from the name where it says none. */
const ofEvent = (event: JsonObject): JsonObject => {
  const name = String(event["event.name"] ?? "")
  const { content, finish_reason, id, message, tool_calls, ...rest } = event
  const inner = json(message ?? content)
  const of = /^gen_ai\.(\w+)\.message$/.exec(name)?.[1]
  const role = typeof event["role"] === "string" ? event["role"] : (of ?? "assistant")
  const within =
    isObject(inner) && (inner["content"] !== undefined || inner["tool_calls"] !== undefined) ? inner : undefined
  return {
    role: of === "tool" || role === "tool" ? "tool" : role,
    content: (within === undefined ? inner : json(within["content"])) ?? null,
    ...((within?.["tool_calls"] ?? tool_calls) !== undefined && {
      tool_calls: (within?.["tool_calls"] ?? tool_calls) as Json
    }),
    ...(id !== undefined && { tool_call_id: id }),
    ...(finish_reason !== undefined && { finish_reason }),
    ...(typeof rest["name"] === "string" && { name: rest["name"] })
  }
}

/** Messages of a whole run: the last of the assistant is its answer. */
const divided = (messages: ReadonlyArray<JsonObject>): [ReadonlyArray<JsonObject>, ReadonlyArray<JsonObject>] => {
  const last = messages.at(-1)?.["role"]
  return last === "assistant" ? [messages.slice(0, -1), messages.slice(-1)] : [messages, []]
}

/** Attributes whose names count messages. */
const ofNumbered = (made: Building, attributes: JsonObject): void => {
  const lists = numbered(attributes)
  if (lists === undefined) return
  put(made, "input", lists.input)
  put(made, "output", lists.output)
}

/** All messages of a run of Pydantic AI, and what it came to. */
const ofAll = (made: Building, attributes: JsonObject): void => {
  const all = attributes["pydantic_ai.all_messages"]
  if (isSaid(all)) {
    const { messages, system } = messagesOf(all, "user")
    const [before, after] = divided(messages)
    if (made.input.length === 0) made.input = before as ReadonlyArray<Message>
    if (made.output.length === 0) made.output = after as ReadonlyArray<Message>
    if (made.system.length === 0) made.system = system
  }
  put(made, "output", attributes["final_result"])
}

/** The answer that the AI SDK has in attributes of its own. */
const answered = (attributes: JsonObject): ReadonlyArray<Message> => {
  const of = (name: string): Json | undefined => attributes[`ai.response.${name}`] ?? attributes[`ai.result.${name}`]
  const parts: Array<JsonObject> = []
  const reasoning = of("reasoning")
  if (isSaid(reasoning)) parts.push(...ofParts([{ type: "reasoning", text: json(reasoning) as Json }]))
  const text = of("text")
  if (isSaid(text)) parts.push(...ofParts(text))
  const object = of("object")
  if (isSaid(object)) parts.push(...ofParts(typeof object === "string" ? object : JSON.stringify(object)))
  const calls = json(of("toolCalls"))
  if (Array.isArray(calls)) {
    parts.push(
      ...ofParts((calls as ReadonlyArray<Json>).map((call) => (isObject(call) ? { ...call, type: "tool-call" } : call)))
    )
  }
  const reason = of("finishReason") ?? attributes["ai.finishReason"]
  if (parts.length === 0) return []
  return [{ role: "assistant", parts, ...(typeof reason === "string" && { finish_reason: reason }) }]
}

const ofTool = ({ attributes, events }: Spoken): Content => {
  let toolArguments = firstOf(attributes, toolInputs)
  let toolResult = firstOf(attributes, toolOutputs)
  for (const { attributes, name } of events) {
    if (name === "gen_ai.tool.message") toolArguments ??= json(attributes["content"])
    else if (name === choice) toolResult ??= json(attributes["message"])
    else if (name === "gen_ai.client.inference.operation.details") {
      toolArguments ??= partOf(attributes[genAi.inputMessages], "tool_call")?.["arguments"]
      toolResult ??= partOf(attributes[genAi.outputMessages], "tool_call_response")?.["response"]
    }
  }
  return { toolArguments, toolResult }
}

const partOf = (messages: Json | undefined, type: string): JsonObject | undefined =>
  messagesOf(messages, "tool")
    .messages.flatMap(({ parts }) => parts)
    .find((part) => part["type"] === type)

const firstOf = (attributes: JsonObject, names: ReadonlyArray<string>): Json | undefined => {
  for (const name of names) {
    const value = attributes[name]
    if (isSaid(value)) return json(value)
  }
  return undefined
}

/** Whether the input of a span that is of no type is a conversation, and not the arguments of a function. */
export const isConversation = (attributes: JsonObject): boolean =>
  inputs.some((name) => hasMessages(attributes[name])) || outputs.some((name) => hasMessages(attributes[name]))

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)
