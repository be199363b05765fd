/** Part of `npm run families -- --managers`. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Family, newest, oldest } from "../utils/families.js"
import { installLine } from "../utils/needs.js"
import { run, step } from "./projects.js"
import { quickStart } from "./quickStart.js"

const npx = (manager: string) => ["npx", "--yes", manager] as const

/** How each package manager, as npm has it, adds packages; and the files that it wants before. */
const commands: Readonly<Record<string, { readonly add: ReadonlyArray<string>; readonly files?: Family }>> = {
  npm: { add: ["npm", "install", "--no-audit", "--no-fund"] },
  pnpm: { add: [...npx("pnpm@10"), "add", "--strict-peer-dependencies"] },
  "yarn 1": { add: [...npx("yarn@1.22.22"), "add", "--non-interactive"] },
  "yarn 4": {
    add: [...npx("@yarnpkg/cli-dist@4"), "add"],
    files: { ".yarnrc.yml": "nodeLinker: node-modules\nenableTelemetry: false\n", "yarn.lock": "" }
  },
  bun: { add: [...npx("bun@1"), "add"] }
}

/** What a warning of an unfit peer says, in the words of each manager. */
const unfit = /ERESOLVE|unmet peer|YN0060|YN0002|incorrect peer dependency|unmet peer dependency/i

/** Packages that a program may have beside the library's own: all of a family, and what is made for it. */
const beside = (family: Family, ...more: ReadonlyArray<string>): ReadonlyArray<string> => [
  ...Object.entries(family)
    .filter(([name]) => name !== "effect" && name !== "@effect/vitest")
    .map(([name, version]) => `${name}@${version.split(".", 2).join(".")}`),
  ...more
]

const line = (family: Family): ReadonlyArray<string> => installLine("duckdb", family).split(" ").slice(1)

/** What is there when the library comes. */
const projects: Readonly<Record<string, ReadonlyArray<string>>> = {
  "what docs/install.md says for the newest family": line(newest),
  "all of the newest family": [
    ...line(newest),
    ...beside(newest, "@effect/opentelemetry@0.64", "@effect/ai-openai@0.41")
  ],
  "what docs/install.md says for the oldest family": line(oldest),
  "all of the oldest family": [...line(oldest), ...beside(oldest, "@effect/ai-openai@0.37")]
}

/** Installs the tarball beside each family with each manager, outside of this repository, and runs the quick start there. */
export const managers = (tarball: string): void => {
  for (const [manager, { add, files = {} }] of Object.entries(commands)) {
    for (const [what, packages] of Object.entries(projects)) {
      const project = mkdtempSync(join(tmpdir(), "effect-observability-"))
      const told = (...args: ReadonlyArray<string>) => run(project, "sh", ["-c", '"$@" 2>&1', "sh", ...args])
      step(`${manager}: ${what}`, () => {
        const manifest = JSON.stringify({ name: "program", version: "1.0.0", private: true })
        writeFileSync(join(project, "package.json"), manifest)
        for (const [path, text] of Object.entries(files)) writeFileSync(join(project, path), text)
        told(...add, ...new Set(packages))
        const output = told(...add, manager === "yarn 4" ? `effect-observability@file:${tarball}` : tarball)
        const ours = output.split("\n").filter((text) => unfit.test(text) && text.includes("effect-observability"))
        if (ours.length > 0) throw new Error(ours.join("\n"))
        quickStart(project, [process.execPath])
      })
      rmSync(project, { recursive: true, force: true })
    }
  }
}
