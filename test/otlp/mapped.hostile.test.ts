import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { logOf, scoreOf, spanOf, spansOf } from "../../src/otlp/internal/mapped.js"
import type { ReceivedSpan } from "../../src/otlp/internal/received.js"
import { attributes as ownMetrics } from "../../src/runtime/ownMetrics.js"
import type { Json, JsonObject } from "../../src/signal/Json.js"
import { LogRecord } from "../../src/signal/LogRecord.js"
import { Score } from "../../src/signal/Score.js"
import { SpanRecord } from "../../src/signal/SpanRecord.js"
import { codingAgents } from "./senders/codingAgents.js"
import { frameworks } from "./senders/frameworks.js"
import { pythons } from "./senders/pythons.js"
import { id, log, origin, span } from "./senders/received.js"

const senders = [...frameworks, ...pythons, ...codingAgents]
const sent = senders.flatMap(({ spans = [] }) => spans)
const logged = senders.flatMap(({ logs = [] }) => logs)
const names = Array.from(new Set([...sent, ...logged].flatMap(({ attributes }) => Object.keys(attributes))))

const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth)

const nasty: ReadonlyArray<Json> = [
  ...[
    "",
    " ",
    "null",
    "{}",
    "[]",
    "[[]]",
    "[null]",
    '{"role":null}',
    '{"messages":[null,1,"a",[]]}',
    '"',
    '{"a":',
    "1e999"
  ],
  ...[
    '{"a":1e999}',
    '"\\ud800"',
    '{"\\ud800":"\\udfff"}',
    '{"__proto__":{"a":1}}',
    nested(99),
    nested(100_000),
    "\u0000"
  ],
  ...[
    '[{"role":"user","content":[{"type":"text"},{"type":"image"},{"type":"tool_use"},{}]}]',
    "NaN",
    "-1",
    "9".repeat(400)
  ],
  ...[null, true, 0, -1, 1.5, 2 ** 53, 1e300],
  ...[
    [],
    {},
    [[[]]],
    [null],
    { role: 1 },
    { role: "user", parts: [null, 1] },
    { messages: "a" },
    { input: -1, output: "x" }
  ],
  JSON.parse('{"__proto__":{"role":"user"}}') as Json
]

const isRecord = (record: SpanRecord) => assert.deepStrictEqual<unknown>(new SpanRecord({ ...record }), record)

describe("what strangers send", () => {
  it("is a valid record, whatever the values of its attributes are", () => {
    const attributes = FastCheck.array(
      FastCheck.tuple(
        FastCheck.oneof(FastCheck.constantFrom(...names), FastCheck.constantFrom("__proto__", "constructor", "")),
        FastCheck.oneof(FastCheck.constantFrom(...nasty), FastCheck.jsonValue() as FastCheck.Arbitrary<Json>)
      ),
      { maxLength: 12 }
    ).map((entries) => Object.fromEntries(entries) as JsonObject)
    return FastCheck.assert(
      FastCheck.property(
        FastCheck.constantFrom(...sent),
        FastCheck.constantFrom(...logged),
        attributes,
        (span, log, drawn) => {
          const changed: ReceivedSpan = {
            ...span,
            attributes: { ...span.attributes, ...drawn },
            events: span.events.map((event) => ({ ...event, attributes: { ...event.attributes, ...drawn } }))
          }
          isRecord(spanOf(changed))
          isRecord(spanOf({ ...changed, origin: origin("effect-observability", drawn) }))
          for (const of of [log, { ...log, origin: origin("effect-observability", drawn) }]) {
            const received = { ...of, attributes: { ...of.attributes, ...drawn }, body: drawn }
            const record = logOf(received)
            assert.deepStrictEqual<unknown>(new LogRecord({ ...record }), record)
            for (const made of spansOf(received)) isRecord(made)
            const score = scoreOf({ ...received, eventName: "gen_ai.evaluation.result" })
            if (score !== undefined) assert.deepStrictEqual<unknown>(new Score({ ...score }), score)
          }
        }
      ),
      { numRuns: 400 }
    )
  })

  it("takes no longer for messages without end", () => {
    const many: Record<string, Json> = {}
    for (let i = 0; i < 100_000; i++) many[`llm.input_messages.${i}.message.content`] = "x"
    many[`gen_ai.prompt.${"0.".repeat(5_000)}a`] = "x"
    const record = spanOf(
      span(1, undefined, { origin: origin("x"), name: "x", attributes: { ...many, "openinference.span.kind": "LLM" } })
    )
    assert.strictEqual((record.attributes["gen_ai.input.messages"] as ReadonlyArray<Json>).length, 1_000)
    const long = JSON.stringify(Array.from({ length: 200_000 }, () => ({ role: "user", content: "x" })))
    const start = performance.now()
    spanOf(
      span(1, undefined, {
        origin: origin("x"),
        name: "x",
        attributes: { "ai.prompt.messages": long, "ai.operationId": "ai.generateText" }
      })
    )
    assert.isBelow(performance.now() - start, 1_000)
  })

  it("has no session that is none, and is kept", () => {
    for (const session of ["", " a", "a ", "a\nb", "ä", "x".repeat(201), null, {}, [], true]) {
      const record = spanOf(
        span(1, undefined, { origin: origin("x"), name: "x", attributes: { "session.id": session } })
      )
      assert.isFalse("sessionId" in record, JSON.stringify(session))
    }
    const record = spanOf(
      span(1, undefined, {
        origin: origin("x"),
        name: "x",
        attributes: { "session.id": "", "gen_ai.conversation.id": "c" }
      })
    )
    assert.strictEqual(record.sessionId, "c")
  })

  it("is counted where a value is none for its field", () => {
    const refused: Array<string> = []
    spanOf(
      span(1, undefined, {
        origin: origin("x"),
        name: "x",
        attributes: {
          "session.id": "x".repeat(201),
          "user.id": {},
          "gen_ai.usage.input_tokens": -1,
          "gen_ai.request.model": ""
        }
      }),
      (attribute) => refused.push(attribute)
    )
    assert.deepStrictEqual<unknown>(refused, ["session.id", "user.id", "gen_ai.usage.input_tokens"])
    assert.isDefined(ownMetrics.refused)
  })

  it("has times that a store can hold", () => {
    const latest = 2n ** 63n - 1n
    const record = spanOf(
      span(1, undefined, { origin: origin("x"), name: "x", startTime: 2n ** 64n - 1n, endTime: 5n })
    )
    assert.deepStrictEqual<unknown>([record.startTime, record.endTime], [latest, latest])
    assert.strictEqual(logOf(log({ origin: origin("x"), time: 0n, observedTime: 7n })).timestamp, 7n)
  })

  it("is another log where anything differs, and the same where nothing does", () => {
    const one = log({ origin: origin("x"), body: "a", attributes: { a: 1 } })
    const ids = [
      one,
      { ...one, body: "b" },
      { ...one, attributes: { a: 2 } },
      { ...one, time: one.time + 1n },
      { ...one, severityNumber: 10 },
      { ...one, origin: origin("x", { "service.name": "other" }) },
      { ...one, traceId: "0af7651916cd43dd8448eb211c80319c", spanId: id(1) }
    ].map((log) => logOf(log).logId)
    assert.strictEqual(new Set(ids).size, ids.length)
    assert.strictEqual(logOf({ ...one, observedTime: 9n }).logId, ids[0])
    assert.strictEqual(logOf({ ...one, attributes: { "log.record.uid": "u" } }).logId, "u")
  })
})

describe("an evaluation", () => {
  it("is a score", () => {
    const received = log({
      origin: origin("x", { "service.name": "agent", "session.id": "s" }),
      eventName: "gen_ai.evaluation.result",
      traceId: "0af7651916cd43dd8448eb211c80319c",
      spanId: id(1),
      attributes: {
        "gen_ai.evaluation.name": "relevance",
        "gen_ai.evaluation.score.value": "0.5",
        "gen_ai.evaluation.score.label": "fair",
        "gen_ai.evaluation.explanation": "because"
      }
    })
    const { scoreId, ...score } = scoreOf(received) ?? assert.fail()
    assert.deepStrictEqual<unknown>(score, {
      time: received.time,
      name: "relevance",
      value: 0.5,
      label: "fair",
      comment: "because",
      dataType: "numeric",
      source: "code",
      traceId: "0af7651916cd43dd8448eb211c80319c",
      spanId: id(1),
      sessionId: "s",
      serviceName: "agent",
      tags: []
    } as object)
    assert.strictEqual(scoreOf(received)?.scoreId, scoreId)
    assert.isUndefined(scoreOf({ ...received, eventName: "other" }))
    assert.isUndefined(scoreOf({ ...received, attributes: { "gen_ai.evaluation.name": "x" } }))
  })
})
