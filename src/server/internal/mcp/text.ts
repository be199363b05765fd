/** How answers are written: short, for a model to read, and with the words of strangers apart from our own. */
import type { Json } from "../../../signal/Json.js"

/** Characters of an answer. What has no room is said, with the way to it. */
const maxLength = 24_000

/** Lines of an answer until there is no room for more. */
export class Page {
  private readonly lines: Array<string> = []
  private length = 0

  constructor(private readonly room: number = maxLength) {}

  /** Adds lines as a whole; `false` where they have no room. */
  add(...lines: ReadonlyArray<string>): boolean {
    const length = lines.reduce((sum, line) => sum + line.length + 1, 0)
    if (this.length + length > this.room) return false
    this.lines.push(...lines)
    this.length += length
    return true
  }

  /** Adds what says how to go on, for which there is always room. */
  end(...lines: ReadonlyArray<string>): string {
    return [...this.lines, ...lines].join("\n")
  }
}

/** The items of a page of a list, each whole, and the way to those that are not here. */
export const list = (
  blocks: ReadonlyArray<ReadonlyArray<string>>,
  cursor: string | undefined,
  none: string
): string => {
  if (blocks.length === 0) return none
  const page = new Page()
  const cut = blocks.findIndex((block) => !page.add(...block))
  if (cut >= 0) return page.end(`[${blocks.length - cut} more have no room: ask again with limit=${Math.max(1, cut)}]`)
  return page.end(
    cursor === undefined
      ? "[no more]"
      : `[more: ask again with the same arguments and cursor=${JSON.stringify(cursor)}]`
  )
}

/** Characters that a terminal, or a reader, might take for anything but text; lines and tabs stay. */
const unprintable =
  /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]|[\u{e0000}-\u{e007f}]/gu

/** The text of a stranger without control characters, nor those that turn lines around or cannot be seen. */
const clean = (text: string): string =>
  text.replaceAll("\r\n", "\n").replaceAll("\r", "\n").toWellFormed().replace(unprintable, "\ufffd")

/** A name, an id or a message of a stranger, on one line. */
export const inline = (text: string, length = 200): string => {
  const line = clean(text.slice(0, 4 * length))
    .replace(/\s+/g, " ")
    .trim()
  return line.length > length || text.length > 4 * length ? `${line.slice(0, length - 1).toWellFormed()}…` : line
}

/** The words of a stranger, each line behind a `>`, so that none can be taken for one of ours. */
export const quote = (text: string, length: number, more: string, omitted = 0): ReadonlyArray<string> => {
  // A text that is hardly longer is shown whole.
  const kept = text.length > length * 1.1 ? text.slice(0, length).toWellFormed() : text
  const missing = text.length - kept.length + omitted
  const lines = clean(kept)
    .split("\n")
    .map((line) => `> ${line}`)
  return missing > 0 ? [...lines, `[${missing} more characters: ${more}]`] : lines
}

/** Data as text: a text as it is, anything else as JSON. */
export const textOf = (value: Json): string => (typeof value === "string" ? value : JSON.stringify(value))

/** A time as ISO 8601, in UTC. */
export const time = (nanos: bigint): string => {
  const millis = Number(nanos / 1_000_000n)
  return Math.abs(millis) > 8.64e15 ? `${nanos} ns` : new Date(millis).toISOString()
}

/** Nanoseconds as milliseconds, with all of their digits that count. */
export const ms = (nanos: bigint): string => `${milliseconds(nanos)} ms`

/** From 10 ms on, whole microseconds say enough. */
export const milliseconds = (nanos: bigint): number =>
  Math.round(Number(nanos) / (nanos < 10_000_000n ? 1 : 1_000)) / (nanos < 10_000_000n ? 1e6 : 1e3)

/** US dollars with all of their decimals, to a billionth. */
export const usd = (dollars: number): string => {
  const nanos = BigInt(Math.round(Math.abs(dollars) * 1e9))
  const decimals = String(nanos % 1_000_000_000n)
    .padStart(9, "0")
    .replace(/0+$/, "")
    .padEnd(2, "0")
  return `${dollars < 0 ? "-" : ""}$${nanos / 1_000_000_000n}.${decimals}`
}

/** Bytes in short. */
export const bytes = (count: number): string =>
  count < 1_000
    ? `${count} B`
    : count < 1_000_000
      ? `${Math.round(count / 100) / 10} kB`
      : `${Math.round(count / 1e5) / 10} MB`

/** The facts that there are, in a row. */
export const facts = (...values: ReadonlyArray<string | false | undefined>): string =>
  values.filter((value) => value !== undefined && value !== false && value !== "").join(" · ")
