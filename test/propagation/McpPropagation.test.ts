import { McpServer, Tool, Toolkit } from "@effect/ai"
import { HttpClient, HttpClientRequest, HttpRouter } from "@effect/platform"
import { NodeHttpServer } from "@effect/platform-node"
import { RpcSerialization, RpcServer } from "@effect/rpc"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Logger, Option, Queue, Schema, Sink, Stream } from "effect"
import { Observability, Propagation, SessionId, Storage, TracingOptions } from "effect-observability"
import { McpPropagation } from "effect-observability/rpc"

const observed = Observability.layer({ serviceName: "mcp" }).pipe(
  Layer.provideMerge(Storage.layerMemory),
  Layer.provideMerge(Logger.remove(Logger.defaultLogger))
)

const tools = Toolkit.make(Tool.make("lookup", { parameters: { id: Schema.String }, success: Schema.String }))

const handlers = tools.toLayer({ lookup: ({ id }) => Effect.withSpan(Effect.succeed(`order ${id}`), "handle") })

/** A server that was started inside a session, which is nobody's. */
const server = (trust: Parameters<typeof McpPropagation.layerServer>[0]["trust"]) =>
  McpServer.toolkit(tools).pipe(
    Layer.provide(handlers),
    Layer.provide(McpServer.layer({ name: "orders", version: "1.0.0" })),
    Layer.provide(McpPropagation.layerServer({ trust })),
    Layer.locally(SessionId.currentSessionId, Option.some(SessionId.SessionId.make("of-the-server")))
  )

const overHttp = (trust: Parameters<typeof server>[0]) =>
  HttpRouter.Default.serve().pipe(
    Layer.provide(server(trust)),
    Layer.provide(RpcServer.layerProtocolHttp({ path: "/mcp" })),
    Layer.provide(RpcSerialization.layerJsonRpc()),
    Layer.provideMerge(NodeHttpServer.layerTest),
    Layer.provideMerge(observed)
  )

const request = (meta: unknown) => ({
  jsonrpc: "2.0",
  id: 1,
  method: "tools/call",
  params: { name: "lookup", arguments: { id: "7" }, _meta: meta }
})

/** Calls the tool with a transport session of its own. */
const call = (meta: unknown) =>
  HttpClientRequest.post("/mcp").pipe(
    HttpClientRequest.setHeader("mcp-session-id", "transport"),
    HttpClientRequest.bodyUnsafeJson(request(meta)),
    HttpClient.execute,
    Effect.flatMap((response) => response.text),
    Effect.tap((text) => assert.include(text, "order 7")),
    Effect.withTracerEnabled(false)
  )

const stored = Effect.gen(function* () {
  yield* Effect.flatMap(Observability.Observability, (_) => _.flush)
  const storage = yield* Storage.Storage
  const { items } = yield* storage.listSpans({ pagination: { limit: 1_000 } })
  return items.filter(({ name }) => name === "McpServer.tools/call" || name === "handle").reverse()
})

const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

describe("a server of the Model Context Protocol", () => {
  it.scopedLive("handles a request in the session and the trace of its _meta", () =>
    Effect.gen(function* () {
      const carrier = yield* Propagation.capture.pipe(
        Effect.withSpan("ask"),
        TracingOptions.withTracingOptions({ sessionId: SessionId.SessionId.make("ada"), userId: "Ada" })
      )
      yield* call({ progressToken: 1, ...Propagation.toMcpMeta(carrier, { include: ["userId"] }) })
      const [tool, handle] = yield* stored
      assert.strictEqual(`00-${tool?.traceId}-${tool?.parentSpanId}-03`, carrier.traceparent)
      for (const span of [tool, handle]) {
        assert.deepStrictEqual([span?.traceId, span?.sessionId, span?.userId], [tool?.traceId, "ada", "Ada"])
      }
    }).pipe(Effect.provide(overHttp("always")))
  )

  it.scopedLive("handles one without a session in none, whatever its transport calls a session", () =>
    Effect.gen(function* () {
      for (const meta of [undefined, {}, { traceparent }, { "session.id": "x", baggage: 7 }]) yield* call(meta)
      const spans = yield* stored
      assert.strictEqual(spans.length, 8)
      for (const span of spans) assert.isUndefined(span.sessionId)
    }).pipe(Effect.provide(overHttp("always")))
  )

  it.scopedLive("believes the sessions of those alone whom it trusts, and the trace of anybody", () =>
    Effect.gen(function* () {
      yield* call({ traceparent, tracestate: "vendor=1", baggage: "session.id=eve,other=1" })
      for (const span of yield* stored) {
        assert.deepInclude({ ...span }, { traceId: traceparent.slice(3, 35), traceState: "vendor=1" })
        assert.isUndefined(span.sessionId)
      }
    }).pipe(Effect.provide(overHttp(({ headers }) => new Map(headers).get("mcp-session-id") === "ours")))
  )

  it.scopedLive("drops what is malformed, says so on its span, and handles the request", () =>
    Effect.gen(function* () {
      yield* call({ traceparent: traceparent.toUpperCase(), baggage: "session.id=a%00b" })
      const [tool] = yield* stored
      assert.isUndefined(tool?.sessionId)
      assert.sameMembers(tool?.attributes["effect_observability.propagation.refused"] as Array<string>, [
        "traceparent",
        "session.id"
      ])
    }).pipe(Effect.provide(overHttp("always")))
  )

  it.scopedLive("does so over standard input and output", () =>
    Effect.gen(function* () {
      const input = yield* Queue.unbounded<Uint8Array>()
      const output = yield* Queue.unbounded<Uint8Array | string>()
      yield* server("always").pipe(
        Layer.provide(RpcServer.layerProtocolStdio({ stdin: Stream.fromQueue(input), stdout: Sink.fromQueue(output) })),
        Layer.provide(RpcSerialization.layerNdJsonRpc()),
        Layer.launch,
        Effect.forkScoped
      )
      const line = `${JSON.stringify(request({ traceparent, baggage: "session.id=ada" }))}\n`
      yield* Queue.offer(input, new TextEncoder().encode(line))
      assert.include(String(yield* Queue.take(output)), "order 7")
      const spans = yield* stored
      assert.deepStrictEqual(
        spans.map((span) => [span.name, span.sessionId, span.traceId]),
        ["McpServer.tools/call", "handle"].map((name) => [name, "ada", traceparent.slice(3, 35)])
      )
    }).pipe(Effect.provide(observed))
  )
})
