import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import { propagation } from "../../runtime/ownMetrics.js"

/** On a span, the names of what was dropped. */
export const attribute = "effect_observability.propagation.refused"

/** Counts what was dropped, and annotates it on the current span. */
export const report = (refused: ReadonlyArray<string>): Effect.Effect<void> =>
  refused.length === 0
    ? Effect.void
    : Effect.zipRight(
        Effect.annotateCurrentSpan(attribute, refused),
        Effect.forEach(refused, (header) => Metric.increment(Metric.tagged(propagation.refused, "header", header)), {
          discard: true
        })
      )
