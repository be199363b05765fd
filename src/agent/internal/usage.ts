/**
 * The tokens of a call in one meaning: input has what was read from a cache and written to it, output has the reasoning.
 * Providers count in their own ways, and the packages of `@effect/ai` hand on what they are told.
 */
import type { Response } from "@effect/ai"
import * as Predicate from "effect/Predicate"
import type * as attributes from "./attributes.js"

/** A `finish` part, decoded or not. */
export type Finish = Pick<Response.FinishPart, "usage"> & { readonly metadata?: unknown }

/** Tokens as they are recorded. What is not known is absent. */
export type Tokens = Pick<
  attributes.Response,
  | "inputTokens"
  | "outputTokens"
  | "cachedInputTokens"
  | "cacheWriteTokens"
  | "cacheWrite1hTokens"
  | "reasoningTokens"
  | "costUsd"
>

/**
 * The tokens of a finished call. A count is only added to where it is the raw count of the provider: one that has the
 * cache or the reasoning already, as a later version of a package may have it, stays as it is.
 */
export const tokensOf = ({ metadata, usage }: Finish): Tokens => {
  const plain = {
    inputTokens: count(usage, "inputTokens"),
    outputTokens: count(usage, "outputTokens"),
    totalTokens: count(usage, "totalTokens"),
    cachedInputTokens: count(usage, "cachedInputTokens"),
    reasoningTokens: count(usage, "reasoningTokens")
  }
  for (const provider in providers) {
    const said = at(metadata, provider)
    if (Predicate.isRecord(said)) return { ...plain, ...providers[provider]?.(plain, said) }
  }
  return plain
}

type Plain = Omit<Tokens, "cacheWriteTokens" | "cacheWrite1hTokens" | "costUsd"> & {
  readonly totalTokens?: number | undefined
}

/** The ways of the providers that count otherwise, by the key of their metadata. */
const providers: { readonly [key: string]: (plain: Plain, said: object) => Tokens } = {
  anthropic(plain, said) {
    const raw = at(said, "usage")
    const uncached = count(raw, "input_tokens")
    const cachedInputTokens = count(raw, "cache_read_input_tokens") ?? plain.cachedInputTokens
    const cacheWriteTokens = count(raw, "cache_creation_input_tokens")
    const isRaw = plain.inputTokens === undefined || plain.inputTokens === uncached
    return {
      inputTokens: isRaw ? sum(uncached, cachedInputTokens, cacheWriteTokens) : plain.inputTokens,
      outputTokens: plain.outputTokens ?? count(raw, "output_tokens"),
      cachedInputTokens,
      cacheWriteTokens,
      cacheWrite1hTokens: count(at(raw, "cache_creation"), "ephemeral_1h_input_tokens")
    }
  },
  bedrock(plain, said) {
    const { cachedInputTokens, inputTokens, outputTokens, totalTokens } = plain
    const cacheWriteTokens = count(at(said, "usage"), "cacheWriteInputTokens")
    const cached = (cachedInputTokens ?? 0) + (cacheWriteTokens ?? 0)
    const hasCache =
      inputTokens !== undefined && inputTokens >= cached && totalTokens === inputTokens + (outputTokens ?? 0)
    return { inputTokens: hasCache ? inputTokens : sum(inputTokens, cached || undefined), cacheWriteTokens }
  },
  google(plain, said) {
    const raw = at(said, "usageMetadata")
    const { inputTokens, outputTokens, reasoningTokens = 0, totalTokens } = plain
    const ofTools = count(raw, "toolUsePromptTokenCount") ?? 0
    const isRawInput = raw !== undefined && inputTokens === count(raw, "promptTokenCount")
    const isRawOutput = Predicate.isRecord(raw)
      ? outputTokens === count(raw, "candidatesTokenCount")
      : totalTokens === undefined || totalTokens >= (inputTokens ?? 0) + (outputTokens ?? 0) + reasoningTokens
    return {
      inputTokens: isRawInput ? sum(inputTokens, ofTools || undefined) : inputTokens,
      outputTokens: isRawOutput ? sum(outputTokens, plain.reasoningTokens) : outputTokens
    }
  },
  openrouter(_plain, said) {
    const raw = at(said, "usage")
    return {
      cacheWriteTokens: count(at(raw, "promptTokensDetails"), "cache_write_tokens"),
      costUsd: count(raw, "cost")
    }
  }
}

const at = (value: unknown, key: string): unknown => (Predicate.hasProperty(value, key) ? value[key] : undefined)

const count = (value: unknown, key: string): number | undefined => {
  const said = at(value, key)
  return typeof said === "number" && said >= 0 && Number.isFinite(said) ? said : undefined
}

/** The sum of what is known; nothing where nothing is. */
const sum = (...counts: ReadonlyArray<number | undefined>): number | undefined =>
  counts.reduce((sum, count) => (count === undefined ? sum : (sum ?? 0) + count), undefined)
