/**
 * Models that have no price: counted by name, and each said once.
 */
import * as Effect from "effect/Effect"
import * as MetricLabel from "effect/MetricLabel"
import { logWarning } from "../../../runtime/annotated.js"
import * as ownMetrics from "../../../runtime/ownMetrics.js"
import type { SpanRecord } from "../../../signal/SpanRecord.js"
import { quoted } from "../../quoted.js"
import { maxName } from "./names.js"

export class Unpriced {
  private readonly found = new Map<string, Model>()
  private unsaid: Array<string> = []

  readonly add = ({ model, provider = "", requestModel }: SpanRecord): void => {
    const found = this.modelOf(provider.slice(0, maxName), (model ?? requestModel ?? "").slice(0, maxName))
    found.calls++
    ownMetrics.pricing.unpriced.unsafeUpdate(1, found.labels)
  }

  private modelOf(provider: string, model: string): Model {
    const key = `${provider}\n${model}`
    const known = this.found.get(key)
    if (known !== undefined) return known
    // Names come from strangers: so many are told apart.
    if (this.found.size >= maxNames) return this.others
    const name = quoted([provider, model === "" ? "without a name" : model].filter((part) => part !== "").join(" "))
    const made = { name, labels: [MetricLabel.make("model", name)], calls: 0 }
    this.found.set(key, made)
    this.unsaid.push(name)
    return made
  }

  private readonly others: Model = { name: "others", labels: [MetricLabel.make("model", "others")], calls: 0 }

  get counts(): { readonly [model: string]: number } {
    return Object.fromEntries(
      [...this.found.values(), this.others].flatMap(({ calls, name }) => (calls > 0 ? [[name, calls]] : []))
    )
  }

  readonly say: Effect.Effect<void> = Effect.suspend(() => {
    if (this.unsaid.length === 0) return Effect.void
    const { unsaid } = this
    this.unsaid = []
    return logWarning("Pricing")("There is no price for models: what they cost is not known", unsaid)
  })
}

const maxNames = 1000

interface Model {
  readonly name: string
  readonly labels: ReadonlyArray<MetricLabel.MetricLabel>
  calls: number
}
