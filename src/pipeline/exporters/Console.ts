/**
 * The exporter that prints.
 *
 * @since 0.1.0
 */
import * as Arr from "effect/Array"
import * as Console from "effect/Console"
import type { LogRecord } from "../../signal/LogRecord.js"
import type { MetricPoint } from "../../signal/MetricPoint.js"
import type { Score } from "../../signal/Score.js"
import type { SpanRecord } from "../../signal/SpanRecord.js"
import { type RecordOf, type SignalName, signalNames } from "../../signal/signals.js"
import type { Batch, Exporter } from "../Exporter.js"

/**
 * Prints records through Effect's `Console`, for development: the spans of a batch as trees; logs, metrics and scores a
 * line each. A span's line ends with the first digits of its id, and so does the line of what was recorded in it: `#b7ad6b71`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const console: Exporter = {
  name: "console",
  export: (batch) => Console.log(toLines(batch).join("\n"))
}

const toLines = (batch: Batch): ReadonlyArray<string> =>
  signalNames.flatMap(<N extends SignalName>(name: N) => lines[name]((batch[name] ?? []) as ReadonlyArray<RecordOf<N>>))

/** Each span stands under its parent, if that is in the same batch. */
const treesOf = (spans: ReadonlyArray<SpanRecord>): ReadonlyArray<string> => {
  const ids = new Set(spans.map(({ spanId }) => spanId))
  const sorted = spans.toSorted((a, b) => (a.startTime < b.startTime ? -1 : a.startTime > b.startTime ? 1 : 0))
  const under = Arr.groupBy(sorted, ({ parentSpanId = "" }) => (ids.has(parentSpanId) ? parentSpanId : ""))
  const linesOf = (parent: string, indent: string): Array<string> =>
    (under[parent] ?? []).flatMap((span) => [indent + spanText(span), ...linesOf(span.spanId, `${indent}  `)])
  return linesOf("", "")
}

const spanText = ({ endTime, name, sessionId, spanId, startTime, status, statusMessage }: SpanRecord): string =>
  line(
    name,
    endTime === undefined ? undefined : `${(Number(endTime - startTime) / 1e6).toFixed(1)}ms`,
    status,
    statusMessage,
    sessionId === undefined ? undefined : `session=${sessionId}`,
    mark(spanId)
  )

const logText = ({ data, level, message, spanId }: LogRecord): string =>
  line(level.toUpperCase(), message, ...data.map((value) => JSON.stringify(value)), mark(spanId))

const metricText = ({ attributes, name, spanId, unit, value }: MetricPoint): string =>
  line("METRIC", name, String(value), unit, JSON.stringify(attributes), mark(spanId))

const scoreText = ({ comment, label, name, spanId, value }: Score): string =>
  line("SCORE", name, value === undefined ? undefined : String(value), label, comment, mark(spanId))

const line = (...parts: ReadonlyArray<string | undefined>): string =>
  parts.filter((part) => part !== undefined && part !== "").join(" ")

const mark = (spanId: string | undefined): string | undefined =>
  spanId === undefined ? undefined : `#${spanId.slice(0, 8)}`

const each =
  <R>(text: (record: R) => string) =>
  (records: ReadonlyArray<R>): ReadonlyArray<string> =>
    records.map(text)

/** The lines of the records of each signal. */
const lines: { readonly [N in SignalName]: (records: ReadonlyArray<RecordOf<N>>) => ReadonlyArray<string> } = {
  spans: treesOf,
  logs: each(logText),
  metrics: each(metricText),
  scores: each(scoreText)
}
