/**
 * Does with the packed tarball, its first argument, what README.md tells a new user to do, in an empty project: the root
 * entry loads beside `effect` alone; then the quick start installs, type-checks, runs, and prints what it should.
 */
import assert from "node:assert/strict"
import { execFileSync } from "node:child_process"
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"

const readme = readFileSync("README.md", "utf8")
const { devDependencies } = JSON.parse(readFileSync("package.json", "utf8"))
const tarball = resolve(process.argv[2] ?? "")
const project = mkdtempSync(join(tmpdir(), "effect-observability-"))

const firstBlock = (language: string): string => {
  const found = new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, "ms").exec(readme)?.[1]
  assert.ok(found, `README.md has no ${language} block`)
  return found
}

const run = (command: string, ...args: Array<string>): string =>
  execFileSync(command, args, { cwd: project, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] })

const install = (...packages: ReadonlyArray<string>) =>
  run("npm", "install", "--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error", ...packages)

const pinned = (name: string): string => `${name}@${devDependencies[name]}`

try {
  writeFileSync(join(project, "package.json"), JSON.stringify({ private: true, type: "module" }))
  writeFileSync(
    join(project, "tsconfig.json"),
    JSON.stringify({ compilerOptions: { module: "NodeNext", target: "ES2022", strict: true, skipLibCheck: true } })
  )
  writeFileSync(join(project, "main.ts"), firstBlock("ts"))

  install(tarball, pinned("effect"))
  const peers = readdirSync(join(project, "node_modules")).filter((name) => name === "@effect" || name === "@duckdb")
  assert.deepEqual(peers, [], "an optional peer was installed unasked")
  run("node", "--input-type=module", "--eval", `await import("effect-observability")`)

  const command = /^npm install (effect-observability .*)$/m.exec(readme)?.[1]
  assert.ok(command, "README.md does not say what to install")
  const packages = command.split(" ").map((name) => (name === "effect-observability" ? tarball : name))
  install(...packages, pinned("typescript"), pinned("@types/node"))
  run("npx", "tsc")
  const output = run("node", "main.js")
  console.log(output)
  for (const line of firstBlock("text").trimEnd().split("\n")) {
    assert.ok(output.includes(line), `the quick start does not print: ${line}`)
  }
} finally {
  rmSync(project, { recursive: true, force: true })
}
