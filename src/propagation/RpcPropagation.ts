/**
 * Takes the session and the tracing options of a caller to the handlers of its remote procedure calls, whatever they
 * travel over, and to the entities of a cluster, whenever a message is delivered.
 *
 * @since 0.1.0
 */
import * as Headers from "@effect/platform/Headers"
import type * as Rpc from "@effect/rpc/Rpc"
import type { RequestEncoded } from "@effect/rpc/RpcMessage"
import * as RpcMiddleware from "@effect/rpc/RpcMiddleware"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Record from "effect/Record"
import type * as Tracer from "effect/Tracer"
import { openSpanOf } from "../identity/internal/currentCorrelation.js"
import * as TraceContext from "../identity/TraceContext.js"
import * as headerOptions from "./internal/options.js"
import { report } from "./internal/refused.js"
import { isTrusted } from "./internal/trust.js"
import { parentSpan, restoreWithin } from "./internal/within.js"
import * as Propagation from "./Propagation.js"

/**
 * The middleware of the calls that carry a session: give it to a group, or to the protocol of an entity. Clients need
 * `layerClient`, and servers `layerServer`.
 *
 * @example
 * ```ts
 * import { Rpc, RpcGroup } from "@effect/rpc"
 * import { Schema } from "effect"
 * import { RpcPropagation } from "effect-observability/rpc"
 *
 * const Orders = RpcGroup.make(
 *   Rpc.make("ship", { payload: { id: Schema.String } })
 * ).middleware(RpcPropagation.middleware)
 * ```
 *
 * @since 0.1.0
 * @category middleware
 */
export class middleware extends RpcMiddleware.Tag<middleware>()("effect-observability/RpcPropagation", {
  wrap: true,
  requiredForClient: true
}) {}

/**
 * Sends the session of the caller, its tracing options, its baggage, and the flags and the `tracestate` of its trace with
 * every call. Without a session none is sent. The clients of entities are made by the layer of `Sharding`: provide it to
 * that one, too.
 *
 * @example
 * ```ts
 * import { FetchHttpClient } from "@effect/platform"
 * import { RpcClient, RpcSerialization } from "@effect/rpc"
 * import { Layer } from "effect"
 * import { RpcPropagation } from "effect-observability/rpc"
 *
 * const ClientLive = RpcClient.layerProtocolHttp({ url: "http://localhost:3000/rpc" }).pipe(
 *   Layer.provide([FetchHttpClient.layer, RpcSerialization.layerJson]),
 *   Layer.merge(RpcPropagation.layerClient)
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerClient: Layer.Layer<RpcMiddleware.ForClient<middleware>> = RpcMiddleware.layerClient(
  middleware,
  ({ request }) =>
    Effect.map(Propagation.capture, ({ options: { sessionId, ...options } = {}, ...carrier }) => {
      const headers = Propagation.inject(request.headers, {
        baggage: carrier.baggage,
        ...traceOf(request, carrier),
        options: { sessionId }
      })
      return { ...request, headers: Headers.unsafeFromRecord(headerOptions.write(headers, options)) }
    })
)

/**
 * A call as it arrives at a server.
 *
 * @since 0.1.0
 * @category models
 */
export interface RpcRequest {
  readonly clientId: number
  readonly rpc: Rpc.AnyWithProps
  readonly payload: unknown
  readonly headers: Headers.Headers
}

/**
 * Runs every handler in the session of its caller, or in none, wherever the server was started; the span of the server has
 * it too. `trust` decides whose sessions and options are believed. What is malformed is dropped, counted, and annotated on
 * that span.
 *
 * @example
 * ```ts
 * import { RpcServer } from "@effect/rpc"
 * import { Layer } from "effect"
 * import { RpcPropagation } from "effect-observability/rpc"
 *
 * const PropagationLive = RpcPropagation.layerServer({ trust: ({ headers }) => headers.authorization === "Bearer ours" })
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerServer = ({ trust }: { readonly trust: Propagation.Trust<RpcRequest> }): Layer.Layer<middleware> =>
  Layer.succeed(middleware, ({ next, ...request }) =>
    Effect.flatMap(parentSpan, (span) => {
      const trusted = isTrusted(trust, request)
      const headers = Record.filter(request.headers, Predicate.isString)
      const { refused, ...carried } = Propagation.extract(headers, { trust: trusted ? "always" : "never" })
      const more = trusted ? headerOptions.read(headers) : { options: {}, refused: [] }
      const carrier = { ...carried, options: { ...carried.options, ...more.options } }
      if (span?._tag === "Span" && span.name.endsWith(`.${request.rpc._tag}`)) {
        const { sessionId, ...options } = carrier.options
        openSpanOf(span)?.reassign(sessionId, options, trusted)
        adopt(span, carrier)
      }
      return Effect.zipRight(
        report([...refused, ...more.refused]),
        span === undefined
          ? Propagation.restoreUnder(next, carrier, Propagation.parentOf(carrier, trusted))
          : restoreWithin(next, carrier, span)
      )
    })
  )

/**
 * The trace of a call, where it is that of its caller: the span is the one that the client makes for the call, and of which
 * the call itself says neither the flags nor the state.
 */
const traceOf = (
  { sampled, spanId, traceId }: Pick<RequestEncoded, "traceId" | "spanId" | "sampled">,
  { traceparent = "", tracestate }: Propagation.Carrier
): Propagation.Carrier => {
  const caller = Option.getOrUndefined(TraceContext.parseTraceParent(traceparent))
  if (caller === undefined || spanId === undefined || caller.traceId !== traceId) return {}
  const flags = (sampled ? TraceContext.sampled : 0) | (caller.flags & TraceContext.random)
  return { traceparent: TraceContext.toTraceParent({ traceId, spanId, flags }), tracestate }
}

/** Gives the span of a call the flags and the state of its trace, unless the headers are those of another trace. */
const adopt = (span: Tracer.Span, { traceparent = "", tracestate }: Propagation.Carrier): void => {
  const caller = Option.getOrUndefined(TraceContext.parseTraceParent(traceparent))
  if (caller?.traceId === span.traceId) openSpanOf(span)?.adopt({ flags: caller.flags, traceState: tracestate })
}
