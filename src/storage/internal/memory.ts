/**
 * An engine in plain JavaScript and without bounds: its primitives, from which all the rest is derived. It is the
 * reference: what is slow and obvious here is what the others must answer.
 */
import * as Effect from "effect/Effect"
import { keyOf, newerOf } from "../../signal/Signal.js"
import { perSignal, type RecordOf, type SignalName, signalOf } from "../../signal/signals.js"
import type { Engine } from "../Engine.js"
import { isRemoved, selectRecords } from "./matches.js"

export const make = (): Engine => {
  const stored = perSignal(() => new Map<string, object>()) as {
    readonly [N in SignalName]: Map<string, RecordOf<N>>
  }
  return {
    insert: (name, records) =>
      Effect.sync(() => {
        const signal = signalOf(name)
        for (const record of records) {
          const key = keyOf(signal, record)
          const earlier = stored[name].get(key)
          stored[name].set(key, earlier === undefined ? record : newerOf(signal, earlier, record))
        }
      }),
    select: (name, query) => Effect.sync(() => selectRecords(name, Array.from(stored[name].values()), query)),
    remove: (name, which) =>
      Effect.sync(() => {
        let removed = 0
        for (const [key, record] of stored[name]) {
          if (!isRemoved(name, record, which)) continue
          stored[name].delete(key)
          removed++
        }
        return removed
      })
  }
}
