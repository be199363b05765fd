import { ok } from "node:assert/strict"
import { join } from "node:path"
import { Effect, Random } from "effect"
import { complete, type Fault, folder, type Row, recovered, same, start, stored } from "./fault.js"
import type { Order } from "./program.js"

const rate = 1_000

/** Runs a program to an end of some kind. */
const ending = (options: Pick<Order, "end" | "flushes">, withSpool: boolean, signal?: NodeJS.Signals) =>
  Effect.gen(function* () {
    const directory = yield* folder
    const order = {
      path: join(directory, "agents.duckdb"),
      rate,
      ...(withSpool && { spool: join(directory, "spool") }),
      ...options
    }
    const child = yield* start(order)
    if (signal !== undefined) {
      yield* child.emitted(1 + (yield* Random.nextIntBetween(0, 1_500)))
      yield* child.kill(signal)
    }
    const code = yield* child.ended
    const { count: emitted = 0, queued = 0 } = (yield* child.read).emitted.at(-1) ?? {}
    ok(emitted > 0, `nothing was emitted: ${yield* child.errors}`)
    const found = withSpool ? yield* recovered(order) : yield* stored(order.path)
    same(new Set(found).size, found.length, "spans that are stored once")
    return { code, emitted, queued, found, errors: yield* child.errors }
  })

const times = <A, E, R>(scale: "short" | "full", effect: Effect.Effect<A, E, R>) =>
  Effect.replicateEffect(Effect.scoped(effect), scale === "full" ? 10 : 1)

type Ended = Effect.Effect.Success<ReturnType<typeof ending>>

const tell = (endings: ReadonlyArray<Ended>): string => {
  const emitted = endings.reduce((sum, { emitted }) => sum + emitted, 0)
  const lost = endings.reduce((sum, { emitted, found }) => sum + Math.max(0, emitted - found.length), 0)
  return `${endings.length} times, ${emitted} emitted, ${lost} lost`
}

const nothingLost = ({ code, emitted, errors, found }: Ended) => {
  complete(found, emitted, { code, errors })
}

const fault = (
  name: string,
  options: Pick<Order, "end" | "flushes">,
  check: (ended: Ended) => void,
  { signal, withSpool = false }: { readonly signal?: NodeJS.Signals; readonly withSpool?: boolean } = {}
): Fault => ({
  name,
  run: (scale) => Effect.map(times(scale, Effect.tap(ending(options, withSpool, signal), check)), tell)
})

const end = (how: NonNullable<Order["end"]>["how"]) => ({ end: { after: 1_700, how } })

const endedWell = (ended: Ended) => {
  same(ended.code, 0, `the exit code, with ${ended.errors}`)
  nothingLost(ended)
}

export const closings: Row = {
  fault: "the program is told to end, or forgets to",
  promise: "0 lost",
  faults: [
    fault("SIGTERM with `NodeRuntime.runMain`", {}, nothingLost, { signal: "SIGTERM" }),
    fault("SIGTERM while it flushes", { flushes: true }, nothingLost, { signal: "SIGTERM" }),
    fault("SIGINT with `NodeRuntime.runMain`", {}, nothingLost, { signal: "SIGINT" }),
    fault("the main fiber is interrupted", end("interrupt"), nothingLost),
    fault("the `ManagedRuntime` is disposed", end("dispose"), nothingLost),
    fault("the `ManagedRuntime` is never disposed", end("forget"), endedWell),
    fault("the scope of `Layer.toRuntime` is never closed", end("forgetScope"), endedWell),
    fault("the `ManagedRuntime` of a worker thread is never disposed", end("thread"), endedWell)
  ]
}

/** What was queued, and nothing else: with a spool, it is that which is kept. */
const queuedLost = ({ emitted, found, queued }: Ended) => {
  complete(found, found.length)
  const lost = emitted - found.length
  ok(lost > 0 && lost <= queued, `${lost} lost, ${queued} queued`)
}

const abrupt = [
  ["an error that nobody catches", "throw", 1],
  ["a promise that nobody awaits is rejected", "reject", 1],
  ["`process.exit`", "exit", 3],
  ["`process.exit` in the handler of a request", "handler", 3],
  ["`process.exit` in a worker thread", "threadExits", 0],
  ["an error that nobody catches in a worker thread", "threadThrows", 1]
] as const

const endings = abrupt.flatMap(([name, how, code]) => {
  const ended = (check: (ended: Ended) => void) => (ended: Ended) => {
    same(ended.code, code, "the exit code")
    check(ended)
  }
  return [
    fault(`${name}, with a spool`, end(how), ended(nothingLost), { withSpool: true }),
    fault(`${name}, without`, end(how), ended(queuedLost))
  ]
})

export const abruptEndings: Row = {
  fault: "the process ends by itself",
  promise: "0 lost with a spool; without, what was queued",
  faults: endings
}
