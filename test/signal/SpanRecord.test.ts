import { assert, describe, it } from "@effect/vitest"
import { Either, Equal, Schema } from "effect"
import { expectTypeOf } from "vitest"
import type { LogRecord } from "../../src/signal/LogRecord.js"
import type { MetricPoint } from "../../src/signal/MetricPoint.js"
import type { Score } from "../../src/signal/Score.js"
import { decoder, unchecked } from "../../src/signal/Signal.js"
import { SpanRecord } from "../../src/signal/SpanRecord.js"
import { signals } from "../../src/signal/signals.js"
import { at, log, metric, score, span, spanId, traceId } from "../../src/testing/Records.js"

const whole = span({
  traceId: traceId(1),
  spanId: spanId(2),
  parentSpanId: spanId(1),
  parentIsRemote: true,
  traceState: "a=1",
  name: "chat",
  kind: "client",
  spanType: "model_generation",
  status: "error",
  statusMessage: "no",
  startTime: -(2n ** 63n),
  endTime: 2n ** 63n - 1n,
  sessionId: "s",
  threadId: "t",
  userId: "u",
  environment: "test",
  model: "m",
  inputTokens: 1,
  costUsd: 0.5,
  tags: ["a"],
  metadata: { a: null },
  attributes: { a: [1, { b: "c" }] },
  events: [{ name: "e", time: at(0), attributes: { a: 1 } }],
  links: [{ traceId: traceId(3), spanId: spanId(3), attributes: {} }],
  resource: { "service.version": "1" },
  dropped: { attributes: 1, events: 0, links: 0 }
})

describe("SpanRecord", () => {
  for (const [name, record] of Object.entries({ "with every field": whole, "with no optional field": span() })) {
    it(`${name} survives JSON`, () => {
      const read = Schema.decodeUnknownSync(SpanRecord)(JSON.parse(JSON.stringify(record)))
      assert.instanceOf(read, SpanRecord)
      assert.deepStrictEqual(read, record)
      assert.isTrue(Equal.equals(read.startTime, record.startTime))
    })

    it(`${name} has the encoded form for its JSON`, () => {
      assert.deepStrictEqual(record.toJSON(), Schema.encodeSync(SpanRecord)(record))
    })
  }

  it("encodes times as decimal strings", () => {
    const { endTime, events, startTime } = whole.toJSON()
    assert.deepStrictEqual(
      [startTime, endTime, events[0]?.time],
      ["-9223372036854775808", "9223372036854775807", `${at(0)}`]
    )
  })

  it("has parts that can be made JSON, however it was made", () => {
    const made = {
      new: whole,
      "new, of parts of another": new SpanRecord({ ...span(), events: whole.events, links: whole.links }),
      unchecked: new SpanRecord({ ...span(), events: [{ name: "e", time: 1n, attributes: {} }] }, true),
      decoded: Schema.decodeSync(SpanRecord)(whole.toJSON()),
      "read from a store": decoder(signals.spans)(JSON.parse(JSON.stringify(whole)))
    }
    for (const [name, record] of Object.entries(made)) {
      const { events, links } = record.toJSON()
      assert.isNotEmpty(events, name)
      assert.deepStrictEqual(JSON.parse(JSON.stringify(record.events)), events, name)
      assert.deepStrictEqual(JSON.parse(JSON.stringify(record.links)), links, name)
    }
  })

  it("is told from records of other signals by its tag, which is in neither form", () => {
    const records: ReadonlyArray<SpanRecord | LogRecord | MetricPoint | Score> = [span(), log(), metric(), score()]
    assert.deepStrictEqual(
      records.map((record) => record._tag),
      ["SpanRecord", "LogRecord", "MetricPoint", "Score"]
    )
    for (const record of records) {
      assert.notProperty(record.toJSON(), "_tag")
      assert.notInclude(Object.keys(record), "_tag")
      if (record._tag === "SpanRecord") expectTypeOf(record).toEqualTypeOf<SpanRecord>()
      else if (record._tag === "LogRecord") expectTypeOf(record).toEqualTypeOf<LogRecord>()
    }
    assert.strictEqual(decoder(signals.logs)(JSON.parse(JSON.stringify(log())))._tag, "LogRecord")
  })

  it("leaves out of its JSON what is undefined", () => {
    const record = new SpanRecord({ ...span(), model: undefined })
    assert.notProperty(record.toJSON(), "model")
  })

  it("is the same when it is made without being checked", () => {
    const unsafe = unchecked(signals.spans)(whole)
    assert.instanceOf(unsafe, SpanRecord)
    assert.deepStrictEqual(unsafe, whole)
    assert.deepStrictEqual(Object.keys(unchecked(signals.spans)({ ...span(), model: undefined })), Object.keys(span()))
    assert.deepStrictEqual(Schema.encodeSync(SpanRecord)(unsafe), whole.toJSON())
  })

  const refused: ReadonlyArray<readonly [string, object, string]> = [
    ["an id in upper case", { traceId: "A".repeat(32) }, "32 lower-case hex digits"],
    ["a short span id", { spanId: "1" }, "16 lower-case hex digits"],
    ["a parent id that is none", { parentSpanId: "parent" }, "16 lower-case hex digits"],
    ["a session id that is none", { sessionId: "é" }, "1 to 200 printable ASCII characters"],
    ["a time beyond 64 bits", { startTime: 2n ** 63n }, "fit into 64 bits"],
    ["a running span with an end", { status: "running" }, "endTime"],
    ["an ended span without an end", { endTime: undefined }, "endTime"],
    ["attributes that are no JSON", { attributes: { a: undefined } }, "attributes"],
    ["an unknown kind", { kind: "inner" }, "kind"],
    ["half a token", { inputTokens: 0.5 }, "inputTokens"],
    ["an infinite cost", { costUsd: Number.POSITIVE_INFINITY }, "costUsd"]
  ]
  for (const [what, fields, said] of refused) {
    it(`refuses ${what}, and says why`, () => {
      const made = Either.try(() => new SpanRecord({ ...span(), ...fields } as SpanRecord))
      assert.isTrue(Either.isLeft(made))
      if (Either.isLeft(made)) assert.include(String(made.left), said)
    })
  }

  it("checks nothing when told so", () => {
    assert.strictEqual(new SpanRecord({ ...span(), name: 1 } as never, true).name as unknown, 1)
    assert.strictEqual(new SpanRecord({ ...span(), name: 1 } as never, { disableValidation: true }).name as unknown, 1)
  })
})
