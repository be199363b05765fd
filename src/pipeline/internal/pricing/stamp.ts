/**
 * The cost of a span: said by whom, or made of prices.
 */
import { isReplayed } from "../../../signal/internal/spans.js"
import { unchecked } from "../../../signal/Signal.js"
import type { SpanRecord } from "../../../signal/SpanRecord.js"
import { signals } from "../../../signal/signals.js"
import type { PriceOf } from "./tables.js"
import { usageOf } from "./usage.js"

/** The span itself where nothing changes; `unpriced` is told of a call that used something, and has no price. */
export const stamp = (span: SpanRecord, priceOf: PriceOf, unpriced: (span: SpanRecord) => void): SpanRecord => {
  if (span.spanType !== "model_generation" || span.endTime === undefined || isReplayed(span)) return span
  const { costSource, costUsd, model, requestModel } = span
  if (costSource === undefined && costUsd !== undefined && costUsd !== 0) return withCost(span, costUsd, "provider")
  if (costSource === "provider" || costSource === "custom") return span
  const usage = usageOf(span)
  const name = model ?? requestModel
  const nanos =
    usage === undefined || name === undefined
      ? undefined
      : priceOf({
          provider: span.provider,
          models: requestModel === undefined || requestModel === name ? [name] : [name, requestModel],
          usage,
          time: span.startTime
        })
  if (nanos !== undefined) {
    const cost = nanos / 1e9
    return costSource === "table" && costUsd === cost ? span : withCost(span, cost, "table")
  }
  if (usage !== undefined && costSource === undefined) unpriced(span)
  // A zero of which nobody knows the source is what libraries write that do not know the cost.
  return costUsd === 0 && costSource === undefined ? withoutCost(span) : span
}

const make = unchecked(signals.spans)

const withoutCost = (span: SpanRecord): SpanRecord => make({ ...span, costUsd: undefined, costSource: undefined })

/** A copy by such a literal takes a thirtieth of the time of one that is given its class afterwards. */
const withCost = (span: SpanRecord, costUsd: number, costSource: SpanRecord["costSource"]): SpanRecord =>
  ({ __proto__: signals.spans.record.prototype, ...span, costUsd, costSource }) as unknown as SpanRecord
