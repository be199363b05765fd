/** The fields that spans, logs and scores have in common: whom a record belongs to, and where it was made. */
import * as SessionId from "../../identity/SessionId.js"
import { from } from "../conventions/conventions.js"
import { key, name, names, object, optional } from "../Field.js"

const some = { traces: "some", sessions: "record" } as const
const entry = { traces: "entry", sessions: "record" } as const

export const correlation = {
  /** The multi-turn conversation. */
  sessionId: optional(key({ asked: some, to: ["session.id"] }, SessionId.SessionId, SessionId.isSessionId)),
  /** A persisted memory thread. */
  threadId: optional(
    key({
      asked: some,
      from: from("threadId"),
      to: ["effect_observability.thread_id"]
    })
  ),
  /** One execution of an agent or workflow. */
  runId: optional(
    key({
      asked: some,
      from: from("runId"),
      to: ["effect_observability.run_id"]
    })
  ),
  /** One incoming call. */
  requestId: optional(
    key({
      asked: some,
      from: from("requestId"),
      to: ["effect_observability.request_id"]
    })
  ),
  /** The entity that a memory thread is about: not the OpenTelemetry resource, which is `resource`. */
  resourceId: optional(key({ asked: some, to: ["effect_observability.resource_id"] })),
  userId: optional(key({ asked: some, from: from("userId"), to: ["user.id"] })),
  organizationId: optional(key({ asked: some, to: ["effect_observability.organization_id"] })),
  conversationId: optional(key({ asked: some, from: from("conversationId"), to: ["gen_ai.conversation.id"] })),
  serviceName: name({ asked: entry, fixed: true, shared: true }),
  environment: optional(name({ asked: entry, fixed: true, shared: true })),
  tags: names(),
  metadata: optional(object())
}

/** The names of these fields, and of the ids of the span where a record was made. */
export type CorrelationField = "traceId" | "spanId" | keyof typeof correlation
