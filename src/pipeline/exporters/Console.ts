/**
 * The exporter that prints.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { isTerminal, type Paint, painter } from "../../runtime/printable.js"
import { type RecordOf, type SignalName, signalNames } from "../../signal/signals.js"
import type { Batch, Exporter } from "../Exporter.js"
import { type Item, type ItemOptions, itemOf, join } from "../internal/console/item.js"
import { byTime, type Row, type Tree, Trees } from "../internal/console/trees.js"

/**
 * The choices about what is printed, and how.
 *
 * @since 0.1.0
 * @category models
 */
export interface ConsoleOptions {
  /** Whether the first characters of what models and tools were given, and what they gave, are printed: `false` by default. */
  readonly content?: boolean | undefined
  /** Whether it is printed in colours: by default on a terminal, unless `NO_COLOR` is set. */
  readonly colors?: boolean | undefined
}

/**
 * Prints records through Effect's `Console`, with options. See {@link console}.
 *
 * @example
 * ```ts
 * import { Exporter, Observability } from "effect-observability"
 *
 * const ObservabilityLive = Observability.layerExportOnly({
 *   serviceName: "support-agent",
 *   exporters: [Exporter.consoleWith({ content: true })]
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const consoleWith = ({ colors, content = false }: ConsoleOptions = {}): Exporter => {
  const trees = new Trees()
  const print = (take: (options: ItemOptions, now: number) => ReadonlyArray<Tree>): Effect.Effect<void> =>
    Effect.flatMap(Clock.currentTimeNanos, (nanos) => {
      const paint = painter(colors ?? isTerminal())
      // Nanoseconds of a clock come from a source that is never set back.
      const lines = take({ content, paint }, Number(nanos / 1_000_000n))
        .toSorted(byTop)
        .flatMap((tree) => linesOf(tree, paint))
      return lines.length === 0 ? Effect.void : Effect.catchAllDefect(Console.log(lines.join("\n")), () => Effect.void)
    })
  return {
    name: "console",
    // A log comes no later than its span, so that it can stand in the tree of that one.
    signals: ["logs", "scores", "metrics", "spans"],
    // Tells which spans are open, so that turns under one need not wait for it.
    snapshots: true,
    export: (batch) => print((options, now) => trees.add(itemsOf(batch, options), now)),
    shutdown: print(() => trees.rest())
  }
}

/**
 * Prints records through Effect's `Console`, for development: a trace as one tree when its topmost span has ended, and a
 * turn under a span that stays open when the turn has. Logs and scores stand under their spans; metrics, and what is in no
 * span, are printed as they come. Trees end with the first digits of the trace id: `#0af76519`.
 *
 * What waits is bounded: at most 10,000 records, for 5 minutes. Beyond, and when the program ends, it is printed
 * as far as it is known; `⋯` stands before what belongs under a span that is not shown with it.
 *
 * @since 0.1.0
 * @category constructors
 */
export const console: Exporter = consoleWith()

const itemsOf = (batch: Batch, options: ItemOptions): ReadonlyArray<Item> =>
  signalNames.flatMap(<N extends SignalName>(name: N) =>
    ((batch[name] ?? []) as ReadonlyArray<RecordOf<N>>).map((record) => itemOf[name](record, options))
  )

const byTop = ({ rows: [a] }: Tree, { rows: [b] }: Tree): number => byTime((a as Row).item, (b as Row).item)

const linesOf = ({ isWhole, rows }: Tree, paint: Paint): ReadonlyArray<string> =>
  rows.flatMap((row) => [
    paint("dim", row.around === undefined && !isWhole ? "⋯ " : row.own) + lineOf(row, paint),
    ...row.item.content.map((line) => paint("dim", row.below + (row.children.length > 0 ? "│ " : "  ")) + line)
  ])

const lineOf = ({ around, children, item }: Row, paint: Paint): string => {
  const { failure, head, sessionId, tail, traceId } = item
  // A failure is told where it began, and not by each span that it passed through.
  const isPassed = children.some((child) => child.failure === failure)
  return join(
    head,
    failure === undefined ? undefined : paint("red", join("✗", isPassed ? undefined : failure)),
    tail,
    sessionId === undefined || sessionId === around?.sessionId ? undefined : paint("dim", `session=${sessionId}`),
    traceId === undefined || around !== undefined ? undefined : paint("dim", `#${traceId.slice(0, 8)}`)
  )
}
