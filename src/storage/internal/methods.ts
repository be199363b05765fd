/**
 * The methods of a storage by the signal that they are for: the one place where their names stand beside it.
 */
import type * as Effect from "effect/Effect"
import type { RecordOf, SignalName } from "../../signal/signals.js"
import type { StorageError } from "../StorageError.js"
import type { ListOptions, PaginatedResult, StorageService } from "../StorageService.js"

export interface Methods<R> {
  readonly insert: (records: ReadonlyArray<R>) => Effect.Effect<void, StorageError>
  readonly list: (options?: ListOptions<never, "time">) => Effect.Effect<PaginatedResult<R>, StorageError>
}

/** The methods for one signal. */
export const methodsOf = <N extends SignalName>(storage: StorageService, name: N): Methods<RecordOf<N>> => {
  const methods: { readonly [S in SignalName]: Methods<RecordOf<S>> } = {
    spans: { insert: storage.insertSpans, list: storage.listSpans },
    logs: { insert: storage.insertLogs, list: storage.listLogs },
    metrics: { insert: storage.insertMetrics, list: storage.listMetrics },
    scores: { insert: storage.insertScores, list: storage.listScores }
  }
  return methods[name] as Methods<RecordOf<N>>
}
