import { assert, it } from "@effect/vitest"
import { context, propagation, ROOT_CONTEXT, trace } from "@opentelemetry/api"
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-node"
import { Effect } from "effect"
import { Propagation, SessionId } from "effect-observability"
import { id, named, Recording, stored } from "./utils.js"

/** The SDK of OpenTelemetry as a program sets it up, which then has its context in an `AsyncLocalStorage`. */
const sdk = Effect.acquireRelease(
  Effect.sync(() => {
    const exporter = new InMemorySpanExporter()
    const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
    provider.register()
    return { exporter, provider }
  }),
  ({ provider }) =>
    Effect.promise(() => {
      for (const api of [trace, context, propagation]) api.disable()
      return provider.shutdown()
    })
)

const contexts = new WeakMap<Propagation.Carrier, ReturnType<typeof context.active>>()
const contextOf = (carrier: Propagation.Carrier) => {
  const known = contexts.get(carrier) ?? propagation.extract(ROOT_CONTEXT, Propagation.inject({}, carrier))
  contexts.set(carrier, known)
  return known
}

/** What an instrumented library does: it makes a span of its own after a while, and reads the session. */
const instrumented = (name: string) =>
  Promise.resolve()
    .then(() => new Promise((resolve) => setTimeout(resolve, 1)))
    .then(() => {
      trace.getTracer("library").startSpan(name).end()
      return propagation.getActiveBaggage()?.getEntry("session.id")?.value
    })

it.scopedLive("has promise code that OpenTelemetry instruments find the span and the session of its Effect", () =>
  Effect.gen(function* () {
    const { exporter } = yield* sdk
    const work = (session: string) =>
      Effect.promise(() => instrumented(`of ${session}`)).pipe(
        Effect.zip(
          Effect.zipRight(
            Effect.yieldNow(),
            Effect.promise(() => instrumented(`of ${session}`))
          )
        ),
        Effect.withSpan(session),
        SessionId.withSessionId(id(session))
      )
    const both = Effect.all([work("ada"), work("bob")], { concurrency: 2 })
    const found = yield* Effect.zip(
      both,
      Effect.promise(() => instrumented("outside"))
    ).pipe(Effect.provide(Propagation.layerContext((carrier, step) => context.with(contextOf(carrier), step))))
    assert.deepStrictEqual(found, [
      [
        ["ada", "ada"],
        ["bob", "bob"]
      ],
      undefined
    ])
    const { spans } = yield* stored
    for (const session of ["ada", "bob"]) {
      const { spanId, traceId } = named(spans, session)
      assert.deepStrictEqual(
        exporter
          .getFinishedSpans()
          .filter(({ name }) => name === `of ${session}`)
          .map((span) => [span.spanContext().traceId, span.parentSpanContext?.spanId]),
        [
          [traceId, spanId],
          [traceId, spanId]
        ]
      )
    }
  }).pipe(Effect.provide(Recording))
)
