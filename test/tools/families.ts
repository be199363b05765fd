/**
 * Tries the library with each family of Effect v3 that its peers admit, as `test/utils/families.ts` names them:
 *
 * - `npm run families`: the types of every entry of the tarball, those of all sources, and all tests but those of the page
 * - `npm run families -- newest test/agent`: one family, and some of the tests
 * - `npm run families -- --short`: the types of every entry, and in the newest the tests nearest to Effect
 * - `npm run families -- --managers`: whether npm, pnpm, Yarn and Bun install what docs/install.md says
 *
 * A path that ends in `.tgz` is the tarball to take. Everything is installed once, in node_modules/.cache and .families.
 */
import { spawnSync } from "node:child_process"
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { type Family, families, oldestOthers } from "../utils/families.js"
import { managers } from "./managers.js"
import { cache, end, installed, run, step, tarball, unpacked } from "./projects.js"

const { devDependencies, exports } = JSON.parse(readFileSync("package.json", "utf8"))

const wanted = process.argv.slice(2)
const short = wanted.includes("--short")
const all = ["oldest", "between", "newest"] as const
const named = all.filter((name) => wanted.includes(name))
const chosen = named.length > 0 ? named : all
const files = wanted.filter((word) => word.startsWith("test/"))

type Name = keyof typeof families

const developed = (...names: ReadonlyArray<string>): Family =>
  Object.fromEntries(names.map((name) => [name, devDependencies[name]]))

/** The peers of no family. */
const others: Readonly<Record<Name, Family>> = {
  oldest: { ...oldestOthers, ...developed("@duckdb/node-api") },
  between: developed(...Object.keys(oldestOthers), "@duckdb/node-api"),
  newest: developed(...Object.keys(oldestOthers), "@duckdb/node-api")
}

/** What the tests need besides, in the releases that are nearest to a family. */
const companions: Readonly<Record<Name, Family>> = {
  oldest: {},
  between: {
    "@effect/ai-amazon-bedrock": "0.15.0",
    "@effect/ai-anthropic": "0.26.0",
    "@effect/ai-google": "0.15.0",
    "@effect/ai-openai": "0.40.1",
    "@effect/ai-openrouter": "0.10.1"
  },
  newest: {
    "@effect/ai-amazon-bedrock": "0.15.0",
    "@effect/ai-anthropic": "0.27.0",
    "@effect/ai-google": "0.15.0",
    "@effect/ai-openai": "0.41.0",
    "@effect/ai-openrouter": "0.10.1",
    "@effect/cli": "0.77.2",
    "@effect/printer": "0.51.0",
    "@effect/printer-ansi": "0.51.0",
    "@effect/sql-libsql": "0.42.0",
    "@effect/typeclass": "0.41.0"
  }
}

/** What the tests read of a checkout. */
const copied = [
  ...[".ci", "CHANGELOG.md", "CONTRIBUTING.md", "README.md", "dist", "docs", "src", "test"],
  ...["package.json", "tsconfig.build.json", "tsconfig.json", "vitest.config.ts"]
]

/** The packages of a family, where the sources can be compiled and tested. What does not fit is made to. */
const project = (name: Name): string => {
  const ofEffect = Object.keys(devDependencies).filter((name) => /^@effect\/(?!language-service)/.test(name))
  const dependencies: Family = {
    ...developed(...ofEffect, "@types/node"),
    ...families[name],
    ...others[name],
    ...companions[name],
    // The guides show what calls cost by the prices of this release.
    ...developed("@pydantic/genai-prices")
  }
  const overrides = Object.fromEntries(Object.keys(dependencies).map((name) => [name, `$${name}`]))
  const directory = installed(resolve(".families", name), { dependencies, overrides })
  const copy = join(directory, "project")
  rmSync(copy, { recursive: true, force: true })
  mkdirSync(copy)
  for (const path of copied) if (existsSync(path)) cpSync(path, join(copy, path), { recursive: true })
  return copy
}

/** The releases of TypeScript that read the types of the entries: the oldest that is promised, our own, the newest. */
const compilers = short ? ["7.0.2"] : ["5.4.5", devDependencies.typescript, "6.0.3", "7.0.2"]

/** The entries of the library. */
const entries = Object.keys(exports)
  .filter((path) => path !== "./package.json" && path !== "./*")
  .map((path) => path.replace(/^\./, "effect-observability"))

const modules = [
  ["ESNext", "bundler"],
  ["NodeNext", "nodenext"]
] as const

const strict = {
  target: "ES2022",
  types: ["node"],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  skipLibCheck: false,
  noEmit: true
}

/** Fails on an error in what is ours, and says how many the declarations of other packages have. */
const compiled = (directory: string, version: string): string => {
  const compiler = installed(join(cache, "compilers", version), { dependencies: { typescript: version } })
  const tsc = join(compiler, "node_modules/typescript/bin/tsc")
  const { stdout } = spawnSync(process.execPath, [tsc, "--pretty", "false"], { cwd: directory, encoding: "utf8" })
  const errors = stdout.split("\n").filter((line) => line.includes("error TS"))
  const theirs = errors.map((line) => /^node_modules\/((?!effect-observability)(?:@[^/]+\/)?[^/]+)/.exec(line)?.[1])
  if (theirs.includes(undefined)) throw new Error(stdout)
  return errors.length === 0 ? "" : `but ${errors.length} errors in ${[...new Set(theirs)].sort().join(", ")}`
}

const typesOfEntries = (name: Name, packed: string): void => {
  const dependencies = { ...families[name], ...others[name], ...developed("@types/node") }
  const directory = installed(join(cache, "families", name), { dependencies })
  unpacked(directory, packed)
  const checked = entries.filter((entry) => "@effect/sql-clickhouse" in dependencies || !entry.endsWith("/clickhouse"))
  writeFileSync(
    join(directory, "main.ts"),
    checked.map((entry, i) => `import * as entry${i} from "${entry}"\n`).join("") +
      `export const entries = [${checked.map((_, i) => `entry${i}`).join(", ")}]\n`
  )
  for (const version of compilers) {
    for (const [module, moduleResolution] of modules) {
      const compilerOptions = { module, moduleResolution, ...strict }
      writeFileSync(join(directory, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["main.ts"] }))
      step(`${name}: types of ${checked.length} entries, TypeScript ${version}, ${moduleResolution}`, () =>
        compiled(directory, version)
      )
    }
  }
}

/** The tests that are nearest to Effect, but for the contracts of storages, which take minutes. */
const near = [
  ...["propagation", "agent", "providers", "boundaries"].map((folder) => `test/${folder}`),
  "test/server/StorageServer.test.ts"
]
/** What says nothing of a family: the page, and programs that look for their tools beside the sources. */
const far = ["--exclude", "test/explorer/**", "--exclude", "test/runtime/copies.test.ts"]

if (wanted.includes("--managers")) {
  managers(tarball(wanted.find((word) => word.endsWith(".tgz"))))
} else {
  const packed = tarball(wanted.find((word) => word.endsWith(".tgz")))
  for (const name of chosen) {
    typesOfEntries(name, packed)
    if (short && name !== "newest") continue
    let copy = ""
    step(`${name}: installs`, () => {
      copy = project(name)
    })
    if (!short) step(`${name}: types of src, test and docs`, () => run(copy, "npx", ["tsc"]))
    step(`${name}: tests`, () =>
      run(copy, "npx", ["vitest", "run", "--reporter=dot", ...(files.length > 0 ? files : short ? near : far)], {
        stdio: ["ignore", "inherit", "inherit"]
      })
    )
  }
}
end()
