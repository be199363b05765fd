import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, Layer, Logger, Queue, Redacted } from "effect"
import { Observability, SessionId } from "effect-observability"
import { OtlpExporter } from "effect-observability/otlp"
import { version } from "../../src/runtime/version.js"
import type { JsonObject } from "../../src/signal/Json.js"
import type { SpanRecord } from "../../src/signal/SpanRecord.js"
import { log, metric, type SpanFields, score, span } from "../../src/testing/Records.js"
import {
  added,
  attribute,
  byKey,
  double,
  int,
  one,
  type Received,
  requestOf,
  server,
  string,
  strings,
  withoutDefaults
} from "../utils/otlp.js"

const start = 1_700_000_000_123_456_789n

const generation: SpanFields = {
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
  startTime: start,
  endTime: start + 2_000_000_001n,
  sessionId: "session-1",
  userId: "user-1",
  conversationId: "conversation-1",
  threadId: "thread-1",
  serviceName: "support-agent",
  environment: "production",
  model: "gpt-5",
  provider: "openai",
  inputTokens: 12,
  outputTokens: 34,
  costUsd: 0.25,
  attributes: {
    "gen_ai.operation.name": "chat",
    text: "some text",
    yes: true,
    int: 10,
    negative: -5,
    large: 9007199254740991,
    double: 637.704,
    huge: 1e300,
    nothing: null,
    list: ["many", 1, [true]],
    map: { "some.key": "some value", nested: { empty: {} } },
    empty: ""
  },
  events: [{ name: "exception", time: start + 1n, attributes: { "exception.message": "overloaded" } }],
  links: [
    { traceId: "1af7651916cd43dd8448eb211c80319c", spanId: "c7ad6b7169203331", attributes: { why: "retry" } },
    { traceId: "noop", spanId: "noop", attributes: {} }
  ],
  tags: ["vip", "beta"],
  metadata: { plan: "pro" },
  resource: { "service.name": "support-agent", "host.name": "h1" },
  dropped: { attributes: 3, events: 2, links: 1 }
}

const generationAttributes = [
  strings("tag.tags", ["vip", "beta"]),
  strings("langfuse.trace.tags", ["vip", "beta"]),
  string("langfuse.trace.metadata.plan", "pro"),
  string("metadata", '{"plan":"pro"}'),
  string("session.id", "session-1"),
  string("user.id", "user-1"),
  string("gen_ai.conversation.id", "conversation-1"),
  string("effect_observability.thread_id", "thread-1"),
  string("gen_ai.operation.name", "chat"),
  string("gen_ai.provider.name", "openai"),
  string("gen_ai.request.model", "gpt-5"),
  int("gen_ai.usage.input_tokens", "12"),
  int("gen_ai.usage.output_tokens", "34"),
  double("gen_ai.usage.cost", 0.25),
  string("openinference.span.kind", "LLM"),
  string("llm.model_name", "gpt-5"),
  int("llm.token_count.prompt", "12"),
  int("llm.token_count.completion", "34"),
  string("text", "some text"),
  { key: "yes", value: { boolValue: true } },
  int("int", "10"),
  int("negative", "-5"),
  int("large", "9007199254740991"),
  double("double", 637.704),
  double("huge", 1e300),
  { key: "nothing", value: {} },
  {
    key: "list",
    value: {
      arrayValue: {
        values: [{ stringValue: "many" }, { intValue: "1" }, { arrayValue: { values: [{ boolValue: true }] } }]
      }
    }
  },
  {
    key: "map",
    value: {
      kvlistValue: {
        values: [
          string("some.key", "some value"),
          {
            key: "nested",
            value: { kvlistValue: { values: [{ key: "empty", value: { kvlistValue: { values: [] } } }] } }
          }
        ]
      }
    }
  },
  string("empty", "")
]

/** What the options make of spans and of logs. */
const sent = (options: OtlpExporter.Options, spans: ReadonlyArray<SpanRecord>, logs = [log()]) =>
  Effect.all({ traces: requestOf(options, { spans }), logs: requestOf(options, { logs }) })

const onlySpan = (fields: SpanFields) =>
  Effect.map(requestOf({ protocol: "http/json" }, { spans: [span(fields)] }), ({ body }) => one(body).record)

describe("OtlpExporter", () => {
  it.scopedLive("sends a span as OTLP has it, in JSON", () =>
    Effect.gen(function* () {
      const traces = yield* requestOf({ protocol: "http/json" }, { spans: [span(generation)] })
      assert.strictEqual(traces.headers["content-type"], "application/json")
      assert.hasAllKeys(traces.body, ["resourceSpans"])
      const { record, resource, scope } = one(traces.body)
      assert.deepStrictEqual(resource["attributes"], [
        string("service.name", "support-agent"),
        string("host.name", "h1"),
        string("deployment.environment.name", "production")
      ])
      assert.deepStrictEqual(scope, {
        name: "effect-observability",
        version,
        attributes: [added("deployment.environment.name")]
      })
      assert.deepStrictEqual(
        { ...record, attributes: byKey(record["attributes"]) },
        {
          traceId: "0af7651916cd43dd8448eb211c80319c",
          spanId: "b7ad6b7169203331",
          parentSpanId: "00f067aa0ba902b7",
          traceState: "vendor=1",
          name: "chat gpt-5",
          kind: 3,
          startTimeUnixNano: "1700000000123456789",
          endTimeUnixNano: "1700000002123456790",
          attributes: byKey(generationAttributes),
          droppedAttributesCount: 3,
          events: [
            {
              timeUnixNano: "1700000000123456790",
              name: "exception",
              attributes: [string("exception.message", "overloaded")],
              droppedAttributesCount: 0
            }
          ],
          droppedEventsCount: 2,
          links: [
            {
              traceId: "1af7651916cd43dd8448eb211c80319c",
              spanId: "c7ad6b7169203331",
              attributes: [string("why", "retry")],
              droppedAttributesCount: 0
            }
          ],
          droppedLinksCount: 2,
          status: { code: 2, message: "overloaded" },
          flags: 0x301
        }
      )
    })
  )

  it.scopedLive("sends a log as OTLP has it, in JSON", () =>
    Effect.gen(function* () {
      const record = log({
        logId: "019a0000-0000-7000-8000-000000000000",
        timestamp: start,
        level: "warn",
        message: "Example log record",
        data: [{ a: 1 }],
        attributes: { "string.attribute": "some string" },
        logSpans: { turn: 12.5 },
        cause: "Error: no\n    at main",
        traceId: "0af7651916cd43dd8448eb211c80319c",
        spanId: "b7ad6b7169203331",
        sessionId: "session-1",
        serviceName: "support-agent",
        environment: "production"
      })
      const logs = yield* requestOf({ protocol: "http/json" }, { logs: [record] })
      const sentLog = one(logs.body)
      assert.deepStrictEqual(sentLog.resource["attributes"], [
        string("service.name", "support-agent"),
        string("deployment.environment.name", "production")
      ])
      assert.deepStrictEqual(
        { ...sentLog.record, attributes: byKey(sentLog.record["attributes"]) },
        {
          timeUnixNano: "1700000000123456789",
          observedTimeUnixNano: "1700000000123456789",
          severityNumber: 13,
          severityText: "WARN",
          body: { stringValue: "Example log record" },
          attributes: byKey([
            string("log.record.uid", "019a0000-0000-7000-8000-000000000000"),
            {
              key: "effect_observability.data",
              value: { arrayValue: { values: [{ kvlistValue: { values: [int("a", "1")] } }] } }
            },
            string("exception.message", "Error: no"),
            string("exception.stacktrace", "Error: no\n    at main"),
            double("logSpan.turn", 12.5),
            string("string.attribute", "some string"),
            string("session.id", "session-1")
          ]),
          droppedAttributesCount: 0,
          traceId: "0af7651916cd43dd8448eb211c80319c",
          spanId: "b7ad6b7169203331"
        }
      )
    })
  )

  it.scopedLive("says the same in protobuf, which is what it speaks unless told otherwise", () =>
    Effect.gen(function* () {
      const spans = [span(generation), span({ name: "", resource: { other: true } })]
      const logs = [log({ sessionId: "session-1", message: "", data: [1, "two"] }), log({ traceId: "no id" })]
      const json = yield* sent({ protocol: "http/json" }, spans, logs)
      const protobuf = yield* sent({}, spans, logs)
      assert.strictEqual(protobuf.traces.headers["content-type"], "application/x-protobuf")
      assert.deepStrictEqual(protobuf.traces.body, withoutDefaults(json.traces.body))
      assert.deepStrictEqual(protobuf.logs.body, withoutDefaults(json.logs.body))
    })
  )

  it.scopedLive("tells the status of a span", () =>
    Effect.gen(function* () {
      const ok = yield* onlySpan({ status: "ok" })
      assert.deepStrictEqual(ok["status"], { code: 0 })
      assert.isUndefined(attribute(ok, "effect_observability.status"))
      const interrupted = yield* onlySpan({ status: "interrupted" })
      assert.deepStrictEqual(interrupted["status"], { code: 0 })
      assert.deepStrictEqual(attribute(interrupted, "effect_observability.status"), { stringValue: "interrupted" })
      const open = yield* onlySpan({ status: "running", startTime: start })
      assert.deepStrictEqual(attribute(open, "effect_observability.status"), { stringValue: "running" })
      assert.strictEqual(open["endTimeUnixNano"], "1700000000123456789")
    })
  )

  it.scopedLive("gives an attribute that may be a fraction the same type always", () =>
    Effect.gen(function* () {
      const doubles = ["gen_ai.request.temperature", "gen_ai.request.top_p", "llm.cost.prompt", "gen_ai.usage.cost"]
      for (const key of doubles) {
        const record = yield* onlySpan({ attributes: { [key]: 1 } })
        assert.deepStrictEqual(attribute(record, key), { doubleValue: 1 })
      }
      const record = yield* onlySpan({ attributes: { "gen_ai.request.max_tokens": 1 } })
      assert.deepStrictEqual(attribute(record, "gen_ai.request.max_tokens"), { intValue: "1" })
    })
  )

  it.scopedLive("tells OpenInference what went in and came out", () =>
    Effect.gen(function* () {
      const text = (role: string, content: string) => [{ role, parts: [{ type: "text", content }] }]
      const question = [...text("user", "hi"), ...text("user", "there")]
      const cases: ReadonlyArray<readonly [JsonObject, ReadonlyArray<string | undefined>]> = [
        [
          { "gen_ai.input.messages": text("user", "hi"), "gen_ai.output.messages": text("assistant", "[1]") },
          ["hi", "text/plain", "[1]", "text/plain"]
        ],
        [
          { "gen_ai.input.messages": question, "gen_ai.output.messages": JSON.stringify(question) },
          [JSON.stringify(question), "application/json", JSON.stringify(question), "application/json"]
        ],
        [
          { "gen_ai.tool.call.arguments": { city: "Oslo" }, "gen_ai.tool.call.result": "rain" },
          ['{"city":"Oslo"}', "application/json", "rain", "text/plain"]
        ],
        [{ "gen_ai.input.messages": question, "input.value": "mine" }, ["mine", undefined, undefined, undefined]]
      ]
      for (const [attributes, expected] of cases) {
        const record = yield* onlySpan({ attributes })
        const keys = ["input.value", "input.mime_type", "output.value", "output.mime_type"]
        assert.deepStrictEqual(
          keys.map((key) => (attribute(record, key) as { stringValue?: string } | undefined)?.stringValue),
          expected
        )
      }
    })
  )

  it.scopedLive("tells OpenInference the details of tokens", () =>
    Effect.gen(function* () {
      const tokens = { cachedInputTokens: 1, cacheWriteTokens: 2, reasoningTokens: 3 }
      const record = yield* onlySpan({ spanType: "model_generation", ...tokens })
      const details = ["prompt_details.cache_read", "prompt_details.cache_write", "completion_details.reasoning"]
      assert.deepStrictEqual(
        details.map((key) => attribute(record, `llm.token_count.${key}`)),
        ["1", "2", "3"].map((intValue) => ({ intValue }))
      )
    })
  )

  it.scopedLive("tells OpenInference what a span is", () =>
    Effect.gen(function* () {
      const kinds = {
        agent_run: "AGENT",
        tool_call: "TOOL",
        workflow_run: "CHAIN",
        workflow_step: "CHAIN",
        retrieval: "RETRIEVER"
      } as const
      for (const [spanType, stringValue] of Object.entries(kinds)) {
        const record = yield* onlySpan({ spanType: spanType as keyof typeof kinds })
        assert.deepStrictEqual(attribute(record, "openinference.span.kind"), { stringValue })
      }
      const embeddings = yield* onlySpan({
        spanType: "model_generation",
        attributes: { "gen_ai.operation.name": "embeddings" }
      })
      assert.deepStrictEqual(attribute(embeddings, "openinference.span.kind"), { stringValue: "EMBEDDING" })
      assert.isUndefined(attribute(yield* onlySpan({}), "openinference.span.kind"))
    })
  )

  it.scopedLive("sends what a span says of a model call, by the names of OpenTelemetry", () =>
    Effect.gen(function* () {
      const record = yield* onlySpan({
        model: "gpt-5-2026-01-01",
        requestModel: "gpt-5",
        cachedInputTokens: 5,
        cacheWriteTokens: 3,
        reasoningTokens: 7,
        costUsd: 2,
        costSource: "table",
        timeToFirstToken: 9_007_199_254_740_993n,
        toolName: "search",
        agentName: "planner"
      })
      assert.deepStrictEqual<unknown>(
        byKey(record["attributes"]),
        byKey([
          string("gen_ai.request.model", "gpt-5"),
          string("gen_ai.response.model", "gpt-5-2026-01-01"),
          int("gen_ai.usage.cache_read.input_tokens", "5"),
          int("gen_ai.usage.cache_write.input_tokens", "3"),
          int("gen_ai.usage.reasoning.output_tokens", "7"),
          double("gen_ai.usage.cost", 2),
          string("effect_observability.cost_source", "table"),
          int("effect_observability.time_to_first_token", "9007199254740993"),
          string("gen_ai.tool.name", "search"),
          string("gen_ai.agent.name", "planner")
        ])
      )
    })
  )

  it.scopedLive("says who it is", () =>
    Effect.gen(function* () {
      const { headers } = yield* requestOf({}, { spans: [span()] })
      assert.strictEqual(headers["user-agent"], `effect-observability/${version}`)
    })
  )

  it.scopedLive("leaves alone what the program's own attributes say of a model", () =>
    Effect.gen(function* () {
      const record = yield* onlySpan({
        spanType: "model_generation",
        model: "gpt-5-2026-01-01",
        attributes: { "gen_ai.request.model": "gpt-5", "gen_ai.response.model": "gpt-5-2026-01-01" }
      })
      assert.deepStrictEqual(attribute(record, "gen_ai.request.model"), { stringValue: "gpt-5" })
    })
  )

  it.scopedLive("sends the program's own attributes where the record says nothing by their names", () =>
    Effect.gen(function* () {
      const record = yield* onlySpan({ attributes: { "user.id": "user-2", constructor: 1 } })
      assert.deepStrictEqual(attribute(record, "user.id"), { stringValue: "user-2" })
      assert.deepStrictEqual(attribute(record, "constructor"), { intValue: "1" })
      const ofUser = yield* onlySpan({ userId: "user-1", attributes: { "user.id": "user-2" } })
      const users = byKey(ofUser["attributes"]).filter(({ key }) => key === "user.id")
      assert.deepStrictEqual<unknown>(users, [string("user.id", "user-1")])
    })
  )

  it.scopedLive("sends records of one resource together", () =>
    Effect.gen(function* () {
      const spans = [span({ resource: { a: 1 } }), span({ resource: { a: 2 } }), span({ resource: { a: 1 } })]
      const traces = yield* requestOf({ protocol: "http/json" }, { spans })
      const resources = traces.body["resourceSpans"] as ReadonlyArray<{ scopeSpans: [{ spans: Array<unknown> }] }>
      assert.deepStrictEqual(
        resources.map(({ scopeSpans: [{ spans }] }) => spans.length),
        [2, 1]
      )
    })
  )

  it.scopedLive("compresses when it shall", () =>
    Effect.gen(function* () {
      const { logs, traces } = yield* sent({ compression: "gzip" }, [span({ name: "compressed" })])
      assert.strictEqual(traces.headers["content-encoding"], "gzip")
      assert.strictEqual(one(traces.body).record["name"], "compressed")
      assert.strictEqual(one(logs.body).record["severityText"], "INFO")
    })
  )

  it.scopedLive("sends no request for a signal without records", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* server()
      yield* OtlpExporter.make({ endpoint: url }).export({ spans: [span()], logs: [] })
      assert.deepStrictEqual(
        [...(yield* Queue.takeAll(requests))].map(({ path }) => path),
        ["/v1/traces"]
      )
    })
  )

  it.scopedLive("refuses what is larger than 64 MiB, which comes again in smaller batches", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* server()
      const text = "x".repeat(1_000_000)
      const spans = Array.from({ length: 100 }, () => span({ attributes: { text } }))
      for (const protocol of ["http/json", "http/protobuf"] as const) {
        const exporter = OtlpExporter.make({ endpoint: url, protocol })
        const error = yield* Effect.flip(exporter.export({ spans, logs: [] }))
        assert.deepStrictEqual([error.retryable, error.reason], [false, "Rejected"])
        assert.strictEqual(yield* Queue.size(requests), 0)
        yield* exporter.export({ spans: spans.slice(0, 60), logs: [] })
        assert.isAtMost((yield* Queue.take(requests)).bytes, 64 * 2 ** 20)
      }
    })
  )

  it.scopedLive("sends a record that is larger than 64 MiB by itself", () =>
    Effect.gen(function* () {
      const text = "x".repeat(68_000_000)
      const { bytes } = yield* requestOf({}, { logs: [log({ message: text })] })
      assert.isAtLeast(bytes, 68_000_000)
    })
  )

  it.scopedLive("carries no session or trace of the program, and is not traced", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* server()
      yield* Effect.void.pipe(
        Effect.withSpan("recorded"),
        Effect.provide(
          Observability.layerExportOnly({
            serviceName: "test",
            exporters: [OtlpExporter.make({ endpoint: url, protocol: "http/json" })]
          })
        ),
        SessionId.withNewSessionId,
        Effect.withSpan("around")
      )
      const [request, ...others] = [...(yield* Queue.takeAll(requests))]
      assert.lengthOf(others, 0)
      assert.strictEqual(one((request as Received).body).record["name"], "recorded")
      assert.sameMembers(Object.keys((request as Received).headers), [
        "host",
        "connection",
        "content-type",
        "user-agent",
        "accept",
        "accept-language",
        "sec-fetch-mode",
        "accept-encoding",
        "content-length"
      ])
    })
  )

  describe("reads from the environment", () => {
    const withVariables = (variables: Record<string, string>) =>
      Effect.provide(
        Layer.setConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(variables)), { pathDelim: "/" }))
      )

    const exporting = (variables: Record<string, string>, options: OtlpExporter.Options = {}) =>
      OtlpExporter.make(options)
        .export({ spans: [span()], logs: [log()] })
        .pipe(withVariables(variables))

    const requestsWith = (variables: (url: string) => Record<string, string>, options?: OtlpExporter.Options) =>
      Effect.gen(function* () {
        const { requests, url } = yield* server()
        yield* exporting(variables(url), options)
        const received = [...(yield* Queue.takeAll(requests))].sort((a, b) =>
          (a.path ?? "") < (b.path ?? "") ? 1 : -1
        )
        return received as [Received, Received]
      })

    it.scopedLive("the endpoint, to which a path is appended", () =>
      Effect.gen(function* () {
        for (const [end, query] of [
          ["/otlp", ""],
          ["/otlp/", ""],
          ["/otlp", "?tenant=a"]
        ]) {
          const received = yield* requestsWith((url) => ({ OTEL_EXPORTER_OTLP_ENDPOINT: `${url}${end}${query}` }))
          assert.deepStrictEqual(
            received.map(({ path }) => path),
            [`/otlp/v1/traces${query}`, `/otlp/v1/logs${query}`]
          )
        }
      })
    )

    it.scopedLive("the endpoint, of which the path of a signal at the end is taken off", () =>
      Effect.gen(function* () {
        const paths = ["", "/", "/v1/traces", "/v1/traces/", "/v1/logs", "/v1/metrics//", "/api/otel/v1/traces"]
        for (const path of paths) {
          const expected = path.startsWith("/api") ? "/api/otel/v1" : "/v1"
          const { requests, url } = yield* server()
          const given = OtlpExporter.make({ endpoint: `${url}${path}?tenant=a` })
          yield* given.export({ spans: [span()], logs: [log()] })
          yield* exporting({ OTEL_EXPORTER_OTLP_ENDPOINT: `${url}${path}` })
          const received = Array.from(yield* Queue.takeAll(requests), ({ path }) => path)
          assert.deepStrictEqual(
            received.slice(0, 2),
            ["traces", "logs"].map((signal) => `${expected}/${signal}?tenant=a`)
          )
          for (const path of received.slice(2)) assert.match(path ?? "", new RegExp(`^${expected}/(traces|logs)$`))
        }
        for (const path of ["/v1/tracesx", "/v1", "/my/v1/scores"]) {
          const { requests, url } = yield* server()
          yield* OtlpExporter.make({ endpoint: `${url}${path}` }).export({ spans: [span()], logs: [] })
          assert.strictEqual((yield* Queue.take(requests)).path, `${path}/v1/traces`)
        }
      })
    )

    it.scopedLive("the endpoint of a signal, which is taken as it is", () =>
      Effect.gen(function* () {
        const received = yield* requestsWith((url) => ({
          OTEL_EXPORTER_OTLP_ENDPOINT: url,
          OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${url}/x/traces?a=b`
        }))
        assert.deepStrictEqual(
          received.map(({ path }) => path),
          ["/x/traces?a=b", "/v1/logs"]
        )
      })
    )

    it.scopedLive("the endpoint of metrics, and for scores that of logs", () =>
      Effect.gen(function* () {
        const { requests, url } = yield* server()
        const variables = {
          OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: `${url}/x/metrics`,
          OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: `${url}/x/logs`
        }
        const exporter = OtlpExporter.make()
        for (const batch of [{ metrics: [metric()] }, { scores: [score()] }]) {
          yield* exporter.export({ spans: [], logs: [], ...batch }).pipe(withVariables(variables))
        }
        assert.deepStrictEqual(
          [...(yield* Queue.takeAll(requests))].map(({ path }) => path),
          ["/x/metrics", "/x/logs"]
        )
      })
    )

    it.scopedLive("headers, percent-encoded, those of a signal first", () =>
      Effect.gen(function* () {
        const [traces, logs] = yield* requestsWith((url) => ({
          OTEL_EXPORTER_OTLP_ENDPOINT: url,
          OTEL_EXPORTER_OTLP_HEADERS: "authorization=Basic%20YTpi, x-key=a=b",
          OTEL_EXPORTER_OTLP_LOGS_HEADERS: "x-key=logs"
        }))
        assert.strictEqual(traces.headers["authorization"], "Basic YTpi")
        assert.strictEqual(traces.headers["x-key"], "a=b")
        assert.strictEqual(logs.headers["authorization"], "Basic YTpi")
        assert.strictEqual(logs.headers["x-key"], "logs")
      })
    )

    it.scopedLive("headers, which are sent to no endpoint that is given by an option", () =>
      Effect.gen(function* () {
        const { requests, url } = yield* server()
        yield* exporting(
          { OTEL_EXPORTER_OTLP_HEADERS: "authorization=secret" },
          { endpoint: url, headers: { "x-key": Redacted.make("mine") } }
        )
        const { headers } = yield* Queue.take(requests)
        assert.isUndefined(headers["authorization"])
        assert.strictEqual(headers["x-key"], "mine")
      })
    )

    it.scopedLive("protocol and compression, by signal", () =>
      Effect.gen(function* () {
        const [traces, logs] = yield* requestsWith((url) => ({
          OTEL_EXPORTER_OTLP_ENDPOINT: url,
          OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
          OTEL_EXPORTER_OTLP_LOGS_PROTOCOL: "http/protobuf",
          OTEL_EXPORTER_OTLP_LOGS_COMPRESSION: "gzip"
        }))
        assert.strictEqual(traces.headers["content-type"], "application/json")
        assert.isUndefined(traces.headers["content-encoding"])
        assert.strictEqual(logs.headers["content-type"], "application/x-protobuf")
        assert.strictEqual(logs.headers["content-encoding"], "gzip")
      })
    )

    it.scopedLive("a time-out in milliseconds", () =>
      Effect.gen(function* () {
        const { url } = yield* server(() => {})
        const error = yield* Effect.flip(
          exporting({ OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_EXPORTER_OTLP_TIMEOUT: "50" })
        )
        assert.strictEqual(error.reason, "Timeout")
        assert.isTrue(error.retryable)
        assert.include(String(error.cause), "50ms")
      })
    )

    it.scopedLive("nothing that cannot be understood, which is said without its value", () =>
      Effect.gen(function* () {
        const said: Array<string> = []
        const logger = Logger.make(({ message }) => said.push(String(message)))
        const [traces] = yield* requestsWith((url) => ({
          OTEL_EXPORTER_OTLP_ENDPOINT: url,
          OTEL_EXPORTER_OTLP_TRACES_HEADERS: "x-key=%zz-secret",
          OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: "grpc",
          OTEL_EXPORTER_OTLP_TRACES_COMPRESSION: "",
          OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: "soon"
        })).pipe(Effect.provide(Logger.replace(Logger.defaultLogger, logger)))
        assert.strictEqual(traces.headers["content-type"], "application/x-protobuf")
        assert.deepStrictEqual(
          said.sort(),
          ["HEADERS", "PROTOCOL", "TIMEOUT"].map(
            (name) => `The environment variable OTEL_EXPORTER_OTLP_TRACES_${name} is ignored: it cannot be understood`
          )
        )
      })
    )
  })
})
