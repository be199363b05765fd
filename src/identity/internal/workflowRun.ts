import * as FiberRef from "effect/FiberRef"
import { globalValue } from "effect/GlobalValue"
import * as Option from "effect/Option"

/** The execution of a durable workflow that a fiber works for, and the activity that it is in. */
export interface WorkflowRun {
  readonly workflowName: string
  readonly executionId: string
  readonly activityName?: string | undefined
  /** Counted from 1. */
  readonly attempt?: number | undefined
}

/** Set in the body and in the activities of a workflow whose engine has the layer of `WorkflowPropagation`. */
export const currentWorkflowRun: FiberRef.FiberRef<Option.Option<WorkflowRun>> = globalValue(
  "effect-observability/WorkflowPropagation/currentWorkflowRun",
  () => FiberRef.unsafeMake<Option.Option<WorkflowRun>>(Option.none(), { join: (parent) => parent })
)
