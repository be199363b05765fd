/** A conversation as lines. */
import type { Entry, ModelCall, Part, ToolUse, Turn } from "../../server/Turn.js"
import type { Json } from "../../signal/Json.js"
import type { LogRecord } from "../../signal/LogRecord.js"
import type { Score } from "../../signal/Score.js"
import type { SpanRecord } from "../../signal/SpanRecord.js"
import * as Output from "../Output.js"
import { counted, dollars, joined, tokens } from "./numbers.js"
import * as Text from "./text.js"
import * as Times from "./times.js"

interface Options {
  readonly full: boolean
  readonly utc: boolean
}

/** Characters of a text that are shown, and of what a tool was given or gave. */
const lengths = { text: 4_000, data: 600, log: 600 }

/** Of the longest of them. */
export const longest = lengths.text

const most = (kind: keyof typeof lengths, { full }: Options): number => (full ? 2 ** 29 : lengths[kind])

export const headOfTurn = (turn: Turn, of: number, { utc }: Options): string => {
  const { costUsd, errors, inputTokens, models, modelCalls, number, outputTokens, span } = turn
  return joined(
    "  ",
    Output.paint("bold", `turn ${number} of ${Math.max(number, of)}`),
    Text.oneLine(span.name),
    Output.paint(
      "dim",
      joined(
        " · ",
        Times.shown(span.startTime, utc),
        span.endTime === undefined ? undefined : Times.lasted(span.endTime - span.startTime),
        Text.oneLine(models.join(", ")),
        modelCalls === 0 ? undefined : counted(modelCalls, "call"),
        modelCalls === 0 ? undefined : tokens(inputTokens, outputTokens),
        dollars(costUsd),
        `trace ${span.traceId}`
      )
    ),
    errors.length === 0 ? undefined : Output.paint("red", counted(errors.length, "error")),
    span.status === "ok" || span.status === "error" ? undefined : Output.paint("yellow", span.status)
  )
}

/** The words of a turn, with logs at their times, and what failed. */
export const lines = (
  turn: Turn | undefined,
  logs: ReadonlyArray<LogRecord>,
  options: Options
): ReadonlyArray<string> => {
  const entries = turn?.entries ?? []
  const shown = [
    ...entries.map((entry) => ({ time: entry.time, lines: linesOfEntry(entry, options) })),
    ...logs.map((log) => ({ time: log.timestamp, lines: linesOfLog(log, options) }))
  ]
  const told = new Set(
    entries.flatMap(({ call, parts, spanId }) => [
      ...(call?.status === "error" ? [spanId] : []),
      ...parts.flatMap((part) => (part._tag === "ToolUse" && part.status === "error" ? [part.spanId] : []))
    ])
  )
  return [
    ...shown.toSorted((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0)).flatMap(({ lines }) => lines),
    ...(turn?.errors ?? [])
      .filter(({ spanId }) => !told.has(spanId))
      .map(
        ({ errorType, message, name }) =>
          `${Output.paint("red", `✗ ${Text.oneLine(name)}`)}  ${said(errorType, message)}`
      ),
    ...(turn?.truncated
      ? [Output.paint("yellow", "… this turn has more calls than are read of one: trace ID shows all")]
      : [])
  ]
}

const linesOfEntry = (
  { agentName, call, compacted, name, parts, role }: Entry,
  options: Options
): ReadonlyArray<string> => {
  // A tool that no model asked for stands for itself.
  if (role === "tool" && parts.every(({ _tag }) => _tag === "ToolUse"))
    return parts.flatMap((part) => linesOfPart(part, options))
  const who = joined(" ", role, name, agentName === undefined || role === "user" ? undefined : `(${agentName})`)
  return [
    ...(compacted ? [Output.paint("dim", "… the history before was cut, or put into other words")] : []),
    ...(parts.length === 0 && call === undefined
      ? []
      : [joined("  ", Output.paint(colorOf(role), Text.oneLine(who)), usageOf(call))]),
    ...parts.flatMap((part) => linesOfPart(part, options)),
    ...(call?.status === "error" ? [`  ${Output.paint("red", "✗")} ${said(undefined, call.statusMessage)}`] : [])
  ]
}

const colorOf = (role: string) => (role === "user" ? "cyan" : role === "assistant" ? "green" : "yellow")

const usageOf = (call: ModelCall | undefined): string => {
  if (call === undefined) return ""
  const { costUsd, endTime, inputTokens, model, outputTokens, startTime } = call
  return Output.paint(
    "dim",
    joined(
      " · ",
      model === undefined ? undefined : Text.oneLine(model),
      tokens(inputTokens, outputTokens),
      dollars(costUsd),
      endTime === undefined ? "running" : Times.lasted(endTime - startTime)
    )
  )
}

const linesOfPart = (part: Part, options: Options): ReadonlyArray<string> => {
  const indented = (text: string, omitted = 0) =>
    Text.lines(text, most("text", options), omitted).map((line) => `  ${line}`)
  switch (part._tag) {
    case "Text":
      return indented(part.text, part.omitted)
    case "Reasoning":
      return indented(part.text, part.omitted).map((line) => Output.paint("dim", line))
    case "ToolUse":
      return linesOfTool(part, options)
    case "ToolResult":
      return marked("←", textOf(part.result), options)
    case "Media":
      return [
        Output.paint(
          "yellow",
          `  [${Text.oneLine(joined(" ", part.mediaType ?? "media", part.uri, part.placeholder))}]`
        )
      ]
    case "Other":
      return indented(`[${part.type}] ${textOf(part.value)}`).map((line) => Output.paint("yellow", line))
  }
}

/** Text as it is, and anything else as JSON. */
const textOf = (value: Json): string => (typeof value === "string" ? value : JSON.stringify(value))

const linesOfTool = (tool: ToolUse, options: Options): ReadonlyArray<string> => {
  const { costUsd, endTime, name, result, startTime, status, statusMessage } = tool
  const lasted =
    startTime === undefined ? undefined : endTime === undefined ? "running" : Times.lasted(endTime - startTime)
  return [
    joined(
      "  ",
      `  ${Output.paint("yellow", `tool ${Text.oneLine(name)}`)}`,
      Output.paint("dim", joined(" · ", lasted, dollars(costUsd)))
    ),
    ...(tool.arguments === null ? [] : marked("→", textOf(tool.arguments), options)),
    ...(result === undefined ? [] : marked("←", textOf(result), options)),
    ...(status === "error" ? [`    ${Output.paint("red", "✗")} ${said(undefined, statusMessage)}`] : []),
    ...(status === "interrupted" ? [`    ${Output.paint("yellow", "interrupted")}`] : [])
  ]
}

const said = (errorType: string | undefined, message: string | undefined): string =>
  Text.oneLine(joined(": ", errorType, message === errorType ? undefined : message) || "error")

const marked = (mark: string, text: string, options: Options): ReadonlyArray<string> =>
  Text.lines(text, most("data", options)).map((line, i) => `    ${i === 0 ? Output.paint("dim", mark) : " "} ${line}`)

export const failureOf = ({ errorType, statusMessage }: SpanRecord): string => said(errorType, statusMessage)

export const linesOfLog = (log: LogRecord, options: Options): ReadonlyArray<string> => {
  const { cause, data, level, message, timestamp } = log
  const text = joined(
    " ",
    message,
    ...data.map((value) => (typeof value === "string" ? value : JSON.stringify(value))),
    cause
  )
  const [first = "", ...others] = Text.lines(text, most("log", options))
  const color = level === "error" || level === "fatal" ? "red" : level === "warn" ? "yellow" : "dim"
  return [
    `${Output.paint(color, `· ${level}`)}  ${Output.paint("dim", Times.shown(timestamp, options.utc, 3))}  ${first}`,
    ...others.map((line) => `    ${line}`)
  ]
}

export const linesOfScore = ({ comment, correction, label, name, source, value }: Score, options: Options) => [
  joined(
    "  ",
    Output.paint("blue", `score ${Text.oneLine(name)}`),
    joined(" ", value === undefined ? undefined : String(value), label === undefined ? undefined : Text.oneLine(label)),
    Output.paint("dim", source)
  ),
  ...[comment, correction].flatMap((text) =>
    text === undefined ? [] : Text.lines(text, most("text", options)).map((line) => `  ${line}`)
  )
]
