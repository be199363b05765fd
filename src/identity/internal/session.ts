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
