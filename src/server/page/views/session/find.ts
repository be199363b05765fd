/** Finds words in a conversation, and marks them. */
import type { EntryPart } from "../../../internal/encoded.js"
import type { ToldTurn } from "./told.js"
import { textOf } from "./words.js"

/** A part in which the words are. */
export interface Match {
  readonly turn: number
  /** As `data-part` has it. */
  readonly at: string
  /** The characters before the end of the words. */
  readonly until: number
}

/** Parts that are found at most. */
const most = 5_000

export const matchesIn = (turns: ReadonlyMap<number, ToldTurn>, find: string): ReadonlyArray<Match> => {
  const wanted = find.toLowerCase()
  const matches: Array<Match> = []
  if (wanted.trim() === "") return matches
  for (const number of Array.from(turns.keys()).sort((a, b) => a - b)) {
    const entries = turns.get(number)?.turn.entries ?? []
    for (const [i, { parts }] of entries.entries()) {
      for (const [j, part] of parts.entries()) {
        const until = endOf(part, wanted)
        if (until === undefined) continue
        matches.push({ turn: number, at: `${number}-${i}-${j}`, until })
        if (matches.length === most) return matches
      }
    }
  }
  return matches
}

const endOf = (part: EntryPart, wanted: string): number | undefined => {
  for (const text of textsOf(part)) {
    const index = text.toLowerCase().indexOf(wanted)
    if (index >= 0) return index + wanted.length
  }
  return undefined
}

const textsOf = (part: EntryPart): ReadonlyArray<string> => {
  switch (part._tag) {
    case "Text":
    case "Reasoning":
      return [part.text]
    case "ToolUse":
      return [part.name, textOf(part.arguments), textOf(part.result ?? ""), part.statusMessage ?? ""]
    case "ToolResult":
      return [textOf(part.result)]
    case "Media":
      return []
    case "Other":
      return [textOf(part.value)]
  }
}

const name = "found"

/** Marks the words in the elements of some parts; what was marked before is not any more. */
export const mark = (parts: Iterable<Element>, find: string): void => {
  if (typeof Highlight === "undefined") return
  CSS.highlights.delete(name)
  const wanted = find.toLowerCase()
  if (wanted.trim() === "") return
  const ranges: Array<Range> = []
  for (const part of parts) {
    const walker = document.createTreeWalker(part, NodeFilter.SHOW_TEXT)
    while (walker.nextNode() !== null) {
      const node = walker.currentNode as Text
      const text = node.data.toLowerCase()
      // Letters that change their length in lower case would be marked in another place.
      if (text.length !== node.data.length) continue
      for (
        let at = text.indexOf(wanted);
        at >= 0 && ranges.length < most;
        at = text.indexOf(wanted, at + wanted.length)
      ) {
        const range = new Range()
        range.setStart(node, at)
        range.setEnd(node, at + wanted.length)
        ranges.push(range)
      }
    }
  }
  if (ranges.length > 0) CSS.highlights.set(name, new Highlight(...ranges))
}
