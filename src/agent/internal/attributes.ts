/** What the spans of agents, models and tools say by the GenAI conventions. */
import { cacheWrite1hTokens, costSource } from "../../signal/conventions/effectObservability.js"
import * as genAi from "../../signal/conventions/genAi.js"
import type { CostSource } from "../../signal/SpanRecord.js"

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
  /** Of the tokens that were written to a cache, those that stay there for an hour, which cost more. */
  readonly cacheWrite1hTokens?: number | undefined
  /** Of the output tokens, those that were spent on reasoning. */
  readonly reasoningTokens?: number | undefined
  /** US dollars, as the provider or a gateway says it. */
  readonly costUsd?: number | undefined
}

export const ofResponse = (response: Response) => ({
  [genAi.responseId]: response.id,
  [genAi.responseModel]: response.model,
  [genAi.finishReasons]: response.finishReasons,
  [genAi.inputTokens]: withParts(response.inputTokens, response.cachedInputTokens, response.cacheWriteTokens),
  [genAi.outputTokens]: withParts(response.outputTokens, response.reasoningTokens),
  [genAi.cachedInputTokens]: response.cachedInputTokens,
  [genAi.cacheWriteTokens]: response.cacheWriteTokens,
  [genAi.cacheCreationTokens]: response.cacheWriteTokens,
  [genAi.reasoningTokens]: response.reasoningTokens,
  [cacheWrite1hTokens]: response.cacheWrite1hTokens,
  ...ofCost(response.costUsd, "provider")
})

/** A cost, and who says it. */
export const ofCost = (costUsd: number | undefined, source: CostSource) => ({
  [genAi.cost]: costUsd,
  [costSource]: isCount(costUsd) ? source : undefined
})

/** A count with its parts: where they are more than the whole, it was counted apart from them. */
const withParts = (whole: number | undefined, ...parts: ReadonlyArray<number | undefined>): number | undefined => {
  let sum = 0
  for (const part of parts) if (isCount(part)) sum += part
  return isCount(whole) && whole < sum ? whole + sum : whole
}

const isCount = (value: unknown): value is number => typeof value === "number" && value >= 0 && Number.isFinite(value)

/** A value that is read when it is recorded, and never where it is not. What it throws is recorded as `"[Threw]"`. */
export const lazily = (value: () => unknown) => ({ toJSON: value })

/** A text as the only message of a role; anything else is taken for messages. */
export const toMessages = (role: "user" | "assistant", content: unknown): unknown =>
  typeof content === "string" ? [{ role, parts: [{ type: "text", content }] }] : content
