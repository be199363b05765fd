import { existsSync, readFileSync } from "node:fs"
import { dirname, join, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import ts from "typescript"
import type { Family } from "./families.js"

const root = fileURLToPath(new URL("../..", import.meta.url))
const read = (path: string) => JSON.parse(readFileSync(path, "utf8"))

/** The packages that the files of an entry name in an `import`, without those that are loaded only when asked for. */
const importsOf = (entry: string): ReadonlySet<string> => {
  const packages = new Set<string>()
  const files = new Set([join(root, `src/${entry}.ts`)])
  for (const file of files) {
    if (!existsSync(file)) continue // the page, before it is built
    const { statements } = ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.ES2022)
    for (const statement of statements) {
      if (!(ts.isImportDeclaration(statement) || ts.isExportDeclaration(statement))) continue
      if (ts.isImportDeclaration(statement) && statement.importClause?.isTypeOnly === true) continue
      const name = (statement.moduleSpecifier as ts.StringLiteral | undefined)?.text ?? "node:none"
      if (name.startsWith(".")) files.add(resolve(dirname(file), name.replace(/\.js$/, ".ts")))
      else if (!name.startsWith("node:")) packages.add(/^(?:@[^/]+\/)?[^/]+/.exec(name)?.[0] as string)
    }
  }
  return packages
}

/** These packages, and the peers that they and those require. Yarn installs none by itself. */
const withPeers = (packages: Iterable<string>): Set<string> => {
  const all = new Set(packages)
  for (const name of all) {
    const { peerDependencies = {}, peerDependenciesMeta = {} } = read(join(root, "node_modules", name, "package.json"))
    for (const peer of Object.keys(peerDependencies)) {
      if (peerDependenciesMeta[peer]?.optional !== true) all.add(peer)
    }
  }
  return all
}

/** Packages whose plain name would bring a version that the library does not take, or not for long. */
const majors: Readonly<Record<string, string>> = { effect: "3", vitest: "3", "@clickhouse/client": "1" }

/** What to write after `npm install`, for an entry with a family. */
export const installLine = (entry: string, family: Family): string => {
  const packages = withPeers(importsOf(entry))
  packages.delete("effect")
  const versioned = ["effect", ...[...packages].sort()].map((name) => {
    const version = majors[name] ?? family[name]?.split(".", 2).join(".")
    return version === undefined ? name : `${name}@${version}`
  })
  return ["effect-observability", ...versioned].join(" ")
}

/** The entries that the package has. */
const entries: ReadonlyArray<string> = Object.keys(read(join(root, "package.json")).exports)
  .filter((path) => path !== "./package.json" && path !== "./*")
  .map((path) => (path === "." ? "index" : path.slice(2)))

/** What docs/install.md says for a family: entries with the same needs share a line. */
export const installBlock = (family: Family): string => {
  const lines = new Map<string, Array<string>>()
  for (const entry of entries) {
    if (entry === "clickhouse" && !("@effect/sql-clickhouse" in family)) continue
    const line = installLine(entry, family)
    lines.set(line, [...(lines.get(line) ?? []), entry === "index" ? "effect-observability" : `/${entry}`])
  }
  return ["```sh", ...[...lines].map(([line, names]) => `# ${names.join(", ")}\nnpm install ${line}`), "```"].join("\n")
}
