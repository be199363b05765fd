import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"

const counter = Metric.counter("effect_observability_propagation_refused", {
  description: "Headers and members of baggage that were dropped because they are malformed",
  incremental: true
})

/** On a span, the names of what was dropped. */
export const attribute = "effect_observability.propagation.refused"

/** Counts what was dropped, and annotates it on the current span. */
export const report = (refused: ReadonlyArray<string>): Effect.Effect<void> =>
  refused.length === 0
    ? Effect.void
    : Effect.zipRight(
        Effect.annotateCurrentSpan(attribute, refused),
        Effect.forEach(refused, (header) => Metric.increment(Metric.tagged(counter, "header", header)), {
          discard: true
        })
      )
