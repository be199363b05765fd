/**
 * The exporter that writes to the storage.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type { Storage } from "../storage/Storage.js"
import { ExportError, type Exporter } from "./Exporter.js"

/**
 * An exporter named `"storage"`. Records that the storage refuses are counted under the reason of its `StorageError`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (storage: Storage["Type"]): Exporter => ({
  name: "storage",
  running: true,
  export: ({ logs, spans }) =>
    Effect.mapError(
      Effect.zipRight(
        spans.length === 0 ? Effect.void : storage.insertSpans(spans),
        logs.length === 0 ? Effect.void : storage.insertLogs(logs)
      ),
      (cause) => new ExportError({ retryable: cause.retryable, reason: cause.reason, cause })
    )
})
