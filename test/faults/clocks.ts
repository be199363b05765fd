import { ok } from "node:assert/strict"
import { join } from "node:path"
import { Clock, Effect, Layer } from "effect"
import { Storage } from "effect-observability"
import { DuckDbStorage } from "effect-observability/duckdb"
import { downWhile, type Fault, flush, folder, inserting, ledger, quietly, type Row, recording, same } from "./fault.js"

const hours = 3_600_000

/** The clock of Effect as it is on a machine whose clock is set, or that slept. */
const movable = () => {
  const live = Clock.make()
  let moved = 0
  const clock: Clock.Clock = Object.assign(Object.create(live) as Clock.Clock, {
    unsafeCurrentTimeMillis: () => live.unsafeCurrentTimeMillis() + moved,
    currentTimeMillis: Effect.sync(() => live.unsafeCurrentTimeMillis() + moved)
  })
  const move = (by: number) =>
    Effect.sync(() => {
      moved += by
    })
  return { clock, move }
}

const fault = (name: string, by: number): Fault => ({
  name,
  run: () =>
    Effect.gen(function* () {
      const path = join(yield* folder, "agents.duckdb")
      const { clock, move } = movable()
      let down = true
      const insert = downWhile(() => down)
      const counted = yield* Effect.gen(function* () {
        const { listSpans } = yield* Storage.Storage
        yield* Effect.withSpan(Effect.void, "before")
        yield* Effect.sleep("300 millis")
        yield* move(by)
        yield* Effect.withSpan(Effect.sleep("50 millis"), "after")
        down = false
        // The store is tried again after a second or two, not when the clock has come back to where it was.
        yield* Effect.timeout(flush, "10 seconds")
        const spans = (yield* listSpans({ orderBy: { field: "time", direction: "asc" } })).items
        same(spans.length, 2, "spans")
        const now = yield* Clock.currentTimeMillis
        const after = spans.find(({ name }) => name === "after")
        const apart = Math.abs(now - Number(after?.startTime ?? 0n) / 1e6)
        ok(apart < 10_000, `${apart} ms from the time of day`)
        const took = Number((after?.endTime ?? 0n) - (after?.startTime ?? 0n)) / 1e6
        ok(took >= 49 && took < 5_000, `took ${took} ms`)
        return yield* ledger
      }).pipe(
        Effect.provide(
          Layer.provideMerge(
            recording({ batch: { scheduledDelay: "50 millis" } }),
            Layer.scoped(
              Storage.Storage,
              Effect.map(DuckDbStorage.make({ path }), (storage) => inserting(storage, insert))
            )
          )
        ),
        Effect.withClock(clock),
        Effect.provide(quietly)
      )
      same([counted.exported, counted.queued], [2, 0], "exported and queued")
      return `${counted.exported} stored, ${counted.retried} sent again; times within a second, durations exact`
    })
})

export const clocks: Row = {
  fault: "the clock on the wall moves while the store is down",
  promise: "times within a second of it, durations as long as they were, retries as ever; 0 lost",
  faults: [
    fault("3 h on, as after a sleep of the machine", 3 * hours),
    fault("5 h back", -5 * hours),
    fault("2 s on, a step of NTP", 2_000)
  ]
}
