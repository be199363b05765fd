import { assert, describe, it } from "@effect/vitest"
import {
  Cause,
  Context,
  DefaultServices,
  Deferred,
  Effect,
  Tracer as EffectTracer,
  Exit,
  Fiber,
  Layer,
  Option,
  Scope,
  TestClock
} from "effect"
import { Sampler, SessionId, SpanRecord, TraceContext, Tracer, TracingOptions } from "effect-observability"
import { maxActiveSpans } from "../../src/capture/internal/activeSpans.js"
import { sizeOf } from "../../src/signal/internal/size.js"
import { limits, record, recorder } from "./utils.js"

const a = SessionId.SessionId.make("session-a")
const b = SessionId.SessionId.make("session-b")

const byName = (spans: ReadonlyArray<SpanRecord.SpanRecord>, name: string): SpanRecord.SpanRecord => {
  const found = spans.filter((span) => span.name === name)
  assert.strictEqual(found.length, 1, `spans named ${name}`)
  return found[0] as SpanRecord.SpanRecord
}

describe("Tracer", () => {
  it.effect("records a span with its ids, times, kind and resource", () =>
    Effect.gen(function* () {
      const program = Effect.gen(function* () {
        yield* TestClock.adjust("1 second")
        yield* TestClock.adjust("2 seconds").pipe(
          Effect.withSpan("work", { kind: "client", attributes: { key: "value" } })
        )
      })
      const { spans } = yield* record(program, { environment: "staging" })
      const span = byName(spans, "work")
      assert.match(span.traceId, /^[0-9a-f]{32}$/)
      assert.match(span.spanId, /^[0-9a-f]{16}$/)
      assert.deepStrictEqual(
        { ...span },
        {
          traceId: span.traceId,
          spanId: span.spanId,
          name: "work",
          kind: "client",
          spanType: "generic",
          status: "ok",
          startTime: 1_000_000_000n,
          endTime: 3_000_000_000n,
          serviceName: "test",
          environment: "staging",
          attributes: { key: "value" },
          events: [],
          links: [],
          tags: [],
          resource: { "service.name": "test" }
        }
      )
    })
  )

  it.effect("makes records that the schema accepts", () =>
    Effect.gen(function* () {
      const program = Effect.fail(new Error("boom")).pipe(
        Effect.withSpan("work", { attributes: { "gen_ai.usage.input_tokens": 3 } }),
        TracingOptions.withTracingOptions({ sessionId: a, tags: ["x"], metadata: { when: new Date(0) } })
      )
      const { spans } = yield* record(program)
      assert.strictEqual(spans.length, 1)
      for (const span of spans) {
        assert.instanceOf(span, SpanRecord.SpanRecord)
        assert.deepStrictEqual({ ...new SpanRecord.SpanRecord(span) }, { ...span })
      }
    })
  )

  it.effect("gives a child the trace and the id of its parent", () =>
    Effect.gen(function* () {
      const { spans } = yield* record(Effect.void.pipe(Effect.withSpan("child"), Effect.withSpan("parent")))
      const child = byName(spans, "child")
      const parent = byName(spans, "parent")
      assert.strictEqual(child.traceId, parent.traceId)
      assert.strictEqual(child.parentSpanId, parent.spanId)
      assert.isUndefined(child.parentIsRemote)
      assert.isUndefined(parent.parentSpanId)
    })
  )

  it.effect("starts a trace for a root span inside another", () =>
    Effect.gen(function* () {
      const { spans } = yield* record(
        Effect.void.pipe(Effect.withSpan("inner", { root: true }), Effect.withSpan("outer"))
      )
      assert.notStrictEqual(byName(spans, "inner").traceId, byName(spans, "outer").traceId)
      assert.isUndefined(byName(spans, "inner").parentSpanId)
    })
  )

  describe("session", () => {
    it.effect("is that of the fiber, in every span below", () =>
      Effect.gen(function* () {
        const program = Effect.all([Effect.void.pipe(Effect.withSpan("x")), Effect.void.pipe(Effect.withSpan("y"))], {
          concurrency: 2
        }).pipe(Effect.withSpan("turn"), SessionId.withSessionId(a))
        const { spans } = yield* record(program)
        assert.deepStrictEqual(
          spans.map((span) => span.sessionId),
          [a, a, a]
        )
      })
    )

    it.effect("is read at the start: closing a span in another session changes nothing", () =>
      Effect.gen(function* () {
        const program = Effect.gen(function* () {
          const scope = yield* Scope.make()
          yield* Effect.makeSpanScoped("open").pipe(Scope.extend(scope), SessionId.withSessionId(a))
          yield* Scope.close(scope, Exit.void).pipe(SessionId.withSessionId(b))
        })
        const { spans } = yield* record(program)
        assert.strictEqual(byName(spans, "open").sessionId, a)
      })
    )

    it.effect("comes from the parent span where the fiber has none", () =>
      Effect.gen(function* () {
        const program = Effect.gen(function* () {
          const parent = yield* Effect.makeSpan("parent").pipe(SessionId.withSessionId(a))
          yield* Effect.void.pipe(Effect.withSpan("child", { parent }))
        })
        const { spans } = yield* record(program)
        assert.strictEqual(byName(spans, "child").sessionId, a)
      })
    )

    it.effect("is refused by withoutSessionId, the parent's included", () =>
      Effect.gen(function* () {
        const program = Effect.void.pipe(
          Effect.withSpan("inner"),
          SessionId.withoutSessionId,
          Effect.withSpan("outer"),
          SessionId.withSessionId(a)
        )
        const { spans } = yield* record(program)
        assert.strictEqual(byName(spans, "outer").sessionId, a)
        assert.isUndefined(byName(spans, "inner").sessionId)
      })
    )

    it.effect("is what session.id says, from then on, where there was none", () =>
      Effect.gen(function* () {
        const program = Effect.gen(function* () {
          yield* Effect.void.pipe(Effect.withSpan("before"))
          yield* Effect.annotateCurrentSpan("session.id", "set-late")
          yield* Effect.log("hello")
          yield* Effect.void.pipe(Effect.withSpan("after"))
        }).pipe(Effect.withSpan("outer"))
        const { spans, logs } = yield* record(program)
        assert.isUndefined(byName(spans, "before").sessionId)
        assert.strictEqual(byName(spans, "outer").sessionId, "set-late")
        assert.strictEqual(byName(spans, "after").sessionId, "set-late")
        assert.strictEqual(logs[0]?.sessionId, "set-late")
      })
    )

    it.effect("is not replaced by session.id, and an invalid one is not taken", () =>
      Effect.gen(function* () {
        const program = Effect.gen(function* () {
          yield* Effect.void.pipe(
            Effect.withSpan("named", { attributes: { "session.id": "other" } }),
            SessionId.withSessionId(a)
          )
          yield* Effect.void.pipe(Effect.withSpan("bad", { attributes: { "session.id": " spaces " } }))
          yield* Effect.void.pipe(Effect.withSpan("number", { attributes: { "session.id": 7 } }))
        })
        const { spans } = yield* record(program)
        assert.strictEqual(byName(spans, "named").sessionId, a)
        assert.isUndefined(byName(spans, "bad").sessionId)
        assert.strictEqual(byName(spans, "number").sessionId, "7")
      })
    )

    it.effect("is the default one where there is none, which gives way to session.id and is never propagated", () =>
      Effect.gen(function* () {
        const program = Effect.gen(function* () {
          assert.deepStrictEqual(yield* SessionId.get, Option.none())
          yield* Effect.void.pipe(Effect.withSpan("plain"))
          yield* Effect.void.pipe(Effect.withSpan("late", { attributes: { "session.id": "late" } }))
          yield* Effect.void.pipe(Effect.withSpan("child"), SessionId.withoutSessionId, Effect.withSpan("parent"))
        })
        const { spans } = yield* record(program, { defaultSessionId: b, userId: "u", organizationId: "o" })
        assert.strictEqual(byName(spans, "plain").sessionId, b)
        assert.strictEqual(byName(spans, "plain").userId, "u")
        assert.strictEqual(byName(spans, "plain").organizationId, "o")
        assert.strictEqual(byName(spans, "late").sessionId, "late")
        assert.strictEqual(byName(spans, "child").sessionId, b)
      })
    )

    it.effect("never mixes between fibers", () =>
      Effect.gen(function* () {
        const turn = (index: number) =>
          Effect.yieldNow().pipe(
            Effect.withSpan(`turn-${index}`),
            Effect.zipRight(Effect.log(`log-${index}`)),
            SessionId.withSessionId(SessionId.SessionId.make(`s-${index}`))
          )
        const { spans, logs } = yield* record(
          Effect.forEach(
            Array.from({ length: 500 }, (_, i) => i),
            turn,
            { concurrency: "unbounded" }
          )
        )
        assert.strictEqual(spans.length, 500)
        assert.strictEqual(logs.length, 500)
        for (const span of spans) assert.strictEqual(span.sessionId, span.name.replace("turn", "s"))
        for (const log of logs) assert.strictEqual(log.sessionId, log.message.replace("log", "s"))
      })
    )
  })

  it.effect("takes everything else from the tracing options of the fiber", () =>
    Effect.gen(function* () {
      const options = {
        threadId: "t",
        runId: "r",
        requestId: "q",
        resourceId: "e",
        userId: "u",
        organizationId: "o",
        tags: ["one"],
        metadata: { plan: "pro", at: new Date(0) }
      }
      const { spans } = yield* record(
        Effect.void.pipe(Effect.withSpan("work"), TracingOptions.withTracingOptions(options)),
        { userId: "default", organizationId: "default" }
      )
      const span = byName(spans, "work")
      for (const key of ["threadId", "runId", "requestId", "resourceId", "userId", "organizationId"] as const) {
        assert.strictEqual(span[key], options[key])
      }
      assert.deepStrictEqual(span.tags, ["one"])
      assert.deepStrictEqual(span.metadata, { plan: "pro", at: "1970-01-01T00:00:00.000Z" })
    })
  )

  it.effect("makes text of options that are none", () =>
    Effect.gen(function* () {
      const options = { userId: 42, runId: Object.create(null), tags: ["a", 1] } as never
      const { spans } = yield* record(
        Effect.void.pipe(Effect.withSpan("work"), TracingOptions.withTracingOptions(options))
      )
      const { runId, tags, userId } = byName(spans, "work")
      assert.deepStrictEqual({ runId, tags, userId }, { runId: "{}", tags: ["a", "1"], userId: "42" })
    })
  )

  describe("parents from elsewhere", () => {
    const remote = (context: Context.Context<never>) =>
      EffectTracer.externalSpan({ traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331", context })

    it.effect("an external one is stored as remote, with its session and tracestate", () =>
      Effect.gen(function* () {
        const parent = remote(Context.make(TraceContext.Carried, { sessionId: a, traceState: "vendor=1" }) as never)
        const program = Effect.void.pipe(
          Effect.withSpan("child"),
          Effect.withSpan("entry"),
          Effect.withParentSpan(parent)
        )
        const { spans } = yield* record(program)
        const entry = byName(spans, "entry")
        assert.strictEqual(entry.traceId, parent.traceId)
        assert.strictEqual(entry.parentSpanId, parent.spanId)
        assert.isTrue(entry.parentIsRemote)
        assert.strictEqual(entry.sessionId, a)
        assert.strictEqual(entry.traceState, "vendor=1")
        assert.isUndefined(byName(spans, "child").parentIsRemote)
        assert.strictEqual(byName(spans, "child").traceState, "vendor=1")
      })
    )

    it.effect("one with ids that are no ids starts a trace", () =>
      Effect.gen(function* () {
        const parent = EffectTracer.externalSpan({ traceId: "nonsense", spanId: "0000000000000000" })
        const { spans } = yield* record(Effect.void.pipe(Effect.withSpan("entry", { parent })))
        assert.match(byName(spans, "entry").traceId, /^[0-9a-f]{32}$/)
        assert.isUndefined(byName(spans, "entry").parentSpanId)
        assert.isUndefined(byName(spans, "entry").parentIsRemote)
      })
    )

    it.effect("one that was not sampled leaves its children unrecorded, with ids", () =>
      Effect.gen(function* () {
        const parent = EffectTracer.externalSpan({
          traceId: "0af7651916cd43dd8448eb211c80319c",
          spanId: "b7ad6b7169203331",
          sampled: false
        })
        const program = Effect.currentSpan.pipe(Effect.orDie, Effect.withSpan("child", { parent }))
        const seen: Array<string> = []
        const { spans } = yield* record(Effect.tap(program, (span) => void seen.push(span.spanId)))
        assert.strictEqual(spans.length, 0)
        assert.match(seen[0] ?? "", /^[0-9a-f]{16}$/)
      })
    )

    it.effect("one that Effect's own tracer made is as good as remote: it is not stored here", () =>
      Effect.gen(function* () {
        const { spans } = yield* Effect.withSpan(record(Effect.void.pipe(Effect.withSpan("inner"))), "outer")
        assert.isTrue(byName(spans, "inner").parentIsRemote)
      })
    )
  })

  describe("outcome", () => {
    it.effect("of a failure is an error with an exception event", () =>
      Effect.gen(function* () {
        class Refused extends Error {
          override readonly name = "Refused"
        }
        const { spans } = yield* record(Effect.fail(new Refused("no seats left")).pipe(Effect.withSpan("book")))
        const span = byName(spans, "book")
        assert.strictEqual(span.status, "error")
        assert.strictEqual(span.statusMessage, "no seats left")
        const [event] = span.events
        assert.deepStrictEqual(JSON.parse(JSON.stringify(span.events)), span.toJSON().events)
        assert.strictEqual(event?.name, "exception")
        assert.strictEqual(event?.attributes["exception.type"], "Refused")
        assert.strictEqual(event?.attributes["exception.message"], "no seats left")
        assert.include(event?.attributes["exception.stacktrace"] as string, "Tracer.test.ts")
      })
    )

    it.effect("of a defect is an error, and of several failures each has its event", () =>
      Effect.gen(function* () {
        const failures = Effect.failCause(Cause.parallel(Cause.fail("one"), Cause.die(new Error("two"))))
        const { spans } = yield* record(failures.pipe(Effect.withSpan("both")))
        const span = byName(spans, "both")
        assert.strictEqual(span.status, "error")
        assert.deepStrictEqual(
          span.events.map((event) => event.attributes["exception.message"]),
          ["one", "two"]
        )
      })
    )

    it.effect("of an interruption is interrupted, and no error", () =>
      Effect.gen(function* () {
        const program = Effect.gen(function* () {
          const started = yield* Deferred.make<void>()
          const fiber = yield* Deferred.succeed(started, void 0).pipe(
            Effect.zipRight(Effect.never),
            Effect.withSpan("waiting"),
            Effect.fork
          )
          yield* Deferred.await(started)
          yield* Fiber.interrupt(fiber)
        })
        const { spans } = yield* record(program)
        assert.strictEqual(byName(spans, "waiting").status, "interrupted")
        assert.deepStrictEqual(byName(spans, "waiting").events, [])
      })
    )

    it.effect("never lets an error that throws when it is read harm the program", () =>
      Effect.gen(function* () {
        const hostile = new Proxy(
          {},
          {
            get: () => {
              throw new Error("gotcha")
            }
          }
        )
        const recorded = recorder()
        const exit = yield* Effect.exit(
          Effect.fail(hostile).pipe(Effect.withSpan("work"), Effect.provide(recorded.layer))
        )
        assert.isTrue(Exit.isFailure(exit))
        assert.strictEqual(byName(recorded.spans, "work").status, "error")
      })
    )

    it.effect("of an exit that is missing is ok", () =>
      Effect.gen(function* () {
        const program = Effect.flatMap(Effect.tracer, (tracer) =>
          Effect.sync(() => {
            const span = tracer.span("work", Option.none(), Context.empty(), [], 1n, "internal")
            span.end(2n, undefined as never)
            assert.strictEqual(span.status._tag, "Ended")
          })
        )
        const { spans } = yield* record(program)
        assert.strictEqual(byName(spans, "work").status, "ok")
      })
    )

    it.effect("of an exit that is none is ok", () =>
      Effect.gen(function* () {
        const exits = [
          null,
          7,
          "done",
          {},
          { _tag: "Failure" },
          { _tag: "Failure", cause: null },
          Exit.failCause(7 as never)
        ]
        const program = Effect.flatMap(Effect.tracer, (tracer) =>
          Effect.sync(() => {
            for (const exit of exits) {
              tracer.span("work", Option.none(), Context.empty(), [], 1n, "internal").end(2n, exit as never)
            }
          })
        )
        const { spans } = yield* record(program)
        assert.deepStrictEqual(
          spans.map((span) => span.status),
          exits.map(() => "ok")
        )
      })
    )

    it.effect("ends no earlier than it began when the clock jumps back", () =>
      Effect.gen(function* () {
        const program = Effect.gen(function* () {
          yield* TestClock.setTime(10_000)
          yield* TestClock.setTime(5_000).pipe(Effect.withSpan("work"))
        })
        const { spans } = yield* record(program)
        assert.strictEqual(byName(spans, "work").startTime, 10_000_000_000n)
        assert.strictEqual(byName(spans, "work").endTime, 10_000_000_000n)
      })
    )

    it.effect("has real times where timing is disabled", () =>
      Effect.gen(function* () {
        const program = Effect.gen(function* () {
          yield* TestClock.setTime(10_000)
          yield* TestClock.setTime(11_000).pipe(Effect.withSpan("work"), Effect.withTracerTiming(false))
        })
        const { spans } = yield* record(program)
        assert.strictEqual(byName(spans, "work").startTime, 10_000_000_000n)
        assert.strictEqual(byName(spans, "work").endTime, 11_000_000_000n)
      })
    )
  })

  describe("limits", () => {
    it.effect("count the attributes of events and links that they leave out, and keys of the metadata", () =>
      Effect.gen(function* () {
        const three = { a: 1, b: 2, c: 3 }
        const program = Effect.gen(function* () {
          const span = yield* Effect.currentSpan
          span.event("event", 1n, three)
          span.addLinks([{ _tag: "SpanLink", span, attributes: three }])
          yield* Effect.log("hello").pipe(Effect.annotateLogs(three))
        }).pipe(Effect.withSpan("work"), TracingOptions.withTracingOptions({ metadata: { ...three, d: 4 } }))
        const { logs, spans } = yield* record(program, { limits: { ...limits, attributeCount: 2 } })
        const span = byName(spans, "work")
        assert.deepStrictEqual(span.events[0]?.attributes, { a: 1, b: 2 })
        assert.deepStrictEqual(span.dropped, { attributes: 4, events: 0, links: 0 })
        assert.deepStrictEqual(logs[0]?.metadata, { a: 1, b: 2 })
        assert.deepStrictEqual(logs[0]?.dropped, { attributes: 3 })
      })
    )

    it.effect("are those of each tracer, also where two see the same options", () =>
      Effect.gen(function* () {
        const options = { metadata: { a: 1, b: 2 } }
        const program = Effect.void.pipe(
          Effect.withSpan("work"),
          Effect.locally(TracingOptions.currentTracingOptions, options)
        )
        const narrow = yield* record(program, { limits: { ...limits, attributeCount: 1 } })
        const wide = yield* record(program)
        assert.deepStrictEqual(byName(narrow.spans, "work").metadata, { a: 1 })
        assert.deepStrictEqual(byName(wide.spans, "work").metadata, { a: 1, b: 2 })
      })
    )

    it.effect("count what they leave out", () =>
      Effect.gen(function* () {
        const program = Effect.gen(function* () {
          const span = yield* Effect.currentSpan
          for (let i = 0; i < 5; i++) {
            span.attribute(`key-${i}`, i)
            span.event(`event-${i}`, 1n)
            span.addLinks([{ _tag: "SpanLink", span, attributes: { i } }])
          }
          span.attribute("key-0", "replaced")
        }).pipe(Effect.withSpan("work"))
        const { spans } = yield* record(program, {
          limits: { ...limits, attributeCount: 2, eventCount: 3, linkCount: 4 }
        })
        const span = byName(spans, "work")
        assert.deepStrictEqual(span.attributes, { "key-0": "replaced", "key-1": 1 })
        assert.strictEqual(span.events.length, 3)
        assert.strictEqual(span.links.length, 4)
        assert.deepStrictEqual(span.dropped, { attributes: 3, events: 2, links: 1 })
      })
    )

    it.effect("leave out attributes without converting them", () =>
      Effect.gen(function* () {
        let converted = 0
        const value = { toJSON: () => ++converted }
        const program = Effect.gen(function* () {
          const span = yield* Effect.currentSpan
          for (let i = 0; i < 5; i++) span.attribute(`key-${i}`, value)
        }).pipe(Effect.withSpan("work"))
        const { spans } = yield* record(program, { limits: { ...limits, attributeCount: 2 } })
        assert.strictEqual(byName(spans, "work").dropped?.attributes, 3)
        assert.strictEqual(converted, 2)
      })
    )

    it.effect("cut values that are too long or too deep", () =>
      Effect.gen(function* () {
        const program = Effect.void.pipe(
          Effect.withSpan("work", { attributes: { long: "x".repeat(100), deep: { a: { b: { c: 1 } } } } })
        )
        const { spans } = yield* record(program, { limits: { ...limits, attributeValueLength: 10, attributeDepth: 2 } })
        assert.deepStrictEqual(byName(spans, "work").attributes, {
          long: "x".repeat(10),
          deep: { a: { b: "[Truncated]" } }
        })
        assert.deepStrictEqual(byName(spans, "work").dropped, { attributes: 2, events: 0, links: 0 })
      })
    )

    it.effect("count a value that was cut once, in events and links and metadata as well", () =>
      Effect.gen(function* () {
        const long = "x".repeat(100)
        const program = Effect.gen(function* () {
          yield* Effect.annotateCurrentSpan("a", long)
          yield* Effect.annotateCurrentSpan("a", long)
          yield* Effect.annotateCurrentSpan("b", long)
          yield* Effect.annotateCurrentSpan("b", "short")
          const span = yield* Effect.currentSpan
          span.event("step", 1n, { long })
          span.addLinks([{ _tag: "SpanLink", span, attributes: { long } }])
        }).pipe(Effect.withSpan("work"), TracingOptions.withTracingOptions({ metadata: { long, short: 1 } }))
        const { spans } = yield* record(program, { limits: { ...limits, attributeValueLength: 20 } })
        assert.strictEqual(byName(spans, "work").dropped?.attributes, 4)
      })
    )

    it.effect("are others for content, also in events", () =>
      Effect.gen(function* () {
        const messages = Array.from({ length: 10 }, (_, i) => ({ role: "user", content: `${i} ${"x".repeat(100)}` }))
        const program = Effect.flatMap(Effect.currentSpan, (span) =>
          Effect.sync(() =>
            span.event("gen_ai.client.inference.operation.details", 1n, { "gen_ai.input.messages": messages })
          )
        ).pipe(Effect.withSpan("chat", { attributes: { "gen_ai.input.messages": messages, messages } }))
        const { sizes, spans } = yield* record(program, {
          limits: { ...limits, contentLength: 600, attributeValueLength: 600 }
        })
        const { attributes, dropped, events } = byName(spans, "chat")
        assert.match(JSON.stringify(attributes.messages), /"0 x.*"\[Truncated\]"\]$/)
        for (const value of [attributes, events[0]?.attributes ?? {}]) {
          assert.match(
            JSON.stringify(value["gen_ai.input.messages"]),
            /^\[\{"role":"system","content":"\[\d messages left out\]"\}.*"9 x{100}"\}\]$/
          )
        }
        assert.strictEqual(dropped?.attributes, 3)
        assert.deepStrictEqual(sizes, spans.map(sizeOf.spans))
      })
    )
  })

  it.effect("keeps why a span failed, however many events it has", () =>
    Effect.gen(function* () {
      const program = Effect.gen(function* () {
        const span = yield* Effect.currentSpan
        for (let i = 0; i < 3; i++) span.event("step", 1n)
        return yield* Effect.fail(new Error("boom"))
      }).pipe(Effect.withSpan("work"))
      const { spans } = yield* record(program, { limits: { ...limits, eventCount: 2 } })
      assert.deepStrictEqual(
        byName(spans, "work").events.map((event) => event.name),
        ["step", "step", "exception"]
      )
      assert.strictEqual(byName(spans, "work").dropped?.events, 1)
      const none = yield* record(program, { limits: { ...limits, eventCount: 0 } })
      assert.deepStrictEqual(byName(none.spans, "work").events, [])
      assert.strictEqual(byName(none.spans, "work").statusMessage, "boom")
    })
  )

  it.effect("withstands events and links that are none", () =>
    Effect.gen(function* () {
      const hostile = new Proxy(
        {},
        {
          ownKeys: () => {
            throw new Error("gotcha")
          }
        }
      )
      const program = Effect.map(Effect.currentSpan, (span) => {
        span.event(7 as never, 1n, hostile)
        span.event("text", 1n, "none" as never)
        span.addLinks([{ _tag: "SpanLink", span } as never])
        span.addLinks([undefined as never])
        span.addLinks(undefined as never)
        span.attribute(Symbol.iterator as never, 1)
      }).pipe(Effect.withSpan("work"))
      const { spans } = yield* record(program)
      const span = byName(spans, "work")
      assert.strictEqual(span.status, "ok")
      assert.strictEqual(span.events.length, 2)
      assert.deepStrictEqual(span.links, [
        { traceId: span.traceId, spanId: span.spanId, attributes: {} },
        { traceId: "", spanId: "", attributes: {} }
      ])
    })
  )

  it.effect("does not grow with the links of a span, and not at all with those of one that is not sampled", () =>
    Effect.gen(function* () {
      for (const [sampler, links] of [
        [Sampler.always, limits.linkCount],
        [Sampler.never, 0]
      ] as const) {
        const program = Effect.map(Effect.currentSpan, (span) => {
          for (let i = 0; i < 1_000; i++) span.addLinks([{ _tag: "SpanLink", span, attributes: {} }])
          return span.links
        }).pipe(Effect.withSpan("work"), Effect.provide(recorder({ sampler }).layer))
        assert.lengthOf(yield* program, links)
      }
    })
  )

  it.effect("gives an event without a time the clock's", () =>
    Effect.gen(function* () {
      const program = Effect.gen(function* () {
        yield* TestClock.setTime(7)
        const span = yield* Effect.currentSpan
        for (const time of [undefined, 0n, 5, 2n ** 70n]) span.event("event", time as never)
      }).pipe(Effect.withSpan("work"))
      const { spans } = yield* record(program)
      assert.deepStrictEqual(
        byName(spans, "work").events.map((event) => event.time),
        [7_000_000n, 7_000_000n, 7_000_000n, 7_000_000n]
      )
    })
  )

  it.effect("does not change a record after it was handed over", () =>
    Effect.gen(function* () {
      const recorded = recorder()
      const span = yield* Effect.gen(function* () {
        const span = yield* Effect.makeSpan("work")
        span.event("before", 1n)
        span.addLinks([{ _tag: "SpanLink", span, attributes: {} }])
        const [open] = yield* Effect.flatMap(Tracer.Tracer, (tracer) => tracer.activeSpans)
        span.attribute("late", 1)
        span.event("later", 1n)
        assert.deepStrictEqual(open?.attributes, {})
        assert.lengthOf(open?.events ?? [], 1)
        span.end(2n, Exit.void)
        return span
      }).pipe(Effect.provide(recorded.layer))
      const before = JSON.stringify(recorded.spans)
      span.event("after", 3n)
      span.attribute("after", 1)
      span.addLinks([{ _tag: "SpanLink", span, attributes: {} }])
      assert.strictEqual(JSON.stringify(recorded.spans), before)
    })
  )

  it.effect("says how large a record is as whoever measures it whole", () =>
    Effect.gen(function* () {
      const content = {
        text: "x".repeat(500),
        list: [1, "two", null, { deep: [true, { deeper: "y".repeat(100) }] }],
        when: new Date(0),
        map: new Map([["a", 1]]),
        big: 2n ** 70n,
        odd: Number.NaN,
        bytes: new Uint8Array(50),
        left: undefined
      }
      const program = Effect.gen(function* () {
        const span = yield* Effect.currentSpan
        for (let i = 0; i < 10; i++) span.event(`event ${i}`, 1n, content)
        span.addLinks([{ _tag: "SpanLink", span, attributes: content }])
        span.attribute("content", "replaced")
        yield* Effect.log("hello", content).pipe(Effect.annotateLogs(content), Effect.withLogSpan("span"))
        yield* Effect.void.pipe(Effect.withSpan("plain"))
        return yield* Effect.fail(new Error("boom"))
      }).pipe(
        Effect.withSpan("work", {
          attributes: { content, "gen_ai.operation.name": "chat", "gen_ai.request.model": "a-model" }
        }),
        TracingOptions.withTracingOptions({ tags: ["one", "two"], metadata: content })
      )
      for (const attributeCount of [128, 3]) {
        const { logs, sizes, spans } = yield* record(program, { limits: { ...limits, attributeCount } })
        const whole = [logs[0] && sizeOf.logs(logs[0]), ...spans.map(sizeOf.spans)]
        assert.lengthOf(sizes, 3)
        for (const [i, bytes] of sizes.entries()) {
          assert.closeTo(bytes / (whole[i] ?? 0), 1, 0.02, `${bytes} against ${whole[i]}`)
        }
      }
    })
  )

  it.effect("records events and links", () =>
    Effect.gen(function* () {
      const program = Effect.gen(function* () {
        const other = yield* Effect.makeSpan("other")
        const span = yield* Effect.currentSpan
        span.event("retry", 42n, { attempt: 2 })
        yield* Effect.linkSpanCurrent(other, { why: "batch" })
        return other
      }).pipe(Effect.withSpan("work"))
      const others: Array<string> = []
      const { spans } = yield* record(Effect.tap(program, (span) => void others.push(span.spanId)))
      const span = byName(spans, "work")
      assert.deepStrictEqual(span.events, [{ name: "retry", time: 42n, attributes: { attempt: 2 } }])
      assert.deepStrictEqual(span.links, [
        { traceId: span.traceId, spanId: others[0] ?? "", attributes: { why: "batch" } }
      ])
    })
  )

  it.effect("keeps what an attribute was when it was set", () =>
    Effect.gen(function* () {
      const list = [1]
      const program = Effect.sync(() => list.push(2)).pipe(Effect.withSpan("work", { attributes: { list } }))
      const { spans } = yield* record(program)
      assert.deepStrictEqual(byName(spans, "work").attributes, { list: [1] })
    })
  )

  describe("span types", () => {
    const chat = { "gen_ai.operation.name": "chat" }

    it.effect("and columns come from the GenAI attributes", () =>
      Effect.gen(function* () {
        const attributes = {
          ...chat,
          "gen_ai.provider.name": "openai",
          "gen_ai.request.model": "gpt-4o",
          "gen_ai.response.model": "gpt-4o-2024-08-06",
          "gen_ai.usage.input_tokens": 10,
          "gen_ai.usage.output_tokens": 20,
          "gen_ai.usage.cost": 0.5,
          "gen_ai.conversation.id": "c-1",
          "user.id": "ada"
        }
        const { spans, logs } = yield* record(Effect.log("hi").pipe(Effect.withSpan("chat", { attributes })))
        const span = byName(spans, "chat")
        assert.strictEqual(span.spanType, "model_generation")
        assert.strictEqual(span.model, "gpt-4o-2024-08-06")
        assert.strictEqual(span.provider, "openai")
        assert.strictEqual(span.inputTokens, 10)
        assert.strictEqual(span.outputTokens, 20)
        assert.strictEqual(span.costUsd, 0.5)
        assert.strictEqual(span.conversationId, "c-1")
        assert.strictEqual(span.userId, "ada")
        assert.isUndefined(span.sessionId)
        assert.strictEqual(logs[0]?.conversationId, "c-1")
      })
    )

    it.effect("give one model generation a model call: the innermost where none has usage", () =>
      Effect.gen(function* () {
        const program = Effect.void.pipe(
          Effect.withSpan("provider", { attributes: chat }),
          Effect.withSpan("http"),
          Effect.withSpan("model", { attributes: chat }),
          Effect.withSpan("agent", { attributes: { "gen_ai.operation.name": "invoke_agent" } }),
          Effect.withSpan("router", { attributes: { "openinference.span.kind": "LLM" } })
        )
        const { spans } = yield* record(program)
        assert.deepStrictEqual(Object.fromEntries(spans.map((span) => [span.name, span.spanType])), {
          provider: "model_generation",
          http: "generic",
          model: "generic",
          agent: "agent_run",
          router: "model_generation"
        })
      })
    )

    it.effect("give one tool call each call, also where a tool calls another", () =>
      Effect.gen(function* () {
        const tool = (name: string, id: string) => ({
          attributes: {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": name,
            "gen_ai.tool.call.id": id
          }
        })
        const program = Effect.void.pipe(
          Effect.withSpan("other", tool("other", "2")),
          Effect.withSpan("handler", tool("search", "1")),
          Effect.withSpan("search", tool("search", "1"))
        )
        const { spans } = yield* record(program)
        assert.deepStrictEqual(Object.fromEntries(spans.map((span) => [span.name, span.spanType])), {
          other: "tool_call",
          handler: "generic",
          search: "tool_call"
        })
      })
    )

    it.effect("are what effect_observability.span_type says", () =>
      Effect.gen(function* () {
        const attributes = { ...chat, "effect_observability.span_type": "workflow_step" }
        const { spans } = yield* record(Effect.void.pipe(Effect.withSpan("step", { attributes })))
        assert.strictEqual(byName(spans, "step").spanType, "workflow_step")
      })
    )

    it.effect("are not taken from names of Object.prototype", () =>
      Effect.gen(function* () {
        const attributes = { "gen_ai.operation.name": "constructor", "openinference.span.kind": "__proto__" }
        const { spans } = yield* record(Effect.void.pipe(Effect.withSpan("odd", { attributes })))
        assert.strictEqual(byName(spans, "odd").spanType, "generic")
      })
    )
  })

  describe("long spans", () => {
    it.effect("are shown once they were open at two flushes, and completed when they end", () =>
      Effect.gen(function* () {
        const recorded = recorder()
        const program = Effect.gen(function* () {
          yield* TestClock.adjust("1 seconds")
          assert.strictEqual(recorded.snapshots.length, 0, "open at one flush")
          yield* TestClock.adjust("1 seconds")
          assert.strictEqual(recorded.snapshots.length, 1, "open at two")
          yield* TestClock.adjust("60 seconds")
          assert.strictEqual(recorded.snapshots.length, 1, "unchanged")
        }).pipe(Effect.withSpan("long"))
        yield* program.pipe(Effect.provide(recorded.layer))
        const [shown] = recorded.snapshots
        assert.strictEqual(shown?.status, "running")
        assert.isUndefined(shown?.endTime)
        const span = byName(recorded.spans, "long")
        assert.strictEqual(span.status, "ok")
        assert.strictEqual(span.spanId, shown?.spanId)
      })
    )

    it.effect("are shown again when they changed, every 30 seconds at most", () =>
      Effect.gen(function* () {
        const recorded = recorder()
        const program = Effect.gen(function* () {
          yield* TestClock.adjust("2 seconds")
          yield* Effect.annotateCurrentSpan("step", 2)
          yield* TestClock.adjust("29 seconds")
          assert.strictEqual(recorded.snapshots.length, 1)
          yield* TestClock.adjust("1 seconds")
          assert.strictEqual(recorded.snapshots.length, 2)
          assert.deepStrictEqual(recorded.snapshots[0]?.attributes, {})
          assert.deepStrictEqual(recorded.snapshots[1]?.attributes, { step: 2 })
        }).pipe(Effect.withSpan("long"))
        yield* program.pipe(Effect.provide(recorded.layer))
      })
    )

    it.effect("that start and end between two flushes are not shown", () =>
      Effect.gen(function* () {
        const recorded = recorder()
        const short = TestClock.adjust("900 millis").pipe(Effect.withSpan("short"))
        yield* short.pipe(Effect.repeatN(9), Effect.provide(recorded.layer))
        assert.strictEqual(recorded.spans.length, 10)
        assert.strictEqual(recorded.snapshots.length, 0)
      })
    )

    it.effect("are listed by activeSpans, oldest first", () =>
      Effect.gen(function* () {
        const program = Effect.flatMap(Tracer.Tracer, (tracer) => tracer.activeSpans).pipe(
          Effect.withSpan("inner"),
          Effect.withSpan("outer")
        )
        const open = yield* Effect.provide(program, recorder().layer)
        assert.deepStrictEqual(
          open.map((span) => [span.name, span.status]),
          [
            ["outer", "running"],
            ["inner", "running"]
          ]
        )
      })
    )

    it.effect("are recorded as running when the tracer closes, and only once", () =>
      Effect.gen(function* () {
        const recorded = recorder()
        const span = yield* Effect.makeSpan("open").pipe(Effect.provide(recorded.layer))
        assert.strictEqual(byName(recorded.spans, "open").status, "running")
        span.end(1n, Exit.void)
        assert.strictEqual(recorded.spans.length, 1)
      })
    )

    it.effect("that never end are let go beyond a bound, the oldest first", () =>
      Effect.gen(function* () {
        const recorded = recorder()
        const program = Effect.gen(function* () {
          const first = yield* Effect.makeSpan("first")
          yield* Effect.replicateEffect(Effect.makeSpan("leaked"), maxActiveSpans, { discard: true })
          const open = yield* Effect.flatMap(Tracer.Tracer, (tracer) => tracer.activeSpans)
          assert.strictEqual(open.length, maxActiveSpans)
          assert.isFalse(open.some((span) => span.name === "first"))
          first.end(1n, Exit.void)
        })
        yield* Effect.provide(program, recorded.layer)
        assert.deepStrictEqual(
          recorded.snapshots.map((span) => [span.name, span.status]),
          [["first", "running"]]
        )
        assert.strictEqual(byName(recorded.spans, "first").status, "ok")
        assert.strictEqual(recorded.spans.length, maxActiveSpans + 1)
        assert.deepStrictEqual(recorded.refused, [0])
      })
    )

    it.effect("that were let go and have not ended are counted when the tracer closes, and not recorded later", () =>
      Effect.gen(function* () {
        const recorded = recorder()
        const [first, ended] = yield* Effect.gen(function* () {
          const spans = yield* Effect.replicateEffect(Effect.makeSpan("leaked"), maxActiveSpans + 3)
          spans[1]?.end(1n, Exit.void)
          return spans
        }).pipe(Effect.provide(recorded.layer))
        assert.deepStrictEqual(recorded.refused, [2])
        assert.strictEqual(recorded.spans.length, maxActiveSpans + 1)
        first?.end(1n, Exit.void)
        ended?.end(1n, Exit.void)
        assert.strictEqual(recorded.spans.length, maxActiveSpans + 1)
      })
    )
  })

  describe("beside another tracer", () => {
    const other = () => {
      const ended: Array<EffectTracer.Span> = []
      const native = Context.get(DefaultServices.liveServices, EffectTracer.Tracer)
      const tracer = EffectTracer.make({
        span: (...args) => {
          const span = native.span(...args)
          const end = span.end
          return Object.assign(span, {
            end(time: bigint, exit: Exit.Exit<unknown, unknown>) {
              end.call(span, time, exit)
              ended.push(span)
            }
          })
        },
        context: (execute) => execute()
      })
      return { ended, layer: Layer.setTracer(tracer) }
    }

    it.effect("both see every span, with the same ids", () =>
      Effect.gen(function* () {
        const recorded = recorder()
        const { ended, layer } = other()
        const program = Effect.log("hello").pipe(
          Effect.withSpan("child", { attributes: { key: "value" } }),
          Effect.withSpan("parent"),
          SessionId.withSessionId(a)
        )
        yield* program.pipe(Effect.provide(Layer.provide(recorded.layer, layer)))
        assert.deepStrictEqual(
          ended.map((span) => [span.name, span.traceId, span.spanId]),
          recorded.spans.map((span) => [span.name, span.traceId, span.spanId])
        )
        assert.strictEqual(ended.length, 2)
        const child = byName(recorded.spans, "child")
        assert.strictEqual(child.parentSpanId, byName(recorded.spans, "parent").spanId)
        assert.isUndefined(child.parentIsRemote)
        assert.strictEqual(child.sessionId, a)
        assert.deepStrictEqual(child.attributes, { key: "value" })
        assert.strictEqual(ended[0]?.attributes.get("key"), "value")
      })
    )

    it.effect("leaves spans that cannot be changed to it", () =>
      Effect.gen(function* () {
        const recorded = recorder()
        const native = Context.get(DefaultServices.liveServices, EffectTracer.Tracer)
        const frozen = EffectTracer.make({
          span: (...args) => {
            const span = native.span(...args)
            return Object.freeze({ ...span, end: () => {}, attribute: () => {}, event: () => {}, addLinks: () => {} })
          },
          context: (execute) => execute()
        })
        const layer = Layer.provide(recorded.layer, Layer.setTracer(frozen))
        assert.strictEqual(yield* Effect.succeed(1).pipe(Effect.withSpan("work"), Effect.provide(layer)), 1)
        assert.deepStrictEqual(recorded.spans, [])
      })
    )

    it.effect("of ours, both record every span", () =>
      Effect.gen(function* () {
        const outer = recorder()
        const inner = recorder()
        const program = Effect.void.pipe(
          Effect.withSpan("child"),
          Effect.withSpan("parent"),
          SessionId.withSessionId(a)
        )
        yield* program.pipe(Effect.provide(Layer.provide(inner.layer, outer.layer)))
        const tree = (spans: ReadonlyArray<SpanRecord.SpanRecord>) =>
          spans.map((span) => [span.name, span.traceId, span.spanId, span.parentSpanId, span.parentIsRemote])
        assert.strictEqual(inner.spans.length, 2)
        assert.deepStrictEqual(tree(inner.spans), tree(outer.spans))
      })
    )
  })

  it.effect("leaves a program alone once it has closed, where Effect keeps it installed", () =>
    Effect.gen(function* () {
      const recorded = recorder()
      yield* Effect.void.pipe(
        Effect.withSpan("inside"),
        Effect.provide(Layer.merge(recorded.layer, Layer.succeed(Other, 1)))
      )
      yield* Effect.log("after").pipe(Effect.withSpan("after"))
      assert.deepStrictEqual(
        recorded.spans.map((span) => span.name),
        ["inside"]
      )
      assert.strictEqual(recorded.logs.length, 0)
    })
  )
})

class Other extends Context.Tag("Other")<Other, number>() {}
