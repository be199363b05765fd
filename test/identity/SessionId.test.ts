import { assert, describe, it } from "@effect/vitest"
import {
  Deferred,
  Effect,
  Either,
  Fiber,
  FiberRef,
  Layer,
  Option,
  ParseResult,
  Schema,
  Stream,
  TestClock
} from "effect"
import { expectTypeOf } from "vitest"
import * as SessionId from "../../src/identity/SessionId.js"

const id = (text: string) => SessionId.SessionId.make(text)
const current = Effect.map(SessionId.get, Option.getOrUndefined)

describe("SessionId", () => {
  describe("the schema", () => {
    const decode = Schema.decodeUnknownEither(SessionId.SessionId)

    for (const text of ["a", "~", "!", "a b", "support-4711", "x".repeat(200), `"'\\{}<>`]) {
      it(`takes ${text.slice(0, 20)} of length ${text.length}`, () => {
        assert.isTrue(Either.isRight(decode(text)))
        assert.isTrue(SessionId.isSessionId(text))
      })
    }

    for (const value of [
      "",
      " a",
      "a ",
      " ",
      "x".repeat(201),
      "é",
      "a\nb",
      "a\n",
      "a\u0000",
      "a\u007f",
      "\u{1f600}",
      1,
      null
    ]) {
      it(`refuses ${JSON.stringify(value).slice(0, 20)}`, () => {
        const decoded = decode(value)
        assert.isTrue(Either.isLeft(decoded))
        assert.isFalse(SessionId.isSessionId(value))
      })
    }

    it("says what a session id is", () => {
      const decoded = decode(" a")
      assert.isTrue(Either.isLeft(decoded))
      if (Either.isLeft(decoded)) assert.include(decoded.left.message, "1 to 200 printable ASCII characters")
    })
  })

  describe("make", () => {
    it("gives a text that is a session id, and throws for any other", () => {
      assert.strictEqual(SessionId.make("support-4711"), id("support-4711"))
      assert.throws(() => SessionId.make(" a"), ParseResult.ParseError, "1 to 200 printable ASCII characters")
      expectTypeOf(SessionId.make("a")).toEqualTypeOf<SessionId.SessionId>()
    })
  })

  describe("a plain text", () => {
    it.effect("is a session, in each place that takes one", () =>
      Effect.gen(function* () {
        const text: string = "support-4711"
        assert.strictEqual(yield* SessionId.withSessionId(current, text), text)
        assert.strictEqual(yield* current.pipe(SessionId.withSessionId(text)), text)
        assert.strictEqual(yield* Effect.provide(current, SessionId.layer(text)), text)
      })
    )

    for (const value of ["", "Zoë 4711 ", "x".repeat(100_000), 5, undefined]) {
      it.effect(`that is none fails, and nothing runs: ${JSON.stringify(value)?.slice(0, 20)}`, () =>
        Effect.gen(function* () {
          let runs = 0
          const program = Effect.sync(() => runs++)
          const given = value as string
          const errors = [
            yield* Effect.flip(SessionId.withSessionId(program, given)),
            yield* Effect.flip(program.pipe(SessionId.withSessionId(given))),
            yield* Effect.flip(Effect.provide(program, SessionId.layer(given)))
          ]
          for (const error of errors) {
            assert.strictEqual(error._tag, "ParseError")
            assert.include(error.message, '["sessionId"]')
            assert.isBelow(error.message.length, 1_000)
            if (typeof value === "string") assert.include(error.message, "1 to 200 printable ASCII characters")
          }
          assert.strictEqual(runs, 0)
        })
      )
    }

    it("may fail, and what was checked cannot", () => {
      const program: Effect.Effect<number, "no"> = Effect.succeed(1)
      const text: string = "a"
      type Fails = Effect.Effect<number, "no" | ParseResult.ParseError>
      expectTypeOf(SessionId.withSessionId(program, text)).toEqualTypeOf<Fails>()
      expectTypeOf(program.pipe(SessionId.withSessionId("a"))).toEqualTypeOf<Fails>()
      expectTypeOf(SessionId.withSessionId(program, id("a"))).toEqualTypeOf<typeof program>()
      expectTypeOf(program.pipe(SessionId.withSessionId(id("a")))).toEqualTypeOf<typeof program>()
      expectTypeOf(SessionId.layer(text)).toEqualTypeOf<Layer.Layer<never, ParseResult.ParseError>>()
      expectTypeOf(SessionId.layer(id("a"))).toEqualTypeOf<Layer.Layer<never>>()
    })
  })

  describe("generate", () => {
    it.effect("makes valid ids, UUIDs of version 7, none twice", () =>
      Effect.gen(function* () {
        const ids = yield* Effect.replicateEffect(SessionId.generate, 2_000)
        assert.strictEqual(new Set(ids).size, 2_000)
        for (const id of ids) {
          assert.isTrue(SessionId.isSessionId(id))
          assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
        }
      })
    )

    it.effect("makes ids that sort by their time", () =>
      Effect.gen(function* () {
        const ids: Array<string> = []
        for (const millis of [0, 1, 1, 1_000, 1_700_000_000_000, 1_700_000_000_001, 4_000_000_000_000]) {
          yield* TestClock.setTime(millis)
          ids.push(yield* SessionId.generate)
        }
        assert.deepStrictEqual(ids.toSorted(), ids)
      })
    )

    it.effect("says the time in its first 48 bits", () =>
      Effect.gen(function* () {
        yield* TestClock.setTime(1_700_000_000_123)
        const made = yield* SessionId.generate
        assert.strictEqual(Number.parseInt(made.replace("-", "").slice(0, 12), 16), 1_700_000_000_123)
      })
    )
  })

  describe("the current session", () => {
    it.effect("is none where nobody named one", () =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* SessionId.get, Option.none())
      })
    )

    it.effect("is the innermost one, and the outer one again after it", () =>
      Effect.gen(function* () {
        assert.strictEqual(yield* current, "outer")
        assert.strictEqual(yield* SessionId.withSessionId(current, id("inner")), "inner")
        assert.strictEqual(yield* current, "outer")
      }).pipe(SessionId.withSessionId(id("outer")))
    )

    it.effect("is the outer one again after a failure and after an interrupt", () =>
      Effect.gen(function* () {
        yield* Effect.fail("no").pipe(SessionId.withSessionId(id("failed")), Effect.ignore)
        assert.isUndefined(yield* current)
        yield* Effect.interrupt.pipe(SessionId.withSessionId(id("interrupted")), Effect.exit)
        assert.isUndefined(yield* current)
      })
    )

    it.effect("is none inside withoutSessionId, and may be named again further in", () =>
      Effect.gen(function* () {
        assert.isUndefined(yield* SessionId.withoutSessionId(current))
        assert.strictEqual(yield* SessionId.withoutSessionId(SessionId.withSessionId(current, id("b"))), "b")
        assert.strictEqual(yield* current, "a")
      }).pipe(SessionId.withSessionId(id("a")))
    )

    it.effect("is a new one each time withNewSessionId runs", () =>
      Effect.gen(function* () {
        const inNew = SessionId.withNewSessionId(current)
        const [first, second] = [yield* inNew, yield* inNew]
        assert.isTrue(SessionId.isSessionId(first))
        assert.notStrictEqual(first, second)
      })
    )

    const inherited: Record<string, Effect.Effect<string | undefined>> = {
      fork: Effect.flatMap(Effect.fork(current), Fiber.join),
      forkDaemon: Effect.flatMap(Effect.forkDaemon(current), Fiber.join),
      forkScoped: Effect.scoped(Effect.flatMap(Effect.forkScoped(current), Fiber.join)),
      "a fork of a fork": Effect.flatMap(Effect.fork(Effect.flatMap(Effect.fork(current), Fiber.join)), Fiber.join),
      "concurrent all": Effect.map(Effect.all([current, current], { concurrency: 2 }), ([, second]) => second),
      "concurrent forEach": Effect.map(
        Effect.forEach([1, 2], () => Effect.zipRight(Effect.yieldNow(), current), { concurrency: "unbounded" }),
        ([first]) => first
      ),
      race: Effect.race(Effect.never, current),
      raceFirst: Effect.raceFirst(current, Effect.never),
      timeout: Effect.orDie(Effect.timeout(current, "1 second")),
      "a stream that works concurrently": Effect.map(
        Stream.runLast(Stream.mapEffect(Stream.make(1, 2, 3), () => current, { concurrency: 2 })),
        Option.getOrUndefined
      )
    }
    for (const [name, effect] of Object.entries(inherited)) {
      it.effect(`is inherited through ${name}`, () =>
        Effect.gen(function* () {
          assert.strictEqual(yield* SessionId.withSessionId(effect, id("s")), "s")
          assert.isUndefined(yield* current)
        })
      )
    }

    const inChild = SessionId.withSessionId(Effect.yieldNow(), id("child"))
    const joins: Record<string, Effect.Effect<unknown>> = {
      join: Effect.flatMap(Effect.fork(inChild), Fiber.join),
      "join of a fiber that was forked inside": Effect.flatMap(
        SessionId.withSessionId(Effect.fork(Effect.yieldNow()), id("child")),
        Fiber.join
      ),
      "join of a fiber that a child forked inside": Effect.flatMap(
        Effect.fork(SessionId.withSessionId(Effect.forkDaemon(Effect.yieldNow()), id("child"))),
        (child) => Effect.flatMap(Fiber.join(child), Fiber.join)
      ),
      "join of a fiber that set it": Effect.flatMap(
        Effect.fork(FiberRef.set(SessionId.currentSessionId, Option.some(id("child")))),
        Fiber.join
      ),
      "join of a fiber that outlives the layer it was forked in": Effect.flatMap(
        Effect.fork(Effect.provide(Effect.forkDaemon(Effect.yieldNow()), SessionId.layer(id("child")))),
        (child) => Effect.flatMap(Fiber.join(child), Fiber.join)
      ),
      "concurrent all": Effect.all([inChild, inChild], { concurrency: "unbounded" }),
      race: Effect.race(inChild, Effect.never),
      timeout: Effect.ignore(Effect.timeout(inChild, "1 second")),
      "a closed scope": Effect.scoped(Effect.locallyScoped(SessionId.currentSessionId, Option.some(id("child"))))
    }
    for (const [name, effect] of Object.entries(joins)) {
      it.effect(`does not leak back through ${name}`, () =>
        Effect.gen(function* () {
          yield* effect
          assert.isUndefined(yield* current)
          yield* SessionId.withSessionId(
            Effect.gen(function* () {
              yield* effect
              assert.strictEqual(yield* current, "parent")
            }),
            id("parent")
          )
        })
      )
    }

    it.effect("stays the parent's where a child sets its own", () =>
      Effect.gen(function* () {
        const setting = FiberRef.set(SessionId.currentSessionId, Option.some(id("child")))
        yield* Effect.flatMap(Effect.fork(setting), Fiber.join)
        yield* Effect.all([setting, setting], { concurrency: 2 })
        assert.strictEqual(yield* current, "parent")
      }).pipe(SessionId.withSessionId(id("parent")))
    )

    it.effect("never mixes between two fibers", () =>
      Effect.gen(function* () {
        const gate = yield* Deferred.make<void>()
        const turn = (name: string) =>
          Effect.gen(function* () {
            yield* Deferred.await(gate)
            const seen = new Set<string | undefined>()
            for (let i = 0; i < 100; i++) {
              seen.add(yield* current)
              yield* Effect.yieldNow()
              seen.add(yield* Effect.flatMap(Effect.fork(current), Fiber.join))
            }
            return Array.from(seen)
          }).pipe(SessionId.withSessionId(id(name)))
        const fibers = yield* Effect.forEach(["a", "b"], (name) => Effect.fork(turn(name)))
        yield* Deferred.succeed(gate, undefined)
        assert.deepStrictEqual(yield* Fiber.join(Fiber.all(fibers)), [["a"], ["b"]])
      })
    )
  })

  describe("layer", () => {
    it.effect("is a session for what it is provided to, and for nothing after", () =>
      Effect.gen(function* () {
        assert.strictEqual(yield* Effect.provide(current, SessionId.layer(id("s"))), "s")
        assert.isUndefined(yield* current)
      })
    )

    it.effect("survives Layer.mergeAll, on either side", () =>
      Effect.gen(function* () {
        const other = Layer.effectDiscard(Effect.yieldNow())
        assert.strictEqual(yield* Effect.provide(current, Layer.mergeAll(SessionId.layer(id("s")), other, other)), "s")
        assert.strictEqual(yield* Effect.provide(current, Layer.mergeAll(other, SessionId.layer(id("s")))), "s")
      })
    )

    it.effect("takes the place of the session around it, merged with others or not", () =>
      Effect.gen(function* () {
        const other = Layer.effectDiscard(Effect.yieldNow())
        const inner = SessionId.layer(id("inner"))
        const layers = [
          inner,
          Layer.mergeAll(inner, other),
          Layer.mergeAll(other, inner),
          Layer.mergeAll(Layer.mergeAll(inner, other), other)
        ]
        for (const layer of layers) {
          const inside = Effect.provide(current, layer)
          assert.strictEqual(yield* SessionId.withSessionId(inside, id("outer")), "inner")
        }
      })
    )

    it.effect("does not come back into a session that is named inside, through a join", () =>
      Effect.gen(function* () {
        const child = yield* Effect.fork(SessionId.withSessionId(Effect.yieldNow(), id("child")))
        const joining = Effect.zipRight(Fiber.join(child), current)
        assert.strictEqual(yield* SessionId.withSessionId(joining, id("inside")), "inside")
      }).pipe(Effect.provide(SessionId.layer(id("s"))))
    )

    it.effect("is not needed for a single layer: withSessionId keeps to what it is around", () =>
      Effect.gen(function* () {
        const sessions: Array<string | undefined> = []
        const reads = () => Layer.effectDiscard(Effect.map(current, (session) => sessions.push(session)))
        const alone = Layer.locallyEffect(reads(), SessionId.withSessionId(id("s")))
        yield* Effect.provide(reads().pipe(Layer.build, Effect.scoped), Layer.provideMerge(reads(), alone))
        assert.deepStrictEqual(sessions, ["s", undefined, undefined])
      })
    )

    it.effect("gives way to a session that is named inside", () =>
      Effect.gen(function* () {
        const inside = SessionId.withSessionId(current, id("inside"))
        assert.strictEqual(yield* Effect.provide(inside, SessionId.layer(id("s"))), "inside")
        assert.isUndefined(yield* Effect.provide(SessionId.withoutSessionId(current), SessionId.layer(id("s"))))
      })
    )
  })
})
