/**
 * A session across RPC and cluster entities, and to servers of the Model Context Protocol, which are made of RPC.
 *
 * @since 0.1.0
 */
export * as McpPropagation from "./propagation/McpPropagation.js"
export * as RpcPropagation from "./propagation/RpcPropagation.js"
