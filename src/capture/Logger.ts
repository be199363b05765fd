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
import * as HashMap from "effect/HashMap"
import * as HashSet from "effect/HashSet"
import * as Layer from "effect/Layer"
import * as EffectLogger from "effect/Logger"
import * as EffectLogLevel from "effect/LogLevel"
import * as Option from "effect/Option"
import { type ReadRef, sessionOf } from "../identity/internal/currentCorrelation.js"
import { isSessionId, type SessionId } from "../identity/SessionId.js"
import { logInfo, logWarning } from "../runtime/annotated.js"
import * as ids from "../runtime/ids.js"
import * as moments from "../runtime/moments.js"
import * as wall from "../runtime/wall.js"
import * as genAi from "../signal/conventions/genAi.js"
import * as conventions from "../signal/conventions/index.js"
import { Emitter } from "../signal/Emitter.js"
import { toAttribute } from "../signal/internal/content.js"
import { toJson, toJsonObject, wellFormed } from "../signal/internal/jsonWalk.js"
import * as refusedAttributes from "../signal/internal/refusedAttributes.js"
import { ofContainer, ofRecord, sizeOfJson } from "../signal/internal/size.js"
import type { Json } from "../signal/Json.js"
import type { Level, LogRecord } from "../signal/LogRecord.js"
import { unchecked } from "../signal/Signal.js"
import { signals } from "../signal/signals.js"
import * as bySession from "./internal/bySession.js"
import { tracingOf } from "./internal/currentTracing.js"
import * as doubled from "./internal/doubled.js"
import * as failure from "./internal/failure.js"
import type { HeldLog } from "./internal/heldTraces.js"
import * as logLevel from "./internal/logLevel.js"
import type { CaptureOptions } from "./internal/options.js"
import { correlationOf, type Correlation as InternalCorrelation, spanOf } from "./internal/recordCorrelation.js"
import { loggingOf, type Recorder, register } from "./internal/recorders.js"
import { recordedOf } from "./internal/span.js"

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
 * How logs are recorded: from which level on, and with which facts about the program.
 *
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
 * @example
 * ```ts
 * import { Layer } from "effect"
 * import { Emitter, Logger } from "effect-observability"
 *
 * // records logs without `Observability`: whoever provides the `Emitter` gets them
 * declare const EmitterLive: Layer.Layer<Emitter.Emitter>
 *
 * const LoggerLive = Logger.layer({
 *   serviceName: "support-agent",
 *   resource: {},
 *   limits: { attributeCount: 128, attributeValueLength: 1_000, attributeDepth: 8, eventCount: 128, linkCount: 128 },
 *   logLevel: "info"
 * }).pipe(Layer.provide(EmitterLive))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: LoggerOptions): Layer.Layer<Logger, never, Emitter> =>
  Layer.scoped(
    Logger,
    Effect.gen(function* () {
      const emitter = yield* Emitter
      const recorder = { options, emitter, open: true }
      const minimum = new logLevel.MinimumLevel(yield* FiberRef.get(FiberRef.currentMinimumLogLevel), options.logLevel)
      const recording = (record: (entry: EffectLogger.Logger.Options<unknown>) => void) =>
        EffectLogger.make<unknown, void>((entry) => {
          if (!minimum.records(entry)) return
          try {
            record(entry)
          } catch {
            // A log that cannot be recorded is no reason for the program that wrote it to stop.
          }
        })
      const emit = (entry: EffectLogger.Logger.Options<unknown>) => {
        const { bytes, record } = toRecord(entry, recorder)
        emitter.emit("logs", record, bytes)
      }
      const logger = logLevel.knowing(
        recording((entry) => {
          const read: ReadRef = (ref) => FiberRefs.getOrDefault(entry.context, ref)
          if (!doubled.records(recorder, read)) return
          const span = spanOf(read)
          const recorded = span && recordedOf(span, emitter)
          const own = bySession.has(emitter)
            ? bySession.isSampled(emitter, sessionOf(read, span) ?? namedSession(entry), recorded)
            : undefined
          if (own ?? (recorded ?? span)?.sampled !== false) emit(entry)
          else if (isSevere(entry)) emit(entry)
          else if (own === undefined) recorded?.log(() => toRecord(entry, recorder))
        })
      )
      yield* Effect.addFinalizer(() =>
        Effect.sync(() => {
          recorder.open = false
          doubled.close(recorder)
          minimum.close()
        })
      )
      yield* Effect.locallyScopedWith(FiberRef.currentLoggers, HashSet.add(logger))
      yield* Effect.locallyScoped(FiberRef.currentMinimumLogLevel, minimum)
      register(logger, recorder)
      doubled.open(recorder)
      return {
        logLevel: Effect.sync(() => minimum.level),
        setLogLevel: (word, { console = false } = {}) =>
          Effect.suspend(() => {
            const level = logLevel.fromWord(word)
            const previous = minimum.level
            if (level === undefined) return logWarning("Logger")(`The log level stays "${previous}": "${word}" is none`)
            minimum.set(level, { shown: console })
            return logInfo("Logger")("The log level was changed", { from: previous, to: level, console }).pipe(
              Effect.locally(FiberRef.currentLoggers, HashSet.make(recording(emit))),
              Effect.locally(FiberRef.currentMinimumLogLevel, EffectLogLevel.All)
            )
          })
      }
    })
  )

/**
 * The fields of a record besides the log itself: whom it belongs to, and where it was made.
 *
 * @since 0.1.0
 * @category models
 */
export interface Correlation extends InternalCorrelation {}

/**
 * The correlation that the next log of the current fiber will be recorded with; `none` where no logs are recorded.
 *
 * @since 0.1.0
 * @category accessors
 */
export const correlation: Effect.Effect<Option.Option<Correlation>> = Effect.map(Effect.getFiberRefs, (refs) => {
  const read: ReadRef = (ref) => FiberRefs.getOrDefault(refs, ref)
  return Option.map(Option.fromNullable(loggingOf(read)), ({ options }) => correlationOf(read, options))
})

const toRecord = (entry: EffectLogger.Logger.Options<unknown>, { emitter, options }: Recorder): HeldLog => {
  const { limits } = options
  const read: ReadRef = (ref) => FiberRefs.getOrDefault(entry.context, ref)
  const clock = Context.get(read(DefaultServices.currentServices), Clock.Clock)
  const meter = { bytes: 0, cut: false }
  let cut = 0
  const strings: Array<string> = []
  const data: Array<Json> = []
  for (const part of Arr.ensure(entry.message)) {
    if (typeof part === "string") strings.push(part)
    else {
      meter.cut = false
      const json = toJson(part, limits, meter)
      if (meter.cut) cut++
      if (json !== undefined) data.push(json)
    }
  }
  const millis = entry.date.getTime()
  const attributes = toJsonObject(entry.annotations, limits, meter, toAttribute)
  const tracing = tracingOf(read, limits)
  const message = strings.join(" ")
  if (message.length > limits.attributeValueLength) cut++
  const dropped = attributes.dropped + tracing.dropped + cut
  const record = makeLog({
    logId: ids.uuid7(millis),
    timestamp: moments.of(emitter).next(wall.of(clock).now()),
    level: toLevel(entry.logLevel),
    message: wellFormed(message, limits.attributeValueLength),
    data,
    attributes: attributes.json,
    logSpans: Object.fromEntries(Array.from(entry.spans, (span) => [span.label, millis - span.startTime])),
    cause: Cause.isEmpty(entry.cause) ? undefined : failure.pretty(entry.cause, limits),
    ...correlationOf(read, options, conventions.correlationOf(attributes.json, refusedAttributes.of(emitter).add)),
    dropped: dropped === 0 ? undefined : { attributes: dropped }
  })
  const bytes =
    ofRecord +
    2 * ofContainer +
    meter.bytes +
    tracing.bytes +
    sizeOfJson(record.logSpans) +
    record.message.length +
    (record.cause?.length ?? 0) +
    (dropped === 0 ? 0 : sizeOfJson(record.dropped))
  return { record, bytes }
}

/** The session that the annotations of a log name. */
const namedSession = ({ annotations }: EffectLogger.Logger.Options<unknown>): SessionId | undefined =>
  Option.getOrUndefined(Option.filter(HashMap.get(annotations, genAi.sessionId), isSessionId))

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

/** A log of fields that are known to be valid. */
const makeLog: (fields: ConstructorParameters<typeof LogRecord>[0]) => LogRecord = unchecked(signals.logs)
