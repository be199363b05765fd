/**
 * What a span carries across a boundary besides its two ids.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type { SessionId } from "./SessionId.js"

/**
 * What came with a remote parent, kept in the `context` of its `ExternalSpan`.
 *
 * @example
 * ```ts
 * import { Context, Tracer } from "effect"
 * import { SessionId, TraceContext } from "effect-observability"
 *
 * const parent = Tracer.externalSpan({
 *   traceId: "0af7651916cd43dd8448eb211c80319c",
 *   spanId: "b7ad6b7169203331",
 *   context: Context.make(TraceContext.Carried, { sessionId: SessionId.SessionId.make("support-4711") })
 * })
 * ```
 *
 * @since 0.1.0
 * @category tags
 */
export class Carried extends Context.Tag("effect-observability/TraceContext/Carried")<
  Carried,
  {
    /** The `tracestate` header, forwarded as it came. */
    readonly traceState?: string | undefined
    /** The flags of the `traceparent` header. */
    readonly flags?: number | undefined
    readonly sessionId?: SessionId | undefined
  }
>() {}
