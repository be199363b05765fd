import * as FiberRef from "effect/FiberRef"
import { globalValue } from "effect/GlobalValue"

/**
 * The wish of `withoutSessionId`. An empty session alone cannot say whether nobody named one, and the session of the
 * span around may be used, or whether it was taken away on purpose.
 */
export const currentSessionRefused: FiberRef.FiberRef<boolean> = globalValue(
  "effect-observability/SessionId/currentSessionRefused",
  () => FiberRef.unsafeMake(false, { join: (parent) => parent })
)

const lent: WeakSet<object> = globalValue("effect-observability/internal/lent", () => new WeakSet())

/** Marks a value that a fiber has for the length of an effect only. */
export const lend = <A extends object>(value: A): A => {
  lent.add(value)
  return value
}

/**
 * What a parent has after it joined a child. It takes a child's value where it has none: this is how a layer's value
 * reaches what the layer is provided to. What was lent stays with the child, which may end, or have forked, inside.
 */
export const joined =
  <A extends object>(none: A) =>
  (parent: A, child: A): A =>
    parent === none && !lent.has(child) ? child : parent
