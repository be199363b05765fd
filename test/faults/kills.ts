import { ok } from "node:assert/strict"
import { join } from "node:path"
import { Effect, Random } from "effect"
import { type Diary, type Fault, folder, type Row, recovered, same, start } from "./fault.js"

const modes = {
  "without a spool": { allowed: 1_000 },
  "with durability on disk": { allowed: 50 }
} as const

/** A record is on disk after so many turns of the event loop, each as long as the program stands still. */
const turns = 3

/** Without a spool, a store that cannot keep up costs what is queued: so many seconds' worth. */
const fallenBehind = 1.2

/** What was missing after a process had been killed at some moment. */
const kill = (mode: keyof typeof modes, rate: number, flushes: boolean) =>
  Effect.gen(function* () {
    const directory = yield* folder
    const order = {
      path: join(directory, "agents.duckdb"),
      rate,
      flushes,
      ...(mode === "with durability on disk" && { spool: join(directory, "spool"), durability: "disk" as const })
    }
    const child = yield* start(order)
    // Once it has found its pace: a process that starts stands still longer than anything lasts here.
    yield* child.emitted(rate)
    yield* Effect.sleep(yield* Random.nextIntBetween(0, 2_500))
    yield* child.kill("SIGKILL")
    const killed = Date.now()
    same(yield* child.ended, "SIGKILL", "how the process ended")
    const diary = yield* child.read
    const found = yield* recovered(order)
    const kept = new Set(found)
    same(kept.size, found.length, "spans that are stored once")
    const { count: emitted = 0, queued = 0 } = diary.emitted.at(-1) ?? {}
    const missing = Array.from({ length: emitted }, (_, i) => i).filter((i) => !kept.has(i))
    const [oldest] = missing
    ok(oldest === undefined || oldest >= diary.flushed, `${oldest} is missing, ${diary.flushed} were flushed`)
    const age = oldest === undefined ? 0 : killed - timeOf(diary, oldest)
    ok(missing.length <= queued, `${missing.length} are missing, ${queued} were queued`)
    return {
      emitted,
      queued,
      flushed: diary.flushed,
      missing: missing.length,
      age,
      pause: pauseOf(diary, killed),
      rate: rateOf(diary)
    }
  })

/** When a span was emitted. */
const timeOf = ({ emitted }: Diary, index: number): number => emitted.find(({ count }) => count > index)?.time ?? 0

/** How many spans a second the program has made. */
const rateOf = ({ emitted }: Diary): number => {
  const [from, to] = [emitted[0], emitted.at(-1)]
  return from === undefined || to === undefined ? 0 : ((to.count - from.count) / (to.time - from.time)) * 1_000
}

/** For how long the program stood still at most, in its last two seconds: as if that time had not been. */
const pauseOf = ({ emitted }: Diary, killed: number): number => {
  const times = [...emitted.map(({ time }) => time).filter((time) => time > killed - 2_000), killed]
  return Math.max(...times.map((time, i) => time - (times[i - 1] ?? time)))
}

const fault = (mode: keyof typeof modes, rate: number): Fault => ({
  name: `${mode}, ${rate} spans/s`,
  isLong: rate === 200,
  run: (scale) =>
    Effect.gen(function* () {
      const { allowed } = modes[mode]
      const kills = yield* Effect.forEach(
        Array.from({ length: scale === "full" ? 20 : 1 }, (_, i) => i % 2 === 0),
        (flushes) =>
          Effect.tap(Effect.scoped(kill(mode, rate, flushes)), ({ age, pause, queued }) =>
            ok(
              age <= allowed + turns * pause || (mode === "without a spool" && queued > rate * fallenBehind),
              `what is missing is ${age} ms old, and nothing stood still longer than ${pause} ms`
            )
          )
      )
      const most = (key: "missing" | "age" | "pause") => Math.max(...kills.map((kill) => kill[key]))
      const slowest = Math.min(...kills.map((kill) => kill.rate))
      const inTime = kills.filter(({ age }) => age <= allowed).length
      const emitted = kills.reduce((sum, kill) => sum + kill.emitted, 0)
      const flushed = kills.reduce((sum, kill) => sum + kill.flushed, 0)
      return (
        `${kills.length} kills at ${Math.round(slowest)} spans/s or more, ${emitted} emitted, ` +
        `0 of ${flushed} flushed missing, at most ${most("missing")} missing, ${most("age")} ms old, ` +
        `${inTime} times within ${allowed} ms (stood still for up to ${most("pause")} ms)`
      )
    })
})

export const kills: Row = {
  fault: "`kill -9` at 200, 1,000 and 5,000 spans/s at random moments",
  promise:
    "without a spool at most the last second is missing, with durability on disk the last 50 ms; nothing flushed; the store opens",
  faults: (["without a spool", "with durability on disk"] as const).flatMap((mode) =>
    [200, 1_000, 5_000].map((rate) => fault(mode, rate))
  )
}
