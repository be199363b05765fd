/** The ledgers as Effect metrics, for whoever reads those. */
import * as Metric from "effect/Metric"
import type { Ledger, Stats } from "../Stats.js"

/** Tells the metrics what changed since the last time. */
export const make = (): ((stats: Pick<Stats, "spans" | "logs">) => void) => {
  const told = new Map<string, number>()

  const count = (name: keyof Ledger, total: number, tags: Readonly<Record<string, string>>): void => {
    const key = [name, ...Object.values(tags)].join()
    const before = told.get(key) ?? 0
    if (total === before) return
    told.set(key, total)
    const metric = Object.entries(tags).reduce(
      (metric, [tag, value]) => Metric.tagged(metric, tag, value),
      metrics[name]
    )
    metric.unsafeUpdate(total - before, [])
  }

  return ({ logs, spans }) => {
    for (const [signal, ledgers] of Object.entries({ spans, logs })) {
      for (const [exporter, ledger] of Object.entries(ledgers)) {
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

const counter = (name: string, description: string) =>
  Metric.counter(`effect_observability.records.${name}`, { description })

const metrics = {
  emitted: counter("emitted", "Records that were emitted"),
  exported: counter("exported", "Records that the exporter took"),
  queued: counter("queued", "Records that wait, are in flight or spooled: goes up and down"),
  dropped: counter("dropped", "Records that were never given to the exporter, by reason"),
  failed: counter("failed", "Records that the exporter refused, by reason")
}
