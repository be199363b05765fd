/**
 * Where captured records go. `capture` requires it and the pipeline provides it, so that neither knows the other.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type { SpanRecord } from "./SpanRecord.js"
import type { RecordOf, SignalName } from "./signals.js"

/**
 * All functions are synchronous and total: they run inside the program under observation. Whoever hands a record over
 * says what it is and how many bytes it holds, so that nobody has to look at all of it again.
 *
 * @since 0.1.0
 * @category tags
 */
export class Emitter extends Context.Tag("effect-observability/Emitter")<
  Emitter,
  {
    /** Hands a record over. It is counted from here on. */
    readonly emit: <N extends SignalName>(signal: N, record: RecordOf<N>, bytes: number) => void
    /** Shows a span while it is open. Snapshots are not counted, and give way where there is no room. */
    readonly snapshot: (record: SpanRecord) => void
    /** Counts spans that will not be recorded: they were no longer kept when their tracer closed, and had not ended. */
    readonly refuse: (spans: number) => void
  }
>() {}
