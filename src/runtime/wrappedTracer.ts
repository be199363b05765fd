/** Tracers that record nothing, and do something around each step of another one. */
import { globalValue } from "effect/GlobalValue"
import type { Tracer } from "effect/Tracer"

interface Wrapped {
  readonly inner: Tracer
  /** The same around another tracer. */
  readonly around: (tracer: Tracer) => Tracer
}

const wrapped: WeakMap<object, Wrapped> = globalValue("effect-observability/wrappedTracers", () => new WeakMap())

/** A tracer around another one, which is known for it from now on. */
export const wrap = (inner: Tracer, around: (tracer: Tracer) => Tracer): Tracer => {
  const tracer = around(inner)
  wrapped.set(tracer, { inner, around: (other) => wrap(other, around) })
  return tracer
}

export const unwrap = (tracer: object): Wrapped | undefined => wrapped.get(tracer)
