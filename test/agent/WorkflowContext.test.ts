import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import { SessionId, TracingOptions, WorkflowContext } from "effect-observability"
import { currentWorkflowRun } from "../../src/identity/internal/workflowRun.js"
import { only, recorded } from "./utils.js"

describe("WorkflowContext", () => {
  it.effect("gives the execution, whom it belongs to and the span", () =>
    Effect.gen(function* () {
      const run = { workflowName: "booking", executionId: "execution-1", activityName: "charge", attempt: 2 }
      const sessionId = SessionId.SessionId.make("s-1")
      const { exit, spans } = yield* recorded(
        WorkflowContext.current.pipe(
          Effect.withSpan("charge"),
          Effect.locally(currentWorkflowRun, Option.some(run)),
          TracingOptions.withTracingOptions({ sessionId, runId: "run-1" })
        )
      )
      const { span, ...context } = Option.getOrThrow(yield* exit)
      assert.deepStrictEqual(context, { ...run, sessionId, threadId: undefined, runId: "run-1", requestId: undefined })
      assert.strictEqual(span?.spanId, only(spans).spanId)
    })
  )

  it.effect("is none outside of workflows", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* WorkflowContext.current, Option.none())
    })
  )
})
