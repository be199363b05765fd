import { assert, describe, it } from "@effect/vitest"
import { Context, DefaultServices, Effect, Tracer as EffectTracer, FastCheck as fc } from "effect"
import { Sampler, SessionId, TraceContext, Tracer } from "effect-observability"
import { record } from "./utils.js"

const a = SessionId.SessionId.make("session-a")

const start = (span: Partial<Sampler.StartingSpan>): Sampler.StartingSpan => ({
  name: "span",
  kind: "internal",
  traceId: "0af7651916cd43dd8448eb211c80319c",
  sessionId: undefined,
  parent: undefined,
  traceState: undefined,
  attributes: {},
  ...span
})

const hex = (length: number) =>
  fc.array(fc.constantFrom(..."0123456789abcdef"), { minLength: length, maxLength: length }).map((d) => d.join(""))
const probability = fc.double({ min: 0, max: 1, noNaN: true })
const sessionId = fc
  .string({ minLength: 1, maxLength: 200, unit: fc.constantFrom(..."0123456789abcdefXYZ-_:/") })
  .map((id) => SessionId.SessionId.make(id))
const startingSpan = fc.record({ traceId: hex(32), sessionId: fc.option(sessionId, { nil: undefined }) }).map(start)

/** The trace id whose last 56 bits are these. */
const ending = (digits: string) => `ffffffffffffffffff${digits}`

const names = (spans: ReadonlyArray<{ readonly name: string }>) => spans.map((span) => span.name)

const work = Effect.void.pipe(Effect.withSpan("child"), Effect.withSpan("root"))

describe("Sampler", () => {
  it("always samples, and never does", () => {
    assert.isTrue(Sampler.always.shouldSample(start({})))
    assert.isFalse(Sampler.never.shouldSample(start({})))
  })

  for (const [name, make] of [
    ["ratio", Sampler.ratio],
    ["session", Sampler.session]
  ] as const) {
    describe(name, () => {
      it("decides the same for the same trace and session, whoever asks and whatever else is known", () =>
        fc.assert(
          fc.property(probability, startingSpan, fc.string(), (probability, span, name) =>
            assert.strictEqual(
              make(probability).shouldSample(span),
              make(probability).shouldSample({ ...span, name, kind: "server", attributes: { name } })
            )
          )
        ))

      it("keeps with a higher probability all that it keeps with a lower one", () =>
        fc.assert(
          fc.property(probability, probability, startingSpan, (p, q, span) => {
            const [low, high] = p < q ? [p, q] : [q, p]
            return !make(low).shouldSample(span) || make(high).shouldSample(span)
          }),
          { numRuns: 1_000 }
        ))

      it("keeps nothing at 0 and everything at 1", () =>
        fc.assert(fc.property(startingSpan, (span) => !make(0).shouldSample(span) && make(1).shouldSample(span))))
    })
  }

  describe("ratio", () => {
    it("keeps its part of 20,000 traces", () => {
      for (const probability of [0.01, 0.1, 0.5, 0.9]) {
        const sampler = Sampler.ratio(probability)
        const ids = fc.sample(hex(32), { numRuns: 20_000, seed: 1 })
        const kept = ids.filter((traceId) => sampler.shouldSample(start({ traceId }))).length
        // Five standard deviations.
        assert.closeTo(kept / 20_000, probability, 5 * Math.sqrt((probability * (1 - probability)) / 20_000))
      }
    })

    it("has the thresholds of OpenTelemetry, at four digits of precision", () => {
      // From the table of https://opentelemetry.io/docs/specs/otel/trace/tracestate-probability-sampling
      const thresholds: ReadonlyArray<[probability: number, threshold: string]> = [
        [1, "0"],
        [1 / 2, "8"],
        [1 / 3, "aaab"],
        [1 / 4, "c"],
        [1 / 5, "cccd"],
        [1 / 8, "e"],
        [1 / 10, "e666"],
        [1 / 16, "f"],
        [1 / 100, "fd70a"],
        [1 / 1_000, "ffbe77"],
        [1 / 10_000, "fff9724"],
        [1 / 100_000, "ffff583a"],
        [1 / 1_000_000, "ffffef39"]
      ]
      for (const [probability, digits] of thresholds) {
        const sampler = Sampler.ratio(probability)
        const threshold = BigInt(`0x${digits.padEnd(14, "0")}`)
        const at = (bits: bigint) => start({ traceId: ending(bits.toString(16).padStart(14, "0")) })
        assert.isTrue(sampler.shouldSample(at(threshold)), digits)
        if (threshold > 0n) assert.isFalse(sampler.shouldSample(at(threshold - 1n)), digits)
      }
    })

    it("looks at the last 56 bits of the trace id alone", () => {
      const half = Sampler.ratio(0.5)
      assert.isFalse(half.shouldSample(start({ traceId: "ffffffffffffffffff7fffffffffffff" })))
      assert.isTrue(half.shouldSample(start({ traceId: "00000000000000000080000000000000" })))
    })

    it("takes the randomness that the trace state names in place of the trace id", () => {
      const half = Sampler.ratio(0.5)
      const traceId = ending("ffffffffffffff")
      assert.isFalse(half.shouldSample(start({ traceId, traceState: "a=b, ot=th:0;rv:00000000000000,c=d" })))
      assert.isFalse(half.shouldSample(start({ traceId, traceState: "ot=rv:00000000000000" })))
      assert.isTrue(half.shouldSample(start({ traceId, traceState: "not=rv:00000000000000" })))
      assert.isTrue(half.shouldSample(start({ traceId, traceState: "ot=rv:0000" })))
    })
  })

  describe("session", () => {
    it("keeps its part of 20,000 sessions, random and consecutive", () => {
      const random = fc.sample(fc.uuid(), { numRuns: 20_000, seed: 1 })
      const consecutive = random.map((_, i) => `support-${i}`)
      const uuids = random.map((_, i) => `01980000-0000-7000-8000-${i.toString(16).padStart(12, "0")}`)
      for (const ids of [random, consecutive, uuids]) {
        for (const probability of [0.01, 0.1, 0.5, 0.9]) {
          const sampler = Sampler.session(probability)
          const kept = ids.filter((id) =>
            sampler.shouldSample(start({ sessionId: SessionId.SessionId.make(id) }))
          ).length
          assert.closeTo(kept / 20_000, probability, 5 * Math.sqrt((probability * (1 - probability)) / 20_000))
        }
      }
    })

    it("keeps all traces of a session, or none", () =>
      fc.assert(
        fc.property(sessionId, fc.array(hex(32), { minLength: 2, maxLength: 20 }), (sessionId, traceIds) => {
          const sampler = Sampler.session(0.5)
          const decisions = traceIds.map((traceId) => sampler.shouldSample(start({ sessionId, traceId })))
          return new Set(decisions).size === 1
        })
      ))

    it("decides alike in every process and every release", () => {
      const kept = (probability: number) =>
        Array.from({ length: 20 }, (_, i) => i).filter((i) =>
          Sampler.session(probability).shouldSample(start({ sessionId: SessionId.SessionId.make(`support-${i}`) }))
        )
      assert.deepStrictEqual(kept(0.25), [2, 13, 16, 17])
    })

    it("decides by the trace where there is no session", () =>
      fc.assert(
        fc.property(probability, hex(32), (probability, traceId) =>
          assert.strictEqual(
            Sampler.session(probability).shouldSample(start({ traceId })),
            Sampler.ratio(probability).shouldSample(start({ traceId }))
          )
        )
      ))

    it.effect("keeps every span of the sessions that it keeps, and none of the others", () =>
      Effect.gen(function* () {
        const sampler = Sampler.session(0.5)
        const ids = Array.from({ length: 40 }, (_, i) => SessionId.SessionId.make(`support-${i}`))
        const { spans } = yield* record(
          Effect.forEach(ids, (id) => SessionId.withSessionId(Effect.zipRight(work, work), id), { concurrency: 10 }),
          { sampler }
        )
        const kept = ids.filter((sessionId) => sampler.shouldSample(start({ sessionId })))
        assert.isAbove(kept.length, 5)
        assert.isBelow(kept.length, 35)
        for (const id of ids) {
          const count = spans.filter((span) => span.sessionId === id).length
          assert.strictEqual(count, kept.includes(id) ? 4 : 0, id)
        }
      })
    )

    it.effect("does not take the default session for one", () =>
      Effect.gen(function* () {
        const asked: Array<unknown> = []
        const sampler: Sampler.Sampler = { shouldSample: (span) => asked.push(span.sessionId) > 0 }
        yield* record(work, { sampler, defaultSessionId: a })
        assert.deepStrictEqual(asked, [undefined])
      })
    )
  })

  describe("of the user's own", () => {
    it.effect("is asked once a trace, with what is known of its first span", () =>
      Effect.gen(function* () {
        const asked: Array<Sampler.StartingSpan> = []
        const sampler: Sampler.Sampler = { shouldSample: (span) => asked.push(span) > 0 }
        const { spans } = yield* record(
          Effect.void.pipe(
            Effect.withSpan("child"),
            Effect.withSpan("root", { kind: "server", attributes: { tier: "gold" } }),
            SessionId.withSessionId(a)
          ),
          { sampler }
        )
        assert.deepStrictEqual(asked, [
          start({
            name: "root",
            kind: "server",
            traceId: spans[0]?.traceId as string,
            sessionId: a,
            attributes: { tier: "gold" }
          })
        ])
      })
    )

    it.effect("decides", () =>
      Effect.gen(function* () {
        const sampler: Sampler.Sampler = { shouldSample: (span) => span.name !== "GET /health" }
        const { spans } = yield* record(
          Effect.zipRight(Effect.withSpan(work, "GET /health"), Effect.withSpan(Effect.void, "GET /")),
          { sampler }
        )
        assert.deepStrictEqual(names(spans), ["GET /"])
      })
    )

    it.effect("may throw: the span is sampled, the program goes on, and it is counted", () =>
      Effect.gen(function* () {
        const sampler: Sampler.Sampler = {
          shouldSample: () => {
            throw new Error("boom")
          }
        }
        let errors = 0
        const { spans } = yield* record(
          work.pipe(
            Effect.zipRight(work),
            Effect.zipRight(Effect.flatMap(Tracer.Tracer, (tracer) => tracer.samplerErrors)),
            Effect.tap((count) => Effect.sync(() => (errors = count)))
          ),
          { sampler }
        )
        assert.strictEqual(errors, 2)
        assert.deepStrictEqual(names(spans), ["child", "root", "child", "root"])
      })
    )

    it.effect("may return a promise by mistake: what that rejects with ends nothing", () =>
      Effect.gen(function* () {
        const sampler: Sampler.Sampler = { shouldSample: () => Promise.reject(new Error("boom")) as never }
        const { spans } = yield* record(work, { sampler })
        assert.deepStrictEqual(names(spans), ["child", "root"])
      })
    )

    it("is known by its function", () => {
      assert.isTrue(Sampler.isSampler(Sampler.ratio(0.1)))
      for (const value of [undefined, "always", {}, { shouldSample: true }]) assert.isFalse(Sampler.isSampler(value))
    })
  })

  describe("the parent's decision", () => {
    const remote = (sampled: boolean, traceState?: string) =>
      EffectTracer.externalSpan({
        traceId: "0af7651916cd43dd8448eb211c80319c",
        spanId: "b7ad6b7169203331",
        sampled,
        context: Context.make(TraceContext.Carried, { traceState })
      })

    it.effect("is followed, local or remote, against the sampler", () =>
      Effect.gen(function* () {
        const dropped = yield* record(Effect.withParentSpan(work, remote(false)), { sampler: Sampler.always })
        assert.isEmpty(dropped.spans)
        const kept = yield* record(Effect.withParentSpan(work, remote(true)), { sampler: Sampler.never })
        assert.deepStrictEqual(names(kept.spans), ["child", "root"])
        const sampler: Sampler.Sampler = { shouldSample: (span) => span.name === "child" }
        assert.isEmpty((yield* record(work, { sampler })).spans)
      })
    )

    it.effect("is not followed where the sampler is to ignore it", () =>
      Effect.gen(function* () {
        const asked: Array<Sampler.StartingSpan> = []
        const sampler: Sampler.Sampler = {
          shouldSample(span) {
            asked.push(span)
            return span.name === "child"
          }
        }
        const parent = remote(false, "ot=rv:00000000000000")
        const { spans } = yield* record(Effect.withParentSpan(work, parent), { sampler, ignoreParent: true })
        assert.deepStrictEqual(
          asked.map((span) => [span.name, span.traceState, span.parent?.spanId]),
          [
            ["root", "ot=rv:00000000000000", parent.spanId],
            ["child", "ot=rv:00000000000000", spans[0]?.parentSpanId]
          ]
        )
        assert.deepStrictEqual(names(spans), ["child"])
        // Its parent is not stored: it is an entry into what is.
        assert.isTrue(spans[0]?.parentIsRemote)
      })
    )

    it.effect("is not there for a root span inside another: the sampler is asked", () =>
      Effect.gen(function* () {
        const sampler: Sampler.Sampler = { shouldSample: (span) => span.name === "inner" }
        const { spans } = yield* record(
          Effect.void.pipe(Effect.withSpan("inner", { root: true }), Effect.withSpan("outer")),
          { sampler }
        )
        assert.deepStrictEqual(names(spans), ["inner"])
      })
    )
  })

  describe("a span that is not sampled", () => {
    it.effect("has ids, says that it is not sampled, and so do its children", () =>
      Effect.gen(function* () {
        const seen: Array<EffectTracer.Span> = []
        const look = Effect.tap(Effect.currentSpan, (span) => Effect.sync(() => seen.push(span)))
        const { snapshots, spans } = yield* record(
          look.pipe(Effect.withSpan("child"), Effect.zipRight(look), Effect.withSpan("root")),
          { sampler: Sampler.never }
        )
        const [child, root] = seen
        assert.match(child?.traceId ?? "", /^[0-9a-f]{32}$/)
        assert.match(child?.spanId ?? "", /^[0-9a-f]{16}$/)
        assert.strictEqual(child?.traceId, root?.traceId)
        assert.isFalse(child?.sampled)
        assert.isFalse(root?.sampled)
        assert.isEmpty(spans)
        assert.isEmpty(snapshots)
      })
    )

    it.effect("is not among the open ones", () =>
      Effect.gen(function* () {
        let open: ReadonlyArray<unknown> = [1]
        const look = Effect.flatMap(Tracer.Tracer, (tracer) => tracer.activeSpans)
        yield* record(
          look.pipe(
            Effect.withSpan("root"),
            Effect.tap((spans) => Effect.sync(() => (open = spans)))
          ),
          { sampler: Sampler.never }
        )
        assert.isEmpty(open)
      })
    )

    it.effect("hands its session on, that of its fiber and one that is set on it", () =>
      Effect.gen(function* () {
        const b = SessionId.SessionId.make("session-b")
        const named = Effect.annotateCurrentSpan("session.id", b).pipe(
          Effect.zipRight(Effect.withSpan(Effect.logWarning("set"), "child")),
          Effect.withSpan("root")
        )
        const inherited = Effect.logWarning("inherited").pipe(
          Effect.withSpan("child"),
          Effect.withSpan("root"),
          SessionId.withSessionId(a)
        )
        const { logs, spans } = yield* record(Effect.zipRight(named, inherited), { sampler: Sampler.never })
        assert.deepStrictEqual(
          logs.map((log) => [log.message, log.sessionId]),
          [
            ["set", b],
            ["inherited", a]
          ]
        )
        assert.isEmpty(spans)
      })
    )

    it.effect("is seen by another tracer all the same, with its ids", () =>
      Effect.gen(function* () {
        const native = Context.get(DefaultServices.liveServices, EffectTracer.Tracer)
        const ended: Array<string> = []
        const other = EffectTracer.make({
          span: (...args) => Object.assign(native.span(...args), { end: () => void ended.push(args[0]) }),
          context: (f) => f()
        })
        const { spans } = yield* record(work, { sampler: Sampler.never }).pipe(Effect.withTracer(other))
        assert.deepStrictEqual(ended, ["child", "root"])
        assert.isEmpty(spans)
      })
    )
  })
})
