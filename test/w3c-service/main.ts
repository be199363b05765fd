/**
 * The service under test of the W3C trace-context harness (https://github.com/w3c/trace-context/tree/main/test): it takes
 * a JSON array of `{ url, arguments }`, and posts each `arguments` to its `url` in the trace of the request.
 */
import { createServer } from "node:http"
import {
  HttpClient,
  HttpClientRequest,
  HttpRouter,
  HttpServer,
  HttpServerRequest,
  HttpServerResponse
} from "@effect/platform"
import { NodeHttpClient, NodeHttpServer, NodeRuntime } from "@effect/platform-node"
import { Config, Effect, Layer, Schema } from "effect"
import { type Exporter, Observability } from "effect-observability"
import { HttpPropagation } from "effect-observability/http"

const Calls = Schema.Array(Schema.Struct({ url: Schema.String, arguments: Schema.Unknown }))

const router = HttpRouter.empty.pipe(
  HttpRouter.post(
    "/*",
    Effect.gen(function* () {
      const client = yield* HttpClient.HttpClient
      const calls = yield* HttpServerRequest.schemaBodyJson(Calls)
      yield* Effect.forEach(calls, (call) =>
        Effect.flatMap(HttpClientRequest.bodyJson(HttpClientRequest.post(call.url), call.arguments), client.execute)
      )
      return HttpServerResponse.empty({ status: 200 })
    })
  )
)

const ServerLive = Layer.unwrapEffect(
  Effect.gen(function* () {
    const port = yield* Config.integer("PORT")
    const host = yield* Config.string("HOST").pipe(Config.withDefault("127.0.0.1"))
    return NodeHttpServer.layer(() => createServer({ maxHeaderSize: 65_536 }), { host, port })
  })
)

const nowhere: Exporter.Exporter = { name: "nowhere", export: () => Effect.void }

const main = HttpServer.serve(router, HttpPropagation.middleware({ trust: "always" })).pipe(
  HttpServer.withLogAddress,
  Layer.provide(HttpPropagation.layerClient()),
  Layer.provide([ServerLive, NodeHttpClient.layer]),
  Layer.provide(Observability.layerExportOnly({ serviceName: "w3c-service", exporters: [nowhere] }))
)

NodeRuntime.runMain(Layer.launch(main))
