/**
 * Everything wired together: one Layer records the program's spans and logs, and brings them to the storage and to other
 * exporters.
 *
 * @since 0.1.0
 */
import * as Config from "effect/Config"
import type { ConfigError } from "effect/ConfigError"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as ExecutionStrategy from "effect/ExecutionStrategy"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import type { ParseError } from "effect/ParseResult"
import * as Runtime from "effect/Runtime"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as Logger from "./capture/Logger.js"
import * as Metrics from "./capture/Metrics.js"
import * as Sampler from "./capture/Sampler.js"
import * as Tracer from "./capture/Tracer.js"
import { disabled } from "./config/environment.js"
import * as ObservabilityConfig from "./ObservabilityConfig.js"
import type { Exporter } from "./pipeline/Exporter.js"
import * as StorageExporter from "./pipeline/exporters/Storage.js"
import type { FlushError } from "./pipeline/FlushError.js"
import type { InvalidRecord } from "./pipeline/InvalidRecord.js"
import * as BatchWriter from "./pipeline/internal/batchWriter.js"
import { recording, toOffers } from "./pipeline/internal/recording.js"
import * as SensitiveDataFilter from "./pipeline/SensitiveDataFilter.js"
import type { Stats } from "./pipeline/Stats.js"
import { whenProcessEnds } from "./runtime/processEnd.js"
import { Emitter } from "./signal/Emitter.js"
import { perSignal, type RecordOf, type SignalName } from "./signal/signals.js"
import { Storage } from "./storage/Storage.js"

export * from "./pipeline/FlushError.js"
export * from "./pipeline/InvalidRecord.js"
export type * from "./pipeline/Stats.js"

/**
 * The service by which a program waits for its records, asks what became of them, and changes their level.
 *
 * @since 0.1.0
 * @category tags
 */
export class Observability extends Context.Tag("effect-observability/Observability")<
  Observability,
  {
    /**
     * Exports all that was emitted before, at once: spans that have ended, and logs. Waits at most `batch.exportTimeout`, then fails with what remains.
     * Records that an exporter has refused do not remain: `stats` counts them.
     */
    readonly flush: Effect.Effect<void, FlushError>
    /**
     * Waits until all that was emitted before is in the spool, where `durability` is `"disk"`, or was exported meanwhile: a
     * process that is killed then does not lose it. Those who wait at a time share a write. Fails after 5 seconds with what
     * is neither. Elsewhere it waits for nothing.
     */
    readonly saved: Effect.Effect<void, FlushError>
    /** The fate of everything that was emitted. */
    readonly stats: Effect.Effect<Stats>
    /** The least severe level that is recorded. */
    readonly logLevel: Effect.Effect<Logger.LogLevel>
    /**
     * Changes the least severe level that is recorded, at once and for all fibers, and records that it did. With
     * `console: true` the program's other loggers show that level too, until the next change: each change without it
     * gives them back the level that they have by themselves. Where the program sets a minimum level of its own, inside
     * the layer, that one still decides.
     */
    readonly setLogLevel: (
      level: Logger.LogLevel,
      options?: { readonly console?: boolean | undefined }
    ) => Effect.Effect<void>
    /**
     * Hands finished records of any signal to the pipeline, which masks, prices and exports them as the program's own, and
     * gives how many it had room for: from the first on, as many as every exporter has room for now. Whoever hands them over
     * still has the rest, and may come again. With `whole: true` it takes all of them or none, unless they are more than
     * `batch.maxQueueSize` or `batch.maxQueueBytes` ever let in. A span without an end is shown as running until it comes
     * again with one, and is not counted.
     */
    readonly record: (
      records: ReadonlyArray<RecordOf<SignalName>>,
      options?: RecordOptions
    ) => Effect.Effect<number, InvalidRecord>
  }
>() {}

/**
 * How much of some records is to be taken.
 *
 * @since 0.1.0
 * @category models
 */
export interface RecordOptions {
  /** All or none; as many as there is room for when absent. */
  readonly whole?: boolean | undefined
}

/**
 * Exports all that was emitted before, at once: spans that have ended, and logs. Waits at most `batch.exportTimeout`, then
 * fails with what remains. Records that an exporter has refused do not remain: `stats` counts them.
 *
 * @since 0.1.0
 * @category accessors
 */
export const flush: Effect.Effect<void, FlushError, Observability> = Effect.flatMap(Observability, ({ flush }) => flush)

/**
 * Waits until all that was emitted before is in the spool, where `durability` is `"disk"`, or was exported meanwhile: a
 * process that is killed then does not lose it. Fails after 5 seconds with what is neither. Elsewhere it waits for nothing.
 *
 * @since 0.1.0
 * @category accessors
 */
export const saved: Effect.Effect<void, FlushError, Observability> = Effect.flatMap(Observability, ({ saved }) => saved)

/**
 * The fate of everything that was emitted.
 *
 * @since 0.1.0
 * @category accessors
 */
export const stats: Effect.Effect<Stats, never, Observability> = Effect.flatMap(Observability, ({ stats }) => stats)

/**
 * The least severe level that is recorded.
 *
 * @since 0.1.0
 * @category accessors
 */
export const logLevel: Effect.Effect<Logger.LogLevel, never, Observability> = Effect.flatMap(
  Observability,
  ({ logLevel }) => logLevel
)

/**
 * Changes the least severe level that is recorded, at once and for all fibers, and records that it did. With
 * `console: true` the program's other loggers show that level too, until the next change.
 *
 * @since 0.1.0
 * @category operations
 */
export const setLogLevel = (
  level: Logger.LogLevel,
  options?: { readonly console?: boolean | undefined }
): Effect.Effect<void, never, Observability> =>
  Effect.flatMap(Observability, ({ setLogLevel }) => setLogLevel(level, options))

/**
 * Hands finished records of any signal to the pipeline, and gives how many it had room for: from the first on, or all or
 * none with `whole: true`. They are masked, priced and exported as the program's own.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Observability, type SpanRecord } from "effect-observability"
 *
 * declare const imported: ReadonlyArray<SpanRecord.SpanRecord>
 *
 * const rest = Effect.map(Observability.record(imported), (taken) => imported.slice(taken))
 * ```
 *
 * @since 0.1.0
 * @category operations
 */
export const record = (
  records: ReadonlyArray<RecordOf<SignalName>>,
  options?: RecordOptions
): Effect.Effect<number, InvalidRecord, Observability> =>
  Effect.flatMap(Observability, ({ record }) => record(records, options))

/**
 * Records every span and log of the program, and stores them. When its scope closes, what is still under way is exported
 * for at most `batch.shutdownTimeout`.
 *
 * @example
 * ```ts
 * import { Effect, Layer } from "effect"
 * import { Observability, SessionId, Storage } from "effect-observability"
 *
 * const ObservabilityLive = Observability.layer({ serviceName: "support-agent" }).pipe(
 *   Layer.provideMerge(Storage.layerMemory)
 * )
 *
 * const program = Effect.gen(function* () {
 *   yield* Effect.log("hello").pipe(Effect.withSpan("turn"), SessionId.withNewSessionId)
 *   yield* Observability.flush
 *   return yield* Storage.listSessions()
 * }).pipe(Effect.provide(ObservabilityLive))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  config: ObservabilityConfig.Input | ObservabilityConfig.WrappedInput
): Layer.Layer<Observability | Tracer.Tracer, ParseError, Storage> => unlessDisabled(withStorage(config))

/**
 * `layer` with a configuration that is read from an Effect `Config`.
 *
 * @example
 * ```ts
 * import { Config } from "effect"
 * import { Observability } from "effect-observability"
 *
 * const ObservabilityLive = Observability.layerConfig({
 *   serviceName: Config.string("APP_NAME"),
 *   organizationId: Config.string("APP_TENANT")
 * })
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig = (
  config: Config.Config.Wrap<ObservabilityConfig.Input>
): Layer.Layer<Observability | Tracer.Tracer, ConfigError | ParseError, Storage> =>
  unlessDisabled(Effect.flatMap(Config.unwrap(config), withStorage))

/**
 * `layer` with nothing but what the environment says: at least the name of the service, in `OTEL_SERVICE_NAME` or
 * `OTEL_RESOURCE_ATTRIBUTES`.
 *
 * @example
 * ```ts
 * import { Layer } from "effect"
 * import { Observability } from "effect-observability"
 * import { DuckDbStorage } from "effect-observability/duckdb"
 *
 * // OTEL_SERVICE_NAME=support-agent
 * const ObservabilityLive = Observability.layerFromEnv.pipe(Layer.provide(DuckDbStorage.layer({ path: "agents.duckdb" })))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerFromEnv: Layer.Layer<Observability | Tracer.Tracer, ParseError, Storage> = Layer.suspend(() =>
  layer({})
)

/**
 * Records every span and log of the program for the exporters of the configuration alone.
 *
 * @example
 * ```ts
 * import { Exporter, Observability } from "effect-observability"
 *
 * const ObservabilityLive = Observability.layerExportOnly({
 *   serviceName: "support-agent",
 *   exporters: [Exporter.file({ path: "records.jsonl" })]
 * })
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerExportOnly = (
  config: ObservabilityConfig.Input | ObservabilityConfig.WrappedInput
): Layer.Layer<Observability | Tracer.Tracer, ParseError> =>
  unlessDisabled(Effect.map(decode(config), (decoded) => fromConfig(decoded, decoded.exporters)))

const decode = Schema.decode(ObservabilityConfig.ObservabilityConfig)

const withStorage = (config: ObservabilityConfig.Input | ObservabilityConfig.WrappedInput) =>
  Effect.zipWith(decode(config), Storage, (decoded, storage) =>
    fromConfig(decoded, [StorageExporter.make(storage), ...decoded.exporters])
  )

const fromConfig = (
  config: ObservabilityConfig.ObservabilityConfig,
  exporters: ReadonlyArray<Exporter>
): Layer.Layer<Observability | Tracer.Tracer> => {
  const capture = {
    ...config,
    isAlone: true,
    resource: {
      ...config.resource,
      "service.name": config.serviceName,
      ...(config.serviceVersion !== undefined && { "service.version": config.serviceVersion }),
      ...(config.environment !== undefined && { "deployment.environment.name": config.environment })
    }
  }
  const { ignoreParent = false, remote, keep, keepBuffer = ObservabilityConfig.KeepBuffer.make() } = config.sampling
  const sampling = {
    sampler: samplerOf(config.sampling),
    ignoreParent,
    remote,
    keep: keep && { rules: keep, ...keepBuffer }
  }
  const metrics = typeof config.metrics === "boolean" ? { pipeline: config.metrics, record: false } : config.metrics
  const processors =
    config.sensitiveData === false
      ? config.processors
      : [...config.processors, SensitiveDataFilter.make(config.sensitiveData)]
  // One after the other: Effect keeps the tracer and the loggers of layers that are built side by side.
  return closedBeforeExit(
    Layer.unwrapScoped(
      Effect.map(
        BatchWriter.make({ ...config, metrics: metrics.pipeline, processors, exporters }),
        ({ emitter, flush, offer, saved, stats }) =>
          Layer.effect(
            Observability,
            Effect.map(Logger.Logger, (logger) => ({ flush, saved, stats, record: recording(offer), ...logger }))
          ).pipe(
            Layer.provide(Logger.layer(capture)),
            Layer.provideMerge(
              Tracer.layer({ ...capture, ...sampling, snapshotInterval: config.batch.scheduledDelay })
            ),
            Layer.provideMerge(metrics.record ? Metrics.layer({ ...capture, ...metrics }) : Layer.empty),
            Layer.provide(Layer.succeed(Emitter, emitter))
          )
      )
    )
  )
}

/**
 * The layer, closed when nothing is left to do for the process: a program that forgets to close its scopes ends, and what
 * it recorded last is exported as at any close.
 */
const closedBeforeExit = <A>(layer: Layer.Layer<A>): Layer.Layer<A> =>
  Layer.scopedContext(
    Effect.gen(function* () {
      const scope = yield* Effect.flatMap(Effect.scope, (scope) => Scope.fork(scope, ExecutionStrategy.sequential))
      const runtime = yield* Effect.runtime()
      yield* whenProcessEnds("beforeExit", () => void Runtime.runFork(runtime)(Scope.close(scope, Exit.void)))
      return yield* Layer.buildWithScope(layer, scope)
    })
  )

const samplerOf = (sampling: ObservabilityConfig.Sampling): Sampler.Sampler => {
  switch (sampling.type) {
    case "always":
      return Sampler.always
    case "never":
      return Sampler.never
    case "ratio":
      return Sampler.ratio(sampling.probability)
    case "session":
      return Sampler.session(sampling.probability)
    case "custom":
      return sampling.sampler
  }
}

/** Where `OTEL_SDK_DISABLED` is true, the services are there and nothing is recorded. */
const unlessDisabled = <E, R>(
  layer: Effect.Effect<Layer.Layer<Observability | Tracer.Tracer>, E, R>
): Layer.Layer<Observability | Tracer.Tracer, E, R> =>
  Layer.unwrapEffect(Effect.if(disabled, { onTrue: () => Effect.succeed(nothing), onFalse: () => layer }))

const nothing = Layer.succeedContext(
  Context.make(Observability, {
    flush: Effect.void,
    saved: Effect.void,
    stats: Effect.succeed({ ...perSignal(() => ({})), exporters: {} }),
    logLevel: Effect.succeed<Logger.LogLevel>("none"),
    setLogLevel: () => Effect.void,
    record: (records) => Effect.map(toOffers(records), ({ length }) => length)
  }).pipe(
    Context.add(Tracer.Tracer, {
      activeSpans: Effect.succeed([]),
      samplerErrors: Effect.succeed(0),
      undecidedTraces: Effect.succeed(0),
      unsampledByCallers: Effect.succeed(0)
    })
  )
)
