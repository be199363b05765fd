import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { AggregateOptions, StorageService } from "../../storage/Storage.js"
import { at, log, metric, type SpanFields, score, span, spanId, traceId } from "../Records.js"
import { ofCalendars } from "./calendars.js"
import { ofKeys } from "./dimensions.js"
import { refuses, type StorageLayer, store, type Test, testOn, utc } from "./utils.js"

const seconds = (count: number): bigint => BigInt(count) * 1_000_000_000n

/** A span that lasts so many nanoseconds. */
const lasting = (nanos: bigint, fields: SpanFields = {}) => {
  const startTime = fields.startTime ?? at(1)
  return span({ startTime, endTime: startTime + nanos, ...fields })
}

const model = (fields: SpanFields) => span({ spanType: "model_generation", ...fields })

const allOfTime = { startedAfter: at(0), startedBefore: at(100) }

const count = { count: "count" } as const

/** Options that a program without types would pass. */
const asked = (options: object) => options as AggregateOptions

const hostile: ReadonlyArray<readonly [field: string, options: object]> = [
  ["of", { of: "traces" }],
  ["of", { of: "toString" }],
  ["filters.level", { filters: { level: "info" } }],
  ["filters.sesionId", { filters: { sesionId: "a" } }],
  ["filters", { filters: null }],
  ["groupBy", { groupBy: "model" }],
  ["groupBy", { groupBy: ["model", "name", "status", "provider", "agentName"] }],
  ["groupBy", { groupBy: { length: 4_000_000_000 } }],
  ["groupBy.0", { groupBy: ["attributes"] }],
  ["groupBy.0", { groupBy: ["constructor"] }],
  ["groupBy.0", { groupBy: ["__proto__"] }],
  ["groupBy.0", { groupBy: [null] }],
  ["groupBy.0", { groupBy: [{ attribute: "a" }] }],
  ["groupBy.0", { groupBy: [{ metadata: 1 }] }],
  ["groupBy.0", { groupBy: [{ metadata: "\ud800" }] }],
  ["groupBy.0", { groupBy: [{ metadata: "a".repeat(201) }] }],
  ["groupBy.0", { groupBy: [{ metadata: "a", and: "b" }] }],
  ["groupBy.1", { groupBy: ["model", "model"] }],
  ["groupBy.1", { groupBy: [{ metadata: "a" }, { metadata: "a" }] }],
  ["interval", { interval: "fortnight" }],
  ["interval", { interval: 0 }],
  ["interval", { interval: -1 }],
  ["interval", { interval: Number.NaN }],
  ["interval", { interval: Number.POSITIVE_INFINITY }],
  ["interval", { interval: null }],
  ["interval", { interval: 1n }],
  ["interval", { interval: "hour", filters: { startedAfter: 0n, startedBefore: 2n ** 62n } }],
  ["interval", { interval: "month", filters: { startedAfter: -(2n ** 63n), startedBefore: 2n ** 63n - 1n } }],
  ["filters.startedAfter", { interval: "day", filters: { startedBefore: at(1) } }],
  ["filters.startedBefore", { interval: "day", filters: { startedAfter: at(1) } }],
  ["filters.startedAfter", { previous: true, filters: {} }],
  ["previous", { previous: true, filters: { startedAfter: -(2n ** 63n), startedBefore: 0n } }],
  ["timeZone", { timeZone: "Europe/Atlantis" }],
  ["timeZone", { timeZone: "" }],
  ["timeZone", { timeZone: "'; DROP TABLE mastra_ai_spans; --" }],
  ["timeZone", { timeZone: "a".repeat(100_000) }],
  ["timeZone", { timeZone: 1 }],
  ["measures", { measures: {} }],
  ["measures", { measures: null }],
  ["measures", { measures: ["count"] }],
  ["measures", { measures: Object.fromEntries(Array.from({ length: 21 }, (_, i) => [`m${i}`, "count"])) }],
  ["measures.__proto__", { measures: JSON.parse(`{"__proto__": "count"}`) as object }],
  ["measures.a", { measures: { a: "median" } }],
  ["measures.a", { measures: { a: "toString" } }],
  ["measures.a", { measures: { a: null } }],
  ["measures.a", { measures: { a: {} } }],
  ["measures.a", { measures: { a: { sum: "costUsd", mean: "costUsd" } } }],
  ["measures.a", { measures: { a: { rate: "value" } } }],
  ["measures.a", { measures: { a: { quantile: 0.5, of: "duration", and: 1 } } }],
  ["measures.a.sum", { measures: { a: { sum: "name" } } }],
  ["measures.a.sum", { measures: { a: { sum: "time" } } }],
  ["measures.a.sum", { measures: { a: { sum: "__proto__" } } }],
  ["measures.a.distinct", { measures: { a: { distinct: "tags" } } }],
  ["measures.a.quantile", { measures: { a: { quantile: 2, of: "duration" } } }],
  ["measures.a.quantile", { measures: { a: { quantile: -0.1, of: "duration" } } }],
  ["measures.a.quantile", { measures: { a: { quantile: 1 / 3, of: "duration" } } }],
  ["measures.a.quantile", { measures: { a: { quantile: Number.NaN, of: "duration" } } }],
  ["measures.a.quantile", { measures: { a: { quantile: "0.5", of: "duration" } } }],
  ["measures.a.of", { measures: { a: { quantile: 0.5, of: "histogram" } } }],
  ["orderBy.measure", { orderBy: { measure: "other", direction: "asc" } }],
  ["orderBy.measure", { orderBy: { measure: "toString", direction: "asc" } }],
  ["orderBy.direction", { orderBy: { measure: "count", direction: "up" } }],
  ["limit", { limit: 0 }],
  ["limit", { limit: 1001 }],
  ["limit", { groupBy: ["model"], interval: 10_000n, filters: allOfTime, limit: 11 }],
  ["rest", { rest: 1 }],
  ["more", { more: 1 }]
]

export const aggregateContract = (layer: StorageLayer) =>
  describe("aggregate", () => {
    const test = testOn(layer)
    ofGroups(test)
    ofTime(test)
    ofCalendars(test)
    ofKeys(test)
    ofValues(test)
    ofMetrics(test)
    ofChanges(test)

    test("refuses what it has no answer to, and names it", (storage) =>
      Effect.gen(function* () {
        const options = { of: "spans", measures: count, filters: allOfTime }
        for (const [field, more] of hostile) yield* refuses(storage.aggregate(asked({ ...options, ...more })), field)
        yield* refuses(
          storage.aggregate(asked({ of: "logs", measures: { a: { sum: "inputTokens" } } })),
          "measures.a.sum"
        )
        yield* refuses(storage.aggregate(asked({ of: "metrics", measures: { a: "errors" } })), "measures.a")
        yield* refuses(
          storage.aggregate(asked({ of: "metrics", groupBy: ["sessionId"], measures: count })),
          "groupBy.0"
        )
        yield* refuses(
          storage.aggregate(asked({ of: "metrics", measures: { a: { rate: "value" } } })),
          "filters.startedAfter"
        )
        for (const name of ["measures", "groupBy", "filters"] as const) {
          const throwing = Object.defineProperty({ ...options }, name, {
            enumerable: true,
            get: () => {
              throw new Error("no")
            }
          })
          yield* refuses(storage.aggregate(asked(throwing)), "options")
        }
        yield* refuses(storage.aggregate(undefined as never), "options")
      }))
  })

const ofGroups = (test: Test) => {
  test("counts all records as one group, and none as one of none", (storage) =>
    Effect.gen(function* () {
      const ask = storage.aggregate({
        of: "spans",
        measures: {
          count: "count",
          errors: "errors",
          rate: "errorRate",
          longest: { max: "duration" },
          tokens: { sum: "inputTokens" }
        }
      })
      assert.deepStrictEqual(yield* ask, [
        { group: {}, values: { count: 0, errors: 0, rate: null, longest: null, tokens: 0 } }
      ])
      yield* store(
        storage,
        lasting(5n),
        lasting(7n, { status: "error" }),
        span({ status: "running" }),
        span({ status: "interrupted" })
      )
      assert.deepStrictEqual(yield* ask, [
        { group: {}, values: { count: 4, errors: 1, rate: 0.25, longest: 1_000_000n, tokens: 0 } }
      ])
      assert.deepStrictEqual(yield* storage.aggregate({ of: "logs", groupBy: ["level"], measures: count }), [])
    }))

  test("tells records by up to four dimensions, and those that lack one are in the group `null`", (storage) =>
    Effect.gen(function* () {
      yield* store(
        storage,
        span({ model: "a", sessionId: "s", userId: "u", parentSpanId: spanId(1) }),
        span({ model: "a", sessionId: "s", userId: "u", parentSpanId: spanId(1) }),
        span({ model: "a", userId: "" }),
        span({})
      )
      const rows = yield* storage.aggregate({
        of: "spans",
        groupBy: ["model", "sessionId", "userId", "parentSpanId"],
        measures: count
      })
      assert.deepStrictEqual(rows, [
        { group: { model: "a", sessionId: "s", userId: "u", parentSpanId: spanId(1) }, values: { count: 2 } },
        { group: { model: "a", sessionId: null, userId: "", parentSpanId: null }, values: { count: 1 } },
        { group: { model: null, sessionId: null, userId: null, parentSpanId: null }, values: { count: 1 } }
      ])
    }))

  test("groups by a key of metadata: texts, numbers and booleans, each for itself", (storage) =>
    Effect.gen(function* () {
      const key = `a'"\\/~ é😀`
      const values = ["x", "x", "1", 1, 1.5, true, "true", "", "b/c\n\"'\u0000", null, [1], { b: 1 }, -0.001, 1e21]
      yield* store(
        storage,
        ...values.map((value) => span({ metadata: { [key]: value } })),
        span({ metadata: { other: 1 } }),
        span()
      )
      const rows = yield* storage.aggregate({ of: "spans", groupBy: [{ metadata: key }], measures: count })
      const name = `metadata.${key}` as const
      assert.sameDeepMembers(
        rows.map(({ group, values }) => [group[name], values.count]),
        [
          [null, 5],
          ["x", 2],
          ["1", 1],
          [1, 1],
          [1.5, 1],
          [true, 1],
          ["true", 1],
          ["", 1],
          ["b/c\n\"'\u0000", 1],
          [-0.001, 1],
          [1e21, 1]
        ]
      )
      for (const key of ["__proto__", "constructor", "", "0", "$", "*"]) {
        yield* store(storage, span({ serviceName: key, metadata: JSON.parse(`{${JSON.stringify(key)}: "here"}`) }))
        const [row] = yield* storage.aggregate({
          of: "spans",
          filters: { serviceName: key },
          groupBy: [{ metadata: key }],
          measures: count
        })
        assert.deepStrictEqual(Object.entries(row?.group ?? {}), [[`metadata.${key}`, "here"]])
      }
    }))

  test("counts a record in the group of each of its tags", (storage) =>
    Effect.gen(function* () {
      yield* store(
        storage,
        span({ tags: ["b", "a"] }),
        span({ tags: ["a", "a"] }),
        span({ tags: [] }),
        span({ tags: ["a"] })
      )
      assert.deepStrictEqual(yield* storage.aggregate({ of: "spans", groupBy: ["tags"], measures: count }), [
        { group: { tags: "a" }, values: { count: 3 } },
        { group: { tags: "b" }, values: { count: 1 } },
        { group: { tags: null }, values: { count: 1 } }
      ])
    }))

  test("shows the first groups by a measure, ties in the order of code points, the rest as one", (storage) =>
    Effect.gen(function* () {
      const names = ["é", "😀", "\uffee", "a", "Z", ""]
      yield* store(
        storage,
        ...names.flatMap((toolName) => [lasting(1n, { toolName }), lasting(9n, { toolName })]),
        ...[1, 2, 3].map(() => lasting(5n)),
        lasting(7n, { toolName: "single" })
      )
      const ask = (limit: number, direction: "asc" | "desc", rest?: boolean) =>
        storage.aggregate({
          of: "spans",
          groupBy: ["toolName"],
          measures: { ...count, median: { quantile: 0.5, of: "duration" } },
          orderBy: { measure: "count", direction },
          limit,
          rest
        })
      const shown = (rows: Effect.Effect.Success<ReturnType<typeof ask>>) => rows.map(({ group }) => group.toolName)
      assert.deepStrictEqual(shown(yield* ask(100, "desc")), [null, "", "Z", "a", "é", "\uffee", "😀", "single"])
      assert.deepStrictEqual(shown(yield* ask(3, "asc")), ["single", "", "Z"])
      assert.deepStrictEqual(yield* ask(3, "desc", true), [
        { group: { toolName: null }, values: { count: 3, median: 5n } },
        { group: { toolName: "" }, values: { count: 2, median: 1n } },
        { group: { toolName: "Z" }, values: { count: 2, median: 1n } },
        { group: { toolName: null }, rest: true, values: { count: 9, median: 7n } }
      ])
      assert.lengthOf(yield* ask(8, "desc", true), 8)
    }))

  test("orders groups by numbers of any length, and takes off the first", (storage) =>
    Effect.gen(function* () {
      const sizes = [9, 10, 11, 2, 100]
      yield* store(
        storage,
        ...sizes.flatMap((size) => Array.from({ length: size }, () => lasting(BigInt(size), { toolName: `t${size}` })))
      )
      const measures = {
        ...count,
        total: { sum: "duration" },
        median: { quantile: 0.5, of: "duration" },
        mean: { mean: "duration" }
      } as const
      for (const measure of ["count", "total", "median", "mean"] as const) {
        const ask = (direction: "asc" | "desc") =>
          Effect.map(
            storage.aggregate({
              of: "spans",
              groupBy: ["toolName"],
              measures,
              orderBy: { measure, direction },
              limit: 3
            }),
            (rows) => rows.map(({ group }) => group.toolName)
          )
        assert.deepStrictEqual(yield* ask("desc"), ["t100", "t11", "t10"])
        assert.deepStrictEqual(yield* ask("asc"), ["t2", "t9", "t10"])
      }
    }))

  test("orders groups by any measure, those without a value last", (storage) =>
    Effect.gen(function* () {
      yield* store(
        storage,
        lasting(1n, { model: "a" }),
        lasting(8n, { model: "a", status: "error" }),
        lasting(4n, { model: "b" }),
        span({ model: "c", status: "running" })
      )
      const measures = {
        mean: { mean: "duration" },
        rate: "errorRate",
        sessions: { distinct: "spanId" },
        max: { max: "duration" },
        sum: { sum: "duration" }
      } as const
      const order = (measure: keyof typeof measures, direction: "asc" | "desc") =>
        Effect.map(
          storage.aggregate({ of: "spans", groupBy: ["model"], measures, orderBy: { measure, direction } }),
          (rows) => rows.map(({ group }) => group.model).join("")
        )
      assert.strictEqual(yield* order("mean", "asc"), "abc")
      assert.strictEqual(yield* order("mean", "desc"), "abc")
      assert.strictEqual(yield* order("rate", "desc"), "abc")
      assert.strictEqual(yield* order("sessions", "asc"), "bca")
      assert.strictEqual(yield* order("max", "asc"), "bac")
      assert.strictEqual(yield* order("sum", "desc"), "abc")
    }))
}

const ofTime = (test: Test) => {
  const starts = (rows: ReadonlyArray<{ readonly from?: bigint; readonly values: { readonly count: number } }>) =>
    rows.map(({ from, values }) => [new Date(Number((from ?? 0n) / 1_000_000n)).toISOString(), values.count])

  test("counts in buckets that have their beginning and not their end, the empty ones too", (storage) =>
    Effect.gen(function* () {
      const [from, to] = [at(10), at(13)]
      yield* store(
        storage,
        ...[from - 1n, from, from + 999_999n, from + 2_000_000n, to - 1n, to].map((startTime) =>
          lasting(3n, { startTime })
        )
      )
      const rows = yield* storage.aggregate({
        of: "spans",
        filters: { startedAfter: from, startedBefore: to },
        interval: "1 millis",
        measures: {
          ...count,
          total: { sum: "duration" },
          mean: { mean: "duration" },
          errors: "errorRate",
          last: { max: "time" }
        }
      })
      assert.deepStrictEqual(rows, [
        { group: {}, from, to: at(11), values: { count: 2, total: 6n, mean: 3n, errors: 0, last: from + 999_999n } },
        { group: {}, from: at(11), to: at(12), values: { count: 0, total: 0n, mean: null, errors: null, last: null } },
        { group: {}, from: at(12), to, values: { count: 2, total: 6n, mean: 3n, errors: 0, last: to - 1n } }
      ])
      for (const startedBefore of [from, from - 1n]) {
        const filters = { startedAfter: from, startedBefore }
        assert.deepStrictEqual(yield* storage.aggregate({ of: "spans", filters, interval: 1n, measures: count }), [])
        assert.deepStrictEqual(yield* storage.aggregate({ of: "spans", filters, measures: count }), [
          { group: {}, values: { count: 0 } }
        ])
      }
      const whole = yield* storage.aggregate({
        of: "spans",
        filters: { startedAfter: from, startedBefore: to },
        interval: 2_000_000n,
        measures: count
      })
      assert.deepStrictEqual(whole, [
        { group: {}, from, to: at(12), values: { count: 2 } },
        { group: {}, from: at(12), to: at(14), values: { count: 2 } }
      ])
    }))

  test("counts by hour, week, month, quarter and year", (storage) =>
    Effect.gen(function* () {
      const startTime = utc("2024-02-29T23:30")
      yield* store(storage, span({ startTime }))
      const ask = (
        interval: "hour" | "week" | "month" | "quarter" | "year",
        timeZone: string,
        from: string,
        before: string
      ) =>
        Effect.map(
          storage.aggregate({
            of: "spans",
            filters: { startedAfter: utc(from), startedBefore: utc(before) },
            interval,
            timeZone,
            measures: count
          }),
          (rows) => starts(rows).map(([from, count]) => `${String(from).slice(0, 16)} ${count}`)
        )
      assert.deepStrictEqual(yield* ask("hour", "Asia/Kolkata", "2024-02-29T23:00", "2024-03-01T00:30"), [
        "2024-02-29T22:30 0",
        "2024-02-29T23:30 1"
      ])
      assert.deepStrictEqual(yield* ask("hour", "Europe/Berlin", "2024-10-27T00:00", "2024-10-27T02:00"), [
        "2024-10-27T00:00 0",
        "2024-10-27T01:00 0"
      ])
      assert.deepStrictEqual(yield* ask("week", "UTC", "2024-02-20T00:00", "2024-03-04T00:00"), [
        "2024-02-19T00:00 0",
        "2024-02-26T00:00 1"
      ])
      assert.deepStrictEqual(yield* ask("month", "Europe/Berlin", "2024-01-31T23:00", "2024-05-01T00:00"), [
        "2024-01-31T23:00 0",
        "2024-02-29T23:00 1",
        "2024-03-31T22:00 0",
        "2024-04-30T22:00 0"
      ])
      assert.deepStrictEqual(yield* ask("quarter", "UTC", "2024-01-01T00:00", "2024-07-01T00:00"), [
        "2024-01-01T00:00 1",
        "2024-04-01T00:00 0"
      ])
      assert.deepStrictEqual(yield* ask("year", "America/New_York", "2024-01-01T00:00", "2024-01-02T00:00"), [
        "2023-01-01T05:00 0",
        "2024-01-01T05:00 0"
      ])
    }))

  test("gives every group every bucket, in the order of the groups", (storage) =>
    Effect.gen(function* () {
      yield* store(
        storage,
        span({ startTime: at(0), model: "b" }),
        span({ startTime: at(1), model: "a" }),
        span({ startTime: at(1), model: "a" }),
        span({ startTime: at(0) })
      )
      const ask = (more: object) =>
        Effect.map(
          storage.aggregate({
            of: "spans",
            filters: { startedAfter: at(0), startedBefore: at(2) },
            groupBy: ["model"],
            interval: "1 millis",
            measures: { ...count, median: { quantile: 0.5, of: "duration" }, spans: { distinct: "spanId" } },
            ...more
          }),
          (rows) => rows.map(({ group, rest, values }) => [rest ?? group.model, values.count, values.spans])
        )
      const expected = [
        ["a", 0, 0],
        ["a", 2, 2],
        ["b", 1, 1],
        ["b", 0, 0],
        [null, 1, 1],
        [null, 0, 0]
      ]
      assert.deepStrictEqual(yield* ask({}), expected)
      assert.deepStrictEqual(yield* ask({ orderBy: { measure: "spans", direction: "desc" } }), expected)
      assert.deepStrictEqual(yield* ask({ limit: 1 }), expected.slice(0, 2))
      assert.deepStrictEqual(yield* ask({ limit: 1, rest: true }), [
        ...expected.slice(0, 2),
        [true, 2, 2],
        [true, 0, 0]
      ])
    }))

  test("compares with the period before", (storage) =>
    Effect.gen(function* () {
      const times = [
        "2025-03-28T23:00",
        "2025-03-29T22:59",
        "2025-03-29T23:00",
        "2025-03-30T21:59",
        "2025-03-30T22:00",
        "2025-03-31T21:59"
      ]
      yield* store(storage, ...times.map((time, i) => span({ startTime: utc(time), model: i % 2 === 0 ? "a" : "b" })))
      const rows = yield* storage.aggregate({
        of: "spans",
        filters: { startedAfter: utc("2025-03-29T23:00"), startedBefore: utc("2025-03-31T22:00") },
        interval: "day",
        timeZone: "Europe/Berlin",
        measures: count,
        previous: true
      })
      assert.deepStrictEqual(
        rows.map(({ previous, values }) => [values.count, previous?.count]),
        [
          [2, 0],
          [2, 2]
        ]
      )
      const groups = yield* storage.aggregate({
        of: "spans",
        filters: { startedAfter: utc("2025-03-30T22:00"), startedBefore: utc("2025-03-31T22:00") },
        groupBy: ["model"],
        limit: 1,
        rest: true,
        measures: count,
        previous: true
      })
      assert.deepStrictEqual(groups, [
        { group: { model: "a" }, values: { count: 1 }, previous: { count: 1 } },
        { group: { model: null }, rest: true, values: { count: 1 }, previous: { count: 2 } }
      ])
    }))
}

const ofValues = (test: Test) => {
  test("adds up tokens and costs where they arose, and decimals as they are written", (storage) =>
    Effect.gen(function* () {
      const replayed = { attributes: { "effect_observability.replay": true } }
      yield* store(
        storage,
        model({ inputTokens: 10, costUsd: 0.1 }),
        model({ inputTokens: 20, costUsd: 0.2 }),
        model({ costUsd: 0.0000000004 }),
        model({ inputTokens: 5, costUsd: 5, ...replayed }),
        span({ spanType: "agent_run", inputTokens: 30, costUsd: 0.3 }),
        span({ spanType: "tool_call", inputTokens: 7, costUsd: 0.7 }),
        span({ status: "error", ...replayed }),
        model({})
      )
      const [row] = yield* storage.aggregate({
        of: "spans",
        measures: {
          input: { sum: "inputTokens" },
          output: { sum: "outputTokens" },
          cost: { sum: "costUsd" },
          mean: { mean: "costUsd" },
          least: { min: "inputTokens" },
          most: { max: "costUsd" },
          median: { quantile: 0.5, of: "inputTokens" },
          errors: "errors"
        }
      })
      assert.deepStrictEqual(row?.values, {
        input: 30,
        output: 0,
        cost: 1,
        mean: 0.25,
        least: 10,
        most: 0.7,
        median: 10,
        errors: 0
      })
    }))

  test("gives quantiles that occurred, by nearest rank", (storage) =>
    Effect.gen(function* () {
      const nanos = [15n, 20n, 35n, 40n, 50n]
      yield* store(storage, ...nanos.map((nanos) => lasting(nanos)), span({ status: "running" }))
      const quantile = (q: number) =>
        Effect.map(
          storage.aggregate({ of: "spans", measures: { q: { quantile: q, of: "duration" } } }),
          ([row]) => row?.values.q
        )
      const expected = new Map([
        [0, 15n],
        [0.05, 15n],
        [0.2, 15n],
        [0.200001, 20n],
        [0.3, 20n],
        [0.4, 20n],
        [0.5, 35n],
        [0.6, 35n],
        [0.8, 40n],
        [0.95, 50n],
        [1, 50n]
      ])
      for (const [q, value] of expected) assert.strictEqual(yield* quantile(q), value, String(q))
      yield* storage.insertSpans(Array.from({ length: 95 }, (_, i) => lasting(BigInt(100 + i))))
      // 0.07 × 100 is 7.000000000000001 in doubles.
      assert.strictEqual(yield* quantile(0.07), 101n)
      assert.strictEqual(yield* quantile(0.29), 123n)
      assert.strictEqual(yield* quantile(0.57), 151n)
    }))

  test("holds what exceeds doubles and 64 bits, and times at the ends", (storage) =>
    Effect.gen(function* () {
      const long = 2n ** 62n - 1n
      yield* store(
        storage,
        ...[1n, 2n, 3n].map((n) => span({ startTime: -n, endTime: long - n })),
        lasting(-5n, { startTime: at(1) }),
        span({ startTime: -(2n ** 63n), endTime: 2n ** 63n - 1n }),
        model({
          startTime: 2n ** 63n - 1n,
          endTime: 2n ** 63n - 1n,
          inputTokens: Number.MAX_SAFE_INTEGER,
          costUsd: 1e300
        }),
        model({ startTime: 5n, endTime: 5n, inputTokens: Number.MAX_SAFE_INTEGER, costUsd: -1e-9 })
      )
      const [row] = yield* storage.aggregate({
        of: "spans",
        measures: {
          total: { sum: "duration" },
          mean: { mean: "duration" },
          least: { min: "duration" },
          first: { min: "time" },
          last: { max: "time" },
          tokens: { sum: "inputTokens" },
          cost: { min: "costUsd" }
        }
      })
      // Times beyond 1823 and 2116 have no duration.
      const total = 3n * long - 5n
      assert.deepStrictEqual(row?.values, {
        total,
        mean: total / 5n,
        least: -5n,
        first: -(2n ** 63n),
        last: 2n ** 63n - 1n,
        tokens: 2 * Number.MAX_SAFE_INTEGER,
        cost: -1e-9
      })
      const ends = { startedAfter: -(2n ** 63n), startedBefore: 2n ** 63n - 1n }
      const rows = yield* storage.aggregate({ of: "spans", filters: ends, interval: 2n ** 62n, measures: count })
      assert.deepStrictEqual(
        rows.map(({ values }) => values.count),
        [1, 3, 2, 0]
      )
    }))

  test("adds up doubles in whatever order, and rounds once", (storage) =>
    Effect.gen(function* () {
      const values = [1e16, 0.1, -1e16, 0.2, 1e-20, 3, 5e-324, 2 ** -120, -0]
      yield* storage.insertScores(values.map((value) => score({ value, time: at(1) })))
      yield* storage.insertScores([score({ dataType: "text", time: at(1) })])
      const measures = {
        sum: { sum: "value" },
        mean: { mean: "value" },
        min: { min: "value" },
        max: { max: "value" },
        median: { quantile: 0.5, of: "value" },
        count: "count"
      } as const
      const [row] = yield* storage.aggregate({ of: "scores", measures })
      assert.deepStrictEqual(row?.values, {
        sum: 3.3,
        mean: 3.3 / 9,
        min: -1e16,
        max: 1e16,
        median: 1e-20,
        count: 10
      })
      yield* storage.insertScores([score({ name: "zero", value: -0 }), score({ name: "zero", value: 0 })])
      const [zero] = yield* storage.aggregate({ of: "scores", filters: { name: "zero" }, measures })
      assert.deepStrictEqual(zero?.values, { sum: 0, mean: 0, min: 0, max: 0, median: 0, count: 2 })
    }))

  test("counts distinct values, of records that have one", (storage) =>
    Effect.gen(function* () {
      yield* store(
        storage,
        span({ sessionId: "a", userId: "u", metadata: { tenant: 1 } }),
        span({ sessionId: "a", userId: "v", metadata: { tenant: "1" } }),
        span({ sessionId: "b", metadata: { tenant: null } }),
        span({})
      )
      const [row] = yield* storage.aggregate({
        of: "spans",
        measures: {
          sessions: { distinct: "sessionId" },
          users: { distinct: "userId" },
          tenants: { distinct: { metadata: "tenant" } },
          models: { distinct: "model" }
        }
      })
      assert.deepStrictEqual(row?.values, { sessions: 2, users: 2, tenants: 2, models: 0 })
    }))

  test("tells logs by their level, and what share of them are errors", (storage) =>
    Effect.gen(function* () {
      yield* store(
        storage,
        log({ level: "error" }),
        log({ level: "fatal" }),
        log({ level: "warn" }),
        log({ level: "info", message: "Refund" })
      )
      const [row] = yield* storage.aggregate({ of: "logs", measures: { errors: "errors", rate: "errorRate" } })
      assert.deepStrictEqual(row?.values, { errors: 2, rate: 0.5 })
      const found = yield* storage.aggregate({
        of: "logs",
        filters: { search: "refund" },
        groupBy: ["level"],
        measures: count
      })
      assert.deepStrictEqual(found, [{ group: { level: "info" }, values: { count: 1 } }])
    }))
}

const ofMetrics = (test: Test) => {
  test("adds up counters, and gives their rate a second of the time that was asked for", (storage) =>
    Effect.gen(function* () {
      const time = utc("2025-01-01T00:00")
      yield* storage.insertMetrics([
        metric({ time, value: 30, attributes: { route: "/a/b", status: 200 } }),
        metric({ time: time + seconds(59), value: 30.5, attributes: { route: "/a/b", status: "200" } }),
        metric({ time: time + seconds(60), value: 9, attributes: { route: ["x"] } })
      ])
      const filters = { name: "metric", startedAfter: time, startedBefore: time + seconds(90) }
      const measures = { sum: { sum: "value" }, rate: { rate: "value" } } as const
      assert.deepStrictEqual(yield* storage.aggregate({ of: "metrics", filters, interval: "1 minute", measures }), [
        { group: {}, from: time, to: time + seconds(60), values: { sum: 60.5, rate: 60.5 / 60 } },
        { group: {}, from: time + seconds(60), to: time + seconds(120), values: { sum: 9, rate: 9 / 30 } }
      ])
      const groups = yield* storage.aggregate({
        of: "metrics",
        filters,
        groupBy: [{ attribute: "route" }, { attribute: "status" }],
        measures
      })
      assert.deepStrictEqual(
        groups.map(({ group, values }) => [group["attributes.route"], group["attributes.status"], values.sum]),
        [
          ["/a/b", "200", 30.5],
          ["/a/b", 200, 30],
          [null, null, 9]
        ]
      )
    }))

  test("gives the last state of a gauge: of one time that of the last id", (storage) =>
    Effect.gen(function* () {
      const gauge = (metricId: string, time: number, value: number) =>
        metric({ kind: "gauge", metricId, time: at(time), value })
      yield* storage.insertMetrics([
        gauge("é", 5, 3),
        gauge("b", 5, 1),
        gauge("a", 5, 2),
        gauge("z", 1, 9),
        gauge("y", 2, 8)
      ])
      const rows = yield* storage.aggregate({
        of: "metrics",
        filters: { startedAfter: at(0), startedBefore: at(6) },
        interval: "3 millis",
        measures: { last: { last: "value" }, mean: { mean: "value" } }
      })
      assert.deepStrictEqual(
        rows.map(({ values }) => values),
        [
          { last: 8, mean: 8.5 },
          { last: 3, mean: 2 }
        ]
      )
    }))

  test("estimates quantiles of histograms from their buckets", (storage) =>
    Effect.gen(function* () {
      const histogram = (counts: ReadonlyArray<number>, more: object = {}, bounds = [10, 20, 40]) =>
        metric({ kind: "histogram", name: "h", time: at(1), histogram: { count: 0, sum: 0, bounds, counts, ...more } })
      const ask = (quantile: number) =>
        Effect.map(
          storage.aggregate({ of: "metrics", groupBy: ["name"], measures: { q: { quantile, of: "histogram" } } }),
          (rows) => rows.map(({ group, values }) => [group.name, values.q])
        )
      yield* storage.insertMetrics([metric({ name: "none" }), histogram([2, 0, 0, 0]), histogram([0, 4, 4, 0])])
      assert.deepStrictEqual(yield* ask(0.1), [
        ["h", 5],
        ["none", null]
      ])
      assert.deepStrictEqual(yield* ask(0.5), [
        ["h", 17.5],
        ["none", null]
      ])
      assert.deepStrictEqual(yield* ask(1), [
        ["h", 40],
        ["none", null]
      ])
      yield* storage.insertMetrics([histogram([0, 0, 0, 10], { min: 41, max: 50 })])
      // Of one point the largest value is not known.
      assert.deepStrictEqual(yield* ask(0.9), [
        ["h", 40],
        ["none", null]
      ])
      yield* storage.insertMetrics([histogram([10, 20], { min: 99, max: 101 }, [100])])
      assert.deepStrictEqual(yield* ask(1), [
        ["h", 101],
        ["none", null]
      ])
      assert.deepStrictEqual(yield* ask(0.6), [
        ["h", 100],
        ["none", null]
      ])
    }))
}

/** Whether each measure of a storage is that of the records that it has now. */
const ofChanges = (test: Test) => {
  const models = (storage: StorageService, filters: object = {}) =>
    Effect.map(
      storage.aggregate({
        of: "spans",
        filters,
        groupBy: ["model", "status"],
        measures: { ...count, cost: { sum: "costUsd" } }
      }),
      (rows) => rows.map(({ group, values }) => [group.model, group.status, values.count, values.cost])
    )

  test("counts a record once, as its last version has it", (storage) =>
    Effect.gen(function* () {
      const ids = { traceId: traceId(1), spanId: spanId(1), startTime: at(1) }
      const running = model({ ...ids, status: "running", model: "a", costUsd: 1, userId: "u" })
      const done = model({ ...ids, status: "ok", endTime: at(3), model: "b", costUsd: 2 })
      yield* storage.insertSpans([running])
      assert.deepStrictEqual(yield* models(storage), [["a", "running", 1, 1]])
      for (let again = 0; again < 3; again++) yield* storage.insertSpans([again === 1 ? running : done])
      assert.deepStrictEqual(yield* models(storage), [["b", "ok", 1, 2]])
      assert.deepStrictEqual(yield* models(storage, { model: "a" }), [])
      assert.deepStrictEqual(yield* models(storage, { userId: "u" }), [])
      assert.deepStrictEqual(yield* models(storage, { status: "running" }), [])
      assert.deepStrictEqual(yield* models(storage, { traceId: traceId(1), startedAfter: at(1) }), [["b", "ok", 1, 2]])
    }))

  test("counts a score once that was given again at another time, and a point that was sent again", (storage) =>
    Effect.gen(function* () {
      for (const [time, value] of [
        [1, 1],
        [900_000_000, 2],
        [5, 3]
      ] as const) {
        yield* storage.insertScores([score({ scoreId: "one", time: at(time), value, sessionId: `s${time}` })])
        yield* storage.insertMetrics([metric({ metricId: "m", time: at(1), value })])
      }
      const measures = { ...count, sum: { sum: "value" }, sessions: { distinct: "sessionId" } } as const
      assert.deepStrictEqual(yield* storage.aggregate({ of: "scores", measures }), [
        { group: {}, values: { count: 1, sum: 3, sessions: 1 } }
      ])
      const [earlier] = yield* storage.aggregate({ of: "scores", filters: { maxValue: 2 }, measures })
      assert.strictEqual(earlier?.values.count, 0)
      const [later] = yield* storage.aggregate({ of: "scores", filters: { startedAfter: at(6) }, measures })
      assert.strictEqual(later?.values.count, 0)
      assert.deepStrictEqual(
        yield* storage.aggregate({ of: "metrics", measures: { ...count, sum: { sum: "value" } } }),
        [{ group: {}, values: { count: 1, sum: 3 } }]
      )
    }))

  test("counts nothing that was deleted", (storage) =>
    Effect.gen(function* () {
      yield* store(
        storage,
        model({ startTime: at(1), model: "a" }),
        model({ startTime: at(9), model: "b", sessionId: "s" }),
        model({ startTime: at(9), model: "c" })
      )
      yield* storage.deleteBefore(at(5))
      yield* storage.deleteSession("s")
      assert.deepStrictEqual(yield* models(storage), [["c", "ok", 1, 0]])
    }))

  test("takes the filters of the list", (storage) =>
    Effect.gen(function* () {
      yield* store(
        storage,
        lasting(5n, { model: "a", tags: ["x", "y"], metadata: { k: [1] }, toolName: "t" }),
        lasting(9n, { model: "b", requestModel: "a", status: "error" }),
        span({ model: "c", status: "running" })
      )
      assert.deepStrictEqual(yield* models(storage, { model: "a" }), [
        ["a", "ok", 1, 0],
        ["b", "error", 1, 0]
      ])
      assert.deepStrictEqual(yield* models(storage, { tags: ["y"], metadata: { k: [1] }, toolName: "t" }), [
        ["a", "ok", 1, 0]
      ])
      assert.deepStrictEqual(yield* models(storage, { minDuration: 6n }), [["b", "error", 1, 0]])
      assert.deepStrictEqual(yield* models(storage, { hasError: false }), [
        ["a", "ok", 1, 0],
        ["c", "running", 1, 0]
      ])
    }))
}
