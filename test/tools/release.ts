/**
 * `release.ts` writes what follows from the version in package.json, when changesets have set it: src/runtime/version.ts,
 * package-lock.json, and in CHANGELOG.md the heading of that version, with the day, over what was unreleased.
 * `release.ts --notes` prints what CHANGELOG.md says of it. Part of `npm run release:version` and of the workflow that
 * releases.
 */
import { readFileSync, writeFileSync } from "node:fs"

const { version }: { version: string } = JSON.parse(readFileSync("package.json", "utf8"))
const changelog = readFileSync("CHANGELOG.md", "utf8")
const unreleased = "## [Unreleased]\n"
const heading = `## [${version}]`

if (process.argv.includes("--notes")) {
  const [, after] = changelog.split(`\n${heading}`)
  if (after === undefined) throw new Error(`CHANGELOG.md has no ${heading}`)
  const [notes = ""] = after.slice(after.indexOf("\n")).split("\n## [")
  console.log(notes.trim())
} else {
  if (!changelog.includes(unreleased)) throw new Error(`CHANGELOG.md has no ${unreleased}`)
  if (!changelog.includes(`\n${heading}`)) {
    const day = new Date().toISOString().slice(0, 10)
    writeFileSync("CHANGELOG.md", changelog.replace(unreleased, `${unreleased}\n${heading} - ${day}\n`))
  }
  const source = readFileSync("src/runtime/version.ts", "utf8")
  writeFileSync("src/runtime/version.ts", source.replace(/(?<=version = ")[^"]*/, version))
  const lock = JSON.parse(readFileSync("package-lock.json", "utf8"))
  lock.version = version
  lock.packages[""].version = version
  writeFileSync("package-lock.json", `${JSON.stringify(lock, null, 2)}\n`)
}
