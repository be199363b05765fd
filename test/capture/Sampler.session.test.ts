import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import {
  Observability,
  type ObservabilityConfig,
  Sampler,
  SessionId,
  Storage,
  TraceContext,
  Tracer
} from "effect-observability"

const sessions = Array.from({ length: 12 }, (_, i) => SessionId.SessionId.make(`session-${i}`))

const half = Sampler.session(0.5)
const isKept = (sessionId: SessionId.SessionId) =>
  half.shouldSample({
    name: "",
    kind: "internal",
    traceId: "",
    sessionId,
    parent: undefined,
    traceState: undefined,
    attributes: {}
  })

/** How many turns and logs of each session are stored, where each had 10. */
const stored = (program: Effect.Effect<unknown>, sampling: Partial<ObservabilityConfig.Sampling> = {}) =>
  Effect.gen(function* () {
    yield* program.pipe(
      Effect.provide(
        Observability.layer({ serviceName: "t", sampling: { type: "session", probability: 0.5, ...sampling } as never })
      )
    )
    return yield* Effect.forEach(sessions, (sessionId) =>
      Effect.map(Storage.getSession(sessionId), (found) =>
        Option.match(found, { onNone: () => [0, 0], onSome: ({ logs, traces }) => [traces, logs] })
      )
    )
  }).pipe(Effect.provide(Storage.layerMemory))

const whole = (traces: number, logs: number) => sessions.map((id) => (isKept(id) ? [traces, logs] : [0, 0]))

const each = (request: (sessionId: SessionId.SessionId) => Effect.Effect<unknown>) =>
  Effect.forEach(sessions, (id) => Effect.replicateEffect(request(id), 10), { concurrency: "unbounded" })

const remote = (flags: number) =>
  TraceContext.toExternalSpan({ traceId: crypto.randomUUID().replaceAll("-", ""), spanId: "1234567890abcdef", flags })

describe("sampling by session keeps all of a session, or nothing, where it is known", () => {
  const turn = (id: SessionId.SessionId) => Effect.log("x").pipe(Effect.withSpan("turn"), SessionId.withSessionId(id))

  const ways: Record<string, readonly [(id: SessionId.SessionId) => Effect.Effect<unknown>, number, number]> = {
    "at the root": [turn, 10, 10],
    "only inside it": [(id) => turn(id).pipe(Effect.withSpan("request")), 10, 10],
    "deep inside it": [(id) => turn(id).pipe(Effect.withSpan("b"), Effect.withSpan("a"), Effect.withSpan("r")), 10, 10],
    "in some of its children": [
      (id) => Effect.all([turn(id), Effect.withSpan(Effect.log("none"), "other")]).pipe(Effect.withSpan("request")),
      10,
      10
    ],
    "in turns of several sessions below one root": [
      (id) => Effect.all([turn(id), turn(sessions[0] as never)]).pipe(Effect.withSpan("worker")),
      10,
      10
    ],
    "by an attribute of the root": [
      (id) =>
        Effect.annotateCurrentSpan("session.id", id).pipe(
          Effect.zipRight(Effect.withSpan(Effect.log("x"), "child")),
          Effect.withSpan("request")
        ),
      10,
      10
    ],
    "by an attribute of the root, after its children": [
      (id) =>
        Effect.withSpan(Effect.void, "child").pipe(
          Effect.zipRight(Effect.annotateCurrentSpan("session.id", id)),
          Effect.zipRight(Effect.log("x")),
          Effect.withSpan("request")
        ),
      10,
      10
    ],
    "in logs alone, in a trace": [
      (id) => Effect.log("x").pipe(SessionId.withSessionId(id), Effect.withSpan("request")),
      0,
      10
    ],
    "in logs alone, outside any trace": [(id) => Effect.log("x").pipe(SessionId.withSessionId(id)), 0, 10],
    "in annotations of logs": [
      (id) => Effect.log("x").pipe(Effect.annotateLogs("session.id", id), Effect.withSpan("request")),
      0,
      10
    ]
  }
  for (const [what, [request, traces, logs]] of Object.entries(ways)) {
    it.live(what, () =>
      Effect.gen(function* () {
        const found = yield* stored(each(request))
        const expected = whole(traces, logs)
        const isShared = what.includes("several")
        assert.deepStrictEqual(found.slice(Number(isShared)), expected.slice(Number(isShared)))
        if (isShared) {
          const all = 10 + 10 * sessions.length
          assert.deepStrictEqual(found[0], isKept(sessions[0] as never) ? [all - 10, all] : [0, 0])
        }
      })
    )
  }

  it.live("also with rules that keep more", () =>
    Effect.gen(function* () {
      const request = (id: SessionId.SessionId) => turn(id).pipe(Effect.withSpan("request"))
      assert.deepStrictEqual(yield* stored(each(request), { keep: [{ error: true }] }), whole(10, 10))
    })
  )

  it.live("unless another process has decided about the trace", () =>
    Effect.gen(function* () {
      const sampled = (id: SessionId.SessionId) => Effect.suspend(() => Effect.withParentSpan(turn(id), remote(1)))
      assert.deepStrictEqual(
        yield* stored(each(sampled)),
        sessions.map(() => [10, 10])
      )
      const inside = (id: SessionId.SessionId) =>
        Effect.suspend(() => Effect.withParentSpan(turn(id).pipe(Effect.withSpan("r")), remote(1)))
      assert.deepStrictEqual(
        yield* stored(each(inside)),
        sessions.map(() => [10, 10])
      )
      const not = (id: SessionId.SessionId) => Effect.withParentSpan(turn(id).pipe(Effect.withSpan("r")), remote(0))
      assert.deepStrictEqual(
        yield* stored(each(not)),
        sessions.map(() => [0, 0])
      )
    })
  )
})

describe("a caller that did not sample its trace", () => {
  const parent = (trusted: boolean | undefined) =>
    TraceContext.toExternalSpan(
      { traceId: crypto.randomUUID().replaceAll("-", ""), spanId: "1234567890abcdef", flags: 0 },
      undefined,
      trusted
    )
  const recorded = (remote: "follow" | "trusted" | "ignore" | undefined, trusted: boolean | undefined, keep?: true) =>
    Effect.gen(function* () {
      const work = Effect.fail("no").pipe(Effect.withSpan("child"), Effect.ignore, Effect.withSpan("work"))
      const sampling = {
        type: "always",
        ...(remote && { remote }),
        ...(keep && { keep: [{ error: true as const }] })
      } as const
      const count = yield* work.pipe(
        Effect.withParentSpan(parent(trusted)),
        Effect.zipRight(Effect.flatMap(Tracer.Tracer, (tracer) => tracer.unsampledByCallers)),
        Effect.provide(Observability.layer({ serviceName: "t", sampling }))
      )
      return [(yield* Storage.listSpans()).items.length, count]
    }).pipe(Effect.provide(Storage.layerMemory))

  it.live("is believed as the configuration says, and counted", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* recorded("follow", false), [0, 1])
      assert.deepStrictEqual(yield* recorded("follow", true), [0, 1])
      assert.deepStrictEqual(yield* recorded("ignore", true), [2, 0])
      for (const remote of ["trusted", undefined] as const) {
        assert.deepStrictEqual(yield* recorded(remote, false), [2, 0])
        assert.deepStrictEqual(yield* recorded(remote, true), [0, 1])
        assert.deepStrictEqual(yield* recorded(remote, undefined), [0, 1])
      }
    })
  )

  it.live("is not counted where a rule keeps the trace", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* recorded("follow", true, true), [2, 0])
    })
  )
})
