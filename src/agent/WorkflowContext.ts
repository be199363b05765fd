/**
 * The execution of a durable workflow that a fiber works for. It can be read in the body and in the activities of a
 * workflow where the layer of `WorkflowPropagation` is there.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import * as Option from "effect/Option"
import type { AnySpan } from "effect/Tracer"
import { currentWorkflowRun } from "../identity/internal/workflowRun.js"
import * as ids from "./internal/ids.js"

/**
 * A workflow execution that is under way, with the ids of the work that it belongs to.
 *
 * @since 0.1.0
 * @category models
 */
export interface WorkflowContext extends ids.Ids {
  readonly workflowName: string
  /** The same for every resumption and replay of the execution. */
  readonly executionId: string
  /** Absent in the body. */
  readonly activityName?: string | undefined
  /** Of the activity, counted from 1. */
  readonly attempt?: number | undefined
  /** The span that the fiber is in. */
  readonly span?: AnySpan | undefined
}

/**
 * The workflow execution that the fiber works for.
 *
 * @example
 * ```ts
 * import { Effect, Option } from "effect"
 * import { WorkflowContext } from "effect-observability"
 *
 * const idempotencyKey = Effect.map(
 *   WorkflowContext.current,
 *   Option.map(({ activityName, executionId }) => `${executionId}/${activityName}`)
 * )
 * ```
 *
 * @since 0.1.0
 * @category accessors
 */
export const current: Effect.Effect<Option.Option<WorkflowContext>> = Effect.all([
  FiberRef.get(currentWorkflowRun),
  ids.current,
  Effect.option(Effect.currentParentSpan)
]).pipe(
  Effect.map(([run, ids, span]) => Option.map(run, (run) => ({ ...run, ...ids, span: Option.getOrUndefined(span) })))
)
