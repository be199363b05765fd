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
import { globalValue } from "effect/GlobalValue"
import * as HashSet from "effect/HashSet"
import * as Iterable from "effect/Iterable"
import * as Layer from "effect/Layer"
import * as EffectLogger from "effect/Logger"
import * as EffectLogLevel from "effect/LogLevel"
import * as Option from "effect/Option"
import { type AnySpan, ParentSpan } from "effect/Tracer"
import { hasValidIds, type ReadRef, sessionOf } from "../identity/internal/correlation.js"
import * as ids from "../identity/internal/ids.js"
import { Emitter } from "../signal/Emitter.js"
import { UnsafeLog } from "../signal/internal/unsafe.js"
import type { Json, JsonObject } from "../signal/Json.js"
import type { Level, LogRecord } from "../signal/LogRecord.js"
import { tracingOf } from "./internal/correlation.js"
import * as failure from "./internal/failure.js"
import { toJson, toJsonObject, wellFormed } from "./internal/json.js"
import * as logLevel from "./internal/logLevel.js"
import type { CaptureOptions } from "./internal/options.js"
import { recordingOf } from "./internal/span.js"

/**
 * A level, or `"none"` for no logs at all.
 *
 * @since 0.1.0
 * @category models
 */
export type LogLevel = logLevel.LogLevel

/**
 * The logger that records.
 *
 * @since 0.1.0
 * @category tags
 */
export class Logger extends Context.Tag("effect-observability/Logger")<
  Logger,
  {
    /** The least severe level that is recorded. */
    readonly logLevel: Effect.Effect<LogLevel>
    /**
     * Changes the least severe level that is recorded, at once and for all fibers, and records that it did. With
     * `console: true` the program's other loggers show that level too, until the next change: each change without it
     * gives them back the level that they have by themselves. Where the program sets a minimum level of its own, inside
     * the layer, that one still decides.
     */
    readonly setLogLevel: (level: LogLevel, options?: { readonly console?: boolean | undefined }) => Effect.Effect<void>
  }
>() {}

/**
 * @since 0.1.0
 * @category models
 */
export interface LoggerOptions extends CaptureOptions {
  /** The least severe level that is recorded at first. The program's other loggers keep theirs. */
  readonly logLevel: LogLevel
}

/**
 * Adds a logger to those of the program. In a trace that is not sampled it records warnings and what is more severe; the
 * rest only where the trace is kept.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: LoggerOptions): Layer.Layer<Logger, never, Emitter> =>
  Layer.scoped(
    Logger,
    Effect.gen(function* () {
      const emitter = yield* Emitter
      const minimum = new logLevel.MinimumLevel(yield* FiberRef.get(FiberRef.currentMinimumLogLevel), options.logLevel)
      const recording = (record: (entry: EffectLogger.Logger.Options<unknown>) => void) =>
        EffectLogger.make<unknown, void>((entry) => {
          if (!minimum.records(entry)) return
          try {
            record(entry)
          } catch {
            // Whatever is wrong with a log, the program that wrote it goes on.
          }
        })
      const emit = (entry: EffectLogger.Logger.Options<unknown>) => emitter.emit(toRecord(entry, options))
      const recorder = logLevel.knowing(
        recording((entry) => {
          const span = spanOf((ref) => FiberRefs.getOrDefault(entry.context, ref))
          const recorded = span && recordingOf(span, emitter)
          if ((recorded ?? span)?.sampled !== false || isSevere(entry)) emit(entry)
          else recorded?.log(() => toRecord(entry, options))
        })
      )
      yield* Effect.addFinalizer(() => Effect.sync(() => minimum.close()))
      yield* Effect.locallyScopedWith(FiberRef.currentLoggers, HashSet.add(recorder))
      yield* Effect.locallyScoped(FiberRef.currentMinimumLogLevel, minimum)
      recorders.set(recorder, options)
      return {
        logLevel: Effect.sync(() => minimum.level),
        setLogLevel: (word, { console = false } = {}) =>
          Effect.suspend(() => {
            const level = logLevel.fromWord(word)
            const previous = minimum.level
            if (level === undefined) return Effect.logWarning(`The log level stays "${previous}": "${word}" is none`)
            minimum.set(level, { shown: console })
            return Effect.logInfo("The log level was changed", { from: previous, to: level, console }).pipe(
              Effect.locally(FiberRef.currentLoggers, HashSet.make(recording(emit))),
              Effect.locally(FiberRef.currentMinimumLogLevel, EffectLogLevel.All)
            )
          })
      }
    })
  )

/**
 * What the records of logs say besides the log: whom it belongs to, and where it was made.
 *
 * @since 0.1.0
 * @category models
 */
export interface Correlation
  extends Pick<
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
  > {}

/**
 * The correlation that the next log of the current fiber will be recorded with; `none` where no logs are recorded.
 *
 * @since 0.1.0
 * @category accessors
 */
export const correlation: Effect.Effect<Option.Option<Correlation>> = Effect.map(Effect.getFiberRefs, (refs) => {
  const read: ReadRef = (ref) => FiberRefs.getOrDefault(refs, ref)
  const options = Iterable.findFirst(read(FiberRef.currentLoggers), (logger) =>
    Option.fromNullable(recorders.get(logger))
  )
  return Option.map(options, (options) => correlationOf(read, options))
})

/**
 * The loggers that record, by which their options are found. A FiberRef for that would be one more that every span copies.
 */
const recorders: WeakMap<EffectLogger.Logger<unknown, unknown>, CaptureOptions> = globalValue(
  "effect-observability/Logger/recorders",
  () => new WeakMap()
)

const toRecord = (entry: EffectLogger.Logger.Options<unknown>, options: CaptureOptions): LogRecord => {
  const { limits } = options
  const read: ReadRef = (ref) => FiberRefs.getOrDefault(entry.context, ref)
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
    cause: Cause.isEmpty(entry.cause) ? undefined : failure.pretty(entry.cause, limits),
    ...correlationOf(read, options)
  })
}

const correlationOf = (read: ReadRef, options: CaptureOptions): Correlation => {
  const span = spanOf(read)
  const tracing = tracingOf(read, options.limits)
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
    conversationId: span && recordingOf(span)?.conversationId(),
    serviceName: options.serviceName,
    environment: options.environment,
    tags: tracing.tags ?? [],
    metadata: tracing.metadata as JsonObject | undefined
  }
}

/** The span that a log is made in. */
const spanOf = (read: ReadRef): AnySpan | undefined => {
  const around = Option.getOrUndefined(Context.getOption(read(FiberRef.currentContext), ParentSpan))
  return around !== undefined && hasValidIds(around) ? around : undefined
}

/** Whether a log is recorded whatever becomes of its trace. */
const isSevere = ({ logLevel }: EffectLogger.Logger.Options<unknown>): boolean =>
  logLevel.ordinal >= EffectLogLevel.Warning.ordinal

/** The level of the record: the most severe one that is not above the logged one. */
const toLevel = ({ ordinal }: EffectLogLevel.LogLevel): Level =>
  ordinal >= EffectLogLevel.Fatal.ordinal
    ? "fatal"
    : ordinal >= EffectLogLevel.Error.ordinal
      ? "error"
      : ordinal >= EffectLogLevel.Warning.ordinal
        ? "warn"
        : ordinal >= EffectLogLevel.Info.ordinal
          ? "info"
          : ordinal >= EffectLogLevel.Debug.ordinal
            ? "debug"
            : "trace"
