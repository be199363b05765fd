import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { signalNames } from "../../signal/signals.js"
import * as Storage from "../../storage/Storage.js"
import { draw, lists } from "../drawn.js"
import { at } from "../Records.js"
import { sameAggregates, sameAnswers, sameSessionsAndTraces, storeDrawn } from "./equal.js"
import { type StorageLayer, testOn } from "./utils.js"

export const referenceContract = (layer: StorageLayer, queries: number) =>
  describe("answers drawn queries as the storage in memory does", () => {
    const test = testOn(layer)
    const drawn = draw({ seed: 42, sessions: 5, traces: 20, spans: 120, logs: 80, limit: 20 })

    const filled = (storage: Storage.StorageService) =>
      Effect.gen(function* () {
        const reference = yield* Effect.provide(Storage.Storage, Storage.layerMemory)
        yield* storeDrawn(reference, drawn)
        yield* storeDrawn(storage, drawn)
        return reference
      })

    for (const list of lists) {
      test(list, (storage) =>
        Effect.gen(function* () {
          const found = yield* sameAnswers(storage, yield* filled(storage), drawn, list, queries)
          assert.isAbove(found, queries / 2, "the queries find something")
        })
      )
    }

    for (const signal of signalNames) {
      test(`aggregate of ${signal}`, (storage) =>
        Effect.gen(function* () {
          const found = yield* sameAggregates(storage, yield* filled(storage), drawn, signal, queries)
          assert.isAbove(found, queries / 2, "the aggregates find something")
        }))
    }

    test("getTrace, getSession, sessionTimeline and deletes", (storage) =>
      Effect.gen(function* () {
        const reference = yield* filled(storage)
        const same = sameSessionsAndTraces(storage, reference, drawn)
        yield* same
        assert.deepStrictEqual(yield* storage.deleteSession("s1"), yield* reference.deleteSession("s1"))
        yield* same
        assert.deepStrictEqual(yield* storage.deleteBefore(at(5)), yield* reference.deleteBefore(at(5)))
        yield* same
      }))
  })
