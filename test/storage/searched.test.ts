import { assert, describe, it } from "@effect/vitest"
import { Effect, FastCheck as fc } from "effect"
import type { Json } from "../../src/signal/Json.js"
import type { SpanRecord } from "../../src/signal/SpanRecord.js"
import { matchesAll } from "../../src/storage/internal/matches.js"
import { parse } from "../../src/storage/internal/words.js"
import { type Message, Splitter } from "../../src/storage/sql/conversations.js"
import * as Searched from "../../src/storage/sql/searched.js"
import { pend, type Read } from "../../src/storage/sql/whole.js"
import { span } from "../../src/testing/Records.js"
import { messages } from "../utils/conversations.js"

const searchOf = (text: string) => [{ op: "words", ...parse(text) }] as const

interface Cut {
  /** A new one each time: to confirm it may make it whole. */
  readonly row: () => SpanRecord
  readonly messages: ReadonlyArray<Message>
}

const cutOf = (record: SpanRecord) =>
  Effect.map(new Splitter().split([record], 0), ({ messages, rows: [row] }): Cut => {
    const { messages: parts, ...cut } = row as SpanRecord & { readonly messages?: unknown }
    return { row: () => pend({ ...cut, attributes: { ...cut.attributes } } as SpanRecord, parts), messages }
  })

/** Reads messages, and counts how often each body was given. */
const reader = (stored: ReadonlyArray<Message>) => {
  const given: Array<string> = []
  const read: Read<never> = ({ hashes, owners }) =>
    Effect.sync(() => {
      const found = stored.filter(({ hash, owner }) => owners.includes(owner) && hashes.includes(hash))
      given.push(...found.map(({ body }) => body))
      return found
    })
  return { given, read }
}

const padding = "lorem ipsum dolor sit amet "
const scrap = fc.constantFrom(
  ...[
    "refund",
    "Straße",
    "u\u0308ber",
    "ÜBER",
    "東京",
    "👨‍👩‍👧",
    "👍🏽",
    "ﬁne",
    "ＡＢ，Ｃ",
    "ς",
    "i\u0307",
    "\u0338",
    "\u0301"
  ],
  ...[",", "]", "}", "[", "{", '"', "\\", "\\\\", "\\n", "\\u00e4", "\\u", " ", "\n", ":", "x".repeat(70)],
  padding.repeat(3),
  padding.repeat(12)
)
const sentence = fc.array(scrap, { minLength: 1, maxLength: 12 }).map((parts) => parts.join(""))
const item: fc.Arbitrary<Json> = fc.oneof(
  sentence,
  fc.record({ role: fc.constantFrom("user", "ÄRZTIN"), content: sentence }),
  fc.record({ parts: fc.array(fc.record({ text: sentence, n: fc.integer() }), { maxLength: 3 }) }),
  fc.constantFrom(null, 42, true, [], {})
)
const list = fc.array(item, { minLength: 1, maxLength: 60 })
const value: fc.Arbitrary<Json> = fc.oneof(
  list.map((items): Json => [{ role: "system", content: padding.repeat(20) }, ...items]),
  list.map((items) => JSON.stringify(items)),
  list.map((messages) => JSON.stringify({ model: "m", messages }, undefined, 2)),
  // What is no JSON, but begins like it.
  fc.array(sentence, { minLength: 8, maxLength: 60 }).map((parts) => `[${parts.join("")}`),
  sentence.map((text) => `${text}${padding.repeat(90)}${text}`),
  sentence.map((text) => `"${padding.repeat(90)}${text}`)
)

describe("a search in spans that are cut", () => {
  it.effect("finds what it finds in the whole ones", () =>
    Effect.gen(function* () {
      const drawn = fc.sample(
        fc.record({
          value,
          other: value,
          at: fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 1, max: 14 })), {
            minLength: 8,
            maxLength: 8
          }),
          words: fc.array(scrap, { minLength: 1, maxLength: 3 })
        }),
        400
      )
      let [cuts, found, passedOver, across] = [0, 0, 0, 0]
      for (const { at, other, value, words } of drawn) {
        const whole = span({ spanType: "model_generation", name: "refund", attributes: { value, other } })
        const { messages, row } = yield* cutOf(whole)
        cuts += messages.length
        const { confirm } = Searched.make(reader(messages).read)
        const text = typeof value === "string" ? value : JSON.stringify(value)
        const ends = messages.map(({ body }) => text.indexOf(body) + body.length)
        const searches = [
          ...at.map(([where, size], i) => {
            // Every other one lies across the end of a message.
            const end = ends[Math.floor(where * ends.length)]
            const start = i % 2 === 0 && end !== undefined ? end - (size >> 1) : Math.floor(where * text.length)
            const part = text.slice(Math.max(0, start), start + size)
            return i < 4 ? `"${part.replaceAll('"', "")}"` : part.replaceAll('"', " ")
          }),
          words.join(" ").replaceAll('"', " "),
          'refund "amet lorem" absent'
        ]
        for (const search of searches) {
          const [asked] = searchOf(search)
          if (!search.isWellFormed() || asked.words.length + asked.phrases.length === 0) continue
          const expected = matchesAll(whole, [asked])
          const confirmed = yield* confirm([row()], [asked])
          assert.strictEqual(confirmed.length === 1, expected, JSON.stringify({ search, value, other }).slice(0, 4_000))
          if (expected) found++
          else passedOver++
          if (expected && asked.phrases.some((phrase) => /.[,\]}]/.test(phrase))) across++
        }
      }
      assert.isAbove(cuts, 1_000)
      assert.isAbove(found, 500)
      assert.isAbove(passedOver, 200)
      assert.isAbove(across, 20)
    })
  )

  it.effect("looks at each message once, however many spans have it", () =>
    Effect.gen(function* () {
      const spans = Array.from({ length: 150 }, (_, n) =>
        span({ sessionId: "s", spanType: "model_generation", attributes: { input: messages(n + 20) } })
      )
      const { messages: stored, rows } = yield* new Splitter().split(spans, 0)
      const pending = rows.map((row) => pend(row, (row as { readonly messages?: unknown }).messages))
      const { given, read } = reader(stored)
      const { confirm } = Searched.make(read)
      const [search] = searchOf("conversation 100")
      const pages = [yield* confirm(pending.slice(0, 70), [search]), yield* confirm(pending.slice(70), [search])]
      const found = pages.flat()
      assert.deepStrictEqual(
        found.map(({ spanId }) => spanId),
        spans.slice(81).map(({ spanId }) => spanId)
      )
      assert.strictEqual(given.length, new Set(given).size)
      assert.isTrue(found.every(({ attributes }) => attributes["input"] === null))
    })
  )

  it.effect("finds the gap where a message is gone, and what is left", () =>
    Effect.gen(function* () {
      for (const input of [messages(40), JSON.stringify(messages(40))]) {
        const { messages: stored, row } = yield* cutOf(span({ spanType: "model_generation", attributes: { input } }))
        for (const isList of [true, false]) {
          const gone = stored.find((message) => message.isList === isList)
          const { read } = reader(stored.filter((message) => message !== gone))
          const { complete, confirm } = Searched.make(read)
          for (const search of ["missing", "conversation 39", "conversation 0", '"[missing]"', "absent"]) {
            const whole = row()
            yield* complete([whole])
            const confirmed = yield* confirm([row()], searchOf(search))
            assert.strictEqual(confirmed.length === 1, matchesAll(whole, searchOf(search)), search)
          }
        }
      }
    })
  )
})
