import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { SpanRecord } from "../../signal/SpanRecord.js"
import type { SpanFilters } from "../../storage/Storage.js"
import { at, log, type SpanFields, span, spanId, traceId } from "../Records.js"
import { names, pages, type StorageLayer, testOn } from "./utils.js"

const ofSomeSpan: ReadonlyArray<readonly [SpanFilters, SpanFields]> = [
  [{ sessionId: "s" }, { sessionId: "s" }],
  ...(
    [
      "threadId",
      "runId",
      "requestId",
      "resourceId",
      "userId",
      "organizationId",
      "conversationId",
      "model",
      "errorType"
    ] as const
  ).map((field) => [{ [field]: "a" }, { [field]: "a" }] as const),
  [{ model: "a" }, { model: "a-2024", requestModel: "a" }],
  [{ spanType: "tool_call" }, { spanType: "tool_call" }],
  [{ tags: ["a", "b"] }, { tags: ["b", "a"] }],
  [{ metadata: { a: 1, b: [2] } }, { metadata: { b: [2], a: 1 } }],
  [{ hasError: true }, { status: "error" }]
]

const ofEntrySpan: ReadonlyArray<readonly [SpanFilters, SpanFields]> = [
  [{ serviceName: "a" }, { serviceName: "a" }],
  [{ environment: "a" }, { environment: "a" }],
  [{ name: "a" }, { name: "a" }],
  [{ status: "interrupted" }, { status: "interrupted" }],
  [{ startedAfter: at(5) }, { startTime: at(5) }],
  [{ startedBefore: at(-5) }, { startTime: at(-6) }],
  [{ minDuration: "1 second" }, { startTime: at(0), endTime: at(1_000) }]
]

export const tracesContract = (layer: StorageLayer): void => {
  const test = testOn(layer)

  /** Trace `n`: an entry span and a child. */
  const trace = (n: number, entry: SpanFields, child: SpanFields) => [
    span({ traceId: traceId(n), spanId: spanId(1), startTime: at(0), ...entry }),
    span({ traceId: traceId(n), spanId: spanId(2), parentSpanId: spanId(1), startTime: at(0), ...child })
  ]

  const numbers = (items: ReadonlyArray<SpanRecord>) => items.map((span) => Number.parseInt(span.traceId, 16)).sort()

  describe("listTraces", () => {
    test("shows the entry span of each trace, newest first", (storage) =>
      Effect.gen(function* () {
        yield* storage.insertSpans([
          ...trace(1, { name: "one", startTime: at(1) }, { name: "child", startTime: at(9) }),
          ...trace(2, { name: "two", startTime: at(2) }, { name: "child", startTime: at(0) })
        ])
        assert.deepStrictEqual(names(yield* storage.listTraces()), ["two", "one"])
      }))

    test("shows the span without a parent, even when one with a remote parent is earlier", (storage) =>
      Effect.gen(function* () {
        const remote = { parentSpanId: spanId(9), parentIsRemote: true }
        yield* storage.insertSpans([
          span({ traceId: traceId(1), name: "remote", startTime: at(0), ...remote }),
          span({ traceId: traceId(1), name: "root", startTime: at(5) })
        ])
        assert.deepStrictEqual(names(yield* storage.listTraces()), ["root"])
      }))

    test("takes a parent for remote as the newest row of the span has it", (storage) =>
      Effect.gen(function* () {
        const ids = { spanId: spanId(1), parentSpanId: spanId(9), startTime: at(0), sessionId: "s" }
        const running = { ...ids, endTime: undefined, status: "running" } as const
        const remote = { parentIsRemote: true }
        yield* storage.insertSpans([
          span({ ...running, traceId: traceId(1), name: "no more", ...remote }),
          span({ ...running, traceId: traceId(2) }),
          span({ ...running, traceId: traceId(3), ...remote }),
          ...[1, 2, 3].map((n) =>
            span({ name: `later ${n}`, traceId: traceId(n), startTime: at(1), parentSpanId: spanId(8), ...remote })
          )
        ])
        yield* storage.insertSpans([
          span({ ...ids, traceId: traceId(1), name: "no more" }),
          span({ ...ids, traceId: traceId(2), name: "now", ...remote }),
          span({ ...ids, traceId: traceId(3), name: "always", ...remote })
        ])
        for (const filters of [{ sessionId: "s" }, {}]) {
          assert.sameMembers(names(yield* storage.listTraces({ filters })), ["later 1", "now", "always"])
        }
      }))

    test("shows the earliest of several entry spans, and by span id where they start together", (storage) =>
      Effect.gen(function* () {
        const remote = { parentSpanId: spanId(9), parentIsRemote: true }
        yield* storage.insertSpans([
          span({ traceId: traceId(1), name: "late", startTime: at(5), ...remote }),
          span({ traceId: traceId(1), name: "early", startTime: at(4), ...remote }),
          span({ traceId: traceId(2), name: "late root", startTime: at(3) }),
          span({ traceId: traceId(2), name: "early root", startTime: at(2) }),
          span({ traceId: traceId(3), spanId: spanId(2), name: "second", startTime: at(1) }),
          span({ traceId: traceId(3), spanId: spanId(1), name: "first", startTime: at(1) })
        ])
        assert.deepStrictEqual(names(yield* storage.listTraces()), ["early", "early root", "first"])
      }))

    /** Spans of trace `n`: number, parent's number, start. */
    const rootless = (n: number, ...parts: ReadonlyArray<readonly [id: number, parent: number, start: number]>) =>
      parts.map(([id, parent, start]) =>
        span({
          traceId: traceId(n),
          spanId: spanId(id),
          parentSpanId: spanId(parent),
          startTime: at(start),
          name: `${n}.${id}`,
          sessionId: "s"
        })
      )

    const withoutRoot: ReadonlyArray<readonly [string, ReadonlyArray<SpanRecord>, string]> = [
      ["a span whose parent is not stored", rootless(1, [2, 9, 0]), "1.2"],
      ["the earliest of them", rootless(1, [3, 9, 5], [2, 8, 4], [4, 7, 6]), "1.2"],
      ["the first by its id of those that start together", rootless(1, [4, 9, 0], [3, 8, 0]), "1.3"],
      ["one above a span that starts before it", rootless(1, [3, 9, 5], [2, 3, 0]), "1.3"],
      ["the earliest span of a cycle", rootless(1, [3, 2, 1], [2, 3, 2]), "1.3"],
      ["a span that is its own parent", rootless(1, [2, 2, 0]), "1.2"]
    ]
    for (const [which, spans, expected] of withoutRoot) {
      test(`shows, for a trace without an entry span, ${which}`, (storage) =>
        Effect.gen(function* () {
          yield* storage.insertSpans(spans)
          for (const filters of [{}, { sessionId: "s" }, { traceId: traceId(1) }, { name: expected }]) {
            assert.deepStrictEqual(names(yield* storage.listTraces({ filters })), [expected])
          }
          assert.deepStrictEqual(names(yield* storage.listTraces({ filters: { name: "1.9" } })), [])
        }))
    }

    test("shows the root of a trace from when it comes until it goes", (storage) =>
      Effect.gen(function* () {
        yield* storage.insertSpans(rootless(1, [2, 1, 1]))
        const shown = Effect.forEach([{}, { sessionId: "s" }, { traceId: traceId(1) }], (filters) =>
          Effect.map(storage.listTraces({ filters }), names)
        )
        const all = (...expected: ReadonlyArray<string>) => [expected, expected, expected]
        assert.deepStrictEqual(yield* shown, all("1.2"))
        const root = { traceId: traceId(1), spanId: spanId(1), name: "root", startTime: at(0) }
        yield* storage.insertSpans([span({ ...root, status: "running" })])
        assert.deepStrictEqual(yield* shown, all("root"))
        yield* storage.insertSpans([span(root), ...rootless(1, [3, 1, 2])])
        assert.deepStrictEqual(yield* shown, all("root"))
        yield* storage.deleteBefore(at(1))
        assert.deepStrictEqual(yield* shown, all("1.2"))
        yield* storage.deleteBefore(at(2))
        assert.deepStrictEqual(yield* shown, all("1.3"))
        yield* storage.deleteSession("s")
        assert.deepStrictEqual(yield* shown, all())
      }))

    test("pages to every trace once, with and without an entry span, in every order", (storage) =>
      Effect.gen(function* () {
        const all = Array.from({ length: 60 }, (_, n) =>
          n % 3 === 0
            ? rootless(n, [2, 9, n], [3, 2, n + 40])
            : trace(n, { name: `${n}.1`, startTime: at(n), endTime: at(n + (n % 7)) }, { startTime: at(n + 5) })
        ).flat()
        yield* storage.insertSpans(all)
        for (const field of ["time", "duration"] as const) {
          const shown = yield* Effect.forEach(["asc", "desc"] as const, (direction) =>
            Effect.map(
              pages((pagination) => storage.listTraces({ orderBy: { field, direction }, pagination }), 7),
              (pages) => pages.flat().map((span) => span.name)
            )
          )
          assert.lengthOf(new Set(shown[0]), 60)
          assert.deepStrictEqual(shown[0], shown[1]?.toReversed())
        }
      }))

    test("shows one span of each trace without an entry span, where they have the ids of each other's spans", (storage) =>
      Effect.gen(function* () {
        yield* storage.insertSpans([
          ...rootless(1, [2, 9, 0], [3, 2, 1]),
          ...rootless(2, [3, 9, 1], [2, 3, 2]),
          ...rootless(3, [4, 9, 0])
        ])
        for (const limit of [1, 2, 3, 4]) {
          const shown = yield* pages((pagination) => storage.listTraces({ pagination }), limit)
          assert.deepStrictEqual(
            shown.flat().map((span) => span.name),
            ["2.3", "3.4", "1.2"]
          )
        }
      }))

    test("finds a trace without an entry span among many spans like it below entry spans", (storage) =>
      Effect.gen(function* () {
        const below = (n: number, fields: SpanFields) =>
          Array.from({ length: 20 }, (_, i) => [
            span({ traceId: traceId(n + i), spanId: spanId(1), name: "entry", startTime: at(0), ...fields }),
            span({
              traceId: traceId(n + i),
              spanId: spanId(2),
              parentSpanId: spanId(1),
              name: "b",
              startTime: at(n + i)
            })
          ]).flat()
        const remote = { parentSpanId: spanId(9), parentIsRemote: true }
        const running = { ...remote, traceId: traceId(1), spanId: spanId(1), startTime: at(1) }
        yield* storage.insertSpans([
          ...below(100, {}),
          ...below(200, remote),
          ...rootless(2, [2, 9, 2]),
          span({ ...running, name: "b", status: "running", endTime: undefined })
        ])
        yield* storage.insertSpans([span({ ...running, name: "b", parentIsRemote: false })])
        for (const direction of ["asc", "desc"] as const) {
          const shown = yield* pages(
            (pagination) =>
              storage.listTraces({ filters: { name: "b" }, orderBy: { field: "time", direction }, pagination }),
            1
          )
          assert.deepStrictEqual(
            shown.flat().map((span) => span.traceId),
            [traceId(1)]
          )
          assert.deepStrictEqual(names(yield* storage.listTraces({ filters: { name: "2.2" } })), ["2.2"])
        }
      }))

    test("finds a trace without an entry span by what some of its spans say, and by whether one failed", (storage) =>
      Effect.gen(function* () {
        const ids = { traceId: traceId(1), parentSpanId: spanId(9) }
        yield* storage.insertSpans([
          span({ ...ids, spanId: spanId(2), name: "shown", startTime: at(0), tags: ["a"] }),
          span({ ...ids, spanId: spanId(3), startTime: at(1), model: "m", status: "error" }),
          ...trace(2, { name: "whole" }, {})
        ])
        const found = (filters: SpanFilters) => Effect.map(storage.listTraces({ filters }), names)
        assert.deepStrictEqual(yield* found({ model: "m", tags: ["a"], name: "shown", hasError: true }), ["shown"])
        assert.deepStrictEqual(yield* found({ hasError: false }), ["whole"])
        assert.deepStrictEqual(yield* found({ startedAfter: at(1) }), [])
        assert.deepStrictEqual(yield* found({ model: "n" }), [])
      }))

    for (const [filters, fields] of ofSomeSpan) {
      test(`asks some span of the trace for ${Object.keys(filters)}`, (storage) =>
        Effect.gen(function* () {
          yield* storage.insertSpans([...trace(1, {}, fields), ...trace(2, fields, {}), ...trace(3, {}, {})])
          const { items } = yield* storage.listTraces({ filters })
          assert.deepStrictEqual(numbers(items), [1, 2])
          assert.isTrue(items.every((span) => span.spanId === spanId(1)))
        }))
    }

    for (const [filters, fields] of ofEntrySpan) {
      test(`asks the entry span for ${Object.keys(filters)}`, (storage) =>
        Effect.gen(function* () {
          yield* storage.insertSpans([...trace(1, {}, fields), ...trace(2, fields, {}), ...trace(3, {}, {})])
          assert.deepStrictEqual(numbers((yield* storage.listTraces({ filters })).items), [2])
        }))
    }

    for (const [filters, fields] of ofEntrySpan) {
      test(`asks the span that it shows of a trace without an entry span for ${Object.keys(filters)}`, (storage) =>
        Effect.gen(function* () {
          const orphan = { parentSpanId: spanId(9) }
          yield* storage.insertSpans([
            ...trace(1, orphan, fields),
            ...trace(2, { ...orphan, ...fields }, {}),
            ...trace(3, orphan, {})
          ])
          assert.deepStrictEqual(numbers((yield* storage.listTraces({ filters })).items), [2])
        }))
    }

    test("lists as many traces of a session as are counted", (storage) =>
      Effect.gen(function* () {
        yield* storage.insertSpans([
          ...rootless(1, [2, 9, 0], [3, 2, 1]),
          ...rootless(2, [2, 3, 0], [3, 2, 1]),
          ...trace(3, { parentSpanId: spanId(9), parentIsRemote: true }, { sessionId: "s" }),
          ...trace(4, {}, { sessionId: "s" })
        ])
        const session = Option.getOrThrow(yield* storage.getSession("s"))
        const { items } = yield* storage.listTraces({ filters: { sessionId: "s" } })
        assert.deepStrictEqual([numbers(items), session.traces], [[1, 2, 3, 4], 4])
      }))

    test("asks the entry span that it shows, not another one", (storage) =>
      Effect.gen(function* () {
        yield* storage.insertSpans([
          span({ traceId: traceId(1), name: "shown", startTime: at(0) }),
          span({ traceId: traceId(1), name: "later", startTime: at(1), serviceName: "other" })
        ])
        assert.deepStrictEqual((yield* storage.listTraces({ filters: { name: "later" } })).items, [])
        assert.deepStrictEqual((yield* storage.listTraces({ filters: { serviceName: "other" } })).items, [])
        assert.deepStrictEqual((yield* storage.listTraces({ filters: { startedAfter: at(1) } })).items, [])
      }))

    test("lets different spans of a trace satisfy different filters", (storage) =>
      Effect.gen(function* () {
        yield* storage.insertSpans([
          ...trace(1, { sessionId: "s", tags: ["a"] }, { model: "m", status: "error" }),
          ...trace(2, { sessionId: "s", tags: ["a"] }, { model: "n", status: "error" })
        ])
        const filters = { sessionId: "s", model: "m", hasError: true, tags: ["a"] }
        assert.deepStrictEqual(numbers((yield* storage.listTraces({ filters })).items), [1])
      }))

    test("wants all tags, and all metadata, of one span", (storage) =>
      Effect.gen(function* () {
        yield* storage.insertSpans(trace(1, { tags: ["a"], metadata: { a: 1 } }, { tags: ["b"], metadata: { b: 1 } }))
        assert.lengthOf((yield* storage.listTraces({ filters: { tags: ["a", "b"] } })).items, 0)
        assert.lengthOf((yield* storage.listTraces({ filters: { metadata: { a: 1, b: 1 } } })).items, 0)
        assert.lengthOf((yield* storage.listTraces({ filters: { tags: ["b"], metadata: { a: 1 } } })).items, 1)
      }))

    test("finds traces without an error", (storage) =>
      Effect.gen(function* () {
        yield* storage.insertSpans([
          ...trace(1, {}, { status: "error" }),
          ...trace(2, { status: "error" }, {}),
          ...trace(3, { status: "interrupted" }, { status: "running" })
        ])
        assert.deepStrictEqual(numbers((yield* storage.listTraces({ filters: { hasError: false } })).items), [3])
      }))

    test("finds one trace by its id", (storage) =>
      Effect.gen(function* () {
        yield* storage.insertSpans([...trace(1, {}, {}), ...trace(2, {}, {})])
        assert.deepStrictEqual(numbers((yield* storage.listTraces({ filters: { traceId: traceId(2) } })).items), [2])
      }))
  })

  describe("getTrace", () => {
    /** Spans of one trace: number, parent's number, start. */
    const build = (...parts: ReadonlyArray<readonly [id: number, parent: number | undefined, start: number]>) =>
      parts.map(([id, parent, start]) =>
        span({
          traceId: traceId(1),
          spanId: spanId(id),
          startTime: at(start),
          ...(parent === undefined ? {} : { parentSpanId: spanId(parent) })
        })
      )

    const shapes: ReadonlyArray<readonly [string, ReadonlyArray<SpanRecord>, ReadonlyArray<number>]> = [
      [
        "each span before its children, siblings by their start",
        build([5, 2, 9], [4, 1, 3], [2, 1, 4], [1, undefined, 0], [6, 2, 8]),
        [1, 4, 2, 6, 5]
      ],
      ["siblings that start together by their ids", build([3, 1, 1], [2, 1, 1], [1, undefined, 0]), [1, 2, 3]],
      ["a child that starts before its parent after it", build([1, undefined, 5], [2, 1, 0]), [1, 2]],
      ["two entry spans by their start", build([1, undefined, 5], [2, undefined, 0], [3, 1, 6]), [2, 1, 3]],
      ["orphans after the rest, with their children", build([2, 9, 0], [3, 2, 1], [1, undefined, 5]), [1, 2, 3]],
      ["orphans alone", build([2, 9, 0], [3, 8, 1]), [2, 3]],
      ["a span that is its own parent, last", build([1, 1, 0], [2, 1, 1], [3, undefined, 2]), [3, 1, 2]],
      ["a cycle, last, each span once", build([2, 3, 1], [3, 2, 0], [4, 3, 2], [1, undefined, 9]), [1, 3, 2, 4]],
      ["nothing but a cycle", build([2, 1, 1], [1, 2, 0]), [1, 2]]
    ]
    for (const [behaviour, spans, expected] of shapes) {
      test(`shows ${behaviour}`, (storage) =>
        Effect.gen(function* () {
          yield* storage.insertSpans([...spans, span({ traceId: traceId(2), spanId: spanId(1) })])
          const trace = Option.getOrThrow(yield* storage.getTrace(traceId(1)))
          assert.strictEqual(trace.traceId, traceId(1))
          assert.isFalse(trace.truncated)
          assert.deepStrictEqual(
            trace.spans.map((span) => Number.parseInt(span.spanId, 16)),
            expected
          )
        }))
    }

    test("shows a span with a remote parent of the same trace under that parent", (storage) =>
      Effect.gen(function* () {
        yield* storage.insertSpans([
          span({ traceId: traceId(1), spanId: spanId(3), startTime: at(0) }),
          span({
            traceId: traceId(1),
            spanId: spanId(2),
            startTime: at(2),
            parentSpanId: spanId(1),
            parentIsRemote: true
          }),
          span({ traceId: traceId(1), spanId: spanId(1), startTime: at(1) }),
          span({ traceId: traceId(1), spanId: spanId(4), startTime: at(3) })
        ])
        const trace = Option.getOrThrow(yield* storage.getTrace(traceId(1)))
        assert.deepStrictEqual(
          trace.spans.map((span) => span.spanId),
          [3, 1, 2, 4].map(spanId)
        )
      }))

    test("gives whole records", (storage) =>
      Effect.gen(function* () {
        const stored = span({ attributes: { a: [1] }, events: [{ name: "e", time: at(0), attributes: { b: "c" } }] })
        yield* storage.insertSpans([stored])
        const trace = Option.getOrThrow(yield* storage.getTrace(stored.traceId))
        assert.deepStrictEqual(trace.spans, [stored])
      }))

    test("is none for a trace of which nothing is stored, or logs alone", (storage) =>
      Effect.gen(function* () {
        yield* storage.insertLogs([log({ traceId: traceId(3) })])
        assert.deepStrictEqual(yield* storage.getTrace(traceId(3)), Option.none())
      }))

    test("shows a trace of 10,000 spans in full, and says when there are more", (storage) =>
      Effect.gen(function* () {
        const chain = Array.from({ length: 10_000 }, (_, n) =>
          span({
            traceId: traceId(1),
            spanId: spanId(n + 1),
            startTime: at(n),
            ...(n === 0 ? {} : { parentSpanId: spanId(n) })
          })
        )
        yield* storage.insertSpans(chain)
        const full = Option.getOrThrow(yield* storage.getTrace(traceId(1)))
        assert.isFalse(full.truncated)
        assert.deepStrictEqual(
          full.spans.map((span) => span.spanId),
          chain.map((span) => span.spanId)
        )
        yield* storage.insertSpans([span({ traceId: traceId(1), spanId: spanId(20_000), startTime: at(20_000) })])
        const cut = Option.getOrThrow(yield* storage.getTrace(traceId(1)))
        assert.isTrue(cut.truncated)
        assert.deepStrictEqual(
          cut.spans.map((span) => span.spanId),
          chain.map((span) => span.spanId)
        )
      }))
  })
}
