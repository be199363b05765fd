import { assert, describe, it } from "@effect/vitest"
import { Cause, Console, Effect, Exit, FiberRef, HashMap, Layer, List, Logger, Metric, Option, Schema } from "effect"
import * as SessionId from "../src/identity/SessionId.js"
import * as TracingOptions from "../src/identity/TracingOptions.js"
import * as Observability from "../src/Observability.js"
import { type Input, ObservabilityConfig } from "../src/ObservabilityConfig.js"
import { console, type Exporter, memory } from "../src/pipeline/Exporters.js"
import * as Storage from "../src/storage/Storage.js"

const session = SessionId.SessionId.make("support-4711")

const quiet = Logger.remove(Logger.defaultLogger)

const turn = Effect.log("hello", { answer: 42 }).pipe(
  Effect.withSpan("model"),
  Effect.withSpan("turn"),
  SessionId.withSessionId(session)
)

describe("Observability", () => {
  it.effect("stores the spans and logs of a program under its session", () =>
    Effect.gen(function* () {
      yield* turn
      const observability = yield* Observability.Observability
      yield* observability.flush
      const storage = yield* Storage.Storage
      const timeline = yield* storage.sessionTimeline({ sessionId: session })
      assert.deepStrictEqual(
        timeline.items.map((item) =>
          "spanId" in item && "name" in item ? item.name : "message" in item && item.message
        ),
        ["turn", "hello"]
      )
      const { items } = yield* storage.listTraces({ filters: { sessionId: session } })
      assert.deepInclude(items[0]?.resource, {
        team: "support",
        "service.name": "agent",
        "service.version": "1.2.3",
        "deployment.environment.name": "test"
      })
      assert.strictEqual(items[0]?.environment, "test")
      const stats = yield* observability.stats
      assert.deepStrictEqual(stats.spans, {
        storage: { emitted: 2, exported: 2, queued: 0, dropped: {}, failed: {} }
      })
      assert.strictEqual(stats.logs.storage?.exported, 1)
    }).pipe(
      Effect.provide(
        Observability.layer({
          serviceName: "agent",
          serviceVersion: "1.2.3",
          environment: "test",
          resource: { team: "support" }
        }).pipe(Layer.provideMerge(Storage.layerMemory), Layer.provide(quiet))
      )
    )
  )

  it.effect("records the metrics of the program where it is told to, the last of them when it closes", () =>
    Effect.gen(function* () {
      const counter = Metric.counter("test.observability.counter")
      for (const [metrics, recorded] of [
        [true, []],
        [{ record: true, include: (name: string) => name.startsWith("test.observability.") }, [1]]
      ] as const) {
        const exporter = memory()
        yield* Metric.increment(counter).pipe(
          Effect.provide(Observability.layerExportOnly({ serviceName: "agent", exporters: [exporter], metrics }))
        )
        assert.deepStrictEqual(
          exporter.metrics.map(({ value }) => value),
          [...recorded]
        )
      }
    })
  )

  for (const [what, options, kept] of [
    ["masks secrets", {}, "[REDACTED]"],
    [
      "masks what it is told to",
      { sensitiveData: { keys: ["policy number"], style: { type: "partial" } } },
      "[REDACTED]"
    ],
    ["leaves secrets as they are when told so", { sensitiveData: false }, "hunter2-hunter2"]
  ] as const) {
    it.effect(what, () =>
      Effect.gen(function* () {
        const exporter = memory()
        yield* Effect.void.pipe(
          Effect.withSpan("login", { attributes: { password: "hunter2-hunter2", policyNumber: "12345678" } }),
          Effect.provide(Observability.layerExportOnly({ serviceName: "agent", exporters: [exporter], ...options }))
        )
        assert.strictEqual(exporter.spans[0]?.attributes.password, kept)
        assert.strictEqual(
          exporter.spans[0]?.attributes.policyNumber === "12345678",
          what !== "masks what it is told to"
        )
      })
    )
  }

  it.effect("exports without a storage where that is all that is wanted", () =>
    Effect.gen(function* () {
      const exporters = [memory("a"), memory("b")] as const
      yield* turn.pipe(Effect.provide([Observability.layerExportOnly({ serviceName: "agent", exporters }), quiet]))
      for (const { logs, spans } of exporters) {
        assert.deepStrictEqual(
          spans.map((span) => [span.name, span.sessionId, span.serviceName]),
          [
            ["model", session, "agent"],
            ["turn", session, "agent"]
          ]
        )
        assert.deepStrictEqual(
          logs.map((log) => [log.message, log.data]),
          [["hello", [{ answer: 42 }]]]
        )
      }
    })
  )

  it.effect("keeps to the limits of its configuration", () =>
    Effect.gen(function* () {
      const kept = memory()
      yield* Effect.log("hello").pipe(
        Effect.annotateLogs({ a: 1, b: 2 }),
        Effect.withSpan("turn", { attributes: { a: 1, b: 2 } }),
        Effect.provide([
          Observability.layerExportOnly({ serviceName: "agent", exporters: [kept], limits: { attributeCount: 1 } }),
          quiet
        ])
      )
      assert.deepStrictEqual(
        [...kept.spans, ...kept.logs].map(({ attributes }) => Object.keys(attributes).length),
        [1, 1]
      )
    })
  )

  it.effect("exports no more at once than its configuration allows", () =>
    Effect.gen(function* () {
      const sizes: Array<number> = []
      const exporter: Exporter = {
        name: "counting",
        export: ({ logs, spans }) => Effect.sync(() => void sizes.push(logs.length + spans.length))
      }
      const config = { serviceName: "agent", exporters: [exporter], batch: { maxBatchSize: 1 } }
      yield* turn.pipe(Effect.provide([Observability.layerExportOnly(config), quiet]))
      assert.deepStrictEqual(sizes, [1, 1, 1])
    })
  )

  it.effect("stores what is still open when it closes, before the storage closes", () =>
    Effect.gen(function* () {
      let open = true
      const stored: Array<string> = []
      const layer = Layer.scoped(
        Storage.Storage,
        Effect.acquireRelease(
          Effect.succeed(
            Storage.make({
              insertSpans: (spans) =>
                Effect.sync(() => {
                  assert.isTrue(open)
                  stored.push(...spans.map((span) => `${span.name} ${span.status}`))
                })
            })
          ),
          () => Effect.sync(() => (open = false))
        )
      )
      yield* Effect.makeSpan("left open").pipe(
        Effect.zipRight(Effect.void.pipe(Effect.withSpan("ended"))),
        Effect.provide(Observability.layer({ serviceName: "agent" }).pipe(Layer.provide(layer)))
      )
      assert.isFalse(open)
      assert.deepStrictEqual(stored.toSorted(), ["ended ok", "left open running"])
    })
  )

  it.effect("writes outside the session, the span and the annotations in which its layer is built", () =>
    Effect.gen(function* () {
      const seen: Array<unknown> = []
      const look = Effect.gen(function* () {
        seen.push(
          Option.getOrNull(yield* SessionId.get),
          Object.keys(yield* TracingOptions.get).length,
          Option.getOrNull(yield* Effect.option(Effect.currentParentSpan)),
          HashMap.size(yield* FiberRef.get(FiberRef.currentTracerSpanAnnotations)),
          HashMap.size(yield* FiberRef.get(FiberRef.currentLogAnnotations)),
          List.size(yield* FiberRef.get(FiberRef.currentLogSpan)),
          yield* FiberRef.get(FiberRef.currentTracerEnabled)
        )
      })
      const exporter: Exporter = { name: "looking", export: () => look, shutdown: look }
      yield* Effect.void.pipe(
        Effect.withSpan("recorded"),
        Effect.provide(Observability.layerExportOnly({ serviceName: "agent", exporters: [exporter] })),
        Effect.annotateLogs("a", 1),
        Effect.annotateSpans("a", 1),
        Effect.withLogSpan("around"),
        Effect.withSpan("around"),
        TracingOptions.withTracingOptions({ sessionId: session, runId: "run", tags: ["tag"] })
      )
      const outside = [null, 0, null, 0, 0, 0, false]
      assert.deepStrictEqual(seen, [...outside, ...outside])
    })
  )

  it.effect("does not record what it says itself, nor what exporters do", () =>
    Effect.gen(function* () {
      const kept = memory()
      const said: Array<unknown> = []
      const listening = Logger.replace(
        Logger.defaultLogger,
        Logger.make(({ message }) => void said.push(message))
      )
      const talkative: Exporter = {
        name: "talkative",
        export: () => Effect.die("broken").pipe(Effect.zipLeft(Effect.log("exporting")), Effect.withSpan("export"))
      }
      yield* Effect.gen(function* () {
        const { flush } = yield* Observability.Observability
        for (let i = 0; i < 3; i++) {
          yield* Effect.void.pipe(Effect.withSpan("recorded"))
          yield* flush
        }
      }).pipe(
        Effect.provide(
          Observability.layerExportOnly({ serviceName: "agent", exporters: [kept, talkative] }).pipe(
            Layer.provide(listening)
          )
        )
      )
      assert.isNotEmpty(said)
      assert.deepStrictEqual(
        kept.spans.map((span) => span.name),
        ["recorded", "recorded", "recorded"]
      )
      assert.isEmpty(kept.logs)
    })
  )

  it.effect("takes a decoded configuration", () =>
    Effect.gen(function* () {
      const kept = memory()
      const config = yield* Schema.decode(ObservabilityConfig)({ serviceName: "agent", exporters: [kept] })
      yield* Effect.void.pipe(Effect.withSpan("recorded"), Effect.provide(Observability.layerExportOnly(config)))
      assert.lengthOf(kept.spans, 1)
    })
  )

  it.effect("fails to build with a ParseError that names what is wrong in its configuration", () =>
    Effect.gen(function* () {
      const wrong: Array<[config: unknown, part: string]> = [
        [{}, "serviceName"],
        [{ serviceName: "" }, "serviceName"],
        [{ serviceName: "a", servicename: "b" }, "servicename"],
        [{ serviceName: "a", batch: { maxQueueLength: 1 } }, "maxQueueLength"],
        [{ serviceName: "a", batch: { maxBatchSize: 0 } }, "maxBatchSize"],
        [{ serviceName: "a", batch: { exportTimeout: "soon" } }, "exportTimeout"],
        [{ serviceName: "a", defaultSessionId: " " }, "defaultSessionId"],
        [{ serviceName: "a", exporters: [{ name: "no" }] }, "exporters"],
        [{ serviceName: "a", exporters: [memory(), memory()] }, "memory"],
        [{ serviceName: "a", exporters: [memory("storage")] }, "storage"],
        [{ serviceName: "a", processors: [{ name: "no", span: true }] }, "processors"]
      ]
      for (const [config, part] of wrong) {
        const exit = yield* Effect.exit(Effect.scoped(Layer.build(Observability.layerExportOnly(config as Input))))
        assert.isTrue(Exit.isFailure(exit), part)
        if (Exit.isFailure(exit)) {
          const error = Option.getOrThrow(Cause.failureOption(exit.cause))
          assert.strictEqual(error._tag, "ParseError")
          assert.include(error.message, part)
        }
      }
    })
  )

  describe("the configuration", () => {
    it.effect("has a default for all but the name, and decodes to itself", () =>
      Effect.gen(function* () {
        const once = yield* Schema.decode(ObservabilityConfig)({ serviceName: "agent", batch: { scheduledDelay: 200 } })
        assert.strictEqual(once.batch.maxQueueSize, 50_000)
        assert.strictEqual(once.limits.attributeValueLength, 131_072)
        assert.deepStrictEqual(yield* Schema.decode(ObservabilityConfig)(once), once)
      })
    )
  })

  it.effect("prints a trace as a tree, logs within, through the Console service", () =>
    Effect.gen(function* () {
      const printed: Array<string> = []
      const printer: Console.Console = {
        ...(yield* Effect.console),
        log: (text) => Effect.sync(() => void printed.push(String(text)))
      }
      yield* turn.pipe(
        Effect.provide(
          Observability.layerExportOnly({ serviceName: "agent", exporters: [console] }).pipe(
            Layer.provide([quiet, Console.setConsole(printer)])
          )
        )
      )
      assert.strictEqual(
        printed.join("\n").replace(/#[0-9a-f]{8}/, "#trace"),
        ["turn 0.0 ms session=support-4711 #trace", "└─ model 0.0 ms", `   └─ INFO hello {"answer":42}`].join("\n")
      )
    })
  )
})
