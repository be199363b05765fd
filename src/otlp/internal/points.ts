/**
 * Points of metrics as they are received (https://opentelemetry.io/docs/specs/otel/metrics/data-model/). Records hold what
 * was added in an interval; most senders say what it came to since they started.
 */
import { isId } from "../../signal/internal/labels.js"
import type { Json, JsonObject } from "../../signal/Json.js"
import type { Histogram, MetricKind, MetricPoint } from "../../signal/MetricPoint.js"
import { unchecked } from "../../signal/Signal.js"
import { signals } from "../../signal/signals.js"
import { type DividedMetric, Malformed, NoJson, type Raw, type Slice } from "./incoming.js"
import { hashOf } from "./mapping/log.js"
import type { PointForm } from "./messages.js"
import { metricIds } from "./metrics.js"
import { attributesOf, listOf, maybeId, timeOf } from "./reading.js"
import type { Origin } from "./received.js"
import { isOurs, resourceOf } from "./resources.js"
import { type Distribution, isLess, type Series, toHistogram } from "./series.js"
import { isSpanId, isTraceId } from "./values.js"

const make = unchecked(signals.metrics)

/** A metric with all that its points have in common. */
interface Metric {
  readonly origin: Origin
  readonly name: string
  readonly unit: string | undefined
  readonly description: string | undefined
  /** The ids of its points, where this library made them. */
  readonly ids: ReadonlyArray<Json>
}

/** Reads points, and counts those that were received and not taken. */
interface Reading {
  read(form: PointForm, slice: Slice): Raw
  refuse(message: string, count?: number): void
}

/** Makes records of a metric. The series that it changes go on from there only if `series` is kept. */
export function* toPoints(
  { points: slices, raw }: DividedMetric,
  origin: Origin,
  series: Series,
  reading: Reading
): Generator<void, ReadonlyArray<MetricPoint>> {
  const ids = (raw["metadata"] as JsonObject | undefined)?.[metricIds]
  const metric: Metric = {
    origin,
    name: (raw["name"] as string | undefined) ?? "",
    unit: orAbsent(raw["unit"]),
    description: orAbsent(raw["description"]),
    ids: isOurs(origin) && Array.isArray(ids) ? ids : []
  }
  const [form] = Object.keys(forms).filter((form) => raw[form] !== undefined) as Array<PointForm>
  if (form === undefined) throw new Malformed("a metric has no points of a kind that there is")
  const data = raw[form] as Raw
  const given = slices[form] ?? []
  const points: Array<MetricPoint> = []
  if (metric.name === "") {
    reading.refuse("a metric has no name", Math.max(1, given.length))
    return points
  }
  for (const [index, slice] of given.entries()) {
    try {
      const point = reading.read(form, slice)
      // A series that ends says so by a point without a value.
      const isWithoutValue = (((point["flags"] as number | undefined) ?? 0) & 1) === 1
      if (!isWithoutValue) points.push(...forms[form]({ metric, data, point, index, series }))
    } catch (error) {
      if (!(error instanceof Malformed) || error instanceof NoJson) throw error
      reading.refuse(error.message)
    }
    yield
  }
  return points
}

const orAbsent = (text: unknown): string | undefined => (text === "" ? undefined : (text as string | undefined))

interface Given {
  readonly metric: Metric
  readonly data: Raw
  readonly point: Raw
  readonly index: number
  readonly series: Series
}

type Form = (given: Given) => ReadonlyArray<MetricPoint>

const forms = {
  gauge: (given) => [toPoint(given, "gauge", { value: valueOf(given.point) })],
  sum: (given) => {
    const value = valueOf(given.point)
    if (!isCumulative(given.data)) return [toPoint(given, "counter", { value })]
    // A sum that goes up and down is known by where it stands.
    if (given.data["isMonotonic"] !== true) return [toPoint(given, "gauge", { value })]
    return added(given, "counter", { count: 0, sum: value, buckets: undefined }, ({ sum }) => ({ value: sum }))
  },
  histogram: (given) => {
    const { point } = given
    const bounds = (point["explicitBounds"] as ReadonlyArray<number> | undefined) ?? []
    const counts = ((point["bucketCounts"] as ReadonlyArray<bigint> | undefined) ?? []).map(countOf)
    if (counts.length !== 0 && counts.length !== bounds.length + 1) {
      throw new Malformed("a histogram has not one bucket more than bounds")
    }
    if (!bounds.every((bound, i) => Number.isFinite(bound) && (i === 0 || bound > (bounds[i - 1] as number)))) {
      throw new Malformed("the bounds of a histogram do not ascend")
    }
    return distributed(given, { ...summed(point), buckets: { explicit: bounds, counts } })
  },
  exponentialHistogram: (given) => {
    const { point } = given
    const buckets = {
      scale: (point["scale"] as number | undefined) ?? 0,
      zeros: countOf((point["zeroCount"] as bigint | undefined) ?? 0n),
      threshold: finite(point["zeroThreshold"] ?? 0),
      positive: bucketsOf(point["positive"]),
      negative: bucketsOf(point["negative"])
    }
    return distributed(given, { ...summed(point), buckets })
  },
  summary: (given) => {
    const { point } = given
    const quantiles = listOf(point, "quantileValues").map((raw) => ({
      quantile: finite(raw["quantile"] ?? 0),
      value: finite(raw["value"] ?? 0)
    }))
    return [
      ...added(given, "histogram", { ...summed(point), buckets: undefined }, ({ count, sum }) => ({
        value: sum,
        histogram: { count, sum, bounds: [], counts: [count] }
      })),
      ...quantiles.map(({ quantile, value }) =>
        toPoint(given, "gauge", { value, suffix: ".quantile", labels: { quantile } })
      )
    ]
  }
} satisfies { readonly [form in PointForm]: Form }

const cumulative = 2

const isCumulative = (data: Raw): boolean => data["aggregationTemporality"] === cumulative

const distributed = (given: Given, distribution: Distribution): ReadonlyArray<MetricPoint> => {
  const { point } = given
  const toValues = (distribution: Distribution, isWhole: boolean): Values => {
    const histogram = toHistogram(distribution)
    if (histogram === undefined) throw new Malformed("a histogram has bounds that are no finite numbers")
    const min = isWhole ? point["min"] : undefined
    const max = isWhole ? point["max"] : undefined
    return {
      value: histogram.sum,
      histogram: {
        ...histogram,
        ...(min !== undefined && { min: finite(min) }),
        ...(max !== undefined && { max: finite(max) })
      }
    }
  }
  return isCumulative(given.data)
    ? added(given, "histogram", distribution, toValues)
    : [toPoint(given, "histogram", toValues(distribution, true))]
}

/** The amount that a cumulative point has added since the one before. Its least and largest value since then are not known. */
const added = (
  given: Given,
  kind: MetricKind,
  distribution: Distribution,
  toValues: (distribution: Distribution, isWhole: boolean) => Values
): ReadonlyArray<MetricPoint> => {
  const { metric, point, series } = given
  const change = series.next(keyOf(metric, kind, point), {
    startTime: timeOf(point, "startTimeUnixNano"),
    time: timeOf(point, "timeUnixNano"),
    distribution
  })
  if (change === undefined) return []
  const { distribution: difference, isWhole, startTime } = change
  return [toPoint(given, kind, { ...toValues(difference, isWhole), startTime })]
}

const keyOf = ({ name, origin, unit }: Metric, kind: MetricKind, point: Raw): string =>
  idOf([
    sorted(origin.resource),
    origin.scope.name,
    origin.scope.version,
    sorted(origin.scope.attributes),
    name,
    unit,
    kind,
    sorted(attributesOf(point))
  ])

const idOf = (parts: ReadonlyArray<unknown>): string =>
  hashOf(JSON.stringify(parts, (_, value) => (typeof value === "bigint" ? String(value) : value)))

const sorted = (object: JsonObject): unknown =>
  Object.entries(object).sort(([a], [b]) => (isLess(a, b) ? -1 : isLess(b, a) ? 1 : 0))

interface Values {
  readonly value: number
  readonly histogram?: Histogram
  readonly startTime?: bigint
  readonly suffix?: string
  readonly labels?: JsonObject
}

const toPoint = ({ index, metric, point }: Given, kind: MetricKind, values: Values): MetricPoint => {
  const { description, ids, origin, unit } = metric
  const { histogram, labels, suffix = "", value } = values
  const { resource } = origin
  const time = timeOf(point, "timeUnixNano")
  const start = values.startTime ?? timeOf(point, "startTimeUnixNano")
  const startTime = start === 0n ? undefined : start
  const name = metric.name + suffix
  const attributes = attributesOf(point)
  const id = ids[index]
  const [exemplar = {}] = listOf(point, "exemplars")
  const serviceName = resource["service.name"]
  const environment = resource["deployment.environment.name"]
  return make({
    metricId:
      typeof id === "string" && id !== ""
        ? id
        : idOf([resource, origin.scope.name, name, kind, labels, attributes, start, time, value]),
    name,
    kind,
    unit,
    description,
    startTime,
    time,
    value: finite(value),
    histogram,
    attributes: { ...withoutIds(attributes), ...labels },
    traceId: orNothing(() => maybeId(exemplar, "traceId", isTraceId)),
    spanId: orNothing(() => maybeId(exemplar, "spanId", isSpanId)),
    serviceName: typeof serviceName === "string" ? serviceName : "unknown_service",
    environment: typeof environment === "string" ? environment : undefined,
    resource: isOurs(origin) ? resourceOf(origin) : resource
  })
}

/** Labels do not tell sessions and users apart: their series would not end. */
const withoutIds = (attributes: JsonObject): JsonObject =>
  Object.keys(attributes).some(isId)
    ? Object.fromEntries(Object.entries(attributes).filter(([name]) => !isId(name)))
    : attributes

const orNothing = <A>(read: () => A): A | undefined => {
  try {
    return read()
  } catch {
    return undefined
  }
}

const valueOf = (point: Raw): number => {
  const { asDouble, asInt } = point as { readonly asDouble?: number; readonly asInt?: bigint }
  if (asDouble === undefined && asInt === undefined) throw new Malformed("a point has no value")
  return finite(asDouble ?? Number(asInt))
}

const finite = (value: unknown): number => {
  if (!Number.isFinite(value)) throw new Malformed("a point has a number that is not finite")
  return value as number
}

const countOf = (count: bigint): number => {
  const number = Number(count)
  if (!Number.isSafeInteger(number)) throw new Malformed("a count is larger than can be counted")
  return number
}

const summed = (point: Raw) => ({
  count: countOf((point["count"] as bigint | undefined) ?? 0n),
  sum: finite(point["sum"] ?? 0)
})

/** The buckets that hold something, by their index. */
const bucketsOf = (raw: unknown): ReadonlyMap<number, number> => {
  const { bucketCounts = [], offset = 0 } = (raw ?? {}) as { bucketCounts?: ReadonlyArray<bigint>; offset?: number }
  return new Map(bucketCounts.flatMap((count, i) => (count === 0n ? [] : [[offset + i, countOf(count)] as const])))
}
