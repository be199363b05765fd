import { ok } from "node:assert/strict"
import { spawn, spawnSync } from "node:child_process"
import * as fs from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { Effect } from "effect"
import { complete, ended, folder, isEmpty, type Row, same, start, until } from "./fault.js"

const left = 3_000
const own = 100
const program = fileURLToPath(new URL("./heir.ts", import.meta.url))

const heir = (...args: ReadonlyArray<string>) => heirIn([process.execPath], ...args)

const heirIn = ([command = "", ...before]: ReadonlyArray<string>, ...args: ReadonlyArray<string>) =>
  Effect.acquireRelease(
    Effect.sync(() => spawn(command, [...before, "--import", "tsx", program, ...args], { stdio: "ignore" })),
    (child) => Effect.sync(() => child.kill("SIGKILL"))
  )

/** A process that knows no other: another container of the machine, which shares the disk and the name of the host. */
const contained = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child", process.execPath]

const canContain = spawnSync("unshare", [...contained.slice(1, -1), "true"]).status === 0

const beside = Effect.gen(function* () {
  const directory = yield* folder
  const spool = join(directory, "spool")
  const order = { path: "", spool, durability: "disk", rate: 10_000, storeHangs: true } as const
  const first = yield* start({ ...order, end: { after: left, how: "stay" } }, [], contained)
  yield* first.emitted(left)
  const file = join(directory, "heir")
  const beginning = () => heirIn(contained, spool, file, String(left))
  const second = yield* beginning()
  yield* until(
    Effect.sync(() => fs.existsSync(file) && namesIn(file).length >= own),
    "the other one has exported what it emitted"
  )
  yield* Effect.sleep("1 second")
  const taken = namesIn(file).length - own
  same(taken, 0, "taken from a process that lives")
  second.kill("SIGKILL")
  yield* first.kill("SIGKILL")
  yield* beginning()
  yield* until(
    Effect.sync(() => namesIn(file).length >= left + own),
    "what the dead one left is exported"
  )
  return `${left} left alone while their process lived, and exported by the next once it was killed`
})

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
    },
    ...(canContain ? [{ name: "in two containers of one host name", run: () => beside }] : [])
  ]
}
