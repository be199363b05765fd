/** How is a whole agent recorded? Two layers: one for what `@effect/ai` does, one that keeps it. */
import { Chat, Tool, Toolkit } from "@effect/ai"
import { OpenAiClient, OpenAiLanguageModel } from "@effect/ai-openai"
import { NodeHttpClient, NodeRuntime } from "@effect/platform-node"
import { Config, Console, Effect, Layer, Schema } from "effect"
import { Agent, Observability, Pricing } from "effect-observability"
import { GenAi } from "effect-observability/ai"
import { DuckDbStorage } from "effect-observability/duckdb"

class NoForecast extends Schema.TaggedError<NoForecast>()("NoForecast", { message: Schema.String }) {}

const Tools = Toolkit.make(
  Tool.make("get_weather", {
    description: "The weather of a city today",
    parameters: { city: Schema.String },
    success: Schema.Struct({ sky: Schema.String, degrees: Schema.Number }),
    failure: NoForecast,
    // The model reads what went wrong, and goes on. In the recording the call has failed.
    failureMode: "return"
  })
)

const ToolsLive = Tools.toLayer({
  get_weather: ({ city }) =>
    city === "Oslo"
      ? Effect.succeed({ sky: "rain", degrees: 4 })
      : Effect.fail(new NoForecast({ message: `There is no forecast for ${city}` }))
})

/** A conversation: a turn for each message, in which the model is called until it asks for no more tools. */
const converse = Effect.fnUntraced(function* (sessionId: string, messages: ReadonlyArray<string>) {
  const chat = yield* Chat.fromPrompt([{ role: "system", content: "Say in one sentence what to wear." }])

  const turn = Effect.fnUntraced(
    function* (message: string) {
      let response = yield* chat.generateText({ prompt: message, toolkit: Tools })
      while (response.toolCalls.length > 0) response = yield* chat.generateText({ prompt: [], toolkit: Tools })
      yield* Console.log(response.text)
      return response.text
    },
    (turn, message) => Agent.run(turn, { name: "wardrobe", sessionId, input: message, output: (answer) => answer })
  )

  yield* Effect.forEach(messages, turn, { discard: true })
})

const ModelLive = OpenAiLanguageModel.layer({ model: "gpt-5-mini" }).pipe(
  Layer.provide(
    OpenAiClient.layerConfig({
      apiKey: Config.redacted("OPENAI_API_KEY"),
      apiUrl: Config.withDefault(Config.string("OPENAI_BASE_URL"), undefined)
    })
  ),
  Layer.provide(NodeHttpClient.layerUndici)
)

const RecordingLive = GenAi.layerGlobal({ captureContent: true }).pipe(
  Layer.provideMerge(
    Observability.layer({
      serviceName: "wardrobe",
      processors: [Pricing.processor({ entries: [{ model: "gpt-5*", input: 0.25, cachedInput: 0.025, output: 2 }] })]
    })
  ),
  Layer.provide(DuckDbStorage.layer({ path: "agents.duckdb" }))
)

const program = converse("wardrobe-1", ["Do I need a coat in Oslo?", "And in Atlantis?"]).pipe(
  Effect.provide([ToolsLive, ModelLive]),
  Effect.provide(RecordingLive)
)

NodeRuntime.runMain(program)
