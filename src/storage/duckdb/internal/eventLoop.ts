import * as Effect from "effect/Effect"

/** Lets the event loop turn once: an Effect yield alone stays in the same turn. */
export const nextTurn: Effect.Effect<void> = Effect.async((resume) => {
  const immediate = setImmediate(() => resume(Effect.void))
  return Effect.sync(() => clearImmediate(immediate))
})
