import { assert, describe, it } from "@effect/vitest"
import { Effect, Logger, TestClock } from "effect"
import * as Reopening from "../../src/storage/internal/reopening.js"
import { StorageError } from "../../src/storage/StorageError.js"
import { settableClock } from "../utils/settableClock.js"

describe("a store that cannot be opened yet", () => {
  it.scoped("is tried again a second later, though the clock was set back by hours", () =>
    Effect.gen(function* () {
      yield* TestClock.adjust("1 day")
      const { around, clock, move } = yield* settableClock
      let attempts = 0
      yield* Effect.gen(function* () {
        const store = yield* Reopening.make({
          open: Effect.suspend(() =>
            ++attempts < 3 ? new StorageError({ reason: "Locked", retryable: true }) : Effect.succeed(attempts)
          ),
          errorOf: (error: StorageError) => error,
          isFatal: () => false,
          connect: undefined
        })
        for (const by of [-5 * 3_600_000, 0]) {
          yield* move(by)
          yield* Effect.exit(store.use(Effect.succeed))
          yield* Effect.withClock(TestClock.adjust("1 second"), around)
        }
        assert.strictEqual(yield* store.use(Effect.succeed), 3)
      }).pipe(Effect.withClock(clock))
    }).pipe(Effect.provide(Logger.remove(Logger.defaultLogger)))
  )
})
