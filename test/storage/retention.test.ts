import { existsSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, TestClock } from "effect"
import * as ClickhouseStorage from "../../src/storage/clickhouse/ClickhouseStorage.js"
import * as DuckDbStorage from "../../src/storage/duckdb/DuckDbStorage.js"
import { deleteHourly } from "../../src/storage/internal/retention.js"
import { refuses } from "../../src/testing/contract/utils.js"
import { settableClock } from "../utils/settableClock.js"

const directory = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "retention-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

describe("a retention that is no positive, finite time fails the storage before anything is opened:", () => {
  for (const value of [Number.NaN, 0, -1, "-5 days", Duration.zero, "5 dys", Number.POSITIVE_INFINITY, null]) {
    const retention = value as Duration.DurationInput

    it.scoped(`${value} in DuckDB`, () =>
      Effect.gen(function* () {
        const path = join(yield* directory, "spans.duckdb")
        yield* refuses(Effect.scoped(DuckDbStorage.make({ path, retention })), "retention")
        assert.isFalse(existsSync(path))
      })
    )

    it.effect(`${value} in ClickHouse`, () =>
      refuses(
        Effect.scoped(ClickhouseStorage.make({ url: "http://localhost:1", retention, connect: "eager" })),
        "retention"
      )
    )
  }
})

describe("an hourly deletion", () => {
  const day = 86_400_000

  it.scoped("waits for the next hour where the clock was set on, and goes by what it says then", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(1000 * day)
      const { around, clock, move } = yield* settableClock
      const asked: Array<number> = []
      const ask = (time: bigint) => Effect.sync(() => void asked.push(Number(time / 1_000_000n) / day))
      yield* Effect.forkScoped(
        Effect.withClock(
          deleteHourly(ask, BigInt(day) * 1_000_000n, () => Effect.void),
          clock
        )
      )
      const hour = Effect.as(Effect.withClock(TestClock.adjust("1 hour"), around), asked)
      const deleted = Effect.map(hour, (asked) => asked.splice(0).map((day) => Math.floor(day)))
      yield* Effect.withClock(TestClock.adjust(0), around)
      assert.deepStrictEqual(asked.splice(0), [999])
      assert.deepStrictEqual(yield* deleted, [999])
      // A wrong time that is mended within the hour.
      yield* move(365 * day)
      assert.deepStrictEqual(yield* deleted, [])
      yield* move(-365 * day)
      assert.deepStrictEqual(yield* deleted, [999])
      // A time that is set back deletes less.
      yield* move(-10 * day)
      assert.deepStrictEqual(yield* deleted, [989])
      yield* move(10 * day)
      assert.deepStrictEqual(yield* deleted, [])
      assert.deepStrictEqual(yield* deleted, [999])
      // A step of NTP is none of that, and a sleep of the machine for a night costs an hour.
      yield* move(90_000)
      assert.deepStrictEqual(yield* deleted, [999])
      yield* move(day)
      assert.deepStrictEqual([yield* deleted, yield* deleted], [[], [1000]])
    })
  )

  it.scoped("goes on after one that failed", () =>
    Effect.gen(function* () {
      const failures: Array<string> = []
      const ask = Effect.suspend(() => Effect.fail(`failure ${failures.length}`))
      yield* Effect.forkScoped(
        deleteHourly(
          () => ask,
          1n,
          (failure) => Effect.sync(() => void failures.push(failure))
        )
      )
      yield* TestClock.adjust("2 hours")
      assert.deepStrictEqual(failures, ["failure 0", "failure 1", "failure 2"])
    })
  )
})
