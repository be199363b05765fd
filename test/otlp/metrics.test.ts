import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { MetricPoint } from "../../src/signal/MetricPoint.js"
import { at, type MetricFields, metric, spanId, traceId } from "../../src/testing/Records.js"
import { type Message, one, requestOf, string, strings, withoutDefaults } from "../utils/otlp.js"

const point = (fields: MetricFields) =>
  metric({
    name: "gen_ai.client.inference.usage.input_tokens",
    unit: "{token}",
    description: "Input tokens",
    startTime: at(0),
    time: at(30_000),
    value: 7,
    attributes: { "gen_ai.request.model": "gpt-5" },
    serviceName: "support-agent",
    environment: "production",
    resource: { "host.name": "h1" },
    ...fields
  })

const histogram = point({
  name: "gen_ai.client.inference.duration",
  kind: "histogram",
  unit: "s",
  description: "Duration",
  value: 6.5,
  histogram: { count: 3, sum: 6.5, min: 0.5, max: 4, bounds: [1, 2], counts: [1, 0, 2] }
})

/** What is sent of points, in JSON; protobuf is to say the same. */
const sent = (metrics: ReadonlyArray<MetricPoint>) =>
  Effect.gen(function* () {
    const json = yield* requestOf({ protocol: "http/json" }, { metrics })
    const protobuf = yield* requestOf({ protocol: "http/protobuf" }, { metrics })
    assert.deepStrictEqual(protobuf.body, withoutDefaults(json.body))
    assert.deepStrictEqual([json.path, protobuf.path], ["/v1/metrics", "/v1/metrics"])
    return json.body
  })

const times = { startTimeUnixNano: "1700000000000000000", timeUnixNano: "1700000030000000000" }
const attributes = [string("gen_ai.request.model", "gpt-5")]

describe("OtlpExporter, of metrics", () => {
  it.scopedLive("sends a counter as a sum of deltas", () =>
    Effect.gen(function* () {
      const counter = point({})
      const { record, resource } = one(yield* sent([counter]))
      assert.deepStrictEqual(resource["attributes"], [
        string("host.name", "h1"),
        string("service.name", "support-agent"),
        string("deployment.environment.name", "production")
      ])
      assert.deepStrictEqual<unknown>(record, {
        name: "gen_ai.client.inference.usage.input_tokens",
        description: "Input tokens",
        unit: "{token}",
        metadata: [strings("effect_observability.metric_ids", [counter.metricId])],
        sum: {
          dataPoints: [{ attributes, ...times, asDouble: 7 }],
          aggregationTemporality: 1,
          isMonotonic: false
        }
      })
    })
  )

  it.scopedLive("sends a delta below zero, and one of zero", () =>
    Effect.gen(function* () {
      const { record } = one(yield* sent([point({ value: -2.5 }), point({ value: 0 })]))
      const { dataPoints } = record["sum"] as { dataPoints: ReadonlyArray<Message> }
      assert.deepStrictEqual(
        dataPoints.map((point) => point["asDouble"]),
        [-2.5, 0]
      )
    })
  )

  it.scopedLive("sends a gauge, which has no start", () =>
    Effect.gen(function* () {
      const gauge = point({ kind: "gauge", name: "queue", value: 3, startTime: undefined, attributes: {} })
      const { record } = one(yield* sent([new MetricPoint({ ...gauge, unit: undefined, description: undefined })]))
      assert.deepStrictEqual<unknown>(record, {
        name: "queue",
        metadata: [strings("effect_observability.metric_ids", [gauge.metricId])],
        gauge: { dataPoints: [{ attributes: [], timeUnixNano: times.timeUnixNano, asDouble: 3 }] }
      })
    })
  )

  it.scopedLive("sends a histogram of deltas with its buckets", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual<unknown>(one(yield* sent([histogram])).record["histogram"], {
        dataPoints: [
          {
            attributes,
            ...times,
            count: "3",
            sum: 6.5,
            bucketCounts: ["1", "0", "2"],
            explicitBounds: [1, 2],
            min: 0.5,
            max: 4
          }
        ],
        aggregationTemporality: 1
      })
    })
  )

  it.scopedLive("sends counts that 32 bits do not hold, and no least and largest value where nobody knows them", () =>
    Effect.gen(function* () {
      const large = 2 ** 53 - 1
      const { record } = one(
        yield* sent([
          point({ kind: "histogram", histogram: { count: large, sum: 1e300, bounds: [], counts: [large] } })
        ])
      )
      assert.deepStrictEqual<unknown>((record["histogram"] as { dataPoints: unknown }).dataPoints, [
        {
          attributes,
          ...times,
          count: "9007199254740991",
          sum: 1e300,
          bucketCounts: ["9007199254740991"],
          explicitBounds: []
        }
      ])
    })
  )

  it.scopedLive("names the span in which a value was measured", () =>
    Effect.gen(function* () {
      const ids = { traceId: traceId(1), spanId: spanId(2) }
      const { timeUnixNano } = times
      const exemplarOf = (point: MetricPoint) =>
        Effect.map(sent([point]), (body) => {
          const { record } = one(body)
          const { dataPoints } = (record["sum"] ?? record["histogram"]) as { dataPoints: [Message] }
          return dataPoints[0]["exemplars"]
        })
      assert.deepStrictEqual(yield* exemplarOf(point(ids)), [{ timeUnixNano, asDouble: 7, ...ids }])
      assert.deepStrictEqual(yield* exemplarOf(new MetricPoint({ ...histogram, ...ids })), [
        { timeUnixNano, asDouble: 4, ...ids }
      ])
      assert.isUndefined(yield* exemplarOf(point({ ...ids, spanId: undefined })))
      assert.isUndefined(yield* exemplarOf(point({ traceId: "noop", spanId: "noop" })))
    })
  )

  it.scopedLive("sends the points of one metric together, and those of another unit, description or kind apart", () =>
    Effect.gen(function* () {
      const body = yield* sent([
        point({ value: 1 }),
        point({ value: 2, unit: "s" }),
        point({ value: 3, kind: "gauge" }),
        point({ value: 4, description: undefined }),
        point({ value: 5 }),
        point({ value: 6, resource: { "host.name": "h2" } })
      ])
      const resources = body["resourceMetrics"] as ReadonlyArray<{
        scopeMetrics: [{ metrics: ReadonlyArray<Message> }]
      }>
      const valuesOf = ({ gauge, sum }: Message) =>
        ((sum ?? gauge) as { dataPoints: ReadonlyArray<{ asDouble: number }> }).dataPoints.map(
          ({ asDouble }) => asDouble
        )
      assert.deepStrictEqual(
        resources.map(({ scopeMetrics: [{ metrics }] }) => metrics.map(valuesOf)),
        [[[1, 5], [2], [3], [4]], [[6]]]
      )
    })
  )
})
