import assert from "node:assert/strict"
import { readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { transformSync } from "esbuild"
import { run } from "./projects.js"

const readme = readFileSync("README.md", "utf8")

/** The blocks of the README in a language. */
export const blocks = (language: string): ReadonlyArray<string> => {
  const found = Array.from(
    readme.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, "gms")),
    (match) => match[1] as string
  )
  assert.ok(found.length > 0, `README.md has no ${language} block`)
  return found
}

const firstBlock = (language: string): string => blocks(language)[0] as string

/** The quick start of the README as a module of JavaScript. */
const quickStartModule = (): string => transformSync(firstBlock("ts"), { loader: "ts", format: "esm" }).code

/** Whether it printed what the README says. */
export const assertPrinted = (output: string): void => {
  for (const line of firstBlock("text").trimEnd().split("\n")) {
    assert.ok(output.includes(line), `the quick start does not print: ${line}\nbut: ${output}`)
  }
}

/** Runs the quick start in a project where the library is installed. */
export const quickStart = (project: string, [command = "node", ...args]: ReadonlyArray<string>): void => {
  writeFileSync(join(project, "main.mjs"), quickStartModule())
  rmSync(join(project, "agents.duckdb"), { force: true })
  assertPrinted(run(project, command, [...args, "main.mjs"]))
}
