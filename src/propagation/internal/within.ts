import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Tracer from "effect/Tracer"
import { carriedBy } from "../../identity/internal/currentCorrelation.js"
import { withoutSessionId } from "../../identity/SessionId.js"
import { type Carrier, restoreUnder } from "../Propagation.js"

/** The span that the current fiber is in, of this process or of another one. */
export const parentSpan: Effect.Effect<Tracer.AnySpan | undefined> = Effect.map(
  Effect.serviceOption(Tracer.ParentSpan),
  Option.getOrUndefined
)

/** Runs an effect in the session and the options of a carrier, but within a span: it is the parent of what is inside. */
export const restoreWithin = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  carrier: Carrier,
  span: Tracer.AnySpan
): Effect.Effect<A, E, R> => {
  const leaks = carrier.options?.sessionId === undefined && carriedBy(span)?.sessionId !== undefined
  return restoreUnder(leaks ? withoutSessionId(effect) : effect, carrier, span)
}
