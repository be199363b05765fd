import { Agent } from "node:http"
import { assert } from "@effect/vitest"
import { Effect, Metric } from "effect"
import { SessionId, type SpanRecord, TracingOptions } from "effect-observability"
import { client, id, named, ofKind, raw, serve, start, stored, whoami } from "../propagation/utils.js"
import type { Row } from "./row.js"

const a = id("session-a")
const b = id("session-b")
const traceId = "12345678901234567890123456789012"
const traceparent = `00-${traceId}-1234567890123456-01`

const asking = (session: string | undefined) => (session === undefined ? [] : ["x-mastra-session-id", session])

const interleaved = Effect.gen(function* () {
  const url = yield* serve(Effect.zipRight(Effect.yieldNow(), whoami))
  const agent = new Agent({ keepAlive: true, maxSockets: 20 })
  yield* Effect.addFinalizer(() => Effect.sync(() => agent.destroy()))
  const sessions = Array.from({ length: 10_000 }, (_, index) => [a, b, undefined][index % 3])
  const answers = yield* Effect.forEach(sessions, (session) => raw(url, asking(session), { agent }), {
    concurrency: 20
  })
  assert.deepStrictEqual(
    answers.map(({ body }) => body),
    sessions.map((session) => session ?? "none")
  )
  const { logs, spans } = yield* stored
  const served = new Map(ofKind(spans, "server").map((span) => [span.spanId, span.sessionId]))
  for (const session of [a, b, undefined]) {
    const count = sessions.filter((other) => other === session).length
    assert.strictEqual(Array.from(served.values()).filter((other) => other === session).length, count)
  }
  const handlers = spans.filter(({ name }) => name === "handler")
  assert.deepStrictEqual([served.size, handlers.length, logs.length], [10_000, 10_000, 10_000])
  for (const { parentSpanId, sessionId } of handlers) assert.strictEqual(sessionId, served.get(parentSpanId as string))
  for (const { sessionId, spanId } of logs) assert.strictEqual(sessionId, served.get(spanId as string))
})

const twoProcesses = Effect.gen(function* () {
  const port = yield* start("../boundaries/server.ts", /(\d+)\n/)
  const http = yield* client()
  yield* http.get(`http://127.0.0.1:${port}/work`).pipe(
    Effect.flatMap(({ text }) => text),
    Effect.withSpan("caller"),
    SessionId.withSessionId(a)
  )
  const { spans } = yield* stored
  const sent = named(spans, "http.client GET")
  const response = yield* http.get(`http://127.0.0.1:${port}/spans`)
  const there = (yield* response.json) as ReadonlyArray<SpanRecord.SpanRecord>
  const work = named(there, "work")
  const served = there.find(({ spanId }) => spanId === work.parentSpanId)
  assert.deepStrictEqual([work.sessionId, work.traceId], [a, sent.traceId])
  assert.deepStrictEqual([served?.sessionId, served?.kind, served?.parentSpanId], [a, "server", sent.spanId])
  assert.strictEqual(there.filter(({ sessionId }) => sessionId === a).length, 2)
})

const hostile: ReadonlyArray<
  readonly [name: string, headers: ReadonlyArray<string>, session: string | undefined, refused: Array<string>]
> = [
  ["a session id that is too long", ["x-mastra-session-id", "x".repeat(201)], undefined, ["x-mastra-session-id"]],
  ["an empty session id", ["x-mastra-session-id", ""], undefined, ["x-mastra-session-id"]],
  ["a session id beyond ASCII", ["x-mastra-session-id", "s\u00e9"], undefined, ["x-mastra-session-id"]],
  ["a tab in a session id", ["x-mastra-session-id", "a\tb"], undefined, ["x-mastra-session-id"]],
  ["two session ids", ["x-mastra-session-id", "a", "X-Mastra-Session-Id", "b"], undefined, ["x-mastra-session-id"]],
  ["a session id with a comma, which is one", ["x-mastra-session-id", "a, b"], "a, b", []],
  ["control characters in baggage", ["baggage", "session.id=a%0Ab"], undefined, ["session.id"]],
  ["NUL in baggage", ["baggage", "session.id=%00"], undefined, ["session.id"]],
  ["two sessions in baggage", ["baggage", "session.id=a,session.id=b"], undefined, ["session.id"]],
  ["the same session twice in baggage", ["baggage", "session.id=a,session.id=a"], "a", []],
  [
    "a bad header beside good baggage",
    ["x-mastra-session-id", " ", "baggage", "session.id=a"],
    "a",
    ["x-mastra-session-id"]
  ],
  ["malformed baggage beside a session", ["baggage", "session.id=a,b c=1"], "a", ["baggage"]],
  ["a user with control characters", ["baggage", "session.id=a,user.id=%1b[0m"], "a", ["user.id"]],
  ["a user that is too long", ["baggage", `session.id=a,user.id=${"x".repeat(201)}`], "a", ["user.id"]],
  [
    "baggage of 70 members",
    ["baggage", `session.id=a,${Array.from({ length: 70 }, (_, i) => `k${i}=v`)}`],
    "a",
    ["baggage"]
  ],
  ["baggage of 12,000 bytes", ["baggage", `k=${"x".repeat(12_000)},session.id=a`], undefined, ["baggage"]],
  ["a malformed traceparent", ["traceparent", "garbage", "x-mastra-session-id", "a"], "a", ["traceparent"]],
  ["two traceparents", ["traceparent", traceparent, "traceparent", traceparent], undefined, ["traceparent"]],
  ["a malformed tracestate", ["traceparent", traceparent, "tracestate", "FOO=1"], undefined, ["tracestate"]],
  ["a prototype as a session", ["baggage", "__proto__=a,constructor=b"], undefined, []]
]

const hostileHeaders = Effect.gen(function* () {
  const url = yield* serve(whoami)
  for (const [name, headers, session, refused] of hostile) {
    const counts = Effect.forEach(refused, (header) =>
      Effect.map(Metric.value(Metric.tagged(counter, "header", header)), ({ count }) => count)
    )
    const before = yield* counts
    const { body, status } = yield* raw(url, headers)
    assert.deepStrictEqual([status, body], [200, session ?? "none"], name)
    assert.deepStrictEqual(
      yield* counts,
      before.map((count) => count + 1),
      name
    )
  }
  const served = ofKind((yield* stored).spans, "server")
  assert.strictEqual(served.length, hostile.length)
  for (const [index, [name, , session, refused]] of hostile.entries()) {
    const { attributes, sessionId, traceId: trace } = served[index] as SpanRecord.SpanRecord
    const said = attributes["effect_observability.propagation.refused"] ?? []
    assert.deepStrictEqual([sessionId, said], [session, refused], name)
    if (refused.includes("traceparent")) assert.notStrictEqual(trace, traceId, name)
  }
})

const counter = Metric.counter("effect_observability.propagation.refused", {
  description: "Headers and members of baggage that were dropped because they are malformed",
  incremental: true
})

const startedInside = Effect.gen(function* () {
  const url = yield* serve(whoami).pipe(
    Effect.withSpan("startup"),
    TracingOptions.withTracingOptions({ sessionId: id("startup"), userId: "startup", tags: ["startup"] })
  )
  assert.strictEqual((yield* raw(url, [])).body, "none")
  assert.strictEqual((yield* raw(url, ["x-mastra-session-id", a])).body, a)
  const { logs, spans } = yield* stored
  const startup = named(spans, "startup")
  const [without, within] = ofKind(spans, "server")
  assert.deepStrictEqual([without?.sessionId, within?.sessionId], [undefined, a])
  for (const span of spans.filter((span) => span !== startup)) {
    assert.notStrictEqual(span.traceId, startup.traceId)
    assert.deepStrictEqual([span.userId, span.tags], [undefined, []])
  }
  assert.isUndefined(without?.parentSpanId)
  assert.deepStrictEqual(logs.map(({ sessionId }) => sessionId).sort(), [a, undefined])
})

/** What is crossed by HTTP. */
export const rows: ReadonlyArray<Row> = [
  {
    boundary: "two sessions at once over one server",
    holds: "no mixing in 10,000 interleaved requests",
    run: interleaved
  },
  {
    boundary: "HTTP between two processes",
    holds: "client, server and handler are of one session and one trace",
    run: twoProcesses
  },
  {
    boundary: "hostile inbound headers",
    holds: `${hostile.length} of them: dropped, counted and annotated, and the request goes on`,
    run: hostileHeaders
  },
  {
    boundary: "a server started inside a session",
    holds: "does not give it, its user, its tags or its trace to any request",
    run: startedInside
  }
]
