/**
 * A session across RPC and cluster entities, and to servers of the Model Context Protocol, which are made of RPC.
 *
 * @since 0.1.0
 */
/** A session across the Model Context Protocol. */
export * as McpPropagation from "./propagation/McpPropagation.js"
/** A session across calls of `@effect/rpc` and messages of a cluster. */
export * as RpcPropagation from "./propagation/RpcPropagation.js"
