import { assert, describe, it } from "@effect/vitest"
import { encodings } from "../../src/otlp/internal/encodings.js"
import { json, protobuf } from "../../src/otlp/internal/format.js"
import type { SignalName } from "../../src/signal/signals.js"
import { at, log, metric, score, span, spanId, traceId } from "../../src/testing/Records.js"
import { fromProtobuf, withoutDefaults } from "../utils/otlp.js"

const ids = { traceId: traceId(1), spanId: spanId(2) }

/** Records of each signal that have every field of OTLP, and a text of so many characters. */
const records = (length: number) => {
  const text = "x".repeat(length)
  const attributes = { text, int: 7, negative: -7, double: 0.5, yes: true, no: false, none: null, list: [1, "é", [{}]] }
  return {
    spans: [
      span({
        ...ids,
        parentSpanId: spanId(3),
        traceState: "vendor=1",
        status: "error",
        statusMessage: "overloaded",
        attributes,
        events: [{ name: "event", time: at(1), attributes }],
        links: [{ ...ids, attributes }],
        dropped: { attributes: 1, events: 300, links: 70_000 }
      })
    ],
    logs: [log({ ...ids, message: text, attributes })],
    metrics: [
      metric({ ...ids, unit: "s", description: text, value: -0.5, attributes }),
      metric({
        ...ids,
        kind: "histogram",
        attributes,
        histogram: { count: 3, sum: 6.5, min: 0.5, max: 4, bounds: [1, 2], counts: [1, 0, 2] }
      })
    ],
    scores: [score({ ...ids, value: 0.5, comment: text })]
  }
}

const messages = (name: SignalName, records: ReadonlyArray<unknown>) => {
  const { encode, envelope, path } = encodings[name]
  const resources = encode(records as never)
  const written = [json, protobuf].map(({ join, part }) => Buffer.from(join(envelope, [part(envelope, resources)])))
  const [inJson, inProtobuf] = written as [Buffer, Buffer]
  return { json: withoutDefaults(JSON.parse(inJson.toString())), protobuf: fromProtobuf(`/v1/${path}`, inProtobuf) }
}

describe("protobuf", () => {
  it("says what JSON says, wherever in a message its buffer ends", () => {
    for (let length = 15_600; length < 16_400; length += 3) {
      for (const [name, all] of Object.entries(records(length))) {
        const { json, protobuf } = messages(name as SignalName, all)
        // The comparison of chai takes a hundred times as long.
        if (JSON.stringify(sorted(json)) !== JSON.stringify(sorted(protobuf))) assert.deepStrictEqual(protobuf, json)
      }
    }
  })

  it("says what JSON says of integers of every length", () => {
    const integers = Array.from({ length: 54 }, (_, bits) => 2 ** bits - 1).flatMap((n) => [n, -n, n - 1, 1 - n])
    const { json, protobuf } = messages("logs", [log({ data: [integers] })])
    assert.deepStrictEqual(protobuf, json)
  })

  it("puts a replacement where a text has half a character", () => {
    const { protobuf } = messages("logs", [{ ...log(), message: "a\ud800b" }])
    assert.include(JSON.stringify(protobuf), "a\ufffdb")
  })
})

const sorted = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(sorted)
    : typeof value === "object" && value !== null
      ? Object.fromEntries(
          Object.entries(value)
            .sort(([a], [b]) => (a < b ? -1 : 1))
            .map(([key, value]) => [key, sorted(value)])
        )
      : value
