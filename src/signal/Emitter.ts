/**
 * Where captured records go. `capture` requires it and the pipeline provides it, so that neither knows the other.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type { LogRecord } from "./LogRecord.js"
import type { SpanRecord } from "./SpanRecord.js"

/**
 * Both functions are synchronous and total: they run inside the program under observation.
 *
 * @since 0.1.0
 * @category tags
 */
export class Emitter extends Context.Tag("effect-observability/Emitter")<
  Emitter,
  {
    /** Hands a record over. It is counted from here on. */
    readonly emit: (record: SpanRecord | LogRecord) => void
    /** Shows a span while it is open. Snapshots are not counted, and give way where there is no room. */
    readonly snapshot: (record: SpanRecord) => void
    /** Counts spans that will not be recorded: they were no longer kept when their tracer closed, and had not ended. */
    readonly abandon: (spans: number) => void
  }
>() {}
