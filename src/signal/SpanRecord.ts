/**
 * A span as it is stored: one operation of a trace, from its start to its end.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { from } from "./conventions/conventions.js"
import {
  count,
  duration,
  flag,
  id,
  key,
  list,
  name,
  object,
  optional,
  real,
  schemasOf,
  struct,
  text,
  time,
  word
} from "./Field.js"
import { correlation } from "./internal/correlation.js"
import { checkFields, encode, type MakeOptions } from "./internal/fields.js"
import { toEvent, withEvents } from "./internal/spanEvent.js"

/**
 * The OpenTelemetry span kind.
 *
 * @since 0.1.0
 * @category schemas
 */
export const SpanKind = Schema.Literal("internal", "server", "client", "producer", "consumer")

/**
 * The role of a span in a call between processes; `"internal"` where there is none.
 *
 * @since 0.1.0
 * @category models
 */
export type SpanKind = typeof SpanKind.Type

/**
 * The part of a span in the work of an agent. Of nested spans of one tool call the outermost is the `tool_call`; of nested
 * spans of one call of a model the innermost that has usage is the `model_generation`.
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
 * The part that a span plays in the work of an agent; `"generic"` where nobody says.
 *
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
 * The outcome of a span, or `"running"`.
 *
 * @since 0.1.0
 * @category models
 */
export type SpanStatus = typeof SpanStatus.Type

const eventFields = {
  name: name(),
  /** Nanoseconds since the epoch. */
  time: time(),
  attributes: object()
}

/**
 * Something that happened at one moment of a span. A failure is an event named `exception`, with the attributes
 * `exception.type`, `exception.message` and `exception.stacktrace` of OpenTelemetry.
 *
 * @since 0.1.0
 * @category schemas
 */
export const SpanEvent = Schema.Struct(schemasOf(eventFields))

/**
 * A named moment within a span, such as an exception.
 *
 * @since 0.1.0
 * @category models
 */
export interface SpanEvent extends Schema.Schema.Type<typeof SpanEvent> {}

const linkFields = { traceId: key(), spanId: key(), attributes: object() }

/**
 * A reference to a span that is related and not the parent.
 *
 * @since 0.1.0
 * @category schemas
 */
export const SpanLink = Schema.Struct(schemasOf(linkFields))

/**
 * The ids of a related span, with attributes of the relation.
 *
 * @since 0.1.0
 * @category models
 */
export interface SpanLink extends Schema.Schema.Type<typeof SpanLink> {}

const droppedFields = { attributes: count(), events: count(), links: count() }

/**
 * The source of a cost: the provider or the gateway, a table of prices, or the program.
 *
 * @since 0.1.0
 * @category schemas
 */
export const CostSource = Schema.Literal("provider", "table", "custom")

/**
 * The source of a cost.
 *
 * @since 0.1.0
 * @category models
 */
export type CostSource = typeof CostSource.Type

const ofSpan = { traces: "some", sessions: "span" } as const
const ofEntry = { traces: "entry", sessions: "span" } as const

/** The table of spans. @internal */
export const fields = {
  /** 32 lower-case hex digits. */
  traceId: id(32, "a trace id", { asked: { traces: "some", sessions: "record" }, fixed: true }),
  /** 16 lower-case hex digits. */
  spanId: id(16, "a span id", { fixed: true }),
  parentSpanId: optional(id(16, "a span id", { fixed: true })),
  /** Whether the parent is none that this tracer recorded: it lives in another process, or belongs to another tracer. */
  parentIsRemote: optional(flag()),
  /** The W3C `tracestate` header, as it came. */
  traceState: optional(text()),
  name: name({ asked: ofEntry, fixed: true }),
  kind: word(SpanKind, { fixed: true }),
  spanType: word(SpanType, { asked: ofSpan, otherwise: "generic" }),
  status: word(SpanStatus, { asked: ofEntry }),
  /** The message of the first error. */
  statusMessage: optional(text()),
  /** The kind of the failure: the tag or the class of an error, the status of an HTTP response, the code of a provider. */
  errorType: optional(name({ asked: ofSpan, from: from("errorType"), to: ["error.type"] })),
  /** Nanoseconds since the epoch. */
  startTime: time({ fixed: true }),
  /** Nanoseconds since the epoch; absent as long as the span is open. */
  endTime: optional(time()),
  ...correlation,
  /** The model that answered, else the one that was asked for. */
  model: optional(
    name({
      asked: { ...ofSpan, also: ["requestModel"] },
      from: from("model")
    })
  ),
  /** The model that was asked for. */
  requestModel: optional(name({ from: from("requestModel"), to: ["gen_ai.request.model"] })),
  /** The provider that runs the model: `gen_ai.provider.name` of OpenTelemetry. */
  provider: optional(
    name({
      asked: ofSpan,
      from: from("provider"),
      to: ["gen_ai.provider.name"]
    })
  ),
  /** All tokens that went in, among them those that were read from a cache or written to one. */
  inputTokens: optional(
    count({
      from: from("inputTokens"),
      to: ["gen_ai.usage.input_tokens"],
      summed: true
    })
  ),
  /** All tokens that came out, among them those of reasoning. */
  outputTokens: optional(
    count({
      from: from("outputTokens"),
      to: ["gen_ai.usage.output_tokens"],
      summed: true
    })
  ),
  /** Of the input tokens, those that were read from a cache. */
  cachedInputTokens: optional(
    count({
      from: from("cachedInputTokens"),
      to: ["gen_ai.usage.cache_read.input_tokens"]
    })
  ),
  /** Of the input tokens, those that were written to a cache. */
  cacheWriteTokens: optional(
    count({
      from: from("cacheWriteTokens"),
      to: ["gen_ai.usage.cache_write.input_tokens"]
    })
  ),
  /** Of the output tokens, those that were spent on reasoning. */
  reasoningTokens: optional(
    count({
      from: from("reasoningTokens"),
      to: ["gen_ai.usage.reasoning.output_tokens"]
    })
  ),
  /** US dollars, as the provider or the caller reported them; never estimated. */
  costUsd: optional(real({ from: from("costUsd"), to: ["gen_ai.usage.cost"], summed: true })),
  /** The source of `costUsd`. */
  costSource: optional(word(CostSource, { from: from("costSource"), to: ["effect_observability.cost_source"] })),
  /** From the start of a streamed answer to its first token: nanoseconds. */
  timeToFirstToken: optional(
    duration({ from: from("timeToFirstToken"), to: ["effect_observability.time_to_first_token"] })
  ),
  toolName: optional(name({ asked: ofSpan, from: from("toolName"), to: ["gen_ai.tool.name"] })),
  agentName: optional(name({ asked: ofSpan, from: from("agentName"), to: ["gen_ai.agent.name"] })),
  attributes: object(),
  events: list(eventFields, SpanEvent, { item: toEvent }),
  links: list(linkFields, SpanLink),
  /** The OpenTelemetry resource: what made the record. It is not `resourceId`. */
  resource: object({ shared: true }),
  /**
   * How many attributes, events and links went over the configured limits. Attributes of events and links, and keys of
   * `metadata`, count as attributes.
   */
  dropped: optional(struct(droppedFields, Schema.Struct(schemasOf(droppedFields))))
}

const Fields = Schema.Struct(schemasOf(fields)).pipe(
  Schema.filter((span) =>
    isStatusOfEnd(span)
      ? undefined
      : { path: ["status"], message: `"running" goes without endTime, and any other status with one` }
  )
)

/** Whether a span is running exactly when it has no end. @internal */
export const isStatusOfEnd = (span: { readonly status: SpanStatus; readonly endTime?: bigint | undefined }): boolean =>
  (span.status === "running") === (span.endTime === undefined)

const checked = checkFields("SpanRecord", Fields)

/**
 * One span, checked when it is made: ids in lower-case hex, times as nanoseconds since the epoch, values as JSON.
 *
 * @since 0.1.0
 * @category models
 */
export class SpanRecord extends Schema.Class<SpanRecord>("SpanRecord")(Fields) {
  // The check of the class itself costs ten times as much: see `checkFields`.
  // @effect-diagnostics-next-line overriddenSchemaConstructor:off
  constructor(fields: typeof Fields.Type, options?: MakeOptions) {
    super(withEvents(checked(fields, options)), true)
  }

  /**
   * The name of its class, by which it is told from records of other signals. It is in neither form.
   *
   * @since 0.1.0
   */
  get _tag(): "SpanRecord" {
    return "SpanRecord"
  }

  /**
   * The encoded form: plain JSON, times as decimal strings. A copy by spread has no `toJSON`: spread what this gives.
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
