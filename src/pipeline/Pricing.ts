/**
 * The cost of calls of models, by tables of prices: where the provider does not say it.
 *
 * @since 0.1.0
 */
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Struct from "effect/Struct"
import { keepsForm } from "../signal/internal/trusted.js"
import type { SpanRecord } from "../signal/SpanRecord.js"
import type { SpanFilters, StorageError, StorageService } from "../storage/Storage.js"
import { saying } from "./internal/notices.js"
import * as GenAi from "./internal/pricing/genAiPrices.js"
import { maxName } from "./internal/pricing/names.js"
import * as Stored from "./internal/pricing/reprice.js"
import { stamp } from "./internal/pricing/stamp.js"
import { ofTables, type PriceOf, type Rates } from "./internal/pricing/tables.js"
import { Unpriced } from "./internal/pricing/unpriced.js"
import type { SignalProcessor } from "./SignalProcessor.js"

const Rate = Schema.Number.pipe(
  Schema.finite(),
  Schema.between(0, 1_000_000, { description: "US dollars a million tokens, 0 to 1,000,000" })
)

const rates = {
  input: Schema.optional(Rate).annotations({
    description: "Tokens that went in, but for those that a cache had or got."
  }),
  cachedInput: Schema.optional(Rate).annotations({ description: "Tokens that were read from a cache: as `input`." }),
  cacheWrite: Schema.optional(Rate).annotations({
    description: "Tokens that were written to a cache for 5 minutes: as `input`."
  }),
  cacheWrite1h: Schema.optional(Rate).annotations({
    description: "Tokens that were written to a cache for an hour: as `cacheWrite`."
  }),
  output: Schema.optional(Rate).annotations({ description: "Tokens that came out." }),
  reasoning: Schema.optional(Rate).annotations({ description: "Tokens of reasoning among them: as `output`." })
}

const rateNames = Struct.keys(rates)

const Pattern = Schema.NonEmptyString.pipe(Schema.maxLength(maxName))

/**
 * Other prices for requests of some size: the **whole** request is priced by the highest tier that it is above. What a tier
 * does not say is as in the entry.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Tier = Schema.Struct({
  above: Schema.NonNegativeInt.annotations({ description: "Tokens that went in, all of them." }),
  ...rates
}).annotations({ identifier: "PricingTier" })

/**
 * The prices of a model, in US dollars a million tokens. What is used and has no price has no cost.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Entry = Schema.Struct({
  provider: Schema.optional(Pattern).annotations({
    description: `Who runs the model, by the name of OpenTelemetry, as "aws.bedrock": any, if absent.`
  }),
  model: Pattern.annotations({
    description:
      "The model, in which `*` stands for any characters. A name without vendor, region, path and date fits those with them."
  }),
  from: Schema.optional(
    Schema.String.pipe(
      Schema.filter((text) => isDate(text) || `expected a date as "2026-06-30", or a time as "2026-06-30T12:00:00Z"`)
    )
  ).annotations({
    description: "The first day, or moment, of these prices: of all time, if absent. A day begins in UTC."
  }),
  ...rates,
  tiers: Schema.optional(Schema.Array(Tier).pipe(Schema.maxItems(100)))
})
  .pipe(
    Schema.filter(
      ({ tiers = [], ...entry }) =>
        [entry, ...tiers].some((prices: Rates) => rateNames.some((rate) => prices[rate] !== undefined)) ||
        "has no price"
    )
  )
  .annotations({ identifier: "PricingEntry" })

const isDate = (text: string): boolean =>
  /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2}))?$/.test(text) &&
  !Number.isNaN(Date.parse(text))

/**
 * Prices by provider and model, from a date on. Of the entries that fit a call, the one that says more of the name of the
 * model wins, then the newest that was in force when the call began, then the first.
 *
 * @example
 * ```ts
 * import { Schema } from "effect"
 * import { Pricing } from "effect-observability"
 *
 * // of a file
 * const decode = Schema.decode(Schema.parseJson(Pricing.Table))
 *
 * // or of the program
 * const table: Pricing.Table = {
 *   entries: [
 *     { provider: "openai", model: "gpt-4o", input: 2.5, cachedInput: 1.25, output: 10 },
 *     { model: "our-llama-*", input: 0.1, output: 0.1 },
 *     {
 *       model: "gemini-2.5-pro",
 *       from: "2025-06-17",
 *       input: 1.25,
 *       output: 10,
 *       tiers: [{ above: 200_000, input: 2.5, output: 15 }]
 *     }
 *   ]
 * }
 * ```
 *
 * @since 0.1.0
 * @category schemas
 */
export const Table = Schema.Struct({
  entries: Schema.Array(Entry).pipe(Schema.maxItems(10_000))
}).annotations({ identifier: "PricingTable", parseOptions: { onExcessProperty: "error" } })

/**
 * Prices by provider and model.
 *
 * @since 0.1.0
 * @category models
 */
export interface Table extends Schema.Schema.Type<typeof Table> {}

/**
 * The prices that the package `@pydantic/genai-prices` has.
 *
 * @since 0.1.0
 * @category models
 */
export interface GenAiPrices {
  readonly _tag: "GenAiPrices"
}

/**
 * The prices of the package `@pydantic/genai-prices`: of some 1,700 models of the usual providers, as they were at any day.
 * It is loaded where these are given to `processor` or `reprice`, and must be installed.
 *
 * @since 0.1.0
 * @category prices
 */
export const genAiPrices: GenAiPrices = { _tag: "GenAiPrices" }

/**
 * Where prices come from: a table, the package, or both.
 *
 * @since 0.1.0
 * @category models
 */
export type Source = Table | GenAiPrices

/**
 * A processor that gives spans of the type `model_generation` their cost: `costUsd`, rounded to billionths of a dollar, with
 * the `costSource` `"table"`; where the provider said it, that stays, as `"provider"`. Tables go before the package.
 *
 * A call whose tokens are not known gets no cost. One of a model without a price neither: it is counted in the Effect
 * counter `effect_observability.pricing.unpriced` by `model`, and each model is said once in a warning. A cost of 0 of which
 * nobody says the source is taken for none.
 *
 * It throws a `ParseError` for what is no table, and where `@pydantic/genai-prices` is asked for and not installed.
 *
 * @example
 * ```ts
 * import { Observability, Pricing } from "effect-observability"
 *
 * const ObservabilityLive = Observability.layer({
 *   serviceName: "support-agent",
 *   processors: [
 *     Pricing.processor([{ entries: [{ model: "our-llama-*", input: 0.1, output: 0.1 }] }, Pricing.genAiPrices])
 *   ]
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const processor = (prices: Source | ReadonlyArray<Source>): SignalProcessor => {
  const priceOf = pricesOf(prices)
  const unpriced = new Unpriced()
  const made: SignalProcessor = {
    name: "pricing",
    span: (span: SpanRecord) => stamp(span, priceOf, unpriced.add)
  }
  return saying(keepsForm(made), unpriced.say)
}

/**
 * The outcome of `reprice`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Repriced {
  /** The calls of models that were looked at. */
  readonly spans: number
  /** How many of these have another cost now. */
  readonly repriced: number
  /** How many had no price and no cost, by provider and model. */
  readonly unpriced: { readonly [model: string]: number }
}

/**
 * Gives stored calls of models the cost that they have by other prices, and says how many changed. What a provider or the
 * program said stays; a cost of an earlier table stays where the new one has no price. Spans are read in pages, so that
 * memory does not grow with their number. It may be interrupted, and done again: the second time nothing changes.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Pricing, Storage } from "effect-observability"
 *
 * const repriced = Effect.flatMap(Storage.Storage, (storage) =>
 *   Pricing.reprice({ storage, filters: { model: "gpt-4o" }, table: Pricing.genAiPrices })
 * )
 * ```
 *
 * @since 0.1.0
 * @category operations
 */
export const reprice = ({
  filters = {},
  storage,
  table
}: {
  readonly storage: Pick<StorageService, "listSpans" | "insertSpans">
  readonly filters?: SpanFilters | undefined
  readonly table: Source | ReadonlyArray<Source>
}): Effect.Effect<Repriced, StorageError> => Effect.suspend(() => Stored.reprice(storage, filters, pricesOf(table)))

const checked = Schema.decodeUnknownSync(Table)

/** The prices of sources: tables first. */
const pricesOf = (prices: Source | ReadonlyArray<Source>): PriceOf => {
  const [tables, packages] = Arr.partition(Arr.ensure(prices), (source) => source === genAiPrices)
  const ofPrograms = ofTables(tables.flatMap((table) => checked(table).entries))
  const ofPackage = packages.length > 0 ? GenAi.load() : undefined
  return ofPackage === undefined ? ofPrograms : (call) => ofPrograms(call) ?? ofPackage(call)
}
