/** The way for a command to end well when the process is asked to end. */
import * as Effect from "effect/Effect"

let stop: (() => void) | undefined

/** Waits until the process is asked to end, after which the command goes on: one that has something to finish. */
export const stopped: Effect.Effect<void> = Effect.async((resume) => {
  stop = () => resume(Effect.void)
})

/** Tells a command that waits for it; `false` where none does. */
export const tell = (): boolean => {
  stop?.()
  return stop !== undefined
}
