import { SingleRunner } from "@effect/cluster"
import * as ClusterWorkflowEngine from "@effect/cluster/ClusterWorkflowEngine"
import { RunnerAddress } from "@effect/cluster/RunnerAddress"
import { LibsqlClient } from "@effect/sql-libsql"
import { Activity, DurableDeferred, Workflow } from "@effect/workflow"
import { Effect, Layer, Option, Schema } from "effect"
import { WorkflowPropagation } from "effect-observability/workflow"

/** A workflow that waits for an approval between two activities, and fails when it is refused. */
export const Order = Workflow.make({
  name: "Order",
  payload: { id: Schema.String },
  error: Schema.String,
  idempotencyKey: ({ id }) => id
})

const approval = DurableDeferred.make("approval", { success: Schema.Boolean })

/** What a test can do inside the second activity. */
export const OrderLive = (shipping: Effect.Effect<void> = Effect.void) =>
  Order.toLayer(() =>
    Effect.gen(function* () {
      yield* Activity.make({ name: "charge", execute: Effect.withSpan(Effect.log("charging"), "bank") }).pipe(
        Order.withCompensation(() => Effect.withSpan(Effect.log("refunding"), "refund"))
      )
      yield* Activity.make({
        name: "insure",
        error: Schema.String,
        execute: Effect.fail("not insurable")
      }).pipe(Effect.ignore)
      yield* Activity.make({ name: "ship", execute: Effect.withSpan(shipping, "carrier") })
      const approved = yield* DurableDeferred.await(approval)
      yield* Effect.log("decided").pipe(Effect.withSpan("decision"))
      yield* approved ? Effect.void : Effect.fail("refused")
    })
  )

/** A runner of a cluster that keeps its messages and its locks in a file. */
export const runner = (path: string, port: number) =>
  WorkflowPropagation.layer.pipe(
    Layer.provide(ClusterWorkflowEngine.layer),
    Layer.provide(
      SingleRunner.layer({
        shardingConfig: {
          runnerAddress: Option.some(RunnerAddress.make({ host: "localhost", port })),
          shardsPerGroup: 8,
          shardLockRefreshInterval: "500 millis",
          shardLockExpiration: "2 seconds",
          refreshAssignmentsInterval: "200 millis",
          entityMessagePollInterval: "100 millis",
          entityReplyPollInterval: "50 millis",
          entityTerminationTimeout: "1 second"
        }
      })
    ),
    Layer.provide(LibsqlClient.layer({ url: `file:${path}`, intMode: "bigint" }))
  )

/** Answers the approval that an execution waits for. */
export const decide = (executionId: string, approved: boolean) =>
  DurableDeferred.succeed(approval, {
    token: DurableDeferred.tokenFromExecutionId(approval, { workflow: Order, executionId }),
    value: approved
  })

/** Waits until an execution is suspended or complete. */
export const until = (executionId: string, tag: "Suspended" | "Complete") =>
  Order.poll(executionId).pipe(
    Effect.withTracerEnabled(false),
    Effect.delay("10 millis"),
    Effect.repeat({ until: (result) => result?._tag === tag })
  )
