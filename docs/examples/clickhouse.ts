/** How do many machines record into one store? All of them name the same server of ClickHouse. */
import { Config, Console, Effect, Layer } from "effect"
import { Agent, Observability, Storage } from "effect-observability"
import { ClickhouseStorage } from "effect-observability/clickhouse"

const ObservabilityLive = Observability.layer({ serviceName: "support" }).pipe(
  Layer.provideMerge(
    ClickhouseStorage.layerConfig({
      url: Config.string("CLICKHOUSE_URL"),
      username: Config.string("CLICKHOUSE_USER"),
      password: Config.redacted("CLICKHOUSE_PASSWORD"),
      retention: Config.succeed("90 days")
    })
  )
)

/** A turn with one call of a model, as the provider counted it. */
const turn = (sessionId: string, model: string, tokens: number) =>
  Effect.succeed({ text: "It will rain.", tokens }).pipe(
    Agent.model({ model, provider: "openai", response: ({ tokens }) => ({ inputTokens: tokens, outputTokens: 8 }) }),
    Agent.run({ name: "weather", sessionId })
  )

const program = Effect.gen(function* () {
  yield* turn("weather-1", "gpt-5", 120)
  yield* turn("weather-1", "gpt-5", 180)
  yield* turn("weather-2", "gpt-5-mini", 90)
  yield* Observability.flush

  for (const { inputTokens, sessionId, turns } of (yield* Storage.listSessions()).items) {
    yield* Console.log(`${sessionId}: ${turns} turns, ${inputTokens} tokens in`)
  }
  const rows = yield* Storage.aggregate({
    of: "spans",
    filters: { spanType: "model_generation" },
    groupBy: ["model"],
    measures: { calls: "count", tokens: { sum: "inputTokens" } }
  })
  for (const { group, values } of rows) yield* Console.log(group.model, values)
})

await Effect.runPromise(program.pipe(Effect.provide(ObservabilityLive)))
