/**
 * Changes or drops records on their way to the exporters: masking, enriching, filtering.
 *
 * @since 0.1.0
 */
import type { RecordOf, SignalName } from "../signal/signals.js"

/** A function for each signal, by the word for one of its records: `span`, `log`, `metric`, `score`. */
type Steps = {
  readonly [N in SignalName as N extends `${infer One}s` ? One : never]?:
    | ((record: RecordOf<N>) => RecordOf<N> | undefined)
    | undefined
}

/**
 * Every record goes through the processors once, in their order, each seeing what the one before it made of the record.
 * Its result counts for all exporters. A record is dropped when a processor returns `undefined`, throws, or returns
 * what is no record.
 *
 * What it returns is checked by the table of the signal's fields, and values that JSON does not know become JSON as they do
 * when a program records them: maps, sets, bytes, errors and dates keep their content.
 *
 * There is a function for each signal: `span`, `log`, `metric` and `score`. They are synchronous and run outside the
 * program's own fibers.
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
export interface SignalProcessor extends Steps {
  readonly name: string
}
