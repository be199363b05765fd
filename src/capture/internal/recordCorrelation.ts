import * as Context from "effect/Context"
import * as FiberRef from "effect/FiberRef"
import * as Option from "effect/Option"
import { type AnySpan, ParentSpan } from "effect/Tracer"
import { hasValidIds, type ReadRef, sessionOf } from "../../identity/internal/currentCorrelation.js"
import type { Said } from "../../signal/conventions/index.js"
import type { CorrelationField } from "../../signal/internal/correlation.js"
import type { LogRecord } from "../../signal/LogRecord.js"
import { tracingOf } from "./currentTracing.js"
import type { CaptureOptions } from "./options.js"
import { recordedOf } from "./span.js"

/** The fields that logs and scores share: whom they belong to, and where they were made. */
export type Correlation = Pick<LogRecord, CorrelationField>

/** The correlation of what a fiber does now. What the record itself says counts for less, as with the attributes of a span. */
export const correlationOf = (read: ReadRef, options: CaptureOptions, said: Said = none): Correlation => {
  const span = spanOf(read)
  const tracing = tracingOf(read, options.limits).fields
  return {
    traceId: span?.traceId,
    spanId: span?.spanId,
    sessionId: sessionOf(read, span) ?? said.sessionId ?? options.defaultSessionId,
    threadId: tracing.threadId ?? said.threadId,
    runId: tracing.runId ?? said.runId,
    requestId: tracing.requestId ?? said.requestId,
    resourceId: tracing.resourceId,
    userId: tracing.userId ?? said.userId ?? options.userId,
    organizationId: tracing.organizationId ?? options.organizationId,
    conversationId: (span && recordedOf(span)?.conversationId()) ?? said.conversationId,
    serviceName: options.serviceName,
    environment: options.environment,
    tags: tracing.tags ?? [],
    metadata: tracing.metadata
  }
}

const none: Said = {}

/** The span that a fiber is in. */
export const spanOf = (read: ReadRef): AnySpan | undefined => {
  const around = Option.getOrUndefined(Context.getOption(read(FiberRef.currentContext), ParentSpan))
  return around !== undefined && hasValidIds(around) ? around : undefined
}
