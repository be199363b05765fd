import { describe, it } from "@effect/vitest"
import { fuzz } from "./fuzz.js"
import { targets } from "./targets.js"

/** The same inputs in every run, as far as a second goes. `npm run fuzz` draws others. */
const seed = 1

describe("holds for a second of inputs at random", () => {
  for (const target of targets) {
    it(`${target.name}, from seed ${seed}`, { timeout: 60_000 }, async () => {
      await fuzz(target, 1, seed)
    })
  }
})
