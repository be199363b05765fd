/** Answers requests in the session that they carry, and gives out what it has stored; its port is printed. */
import { createServer } from "node:http"
import { HttpRouter, HttpServer, HttpServerResponse } from "@effect/platform"
import { NodeHttpServer, NodeRuntime } from "@effect/platform-node"
import { Console, Effect, Layer } from "effect"
import { Observability, Storage } from "effect-observability"
import { DuckDbStorage } from "effect-observability/duckdb"
import { HttpPropagation } from "effect-observability/http"

const router = HttpRouter.empty.pipe(
  HttpRouter.get("/work", Effect.zipRight(Effect.withSpan(Effect.void, "work"), HttpServerResponse.text("done"))),
  HttpRouter.get(
    "/spans",
    Effect.gen(function* () {
      const { flush } = yield* Observability.Observability
      const storage = yield* Storage.Storage
      yield* flush
      const { items } = yield* storage.listSpans({})
      return HttpServerResponse.unsafeJson(items)
    })
  )
)

const main = HttpServer.serve(router, HttpPropagation.middleware({ trust: "always" })).pipe(
  Layer.merge(
    Layer.effectDiscard(HttpServer.addressWith((address) => Console.log(address._tag === "TcpAddress" && address.port)))
  ),
  Layer.provide(NodeHttpServer.layer(createServer, { host: "127.0.0.1", port: 0 })),
  Layer.provide(
    Layer.provideMerge(Observability.layer({ serviceName: "server" }), DuckDbStorage.layer({ path: ":memory:" }))
  )
)

NodeRuntime.runMain(Layer.launch(main))
