import type { RecordOf, SignalName } from "../../signal/signals.js"

/** A record of whichever signal. */
export type AnyRecord = RecordOf<SignalName>
