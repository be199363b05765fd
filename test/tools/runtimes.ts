/**
 * Runs what must hold on every runtime with each that npm gives, installed once in node_modules/.cache:
 *
 * - `npm run runtimes`: the quick start of the README from the tarball, every boundary, the contract of the storages
 * - `npm run runtimes -- 24 bun`: some of the runtimes
 * - `npm run runtimes -- --short`: the quick start, and what the entries load
 * - `npm run runtimes -- --bundlers`: a server, bundled by each bundler, on Node
 *
 * A path that ends in `.tgz` is the tarball to take.
 */
import { existsSync, readFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { newest } from "../utils/families.js"
import { bundlers } from "./bundlers.js"
import { cache, end, installed, run, step, tarball, unpacked } from "./projects.js"
import { quickStart } from "./quickStart.js"

const { devDependencies, exports } = JSON.parse(readFileSync("package.json", "utf8"))

/** The versions that npm has of the package `node`, and Bun. */
const versions = { "20": "node@20", "22": "node@22", "24": "node@24", newest: "node@latest", bun: "bun@1" } as const

const wanted = process.argv.slice(2)
const named = Object.keys(versions).filter((name) => wanted.includes(name))
const chosen = Object.entries(versions).filter(([name]) => named.length === 0 || named.includes(name))

const binary = (name: string, version: string): string => {
  const [kind, range = ""] = version.split("@")
  const directory = installed(join(cache, "runtimes", name), { dependencies: { [kind as string]: range } })
  const path = join(directory, "node_modules", kind as string, "bin", kind === "bun" ? "bun.exe" : "node")
  if (!existsSync(path)) throw new Error(`npm has no ${version} for this machine`)
  return path
}

const program = (packed: string): string => {
  const dependencies = {
    ...newest,
    "@duckdb/node-api": devDependencies["@duckdb/node-api"],
    vitest: devDependencies.vitest
  }
  const directory = installed(join(cache, "program"), { dependencies })
  unpacked(directory, packed)
  return directory
}

/** Every entry that the newest family has the packages for; tests have their own runner. */
const entries = Object.keys(exports)
  .filter((path) => !["./package.json", "./*", "./clickhouse", "./testing"].includes(path))
  .map((path) => path.replace(/^\./, "effect-observability"))

const tests = [
  "test/boundaries",
  "test/storage/duckdb/DuckDbStorage.contract.test.ts",
  "test/storage/Storage.memory.test.ts"
]

const packed = tarball(wanted.find((word) => word.endsWith(".tgz")))
const directory = program(packed)
if (wanted.includes("--bundlers")) {
  bundlers(directory, devDependencies["@duckdb/node-api"])
} else {
  for (const [name, version] of chosen) {
    let path = ""
    step(`${name}: ${version}`, () => {
      path = binary(name, version)
      return run(".", path, ["--version"]).trim()
    })
    if (path === "") continue
    step(`${name}: quick start`, () => quickStart(directory, [path]))
    step(`${name}: ${entries.length} entries load`, () =>
      run(directory, path, ["-e", `Promise.all(${JSON.stringify(entries)}.map((name) => import(name)))`])
    )
    if (name === "bun" || wanted.includes("--short")) continue
    step(`${name}: boundaries, contract of the storages`, () =>
      run(".", path, [resolve("node_modules/vitest/vitest.mjs"), "run", "--reporter=dot", ...tests], {
        stdio: ["ignore", "inherit", "inherit"]
      })
    )
  }
}
end()
