/** Attributes of the OpenTelemetry GenAI conventions (https://opentelemetry.io/docs/specs/semconv/gen-ai/). */
import * as conventions from "../../signal/internal/conventions.js"

export const { operation, toolCallId, toolName } = conventions

export const agentId = "gen_ai.agent.id"
export const agentName = "gen_ai.agent.name"
export const provider = "gen_ai.provider.name"
export const requestModel = "gen_ai.request.model"
export const toolArguments = "gen_ai.tool.call.arguments"
export const toolResult = "gen_ai.tool.call.result"
export const inputMessages = "gen_ai.input.messages"
export const outputMessages = "gen_ai.output.messages"
export const systemInstructions = "gen_ai.system_instructions"

/** What a model says of its response. */
export interface Response {
  readonly id?: string | undefined
  /** The model that answered, where it is not the one that was asked for. */
  readonly model?: string | undefined
  readonly finishReasons?: ReadonlyArray<string> | undefined
  readonly inputTokens?: number | undefined
  readonly outputTokens?: number | undefined
  /** Of the input tokens, those that came from a cache. */
  readonly cachedInputTokens?: number | undefined
  /** Of the output tokens, those that were spent on reasoning. */
  readonly reasoningTokens?: number | undefined
  /** US dollars. */
  readonly costUsd?: number | undefined
}

export const ofResponse = (response: Response) => ({
  "gen_ai.response.id": response.id,
  "gen_ai.response.model": response.model,
  "gen_ai.response.finish_reasons": response.finishReasons,
  "gen_ai.usage.input_tokens": response.inputTokens,
  "gen_ai.usage.output_tokens": response.outputTokens,
  "gen_ai.usage.cache_read.input_tokens": response.cachedInputTokens,
  "gen_ai.usage.reasoning.output_tokens": response.reasoningTokens,
  "gen_ai.usage.cost": response.costUsd
})

/** A value that is read when it is recorded, and never where it is not. What it throws is recorded as `"[Threw]"`. */
export const lazily = (value: () => unknown) => ({ toJSON: value })

/** A text as the only message of a role; anything else is taken for messages. */
export const toMessages = (role: "user" | "assistant", content: unknown): unknown =>
  typeof content === "string" ? [{ role, parts: [{ type: "text", content }] }] : content
