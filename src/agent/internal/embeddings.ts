/**
 * Embeddings: `@effect/ai` says neither the model nor the tokens, but the request of the provider and its
 * answer do, in the fields that most of them share with OpenAI.
 */
import { Model } from "@effect/ai"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberRef from "effect/FiberRef"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import type { Span } from "effect/Tracer"
import * as genAi from "../../signal/conventions/genAi.js"

/** The answers that came for embeddings that are being made. */
const answers = new WeakMap<Span, Array<unknown>>()

/** Takes note of the answer to a request. */
export const answered = (span: Span, exit: Exit.Exit<unknown, unknown>): void => {
  if (Exit.isSuccess(exit)) answers.get(span)?.push(exit.value)
}

/** Gives a span of embeddings its name and, when it ends, its model and tokens. */
export const start = (span: Span, rename: (name: string) => void, provider: string | undefined): void => {
  const { attribute, end } = span
  rename("embeddings")
  span.attribute(genAi.operation, "embeddings")
  span.attribute(genAi.provider, provider ?? providerInContext())
  const received: Array<unknown> = []
  answers.set(span, received)
  Object.assign<Span, Partial<Span>>(span, {
    attribute(key, value) {
      if (key === genAi.requestModel && typeof value === "string") rename(`embeddings ${value}`)
      attribute.call(span, key, value)
    },
    end(time, exit) {
      let tokens: number | undefined
      for (const answer of received.splice(0)) {
        const { inputTokens, model, requestModel } = read(answer)
        if (requestModel !== undefined) span.attribute(genAi.requestModel, requestModel)
        if (model !== undefined) span.attribute(genAi.responseModel, model)
        if (inputTokens !== undefined) tokens = (tokens ?? 0) + inputTokens
      }
      if (tokens !== undefined) span.attribute(genAi.inputTokens, tokens)
      end.call(span, time, exit)
    }
  })
}

const providerInContext = (): string | undefined =>
  Fiber.getCurrentFiber().pipe(
    Option.flatMap((fiber) => Context.getOption(fiber.getFiberRef(FiberRef.currentContext), Model.ProviderName)),
    Option.getOrUndefined
  )

const read = (answer: unknown) => {
  try {
    const request = at(at(at(answer, "request"), "body"), "body")
    const asked = request instanceof Uint8Array ? new TextDecoder().decode(request) : ""
    const text = textOf(answer)
    const tokens = /"usage"\s*:\s*\{[^}]*"(?:prompt|input|total)_tokens"\s*:\s*(\d+)/.exec(text)?.[1]
    return {
      requestModel: modelIn(asked),
      model: modelIn(text),
      inputTokens: tokens === undefined ? undefined : Number(tokens)
    }
  } catch {
    return {}
  }
}

const modelIn = (json: string): string | undefined => /"model"\s*:\s*"([^"\\]{1,200})"/.exec(json)?.[1]

/**
 * The edges of a body that the provider has read, between which are the vectors. A client of `@effect/platform` keeps the
 * text under one of these names; a body that nobody has read as a text is left alone, since it can be read only once.
 */
const textOf = (answer: unknown): string => {
  const original = at(answer, "original") ?? answer
  for (const key of ["textBody", "textEffect"]) {
    const kept = at(original, key)
    const text = Effect.isEffect(kept) ? Effect.runSyncExit(kept as Effect.Effect<unknown>) : undefined
    if (text !== undefined && Exit.isSuccess(text) && typeof text.value === "string") return edgesOf(text.value)
  }
  return ""
}

const edgesOf = (text: string): string =>
  text.length <= 2 * edge ? text : `${text.slice(0, edge)}${text.slice(-edge)}`

const edge = 1_024

const at = (value: unknown, key: string): unknown => (Predicate.hasProperty(value, key) ? value[key] : undefined)
