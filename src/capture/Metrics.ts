/**
 * Records metrics. Once its layer is there, what the counters, gauges, histograms, frequencies and summaries of Effect's
 * `Metric` came to, in anybody's code, is recorded at intervals.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { globalValue } from "effect/GlobalValue"
import * as Layer from "effect/Layer"
import type * as MetricKey from "effect/MetricKey"
import * as MetricLabel from "effect/MetricLabel"
import * as Option from "effect/Option"
import { logWarning } from "../runtime/annotated.js"
import { background } from "../runtime/background.js"
import { disregard } from "../runtime/call.js"
import { nextTurn } from "../runtime/eventLoop.js"
import * as ids from "../runtime/ids.js"
import { isolated } from "../runtime/isolated.js"
import * as ownMetrics from "../runtime/ownMetrics.js"
import * as wall from "../runtime/wall.js"
import { Emitter } from "../signal/Emitter.js"
import { sizeOf } from "../signal/internal/size.js"
import type { Histogram, MetricPoint } from "../signal/MetricPoint.js"
import { unchecked } from "../signal/Signal.js"
import { signals } from "../signal/signals.js"
import { type Change, Instrument, registered } from "./internal/instruments.js"
import type { CaptureOptions } from "./internal/options.js"

/**
 * The metrics of the program as they are recorded.
 *
 * @since 0.1.0
 * @category tags
 */
export class Metrics extends Context.Tag("effect-observability/Metrics")<
  Metrics,
  {
    /** Records what has changed by now, without waiting for the end of the interval. */
    readonly collect: Effect.Effect<void>
    /** Counts of what was not recorded. */
    readonly skipped: Effect.Effect<Skipped>
  }
>() {}

/**
 * How much was not recorded, and why. The same numbers are in the Effect counter `effect_observability.metrics.skipped`,
 * tagged with `reason`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Skipped {
  /** Points of series beyond the first 1,000. */
  readonly points: number
  /** Instruments that stood at no finite number, or cannot be read. */
  readonly instruments: number
  /** Labels that hold the id of a session, a user, a trace or the like. Their series are added up without them. */
  readonly labels: number
}

/**
 * How metrics are recorded: how often, and which.
 *
 * @since 0.1.0
 * @category models
 */
export interface MetricsOptions extends CaptureOptions {
  /** How often what has changed is recorded: every 30 seconds, unless it says otherwise. */
  readonly interval?: Duration.DurationInput | undefined
  /** Says by its name whether a metric is recorded: all but those of this library, unless it says otherwise. */
  readonly include?: ((name: string) => boolean) | undefined
}

/**
 * Records what the metrics of the program add from now on: once an interval, and once more when its scope closes.
 *
 * @example
 * ```ts
 * import { Layer } from "effect"
 * import { Emitter, Metrics } from "effect-observability"
 *
 * // records metrics without `Observability`: whoever provides the `Emitter` gets them
 * declare const EmitterLive: Layer.Layer<Emitter.Emitter>
 *
 * const MetricsLive = Metrics.layer({
 *   serviceName: "support-agent",
 *   resource: {},
 *   limits: { attributeCount: 128, attributeValueLength: 1_000, attributeDepth: 8, eventCount: 128, linkCount: 128 },
 *   interval: "10 seconds",
 *   include: (name) => name.startsWith("support_agent.")
 * }).pipe(Layer.provide(EmitterLive))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: MetricsOptions): Layer.Layer<Metrics, never, Emitter> =>
  Layer.scoped(
    Metrics,
    Effect.gen(function* () {
      const emitter = yield* Emitter
      const clock = yield* Effect.clock
      const lock = yield* Effect.makeSemaphore(1)
      const recorder = new Recorder(options, clock.unsafeCurrentTimeNanos())

      const walk = (visit: (key: MetricKey.MetricKey.Untyped, hook: Hook) => void) =>
        Effect.forEach(
          Array.from(registered()),
          ([key, hook], index) => {
            visit(key, hook)
            return index % instrumentsATurn === instrumentsATurn - 1 ? nextTurn : Effect.void
          },
          { discard: true }
        )
      const isRecordedElsewhere = () => options.isAlone === true && first(collectors) !== collect
      const collect: Effect.Effect<void> = Effect.gen(function* () {
        const points = new Map<string, Point>()
        yield* walk((key, hook) => recorder.read(points, key, hook))
        const records = recorder.records(points, clock.unsafeCurrentTimeNanos(), wall.of(clock).now())
        if (!isRecordedElsewhere())
          for (const record of records) emitter.emit("metrics", record, sizeOf.metrics(record))
        yield* recorder.say
      }).pipe(lock.withPermits(1))

      yield* walk((key, hook) => recorder.instrument(key)?.begin(hook))
      const interval = Duration.decode(options.interval ?? defaultInterval)
      yield* Effect.delay(collect, interval).pipe(Effect.forever, background, Effect.forkScoped)
      if (options.isAlone) collectors.add(collect)
      yield* Effect.addFinalizer(() =>
        isolated(
          Effect.suspend(() => {
            const [, next] = isRecordedElsewhere() ? [] : collectors
            // The next one goes on where this one ends: what both have counted is recorded here.
            return Effect.zipRight(collect, next ?? Effect.void)
          }).pipe(Effect.zipRight(Effect.sync(() => collectors.delete(collect))))
        )
      )
      return { collect: isolated(collect), skipped: Effect.sync(() => ({ ...recorder.skipped })) }
    })
  )

/**
 * How each layer that records alone collects, the outermost first: of several it alone records, for Effect keeps one
 * registry of metrics a process.
 */
const collectors: Set<Effect.Effect<void>> = globalValue("effect-observability/capture/collectors", () => new Set())

const first = <A>(set: Iterable<A>): A | undefined => {
  for (const one of set) return one
  return undefined
}

/** How often metrics are recorded unless the options say otherwise. @internal */
export const defaultInterval = Duration.seconds(30)

/** How many series are recorded, at most: a label of many values must not fill the store. */
const maxSeries = 1_000

/** How many instruments are read until the event loop turns. */
const instrumentsATurn = 500

type Hook = Parameters<Instrument["changes"]>[0]

/** The change of a series in an interval. Instruments that differ in labels that are left out are one series. */
interface Point {
  readonly of: Instrument
  readonly change: Change
  value: number
  histogram: Histogram | undefined
}

class Recorder {
  readonly skipped = { points: 0, instruments: 0, labels: 0 }
  private readonly said = { points: false, instruments: false, labels: false }
  private readonly instruments = new WeakMap<MetricKey.MetricKey.Untyped, Instrument | "left out">()
  private readonly series = new Set<string>()

  constructor(
    private readonly options: MetricsOptions,
    /** The reading of the clock at which the interval began. */
    private since: bigint
  ) {}

  /** The instrument of a key, if it is recorded. A program in JavaScript may have given it a name or a label of any type. */
  instrument(key: MetricKey.MetricKey.Untyped): Instrument | undefined {
    let known = this.instruments.get(key)
    if (known === undefined) {
      const made = Either.try(() =>
        includes(this.options, key.name) ? new Instrument(key, this.options.limits) : "left out"
      )
      known = Either.getOrElse(made, () => "left out" as const)
      this.instruments.set(key, known)
      if (Either.isLeft(made)) this.skip("instruments", 1)
      if (known !== "left out") this.skip("labels", known.ids)
    }
    return known === "left out" ? undefined : known
  }

  /** Adds what an instrument has changed by. */
  read(points: Map<string, Point>, key: MetricKey.MetricKey.Untyped, hook: Hook): void {
    const instrument = this.instrument(key)
    if (instrument === undefined) return
    const wasBroken = instrument.broken
    for (const change of instrument.changes(hook)) {
      const id = JSON.stringify([
        change.name,
        change.kind,
        instrument.unit,
        change.histogram?.bounds,
        change.attributes
      ])
      const point = points.get(id)
      if (point === undefined) {
        points.set(id, { of: instrument, change, value: change.value, histogram: change.histogram })
      } else if (change.kind === "gauge") point.value = change.value
      else {
        point.value += change.value
        point.histogram = change.histogram && point.histogram && sum(point.histogram, change.histogram)
      }
    }
    if (instrument.broken && !wasBroken) this.skip("instruments", 1)
  }

  /** The records of an interval that ends now: at a reading of the clock, and a time of day. */
  records(points: ReadonlyMap<string, Point>, reading: bigint, now: bigint): ReadonlyArray<MetricPoint> {
    const { environment, resource, serviceName } = this.options
    const startTime = now - (reading - this.since)
    const records: Array<MetricPoint> = []
    for (const [id, { change, histogram, of, value }] of points) {
      if (!this.series.has(id)) {
        if (this.series.size === maxSeries) {
          this.skip("points", 1)
          continue
        }
        this.series.add(id)
      }
      records.push(
        unsafeMetric({
          metricId: ids.uuid7(Number(now / 1_000_000n)),
          name: change.name,
          kind: change.kind,
          unit: of.unit,
          description: of.description,
          startTime: change.kind === "gauge" ? undefined : startTime,
          time: now,
          value,
          histogram,
          attributes: change.attributes,
          serviceName,
          environment,
          resource
        })
      )
    }
    this.since = reading
    return records
  }

  /** Says, once for each reason, that something was not recorded. */
  readonly say = Effect.suspend(() =>
    Effect.forEach(
      (Object.keys(messages) as Array<keyof Skipped>).filter((what) => this.skipped[what] > 0 && !this.said[what]),
      (what) => {
        this.said[what] = true
        return logWarning("Metrics")(messages[what], { [what]: this.skipped[what] })
      },
      { discard: true }
    )
  )

  private skip(what: keyof Skipped, count: number): void {
    if (count === 0) return
    this.skipped[what] += count
    ownMetrics.metrics.skipped.unsafeUpdate(count, [MetricLabel.make("reason", reasons[what])])
  }
}

const reasons: { readonly [W in keyof Skipped]: string } = {
  points: "series_limit",
  instruments: "not_finite",
  labels: "id_label"
}

const messages: { readonly [W in keyof Skipped]: string } = {
  points: "Only the first 1,000 series of metrics are recorded",
  instruments: "Metrics that stand at no finite number are not recorded",
  labels: "Labels of metrics that hold ids are left out: their series are added up"
}

const unsafeMetric: (fields: ConstructorParameters<typeof MetricPoint>[0]) => MetricPoint = unchecked(signals.metrics)

/** Whether a metric is recorded. A predicate that throws, or answers with no boolean, says nothing. */
const includes = ({ include }: MetricsOptions, name: string): boolean => {
  const answered = include === undefined ? Option.none() : Option.liftThrowable(include)(name)
  if (Option.isSome(answered)) {
    if (typeof answered.value === "boolean") return answered.value
    disregard(answered.value)
  }
  return !name.startsWith(ownMetrics.prefix)
}

const sum = (a: Histogram, b: Histogram): Histogram => ({
  count: a.count + b.count,
  sum: a.sum + b.sum,
  bounds: a.bounds,
  counts: a.counts.map((count, i) => count + (b.counts[i] ?? 0))
})
