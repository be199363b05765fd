/**
 * Aggregates: counts, sums, means, extremes and quantiles of records, by group and by time.
 *
 * @since 0.1.0
 */
import type * as Duration from "effect/Duration"
import type { CorrelationField } from "../signal/internal/correlation.js"
import type { SignalName } from "../signal/signals.js"

/** The ids and names that spans, logs and scores have in common. */
type CommonDimension = Exclude<CorrelationField, "metadata">

/**
 * By signal: the fields that records are grouped by, and those that are measured, in nanoseconds or as numbers.
 *
 * @since 0.1.0
 * @category models
 */
export interface Measurable {
  readonly spans: {
    readonly dimension:
      | CommonDimension
      | "parentSpanId"
      | "name"
      | "kind"
      | "spanType"
      | "status"
      | "errorType"
      | "model"
      | "requestModel"
      | "provider"
      | "toolName"
      | "agentName"
      | "costSource"
      | { readonly metadata: string }
    readonly nanos: "duration" | "timeToFirstToken"
    readonly number:
      | "inputTokens"
      | "outputTokens"
      | "cachedInputTokens"
      | "cacheWriteTokens"
      | "reasoningTokens"
      | "costUsd"
    readonly more: "errors" | "errorRate"
  }
  readonly logs: {
    readonly dimension: CommonDimension | "logId" | "level" | { readonly metadata: string }
    readonly nanos: never
    readonly number: never
    readonly more: "errors" | "errorRate"
  }
  readonly metrics: {
    readonly dimension:
      | "metricId"
      | "name"
      | "kind"
      | "unit"
      | "traceId"
      | "spanId"
      | "serviceName"
      | "environment"
      | { readonly attribute: string }
    readonly nanos: never
    readonly number: "value"
    readonly more:
      | { readonly rate: "value" }
      | { readonly last: "value" }
      | { readonly quantile: number; readonly of: "histogram" }
  }
  readonly scores: {
    readonly dimension:
      | CommonDimension
      | "scoreId"
      | "name"
      | "label"
      | "dataType"
      | "source"
      | "authorId"
      | { readonly metadata: string }
    readonly nanos: never
    readonly number: "value"
    readonly more: { readonly last: "value" }
  }
}

/**
 * A dimension of groups, or of values that are counted distinct: a field, a key of `metadata`, or an attribute of a metric.
 *
 * A record is in the group of each of its `tags`, so that one with two of them counts in both groups.
 *
 * @since 0.1.0
 * @category models
 */
export type Dimension<N extends SignalName = SignalName> = Measurable[N]["dimension"]

/**
 * A measure of a group of records. A record that lacks the field adds nothing to its measure.
 *
 * | measure | gives | of no values |
 * |---|---|---|
 * | `"count"` | how many records | 0 |
 * | `"errors"` | of spans: those with the status `"error"`, whatever their children, but no replayed ones; of logs: those of the level `"error"` or `"fatal"` | 0 |
 * | `"errorRate"` | the errors among all records: 0 to 1 | `null` |
 * | `{ distinct: dimension }` | how many values of a dimension | 0 |
 * | `{ sum: field }` | | 0 |
 * | `{ mean: field }`, `{ min: field }`, `{ max: field }` | | `null` |
 * | `{ quantile: q, of: field }` | the smallest value that at least the part `q` of all values do not exceed (nearest rank): a value that occurred. `q` has at most six digits | `null` |
 * | `{ rate: "value" }` | of counters: the sum a second of the bucket, or of the time range | 0 |
 * | `{ last: "value" }` | of gauges: the value of the latest time; of one time, that of the last id | `null` |
 * | `{ quantile: q, of: "histogram" }` | of histograms: an **estimate**, by a straight line within the bucket of that rank | `null` |
 *
 * `"duration"` and `"timeToFirstToken"` are nanoseconds, `"time"` is nanoseconds since the epoch. A running span has no
 * duration. Tokens are those of `model_generation` spans, since agents repeat the usage of their children; `costUsd` is
 * that of `model_generation` and `tool_call` spans. Replayed spans have neither.
 *
 * @since 0.1.0
 * @category models
 */
export type Measure<N extends SignalName = SignalName> =
  | "count"
  | { readonly distinct: Exclude<Dimension<N>, "tags"> }
  | { readonly sum: Measurable[N]["nanos"] | Measurable[N]["number"] }
  | { readonly mean: Measurable[N]["nanos"] | Measurable[N]["number"] }
  | { readonly min: Measurable[N]["nanos"] | Measurable[N]["number"] | "time" }
  | { readonly max: Measurable[N]["nanos"] | Measurable[N]["number"] | "time" }
  | { readonly quantile: number; readonly of: Measurable[N]["nanos"] | Measurable[N]["number"] }
  | Measurable[N]["more"]

/** The fields whose values are bigints. */
type Nanos = "duration" | "timeToFirstToken" | "time"

/**
 * The value of a measure: nanoseconds as a `bigint`, all others as a number; `null` where there is none.
 *
 * @since 0.1.0
 * @category models
 */
export type MeasureValue<M> = M extends "count" | "errors" | { readonly distinct: unknown } | { readonly rate: unknown }
  ? number
  : M extends { readonly sum: infer F }
    ? F extends Nanos
      ? bigint
      : number
    : M extends
          | { readonly mean: infer F }
          | { readonly min: infer F }
          | { readonly max: infer F }
          | { readonly of: infer F }
      ? (F extends Nanos ? bigint : number) | null
      : number | null

/** The name of a dimension in a group. */
type NameOf<D> = D extends { readonly metadata: infer K extends string }
  ? `metadata.${K}`
  : D extends { readonly attribute: infer K extends string }
    ? `attributes.${K}`
    : D & string

/**
 * The values of the dimensions, by their names: `model`, `metadata.tenant`, `attributes.route`. `null` where a record has
 * none. A key of `metadata` and an attribute have the text, number or boolean that they hold; an object or a list is none.
 *
 * @since 0.1.0
 * @category models
 */
export type Group<D> = {
  readonly [K in NameOf<D>]: (K extends `${string}.${string}` ? string | number | boolean : string) | null
}

/**
 * One group, in one bucket where an interval was asked for.
 *
 * @since 0.1.0
 * @category models
 */
export interface AggregateRow<G = Group<string>, V = { readonly [measure: string]: number | bigint | null }> {
  /** Of the rest, every dimension is `null`. */
  readonly group: G
  /** The row stands for all groups beyond the limit. */
  readonly rest?: true
  /** Where the bucket begins: nanoseconds since the epoch. */
  readonly from?: bigint
  /** Where the bucket ends, exclusively. */
  readonly to?: bigint
  readonly values: V
  /** The values of the period before, where it was asked for. */
  readonly previous?: V
}

/**
 * The width of buckets. A duration is an exact one, and the first bucket begins at `startedAfter`; a word is a unit of the
 * calendar of `timeZone`, in which a day may have 23 or 25 hours, an hour less or more than 60 minutes where clocks are set
 * by half an hour, and a week begins on Monday.
 *
 * @since 0.1.0
 * @category models
 */
export type Interval = Duration.DurationInput | "hour" | "day" | "week" | "month" | "quarter" | "year"
