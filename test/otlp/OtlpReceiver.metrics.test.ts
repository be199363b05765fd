/** Metrics of senders that say what it came to since they started. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { encode } from "../../src/otlp/internal/protobuf.js"
import { post, receiver } from "../utils/receiver.js"

const second = 1_000_000_000n
const start = 1_700_000_000n * second

/** Seconds after a start that lies before the receiver's, with all that follows. */
const nanos = (seconds: number): string => String(start + BigInt(seconds) * second)

const request = (metric: object) => ({
  resourceMetrics: [{ resource: { attributes: [] }, scopeMetrics: [{ scope: { name: "test" }, metrics: [metric] }] }]
})

interface Said {
  readonly from: number
  readonly to: number
  readonly value: number
  readonly model?: string
}

const sum = (points: ReadonlyArray<Said>, options: object = {}) =>
  request({
    name: "calls",
    sum: {
      aggregationTemporality: 2,
      isMonotonic: true,
      dataPoints: points.map(({ from, model = "gpt-5", to, value }) => ({
        startTimeUnixNano: nanos(from),
        timeUnixNano: nanos(to),
        asInt: String(value),
        attributes: [{ key: "model", value: { stringValue: model } }]
      })),
      ...options
    }
  })

const seconds = (time: bigint | undefined): number => Number(((time ?? 0n) - start) / second)

/** What a receiver stores of requests, in the order of time. */
const stored = (requests: ReadonlyArray<object>, options: { readonly maxSeries?: number } = {}) =>
  Effect.gen(function* () {
    const { records, url } = yield* receiver(options)
    const answers: Array<{ readonly rejectedDataPoints: string; readonly errorMessage: string } | undefined> = []
    for (const body of requests) {
      const { json, status } = yield* post(`${url}/v1/metrics`, body)
      assert.strictEqual(status, 200)
      answers.push(json.partialSuccess)
    }
    const { metrics } = yield* records
    return { answers, metrics: [...metrics].sort((a, b) => (a.time < b.time ? -1 : 1)) }
  })

const deltas = (requests: ReadonlyArray<object>) =>
  Effect.map(stored(requests), ({ metrics }) =>
    metrics.map(({ startTime, time, value }) => [seconds(startTime), seconds(time), value])
  )

describe("OtlpReceiver, of cumulative metrics", () => {
  it.scopedLive("stores what each point has added since the one before", () =>
    Effect.gen(function* () {
      const requests = [
        sum([{ from: 0, to: 10, value: 5 }]),
        sum([
          { from: 0, to: 20, value: 5 },
          { from: 0, to: 30, value: 12 }
        ])
      ]
      assert.deepStrictEqual(yield* deltas(requests), [
        [0, 10, 5],
        [10, 20, 0],
        [20, 30, 7]
      ])
    })
  )

  it.scopedLive("sees a new beginning, by its start and by a value that is less", () =>
    Effect.gen(function* () {
      const requests = [
        sum([{ from: 0, to: 10, value: 5 }]),
        sum([{ from: 12, to: 20, value: 3 }]),
        sum([{ from: 12, to: 30, value: 2 }]),
        sum([{ from: 12, to: 40, value: 4 }])
      ]
      assert.deepStrictEqual(yield* deltas(requests), [
        [0, 10, 5],
        [12, 20, 3],
        [20, 30, 2],
        [30, 40, 2]
      ])
    })
  )

  it.scopedLive("counts a point once, however often it comes, and none that comes late", () =>
    Effect.gen(function* () {
      const [first, second] = [sum([{ from: 0, to: 10, value: 5 }]), sum([{ from: 0, to: 20, value: 9 }])]
      assert.deepStrictEqual(yield* deltas([first, first, second, first, second]), [
        [0, 10, 5],
        [10, 20, 4]
      ])
    })
  )

  it.scopedLive("takes the first point of a series that began before the receiver for where it stands", () =>
    Effect.gen(function* () {
      const { records, url } = yield* receiver()
      const at = (value: number, later: bigint) =>
        request({
          name: "calls",
          sum: {
            aggregationTemporality: "AGGREGATION_TEMPORALITY_CUMULATIVE",
            isMonotonic: true,
            dataPoints: [
              {
                startTimeUnixNano: nanos(0),
                timeUnixNano: String(BigInt(Date.now()) * 1_000_000n + later),
                asDouble: value
              }
            ]
          }
        })
      yield* post(`${url}/v1/metrics`, at(100, second))
      yield* post(`${url}/v1/metrics`, at(103, 2n * second))
      assert.deepStrictEqual(
        (yield* records).metrics.map(({ value }) => value),
        [3]
      )
    })
  )

  it.scopedLive("follows so many series, and says how many points of others it left out", () =>
    Effect.gen(function* () {
      const points = (to: number, models: ReadonlyArray<string>) =>
        sum(models.map((model) => ({ from: 0, to, value: to, model })))
      const { answers, metrics } = yield* stored(
        [points(10, ["a", "b", "c", "d"]), points(20, ["a", "c"]), points(700, ["c"])],
        { maxSeries: 2 }
      )
      assert.deepStrictEqual(
        answers.map((answer) => answer?.rejectedDataPoints),
        ["2", "1", undefined]
      )
      assert.include(answers[0]?.errorMessage, "more than 2 cumulative series")
      assert.deepStrictEqual(metrics.map(({ attributes, value }) => [attributes["model"], value]).sort(), [
        ["a", 10],
        ["a", 10],
        ["b", 10],
        ["c", 700]
      ])
    })
  )

  it.scopedLive.each(["JSON", "protobuf"] as const)(
    "takes a metric of many points in %s, and counts each that is none",
    (format) =>
      Effect.gen(function* () {
        const count = 5_000
        const point = (index: number, values: number) => ({
          timeUnixNano: nanos(index),
          asInt: "1",
          attributes: Array.from({ length: values }, (_, i) => ({ key: `k${i}`, value: { stringValue: "v" } }))
        })
        const body = request({
          name: "calls",
          sum: {
            dataPoints: [
              ...Array.from({ length: count }, (_, index) => point(index, 10)),
              point(count, 40_000),
              { timeUnixNano: nanos(count + 1) }
            ],
            aggregationTemporality: 1,
            isMonotonic: true
          },
          unit: "1"
        })
        const bare = request({ sum: { dataPoints: [point(0, 0), point(1, 0), point(2, 0)] } })
        const { stats, url } = yield* receiver()
        const send = (body: ReturnType<typeof request>) =>
          format === "JSON"
            ? Effect.map(post(`${url}/v1/metrics`, body), ({ json }) => json.partialSuccess)
            : Effect.map(
                post(`${url}/v1/metrics`, new Uint8Array(encode("resourceMetrics", body.resourceMetrics)), {
                  "content-type": "application/x-protobuf"
                }),
                ({ bytes }) => ({ rejectedDataPoints: String(bytes.at(-1)), errorMessage: bytes.toString() })
              )
        const answer = yield* send(body)
        assert.strictEqual(answer.rejectedDataPoints, "2")
        assert.include(answer.errorMessage, "more than 32768 values")
        assert.strictEqual((yield* send(bare)).rejectedDataPoints, "3")
        assert.strictEqual((yield* stats).metrics["storage"]?.emitted, count)
      })
  )

  it.scopedLive("takes a sum that can go down for a gauge, and deltas as they are", () =>
    Effect.gen(function* () {
      const gauge = yield* stored([sum([{ from: 0, to: 10, value: 5 }], { isMonotonic: false })])
      assert.deepStrictEqual(
        gauge.metrics.map(({ kind, value }) => [kind, value]),
        [["gauge", 5]]
      )
      const delta = sum([{ from: 0, to: 10, value: 5 }], { aggregationTemporality: 1 })
      const counter = yield* stored([delta, delta])
      assert.deepStrictEqual(
        counter.metrics.map(({ kind, value }) => [kind, value]),
        [["counter", 5]]
      )
    })
  )

  it.scopedLive("makes bounds of exponential buckets, and deltas of those that became coarser", () =>
    Effect.gen(function* () {
      const at = (to: number, scale: number, counts: ReadonlyArray<number>, offset: number) =>
        request({
          name: "sizes",
          exponentialHistogram: {
            aggregationTemporality: 2,
            dataPoints: [
              {
                startTimeUnixNano: nanos(0),
                timeUnixNano: nanos(to),
                count: counts.reduce((sum, count) => sum + count, 1),
                sum: to,
                scale,
                zeroCount: 1,
                positive: { offset, bucketCounts: counts },
                negative: {}
              }
            ]
          }
        })
      const { metrics } = yield* stored([at(10, 1, [2, 0, 1], 2), at(20, 0, [2, 4], 1)])
      const [first, second] = metrics.map(({ histogram }) => histogram)
      const near = (bounds: ReadonlyArray<number> | undefined) => bounds?.map((bound) => Math.round(bound * 100) / 100)
      assert.deepStrictEqual(near(first?.bounds), [0, 2, 2.83, 4, 5.66])
      assert.deepStrictEqual(first?.counts, [1, 0, 2, 0, 1, 0])
      // Of the second, those between 2 and 4 were there before, and one of those between 4 and 8.
      assert.deepStrictEqual(near(second?.bounds), [4, 8])
      assert.deepStrictEqual(second?.counts, [0, 3, 0])
      assert.deepStrictEqual([second?.count, second?.sum], [3, 10])
    })
  )

  it.scopedLive("makes a histogram and gauges of a summary, and refuses numbers that are not finite", () =>
    Effect.gen(function* () {
      const { answers, metrics } = yield* stored([
        request({
          name: "latency",
          summary: {
            dataPoints: [
              {
                startTimeUnixNano: nanos(0),
                timeUnixNano: nanos(1),
                count: "4",
                sum: 8,
                quantileValues: [{ quantile: 0.5, value: 2 }]
              }
            ]
          }
        }),
        request({
          name: "bad",
          gauge: { dataPoints: [{ asDouble: "NaN" }, { asDouble: 1, timeUnixNano: nanos(2) }, {}] }
        }),
        request({ name: "ended", gauge: { dataPoints: [{ flags: 1, timeUnixNano: nanos(3) }] } })
      ])
      assert.deepStrictEqual(
        answers.map((answer) => answer?.rejectedDataPoints),
        [undefined, "2", undefined]
      )
      assert.deepStrictEqual(
        metrics
          .map(({ attributes, histogram, kind, name, value }) => [name, kind, value, histogram?.count, attributes])
          .sort(),
        [
          ["bad", "gauge", 1, undefined, {}],
          ["latency", "histogram", 8, 4, {}],
          ["latency.quantile", "gauge", 2, undefined, { quantile: 0.5 }]
        ] as never
      )
    })
  )
})
