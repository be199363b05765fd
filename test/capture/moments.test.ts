import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect } from "effect"
import * as Score from "../../src/capture/Score.js"
import { record } from "./utils.js"

/** A clock that gives these times, and then the last of them for ever. */
const clock = (...times: ReadonlyArray<bigint>): Clock.Clock => {
  let read = 0
  return {
    ...Clock.make(),
    unsafeCurrentTimeMillis: () => 1e12,
    unsafeCurrentTimeNanos: () => times[Math.min(read++, times.length - 1)] ?? 0n,
    currentTimeMillis: Effect.succeed(1e12)
  }
}

const noon = 1_000_000_000_000_000_000n

describe("what starts at the same time", () => {
  it.effect("keeps the order in which it was made: spans, logs and scores", () =>
    Effect.gen(function* () {
      const step = (name: string) =>
        Effect.log(name).pipe(
          Effect.zipRight(Score.record({ name, value: 1, target: { sessionId: "s" as never } })),
          Effect.withSpan(name)
        )
      const { logs, scores, spans } = yield* record(
        Effect.forEach("abcdef", step).pipe(Effect.withSpan("turn"), Effect.withClock(clock(noon)))
      )
      const made = [
        ...spans.map((span) => [span.startTime, span.name] as const),
        ...logs.map((log) => [log.timestamp, `log ${log.message}`] as const),
        ...scores.map((score) => [score.time, `score ${score.name}`] as const)
      ].sort(([a], [b]) => (a < b ? -1 : 1))
      assert.deepStrictEqual(
        made.map(([, name]) => name),
        ["turn", ..."abcdef"].flatMap((name) => (name === "turn" ? [name] : [name, `log ${name}`, `score ${name}`]))
      )
      assert.deepStrictEqual(
        made.map(([time]) => time - noon),
        made.map((_, index) => BigInt(index))
      )
    })
  )

  it.effect("takes as long as it took", () =>
    Effect.gen(function* () {
      const program = Effect.void.pipe(Effect.withSpan("b"), Effect.withSpan("a"))
      const { spans } = yield* record(Effect.withClock(program, clock(noon, noon, noon + 5n, noon + 7n)))
      assert.deepStrictEqual(
        spans.map(({ endTime = 0n, name, startTime }) => [name, startTime - noon, endTime - startTime]),
        [
          ["b", 1n, 5n],
          ["a", 0n, 7n]
        ]
      )
    })
  )

  it.effect("is later than what was moved before it", () =>
    Effect.gen(function* () {
      const program = Effect.forEach([1, 2, 3, 4], () => Effect.log("x"))
      const { logs } = yield* record(Effect.withClock(program, clock(noon, noon, noon, noon + 1n)))
      assert.deepStrictEqual(
        logs.map(({ timestamp }) => timestamp - noon),
        [0n, 1n, 2n, 3n]
      )
    })
  )

  it.effect("is not moved by a clock that was set back", () =>
    Effect.gen(function* () {
      const program = Effect.forEach([1, 2, 3], () => Effect.log("x"))
      const { logs } = yield* record(Effect.withClock(program, clock(noon, noon - 1_000n, noon - 1_000n)))
      assert.deepStrictEqual(
        logs.map(({ timestamp }) => timestamp - noon),
        [0n, -1_000n, -999n]
      )
    })
  )
})
