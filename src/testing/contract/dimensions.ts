import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { JsonObject } from "../../signal/Json.js"
import { at, log, metric, type SpanFields, score, span } from "../Records.js"
import { store, type Test } from "./utils.js"

const count = { count: "count" } as const

/** Keys that look like something else to some engine. */
const keys = [
  "a.b",
  ".",
  "a.b.c[0]",
  "$.a",
  "/a/b~1",
  "it's",
  '"quoted"',
  "back\\slash",
  "a`b",
  "{a:String}",
  "?",
  "%",
  "a\nb\t",
  "a\u0000b",
  "ключ",
  "日本",
  "👩‍👩‍👧",
  "é",
  "e\u0301",
  "A",
  "null",
  "-1",
  " ",
  "x".repeat(200)
]

/** Whether keys, ties and what is missing make the groups that they should. */
export const ofKeys = (test: Test) => {
  test("groups by keys of metadata and by attributes of any name, each for itself", (storage) =>
    Effect.gen(function* () {
      // In one record, so that no key is taken for another.
      const values = Object.fromEntries(keys.map((key, i) => [key, i]))
      const nested: JsonObject = { a: { b: "nested" }, $: { a: "nested" } }
      yield* store(
        storage,
        span({ metadata: { ...nested, ...values } }),
        log({ metadata: { ...nested, ...values } }),
        metric({ attributes: { ...nested, ...values } })
      )
      for (const [i, key] of keys.entries()) {
        for (const of of ["spans", "logs"] as const) {
          const [row, ...others] = yield* storage.aggregate({
            of,
            groupBy: [{ metadata: key }],
            measures: { ...count, values: { distinct: { metadata: key } } }
          })
          assert.deepStrictEqual(row, { group: { [`metadata.${key}`]: i }, values: { count: 1, values: 1 } } as never)
          assert.deepStrictEqual(others, [])
        }
        const rows = yield* storage.aggregate({ of: "metrics", groupBy: [{ attribute: key }], measures: count })
        assert.deepStrictEqual(rows, [{ group: { [`attributes.${key}`]: i }, values: { count: 1 } } as never])
      }
    }))

  test("has one group of none for a key that nobody has, with every other dimension", (storage) =>
    Effect.gen(function* () {
      yield* store(storage, span({ model: "a" }), span({ model: "b" }), span({}))
      const rows = yield* storage.aggregate({
        of: "spans",
        groupBy: [{ metadata: "nobody.has" }, "model", "sessionId", { metadata: "a" }],
        measures: { ...count, distinct: { distinct: { metadata: "nobody.has" } } }
      })
      assert.deepStrictEqual(
        rows.map(({ group, values }) => [Object.values(group), values]),
        ["a", "b", null].map((model) => [[null, model, null, null], { count: 1, distinct: 0 }])
      )
    }))

  test("tells texts that hold quotes, digits and words of JSON from what they look like", (storage) =>
    Effect.gen(function* () {
      const values = [
        "null",
        "true",
        "1",
        '"',
        '""',
        '"1"',
        "{}",
        "[]",
        "\\",
        "\u0000",
        "a\u0000b",
        "=",
        "=a",
        "é",
        "e\u0301"
      ]
      yield* store(storage, ...values.map((text) => span({ metadata: { k: text }, userId: text, toolName: text })))
      for (const dimension of [{ metadata: "k" }, "userId", "toolName"] as const) {
        for (const limit of [values.length, 3]) {
          const rows = yield* storage.aggregate({
            of: "spans",
            groupBy: [dimension],
            measures: { ...count, median: { quantile: 0.5, of: "duration" } },
            limit,
            rest: true
          })
          const shown = rows.filter(({ rest }) => rest !== true).map(({ group }) => Object.values(group)[0])
          assert.sameMembers(shown, values.toSorted(byCodePoint).slice(0, limit), JSON.stringify(dimension))
          const counted = rows.reduce((sum, { values }) => sum + values.count, 0)
          assert.strictEqual(counted, values.length)
        }
      }
    }))

  test("puts ties in order, and what is beyond the limit into the rest, in each bucket and the period before", (storage) =>
    Effect.gen(function* () {
      const spans = (startTime: bigint, ...models: ReadonlyArray<string | undefined>) =>
        models.map((model) => span({ startTime, endTime: startTime + 5n, ...(model !== undefined && { model }) }))
      yield* store(
        storage,
        ...spans(at(8), "b", "z", undefined),
        ...spans(at(10), "a", "b", "c", undefined),
        ...spans(at(11), "c", "b", "a", undefined)
      )
      const rows = yield* storage.aggregate({
        of: "spans",
        filters: { startedAfter: at(10), startedBefore: at(12) },
        groupBy: ["model"],
        interval: "1 millis",
        measures: count,
        limit: 2,
        rest: true,
        previous: true
      })
      assert.deepStrictEqual(
        rows.map(({ group, previous, rest, values }) => [rest ?? group.model, values.count, previous?.count]),
        [
          ["a", 1, 0],
          ["a", 1, 0],
          ["b", 1, 1],
          ["b", 1, 0],
          [true, 2, 2],
          [true, 2, 0]
        ]
      )
    }))

  test("adds up costs that are nothing, less than nothing, and less than a billionth", (storage) =>
    Effect.gen(function* () {
      const call = (model: string, ...costs: ReadonlyArray<number | undefined>) =>
        costs.map(
          (costUsd): SpanFields => ({ spanType: "model_generation", model, ...(costUsd !== undefined && { costUsd }) })
        )
      const calls = [
        ...call("free", 0, -0, 0),
        ...call("refund", 1.5, -2),
        ...call("tiny", 4.9e-10, 5e-10, -5e-10),
        ...call("unknown", undefined)
      ]
      yield* store(storage, ...calls.map((fields) => span(fields)))
      const rows = yield* storage.aggregate({
        of: "spans",
        groupBy: ["model"],
        measures: { total: { sum: "costUsd" }, least: { min: "costUsd" }, mean: { mean: "costUsd" } },
        orderBy: { measure: "total", direction: "desc" }
      })
      assert.deepStrictEqual(
        rows.map(({ group, values }) => [group.model, values]),
        [
          ["tiny", { total: 1e-9, least: 0, mean: 1e-9 / 3 }],
          ["free", { total: 0, least: 0, mean: 0 }],
          ["refund", { total: -0.5, least: -2, mean: -0.25 }],
          // Of no value, it comes last.
          ["unknown", { total: 0, least: null, mean: null }]
        ]
      )
    }))

  test("takes points of counters that went down, and histograms of one bucket, of none, and of odd bounds", (storage) =>
    Effect.gen(function* () {
      const histogram = (
        name: string,
        bounds: ReadonlyArray<number>,
        counts: ReadonlyArray<number>,
        more: object = {}
      ) => metric({ kind: "histogram", name, histogram: { count: 0, sum: 0, bounds, counts, ...more } })
      // As an exponential histogram has them: a factor of 2^(1/4), and what is below zero.
      const exponential = Array.from({ length: 60 }, (_, i) => 2 ** ((i - 40) / 4))
      yield* storage.insertMetrics([
        ...[5, -8, 2].map((value) => metric({ name: "reset", value, time: at(1) })),
        histogram("one bucket", [], [4], { min: 2, max: 6 }),
        histogram("one bucket of unknown ends", [], [4]),
        histogram("none", [], []),
        histogram("only bounds", [1, 2], []),
        histogram("nothing counted", [1, 2], [0, 0, 0]),
        histogram("below zero", [-10, -5], [0, 4, 0]),
        histogram("exponential", exponential, [...exponential.map((_, i) => (i === 40 ? 8 : 0)), 0])
      ])
      const [reset] = yield* storage.aggregate({
        of: "metrics",
        filters: { name: "reset", startedAfter: at(0), startedBefore: at(2) },
        measures: { sum: { sum: "value" }, rate: { rate: "value" }, least: { min: "value" } }
      })
      assert.deepStrictEqual(reset?.values, { sum: -1, rate: -1 / 0.002, least: -8 })
      const rows = yield* storage.aggregate({
        of: "metrics",
        filters: { kind: "histogram" },
        groupBy: ["name"],
        measures: { median: { quantile: 0.5, of: "histogram" }, last: { quantile: 1, of: "histogram" } }
      })
      assert.deepStrictEqual(
        Object.fromEntries(rows.map(({ group, values }) => [group.name, [values.median, values.last]])),
        {
          "one bucket": [4, 6],
          "one bucket of unknown ends": [null, null],
          none: [null, null],
          "only bounds": [null, null],
          "nothing counted": [null, null],
          "below zero": [-7.5, -5],
          exponential: [2 ** -0.25 + (1 - 2 ** -0.25) * 0.5, 1]
        }
      )
    }))

  test("keeps the values of scores of one time apart, and the last of them by its id", (storage) =>
    Effect.gen(function* () {
      yield* storage.insertScores(
        ["b", "a", "\uffee", "😀"].map((scoreId, value) => score({ scoreId, time: at(1), value }))
      )
      const [row] = yield* storage.aggregate({
        of: "scores",
        measures: { last: { last: "value" }, ids: { distinct: { metadata: "none" } }, ...count }
      })
      assert.deepStrictEqual(row?.values, { last: 3, ids: 0, count: 4 })
    }))
}

const byCodePoint = (a: string, b: string): number => {
  const [left, right] = [Array.from(a), Array.from(b)]
  for (const [i, character] of left.entries()) {
    const other = right[i]
    if (other === undefined) return 1
    if (character !== other) return (character.codePointAt(0) ?? 0) - (other.codePointAt(0) ?? 0)
  }
  return left.length - right.length
}
