/** The attributes of Mastra (https://mastra.ai). */
import type { Convention } from "./Convention.js"

export const convention = {
  reads: {
    threadId: ["mastra.metadata.threadId"],
    runId: ["mastra.metadata.runId"],
    requestId: ["mastra.metadata.requestId"]
  },
  types: {
    attribute: "mastra.span.type",
    words: {
      agent_run: "agent_run",
      model_generation: "model_generation",
      tool_call: "tool_call",
      mcp_tool_call: "tool_call",
      workflow_run: "workflow_run",
      workflow_step: "workflow_step"
    }
  }
} as const satisfies Convention
