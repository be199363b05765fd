/** The exporter that writes to the storage. It is in no entry point: `Observability.layer` makes it. */
import * as Effect from "effect/Effect"
import { signalNames } from "../../signal/signals.js"
import { methodsOf, type Storage } from "../../storage/Storage.js"
import { type Batch, ExportError, type Exporter } from "../Exporter.js"

/**
 * An exporter named `"storage"`. Records that the storage refuses are counted under the reason of its `StorageError`.
 */
export const make = (storage: Storage["Type"]): Exporter => ({
  name: "storage",
  snapshots: true,
  export: (batch: Batch) =>
    Effect.forEach(
      signalNames,
      (name) => {
        const records = batch[name] ?? []
        return records.length === 0 ? Effect.void : methodsOf(storage, name).insert(records)
      },
      { discard: true }
    ).pipe(Effect.mapError((cause) => new ExportError({ retryable: cause.retryable, reason: cause.reason, cause })))
})
