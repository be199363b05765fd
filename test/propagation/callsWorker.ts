/** The server of a worker thread or a child process, with a store of its own. */
import { NodeRuntime, NodeWorkerRunner } from "@effect/platform-node"
import { RpcServer } from "@effect/rpc"
import { Layer } from "effect"
import { observed, server } from "./calls.js"

server().pipe(
  Layer.provide(RpcServer.layerProtocolWorkerRunner),
  Layer.provide(NodeWorkerRunner.layer),
  Layer.provide(observed("worker")),
  NodeWorkerRunner.launch,
  NodeRuntime.runMain
)
