/**
 * Prices of `@pydantic/genai-prices`, which is loaded where it is asked for.
 */
import { createRequire } from "node:module"
import { maxName, modelNames, providerOf } from "./names.js"
import type { PriceOf } from "./tables.js"
import type { Usage } from "./usage.js"

/** The part of the package that is used: its types are not named, since it may not be there. */
interface Package {
  readonly calcPrice: (
    usage: { readonly [kind: string]: number },
    model: string,
    options: { readonly providerId?: string; readonly timestamp: Date }
  ) => { readonly total_price: number; readonly model_price: ModelPrice } | null
}

interface ModelPrice {
  readonly [kind: string]: unknown
}

/** The package, loaded; it throws where it is not installed. */
export const load = (): PriceOf => {
  const prices: Package = createRequire(import.meta.url)("@pydantic/genai-prices")
  return remembering((model, provider, usage, time) => {
    for (const name of modelNames(model)) {
      const price = priceOf(prices.calcPrice, name, provider, usage, time)
      if (price !== undefined) return price
    }
    return undefined
  })
}

type Ask = (model: string, provider: string, usage: Usage, time: Date) => number | undefined

/** An answer, and what it is one to. */
interface Known {
  readonly usage: Usage
  readonly quarter: number
  readonly price: number | undefined
}

/**
 * A call of the package takes up to 0.3 ms, so that answers are kept, of each quarter of an hour its own. They are found by
 * a hash: to make a text of six numbers takes longer than all the rest.
 */
const remembering = (ask: Ask): PriceOf => {
  const known = new Map<string, Map<string, Map<number, Known>>>()
  let kept = 0
  const knownOf = (provider: string, model: string): Map<number, Known> => {
    let ofProvider = known.get(provider)
    let ofModel = ofProvider?.get(model)
    if (ofModel !== undefined && kept < maxKnown) return ofModel
    if (kept >= maxKnown) {
      known.clear()
      kept = 0
      ofProvider = undefined
    }
    kept++
    ofModel = new Map()
    known.set(provider, (ofProvider ?? new Map()).set(model, ofModel))
    return ofModel
  }
  return ({ models, provider = "", time, usage }) => {
    if (provider.length > maxName) return undefined
    const quarter = Number(time / nanosAQuarter)
    const hash = hashOf(usage, quarter)
    for (const model of models) {
      if (model.length > maxName) continue
      const ofModel = knownOf(provider, model)
      let found = ofModel.get(hash)
      if (found === undefined || found.quarter !== quarter || !isSame(found.usage, usage)) {
        if (found === undefined) kept++
        found = { usage, quarter, price: ask(model, provider, usage, new Date(quarter * millisAQuarter)) }
        ofModel.set(hash, found)
      }
      if (found.price !== undefined) return found.price
    }
    return undefined
  }
}

const maxKnown = 4096
const millisAQuarter = 900_000
const nanosAQuarter = BigInt(millisAQuarter) * 1_000_000n

const hashOf = (
  { cacheWrite, cacheWrite1h, cachedInput, input, output = -1, reasoning }: Usage,
  quarter: number
): number => {
  let hash = Math.imul(input, 31) + output
  hash = Math.imul(hash, 31) + cachedInput
  hash = Math.imul(hash, 31) + cacheWrite
  hash = Math.imul(hash, 31) + cacheWrite1h
  hash = Math.imul(hash, 31) + reasoning
  return (Math.imul(hash, 31) + quarter) | 0
}

const isSame = (a: Usage, b: Usage): boolean =>
  a.input === b.input &&
  a.output === b.output &&
  a.cachedInput === b.cachedInput &&
  a.cacheWrite === b.cacheWrite &&
  a.cacheWrite1h === b.cacheWrite1h &&
  a.reasoning === b.reasoning

const priceOf = (
  calc: Package["calcPrice"],
  model: string,
  provider: string,
  usage: Usage,
  timestamp: Date
): number | undefined => {
  try {
    const used = {
      input_tokens: usage.input,
      output_tokens: usage.output ?? 0,
      ...(usage.cachedInput > 0 && { cache_read_tokens: usage.cachedInput }),
      ...(usage.cacheWrite > 0 && { cache_write_tokens: usage.cacheWrite }),
      ...(usage.cacheWrite1h > 0 && { cache_write_1h_tokens: usage.cacheWrite1h }),
      ...(usage.reasoning > 0 && { output_reasoning_tokens: usage.reasoning })
    }
    const found = calc(used, model, { ...(provider !== "" && { providerId: idOf(provider) }), timestamp })
    if (found === null || !isPriced(found.model_price, usage)) return undefined
    const price = found.total_price
    return Number.isFinite(price) && price >= 0 ? Math.round(price * 1e9) : undefined
  } catch {
    // The package throws for usage that it has no price for, and for what it does not understand.
    return undefined
  }
}

/** The ids of the package for the names of OpenTelemetry. It knows many others. */
const idOf = (provider: string): string => {
  const name = providerOf(provider)
  return ids[name] ?? name
}

const ids: { readonly [provider: string]: string } = {
  "aws.bedrock": "aws",
  "gcp.vertex_ai": "google",
  "gcp.gemini": "google",
  "azure.ai.openai": "azure",
  mistral_ai: "mistral",
  x_ai: "x-ai"
}

/** Whether what was used has a price: of a model without one the package says that it costs 0. */
const isPriced = (prices: ModelPrice, { input, output }: Usage): boolean => {
  const { input_mtok, output_mtok } = prices as { readonly input_mtok?: unknown; readonly output_mtok?: unknown }
  return (
    (input === 0 || input_mtok !== undefined) &&
    (output === undefined ? output_mtok === undefined : output === 0 || output_mtok !== undefined)
  )
}
