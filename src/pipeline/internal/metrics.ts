/** The ledgers as Effect metrics, for whoever reads those. */
import * as Metric from "effect/Metric"
import { records } from "../../runtime/ownMetrics.js"
import { signalNames } from "../../signal/signals.js"
import type { Ledger, Stats } from "../Stats.js"

/** Tells the metrics what changed since the last time. */
export const make = (): ((stats: Stats) => void) => {
  const told = new Map<string, number>()

  const count = (name: keyof Ledger, total: number, tags: Readonly<Record<string, string>>): void => {
    const key = [name, ...Object.values(tags)].join()
    const before = told.get(key) ?? 0
    if (total === before) return
    told.set(key, total)
    const metric = Object.entries(tags).reduce(
      (metric, [tag, value]) => Metric.tagged(metric, tag, value),
      records[name]
    )
    metric.unsafeUpdate(total - before, [])
  }

  return (stats) => {
    for (const signal of signalNames) {
      for (const [exporter, ledger] of Object.entries(stats[signal])) {
        const tags = { signal, exporter }
        count("emitted", ledger.emitted, tags)
        count("exported", ledger.exported, tags)
        count("queued", ledger.queued, tags)
        for (const [reason, total] of Object.entries(ledger.dropped)) count("dropped", total, { ...tags, reason })
        for (const [reason, total] of Object.entries(ledger.failed)) count("failed", total, { ...tags, reason })
      }
    }
  }
}
