import { Rpc, RpcGroup, RpcServer } from "@effect/rpc"
import { Effect, Layer, Logger, Option, Schema, Stream } from "effect"
import { Observability, Propagation, SessionId, SpanRecord, Storage } from "effect-observability"
import { RpcPropagation } from "effect-observability/rpc"

/** A caller with all tracing options, and what the records say of one without any. */
export const ada = {
  sessionId: SessionId.SessionId.make("ada"),
  threadId: "t",
  runId: "r",
  requestId: "q",
  resourceId: "o",
  userId: "Ada Lovelace",
  organizationId: "Ünion",
  tags: ["beta", "eu"],
  metadata: { plan: { seats: 3 } }
}
export const nobody = Object.fromEntries(Object.keys(ada).map((key) => [key, key === "tags" ? [] : undefined]))

/** What a record says of what is carried. */
export const carried = (span: SpanRecord.SpanRecord) =>
  Object.fromEntries(Object.keys(ada).map((key) => [key, span[key as keyof typeof ada]]))

export class Calls extends RpcGroup.make(
  Rpc.make("work"),
  Rpc.make("watch", { success: Schema.Number, stream: true }),
  Rpc.make("carrier", { success: Propagation.Carrier })
)
  .middleware(RpcPropagation.middleware)
  .add(Rpc.make("stored", { success: Schema.Array(SpanRecord.SpanRecord) })) {}

const handle = Effect.withSpan(Effect.void, "handle")

const HandlersLive = Calls.toLayer({
  work: () => handle,
  watch: () => Stream.mapEffect(Stream.range(1, 3), (n) => Effect.as(handle, n)),
  carrier: () => Propagation.capture,
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
