/**
 * The exporter that appends to a file.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { signalNames, signals } from "../../signal/signals.js"
import { ExportError, type Exporter } from "../Exporter.js"
import { append } from "../internal/rotatingFile.js"

/**
 * Where the files are, how large they get, and how many of them are kept.
 *
 * @since 0.1.0
 * @category models
 */
export interface FileOptions {
  /** The file; its folder is created if it is missing. */
  readonly path: string
  /** How many bytes a file may have before another is begun, 64 MiB by default. A batch is never divided. */
  readonly maxBytes?: number | undefined
  /** How many files are kept, the newest included: 5 by default. Older ones are named `PATH.1`, `PATH.2`, … */
  readonly maxFiles?: number | undefined
  /** Its name in the ledger, `"file"` by default. */
  readonly name?: string | undefined
}

/**
 * Appends records to a file as lines of JSON: their encoded form, and `signal`, which is `"span"`, `"log"`, `"metric"` or
 * `"score"`. The file is for one process at a time.
 *
 * A file that it makes is readable by its owner alone; one that is there keeps its mode, which those after it get, too. What
 * does not begin with such a line, and what is no file, is left alone: then nothing is written, and the records wait.
 *
 * @example
 * ```ts
 * import { Exporter, Observability } from "effect-observability"
 *
 * const ObservabilityLive = Observability.layerExportOnly({
 *   serviceName: "support-agent",
 *   exporters: [Exporter.file({ path: "logs/observability.jsonl", maxFiles: 10 })]
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const file = ({ maxBytes = 64 * 2 ** 20, maxFiles = 5, name = "file", path }: FileOptions): Exporter => ({
  name,
  export: Effect.fnUntraced(
    function* (batch) {
      const lines: Array<string> = []
      for (const name of signalNames) {
        for (const record of batch[name] ?? []) {
          lines.push(`${JSON.stringify({ signal: signals[name].one, ...record.toJSON() })}\n`)
          if (lines.length % linesPerTurn === 0) yield* Effect.sleep(Duration.zero)
        }
      }
      yield* append({ path, maxBytes, maxFiles, beginning }, Buffer.from(lines.join("")))
    },
    Effect.mapError(({ cause }) => new ExportError({ retryable: true, reason: "Unavailable", cause }))
  )
})

/** How each line begins. */
const beginning = `{"signal":"`

/** How many records are written out in a turn of the event loop. */
const linesPerTurn = 50
