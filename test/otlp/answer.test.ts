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

describe("the answer of a server", () => {
  it("counts what it says as an integer of 0 or more", () => {
    for (const count of [0, 7, "7"]) assert.strictEqual(inJson(count).rejected, Number(count))
    for (const count of ["NaN", "Infinity", "1e999", "-1", "0.5", "", -1, 0.5, null, {}]) {
      assert.strictEqual(inJson(count).rejected, 0, JSON.stringify(count))
    }
  })

  it("counts what it says in protobuf, unless no server has received as many", () => {
    assert.deepStrictEqual(inProtobuf([7]), { rejected: 7, message: "no" })
    assert.strictEqual(inProtobuf(continued(7, 0xff, 0x0f)).rejected, Number.MAX_SAFE_INTEGER)
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

  it("keeps a message in protobuf as it was written", () => {
    const message = "\ufeffno"
    const status = Uint8Array.from([0x12, 5, ...Buffer.from(message)])
    assert.strictEqual(toReason("application/x-protobuf", status), message)
  })

  it("is JSON, too, after the mark that says that it is UTF-8", () =>
    assert.strictEqual(toReason("application/json", Buffer.from('\ufeff{"message":"no"}')), "no"))
})
