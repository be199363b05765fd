/**
 * The instruments of Effect's metric registry, and what each of them has added since it was last read.
 */
import * as Duration from "effect/Duration"
import * as Either from "effect/Either"
import * as Metric from "effect/Metric"
import type * as MetricKey from "effect/MetricKey"
import * as MetricKeyType from "effect/MetricKeyType"
import * as MetricState from "effect/MetricState"
import * as Option from "effect/Option"
import { toJsonObject, toText } from "../../signal/internal/jsonWalk.js"
import { isId } from "../../signal/internal/labels.js"
import type { JsonObject } from "../../signal/Json.js"
import type { Histogram, MetricKind } from "../../signal/MetricPoint.js"
import type { Limits } from "./options.js"

/** The amount that an instrument has added, or where a gauge stands. */
export interface Change {
  readonly name: string
  readonly kind: MetricKind
  readonly value: number
  readonly histogram?: Histogram | undefined
  readonly attributes: JsonObject
}

interface Hook {
  readonly get: () => MetricState.MetricState.Untyped
}

type Entries = Iterable<readonly [key: MetricKey.MetricKey.Untyped, hook: Hook]>

/**
 * The registry's instruments, to be read one by one. `Metric.unsafeSnapshot` reads them all: the sorted samples of summaries
 * that nobody records, too, and without an end where a summary has room for none.
 */
export const registered = (): Entries => {
  const { map } = Metric.globalMetricRegistry as unknown as { readonly map?: Entries }
  return map !== undefined && Symbol.iterator in map
    ? map
    : Metric.unsafeSnapshot().map(({ metricKey, metricState }) => [metricKey, { get: () => metricState }] as const)
}

/** An instrument: a key of the registry, and where it stood when it was last read. */
export class Instrument {
  readonly name: string
  readonly description: string | undefined
  readonly unit: string | undefined
  /** How many of its labels hold an id. */
  readonly ids: number
  /** Whether it has stood at no finite number. */
  broken = false

  private readonly attributes: JsonObject
  private readonly isReadable: boolean
  private readonly isSummary: boolean
  private readonly isIncremental: boolean
  private readonly counts = new Map<string, number | bigint>()
  private stood: number | undefined = undefined
  private histogram: Histogram | undefined = undefined

  constructor(
    key: MetricKey.MetricKey.Untyped,
    private readonly limits: Limits
  ) {
    const labels = key.tags.filter(({ key }) => !isUnit(key))
    const safe = labels.filter(({ key }) => !isId(key))
    this.name = toText(key.name, limits)
    this.description = Option.getOrUndefined(Option.map(key.description, (text) => toText(text, limits)))
    this.unit = unitOf(key)
    this.ids = labels.length - safe.length
    // A label that is there twice has the later value, and their order says nothing.
    const values = new Map(safe.map(({ key, value }) => [key, value]))
    this.attributes = toJsonObject(Array.from(values).toSorted(), limits).json
    this.isSummary = MetricKeyType.isSummaryKey(key.keyType)
    this.isReadable =
      !MetricKeyType.isSummaryKey(key.keyType) || (key.keyType.maxSize >= 1 && Duration.isFinite(key.keyType.maxAge))
    this.isIncremental = !MetricKeyType.isCounterKey(key.keyType) || key.keyType.incremental
  }

  /** Takes the counts so far for nothing. A gauge is left: where it stands is news to whoever has not heard of it. */
  begin(hook: Hook): void {
    this.changes(hook)
    this.stood = undefined
  }

  /** The changes since the last time. */
  changes(hook: Hook): ReadonlyArray<Change> {
    return this.isReadable
      ? Either.getOrElse(
          Either.try(() => this.read(hook)),
          () => this.isBroken()
        )
      : this.isBroken()
  }

  private read(hook: Hook): ReadonlyArray<Change> {
    if (this.isSummary && hasNaN(hook)) return this.isBroken()
    const state = hook.get()
    if (MetricState.isCounterState(state)) return this.counter(state.count, "", {})
    if (MetricState.isGaugeState(state)) return this.gauge(Number(state.value))
    if (MetricState.isFrequencyState(state)) {
      return Array.from(state.occurrences).flatMap(([key, count]) => this.counter(count, key, { key }))
    }
    if (MetricState.isHistogramState(state)) return this.distribution(toHistogram(state)).changes
    return MetricState.isSummaryState(state) ? this.summary(state) : []
  }

  private isBroken(): ReadonlyArray<never> {
    this.broken = true
    return []
  }

  private with(labels: Readonly<Record<string, unknown>>): JsonObject {
    return { ...this.attributes, ...toJsonObject(Object.entries(labels), this.limits).json }
  }

  private counter(
    count: number | bigint,
    part: string,
    labels: Readonly<Record<string, unknown>>
  ): ReadonlyArray<Change> {
    if (!Number.isFinite(Number(count))) return this.isBroken()
    const before = this.counts.get(part) ?? 0
    this.counts.set(part, count)
    // An incremental counter that is lower than before has begun anew.
    const value = this.isIncremental && count < before ? Number(count) : difference(count, before)
    return value === 0 ? [] : [{ name: this.name, kind: "counter", value, attributes: this.with(labels) }]
  }

  private gauge(value: number): ReadonlyArray<Change> {
    if (!Number.isFinite(value)) return this.isBroken()
    if (value === this.stood) return []
    this.stood = value
    return [{ name: this.name, kind: "gauge", value, attributes: this.attributes }]
  }

  /** Least and greatest are left out: those of an interval are not known. */
  private distribution(now: Histogram): { readonly changes: ReadonlyArray<Change> } {
    if (!Number.isFinite(now.sum)) return { changes: this.isBroken() }
    const before = this.histogram ?? empty
    this.histogram = now
    const added = now.counts.map((count, i) => count - (before.counts[i] ?? 0))
    const isAnew = now.count < before.count || added.some((count) => count < 0)
    const histogram = isAnew
      ? now
      : { ...now, count: now.count - before.count, sum: now.sum - before.sum, counts: added }
    return {
      changes:
        histogram.count === 0
          ? []
          : [{ name: this.name, kind: "histogram", value: histogram.sum, histogram, attributes: this.attributes }]
    }
  }

  /** A distribution in one bucket, and its quantiles, which are those of the last minutes, as gauges. */
  private summary({ count, quantiles, sum }: MetricState.MetricState.Summary): ReadonlyArray<Change> {
    const { changes } = this.distribution({ count, sum, bounds: [], counts: [count] })
    if (changes.length === 0) return changes
    return [
      ...changes,
      ...quantiles.flatMap(
        ([quantile, value]): ReadonlyArray<Change> =>
          Option.isSome(value) && Number.isFinite(value.value)
            ? [
                {
                  name: `${this.name}.quantile`,
                  kind: "gauge",
                  value: value.value,
                  attributes: this.with({ quantile: String(quantile) })
                }
              ]
            : []
      )
    ]
  }
}

/**
 * Whether a summary has taken a `NaN`. Effect then computes its quantiles without an end, and the process hangs: so its sum
 * is read at a time when all samples are too old for a quantile.
 */
const hasNaN = (hook: Hook): boolean => {
  const { now } = Date
  try {
    Date.now = () => Number.POSITIVE_INFINITY
    const state = hook.get()
    return MetricState.isSummaryState(state) && Number.isNaN(state.sum)
  } finally {
    Date.now = now
  }
}

const empty: Histogram = { count: 0, sum: 0, bounds: [], counts: [] }

const difference = (a: number | bigint, b: number | bigint): number =>
  typeof a === "bigint" || typeof b === "bigint" ? Number(BigInt(a) - BigInt(b)) : a - b

/** Effect counts upwards from bucket to bucket, and the bound of the last is infinite. */
const toHistogram = ({ buckets, count, sum }: MetricState.MetricState.Histogram): Histogram => {
  const finite = buckets.filter(([bound]) => Number.isFinite(bound))
  const cumulative = [...finite.map(([, count]) => count), count]
  return {
    count,
    sum,
    bounds: finite.map(([bound]) => bound),
    counts: cumulative.map((count, i) => count - (cumulative[i - 1] ?? 0))
  }
}

const isUnit = (label: string): boolean => label === "unit" || label === "time_unit"

/** The unit that the labels say, as UCUM (https://ucum.org) writes it. */
const unitOf = ({ tags }: MetricKey.MetricKey.Untyped): string | undefined => {
  const said = tags.findLast(({ key }) => isUnit(key))?.value
  return said === undefined || said === "" ? undefined : (units.get(said) ?? said.toWellFormed())
}

const units: ReadonlyMap<string, string> = new Map([
  ["nanoseconds", "ns"],
  ["microseconds", "us"],
  ["milliseconds", "ms"],
  ["seconds", "s"],
  ["minutes", "min"],
  ["hours", "h"],
  ["days", "d"],
  ["bytes", "By"]
])
