import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import * as Storage from "../../src/storage/Storage.js"
import { span, spanId, traceId } from "../../src/testing/Records.js"

describe("Storage.make", () => {
  it.effect("fails every method that the engine lacks with `Unsupported`, and names it", () =>
    Effect.gen(function* () {
      const storage = Storage.make({})
      const calls: Record<keyof Storage.StorageService, Effect.Effect<unknown, Storage.StorageError>> = {
        insertSpans: storage.insertSpans([]),
        insertLogs: storage.insertLogs([]),
        insertMetrics: storage.insertMetrics([]),
        insertScores: storage.insertScores([]),
        listMetrics: storage.listMetrics(),
        listScores: storage.listScores(),
        listTraces: storage.listTraces(),
        listSpans: storage.listSpans(),
        listLogs: storage.listLogs(),
        getTrace: storage.getTrace(traceId(1)),
        traceOutline: storage.traceOutline(traceId(1)),
        getSpan: storage.getSpan({ traceId: traceId(1), spanId: spanId(1) }),
        listSessions: storage.listSessions(),
        getSession: storage.getSession("s"),
        sessionTimeline: storage.sessionTimeline({ sessionId: "s" }),
        aggregate: storage.aggregate({ of: "spans", measures: { calls: "count" } }),
        deleteBefore: storage.deleteBefore(0n),
        deleteSession: storage.deleteSession("s")
      }
      assert.sameMembers(Object.keys(calls), Object.keys(storage))
      for (const [method, call] of Object.entries(calls)) {
        const error = yield* call.pipe(Effect.zipRight(Effect.dieMessage("it did not fail")), Effect.flip)
        assert.strictEqual(error.reason, "Unsupported")
        assert.isFalse(error.retryable)
        assert.include(error.message, method)
      }
    })
  )

  it.effect("has each of its methods as a function that needs the service", () =>
    Effect.gen(function* () {
      const storage = Storage.make({})
      const calls: {
        readonly [N in keyof Storage.StorageService]: Storage.StorageService[N] extends (
          ...args: infer Args
        ) => Effect.Effect<infer A, infer E>
          ? (...args: Args) => Effect.Effect<A, E, Storage.Storage>
          : never
      } = { ...Storage, aggregate: Storage.aggregate as never }
      for (const method of Object.keys(storage) as ReadonlyArray<keyof typeof storage>) {
        const call = calls[method] as (argument: unknown) => Effect.Effect<unknown, unknown, Storage.Storage>
        const asked = { [method]: (argument: unknown) => Effect.succeed([method, argument]) }
        const answer = Effect.provideService(call("argument"), Storage.Storage, Storage.make(asked as never))
        assert.deepStrictEqual(yield* answer, [method, "argument"])
      }
    })
  )

  it.effect("keeps the methods that the engine has", () =>
    Effect.gen(function* () {
      const stored = span()
      const storage = Storage.make({ getSpan: () => Effect.succeedSome(stored) })
      assert.deepStrictEqual(yield* storage.getSpan(stored), Option.some(stored))
    })
  )

  it("takes JSON, and no other metadata, to filter by", () => {
    const filters: Storage.CommonFilters = {
      // @ts-expect-error: a Date is no JSON
      metadata: { since: new Date(0) }
    }
    assert.isObject(filters)
  })
})
