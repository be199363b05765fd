import { describe, it } from "@effect/vitest"
import { rows } from "./rows.js"

for (const { fault, faults } of rows) {
  describe(fault, () => {
    for (const { isLong, name, run } of faults) {
      if (!isLong) it.scopedLive(name, () => run("short"), 120_000)
    }
  })
}
