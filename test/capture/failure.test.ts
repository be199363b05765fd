import { assert, describe, it } from "@effect/vitest"
import { Array as Arr, Cause, Effect } from "effect"
import * as failure from "../../src/capture/internal/failure.js"
import { limits, record } from "./utils.js"

const nested = (depth: number): Error => {
  let error = new Error("0")
  for (let i = 1; i <= depth; i++) error = new Error(String(i), { cause: error })
  return error
}

const parallel = (count: number): Cause.Cause<string> =>
  Arr.range(1, count).reduce<Cause.Cause<string>>((cause, i) => Cause.parallel(cause, Cause.fail(`${i}`)), Cause.empty)

const large: Record<string, () => Cause.Cause<unknown>> = {
  "a buffer of 20 MB": () => Cause.fail({ _tag: "Refused", body: new Uint8Array(20_000_000) }),
  "100,000 rows": () => Cause.fail({ rows: Arr.makeBy(100_000, (id) => ({ id, name: `row ${id}` })) }),
  "a message of long lines": () => Cause.fail(new Error(`refused\n${"at the gate ".repeat(20_000)}`)),
  "2,000 nested causes": () => Cause.fail(nested(2_000)),
  "20,000 parallel failures": () => parallel(20_000)
}

/** Far above what is needed, and far below what it takes to make text of it all. */
const bound = 200

describe("a failure", () => {
  for (const [name, make] of Object.entries(large)) {
    it.effect(`of ${name} costs little in spans`, () =>
      Effect.gen(function* () {
        const cause = make()
        let start = 0
        let millis = 0
        const program = Effect.sync(() => {
          start = performance.now()
        }).pipe(
          Effect.zipRight(Effect.failCause(cause)),
          Effect.withSpan("inner"),
          Effect.withSpan("middle"),
          Effect.withSpan("outer"),
          Effect.ensuring(
            Effect.sync(() => {
              millis = performance.now() - start
            })
          )
        )
        const { spans } = yield* record(program)
        assert.isBelow(millis, bound)
        assert.deepStrictEqual(
          spans.map((span) => span.status),
          ["error", "error", "error"]
        )
      })
    )

    it(`of ${name} costs little in a log`, () => {
      const cause = make()
      const start = performance.now()
      const text = failure.pretty(cause, limits)
      assert.isBelow(performance.now() - start, bound)
      assert.isAtMost(text.length, limits.attributeValueLength)
    })
  }

  it.effect("counts the errors that it leaves out", () =>
    Effect.gen(function* () {
      const { logs, spans } = yield* record(
        Effect.failCause(parallel(5)).pipe(Effect.tapErrorCause(Effect.logError), Effect.withSpan("work")),
        { limits: { ...limits, eventCount: 2 } }
      )
      assert.deepStrictEqual(
        spans[0]?.events.map((event) => event.attributes["exception.message"]),
        ["1", "2"]
      )
      assert.strictEqual(spans[0]?.dropped?.events, 3)
      assert.strictEqual(logs[0]?.cause, "Error: 1\nError: 2\n... and 3 more")
    })
  )

  it.effect("is looked at once, however many spans it passes through", () =>
    Effect.gen(function* () {
      let read = 0
      const program = Effect.fail({ toJSON: () => `read ${++read}` })
      const { spans } = yield* record(program.pipe(Effect.withSpan("inner"), Effect.withSpan("outer")))
      assert.deepStrictEqual(
        spans.map((span) => span.statusMessage),
        ["read 1", "read 1"]
      )
    })
  )

  it.effect("keeps its other errors when one throws", () =>
    Effect.gen(function* () {
      const hostile = Object.defineProperty(new Error("no"), "message", {
        get: () => {
          throw new Error("gotcha")
        }
      })
      const cause = Cause.parallel(Cause.die(hostile), Cause.fail(new Error("boom")))
      const { spans } = yield* record(Effect.failCause(cause).pipe(Effect.withSpan("work")))
      assert.deepStrictEqual(
        spans[0]?.events.map((event) => event.attributes["exception.message"]),
        ["[Threw]", "boom"]
      )
    })
  )

  it.effect("has the text that Effect gives it", () =>
    Effect.gen(function* () {
      class Refused extends Error {
        override readonly name = "Refused"
      }
      const program = Effect.fail(new Refused("no seats", { cause: new Error("full", { cause: "flight" }) }))
      const causes = yield* Effect.all(
        [
          Effect.withSpan(program, "booking"),
          Effect.fail({ _tag: "NotFound", id: 1 }).pipe(Effect.withSpan("booking")),
          Effect.fail("text"),
          Effect.fail(undefined),
          Effect.interrupt,
          Effect.failCause(Cause.sequential(Cause.die(new Error("")), Cause.parallel(Cause.fail(1), Cause.fail("two"))))
        ].map((effect) => Effect.flip(Effect.sandbox(effect as Effect.Effect<never, unknown>)))
      )
      for (const cause of causes) {
        assert.strictEqual(failure.pretty(cause, limits), Cause.pretty(cause, { renderErrorCause: true }))
        assert.deepStrictEqual(
          failure.failureOf(cause, limits).errors,
          Cause.prettyErrors(cause).map(({ message, name, stack }) => ({ name, message, stack: stack ?? "" }))
        )
      }
    })
  )

  it("has no more causes of an error than values have levels", () => {
    const text = failure.pretty(Cause.fail(nested(3)), { ...limits, attributeDepth: 1 })
    assert.deepStrictEqual(
      text.split("\n").filter((line) => !line.includes(" at ")),
      ["Error: 3", "  [cause]: Error: 2", "    [cause]: [Truncated]", "  }", "}"]
    )
  })
})
