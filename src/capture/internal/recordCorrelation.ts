import * as Context from "effect/Context"
import * as FiberRef from "effect/FiberRef"
import * as Option from "effect/Option"
import { type AnySpan, ParentSpan } from "effect/Tracer"
import { hasValidIds, type ReadRef, sessionOf } from "../../identity/internal/currentCorrelation.js"
import type { LogRecord } from "../../signal/LogRecord.js"
import { tracingOf } from "./currentTracing.js"
import type { CaptureOptions } from "./options.js"
import { recordedOf } from "./span.js"

/** The fields that logs and scores share: whom they belong to, and where they were made. */
export type Correlation = Pick<
  LogRecord,
  | "traceId"
  | "spanId"
  | "sessionId"
  | "threadId"
  | "runId"
  | "requestId"
  | "resourceId"
  | "userId"
  | "organizationId"
  | "conversationId"
  | "serviceName"
  | "environment"
  | "tags"
  | "metadata"
>

/** The correlation of what a fiber does now. */
export const correlationOf = (read: ReadRef, options: CaptureOptions): Correlation => {
  const span = spanOf(read)
  const tracing = tracingOf(read, options.limits).fields
  return {
    traceId: span?.traceId,
    spanId: span?.spanId,
    sessionId: sessionOf(read, span) ?? options.defaultSessionId,
    threadId: tracing.threadId,
    runId: tracing.runId,
    requestId: tracing.requestId,
    resourceId: tracing.resourceId,
    userId: tracing.userId ?? options.userId,
    organizationId: tracing.organizationId ?? options.organizationId,
    conversationId: span && recordedOf(span)?.conversationId(),
    serviceName: options.serviceName,
    environment: options.environment,
    tags: tracing.tags ?? [],
    metadata: tracing.metadata
  }
}

/** The span that a fiber is in. */
export const spanOf = (read: ReadRef): AnySpan | undefined => {
  const around = Option.getOrUndefined(Context.getOption(read(FiberRef.currentContext), ParentSpan))
  return around !== undefined && hasValidIds(around) ? around : undefined
}
