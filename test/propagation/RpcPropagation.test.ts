import { Worker } from "node:worker_threads"
import { HttpRouter, SocketServer } from "@effect/platform"
import { NodeHttpServer, NodeSocket, NodeSocketServer, NodeWorker } from "@effect/platform-node"
import { RpcClient, RpcSerialization, RpcServer } from "@effect/rpc"
import { assert, describe, it, layer } from "@effect/vitest"
import { Effect, Layer, Stream } from "effect"
import { type Observability, Propagation, type SpanRecord, type Storage, TracingOptions } from "effect-observability"
import { RpcPropagation } from "effect-observability/rpc"
import { ada, Calls, carried, nobody, observed, server } from "./calls.js"
import { named } from "./utils.js"

const client = RpcClient.make(Calls).pipe(Effect.provide(RpcPropagation.layerClient))

/** Makes calls within a span, and reads from the store of the server what it did for them. */
const handled = <E, R>(
  calls: (caller: Effect.Effect.Success<typeof client>) => Effect.Effect<unknown, E, R>,
  options: TracingOptions.TracingOptions
) =>
  Effect.gen(function* () {
    const caller = yield* client
    const { traceId } = yield* Effect.zipRight(calls(caller), Effect.currentSpan).pipe(
      Effect.withSpan("call"),
      TracingOptions.withTracingOptions(options)
    )
    const spans = yield* caller.stored()
    return spans.filter((span) => span.traceId === traceId && /^(RpcServer|handle)/.test(span.name)).reverse()
  }).pipe(Effect.scoped)

type Transport = Layer.Layer<RpcClient.Protocol, unknown, Observability.Observability | Storage.Storage>

const overHttp = (trust?: Parameters<typeof server>[0]): Transport =>
  RpcClient.layerProtocolHttp({ url: "" }).pipe(
    Layer.merge(HttpRouter.Default.serve().pipe(Layer.provide(server(trust)))),
    Layer.provide(RpcServer.layerProtocolHttp({ path: "/" })),
    Layer.provide(NodeHttpServer.layerTest),
    Layer.provide(RpcSerialization.layerNdjson)
  )

const toSocket = Layer.unwrapEffect(
  Effect.map(SocketServer.SocketServer, ({ address }) =>
    address._tag === "TcpAddress" ? NodeSocket.layerNet({ port: address.port }) : Layer.die("no port")
  )
)

const overSocket = (trust?: Parameters<typeof server>[0]): Transport =>
  RpcClient.layerProtocolSocket().pipe(
    Layer.provide(toSocket),
    Layer.merge(Layer.provide(server(trust), RpcServer.layerProtocolSocketServer)),
    Layer.provide(NodeSocketServer.layer({ port: 0 })),
    Layer.provide(RpcSerialization.layerMsgPack)
  )

const script = new URL("./callsWorker.ts", import.meta.url)
const importScript = `import("tsx/esm/api").then(({ register }) => (register(), import("${script}")))`

const transports: Record<string, Transport> = {
  HTTP: overHttp(),
  "a socket": overSocket(),

  "a worker": RpcClient.layerProtocolWorker({ size: 1 }).pipe(
    Layer.provide(NodeWorker.layerPlatform(() => new Worker(importScript, { eval: true })))
  )
}

for (const [name, transport] of Object.entries(transports)) {
  layer(transport.pipe(Layer.provideMerge(observed("calls")), Layer.orDie), { excludeTestServices: true })(
    `calls over ${name}`,
    (it) => {
      it.effect("are handled in the session of their caller, with all of its tracing options", () =>
        Effect.gen(function* () {
          const spans = yield* handled(({ watch, work }) => Effect.zipRight(work(), Stream.runDrain(watch())), ada)
          assert.strictEqual(spans.length, 6)
          for (const span of spans) assert.deepStrictEqual(carried(span), ada, span.name)
        })
      )

      it.effect("without a session are handled in none, wherever the server was started", () =>
        Effect.gen(function* () {
          const spans = yield* handled(({ work }) => work(), {})
          assert.deepStrictEqual(
            spans.map((span) => span.name),
            ["RpcServer.work", "handle"]
          )
          for (const span of spans) assert.deepStrictEqual(carried(span), nobody, span.name)
        })
      )

      it.effect("continue the trace with its flags, its tracestate and its baggage", () =>
        Effect.gen(function* () {
          const caller = yield* client
          const { baggage, traceparent, tracestate } = yield* caller.carrier().pipe(
            Effect.withSpan("call"),
            Propagation.restore({
              traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03",
              tracestate: "foo=1,bar=2",
              baggage: "shop=1"
            })
          )
          assert.match(traceparent ?? "", /^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-03$/)
          assert.deepStrictEqual([tracestate, baggage], ["foo=1,bar=2", "shop=1"])
          const { parentSpanId, traceState } = named(yield* caller.stored(), "RpcServer.carrier")
          assert.strictEqual(traceState, "foo=1,bar=2")
          assert.notStrictEqual(parentSpanId, "b7ad6b7169203331")
        }).pipe(Effect.scoped)
      )

      it.effect("carry what there is without a session, too", () =>
        Effect.gen(function* () {
          for (const span of yield* handled(({ work }) => work(), { runId: "r" })) {
            assert.deepStrictEqual(carried(span), { ...nobody, runId: "r" }, span.name)
          }
        })
      )
    }
  )
}

describe("a server", () => {
  const asked = (trust: Parameters<typeof server>[0], headers: Record<string, string>) =>
    handled(({ work }) => work(undefined, { headers }), ada).pipe(
      Effect.provide(Layer.provideMerge(overHttp(trust), observed("calls"))),
      Effect.map(([span]) => span as SpanRecord.SpanRecord)
    )

  it.scopedLive("that trusts nobody believes no session and no options", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(carried(yield* asked("never", {})), nobody)
    })
  )

  it.scopedLive("that trusts nobody records what a caller did not sample, and one that trusts does not", () =>
    Effect.gen(function* () {
      const traceId = "0af7651916cd43dd8448eb211c80319c"
      for (const [trust, names] of [
        ["never", ["RpcServer.work", "handle"]],
        ["always", [] as ReadonlyArray<string>]
      ] as const) {
        const spans = yield* Effect.gen(function* () {
          const caller = yield* client
          yield* caller.work().pipe(Propagation.restore({ traceparent: `00-${traceId}-b7ad6b7169203331-00` }))
          return yield* caller.stored()
        }).pipe(Effect.scoped, Effect.provide(Layer.provideMerge(overSocket(trust), observed("calls"))))
        const found = spans.filter((span) => span.traceId === traceId && /^(RpcServer|handle)/.test(span.name))
        assert.deepStrictEqual(found.map(({ name }) => name).sort(), Array.from(names))
      }
    })
  )

  it.scopedLive("believes the calls that its predicate holds for", () =>
    Effect.gen(function* () {
      const trust = ({ headers, rpc }: RpcPropagation.RpcRequest) => rpc._tag === "work" && headers.key === "ours"
      assert.deepStrictEqual(carried(yield* asked(trust, {})), nobody)
      assert.deepStrictEqual(carried(yield* asked(trust, { key: "ours" })), ada)
    })
  )

  it.scopedLive("drops what is malformed, says so on its span, and handles the call", () =>
    Effect.gen(function* () {
      const hostile = {
        "x-mastra-session-id": "a\u0000b",
        baggage: `session.id=${"x".repeat(201)}`,
        "effect-observability-options": JSON.stringify({
          threadId: "a\nb",
          runId: "fine",
          tags: ["fine", 5],
          metadata: [],
          __proto__: { userId: "x" },
          more: 1
        })
      }
      const ask = (headers: Record<string, string>) =>
        handled(({ work }) => work(undefined, { headers }), {}).pipe(
          Effect.map(([span]) => span as SpanRecord.SpanRecord)
        )
      yield* Effect.gen(function* () {
        const span = yield* ask(hostile)
        assert.strictEqual(span.status, "ok")
        assert.deepStrictEqual(carried(span), { ...nobody, runId: "fine" })
        assert.sameMembers(span.attributes["effect_observability.propagation.refused"] as Array<string>, [
          "x-mastra-session-id",
          "session.id",
          "effect-observability-options.threadId",
          "effect-observability-options.tags",
          "effect-observability-options.metadata"
        ])
        for (const options of ["{", "[]", "null", `{"runId":"r","more":"${"x".repeat(70_000)}"}`]) {
          const span = yield* ask({ "effect-observability-options": options })
          assert.deepStrictEqual(carried(span), nobody, options.slice(0, 20))
          assert.deepStrictEqual(span.attributes["effect_observability.propagation.refused"], [
            "effect-observability-options"
          ])
        }
      }).pipe(Effect.provide(Layer.provideMerge(overHttp(), observed("calls"))))
    })
  )
})
