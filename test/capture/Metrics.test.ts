import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Layer, Logger, Metric, MetricBoundaries, Schema, TestClock } from "effect"
import { type MetricPoint, Metrics } from "effect-observability"
import { Instrument } from "../../src/capture/internal/instruments.js"
import * as ownMetrics from "../../src/runtime/ownMetrics.js"
import { Emitter } from "../../src/signal/Emitter.js"
import { sizeOf } from "../../src/signal/internal/size.js"
import { MetricPoint as Point } from "../../src/signal/MetricPoint.js"
import { limits } from "./utils.js"

/** The registry belongs to the process: each test has names of its own. */
let tests = 0
const unique = () => `test.${tests++}.`

/** What is recorded of metrics whose names begin so. */
const recorder = (prefix: string, options?: Partial<Metrics.MetricsOptions>) => {
  const points: Array<MetricPoint.MetricPoint> = []
  const layer = Metrics.layer({
    serviceName: "test",
    resource: { "service.name": "test" },
    limits,
    include: (name) => name.startsWith(prefix),
    ...options
  }).pipe(
    Layer.provide(
      Layer.succeed(Emitter, {
        emit: (signal, record, bytes) => {
          assert.strictEqual(signal, "metrics")
          assert.strictEqual(bytes, sizeOf.metrics(record))
          assert.isTrue(Schema.is(Schema.typeSchema(Point))(new Point(record as Point)))
          points.push(record as Point)
        },
        snapshot: () => {},
        refuse: () => {}
      })
    )
  )
  return { points, layer }
}

const collect = Effect.flatMap(Metrics.Metrics, ({ collect }) => collect)
const skipped = Effect.flatMap(Metrics.Metrics, ({ skipped }) => skipped)

/** Runs a program beside its own recorder, and gives what was recorded until it closed. */
const record = <A>(
  program: (prefix: string) => Effect.Effect<A, never, Metrics.Metrics>,
  options?: Partial<Metrics.MetricsOptions>
) =>
  Effect.suspend(() => {
    const prefix = unique()
    const { layer, points } = recorder(prefix, options)
    return Effect.as(Effect.provide(program(prefix), layer), points)
  })

const values = (points: ReadonlyArray<MetricPoint.MetricPoint>) => points.map(({ value }) => value)

describe("Metrics", () => {
  it.effect("are recorded every 30 seconds, as what was added since", () =>
    Effect.gen(function* () {
      const prefix = unique()
      const { layer, points } = recorder(prefix, { environment: "staging" })
      const requests = Metric.counter(`${prefix}requests`, { description: "Requests" }).pipe(
        Metric.tagged("route", "/")
      )
      yield* Metric.incrementBy(requests, 100)
      yield* Effect.gen(function* () {
        yield* Metric.incrementBy(requests, 2)
        yield* TestClock.adjust("29 seconds")
        assert.isEmpty(points)
        yield* TestClock.adjust("1 second")
        yield* Metric.incrementBy(requests, 3)
        yield* TestClock.adjust("30 seconds")
      }).pipe(Effect.provide(layer))
      const [first, second] = points
      assert.deepStrictEqual(
        { ...first },
        {
          metricId: first?.metricId ?? "",
          name: `${prefix}requests`,
          kind: "counter",
          description: "Requests",
          startTime: 0n,
          time: 30_000_000_000n,
          value: 2,
          attributes: { route: "/" },
          serviceName: "test",
          environment: "staging",
          resource: { "service.name": "test" }
        }
      )
      assert.deepStrictEqual([second?.startTime, second?.time, second?.value], [first?.time, 60_000_000_000n, 3])
      assert.lengthOf(points, 2)
    })
  )

  it.effect("are recorded as often as the options say", () =>
    Effect.gen(function* () {
      const points = yield* record(
        (prefix) => {
          const counter = Metric.counter(`${prefix}counter`)
          return Effect.repeatN(Effect.zipRight(Metric.increment(counter), TestClock.adjust("2 seconds")), 2)
        },
        { interval: Duration.seconds(2) }
      )
      assert.deepStrictEqual(values(points), [1, 1, 1])
    })
  )

  it.effect("are recorded once more when the scope closes", () =>
    Effect.gen(function* () {
      const points = yield* record((prefix) => Metric.increment(Metric.counter(`${prefix}counter`)))
      assert.deepStrictEqual(values(points), [1])
    })
  )

  it.effect("are not recorded when nothing changed", () =>
    Effect.gen(function* () {
      const points = yield* record((prefix) =>
        Effect.gen(function* () {
          yield* Metric.increment(Metric.counter(`${prefix}counter`))
          yield* Metric.set(Metric.gauge(`${prefix}gauge`), 7)
          yield* Metric.update(Metric.frequency(`${prefix}frequency`), "a")
          yield* Metric.update(Metric.histogram(`${prefix}histogram`, MetricBoundaries.fromIterable([1])), 1)
          yield* collect
          yield* collect
        })
      )
      assert.lengthOf(points, 4)
    })
  )

  it.effect("leave out those of the library itself, unless they are asked for", () =>
    Effect.gen(function* () {
      const own = Metric.counter(`effect_observability.${unique()}`)
      const other = `${unique()}other`
      const found: Array<ReadonlyArray<boolean>> = []
      const isOwn = ({ name }: MetricPoint.MetricPoint) => name.startsWith("effect_observability.test.")
      for (const include of [undefined, (name: string) => name.startsWith("effect_observability.test.")]) {
        const { layer, points } = recorder("", { include })
        yield* Effect.zipRight(Metric.increment(own), Metric.increment(Metric.counter(other))).pipe(
          Effect.provide(layer)
        )
        found.push([points.some(isOwn), points.some(({ name }) => name === other)])
      }
      assert.deepStrictEqual(found, [
        [false, true],
        [true, false]
      ])
    })
  )

  it.effect("are recorded where the predicate throws, or answers with no boolean", () =>
    Effect.gen(function* () {
      for (const include of [
        () => {
          throw new Error("gotcha")
        },
        () => Promise.reject(new Error("gotcha")) as never
      ]) {
        const points = yield* record((prefix) => Metric.increment(Metric.counter(`${prefix}counter`)), { include })
        assert.isAtLeast(points.length, 1)
      }
    })
  )

  describe("a counter", () => {
    it.effect("that goes down has added less than nothing", () =>
      Effect.gen(function* () {
        const points = yield* record((prefix) => {
          const counter = Metric.counter(`${prefix}counter`)
          return Metric.incrementBy(counter, 5).pipe(
            Effect.zipRight(collect),
            Effect.zipRight(Metric.incrementBy(counter, -2))
          )
        })
        assert.deepStrictEqual(values(points), [5, -2])
      })
    )

    it.effect("of bigints is recorded as a number", () =>
      Effect.gen(function* () {
        const points = yield* record((prefix) => {
          const counter = Metric.counter(`${prefix}counter`, { bigint: true, incremental: true })
          return Metric.incrementBy(counter, 2n ** 60n).pipe(
            Effect.zipRight(collect),
            Effect.zipRight(Metric.incrementBy(counter, 3n))
          )
        })
        assert.deepStrictEqual(values(points), [2 ** 60, 3])
      })
    )

    it.effect("that stands at NaN is left out, counted and said once", () =>
      Effect.gen(function* () {
        const warnings: Array<unknown> = []
        const logger = Logger.make(({ message }) => void warnings.push(message))
        const points = yield* record((prefix) =>
          Effect.gen(function* () {
            yield* Metric.incrementBy(Metric.counter(`${prefix}counter`), Number.NaN)
            yield* Metric.set(Metric.gauge(`${prefix}gauge`), Number.POSITIVE_INFINITY)
            yield* Metric.update(Metric.histogram(`${prefix}h`, MetricBoundaries.fromIterable([1])), Number.NaN)
            const counted = Metric.value(Metric.tagged(ownMetrics.metrics.skipped, "reason", "not_finite"))
            const before = (yield* counted).count
            yield* collect
            yield* collect
            assert.deepStrictEqual(yield* skipped, { points: 0, instruments: 3, labels: 0 })
            assert.strictEqual((yield* counted).count - before, 3)
          }).pipe(Effect.provide(Logger.replace(Logger.defaultLogger, logger)))
        ).pipe(Effect.provide(Logger.replace(Logger.defaultLogger, logger)))
        assert.isEmpty(points)
        assert.lengthOf(warnings, 1)
      })
    )

    it.effect("that begins anew has added what it stands at", () =>
      Effect.gen(function* () {
        const name = `${unique()}counter`
        yield* Metric.increment(Metric.counter(name, { incremental: true }))
        const pair = Metric.unsafeSnapshot().find(({ metricKey }) => metricKey.name === name)
        assert(pair !== undefined)
        const instrument = new Instrument(pair.metricKey, limits)
        const added = (count: number) =>
          instrument.changes({ get: () => Object.assign(pair.metricState, { count }) }).map(({ value }) => value)
        assert.deepStrictEqual([10, 4, 5].flatMap(added), [10, 4, 1])
      })
    )
  })

  it.effect("a gauge is recorded where it stands, from the first time on, and then when it changes", () =>
    Effect.gen(function* () {
      const prefix = unique()
      const gauge = Metric.gauge(`${prefix}gauge`)
      yield* Metric.set(gauge, 3)
      const { layer, points } = recorder(prefix)
      yield* Effect.gen(function* () {
        yield* collect
        yield* collect
        yield* Metric.set(gauge, 0)
        yield* collect
        yield* Metric.set(Metric.gauge(`${prefix}wide`, { bigint: true }), 2n)
      }).pipe(Effect.provide(layer))
      assert.deepStrictEqual(values(points), [3, 0, 2])
      assert.deepStrictEqual(
        points.map(({ kind, startTime }) => ({ kind, startTime })),
        points.map(() => ({ kind: "gauge" as const, startTime: undefined }))
      )
    })
  )

  it.effect("a histogram says how many values fell into each bucket, and neither least nor greatest", () =>
    Effect.gen(function* () {
      const points = yield* record((prefix) => {
        const histogram = Metric.histogram(`${prefix}histogram`, MetricBoundaries.fromIterable([10, 20]))
        const observe = (...values: ReadonlyArray<number>) =>
          Effect.forEach(values, (value) => Metric.update(histogram, value), { discard: true })
        return observe(-5, 10, 11, 99).pipe(Effect.zipRight(collect), Effect.zipRight(observe(15, 16)))
      })
      assert.deepStrictEqual(
        points.map(({ histogram, kind, value }) => ({ histogram, kind, value })),
        [
          { kind: "histogram", value: 115, histogram: { count: 4, sum: 115, bounds: [10, 20], counts: [2, 1, 1] } },
          { kind: "histogram", value: 31, histogram: { count: 2, sum: 31, bounds: [10, 20], counts: [0, 2, 0] } }
        ]
      )
    })
  )

  it.effect("a histogram that nobody has used is not recorded", () =>
    Effect.gen(function* () {
      const points = yield* record((prefix) =>
        Metric.value(Metric.histogram(`${prefix}histogram`, MetricBoundaries.fromIterable([1])))
      )
      assert.isEmpty(points)
    })
  )

  it.effect("a timer has its unit, and no label for it", () =>
    Effect.gen(function* () {
      const points = yield* record((prefix) => Metric.update(Metric.timer(`${prefix}timer`), Duration.seconds(2)))
      assert.deepStrictEqual(
        points.map(({ attributes, unit, value }) => [value, unit, attributes]),
        [[2_000, "ms", {}]]
      )
    })
  )

  it.effect("a frequency is a counter for each key", () =>
    Effect.gen(function* () {
      const points = yield* record((prefix) => {
        const frequency = Metric.frequency(`${prefix}frequency`, { preregisteredWords: ["never"] })
        const observe = (word: string) => Metric.update(frequency, word)
        return Effect.all([observe("a"), observe("b"), observe("a"), collect, observe("b")])
      })
      assert.deepStrictEqual(
        points.map(({ attributes, kind, value }) => [kind, attributes["key"], value]),
        [
          ["counter", "a", 2],
          ["counter", "b", 1],
          ["counter", "b", 1]
        ]
      )
    })
  )

  it.effect("a summary is a histogram of one bucket, and its quantiles are gauges", () =>
    Effect.gen(function* () {
      const points = yield* record((prefix) => {
        const summary = Metric.summary({
          name: `${prefix}s`,
          maxAge: "1 hour",
          maxSize: 10,
          error: 0,
          quantiles: [0.5, 1]
        })
        return Effect.forEach([1, 2, 3], (value) => Metric.update(summary, value)).pipe(
          Effect.zipRight(collect),
          Effect.zipRight(Metric.update(summary, 10)),
          Effect.zipRight(collect),
          Effect.zipRight(collect)
        )
      })
      const [first, ...others] = points
      assert.deepStrictEqual(first?.histogram, { count: 3, sum: 6, bounds: [], counts: [3] })
      assert.deepStrictEqual(
        others.filter(({ kind }) => kind === "histogram").map(({ histogram }) => histogram?.counts),
        [[1]]
      )
      assert.sameMembers(
        others.filter(({ kind }) => kind === "gauge").map(({ attributes }) => attributes["quantile"]),
        ["0.5", "1", "0.5", "1"]
      )
    })
  )

  it.effect("a summary without room is not read, which would never end", () =>
    Effect.gen(function* () {
      const prefix = unique()
      const { layer, points } = recorder(prefix)
      const summary = Metric.summary({ name: `${prefix}s`, maxAge: "1 hour", maxSize: 0, error: 0, quantiles: [0.5] })
      yield* Effect.gen(function* () {
        yield* Metric.update(summary, 1)
        yield* collect
        assert.strictEqual((yield* skipped).instruments, 1)
      }).pipe(Effect.provide(layer))
      assert.isEmpty(points)
    })
  )

  it.effect("a summary that has taken NaN is not asked for its quantiles, which would never end", () =>
    Effect.gen(function* () {
      const prefix = unique()
      const { layer, points } = recorder(prefix)
      const summary = (name: string) =>
        Metric.summary({ name: prefix + name, maxAge: "1 hour", maxSize: 10, error: 0, quantiles: [0.5] })
      yield* Metric.update(summary("before"), Number.NaN)
      yield* Effect.gen(function* () {
        yield* Metric.update(summary("after"), Number.NaN)
        yield* Metric.update(summary("good"), 1)
        yield* collect
        assert.strictEqual((yield* skipped).instruments, 1)
      }).pipe(Effect.provide(layer))
      assert.deepStrictEqual(
        points.map(({ name }) => name),
        [`${prefix}good`, `${prefix}good.quantile`]
      )
    })
  )

  describe("labels", () => {
    it.effect("are one series whatever their order, and the later of two of a name counts", () =>
      Effect.gen(function* () {
        const points = yield* record((prefix) => {
          const counter = Metric.counter(`${prefix}counter`)
          return Effect.all([
            Metric.update(counter.pipe(Metric.tagged("a", "1"), Metric.tagged("b", "2")), 1),
            Metric.update(counter.pipe(Metric.tagged("b", "2"), Metric.tagged("a", "1")), 1),
            Metric.update(counter.pipe(Metric.tagged("a", "0"), Metric.tagged("a", "1"), Metric.tagged("b", "2")), 1)
          ])
        })
        assert.deepStrictEqual(
          points.map(({ attributes, value }) => [attributes, value]),
          [[{ a: "1", b: "2" }, 3]]
        )
      })
    )

    it.effect("that hold ids are left out and counted, and their series added up", () =>
      Effect.gen(function* () {
        const points = yield* record((prefix) =>
          Effect.gen(function* () {
            const counter = Metric.counter(`${prefix}counter`).pipe(Metric.tagged("model", "m"))
            const histogram = Metric.histogram(`${prefix}histogram`, MetricBoundaries.fromIterable([1]))
            const ids = ["session_id", "sessionId", "session.id", "user.id", "trace_id", "request-id", "enduser.id"]
            for (const [i, label] of ids.entries()) {
              yield* Metric.increment(Metric.tagged(counter, label, String(i)))
              yield* Metric.update(Metric.tagged(histogram, label, String(i)), i)
            }
            yield* collect
            assert.strictEqual((yield* skipped).labels, 14)
          })
        )
        assert.deepStrictEqual(
          points.map(({ attributes, histogram, value }) => [attributes, value, histogram?.counts]),
          [
            [{ model: "m" }, 7, undefined],
            [{}, 21, [2, 5]]
          ]
        )
      })
    )

    it.effect("say the unit", () =>
      Effect.gen(function* () {
        const points = yield* record((prefix) => {
          const counter = Metric.counter(`${prefix}counter`)
          return Effect.all([
            Metric.increment(Metric.tagged(counter, "unit", "{token}")),
            Metric.increment(Metric.tagged(counter, "time_unit", "seconds"))
          ])
        })
        assert.deepStrictEqual(
          points.map(({ attributes, unit }) => [unit, attributes]),
          [
            ["{token}", {}],
            ["s", {}]
          ]
        )
      })
    )

    it.effect("and names are made well-formed", () =>
      Effect.gen(function* () {
        const points = yield* record((prefix) =>
          Metric.update(Metric.counter(`${prefix}\ud800`).pipe(Metric.tagged("a\ud800", "b\ud800")), 1)
        )
        assert.isTrue(points[0]?.name.isWellFormed())
        assert.deepStrictEqual(points[0]?.attributes, { "a\ufffd": "b\ufffd" })
      })
    )
  })

  it.effect("of one name and two kinds are two series", () =>
    Effect.gen(function* () {
      const points = yield* record((prefix) =>
        Effect.all([Metric.increment(Metric.counter(`${prefix}x`)), Metric.set(Metric.gauge(`${prefix}x`), 1)])
      )
      assert.deepStrictEqual(
        points.map(({ kind }) => kind),
        ["counter", "gauge"]
      )
    })
  )

  it.live("are at most 1,000 series: the rest is counted, and said once", () =>
    Effect.gen(function* () {
      const warnings: Array<unknown> = []
      const logger = Logger.make(({ message }) => void warnings.push(message))
      const points = yield* record((prefix) =>
        Effect.gen(function* () {
          const frequency = Metric.frequency(`${prefix}frequency`)
          const counter = Metric.counter(`${prefix}counter`)
          for (let round = 0; round < 2; round++) {
            for (let i = 0; i < 990; i++) yield* Metric.update(frequency, String(i))
            for (let i = 0; i < 20; i++) yield* Metric.increment(Metric.tagged(counter, "i", String(i)))
            yield* collect
          }
          assert.deepStrictEqual(yield* skipped, { points: 20, instruments: 0, labels: 0 })
        })
      ).pipe(Effect.provide(Logger.replace(Logger.defaultLogger, logger)))
      assert.lengthOf(points, 2_000)
      assert.lengthOf(warnings, 1)
    })
  )

  it.live("do not hold the event loop, however many there are", () =>
    Effect.gen(function* () {
      let turns = 0
      const points = yield* record((prefix) =>
        Effect.gen(function* () {
          const counter = Metric.counter(`${prefix}counter`)
          for (let i = 0; i < 3_000; i++) yield* Metric.increment(Metric.tagged(counter, "session_id", String(i)))
          const timer = setInterval(() => turns++, 0)
          setImmediate(() => turns++)
          yield* collect
          clearInterval(timer)
        })
      )
      assert.deepStrictEqual(values(points), [3_000])
      assert.isAtLeast(turns, 1)
    })
  )

  // The last: the registry keeps a name that is no text for every recorder that has no prefix.
  it.effect("an instrument that cannot be read is left out, and the others are recorded", () =>
    Effect.gen(function* () {
      const prefix = unique()
      const { layer, points } = recorder(prefix, { include: undefined })
      yield* Metric.increment(Metric.counter(7 as never))
      yield* Metric.set(Metric.gauge(`${prefix}symbol`), Symbol() as never)
      yield* Effect.gen(function* () {
        yield* Metric.increment(Metric.tagged(Metric.counter(`${prefix}label`), 7 as never, "x"))
        yield* Metric.increment(Metric.tagged(Metric.counter(`${prefix}unit`), "unit", 7 as never))
        yield* Metric.increment(Metric.counter(`${prefix}good`))
        yield* collect
        assert.isAtLeast((yield* skipped).instruments, 3)
      }).pipe(Effect.provide(layer))
      assert.deepStrictEqual(
        points.map(({ name }) => name).filter((name) => name.startsWith(prefix)),
        [`${prefix}good`]
      )
    })
  )
})
