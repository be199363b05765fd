/** A plugin of TypeDoc: calls each guide by its first heading, and each module by what is written in an import. */
import { Converter, ReflectionKind } from "typedoc"

/** The name is the path, without its ending. */
const groupOf = (name) => {
  if (name.startsWith("docs/decisions/")) return "Decisions"
  return name.startsWith("docs/") ? "Guides" : "Project"
}

/** @param {import("typedoc").Application} app */
export const load = (app) => {
  app.converter.on(Converter.EVENT_CREATE_DOCUMENT, (_, document) => {
    document.frontmatter = { ...document.frontmatter, group: groupOf(document.name) }
    const [first = { text: "" }] = document.content
    const heading = /^# (.+)$/m.exec(first.text)?.[1]
    if (heading !== undefined) document.name = heading.replaceAll("`", "")
  })
  app.converter.on(Converter.EVENT_CREATE_DECLARATION, (_, reflection) => {
    if (reflection.kind !== ReflectionKind.Module || !reflection.parent?.isProject()) return
    reflection.name = `effect-observability${reflection.name === "index" ? "" : `/${reflection.name}`}`
  })
}
