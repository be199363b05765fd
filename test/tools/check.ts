/**
 * Runs every check, two lanes at a time, and prints a line for each: `npm run check`, or `npm run check -- NAME…` for
 * some of them.
 */
import { exec } from "node:child_process"
import { mkdirSync } from "node:fs"
import { promisify } from "node:util"

const packed = "node_modules/.cache/effect-observability"
const tarball = `${packed}/effect-observability-*.tgz`

const source = [
  ["format and lint", "biome ci --error-on-warnings --colors=off"],
  ["types", "npm run -s page && tsc && tsc -p src/server/page"],
  ["effect", "effect-language-service diagnostics --project tsconfig.json --strict --format text"],
  ["imports", "depcruise src --config .dependency-cruiser.mjs"],
  ["unused exports", "knip --no-progress"],
  ["ratchet", "tsx test/tools/ratchet.ts"],
  ["workflows", "tsx test/tools/workflows.ts"],
  ["examples", "tsx test/tools/examples.ts"],
  ["docs", "npm run docs"]
] as const

const pack = [
  // A tarball of an earlier version would be checked beside the new one.
  ["pack", `rm -f ${tarball} && npm pack --pack-destination ${packed}`],
  ["publint", `publint run ${tarball} --strict`],
  ["attw", `attw ${tarball} --profile esm-only`],
  ["sizes", `tsx test/tools/sizes.ts ${tarball}`],
  ["smoke", `tsx test/tools/smoke.ts ${tarball}`],
  ["families", `npm run families -- --short ${tarball}`],
  ["runtimes", `npm run runtimes -- --short ${tarball}`]
] as const

/** Checks that have something to say when they pass, too. */
const telling: ReadonlySet<string> = new Set(["sizes"])

const wanted = process.argv.slice(2)
const started = performance.now()
let passed = 0
let failed = 0

const run = async (steps: typeof source | typeof pack) => {
  for (const [name, command] of steps) {
    if (wanted.length > 0 && !wanted.includes(name)) continue
    const start = performance.now()
    const { ok, output } = await promisify(exec)(command, { maxBuffer: 1 << 28 }).then(
      ({ stdout }) => ({ ok: true, output: stdout }),
      ({ stdout, stderr }) => ({ ok: false, output: `${stdout}${stderr}` })
    )
    const seconds = ((performance.now() - start) / 1000).toFixed(1)
    console.log(`${ok ? "ok    " : "FAILED"} ${name} (${seconds} s)`)
    if (ok) {
      passed++
      if (telling.has(name)) console.log(output.trimEnd())
    } else {
      failed++
      console.log(`$ ${command}\n${output}`)
    }
  }
}

mkdirSync(packed, { recursive: true })
await Promise.all([run(source), run(pack)])
console.log(`${((performance.now() - started) / 1000).toFixed(1)} s in all`)
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
