/** OpenInference (https://github.com/Arize-ai/openinference/blob/main/spec/semantic_conventions.md). */
import type { Convention } from "./Convention.js"

/** Says what a span is: `"LLM"`, `"TOOL"`, … */
export const kind = "openinference.span.kind"

export const convention = {
  reads: {
    model: ["llm.model_name", "embedding.model_name"],
    provider: ["llm.provider", "llm.system"],
    inputTokens: ["llm.token_count.prompt"],
    outputTokens: ["llm.token_count.completion"],
    cachedInputTokens: ["llm.token_count.prompt_details.cache_read"],
    cacheWriteTokens: ["llm.token_count.prompt_details.cache_write"],
    reasoningTokens: ["llm.token_count.completion_details.reasoning"],
    costUsd: ["llm.cost.total"],
    toolName: ["tool.name"],
    agentName: ["agent.name"]
  },
  types: {
    attribute: kind,
    words: {
      LLM: "model_generation",
      EMBEDDING: "model_generation",
      TOOL: "tool_call",
      AGENT: "agent_run",
      RETRIEVER: "retrieval"
    }
  },
  content: { "input.value": "data", "output.value": "data" },
  said: { input: ["input.value"], output: ["output.value"] }
} as const satisfies Convention
