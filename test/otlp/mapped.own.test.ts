import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { encodings } from "../../src/otlp/internal/encodings.js"
import { logOf, scoreOf, spanOf } from "../../src/otlp/internal/mapped.js"
import { LogRecord } from "../../src/signal/LogRecord.js"
import { Score } from "../../src/signal/Score.js"
import { SpanRecord } from "../../src/signal/SpanRecord.js"
import { log, score, span } from "../../src/testing/Records.js"
import { logsIn, spansIn } from "./senders/received.js"

const spanBack = (record: SpanRecord) => spansIn(encodings.spans.encode([record])).map((span) => spanOf(span))
const logBack = (record: LogRecord) => logsIn(encodings.logs.encode([record])).map((log) => logOf(log))
const scoreBack = (record: Score) => logsIn(encodings.scores.encode([record])).map((log) => scoreOf(log))

const whole = span({
  traceId: "0af7651916cd43dd8448eb211c80319c",
  spanId: "b7ad6b7169203331",
  parentSpanId: "00f067aa0ba902b7",
  parentIsRemote: true,
  traceState: "vendor=1",
  name: "chat gpt-5",
  kind: "client",
  spanType: "model_generation",
  status: "error",
  statusMessage: "overloaded",
  errorType: "RateLimit",
  startTime: 1_700_000_000_123_456_789n,
  endTime: 1_700_000_002_123_456_789n,
  sessionId: "session-1",
  threadId: "thread-1",
  runId: "run-1",
  requestId: "request-1",
  resourceId: "resource-1",
  userId: "user-1",
  organizationId: "organization-1",
  conversationId: "conversation-1",
  serviceName: "support-agent",
  environment: "production",
  model: "gpt-5-2026",
  requestModel: "gpt-5",
  provider: "openai",
  inputTokens: 12,
  outputTokens: 34,
  cachedInputTokens: 3,
  cacheWriteTokens: 4,
  reasoningTokens: 5,
  costUsd: 1,
  costSource: "table",
  timeToFirstToken: 300_000_001n,
  toolName: "search",
  agentName: "support",
  attributes: {
    "gen_ai.operation.name": "chat",
    "gen_ai.input.messages": [{ role: "user", parts: [{ type: "text", content: "hello" }] }],
    "gen_ai.output.messages": '[{"role":"assistant","parts":[]}]',
    text: "some text",
    yes: true,
    large: 9007199254740991,
    huge: 1e300,
    nothing: null,
    list: ["many", 1, [true]],
    map: { "some.key": "some value", nested: { empty: {} } }
  },
  events: [{ name: "exception", time: 1_700_000_000_123_456_790n, attributes: { "exception.message": "overloaded" } }],
  links: [{ traceId: "1af7651916cd43dd8448eb211c80319c", spanId: "c7ad6b7169203331", attributes: { why: "retry" } }],
  tags: ["vip", "beta"],
  metadata: { plan: "pro", deep: [1, { a: null }] },
  resource: { "service.name": "support-agent", "deployment.environment.name": "production", "host.name": "h1" },
  dropped: { attributes: 3, events: 2, links: 1 }
})

describe("a record that this library sent comes back", () => {
  it("equal, a span with every field", () => {
    const [back] = spanBack(whole)
    assert.deepStrictEqual(back, whole)
    assert.instanceOf(back, SpanRecord)
  })

  for (const [name, fields] of Object.entries({
    "with nothing but what it must have": {},
    "that is running": { status: "running", endTime: undefined },
    "that was interrupted": { status: "interrupted" },
    "in no session, of a conversation": { conversationId: "c" },
    "of a workflow": { spanType: "workflow_run" },
    "of a step of a workflow": { spanType: "workflow_step" },
    "of an agent": { spanType: "agent_run" },
    "of a retrieval": { spanType: "retrieval", attributes: { "openinference.span.kind": "EMBEDDING" } },
    "with attributes as a model call has them": {
      spanType: "model_generation",
      model: "a",
      requestModel: "a",
      provider: "p",
      inputTokens: 1,
      attributes: {
        "gen_ai.request.model": "a",
        "gen_ai.provider.name": "p",
        "gen_ai.usage.input_tokens": 1,
        "gen_ai.usage.cost": 1
      }
    },
    "with attributes that its fields contradict": {
      model: "field",
      userId: "field",
      inputTokens: 2,
      attributes: {
        "gen_ai.request.model": "attribute",
        "user.id": "attribute",
        "gen_ai.usage.input_tokens": "1",
        "session.id": "not its session",
        "tool.name": "nobody's",
        "openinference.span.kind": "LLM",
        "input.value": "given",
        "tag.tags": ["given"],
        metadata: "given",
        "langfuse.trace.metadata.plan": "given"
      }
    },
    "with text where there are messages": {
      spanType: "tool_call",
      attributes: { "gen_ai.tool.call.arguments": "plain", "gen_ai.tool.call.result": { a: 1 } }
    }
  } as const)) {
    it(`equal, a span ${name}`, () => {
      const { endTime, ...rest } = span({ resource: { "service.name": "test" }, ...(fields as object) })
      const record = new SpanRecord({ ...rest, ...(endTime !== undefined && { endTime }) })
      assert.deepStrictEqual(spanBack(record)[0], record)
    })
  }

  it("with its own resource, where a collector has put those of two programs into one", () => {
    const named = { "service.name": "agent", "host.name": "h1" }
    const spans = [
      span({ serviceName: "agent", resource: { "host.name": "h1" } }),
      span({ serviceName: "agent", resource: named })
    ]
    const [first, second] = spansIn(encodings.spans.encode(spans))
    if (first === undefined || second === undefined) return assert.fail("two were sent")
    assert.deepStrictEqual(
      [first, { ...second, origin: { ...second.origin, resource: first.origin.resource } }].map(
        (received) => spanOf(received).resource
      ),
      [{ "host.name": "h1" }, named]
    )
  })

  it("equal, a log with every field", () => {
    const record = log({
      level: "warn",
      message: "a message",
      data: [{ a: 1 }, [2], "three"],
      attributes: { "user.id": "annotation", "exception.message": "annotation", a: 1 },
      logSpans: { first: 1.5, second: 2 },
      cause: "Error: no\n    at here",
      traceId: whole.traceId,
      spanId: whole.spanId,
      sessionId: "s",
      threadId: "t",
      runId: "r",
      requestId: "q",
      resourceId: "e",
      userId: "u",
      organizationId: "o",
      conversationId: "c",
      environment: "test",
      tags: ["a"],
      metadata: { b: 2 },
      serviceName: "test",
      dropped: { attributes: 2 }
    })
    const [back] = logBack(record)
    assert.deepStrictEqual(back, record)
    assert.instanceOf(back, LogRecord)
  })

  for (const data of [[], [1], ["text"], [["list"]], [{ a: 1 }], [1, 2], ["a", "b"], [null], [[]], [["a"], "b"]]) {
    for (const message of ["", "said"]) {
      it(`equal, a log of "${message}" with ${JSON.stringify(data)}`, () => {
        const record = log({ message, data, serviceName: "test" })
        assert.deepStrictEqual(logBack(record)[0], record)
      })
    }
  }

  it("equal, a score with every field", () => {
    const record = score({
      name: "helpfulness",
      value: 0.5,
      label: "good",
      comment: "because",
      correction: "this",
      dataType: "numeric",
      source: "model",
      scorer: { name: "judge", version: "1", model: "gpt-5" },
      authorId: "a",
      traceId: whole.traceId,
      spanId: whole.spanId,
      sessionId: "s",
      userId: "u",
      tags: ["a"],
      metadata: { b: 2 },
      serviceName: "test"
    })
    const [back] = scoreBack(record)
    assert.deepStrictEqual(back, record)
    assert.instanceOf(back, Score)
  })

  it("equal, whatever its attributes are", () => {
    const names = FastCheck.constantFrom(
      ...["user.id", "gen_ai.request.model", "gen_ai.response.model", "metadata", "tool.name", "a", "session.id"],
      ...["effect_observability.status", "error.type", "gen_ai.usage.cost", "__proto__", "langfuse.trace.tags"]
    )
    const values = FastCheck.oneof(
      FastCheck.string(),
      FastCheck.integer(),
      FastCheck.boolean(),
      FastCheck.constant(null)
    )
    const attributes = FastCheck.array(FastCheck.tuple(names, values)).map((entries) => Object.fromEntries(entries))
    const field = FastCheck.option(FastCheck.constantFrom("x", "y"), { nil: undefined })
    return FastCheck.assert(
      FastCheck.property(attributes, field, field, field, (attributes, userId, errorType, sessionId) => {
        const said = Object.entries({ userId, errorType, sessionId }).filter(([, value]) => value !== undefined)
        const record = span({ attributes, ...Object.fromEntries(said), resource: { "service.name": "test" } })
        assert.deepStrictEqual(spanBack(record)[0], record)
      })
    )
  })
})
