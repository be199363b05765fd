/**
 * A session across a workflow's sleep.
 *
 * @since 0.1.0
 */
/** A session across the sleep of a durable workflow. */
export * as WorkflowPropagation from "./propagation/WorkflowPropagation.js"
