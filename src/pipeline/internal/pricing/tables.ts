/**
 * Prices from tables of the program.
 */
import { fits, maxName, modelNames, providerOf } from "./names.js"
import type { Call, Usage } from "./usage.js"

/** US dollars a million tokens, each. */
export interface Rates {
  readonly input?: number | undefined
  readonly cachedInput?: number | undefined
  readonly cacheWrite?: number | undefined
  readonly cacheWrite1h?: number | undefined
  readonly output?: number | undefined
  readonly reasoning?: number | undefined
}

export interface Entry extends Rates {
  readonly provider?: string | undefined
  readonly model: string
  readonly from?: string | undefined
  readonly tiers?: ReadonlyArray<Rates & { readonly above: number }> | undefined
}

/** Gives the nanodollars of a call; nothing where it has no price. */
export type PriceOf = (call: Call) => number | undefined

/** Prices from the entries of tables. The entries for a model are remembered, for so many models. */
export const ofTables = (entries: ReadonlyArray<Entry>): PriceOf => {
  const prepared = entries.map(prepare)
  const known = new Map<string, Map<string, ReadonlyArray<Prepared>>>()
  let models = 0
  const entriesOf = (provider: string, model: string): ReadonlyArray<Prepared> => {
    const found = known.get(provider)?.get(model)
    if (found !== undefined) return found
    if (models >= maxModels) {
      known.clear()
      models = 0
    }
    models++
    const made = matching(prepared, providerOf(provider), model)
    known.set(provider, (known.get(provider) ?? new Map()).set(model, made))
    return made
  }
  return ({ models: names, provider = "", time, usage }) => {
    if (provider.length > maxName) return undefined
    for (const model of names) {
      if (model.length > maxName) continue
      const entry = entriesOf(provider, model).find(({ from }) => from <= time)
      if (entry !== undefined) return nanodollars(entry.tiers, usage)
    }
    return undefined
  }
}

const maxModels = 1000

interface Prepared {
  readonly provider: string | undefined
  readonly model: string
  /** Nanoseconds since the epoch. */
  readonly from: bigint
  /** How much of a name it says. */
  readonly says: number
  readonly tiers: ReadonlyArray<Required<Tier>>
}

interface Tier extends Rates {
  readonly above: number
}

const earliest = -(2n ** 63n)

const prepare = ({ from, model, provider, tiers = [], ...rates }: Entry): Prepared => {
  const base = { ...noRates, ...present(rates) }
  return {
    provider: provider === undefined ? undefined : providerOf(provider),
    model: model.toLowerCase(),
    from: from === undefined ? earliest : BigInt(Date.parse(from)) * 1_000_000n,
    says: (model.includes("*") ? 0 : maxName) + model.replaceAll("*", "").length,
    tiers: [{ ...base, above: -1 }, ...tiers.map((tier) => ({ ...base, ...present(tier), above: tier.above }))].sort(
      (a, b) => b.above - a.above
    )
  }
}

const noRates = {
  input: undefined,
  cachedInput: undefined,
  cacheWrite: undefined,
  cacheWrite1h: undefined,
  output: undefined,
  reasoning: undefined
}

const present = (rates: object): object =>
  Object.fromEntries(Object.entries(rates).filter(([, rate]) => rate !== undefined))

/**
 * The entries that fit a model: those that fit a longer form of its name first, then those that name a provider, then those
 * whose pattern says more, then the newest, then in the order of the table.
 */
const matching = (entries: ReadonlyArray<Prepared>, provider: string, model: string): ReadonlyArray<Prepared> => {
  const candidates = entries.filter((entry) => entry.provider === undefined || entry.provider === provider)
  const found = new Set<Prepared>()
  for (const name of modelNames(model)) {
    for (const entry of candidates.filter((entry) => fits(entry.model, name)).sort(bySpecificity)) found.add(entry)
  }
  return Array.from(found)
}

const bySpecificity = (a: Prepared, b: Prepared): number =>
  Number(b.provider !== undefined) - Number(a.provider !== undefined) ||
  b.says - a.says ||
  Number(b.from > a.from) - Number(b.from < a.from)

/** The price of a whole request by its tier. What is used and has no rate has no price. */
const nanodollars = (tiers: Prepared["tiers"], usage: Usage): number | undefined => {
  const rates = tiers.find(({ above }) => usage.input > above)
  if (rates === undefined) return undefined
  const { input = Number.NaN, output = Number.NaN } = rates
  const { cachedInput = input, cacheWrite = input, reasoning = output } = rates
  const { cacheWrite1h = cacheWrite } = rates
  const written5m = usage.cacheWrite - usage.cacheWrite1h
  const price =
    at(input, usage.input - usage.cachedInput - usage.cacheWrite) +
    at(cachedInput, usage.cachedInput) +
    at(cacheWrite, written5m) +
    at(cacheWrite1h, usage.cacheWrite1h) +
    at(output, (usage.output ?? 0) - usage.reasoning) +
    at(reasoning, usage.reasoning)
  // An answer whose length is not known costs what its rate makes of it, and nobody knows how much.
  if (usage.output === undefined && rates.output !== undefined && rates.output > 0) return undefined
  return Number.isFinite(price) ? Math.round(price * 1000) : undefined
}

/** Millionths of a dollar. */
const at = (rate: number, tokens: number): number => (tokens === 0 ? 0 : rate * tokens)
