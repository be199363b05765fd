/**
 * What became of the records that were emitted: nothing is lost without being counted here.
 *
 * @since 0.1.0
 */
import type { SignalName } from "../signal/signals.js"

/**
 * The count of one signal at one exporter. At every moment
 * `emitted = exported + queued + the sum of dropped + the sum of failed`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Ledger {
  readonly emitted: number
  readonly exported: number
  /** Waiting, in flight, or spooled. What an earlier process spooled is emitted here when it is read back. */
  readonly queued: number
  /**
   * Never given to the exporter, by reason: `QueueFull`, `Processor` (one returned `undefined`), `ProcessorError` (one
   * threw, or returned what is no record or cannot be JSON), `Shutdown` (the pipeline was closed, or closing, and the
   * exporter did not take it in time), `Abandoned` (a span that had not ended at the close, and was not among the newest
   * 10,000 open ones: beyond them it is last shown as running).
   */
  readonly dropped: { readonly [reason: string]: number }
  /**
   * Refused by the exporter, by reason: `Rejected` and whatever else its errors say, `Defect` when it died of the record,
   * `NoEffect` when it returned something else, a promise for example, `Corrupt` when it came back damaged from the
   * spool, or did not come back.
   */
  readonly failed: { readonly [reason: string]: number }
}

/**
 * How an exporter fares.
 *
 * @since 0.1.0
 * @category models
 */
export interface ExporterHealth {
  /** How many of the queued records are on local disk. */
  readonly spooled: number
  /**
   * How many lines were met in the spool that a newer release wrote and this one cannot read: they stay there for it, and
   * are in no ledger.
   */
  readonly unread: number
  /** How many times a record was sent again. */
  readonly retried: number
  /** The last attempt that failed; the time in nanoseconds since the epoch. */
  readonly lastError?: { readonly time: bigint; readonly message: string }
  /** When a batch was exported, the last time, in nanoseconds since the epoch. */
  readonly lastSuccess?: bigint
}

/**
 * For each signal a ledger for each exporter that takes it, by its name. Snapshots of running spans are not counted.
 *
 * @since 0.1.0
 * @category models
 */
export interface Stats extends Readonly<Record<SignalName, Ledgers>> {
  readonly exporters: { readonly [exporter: string]: ExporterHealth }
}

/**
 * Ledgers of one signal, by exporter.
 *
 * @since 0.1.0
 * @category models
 */
export interface Ledgers {
  readonly [exporter: string]: Ledger
}
