import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { LogRecord } from "../../signal/LogRecord.js"
import { SpanRecord } from "../../signal/SpanRecord.js"
import { at, log, type SpanFields, span, spanId, traceId } from "../Records.js"
import { failure, messages, names, type StorageLayer, store, testOn } from "./utils.js"

export const insertsContract = (layer: StorageLayer) =>
  describe("inserts", () => {
    const test = testOn(layer)
    const key = { traceId: traceId(1), spanId: spanId(1) }
    const running = (fields?: SpanFields) => span({ ...key, startTime: at(0), status: "running", ...fields })
    const completed = (fields?: SpanFields) => span({ ...key, startTime: at(0), ...fields })

    test("take no records at all", (storage) =>
      Effect.gen(function* () {
        yield* storage.insertSpans([])
        yield* storage.insertLogs([])
        assert.deepStrictEqual((yield* storage.listSpans()).items, [])
        assert.deepStrictEqual((yield* storage.listLogs()).items, [])
      }))

    test("keep one row of a span and of a log that are stored again", (storage) =>
      Effect.gen(function* () {
        const records = [span({ name: "a" }), log({ message: "b" })]
        yield* store(storage, ...records)
        yield* store(storage, ...records)
        yield* store(storage, ...records, ...records)
        assert.deepStrictEqual(names(yield* storage.listSpans()), ["a"])
        assert.deepStrictEqual(messages(yield* storage.listLogs()), ["b"])
      }))

    test("tell apart spans that share a trace id, and spans that share a span id", (storage) =>
      Effect.gen(function* () {
        yield* store(
          storage,
          span({ traceId: traceId(1), spanId: spanId(1) }),
          span({ traceId: traceId(1), spanId: spanId(2) }),
          span({ traceId: traceId(2), spanId: spanId(1) })
        )
        assert.lengthOf((yield* storage.listSpans()).items, 3)
      }))

    const orders: ReadonlyArray<[string, ReadonlyArray<SpanRecord>, string]> = [
      ["a completed span replaces a running one", [running({ model: "x" }), completed({ model: "y" })], "y"],
      ["a running span does not replace a completed one", [completed({ model: "x" }), running({ model: "y" })], "x"],
      ["of two running spans the later wins", [running({ model: "x" }), running({ model: "y" })], "y"],
      ["of two completed spans the later wins", [completed({ model: "x" }), completed({ model: "y" })], "y"],
      [
        "the last completed span wins among running ones",
        [
          running({ model: "a" }),
          completed({ model: "b" }),
          running({ model: "c" }),
          completed({ model: "d" }),
          running({ model: "e" })
        ],
        "d"
      ]
    ]
    for (const [behaviour, records, model] of orders) {
      test(`${behaviour}, in batches of their own`, (storage) =>
        Effect.gen(function* () {
          for (const record of records) yield* storage.insertSpans([record])
          assert.deepStrictEqual(
            (yield* storage.listSpans()).items.map((span) => span.model),
            [model]
          )
        }))
      test(`${behaviour}, in one batch`, (storage) =>
        Effect.gen(function* () {
          yield* storage.insertSpans([span({ name: "other" }), ...records])
          const { items } = yield* storage.listSpans({ filters: { traceId: traceId(1) } })
          assert.deepStrictEqual(
            items.map((span) => span.model),
            [model]
          )
        }))
    }

    test("a completed span replaces every field of a running one, and leaves none of it behind", (storage) =>
      Effect.gen(function* () {
        const before = running({
          sessionId: "before",
          userId: "ada",
          model: "old",
          inputTokens: 1,
          tags: ["old"],
          metadata: { old: true },
          attributes: { old: 1 },
          events: [{ name: "old", time: at(1), attributes: {} }]
        })
        const after = completed({ sessionId: "after", status: "error", tags: ["new"], attributes: { new: 1 } })
        yield* storage.insertSpans([before])
        yield* storage.insertSpans([after])
        assert.deepStrictEqual(yield* storage.getSpan(key), Option.some(after))
        assert.deepStrictEqual((yield* storage.listSpans({ filters: { sessionId: "before" } })).items, [])
        assert.deepStrictEqual((yield* storage.listSpans({ filters: { tags: ["old"] } })).items, [])
        assert.deepStrictEqual((yield* storage.listSpans({ filters: { status: "running" } })).items, [])
        assert.deepStrictEqual((yield* storage.listTraces({ filters: { userId: "ada" } })).items, [])
        assert.deepStrictEqual(yield* storage.getSession("before"), Option.none())
        assert.deepStrictEqual((yield* storage.listSpans({ filters: { sessionId: "after" } })).items, [after])
      }))

    test("the later of two logs of one id wins, in one batch and over two", (storage) =>
      Effect.gen(function* () {
        const say = (message: string, sessionId: string) => log({ logId: "one", timestamp: at(0), message, sessionId })
        yield* storage.insertLogs([say("a", "s1"), say("b", "s2")])
        assert.deepStrictEqual(messages(yield* storage.listLogs()), ["b"])
        yield* storage.insertLogs([say("c", "s3")])
        assert.deepStrictEqual(messages(yield* storage.listLogs()), ["c"])
        assert.deepStrictEqual(yield* storage.getSession("s2"), Option.none())
      }))

    test("leave one row of spans and logs that many fibers store at once", (storage) =>
      Effect.gen(function* () {
        const spans = Array.from({ length: 50 }, () => span())
        const logs = Array.from({ length: 50 }, () => log())
        yield* Effect.replicateEffect(store(storage, ...spans, ...logs), 10, {
          concurrency: "unbounded",
          discard: true
        })
        assert.lengthOf((yield* storage.listSpans({ pagination: { limit: 1000 } })).items, 50)
        assert.lengthOf((yield* storage.listLogs({ pagination: { limit: 1000 } })).items, 50)
      }))

    test("keep completed spans when running ones are stored at the same time", (storage) =>
      Effect.gen(function* () {
        const open = Array.from({ length: 50 }, () => span({ status: "running" }))
        const ended = open.map(
          (record) => new SpanRecord({ ...record, status: "ok", endTime: record.startTime + 1n }, true)
        )
        yield* Effect.forEach([open, ended, open, ended, open], storage.insertSpans, {
          concurrency: "unbounded",
          discard: true
        })
        assert.lengthOf(
          (yield* storage.listSpans({ filters: { status: "ok" }, pagination: { limit: 1000 } })).items,
          50
        )
        assert.lengthOf((yield* storage.listSpans({ filters: { status: "running" } })).items, 0)
      }))

    test("take 20,000 records in one batch", (storage) =>
      Effect.gen(function* () {
        const spans = Array.from({ length: 20_000 }, (_, n) => span({ sessionId: `s${n % 7}`, attributes: { n } }))
        yield* storage.insertSpans(spans)
        yield* storage.insertLogs(Array.from({ length: 20_000 }, () => log({ sessionId: "s0" })))
        const sessions = (yield* storage.listSessions()).items
        assert.strictEqual(
          sessions.reduce((total, session) => total + session.spans, 0),
          20_000
        )
        assert.strictEqual(
          sessions.reduce((total, session) => total + session.logs, 0),
          20_000
        )
        const last = spans[19_999] as SpanRecord
        assert.deepStrictEqual(yield* storage.getSpan(last), Option.some(last))
      }))

    describe("refuse a record that is malformed, with `Rejected`, and name its field", () => {
      const badSpans: ReadonlyArray<[string, object]> = [
        ["name", { name: "lone \ud800 surrogate" }],
        ["name", { name: 1 }],
        ["name", { name: undefined }],
        ["traceId", { traceId: "x" }],
        ["traceId", { traceId: "A".repeat(32) }],
        ["spanId", { spanId: "" }],
        ["parentSpanId", { parentSpanId: "1" }],
        ["parentIsRemote", { parentIsRemote: "yes" }],
        ["kind", { kind: "inner" }],
        ["spanType", { spanType: "robot" }],
        ["status", { status: "fine" }],
        ["status", { status: "running" }],
        ["startTime", { startTime: 1 }],
        ["startTime", { startTime: 2n ** 63n }],
        ["endTime", { endTime: new Date(Number.NaN) }],
        ["sessionId", { sessionId: " s" }],
        ["userId", { userId: "\udc00" }],
        ["serviceName", { serviceName: undefined }],
        ["environment", { environment: null }],
        ["inputTokens", { inputTokens: 1.5 }],
        ["costUsd", { costUsd: Number.NaN }],
        ["tags", { tags: "a" }],
        ["tags", { tags: ["\ud800"] }],
        ["metadata", { metadata: [] }],
        ["attributes", { attributes: { big: 1n } }],
        ["attributes", { attributes: { nan: Number.NaN } }],
        ["attributes", { attributes: { none: undefined } }],
        ["attributes", { attributes: { date: new Date(0) } }],
        ["attributes", { attributes: { text: "\ud800" } }],
        ["attributes", { attributes: { "\ud800": 1 } }],
        ["attributes", { attributes: circular() }],
        ["resource", { resource: null }],
        ["events", { events: [{ name: "e", time: 0, attributes: {} }] }],
        ["links", { links: [{ traceId: "t" }] }],
        ["dropped", { dropped: { attributes: "1", events: 0, links: 0 } }]
      ]
      for (const [index, [field, fields]] of badSpans.entries()) {
        test(`span ${index}: ${field}`, (storage) =>
          Effect.gen(function* () {
            const bad = new SpanRecord({ ...span(), ...fields } as SpanRecord, true)
            const error = yield* failure(storage.insertSpans([span(), bad, span()]))
            assert.strictEqual(error.reason, "Rejected")
            assert.strictEqual(error.field, field)
            assert.include(error.message, field)
            assert.isFalse(error.retryable)
          }))
      }

      const badLogs: ReadonlyArray<[string, object]> = [
        ["logId", { logId: "" }],
        ["timestamp", { timestamp: "1" }],
        ["level", { level: "loud" }],
        ["message", { message: "\udfff" }],
        ["data", { data: [() => 1] }],
        ["data", { data: ["\ud800"] }],
        ["logSpans", { logSpans: { a: "1" } }],
        ["cause", { cause: 1 }],
        ["traceId", { traceId: 1 }],
        ["attributes", { attributes: undefined }]
      ]
      for (const [index, [field, fields]] of badLogs.entries()) {
        test(`log ${index}: ${field}`, (storage) =>
          Effect.gen(function* () {
            const bad = { ...log(), ...fields } as LogRecord
            const error = yield* failure(storage.insertLogs([log(), bad]))
            assert.strictEqual(error.reason, "Rejected")
            assert.strictEqual(error.field, field)
          }))
      }

      test("and take what comes after it", (storage) =>
        Effect.gen(function* () {
          const bad = { ...span(), name: "\ud800" } as SpanRecord
          yield* failure(storage.insertSpans([bad]))
          yield* storage.insertSpans([span({ name: "good" })])
          assert.deepStrictEqual(names(yield* storage.listSpans()), ["good"])
        }))
    })
  })

const circular = () => {
  const value: Record<string, unknown> = {}
  value.self = value
  return value
}
