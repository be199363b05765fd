/**
 * The usage of a call of a model, as far as its price depends on it: read from the record of its span.
 */

import { cacheWrite1hTokens } from "../../../signal/conventions/effectObservability.js"
import { isEmbedding } from "../../../signal/conventions/index.js"
import type { SpanRecord } from "../../../signal/SpanRecord.js"

/** Tokens of a call. The parts of input and output are never more than the whole. */
export interface Usage {
  readonly input: number
  readonly cachedInput: number
  /** Written to a cache for 5 minutes or for an hour. */
  readonly cacheWrite: number
  /** Of these, for an hour. */
  readonly cacheWrite1h: number
  /** Nothing where it is not known. */
  readonly output: number | undefined
  readonly reasoning: number
}

/** A call that is priced. */
export interface Call {
  readonly provider: string | undefined
  /** The model that answered, then the one that was asked for. */
  readonly models: ReadonlyArray<string>
  readonly usage: Usage
  /** Nanoseconds since the epoch. */
  readonly time: bigint
}

/** The usage of a span; nothing where it is not known what went in, or of an answer what came out. */
export const usageOf = (span: SpanRecord): Usage | undefined => {
  const { attributes, inputTokens, outputTokens } = span
  if (inputTokens === undefined || (outputTokens === undefined && !isEmbedding(attributes))) return undefined
  const cachedInput = tokens(span.cachedInputTokens)
  const written = attributes[cacheWrite1hTokens]
  const cacheWrite1h = typeof written === "number" ? tokens(written) : 0
  const cacheWrite = Math.max(tokens(span.cacheWriteTokens), cacheWrite1h)
  const reasoning = tokens(span.reasoningTokens)
  return {
    input: whole(tokens(inputTokens), cachedInput + cacheWrite),
    cachedInput,
    cacheWrite,
    cacheWrite1h,
    output: outputTokens === undefined ? undefined : whole(tokens(outputTokens), reasoning),
    reasoning: outputTokens === undefined ? 0 : reasoning
  }
}

const tokens = (count: number | undefined): number => (count !== undefined && count > 0 ? count : 0)

/** Parts that are more than the whole were counted apart from it. */
const whole = (count: number, parts: number): number => (count < parts ? count + parts : count)
