import { monitorEventLoopDelay } from "node:perf_hooks"
import { assert, describe, expectTypeOf, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Storage from "../../src/storage/Storage.js"
import { at, log, span } from "../../src/testing/Records.js"

describe("Storage.aggregate", () => {
  it("gives rows of the names and types that were asked for", () => {
    const rows = Storage.aggregate({
      of: "spans",
      groupBy: ["model", { metadata: "tenant" }],
      measures: {
        calls: "count",
        p95: { quantile: 0.95, of: "duration" },
        cost: { sum: "costUsd" },
        first: { min: "time" },
        total: { sum: "duration" },
        rate: "errorRate"
      }
    })
    type Row = Effect.Effect.Success<typeof rows>[number]
    expectTypeOf<Row["group"]>().toEqualTypeOf<{
      readonly model: string | null
      readonly "metadata.tenant": string | number | boolean | null
    }>()
    expectTypeOf<Row["values"]>().toEqualTypeOf<{
      readonly calls: number
      readonly p95: bigint | null
      readonly cost: number
      readonly first: bigint | null
      readonly total: bigint
      readonly rate: number | null
    }>()
    expectTypeOf<Storage.Dimension<"metrics">>().not.toMatchTypeOf<"sessionId">()
    const refused = [
      // @ts-expect-error: logs have no duration
      Storage.aggregate({ of: "logs", measures: { a: { sum: "duration" } } }),
      // @ts-expect-error: points of metrics have no session
      Storage.aggregate({ of: "metrics", groupBy: ["sessionId"], measures: { a: "count" } }),
      // @ts-expect-error: there is no measure of that name
      Storage.aggregate({ of: "spans", measures: { a: "count" }, orderBy: { measure: "b", direction: "asc" } })
    ]
    assert.lengthOf(refused, 3)
  })

  it.live("lets the event loop turn while it makes many rows", () =>
    Effect.gen(function* () {
      const storage = yield* Storage.Storage
      yield* storage.insertSpans(Array.from({ length: 40 }, (_, i) => span({ startTime: at(i), model: `m${i % 10}` })))
      const ask = storage.aggregate({
        of: "spans",
        filters: { startedAfter: at(0), startedBefore: at(100) },
        groupBy: ["model"],
        interval: 20_000n,
        limit: 20,
        measures: { count: "count", p95: { quantile: 0.95, of: "duration" } }
      })
      yield* ask
      const delay = monitorEventLoopDelay({ resolution: 1 })
      delay.enable()
      const rows = yield* ask
      delay.disable()
      assert.lengthOf(rows, 50_000)
      assert.isBelow(delay.percentile(90) / 1e6, 50)
    }).pipe(Effect.provide(Storage.layerMemory))
  )

  it.live("asks one statement where one is enough", () =>
    Effect.gen(function* () {
      const asked: Array<Storage.AggregateQuery> = []
      const cell = { bucket: 0, group: ["a"], values: [2n] }
      const storage = Storage.fromEngine({
        insert: () => Effect.void,
        select: () => Effect.succeed([]),
        remove: () => Effect.succeed(0),
        aggregate: (query) => {
          asked.push(query)
          return Effect.succeed([cell])
        }
      })
      const options = {
        of: "logs",
        filters: { startedAfter: at(0), startedBefore: at(9) },
        groupBy: ["level"]
      } as const
      yield* storage.aggregate({ ...options, measures: { count: "count" } })
      yield* storage.aggregate({ ...options, interval: "1 millis", measures: { count: "count" } })
      assert.lengthOf(asked, 2)
      yield* storage.aggregate({ ...options, rest: true, measures: { count: "count" } })
      yield* storage.aggregate({ ...options, interval: "1 millis", measures: { users: { distinct: "userId" } } })
      assert.lengthOf(asked, 6)
    })
  )

  it.live("refuses more groups than it can put in order", () =>
    Effect.gen(function* () {
      const storage = Storage.fromEngine({
        insert: () => Effect.void,
        select: () => Effect.succeed([]),
        remove: () => Effect.succeed(0),
        aggregate: ({ accumulators, limit }) =>
          Effect.succeed(
            Array.from({ length: limit }, (_, i) => ({
              bucket: 0,
              group: [`u${i}`],
              values: accumulators.map(() => 1n)
            }))
          )
      })
      const measures = { count: "count", mean: { mean: "value" } } as const
      assert.lengthOf(yield* storage.aggregate({ of: "scores", groupBy: ["userId"], limit: 7, measures }), 7)
      const error = yield* Effect.flip(
        storage.aggregate({
          of: "scores",
          groupBy: ["userId"],
          measures,
          orderBy: { measure: "mean", direction: "asc" }
        })
      )
      assert.strictEqual(error.reason, "InvalidArgument")
      assert.strictEqual(error.field, "groupBy")
    })
  )

  it.live("takes what it may not know of a log for a dimension of none", () =>
    Effect.gen(function* () {
      const storage = yield* Storage.Storage
      yield* storage.insertLogs([log({ metadata: { a: 1 } })])
      const rows = yield* storage.aggregate({ of: "logs", groupBy: [{ metadata: "b" }], measures: { count: "count" } })
      assert.deepStrictEqual(rows, [{ group: { "metadata.b": null }, values: { count: 1 } }])
    }).pipe(Effect.provide(Storage.layerMemory))
  )
})
