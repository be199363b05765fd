import { Rpc, RpcGroup, RpcServer } from "@effect/rpc"
import { Effect, Layer, Logger, Option, Schema, Stream } from "effect"
import { Observability, SessionId, SpanRecord, Storage } from "effect-observability"
import { RpcPropagation } from "effect-observability/rpc"

export class Calls extends RpcGroup.make(Rpc.make("work"), Rpc.make("watch", { success: Schema.Number, stream: true }))
  .middleware(RpcPropagation.middleware)
  .add(Rpc.make("stored", { success: Schema.Array(SpanRecord.SpanRecord) })) {}

const handle = Effect.withSpan(Effect.void, "handle")

const HandlersLive = Calls.toLayer({
  work: () => handle,
  watch: () => Stream.mapEffect(Stream.range(1, 3), (n) => Effect.as(handle, n)),
  stored: () =>
    Effect.gen(function* () {
      yield* Effect.flatMap(Observability.Observability, (_) => _.flush)
      const storage = yield* Storage.Storage
      return (yield* storage.listSpans({ pagination: { limit: 1_000 } })).items
    }).pipe(Effect.orDie)
})

export const observed = (serviceName: string) =>
  Observability.layer({ serviceName }).pipe(
    Layer.provideMerge(Storage.layerMemory),
    Layer.provideMerge(Logger.remove(Logger.defaultLogger))
  )

/** A server that was started inside a session, which is nobody's. */
export const server = (trust: Parameters<typeof RpcPropagation.layerServer>[0]["trust"] = "always") =>
  RpcServer.layer(Calls).pipe(
    Layer.provide(HandlersLive),
    Layer.provide(RpcPropagation.layerServer({ trust })),
    Layer.locally(SessionId.currentSessionId, Option.some(SessionId.SessionId.make("of-the-server")))
  )
