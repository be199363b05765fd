import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { version } from "../../src/runtime/version.js"

describe("the version", () => {
  it("is that of package.json", () => {
    assert.strictEqual(version, JSON.parse(readFileSync("package.json", "utf8")).version)
  })
})
