/**
 * Records what `@effect/ai` does under the names of the OpenTelemetry GenAI conventions
 * (https://opentelemetry.io/docs/specs/semconv/gen-ai/): model calls, streamed ones included, embeddings, and the tool
 * calls of a `Toolkit`. A program that uses it needs no wrapper of `Agent`, unless it wants a span around its turns.
 *
 * @since 0.1.0
 */
import { EmbeddingModel, LanguageModel, Model, Prompt, type Response, type Tool } from "@effect/ai"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { globalValue } from "effect/GlobalValue"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import type { Span, SpanOptions } from "effect/Tracer"
import { logWarning } from "../runtime/annotated.js"
import { currentInstrumentation, type Instrumentation } from "../runtime/instrumentation.js"
import * as genAi from "../signal/conventions/genAi.js"
import * as attributes from "./internal/attributes.js"
import * as messages from "./internal/messages.js"

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
 * Stands around the layer of any provider, and around the program that uses its model.
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
      yield* install("layer", options)
      return recorded(yield* LanguageModel.LanguageModel, yield* Effect.serviceOption(Model.ProviderName), options)
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
    yield* Effect.locallyScoped(currentInstrumentation, instrumentation(captureContent))
  })

interface Installed {
  readonly layer: "layer" | "layerEmbeddingModel"
  readonly captureContent: boolean
}

/** The layers that are open now. */
const installed: Set<Installed> = globalValue("effect-observability/GenAi/installed", () => new Set())

/** The span that is opened for a call before `@effect/ai` opens its own. */
class ModelCall extends Context.Tag("effect-observability/GenAi/ModelCall")<
  ModelCall,
  {
    inner: "awaited" | "open" | "ended"
    /** Why the call failed, where its stream said so and went on. */
    failure?: Exit.Exit<never, unknown>
  }
>() {}

type AnyOptions = LanguageModel.GenerateTextOptions<never>
type Generate = (options: AnyOptions) => Effect.Effect<{ readonly content: ReadonlyArray<Response.AnyPart> }>
type StreamText = (options: AnyOptions) => Stream.Stream<Response.AnyPart>

/**
 * The model, whose calls are each in a span that has the prompt from the start, and that is the parent of all that its
 * provider does. `@effect/ai` opens such a span too, but for a stream it is nobody's parent: the two are made one.
 */
const recorded = (
  model: LanguageModel.Service,
  provider: Option.Option<string>,
  { captureContent = false }: GenAiOptions
): LanguageModel.Service => {
  const spanOptions = ({ prompt }: AnyOptions, call: ModelCall["Type"] = { inner: "awaited" }): SpanOptions => ({
    kind: "client",
    captureStackTrace: false,
    context: Context.make(ModelCall, call),
    attributes: {
      [genAi.provider]: Option.getOrUndefined(provider),
      ...(captureContent && {
        [genAi.systemInstructions]: attributes.lazily(() => messages.ofSystem(Prompt.make(prompt))),
        [genAi.inputMessages]: attributes.lazily(() => messages.ofPrompt(Prompt.make(prompt)))
      })
    }
  })
  const annotateResponse = (parts: ReadonlyArray<Response.AnyPart>) =>
    Effect.ignore(
      Effect.flatMap(
        Effect.try(() => ofResponse(parts, captureContent)),
        Effect.annotateCurrentSpan
      )
    )

  const generate =
    (name: string, method: Generate): Generate =>
    (given) =>
      Effect.suspend(() => {
        const options = repeatable(given)
        return method(options).pipe(
          Effect.tap(({ content }) => annotateResponse(content)),
          Effect.withSpan(name, spanOptions(options))
        )
      })
  const stream =
    (method: StreamText): StreamText =>
    (given) =>
      Stream.suspend(() => {
        const options = repeatable(given)
        const call: ModelCall["Type"] = { inner: "awaited" }
        return Stream.contextWithStream((context: Context.Context<never>) => {
          const parts: Array<Response.AnyPart> = []
          return method(options).pipe(
            Stream.mapChunks((chunk) => {
              for (const part of chunk) {
                if (captureContent || isSummary(part)) parts.push(part)
                if (part.type === "error") call.failure = Exit.fail(part.error)
              }
              return chunk
            }),
            // A finalizer does not run in the context of its stream.
            Stream.ensuring(
              Effect.provide(
                Effect.suspend(() => annotateResponse(parts)),
                context
              )
            )
          )
        }).pipe(Stream.withSpan("LanguageModel.streamText", spanOptions(options, call)))
      })

  // The results of these methods depend on their options, in types that a wrapper cannot name: hence `never`.
  return {
    generateText: generate("LanguageModel.generateText", model.generateText as never) as never,
    generateObject: generate("LanguageModel.generateObject", model.generateObject as never) as never,
    streamText: stream(model.streamText as never) as never
  }
}

/** The same options with a prompt that can be read twice. */
const repeatable = (options: AnyOptions): AnyOptions =>
  typeof options.prompt === "object" && Symbol.iterator in options.prompt
    ? { ...options, prompt: Array.from(options.prompt) }
    : options

const isSummary = (part: Response.AnyPart): part is Response.FinishPart | Response.ResponseMetadataPart =>
  part.type === "finish" || part.type === "response-metadata"

const ofResponse = (parts: ReadonlyArray<Response.AnyPart>, captureContent: boolean) => {
  const finish = parts.findLast((part) => part.type === "finish")
  const metadata = parts.findLast((part) => part.type === "response-metadata")
  const said = attributes.ofResponse({
    id: metadata && Option.getOrUndefined(metadata.id),
    model: metadata && Option.getOrUndefined(metadata.modelId),
    finishReasons: finish && [finish.reason],
    inputTokens: finish?.usage.inputTokens,
    outputTokens: finish?.usage.outputTokens,
    cachedInputTokens: finish?.usage.cachedInputTokens,
    reasoningTokens: finish?.usage.reasoningTokens
  })
  return captureContent
    ? { ...said, [genAi.outputMessages]: attributes.lazily(() => messages.ofResponse(parts, finish?.reason)) }
    : said
}

/** Instrumentation that types the spans of `@effect/ai`, whoever opens them. */
const instrumentation = (captureContent: boolean): Instrumentation => ({
  reuse(name, parent) {
    if (parent._tag === "None" || parent.value._tag === "ExternalSpan" || parent.value.name !== name) return undefined
    const call = Option.getOrUndefined(Context.getOption(parent.value.context, ModelCall))
    if (call?.inner !== "awaited") return undefined
    call.inner = "open"
    return parent.value
  },
  start(span, rename) {
    switch (span.name) {
      case "LanguageModel.generateText":
      case "LanguageModel.generateObject":
      case "LanguageModel.streamText":
        return modelCall(span, rename)
      case "EmbeddingModel.embed":
      case "EmbeddingModel.embedMany":
        rename("embeddings")
        return span.attribute(genAi.operation, "embeddings")
      case "Toolkit.handle":
        return toolCall(span, rename, captureContent)
    }
  }
})

const modelCall = (span: Span, rename: (name: string) => void): void => {
  const { attribute, end } = span
  const call = Option.getOrUndefined(Context.getOption(span.context, ModelCall))
  rename("chat")
  span.attribute(genAi.operation, "chat")
  Object.assign<Span, Partial<Span>>(span, {
    attribute(key, value) {
      if (key === genAi.requestModel && typeof value === "string") rename(`chat ${value}`)
      attribute.call(span, key === genAi.system ? genAi.provider : key, value)
    },
    end(time, exit) {
      if (call?.inner === "open") call.inner = "ended"
      else end.call(span, time, Exit.isSuccess(exit) ? (call?.failure ?? exit) : exit)
    }
  })
}

const toolCall = (span: Span, rename: (name: string) => void, captureContent: boolean): void => {
  const { attribute, end } = span
  rename("execute_tool")
  span.attribute(genAi.operation, "execute_tool")
  Object.assign<Span, Partial<Span>>(span, {
    attribute(key, value) {
      if (key === "tool" && typeof value === "string") {
        rename(`execute_tool ${value}`)
        attribute.call(span, genAi.toolName, value)
      } else if (key !== "parameters") {
        attribute.call(span, key, value)
      } else if (captureContent) {
        attribute.call(span, genAi.toolArguments, value)
      }
    },
    end(time, exit) {
      const handled = Exit.isSuccess(exit) && isHandlerResult(exit.value) ? exit.value : undefined
      if (captureContent) attribute.call(span, genAi.toolResult, handled?.encodedResult)
      // A tool whose failure is given to the model has failed all the same.
      end.call(span, time, handled?.isFailure ? Exit.fail(handled.result) : exit)
    }
  })
}

const isHandlerResult = (value: unknown): value is Tool.HandlerResult<Tool.Any> =>
  Predicate.hasProperty(value, "encodedResult")
