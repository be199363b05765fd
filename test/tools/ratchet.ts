/**
 * Debts of src that may only shrink, listed in ratchet.json: functions that are too long, and comments that begin with a
 * pronoun. `ratchet.ts --update` writes the list anew; with `--force`, also where a debt has grown.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import ts from "typescript"

interface Counts {
  [key: string]: number
}

interface Debts {
  /** Lines, by `path#name`. */
  readonly functions: Counts
  /** Comments that begin with a pronoun, by folder of src. */
  readonly comments: Counts
}

/** Suites of tests are lists, and as long as what they say. */
const isSuite = (path: string): boolean => path.startsWith("src/testing/")

const list = new URL("ratchet.json", import.meta.url)
const maxLines = 70
const pronoun = /^(?:What|Those|Whoever|Whom|Which|It|They|That|Who|This)\b/i

/** The lines of each function by its name, those of functions without a name as a part of what has one around them. */
const functionsOf = (file: ts.SourceFile): Counts => {
  const lines: Counts = {}
  const visit = (node: ts.Node, names: ReadonlyArray<string>): void => {
    const path = isNamed(node) ? [...names, node.name.getText(file)] : names
    if (ts.isFunctionLike(node) && "body" in node && node.body !== undefined) {
      const key = `${file.fileName}#${path.join(".")}`
      lines[key] = Math.max(lines[key] ?? 0, lineAt(file, node.end) - lineAt(file, node.getStart(file)) + 1)
    }
    ts.forEachChild(node, (child) => visit(child, path))
  }
  visit(file, [])
  return lines
}

const isNamed = (node: ts.Node): node is ts.NamedDeclaration & { readonly name: ts.DeclarationName } =>
  (ts.isVariableDeclaration(node) ||
    ts.isPropertyAssignment(node) ||
    ts.isClassLike(node) ||
    ts.isClassElement(node) ||
    ts.isMethodDeclaration(node) ||
    ts.isFunctionDeclaration(node)) &&
  node.name !== undefined

const lineAt = (file: ts.SourceFile, position: number): number => file.getLineAndCharacterOfPosition(position).line

/** The places of comments that begin with a pronoun. Lines of `//` that follow each other are one comment. */
const pronounsOf = (file: ts.SourceFile): ReadonlyArray<string> => {
  const comments = new Map<number, ts.CommentRange>()
  const visit = (node: ts.Node): void => {
    for (const range of [
      ...(ts.getLeadingCommentRanges(file.text, node.pos) ?? []),
      ...(ts.getTrailingCommentRanges(file.text, node.end) ?? [])
    ]) {
      comments.set(range.pos, range)
    }
    if (!ts.isJSDoc(node)) node.getChildren(file).forEach(visit)
  }
  visit(file)
  const lastLine = new Set(
    Array.from(comments.values(), ({ end, kind }) =>
      kind === ts.SyntaxKind.SingleLineCommentTrivia ? lineAt(file, end) : undefined
    )
  )
  return Array.from(comments.values()).flatMap(({ end, kind, pos }) => {
    const line = lineAt(file, pos)
    const goesOn = kind === ts.SyntaxKind.SingleLineCommentTrivia && lastLine.has(line - 1)
    const text = file.text.slice(pos, end).replace(/^\/[*/]+\s*(?:\*\s+)?/, "")
    return pronoun.test(text) && !goesOn ? [`${file.fileName}:${line + 1} ${text.split("\n", 1)[0]}`] : []
  })
}

/** The folder of src that a place is in, however deep. */
const folderOf = (place: string): string => place.replace(/:.*/, "").split("/").slice(0, -1).slice(0, 2).join("/")

const files = readdirSync("src", { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts"))
  .map((path) => `src/${path.replaceAll("\\", "/")}`)
  .sort()
  .map((path) => ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.Latest))
const pronouns = files.flatMap(pronounsOf)

const now: Debts = {
  functions: Object.fromEntries(
    files
      .filter(({ fileName }) => !isSuite(fileName))
      .flatMap((file) => Object.entries(functionsOf(file)))
      .filter(([, lines]) => lines > maxLines)
  ),
  comments: {}
}
for (const place of pronouns) {
  const folder = folderOf(place)
  now.comments[folder] = (now.comments[folder] ?? 0) + 1
}

const before: Debts = JSON.parse(readFileSync(list, "utf8"))

/** A function that has moved to another file takes its entry with it. */
const allowed = (key: string): number => {
  const moved = Object.entries(before.functions).filter(
    ([other]) => !(other in now.functions) && other.split("#")[1] === key.split("#")[1]
  )
  return before.functions[key] ?? Math.max(maxLines, ...moved.map(([, lines]) => lines))
}

const grown = [
  ...Object.entries(now.functions)
    .filter(([key, lines]) => lines > allowed(key))
    .map(([key, lines]) => `${key} has ${lines} lines: at most ${allowed(key)}`),
  ...Object.entries(now.comments)
    .filter(([folder, count]) => count > (before.comments[folder] ?? 0))
    .map(([folder, count]) =>
      [
        `${folder} has ${count} comments that begin with a pronoun: at most ${before.comments[folder] ?? 0}`,
        ...pronouns.filter((place) => folderOf(place) === folder)
      ].join("\n  ")
    )
]

const behind = (["functions", "comments"] as const).flatMap((debt) =>
  [...new Set([...Object.keys(before[debt]), ...Object.keys(now[debt])])]
    .filter((key) => before[debt][key] !== now[debt][key])
    .map((key) => `${key} is ${now[debt][key] ?? "gone"}, ${before[debt][key] ?? "not"} in ${debt} of the list`)
)

const force = process.argv.includes("--force")
if (grown.length > 0 && !force) {
  console.log(grown.join("\n"))
  process.exitCode = 1
} else if (process.argv.includes("--update")) {
  writeFileSync(list, `${JSON.stringify(now, null, 2)}\n`)
  console.log(behind.join("\n"))
} else if (behind.length > 0) {
  console.log([...behind, "Run: npx tsx test/tools/ratchet.ts --update"].join("\n"))
  process.exitCode = 1
}
