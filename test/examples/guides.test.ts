import { readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"

const read = (path: string) => readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), "utf8")
const guides = readdirSync(fileURLToPath(new URL("../../docs", import.meta.url))).filter((name) => name.endsWith(".md"))

describe.each(guides)("docs/%s", (name) => {
  it("begins with the question that it answers", () => {
    const [title = "", first = ""] = read(`docs/${name}`).split("\n\n")
    assert.match(title, /^# /)
    if (!title.endsWith("?")) assert.match(first, /^[^.|`]*\w[^.|]*\?/)
  })

  it("is linked in the README, and a page of the site", () => {
    assert.include(read("README.md"), `(docs/${name}`)
    assert.include(JSON.parse(read("typedoc.json")).projectDocuments, `docs/${name}`)
  })
})
