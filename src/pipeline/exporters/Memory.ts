/**
 * The exporter that keeps what it gets.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import { perSignal, type RecordOf, type SignalName, signalNames } from "../../signal/signals.js"
import type { Exporter } from "../Exporter.js"
import type { AnyRecord } from "../internal/record.js"

/**
 * An exporter that keeps what it gets, to be looked at in tests: `spans`, `logs`, `metrics` and `scores`.
 *
 * @since 0.1.0
 * @category models
 */
export interface MemoryExporter extends Exporter, Records {}

type Records = { readonly [N in SignalName]: ReadonlyArray<RecordOf<N>> }

/**
 * Keeps records in memory, without bounds: for tests.
 *
 * @example
 * ```ts
 * import { Console, Effect } from "effect"
 * import { Exporter, Observability } from "effect-observability"
 *
 * const memory = Exporter.memory()
 *
 * const program = Effect.log("hello").pipe(
 *   Effect.withSpan("greet"),
 *   Effect.provide(Observability.layerExportOnly({ serviceName: "test", exporters: [memory] })),
 *   Effect.zipRight(Console.log(memory.spans[0]?.name, memory.logs[0]?.message))
 * )
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const memory = (name = "memory"): MemoryExporter => {
  const kept = perSignal((): Array<AnyRecord> => [])
  return {
    ...(kept as Records),
    name,
    export: (batch) =>
      Effect.sync(() => {
        for (const signal of signalNames) for (const record of batch[signal] ?? []) kept[signal].push(record)
      })
  }
}
