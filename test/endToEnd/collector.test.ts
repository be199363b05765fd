/**
 * Programs of three kinds send to one `serve`, which is killed and started again on its file: what an SDK of another language
 * sends, a program with the SDK of OpenTelemetry, and one with this library.
 */
import { execFile } from "node:child_process"
import { readFileSync } from "node:fs"
import { createServer } from "node:net"
import { fileURLToPath } from "node:url"
import { gzipSync } from "node:zlib"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { context as otel, trace } from "@opentelemetry/api"
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto"
import { resourceFromAttributes } from "@opentelemetry/resources"
import { BatchSpanProcessor, NodeTracerProvider, type SpanExporter } from "@opentelemetry/sdk-trace-node"
import { Effect, Fiber, Schedule } from "effect"
import { Agent, Observability, Storage } from "effect-observability"
import { DuckDbStorage } from "effect-observability/duckdb"
import { OtlpExporter } from "effect-observability/otlp"
import { collect } from "../../docs/examples/airline/Report.js"
import { built, started } from "../cli/utils.js"

const sessions = 12
const turns = 60
/** How often the collector ends in the middle of it. */
const ends = 4
/** How long a program thinks between two turns. */
const pause = "40 millis"

/** A session of a program: how many turns and spans it has when nothing is missing. */
interface Expected {
  readonly turns: number
  readonly spans: number
}

const hex = (digits: number): string =>
  Array.from({ length: digits }, () => Math.floor(Math.random() * 16).toString(16)).join("")

/** A turn as the SDK of Python sends it: an agent, a call of a model and one of a tool. */
const pythonTurn = (sessionId: string) => {
  const traceId = hex(32)
  const root = hex(16)
  const now = BigInt(Date.now()) * 1_000_000n
  const attribute = (key: string, value: string | number) => ({
    key,
    value: typeof value === "string" ? { stringValue: value } : { intValue: String(value) }
  })
  const span = (name: string, spanId: string, offset: bigint, attributes: ReadonlyArray<unknown>) => ({
    traceId,
    spanId,
    ...(spanId !== root && { parentSpanId: root }),
    name,
    kind: 1,
    startTimeUnixNano: String(now + offset),
    endTimeUnixNano: String(now + offset + 1_000_000n),
    attributes: [attribute("session.id", sessionId), ...attributes],
    status: {}
  })
  return {
    resourceSpans: [
      {
        resource: {
          attributes: [attribute("service.name", "python-agent"), attribute("telemetry.sdk.language", "python")]
        },
        scopeSpans: [
          {
            scope: { name: "opentelemetry.instrumentation.openai" },
            spans: [
              span("chat gpt-5", hex(16), 1n, [
                attribute("gen_ai.operation.name", "chat"),
                attribute("gen_ai.request.model", "gpt-5"),
                attribute("gen_ai.usage.input_tokens", 100),
                attribute("gen_ai.usage.output_tokens", 10)
              ]),
              span("execute_tool search", hex(16), 2n, [
                attribute("gen_ai.operation.name", "execute_tool"),
                attribute("gen_ai.tool.name", "search")
              ]),
              span("invoke_agent python", root, 0n, [attribute("gen_ai.operation.name", "invoke_agent")])
            ]
          }
        ]
      }
    ]
  }
}

/** Sends until it is taken, as SDKs do. */
const post = (url: string, body: unknown) =>
  Effect.tryPromise(() =>
    fetch(`${url}/v1/traces`, {
      method: "POST",
      headers: { "content-type": "application/json", "content-encoding": "gzip" },
      body: gzipSync(JSON.stringify(body))
    })
  ).pipe(
    Effect.filterOrFail(({ status }) => status === 200),
    Effect.retry(Schedule.spaced("100 millis").pipe(Schedule.upTo("60 seconds")))
  )

const each = <E>(run: (sessionId: string, turn: number) => Effect.Effect<unknown, E>, name: string) =>
  Effect.forEach(
    Array.from({ length: sessions }, (_, n) => `${name}-${n}`),
    (sessionId) =>
      Effect.forEach(Array.from({ length: turns }), (_, turn) =>
        Effect.zipRight(Effect.sleep(pause), run(sessionId, turn))
      ),
    { concurrency: "unbounded", discard: true }
  )

const python = (url: string) => each((sessionId) => post(url, pythonTurn(sessionId)), "python")

/** The exporter gives up after some seconds, or when a connection is cut in the middle of an answer. */
const untilTaken = (exporter: SpanExporter): SpanExporter => ({
  export: (spans, done) => {
    const attempt = () =>
      exporter.export(spans, (result) => (result.code === 0 ? done(result) : void setTimeout(attempt, 100)))
    attempt()
  },
  shutdown: () => exporter.shutdown()
})

const sdk = (url: string) =>
  Effect.acquireUseRelease(
    Effect.sync(
      () =>
        new NodeTracerProvider({
          resource: resourceFromAttributes({ "service.name": "sdk-agent" }),
          spanProcessors: [
            new BatchSpanProcessor(untilTaken(new OTLPTraceExporter({ url: `${url}/v1/traces` })), {
              scheduledDelayMillis: 200,
              exportTimeoutMillis: 60_000
            })
          ]
        })
    ),
    (provider) =>
      each(
        (sessionId) =>
          Effect.sync(() => {
            const tracer = provider.getTracer("agent")
            const attributes = { "session.id": sessionId }
            const root = tracer.startSpan("turn", { attributes })
            const within = trace.setSpan(otel.active(), root)
            tracer.startSpan("chat", { attributes: { ...attributes, "gen_ai.operation.name": "chat" } }, within).end()
            root.end()
          }),
        "sdk"
      ),
    (provider) => Effect.promise(() => provider.shutdown())
  )

const library = (url: string) =>
  each(
    (sessionId) =>
      Effect.void.pipe(
        Agent.tool({ name: "search" }),
        Effect.zipRight(Effect.void.pipe(Agent.model({ model: "gpt-5", provider: "openai" }))),
        Agent.run({ name: "support", sessionId, input: "Where is my order?" })
      ),
    "library"
  ).pipe(
    // A program that ends while nobody takes its records loses them, unless it has a spool.
    Effect.zipRight(Effect.retry(Observability.flush, Schedule.spaced("100 millis").pipe(Schedule.upTo("60 seconds")))),
    Effect.provide(
      Observability.layerExportOnly({
        serviceName: "effect-agent",
        exporters: [OtlpExporter.make({ endpoint: url })],
        batch: { scheduledDelay: "200 millis", shutdownTimeout: "60 seconds" }
      })
    )
  )

const expected: Readonly<Record<string, Expected>> = Object.fromEntries(
  Array.from(
    { length: sessions },
    (_, n): ReadonlyArray<readonly [string, Expected]> => [
      [`python-${n}`, { turns, spans: 3 * turns }],
      [`sdk-${n}`, { turns, spans: 2 * turns }],
      [`library-${n}`, { turns, spans: 3 * turns }]
    ]
  ).flat()
)

const freePort = Effect.async<number>((resume) => {
  const server = createServer()
  server.listen(0, "127.0.0.1", () => {
    const address = server.address()
    server.close(() => resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0)))
  })
})

const serving = (file: string, port: number) =>
  Effect.tap(started(["serve", "--db", file, "--port", String(port)]), ({ printed }) => printed(/takes OTLP/))

/** The sessions of a file that nobody holds. */
const stored = (file: string) =>
  Effect.gen(function* () {
    const { listSessions, listSpans } = yield* Storage.Storage
    const found = yield* collect(listSessions)
    const spans = yield* collect((options) => listSpans({ pagination: { ...options.pagination, limit: 1_000 } }))
    return {
      sessions: Object.fromEntries(found.map(({ sessionId, spans, turns }) => [sessionId, { turns, spans }])),
      spans: spans.length
    }
  }).pipe(Effect.provide(DuckDbStorage.layer({ path: file })))

const folder = Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped())

describe("a collector", () => {
  it.scopedLive.each(["SIGKILL", "SIGTERM"] as const)(
    "that ends by %s at any moment and is started again on its file has every session whole",
    (signal) =>
      Effect.gen(function* () {
        yield* built
        const file = `${yield* folder}/agents.duckdb`
        const port = yield* freePort
        const url = `http://127.0.0.1:${port}`
        const senders = yield* Effect.fork(
          Effect.all([python(url), sdk(url), library(url)], { concurrency: "unbounded", discard: true })
        )
        for (let i = 0; i < ends; i++) {
          const server = yield* serving(file, port)
          yield* Effect.sleep(50 + Math.random() * 500)
          yield* server.end(signal)
        }
        const last = yield* serving(file, port)
        yield* Fiber.join(senders)
        assert.strictEqual(yield* last.end("SIGTERM"), 0)
        const { sessions, spans } = yield* stored(file)
        assert.deepStrictEqual(sessions, expected)
        assert.strictEqual(
          spans,
          Object.values(expected).reduce((sum, { spans }) => sum + spans, 0)
        )
      }).pipe(Effect.provide(NodeContext.layer)),
    120_000
  )

  const guide = readFileSync(fileURLToPath(new URL("../../docs/collector.md", import.meta.url)), "utf8")
  const commands = Array.from(
    guide.matchAll(/^```(?:bash|sh)\n((?:(?!```).*\n)*)```$/gm),
    ([, code = ""]) => code
  ).filter((code) => code.includes("curl "))

  it.scopedLive(
    "takes what the guide sends with curl, word for word",
    () =>
      Effect.gen(function* () {
        assert.isAbove(commands.length, 0)
        yield* built
        const file = `${yield* folder}/agents.duckdb`
        const server = yield* serving(file, 4318)
        for (const command of commands) {
          // `--fail` is the test's: curl takes an error for an answer.
          const code = `curl() { command curl --fail-with-body "$@"; }\n${command}`
          yield* Effect.async<string, Error>((resume) => {
            execFile("bash", ["-euc", code], (error, stdout, stderr) =>
              resume(error === null ? Effect.succeed(stdout) : Effect.fail(new Error(`${command}\n${stdout}${stderr}`)))
            )
          })
        }
        yield* server.end("SIGTERM")
        const { sessions } = yield* stored(file)
        assert.include(Object.keys(sessions), "support-4711")
      }).pipe(Effect.provide(NodeContext.layer)),
    60_000
  )
})
