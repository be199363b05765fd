/**
 * The OpenTelemetry GenAI conventions (https://opentelemetry.io/docs/specs/semconv/gen-ai/) with their older names, those
 * of OpenLLMetry among them, and the general attributes of OpenTelemetry that go with them.
 */
import type { Convention } from "./Convention.js"

/** The session of a span, on every span and log. */
export const sessionId = "session.id"
export const userId = "user.id"
/** The kind of error that a span failed with: the name of an error, a status of HTTP, or a code. */
export const errorType = "error.type"

/** Names the operation of a span: `"chat"`, `"execute_tool"`, `"invoke_agent"`, … */
export const operation = "gen_ai.operation.name"
const conversationId = "gen_ai.conversation.id"
export const provider = "gen_ai.provider.name"
/** The provider, by its older name. */
export const system = "gen_ai.system"

export const requestModel = "gen_ai.request.model"
export const responseModel = "gen_ai.response.model"
export const responseId = "gen_ai.response.id"
export const finishReasons = "gen_ai.response.finish_reasons"
/** Seconds until the first token of a stream. */
export const timeToFirstChunk = "gen_ai.response.time_to_first_chunk"
export const stream = "gen_ai.request.stream"
export const stopSequences = "gen_ai.request.stop_sequences"
/** The form that is asked for: `"text"` or `"json"`. */
export const outputType = "gen_ai.output.type"

export const inputTokens = "gen_ai.usage.input_tokens"
export const outputTokens = "gen_ai.usage.output_tokens"
export const cachedInputTokens = "gen_ai.usage.cache_read.input_tokens"
export const cacheWriteTokens = "gen_ai.usage.cache_write.input_tokens"
/** The tokens written to a cache, by their older name. */
export const cacheCreationTokens = "gen_ai.usage.cache_creation.input_tokens"
export const reasoningTokens = "gen_ai.usage.reasoning.output_tokens"
export const cost = "gen_ai.usage.cost"

export const agentId = "gen_ai.agent.id"
export const agentName = "gen_ai.agent.name"
export const workflowName = "gen_ai.workflow.name"
export const toolName = "gen_ai.tool.name"
export const toolType = "gen_ai.tool.type"
export const toolDescription = "gen_ai.tool.description"
export const toolDefinitions = "gen_ai.tool.definitions"
export const toolCallId = "gen_ai.tool.call.id"
export const toolArguments = "gen_ai.tool.call.arguments"
export const toolResult = "gen_ai.tool.call.result"

export const inputMessages = "gen_ai.input.messages"
export const outputMessages = "gen_ai.output.messages"
export const systemInstructions = "gen_ai.system_instructions"

/** The server that was asked: its name or address, and the port. */
export const serverAddress = "server.address"
export const serverPort = "server.port"

export const convention = {
  reads: {
    conversationId: [conversationId],
    userId: [userId],
    errorType: [errorType],
    model: [responseModel, requestModel],
    requestModel: [requestModel],
    provider: [provider, system],
    inputTokens: [inputTokens, "gen_ai.usage.prompt_tokens", "llm.usage.prompt_tokens"],
    outputTokens: [outputTokens, "gen_ai.usage.completion_tokens", "llm.usage.completion_tokens"],
    cachedInputTokens: [cachedInputTokens, "gen_ai.usage.cache_read_input_tokens"],
    cacheWriteTokens: [cacheWriteTokens, cacheCreationTokens, "gen_ai.usage.cache_creation_input_tokens"],
    reasoningTokens: [reasoningTokens, "gen_ai.usage.reasoning_tokens"],
    timeToFirstToken: [timeToFirstChunk],
    costUsd: [cost],
    toolName: [toolName],
    agentName: [agentName]
  },
  seconds: [timeToFirstChunk],
  types: {
    attribute: operation,
    words: {
      chat: "model_generation",
      text_completion: "model_generation",
      generate_content: "model_generation",
      embeddings: "model_generation",
      execute_tool: "tool_call",
      invoke_agent: "agent_run",
      invoke_workflow: "workflow_run",
      retrieval: "retrieval"
    }
  },
  content: {
    [inputMessages]: "messages",
    [outputMessages]: "messages",
    [systemInstructions]: "parts",
    "gen_ai.tool.definitions": "definitions",
    [toolArguments]: "data",
    [toolResult]: "data",
    "gen_ai.prompt": "data",
    "gen_ai.completion": "data"
  },
  said: { input: [inputMessages, "gen_ai.prompt"], output: [outputMessages, "gen_ai.completion"] }
} as const satisfies Convention
