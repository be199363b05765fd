/**
 * A session across RPC and cluster entities.
 *
 * @since 0.1.0
 */
export * as RpcPropagation from "./propagation/RpcPropagation.js"
