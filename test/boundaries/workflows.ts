import { spawn } from "node:child_process"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert } from "@effect/vitest"
import { WorkflowEngine } from "@effect/workflow"
import { Effect, Layer, Option } from "effect"
import { SessionId, Storage, TracingOptions } from "effect-observability"
import { DuckDbStorage } from "effect-observability/duckdb"
import { WorkflowPropagation } from "effect-observability/workflow"
import { decide, Order, OrderLive, until } from "../propagation/order.js"
import { stored } from "../propagation/utils.js"
import { folder } from "../utils/folder.js"
import type { Row } from "./row.js"

const ada = { sessionId: SessionId.SessionId.make("ada"), threadId: "t", runId: "r", userId: "ada", tags: ["beta"] }
const bob = SessionId.SessionId.make("bob")

const replay = "effect_observability.replay"

/** Ada places an order in memory, and Bob refuses it once it sleeps: what was stored, by name. */
const refusedByBob = Effect.gen(function* () {
  const executionId = yield* Order.execute({ id: "1" }, { discard: true }).pipe(
    Effect.withSpan("ask"),
    TracingOptions.withTracingOptions(ada)
  )
  yield* until(executionId, "Suspended")
  yield* decide(executionId, false).pipe(Effect.withSpan("answer"), SessionId.withSessionId(bob))
  yield* until(executionId, "Complete")
  const { logs, spans } = yield* stored
  return { logs, named: (name: string) => spans.filter((span) => span.name === name) }
}).pipe(
  Effect.provide(
    OrderLive().pipe(Layer.provideMerge(WorkflowPropagation.layer), Layer.provide(WorkflowEngine.layerMemory))
  )
)

const resumed = Effect.gen(function* () {
  const { logs, named } = yield* refusedByBob
  const [ask] = named("ask")
  const [answer] = named("answer")
  for (const name of ["invoke_workflow Order", "charge", "bank", "ship", "carrier", "decision", "refund"]) {
    assert.isNotEmpty(named(name), name)
    for (const { runId, sessionId, tags, threadId, traceId, userId } of named(name)) {
      assert.deepStrictEqual({ sessionId, threadId, runId, userId, tags }, ada, name)
      assert.strictEqual(traceId, ask?.traceId, name)
    }
  }
  assert.deepStrictEqual(
    logs.map(({ message, sessionId }) => [message, sessionId]).sort(),
    ["charging", "decided", "refunding"].map((message) => [message, "ada"])
  )
  assert.strictEqual(answer?.sessionId, "bob")
  assert.strictEqual(named("invoke_workflow Order")[1]?.links[0]?.traceId, answer?.traceId)
})

const activities = Effect.gen(function* () {
  const { named } = yield* refusedByBob
  const [run] = named("invoke_workflow Order")
  for (const name of ["charge", "insure", "ship"]) {
    const [first, again] = named(name)
    assert.deepStrictEqual(
      [first?.sessionId, first?.spanType, first?.parentSpanId],
      ["ada", "workflow_step", run?.spanId],
      name
    )
    assert.deepStrictEqual([first?.attributes[replay], again?.attributes[replay]], [undefined, true], name)
  }
  assert.deepStrictEqual(
    named("bank").map(({ parentSpanId, sessionId }) => [parentSpanId, sessionId]),
    [[named("charge")[0]?.spanId, "ada"]]
  )
  assert.deepStrictEqual(
    named("insure").map(({ status }) => status),
    ["error", "error"]
  )
  const storage = yield* Storage.Storage
  const { errors } = Option.getOrThrow(yield* storage.getSession("ada"))
  assert.strictEqual(errors, 2, "the activity that failed, once, and the run that was refused")
})

const script = fileURLToPath(new URL("./orderRunner.ts", import.meta.url))

/** Runs a process until it ends, or kills it once it prints a line. */
const run = (options: { readonly killOn?: string }, ...args: ReadonlyArray<string>) =>
  Effect.async<NodeJS.Signals | number | null>((resume) => {
    const child = spawn(process.execPath, ["--import", "tsx", script, ...args], {
      stdio: ["ignore", "pipe", "inherit"]
    })
    child.stdout.on("data", (chunk) => {
      if (options.killOn !== undefined && String(chunk).includes(options.killOn)) child.kill("SIGKILL")
    })
    child.on("close", (code, signal) => resume(Effect.succeed(signal ?? code)))
    return Effect.sync(() => child.kill("SIGKILL"))
  })

const spansIn = (path: string) =>
  Effect.flatMap(Storage.Storage, (storage) => storage.listSpans({ pagination: { limit: 1_000 } })).pipe(
    Effect.map(
      ({ items }) =>
        (name: string) =>
          items.filter((span) => span.name === name)
    ),
    Effect.provide(DuckDbStorage.layer({ path }))
  )

const secondRunner = Effect.gen(function* () {
  const path = yield* folder
  const messages = join(path, "messages.db")
  const [first, second] = [join(path, "first.duckdb"), join(path, "second.duckdb")]
  assert.strictEqual(yield* run({ killOn: "shipping" }, "start", messages, first), "SIGKILL")
  assert.strictEqual(yield* run({}, "resume", messages, second), 0)

  const byFirst = yield* spansIn(first)
  const bySecond = yield* spansIn(second)
  const [ask] = byFirst("ask")
  assert.strictEqual(ask?.sessionId, "ada")
  assert.strictEqual(byFirst("bank").length, 1)
  for (const name of ["invoke_workflow Order", "charge", "ship", "carrier", "decision", "refund"]) {
    const spans = bySecond(name)
    assert.isNotEmpty(spans, name)
    for (const { sessionId, traceId } of spans) {
      assert.deepStrictEqual({ sessionId, traceId }, { sessionId: "ada", traceId: ask?.traceId }, name)
    }
  }
  assert.isEmpty(bySecond("bank"))
  for (const [name, replayed] of Object.entries({ charge: [true, true], ship: [true, undefined] })) {
    assert.deepStrictEqual(
      bySecond(name).map((span) => span.attributes[replay]),
      replayed
    )
  }
  assert.strictEqual(bySecond("answer")[0]?.sessionId, "bob")
})

/** What is crossed by a workflow that sleeps. */
export const rows: ReadonlyArray<Row> = [
  {
    boundary: "a workflow on the memory engine",
    holds: "resumed from another session: runs in the session and the trace that started it, compensation too",
    run: resumed
  },
  {
    boundary: "a workflow on the cluster engine",
    holds: "resumed by a second process after the first was killed: the same session and trace",
    run: secondRunner
  },
  {
    boundary: "activities",
    holds: "steps of the run that started them; a replayed one is marked, and its error counted once",
    run: activities
  }
]
