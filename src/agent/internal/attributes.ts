/** What the spans of agents, models and tools say by the GenAI conventions. */
import * as genAi from "../../signal/conventions/genAi.js"

/** The facts that a model gives with its response. */
export interface Response {
  readonly id?: string | undefined
  /** The model that answered, where it is not the one that was asked for. */
  readonly model?: string | undefined
  readonly finishReasons?: ReadonlyArray<string> | undefined
  /** All of the input, with what was read from a cache and written to it. Some providers count these apart: add them. */
  readonly inputTokens?: number | undefined
  /** All of the output, with the reasoning. Some providers count it apart: add it. */
  readonly outputTokens?: number | undefined
  /** Of the input tokens, those that were read from a cache. */
  readonly cachedInputTokens?: number | undefined
  /** Of the input tokens, those that were written to a cache. */
  readonly cacheWriteTokens?: number | undefined
  /** Of the output tokens, those that were spent on reasoning. */
  readonly reasoningTokens?: number | undefined
  /** US dollars. */
  readonly costUsd?: number | undefined
}

export const ofResponse = (response: Response) => ({
  [genAi.responseId]: response.id,
  [genAi.responseModel]: response.model,
  [genAi.finishReasons]: response.finishReasons,
  [genAi.inputTokens]: response.inputTokens,
  [genAi.outputTokens]: response.outputTokens,
  [genAi.cachedInputTokens]: response.cachedInputTokens,
  [genAi.cacheWriteTokens]: response.cacheWriteTokens,
  [genAi.cacheCreationTokens]: response.cacheWriteTokens,
  [genAi.reasoningTokens]: response.reasoningTokens,
  [genAi.cost]: response.costUsd
})

/** A value that is read when it is recorded, and never where it is not. What it throws is recorded as `"[Threw]"`. */
export const lazily = (value: () => unknown) => ({ toJSON: value })

/** A text as the only message of a role; anything else is taken for messages. */
export const toMessages = (role: "user" | "assistant", content: unknown): unknown =>
  typeof content === "string" ? [{ role, parts: [{ type: "text", content }] }] : content
