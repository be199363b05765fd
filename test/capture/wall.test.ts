import { assert, describe, it } from "@effect/vitest"
import { Clock, type Duration, Effect, TestClock } from "effect"
import { Sampler } from "effect-observability"
import * as Score from "../../src/capture/Score.js"
import { settableClock } from "../utils/settableClock.js"
import { record } from "./utils.js"

const now = Effect.map(Clock.currentTimeMillis, (millis) => BigInt(millis) * 1_000_000n)

/** How far two times are apart, in seconds. */
const apart = (a: bigint, b: bigint) => Math.abs(Number(a - b)) / 1e9

const pass = (duration: Duration.DurationInput, clock: Clock.Clock) =>
  Effect.withClock(TestClock.adjust(duration), clock)

const hours = 3_600_000

describe("after the clock on the wall has moved", () => {
  for (const moved of [3 * hours, -5 * hours, 90_000, -1_000]) {
    it.live(`by ${moved / 1_000} s, spans, logs, events and scores have the time of day`, () =>
      Effect.gen(function* () {
        const { clock, move } = yield* settableClock
        const work = Effect.gen(function* () {
          yield* Effect.log("x")
          yield* Score.record({ name: "x", value: 1, target: { sessionId: "s" as never } })
          const span = yield* Effect.orDie(Effect.currentSpan)
          span.event("x", clock.unsafeCurrentTimeNanos())
          yield* Effect.sleep("20 millis")
          return yield* Effect.fail("no")
        }).pipe(Effect.withSpan("work"), Effect.ignore)
        let noon = 0n
        const program = Effect.gen(function* () {
          yield* work
          yield* move(moved)
          noon = yield* now
          yield* work
          yield* work
        })
        const { logs, scores, spans } = yield* Effect.withClock(record(program), clock)
        const after = [spans, logs, scores].map((records) => records.slice(1))
        for (const span of after[0] as typeof spans) {
          assert.isBelow(apart(span.startTime, noon), 1)
          assert.isBelow(apart(span.endTime ?? 0n, noon), 1)
          assert.deepStrictEqual(
            span.events.map(({ name }) => name),
            ["x", "exception"]
          )
          for (const { time } of span.events) {
            assert.isTrue(time >= span.startTime && time <= (span.endTime ?? 0n), `${time}`)
          }
          assert.isBelow(Number((span.endTime ?? 0n) - span.startTime) / 1e6, 500)
          assert.isAtLeast(Number((span.endTime ?? 0n) - span.startTime) / 1e6, 19)
        }
        for (const { timestamp } of after[1] as typeof logs) assert.isBelow(apart(timestamp, noon), 1)
        for (const { time } of after[2] as typeof scores) assert.isBelow(apart(time, noon), 1)
        // What comes later is later, as long as nothing moves again.
        const starts = (after[0] as typeof spans).map(({ startTime }) => startTime)
        assert.deepStrictEqual(
          starts,
          starts.toSorted((a, b) => (a < b ? -1 : 1))
        )
      })
    )

    it.effect(`by ${moved / 1_000} s, a span that was open takes as long as it took`, () =>
      Effect.gen(function* () {
        yield* TestClock.adjust("1 day")
        const { around, clock, move } = yield* settableClock
        const program = Effect.gen(function* () {
          yield* pass("2 seconds", around)
          yield* move(moved)
          yield* pass("3 seconds", around)
        }).pipe(Effect.withSpan("open"))
        const { spans } = yield* Effect.withClock(record(program), clock)
        assert.deepStrictEqual(
          spans.map(({ endTime = 0n, startTime }) => [startTime, endTime - startTime]),
          [[86_400_000_000_000n, 5_000_000_000n]]
        )
      })
    )
  }

  it.effect("and back, times are those of the clock again", () =>
    Effect.gen(function* () {
      yield* TestClock.adjust("1 day")
      const { clock, move } = yield* settableClock
      const program = Effect.forEach([0, 3 * hours, -3 * hours, -5 * hours, 5 * hours], (by) =>
        Effect.zipRight(move(by), Effect.void.pipe(Effect.withSpan("x")))
      )
      const { spans } = yield* Effect.withClock(record(program), clock)
      const day = 86_400_000
      assert.deepStrictEqual(
        spans.map(({ startTime }) => Number(startTime / 1_000_000n) - day),
        [0, 3 * hours, 0, -5 * hours, 0]
      )
    })
  )

  it.effect("rules by duration go by how long a span took", () =>
    Effect.gen(function* () {
      yield* TestClock.adjust("1 day")
      for (const moved of [3 * hours, -5 * hours]) {
        const { around, clock, move } = yield* settableClock
        const keep = { rules: [{ minDuration: "1 minute" as never }], maxRecords: 100, maxAge: "70 seconds" as never }
        const slow = Effect.gen(function* () {
          yield* move(moved)
          yield* pass("90 seconds", around)
        }).pipe(Effect.withSpan("slow"))
        const quick = Effect.gen(function* () {
          yield* move(moved)
          yield* pass("10 seconds", around)
        }).pipe(Effect.withSpan("quick"))
        const { spans } = yield* Effect.withClock(
          record(Effect.zipRight(slow, quick), { sampler: Sampler.never, keep }),
          clock
        )
        assert.deepStrictEqual(
          spans.map(({ name }) => name),
          ["slow"]
        )
      }
    })
  )
})
