/**
 * Every behaviour of `Storage`, stated once for all engines.
 */
import { describe } from "@effect/vitest"
import { type SignalName, signalNames } from "../signal/signals.js"
import { aggregateContract } from "./contract/aggregate.js"
import { argumentsContract } from "./contract/arguments.js"
import { conversationsContract } from "./contract/conversations.js"
import { deletesContract } from "./contract/deletes.js"
import { fidelityContract } from "./contract/fidelity.js"
import { insertsContract } from "./contract/inserts.js"
import { logsContract } from "./contract/logs.js"
import { metricsContract } from "./contract/metrics.js"
import { outlinesContract } from "./contract/outlines.js"
import { pagingContract } from "./contract/paging.js"
import { referenceContract } from "./contract/reference.js"
import { scoresContract } from "./contract/scores.js"
import { searchContract } from "./contract/search.js"
import { sessionsContract } from "./contract/sessions.js"
import { spansContract } from "./contract/spans.js"
import { tracesContract } from "./contract/traces.js"
import type { StorageLayer } from "./contract/utils.js"

/**
 * Puts a storage under the contract of `Storage`: some 400 tests of `@effect/vitest`. Every test builds the layer anew, and
 * expects it empty. Each list is asked `queries` drawn questions, 150 unless told; where a store answers slowly, fewer do.
 *
 * @example
 * ```ts
 * import { Storage } from "effect-observability"
 * import { storageContract } from "effect-observability/testing"
 *
 * // in a test file
 * storageContract("memory", Storage.layerMemory)
 * ```
 *
 * @since 0.1.0
 * @category contract
 */
export const storageContract = (engine: string, layer: StorageLayer, options: { readonly queries?: number } = {}) =>
  describe(`${engine} as a Storage`, () => {
    insertsContract(layer)
    fidelityContract(layer)
    conversationsContract(layer)
    for (const name of signalNames) contracts[name](layer)
    tracesContract(layer)
    outlinesContract(layer)
    sessionsContract(layer)
    searchContract(layer)
    pagingContract(layer)
    aggregateContract(layer)
    argumentsContract(layer)
    deletesContract(layer)
    referenceContract(layer, options.queries ?? 150)
  })

/** The contract of each signal. */
const contracts: { readonly [N in SignalName]: (layer: StorageLayer) => void } = {
  spans: spansContract,
  logs: logsContract,
  metrics: metricsContract,
  scores: scoresContract
}
