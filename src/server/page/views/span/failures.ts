/** The failures of a span, taken apart: what failed, where, and what caused it. */
import type { Span } from "../../../internal/encoded.js"

export interface Failure {
  readonly type: string | undefined
  readonly message: string
  /** Nanoseconds since the epoch. */
  readonly time: string
  /** The failure first, then each cause of the one before. */
  readonly chain: ReadonlyArray<Link>
}

interface Link {
  /** The first line, as `"Error: it broke"`. */
  readonly head: string
  readonly frames: ReadonlyArray<string>
}

/** The events that are exceptions. */
export const failuresOf = ({ events }: Pick<Span, "events">): ReadonlyArray<Failure> =>
  events.flatMap(({ attributes = {}, name, time }) => {
    if (name !== "exception") return []
    const type = textOf(attributes["exception.type"])
    const message = textOf(attributes["exception.message"]) ?? ""
    const stack = textOf(attributes["exception.stacktrace"]) ?? ""
    return [{ type, message, time, chain: chainOf(stack) }]
  })

const textOf = (value: unknown): string | undefined =>
  value === undefined || value === null ? undefined : typeof value === "string" ? value : JSON.stringify(value)

/** Stacks longer than this are cut: what matters stands at their beginning. */
const longest = 200_000

/** How Node, Bun and Effect, Java, and Python name a cause. The last puts it before what it caused. */
const causes = /^\s*(?:\[cause\]:|Caused by:|caused by)\s*/
const pythonCause =
  /^(?:The above exception was the direct cause of the following exception:|During handling of the above exception, another exception occurred:)$/

/** The lines of a stack as links of a chain. */
export const chainOf = (stack: string): ReadonlyArray<Link> => {
  const links: Array<{ head: string; frames: Array<string> }> = []
  let isReversed = false
  let isNew = true
  for (const line of stack.slice(0, longest).split(/\r?\n/)) {
    if (pythonCause.test(line.trim())) {
      isReversed = true
      isNew = true
      continue
    }
    if (line.trim() === "") continue
    const isCause = causes.test(line)
    const last = links.at(-1)
    if (isCause || isNew || last === undefined) links.push({ head: line.replace(causes, "").trim(), frames: [] })
    else last.frames.push(line.trim().replace(/^at /, ""))
    isNew = false
  }
  return isReversed ? links.map(ofPython).reverse() : links
}

/** Python says what failed in the last line. */
const ofPython = ({ frames, head }: Link): Link => ({
  head: frames.at(-1) ?? head,
  frames: frames.length === 0 ? [] : frames.slice(0, -1)
})
