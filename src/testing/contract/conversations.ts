import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { JsonObject } from "../../signal/Json.js"
import type { SpanRecord } from "../../signal/SpanRecord.js"
import type { StorageService } from "../../storage/Storage.js"
import { at, log, type SpanFields, score, span, spanId, traceId } from "../Records.js"
import { type StorageLayer, store, testOn } from "./utils.js"

const day = 86_400_000

/** The messages of a conversation of so many, of some 600 characters each. */
const messages = (count: number, of = "conversation") =>
  Array.from({ length: count }, (_, n) => ({
    role: n % 2 === 0 ? "user" : "assistant",
    parts: [{ type: "text", content: `${of} ${n} “äöü 日本 🎉” \\" ${"lorem ipsum ".repeat(40)}` }]
  }))

/** A call of a model with all messages before it. */
const call = (count: number, fields: SpanFields = {}, of?: string): SpanRecord =>
  span({
    name: `call ${count}`,
    spanType: "model_generation",
    ...fields,
    attributes: { first: 1, "gen_ai.input.messages": messages(count, of), last: [1], ...fields.attributes }
  })

const long = "x".repeat(3000)
const objects = Array.from({ length: 40 }, (_, n) => ({ n, text: `item ${n} `.repeat(9) }))

/** Attributes that must come back as they were, whatever is done with those that are long. */
const strange: Readonly<Record<string, JsonObject>> = {
  "a text of JSON": {
    input: JSON.stringify(messages(9)),
    output: JSON.stringify({ messages: messages(9), model: "m" })
  },
  "a text of JSON in another style": {
    pretty: JSON.stringify(messages(5), undefined, 2),
    python: JSON.stringify(messages(5)).replaceAll(",", ", ").replaceAll(":", ": ")
  },
  "numbers that JavaScript would write in another way": {
    numbers: `[${Array.from({ length: 200 }, (_, n) => `{"a":1.0,"b":1e400,"c":-0,"d":0.1000,"n":${n}}`).join()}]`
  },
  "keys that occur twice": { twice: `[${`{"a":"${long}","a":"${long}"},`.repeat(4)}{"a":1}]` },
  "escapes that are not needed": { escapes: `["${"\\u0061\\/\\ud83d\\ude00".repeat(300)}","\\\\\\"${long}"]` },
  "a text that only looks like JSON": {
    broken: `[{"a":"${long}`,
    unbalanced: `]]]]${long}`,
    closed: `{"a":"${long}"}}}}}],,,"${long}`,
    quotes: `["${'\\"'.repeat(900)}`,
    backslashes: `["${"\\".repeat(999)}`
  },
  "control characters": {
    text: `["\u0000${long}\u001d\u001e\u001f","\u0001${long}\r\n\t\u2028"]`,
    list: [{ a: `\u0000${long}` }]
  },
  "values of all kinds in a list": {
    list: [{ a: long }, null, 1, -0.5, true, "", long, [], {}, [long, [null]], { b: { c: [long] } }, "日本🎉"]
  },
  "the same item many times": { list: Array.from({ length: 50 }, () => ({ a: "x".repeat(300) })) },
  "many small items": { list: Array.from({ length: 3000 }, (_, n) => ({ n })) },
  "a list within a list": { list: [[objects, objects], [objects]] },
  "keys that are special": Object.fromEntries(
    ["__proto__", "constructor", "toString", "", "a.b", '"', "~/", "0", "messages"].map((key) => [key, objects])
  ),
  "what looks like a reference": {
    messages: ["array", `#${"A".repeat(22)}`, ""],
    long: [{ messages: ["array", `#${"A".repeat(22)}`, "[]"], text: long }, { $messages: [long] }],
    none: null,
    text: `#${"A".repeat(22)}@${"B".repeat(22)}`.repeat(40)
  },
  "a very long message": { list: [{ a: "é".repeat(200_000) }, { b: 1 }], text: `[{"a":"${"é".repeat(200_000)}"}]` }
}

/** All ways to read a span give it whole. */
const readsWhole = (storage: StorageService, expected: SpanRecord) =>
  Effect.gen(function* () {
    const { sessionId, spanId, traceId } = expected
    const read = {
      getSpan: Option.getOrThrow(yield* storage.getSpan({ traceId, spanId })),
      getTrace: Option.getOrThrow(yield* storage.getTrace(traceId)).spans.find((span) => span.spanId === spanId),
      listTraces: (yield* storage.listTraces({ filters: { traceId } })).items[0],
      listSpans: (yield* storage.listSpans({ filters: { traceId } })).items.find((span) => span.spanId === spanId),
      timeline:
        sessionId === undefined
          ? expected
          : (yield* storage.sessionTimeline({ sessionId, pagination: { limit: 1000 } })).items.find(
              (item) => "spanId" in item && item.spanId === spanId && item._tag === "SpanRecord"
            )
    }
    for (const [name, found] of Object.entries(read)) {
      assert.deepStrictEqual(found, expected, name)
      assert.strictEqual(JSON.stringify(found), JSON.stringify(expected), name)
    }
  })

export const conversationsContract = (layer: StorageLayer) =>
  describe("conversations", () => {
    const test = testOn(layer)

    for (const [what, attributes] of Object.entries(strange)) {
      test(`keep ${what}`, (storage) =>
        Effect.gen(function* () {
          const spans = ["s", undefined].flatMap((sessionId) => [
            span({ spanType: "model_generation", sessionId, attributes }),
            span({ sessionId, attributes: { before: 1, ...attributes, after: 2 } })
          ])
          yield* storage.insertSpans(spans)
          for (const span of spans) yield* readsWhole(storage, span)
        }))
    }

    test("are whole while what is older is deleted again and again, and go when they have ended", (storage) =>
      Effect.gen(function* () {
        const hour = 3_600_000
        yield* storage.insertSpans([call(9, { sessionId: "ended", startTime: at(0) })])
        for (let n = 1; n <= 12; n++) {
          const now = n * 6 * hour
          const turns = [undefined, "s"].map((sessionId) =>
            call(n + 3, { sessionId, traceId: traceId(sessionId === undefined ? 1 : 100 + n), startTime: at(now) })
          )
          yield* storage.insertSpans(turns)
          yield* storage.deleteBefore(at(now - hour))
          for (const span of turns) yield* readsWhole(storage, span)
          assert.lengthOf((yield* storage.listSpans()).items, 2)
        }
        yield* storage.deleteBefore(at(30 * day))
        assert.deepStrictEqual((yield* storage.listSpans()).items, [])
        const again = call(9, { sessionId: "s", startTime: at(31 * day) })
        yield* storage.insertSpans([again])
        yield* readsWhole(storage, again)
      }))

    test("are whole at every turn, in batches of their own and in one", (storage) =>
      Effect.gen(function* () {
        const turns = (sessionId: string) =>
          Array.from({ length: 40 }, (_, n) =>
            call(n + 1, { sessionId, attributes: { text: JSON.stringify(messages(n)) } })
          )
        const [alone, together] = [turns("alone"), turns("together")]
        for (const span of alone) yield* storage.insertSpans([span])
        yield* storage.insertSpans(together)
        for (const span of [...alone, ...together].filter((_, n) => n % 7 === 4)) yield* readsWhole(storage, span)
      }))

    test("are whole where messages are changed, cut off at the front, left out, put in between, and repeated", (storage) =>
      Effect.gen(function* () {
        const all = messages(40)
        const lists = [
          all,
          all.slice(3),
          [...all.slice(0, 5), ...messages(1, "between"), ...all.slice(5)],
          all.with(20, { role: "user", parts: [] }),
          all.toReversed(),
          [...all, ...all],
          all.map(({ parts, role }) => ({ parts, role })),
          all.slice(0, 20),
          all
        ]
        const spans = lists.flatMap((list) => [
          span({ sessionId: "s", attributes: { "gen_ai.input.messages": list } }),
          span({ sessionId: "s", attributes: { "gen_ai.input.messages": JSON.stringify(list) } })
        ])
        for (const span of spans) yield* storage.insertSpans([span])
        for (const span of spans) yield* readsWhole(storage, span)
      }))

    test("are those of each call where a program goes on with the list that it has given", (storage) =>
      Effect.gen(function* () {
        const list = messages(20)
        const given = () => span({ sessionId: "s", attributes: { list } })
        const [first, kept] = [given(), structuredClone(list)]
        yield* storage.insertSpans([first])
        list.push(...messages(1, "next"))
        Object.assign(list[3] as object, { role: "another" })
        Object.assign(list[4]?.parts[0] as object, { content: "x".repeat(600) })
        const second = given()
        yield* storage.insertSpans([second])
        yield* readsWhole(storage, second)
        list.pop()
        yield* storage.insertSpans([first])
        yield* readsWhole(storage, first)
        const third = span({ sessionId: "s", attributes: { list: kept } })
        yield* storage.insertSpans([third])
        yield* readsWhole(storage, third)
      }))

    test("are whole when a span is stored again, runs and ends, and changes its session", (storage) =>
      Effect.gen(function* () {
        const key = { traceId: traceId(1), spanId: spanId(1), startTime: at(0) }
        const versions = [
          call(5, { ...key, status: "running", sessionId: "a" }),
          call(9, { ...key, status: "running", sessionId: "b" }),
          call(12, { ...key, sessionId: "c" })
        ]
        for (const version of versions) {
          yield* storage.insertSpans([version])
          yield* storage.insertSpans([version])
          yield* readsWhole(storage, version)
        }
        yield* storage.insertSpans([call(20, { ...key, status: "running", sessionId: "d" })])
        yield* readsWhole(storage, call(12, { ...key, sessionId: "c" }))
        yield* storage.deleteSession("a")
        yield* storage.deleteSession("b")
        yield* storage.deleteSession("d")
        yield* readsWhole(storage, call(12, { ...key, sessionId: "c" }))
      }))

    test("stay with the other sessions that have the same messages when one of them is deleted", (storage) =>
      Effect.gen(function* () {
        const inTrace = { traceId: traceId(7) }
        const kept = [call(9, { sessionId: "kept" }), call(9), call(30, { ...inTrace, sessionId: "kept" })]
        yield* store(
          storage,
          ...kept,
          call(9, { sessionId: "gone" }),
          call(30, { ...inTrace, sessionId: "gone" }),
          call(9, inTrace)
        )
        yield* storage.deleteSession("gone")
        for (const span of kept) {
          assert.deepStrictEqual(yield* storage.getSpan(span), Option.some(span))
        }
        assert.lengthOf((yield* storage.listSpans()).items, kept.length)
      }))

    test("go on in a session that was deleted", (storage) =>
      Effect.gen(function* () {
        yield* storage.insertSpans([call(30, { sessionId: "s" })])
        yield* storage.deleteSession("s")
        const next = call(31, { sessionId: "s" })
        yield* storage.insertSpans([next])
        yield* readsWhole(storage, next)
      }))

    test("are whole after the first calls of a long one were deleted by their age, and go on", (storage) =>
      Effect.gen(function* () {
        const turns = Array.from({ length: 30 }, (_, n) => call(n + 1, { sessionId: "s", startTime: at(n * day) }))
        for (const span of turns) yield* storage.insertSpans([span])
        yield* storage.deleteBefore(at(25 * day))
        for (const span of turns.slice(25)) yield* readsWhole(storage, span)
        const next = [
          call(31, { sessionId: "s", startTime: at(30 * day) }),
          call(2, { sessionId: "s", startTime: at(0) })
        ]
        yield* storage.insertSpans(next)
        for (const span of next) yield* readsWhole(storage, span)
        yield* storage.deleteBefore(at(30 * day))
        yield* readsWhole(storage, next[0] as SpanRecord)
        assert.lengthOf((yield* storage.listSpans()).items, 1)
      }))

    test("at the ends of time", (storage) =>
      Effect.gen(function* () {
        const spans = [-(2n ** 63n), -1n, 0n, 2n ** 63n - 2n].map((startTime) =>
          call(12, { sessionId: "s", startTime, endTime: startTime + 1n })
        )
        yield* storage.insertSpans(spans)
        for (const span of spans) yield* readsWhole(storage, span)
      }))

    test("lie beside logs and scores in a timeline, and are found by every filter", (storage) =>
      Effect.gen(function* () {
        const asked = call(20, {
          sessionId: "s",
          metadata: { a: objects.slice(0, 5) },
          model: "m",
          tags: ["t"],
          startTime: at(0)
        })
        yield* store(
          storage,
          asked,
          log({ sessionId: "s", data: objects }),
          score({ sessionId: "s", metadata: { a: objects.slice(0, 5) } })
        )
        const { items } = yield* storage.sessionTimeline({ sessionId: "s" })
        assert.deepStrictEqual(items.map(({ _tag }) => _tag).toSorted(), ["LogRecord", "Score", "SpanRecord"])
        const filters = { sessionId: "s", metadata: { a: objects.slice(0, 5) }, model: "m", tags: ["t"] }
        assert.deepStrictEqual((yield* storage.listSpans({ filters })).items, [asked])
        assert.deepStrictEqual((yield* storage.listTraces({ filters })).items, [asked])
      }))

    test("of many sessions at once", (storage) =>
      Effect.gen(function* () {
        const spans = Array.from({ length: 150 }, (_, n) => call(3 + (n % 9), { sessionId: `s${n}` }, `of ${n % 5}`))
        yield* storage.insertSpans(spans)
        const { items } = yield* storage.listSpans({
          pagination: { limit: 1000 },
          orderBy: { field: "time", direction: "asc" }
        })
        assert.deepStrictEqual(items, spans)
      }))
  })
