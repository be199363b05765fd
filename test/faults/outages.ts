import { ok } from "node:assert/strict"
import { join } from "node:path"
import { Effect } from "effect"
import type { ObservabilityConfig } from "effect-observability"
import {
  complete,
  downWhile,
  emit,
  type Fault,
  flush,
  folder,
  ledger,
  observed,
  type Row,
  same,
  settled,
  storedOnce,
  sum
} from "./fault.js"

const rate = 1_000

type Config = (spool: string) => ObservabilityConfig.Input

/** A store that fails for some seconds while a program emits. */
const outage = (seconds: number, config: Config) =>
  Effect.gen(function* () {
    const directory = yield* folder
    const path = join(directory, "agents.duckdb")
    let down = false
    const half = rate / 2
    const total = 2 * half + seconds * rate
    const counted = yield* Effect.gen(function* () {
      yield* emit(0, half, rate)
      down = true
      yield* emit(half, total - half, rate)
      const { spooled = 0 } = yield* ledger
      down = false
      yield* emit(total - half, total, rate)
      yield* settled
      yield* flush
      return { ...(yield* ledger), spooled }
    }).pipe(
      observed(
        path,
        config(join(directory, "spool")),
        downWhile(() => down)
      )
    )
    const found = yield* storedOnce(path, counted)
    same(counted.emitted, total, "emitted")
    return { ...counted, found, total }
  })

type Outage = Effect.Effect.Success<ReturnType<typeof outage>>

const tell = ({ dropped, exported, retried, spooled, total }: Outage) =>
  `${total} emitted, ${exported} stored, ${sum(dropped)} dropped and counted, up to ${spooled} spooled, ${retried} sent again`

const ways: ReadonlyArray<readonly [string, Config, (outage: Outage) => void]> = [
  ["with room for all", () => ({}), ({ dropped, found, total }) => complete(found, total, dropped)],
  [
    "with a queue too small",
    () => ({ batch: { maxQueueSize: 200, scheduledDelay: "50 millis" } }),
    ({ dropped, exported, total }) => {
      ok((dropped["QueueFull"] ?? 0) > 0, "the queue was large enough")
      same(exported + sum(dropped), total, "stored + counted")
    }
  ],
  [
    "with the spool, and a queue of less than half a second",
    (directory) => ({ batch: { maxQueueSize: 400 }, spool: { directory } }),
    ({ dropped, found, spooled, total }) => {
      ok(spooled > 0, "nothing was spooled")
      complete(found, total, dropped)
    }
  ]
]

const fault = ([name, config, promise]: (typeof ways)[number], seconds: number): Fault => ({
  name: `${seconds} s ${name}`,
  isLong: seconds !== 2,
  run: () => Effect.map(Effect.tap(outage(seconds, config), promise), tell)
})

export const outages: Row = {
  fault: "the store fails for a while at 1,000 spans/s",
  promise: "all stored afterwards; with a queue too small, stored + counted = emitted; with the spool, 0 lost",
  faults: ways.flatMap((way) => [0.5, 2, 10].map((seconds) => fault(way, seconds)))
}
