import { ok } from "node:assert/strict"
import { spawn } from "node:child_process"
import * as fs from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { Effect } from "effect"
import { complete, ended, folder, isEmpty, type Row, same, start, until } from "./fault.js"

const left = 3_000
const own = 100
const program = fileURLToPath(new URL("./heir.ts", import.meta.url))

const heir = (...args: ReadonlyArray<string>) =>
  Effect.acquireRelease(
    Effect.sync(() => spawn(process.execPath, ["--import", "tsx", program, ...args], { stdio: "ignore" })),
    (child) => Effect.sync(() => child.kill("SIGKILL"))
  )

const namesIn = (file: string): ReadonlyArray<number> => fs.readFileSync(file, "utf8").trimEnd().split("\n").map(Number)

/** Several processes begin at once on what another has left. */
const inherit = Effect.gen(function* () {
  const directory = yield* folder
  const spool = join(directory, "spool")
  const order = { path: "", spool, rate: 10_000, storeHangs: true, end: { after: left, how: "exit" } } as const
  same(yield* (yield* start(order)).ended, 3, "the exit code of the one before")
  const files = [1, 2, 3].map((number) => join(directory, `heir-${number}`))
  const heirs = yield* Effect.forEach(files, (file, i) => heir(spool, file, String(left + i * own)))
  yield* until(
    Effect.sync(() => isEmpty(spool) && files.every((file) => fs.existsSync(file) && namesIn(file).length >= own)),
    "all is exported"
  )
  for (const child of heirs) child.kill("SIGTERM")
  yield* Effect.forEach(heirs, ended)
  const found = files.map(namesIn)
  const all = found.flat()
  same(new Set(all).size, all.length, "spans that were exported once")
  complete(all, left + files.length * own)
  return found.map(({ length }) => length - own)
})

export const heirs: Row = {
  fault: "several processes begin at once on a spool that another left",
  promise: "each record is exported once, by one of them",
  faults: [
    {
      name: "three",
      run: (scale) =>
        Effect.gen(function* () {
          const shares = yield* Effect.replicateEffect(Effect.scoped(inherit), scale === "full" ? 3 : 1)
          ok(shares.every((counts) => counts.reduce((a, b) => a + b) === left))
          return `${shares.length} times, ${left} left: ${shares.map((counts) => counts.join(" + ")).join(", ")} exported`
        })
    }
  ]
}
