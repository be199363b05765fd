/** Points of metrics as OTLP has them (https://opentelemetry.io/docs/specs/otel/metrics/data-model/). */
import * as Arr from "effect/Array"
import type { MetricKind, MetricPoint } from "../../signal/MetricPoint.js"
import type { SignalEncoding } from "./encoding.js"
import { byResource } from "./resources.js"
import { isSpanId, isTraceId, keyValues, toTime } from "./values.js"

export const metrics: SignalEncoding<MetricPoint> = {
  path: "metrics",
  envelope: "resourceMetrics",
  rejected: "rejectedDataPoints",
  recordsPerTurn: 200,
  encode: (points) =>
    Array.from(byResource(points), ({ records, resource, scope }) => ({
      resource,
      scopeMetrics: [{ scope, metrics: Object.values(Arr.groupBy(records, metricOf)).map(toMetric) }]
    }))
}

/** A metric is known by its name, its unit, its description and the type of its points. */
const metricOf = ({ description, kind, name, unit }: MetricPoint): string =>
  JSON.stringify([kind, name, unit, description])

const toMetric = (points: Arr.NonEmptyReadonlyArray<MetricPoint>) => {
  const { description, kind, name, unit } = points[0]
  return {
    name,
    ...(description !== undefined && { description }),
    ...(unit !== undefined && { unit }),
    metadata: [{ key: metricIds, value: { arrayValue: { values: points.map(toId) } } }],
    ...data[kind](points)
  }
}

/** The ids of the points of a metric, in their order. They must not be attributes of the points, which make series. */
export const metricIds = "effect_observability.metric_ids"

const toId = ({ metricId }: MetricPoint) => ({ stringValue: metricId })

/** Delta temporality: the amount added over the interval of a point, not since the start of the process. */
const delta = 1

const data: { readonly [K in MetricKind]: (points: ReadonlyArray<MetricPoint>) => object } = {
  // A point does not tell whether its counter can go down. A monotonic sum must never get a negative delta, and being
  // monotonic is part of what a series is known by: it cannot be decided point by point.
  counter: (points) => ({
    sum: { dataPoints: points.map(toNumber), aggregationTemporality: delta, isMonotonic: false }
  }),
  gauge: (points) => ({ gauge: { dataPoints: points.map(toNumber) } }),
  histogram: (points) => ({ histogram: { dataPoints: points.map(toHistogram), aggregationTemporality: delta } })
}

const toPoint = ({ attributes, startTime, time }: MetricPoint) => ({
  attributes: keyValues(attributes),
  ...(startTime !== undefined && { startTimeUnixNano: toTime(startTime) }),
  timeUnixNano: toTime(time)
})

/** Numbers are doubles, whole ones too: the points of a series have one type. */
const toNumber = (point: MetricPoint) => ({
  ...toPoint(point),
  asDouble: point.value,
  ...exemplars(point, point.value)
})

const toHistogram = (point: MetricPoint) => {
  // A point that lacks its histogram has the sum alone.
  const { bounds = [], count = 0, counts = [], max, min, sum = point.value } = point.histogram ?? {}
  return {
    ...toPoint(point),
    count: String(count),
    sum,
    bucketCounts: counts.map(String),
    explicitBounds: bounds,
    ...(min !== undefined && { min }),
    ...(max !== undefined && { max }),
    ...(count > 0 && exemplars(point, max ?? sum / count))
  }
}

/** The span in which a point was measured. A value of the interval goes with it: of a histogram the largest, or the mean. */
const exemplars = ({ spanId, time, traceId }: MetricPoint, value: number) =>
  isTraceId(traceId) &&
  isSpanId(spanId) && { exemplars: [{ timeUnixNano: toTime(time), asDouble: value, traceId, spanId }] }
