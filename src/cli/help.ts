/** The help of a command: what `@effect/cli` knows of it, without what goes without saying. */
import * as HelpDoc from "@effect/cli/HelpDoc"
import type { Paint } from "../runtime/printable.js"
import * as Text from "./internal/text.js"

/** Said of every option that is a text, a switch or optional. */
const obvious = new Set([
  "A user-defined piece of text.",
  "A true or false value.",
  "An integer.",
  "A floating point number.",
  "This setting is optional.",
  "This option may be repeated zero or more times."
])

/** Lines of help: headings, and each option with its words beside it. */
export const lines = (usage: string, doc: HelpDoc.HelpDoc, width: number, paint: Paint): ReadonlyArray<string> => {
  const sections: Array<{ readonly title: string; readonly rows: Array<readonly [string, string]> }> = []
  const last = () => sections.at(-1) ?? { title: "", rows: [] }
  const walk = (doc: HelpDoc.HelpDoc): void => {
    switch (doc._tag) {
      case "Header":
        sections.push({ title: textOf(HelpDoc.p(doc.value)), rows: [] })
        return
      case "Paragraph":
        last().rows.push([textOf(doc), ""])
        return
      case "DescriptionList":
        for (const [name, description] of doc.definitions) {
          last().rows.push([textOf(HelpDoc.p(name)), wordsOf(description).join(" ")])
        }
        return
      case "Enumeration":
        for (const element of doc.elements) walk(element)
        return
      case "Sequence":
        walk(doc.left)
        walk(doc.right)
        return
      case "Empty":
    }
  }
  walk(doc)
  return [
    paint("bold", "USAGE"),
    `  ${usage}`,
    ...sections.flatMap(({ rows, title }) => {
      const left = Math.min(
        34,
        Math.max(...rows.filter(([, words]) => words !== "").map(([name]) => Text.widthOf(name)), 0)
      )
      return [
        "",
        paint("bold", title),
        ...rows.flatMap(([name, words]) => {
          if (words === "") return [`  ${name}`]
          const [first = "", ...others] = wrapped(words, Math.max(30, width - left - 6))
          const head =
            Text.widthOf(name) > left
              ? [`  ${name}`, `  ${" ".repeat(left)}  ${first}`]
              : [`  ${Text.padEnd(name, left)}  ${first}`]
          return [...head, ...others.map((line) => `  ${" ".repeat(left)}  ${line}`)]
        })
      ]
    })
  ]
}

const textOf = (doc: HelpDoc.HelpDoc): string =>
  HelpDoc.toAnsiText(doc)
    .replace(/\u001b\[[0-9;]*m/g, "")
    .replace(/\s+/g, " ")
    .trim()

/** The paragraphs of a description that say something. */
const wordsOf = (doc: HelpDoc.HelpDoc): ReadonlyArray<string> => {
  if (doc._tag === "Sequence") return [...wordsOf(doc.left), ...wordsOf(doc.right)]
  if (doc._tag === "Empty") return []
  const text = textOf(doc)
  return obvious.has(text) ||
    text.startsWith("One of the following:") ||
    text.startsWith("This setting is optional. Defaults to:")
    ? []
    : [text]
}

const wrapped = (text: string, width: number): ReadonlyArray<string> => {
  const lines: Array<string> = []
  for (const word of text.split(" ")) {
    const line = lines.at(-1)
    if (line === undefined || Text.widthOf(line) + 1 + Text.widthOf(word) > width) lines.push(word)
    else lines[lines.length - 1] = `${line} ${word}`
  }
  return lines
}
