/** Text in the cells of a terminal, of which a character takes none, one or two. */
import measured from "fast-string-truncated-width"
import { visible } from "../../runtime/printable.js"

/** The cells that a text takes. */
export const widthOf = (text: string): number => measured(text).width

let segmenter: Intl.Segmenter | undefined

/** As much of a text as so many cells hold, with a mark where it is cut, and no character in pieces. */
export const cut = (text: string, width: number): string => {
  if (widthOf(text) <= width) return text
  segmenter ??= new Intl.Segmenter()
  let taken = ""
  let left = width - 1
  for (const { segment } of segmenter.segment(text)) {
    left -= widthOf(segment)
    if (left < 0) break
    taken += segment
  }
  return `${taken}…`
}

export const padEnd = (text: string, width: number): string => text + " ".repeat(Math.max(0, width - widthOf(text)))

export const padStart = (text: string, width: number): string => " ".repeat(Math.max(0, width - widthOf(text))) + text

/** A text on one line. */
export const oneLine = (text: string, most = maxLine): string => {
  const line = text
    .slice(0, 4 * most)
    .replace(/\s+/g, " ")
    .trim()
  return visible(line.length > most || text.length > 4 * most ? `${line.slice(0, most - 1).toWellFormed()}…` : line)
}

const maxLine = 1_000

/** The lines of a text. Of a long one the rest is counted, with what of it was left out before. */
export const lines = (text: string, most: number, omitted = 0): ReadonlyArray<string> => {
  const shown = text.length > most ? text.slice(0, most).toWellFormed() : text
  const left = text.length - shown.length + omitted
  return [
    ...shown
      .replace(/\r\n?/g, "\n")
      .replaceAll("\t", "    ")
      .trimEnd()
      .split("\n")
      .map((line) => visible(line)),
    ...(left > 0 ? [`… ${left} more characters: --full`] : [])
  ]
}
