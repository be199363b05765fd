/**
 * Every behaviour of `Storage`, stated once for all engines.
 */
import { describe } from "@effect/vitest"
import { argumentsContract } from "./storage/arguments.js"
import { deletesContract } from "./storage/deletes.js"
import { fidelityContract } from "./storage/fidelity.js"
import { insertsContract } from "./storage/inserts.js"
import { logsContract } from "./storage/logs.js"
import { pagingContract } from "./storage/paging.js"
import { referenceContract } from "./storage/reference.js"
import { sessionsContract } from "./storage/sessions.js"
import { spansContract } from "./storage/spans.js"
import { tracesContract } from "./storage/traces.js"
import type { StorageLayer } from "./storage/utils.js"

/** Puts an engine under the contract. Every test builds the layer anew and expects it empty. */
export const storageContract = (engine: string, layer: StorageLayer) =>
  describe(`${engine} as a Storage`, () => {
    insertsContract(layer)
    fidelityContract(layer)
    spansContract(layer)
    logsContract(layer)
    tracesContract(layer)
    sessionsContract(layer)
    pagingContract(layer)
    argumentsContract(layer)
    deletesContract(layer)
    referenceContract(layer)
  })
