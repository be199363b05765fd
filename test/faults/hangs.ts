import { ok } from "node:assert/strict"
import { join } from "node:path"
import { Effect } from "effect"
import { emit, type Fault, flush, folder, ledger, observed, type Row, same, settled, storedOnce } from "./fault.js"

const room = 500

type Insert = <E>(store: Effect.Effect<void, E>) => Effect.Effect<void, E>

/** A store of which the first inserts are done otherwise, while more is emitted than there is room for. */
const fault = (name: string, insert: Insert): Fault => ({
  name,
  run: () =>
    Effect.gen(function* () {
      const path = join(yield* folder, "agents.duckdb")
      let ill = true
      let flying = 0
      let mostFlying = 0
      let attempts = 0
      const once: Insert = (store) =>
        Effect.acquireUseRelease(
          Effect.sync(() => {
            attempts++
            mostFlying = Math.max(mostFlying, ++flying)
          }),
          () => Effect.suspend(() => (ill ? insert(store) : store)),
          () => Effect.sync(() => void flying--)
        )
      const counted = yield* Effect.gen(function* () {
        yield* emit(0, 1_500, 1_500)
        const { queued } = yield* ledger
        ok(queued <= room, `${queued} queued`)
        ill = false
        yield* settled
        yield* emit(1_500, 1_600, 1_000)
        yield* flush
        return yield* ledger
      }).pipe(
        observed(
          path,
          { batch: { maxQueueSize: room, scheduledDelay: "50 millis", exportTimeout: "200 millis" } },
          once
        )
      )
      const found = yield* storedOnce(path, counted)
      same([found.at(-100), found.at(-1)], [1_500, 1_599], "stored afterwards")
      same(mostFlying, 1, "flights at a time")
      return (
        `${attempts} attempts, one flight at a time, at most ${room} in memory; ${counted.emitted} emitted, ` +
        `${counted.exported} stored once, ${counted.dropped["QueueFull"] ?? 0} dropped and counted`
      )
    })
})

export const hangs: Row = {
  fault: "the store does not answer in time",
  promise: "bounded memory, no duplicate, no second flight",
  faults: [
    fault("it hangs", () => Effect.never),
    fault("it hangs and cannot be interrupted", (store) => Effect.uninterruptible(Effect.delay(store, "900 millis"))),
    fault("it answers late", (store) => Effect.delay(store, "150 millis")),
    fault("it answers after we gave up", (store) => Effect.zipRight(store, Effect.sleep("1 second"))),
    fault("it writes after we gave up", (store) =>
      Effect.disconnect(Effect.uninterruptible(Effect.delay(store, "300 millis")))
    )
  ]
}
