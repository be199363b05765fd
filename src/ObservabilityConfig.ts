/**
 * The one configuration of the library, as a Schema: what is not given comes from the environment or has a default, what
 * is misspelt is an error.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as ParseResult from "effect/ParseResult"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"
import * as DeprecatedLogger from "./config/deprecatedLogger.js"
import * as Environment from "./config/environment.js"
import { problemsOf, strict } from "./config/problems.js"
import {
  Attributes,
  DurationInput,
  Exporters,
  hasFewKeys,
  isPlainObject,
  Logger,
  LogLevel,
  type LogLevelInput,
  Name,
  NamePredicate,
  optional,
  Patterns,
  PositiveDuration,
  PositiveInt,
  Probability,
  Processors,
  plain,
  RedactedKey,
  Sampler,
  SpanPredicate,
  Text,
  tooManyKeys,
  withDefault
} from "./config/values.js"
import { SessionId } from "./identity/SessionId.js"
import { logWarning } from "./runtime/annotated.js"

/**
 * For the sake of which spans a trace is kept that is not sampled. All that a rule says must hold of the same span.
 *
 * @since 0.1.0
 * @category schemas
 */
export const KeepRule = plain(
  Schema.Struct({
    error: optional(Schema.Literal(true), "The span failed."),
    minDuration: optional(PositiveDuration, "The span took this long, or has been open for this long."),
    userId: optional(Text, "The span is recorded for this user."),
    when: Schema.optional(SpanPredicate)
  }).pipe(
    Schema.filter((rule) => Object.values(rule).some((value) => value !== undefined), {
      message: () => "says nothing: give `error`, `minDuration`, `userId` or `when`",
      jsonSchema: { minProperties: 1 }
    })
  )
).annotations({ identifier: "KeepRule" })

/**
 * What may be held of traces that are not sampled, as long as it is not known whether a rule keeps them. The oldest are
 * given up first.
 *
 * @since 0.1.0
 * @category schemas
 */
export const KeepBuffer = Schema.Struct({
  maxRecords: withDefault(PositiveInt, 5_000, "Open spans, ended spans and logs, at most: 5,000."),
  maxAge: withDefault(
    PositiveDuration,
    Duration.minutes(5),
    "How long a trace may take until a rule keeps it: 5 minutes."
  )
})

const anySampling = {
  ignoreParent: optional(
    Schema.Boolean,
    "Decide about every span, whatever was decided about its parent, here or in another process."
  ),
  remote: optional(
    Schema.Literal("follow", "trusted", "ignore"),
    "Whether a caller in another process that did not sample its trace is believed: always, where its session is believed, too (the default), or never."
  ),
  keep: optional(Schema.Array(KeepRule), "Which traces are kept that are not sampled: those of which one rule holds."),
  keepBuffer: optional(plain(KeepBuffer), "What may be held of traces until a rule keeps them.")
}

/**
 * Which traces are recorded, decided for spans without a parent; the others follow their parent. `"session"` keeps or
 * leaves out whole sessions.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Sampling = Schema.Union(
  Schema.Struct({ type: Schema.Literal("always"), ...anySampling }),
  Schema.Struct({ type: Schema.Literal("never"), ...anySampling }),
  Schema.Struct({ type: Schema.Literal("ratio"), probability: Probability, ...anySampling }),
  Schema.Struct({ type: Schema.Literal("session"), probability: Probability, ...anySampling }),
  Schema.Struct({ type: Schema.Literal("custom"), sampler: Sampler, ...anySampling })
)

/**
 * Sampling, as a decoded value.
 *
 * @since 0.1.0
 * @category models
 */
export type Sampling = typeof Sampling.Type

/**
 * How records are queued and written, for each exporter.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Batch = Schema.Struct({
  maxQueueSize: withDefault(PositiveInt, 50_000, "Records that wait for an exporter, at most: 50,000."),
  maxQueueBytes: withDefault(PositiveInt, 64 * 1024 * 1024, "Bytes of memory that they hold, at most: 64 MiB."),
  maxBatchSize: withDefault(PositiveInt, 1_000, "Records of one export, at most: 1,000."),
  scheduledDelay: withDefault(
    PositiveDuration,
    Duration.seconds(1),
    "How long a record waits for others to make a batch with: 1 second."
  ),
  exportTimeout: withDefault(
    PositiveDuration,
    Duration.seconds(30),
    "How long one attempt to export may last: 30 seconds."
  ),
  shutdownTimeout: withDefault(DurationInput, Duration.seconds(10), "How long a close may go on exporting: 10 seconds.")
})

/**
 * Limits of one record. The rest is cut, and its number recorded.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Limits = Schema.Struct({
  attributeCount: withDefault(Schema.NonNegativeInt, 128, "Attributes of a span, an event, a link or a log: 128."),
  attributeValueLength: withDefault(
    Schema.NonNegativeInt,
    131_072,
    "Characters of a value, counted over everything nested in it: 131,072."
  ),
  contentLength: Schema.optional(Schema.NonNegativeInt).annotations({
    description: "Characters of the JSON of one attribute of content, such as messages: as `attributeValueLength`."
  }),
  attributeDepth: withDefault(Schema.NonNegativeInt, 8, "Levels of nesting in a value: 8."),
  eventCount: withDefault(Schema.NonNegativeInt, 128, "Events of a span: 128."),
  linkCount: withDefault(Schema.NonNegativeInt, 128, "Links of a span: 128.")
})

/**
 * Local disk for what the queue of an exporter has no room for, and for what a process that ends still holds. The next
 * start exports it.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Spool = Schema.Struct({
  directory: Name.annotations({
    jsonSchema: { description: "The folder, created if it is missing. Processes share it." }
  }),
  maxBytes: withDefault(PositiveInt, 2 ** 30, "Bytes on disk for each exporter, at most: 1 GiB.")
})

/**
 * What is masked besides what always is, and how: the options of `SensitiveDataFilter.make`.
 *
 * @since 0.1.0
 * @category schemas
 */
export const SensitiveData = Schema.Struct({
  keys: optional(Schema.Array(Schema.String), "Names of further secrets."),
  safeKeys: optional(Schema.Array(Schema.String), "Names whose values are never masked."),
  patterns: Schema.optional(Patterns),
  style: Schema.optional(
    Schema.Union(
      Schema.Struct({ type: Schema.Literal("full", "partial") }),
      Schema.Struct({ type: Schema.Literal("hashed"), key: RedactedKey })
    )
  )
})

/**
 * The two ways of metrics: the counters of the pipeline published as Effect metrics, and Effect's metrics recorded.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Metrics = Schema.Struct({
  pipeline: withDefault(Schema.Boolean, true, "Whether the counters of the pipeline are published as Effect metrics."),
  record: withDefault(Schema.Boolean, false, "Whether the Effect metrics of the program are recorded."),
  interval: optional(PositiveDuration, "How often those that have changed are recorded: every 30 seconds."),
  /** Says by its name whether a metric is recorded: all are but those of this library. */
  include: Schema.optional(NamePredicate)
})

const fields = {
  serviceName: Schema.propertySignature(Name).annotations({
    description: "The name of the program, on every record.",
    missingMessage: () =>
      "is missing: give `serviceName`, or set OTEL_SERVICE_NAME, or service.name in OTEL_RESOURCE_ATTRIBUTES"
  }),
  serviceVersion: optional(Text, "The version of the program."),
  environment: optional(Text, `"production", "staging" and the like, on every record.`),
  resource: withDefault(Attributes, {}, "Further attributes of the OpenTelemetry resource."),
  exporters: withDefault(Exporters, [], `Where records go besides the storage. Names differ; "storage" is taken.`),
  logLevel: withDefault(LogLevel, "info", "The least severe level of the logs that are recorded."),
  sampling: withDefault(Sampling, { type: "always" }, "Which traces are recorded."),
  processors: withDefault(Processors, [], "What records go through on their way, in this order."),
  /** How secrets are masked, after the processors; `false` leaves them as they are. */
  sensitiveData: Schema.optional(Schema.Union(Schema.Literal(false), plain(SensitiveData, "false or a plain object"))),
  metrics: withDefault(
    Schema.Union(Schema.Literal(true), Schema.Literal(false), plain(Metrics, "a boolean or a plain object")),
    true,
    "Whether the counters of the pipeline are published as Effect metrics, and whether Effect's metrics are recorded."
  ),
  organizationId: optional(Text, "Stamped on records that name none."),
  userId: optional(Text, "Stamped on records that name none."),
  /** Stamped on records outside any session; never propagated. */
  defaultSessionId: Schema.optional(SessionId),
  batch: withDefault(plain(Batch), Batch.make(), "How records are queued and written."),
  limits: withDefault(plain(Limits), Limits.make(), "What one record may hold."),
  spool: Schema.optional(plain(Spool)),
  durability: optional(
    Schema.Literal("memory", "disk"),
    `With "disk" every record is written to the spool within 50 ms, and outlives a process that is killed.`
  ),
  httpHeaders: optional(
    Schema.Union(Schema.Literal("all"), Schema.Array(Schema.String)),
    `The names of the headers that spans of HTTP calls keep, or "all": by default a few that are harmless.`
  )
}

const withSpool = <A extends { readonly durability?: string | undefined; readonly spool?: unknown }, I>(
  schema: Schema.Schema<A, I>
) =>
  schema.pipe(
    Schema.filter(({ durability, spool }) =>
      durability === "disk" && spool === undefined
        ? { path: ["durability"], message: `"disk" needs a spool: give \`spool: { directory: "…" }\`` }
        : undefined
    )
  )

const given = { ...fields, serviceName: optional(Name, "The name of the program, on every record.") }

const beside = {
  $schema: optional(Schema.String, "Where editors find the JSON Schema of the file. Nothing else looks at it."),
  logger: Schema.optional(Logger)
}

const Settings = withSpool(Schema.Struct(fields))

const Complete = Schema.typeSchema(Settings).annotations({ identifier: "ObservabilityConfig", parseOptions: strict })

/**
 * What may be given. Everything may be left out: the name of the service can come from the environment.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Input = Schema.Struct({ ...given, ...beside })

const WrappedInput = Schema.Struct({ ...beside, observability: Schema.Struct(given) })

/**
 * What is given to `Observability.layer`; a decoded value is one too.
 *
 * @since 0.1.0
 * @category models
 */
export interface Input extends Omit<typeof Input.Encoded, "logger"> {
  /**
   * @deprecated Write `logLevel`, and an exporter for an object that shall go on receiving the logs. The option goes away
   * in the next major version.
   */
  readonly logger?: LogLevelInput | object | false | undefined
}

/**
 * The configuration under a key of its own, with the deprecated `logger` beside it.
 *
 * @since 0.1.0
 * @category models
 */
export interface WrappedInput extends Pick<Input, "$schema"> {
  /**
   * @deprecated Write `observability.logLevel`, and an exporter for an object that shall go on receiving the logs. The
   * option goes away in the next major version.
   */
  readonly logger?: LogLevelInput | object | false | undefined
  readonly observability: Omit<Input, "$schema" | "logger">
}

/**
 * A whole configuration, with nothing left to be filled in.
 *
 * @since 0.1.0
 * @category models
 */
export interface ObservabilityConfig extends Schema.Schema.Type<typeof Settings> {}

/**
 * Fills in what is not given, from the environment or with defaults, and reports all problems at once. Decoding is
 * idempotent: a value that lacks nothing is taken as it is.
 *
 * The environment is read through the `ConfigProvider` of the program. `decodeUnknownSync` knows no program: it reads the
 * environment of the process.
 *
 * The deprecated `logger` is warned of when decoding succeeds: a `Schema.Union` whose other member fits is not told. What a
 * filter that stands after this schema refuses is not known here, and has been warned of.
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
export const ObservabilityConfig: Schema.Schema<ObservabilityConfig, Input | WrappedInput> = Schema.transformOrFail(
  Schema.declare((_): _ is Input | WrappedInput => true, {
    [AST.SurrogateAnnotationId]: Schema.Union(Input, WrappedInput).ast
  }),
  Complete,
  {
    strict: true,
    decode: (input, _, ast) => {
      const listed = (issue: ParseResult.ParseIssue) => {
        const [first = issue, ...others] = problemsOf(issue)
        return new ParseResult.Composite(ast, input, [first, ...others])
      }
      return Effect.suspend(() =>
        Predicate.isRecord(input) && hasFewKeys(input) && isComplete(input) ? ParseResult.succeed(input) : decode(input)
      ).pipe(
        Effect.mapError(listed),
        Effect.catchAllDefect(() => Effect.flatMap(unreadable(input), (issue) => ParseResult.fail(listed(issue))))
      )
    },
    encode: ParseResult.encode(Settings)
  }
).annotations({ identifier: "ObservabilityConfig" })

const isComplete = ParseResult.is(Complete)

const parse = ParseResult.decodeUnknown(
  withSpool(plain(Schema.Struct({ ...fields, ...beside, observability: Schema.optional(Schema.Never) }))),
  strict
)

const misplaced = Schema.Never.annotations({ message: () => "belongs beside `observability`, not in it" })

const parseWrapped = ParseResult.decodeUnknown(
  plain(
    Schema.Struct({
      ...beside,
      observability: withSpool(plain(Schema.Struct({ ...fields, logger: Schema.optional(misplaced) })))
    })
  ),
  strict
)

/** A getter, a `Proxy` or a `toString` threw while the input was read: where, as far as trying each field alone tells. */
const unreadable = Effect.fnUntraced(function* (input: unknown) {
  const problem = new ParseResult.Type(Input.ast, undefined, "cannot be read")
  const keys = yield* Effect.orElseSucceed(
    Effect.try(() => Object.keys(input as object)),
    () => []
  )
  for (const key of keys) {
    const alone = Effect.suspend(() => {
      const value = (input as { readonly [key: string]: unknown })[key]
      return Effect.mapError(key === "observability" ? parse(value) : parse({ [key]: value }), problemsOf)
    })
    const exit = yield* Effect.exit(alone)
    if (Exit.isFailure(exit) && Cause.isDie(exit.cause)) return new ParseResult.Pointer(key, undefined, problem)
  }
  return problem
})

const decode = Effect.fnUntraced(function* (input: unknown) {
  if (Predicate.isRecord(input) && !hasFewKeys(input)) {
    return yield* ParseResult.fail(new ParseResult.Type(Input.ast, input, tooManyKeys))
  }
  const wrapped = Predicate.hasProperty(input, "observability") && input.observability !== undefined
  const given = wrapped ? input.observability : input
  const { filled, warnings } = isPlainObject(given) ? yield* Environment.fill(given) : { filled: given, warnings: [] }
  const {
    $schema: _,
    logger,
    ...settings
  } = wrapped
    ? yield* Effect.map(parseWrapped({ ...input, observability: filled }), ({ observability, ...beside }) => ({
        ...observability,
        ...beside
      }))
    : yield* parse(filled)

  const migration =
    logger === undefined || logger === false
      ? undefined
      : DeprecatedLogger.migrate(settings, logger, {
          levelGiven: Predicate.hasProperty(given, "logLevel") && given.logLevel !== undefined,
          instead: wrapped ? "observability.logLevel" : "logLevel"
        })

  yield* Effect.forEach(warnings, (warning) => logWarning("ObservabilityConfig")(warning), { discard: true })
  if (migration !== undefined) {
    yield* logWarning("ObservabilityConfig")(migration.warning).pipe(Effect.annotateLogs("deprecated", "logger"))
  }
  return migration?.settings ?? settings
})
