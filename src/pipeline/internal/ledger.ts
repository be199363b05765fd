import type { Ledger } from "../Stats.js"

/** The count of one signal at one exporter, as it is kept. */
export class Counts {
  queued = 0
  /** Emitted by processes before this one. */
  inherited = 0
  exported = 0
  /** The sum of what was dropped and failed. */
  lost = 0
  /** Without a prototype: an exporter may give `"constructor"` for a reason. */
  private readonly dropped: Record<string, number> = Object.create(null)
  private readonly failed: Record<string, number> = Object.create(null)

  lose(as: "dropped" | "failed", reason: string, count = 1): void {
    if (count === 0) return
    this[as][reason] = (this[as][reason] ?? 0) + count
    this.lost += count
  }

  ledger(emitted: number): Ledger {
    const { dropped, exported, failed, inherited, queued } = this
    return { emitted: emitted + inherited, exported, queued, dropped: { ...dropped }, failed: { ...failed } }
  }
}
