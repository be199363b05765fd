import { monitorEventLoopDelay } from "node:perf_hooks"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import * as fc from "effect/FastCheck"
import { nextTurn } from "../../src/runtime/eventLoop.js"
import type { JsonObject } from "../../src/signal/Json.js"
import type { SpanRecord } from "../../src/signal/SpanRecord.js"
import { type Message, Splitter } from "../../src/storage/sql/conversations.js"
import * as Whole from "../../src/storage/sql/whole.js"
import { span } from "../../src/testing/Records.js"
import { messages } from "../utils/conversations.js"

/** A store of messages, and what it gives of a row. */
const stored = () => {
  const bodies = new Map<string, Message>()
  const read: Whole.Read<never> = ({ hashes, owners }) =>
    Effect.sync(() =>
      Array.from(bodies.values()).filter(({ hash, owner }) => hashes.includes(hash) && owners.includes(owner))
    )
  const readBack = (row: SpanRecord) => {
    const { messages: made, ...fields } = row as SpanRecord & { readonly messages?: unknown }
    const record = Whole.pend(JSON.parse(JSON.stringify({ ...fields, startTime: undefined, endTime: undefined })), made)
    const never = () => Effect.dieMessage("nobody asks")
    const { getSpan } = Whole.reads(
      {
        select: never,
        listTraces: never,
        traceSpans: never,
        sessionTimeline: never,
        getSpan: (_: object) => Effect.succeed(Option.some(record as SpanRecord))
      },
      read
    )
    return Effect.map(getSpan({ traceId: "", spanId: "" }), (found) => Option.getOrThrow(found).attributes)
  }
  const add = (added: ReadonlyArray<Message>) => {
    for (const message of added) bodies.set(message.owner + message.hash, message)
  }
  return { add, bodies, readBack }
}

const item = fc.oneof(
  fc.record({ role: fc.constantFrom("user", "assistant"), content: fc.string({ maxLength: 30 }) }),
  fc.constantFrom(...messages(12)),
  fc.constant({ content: '"]},[{\\"'.repeat(90) })
)
const list = fc.array(item, { maxLength: 60 })
/** Texts with quotes, brackets and commas in any order. */
const odd = fc
  .array(fc.constantFrom('"', "\\", "[", "]", "{", "}", ",", " ", "a".repeat(300), "é", "🎉", "\u0000"), {
    maxLength: 80
  })
  .map((parts) => `[${parts.join("").repeat(20)}`)
const attributes: fc.Arbitrary<JsonObject> = fc.record({
  list,
  text: fc.oneof(
    list.map((items) => JSON.stringify(items)),
    list.map((items) => JSON.stringify({ system: "x".repeat(300), messages: items }, undefined, 1)),
    odd
  )
}) as never

describe("spans that are cut into messages", () => {
  it.effect("are put together as they were, whatever came before them", () =>
    Effect.promise(() =>
      fc.assert(
        fc.asyncProperty(fc.array(attributes, { minLength: 1, maxLength: 5 }), async (all) => {
          const [splitter, store] = [new Splitter(), stored()]
          for (const attributes of all) {
            const given = span({ sessionId: "s", attributes })
            const split = await Effect.runPromise(splitter.split([given], 0))
            store.add(split.messages)
            split.stored()
            const read = await Effect.runPromise(store.readBack(split.rows[0] as SpanRecord))
            assert.strictEqual(JSON.stringify(read), JSON.stringify(attributes))
          }
        }),
        { numRuns: 150 }
      )
    )
  )

  it.effect("give each message once, and once more when it may be gone or would go before its span", () =>
    Effect.gen(function* () {
      const splitter = new Splitter()
      const day = 86_400_000_000_000n
      const call = (count: number, startTime = 0n) =>
        span({ sessionId: "s", startTime, attributes: { list: messages(count) } })
      const added = (record: SpanRecord, now = 0) =>
        Effect.map(splitter.split([record], now), ({ messages, stored }) => {
          stored()
          return messages.filter(({ isList }) => !isList).length
        })
      const counts = yield* Effect.forEach([call(20), call(20), call(21), call(5)], (record) => added(record))
      assert.deepStrictEqual(counts, [20, 0, 1, 0])
      assert.strictEqual(yield* added(call(21), 60_000), 21)
      splitter.forget()
      assert.strictEqual(yield* added(call(21), 60_000), 21)
      assert.strictEqual(yield* added(call(21, day), 60_000), 0)
      assert.strictEqual(yield* added(call(21, 5n * day), 60_000), 21)
      // What was forgotten while it was stored is not known to be there.
      const late = yield* splitter.split([call(30)], 60_000)
      splitter.forget()
      late.stored()
      assert.strictEqual(yield* added(call(30), 60_000), 30)
    })
  )

  it.effect("are the records that came where nothing is long", () =>
    Effect.gen(function* () {
      const records = [span({ attributes: { a: 1, text: "x".repeat(9000), list: ["a", "b"] } }), span()]
      assert.strictEqual((yield* new Splitter().split(records, 0)).rows, records)
    })
  )

  it.live("are put together without holding the event loop, however many there are", () =>
    Effect.gen(function* () {
      const refs = Array.from({ length: 60 }, (_, n) => `#${String(n).padStart(22, "a")}`).join("")
      const spans = Array.from({ length: 10_000 }, (_, n) =>
        Whole.pend({ sessionId: `s${n}`, attributes: {} }, { list: ["array", refs, ""] })
      )
      const histogram = monitorEventLoopDelay({ resolution: 5 })
      histogram.enable()
      yield* Effect.sleep(50)
      yield* Whole.complete(spans, () => Effect.as(nextTurn, []))
      histogram.disable()
      assert.isBelow(histogram.max / 1e6, 400)
      assert.deepStrictEqual(spans[0]?.attributes, { list: Array.from({ length: 60 }, () => Whole.missing) })
    })
  )
})
