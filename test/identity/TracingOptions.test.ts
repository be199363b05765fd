import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Fiber, FiberRef, Option, type ParseResult, Schema } from "effect"
import { expectTypeOf } from "vitest"
import * as SessionId from "../../src/identity/SessionId.js"
import * as TracingOptions from "../../src/identity/TracingOptions.js"

const { get, withTracingOptions } = TracingOptions
const id = (text: string) => SessionId.SessionId.make(text)

describe("TracingOptions", () => {
  it.effect("are empty where nobody gave any", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* get, {})
    })
  )

  it.effect("give every field that was given", () =>
    Effect.gen(function* () {
      const options = {
        sessionId: id("s"),
        threadId: "t",
        runId: "r",
        requestId: "q",
        resourceId: "o",
        userId: "u",
        organizationId: "g",
        tags: ["a"],
        metadata: { m: 1 }
      }
      assert.deepStrictEqual(yield* withTracingOptions(get, options), options)
      assert.deepStrictEqual(yield* get, {})
    })
  )

  const outer = { runId: "outer", userId: "ada", tags: ["a", "b"], metadata: { x: 1, y: { deep: 1 } } }
  const merges: ReadonlyArray<readonly [string, TracingOptions.TracingOptions, TracingOptions.TracingOptions]> = [
    ["a field replaces", { runId: "inner" }, { ...outer, runId: "inner" }],
    ["a field that is not given stays", { threadId: "t" }, { ...outer, threadId: "t" }],
    ["a field that is undefined stays", { runId: undefined, tags: undefined, metadata: undefined }, outer],
    ["tags are joined, each once, in their order", { tags: ["b", "c"] }, { ...outer, tags: ["a", "b", "c"] }],
    ["no tags take none away", { tags: [] }, outer],
    [
      "metadata is merged by key, and a key replaces",
      { metadata: { y: 2, z: 3 } },
      { ...outer, metadata: { x: 1, y: 2, z: 3 } }
    ]
  ]
  for (const [rule, inner, expected] of merges) {
    it.effect(`merge: ${rule}`, () =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* withTracingOptions(get, inner), expected)
        assert.deepStrictEqual(yield* get, outer)
      }).pipe(withTracingOptions(outer))
    )
  }

  it.effect("take tags and metadata where none were inherited", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* withTracingOptions(get, { tags: ["a"], metadata: { x: 1 } }), {
        tags: ["a"],
        metadata: { x: 1 }
      })
    })
  )

  it.effect("say nothing where they are none, or throw while they are read", () =>
    Effect.gen(function* () {
      const throws = () => {
        throw new Error("no")
      }
      const hostile = [undefined, null, new Proxy({}, { get: throws, ownKeys: throws })]
      for (const options of hostile) {
        const given = options as unknown as TracingOptions.TracingOptions
        assert.deepStrictEqual(yield* TracingOptions.withTracingOptions(TracingOptions.get, given), {})
      }
    })
  )

  describe("the session", () => {
    it.effect("is that of SessionId, and in no other place", () =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* SessionId.get, Option.some(id("s")))
        assert.notProperty(yield* FiberRef.get(TracingOptions.currentTracingOptions), "sessionId")
      }).pipe(withTracingOptions({ sessionId: id("s"), runId: "r" }))
    )

    it.effect("may be a plain text, which fails where it is no session id", () =>
      Effect.gen(function* () {
        const options = { sessionId: "s", runId: "r" }
        assert.deepStrictEqual(yield* withTracingOptions(get, options), { sessionId: id("s"), runId: "r" })
        assert.deepStrictEqual(yield* get.pipe(withTracingOptions(options)), { sessionId: id("s"), runId: "r" })
        const error = yield* Effect.flip(withTracingOptions(get, { sessionId: " " }))
        assert.strictEqual(error._tag, "ParseError")
        assert.include(error.message, '["sessionId"]')
      })
    )

    it("may fail as a plain text, and not as what was checked, or where there is none", () => {
      const program: Effect.Effect<number> = Effect.succeed(1)
      type Fails = Effect.Effect<number, ParseResult.ParseError>
      const checked: TracingOptions.TracingOptions = { sessionId: id("s") }
      expectTypeOf(withTracingOptions(program, { sessionId: "s" })).toEqualTypeOf<Fails>()
      expectTypeOf(program.pipe(withTracingOptions({ sessionId: "s" }))).toEqualTypeOf<Fails>()
      expectTypeOf(withTracingOptions(program, { runId: "r" })).toEqualTypeOf<typeof program>()
      expectTypeOf(program.pipe(withTracingOptions({ runId: "r" }))).toEqualTypeOf<typeof program>()
      expectTypeOf(withTracingOptions(program, checked)).toEqualTypeOf<typeof program>()
    })

    it.effect("stays when the options name none", () =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* get, { sessionId: id("s"), runId: "r" })
      }).pipe(withTracingOptions({ runId: "r" }), SessionId.withSessionId(id("s")))
    )

    it.effect("that is named further in wins, by either way", () =>
      Effect.gen(function* () {
        const inner = yield* SessionId.withSessionId(get, id("b"))
        assert.deepStrictEqual(inner, { sessionId: id("b"), runId: "r" })
        assert.strictEqual((yield* withTracingOptions(get, { sessionId: id("c") })).sessionId, "c")
        assert.deepStrictEqual(yield* SessionId.withoutSessionId(get), { runId: "r" })
      }).pipe(withTracingOptions({ sessionId: id("a"), runId: "r" }))
    )
  })

  it.effect("are inherited by forks, daemons and concurrent work, and never leak back", () =>
    Effect.gen(function* () {
      const options = { runId: "r", tags: ["a"] }
      const inherited = [
        Effect.flatMap(Effect.fork(get), Fiber.join),
        Effect.flatMap(Effect.forkDaemon(get), Fiber.join),
        Effect.race(Effect.never, get),
        Effect.map(Effect.all([get, get], { concurrency: 2 }), ([, second]) => second)
      ]
      for (const effect of inherited) {
        assert.deepStrictEqual(yield* withTracingOptions(effect, options), options)
        assert.deepStrictEqual(yield* get, {})
      }
      const child = withTracingOptions(Effect.yieldNow(), { runId: "child" })
      yield* Effect.flatMap(Effect.fork(child), Fiber.join)
      yield* Effect.all([child, child], { concurrency: 2 })
      assert.deepStrictEqual(yield* get, {})
      const grandchild = yield* Effect.flatMap(
        Effect.fork(withTracingOptions(Effect.forkDaemon(Effect.yieldNow()), { runId: "grandchild" })),
        Fiber.join
      )
      yield* Fiber.join(grandchild)
      assert.deepStrictEqual(yield* get, {})
      yield* Effect.flatMap(
        Effect.fork(FiberRef.set(TracingOptions.currentTracingOptions, { runId: "set" })),
        Fiber.join
      )
      assert.deepStrictEqual(yield* get, {})
    })
  )

  it.effect("do not mix between two fibers", () =>
    Effect.gen(function* () {
      const seen = yield* Effect.forEach(
        ["a", "b", "c"],
        (userId) => Effect.zipRight(Effect.yieldNow(), get).pipe(withTracingOptions({ userId })),
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual(seen, [{ userId: "a" }, { userId: "b" }, { userId: "c" }])
    })
  )

  describe("the schema", () => {
    const decode = Schema.decodeUnknownEither(TracingOptions.TracingOptions)

    it("takes options as they come from outside", () => {
      assert.deepStrictEqual(decode({ sessionId: "s", tags: ["a"], metadata: { a: [1] } }).pipe(Either.getOrThrow), {
        sessionId: id("s"),
        tags: ["a"],
        metadata: { a: [1] }
      })
    })

    it("refuses a session id that is none, and other types", () => {
      for (const options of [{ sessionId: "" }, { userId: 1 }, { tags: "a" }, { metadata: 1 }]) {
        assert.isTrue(Either.isLeft(decode(options)), JSON.stringify(options))
      }
    })
  })
})
