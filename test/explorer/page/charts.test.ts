/** Axes of charts. */
import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import {
  change,
  intervalOf,
  named,
  runs,
  tickLabel,
  ticks,
  type Unit
} from "../../../src/server/page/views/dashboard/scale.js"

describe("ticks of an axis", () => {
  it("are round, and the last one is no smaller than what is shown", () => {
    assert.deepStrictEqual(ticks(7, 4, "count"), [0, 2, 4, 6, 8])
    assert.deepStrictEqual(ticks(1, 4, "count"), [0, 1])
    assert.deepStrictEqual(ticks(0.37, 4, "number"), [0, 0.1, 0.2, 0.3, 0.4])
    assert.deepStrictEqual(ticks(0.000_021, 4, "dollars"), [0, 0.000_01, 0.000_02, 0.000_03])
    assert.deepStrictEqual(ticks(1_234_567, 4, "count"), [0, 500_000, 1_000_000, 1_500_000])
  })

  it("are those of a clock above a second", () => {
    assert.deepStrictEqual(
      ticks(100e9, 4, "nanos").map((value) => tickLabel(value, "nanos")),
      ["0", "30 s", "1 min", "1.5 min", "2 min"]
    )
    assert.deepStrictEqual(
      ticks(8 * 3_600e9, 4, "nanos").map((value) => tickLabel(value, "nanos")),
      ["0", "2 h", "4 h", "6 h", "8 h"]
    )
    assert.deepStrictEqual(
      ticks(1.7e9, 4, "nanos").map((value) => tickLabel(value, "nanos")),
      ["0", "500 ms", "1 s", "1.5 s", "2 s"]
    )
  })

  it("are there for nothing, and for what is no number", () => {
    for (const max of [0, -1, Number.NaN, Number.POSITIVE_INFINITY])
      assert.deepStrictEqual(ticks(max, 4, "count"), [0, 1])
  })

  it("hold all values in few steps, whatever they are", () => {
    const values = FastCheck.double({ min: 1e-3, max: 1e18, noNaN: true })
    const units = FastCheck.constantFrom<Unit>("count", "dollars", "nanos", "part", "number")
    for (const [value, unit] of FastCheck.sample(FastCheck.tuple(values, units), 500)) {
      const max = unit === "nanos" ? Math.ceil(value) : value
      const found = ticks(max, 4, unit)
      assert.strictEqual(found[0], 0)
      assert.isAtLeast((found.at(-1) as number) * (1 + 1e-9), max)
      assert.isAtMost(found.length, 5)
      for (const [i, tick] of found.entries()) if (i > 0) assert.isAbove(tick, found[i - 1] as number)
      assert.strictEqual(new Set(found.map((tick) => tickLabel(tick, unit))).size, found.length, `${max} ${unit}`)
    }
  })

  it("are said in short", () => {
    assert.strictEqual(tickLabel(1_500, "count"), "1.5k")
    assert.strictEqual(tickLabel(2_000_000, "count"), "2M")
    assert.strictEqual(tickLabel(100_000, "count"), "100k")
    assert.strictEqual(tickLabel(0.02, "dollars"), "$0.02")
    assert.strictEqual(tickLabel(5, "dollars"), "$5")
    assert.strictEqual(tickLabel(0.25, "part"), "25 %")
    assert.strictEqual(tickLabel(20, "number"), "20")
  })
})

describe("names on the axis of time", () => {
  it("are as many as there is room for, the last one among them", () => {
    assert.deepStrictEqual(named(24, 6), [3, 7, 11, 15, 19, 23])
    assert.deepStrictEqual(named(7, 20), [0, 1, 2, 3, 4, 5, 6])
    assert.deepStrictEqual(named(3, 0), [2])
    assert.deepStrictEqual(named(0, 5), [])
  })
})

describe("the width of buckets", () => {
  it("fits the range", () => {
    const hour = 3_600_000
    assert.deepStrictEqual(
      [1, 5, 12, 24, 7 * 24, 30 * 24, 365 * 24, 5 * 365 * 24, 15 * 365 * 24, 40 * 365 * 24].map((hours) =>
        intervalOf(hours * hour)
      ),
      ["1 minute", "5 minutes", "15 minutes", "hour", "day", "day", "week", "month", "quarter", "year"]
    )
  })
})

describe("points and gaps", () => {
  it("a mean of nothing is no point", () => {
    assert.deepStrictEqual(runs([null, 1, 0, null, null, 3]), [
      [
        [1, 1],
        [2, 0]
      ],
      [[5, 3]]
    ])
    assert.deepStrictEqual(runs([null]), [])
  })

  it("a change from nothing has no percentage", () => {
    assert.strictEqual(change(3, 2), 50)
    assert.strictEqual(change(0, 2), -100)
    assert.isUndefined(change(3, 0))
  })
})
