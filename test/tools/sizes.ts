/**
 * Says what the packed tarball, its first argument, weighs, and each entry point of the build when a program bundles all of
 * it: by esbuild, minified, as gzip, without the packages that it imports. Fails where the tarball is over its bound, or
 * an entry has grown by a tenth over sizes.json. `sizes.ts --update` writes that list anew, of the build in dist.
 */
import { readFileSync, statSync, writeFileSync } from "node:fs"
import { basename } from "node:path"
import { parseArgs } from "node:util"
import { gzipSync } from "node:zlib"
import { build } from "esbuild"

interface Sizes {
  /** Bytes as gzip, by the name that a program imports. */
  readonly [entry: string]: number
}

/** Bytes that the tarball may have. */
const bound = 1_500_000
/** What an entry may have of its size in the list. */
const allowed = 1.1

const list = new URL("sizes.json", import.meta.url)

const { positionals, values } = parseArgs({ allowPositionals: true, options: { update: { type: "boolean" } } })

const { exports, name } = JSON.parse(readFileSync("package.json", "utf8"))

/** The entry points, each with its file in dist. */
const entries = Object.entries<unknown>(exports).flatMap(([key, target]) =>
  typeof target === "object" && target !== null && "default" in target
    ? [[`${name}${key.slice(1)}`, String(target.default)] as const]
    : []
)

const sizeOf = async (file: string): Promise<number> => {
  const { outputFiles } = await build({
    entryPoints: [file],
    bundle: true,
    packages: "external",
    platform: "node",
    format: "esm",
    minify: true,
    legalComments: "none",
    write: false,
    logLevel: "warning"
  })
  return outputFiles.reduce((sum, { contents }) => sum + gzipSync(contents, { level: 9 }).length, 0)
}

const kB = (bytes: number): string => `${(bytes / 1000).toFixed(1)} kB`

const before: Sizes = JSON.parse(readFileSync(list, "utf8"))
const now: Sizes = Object.fromEntries(
  await Promise.all(entries.map(async ([entry, file]) => [entry, await sizeOf(file)] as const))
)

const wrong: Array<string> = []
for (const tarball of positionals) {
  const { size } = statSync(tarball)
  console.log(`${basename(tarball)} ${kB(size)}`)
  if (size > bound) wrong.push(`${basename(tarball)} has ${size} bytes, and may have ${bound}`)
}
for (const [entry, size] of Object.entries(now)) {
  const listed = before[entry]
  const change = listed === undefined ? "" : `, ${kB(listed)} in the list`
  console.log(`${entry} ${kB(size)}${change}`)
  if (listed === undefined) wrong.push(`${entry} is not in the list`)
  else if (size > listed * allowed) {
    wrong.push(`${entry} has grown by ${((size / listed - 1) * 100).toFixed(0)} %, from ${listed} bytes to ${size}`)
  }
}
for (const entry of Object.keys(before)) {
  if (!(entry in now)) wrong.push(`${entry} is in the list, and no entry point`)
}

if (values.update) writeFileSync(list, `${JSON.stringify(now, null, 2)}\n`)
else if (wrong.length > 0) {
  console.log([...wrong, "To take the sizes of entries as they are: npx tsx test/tools/sizes.ts --update"].join("\n"))
  process.exitCode = 1
}
