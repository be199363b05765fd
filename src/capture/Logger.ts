/**
 * Records logs. Once its layer is there, every `Effect.log` of the program becomes a record, beside what its own loggers
 * do.
 *
 * @since 0.1.0
 */
import * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DefaultServices from "effect/DefaultServices"
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import * as FiberRefs from "effect/FiberRefs"
import type * as Layer from "effect/Layer"
import * as EffectLogger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Option from "effect/Option"
import { ParentSpan } from "effect/Tracer"
import * as ids from "../identity/internal/ids.js"
import { Emitter } from "../signal/Emitter.js"
import { UnsafeLog } from "../signal/internal/unsafe.js"
import type { Json, JsonObject } from "../signal/Json.js"
import type { Level, LogRecord } from "../signal/LogRecord.js"
import { type ReadRef, sessionOf, tracingOf } from "./internal/correlation.js"
import { toJson, toJsonObject, wellFormed } from "./internal/json.js"
import type { CaptureOptions } from "./internal/options.js"
import { recordingOf } from "./internal/span.js"

/**
 * Adds a logger to those of the program.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: CaptureOptions): Layer.Layer<never, never, Emitter> =>
  EffectLogger.addScoped(
    Effect.gen(function* () {
      const emitter = yield* Emitter
      let open = true
      yield* Effect.addFinalizer(() =>
        Effect.sync(() => {
          open = false
        })
      )
      return EffectLogger.make((entry) => {
        if (!open) return
        try {
          emitter.emit(toRecord(entry, options))
        } catch {
          // Whatever is wrong with a log, the program that wrote it goes on.
        }
      })
    })
  )

const toRecord = (entry: EffectLogger.Logger.Options<unknown>, options: CaptureOptions): LogRecord => {
  const { limits } = options
  const read: ReadRef = (ref) => FiberRefs.getOrDefault(entry.context, ref)
  const around = Option.getOrUndefined(Context.getOption(read(FiberRef.currentContext), ParentSpan))
  // Where tracing is disabled, Effect makes spans without ids.
  const span = around?.traceId === "noop" ? undefined : around
  const tracing = tracingOf(read, limits)
  const clock = Context.get(read(DefaultServices.currentServices), Clock.Clock)
  const strings: Array<string> = []
  const data: Array<Json> = []
  for (const part of Arr.ensure(entry.message)) {
    if (typeof part === "string") strings.push(part)
    else {
      const json = toJson(part, limits)
      if (json !== undefined) data.push(json)
    }
  }
  const millis = entry.date.getTime()
  return new UnsafeLog({
    logId: ids.uuid7(millis),
    timestamp: clock.unsafeCurrentTimeNanos(),
    level: toLevel(entry.logLevel),
    message: wellFormed(strings.join(" "), limits.attributeValueLength),
    data,
    attributes: toJsonObject(entry.annotations, limits).json,
    logSpans: Object.fromEntries(Array.from(entry.spans, (span) => [span.label, millis - span.startTime])),
    cause: Cause.isEmpty(entry.cause) ? undefined : prettyCause(entry.cause, limits.attributeValueLength),
    traceId: span?.traceId,
    spanId: span?.spanId,
    sessionId: sessionOf(read, span) ?? options.defaultSessionId,
    threadId: tracing.threadId,
    runId: tracing.runId,
    requestId: tracing.requestId,
    resourceId: tracing.resourceId,
    userId: tracing.userId ?? options.userId,
    organizationId: tracing.organizationId ?? options.organizationId,
    conversationId: span && recordingOf(span)?.conversationId(),
    serviceName: options.serviceName,
    environment: options.environment,
    tags: tracing.tags ?? [],
    metadata: tracing.metadata as JsonObject | undefined
  })
}

const prettyCause = (cause: Cause.Cause<unknown>, length: number): string => {
  try {
    return wellFormed(Cause.pretty(cause, { renderErrorCause: true }), length)
  } catch {
    return "[Threw]"
  }
}

/** The level of the record: the most severe one that is not above the logged one. */
const toLevel = ({ ordinal }: LogLevel.LogLevel): Level =>
  ordinal >= LogLevel.Fatal.ordinal
    ? "fatal"
    : ordinal >= LogLevel.Error.ordinal
      ? "error"
      : ordinal >= LogLevel.Warning.ordinal
        ? "warn"
        : ordinal >= LogLevel.Info.ordinal
          ? "info"
          : ordinal >= LogLevel.Debug.ordinal
            ? "debug"
            : "trace"
