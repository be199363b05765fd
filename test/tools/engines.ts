/**
 * Runs the contract of a storage with the releases of `@duckdb/node-api` that the range among the peers admits:
 * `npm run engines` with the newest of each version, `npm run engines -- --all` with every one, `npm run engines --
 * VERSION…` with those whose names begin so. Each is installed once, in node_modules/.cache.
 */
import { execFileSync, spawnSync } from "node:child_process"
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"

const cache = resolve("node_modules/.cache/effect-observability/engines")
const range: string = JSON.parse(readFileSync("package.json", "utf8")).peerDependencies["@duckdb/node-api"]

const npm = (cwd: string, ...args: ReadonlyArray<string>): string =>
  execFileSync("npm", args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] })

/** All releases in the range, the oldest first. */
const releases: ReadonlyArray<string> = JSON.parse(
  npm(".", "view", `@duckdb/node-api@${range}`, "version", "--json")
).sort((a: string, b: string) => a.localeCompare(b, "en", { numeric: true }))

const wanted = process.argv.slice(2)
const versionOf = (release: string): string => release.split("-", 1)[0] as string
const chosen = wanted.includes("--all")
  ? releases
  : wanted.length > 0
    ? releases.filter((release) => wanted.some((name) => release.startsWith(name)))
    : releases.filter((release, i) => versionOf(release) !== versionOf(releases[i + 1] ?? ""))

/** The module of a release. */
const installed = (release: string): string => {
  const directory = join(cache, release)
  const entry = join(directory, "node_modules/@duckdb/node-api/lib/index.js")
  if (existsSync(entry)) return entry
  mkdirSync(directory, { recursive: true })
  writeFileSync(join(directory, "package.json"), JSON.stringify({ private: true }))
  npm(directory, "install", "--no-audit", "--no-fund", "--loglevel=error", `@duckdb/node-api@${release}`)
  return entry
}

const passes = (release: string): boolean =>
  spawnSync("npx", ["vitest", "run", "test/storage/duckdb/DuckDbStorage.contract.test.ts", "--reporter=dot"], {
    env: { ...process.env, DUCKDB_NODE_API: installed(release) },
    stdio: "inherit"
  }).status === 0

const results = chosen.map((release) => `${passes(release) ? "ok     " : "FAILED "}@duckdb/node-api ${release}`)
console.log(results.join("\n"))
process.exitCode = results.length > 0 && results.every((line) => line.startsWith("ok")) ? 0 : 1
