/** The agent. Its tool asks the other service, which is told the session by a header. */
import { HttpClient } from "@effect/platform"
import { NodeHttpClient, NodeRuntime } from "@effect/platform-node"
import { Config, Console, Effect, Layer } from "effect"
import { Agent, Observability } from "effect-observability"
import { HttpPropagation } from "effect-observability/http"
import { OtlpExporter } from "effect-observability/otlp"

const findFlights = Effect.gen(function* () {
  const port = yield* Config.withDefault(Config.port("PORT"), 3000)
  const response = yield* HttpClient.get(`http://127.0.0.1:${port}/flights`)
  return yield* response.text
}).pipe(Agent.tool({ name: "find_flights", input: { from: "JFK", to: "SFO" }, output: (flights) => flights }))

const turn = findFlights.pipe(
  Effect.map((flights) => `There are ${flights}.`),
  Agent.run({
    name: "travel",
    sessionId: "booking-4711",
    input: "Is there a flight to San Francisco?",
    output: (answer) => answer
  })
)

const program = Effect.flatMap(turn, Console.log).pipe(
  Effect.provide(Layer.provide(HttpPropagation.layerClient(), NodeHttpClient.layerUndici)),
  Effect.provide(Observability.layerExportOnly({ serviceName: "agent", exporters: [OtlpExporter.make()] }))
)

NodeRuntime.runMain(program)
