/** `npm run fuzz -- [NAME…] [--seconds N] [--seed S]`: each target, or those named, for 20 seconds by default. */
import { randomInt } from "node:crypto"
import { parseArgs } from "node:util"
import { fuzz } from "./fuzz.js"
import { targets } from "./targets.js"

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { seconds: { type: "string", default: "20" }, seed: { type: "string", default: String(randomInt(2 ** 31)) } }
})
const seconds = Number(values.seconds)
const seed = Number(values.seed)
const unknown = positionals.filter((name) => !targets.some((target) => target.name === name))
if (unknown.length > 0 || !(seconds > 0) || !Number.isSafeInteger(seed)) {
  console.error(`usage: npm run fuzz -- [NAME…] [--seconds N] [--seed S]`)
  console.error(`NAME is one of: ${targets.map(({ name }) => name).join(", ")}`)
  process.exit(2)
}

for (const target of targets) {
  if (positionals.length > 0 && !positionals.includes(target.name)) continue
  try {
    console.log(`ok     ${target.name}: ${await fuzz(target, seconds, seed)} inputs from seed ${seed}`)
  } catch (error) {
    process.exitCode = 1
    console.log(`FAILED ${target.name}, from seed ${seed}: ${error instanceof Error ? error.message : error}`)
  }
}
