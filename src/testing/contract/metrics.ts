import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { MetricPoint } from "../../signal/MetricPoint.js"
import type { MetricFilters } from "../../storage/Storage.js"
import { at, type MetricFields, metric, span, traceId } from "../Records.js"
import { pages, refuses, type StorageLayer, testOn } from "./utils.js"

type Case = readonly [
  filters: MetricFilters,
  found: ReadonlyArray<MetricFields>,
  passedOver: ReadonlyArray<MetricFields>
]

const cases: ReadonlyArray<Case> = [
  [{ name: "tokens" }, [{ name: "tokens" }], [{ name: "Tokens" }, {}]],
  [{ kind: "histogram" }, [{ kind: "histogram" }], [{ kind: "gauge" }, { kind: "counter" }]],
  [{ serviceName: "a" }, [{ serviceName: "a" }], [{ serviceName: "A" }, {}]],
  [{ environment: "a" }, [{ environment: "a" }], [{ environment: "" }, {}]],
  [{ traceId: traceId(1) }, [{ traceId: traceId(1) }], [{ traceId: traceId(2) }, {}]],
  [
    { startedAfter: at(3), startedBefore: at(5) },
    [{ time: at(3) }, { time: at(5) - 1n }],
    [{ time: at(3) - 1n }, { time: at(5) }]
  ],
  [
    { name: "tokens", kind: "counter", serviceName: "a" },
    [{ name: "tokens", serviceName: "a" }],
    [{ name: "tokens" }, { serviceName: "a" }, { name: "tokens", kind: "gauge", serviceName: "a" }]
  ]
]

export const metricsContract = (layer: StorageLayer) =>
  describe("metrics", () => {
    const test = testOn(layer)

    for (const [filters, found, passedOver] of cases) {
      const asked = JSON.stringify(filters, (_, value: unknown) => (typeof value === "bigint" ? `${value}n` : value))
      test(`are asked for ${asked}`, (storage) =>
        Effect.gen(function* () {
          const expected = found.map((fields) => metric(fields))
          yield* storage.insertMetrics([...expected, ...passedOver.map((fields) => metric(fields))])
          assert.sameDeepMembers(Array.from((yield* storage.listMetrics({ filters })).items), expected)
        }))
    }

    test("come back as they were stored, histograms and dimensions included", (storage) =>
      Effect.gen(function* () {
        const histogram = { count: 3, sum: 1.5, min: 0.25, max: 1, bounds: [0.5, 5e-324, 1e308], counts: [2, 1, 0, 0] }
        const points = [
          metric({ kind: "gauge", value: -0.5, time: at(2) }),
          metric({
            kind: "histogram",
            name: "gen_ai.client.operation.duration",
            unit: "s",
            description: "how long ✓",
            startTime: at(0),
            time: at(1),
            value: 1.5,
            histogram,
            attributes: { model: "a", list: [1, null, { x: "y" }] },
            traceId: traceId(1),
            spanId: "0000000000000001",
            environment: "production",
            resource: { "service.version": "1" }
          }),
          metric({ kind: "histogram", value: 0, time: at(0), histogram: { count: 0, sum: 0, bounds: [], counts: [0] } })
        ]
        yield* storage.insertMetrics(points)
        const { items } = yield* storage.listMetrics()
        assert.deepStrictEqual(items, points)
        assert.instanceOf(items[0], MetricPoint)
      }))

    test("that are stored again are there once, and the last one counts", (storage) =>
      Effect.gen(function* () {
        const point = metric({ metricId: "m", time: at(1), value: 1 })
        yield* storage.insertMetrics([point])
        yield* storage.insertMetrics([point, metric({ metricId: "m", time: at(1), value: 2 })])
        assert.deepStrictEqual(
          (yield* storage.listMetrics()).items.map(({ value }) => value),
          [2]
        )
      }))

    test("come page by page, newest first or oldest first, each once", (storage) =>
      Effect.gen(function* () {
        const points = Array.from({ length: 50 }, (_, n) => metric({ time: at(n % 7) }))
        yield* storage.insertMetrics(points)
        yield* storage.insertMetrics(points)
        for (const direction of ["asc", "desc"] as const) {
          const shown = (yield* pages(
            (pagination) => storage.listMetrics({ pagination, orderBy: { field: "time", direction } }),
            9
          )).flat()
          const sorted = points.toSorted((a, b) => Number(a.time - b.time) || (a.metricId < b.metricId ? -1 : 1))
          assert.deepStrictEqual(shown, direction === "asc" ? sorted : sorted.toReversed())
        }
      }))

    test("go with deleteBefore, and with the session of their trace", (storage) =>
      Effect.gen(function* () {
        yield* storage.insertSpans([span({ sessionId: "s", traceId: traceId(1), startTime: at(9) })])
        yield* storage.insertMetrics([
          metric({ name: "old", time: at(4) }),
          metric({ name: "of the trace", time: at(9), traceId: traceId(1) }),
          metric({ name: "of another", time: at(9), traceId: traceId(2) })
        ])
        assert.deepStrictEqual(yield* storage.deleteBefore(at(5)), { spans: 0, logs: 0, metrics: 1 })
        assert.deepStrictEqual(yield* storage.deleteSession("s"), { spans: 1, logs: 0, metrics: 1 })
        assert.deepStrictEqual(
          (yield* storage.listMetrics()).items.map(({ name }) => name),
          ["of another"]
        )
      }))

    test("refuse what they have no answer to, and name it", (storage) =>
      Effect.gen(function* () {
        yield* refuses(storage.listMetrics({ filters: { sessionId: "s" } as never }), "filters.sessionId")
        yield* refuses(storage.listMetrics({ filters: { kind: "sum" as never } }), "filters.kind")
        yield* refuses(
          storage.listMetrics({ orderBy: { field: "duration", direction: "asc" } as never }),
          "orderBy.field"
        )
      }))
  })
