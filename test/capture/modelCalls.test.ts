import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Tracer as EffectTracer, Exit, Fiber, Layer, Scope, TestClock } from "effect"
import type { SpanRecord } from "effect-observability"
import * as Sampler from "../../src/capture/Sampler.js"
import { record, recorder } from "./utils.js"

const chat = { "gen_ai.operation.name": "chat" }
const usage = (input: number, output = 0) => ({
  "gen_ai.usage.input_tokens": input,
  "gen_ai.usage.output_tokens": output
})

/** A span of a model call around an effect, which learns its usage when that has come out. */
const call = (name: string, attributes: Record<string, unknown> = {}) => ({
  around: <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.ensuring(effect, Effect.annotateCurrentSpan(attributes)).pipe(Effect.withSpan(name, { attributes: chat })),
  ok: Effect.annotateCurrentSpan(attributes).pipe(Effect.withSpan(name, { attributes: chat })),
  failed: Effect.ignore(
    Effect.zipRight(Effect.annotateCurrentSpan(attributes), Effect.fail("overloaded")).pipe(
      Effect.withSpan(name, { attributes: chat })
    )
  )
})

const work = (operation: string) =>
  Effect.withSpan(operation, { attributes: { "gen_ai.operation.name": operation, "gen_ai.tool.name": "t" } })

/** The calls that a session would count, by name in the order of the names, and their tokens. */
const counted = (spans: ReadonlyArray<SpanRecord.SpanRecord>) => {
  const calls = spans.filter((span) => span.spanType === "model_generation")
  return [
    calls
      .map((span) => span.name)
      .sort()
      .join(" "),
    calls.reduce((sum, span) => sum + (span.inputTokens ?? 0), 0)
  ] as const
}

const cases: ReadonlyArray<
  readonly [name: string, program: Effect.Effect<unknown, unknown>, calls: string, inputTokens: number]
> = [
  ["a call", call("a", usage(30)).ok, "a", 30],
  ["a call without usage", call("a").ok, "a", 0],
  [
    "two calls in a wrapper without usage",
    call("w").around(Effect.all([call("a", usage(30)).ok, call("b", usage(30)).ok])),
    "a b",
    60
  ],
  [
    "two calls in a wrapper that sums them",
    call("w", usage(60)).around(Effect.all([call("a", usage(30)).ok, call("b", usage(30)).ok])),
    "a b",
    60
  ],
  [
    "calls at the same time",
    call("w", usage(60)).around(
      Effect.all([Effect.delay(call("a", usage(30)).ok, 1), call("b", usage(30)).ok], { concurrency: 2 }).pipe(
        Effect.zipLeft(TestClock.adjust(1), { concurrent: true })
      )
    ),
    "a b",
    60
  ],
  ["a provider that says no usage", call("w", usage(30)).around(call("a").ok), "w", 30],
  ["a provider that says zeros", call("w", usage(30)).around(call("a", usage(0)).ok), "w", 30],
  ["three levels, usage outside", call("w", usage(30)).around(call("v").around(call("a").ok)), "w", 30],
  ["three levels, usage in the middle", call("w").around(call("v", usage(30)).around(call("a").ok)), "v", 30],
  ["three levels, usage inside", call("w").around(call("v").around(call("a", usage(30)).ok)), "a", 30],
  [
    "three levels, usage on all",
    call("w", usage(30)).around(call("v", usage(30)).around(call("a", usage(30)).ok)),
    "a",
    30
  ],
  ["three levels, no usage", call("w").around(call("v").around(call("a").ok)), "a", 0],
  [
    "attempts, of which the last has usage",
    call("w").around(Effect.all([call("a").failed, call("b").failed, call("c", usage(30)).ok])),
    "a b c",
    30
  ],
  [
    "attempts, of which the wrapper has the usage",
    call("w", usage(30)).around(Effect.all([call("a").failed, call("b").failed, call("c").ok])),
    "a b w",
    30
  ],
  ["attempts that all fail", call("w").around(Effect.all([call("a").failed, call("b").failed])), "a b", 0],
  [
    "a failed attempt with usage",
    call("w").around(Effect.all([call("a", usage(10)).failed, call("b", usage(30)).ok])),
    "a b",
    40
  ],
  [
    "a call that fails inside a wrapper that fails with it and has the usage",
    call("w", usage(30)).around(Effect.fail("no json").pipe(Effect.withSpan("a", { attributes: chat }))),
    "w",
    30
  ],
  [
    "spans between that say nothing",
    call("w", usage(30)).around(call("a", usage(30)).ok.pipe(Effect.withSpan("http"))),
    "a",
    30
  ],
  [
    "a model call of a tool of a model call",
    call("w", usage(30)).around(call("a", usage(7)).ok.pipe(work("execute_tool"))),
    "a w",
    37
  ],
  [
    "a model call of an agent of a model call",
    call("w").around(call("a", usage(7)).ok.pipe(work("invoke_agent"))),
    "a w",
    7
  ],
  [
    "an agent that repeats the usage of its calls",
    Effect.zipRight(call("a", usage(7)).ok, Effect.annotateCurrentSpan(usage(7))).pipe(work("invoke_agent")),
    "a",
    7
  ],
  [
    "embeddings that an answer needs",
    call("w", usage(30)).around(
      Effect.void.pipe(Effect.withSpan("e", { attributes: { "gen_ai.operation.name": "embeddings", ...usage(5) } }))
    ),
    "e w",
    35
  ],
  ["a cost without tokens", call("w", { "gen_ai.usage.cost": 0.1 }).around(call("a").ok), "w", 0],
  [
    "a call that ends after its wrapper",
    Effect.gen(function* () {
      const fiber = yield* call("w", usage(30)).around(Effect.fork(Effect.delay(call("a", usage(30)).ok, 10)))
      yield* TestClock.adjust(10)
      yield* Fiber.join(fiber)
    }),
    "w",
    30
  ]
]

describe("model calls are counted once:", () => {
  for (const [name, program, calls, inputTokens] of cases) {
    it.effect(name, () =>
      Effect.gen(function* () {
        const { spans } = yield* record(program)
        assert.deepStrictEqual(counted(spans), [calls, inputTokens])
        assert.strictEqual(new Set(spans.map((span) => span.spanId)).size, spans.length, "each span once")
      })
    )

    it.effect(`${name}, in a trace that is kept`, () =>
      Effect.gen(function* () {
        const { spans } = yield* record(
          Effect.ensuring(program, Effect.void.pipe(Effect.withSpan("keep"))).pipe(Effect.withSpan("root")),
          {
            sampler: Sampler.never,
            keep: { rules: [{ when: (span) => span.name === "keep" }], maxRecords: 100, maxAge: Duration.minutes(1) }
          }
        )
        assert.deepStrictEqual(counted(spans), [calls, inputTokens])
        assert.strictEqual(new Set(spans.map((span) => span.spanId)).size, spans.length, "each span once")
      })
    )
  }

  it.effect("in a trace that is kept while the call is open", () =>
    Effect.gen(function* () {
      const keep = Effect.void.pipe(Effect.withSpan("keep"))
      const { spans } = yield* record(call("w", usage(30)).around(Effect.zipRight(call("a").ok, keep)), {
        sampler: Sampler.never,
        keep: { rules: [{ when: (span) => span.name === "keep" }], maxRecords: 100, maxAge: Duration.minutes(1) }
      })
      assert.deepStrictEqual(counted(spans), ["w", 30])
      assert.strictEqual(spans.length, 3)
    })
  )

  it.effect("not in a trace that is left out", () =>
    Effect.gen(function* () {
      const { spans } = yield* record(call("w", usage(30)).around(call("a").ok), {
        sampler: Sampler.never,
        keep: { rules: [{ error: true }], maxRecords: 100, maxAge: Duration.minutes(1) }
      })
      assert.deepStrictEqual(spans, [])
    })
  )

  it.effect("beside another tracer", () =>
    Effect.gen(function* () {
      const { spans } = yield* record(call("w", usage(30)).around(call("a").ok)).pipe(Effect.withTracer(otherTracer))
      assert.deepStrictEqual(counted(spans), ["w", 30])
    })
  )

  it.effect("also where the layer closes before the call ends", () =>
    Effect.gen(function* () {
      const recorded = recorder()
      const scope = yield* Scope.make()
      const inside = Effect.zipRight(call("a").ok, call("open").around(Effect.never))
      const fiber = yield* Layer.build(recorded.layer).pipe(
        Effect.zipRight(Effect.forkDaemon(call("w", usage(30)).around(inside))),
        Scope.extend(scope)
      )
      yield* Effect.yieldNow()
      assert.deepStrictEqual(recorded.spans, [])
      yield* Scope.close(scope, Exit.void)
      assert.deepStrictEqual(
        Object.fromEntries(recorded.spans.map((span) => [span.name, `${span.spanType} ${span.status}`])),
        { a: "model_generation ok", open: "generic running", w: "generic running" }
      )
      yield* Fiber.interrupt(fiber)
      assert.strictEqual(recorded.spans.length, 3)
    })
  )

  it.effect("and recorded within minutes where the span around does not end", () =>
    Effect.gen(function* () {
      const recorded = recorder()
      const program = Effect.gen(function* () {
        yield* call("a").ok
        assert.deepStrictEqual(recorded.spans, [])
        yield* TestClock.adjust("6 minutes")
        assert.deepStrictEqual(counted(recorded.spans), ["a", 0])
      })
      yield* call("w").around(program).pipe(Effect.provide(recorded.layer))
      assert.deepStrictEqual(counted(recorded.spans), ["a", 0])
    })
  )

  it.effect("holding back a bounded number of them", () =>
    Effect.gen(function* () {
      const recorded = recorder()
      const program = Effect.gen(function* () {
        yield* Effect.replicateEffect(call("a").ok, 1_200)
        assert.strictEqual(recorded.spans.length, 200)
      })
      yield* call("w").around(program).pipe(Effect.provide(recorded.layer))
      assert.strictEqual(counted(recorded.spans)[0].split(" ").length, 1_200)
    })
  )
})

/** A tracer of somebody else. */
const otherTracer = EffectTracer.make({
  span: (name, parent, context, links, startTime, kind) => ({
    _tag: "Span",
    name,
    parent,
    context,
    links,
    kind,
    spanId: Math.random().toString(16).slice(2).padEnd(16, "0").slice(0, 16),
    traceId: parent._tag === "Some" ? parent.value.traceId : "0af7651916cd43dd8448eb211c80319c",
    sampled: true,
    status: { _tag: "Started", startTime },
    attributes: new Map(),
    attribute: () => {},
    event: () => {},
    addLinks: () => {},
    end: () => {}
  }),
  context: (f) => f()
})
