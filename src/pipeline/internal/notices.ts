/**
 * Words of processors to the program: they are synchronous, and the pipeline says it for them, by the program's
 * loggers.
 */
import * as Effect from "effect/Effect"
import type { SignalProcessor } from "../SignalProcessor.js"

const notices = new WeakMap<object, Effect.Effect<void>>()

/** A processor with what is said from time to time. */
export const saying = <A extends object>(processor: A, say: Effect.Effect<void>): A => {
  notices.set(processor, say)
  return processor
}

/** Says what the processors have to say. */
export const of = (processors: ReadonlyArray<SignalProcessor>): Effect.Effect<void> =>
  Effect.all(
    processors.flatMap((processor) => notices.get(processor) ?? []),
    { discard: true }
  )
