/** An answer of a server is read as it was written, and one that is damaged costs at most what it says. */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict"
import { toAnswer, toReason } from "../../../src/otlp/internal/answer.js"
import { target } from "../fuzz.js"
import { type Random, unusual } from "../Random.js"

const varint = (value: number): ReadonlyArray<number> =>
  value < 128 ? [value] : [(value % 128) | 128, ...varint(Math.floor(value / 128))]

const field = (number: number, value: number | string | ReadonlyArray<number>): ReadonlyArray<number> => {
  if (typeof value === "number") return [...varint(number * 8), ...varint(value)]
  const bytes = typeof value === "string" ? Buffer.from(value) : value
  return [...varint(number * 8 + 2), ...varint(bytes.length), ...bytes]
}

/** Fields that an answer may have one day. */
const drawFields = (random: Random): ReadonlyArray<number> =>
  random
    .several(2, () => [
      ...field(3 + random.below(10), random.pick([random.below(2 ** 31), random.text(unusual, 200)])),
      ...random.pick([[], [8 * 3 + 1, 1, 2, 3, 4, 5, 6, 7, 8], [8 * 4 + 5, 1, 2, 3, 4]])
    ])
    .flat()

const drawDamaged = (random: Random, bytes: ReadonlyArray<number>): ReadonlyArray<number> =>
  random
    .several(4, () => undefined)
    .reduce<ReadonlyArray<number>>((bytes) => {
      const at = random.below(bytes.length + 1)
      const inserted = () =>
        Array.from({ length: random.oneIn(5) ? 200 : 1 }, () => random.pick([128, 255, random.below(256)]))
      return bytes.toSpliced(
        at,
        random.below(3),
        ...random.pick([[], inserted(), new Array(30).fill(random.pick([128, 255]))])
      )
    }, bytes)

const draw = (random: Random) => {
  const rejected = random.pick([0, 1, random.below(1_000), random.below(2 ** 31), Number.MAX_SAFE_INTEGER])
  const message = random.text(unusual, 300).toWellFormed()
  const partial = [...field(1, rejected), ...drawFields(random), ...field(2, message), ...drawFields(random)]
  const protobuf = [...drawFields(random), ...field(1, partial), ...drawFields(random)]
  const count = random.pick<unknown>([rejected, String(rejected), "NaN", "Infinity", "1e999", -1, 0.5, "", null, {}])
  const json = JSON.stringify({
    partialSuccess: { [random.pick(["rejectedSpans", "rejectedLogRecords", "x"])]: count, errorMessage: message }
  })
  return {
    rejected,
    message,
    protobuf,
    damaged: random.pick([drawDamaged(random, protobuf), random.several(300, () => random.below(256))]),
    json: random.mutated(json, [...unusual, ...'{}[]":,0123456789']),
    status: [...field(1, random.below(20)), ...field(2, message), ...drawFields(random)]
  }
}

export const otlpAnswer = target("otlpAnswer", draw, ({ damaged, json, message, protobuf, rejected, status }) => {
  deepStrictEqual(toAnswer("rejectedSpans", "application/x-protobuf", Uint8Array.from(protobuf)), { rejected, message })
  strictEqual(toReason("application/x-protobuf", Uint8Array.from(status)), message)
  for (const [type, bytes] of [
    ["application/x-protobuf", Uint8Array.from(damaged)],
    ["application/json", Buffer.from(json)],
    ["text/html", Uint8Array.from(damaged)]
  ] as const) {
    const answer = toAnswer("rejectedSpans", type, bytes) ?? { rejected: 0, message: "" }
    ok(Number.isSafeInteger(answer.rejected) && answer.rejected >= 0, `${answer.rejected} rejected`)
    strictEqual(typeof answer.message, "string")
    strictEqual(typeof toReason(type, bytes), "string")
  }
})
