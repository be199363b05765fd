import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { spanOf } from "../../src/otlp/internal/mapped.js"
import * as Sessions from "../../src/otlp/internal/sessions.js"
import { received } from "../../src/runtime/ownMetrics.js"
import type { SpanRecord } from "../../src/signal/SpanRecord.js"
import { log, span as record, type SpanFields, score } from "../../src/testing/Records.js"
import { learned } from "../utils/learned.js"
import { origin, span as receivedSpan } from "./senders/received.js"

const traceId = "f996f9fc4575b1ce4e7dfc4de5b6dcf7"
const id = (n: number) => n.toString(16).padStart(16, "0")

const span = (n: number, parent: number | undefined, fields: SpanFields = {}): SpanRecord =>
  record({
    traceId,
    spanId: id(n),
    ...(parent !== undefined && { parentSpanId: id(parent) }),
    name: `span ${n}`,
    ...fields
  })

const none = { spans: [], logs: [], scores: [] }

/** Emits batches of spans one after the other, and gives what a store has in the end: the later of a span wins. */
const stored = (batches: ReadonlyArray<ReadonlyArray<SpanRecord>>, sessions = Sessions.make()) => {
  const spans = new Map<string, SpanRecord>()
  for (const batch of batches) {
    for (const span of [...learned(sessions, { ...none, spans: batch }).spans, ...(sessions.more()?.spans ?? [])]) {
      const before = spans.get(span.spanId)
      if (before?.endTime === undefined || span.endTime !== undefined) spans.set(span.spanId, span)
    }
  }
  return spans
}

const sessionsOf = (spans: ReadonlyMap<string, SpanRecord>) =>
  Object.fromEntries(Array.from(spans.values(), ({ name, sessionId }) => [name.slice(5), sessionId]))

const typesOf = (spans: ReadonlyMap<string, SpanRecord>) =>
  Object.fromEntries(Array.from(spans.values(), ({ name, spanType }) => [name.slice(5), spanType]))

describe("Sessions", () => {
  it("give the session of a root to the children that came before it, with its thread and its user", () => {
    const sessions = Sessions.make()
    const children = [span(3, 2), span(2, 1)]
    assert.deepStrictEqual<unknown>(learned(sessions, { ...none, spans: children }).spans, children)
    const root = span(1, undefined, { sessionId: "s", threadId: "t", userId: "u" })
    const again = learned(sessions, { ...none, spans: [root] }).spans
    assert.deepStrictEqual<unknown>(
      again.map(({ name, sessionId, threadId, userId }) => ({ name, sessionId, threadId, userId })),
      ["span 1", "span 3", "span 2"].map((name) => ({ name, sessionId: "s", threadId: "t", userId: "u" }))
    )
    assert.deepStrictEqual<unknown>(
      learned(sessions, { ...none, spans: [span(9, undefined, { traceId: `${"0".repeat(31)}1` })] }).spans.length,
      1
    )
  })

  it("give what comes after the session is known that session at once, and nothing again", () => {
    const sessions = Sessions.make()
    learned(sessions, { ...none, spans: [span(1, undefined, { sessionId: "s" })] })
    const { spans } = learned(sessions, { ...none, spans: [span(2, 1), span(3, 77)] })
    assert.deepStrictEqual<unknown>(
      spans.map(({ sessionId }) => sessionId),
      ["s", "s"]
    )
  })

  it("give nobody what a trace does not name, and leave the session that a span has", () => {
    assert.deepStrictEqual<unknown>(sessionsOf(stored([[span(2, 1)], [span(1, undefined)]])), {
      2: undefined,
      1: undefined
    })
    assert.deepStrictEqual<unknown>(
      sessionsOf(stored([[span(2, 1, { sessionId: "own" })], [span(1, undefined, { sessionId: "s" })]])),
      {
        2: "own",
        1: "s"
      }
    )
  })

  it("give a span of a trace with several sessions that of the nearest span around it", () => {
    const trace = [
      span(1, undefined),
      span(2, 1, { sessionId: "a" }),
      span(3, 2),
      span(4, 3),
      span(5, 1, { sessionId: "b" }),
      span(6, 5)
    ]
    const expected = { 1: undefined, 2: "a", 3: "a", 4: "a", 5: "b", 6: "b" }
    assert.deepStrictEqual<unknown>(sessionsOf(stored([trace])), expected)
    assert.deepStrictEqual<unknown>(sessionsOf(stored([trace.toReversed()])), expected)
  })

  it("give the logs and scores of a trace its session, those that came before it, too", () => {
    const sessions = Sessions.make()
    const about = { traceId, spanId: id(2), serviceName: "test" }
    const early = log(about)
    const scored = score(about)
    const elsewhere = log({ serviceName: "test" })
    const first = learned(sessions, { spans: [span(2, 1)], logs: [early, elsewhere], scores: [scored] })
    assert.deepStrictEqual<unknown>(first.logs, [early, elsewhere])
    const then = learned(sessions, { spans: [span(1, undefined, { sessionId: "s" })], logs: [log(about)], scores: [] })
    assert.deepStrictEqual<unknown>(
      then.logs.map(({ sessionId }) => sessionId),
      ["s", "s"]
    )
    assert.strictEqual(then.logs[1]?.logId, early.logId)
    assert.deepStrictEqual<unknown>(
      then.scores.map(({ scoreId, sessionId }) => ({ scoreId, sessionId })),
      [{ scoreId: scored.scoreId, sessionId: "s" }]
    )
    assert.deepStrictEqual<unknown>(learned(sessions, { ...none, spans: [span(4, 1)] }).logs, [])
  })

  it("give the same where a batch comes twice", () => {
    const sessions = Sessions.make()
    const batch = [span(2, 1), span(1, undefined, { sessionId: "s" })]
    const first = learned(sessions, { ...none, spans: batch }).spans
    assert.deepStrictEqual<unknown>(learned(sessions, { ...none, spans: batch }).spans, first)
    assert.deepStrictEqual<unknown>(
      first.map(({ sessionId }) => sessionId),
      ["s", "s"]
    )
    const twice = [[span(2, 1)], [span(2, 1)], [span(1, undefined, { sessionId: "s" })], [span(2, 1)]]
    assert.deepStrictEqual<unknown>(sessionsOf(stored(twice)), { 2: "s", 1: "s" })
  })

  it("know a running span and its end as one, in either order", () => {
    const running = span(2, 1, { status: "running", endTime: undefined, sessionId: "s" })
    const ended = span(2, 1)
    for (const batches of [[[running], [ended]], [[ended], [running]], [[ended, running]]]) {
      const spans = stored([...batches, [span(3, 2)]])
      assert.deepStrictEqual<unknown>(sessionsOf(spans), { 2: "s", 3: "s" })
      assert.strictEqual(spans.get(id(2))?.status, "ok")
    }
  })

  it("leave the records of this library as they were sent, and learn from them", () => {
    const ours = origin("effect-observability")
    const [root, child] = [
      spanOf(receivedSpan(1, undefined, { origin: ours, name: "root", attributes: { "session.id": "s" } })),
      spanOf(receivedSpan(2, 1, { origin: ours, name: "child" }))
    ]
    const other = spanOf(receivedSpan(3, 1, { origin: origin("other"), name: "other" }))
    const { spans } = learned(Sessions.make(), { ...none, spans: [child, other, root] })
    assert.deepStrictEqual<unknown>(
      spans.map(({ sessionId }) => sessionId),
      [undefined, "s", "s"]
    )
  })

  it("count one model call once: the innermost that has usage", () => {
    const model = (n: number, parent: number | undefined, fields: SpanFields = {}) =>
      span(n, parent, { spanType: "model_generation", ...fields })
    const used = { inputTokens: 10, outputTokens: 2 }
    for (const [trace, expected] of [
      [[model(1, undefined, used), model(2, 1, used)], { 1: "generic", 2: "model_generation" }],
      [[model(1, undefined, used), model(2, 1)], { 1: "model_generation", 2: "generic" }],
      [[model(1, undefined), model(2, 1)], { 1: "generic", 2: "model_generation" }],
      [
        [model(1, undefined, used), span(2, 1), model(3, 2, used)],
        { 1: "generic", 2: "generic", 3: "model_generation" }
      ],
      [
        [model(1, undefined, used), span(2, 1, { spanType: "tool_call" }), model(3, 2, used)],
        { 1: "model_generation", 2: "tool_call", 3: "model_generation" }
      ],
      [
        [model(1, undefined, used), model(2, 1, { status: "error" }), model(3, 1)],
        { 1: "model_generation", 2: "model_generation", 3: "generic" }
      ],
      [
        [
          model(1, undefined, { ...used, attributes: { "gen_ai.operation.name": "chat" } }),
          model(2, 1, { ...used, attributes: { "gen_ai.operation.name": "embeddings" } })
        ],
        { 1: "model_generation", 2: "model_generation" }
      ],
      [
        [span(1, undefined, { spanType: "tool_call" }), span(2, 1), span(3, 2, { spanType: "tool_call" })],
        { 1: "tool_call", 2: "generic", 3: "generic" }
      ],
      [
        [
          span(1, undefined, { spanType: "tool_call", attributes: { "gen_ai.tool.name": "a" } }),
          span(2, 1, { spanType: "tool_call", attributes: { "gen_ai.tool.name": "b" } })
        ],
        { 1: "tool_call", 2: "tool_call" }
      ]
    ] as const) {
      assert.deepStrictEqual<unknown>(typesOf(stored([trace])) as object, expected)
      assert.deepStrictEqual<unknown>(typesOf(stored([trace.toReversed()])) as object, expected)
      assert.deepStrictEqual<unknown>(typesOf(stored(trace.map((span) => [span]))) as object, expected)
      assert.deepStrictEqual<unknown>(typesOf(stored(trace.toReversed().map((span) => [span]))) as object, expected)
    }
  })

  it("come to the same, in whatever order and batches the spans of a trace come", () => {
    const tree = FastCheck.array(
      FastCheck.record({
        parent: FastCheck.nat(10),
        session: FastCheck.constantFrom(undefined, undefined, "s"),
        type: FastCheck.constantFrom("generic", "model_generation", "tool_call", "agent_run"),
        tokens: FastCheck.constantFrom(undefined, 5)
      }),
      { minLength: 1, maxLength: 12 }
    )
    return FastCheck.assert(
      FastCheck.property(tree, FastCheck.infiniteStream(FastCheck.nat(100)), (drawn, order) => {
        const spans = drawn.map(({ parent, session, tokens, type }, i) =>
          span(i + 1, i === 0 ? undefined : (parent % i) + 1, {
            spanType: type as SpanRecord["spanType"],
            ...(session !== undefined && { sessionId: session }),
            ...(tokens !== undefined && { inputTokens: tokens })
          })
        )
        const shuffled = spans
          .map((span) => ({ span, at: order.next().value as number }))
          .sort((a, b) => a.at - b.at)
          .map(({ span }) => [span])
        const [whole, apart] = [stored([spans]), stored(shuffled)]
        const ordered = (types: object) => Object.fromEntries(Object.entries(types).sort())
        assert.deepStrictEqual<unknown>(ordered(sessionsOf(apart)), ordered(sessionsOf(whole)))
        assert.deepStrictEqual<unknown>(ordered(typesOf(apart)), ordered(typesOf(whole)))
      })
    )
  })

  it("go through spans that are their own parents, or each other's", () => {
    const spans = [
      span(1, 1),
      span(2, 3, { spanType: "model_generation" }),
      span(3, 2, { spanType: "model_generation" })
    ]
    assert.deepStrictEqual<unknown>(sessionsOf(stored([spans, [span(4, 1, { sessionId: "s" })]])), {
      1: "s",
      2: "s",
      3: "s",
      4: "s"
    })
  })

  it("forget what goes over their bounds, and count what stays without a session", () => {
    const count = () => (received.forgotten.unsafeValue([]) as { readonly count: number }).count
    const before = count()
    const sessions = Sessions.make({ spans: 10 })
    for (let i = 1; i <= 100; i++) {
      learned(sessions, { ...none, spans: [span(1, undefined, { traceId: i.toString(16).padStart(32, "0") })] })
    }
    assert.isAtLeast(count() - before, 80)
    const known = Sessions.make({ spans: 10 })
    learned(known, { ...none, spans: [span(1, undefined, { sessionId: "s" })] })
    for (let i = 1; i <= 50; i++) {
      learned(known, { ...none, spans: [span(1, undefined, { traceId: i.toString(16).padStart(32, "0") })] })
    }
    assert.strictEqual(
      learned(known, { ...none, spans: [span(2, 1)] }).spans[0]?.sessionId,
      "s",
      "the trace is remembered longer"
    )
  })

  it("hold no more bytes than they may", () => {
    const sessions = Sessions.make({ bytes: 100_000 })
    for (let i = 1; i <= 100; i++)
      learned(sessions, { ...none, spans: [span(i, 500, { attributes: { text: "x".repeat(5_000) } })] })
    const again = learned(sessions, { ...none, spans: [span(500, undefined, { sessionId: "s" })] }).spans
    assert.isBelow(again.length, 25)
    assert.isAbove(again.length, 0)
  })

  it("learn late of a large trace in time", () => {
    const sessions = Sessions.make()
    for (let batch = 0; batch < 40; batch++) {
      const spans = Array.from({ length: 500 }, (_, i) => span(batch * 500 + i + 2, 1))
      learned(sessions, { ...none, spans })
    }
    let again = learned(sessions, { ...none, spans: [span(1, undefined, { sessionId: "s" })] }).spans.length
    assert.isAtMost(again, 501)
    for (let more = sessions.more(); more !== undefined; more = sessions.more()) {
      assert.isAtMost(more.spans.length, 500)
      again += more.spans.length
    }
    assert.strictEqual(again, 20_001)
  })
})
