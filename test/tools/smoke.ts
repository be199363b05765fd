/**
 * Does with the packed tarball, its first argument, what README.md tells a new user to do, in a project as `npm init -y`
 * makes it: the root entry loads beside `effect` alone; then the quick start installs, type-checks, runs, and prints what
 * it should, and the server there answers and ends on Ctrl-C with nothing lost.
 */
import assert from "node:assert/strict"
import { execFileSync, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { assertPrinted, blocks } from "./quickStart.js"

const readme = readFileSync("README.md", "utf8")
const { devDependencies } = JSON.parse(readFileSync("package.json", "utf8"))
const tarball = resolve(process.argv[2] ?? "")
const project = mkdtempSync(join(tmpdir(), "effect-observability-"))

const run = (command: string, ...args: Array<string>): string =>
  execFileSync(command, args, { cwd: project, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] })

const install = (...packages: ReadonlyArray<string>) =>
  run("npm", "install", "--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error", ...packages)

const pinned = (name: string): string => `${name}@${devDependencies[name]}`

/** Starts the server of the README, asks it once, and stops it as Ctrl-C does. */
const server = async (): Promise<void> => {
  const child = spawn(process.execPath, ["--import", "tsx", "server.mts"], { cwd: project, stdio: "inherit" })
  const exited = once(child, "exit")
  const deadline = Date.now() + 30_000
  let answer: string | undefined
  while (answer === undefined && Date.now() < deadline && child.exitCode === null) {
    answer = await fetch("http://127.0.0.1:3000/").then(
      (response) => response.text(),
      () => undefined
    )
    await new Promise((done) => setTimeout(done, 100))
  }
  child.kill("SIGINT")
  await exited
  assert.equal(answer, "hello\n")
}

try {
  run("npm", "init", "-y")
  const [quickStart = "", served = ""] = blocks("ts")
  writeFileSync(join(project, "main.mts"), quickStart)
  writeFileSync(join(project, "server.mts"), served)
  writeFileSync(
    join(project, "tsconfig.json"),
    JSON.stringify({
      compilerOptions: { module: "NodeNext", target: "ES2022", strict: true, skipLibCheck: true, noEmit: true }
    })
  )

  install(tarball, pinned("effect"))
  const peers = readdirSync(join(project, "node_modules")).filter((name) => name === "@effect" || name === "@duckdb")
  assert.deepEqual(peers, [], "an optional peer was installed unasked")
  run("node", "--input-type=module", "--eval", `await import("effect-observability")`)

  const command = /^npm install (effect-observability .*)$/m.exec(readme)?.[1]
  assert.ok(command, "README.md does not say what to install")
  const packages = command.split(" ").map((name) => (name === "effect-observability" ? tarball : name))
  install(...packages)
  const output = run("npx", "--yes", pinned("tsx"), "main.mts")
  console.log(output)
  assertPrinted(output)

  const further = /`(@effect\/platform-node@[\d.]+)`/.exec(readme)?.[1]
  assert.ok(further, "README.md does not say what a server needs")
  install(further, pinned("typescript"), pinned("@types/node"), pinned("tsx"))
  run("npx", "tsc")
  await server()
  const logs = run(
    "npx",
    "effect-observability",
    "logs",
    "--db",
    "agents.duckdb",
    "--session",
    "booking-4711",
    "--json"
  )
  assert.match(logs, /"answering"/)
} finally {
  rmSync(project, { recursive: true, force: true })
}
