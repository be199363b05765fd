/** The gist of a turn: what was asked, what was answered, and with which tools. */
import type { Turn } from "../../../internal/encoded.js"
import { between } from "../../state/time.js"

export interface Said {
  readonly turn: Turn
  readonly asked: string
  readonly answered: string
  /** The names of the tools, in the order of their calls. */
  readonly tools: ReadonlyArray<{ readonly name: string; readonly isFailed: boolean }>
  readonly tokens: number
  readonly costUsd: number | undefined
  /** Nanoseconds; a turn that runs has none yet. */
  readonly lasts: bigint | undefined
}

const textOf = ({ parts }: Turn["entries"][number]): string =>
  parts.flatMap((part) => (part._tag === "Text" ? [part.text] : [])).join("\n")

export const saidOf = (turn: Turn): Said => {
  const { costUsd, entries, inputTokens, outputTokens, span } = turn
  const asked = entries.filter(({ role }) => role === "user").map(textOf)
  const answered = entries.filter(({ role }) => role === "assistant").map(textOf)
  return {
    turn,
    asked: asked.filter((text) => text !== "").join("\n"),
    answered: answered.findLast((text) => text.trim() !== "") ?? "",
    tools: entries.flatMap(({ parts }) =>
      parts.flatMap((part) => (part._tag === "ToolUse" ? [{ name: part.name, isFailed: part.status === "error" }] : []))
    ),
    tokens: inputTokens + outputTokens,
    costUsd,
    lasts: span.endTime === undefined ? undefined : between(span.startTime, span.endTime)
  }
}

/** By name, how many calls the second has more than the first. */
export const toolsChanged = (a: Said, b: Said): ReadonlyArray<readonly [name: string, more: number]> => {
  const counts = new Map<string, number>()
  for (const { name } of a.tools) counts.set(name, (counts.get(name) ?? 0) - 1)
  for (const { name } of b.tools) counts.set(name, (counts.get(name) ?? 0) + 1)
  return Array.from(counts).filter(([, more]) => more !== 0)
}
