import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { DurableClock, Workflow, WorkflowEngine } from "@effect/workflow"
import { Deferred, Effect, FiberRef, Layer, Logger, Option, PrimaryKey, Schema } from "effect"
import { Observability, Propagation, SessionId, Storage, TracingOptions } from "effect-observability"
import { WorkflowPropagation } from "effect-observability/workflow"
import { currentWorkflowRun } from "../../src/identity/internal/workflowRun.js"
import { folder } from "../utils/folder.js"
import { decide, Order, OrderLive, runner, until } from "./order.js"

const ada = { sessionId: SessionId.SessionId.make("ada"), threadId: "t", runId: "r", userId: "ada", tags: ["beta"] }
const bob = { sessionId: SessionId.SessionId.make("bob"), userId: "bob" }

const file = Effect.map(folder, (folder) => join(folder, "cluster.db"))

/** Executes an order, and goes on when it is done. */
const Batch = Workflow.make({ name: "Batch", payload: { id: Schema.String }, idempotencyKey: ({ id }) => id })

const BatchLive = Batch.toLayer(({ id }) =>
  Order.execute({ id }).pipe(Effect.orDie, Effect.zipRight(Effect.withSpan(Effect.void, "done")))
)

const Nap = Workflow.make({ name: "Nap", payload: { id: Schema.String }, idempotencyKey: ({ id }) => id })

const NapLive = Nap.toLayer(() =>
  DurableClock.sleep({ name: "nap", duration: "100 millis", inMemoryThreshold: "1 millis" })
)

class Cancel extends Schema.TaggedRequest<Cancel>()("Cancel", {
  payload: {
    id: Schema.String,
    at: Schema.Date,
    reason: Schema.optionalWith(Schema.String, { default: () => "none" })
  },
  success: Schema.Void,
  failure: Schema.Never
}) {
  [PrimaryKey.symbol]() {
    return this.id
  }
}

const Cancelling = Workflow.fromTaggedRequest(Cancel)

const engines = {
  memory: WorkflowPropagation.layer.pipe(Layer.provide(WorkflowEngine.layerMemory)),
  cluster: Layer.unwrapScoped(Effect.map(file, (path) => runner(path, 34_431)))
}

const observed = Observability.layer({ serviceName: "orders" }).pipe(
  Layer.provideMerge(Storage.layerMemory),
  Layer.provideMerge(Logger.remove(Logger.defaultLogger))
)

const program = (engine: keyof typeof engines, shipping?: Effect.Effect<void>) =>
  OrderLive(shipping).pipe(Layer.provideMerge(engines[engine]), Layer.provideMerge(observed))

/** Starts an order as Ada, and has Bob decide on it once it sleeps. */
const decidedByBob = (approved: boolean) =>
  Effect.gen(function* () {
    const executionId = yield* Order.execute({ id: "1" }, { discard: true }).pipe(
      Effect.withSpan("ask"),
      TracingOptions.withTracingOptions(ada)
    )
    yield* until(executionId, "Suspended")
    yield* decide(executionId, approved).pipe(
      Effect.withSpan("answer", { root: true }),
      TracingOptions.withTracingOptions(bob)
    )
    yield* until(executionId, "Complete")
    return executionId
  })

const stored = Effect.gen(function* () {
  yield* Effect.flatMap(Observability.Observability, (_) => _.flush)
  const storage = yield* Storage.Storage
  const { items: spans } = yield* storage.listSpans({ pagination: { limit: 1_000 } })
  const { items: logs } = yield* storage.listLogs({ pagination: { limit: 1_000 } })
  return { spans, logs, named: (name: string) => spans.filter((span) => span.name === name).reverse() }
})

for (const engine of ["memory", "cluster"] as const) {
  describe(`a workflow on the ${engine} engine`, () => {
    it.scopedLive("runs in the session that started it, when another one resumes it", () =>
      Effect.gen(function* () {
        const executionId = yield* decidedByBob(false)
        const { logs, named } = yield* stored
        for (const name of ["invoke_workflow Order", "charge", "bank", "ship", "carrier", "decision", "refund"]) {
          const spans = named(name)
          assert.isNotEmpty(spans, name)
          for (const { runId, sessionId, tags, threadId, userId } of spans) {
            assert.deepStrictEqual({ sessionId, threadId, runId, userId, tags }, ada, name)
          }
        }
        assert.deepStrictEqual(
          logs.map((log) => [log.message, log.sessionId, log.userId]).reverse(),
          ["charging", "decided", "refunding"].map((message) => [message, "ada", "ada"])
        )
        for (const span of named(`Workflow/Order(${executionId}).run`)) assert.strictEqual(span.sessionId, "ada")
        assert.strictEqual(named("answer")[0]?.sessionId, "bob")
      }).pipe(Effect.provide(program(engine)))
    )

    it.scopedLive("goes on in the trace that it was started in, and its tracestate", () =>
      Effect.gen(function* () {
        const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03"
        yield* decidedByBob(true).pipe(Propagation.restore({ traceparent, tracestate: "foo=1" }))
        const { named } = yield* stored
        const [ask] = named("ask")
        for (const name of ["invoke_workflow Order", "charge", "bank", "ship", "decision"]) {
          for (const { traceId, traceState } of named(name)) {
            assert.deepStrictEqual([traceId, traceState], [ask?.traceId, "foo=1"], name)
          }
        }
        const [answer] = named("answer")
        assert.notStrictEqual(answer?.traceId, ask?.traceId)
        const [first, second] = named("invoke_workflow Order")
        assert.notStrictEqual(second?.parentSpanId, first?.spanId)
        if (engine === "memory") assert.deepStrictEqual(second?.links[0]?.traceId, answer?.traceId)
      }).pipe(Effect.provide(program(engine)))
    )

    it.scopedLive("marks the activities that were replayed, and counts their errors once", () =>
      Effect.gen(function* () {
        yield* decidedByBob(true)
        const { named } = yield* stored
        for (const name of ["charge", "insure", "ship"]) {
          assert.deepStrictEqual(
            named(name).map((span) => span.attributes["effect_observability.replay"]),
            [undefined, true],
            name
          )
        }
        assert.strictEqual(named("bank").length, 1)
        assert.deepStrictEqual(
          named("insure").map((span) => span.status),
          ["error", "error"]
        )
        const storage = yield* Storage.Storage
        assert.strictEqual(Option.getOrThrow(yield* storage.getSession("ada")).errors, 1)
      }).pipe(Effect.provide(program(engine)))
    )

    it.scopedLive("gives its runs and its activities their types", () =>
      Effect.gen(function* () {
        const executionId = yield* decidedByBob(true)
        const { named } = yield* stored
        const [run] = named("invoke_workflow Order")
        assert.strictEqual(run?.spanType, "workflow_run")
        assert.deepInclude(run?.attributes, {
          "gen_ai.operation.name": "invoke_workflow",
          "gen_ai.workflow.name": "Order",
          executionId
        })
        assert.strictEqual(named("charge")[0]?.spanType, "workflow_step")
        assert.strictEqual(named("charge")[0]?.parentSpanId, run?.spanId)
        assert.strictEqual(named("bank")[0]?.parentSpanId, named("charge")[0]?.spanId)
        assert.strictEqual(named("bank")[0]?.spanType, "generic")
      }).pipe(Effect.provide(program(engine)))
    )

    it.scopedLive("that nobody's session started runs in none, when a session resumes it", () =>
      Effect.gen(function* () {
        yield* Effect.gen(function* () {
          const executionId = yield* Order.execute({ id: "1" }, { discard: true })
          yield* until(executionId, "Suspended")
          yield* Effect.zipRight(decide(executionId, false), until(executionId, "Complete")).pipe(
            Effect.withSpan("answer"),
            TracingOptions.withTracingOptions(bob)
          )
        }).pipe(Effect.withSpan("one trace"))
        const { named } = yield* stored
        for (const name of ["invoke_workflow Order", "charge", "bank", "ship", "decision", "refund"]) {
          for (const { sessionId, userId } of named(name)) {
            assert.deepStrictEqual({ sessionId, userId }, { sessionId: undefined, userId: undefined }, name)
          }
        }
      }).pipe(Effect.provide(program(engine)))
    )

    it.scopedLive("that wakes up by itself goes on beside the run that fell asleep", () =>
      Effect.gen(function* () {
        yield* Nap.execute({ id: "1" }).pipe(Effect.withSpan("ask"), TracingOptions.withTracingOptions(ada))
        const { named } = yield* stored
        const [first, second] = named("invoke_workflow Nap")
        assert.deepStrictEqual([second?.sessionId, second?.traceId], ["ada", named("ask")[0]?.traceId])
        assert.isDefined(second?.parentSpanId)
        assert.notStrictEqual(second?.parentSpanId, first?.spanId)
      }).pipe(Effect.provide(Layer.provideMerge(NapLive, Layer.provideMerge(engines[engine], observed))))
    )

    it.scopedLive("that another one executes runs in the session of that one", () =>
      Effect.gen(function* () {
        yield* Batch.execute({ id: "1" }, { discard: true }).pipe(
          Effect.withSpan("ask"),
          TracingOptions.withTracingOptions(ada)
        )
        const executionId = yield* Order.executionId({ id: "1" })
        yield* until(executionId, "Suspended")
        yield* decide(executionId, true).pipe(Effect.withSpan("answer"), TracingOptions.withTracingOptions(bob))
        yield* Batch.poll(yield* Batch.executionId({ id: "1" })).pipe(
          Effect.withTracerEnabled(false),
          Effect.delay("10 millis"),
          Effect.repeat({ until: (result) => result?._tag === "Complete" })
        )
        const { named } = yield* stored
        for (const name of ["invoke_workflow Order", "invoke_workflow Batch", "decision", "done"]) {
          for (const span of named(name)) {
            assert.deepStrictEqual([span.sessionId, span.traceId], ["ada", named("ask")[0]?.traceId], name)
          }
        }
        assert.strictEqual(named("done").length, 1)
      }).pipe(Effect.provide(Layer.provideMerge(BatchLive, program(engine))))
    )

    it.scopedLive("is given its payload as it declares it", () =>
      Effect.gen(function* () {
        const given = yield* Deferred.make<Cancel>()
        const live = Cancelling.toLayer((payload) => Effect.asVoid(Deferred.succeed(given, payload)))
        yield* Effect.gen(function* () {
          yield* Cancelling.execute({ id: "1", at: new Date(0) })
          const payload = yield* Deferred.await(given)
          assert.instanceOf(payload, Cancel)
          assert.deepStrictEqual({ ...payload }, { _tag: "Cancel", id: "1", at: new Date(0), reason: "none" })
        }).pipe(Effect.provide(Layer.provideMerge(live, Layer.provideMerge(engines[engine], observed))))
      })
    )

    it.scopedLive("says which execution and which activity a fiber works for", () =>
      Effect.gen(function* () {
        const seen: Array<unknown> = []
        const look = Effect.flatMap(FiberRef.get(currentWorkflowRun), (run) =>
          Effect.sync(() => seen.push(Option.getOrUndefined(run)))
        )
        yield* Effect.gen(function* () {
          const executionId = yield* decidedByBob(true)
          yield* look
          assert.deepStrictEqual(seen, [
            { workflowName: "Order", executionId, activityName: "ship", attempt: 1 },
            undefined
          ])
        }).pipe(Effect.provide(program(engine, look)))
      })
    )
  })
}
