/**
 * Where batches of records go. An exporter is a plain value: it acquires what it needs at its first batch.
 *
 * @since 0.1.0
 */
import * as Arr from "effect/Array"
import * as Console from "effect/Console"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import type { LogRecord } from "../signal/LogRecord.js"
import type { SpanRecord } from "../signal/SpanRecord.js"
import { append } from "./internal/rotatingFile.js"

/**
 * Records that are exported together. Further signals will come as further optional fields.
 *
 * @since 0.1.0
 * @category models
 */
export interface Batch {
  readonly spans: ReadonlyArray<SpanRecord>
  readonly logs: ReadonlyArray<LogRecord>
}

/**
 * A batch was not exported. A retryable one is tried again as it is, with back-off; any other is split until the record
 * that is at fault stands alone, unless `reason` says that the fault lies not with the records.
 *
 * @since 0.1.0
 * @category errors
 */
export class ExportError extends Schema.TaggedError<ExportError>("effect-observability/Exporter/ExportError")(
  "ExportError",
  {
    /** Whether the same batch may go through later. */
    retryable: Schema.Boolean,
    cause: Schema.Defect,
    /** Under which name lost records are counted; `"Rejected"` when absent, and only that is split. */
    reason: Schema.optional(Schema.String),
    /** How long to wait at least before it is tried again, up to 5 minutes. */
    retryAfter: Schema.optional(Schema.DurationFromSelf),
    /** How many records were refused, when all others were exported and nobody knows which. They are not tried again. */
    rejected: Schema.optional(Schema.Struct({ spans: Schema.NonNegativeInt, logs: Schema.NonNegativeInt }))
  }
) {
  /**
   * @since 0.1.0
   */
  override get message(): string {
    return this.reason ?? "Rejected"
  }
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Exporter {
  /** Unique among the exporters of a program: its name in the ledger. */
  readonly name: string
  /** Exports a batch. One at a time; interrupted after `batch.exportTimeout`. */
  readonly export: (batch: Batch) => Effect.Effect<void, ExportError>
  /** Called once, after the last batch. */
  readonly shutdown?: Effect.Effect<void> | undefined
  /** The signals that it takes, all when absent. It has no ledger for another. */
  readonly signals?: ReadonlyArray<"spans" | "logs"> | undefined
  /** Whether spans are shown to it while they run, with the status `"running"`, before they come for good. */
  readonly running?: boolean | undefined
}

/**
 * Whether a value is an exporter.
 *
 * @since 0.1.0
 * @category guards
 */
export const isExporter = (value: unknown): value is Exporter =>
  Predicate.isRecord(value) &&
  typeof value.name === "string" &&
  typeof value.export === "function" &&
  (value.shutdown === undefined || Effect.isEffect(value.shutdown)) &&
  (value.signals === undefined || isSignals(value.signals)) &&
  (value.running === undefined || typeof value.running === "boolean")

const isSignals = (value: unknown): boolean =>
  Array.isArray(value) && value.every((signal) => signal === "spans" || signal === "logs")

/**
 * An exporter that keeps what it gets, to be looked at in tests.
 *
 * @since 0.1.0
 * @category models
 */
export interface MemoryExporter extends Exporter {
  readonly spans: ReadonlyArray<SpanRecord>
  readonly logs: ReadonlyArray<LogRecord>
}

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
  const spans: Array<SpanRecord> = []
  const logs: Array<LogRecord> = []
  return {
    name,
    spans,
    logs,
    export: (batch) =>
      Effect.sync(() => {
        spans.push(...batch.spans)
        logs.push(...batch.logs)
      })
  }
}

/**
 * Prints records through Effect's `Console`, for development: the spans of a batch as trees, with the logs under the span
 * in which they were written.
 *
 * @since 0.1.0
 * @category constructors
 */
export const console: Exporter = {
  name: "console",
  export: (batch) => Console.log(toLines(batch).join("\n"))
}

/**
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
 * Appends records to a file as lines of JSON: their encoded form, and `signal`, which is `"span"` or `"log"`. The file is
 * for one process at a time.
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
    function* ({ logs, spans }) {
      const lines: Array<string> = []
      for (const [signal, records] of [
        ["span", spans],
        ["log", logs]
      ] as const) {
        for (const record of records) {
          lines.push(`${JSON.stringify({ signal, ...record.toJSON() })}\n`)
          if (lines.length % linesPerTurn === 0) yield* Effect.sleep(Duration.zero)
        }
      }
      yield* append({ path, maxBytes, maxFiles }, Buffer.from(lines.join("")))
    },
    Effect.mapError(({ cause }) => new ExportError({ retryable: true, reason: "Unavailable", cause }))
  )
})

/** How many records are written out in a turn of the event loop. */
const linesPerTurn = 50

const toLines = ({ logs, spans }: Batch): Array<string> => {
  const spanIds = new Set(spans.map((span) => span.spanId))
  const items = [
    ...spans.map((span) => ({
      time: span.startTime,
      id: span.spanId,
      parent: span.parentSpanId,
      text: spanText(span)
    })),
    ...logs.map((log) => ({ time: log.timestamp, id: undefined, parent: log.spanId, text: logText(log) }))
  ].sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0))
  const under = Arr.groupBy(items, ({ parent }) => (parent !== undefined && spanIds.has(parent) ? parent : ""))
  const linesOf = (parent: string, indent: string): Array<string> =>
    (under[parent] ?? []).flatMap(({ id, text }) => [
      indent + text,
      ...(id === undefined ? [] : linesOf(id, `${indent}  `))
    ])
  return linesOf("", "")
}

const spanText = ({ endTime, name, sessionId, startTime, status, statusMessage }: SpanRecord): string =>
  [
    name,
    ...(endTime === undefined ? [] : [`${(Number(endTime - startTime) / 1e6).toFixed(1)}ms`]),
    status,
    ...(statusMessage === undefined ? [] : [statusMessage]),
    ...(sessionId === undefined ? [] : [`session=${sessionId}`])
  ].join(" ")

const logText = ({ data, level, message }: LogRecord): string =>
  [level.toUpperCase(), message, ...data.map((value) => JSON.stringify(value))].join(" ")
