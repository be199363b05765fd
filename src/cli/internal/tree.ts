/** A trace as a tree of lines. */
import type { Paint } from "../../runtime/printable.js"
import type { SpanRecord } from "../../signal/SpanRecord.js"
import { dollars, joined, tokens } from "./numbers.js"
import * as Text from "./text.js"
import * as Times from "./times.js"

type Shown = Pick<SpanRecord, "spanId" | "name" | "spanType" | "status" | "startTime"> &
  Partial<
    Pick<
      SpanRecord,
      "parentSpanId" | "endTime" | "errorType" | "statusMessage" | "model" | "inputTokens" | "outputTokens" | "costUsd"
    >
  >

/** Beyond it no line is indented further. */
const maxDepth = 24

/** Each span before its children, as a storage gives them. */
export const lines = (spans: ReadonlyArray<Shown>, width: number | undefined, paint: Paint): ReadonlyArray<string> => {
  const ids = new Set(spans.map(({ spanId }) => spanId))
  const last = new Map<string, string>()
  for (const { parentSpanId, spanId } of spans) if (parentSpanId !== undefined) last.set(parentSpanId, spanId)
  /** By span, how the lines below its own are indented, and how deep that is. */
  const below = new Map<string, { readonly text: string; readonly depth: number }>()
  return spans.map((span) => {
    const { parentSpanId = "", spanId } = span
    const parent = ids.has(parentSpanId) && parentSpanId !== spanId ? below.get(parentSpanId) : undefined
    const isLast = last.get(parentSpanId) === spanId
    const depth = parent === undefined ? 0 : parent.depth + 1
    const own = parent === undefined ? "" : parent.text + (isLast ? "└─ " : "├─ ")
    const text = parent === undefined ? "" : depth > maxDepth ? parent.text : parent.text + (isLast ? "   " : "│  ")
    below.set(spanId, { text, depth })
    return line(span, own, width, paint)
  })
}

const line = (span: Shown, own: string, width: number | undefined, paint: Paint): string => {
  const { costUsd, endTime, inputTokens, model, name, outputTokens, spanType, startTime, status } = span
  const lasted = endTime === undefined ? "running" : Times.lasted(endTime - startTime)
  const usage = joined(
    " · ",
    model === undefined || name.includes(model) ? undefined : Text.oneLine(model),
    spanType === "agent_run" ? undefined : tokens(inputTokens, outputTokens),
    dollars(costUsd)
  )
  const failure =
    status === "error"
      ? `✗ ${Text.oneLine(joined(": ", span.errorType, span.statusMessage === span.errorType ? undefined : span.statusMessage), 160)}`
      : status === "interrupted"
        ? "interrupted"
        : ""
  const room = width === undefined ? undefined : Math.max(16, width - Text.widthOf(own))
  const title = room === undefined ? Text.oneLine(name) : Text.cut(Text.oneLine(name), room - 10)
  const rest = joined("  ", lasted, usage)
  const left = room === undefined ? undefined : Math.max(0, room - Text.widthOf(title) - 2)
  const shownRest = left === undefined ? rest : Text.cut(rest, left)
  const leftOfFailure = left === undefined ? undefined : left - Text.widthOf(shownRest) - 2
  const shownFailure = leftOfFailure === undefined ? failure : leftOfFailure < 4 ? "" : Text.cut(failure, leftOfFailure)
  return joined(
    "  ",
    paint("dim", own) + paint(status === "error" ? "red" : "bold", title),
    paint("dim", shownRest),
    paint(status === "error" ? "red" : "yellow", shownFailure)
  )
}
