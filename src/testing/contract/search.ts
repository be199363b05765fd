import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { Json } from "../../signal/Json.js"
import { at, type LogFields, log, type SpanFields, span, spanId, traceId } from "../Records.js"
import { messages, names, pages, type StorageLayer, store, testOn } from "./utils.js"

/** A search, texts that have it, and texts that have not. */
type Case = readonly [search: string, found: ReadonlyArray<string>, passedOver: ReadonlyArray<string>]

const cases: ReadonlyArray<Case> = [
  ["refund", ["a Refund!", "REFUND", "no-refund_now"], ["refunds", "prerefund", "re fund", ""]],
  ["Error 42", ["42 errors, 1 error", "error-42", "ERROR\n42"], ["error", "42", "error42"]],
  ["get_weather", ["get_weather()", "weather, get it"], ["getweather"]],
  ['"not found"', ["Not Found.", "cannot foundation"], ["not  found", "found not"]],
  ['"efun"', ["refund"], ["ref un"]],
  ['pay "100%"', ["pay at 100% now", "100%: PAY"], ["pay 100 %", "100%"]],
  ['"a.*b"', ["a.*b"], ["axxb", "ab"]],
  ['"\'; --"', ["a'; --"], ["a"]],
  ['"\\"', ["a\\b"], ["a/b"]],
  ["straße", ["Straße", "STRASSE", "STRAẞE"], ["strase"]],
  ["über", ["Über", "u\u0308ber"], ["uber", "darüber"]],
  ["I", ["ı", "İ", "i"], ["l"]],
  ["ΣΟΦΟΣ", ["σοφος", "ΣΟΦΟΣ"], ["σοφο"]],
  ["東京", ["東京タワー", "京都は東"], ["東", "京"]],
  ['"東京"', ["東京タワー"], ["京都は東"]],
  ["返金", ["返金をお願いします。"], ["返品"]],
  ["カ", ["カード", "ｶｰﾄﾞ"], ["ガ"]],
  ["ABC123", ["ＡＢＣ１２３"], ["ＡＢＣ"]],
  ["tower", ["東京tower", "TOWER東京"], ["towers東京"]],
  ["中国", ["中国人民"], ["中人"]],
  ['"ขอคืนเงิน"', ["ฉันขอคืนเงินครับ"], ["คืนเงินขอ"]],
  ["환불", ["환불 요청"], ["환불을"]],
  ['"환불"', ["환불을"], ["환 불"]],
  ["👍", ["ok 👍🏽", "👍👍"], ["👎"]],
  ["👩", ["👨‍👩‍👧"], ["👨"]],
  ["𝒳", ["𝒳", "x 𝒳 y"], ["x"]],
  ["donaudampf", ["Donau\u00addampf"], ["Donau dampf"]],
  ["x".repeat(80), ["x".repeat(80), "X".repeat(90)], ["x".repeat(60)]],
  ["world ä", [String.raw`[{"content":"hello\nworld \u00e4"}]`], [String.raw`hello\nworld \u00e4`]],
  ["Nadel", [`${"größere Ähren ".repeat(5_000)}Nadel`], ["Ähren"]],
  ["null undefined", ["null, undefined"], []],
  [`a ${'"" '.repeat(30_000)}`, ["a"], ["b"]]
]

export const searchContract = (layer: StorageLayer) =>
  describe("search", () => {
    const test = testOn(layer)

    for (const [search, found, passedOver] of cases) {
      test(`finds ${JSON.stringify(search.slice(0, 40))} by its words`, (storage) =>
        Effect.gen(function* () {
          const filters = { search }
          const texts = [...found, ...passedOver]
          const expected = [...found].sort()
          yield* storage.insertLogs(texts.map((message) => log({ message })))
          assert.deepStrictEqual(messages(yield* storage.listLogs({ filters })).toSorted(), expected)
          const spans = texts.map((said, n) => span({ traceId: traceId(n + 1), name: "s", attributes: { said } }))
          yield* storage.insertSpans(spans)
          const said = ({ items }: { readonly items: ReadonlyArray<(typeof spans)[number]> }) =>
            items.map(({ attributes }) => attributes["said"] as string).toSorted()
          assert.deepStrictEqual(said(yield* storage.listSpans({ filters })), expected)
          assert.deepStrictEqual(said(yield* storage.listTraces({ filters })), expected)
        }))
    }

    const places: ReadonlyArray<readonly [where: string, fields: SpanFields]> = [
      ["name", { name: "say needle" }],
      ["statusMessage", { status: "error", statusMessage: "say needle" }],
      ["attributes", { attributes: { a: "say needle" } }],
      ["attributes, deep", { attributes: { a: [1, { b: [["say needle"]] }] } }],
      ["attributes, one word each", { attributes: { a: "say", b: "needle" } }],
      ["the name of an event", { events: [{ name: "say needle", time: at(0), attributes: {} }] }],
      ["the attributes of an event", { events: [{ name: "e", time: at(0), attributes: { x: { y: "say needle" } } }] }]
    ]
    for (const [where, fields] of places) {
      test(`of a span: ${where}`, (storage) =>
        Effect.gen(function* () {
          const there = span(fields)
          yield* storage.insertSpans([there, span({ name: "say" }), span({ name: "needle" })])
          assert.deepStrictEqual((yield* storage.listSpans({ filters: { search: "needle say" } })).items, [there])
        }))
    }

    test("of a span: no ids, keys, numbers, tags, metadata and resource", (storage) =>
      Effect.gen(function* () {
        yield* storage.insertSpans([
          span({
            name: "s",
            sessionId: "needle",
            userId: "needle",
            tags: ["needle"],
            metadata: { needle: "needle" },
            resource: { needle: "needle" },
            attributes: { needle: 42, b: { needle: null } }
          })
        ])
        assert.deepStrictEqual((yield* storage.listSpans({ filters: { search: "needle" } })).items, [])
        assert.deepStrictEqual((yield* storage.listSpans({ filters: { search: "42" } })).items, [])
      }))

    const logPlaces: ReadonlyArray<readonly [where: string, fields: LogFields]> = [
      ["message", { message: "say needle" }],
      ["data", { data: [{ a: ["say needle"] }] }],
      ["attributes", { attributes: { a: "say needle" } }],
      ["one word each", { message: "say", data: ["needle"] }]
    ]
    for (const [where, fields] of logPlaces) {
      test(`of a log: ${where}`, (storage) =>
        Effect.gen(function* () {
          const there = log(fields)
          yield* storage.insertLogs([there, log({ message: "say" }), log({ message: "needle", cause: "say" })])
          assert.deepStrictEqual((yield* storage.listLogs({ filters: { search: "needle say" } })).items, [there])
        }))
    }

    test("asks together with every other filter of the same span", (storage) =>
      Effect.gen(function* () {
        const needle = { attributes: { a: "needle" } }
        yield* storage.insertSpans([
          span({ name: "both", model: "m", ...needle }),
          span({ name: "word", ...needle }),
          span({ name: "model", model: "m" })
        ])
        const filters = { search: "needle", model: "m" }
        assert.deepStrictEqual(names(yield* storage.listSpans({ filters })), ["both"])
        assert.deepStrictEqual(names(yield* storage.listSpans({ filters: { search: "needle", name: "no" } })), [])
      }))

    test("finds traces of which some span has all words, whatever others are asked of", (storage) =>
      Effect.gen(function* () {
        const of = (n: number, id: number, fields: SpanFields) =>
          span({
            traceId: traceId(n),
            spanId: spanId(id),
            startTime: at(n),
            ...(id > 1 && { parentSpanId: spanId(1) }),
            ...fields
          })
        yield* storage.insertSpans([
          of(1, 1, { name: "one" }),
          of(1, 2, { name: "say needle" }),
          of(1, 3, { name: "c", model: "m" }),
          of(2, 1, { name: "two say" }),
          of(2, 2, { name: "needle" }),
          of(3, 1, { name: "three say needle" })
        ])
        assert.deepStrictEqual(names(yield* storage.listTraces({ filters: { search: "say needle" } })), [
          "three say needle",
          "one"
        ])
        assert.deepStrictEqual(names(yield* storage.listTraces({ filters: { search: "needle", model: "m" } })), ["one"])
        assert.deepStrictEqual(names(yield* storage.listTraces({ filters: { search: "needle", name: "one" } })), [
          "one"
        ])
      }))

    test("finds sessions of which some span or log has all words", (storage) =>
      Effect.gen(function* () {
        yield* store(
          storage,
          span({ sessionId: "span", startTime: at(0), endTime: at(1), name: "say needle" }),
          log({ sessionId: "log", timestamp: at(2), message: "needle, say" }),
          span({ sessionId: "apart", startTime: at(3), name: "say" }),
          log({ sessionId: "apart", timestamp: at(3), message: "needle" }),
          log({ message: "say needle" })
        )
        const { items } = yield* storage.listSessions({ filters: { search: "say needle" } })
        assert.deepStrictEqual(
          items.map(({ sessionId }) => sessionId),
          ["log", "span"]
        )
        assert.deepStrictEqual((yield* storage.listSessions({ filters: { search: "absent" } })).items, [])
        const one = yield* storage.listSessions({ filters: { search: "needle", sessionId: "log" } })
        assert.strictEqual(one.items.length, 1)
      }))

    test("finds what a record is now, and nothing of what it was", (storage) =>
      Effect.gen(function* () {
        const ids = { traceId: traceId(1), spanId: spanId(1), startTime: at(0), sessionId: "s", name: "s" }
        const found = (search: string) =>
          Effect.map(
            Effect.all([
              storage.listSpans({ filters: { search } }),
              storage.listTraces({ filters: { search } }),
              storage.listSessions({ filters: { search } })
            ]),
            (lists) => lists.map(({ items }) => items.length)
          )
        yield* storage.insertSpans([span({ ...ids, status: "running", attributes: { a: "before" } })])
        assert.deepStrictEqual(yield* found("before"), [1, 1, 1])
        yield* storage.insertSpans([span({ ...ids, endTime: at(1), attributes: { a: "after" } })])
        assert.deepStrictEqual(yield* found("before"), [0, 0, 0])
        assert.deepStrictEqual(yield* found("after"), [1, 1, 1])
        yield* storage.insertSpans([span({ ...ids, status: "running", attributes: { a: "late" } })])
        assert.deepStrictEqual(yield* found("late"), [0, 0, 0])
        yield* storage.deleteSession("s")
        assert.deepStrictEqual(yield* found("after"), [0, 0, 0])
      }))

    const specials = ["Straße", "u\u0308ber", "東京", "👍🏽", "zeile\nende", "ÄRGER!", "100%, sure", "ＡＢ１"]
    /** The text of a turn, which begins and ends with words of no other turn. */
    const said = (session: string, n: number) =>
      `begin${n}${session} ${specials[n % specials.length]} ${"lorem ipsum ".repeat(30)}end${n}${session}`
    const turns = (session: string, count: number) =>
      Array.from({ length: count }, (_, n) => ({ role: "user", content: said(session, n) }))
    const ascii = (json: string) =>
      json.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
    /** The same turns as a list, as a list of texts, and as JSON, of ASCII alone. */
    const inputs: Readonly<Record<string, (count: number) => Json>> = {
      a: (count) => turns("a", count),
      b: (count) => turns("b", count).map(({ content }) => content),
      c: (count) => ascii(JSON.stringify({ messages: turns("c", count) }))
    }
    /** Calls of three sessions, each with all turns before it. */
    const calls = Array.from({ length: 90 }, (_, n) => {
      const session = "abc"[n % 3] as string
      const count = 1 + Math.floor(n / 3)
      return span({
        name: `${session} ${count}`,
        sessionId: session,
        spanType: "model_generation",
        model: count % 2 === 0 ? "even" : "odd",
        startTime: at(n),
        attributes: { input: inputs[session]?.(count) ?? null }
      })
    })
    const countOf = (name: string) => Number(name.slice(2))
    /** The newest first, of calls that have a turn. */
    const callsWith = (turn: number, sessions = "abc") =>
      calls
        .map(({ name }) => name)
        .filter((name) => sessions.includes(name[0] as string) && countOf(name) > turn)
        .toReversed()
    const inConversations: ReadonlyArray<readonly [search: string, found: ReadonlyArray<string>]> = [
      ["begin20a", callsWith(20, "a")],
      ["end29b", callsWith(29, "b")],
      ["begin11c END17C", callsWith(17, "c")],
      ["begin11c end17b", []],
      ["7 begin2a", ["a 7"]],
      ["strasse end0b", callsWith(0, "b")],
      ["über 東京", callsWith(2)],
      ["ärger", callsWith(5)],
      ["zeile ende", callsWith(4)],
      ['"100%, sure"', callsWith(6)],
      ["ab1 👍", callsWith(7)],
      ['"ipsum end9"', callsWith(9)],
      ['"end9c"', callsWith(9, "c")],
      // Of a text one message goes on in the next.
      ['"},{"', callsWith(1, "c")],
      ['"}, {"', []],
      ["role", callsWith(0, "c")],
      ["absent", []]
    ]

    test("finds words in the messages that calls of a model share", (storage) =>
      Effect.gen(function* () {
        for (let i = 0; i < calls.length; i += 25) yield* storage.insertSpans(calls.slice(i, i + 25))
        for (const [search, expected] of inConversations) {
          const found = yield* pages((pagination) => storage.listSpans({ filters: { search }, pagination }), 40)
          assert.deepStrictEqual(
            found.flat().map(({ name }) => name),
            expected,
            search
          )
          const sessions = yield* storage.listSessions({ filters: { search } })
          assert.sameMembers(
            sessions.items.map(({ sessionId }) => sessionId as string),
            Array.from(new Set(expected.map((name) => name[0] as string))),
            search
          )
          const odd = yield* storage.listSpans({ filters: { search, model: "odd" } })
          assert.deepStrictEqual(names(odd), expected.filter((name) => countOf(name) % 2 === 1).slice(0, 50))
        }
        const [call] = (yield* storage.listSpans({ filters: { search: "begin29a" } })).items
        assert.deepStrictEqual(
          call,
          calls.find(({ name }) => name === "a 30")
        )
        const rows = yield* storage.aggregate({
          of: "spans",
          filters: { search: "begin20a" },
          measures: { calls: "count" }
        })
        assert.deepStrictEqual(
          rows.map(({ values }) => values),
          [{ calls: 10 }]
        )
      }))

    test("finds nothing of messages that no span has any more", (storage) =>
      Effect.gen(function* () {
        const call = (session: string, count: number, fields: SpanFields) =>
          span({ sessionId: session, traceId: traceId(1), attributes: { input: turns(session, count) }, ...fields })
        const ids = { name: "call", spanId: spanId(1), startTime: at(0) }
        const found = (search: string) => Effect.map(storage.listSpans({ filters: { search } }), names)
        yield* storage.insertSpans([
          call("a", 9, { ...ids, status: "running" }),
          call("b", 9, { name: "other", spanId: spanId(2), startTime: at(1) })
        ])
        assert.deepStrictEqual(yield* found("begin8a"), ["call"])
        yield* storage.insertSpans([call("a", 7, { ...ids, endTime: at(2) })])
        assert.deepStrictEqual(yield* found("begin8a"), [])
        assert.deepStrictEqual(yield* found("begin6a"), ["call"])
        yield* storage.deleteSession("a")
        assert.deepStrictEqual(yield* found("begin6a"), [])
        assert.deepStrictEqual(yield* found("begin6b"), ["other"])
        yield* storage.deleteBefore(at(2))
        assert.deepStrictEqual(yield* found("begin6b"), [])
      }))

    /** 2,100 spans and logs in 30 sessions: every third has one word, one in 300 another. */
    const many = Array.from({ length: 2_100 }, (_, n) => {
      const said = `${n % 3 === 0 ? "common" : "other"} ${n % 300 === 7 ? "seldom" : "often"} unique${n}`
      return { n, said, sessionId: `s${n % 30}`, time: at((n * 7_919) % 2_100) }
    })

    test("shows each hit once, page by page, in either order", (storage) =>
      Effect.gen(function* () {
        const spans = many.map(({ n, said, sessionId, time }) =>
          span({
            traceId: traceId(1 + Math.floor(n / 4)),
            spanId: spanId(n + 1),
            name: said,
            sessionId,
            startTime: time
          })
        )
        const logs = many.map(({ n, said, sessionId, time }) =>
          log({ logId: `log${n}`, message: said, sessionId, timestamp: time })
        )
        for (let i = 0; i < spans.length; i += 700) {
          yield* storage.insertSpans(spans.slice(i, i + 700))
          yield* storage.insertLogs(logs.slice(i, i + 700))
        }
        for (const search of ["common", "seldom", "unique1234", "common seldom", "absent", '"n unique9"']) {
          const isFound = (text: string) =>
            search.startsWith('"')
              ? text.includes(search.slice(1, -1))
              : search.split(" ").every((word) => text.split(" ").includes(word))
          const expected = spans
            .filter(({ name }) => isFound(name))
            .sort((a, b) =>
              a.startTime < b.startTime ? -1 : a.startTime > b.startTime ? 1 : a.spanId < b.spanId ? -1 : 1
            )
          for (const direction of ["asc", "desc"] as const) {
            const orderBy = { field: "time", direction } as const
            const sorted = direction === "asc" ? expected : expected.toReversed()
            const limit = 97
            const found = yield* pages(
              (pagination) => storage.listSpans({ filters: { search }, orderBy, pagination }),
              limit
            )
            assert.deepStrictEqual(
              found.flat().map(({ name }) => name),
              sorted.map(({ name }) => name)
            )
            const foundLogs = yield* pages(
              (pagination) => storage.listLogs({ filters: { search }, orderBy, pagination }),
              limit
            )
            assert.deepStrictEqual(
              foundLogs.flat().map(({ message }) => message),
              sorted.map(({ name }) => name)
            )
          }
          const traces = yield* pages((pagination) => storage.listTraces({ filters: { search }, pagination }), 50)
          assert.sameMembers(
            traces.flat().map((span) => span.traceId),
            Array.from(new Set(expected.map((span) => span.traceId)))
          )
          const sessions = yield* pages((pagination) => storage.listSessions({ filters: { search }, pagination }), 7)
          assert.sameMembers(
            sessions.flat().map((session) => session.sessionId),
            Array.from(new Set(expected.map((span) => span.sessionId as string)))
          )
        }
      }))
  })
