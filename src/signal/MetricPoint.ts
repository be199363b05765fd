/**
 * A measurement of a program: what one series of a metric came to over an interval, or at a moment.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import {
  count,
  key,
  name,
  object,
  optional,
  real,
  reals,
  recordId,
  schemasOf,
  struct,
  text,
  time,
  word
} from "./Field.js"
import { checkFields, encode, type MakeOptions } from "./internal/fields.js"

/**
 * A `"counter"` adds up, a `"gauge"` is what it is at a moment, a `"histogram"` says how many values fell where.
 *
 * @since 0.1.0
 * @category schemas
 */
export const MetricKind = Schema.Literal("counter", "gauge", "histogram")

/**
 * The way in which the values of a metric are to be read.
 *
 * @since 0.1.0
 * @category models
 */
export type MetricKind = typeof MetricKind.Type

const histogramFields = {
  /** How many values were observed. */
  count: count(),
  /** Their sum. */
  sum: real(),
  min: optional(real()),
  max: optional(real()),
  /** The upper ends of the buckets, inclusive and ascending; the last bucket has none. */
  bounds: reals(),
  /** How many values each bucket holds: one more than there are bounds. */
  counts: reals()
}

/**
 * How many values fell into which bucket, as OTLP has it.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Histogram = Schema.Struct(schemasOf(histogramFields))

/**
 * The distribution of the values of an interval over buckets.
 *
 * @since 0.1.0
 * @category models
 */
export interface Histogram extends Schema.Schema.Type<typeof Histogram> {}

const asked = { traces: "some", sessions: "record" } as const

/** The table of metrics. @internal */
export const fields = {
  /** A UUID version 7, by which a point that is sent again is known. */
  metricId: recordId(),
  /** The name of the instrument. */
  name: name({ asked }),
  kind: word(MetricKind, { asked }),
  /** A unit of UCUM (https://ucum.org), as `ms`, `By` or `{token}`. */
  unit: optional(name()),
  description: optional(text()),
  /** Where the interval begins: nanoseconds since the epoch. Counters and histograms have one. */
  startTime: optional(time()),
  /** The moment, or the end of the interval: nanoseconds since the epoch. */
  time: time({ fixed: true }),
  /** The amount added in the interval, the state of a gauge, the sum of the values of a histogram. */
  value: real(),
  histogram: optional(struct(histogramFields, Histogram)),
  /** The dimensions of the series. No id of a session, a user, a trace or a request is among them. */
  attributes: object(),
  /** The trace and the span of a point that was measured in one. */
  traceId: optional(key({ asked })),
  spanId: optional(key()),
  serviceName: name({ asked, shared: true }),
  environment: optional(name({ asked, shared: true })),
  /** The OpenTelemetry resource: what made the record. */
  resource: object({ shared: true })
}

const Fields = Schema.Struct(schemasOf(fields))

const checked = checkFields("MetricPoint", Fields)

/**
 * One point of a metric, checked when it is made: times as nanoseconds since the epoch, numbers finite.
 *
 * @since 0.1.0
 * @category models
 */
export class MetricPoint extends Schema.Class<MetricPoint>("MetricPoint")(Fields) {
  // The check of the class itself costs ten times as much: see `checkFields`.
  // @effect-diagnostics-next-line overriddenSchemaConstructor:off
  constructor(fields: typeof Fields.Type, options?: MakeOptions) {
    super(checked(fields, options), true)
  }

  /**
   * The name of its class, by which it is told from records of other signals. It is in neither form.
   *
   * @since 0.1.0
   */
  get _tag(): "MetricPoint" {
    return "MetricPoint"
  }

  /**
   * The encoded form: plain JSON, times as decimal strings. A copy by spread has no `toJSON`: spread what this gives.
   *
   * @since 0.1.0
   */
  toJSON(): typeof MetricPoint.Encoded {
    return encode<typeof MetricPoint.Encoded>(this)
  }
}
