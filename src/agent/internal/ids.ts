import * as Effect from "effect/Effect"
import * as LoggerContext from "../LoggerContext.js"

/** Whom the work of a tool or a workflow belongs to. */
export interface Ids extends Pick<LoggerContext.LoggerContext, "sessionId" | "threadId" | "runId" | "requestId"> {}

export const current: Effect.Effect<Ids> = Effect.map(
  LoggerContext.current,
  ({ requestId, runId, sessionId, threadId }) => ({ sessionId, threadId, runId, requestId })
)
