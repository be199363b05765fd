/**
 * What an exporter is. It is a plain value, which acquires what it needs at its first batch.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import { type RecordOf, type SignalName, signalNames } from "../signal/signals.js"

type Records<Names extends SignalName> = { readonly [N in Names]: ReadonlyArray<RecordOf<N>> }

/**
 * Records that are exported together. They are of one signal: the lists of all others are empty or missing. `spans` and
 * `logs` are always there, `metrics` and `scores` when there are some. The lists are frozen.
 *
 * @since 0.1.0
 * @category models
 */
export interface Batch extends Records<"spans" | "logs">, Partial<Records<Exclude<SignalName, "spans" | "logs">>> {}

/**
 * A batch was not exported. A retryable one is tried again as it is, with back-off; any other is split until the record
 * that is at fault stands alone, unless `reason` says that the fault lies not with the records.
 *
 * @since 0.1.0
 * @category errors
 */
export class ExportError extends Schema.TaggedError<ExportError>("effect-observability/Exporter/ExportError")(
  "ExportError",
  {
    /** Whether the same batch may go through later. */
    retryable: Schema.Boolean,
    cause: Schema.Defect,
    /** Under which name lost records are counted; `"Rejected"` when absent, and only that is split. */
    reason: Schema.optional(Schema.String),
    /** How long to wait at least before it is tried again, up to 5 minutes. */
    retryAfter: Schema.optional(Schema.DurationFromSelf),
    /** How many records were refused, when all others were exported and nobody knows which. They are not tried again. */
    rejected: Schema.optional(Schema.NonNegativeInt)
  }
) {
  /**
   * @since 0.1.0
   */
  override get message(): string {
    return this.reason ?? "Rejected"
  }
}

/**
 * A place to which batches of records go. A plain value: it acquires what it needs at its first batch.
 *
 * @since 0.1.0
 * @category models
 */
export interface Exporter {
  /** Unique among the exporters of a program: its name in the ledger. */
  readonly name: string
  /** Exports a batch. One at a time; interrupted after `batch.exportTimeout`. */
  readonly export: (batch: Batch) => Effect.Effect<void, ExportError>
  /** Called once, after the last batch. */
  readonly shutdown?: Effect.Effect<void> | undefined
  /**
   * The signals that it takes, all when absent. It has no ledger for another. Of records that come together, those of a
   * signal that stands before another are exported first.
   */
  readonly signals?: ReadonlyArray<SignalName> | undefined
  /** Whether spans are shown to it while they run, with the status `"running"`, before they come for good. */
  readonly snapshots?: boolean | undefined
}

/**
 * Whether a value is an exporter.
 *
 * @since 0.1.0
 * @category guards
 */
export const isExporter = (value: unknown): value is Exporter =>
  Predicate.isRecord(value) &&
  typeof value.name === "string" &&
  typeof value.export === "function" &&
  (value.shutdown === undefined || Effect.isEffect(value.shutdown)) &&
  (value.signals === undefined || isSignals(value.signals)) &&
  (value.snapshots === undefined || typeof value.snapshots === "boolean")

const isSignals = (value: unknown): boolean =>
  Array.isArray(value) && value.every((name) => signalNames.some((signal) => signal === name))
