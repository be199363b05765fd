/**
 * The one configuration of the library, as a Schema: what is not given has a default, what is misspelt is an error.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import { SessionId } from "./identity/SessionId.js"
import { isExporter } from "./pipeline/Exporter.js"
import type { SignalProcessor } from "./pipeline/SignalProcessor.js"
import { JsonObject } from "./signal/Json.js"

/** `"5 seconds"`, milliseconds, or a `Duration`, which it becomes. */
const DurationInput = Schema.transform(
  Schema.declare((value): value is Duration.DurationInput => Option.isSome(Duration.decodeUnknown(value)), {
    identifier: "DurationInput",
    description: `a duration, such as "5 seconds"`,
    jsonSchema: {}
  }),
  Schema.DurationFromSelf,
  { strict: true, decode: (input) => Duration.decode(input), encode: (duration) => duration }
)

const PositiveDuration = DurationInput.pipe(Schema.greaterThanDuration(Duration.zero))

const PositiveInt = Schema.Positive.pipe(Schema.int())

const Exporters = Schema.Array(
  Schema.declare(isExporter, { identifier: "Exporter", description: "an exporter: a name and a function `export`" })
).pipe(
  Schema.filter((exporters) => {
    const names = ["storage", ...exporters.map((exporter) => exporter.name)]
    const index = names.findIndex((name, index) => names.indexOf(name) < index)
    return index === -1
      ? undefined
      : { path: [index - 1, "name"], message: `another exporter is named "${names[index]}" already` }
  })
)

const isSignalProcessor = (value: unknown): value is SignalProcessor =>
  Predicate.isRecord(value) &&
  typeof value.name === "string" &&
  [value.span, value.log].every((step) => step === undefined || typeof step === "function")

const Processors = Schema.Array(
  Schema.declare(isSignalProcessor, {
    identifier: "SignalProcessor",
    description: "a processor: a name and the functions `span`, `log` or both"
  })
)

const withDefault = <A, I>(schema: Schema.Schema<A, I>, value: NoInfer<A>) =>
  Schema.optionalWith(schema, { default: () => value })

/**
 * How records are queued and written, for each exporter.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Batch = Schema.Struct({
  /** Records that wait for an exporter, at most: 50,000. */
  maxQueueSize: withDefault(PositiveInt, 50_000),
  /** Bytes of memory that they hold, estimated, at most: 64 MiB. */
  maxQueueBytes: withDefault(PositiveInt, 64 * 1024 * 1024),
  /** Records of one export, at most: 1,000. */
  maxBatchSize: withDefault(PositiveInt, 1_000),
  /** How long a record waits for others to make a batch with: 1 second. */
  scheduledDelay: withDefault(PositiveDuration, Duration.seconds(1)),
  /** How long one attempt to export may last: 30 seconds. */
  exportTimeout: withDefault(PositiveDuration, Duration.seconds(30)),
  /** How long a close may go on exporting: 10 seconds. */
  shutdownTimeout: withDefault(DurationInput, Duration.seconds(10))
})

/**
 * What one record may hold. What goes over is cut, and its number recorded.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Limits = Schema.Struct({
  /** Attributes of a span, an event, a link or a log: 128. */
  attributeCount: withDefault(Schema.NonNegativeInt, 128),
  /** Characters of a value, counted over everything nested in it: 131,072. */
  attributeValueLength: withDefault(Schema.NonNegativeInt, 131_072),
  /** Levels of nesting in a value: 8. */
  attributeDepth: withDefault(Schema.NonNegativeInt, 8),
  /** Events of a span: 128. */
  eventCount: withDefault(Schema.NonNegativeInt, 128),
  /** Links of a span: 128. */
  linkCount: withDefault(Schema.NonNegativeInt, 128)
})

/**
 * Only `serviceName` is required. Decoding is idempotent: a decoded value decodes to itself.
 *
 * @example
 * ```ts
 * import { Schema } from "effect"
 * import { ObservabilityConfig } from "effect-observability"
 *
 * const decoded = Schema.decode(ObservabilityConfig.ObservabilityConfig)({
 *   serviceName: "support-agent",
 *   batch: { scheduledDelay: "200 millis" }
 * })
 * ```
 *
 * @since 0.1.0
 * @category schemas
 */
export const ObservabilityConfig = Schema.Struct({
  /** The name of the program, on every record. */
  serviceName: Schema.NonEmptyString,
  serviceVersion: Schema.optional(Schema.String),
  /** `"production"`, `"staging"` and the like, on every record. */
  environment: Schema.optional(Schema.String),
  /** Further attributes of the OpenTelemetry resource. */
  resource: withDefault(JsonObject, {}),
  /** Where records go besides the storage. Their names differ; `"storage"` is taken. */
  exporters: withDefault(Exporters, []),
  /** What records go through on their way, in this order. */
  processors: withDefault(Processors, []),
  /** Stamped on records that name none. */
  organizationId: Schema.optional(Schema.String),
  /** Stamped on records that name none. */
  userId: Schema.optional(Schema.String),
  /** Stamped on records outside any session; never propagated. */
  defaultSessionId: Schema.optional(SessionId),
  batch: withDefault(Batch, Batch.make()),
  limits: withDefault(Limits, Limits.make())
}).annotations({
  identifier: "ObservabilityConfig",
  parseOptions: { onExcessProperty: "error", errors: "all" }
})

/**
 * @since 0.1.0
 * @category models
 */
export interface ObservabilityConfig extends Schema.Schema.Type<typeof ObservabilityConfig> {}

/**
 * What is given to `Observability.layer`; a decoded value is one too.
 *
 * @since 0.1.0
 * @category models
 */
export interface Input extends Schema.Schema.Encoded<typeof ObservabilityConfig> {}
