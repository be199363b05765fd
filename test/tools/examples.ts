/**
 * Type-checks each `ts` block of README.md, of the guides in docs and of the docstrings in src as a module of its own.
 * Every module stands, in memory, beside the file it was written in, so that an error names that file and line.
 */
import { readFileSync } from "node:fs"
import ts from "typescript"

const config = ts.getParsedCommandLineOfConfigFile(
  "tsconfig.json",
  { noUnusedLocals: false },
  {
    ...ts.sys,
    onUnRecoverableConfigFileDiagnostic: (diagnostic) => {
      throw new Error(ts.flattenDiagnosticMessageText(diagnostic.messageText, "\n"))
    }
  }
)
const options = config?.options ?? {}

const examplesOf = (path: string): Array<[path: string, source: string]> => {
  const written = readFileSync(path, "utf8")
  const text = path.endsWith(".ts") ? written.replace(/^ *\* ?/gm, "") : written
  const lineAt = (index: number) => text.slice(0, index).split("\n").length
  const bare = /^@example\n(?!```ts\n)/m.exec(text)
  if (bare !== null) {
    throw new Error(`${path}:${lineAt(bare.index)}: an @example must open with a \`ts\` block`)
  }
  return Array.from(text.matchAll(/^```ts\n(.*?)^```$/gms), ({ 1: code = "", index }) => {
    const line = lineAt(index)
    return [ts.sys.resolvePath(`${path}.${line}.ts`), "\n".repeat(line) + code]
  })
}

const examples = new Map(
  ["README.md", ...ts.sys.readDirectory("docs", [".md"]), ...ts.sys.readDirectory("src", [".ts"])].flatMap(examplesOf)
)

const host = ts.createCompilerHost(options)
const { fileExists, getSourceFile } = host
host.fileExists = (path) => examples.has(path) || fileExists(path)
host.getSourceFile = (path, languageVersion, ...rest) => {
  const source = examples.get(path)
  return source === undefined
    ? getSourceFile(path, languageVersion, ...rest)
    : ts.createSourceFile(path, source, languageVersion)
}

const diagnostics = ts
  .getPreEmitDiagnostics(ts.createProgram(Array.from(examples.keys()), options, host))
  .filter(({ file }) => file === undefined || examples.has(file.fileName))

console.log(ts.formatDiagnostics(diagnostics, host))
console.log(`${examples.size} examples, ${diagnostics.length} errors`)
process.exitCode = diagnostics.length === 0 ? 0 : 1
