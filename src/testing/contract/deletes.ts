import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { at, log, span, spanId, traceId } from "../Records.js"
import { messages, names, type StorageLayer, store, testOn } from "./utils.js"

export const deletesContract = (layer: StorageLayer): void => {
  const test = testOn(layer)

  describe("deleteBefore", () => {
    test("removes the spans that started and the logs that were written before, and counts them", (storage) =>
      Effect.gen(function* () {
        yield* store(
          storage,
          span({ name: "before", startTime: at(0), endTime: at(99) }),
          span({ name: "running before", startTime: at(4.999999), status: "running" }),
          span({ name: "at", startTime: at(5) }),
          log({ message: "before", timestamp: at(5) - 1n }),
          log({ message: "at", timestamp: at(5) })
        )
        assert.deepStrictEqual(yield* storage.deleteBefore(at(5)), { spans: 2, logs: 1 })
        assert.deepStrictEqual(names(yield* storage.listSpans()), ["at"])
        assert.deepStrictEqual(messages(yield* storage.listLogs()), ["at"])
        assert.deepStrictEqual(yield* storage.deleteBefore(at(5)), { spans: 0, logs: 0 })
      }))

    test("removes nothing before the beginning and all but the last instant before the end", (storage) =>
      Effect.gen(function* () {
        yield* store(storage, span({ startTime: -(2n ** 63n), endTime: 0n }), log({ timestamp: 2n ** 63n - 1n }))
        assert.deepStrictEqual(yield* storage.deleteBefore(-(2n ** 63n)), { spans: 0, logs: 0 })
        assert.deepStrictEqual(yield* storage.deleteBefore(2n ** 63n - 1n), { spans: 1, logs: 0 })
      }))

    test("leaves the rest of a session and of a trace, and their sums follow", (storage) =>
      Effect.gen(function* () {
        const kept = span({ sessionId: "s", traceId: traceId(1), parentSpanId: spanId(1), startTime: at(9) })
        yield* store(
          storage,
          span({ sessionId: "s", traceId: traceId(1), spanId: spanId(1), startTime: at(0) }),
          kept,
          log({ sessionId: "gone", timestamp: at(0) })
        )
        yield* storage.deleteBefore(at(5))
        const session = Option.getOrThrow(yield* storage.getSession("s"))
        assert.deepStrictEqual([session.spans, session.firstActivity], [1, at(9)])
        assert.deepStrictEqual(Option.getOrThrow(yield* storage.getTrace(traceId(1))).spans, [kept])
        assert.deepStrictEqual((yield* storage.listSessions()).items, [session])
      }))
  })

  describe("deleteSession", () => {
    test("removes the rows of the session and those without a session in its traces, and counts them", (storage) =>
      Effect.gen(function* () {
        yield* store(
          storage,
          span({ name: "own", sessionId: "s", traceId: traceId(1) }),
          span({ name: "in its trace", traceId: traceId(1) }),
          span({ name: "of another session in its trace", sessionId: "t", traceId: traceId(1) }),
          span({ name: "elsewhere", traceId: traceId(2) }),
          log({ message: "own", sessionId: "s" }),
          log({ message: "in its trace", traceId: traceId(1) }),
          log({ message: "of another session in its trace", sessionId: "t", traceId: traceId(1) }),
          log({ message: "elsewhere", traceId: traceId(2) }),
          log({ message: "nowhere" })
        )
        assert.deepStrictEqual(yield* storage.deleteSession("s"), { spans: 2, logs: 2 })
        assert.sameMembers(names(yield* storage.listSpans()), ["of another session in its trace", "elsewhere"])
        assert.sameMembers(messages(yield* storage.listLogs()), [
          "of another session in its trace",
          "elsewhere",
          "nowhere"
        ])
        assert.deepStrictEqual(yield* storage.getSession("s"), Option.none())
        assert.deepStrictEqual(
          (yield* storage.listSessions()).items.map((session) => session.sessionId as string),
          ["t"]
        )
      }))

    test("finds its traces by its logs, too", (storage) =>
      Effect.gen(function* () {
        yield* store(
          storage,
          log({ message: "own", sessionId: "s", traceId: traceId(1) }),
          log({ message: "own, outside any trace", sessionId: "s" }),
          span({ name: "in its trace", traceId: traceId(1) }),
          log({ message: "in its trace", traceId: traceId(1) }),
          span({ name: "elsewhere", traceId: traceId(2) }),
          log({ message: "nowhere" })
        )
        assert.deepStrictEqual(yield* storage.deleteSession("s"), { spans: 1, logs: 3 })
        assert.deepStrictEqual(names(yield* storage.listSpans()), ["elsewhere"])
        assert.deepStrictEqual(messages(yield* storage.listLogs()), ["nowhere"])
      }))

    test("removes nothing of a session of which nothing is stored, nor of one with a like name", (storage) =>
      Effect.gen(function* () {
        yield* store(storage, span({ sessionId: "s1" }), log({ sessionId: "S" }))
        assert.deepStrictEqual(yield* storage.deleteSession("s"), { spans: 0, logs: 0 })
        assert.deepStrictEqual(yield* storage.deleteSession("' OR 1=1 --"), { spans: 0, logs: 0 })
        assert.lengthOf((yield* storage.listSpans()).items, 1)
      }))

    test("lets the same rows be stored again", (storage) =>
      Effect.gen(function* () {
        const records = [span({ name: "a", sessionId: "s" }), log({ message: "b", sessionId: "s" })]
        yield* store(storage, ...records)
        yield* storage.deleteSession("s")
        yield* store(storage, ...records)
        assert.deepStrictEqual(names(yield* storage.listSpans()), ["a"])
        assert.deepStrictEqual(messages(yield* storage.listLogs()), ["b"])
        assert.strictEqual(Option.getOrThrow(yield* storage.getSession("s")).spans, 1)
      }))
  })
}
