/** Records as lines. The lines are made when a record comes, so that the record itself need not be kept for them. */

import { type Paint, printable } from "../../../runtime/printable.js"
import * as genAi from "../../../signal/conventions/genAi.js"
import type { Json, JsonObject } from "../../../signal/Json.js"
import type { Level, LogRecord } from "../../../signal/LogRecord.js"
import type { MetricPoint } from "../../../signal/MetricPoint.js"
import type { Score } from "../../../signal/Score.js"
import type { SpanRecord } from "../../../signal/SpanRecord.js"
import type { RecordOf, SignalName } from "../../../signal/signals.js"

/** The lines of a record, and its place in a tree. */
export interface Item {
  readonly traceId: string | undefined
  /** Its own id, of a span alone. */
  readonly spanId: string | undefined
  /** The span that it stands under. */
  readonly parentId: string | undefined
  readonly sessionId: string | undefined
  readonly time: bigint
  readonly isOpen: boolean
  /** The beginning of its line, how it failed, and the end of its line. */
  readonly head: string
  readonly failure: string | undefined
  readonly tail: string
  /** The lines below its own. */
  readonly content: ReadonlyArray<string>
}

export interface ItemOptions {
  readonly paint: Paint
  readonly content: boolean
}

/** How much of a text is shown. */
const lengths = { name: 80, value: 120, message: 160, content: 240 } as const

const spanItem = (span: SpanRecord, { content, paint }: ItemOptions): Item => {
  const { endTime, startTime, status } = span
  const duration = endTime === undefined ? undefined : durationText(endTime - startTime)
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    parentId: span.parentIsRemote ? undefined : span.parentSpanId,
    sessionId: span.sessionId,
    time: startTime,
    isOpen: endTime === undefined,
    head: join(
      paint("bold", printable(span.name, lengths.name)),
      duration && paint("dim", duration),
      status === "interrupted" || status === "running" ? paint("yellow", status) : undefined
    ),
    failure: status === "error" ? failureText(span) : undefined,
    tail: paint("cyan", usageText(span)),
    content: content ? contentLines(span.attributes, paint) : []
  }
}

/** From a tenth of a millisecond to hours. */
const durationText = (nanos: bigint): string => {
  const millis = Number(nanos) / 1e6
  if (millis < 9.95) return `${millis.toFixed(1)} ms`
  if (millis < 999.5) return `${Math.round(millis)} ms`
  if (millis < 59_995) return `${(millis / 1000).toFixed(2)} s`
  const seconds = Math.round(millis / 1000)
  const minutes = Math.floor(seconds / 60)
  return minutes < 60 ? `${minutes} m ${seconds % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} m`
}

const failureText = ({ attributes, statusMessage = "" }: SpanRecord): string => {
  const type = attributes[genAi.errorType]
  const isSaid = typeof type !== "string" || statusMessage.startsWith(type)
  return printable(isSaid ? statusMessage : statusMessage === "" ? type : `${type}: ${statusMessage}`, lengths.message)
}

/** The model, where the name of the span does not say it; tokens and cost. */
const usageText = ({ cachedInputTokens, costUsd, inputTokens, model, name, outputTokens }: SpanRecord): string =>
  [
    model === undefined || name.includes(model) ? undefined : printable(model, lengths.name),
    inputTokens === undefined && outputTokens === undefined
      ? undefined
      : `${inputTokens ?? "?"} → ${outputTokens ?? "?"} tokens`,
    cachedInputTokens ? `${cachedInputTokens} cached` : undefined,
    costUsd === undefined ? undefined : `$${Number(costUsd.toPrecision(3))}`
  ]
    .filter((part) => part !== undefined)
    .join(" · ")

/** The attributes that hold what went in, and what came out. */
const contents = [
  ["→", genAi.inputMessages],
  ["→", genAi.toolArguments],
  ["→", "input.value"],
  ["←", genAi.outputMessages],
  ["←", genAi.toolResult],
  ["←", "output.value"]
] as const

const contentLines = (attributes: JsonObject, paint: Paint): ReadonlyArray<string> =>
  contents.flatMap(([arrow, name]) => {
    const value = attributes[name]
    if (value === undefined) return []
    // Of the messages of a conversation the last one is what is new.
    const isConversation = name === genAi.inputMessages && Array.isArray(value)
    return [join(paint("dim", arrow), printable(contentText(isConversation ? value.at(-1) : value), lengths.content))]
  })

/** A message as text: its role, and what it says; anything else as JSON. */
const contentText = (value: Json | undefined): string => {
  if (typeof value === "string") return value
  if (Array.isArray(value)) return value.map(contentText).join(" ")
  const { arguments: args, content, name, parts, response, role, type } = isObject(value) ? value : {}
  if (typeof role === "string") return `${role}: ${contentText(parts ?? content)}`
  if (type === "tool_call") return `${contentText(name)}(${contentText(args)})`
  if (type === "tool_call_response") return contentText(response)
  if (typeof type === "string" && typeof content === "string") return type === "blob" ? "[blob]" : content
  return JSON.stringify(value) ?? ""
}

const isObject = (value: Json | undefined): value is JsonObject => typeof value === "object" && value !== null

const logItem = (log: LogRecord, { paint }: ItemOptions): Item => ({
  ...placeOf(log),
  time: log.timestamp,
  head: join(
    paint(colors[log.level], log.level.toUpperCase()),
    printable(log.message, lengths.message),
    ...log.data.slice(0, maxValues).map(valueText),
    log.cause && paint("red", printable(log.cause, lengths.message))
  ),
  tail: paint("dim", pairs(log.attributes))
})

const colors = {
  trace: "dim",
  debug: "dim",
  info: "green",
  warn: "yellow",
  error: "red",
  fatal: "red"
} as const satisfies { readonly [L in Level]: unknown }

const metricItem = ({ attributes, name, time, unit, value }: MetricPoint, { paint }: ItemOptions): Item => ({
  // Of a program and not of a span: it waits for none.
  ...placeOf({}),
  time,
  head: join(
    paint("blue", "METRIC"),
    printable(name, lengths.name),
    String(value),
    unit && printable(unit, lengths.name)
  ),
  tail: paint("dim", pairs(attributes))
})

const scoreItem = (score: Score, { paint }: ItemOptions): Item => ({
  ...placeOf(score),
  time: score.time,
  head: join(
    paint("blue", "SCORE"),
    printable(score.name, lengths.name),
    score.value === undefined ? undefined : String(score.value),
    score.label && printable(score.label, lengths.name)
  ),
  tail: printable(join(score.comment, score.correction), lengths.message)
})

/** A line that stands under the span in which it was made. */
const placeOf = ({ sessionId, spanId, traceId }: Partial<Pick<LogRecord, "sessionId" | "spanId" | "traceId">>) => ({
  traceId,
  spanId: undefined,
  parentId: spanId,
  sessionId,
  isOpen: false,
  failure: undefined,
  content: []
})

/** How many values of a log are shown, and how many attributes. */
const maxValues = 8

const pairs = (attributes: JsonObject): string =>
  join(
    ...Object.entries(attributes)
      .slice(0, maxValues)
      .map(([key, value]) => `${printable(key, lengths.name)}=${valueText(value)}`)
  )

const valueText = (value: Json): string =>
  printable(typeof value === "string" ? value : (JSON.stringify(value) ?? ""), lengths.value)

/** The parts that are there. */
export const join = (...parts: ReadonlyArray<string | undefined>): string =>
  parts.filter((part) => part !== undefined && part !== "").join(" ")

/** The lines of the records of each signal. */
export const itemOf: { readonly [N in SignalName]: (record: RecordOf<N>, options: ItemOptions) => Item } = {
  spans: spanItem,
  logs: logItem,
  metrics: metricItem,
  scores: scoreItem
}
