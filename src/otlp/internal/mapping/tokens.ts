/**
 * Tokens in one meaning: input has what was read from a cache and written to it, output has the reasoning. Senders count in
 * ways of their own, each of which is a row here.
 */
import { reader } from "../../../signal/conventions/index.js"
import { object } from "../../../signal/internal/parsed.js"
import type { Json, JsonObject } from "../../../signal/Json.js"

export interface Tokens {
  inputTokens?: number | undefined
  outputTokens?: number | undefined
  cachedInputTokens?: number | undefined
  cacheWriteTokens?: number | undefined
  reasoningTokens?: number | undefined
}

/** The names of a sender, and whether the parts are in the whole or beside it. */
export interface Counting {
  readonly input: ReadonlyArray<string>
  readonly output: ReadonlyArray<string>
  readonly cached: ReadonlyArray<string>
  readonly written: ReadonlyArray<string>
  readonly reasoning: ReadonlyArray<string>
  /** Further input that is always beside the rest, as what tools added. */
  readonly tools?: string
  /** All of it: where it is input and output, the parts are in these. */
  readonly total?: string
  readonly cacheBeside?: true
  readonly reasoningBeside?: true
}

/** Claude Code, which counts as the API of Anthropic does. */
export const claudeCode: Counting = {
  input: ["input_tokens"],
  output: ["output_tokens"],
  cached: ["cache_read_tokens"],
  written: ["cache_creation_tokens"],
  reasoning: [],
  cacheBeside: true
}

const countings: ReadonlyArray<Counting> = [
  // OpenTelemetry, its older names, and those of OpenLLMetry.
  {
    input: ["gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "llm.usage.prompt_tokens"],
    output: ["gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens", "llm.usage.completion_tokens"],
    cached: [
      "gen_ai.usage.cache_read.input_tokens",
      "gen_ai.usage.cache_read_input_tokens",
      "gen_ai.usage.cached_input_tokens",
      "gen_ai.usage.input_tokens.cached",
      "gen_ai.usage.cached_tokens",
      "gen_ai.usage.details.cache_read_tokens",
      "gen_ai.usage.details.cache_read_input_tokens",
      "gen_ai.usage.details.cached_tokens",
      "llm.usage.cache_read_input_tokens"
    ],
    written: [
      "gen_ai.usage.cache_write.input_tokens",
      "gen_ai.usage.cache_creation.input_tokens",
      "gen_ai.usage.cache_creation_input_tokens",
      "gen_ai.usage.cache_write_input_tokens",
      "gen_ai.usage.details.cache_write_tokens",
      "gen_ai.usage.details.cache_creation_input_tokens",
      "llm.usage.cache_creation_input_tokens"
    ],
    reasoning: [
      "gen_ai.usage.reasoning.output_tokens",
      "gen_ai.usage.reasoning_tokens",
      "gen_ai.usage.output_tokens.reasoning",
      "gen_ai.usage.details.reasoning_tokens",
      "llm.usage.reasoning_tokens"
    ]
  },
  {
    input: ["llm.token_count.prompt"],
    output: ["llm.token_count.completion"],
    cached: ["llm.token_count.prompt_details.cache_read", "llm.token_count.prompt_details.cache_input"],
    written: ["llm.token_count.prompt_details.cache_write"],
    reasoning: ["llm.token_count.completion_details.reasoning"]
  },
  {
    input: ["ai.usage.inputTokens", "ai.usage.promptTokens", "ai.usage.tokens"],
    output: ["ai.usage.outputTokens", "ai.usage.completionTokens"],
    cached: ["ai.usage.cachedInputTokens", "ai.usage.inputTokenDetails.cacheReadTokens"],
    written: ["ai.usage.inputTokenDetails.cacheWriteTokens"],
    reasoning: ["ai.usage.reasoningTokens", "ai.usage.outputTokenDetails.reasoningTokens"]
  },
  claudeCode
]

/** Codex, which counts as the API of OpenAI does. */
export const codex: Counting = {
  input: ["input_token_count"],
  output: ["output_token_count"],
  cached: ["cached_token_count"],
  written: [],
  reasoning: ["reasoning_token_count"]
}

/** The Gemini CLI, which counts as the API of Gemini does. */
export const gemini: Counting = {
  input: ["input_token_count"],
  output: ["output_token_count"],
  cached: ["cached_content_token_count"],
  written: [],
  reasoning: ["thoughts_token_count"],
  tools: "tool_token_count",
  total: "total_token_count",
  reasoningBeside: true
}

/** An object of usage, as models and frameworks give it. */
const usage: Counting = {
  input: [
    "input_tokens",
    "prompt_tokens",
    "inputTokens",
    "promptTokens",
    "input",
    "promptTokenCount",
    "prompt_token_count"
  ],
  output: [
    ..."output_tokens completion_tokens outputTokens completionTokens output candidatesTokenCount".split(" "),
    "candidates_token_count"
  ],
  cached: [
    ..."cache_read_input_tokens cachedInputTokens cachedContentTokens cachedContentTokenCount cached_tokens".split(" ")
  ],
  written: ["cache_creation_input_tokens"],
  reasoning: ["reasoning_tokens", "reasoningTokens", "thoughtsTokens", "thoughtsTokenCount"],
  total: "total_tokens"
}

const counted = reader("inputTokens")

/** Gives a record the tokens that its attributes say. */
export const fill = (
  record: Tokens,
  attributes: JsonObject,
  refused?: (attribute: string, value: Json) => void
): void => {
  for (const counting of countings) add(record, read(attributes, counting, refused))
  // The ADK counts the reasoning beside the answer, by this name.
  const beside = "gen_ai.usage.experimental.reasoning_tokens"
  const reasoning = attributes[beside] === undefined ? undefined : count(attributes, [beside])
  if (reasoning !== undefined && record.reasoningTokens === undefined) {
    record.reasoningTokens = reasoning
    if (record.outputTokens !== undefined) record.outputTokens += reasoning
  }
  const langfuse = attributes["langfuse.observation.usage_details"]
  if (langfuse !== undefined) add(record, ofLangfuse(flat(object(langfuse))))
  const mlflow = attributes["mlflow.chat.tokenUsage"]
  if (mlflow !== undefined) add(record, read(flat(object(mlflow)), usage))
  const logfire = attributes["response_data"]
  if (logfire !== undefined) add(record, read(flat(object(object(logfire)?.["usage"])), usage))
  if (attributes["genkit:output"] !== undefined && attributes["genkit:metadata:subtype"] === "model") {
    add(record, read(object(object(attributes["genkit:output"])?.["usage"]) ?? {}, { ...usage, total: "totalTokens" }))
  }
}

/** Usage with its details, which providers have in objects of their own. */
const flat = (usage: JsonObject = {}): JsonObject => {
  const details = Object.values(usage).filter((value) => typeof value === "object" && value !== null)
  return details.length === 0 ? usage : Object.assign({}, ...details, usage)
}

/** Adds the counts that a record has not yet. */
const add = (record: Tokens, said: Tokens): void => {
  record.inputTokens ??= said.inputTokens
  record.outputTokens ??= said.outputTokens
  record.cachedInputTokens ??= said.cachedInputTokens
  record.cacheWriteTokens ??= said.cacheWriteTokens
  record.reasoningTokens ??= said.reasoningTokens
}

/** The tokens that attributes say in the way of a sender. */
export const read = (
  attributes: JsonObject,
  { cacheBeside, cached, input, output, reasoning, reasoningBeside, tools, total, written }: Counting,
  refused?: (attribute: string, value: Json) => void
): Tokens => {
  const cachedInputTokens = count(attributes, cached, refused)
  const cacheWriteTokens = count(attributes, written, refused)
  const reasoningTokens = count(attributes, reasoning, refused)
  const given = count(attributes, input, refused)
  const answered = count(attributes, output, refused)
  const all = total === undefined ? undefined : count(attributes, [total])
  const isWhole = all !== undefined && all === (given ?? 0) + (answered ?? 0)
  const ofTools = tools === undefined || isWhole ? undefined : count(attributes, [tools])
  return {
    inputTokens: whole(plus(given, ofTools), plus(cachedInputTokens, cacheWriteTokens), cacheBeside === true),
    outputTokens: whole(answered, reasoningTokens, reasoningBeside === true && !isWhole),
    cachedInputTokens,
    cacheWriteTokens,
    reasoningTokens
  }
}

/** A count with its parts: where they are more than the whole, or known to be beside it, it has them not yet. */
const whole = (count: number | undefined, parts: number | undefined, beside: boolean): number | undefined =>
  parts === undefined || (!beside && count === undefined)
    ? count
    : beside || parts > (count as number)
      ? (count ?? 0) + parts
      : count

const plus = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined ? b : b === undefined ? a : a + b

const count = (
  attributes: JsonObject,
  names: ReadonlyArray<string>,
  refused?: (attribute: string, value: Json) => void
): number | undefined => {
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string
    const value = attributes[name]
    if (value === undefined || value === null || value === "") continue
    const said = counted.read(value) as number | undefined
    if (said !== undefined) return said
    refused?.(name, value)
  }
  return undefined
}

/**
 * Langfuse has counts of any names, which add up to the total: those that begin with "input" and "output" are disjoint. What
 * a provider said is handed on under its own names, of which the parts may be in the whole.
 */
const ofLangfuse = (details: JsonObject): Tokens => {
  const plain = read(details, usage)
  const inputs = sumOf(details, /^input_|^cache_(read|creation)_/)
  const outputs = sumOf(details, /^output_/)
  const total = count(details, ["total", "total_tokens"])
  const { inputTokens, outputTokens } = plain
  const isWhole = total !== undefined && total === (inputTokens ?? 0) + (outputTokens ?? 0)
  const beside = details["input"] !== undefined && !isWhole
  return {
    inputTokens: beside ? plus(count(details, ["input"]), inputs.sum) : inputTokens,
    outputTokens:
      beside && details["output"] !== undefined ? plus(count(details, ["output"]), outputs.sum) : outputTokens,
    cachedInputTokens: plain.cachedInputTokens ?? count(details, cachedNames),
    cacheWriteTokens: plain.cacheWriteTokens ?? count(details, writtenNames),
    reasoningTokens: plain.reasoningTokens ?? count(details, ["output_reasoning_tokens", "output_reasoning"])
  }
}

const cachedNames = ["input_cached_tokens", "input_cache_read", "input_cached", "input_cache_read_tokens"]
const writtenNames = ["input_cache_creation", "input_cache_write", "input_cache_creation_tokens"]

const sumOf = (details: JsonObject, names: RegExp): { readonly sum: number | undefined } => {
  let sum: number | undefined
  for (const name in details) {
    if (names.test(name) && name !== "input_tokens" && name !== "output_tokens") sum = plus(sum, count(details, [name]))
  }
  return { sum }
}
