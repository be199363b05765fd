/** The attributes of this library. */
import type { Convention } from "./Convention.js"

/** States the type of a span, whatever else its attributes would say. */
export const spanType = "effect_observability.span_type"

/** Set to `true` on the span of a workflow activity that was replayed and not run. */
export const replay = "effect_observability.replay"

const threadId = "effect_observability.thread_id"
const runId = "effect_observability.run_id"
const requestId = "effect_observability.request_id"
export const organizationId = "effect_observability.organization_id"
export const costSource = "effect_observability.cost_source"
/** Of the tokens that were written to a cache, those that stay for an hour: they cost more than those for 5 minutes. */
export const cacheWrite1hTokens = "effect_observability.cache_write_1h_tokens"
const timeToFirstToken = "effect_observability.time_to_first_token"

export const convention = {
  reads: {
    threadId: [threadId],
    runId: [runId],
    requestId: [requestId],
    costSource: [costSource],
    timeToFirstToken: [timeToFirstToken]
  },
  types: {
    attribute: spanType,
    words: {
      agent_run: "agent_run",
      model_generation: "model_generation",
      tool_call: "tool_call",
      workflow_run: "workflow_run",
      workflow_step: "workflow_step",
      retrieval: "retrieval",
      generic: "generic"
    }
  }
} as const satisfies Convention
