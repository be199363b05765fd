#!/usr/bin/env node
/** The command `effect-observability`. What most need not wait for is loaded when it is needed. */
import * as module from "node:module"
import { overview, version } from "./overview.js"

const [first, ...others] = process.argv.slice(2)

if (others.length === 0 && (first === undefined || first === "--help" || first === "-h" || first === "help")) {
  process.stdout.write(`${overview}\n`)
  if (first === undefined) process.exitCode = 2
} else if (others.length === 0 && first === "--version") {
  process.stdout.write(`${version}\n`)
} else {
  // Compiled code is kept for the next time where Node can, which is since 22.8.
  ;(module as { readonly enableCompileCache?: () => unknown }).enableCompileCache?.()
  void import("./run.js").then(({ main }) => main(process.argv))
}
