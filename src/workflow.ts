/**
 * A session across a workflow's sleep.
 *
 * @since 0.1.0
 */
export * as WorkflowPropagation from "./propagation/WorkflowPropagation.js"
