import { assert, describe, it } from "@effect/vitest"
import { Either, Schema } from "effect"
import { LogRecord } from "../../src/signal/LogRecord.js"
import { unchecked } from "../../src/signal/Signal.js"
import { signals } from "../../src/signal/signals.js"
import { log, spanId, traceId } from "../../src/testing/Records.js"

const whole = log({
  timestamp: 2n ** 63n - 1n,
  level: "fatal",
  message: "it broke",
  data: [{ a: 1 }, null, "text"],
  attributes: { a: [1] },
  logSpans: { request: 1.5 },
  cause: "Error: it broke",
  traceId: traceId(1),
  spanId: spanId(1),
  sessionId: "s",
  userId: "u",
  tags: ["a"],
  metadata: {}
})

describe("LogRecord", () => {
  for (const [name, record] of Object.entries({ "with every field": whole, "with no optional field": log() })) {
    it(`${name} survives JSON`, () => {
      const read = Schema.decodeUnknownSync(LogRecord)(JSON.parse(JSON.stringify(record)))
      assert.instanceOf(read, LogRecord)
      assert.deepStrictEqual(read, record)
    })

    it(`${name} has the encoded form for its JSON`, () => {
      assert.deepStrictEqual(record.toJSON(), Schema.encodeSync(LogRecord)(record))
    })
  }

  it("encodes its time as a decimal string", () => {
    assert.strictEqual(whole.toJSON().timestamp, "9223372036854775807")
  })

  it("is the same when it is made without being checked", () => {
    const unsafe = unchecked(signals.logs)(whole)
    assert.instanceOf(unsafe, LogRecord)
    assert.deepStrictEqual(unsafe, whole)
  })

  const refused: ReadonlyArray<readonly [string, object, string]> = [
    ["an empty id", { logId: "" }, "logId"],
    ["an unknown level", { level: "warning" }, "level"],
    ["data that is no JSON", { data: [() => 1] }, "data"],
    ["a log span of no time", { logSpans: { a: Number.NaN } }, "logSpans"],
    ["a session id that is none", { sessionId: "" }, "1 to 200 printable ASCII characters"]
  ]
  for (const [what, fields, said] of refused) {
    it(`refuses ${what}, and says why`, () => {
      const made = Either.try(() => new LogRecord({ ...log(), ...fields } as LogRecord))
      assert.isTrue(Either.isLeft(made))
      if (Either.isLeft(made)) assert.include(String(made.left), said)
    })
  }
})
