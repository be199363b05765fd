import { assert, describe, it } from "@effect/vitest"
import { json } from "../../src/signal/internal/parsed.js"

describe("JSON that came as a text", () => {
  it("keeps the digits of whole numbers that no number holds", () => {
    const text = `{"id": 12345678901234567890, "below": -9007199254740993, "text": "[1234567890123456789, \\"1]"}`
    assert.deepStrictEqual(json(text), {
      id: "12345678901234567890",
      below: "-9007199254740993",
      text: `[1234567890123456789, "1]`
    })
  })

  it("leaves all other numbers, and what is no JSON, as they are", () => {
    const numbers = [9_007_199_254_740_991, 0.123_456_789, 1.5e300, 1e-300]
    assert.deepStrictEqual(json(JSON.stringify(numbers)), numbers)
    assert.deepStrictEqual(json("[1234567890123456789e2, 1e+0000000000000000002]"), [123_456_789_012_345_680_000, 100])
    for (const text of ["[12345678901234567890", `{"12345678901234567890`, "12345678901234567890"]) {
      assert.strictEqual(json(text), text)
    }
  })
})
