export * from "../../src/testing/Records.js"

import type { RecordOf, SignalName } from "../../src/signal/signals.js"
import { log, metric, score, span } from "../../src/testing/Records.js"

/** A record of each signal, in a session where it can be in one. */
export const made: { readonly [N in SignalName]: (fields?: { readonly sessionId?: string }) => RecordOf<N> } = {
  spans: span,
  logs: log,
  metrics: () => metric(),
  scores: score
}
