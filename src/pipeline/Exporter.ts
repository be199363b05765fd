/**
 * Where batches of records go. An exporter is a plain value: it acquires what it needs at its first batch.
 *
 * @since 0.1.0
 */
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { LogRecord } from "../signal/LogRecord.js"
import type { SpanRecord } from "../signal/SpanRecord.js"

/**
 * Records that are exported together. Further signals will come as further optional fields.
 *
 * @since 0.1.0
 * @category models
 */
export interface Batch {
  readonly spans: ReadonlyArray<SpanRecord>
  readonly logs: ReadonlyArray<LogRecord>
}

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
    reason: Schema.optional(Schema.String)
  }
) {}

/**
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
  /** Whether spans are shown to it while they run, with the status `"running"`, before they come for good. */
  readonly running?: boolean | undefined
}
