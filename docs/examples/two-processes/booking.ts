/** The service that knows the flights. The session of a request is that of whoever asks. */
import { createServer } from "node:http"
import { HttpRouter, HttpServer, HttpServerResponse } from "@effect/platform"
import { NodeHttpServer, NodeRuntime } from "@effect/platform-node"
import { Config, Effect, Layer } from "effect"
import { Observability } from "effect-observability"
import { HttpPropagation } from "effect-observability/http"
import { OtlpExporter } from "effect-observability/otlp"

const flights = Effect.gen(function* () {
  yield* Effect.log("searching")
  return yield* HttpServerResponse.json(["HAT136", "HAT039"])
})

const ServerLive = HttpServer.serve(
  HttpRouter.empty.pipe(HttpRouter.get("/flights", flights)),
  // Only our own services reach this port.
  HttpPropagation.middleware({ trust: "always" })
).pipe(
  HttpServer.withLogAddress,
  Layer.provide(NodeHttpServer.layerConfig(createServer, { port: Config.withDefault(Config.port("PORT"), 3000) })),
  Layer.provide(Observability.layerExportOnly({ serviceName: "booking", exporters: [OtlpExporter.make()] }))
)

NodeRuntime.runMain(Layer.launch(ServerLive))
