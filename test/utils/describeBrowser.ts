import { existsSync } from "node:fs"
import { describe } from "@effect/vitest"

/** The browser of the tests: that of Debian. */
export const chromium = "/usr/bin/chromium"

const isThere = existsSync(chromium)
/** In continuous integration no test is skipped: those that lack their browser fail. */
const isSkipped = !isThere && process.env["CI"] !== "true"

/** Tests that need a browser: skipped where there is none, by a name that says so. */
export const describeBrowser = (name: string, tests: () => void): void => {
  describe.skipIf(isSkipped)(isSkipped ? `${name} (skipped: there is no ${chromium})` : name, tests)
}
