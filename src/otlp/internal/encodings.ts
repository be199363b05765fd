/** How each signal is sent: the one table of them. */
import type { RecordOf, SignalName } from "../../signal/signals.js"
import type { SignalEncoding } from "./encoding.js"
import { logs } from "./logs.js"
import { metrics } from "./metrics.js"
import { scores } from "./scores.js"
import { spans } from "./spans.js"

export const encodings: { readonly [N in SignalName]: SignalEncoding<RecordOf<N>> } = { spans, logs, metrics, scores }
