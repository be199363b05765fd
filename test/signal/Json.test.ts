import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { Json, JsonObject } from "../../src/signal/Json.js"

const isJson = Schema.is(Json)

const nested = (levels: number): unknown => (levels === 0 ? 1 : [nested(levels - 1)])

const circular: Array<unknown> = []
circular.push(circular)

describe("Json", () => {
  const values: Record<string, unknown> = {
    null: null,
    "a string": "a",
    "an empty string": "",
    "a number": -1.5e300,
    "a boolean": false,
    "an empty array": [],
    "an empty object": {},
    "an object without a prototype": Object.assign(Object.create(null), { a: 1 }),
    "mixed values": { a: [1, "b", { c: null }] },
    "200 levels": nested(200)
  }
  for (const [name, value] of Object.entries(values)) {
    it(`takes ${name}`, () => assert.isTrue(isJson(value)))
  }

  const others: Record<string, unknown> = {
    undefined: undefined,
    "a function": () => 1,
    "a symbol": Symbol(),
    "a bigint": 1n,
    NaN: Number.NaN,
    Infinity: Number.POSITIVE_INFINITY,
    "a Date": new Date(0),
    "a Map": new Map(),
    "an instance of a class": new (class Point {
      x = 1
    })(),
    bytes: new Uint8Array(1),
    "an undefined inside": { a: undefined },
    "a function in an array": [() => 1],
    "201 levels": nested(201),
    "a cycle": circular
  }
  for (const [name, value] of Object.entries(others)) {
    it(`refuses ${name}`, () => assert.isFalse(isJson(value)))
  }

  it("is an object where one is needed", () => {
    const isObject = Schema.is(JsonObject)
    assert.isTrue(isObject({ a: 1 }))
    for (const value of [[], null, "a", 1, new Date(0), { a: 1n }]) assert.isFalse(isObject(value))
  })
})
