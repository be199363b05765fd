/** A workflow: a ticket is issued, rests until the seats are confirmed, and is sent. */
import { Activity, DurableClock, Workflow, WorkflowEngine } from "@effect/workflow"
import { Effect, Layer, Schema } from "effect"
import { WorkflowPropagation } from "effect-observability/workflow"

export const Ticketing = Workflow.make({
  name: "ticketing",
  payload: { reservation_id: Schema.String },
  success: Schema.String,
  idempotencyKey: ({ reservation_id }) => reservation_id
})

/** The engine is in memory. With one that lasts, a workflow sleeps for days, and wakes up in another process. */
export const layer = Ticketing.toLayer(
  Effect.fnUntraced(function* ({ reservation_id }) {
    const ticket = yield* Activity.make({
      name: "issue ticket",
      success: Schema.String,
      execute: Effect.succeed(`ticket-${reservation_id}`)
    })
    // Of more than a minute, it would leave the memory until it wakes up.
    yield* DurableClock.sleep({ name: "confirmation", duration: "200 millis" })
    yield* Activity.make({ name: "send ticket", execute: Effect.sleep("5 millis") })
    return ticket
  })
).pipe(Layer.provideMerge(WorkflowPropagation.layer), Layer.provide(WorkflowEngine.layerMemory))
