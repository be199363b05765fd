/**
 * Records what `@effect/ai` does under the names of the OpenTelemetry GenAI conventions
 * (https://opentelemetry.io/docs/specs/semconv/gen-ai/): model calls, streamed ones included, embeddings, and the tool
 * calls of a `Toolkit`. A program that uses it needs no wrapper of `Agent`, unless it wants a span around its turns.
 *
 * @since 0.1.0
 */
import { EmbeddingModel, LanguageModel, Model } from "@effect/ai"
import * as Effect from "effect/Effect"
import { globalValue } from "effect/GlobalValue"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { logWarning } from "../runtime/annotated.js"
import { currentInstrumentation } from "../runtime/instrumentation.js"
import * as instrumentation from "./internal/instrumentation.js"
import * as languageModel from "./internal/languageModel.js"

/**
 * Whether the content of calls is recorded.
 *
 * @since 0.1.0
 * @category models
 */
export interface GenAiOptions {
  /** Records prompts, responses, and the arguments and results of tools. They are not recorded unless this is `true`. */
  readonly captureContent?: boolean | undefined
}

/**
 * Records every model of the program inside it, wherever that is provided: by a layer further in, around a single call,
 * or step by step by an execution plan. It needs no model itself.
 *
 * @example
 * ```ts
 * import { type LanguageModel, Chat } from "@effect/ai"
 * import { Effect, Layer } from "effect"
 * import { Observability, Storage } from "effect-observability"
 * import { GenAi } from "effect-observability/ai"
 *
 * declare const Provider: Layer.Layer<LanguageModel.LanguageModel>
 *
 * const program = Effect.gen(function* () {
 *   const chat = yield* Chat.empty
 *   return yield* chat.generateText({ prompt: "Do I need an umbrella?" })
 * }).pipe(
 *   Effect.provide(Provider),
 *   Effect.provide(GenAi.layerGlobal({ captureContent: true })),
 *   Effect.provide(Observability.layer({ serviceName: "weather" }).pipe(Layer.provide(Storage.layerMemory)))
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerGlobal = (options: GenAiOptions = {}): Layer.Layer<never> =>
  Layer.scopedDiscard(install("layerGlobal", options))

/**
 * Stands around the layer of any provider, and around the program that uses its model. What is provided further in is
 * recorded as with `layerGlobal`.
 *
 * @example
 * ```ts
 * import { LanguageModel } from "@effect/ai"
 * import { Effect, Layer } from "effect"
 * import { Observability, Storage } from "effect-observability"
 * import { GenAi } from "effect-observability/ai"
 *
 * declare const Provider: Layer.Layer<LanguageModel.LanguageModel>
 *
 * const program = LanguageModel.generateText({ prompt: "Do I need an umbrella?" }).pipe(
 *   Effect.provide(GenAi.layer({ captureContent: true }).pipe(Layer.provide(Provider))),
 *   Effect.provide(Observability.layer({ serviceName: "weather" }).pipe(Layer.provide(Storage.layerMemory)))
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  options: GenAiOptions = {}
): Layer.Layer<LanguageModel.LanguageModel, never, LanguageModel.LanguageModel> =>
  Layer.scoped(
    LanguageModel.LanguageModel,
    Effect.gen(function* () {
      const model = yield* LanguageModel.LanguageModel
      return languageModel.recorded(model, yield* install("layer", options))
    })
  )

/**
 * The same around the layer of a provider of embeddings. Where both are used, give both the same options.
 *
 * @example
 * ```ts
 * import type { EmbeddingModel } from "@effect/ai"
 * import { Layer } from "effect"
 * import { GenAi } from "effect-observability/ai"
 *
 * declare const Provider: Layer.Layer<EmbeddingModel.EmbeddingModel>
 *
 * const EmbeddingsLive = GenAi.layerEmbeddingModel().pipe(Layer.provide(Provider))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerEmbeddingModel = (
  options: GenAiOptions = {}
): Layer.Layer<EmbeddingModel.EmbeddingModel, never, EmbeddingModel.EmbeddingModel> =>
  Layer.scoped(
    EmbeddingModel.EmbeddingModel,
    Effect.zipRight(install("layerEmbeddingModel", options), EmbeddingModel.EmbeddingModel)
  )

/** Installs the instrumentation of all models, which there is one of: the options of both layers must agree. */
const install = (layer: Installed["layer"], { captureContent = false }: GenAiOptions) =>
  Effect.gen(function* () {
    const self: Installed = { layer, captureContent }
    const disagrees = Array.from(installed).some(
      (other) => other.layer !== layer && other.captureContent !== captureContent
    )
    if (disagrees) {
      yield* logWarning("GenAi")(
        "GenAi.layer and GenAi.layerEmbeddingModel have other values of captureContent: give both the same options, " +
          "or the last one decides for the tools of both"
      )
    }
    yield* Effect.acquireRelease(
      Effect.sync(() => installed.add(self)),
      () => Effect.sync(() => installed.delete(self))
    )
    const provider = Option.getOrUndefined(yield* Effect.serviceOption(Model.ProviderName))
    yield* Effect.locallyScoped(currentInstrumentation, instrumentation.make(captureContent, provider))
    const settings = { captureContent, sample: yield* languageModel.sample }
    languageModel.recordLookups()
    yield* Effect.locallyScoped(languageModel.currentSettings, settings)
    return { ...settings, provider }
  })

interface Installed {
  readonly layer: "layer" | "layerEmbeddingModel" | "layerGlobal"
  readonly captureContent: boolean
}

/** The layers that are open now. */
const installed: Set<Installed> = globalValue("effect-observability/GenAi/installed", () => new Set())
