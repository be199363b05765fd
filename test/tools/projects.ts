/**
 * Projects of users, for the programs here that try the library in one: folders with packages of their own, installed once
 * and kept in node_modules/.cache.
 */
import { type SpawnSyncOptions, spawnSync } from "node:child_process"
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"

export const cache = resolve("node_modules/.cache/effect-observability")

export interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>
  readonly overrides?: Readonly<Record<string, unknown>>
  readonly allowScripts?: Readonly<Record<string, boolean>>
}

/** What a program printed, where it ended well; else what it printed is the error. */
export const run = (
  cwd: string,
  command: string,
  args: ReadonlyArray<string>,
  options: SpawnSyncOptions = {}
): string => {
  const { status, signal, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    encoding: "utf8",
    maxBuffer: 1 << 28,
    ...options
  })
  if (status === 0) return String(stdout ?? "")
  throw new Error(`$ ${command} ${args.join(" ")}\n${error ?? signal ?? ""}\n${stdout ?? ""}${stderr ?? ""}`)
}

/** A folder with these packages, and no others beside it. */
export const installed = (directory: string, manifest: Manifest): string => {
  const text = JSON.stringify({ private: true, type: "module", ...manifest }, null, 2)
  const done = join(directory, "node_modules/.installed.json")
  if (existsSync(done) && readFileSync(done, "utf8") === text) return directory
  rmSync(directory, { recursive: true, force: true })
  mkdirSync(directory, { recursive: true })
  writeFileSync(join(directory, "package.json"), text)
  // Bundlers look for one upwards, and would find ours, whose paths lead to src.
  writeFileSync(join(directory, "tsconfig.json"), "{}")
  run(directory, "npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error"])
  writeFileSync(done, text)
  return directory
}

/** The tarball that npm would publish: the one that is given, or one that is packed of what is built now. */
export const tarball = (given: string | undefined): string => {
  if (given !== undefined) return resolve(given)
  const directory = join(cache, "packed")
  rmSync(directory, { recursive: true, force: true })
  mkdirSync(directory, { recursive: true })
  run(".", "npm", ["pack", "--pack-destination", directory])
  return join(directory, readdirSync(directory)[0] as string)
}

/** Puts the tarball into a folder with packages, in place of one that was there: its peers are left alone. */
export const unpacked = (directory: string, path: string): void => {
  const target = join(directory, "node_modules/effect-observability")
  rmSync(target, { recursive: true, force: true })
  mkdirSync(target, { recursive: true })
  run(target, "tar", ["-xzf", path, "--strip-components=1"])
}

const results: Array<boolean> = []

/** Does one thing, and prints a line that says whether it went well, and a word that it gives. */
export const step = (name: string, act: () => unknown): void => {
  const start = performance.now()
  let problem: string | undefined
  let word: unknown
  try {
    word = act()
  } catch (error) {
    problem = error instanceof Error ? error.message : String(error)
  }
  console.log(
    `${problem === undefined ? "ok    " : "FAILED"} ${name} (${((performance.now() - start) / 1000).toFixed(1)} s) ${typeof word === "string" && !word.includes("\n") ? word : ""}`.trimEnd()
  )
  if (problem !== undefined) console.log(problem)
  results.push(problem === undefined)
}

/** Counts what the steps did. */
export const end = (): void => {
  const failed = results.filter((passed) => !passed).length
  console.log(`${results.length - failed} passed, ${failed} failed`)
  process.exitCode = failed === 0 && results.length > 0 ? 0 : 1
}
