/** The telemetry of the AI SDK (https://ai-sdk.dev/docs/ai-sdk-core/telemetry). Its outer spans repeat the usage of the inner. */
import type { Convention } from "./Convention.js"

export const convention = {
  reads: {
    model: ["ai.response.model", "ai.model.id"],
    requestModel: ["ai.model.id"],
    inputTokens: ["ai.usage.inputTokens", "ai.usage.promptTokens", "ai.usage.tokens"],
    outputTokens: ["ai.usage.outputTokens", "ai.usage.completionTokens"],
    cachedInputTokens: ["ai.usage.cachedInputTokens"],
    reasoningTokens: ["ai.usage.reasoningTokens"],
    toolName: ["ai.toolCall.name"]
  },
  types: {
    attribute: "ai.operationId",
    words: {
      "ai.generateText": "agent_run",
      "ai.streamText": "agent_run",
      "ai.generateObject": "agent_run",
      "ai.streamObject": "agent_run",
      "ai.generateText.doGenerate": "model_generation",
      "ai.streamText.doStream": "model_generation",
      "ai.generateObject.doGenerate": "model_generation",
      "ai.streamObject.doStream": "model_generation",
      "ai.embed": "model_generation",
      "ai.embedMany": "model_generation",
      "ai.embed.doEmbed": "model_generation",
      "ai.embedMany.doEmbed": "model_generation",
      "ai.toolCall": "tool_call"
    }
  },
  said: { input: ["ai.prompt.messages", "ai.prompt"], output: ["ai.response.text", "ai.response.object"] }
} as const satisfies Convention
