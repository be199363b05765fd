/**
 * The metrics of the library itself: one spelling, `effect_observability.AREA.WHAT`, and one list of them.
 */
import * as Metric from "effect/Metric"

/** The prefix that tells them from those of the program. */
export const prefix = "effect_observability."

const counter = (name: string, description: string) => Metric.counter(prefix + name, { description })

/** Records on their way through the pipeline, tagged with `signal` and `exporter`. */
export const records = {
  emitted: counter("records.emitted", "Records that were emitted"),
  exported: counter("records.exported", "Records that the exporter took"),
  queued: counter("records.queued", "Records that wait, are in flight or spooled: goes up and down"),
  dropped: counter("records.dropped", "Records that were never given to the exporter, by reason"),
  failed: counter("records.failed", "Records that the exporter refused, by reason")
}

/** Headers and members of baggage, tagged with `header`. */
export const propagation = {
  refused: Metric.counter(`${prefix}propagation.refused`, {
    description: "Headers and members of baggage that were dropped because they are malformed",
    incremental: true
  })
}

/** Effect's metrics as they are recorded, tagged with `reason`. */
export const metrics = {
  skipped: Metric.counter(`${prefix}metrics.skipped`, {
    description: "Points, instruments and labels of Effect metrics that were not recorded, by reason",
    incremental: true
  })
}

/** Scores on their way into the pipeline. */
export const scores = {
  refused: Metric.counter(`${prefix}scores.refused`, {
    description: "Scores that were not recorded, or not all of them, because they are malformed",
    incremental: true
  })
}

/** Traces that come from other processes. */
export const sampling = {
  remote: Metric.counter(`${prefix}sampling.remote`, {
    description: "Traces that were not recorded here because their caller had not sampled them",
    incremental: true
  })
}

/** Attributes that fill fields of records, tagged with `attribute`. */
export const attributes = {
  refused: Metric.counter(`${prefix}attributes.refused`, {
    description: "Attributes whose values were none for the field that they fill, by attribute",
    incremental: true
  })
}

/** Calls of models, tagged with `model`: its provider and its name. */
export const pricing = {
  unpriced: Metric.counter(`${prefix}pricing.unpriced`, {
    description: "Calls of models that have no price, by model",
    incremental: true
  })
}

/** Records that came by OTLP. */
export const received = {
  forgotten: Metric.counter(`${prefix}received.forgotten`, {
    description: "Received records that stay without a session because their trace was forgotten before it named one",
    incremental: true
  })
}
