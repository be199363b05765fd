import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import { globalValue } from "effect/GlobalValue"
import type * as Scope from "effect/Scope"

/**
 * The wish of `withoutSessionId`. An empty session alone cannot say whether nobody named one, and the session of the
 * span around may be used, or whether it was taken away on purpose.
 */
export const currentSessionRefused: FiberRef.FiberRef<boolean> = globalValue(
  "effect-observability/SessionId/currentSessionRefused",
  () => FiberRef.unsafeMake(false, { join: (parent) => parent })
)

/** The sessions of the layers in use, each with the session that it took the place of. */
const replaced: WeakMap<object, object> = globalValue("effect-observability/SessionId/replaced", () => new WeakMap())

/** Has the session of a layer take the place of another one until the scope closes. */
export const replacing = <A extends object>(outer: A, inner: A): Effect.Effect<void, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => replaced.set(inner, outer)),
    () => Effect.sync(() => replaced.delete(inner))
  )

/**
 * The session of a parent fiber after it joined a child: the parent's own. One exception: layers are built in a child
 * fiber, so the session that `SessionId.layer` set there is taken over, but only if the parent still has the session
 * that the layer replaced.
 */
export const joined = <A extends object>(parent: A, child: A): A => (replaced.get(child) === parent ? child : parent)
