import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as fc from "effect/FastCheck"
import * as Option from "effect/Option"
import type { JsonObject } from "../../signal/Json.js"
import { LogRecord } from "../../signal/LogRecord.js"
import { keyOf } from "../../signal/Signal.js"
import { SpanRecord } from "../../signal/SpanRecord.js"
import { signalNames, signals } from "../../signal/signals.js"
import * as Storage from "../../storage/Storage.js"
import { records } from "../arbitrary.js"
import { at, type LogFields, log, type SpanFields, score, span, spanId, traceId } from "../Records.js"
import { type StorageLayer, store, testOn } from "./utils.js"

const first = -(2n ** 63n)
const last = 2n ** 63n - 1n

const texts: Readonly<Record<string, string>> = {
  "an empty string": "",
  "spaces at both ends": "  a  ",
  "NUL at the end": "a\u0000",
  "NUL alone": "\u0000",
  "NUL in the middle": "a\u0000b",
  "record and unit separators": "a\u001eb\u001fc",
  "control characters": "\u0001\u0007\b\t\n\u000b\f\r\u001b\u007f\u0080",
  quotes: `'"\`''""`,
  backslashes: "\\ \\\\ \\n \\u0000 \\x41",
  "letters beyond ASCII": "Ελλάδα, 日本語, العربية",
  "composed and decomposed accents": "\u00e9 e\u0301",
  emoji: "👩‍👩‍👧‍👦 🇪🇺 \u{1f600}",
  "the ends of the planes": "\ufeff\uffff\ufffd\u{10ffff}",
  "line separators": "\u2028\u2029\u0085",
  "SQL that drops a table": "'); DROP TABLE mastra_ai_spans; --",
  "SQL that is always true": "' OR '1'='1",
  "placeholders and wildcards": "? $1 :a @b % _ * {x:String}",
  "the name of nothing": "NULL",
  "escapes of CSV and TSV": '\\N,\t"a",;|',
  "a JSON object": `{"a":[1,null,"\\u0000"]}`,
  "a number": "1e5",
  "a boolean": "true"
}

const values: Readonly<Record<string, JsonObject>> = {
  "nothing but null": { a: null, b: [null], c: { d: null } },
  "empty objects and arrays": { a: {}, b: [], c: [[], {}], d: [{}] },
  "large and small numbers": { a: 1e308, b: -1e308, c: 5e-324, d: 0.1, e: 1e21, f: -1.5e-7, g: 0 },
  "whole numbers up to 2^53": { a: 2 ** 53, b: -(2 ** 53), c: Number.MAX_SAFE_INTEGER, d: 4_294_967_296 },
  "mixed arrays": { a: [1, "1", true, null, { b: 1 }, [2]] },
  "strings that look like other values": { a: "1", b: "true", c: "null", d: "", e: "{}" },
  "keys with dots, quotes and brackets": {
    "a.b": 1,
    'a"b': 2,
    "a'b": 3,
    "a[0]": 4,
    "$.a": 5,
    "a\\b": 6,
    "": 7,
    "/": 8
  },
  "keys of every text": Object.fromEntries(Object.values(texts).map((text, index) => [text, index])),
  "keys that differ in case": { a: 1, A: 2 },
  "a key of the prototype": JSON.parse(`{"__proto__":{"polluted":true},"constructor":1,"toString":"x"}`) as JsonObject,
  "150 levels": nested(150),
  "1,000 keys": Object.fromEntries(Array.from({ length: 1_000 }, (_, n) => [`key-${n}`, n])),
  "a megabyte": { a: "é\u0000'".repeat(250_000) }
}

export const fidelityContract = (layer: StorageLayer) =>
  describe("what is read is what was stored", () => {
    const test = testOn(layer)

    const keeps = (name: string, spanFields: SpanFields, logFields: LogFields) =>
      test(name, (storage) =>
        Effect.gen(function* () {
          const stored = { span: span(spanFields), log: log(logFields) }
          yield* store(storage, stored.span, stored.log)
          const read = yield* storage.getSpan(stored.span)
          assert.deepStrictEqual(read, Option.some(stored.span))
          const spans = (yield* storage.listSpans()).items
          assert.deepStrictEqual(spans, [stored.span])
          assert.instanceOf(spans[0], SpanRecord)
          const logs = (yield* storage.listLogs()).items
          assert.deepStrictEqual(logs, [stored.log])
          assert.instanceOf(logs[0], LogRecord)
        })
      )

    for (const name of signalNames) {
      test(`100 drawn ${name}, each with any values that its fields may have`, (storage) =>
        Effect.gen(function* () {
          const methods = Storage.methodsOf(storage, name)
          const drawn = fc.sample<never>(records(name) as fc.Arbitrary<never>, { numRuns: 100, seed: 7 })
          const stored = new Map(drawn.map((record) => [keyOf(signals[name], record), record]))
          yield* methods.insert(Array.from(stored.values()))
          const { items } = yield* methods.list({ pagination: { limit: 1000 } })
          assert.strictEqual(items.length, stored.size)
          for (const item of items) assert.deepStrictEqual(item, stored.get(keyOf(signals[name], item)))
        }))
    }

    keeps("no optional field at all", {}, {})

    const shared = {
      sessionId: "session",
      threadId: "thread",
      runId: "run",
      requestId: "request",
      resourceId: "resource",
      userId: "user",
      organizationId: "organization",
      conversationId: "conversation",
      serviceName: "service",
      environment: "production",
      tags: ["b", "a", "b"],
      metadata: { plan: "pro" },
      attributes: { a: 1 }
    }
    const whole: SpanFields = {
      ...shared,
      parentSpanId: spanId(7),
      parentIsRemote: true,
      traceState: "vendor=1",
      name: "chat gpt",
      kind: "client",
      spanType: "model_generation",
      status: "error",
      statusMessage: "it broke",
      startTime: at(1),
      endTime: at(2),
      model: "gpt",
      provider: "openai",
      inputTokens: 10,
      outputTokens: 20,
      requestModel: "gpt-latest",
      cachedInputTokens: 4,
      cacheWriteTokens: 3,
      reasoningTokens: 12,
      timeToFirstToken: 1_234_567n,
      toolName: "search",
      agentName: "planner",
      costUsd: 0.0123,
      costSource: "provider",
      events: [
        { name: "first", time: at(1.5), attributes: { a: 1 } },
        { name: "second", time: at(1.25), attributes: {} }
      ],
      links: [
        { traceId: traceId(8), spanId: spanId(8), attributes: { b: [2] } },
        { traceId: "not hex", spanId: "", attributes: {} }
      ],
      resource: { "service.version": "1.2.3" },
      dropped: { attributes: 1, events: 2, links: 3 }
    }
    const wholeLog: LogFields = {
      ...shared,
      logId: "0190a6f4-7d3c-7b4e-8a57-0242ac120002",
      timestamp: at(3),
      level: "fatal",
      message: "it broke",
      data: [{ a: 1 }, [2], null, "text"],
      logSpans: { request: 12.5, inner: 0 },
      cause: "Error: it broke\n    at here",
      traceId: traceId(9),
      spanId: spanId(9)
    }
    keeps("every field", whole, wholeLog)

    for (const status of ["running", "ok", "error", "interrupted"] as const) {
      keeps(`the status ${status}`, { status }, {})
    }
    for (const kind of ["internal", "server", "client", "producer", "consumer"] as const) {
      keeps(`the kind ${kind}`, { kind }, {})
    }
    for (const spanType of ["agent_run", "tool_call", "workflow_run", "workflow_step", "retrieval"] as const) {
      keeps(`the type ${spanType}`, { spanType }, {})
    }
    for (const level of ["trace", "debug", "info", "warn", "error"] as const) keeps(`the level ${level}`, {}, { level })

    keeps("a remote parent that is said to be none", { parentSpanId: spanId(1), parentIsRemote: false }, {})
    keeps("the ends of time", { startTime: first, endTime: last }, { timestamp: last })
    keeps("times before the epoch", { startTime: -1n, endTime: 0n }, { timestamp: first })
    keeps("single nanoseconds", { startTime: at(0) + 1n, endTime: at(0) + 3n }, { timestamp: at(0) + 7n })
    keeps("an end before the start", { startTime: at(2), endTime: at(1) }, {})
    keeps(
      "no events, empty attributes of events, and the ends of their time",
      {
        events: [
          { name: "", time: first, attributes: {} },
          { name: "", time: last, attributes: {} }
        ]
      },
      {}
    )
    keeps("zero tokens and no cost", { inputTokens: 0, outputTokens: 0, costUsd: 0 }, {})
    keeps("huge tokens and cost", { inputTokens: 2 ** 53 - 1, outputTokens: -(2 ** 53 - 1), costUsd: 1e308 }, {})
    keeps("the smallest cost", { costUsd: 5e-324 }, { logSpans: { a: 5e-324, b: 1e308 } })
    keeps("empty metadata, which is not absent", { metadata: {} }, { metadata: {} })
    keeps("empty tags", { tags: ["", ""] }, { tags: [""] })
    keeps("an id of 200 characters", { sessionId: "~".repeat(200) }, { sessionId: "! ~", logId: "x".repeat(1_000) })

    for (const [name, text] of Object.entries(texts)) {
      const everywhere = {
        threadId: text,
        runId: text,
        requestId: text,
        resourceId: text,
        userId: text,
        organizationId: text,
        conversationId: text,
        serviceName: text,
        environment: text,
        tags: [text, "tag", text],
        metadata: { [text]: text },
        attributes: { [text]: text, list: [text] }
      }
      keeps(
        `${name}, in every text`,
        {
          ...everywhere,
          traceState: text,
          name: text,
          statusMessage: text,
          model: text,
          provider: text,
          events: [{ name: text, time: at(0), attributes: { [text]: text } }],
          links: [{ traceId: text, spanId: text, attributes: { [text]: text } }],
          resource: { [text]: text }
        },
        {
          ...everywhere,
          logId: `id${text}`,
          message: text,
          data: [text, { [text]: text }],
          logSpans: { [text]: 1 },
          cause: text,
          traceId: text,
          spanId: text
        }
      )

      test(`${name}, found by it and nothing else`, (storage) =>
        Effect.gen(function* () {
          const fields = { threadId: text, tags: [text], metadata: { [text]: text, key: text } }
          const found = { span: span({ ...fields, name: text, model: text }), log: log({ ...fields, message: text }) }
          const other = { threadId: "other", tags: ["other"], metadata: { other: "other", key: "other" } }
          yield* store(storage, found.span, found.log, span({ ...other, model: "m" }), log({ ...other, message: "m" }))
          for (const filters of [
            { threadId: text },
            { tags: [text] },
            { metadata: { key: text } },
            { metadata: { [text]: text } }
          ]) {
            assert.deepStrictEqual((yield* storage.listSpans({ filters })).items, [found.span])
            assert.deepStrictEqual((yield* storage.listTraces({ filters })).items, [found.span])
            assert.deepStrictEqual((yield* storage.listLogs({ filters })).items, [found.log])
          }
          assert.deepStrictEqual((yield* storage.listSpans({ filters: { name: text } })).items, [found.span])
          assert.deepStrictEqual((yield* storage.listSpans({ filters: { model: text } })).items, [found.span])
          // A text that looks like JSON is searched as JSON.
          if (!/[\p{L}\p{N}]/u.test(text) || text.startsWith("{")) return
          for (const search of [text.replaceAll('"', " "), `"${text.replaceAll('"', "").trim()}"`]) {
            if (search.includes('"') && text.includes('"')) continue
            assert.deepInclude((yield* storage.listLogs({ filters: { search } })).items, found.log)
            assert.deepInclude((yield* storage.listSpans({ filters: { search } })).items, found.span)
          }
        }))
    }

    for (const [name, value] of Object.entries(values)) {
      keeps(
        `${name}, in every JSON value`,
        {
          attributes: value,
          metadata: value,
          resource: value,
          events: [{ name: "event", time: at(0), attributes: value }],
          links: [{ traceId: "a", spanId: "b", attributes: value }]
        },
        { attributes: value, metadata: value, data: [value] }
      )
    }

    test("a key of the prototype stays a key of its own", (storage) =>
      Effect.gen(function* () {
        const stored = span({ attributes: JSON.parse(`{"__proto__":{"polluted":true}}`) as JsonObject })
        yield* storage.insertSpans([stored])
        const read = (yield* storage.listSpans()).items[0] as SpanRecord
        assert.strictEqual(JSON.stringify(read.attributes), `{"__proto__":{"polluted":true}}`)
        assert.isFalse("polluted" in {})
      }))

    test("what is read says what it is, and each part of it can be made JSON", (storage) =>
      Effect.gen(function* () {
        const whole = span({
          sessionId: "s",
          events: [{ name: "e", time: at(1), attributes: { a: 1 } }],
          links: [{ traceId: traceId(8), spanId: spanId(8), attributes: {} }]
        })
        yield* storage.insertSpans([whole])
        yield* storage.insertLogs([log({ sessionId: "s" })])
        yield* storage.insertScores([score({ sessionId: "s" })])
        const { items } = yield* storage.sessionTimeline({ sessionId: "s" })
        assert.sameMembers(
          items.map(({ _tag }) => _tag),
          ["SpanRecord", "LogRecord", "Score"]
        )
        for (const { events, links } of [...items, ...(yield* storage.listSpans()).items].filter(isSpan)) {
          const { events: encoded } = whole.toJSON()
          assert.deepStrictEqual(JSON.parse(JSON.stringify({ events, links })), { events: encoded, links: whole.links })
        }
      }))

    test("a negative zero is a zero", (storage) =>
      Effect.gen(function* () {
        yield* storage.insertSpans([span({ attributes: { zero: -0 }, costUsd: -0 })])
        const read = (yield* storage.listSpans()).items[0] as SpanRecord
        assert.isTrue(read.attributes.zero === 0)
        assert.isTrue(read.costUsd === 0)
      }))
  })

const isSpan = (record: Storage.TimelineItem): record is SpanRecord => record._tag === "SpanRecord"

function nested(levels: number): JsonObject {
  return levels === 1 ? { leaf: true } : { child: nested(levels - 1) }
}
