import { assert, describe, it } from "@effect/vitest"
import { toAnswer, toReason } from "../../src/otlp/internal/answer.js"

const continued = (bytes: number, byte: number, last: number) => [...new Array<number>(bytes).fill(byte), last]

const inProtobuf = (count: ReadonlyArray<number>) => {
  const partial = [0x08, ...count, 0x12, 2, ...Buffer.from("no")]
  const length = partial.length < 128 ? [partial.length] : [(partial.length % 128) + 128, partial.length >> 7]
  return toAnswer("rejectedSpans", "application/x-protobuf", Uint8Array.from([0x0a, ...length, ...partial]))
}

const inJson = (rejectedSpans: unknown) =>
  toAnswer("rejectedSpans", "application/json", Buffer.from(JSON.stringify({ partialSuccess: { rejectedSpans } })))

const answerOf = (contentType: string, text: string | Buffer) =>
  toAnswer("rejectedSpans", contentType, Buffer.from(text))

const taken = { rejected: 0, message: "" }

describe("the answer of a server", () => {
  it("counts what it says as an integer of 0 or more", () => {
    for (const count of [0, 7, "7"]) assert.strictEqual(inJson(count)?.rejected, Number(count))
    for (const count of ["NaN", "Infinity", "1e999", "-1", "0.5", "", -1, 0.5, null, {}]) {
      assert.strictEqual(inJson(count)?.rejected, 0, JSON.stringify(count))
    }
  })

  it("counts what it says in protobuf, unless no server has received as many", () => {
    assert.deepStrictEqual(inProtobuf([7]), { rejected: 7, message: "no" })
    assert.strictEqual(inProtobuf(continued(7, 0xff, 0x0f))?.rejected, Number.MAX_SAFE_INTEGER)
    for (const count of [
      continued(7, 0x80, 0x10),
      continued(9, 0xff, 1),
      continued(146, 0xff, 1),
      continued(147, 0x80, 1),
      continued(160, 0x80, 0),
      continued(200, 0x80, 1)
    ]) {
      assert.deepStrictEqual(inProtobuf(count), { rejected: 0, message: "no" }, `${count.length} bytes`)
    }
  })

  it("is nothing, or an object, in either form", () => {
    const json = "application/json; charset=utf-8"
    for (const type of ["", json, "application/x-protobuf", "text/plain"]) {
      assert.deepStrictEqual(answerOf(type, ""), taken, type)
    }
    for (const text of [
      "{}",
      " {}\n",
      '\ufeff{"partialSuccess":{}}',
      '{"partialSuccess":null}',
      '{"partial_success":{}}'
    ]) {
      assert.deepStrictEqual(answerOf(json, text), taken, text)
      assert.deepStrictEqual(answerOf("", text), taken, text)
    }
    assert.deepStrictEqual(answerOf("application/x-protobuf", Buffer.from([0x0a, 0])), taken)
    assert.deepStrictEqual(answerOf(json, '{"partial_success":{"rejected_spans":"2","error_message":"no"}}'), {
      rejected: 2,
      message: "no"
    })
  })

  it("is not the page of somebody else, whatever that calls itself", () => {
    const page = "<!doctype html><title>Log in</title><form>Password</form>"
    const others = [
      page,
      "OK",
      "Log in",
      "[]",
      "null",
      "1",
      '"ok"',
      "true",
      "{",
      "{}}",
      '{"status":"ok"}',
      "\0".repeat(99)
    ]
    for (const type of ["", "text/html", "text/plain", "application/json", "application/x-protobuf", "text/xml"]) {
      for (const text of others) assert.isUndefined(answerOf(type, text), `${type}: ${text}`)
    }
    assert.isUndefined(answerOf("text/html", ""))
    for (const bytes of [[0x0a], [0x0a, 5, 0x12], [0x08], [0x02, 0], [0x0b]]) {
      assert.isUndefined(answerOf("application/x-protobuf", Buffer.from(bytes)), `${bytes}`)
    }
    assert.strictEqual(toReason("text/html", Buffer.from(page)), "Log in")
  })

  it("keeps a message in protobuf as it was written", () => {
    const message = "\ufeffno"
    const status = Uint8Array.from([0x12, 5, ...Buffer.from(message)])
    assert.strictEqual(toReason("application/x-protobuf", status), message)
  })

  it("is JSON, too, after the mark that says that it is UTF-8", () =>
    assert.strictEqual(toReason("application/json", Buffer.from('\ufeff{"message":"no"}')), "no"))
})
