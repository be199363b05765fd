import type { Response } from "@effect/ai"
import { assert, describe, it } from "@effect/vitest"
import { tokensOf } from "../../src/agent/internal/usage.js"

const tokens = (usage: object, metadata?: unknown) => {
  const { cacheWriteTokens, cachedInputTokens, costUsd, inputTokens, outputTokens, reasoningTokens } = tokensOf({
    usage: usage as Response.Usage,
    metadata
  })
  return [inputTokens, outputTokens, cachedInputTokens, cacheWriteTokens, reasoningTokens, costUsd]
}
const no = undefined

describe("tokens", () => {
  const anthropic = {
    input_tokens: 12,
    output_tokens: 5,
    cache_read_input_tokens: 4000,
    cache_creation_input_tokens: 800
  }
  const rows: Record<string, readonly [usage: object, metadata: unknown, expected: ReadonlyArray<number | undefined>]> =
    {
      "of Anthropic include the cache": [
        { inputTokens: 12, outputTokens: 5, totalTokens: 17, cachedInputTokens: 4000 },
        { anthropic: { usage: anthropic } },
        [4812, 5, 4000, 800, no, no]
      ],
      "of Anthropic, where only the cache was written": [
        { inputTokens: 12, outputTokens: 5, totalTokens: 17 },
        { anthropic: { usage: { ...anthropic, cache_read_input_tokens: null } } },
        [812, 5, no, 800, no, no]
      ],
      "of Anthropic that include the cache already are not counted twice": [
        { inputTokens: 4812, outputTokens: 5, totalTokens: 4817, cachedInputTokens: 4000 },
        { anthropic: { usage: anthropic } },
        [4812, 5, 4000, 800, no, no]
      ],
      "of Anthropic, whose usage is of a shape that nobody knows": [
        { inputTokens: 12, outputTokens: 5, totalTokens: 17, cachedInputTokens: 4000 },
        { anthropic: { usage: "many" } },
        [12, 5, 4000, no, no, no]
      ],
      "of Anthropic without a cache": [
        { inputTokens: 12, outputTokens: 5, totalTokens: 17 },
        {
          anthropic: {
            usage: { input_tokens: 12, output_tokens: 5, cache_read_input_tokens: 0, cache_creation_input_tokens: 0 }
          }
        },
        [12, 5, 0, 0, no, no]
      ],
      "of Gemini include the thoughts": [
        { inputTokens: 10, outputTokens: 20, totalTokens: 130, reasoningTokens: 100 },
        { google: {} },
        [10, 120, no, no, 100, no]
      ],
      "of Gemini, by what it said": [
        { inputTokens: 10, outputTokens: 20, totalTokens: 137, reasoningTokens: 100 },
        {
          google: {
            usageMetadata: {
              promptTokenCount: 10,
              candidatesTokenCount: 20,
              thoughtsTokenCount: 100,
              toolUsePromptTokenCount: 7
            }
          }
        },
        [17, 120, no, no, 100, no]
      ],
      "of Gemini that was stopped while it thought": [
        { inputTokens: 10, outputTokens: no, totalTokens: 110, reasoningTokens: 100 },
        { google: { usageMetadata: { promptTokenCount: 10, thoughtsTokenCount: 100, totalTokenCount: 110 } } },
        [10, 100, no, no, 100, no]
      ],
      "of Gemini that include the thoughts already are not counted twice": [
        { inputTokens: 10, outputTokens: 120, totalTokens: 130, reasoningTokens: 100 },
        { google: { usageMetadata: { promptTokenCount: 10, candidatesTokenCount: 20, thoughtsTokenCount: 100 } } },
        [10, 120, no, no, 100, no]
      ],
      "of Gemini that include them by their sum": [
        { inputTokens: 10, outputTokens: 120, totalTokens: 130, reasoningTokens: 100 },
        { google: {} },
        [10, 120, no, no, 100, no]
      ],
      "of Bedrock include the cache": [
        { inputTokens: 12, outputTokens: 5, totalTokens: 4817, cachedInputTokens: 4000 },
        { bedrock: { usage: { cacheWriteInputTokens: 800 } } },
        [4812, 5, 4000, 800, no, no]
      ],
      "of Bedrock, whose total leaves the cache out": [
        { inputTokens: 12, outputTokens: 5, totalTokens: 17, cachedInputTokens: 4000 },
        { bedrock: { usage: { cacheWriteInputTokens: 800 } } },
        [4812, 5, 4000, 800, no, no]
      ],
      "of Bedrock that include the cache already are not counted twice": [
        { inputTokens: 4812, outputTokens: 5, totalTokens: 4817, cachedInputTokens: 4000 },
        { bedrock: { usage: { cacheWriteInputTokens: 800 } } },
        [4812, 5, 4000, 800, no, no]
      ],
      "of Bedrock that were not known when its stream said so": [
        { inputTokens: no, outputTokens: no, totalTokens: no },
        { bedrock: { usage: {} } },
        [no, no, no, no, no, no]
      ],
      "of OpenAI are as they are": [
        { inputTokens: 1200, outputTokens: 300, totalTokens: 1500, cachedInputTokens: 1024, reasoningTokens: 256 },
        { openai: { serviceTier: "default" } },
        [1200, 300, 1024, no, 256, no]
      ],
      "of OpenRouter come with a cost": [
        { inputTokens: 1200, outputTokens: 300, totalTokens: 1500, cachedInputTokens: 1024 },
        { openrouter: { usage: { cost: 0.5, promptTokensDetails: { cache_write_tokens: 7 } } } },
        [1200, 300, 1024, 7, no, 0.5]
      ],
      "of somebody else are as they are": [
        { inputTokens: 3, outputTokens: 4, totalTokens: 7 },
        { parrots: { usage: { input_tokens: 9 } } },
        [3, 4, no, no, no, no]
      ],
      "that are no counts are none": [
        { inputTokens: Number.NaN, outputTokens: -1, totalTokens: "7" },
        null,
        [no, no, no, no, no, no]
      ]
    }
  for (const [name, [usage, metadata, expected]] of Object.entries(rows)) {
    it(name, () => assert.deepStrictEqual(tokens(usage, metadata), expected))
  }
})
