/** Programs that send by the SDKs of others, over HTTP. */
import { readFileSync } from "node:fs"
import { OITracer, setSession, setUser } from "@arizeai/openinference-core"
import { assert, describe, it } from "@effect/vitest"
import { context } from "@opentelemetry/api"
import { OTLPLogExporter } from "@opentelemetry/exporter-logs-otlp-proto"
import { OTLPMetricExporter as JsonMetricExporter } from "@opentelemetry/exporter-metrics-otlp-http"
import { OTLPMetricExporter as ProtoMetricExporter } from "@opentelemetry/exporter-metrics-otlp-proto"
import { OTLPTraceExporter as JsonTraceExporter } from "@opentelemetry/exporter-trace-otlp-http"
import { OTLPTraceExporter as ProtoTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto"
import { resourceFromAttributes } from "@opentelemetry/resources"
import { BatchLogRecordProcessor, LoggerProvider } from "@opentelemetry/sdk-logs"
import { AggregationType, MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics"
import { BatchSpanProcessor, NodeTracerProvider } from "@opentelemetry/sdk-trace-node"
import { embed, embedMany, generateText, jsonSchema, simulateReadableStream, streamText, tool } from "ai"
import { MockEmbeddingModelV3, MockLanguageModelV3 } from "ai/test"
import { Effect } from "effect"
import { Storage } from "effect-observability"
import { post, receiver } from "../utils/receiver.js"

const resource = resourceFromAttributes({ "service.name": "python-agent", "host.name": "h1" })
const compression = "gzip" as never

const exporters = { protobuf: ProtoTraceExporter, JSON: JsonTraceExporter }

// Spans know their parents by the context that this one keeps.
new NodeTracerProvider().register()

/** A tracer whose spans go to a receiver when `done` runs. */
const tracing = (url: string, Exporter: (typeof exporters)[keyof typeof exporters]) => {
  const exporter = new Exporter({ url: `${url}/v1/traces`, compression })
  const provider = new NodeTracerProvider({ resource, spanProcessors: [new BatchSpanProcessor(exporter)] })
  return { tracer: provider.getTracer("sender", "1.2.3"), done: Effect.promise(() => provider.shutdown()) }
}

/** The examples of the OTLP specification, where the folder of shared data is. */
const examples = process.env["OBSERVABILITY_TEST_DATA"] ?? "../shared/data"
const example = (name: string): string | undefined => {
  try {
    return readFileSync(`${examples}/otlp-examples/${name}.json`, "utf8")
  } catch {
    return undefined
  }
}

describe("OtlpReceiver, of the SDK of OpenTelemetry", () => {
  for (const [format, Exporter] of Object.entries(exporters)) {
    it.scopedLive(`stores a trace that comes in ${format}`, () =>
      Effect.gen(function* () {
        const { records, url } = yield* receiver()
        const { done, tracer } = tracing(url, Exporter)
        tracer.startActiveSpan("turn", { attributes: { "session.id": "session-1", tokens: [1, 2] } }, (root) => {
          const child = tracer.startSpan("chat", { kind: 2, links: [{ context: root.spanContext() }] })
          child.recordException(new Error("overloaded"))
          child.setStatus({ code: 2, message: "overloaded" })
          child.end()
          root.end()
        })
        yield* done
        const { spans } = yield* records
        const [root, child] = ["turn", "chat"].map((name) => spans.find((span) => span.name === name))
        assert.lengthOf(spans, 2)
        assert.strictEqual(child?.parentSpanId, root?.spanId)
        assert.strictEqual(child?.traceId, root?.traceId)
        assert.deepStrictEqual([child?.kind, child?.status, child?.statusMessage], ["client", "error", "overloaded"])
        assert.deepStrictEqual(
          child?.events.map(({ attributes, name }) => [name, attributes["exception.message"]]),
          [["exception", "overloaded"]]
        )
        assert.deepStrictEqual(child?.links, [
          { traceId: root?.traceId, spanId: root?.spanId, attributes: {} }
        ] as never)
        assert.deepStrictEqual([root?.sessionId, root?.serviceName], ["session-1", "python-agent"] as never)
        assert.deepStrictEqual(root?.attributes["tokens"], [1, 2])
        assert.strictEqual(root?.resource["host.name"], "h1")
        // The SDK reads the clock once for each span, in milliseconds: the one that ends last may end first.
        assert.isTrue((root?.endTime ?? 0n) >= (child?.startTime ?? 1n) - 1_000_000n)
      })
    )
  }

  it.scopedLive("stores logs", () =>
    Effect.gen(function* () {
      const { records, url } = yield* receiver()
      const exporter = new OTLPLogExporter({ url: `${url}/v1/logs`, compression })
      const provider = new LoggerProvider({ resource, processors: [new BatchLogRecordProcessor({ exporter })] })
      const logger = provider.getLogger("sender")
      logger.emit({ severityNumber: 13, body: "careful", attributes: { "session.id": "session-1" } })
      logger.emit({ severityNumber: 21, body: { code: 7 } })
      yield* Effect.promise(() => provider.shutdown())
      const { logs } = yield* records
      assert.sameDeepMembers(
        logs.map(({ data, level, message, sessionId }) => [level, message, data, sessionId]),
        [
          ["warn", "careful", [], "session-1"],
          ["fatal", "", [{ code: 7 }], undefined]
        ]
      )
    })
  )

  for (const [format, Exporter] of Object.entries({ protobuf: ProtoMetricExporter, JSON: JsonMetricExporter })) {
    it.scopedLive(`makes deltas of cumulative metrics that come in ${format}`, () =>
      Effect.gen(function* () {
        const { records, url } = yield* receiver()
        const reader = new PeriodicExportingMetricReader({
          exporter: new Exporter({ url: `${url}/v1/metrics`, compression }),
          exportIntervalMillis: 3_600_000
        })
        const provider = new MeterProvider({
          resource,
          readers: [reader],
          views: [
            { instrumentName: "sizes", aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM } },
            {
              instrumentName: "durations",
              aggregation: { type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM, options: { boundaries: [1, 10] } }
            }
          ]
        })
        const meter = provider.getMeter("sender")
        const calls = meter.createCounter("calls", { unit: "{call}" })
        const active = meter.createUpDownCounter("active")
        const durations = meter.createHistogram("durations", { unit: "s" })
        const sizes = meter.createHistogram("sizes")
        for (const round of [1, 2]) {
          calls.add(3 * round, { model: "gpt-5", "session.id": "session-1" })
          active.add(1)
          durations.record(round === 1 ? 0.5 : 5)
          sizes.record(round * 100)
          yield* Effect.promise(() => reader.forceFlush())
        }
        yield* Effect.promise(() => provider.shutdown())
        const { metrics } = yield* records
        const of = (name: string) =>
          metrics.filter((point) => point.name === name).sort((a, b) => (a.time < b.time ? -1 : 1))
        assert.deepStrictEqual(
          of("calls").map(({ attributes, kind, unit, value }) => [kind, unit, value, attributes]),
          [
            ["counter", "{call}", 3, { model: "gpt-5" }],
            ["counter", "{call}", 6, { model: "gpt-5" }]
          ].concat(rest(of("calls").length, ["counter", "{call}", 0, { model: "gpt-5" }])) as never
        )
        assert.deepStrictEqual(
          of("active")
            .slice(0, 2)
            .map(({ kind, value }) => [kind, value]),
          [
            ["gauge", 1],
            ["gauge", 2]
          ]
        )
        assert.deepStrictEqual(
          of("durations")
            .slice(0, 2)
            .map(({ histogram }) => [histogram?.bounds, histogram?.counts, histogram?.sum]),
          [
            [[1, 10], [1, 0, 0], 0.5],
            [[1, 10], [0, 1, 0], 5]
          ]
        )
        const [first, second] = of("sizes")
        assert.deepStrictEqual([first?.value, first?.histogram?.count, second?.value], [100, 1, 200])
        assert.isTrue(holds(second?.histogram, 200))
        assert.isTrue((of("calls")[0]?.time ?? 1n) === of("calls")[1]?.startTime)
      })
    )
  }
})

/** The points of reads in which nothing was added: the one at the close. */
const rest = <A>(length: number, value: A): Array<A> => Array.from({ length: Math.max(0, length - 2) }, () => value)

/** Whether the only value of a histogram is in the bucket that it belongs to. */
const holds = (
  histogram: { readonly bounds: ReadonlyArray<number>; readonly counts: ReadonlyArray<number> } | undefined,
  value: number
): boolean => {
  const index = histogram?.counts.indexOf(1) ?? -1
  return (histogram?.bounds[index - 1] ?? 0) < value && value <= (histogram?.bounds[index] ?? 0)
}

describe("OtlpReceiver, of programs of other libraries", () => {
  it.scopedLive("stores what a program of the AI SDK does", () =>
    Effect.gen(function* () {
      const { records, url } = yield* receiver()
      const { done, tracer } = tracing(url, JsonTraceExporter)
      const usage = {
        inputTokens: { total: 10, noCache: 10, cacheRead: undefined, cacheWrite: undefined },
        outputTokens: { total: 5, text: 5, reasoning: undefined }
      }
      let calls = 0
      const model = new MockLanguageModelV3({
        provider: "openai.chat",
        modelId: "gpt-5",
        doGenerate: async () =>
          ++calls === 1
            ? {
                content: [{ type: "tool-call", toolCallId: "call-1", toolName: "weather", input: '{"city":"Rome"}' }],
                finishReason: { unified: "tool-calls", raw: undefined },
                usage,
                warnings: []
              }
            : {
                content: [{ type: "text", text: "Sunny." }],
                finishReason: { unified: "stop", raw: undefined },
                usage,
                warnings: []
              }
      })
      yield* Effect.promise(() =>
        generateText({
          model,
          prompt: "The weather in Rome?",
          stopWhen: ({ steps }) => steps.length === 2,
          tools: {
            weather: tool({
              inputSchema: jsonSchema<{ readonly city: string }>({ type: "object" }),
              execute: async ({ city }) => `${city}: sun`
            })
          },
          experimental_telemetry: { isEnabled: true, tracer, metadata: { sessionId: "session-1", userId: "user-1" } }
        })
      )
      yield* done
      const { spans } = yield* records
      assert.deepStrictEqual(spans.map(({ spanType }) => spanType).sort(), [
        "agent_run",
        "model_generation",
        "model_generation",
        "tool_call"
      ])
      assert.lengthOf(new Set(spans.map(({ traceId }) => traceId)), 1)
    })
  )

  it.scopedLive("stores what a program of the AI SDK streams, and its embeddings, each counted once", () =>
    Effect.gen(function* () {
      const { records, run, url } = yield* receiver()
      const { done, tracer } = tracing(url, JsonTraceExporter)
      const experimental_telemetry = { isEnabled: true, tracer, metadata: { sessionId: "session-2", userId: "user-2" } }
      const model = new MockLanguageModelV3({
        provider: "anthropic.messages",
        modelId: "claude-sonnet-4-5",
        doStream: async () => ({
          stream: simulateReadableStream({
            chunks: [
              { type: "stream-start", warnings: [] },
              { type: "text-start", id: "1" },
              { type: "text-delta", id: "1", delta: "Sun" },
              { type: "text-delta", id: "1", delta: "ny." },
              { type: "text-end", id: "1" },
              {
                type: "finish",
                finishReason: { unified: "stop", raw: undefined },
                usage: {
                  inputTokens: { total: 20, noCache: 12, cacheRead: 8, cacheWrite: undefined },
                  outputTokens: { total: 5, text: 5, reasoning: undefined }
                }
              }
            ]
          })
        })
      })
      const embeddings = new MockEmbeddingModelV3({
        provider: "openai.embedding",
        modelId: "text-embedding-3-small",
        maxEmbeddingsPerCall: 1,
        doEmbed: async ({ values }) => ({
          embeddings: values.map(() => [0.1, 0.2]),
          usage: { tokens: 7 },
          warnings: []
        })
      })
      yield* Effect.promise(async () => {
        for await (const _ of streamText({ model, prompt: "The weather in Rome?", experimental_telemetry }).textStream);
        await embed({ model: embeddings, value: "Rome", experimental_telemetry })
        await embedMany({ model: embeddings, values: ["Rome", "Oslo"], experimental_telemetry })
      })
      yield* done
      const { spans } = yield* records
      const generations = spans.filter(({ spanType }) => spanType === "model_generation")
      assert.deepStrictEqual(
        generations.map(({ inputTokens, model, outputTokens }) => [model, inputTokens, outputTokens]).sort(),
        [
          ["claude-sonnet-4-5", 20, 5],
          ["text-embedding-3-small", 7, undefined],
          ["text-embedding-3-small", 7, undefined],
          ["text-embedding-3-small", 7, undefined]
        ]
      )
      assert.deepStrictEqual(Array.from(new Set(spans.map(({ sessionId, userId }) => `${sessionId} ${userId}`))), [
        "session-2 user-2"
      ])
      const [session] = (yield* run(Storage.listSessions())).items
      assert.deepStrictEqual([session?.inputTokens, session?.outputTokens], [41, 5])
      assert.include(JSON.stringify(spans.map(({ attributes }) => attributes)), "Sunny.")
    })
  )

  it.scopedLive("stores what a program of OpenInference does, in its session", () =>
    Effect.gen(function* () {
      const { records, url } = yield* receiver()
      const { done, tracer } = tracing(url, ProtoTraceExporter)
      const traced = new OITracer({ tracer })
      const inSession = setUser(setSession(context.active(), { sessionId: "session-1" }), { userId: "user-1" })
      context.with(inSession, () => {
        const span = traced.startSpan("llm", {
          attributes: {
            "openinference.span.kind": "LLM",
            "llm.model_name": "gpt-5",
            "llm.token_count.prompt": 12,
            "llm.token_count.completion": 3
          }
        })
        span.end()
      }) as void
      yield* done
      const [span] = (yield* records).spans
      assert.deepInclude({ ...span }, {
        spanType: "model_generation",
        model: "gpt-5",
        inputTokens: 12,
        outputTokens: 3
      } as never)
    })
  )
})

describe("OtlpReceiver, of the examples of the specification", () => {
  const bodies = Object.fromEntries(["trace", "logs", "events", "metrics"].map((name) => [name, example(name)]))
  const isThere = Object.values(bodies).every((body) => body !== undefined)

  it.scopedLive.skipIf(!isThere)(`stores them (OBSERVABILITY_TEST_DATA is ${examples})`, () =>
    Effect.gen(function* () {
      const { records, url } = yield* receiver()
      for (const [name, path] of Object.entries({
        trace: "traces",
        logs: "logs",
        events: "logs",
        metrics: "metrics"
      })) {
        const answer = yield* post(`${url}/v1/${path}`, bodies[name] as string)
        assert.deepStrictEqual([answer.status, answer.json], [200, {}], name)
      }
      const { logs, metrics, spans } = yield* records
      assert.deepStrictEqual(
        spans.map(({ kind, name, parentSpanId, serviceName, spanId, traceId }) => ({
          kind,
          name,
          parentSpanId,
          serviceName,
          spanId,
          traceId
        })),
        [
          {
            kind: "server",
            name: "I'm a server span",
            parentSpanId: "eee19b7ec3c1b173",
            serviceName: "my.service",
            spanId: "eee19b7ec3c1b174",
            traceId: "5b8efff798038103d269b633813fc60c"
          }
        ]
      )
      assert.lengthOf(logs, 2)
      const [log] = logs.filter(({ message }) => message === "Example log record")
      assert.deepStrictEqual(log?.attributes["map.attribute"], { "some.map.key": "some value" })
      assert.deepStrictEqual(metrics.map(({ kind, name, value }) => [name, kind, value]).sort(), [
        ["my.counter", "counter", 5],
        ["my.exponential.histogram", "histogram", 10],
        ["my.gauge", "gauge", 10],
        ["my.histogram", "histogram", 2]
      ])
      const exponential = metrics.find(({ name }) => name === "my.exponential.histogram")?.histogram
      assert.deepStrictEqual({ ...exponential }, {
        count: 3,
        sum: 10,
        min: 0,
        max: 5,
        bounds: [0, 4, 8],
        counts: [1, 0, 2, 0]
      } as never)
    })
  )
})
