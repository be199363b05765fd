/**
 * Fails on a link of the site to a page, a file or a heading that is not there: `tsx test/tools/links.ts site`. Links to
 * other sites are not followed.
 */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs"
import { dirname, join, relative } from "node:path"

const [site = ""] = process.argv.slice(2)

interface Page {
  /** What a link may end with behind `#`. */
  readonly anchors: ReadonlySet<string>
  readonly links: ReadonlyArray<string>
}

const entities: Readonly<Record<string, string>> = { amp: "&", quot: '"', lt: "<", gt: ">", "#39": "'" }
const unescaped = (text: string) => text.replace(/&(\w+|#39);/g, (entity, name: string) => entities[name] ?? entity)

const pageOf = (path: string): Page => {
  const html = readFileSync(path, "utf8").replace(/<script\b.*?<\/script>/gs, "")
  const values = (attributes: string) =>
    Array.from(html.matchAll(new RegExp(` (?:${attributes})="([^"]*)"`, "g")), ([, value = ""]) => unescaped(value))
  return { anchors: new Set(values("id|name")), links: values("href|src") }
}

const pages = new Map(
  readdirSync(site, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".html"))
    .map((name) => [join(site, name), pageOf(join(site, name))])
)

/** Why a link leads nowhere. */
const brokenBecause = (from: string, link: string): string | undefined => {
  const [path = "", anchor = ""] = link.split("#")
  const target = path === "" ? from : join(dirname(from), decodeURI(path.split("?")[0] ?? ""))
  if (!existsSync(target) || !statSync(target).isFile()) return "no such file"
  if (target.endsWith(".md")) return "a document that is no page of the site"
  if (anchor === "") return
  // An icon of a file of icons, or a heading of a page.
  const anchors = pages.get(target)?.anchors ?? pageOf(target).anchors
  return anchors.has(decodeURIComponent(anchor)) ? undefined : "no such heading"
}

let [links, broken] = [0, 0]
for (const [path, page] of pages) {
  for (const link of new Set(page.links)) {
    if (/^(https?|mailto|data):/.test(link)) continue
    links++
    const reason = brokenBecause(path, link)
    if (reason === undefined) continue
    broken++
    console.log(`${relative(site, path)}: ${link}: ${reason}`)
  }
}
console.log(`${pages.size} pages, ${links} links, ${broken} of them broken`)
process.exitCode = pages.size > 0 && broken === 0 ? 0 : 1
