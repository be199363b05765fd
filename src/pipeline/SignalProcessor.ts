/**
 * Changes or drops records on their way to the exporters: masking, enriching, filtering.
 *
 * @since 0.1.0
 */
import type { LogRecord } from "../signal/LogRecord.js"
import type { SpanRecord } from "../signal/SpanRecord.js"

/**
 * Every record goes through the processors once, in their order, each seeing what the one before it made of the record.
 * Its result counts for all exporters. A record is dropped when a processor returns `undefined`, throws, or returns
 * what is no record.
 *
 * Both functions are synchronous and run outside the program's own fibers.
 *
 * @example
 * ```ts
 * import type { SignalProcessor } from "effect-observability"
 *
 * const withoutHealthChecks: SignalProcessor.SignalProcessor = {
 *   name: "without-health-checks",
 *   span: (span) => (span.name === "GET /health" ? undefined : span)
 * }
 * ```
 *
 * @since 0.1.0
 * @category models
 */
export interface SignalProcessor {
  readonly name: string
  readonly span?: ((record: SpanRecord) => SpanRecord | undefined) | undefined
  readonly log?: ((record: LogRecord) => LogRecord | undefined) | undefined
}
