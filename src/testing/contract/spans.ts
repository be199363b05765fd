import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { SpanFilters } from "../../storage/Storage.js"
import { at, type SpanFields, span, spanId, traceId } from "../Records.js"
import { names, type StorageLayer, testOn } from "./utils.js"

/** A filter, what it finds, and what it does not. */
type Case = readonly [filters: SpanFilters, found: ReadonlyArray<SpanFields>, passedOver: ReadonlyArray<SpanFields>]

const texts = [
  "threadId",
  "runId",
  "requestId",
  "resourceId",
  "userId",
  "organizationId",
  "conversationId",
  "serviceName",
  "environment",
  "model"
] as const

const cases: ReadonlyArray<Case> = [
  [{ sessionId: "s" }, [{ sessionId: "s" }], [{ sessionId: "S" }, { sessionId: "s2" }, {}]],
  ...texts.map((field): Case => [{ [field]: "a" }, [{ [field]: "a" }], [{ [field]: "A" }, { [field]: "a " }, {}]]),
  [
    { model: "a" },
    [{ model: "a-2024", requestModel: "a" }, { model: "a", requestModel: "b" }, { requestModel: "a" }],
    [{ model: "a-2024", requestModel: "b" }, {}]
  ],
  [{ errorType: "429" }, [{ errorType: "429" }], [{ errorType: "500" }, { statusMessage: "429" }, {}]],
  [{ traceId: traceId(1) }, [{ traceId: traceId(1) }], [{ traceId: traceId(2) }]],
  [{ spanType: "tool_call" }, [{ spanType: "tool_call" }], [{ spanType: "agent_run" }, {}]],
  [{ name: "chat" }, [{ name: "chat" }], [{ name: "chat gpt" }, { name: "Chat" }, { name: "" }]],
  [{ status: "ok" }, [{ status: "ok" }], [{ status: "error" }, { status: "interrupted" }, { status: "running" }]],
  [{ status: "running" }, [{ status: "running" }], [{ status: "ok" }]],
  [{ hasError: true }, [{ status: "error" }], [{ status: "ok" }, { status: "interrupted" }, { status: "running" }]],
  [{ hasError: false }, [{ status: "ok" }, { status: "interrupted" }, { status: "running" }], [{ status: "error" }]],
  [{ tags: [] }, [{ tags: [] }, { tags: ["a"] }], []],
  [{ tags: ["a"] }, [{ tags: ["a"] }, { tags: ["b", "a"] }], [{ tags: ["A", "ab", "b"] }, { tags: [] }]],
  [{ tags: ["a", "b"] }, [{ tags: ["b", "c", "a"] }], [{ tags: ["a"] }, { tags: ["b", "b"] }, { tags: ["a,b"] }]],
  [{ metadata: {} }, [{}, { metadata: {} }, { metadata: { a: 1 } }], []],
  [
    { metadata: { a: 1 } },
    [{ metadata: { a: 1 } }, { metadata: { b: 2, a: 1 } }],
    [{}, { metadata: {} }, { metadata: { a: "1" } }, { metadata: { a: [1] } }, { metadata: { b: { a: 1 } } }]
  ],
  [{ metadata: { a: "" } }, [{ metadata: { a: "" } }], [{ metadata: { a: null } }, { metadata: {} }]],
  [{ metadata: { a: "x" } }, [{ metadata: { a: "x" } }], [{ metadata: { a: "X" } }, { metadata: { a: '"x"' } }]],
  [{ metadata: { a: null } }, [{ metadata: { a: null } }], [{ metadata: {} }, { metadata: { a: "null" } }, {}]],
  [{ metadata: { a: true } }, [{ metadata: { a: true } }], [{ metadata: { a: "true" } }, { metadata: { a: 1 } }]],
  [{ metadata: { a: 1.5 } }, [{ metadata: { a: 1.5 } }], [{ metadata: { a: 1 } }, { metadata: { a: "1.5" } }]],
  [{ metadata: { a: 1, b: 2 } }, [{ metadata: { b: 2, a: 1 } }], [{ metadata: { a: 1 } }, { metadata: { b: 2 } }]],
  [
    { metadata: { a: { x: 1, y: [2] } } },
    [{ metadata: { a: { y: [2], x: 1 } } }],
    [{ metadata: { a: { x: 1 } } }, { metadata: { a: { x: 1, y: [2, 3] } } }, { metadata: { a: '{"x":1,"y":[2]}' } }]
  ],
  [{ metadata: { a: [1, 2] } }, [{ metadata: { a: [1, 2] } }], [{ metadata: { a: [2, 1] } }, { metadata: { a: [1] } }]],
  [{ metadata: { "a.b": 1 } }, [{ metadata: { "a.b": 1 } }], [{ metadata: { a: { b: 1 } } }]],
  [{ metadata: { "a[0]": 1 } }, [{ metadata: { "a[0]": 1 } }], [{ metadata: { a: [1] } }]],
  [{ metadata: { 'a"b': 1, "": 2 } }, [{ metadata: { 'a"b': 1, "": 2 } }], [{ metadata: { 'a"b': 1 } }]],
  [{ metadata: { "*": 1 } }, [{ metadata: { "*": 1 } }], [{ metadata: { a: 1 } }]],
  [{ metadata: JSON.parse(`{"__proto__":{}}`) }, [{ metadata: JSON.parse(`{"__proto__":{}}`) }], [{ metadata: {} }]],
  [
    { startedAfter: at(5) },
    [{ startTime: at(5) }, { startTime: at(6) }],
    [{ startTime: at(5) - 1n }, { startTime: at(1), endTime: at(9) }]
  ],
  [
    { startedBefore: at(5) },
    [{ startTime: at(5) - 1n }, { startTime: -(2n ** 63n), endTime: 0n }],
    [{ startTime: at(5) }, { startTime: at(6) }]
  ],
  [
    { startedAfter: at(3), startedBefore: at(5) },
    [{ startTime: at(3) }, { startTime: at(4) }],
    [{ startTime: at(2) }, { startTime: at(5) }]
  ],
  [{ startedAfter: -(2n ** 63n), startedBefore: 2n ** 63n - 1n }, [{}], []],
  [
    { minDuration: "2 millis" },
    [
      { startTime: at(1), endTime: at(3) },
      { startTime: -(2n ** 63n), endTime: 2n ** 63n - 1n }
    ],
    [{ startTime: at(1), endTime: at(3) - 1n }, { status: "running" }]
  ],
  [
    { minDuration: 0 },
    [{ startTime: at(1), endTime: at(1) }],
    [{ startTime: at(1), endTime: at(0) }, { status: "running" }]
  ],
  [{ sessionId: undefined, minDuration: undefined, tags: undefined }, [{}, { status: "running" }], []],
  [
    { sessionId: "s", spanType: "tool_call", hasError: true, tags: ["a"], metadata: { a: 1 }, minDuration: 1 },
    [{ sessionId: "s", spanType: "tool_call", status: "error", tags: ["a"], metadata: { a: 1 } }],
    [
      { sessionId: "t", spanType: "tool_call", status: "error", tags: ["a"], metadata: { a: 1 } },
      { sessionId: "s", spanType: "generic", status: "error", tags: ["a"], metadata: { a: 1 } },
      { sessionId: "s", spanType: "tool_call", status: "ok", tags: ["a"], metadata: { a: 1 } },
      { sessionId: "s", spanType: "tool_call", status: "error", metadata: { a: 1 } },
      { sessionId: "s", spanType: "tool_call", status: "error", tags: ["a"] }
    ]
  ]
]

export const spansContract = (layer: StorageLayer) =>
  describe("listSpans", () => {
    const test = testOn(layer)

    for (const [filters, found, passedOver] of cases) {
      test(`asks the span itself for ${describeFilters(filters)}`, (storage) =>
        Effect.gen(function* () {
          const expected = found.map((fields) => span(fields))
          yield* storage.insertSpans([...expected, ...passedOver.map((fields) => span(fields))])
          const { items } = yield* storage.listSpans({ filters })
          assert.sameDeepMembers(Array.from(items), expected)
        }))
    }

    test("shows children as well as entry spans", (storage) =>
      Effect.gen(function* () {
        yield* storage.insertSpans([span({ name: "root" }), span({ name: "child", parentSpanId: spanId(1) })])
        assert.deepStrictEqual(names(yield* storage.listSpans()), ["child", "root"])
      }))

    const spans = [
      span({ name: "a", startTime: at(1), endTime: at(11) }),
      span({ name: "b", startTime: at(3), endTime: at(8) }),
      span({ name: "running", startTime: at(2), status: "running" }),
      span({ name: "c", startTime: at(4), endTime: at(24) }),
      span({ name: "backwards", startTime: at(5), endTime: at(4) }),
      span({ name: "eternal", startTime: -(2n ** 63n), endTime: 2n ** 63n - 1n })
    ]
    const orders: ReadonlyArray<readonly ["time" | "duration", "asc" | "desc", Array<string>]> = [
      ["time", "desc", ["backwards", "c", "b", "running", "a", "eternal"]],
      ["time", "asc", ["eternal", "a", "running", "b", "c", "backwards"]],
      ["duration", "desc", ["eternal", "c", "a", "b", "backwards", "running"]],
      ["duration", "asc", ["backwards", "b", "a", "c", "eternal", "running"]]
    ]
    for (const [field, direction, expected] of orders) {
      test(`sorts by ${field}, ${direction}`, (storage) =>
        Effect.gen(function* () {
          yield* storage.insertSpans(spans)
          assert.deepStrictEqual(names(yield* storage.listSpans({ orderBy: { field, direction } })), expected)
          const traces = yield* storage.listTraces({ orderBy: { field, direction } })
          assert.deepStrictEqual(names(traces), expected)
        }))
    }

    test("shows the newest 50 when nothing is asked", (storage) =>
      Effect.gen(function* () {
        yield* storage.insertSpans(Array.from({ length: 60 }, (_, n) => span({ name: `${n}`, startTime: at(n) })))
        const page = yield* storage.listSpans()
        assert.deepStrictEqual(
          names(page),
          Array.from({ length: 50 }, (_, n) => `${59 - n}`)
        )
        assert.isTrue(Option.isSome(page.nextCursor))
      }))

    test("has no next page when the rows end with the page", (storage) =>
      Effect.gen(function* () {
        yield* storage.insertSpans([span(), span()])
        assert.isTrue(Option.isNone((yield* storage.listSpans({ pagination: { limit: 2 } })).nextCursor))
        assert.isTrue(Option.isSome((yield* storage.listSpans({ pagination: { limit: 1 } })).nextCursor))
      }))

    describe("getSpan", () => {
      test("gives the span of both ids, and none for others", (storage) =>
        Effect.gen(function* () {
          const stored = span({ traceId: traceId(1), spanId: spanId(2) })
          yield* storage.insertSpans([stored, span({ traceId: traceId(1), spanId: spanId(3) })])
          const get = (trace: number, id: number) => storage.getSpan({ traceId: traceId(trace), spanId: spanId(id) })
          assert.deepStrictEqual(yield* get(1, 2), Option.some(stored))
          assert.deepStrictEqual(yield* get(1, 4), Option.none())
          assert.deepStrictEqual(yield* get(2, 2), Option.none())
        }))

      test("shows a span while it runs", (storage) =>
        Effect.gen(function* () {
          const open = span({ status: "running" })
          yield* storage.insertSpans([open])
          assert.deepStrictEqual(yield* storage.getSpan(open), Option.some(open))
        }))
    })
  })

const describeFilters = (filters: SpanFilters): string =>
  JSON.stringify(filters, (_, value: unknown) => (typeof value === "bigint" ? `${value}n` : value))
