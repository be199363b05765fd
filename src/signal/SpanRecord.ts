/**
 * A span as it is stored: one operation of a trace, from its start to its end.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { checkFields, correlation, encode, type MakeOptions, Nanos, SpanId, TraceId } from "./internal/fields.js"
import { JsonObject } from "./Json.js"

/**
 * The OpenTelemetry span kind.
 *
 * @since 0.1.0
 * @category schemas
 */
export const SpanKind = Schema.Literal("internal", "server", "client", "producer", "consumer")

/**
 * @since 0.1.0
 * @category models
 */
export type SpanKind = typeof SpanKind.Type

/**
 * What a span stands for in the work of an agent. A tool call is one `tool_call`, a call of a model is one
 * `model_generation`: the outermost span of it.
 *
 * @since 0.1.0
 * @category schemas
 */
export const SpanType = Schema.Literal(
  "agent_run",
  "model_generation",
  "tool_call",
  "workflow_run",
  "workflow_step",
  "retrieval",
  "generic"
)

/**
 * @since 0.1.0
 * @category models
 */
export type SpanType = typeof SpanType.Type

/**
 * `"running"` exactly as long as a span has no end. `"interrupted"` is the outcome of an interrupted fiber, which is no
 * error.
 *
 * @since 0.1.0
 * @category schemas
 */
export const SpanStatus = Schema.Literal("running", "ok", "error", "interrupted")

/**
 * @since 0.1.0
 * @category models
 */
export type SpanStatus = typeof SpanStatus.Type

/**
 * Something that happened at one moment of a span. A failure is an event named `exception`, with the attributes
 * `exception.type`, `exception.message` and `exception.stacktrace` of OpenTelemetry.
 *
 * @since 0.1.0
 * @category schemas
 */
export const SpanEvent = Schema.Struct({
  name: Schema.String,
  /** Nanoseconds since the epoch. */
  time: Nanos,
  attributes: JsonObject
})

/**
 * @since 0.1.0
 * @category models
 */
export interface SpanEvent extends Schema.Schema.Type<typeof SpanEvent> {}

/**
 * A reference to a span that is related and not the parent.
 *
 * @since 0.1.0
 * @category schemas
 */
export const SpanLink = Schema.Struct({
  traceId: Schema.String,
  spanId: Schema.String,
  attributes: JsonObject
})

/**
 * @since 0.1.0
 * @category models
 */
export interface SpanLink extends Schema.Schema.Type<typeof SpanLink> {}

const Fields = Schema.Struct({
  /** 32 lower-case hex digits. */
  traceId: TraceId,
  /** 16 lower-case hex digits. */
  spanId: SpanId,
  parentSpanId: Schema.optional(SpanId),
  /** Whether the parent lives in another process. */
  parentIsRemote: Schema.optional(Schema.Boolean),
  /** The W3C `tracestate` header, as it came. */
  traceState: Schema.optional(Schema.String),
  name: Schema.String,
  kind: SpanKind,
  spanType: SpanType,
  status: SpanStatus,
  /** The message of the first error. */
  statusMessage: Schema.optional(Schema.String),
  /** Nanoseconds since the epoch. */
  startTime: Nanos,
  /** Nanoseconds since the epoch; absent as long as the span is open. */
  endTime: Schema.optional(Nanos),
  ...correlation,
  /** The model that answered. */
  model: Schema.optional(Schema.String),
  provider: Schema.optional(Schema.String),
  inputTokens: Schema.optional(Schema.Int),
  outputTokens: Schema.optional(Schema.Int),
  /** US dollars, as the caller reported them; never estimated. */
  costUsd: Schema.optional(Schema.Finite),
  attributes: JsonObject,
  events: Schema.Array(SpanEvent),
  links: Schema.Array(SpanLink),
  /** The OpenTelemetry resource: what made the record. */
  resource: JsonObject,
  /** How many attributes, events and links went over the configured limits. */
  dropped: Schema.optional(Schema.Struct({ attributes: Schema.Number, events: Schema.Number, links: Schema.Number }))
}).pipe(
  Schema.filter((span) =>
    (span.status === "running") === (span.endTime === undefined)
      ? undefined
      : { path: ["status"], message: `"running" goes without endTime, and any other status with one` }
  )
)

const checked = checkFields("SpanRecord", Fields)

/**
 * @since 0.1.0
 * @category models
 */
export class SpanRecord extends Schema.Class<SpanRecord>("SpanRecord")(Fields) {
  // The check of the class itself costs ten times as much: see `checkFields`.
  // @effect-diagnostics-next-line overriddenSchemaConstructor:off
  constructor(fields: typeof Fields.Type, options?: MakeOptions) {
    super(checked(fields, options), true)
  }

  /**
   * The encoded form: plain JSON, times as decimal strings.
   *
   * @since 0.1.0
   */
  toJSON(): typeof SpanRecord.Encoded {
    return {
      ...encode<typeof SpanRecord.Encoded>(this),
      events: this.events.map(encode<typeof SpanEvent.Encoded>)
    }
  }
}
