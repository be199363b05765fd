/**
 * Takes the session and the trace of whoever calls a server of the Model Context Protocol to its tools, resources and
 * prompts.
 *
 * @since 0.1.0
 */
import type { RequestEncoded } from "@effect/rpc/RpcMessage"
import { Protocol } from "@effect/rpc/RpcServer"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Predicate from "effect/Predicate"
import { attribute, report } from "./internal/refused.js"
import { isTrusted } from "./internal/trust.js"
import { parentSpan, restoreWithin } from "./internal/within.js"
import * as Propagation from "./Propagation.js"

/**
 * Wraps the protocol of a server: each request is handled in the session that its `params._meta` names, or in none, and in
 * the trace there, as SEP-414 has them: `traceparent`, `tracestate` and `baggage`. `trust` decides whose sessions are
 * believed. The session of a transport, such as `mcp-session-id`, is no session.
 *
 * @example
 * ```ts
 * import { McpServer } from "@effect/ai"
 * import { RpcSerialization, RpcServer } from "@effect/rpc"
 * import { Layer } from "effect"
 * import { McpPropagation } from "effect-observability/rpc"
 *
 * const McpLive = McpServer.layer({ name: "orders", version: "1.0.0" }).pipe(
 *   Layer.provide(McpPropagation.layerServer({ trust: "always" })),
 *   Layer.provide(RpcServer.layerProtocolHttp({ path: "/mcp" })),
 *   Layer.provide(RpcSerialization.layerJsonRpc())
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerServer = ({
  trust
}: {
  readonly trust: Propagation.Trust<RequestEncoded>
}): Layer.Layer<Protocol, never, Protocol> =>
  Layer.effect(
    Protocol,
    Effect.map(Protocol, (protocol) => ({
      ...protocol,
      run: (handle) =>
        protocol.run((clientId, message) =>
          message._tag === "Request" ? inCarried(handle(clientId, message), message, trust) : handle(clientId, message)
        )
    }))
  )

const inCarried = (handled: Effect.Effect<void>, request: RequestEncoded, trust: Propagation.Trust<RequestEncoded>) =>
  Effect.flatMap(parentSpan, (around) => {
    const trusted = isTrusted(trust, request)
    const { refused, ...carrier } = Propagation.extract(metaOf(request.payload), {
      trust: trusted ? "always" : "never"
    })
    const counted = Effect.zipRight(
      report(refused),
      refused.length === 0 ? handled : Effect.annotateSpans(handled, attribute, refused)
    )
    return around === undefined || carrier.traceparent !== undefined
      ? Propagation.restoreUnder(counted, carrier, Propagation.parentOf(carrier, trusted))
      : restoreWithin(counted, carrier, around)
  })

const metaOf = (payload: unknown): Record<string, string> => {
  const meta = Predicate.hasProperty(payload, "_meta") && Predicate.isRecord(payload._meta) ? payload._meta : {}
  const { baggage, traceparent, tracestate } = meta
  return {
    ...(Predicate.isString(traceparent) && { traceparent }),
    ...(Predicate.isString(tracestate) && { tracestate }),
    ...(Predicate.isString(baggage) && { baggage })
  }
}
