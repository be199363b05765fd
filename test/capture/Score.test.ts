import { assert, describe, it } from "@effect/vitest"
import {
  Context,
  Effect,
  Tracer as EffectTracer,
  Fiber,
  FiberRef,
  HashSet,
  Layer,
  Logger,
  Metric,
  Schema,
  TestClock
} from "effect"
import { Agent, Feedback, Sampler, Score, SessionId, TracingOptions } from "effect-observability"
import * as ownMetrics from "../../src/runtime/ownMetrics.js"
import { sizeOf } from "../../src/signal/internal/size.js"
import { only } from "../agent/utils.js"
import { limits, record, recorder } from "./utils.js"

const a = SessionId.SessionId.make("session-a")
const b = SessionId.SessionId.make("session-b")
const traceId = "0af7651916cd43dd8448eb211c80319c"
const spanId = "b7ad6b7169203331"

const good: Score.RecordOptions = { name: "helpfulness", value: 0.5 }

/** What is recorded of one score. */
const scoreOf = (options: Score.RecordOptions) =>
  Effect.map(record(Score.record(options)), ({ scores }) => only(scores))

describe("Score.record", () => {
  it.effect("is about the current span, its trace and its session", () =>
    Effect.gen(function* () {
      const program = Effect.zipRight(TestClock.setTime(7), Score.record(good)).pipe(
        Effect.withSpan("answer"),
        TracingOptions.withTracingOptions({ sessionId: a, userId: "ada", tags: ["x"], metadata: { plan: "pro" } })
      )
      const { scores, sizes, spans } = yield* record(program, { environment: "staging" })
      const score = only(scores)
      const span = only(spans)
      assert.deepStrictEqual(
        { ...score },
        {
          scoreId: score.scoreId,
          time: 7_000_000n,
          name: "helpfulness",
          value: 0.5,
          dataType: "numeric",
          source: "code",
          traceId: span.traceId,
          spanId: span.spanId,
          sessionId: a,
          userId: "ada",
          serviceName: "test",
          environment: "staging",
          tags: ["x"],
          metadata: { plan: "pro" }
        }
      )
      assert.deepStrictEqual({ ...new Score.Score(score) }, { ...score })
      assert.strictEqual(sizes[0], sizeOf.scores(score))
    })
  )

  it.effect("is about the session outside of spans, and has nothing to be about elsewhere", () =>
    Effect.gen(function* () {
      const { scores } = yield* record(
        Effect.all([SessionId.withSessionId(Score.record(good), a), Score.record(good), Score.record(good)])
      )
      assert.deepStrictEqual(
        scores.map(({ sessionId, traceId }) => ({ sessionId, traceId })),
        [
          { sessionId: a, traceId: undefined },
          { sessionId: undefined, traceId: undefined },
          { sessionId: undefined, traceId: undefined }
        ]
      )
      assert.lengthOf(new Set(scores.map(({ scoreId }) => scoreId)), 3)
    })
  )

  it.effect("has the default session where there is no other, in which no score replaces another", () =>
    Effect.gen(function* () {
      const { scores } = yield* record(Effect.zipRight(Score.record(good), Score.record(good)), { defaultSessionId: b })
      assert.deepStrictEqual(
        scores.map(({ sessionId }) => sessionId),
        [b, b]
      )
      assert.lengthOf(new Set(scores.map(({ scoreId }) => scoreId)), 2)
    })
  )

  it.effect("is about a target that is named, whether or not it is stored, and takes nothing from the fiber", () =>
    Effect.gen(function* () {
      const target = { traceId, spanId }
      const program = Effect.all([
        Score.record({ ...good, target }),
        Score.record({ ...good, target: { ...target, sessionId: b } }),
        Score.record({ ...good, target: { sessionId: b } })
      ]).pipe(
        Effect.withSpan("judge"),
        TracingOptions.withTracingOptions({ sessionId: a, runId: "evaluation", tags: ["x"], userId: "eve" })
      )
      const { scores } = yield* record(program, { userId: "default", defaultSessionId: a })
      assert.deepStrictEqual(
        scores.map(({ runId, sessionId, spanId, tags, traceId, userId }) => ({
          ids: [traceId, spanId, sessionId],
          rest: [runId, userId, ...tags]
        })),
        [
          { ids: [traceId, spanId, undefined], rest: [undefined, "default"] },
          { ids: [traceId, spanId, b], rest: [undefined, "default"] },
          { ids: [undefined, undefined, b], rest: [undefined, "default"] }
        ]
      )
    })
  )

  it.effect("takes the session of the fiber for a target in the current trace", () =>
    Effect.gen(function* () {
      const program = Effect.gen(function* () {
        const { traceId } = yield* Effect.orDie(Effect.currentSpan)
        yield* Score.record({ ...good, target: { traceId } })
        yield* Score.record({ ...good, target: { spanId } })
        yield* Score.record({ ...good, target: {} })
      }).pipe(Effect.withSpan("turn"), SessionId.withSessionId(a))
      const { scores, spans } = yield* record(program)
      const span = only(spans)
      assert.deepStrictEqual(
        scores.map(({ sessionId, spanId, traceId }) => [traceId, spanId, sessionId]),
        [
          [span.traceId, undefined, a],
          [span.traceId, spanId, a],
          [span.traceId, span.spanId, a]
        ]
      )
    })
  )

  it.effect("has the data type of what it says, and says a boolean as 1 or 0", () =>
    Effect.gen(function* () {
      for (const [options, value, dataType] of [
        [{ value: 3 }, 3, "numeric"],
        [{ value: 0, label: "none" }, 0, "numeric"],
        [{ value: true }, 1, "boolean"],
        [{ value: false, comment: "no" }, 0, "boolean"],
        [{ label: "positive", comment: "yes" }, undefined, "categorical"],
        [{ comment: "fine" }, undefined, "text"],
        [{ correction: "Paris" }, undefined, "text"]
      ] as const) {
        const score = yield* scoreOf({ name: "x", ...options })
        assert.deepStrictEqual([score.value, score.dataType], [value, dataType], JSON.stringify(options))
      }
    })
  )

  it.effect("adds its tags and its metadata to those of the fiber", () =>
    Effect.gen(function* () {
      const program = Score.record({ ...good, tags: ["x", "y"], metadata: { at: new Date(0) } }).pipe(
        TracingOptions.withTracingOptions({ tags: ["x"], metadata: { plan: "pro" } })
      )
      const score = only((yield* record(program)).scores)
      assert.deepStrictEqual(score.tags, ["x", "y"])
      assert.deepStrictEqual(score.metadata, { plan: "pro", at: "1970-01-01T00:00:00.000Z" })
    })
  )

  describe("without an id", () => {
    const target = { traceId, spanId }
    const judge = { name: "judge" }
    const idOf = (options: Partial<Score.RecordOptions>) =>
      Effect.map(scoreOf({ ...good, target, scorer: judge, ...options }), ({ scoreId }) => scoreId)

    it.effect("replaces what the same scorer said of the same target by the same name", () =>
      Effect.gen(function* () {
        const first = yield* idOf({})
        assert.match(first, /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
        for (const same of [
          { value: 1, comment: "changed my mind" },
          { target: { ...target, sessionId: b } },
          { scorer: { ...judge, version: "2" } }
        ]) {
          assert.strictEqual(yield* idOf(same), first, JSON.stringify(same))
        }
      })
    )

    it.effect("stands beside what another says, or is said of another", () =>
      Effect.gen(function* () {
        const ids = yield* Effect.forEach(
          [
            {},
            { name: "tone" },
            { target: { traceId } },
            { target: { sessionId: b } },
            { scorer: { name: "other" } },
            { authorId: "ada" },
            { source: "human" as const },
            { scoreId: "given" }
          ],
          idOf
        )
        assert.lengthOf(new Set(ids), ids.length)
        assert.include(ids, "given")
      })
    )
  })

  describe("works", () => {
    const target = Effect.map(Effect.orDie(Effect.currentSpan), ({ spanId }) => spanId)
    const scored = Effect.zipRight(Score.record(good), target)

    for (const [where, run] of [
      ["in a fork", Effect.flatMap(Effect.fork(scored), Fiber.join)],
      ["in a daemon", Effect.flatMap(Effect.forkDaemon(scored), Fiber.join)],
      ["in a tool handler", Agent.tool(scored, { name: "search" })],
      ["in parallel", Effect.map(Effect.all([scored], { concurrency: 2 }), ([id]) => id)]
    ] as const) {
      it.effect(where, () =>
        Effect.gen(function* () {
          const seen: Array<string | undefined> = []
          const program = Effect.tap(run, (id) => void seen.push(id)).pipe(
            Effect.withSpan("turn"),
            SessionId.withSessionId(a)
          )
          const { scores } = yield* record(program)
          assert.deepStrictEqual([only(scores).spanId, only(scores).sessionId], [seen[0], a])
        })
      )
    }

    it.effect("in a trace that is not sampled", () =>
      Effect.gen(function* () {
        const { scores, spans } = yield* record(Effect.withSpan(Score.record(good), "turn"), { sampler: Sampler.never })
        assert.isEmpty(spans)
        assert.lengthOf(scores, 1)
      })
    )

    it.effect("where only the logger is there", () =>
      Effect.gen(function* () {
        const { layer, scores } = recorder()
        yield* Score.record(good).pipe(
          Effect.withTracer(EffectTracer.make({ span: () => assert.fail(), context: (run) => run() })),
          Effect.provide(layer)
        )
        assert.lengthOf(scores, 1)
      })
    )

    it.effect("where only the tracer is there", () =>
      Effect.gen(function* () {
        const { layer, scores } = recorder()
        yield* Score.record(good).pipe(Effect.locally(FiberRef.currentLoggers, HashSet.empty()), Effect.provide(layer))
        assert.lengthOf(scores, 1)
      })
    )
  })

  it.effect("does nothing where nothing records, or has closed", () =>
    Effect.gen(function* () {
      assert.isUndefined(yield* Score.record(good))
      const { layer, scores } = recorder()
      yield* Effect.void.pipe(Effect.provide(Layer.merge(layer, Layer.succeed(Other, 1))))
      yield* Score.record(good)
      assert.isEmpty(scores)
    })
  )

  describe("of what is no score", () => {
    const refused = Metric.value(ownMetrics.scores.refused)

    it.effect("records nothing, counts it, and says so once", () =>
      Effect.gen(function* () {
        const warnings: Array<unknown> = []
        const logger = Logger.make(({ message }) => void warnings.push(message))
        const bad: ReadonlyArray<unknown> = [
          { name: "x", value: Number.NaN },
          { name: "x", value: Number.POSITIVE_INFINITY },
          { name: "x", value: "0.5" },
          { name: "x", value: [] },
          { name: "x", value: [0.5] },
          { name: "x", value: new Date(0) },
          { name: "x" },
          { name: "", value: 1 },
          { value: 1 },
          { name: "x", value: 1, target: { sessionId: " no session " } },
          undefined,
          null,
          7
        ]
        const before = (yield* refused).count
        const { scores } = yield* record(
          Effect.forEach(bad, (options) => Score.record(options as never)).pipe(
            Effect.provide(Logger.replace(Logger.defaultLogger, logger))
          )
        )
        assert.isEmpty(scores)
        assert.strictEqual((yield* refused).count - before, bad.length)
        assert.lengthOf(warnings, 1)
      })
    )

    it.effect("records what of it is one", () =>
      Effect.gen(function* () {
        const before = (yield* refused).count
        const { scores } = yield* record(
          Effect.all([
            Score.record({ name: "x", value: Number.NaN, comment: "why" }),
            Score.record({ name: "x", value: 1, target: { traceId, sessionId: " " } }),
            Score.record({ name: "x", value: 1, source: "god" as never, scorer: { name: "" } })
          ]).pipe(Effect.provide(Logger.remove(Logger.defaultLogger)))
        )
        assert.deepStrictEqual(
          scores.map(({ dataType, scorer, sessionId, source, value }) => ({
            dataType,
            scorer,
            sessionId,
            source,
            value
          })),
          [
            { dataType: "text", scorer: undefined, sessionId: undefined, source: "code", value: undefined },
            { dataType: "numeric", scorer: undefined, sessionId: undefined, source: "code", value: 1 },
            { dataType: "numeric", scorer: undefined, sessionId: undefined, source: "code", value: 1 }
          ]
        )
        assert.strictEqual((yield* refused).count - before, 2)
      })
    )

    it.effect("makes texts well-formed, and cuts those that are too long", () =>
      Effect.gen(function* () {
        const bad = `\ud800${"x".repeat(50)}`
        const options = {
          name: bad,
          label: bad,
          comment: bad,
          correction: bad,
          authorId: bad,
          scoreId: bad,
          scorer: { name: bad, version: bad, model: bad },
          tags: [bad],
          metadata: { [bad]: bad },
          target: { traceId: bad, spanId: bad }
        }
        const { scores } = yield* record(Score.record(options), { limits: { ...limits, attributeValueLength: 20 } })
        const score = only(scores)
        assert.isTrue(Schema.is(Schema.typeSchema(Score.Score))(new Score.Score(score)))
        assert.strictEqual(score.comment, `\ufffd${"x".repeat(19)}`)
        assert.isTrue(JSON.stringify(score).isWellFormed())
      })
    )
  })
})

describe("Feedback", () => {
  it.effect("is a score of the user's, by the user of the fiber", () =>
    Effect.gen(function* () {
      const program = Effect.all([
        Feedback.thumbs("up"),
        Feedback.thumbs(false, { comment: "wrong", authorId: "eve" }),
        Feedback.rating(4, { max: 10, metadata: { page: 2 } }),
        Feedback.rating(4),
        Feedback.comment("nice", { name: "tone" }),
        Feedback.correction("Paris")
      ]).pipe(Effect.withSpan("turn"), TracingOptions.withTracingOptions({ userId: "ada", sessionId: a }))
      const { scores } = yield* record(program)
      assert.deepStrictEqual(
        scores.map(({ authorId, comment, correction, dataType, label, metadata, name, value }) => [
          name,
          dataType,
          value,
          label ?? comment ?? correction,
          authorId,
          metadata
        ]),
        [
          ["thumbs", "boolean", 1, "up", "ada", undefined],
          ["thumbs", "boolean", 0, "down", "eve", undefined],
          ["rating", "numeric", 4, undefined, "ada", { page: 2, max: 10 }],
          ["rating", "numeric", 4, undefined, "ada", { max: 5 }],
          ["tone", "text", undefined, "nice", "ada", undefined],
          ["correction", "text", undefined, "Paris", "ada", undefined]
        ]
      )
      assert.isTrue(scores.every(({ sessionId, source }) => source === "user" && sessionId === a))
      assert.strictEqual(scores[2]?.scoreId, scores[3]?.scoreId)
    })
  )

  it.effect("given twice by the same user about the same answer is the second", () =>
    Effect.gen(function* () {
      const give = (thumb: "up" | "down", authorId: string) => Feedback.thumbs(thumb, { target: { traceId }, authorId })
      const { scores } = yield* record(Effect.all([give("up", "ada"), give("down", "ada"), give("down", "eve")]))
      const [first, second, other] = scores.map(({ scoreId }) => scoreId)
      assert.strictEqual(first, second)
      assert.notStrictEqual(first, other)
    })
  )

  it.effect("never fails the program, whatever its options do when they are read", () =>
    Effect.gen(function* () {
      const throwing = {
        get comment(): string {
          throw new Error("no comment")
        }
      }
      const refused = Metric.value(ownMetrics.scores.refused)
      const before = (yield* refused).count
      const { scores } = yield* record(
        Effect.all([
          Feedback.thumbs("up", throwing),
          Feedback.rating(4, throwing),
          Feedback.correction("Paris", throwing),
          Feedback.rating(4, null as never),
          Feedback.rating(4, { metadata: throwing })
        ])
      )
      assert.deepStrictEqual(
        scores.map(({ metadata }) => metadata),
        [{ max: 5 }, { comment: "[Threw]", max: 5 }]
      )
      assert.strictEqual((yield* refused).count - before, 3)
    })
  )
})

class Other extends Context.Tag("Score.test/Other")<Other, number>() {}
