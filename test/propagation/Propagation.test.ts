import { AsyncLocalStorage } from "node:async_hooks"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Option, Queue, Runtime, Schema } from "effect"
import {
  Baggage,
  type Exporter,
  Observability,
  Propagation,
  SessionId,
  Storage,
  TracingOptions
} from "effect-observability"
import { id, named, Recording, stored } from "./utils.js"

const a = id("session-a")
const b = id("session-b")
const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03"
const options = {
  sessionId: a,
  threadId: "thread",
  runId: "run",
  requestId: "request",
  resourceId: "resource",
  userId: "user",
  organizationId: "org",
  tags: ["tag"],
  metadata: { key: { nested: [1, "two", null] } }
}

describe("Propagation", () => {
  describe("capture", () => {
    it.effect("has the trace of the span, the session and all options, and is plain JSON", () =>
      Effect.gen(function* () {
        const [carrier, span] = yield* Effect.all([Propagation.capture, Effect.currentSpan]).pipe(
          Effect.withSpan("work"),
          TracingOptions.withTracingOptions(options)
        )
        assert.deepStrictEqual(carrier, { traceparent: `00-${span.traceId}-${span.spanId}-03`, options })
        const text = JSON.stringify(Schema.encodeSync(Propagation.Carrier)(carrier))
        assert.deepStrictEqual(Schema.decodeUnknownSync(Schema.parseJson(Propagation.Carrier))(text), carrier)
      }).pipe(Effect.provide(Recording))
    )

    it.effect("leaves out metadata that is not JSON", () =>
      Effect.gen(function* () {
        const { options } = yield* TracingOptions.withTracingOptions(Propagation.capture, {
          metadata: { big: 1n, good: 1 }
        })
        assert.deepStrictEqual(options?.metadata, { good: 1 })
      })
    )

    it.effect("has no ids where tracing is disabled, and no trace outside a span", () =>
      Effect.gen(function* () {
        const disabled = Propagation.capture.pipe(Effect.withSpan("work"), Effect.withTracerEnabled(false))
        assert.deepStrictEqual(yield* disabled, { options: {} })
        assert.deepStrictEqual(yield* Propagation.capture, { options: {} })
      })
    )

    it.effect("has the session of the span that the fiber is in, unless that was refused", () =>
      Effect.gen(function* () {
        yield* Effect.annotateCurrentSpan("session.id", a)
        assert.strictEqual((yield* Propagation.capture).options?.sessionId, a)
        assert.isUndefined((yield* SessionId.withoutSessionId(Propagation.capture)).options?.sessionId)
      }).pipe(Effect.withSpan("work"), Effect.provide(Recording))
    )

    it.effect("never has the default session", () =>
      Effect.gen(function* () {
        assert.deepStrictEqual((yield* Effect.withSpan(Propagation.capture, "work")).options, {})
      }).pipe(
        Effect.provide(Observability.layer({ serviceName: "test", defaultSessionId: b })),
        Effect.provide(Storage.layerMemory)
      )
    )
  })

  describe("restore", () => {
    it.scopedLive("runs a message from a queue in the session and the trace of who sent it", () =>
      Effect.gen(function* () {
        const queue = yield* Queue.unbounded<string>()
        const encode = Schema.encode(Schema.parseJson(Propagation.Carrier))
        const decode = Schema.decode(Schema.parseJson(Propagation.Carrier))
        const consumer = Queue.take(queue).pipe(
          Effect.flatMap(decode),
          Effect.flatMap((carrier) =>
            Effect.withSpan(Effect.log("handled"), "handle").pipe(Propagation.restore(carrier))
          )
        )
        const fiber = yield* Effect.fork(SessionId.withSessionId(Effect.withSpan(consumer, "consumer"), b))
        yield* Propagation.capture.pipe(
          Effect.flatMap(encode),
          Effect.flatMap((message) => Queue.offer(queue, message)),
          Effect.withSpan("produce"),
          TracingOptions.withTracingOptions(options)
        )
        yield* Fiber.join(fiber)
        const { logs, spans } = yield* stored
        const { parentSpanId, traceId, ...handled } = named(spans, "handle")
        const produce = named(spans, "produce")
        assert.deepStrictEqual([traceId, parentSpanId], [produce.traceId, produce.spanId])
        for (const [key, value] of Object.entries(options))
          assert.deepStrictEqual(handled[key as "runId"], value as never)
        assert.deepStrictEqual(
          logs.map(({ sessionId, traceId }) => [sessionId, traceId]),
          [[a, produce.traceId]]
        )
        assert.strictEqual(named(spans, "consumer").sessionId, b)
      }).pipe(Effect.provide(Recording))
    )

    it.effect("takes away what a carrier does not have, and gives it back afterwards", () =>
      Effect.gen(function* () {
        const inside = Effect.all([TracingOptions.get, Effect.option(Effect.currentParentSpan)])
        const [within, parent] = yield* Propagation.restore(inside, {})
        assert.deepStrictEqual([within, Option.isNone(parent)], [{}, true])
        assert.deepStrictEqual((yield* TracingOptions.get).sessionId, a)
        assert.isTrue(Option.isSome(yield* Effect.option(Effect.currentSpan)))
      }).pipe(Effect.withSpan("around"), TracingOptions.withTracingOptions(options), Effect.provide(Recording))
    )

    it.effect("carries on what it was given: flags, tracestate and foreign baggage", () =>
      Effect.gen(function* () {
        const carrier = { traceparent, tracestate: "foo=1", baggage: "shop=1;p", options: { sessionId: a } }
        const captured = Propagation.restore(Propagation.capture, carrier)
        assert.deepStrictEqual(yield* captured, carrier)
        const inSpan = yield* Propagation.restore(Effect.withSpan(Propagation.capture, "work"), carrier)
        assert.match(inSpan.traceparent as string, /^00-0af7651916cd43dd8448eb211c80319c-(?!b7ad6b7169203331).{16}-03$/)
        assert.deepStrictEqual([inSpan.tracestate, inSpan.baggage], ["foo=1", "shop=1;p"])
      }).pipe(Effect.provide(Recording))
    )

    it.effect("ignores a traceparent that is malformed", () =>
      Effect.gen(function* () {
        const restored = yield* Propagation.restore(Propagation.capture, { traceparent: "garbage", tracestate: "a=1" })
        assert.deepStrictEqual(restored, { options: {} })
      })
    )

    it.effect("takes of a message that was not decoded what is well-formed, and says that it is not all", () =>
      Effect.gen(function* () {
        const restored = (message: unknown) => Propagation.restore(Propagation.capture, message as Propagation.Carrier)
        const malformed = { sessionId: "a\r\nb", userId: "ada", tags: "beta", metadata: null }
        const message = { traceparent, tracestate: 1, baggage: null, options: malformed }
        const carrier = yield* Effect.withSpan(restored(message), "received")
        assert.deepStrictEqual(carrier, { traceparent, options: { userId: "ada" } })
        for (const none of [undefined, null, 1, "", [], { options: null }, { options: { sessionId: "" } }])
          assert.deepStrictEqual(yield* restored(none), { options: {} })
        const { attributes } = named((yield* stored).spans, "received")
        assert.deepStrictEqual(attributes["effect_observability.propagation.refused"], ["carrier"])
      }).pipe(Effect.provide(Recording))
    )

    it.effect("takes nothing of a value that throws while it is read, and goes on", () =>
      Effect.gen(function* () {
        const throws = () => {
          throw new Error("no")
        }
        for (const hostile of [
          new Proxy({}, { get: throws }),
          new Proxy({}, { get: throws, has: throws, ownKeys: throws, getPrototypeOf: throws }),
          Object.defineProperty({}, "traceparent", { get: throws, enumerable: true }),
          { options: new Proxy({}, { get: throws, ownKeys: throws }) },
          { options: Object.defineProperty({}, "sessionId", { get: throws, enumerable: true }) },
          { options: { metadata: new Proxy({}, { ownKeys: throws }) } }
        ]) {
          assert.deepStrictEqual(yield* Propagation.restore(Propagation.capture, hostile as Propagation.Carrier), {
            options: {}
          })
        }
      })
    )
  })

  describe("inject", () => {
    it("adds nothing that the carrier does not have", () => {
      assert.deepStrictEqual(Propagation.inject({ host: "a" }, {}), { host: "a" })
      assert.deepStrictEqual(Propagation.inject({}, { options: { userId: "ada" } }), {})
    })

    it("adds the trace alone where the session is not to be known", () => {
      const carrier = { traceparent, tracestate: "foo=1", baggage: "shop=1", options: { sessionId: a } }
      assert.deepStrictEqual(Propagation.inject({}, carrier, { session: false }), { traceparent, tracestate: "foo=1" })
    })

    it("takes the place of another trace and of other sessions, and keeps other baggage", () => {
      const headers = { traceparent: "other", tracestate: "other=1", baggage: "session.id=b,user.id=b,shop=1" }
      assert.deepStrictEqual(
        Propagation.inject(headers, { traceparent, baggage: "shop=1,k=2", options: { sessionId: a } }),
        {
          traceparent,
          baggage: "session.id=session-a,shop=1,k=2",
          "x-mastra-session-id": a
        }
      )
    })

    it("takes the place of headers in any case", () => {
      const headers = { Traceparent: "other", "X-Mastra-Session-Id": "b", Baggage: "shop=1", Host: "a" }
      assert.deepStrictEqual(Propagation.inject(headers, { traceparent, options: { sessionId: a } }), {
        traceparent,
        baggage: "session.id=session-a,shop=1",
        "x-mastra-session-id": a,
        Host: "a"
      })
    })

    it("never sends what a receiver would refuse, nor an empty header", () => {
      for (const bad of ["", "a\r\nb", "a".repeat(201), 1]) {
        const options = { sessionId: bad, userId: bad, organizationId: bad } as never
        const headers = Propagation.inject({}, { options }, { include: ["userId", "organizationId"] })
        assert.deepStrictEqual(headers, {})
      }
    })

    it("keeps within the limits of baggage, our members first", () => {
      const baggage = Array.from({ length: 64 }, (_, index) => `k${index}=v`).join(",")
      const members = Baggage.parse(Propagation.inject({}, { baggage, options: { sessionId: a } }).baggage as string)
      assert.deepStrictEqual([members.length, members[0]?.key, members.at(-1)?.key], [64, "session.id", "k62"])
    })
  })

  describe("extract", () => {
    const headers = Propagation.inject(
      {},
      { traceparent, tracestate: "foo=1", baggage: "shop=1", options: { sessionId: a, userId: "ada" } },
      { include: ["userId"] }
    )

    it("reads what inject writes", () => {
      assert.deepStrictEqual(Propagation.extract(headers, { trust: "always" }), {
        traceparent,
        tracestate: "foo=1",
        baggage: "shop=1",
        options: { sessionId: a, userId: "ada" },
        refused: []
      })
    })

    it("keeps of a stranger the trace and the foreign baggage", () => {
      for (const trust of ["never", () => false] as const) {
        assert.deepStrictEqual(Propagation.extract(headers, { trust }), {
          traceparent,
          tracestate: "foo=1",
          baggage: "shop=1",
          options: {},
          refused: []
        })
      }
    })

    it("believes the header before the baggage", () => {
      const both = { ...headers, "X-Mastra-Session-Id": undefined, "x-mastra-session-id": b }
      assert.strictEqual(Propagation.extract(both, { trust: "always" }).options?.sessionId, b)
    })

    it("passes over what is no text", () => {
      for (const name of ["traceparent", "tracestate", "baggage", "x-mastra-session-id", "b3"])
        for (const value of [null, 1, true, {}, [1], [null]] as ReadonlyArray<unknown> as ReadonlyArray<never>)
          assert.deepStrictEqual(Propagation.extract({ [name]: value }, { trust: "always" }).options, {})
    })

    it.effect("runs an effect in what headers carry", () =>
      Effect.gen(function* () {
        const inside = Effect.withSpan(Propagation.injectCurrent({}), "inside")
        const sent = yield* inside.pipe(Propagation.withExtracted({ ...headers, tracestate: "=" }, { trust: "always" }))
        assert.strictEqual(sent.baggage, "session.id=session-a,shop=1")
        assert.deepStrictEqual(named((yield* stored).spans, "inside").sessionId, a)
      }).pipe(Effect.provide(Recording))
    )
  })

  it("writes and reads environment variables, with user and organisation", () => {
    const carrier = {
      traceparent,
      tracestate: "foo=1",
      options: { sessionId: a, userId: "ada", organizationId: "org" }
    }
    const env = Propagation.toEnv(carrier)
    assert.deepStrictEqual(Object.keys(env), ["TRACEPARENT", "TRACESTATE", "BAGGAGE"])
    assert.deepStrictEqual(Propagation.fromEnv({ HOME: "/", ...env }), { ...carrier, refused: [] })
    assert.deepStrictEqual(Propagation.toEnv({}), {})
    assert.deepStrictEqual(Propagation.fromEnv({}), { options: {}, refused: [] })
  })

  it("gives the Model Context Protocol the three names of SEP-414", () => {
    const carrier = { traceparent, tracestate: "foo=1", options: { sessionId: a, userId: "ada" } }
    assert.deepStrictEqual(Propagation.toMcpMeta(carrier), {
      traceparent,
      tracestate: "foo=1",
      baggage: "session.id=session-a"
    })
  })

  it.scopedLive("keeps what observes a program out of whatever that was built in", () =>
    Effect.gen(function* () {
      const captured: Array<Propagation.Carrier> = []
      const exporter: Exporter.Exporter = {
        name: "capturing",
        export: () => Effect.map(Propagation.capture, (carrier) => void captured.push(carrier))
      }
      yield* Effect.withSpan(Effect.void, "work").pipe(
        Effect.provide(Observability.layerExportOnly({ serviceName: "test", exporters: [exporter] })),
        Propagation.restore({ traceparent, tracestate: "foo=1", baggage: "shop=1", options })
      )
      assert.deepStrictEqual(captured, [{ options: {} }])
    })
  )

  describe("promise and callback code", () => {
    it.scopedLive("runs callbacks of a runtime in the session and the trace of its fiber", () =>
      Effect.gen(function* () {
        const runtime = yield* Propagation.runtime().pipe(
          Effect.tap(() => Effect.annotateCurrentSpan("session.id", a)),
          Effect.zipRight(Propagation.runtime()),
          Effect.withSpan("around")
        )
        yield* Effect.async<void>((resume) => {
          setTimeout(() =>
            Runtime.runPromise(runtime)(Effect.withSpan(SessionId.get, "callback", { root: true })).then((session) =>
              resume(Effect.sync(() => assert.deepStrictEqual(session, Option.some(a))))
            )
          )
        })
        assert.strictEqual(named((yield* stored).spans, "callback").sessionId, a)
      }).pipe(Effect.provide(Recording))
    )

    it.scopedLive("has promise code find the carrier in an AsyncLocalStorage", () =>
      Effect.gen(function* () {
        const current = new AsyncLocalStorage<Propagation.Carrier>()
        const ask = Effect.promise(() => Promise.resolve().then(() => current.getStore()))
        const both = Effect.all([ask, Propagation.capture, Effect.withSpan(ask, "inner")]).pipe(
          Effect.withSpan("outer"),
          SessionId.withSessionId(a),
          Effect.provide(Propagation.layerContext((carrier, step) => current.run(carrier, step)))
        )
        const [found, captured, inner] = yield* both
        assert.deepStrictEqual(found, captured)
        assert.strictEqual(found?.options?.sessionId, a)
        const { spans } = yield* stored
        assert.include(inner?.traceparent, named(spans, "inner").spanId)
        assert.include(found?.traceparent, named(spans, "outer").spanId)
      }).pipe(Effect.provide(Recording))
    )
  })
})
