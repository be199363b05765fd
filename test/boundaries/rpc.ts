import { ClusterSchema, DeliverAt, Entity, SingleRunner } from "@effect/cluster"
import { SocketServer } from "@effect/platform"
import { NodeSocket, NodeSocketServer } from "@effect/platform-node"
import { Rpc, RpcClient, RpcSerialization, RpcServer } from "@effect/rpc"
import { LibsqlClient } from "@effect/sql-libsql"
import { assert } from "@effect/vitest"
import { DateTime, Deferred, Effect, Layer, PrimaryKey, Schema, Stream } from "effect"
import { SessionId, TracingOptions } from "effect-observability"
import { RpcPropagation } from "effect-observability/rpc"
import { ada, Calls, carried, nobody, server } from "../propagation/calls.js"
import { named, stored } from "../propagation/utils.js"
import { folder } from "../utils/folder.js"
import type { Row } from "./row.js"

const overSocket = RpcClient.layerProtocolSocket().pipe(
  Layer.provide(
    Layer.unwrapEffect(
      Effect.map(SocketServer.SocketServer, ({ address }) =>
        address._tag === "TcpAddress" ? NodeSocket.layerNet({ port: address.port }) : Layer.die("no port")
      )
    )
  ),
  Layer.merge(Layer.provide(server(), RpcServer.layerProtocolSocketServer)),
  Layer.provide(NodeSocketServer.layer({ port: 0 })),
  Layer.provide(RpcSerialization.layerMsgPack)
)

const calls = Effect.gen(function* () {
  const { watch, work } = yield* RpcClient.make(Calls).pipe(Effect.provide(RpcPropagation.layerClient))
  const both = Effect.all([work(), Stream.runDrain(watch())], { concurrency: 2 })
  yield* both.pipe(Effect.withSpan("ada"), TracingOptions.withTracingOptions(ada))
  yield* both.pipe(Effect.withSpan("nobody"))
  const { spans } = yield* stored
  for (const [name, expected] of Object.entries({ ada, nobody })) {
    const { traceId } = named(spans, name)
    const handled = spans.filter((span) => span.traceId === traceId && /^(RpcServer|handle)/.test(span.name))
    assert.deepStrictEqual(
      handled.map(carried),
      Array.from({ length: 6 }, () => expected)
    )
  }
}).pipe(Effect.provide(overSocket))

class Reminder extends Schema.Class<Reminder>("Reminder")({ id: Schema.String, at: Schema.DateTimeUtc }) {
  [PrimaryKey.symbol]() {
    return this.id
  }
  [DeliverAt.symbol]() {
    return this.at
  }
}

const Customer = Entity.make("Customer", [
  Rpc.make("remind", { payload: Reminder })
    .annotate(ClusterSchema.Persisted, true)
    .middleware(RpcPropagation.middleware)
])

const cluster = (path: string) =>
  SingleRunner.layer({
    shardingConfig: {
      shardsPerGroup: 8,
      entityMessagePollInterval: "100 millis",
      entityTerminationTimeout: "1 second"
    }
  }).pipe(
    Layer.provide(LibsqlClient.layer({ url: `file:${path}/cluster.db`, intMode: "bigint" })),
    Layer.provide(RpcPropagation.layerClient)
  )

const persisted = Effect.gen(function* () {
  const path = yield* folder
  yield* Effect.gen(function* () {
    const customer = (yield* Customer.client)("1")
    const at = DateTime.addDuration(yield* DateTime.now, "500 millis")
    yield* customer.remind({ id: "1", at }, { discard: true })
  }).pipe(Effect.withSpan("send"), TracingOptions.withTracingOptions(ada), Effect.provide(cluster(path)))

  const done = yield* Deferred.make<void>()
  const CustomerLive = Customer.toLayer({
    remind: () => Effect.void.pipe(Effect.withSpan("handle"), Effect.zipRight(Deferred.succeed(done, undefined)))
  }).pipe(Layer.provide(RpcPropagation.layerServer({ trust: "always" })))
  yield* Deferred.await(done).pipe(
    Effect.provide(Layer.provide(CustomerLive, cluster(path))),
    SessionId.withSessionId(SessionId.SessionId.make("of-the-runner"))
  )

  const { spans } = yield* stored
  const { traceId } = named(spans, "send")
  for (const name of ["handle", "Customer(1).remind"]) {
    const span = named(spans, name)
    assert.deepStrictEqual([carried(span), span.traceId], [ada, traceId], name)
  }
})

/** What is crossed by remote procedure calls. */
export const rows: ReadonlyArray<Row> = [
  {
    boundary: "RPC",
    holds: "a call and a stream over a socket have the caller's session and options, or none",
    run: calls
  },
  {
    boundary: "a persisted cluster message",
    holds: "delivered later, by another runner, in the session and the trace of its sender",
    run: persisted
  }
]
