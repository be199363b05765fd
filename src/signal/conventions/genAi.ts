/**
 * The OpenTelemetry GenAI conventions (https://opentelemetry.io/docs/specs/semconv/gen-ai/) with their older names, and
 * the general attributes of OpenTelemetry that go with them.
 */
import type { Convention } from "./Convention.js"

/** The session of a span, on every span and log. */
export const sessionId = "session.id"
export const userId = "user.id"
/** Set on a failed span that says what it does by these conventions. */
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

export const inputTokens = "gen_ai.usage.input_tokens"
export const outputTokens = "gen_ai.usage.output_tokens"
export const cachedInputTokens = "gen_ai.usage.cache_read.input_tokens"
const cacheWriteTokens = "gen_ai.usage.cache_write.input_tokens"
export const reasoningTokens = "gen_ai.usage.reasoning.output_tokens"
export const cost = "gen_ai.usage.cost"

export const agentId = "gen_ai.agent.id"
export const agentName = "gen_ai.agent.name"
export const workflowName = "gen_ai.workflow.name"
export const toolName = "gen_ai.tool.name"
export const toolCallId = "gen_ai.tool.call.id"
export const toolArguments = "gen_ai.tool.call.arguments"
export const toolResult = "gen_ai.tool.call.result"

export const inputMessages = "gen_ai.input.messages"
export const outputMessages = "gen_ai.output.messages"
export const systemInstructions = "gen_ai.system_instructions"

export const convention = {
  reads: {
    conversationId: [conversationId],
    userId: [userId],
    model: [responseModel, requestModel],
    requestModel: [requestModel],
    provider: [provider, system],
    inputTokens: [inputTokens, "gen_ai.usage.prompt_tokens"],
    outputTokens: [outputTokens, "gen_ai.usage.completion_tokens"],
    cachedInputTokens: [cachedInputTokens],
    cacheWriteTokens: [cacheWriteTokens, "gen_ai.usage.cache_creation.input_tokens"],
    reasoningTokens: [reasoningTokens],
    costUsd: [cost],
    toolName: [toolName],
    agentName: [agentName]
  },
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
  }
} as const satisfies Convention
