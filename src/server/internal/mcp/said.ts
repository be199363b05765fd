/** The words of a session, as lines for a model. */
import type { Level, LogRecord } from "../../../signal/LogRecord.js"
import type { Score } from "../../../signal/Score.js"
import type { Entry, ModelCall, Part, ToolUse, Turn } from "../../Turn.js"
import * as Text from "./text.js"

/** The head of a turn. */
export const ofTurn = (turn: Turn): ReadonlyArray<string> => {
  const { costUsd, errors, inputTokens, modelCalls, models, number, outputTokens, span, toolCalls } = turn
  return [
    `## Turn ${number}: ${Text.inline(span.name)}`,
    Text.facts(
      Text.time(span.startTime),
      span.endTime === undefined ? "still running" : Text.ms(span.endTime - span.startTime),
      status(span),
      span.userId !== undefined && `user ${Text.inline(span.userId, 80)}`,
      modelCalls > 0 && `model calls ${modelCalls}${models.length === 0 ? "" : ` (${models.map(short).join(", ")})`}`,
      toolCalls > 0 && `tool calls ${toolCalls}`,
      (inputTokens > 0 || outputTokens > 0) && `tokens ${inputTokens} in, ${outputTokens} out`,
      costUsd !== undefined && `cost ${Text.usd(costUsd)}`,
      errors.length > 0 && `errors ${errors.length}`
    ),
    `trace_id ${span.traceId} span_id ${span.spanId}`,
    ...(turn.truncated ? ["[this turn has more calls than were read: outline_trace shows all]"] : []),
    ""
  ]
}

/** A line in place of a turn of which no word is recorded. */
export const ofNoWords = ({ span }: Turn): ReadonlyArray<string> => [
  `[no words of this turn are recorded: outline_trace with trace_id ${span.traceId} shows what it did]`
]

/** A message, or what a model answered. */
export const ofEntry = (entry: Entry, turn: Turn, length: number): ReadonlyArray<string> => {
  const { agentName, call, compacted, name, parts, role, spanId } = entry
  const more = `read_span with trace_id ${turn.span.traceId} and span_id ${spanId}`
  const who = [Text.inline(role, 40), name !== undefined && Text.inline(name, 80)].filter((word) => word !== false)
  return [
    ...(compacted
      ? ["[the history that the model was given before is gone from here on: cut, or put into other words]"]
      : []),
    ...(parts.length === 0 && call === undefined
      ? []
      : [
          `**${who.join(" ")}** ${Text.facts(agentName !== undefined && `agent ${short(agentName)}`, ...ofCall(call))}`.trim()
        ]),
    ...parts.flatMap((part) => ofPart(part, length, more)),
    ""
  ]
}

const ofCall = (call: ModelCall | undefined): ReadonlyArray<string | false> =>
  call === undefined
    ? []
    : [
        call.model !== undefined && short(call.model),
        call.endTime !== undefined && Text.ms(call.endTime - call.startTime),
        call.inputTokens !== undefined && `${call.inputTokens} → ${call.outputTokens ?? 0} tokens`,
        call.costUsd !== undefined && Text.usd(call.costUsd),
        status(call),
        `span_id ${call.spanId}`
      ]

const ofPart = (part: Part, length: number, more: string): ReadonlyArray<string> => {
  switch (part._tag) {
    case "Text":
      return Text.quote(part.text, length, more, part.omitted)
    case "Reasoning":
      return ["(reasoning)", ...Text.quote(part.text, length, more, part.omitted)]
    case "ToolUse":
      return ofTool(part, length, more)
    case "ToolResult":
      return ["(result of an earlier tool call)", ...Text.quote(Text.textOf(part.result), length, more)]
    case "Media":
      return [
        `(${Text.inline(part.mediaType ?? "media", 80)}${[part.uri, part.placeholder]
          .map((said) => (said === undefined ? "" : ` ${Text.inline(said)}`))
          .join("")})`
      ]
    case "Other":
      return [`(${Text.inline(part.type, 80)})`, ...Text.quote(Text.textOf(part.value), length, more)]
  }
}

const ofTool = (use: ToolUse, length: number, more: string): ReadonlyArray<string> => {
  const { costUsd, endTime, result, spanId, startTime, statusMessage } = use
  return [
    `tool call: ${Text.facts(
      short(use.name),
      use.status === undefined ? "no span of it" : status(use),
      startTime !== undefined && endTime !== undefined && Text.ms(endTime - startTime),
      costUsd !== undefined && Text.usd(costUsd),
      spanId !== undefined && `span_id ${spanId}`
    )}`,
    ...(use.arguments === null ? [] : ["arguments:", ...Text.quote(Text.textOf(use.arguments), length, more)]),
    ...(result !== undefined
      ? ["result:", ...Text.quote(Text.textOf(result), length, more)]
      : statusMessage !== undefined
        ? []
        : ["result: none recorded"])
  ]
}

/** The failures of a turn. */
export const ofErrors = ({ errors, span }: Turn): ReadonlyArray<string> =>
  errors.length === 0
    ? []
    : [
        "errors of this turn, where they began:",
        ...errors.map(
          ({ errorType, message, name, spanId }) =>
            `- ${Text.facts(short(name), errorType && short(errorType), message && `“${Text.inline(message, 400)}”`, `trace_id ${span.traceId} span_id ${spanId}`)}`
        ),
        ""
      ]

const severe: ReadonlySet<Level> = new Set(["warn", "error", "fatal"])

export const isShown = ({ level }: LogRecord, logs: "none" | "warnings" | "all"): boolean =>
  logs === "all" || (logs === "warnings" && severe.has(level))

export const ofLog = (log: LogRecord, length: number): ReadonlyArray<string> => {
  const more = `search in logs of session_id ${Text.inline(log.sessionId ?? "")}`
  const values = Object.keys(log.attributes).length === 0 ? undefined : Text.textOf(log.attributes)
  return [
    `log ${Text.facts(log.level, Text.time(log.timestamp), log.spanId !== undefined && `span_id ${log.spanId}`)}`,
    ...Text.quote(log.message, length, more),
    ...(values === undefined ? [] : Text.quote(values, Math.min(length, 500), more)),
    ""
  ]
}

export const ofScore = (score: Score, length: number): ReadonlyArray<string> => [
  `score ${Text.facts(
    `${short(score.name)} = ${score.value ?? (score.label === undefined ? "" : short(score.label))}`.trim(),
    score.value !== undefined && score.label !== undefined && short(score.label),
    `by ${score.source}`,
    score.scorer !== undefined && short(score.scorer.name),
    Text.time(score.time),
    score.traceId !== undefined && `trace_id ${score.traceId}`,
    score.spanId !== undefined && `span_id ${score.spanId}`
  )}`,
  ...(score.comment === undefined ? [] : Text.quote(score.comment, length, "no tool shows more of it")),
  ...(score.correction === undefined
    ? []
    : ["correction:", ...Text.quote(Text.textOf(score.correction), length, "no tool shows more of it")]),
  ""
]

/** The outcome of a span. */
export const status = (span: {
  readonly status?: string | undefined
  readonly statusMessage?: string | undefined
}): string =>
  span.statusMessage === undefined
    ? (span.status ?? "")
    : `${span.status ?? ""} “${Text.inline(span.statusMessage, 300)}”`

const short = (name: string): string => Text.inline(name, 80)
