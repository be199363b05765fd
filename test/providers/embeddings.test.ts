import { EmbeddingModel } from "@effect/ai"
import { OpenAiClient, OpenAiEmbeddingModel } from "@effect/ai-openai"
import { FetchHttpClient, type HttpClient } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { GenAi } from "effect-observability/ai"
import { ofType, only, recorded } from "../agent/utils.js"
import * as Server from "./server.js"

const vectors = (count: number, numbers: number) => ({
  json: {
    object: "list",
    data: Array.from({ length: count }, (_, index) => ({
      object: "embedding",
      index,
      embedding: Array.from({ length: numbers }, () => 0.125)
    })),
    model: "text-embedding-3-small-v2",
    usage: { prompt_tokens: 8, total_tokens: 8 }
  }
})

/** Loaded late: undici replaces what the `fetch` of Node works with. */
const ofNode = (name: "layer" | "layerUndici") =>
  Layer.unwrapEffect(
    Effect.map(
      Effect.promise(() => import("@effect/platform-node")),
      ({ NodeHttpClient }) => NodeHttpClient[name]
    )
  )

const clients: Record<string, Layer.Layer<HttpClient.HttpClient>> = {
  fetch: FetchHttpClient.layer,
  undici: ofNode("layerUndici"),
  node: ofNode("layer")
}

describe("embeddings", () => {
  for (const [name, client] of Object.entries(clients)) {
    it.scopedLive(`have their model, their provider and their tokens, by the client of ${name}`, () =>
      Effect.gen(function* () {
        const { url } = yield* Server.make(vectors(2, 1_536))
        const model = OpenAiEmbeddingModel.model("text-embedding-3-small", { mode: "batched" }).pipe(
          Layer.provide(OpenAiClient.layer({ apiKey: Redacted.make("key"), apiUrl: url })),
          Layer.provide(client)
        )
        const program = Effect.flatMap(EmbeddingModel.EmbeddingModel, ({ embedMany }) => embedMany(["one", "two"]))
        const programs = [
          program.pipe(Effect.provide(model), Effect.provide(GenAi.layerGlobal())),
          program.pipe(Effect.provide(GenAi.layerEmbeddingModel().pipe(Layer.provide(model))))
        ]
        for (const program of programs) {
          const { exit, spans } = yield* recorded(program)
          assert.strictEqual(exit._tag, "Success")
          const call = only(ofType(spans, "model_generation"))
          const { attributes, inputTokens, model, name, provider, requestModel } = call
          assert.deepStrictEqual(
            { inputTokens, model, name, provider, requestModel },
            {
              inputTokens: 8,
              model: "text-embedding-3-small-v2",
              name: "embeddings text-embedding-3-small",
              provider: "openai",
              requestModel: "text-embedding-3-small"
            }
          )
          assert.strictEqual(attributes["server.address"], "127.0.0.1")
        }
      })
    )
  }
})
