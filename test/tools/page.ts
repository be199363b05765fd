/**
 * Builds the page of the explorer into a module of strings, which the server serves: `npm run page`. Nothing is done where
 * the module is of the sources that are there.
 */
import { createHash } from "node:crypto"
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import { gzipSync } from "node:zlib"

const root = fileURLToPath(new URL("../..", import.meta.url))
const sources = join(root, "src/server/page")
const target = join(root, "src/server/internal/page.ts")

/** Bytes that all script and style may have as gzip. */
const budget = 90_000

const types: { readonly [extension: string]: string } = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml"
}

/** Of all that the page is made of: its sources, and the versions of its packages. */
const digest = (): string => {
  const hash = createHash("sha256").update(readFileSync(join(root, "package.json")))
  for (const path of readdirSync(sources, { recursive: true }).map(String).sort()) {
    if (/\.\w+$/.test(path)) hash.update(`${path}\n`).update(readFileSync(join(sources, path)))
  }
  return hash.digest("hex")
}

/** Writes the module, unless it is there. */
export const page = async (): Promise<void> => {
  const head = `// Made by test/tools/page.ts, of ${digest()}\n`
  if (existsSync(target) && readFileSync(target, "utf8").startsWith(head)) return
  const { NODE_ENV = "production" } = process.env
  // A test runner says "test", of which a page with the checks of development would be made.
  process.env["NODE_ENV"] = "production"
  const { build } = await import("vite")
  const { default: config } = await import("../../src/server/page/vite.config.js")
  const built = await build({ ...config, configFile: false }).finally(() => {
    process.env["NODE_ENV"] = NODE_ENV
  })
  if (!("output" in built)) throw new Error("expected one build of the page")
  const files = built.output.map((file) => {
    const body = file.type === "chunk" ? file.code : String(file.source)
    return {
      name: file.fileName,
      type: types[file.fileName.replace(/.*\./, "")] as string,
      hash: createHash("sha256").update(body).digest("base64url").slice(0, 22),
      body
    }
  })
  const bytes = files
    .filter(({ name }) => /\.(?:js|css)$/.test(name))
    .reduce((sum, { body }) => sum + gzipSync(body, { level: 9 }).length, 0)
  if (bytes > budget) {
    throw new Error(`the page has ${bytes} bytes of script and style as gzip, and may have ${budget}`)
  }
  const temporary = `${target}.${process.pid}.tmp`
  writeFileSync(
    temporary,
    `${head}/** A file of the page, with what its text hashes to. */
export interface PageFile {
  readonly name: string
  readonly type: string
  readonly hash: string
  readonly body: string
}

export const files: ReadonlyArray<PageFile> = ${JSON.stringify(files, null, 2)}\n`
  )
  renameSync(temporary, target)
  console.log(`the page has ${files.length} files, ${(bytes / 1000).toFixed(1)} kB of script and style as gzip`)
}

/** Before tests: vitest calls it once. */
export default page

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await page()
