import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { newest, oldest, oldestOthers } from "./utils/families.js"
import { installBlock, installLine } from "./utils/needs.js"

const { devDependencies, peerDependencies, peerDependenciesMeta } = JSON.parse(readFileSync("package.json", "utf8"))
const guide = readFileSync("docs/install.md", "utf8")
const readme = readFileSync("README.md", "utf8")

const lowerEnd = (name: string): string => /^[~^>=]*([\d.]+)/.exec(peerDependencies[name])?.[1] ?? ""

describe("What is installed", () => {
  it("has as its oldest family what the peers admit at least", () => {
    for (const [name, version] of Object.entries({ ...oldest, ...oldestOthers })) {
      if (name in peerDependencies) expect([name, lowerEnd(name)]).toEqual([name, version])
    }
    const named = new Set([...Object.keys(oldest), ...Object.keys(oldestOthers), "@duckdb/node-api"])
    expect(Object.keys(peerDependencies).filter((name) => !named.has(name))).toEqual([])
    expect(Object.keys(peerDependencies).filter((name) => !peerDependenciesMeta[name]?.optional)).toEqual(["effect"])
  })

  it("has a row for each package of a family, as the tests take it", () => {
    for (const name of Object.keys(oldest)) {
      const cells =
        guide
          .split("\n")
          .find((line) => line.startsWith(`| \`${name}\` |`))
          ?.split("|") ?? []
      const of = (version: string | undefined) => version?.split(".", 2).join(".") ?? ""
      expect([name, cells[2]?.trim()]).toEqual([name, of(newest[name])])
      expect([name, cells[3]?.trim()]).toEqual([name, name === "effect" ? "3.20 to 3.22" : of(oldest[name])])
      if (name !== "effect" && name in devDependencies) expect(of(devDependencies[name])).toBe(of(oldest[name]))
    }
  })

  it("has a line for each entry and family, which is complete", () => {
    expect(guide).toContain(installBlock(newest))
    expect(guide).toContain(installBlock(oldest))
  })

  it("begins in the README with the line of DuckDB", () => {
    expect(readme).toContain(`npm install ${installLine("duckdb", newest)}`)
  })
})
