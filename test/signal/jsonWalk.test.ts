import { assert, describe, it } from "@effect/vitest"
import { Chunk, FastCheck, Option, Redacted, Schema } from "effect"
import { toJson, toJsonObject } from "../../src/signal/internal/jsonWalk.js"
import { sizeOfJson } from "../../src/signal/internal/size.js"
import { Json } from "../../src/signal/Json.js"
import { limits } from "../capture/utils.js"

const circular: Record<string, unknown> = { name: "loop" }
circular.self = circular
const shared = { x: 1 }

class Money {
  constructor(readonly amount: number) {}
  toJSON() {
    return { eur: this.amount }
  }
}

class Endless {
  toJSON() {
    return { next: new Endless() }
  }
}

const cases: ReadonlyArray<readonly [name: string, value: unknown, expected: Json | undefined]> = [
  ["a string", "text", "text"],
  ["a lone surrogate", "a\ud800b", "a\ufffdb"],
  ["an emoji", "\u{1f600}", "\u{1f600}"],
  ["a number", 1.5, 1.5],
  ["minus zero", -0, 0],
  ["NaN", Number.NaN, "NaN"],
  ["infinity", Number.NEGATIVE_INFINITY, "-Infinity"],
  ["a boolean", false, false],
  ["null", null, null],
  ["undefined", undefined, undefined],
  ["a function", () => 1, undefined],
  ["a symbol", Symbol.iterator, undefined],
  ["a safe bigint", 2n ** 53n - 1n, 9007199254740991],
  ["a large bigint", 2n ** 53n, "9007199254740992"],
  ["a negative large bigint", -(2n ** 60n), "-1152921504606846976"],
  ["a Date", new Date(0), "1970-01-01T00:00:00.000Z"],
  ["an invalid Date", new Date(Number.NaN), "Invalid Date"],
  ["bytes", new Uint8Array([1, 2, 255]), "AQL/"],
  ["a Buffer", Buffer.from("hi"), "aGk="],
  ["an ArrayBuffer", new Uint8Array([0]).buffer, "AA=="],
  ["a DataView", new DataView(new Uint8Array([9, 7]).buffer, 1), "Bw=="],
  ["numbers in a typed array", new Float32Array([1, 0.5]), [1, 0.5]],
  [
    "a Map",
    new Map<unknown, unknown>([
      ["a", 1],
      [2, undefined]
    ]),
    [
      ["a", 1],
      [2, null]
    ]
  ],
  ["a Set", new Set([1, "two"]), [1, "two"]],
  ["an array with holes", [1, undefined, () => 1], [1, null, null]],
  ["undefined fields", { a: undefined, b: 1 }, { b: 1 }],
  ["toJSON", { price: new Money(5) }, { price: { eur: 5 } }],
  ["an Option", Option.some(1), { _id: "Option", _tag: "Some", value: 1 }],
  ["a Chunk", Chunk.make(1, 2), { _id: "Chunk", values: [1, 2] }],
  ["a secret", Redacted.make("s3cret"), "<redacted>"],
  ["boxed values", [new String("s"), new Number(1), new Boolean(true)], ["s", 1, true]],
  ["a URL", new URL("https://example.com/a"), "https://example.com/a"],
  ["a cycle", circular, { name: "loop", self: "[Circular]" }],
  ["the same object twice, which is no cycle", [shared, shared], [{ x: 1 }, { x: 1 }]],
  ["a null prototype", Object.assign(Object.create(null), { a: 1 }), { a: 1 }],
  [
    "a getter that throws",
    {
      ok: 1,
      get bad() {
        throw new Error("no")
      }
    },
    { ok: 1, bad: "[Threw]" }
  ],
  [
    "a toJSON that throws",
    {
      toJSON() {
        throw new Error("no")
      }
    },
    "[Threw]"
  ],
  [
    "a proxy that throws",
    new Proxy(
      {},
      {
        ownKeys() {
          throw new Error("no")
        }
      }
    ),
    "[Threw]"
  ],
  ["a revoked proxy", revoked(), "[Threw]"]
]

function revoked() {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}

const anything = FastCheck.anything({
  withBigInt: true,
  withBoxedValues: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withTypedArray: true,
  withNullPrototype: true,
  withSparseArray: true
})

describe("toJson", () => {
  for (const [name, value, expected] of cases) {
    it(name, () => {
      const json = toJson(value, limits)
      assert.deepStrictEqual(json, expected)
      if (json !== undefined) assert.deepStrictEqual(JSON.parse(JSON.stringify(json)), json)
    })
  }

  it("an Error is its name, message and stack, why it was thrown, and nothing else", () => {
    const error = Object.assign(new TypeError("no"), { secret: 1 })
    assert.deepStrictEqual(toJson(error, limits), { name: "TypeError", message: "no", stack: error.stack as string })
    const cause = { headers: { a: 1 }, inner: { body: "b", id: 1 } }
    const coded = Object.assign(new Error("no", { cause }), { code: "E1", request: { id: 1 } })
    assert.deepStrictEqual(toJson(coded, limits), {
      name: "Error",
      message: "no",
      stack: coded.stack as string,
      code: "E1",
      cause: { inner: { id: 1 } }
    })
  })

  it("keeps a key named __proto__ as a key", () => {
    const json = toJson(JSON.parse('{"__proto__":{"polluted":true}}'), limits)
    assert.strictEqual(JSON.stringify(json), '{"__proto__":{"polluted":true}}')
    assert.isFalse("polluted" in {})
  })

  it("cuts at the depth", () => {
    const json = toJson({ a: { b: { c: 1 } }, d: [[1]] }, { ...limits, attributeDepth: 2 })
    assert.deepStrictEqual(json, { a: { b: "[Truncated]" }, d: ["[Truncated]"] })
  })

  it("says how large the JSON is, as whoever measures it whole", () => {
    for (const [name, value] of cases) {
      const meter = { bytes: 0, cut: false }
      const json = toJson(value, limits, meter)
      assert.strictEqual(meter.bytes, json === undefined ? 0 : sizeOfJson(json), name)
    }
  })

  it("takes no harm from a toJSON that is a rejected promise", async () => {
    const unhandled: Array<unknown> = []
    const listener = (reason: unknown) => void unhandled.push(reason)
    process.on("unhandledRejection", listener)
    assert.deepStrictEqual(toJson({ a: { toJSON: () => Promise.reject(new Error("gotcha")) } }, limits), { a: {} })
    await new Promise((resolve) => setTimeout(resolve, 10))
    process.off("unhandledRejection", listener)
    assert.isEmpty(unhandled)
  })

  it("ends where toJSON has no end", () => {
    assert.include(JSON.stringify(toJson(new Endless(), limits)), "[Truncated]")
  })

  it("does not split a surrogate pair where it cuts", () => {
    assert.strictEqual(toJson("ab\u{1f600}", { ...limits, attributeValueLength: 3 }), "ab")
  })

  it("bounds the whole of a nested value, however large", () => {
    const text = JSON.stringify(
      toJson(
        Array.from({ length: 1_000_000 }, (_, i) => ({ i, text: "x".repeat(100) })),
        limits
      )
    )
    assert.isBelow(text.length, 3 * limits.attributeValueLength)
    assert.include(text, "[Truncated]")
  })

  it.prop("gives JSON for any value at all", [anything], ([value]) => {
    const json = toJson(value, limits)
    assert.isTrue(json === undefined || Schema.is(Json)(json))
  })
})

describe("toJsonObject", () => {
  it("counts what goes over the number of attributes", () => {
    const entries = Object.entries({ a: 1, b: undefined, c: 2, d: 3 })
    assert.deepStrictEqual(toJsonObject(entries, { ...limits, attributeCount: 2 }), {
      json: { a: 1, c: 2 },
      dropped: 1
    })
  })

  it("converts nothing that it leaves out", () => {
    let converted = 0
    const value = { toJSON: () => ++converted }
    const entries = Array.from({ length: 5 }, (_, i) => [`key-${i}`, value] as const)
    assert.strictEqual(toJsonObject(entries, { ...limits, attributeCount: 2 }).dropped, 3)
    assert.strictEqual(converted, 2)
  })
})
