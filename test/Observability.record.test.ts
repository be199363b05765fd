import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Deferred, Effect, Layer } from "effect"
import { Exporter, Observability, type ObservabilityConfig, Storage } from "effect-observability"
import { log, metric, score, span, spanId } from "../src/testing/Records.js"

const spans = (count: number, fields: object = {}) =>
  Array.from({ length: count }, (_, i) => span({ spanId: spanId(i + 1), ...fields }))

/** A pipeline whose exporters take nothing until `open`. */
const held = (batch: ObservabilityConfig.Input["batch"], names: ReadonlyArray<string> = ["one"]) =>
  Effect.gen(function* () {
    const gate = yield* Deferred.make<void>()
    const exporters = names.map((name) => ({ name, export: () => Deferred.await(gate) }))
    const layer = Observability.layerExportOnly({ serviceName: "test", exporters, batch })
    return { layer, open: Deferred.succeed(gate, undefined) }
  })

describe("Observability.record", () => {
  it.scopedLive("brings finished records of every signal to the storage, masked", () =>
    Effect.gen(function* () {
      const secret = "Bearer abcdefghijklmnopqrstuvwxyz0123456789"
      const records = [span({ attributes: { authorization: secret } }), log({ message: "hello" }), metric(), score()]
      assert.strictEqual(yield* Observability.record(records), 4)
      yield* Observability.flush
      const { items } = yield* Storage.listSpans()
      assert.lengthOf(items, 1)
      assert.notInclude(JSON.stringify(items), "abcdefghij")
      assert.lengthOf((yield* Storage.listLogs()).items, 1)
      assert.lengthOf((yield* Storage.listMetrics()).items, 1)
      assert.lengthOf((yield* Storage.listScores()).items, 1)
    }).pipe(Effect.provide(Observability.layer({ serviceName: "test" }).pipe(Layer.provideMerge(Storage.layerMemory))))
  )

  it.scopedLive("takes as many as there is room for, from the first on, and does not count the rest", () =>
    Effect.gen(function* () {
      const { layer, open } = yield* held({ maxQueueSize: 10, maxBatchSize: 5 }, ["one", "two"])
      yield* Effect.gen(function* () {
        assert.strictEqual(yield* Observability.record(spans(7)), 7)
        assert.strictEqual(yield* Observability.record([...spans(2), log(), log()]), 3)
        assert.strictEqual(yield* Observability.record([log()]), 0)
        const { logs, spans: ofSpans } = yield* Observability.stats
        assert.deepStrictEqual([ofSpans["one"]?.emitted, logs["two"]?.emitted], [9, 1])
        assert.deepStrictEqual(ofSpans["two"]?.dropped, {})
        yield* open
      }).pipe(Effect.provide(layer))
    })
  )

  it.scopedLive("takes all or none of what is to come whole, unless the queue never holds so many", () =>
    Effect.gen(function* () {
      const { layer, open } = yield* held({ maxQueueSize: 10, maxBatchSize: 5 })
      yield* Effect.gen(function* () {
        assert.strictEqual(yield* Observability.record(spans(7), { whole: true }), 7)
        assert.strictEqual(yield* Observability.record(spans(4), { whole: true }), 0)
        assert.strictEqual(yield* Observability.record(spans(3), { whole: true }), 3)
        yield* open
        yield* Observability.flush
        assert.strictEqual(yield* Observability.record(spans(25), { whole: true }), 10)
      }).pipe(Effect.provide(layer))
    })
  )

  it.scopedLive("takes a record that no queue could hold, and counts it as lost", () =>
    Effect.gen(function* () {
      const { layer, open } = yield* held({ maxQueueBytes: 2_000 })
      yield* Effect.gen(function* () {
        const large = span({ attributes: { text: "x".repeat(10_000) } })
        assert.strictEqual(yield* Observability.record([large, span()], { whole: true }), 2)
        assert.deepStrictEqual((yield* Observability.stats).spans["one"]?.dropped, { QueueFull: 1 })
        yield* open
      }).pipe(Effect.provide(layer))
    })
  )

  it.scopedLive("shows a running span, and counts it when it comes with its end", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* Observability.record([span({ status: "running" })]), 1)
      yield* Observability.flush
      assert.deepStrictEqual(
        (yield* Storage.listSpans()).items.map(({ status }) => status),
        ["running"]
      )
      assert.strictEqual((yield* Observability.stats).spans["storage"]?.emitted, 0)
    }).pipe(Effect.provide(Observability.layer({ serviceName: "test" }).pipe(Layer.provideMerge(Storage.layerMemory))))
  )

  it.scopedLive("refuses what is no record, and names the field, before it takes anything", () =>
    Effect.gen(function* () {
      const memory = Exporter.memory()
      yield* Effect.gen(function* () {
        const wrong = [
          [[span(), { ...span() }], 1, undefined],
          [[Object.assign(span(), { traceId: "no" })], 0, "traceId"],
          [[Object.assign(log(), { attributes: { text: "\ud800" } })], 0, "attributes"],
          [[Object.assign(span(), { status: "running" })], 0, "status"],
          [[undefined], 0, undefined],
          ["records", 0, undefined]
        ] as const
        for (const [records, index, field] of wrong) {
          const error = yield* Effect.flip(Observability.record(records as never))
          assert.deepStrictEqual([error._tag, error.index, error.field], ["InvalidRecord", index, field])
        }
        yield* Observability.flush
      }).pipe(Effect.provide(Observability.layerExportOnly({ serviceName: "test", exporters: [memory] })))
      assert.lengthOf(memory.spans, 0)
    })
  )

  it.scopedLive("takes everything where OTEL_SDK_DISABLED is set, and records nothing", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* Observability.record(spans(3)), 3)
      assert.lengthOf((yield* Storage.listSpans()).items, 0)
    }).pipe(
      Effect.provide(Observability.layer({ serviceName: "test" }).pipe(Layer.provideMerge(Storage.layerMemory))),
      Effect.withConfigProvider(ConfigProvider.fromMap(new Map([["OTEL_SDK_DISABLED", "true"]])))
    )
  )
})
