/**
 * Keeps an execution of a durable workflow in the session that started it: whoever resumes it, and wherever.
 *
 * @since 0.1.0
 */
import type * as Workflow from "@effect/workflow/Workflow"
import { WorkflowEngine, WorkflowInstance } from "@effect/workflow/WorkflowEngine"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Tracer from "effect/Tracer"
import { carriedBy, openSpanOf } from "../identity/internal/currentCorrelation.js"
import { currentWorkflowRun, type WorkflowRun } from "../identity/internal/workflowRun.js"
import * as effectObservability from "../signal/conventions/effectObservability.js"
import * as genAi from "../signal/conventions/genAi.js"
import { parentSpan } from "./internal/within.js"
import * as Propagation from "./Propagation.js"

/**
 * Wraps a workflow engine. What starts an execution leaves its session, its tracing options and its trace in the payload
 * that the engine keeps; the body, its activities, deferreds and compensation run in them, after every resumption. Each
 * run of the body is a span `invoke_workflow {name}`, and each activity one of the type `workflow_step`; an activity
 * whose result was kept, and that did not run again, has the attribute `effect_observability.replay`.
 *
 * @example
 * ```ts
 * import { Workflow, WorkflowEngine } from "@effect/workflow"
 * import { Effect, Layer, Schema } from "effect"
 * import { WorkflowPropagation } from "effect-observability/workflow"
 *
 * const Order = Workflow.make({ name: "Order", payload: { id: Schema.String }, idempotencyKey: ({ id }) => id })
 *
 * const OrderLive = Order.toLayer(({ id }) => Effect.log(`shipping ${id}`)).pipe(
 *   Layer.provideMerge(WorkflowPropagation.layer),
 *   Layer.provide(WorkflowEngine.layerMemory)
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<WorkflowEngine, never, WorkflowEngine> = Layer.effect(
  WorkflowEngine,
  Effect.map(WorkflowEngine, (engine) => {
    const self: WorkflowEngine["Type"] = {
      ...engine,
      register: (workflow, execute) =>
        engine.register(withCarrier(workflow), (payload, executionId) => {
          const { [field]: carrier, ...fields } = payload as Record<string, unknown>
          const run = { workflowName: workflow.name, executionId }
          return asStarted(
            Option.getOrElse(decodeCarrier(carrier), () => ({})),
            run,
            (links) =>
              execute(workflow.payloadSchema.make(fields, true), executionId).pipe(
                Effect.withSpan(`invoke_workflow ${workflow.name}`, {
                  attributes: {
                    [genAi.operation]: "invoke_workflow",
                    [genAi.workflowName]: workflow.name,
                    executionId
                  },
                  links,
                  captureStackTrace: false
                }),
                Effect.locally(currentWorkflowRun, Option.some(run)),
                Effect.provideService(WorkflowEngine, self)
              )
          )
        }),
      execute: (workflow, options) =>
        Effect.flatMap(Propagation.capture, (carrier) =>
          engine.execute(withCarrier(workflow), { ...options, payload: { ...options.payload, [field]: carrier } })
        ),
      poll: (workflow, executionId) => engine.poll(withCarrier(workflow), executionId),
      interrupt: (workflow, executionId) => engine.interrupt(withCarrier(workflow), executionId),
      resume: (workflow, executionId) => engine.resume(withCarrier(workflow), executionId),
      activityExecute: Effect.fnUntraced(function* (activity, attempt) {
        const { executionId, workflow } = yield* WorkflowInstance
        yield* Effect.annotateCurrentSpan(effectObservability.spanType, "workflow_step")
        const run = { workflowName: workflow.name, executionId, activityName: activity.name, attempt }
        let ran = false
        const executeEncoded = Effect.suspend(() => {
          ran = true
          return Effect.locally(activity.executeEncoded, currentWorkflowRun, Option.some(run))
        })
        const result = yield* engine.activityExecute({ ...activity, executeEncoded }, attempt)
        if (result._tag === "Complete" && !ran) yield* Effect.annotateCurrentSpan(effectObservability.replay, true)
        return result
      })
    }
    return self
  })
)

/**
 * Runs the body of an execution in the session and the trace in which it was started. An open span of that trace and
 * session stays its parent; a span of another trace, in which somebody resumed it, becomes a link.
 */
const asStarted = <A, E, R>(
  carrier: Propagation.Carrier,
  run: WorkflowRun,
  body: (links: ReadonlyArray<Tracer.SpanLink>) => Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  Effect.flatMap(parentSpan, (around) =>
    Effect.flatMap(parentSpan, (started) => {
      if (around === undefined) return body([])
      if (around.traceId !== started?.traceId) return body([{ _tag: "SpanLink", span: around, attributes: {} }])
      const { sessionId, ...options } = carrier.options ?? {}
      if (isRequest(around, run)) {
        openSpanOf(around)?.reassign(sessionId, options)
        openSpanOf(around)?.adopt(carriedBy(started) ?? {})
      }
      return isOpen(around) && carriedBy(around)?.sessionId === sessionId
        ? Effect.withParentSpan(body([]), around)
        : body([])
    }).pipe(Propagation.restore(carrier))
  )

/** Whether a span is that of the request which has a runner of `@effect/cluster` run an execution. */
const isRequest = (span: Tracer.AnySpan, { executionId, workflowName }: WorkflowRun): boolean =>
  span._tag === "Span" && span.name === `Workflow/${workflowName}(${executionId}).run`

const isOpen = (span: Tracer.AnySpan): boolean => span._tag === "Span" && span.status._tag === "Started"

/** The field of the payload in which an engine keeps the carrier, unread. */
const field = "~effect-observability/carrier"

/** The workflow as the engine knows it. What is no carrier is refused when it is read: it must not fail an execution. */
const withCarrier = <W extends Workflow.Any>(workflow: W): W => ({
  ...workflow,
  payloadSchema: Schema.Struct({ ...workflow.payloadSchema.fields, [field]: Schema.optional(Schema.Unknown) })
})

const decodeCarrier = Schema.decodeUnknownOption(Propagation.Carrier)
