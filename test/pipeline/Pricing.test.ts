import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { assert, describe, it } from "@effect/vitest"
import { calcPrice, findProvider } from "@pydantic/genai-prices"
import { Context, Effect, Layer, Logger, Metric, Option, Schema, type Scope } from "effect"
import { ObservabilityConfig } from "../../src/ObservabilityConfig.js"
import { memory } from "../../src/pipeline/Exporters.js"
import * as BatchWriter from "../../src/pipeline/internal/batchWriter.js"
import * as Pricing from "../../src/pipeline/Pricing.js"
import * as ownMetrics from "../../src/runtime/ownMetrics.js"
import type { SpanRecord } from "../../src/signal/SpanRecord.js"
import { make as makeDuckDb } from "../../src/storage/duckdb/DuckDbStorage.js"
import * as Storage from "../../src/storage/Storage.js"
import { at, type SpanFields, span, traceId } from "../../src/testing/Records.js"
import * as Clickhouse from "../utils/chdb.js"
import { describeClickhouse } from "../utils/describeClickhouse.js"
import { emit } from "../utils/emit.js"

const call = (fields: SpanFields = {}) =>
  span({
    spanType: "model_generation",
    provider: "openai",
    model: "gpt-4o",
    inputTokens: 1_000,
    outputTokens: 100,
    ...fields
  })

const priced = (prices: Pricing.Source | ReadonlyArray<Pricing.Source>, record: SpanRecord): SpanRecord => {
  const made = Pricing.processor(prices).span?.(record)
  if (made === undefined) throw new Error("the span was dropped")
  return made
}

const costOf = (prices: Pricing.Source | ReadonlyArray<Pricing.Source>, fields: SpanFields = {}) => {
  const { costSource, costUsd } = priced(prices, call(fields))
  return costUsd === undefined ? costSource : [costUsd, costSource]
}

/** The cost in dollars a million tokens that went in. */
const rateOf = (entries: Pricing.Table["entries"], fields: SpanFields = {}) =>
  priced({ entries }, call({ inputTokens: 1_000_000, outputTokens: 0, ...fields })).costUsd

const table: Pricing.Table = { entries: [{ provider: "openai", model: "gpt-4o", input: 2.5, output: 10 }] }

describe("a table", () => {
  it("prices what went in and came out", () => {
    assert.deepStrictEqual(costOf(table), [0.0035, "table"])
    assert.deepStrictEqual(costOf(table, { inputTokens: 0, outputTokens: 0 }), [0, "table"])
  })

  it("prices each part once, at its own rate or at that of the whole", () => {
    const tokens = {
      inputTokens: 1_000,
      cachedInputTokens: 300,
      cacheWriteTokens: 200,
      outputTokens: 100,
      reasoningTokens: 60,
      attributes: { "effect_observability.cache_write_1h_tokens": 50 }
    }
    const all = { input: 1, cachedInput: 0.1, cacheWrite: 1.25, cacheWrite1h: 2, output: 5, reasoning: 6 }
    const nanos = (rates: Partial<typeof all>) =>
      Math.round((priced({ entries: [{ model: "gpt-4o", ...rates }] }, call(tokens)).costUsd ?? Number.NaN) * 1e9)
    assert.strictEqual(nanos(all), 1_000 * (500 * 1 + 300 * 0.1 + 150 * 1.25 + 50 * 2 + 40 * 5 + 60 * 6))
    const { input, output } = all
    assert.strictEqual(nanos({ input, output }), 1_000 * (1_000 * 1 + 100 * 5))
    assert.strictEqual(nanos({ input, output, cacheWrite: 1.25 }), 1_000 * (800 * 1 + 200 * 1.25 + 100 * 5))
    assert.strictEqual(nanos({ input, output, reasoning: 0 }), 1_000 * (1_000 * 1 + 40 * 5))
  })

  it("never subtracts parts from a whole that they were counted apart from", () => {
    const rates = { model: "gpt-4o", input: 1, cachedInput: 0.1, output: 1, reasoning: 2 }
    const tokens = { inputTokens: 10, cachedInputTokens: 1_000, outputTokens: 10, reasoningTokens: 100 }
    assert.strictEqual(
      Math.round((priced({ entries: [rates] }, call(tokens)).costUsd ?? 0) * 1e9),
      1_000 * (10 + 100 + 10 + 200)
    )
  })

  it("prices the whole request by the highest tier that it is above", () => {
    const entries = [
      {
        model: "gpt-4o",
        input: 1,
        cachedInput: 0.5,
        output: 10,
        tiers: [
          { above: 400_000, input: 3 },
          { above: 200_000, input: 2, output: 15 }
        ]
      }
    ]
    const cost = (inputTokens: number, outputTokens = 0, cachedInputTokens = 0) =>
      priced({ entries }, call({ inputTokens, outputTokens, cachedInputTokens })).costUsd
    assert.strictEqual(cost(200_000), 0.2)
    assert.strictEqual(cost(200_001), 0.400002)
    assert.strictEqual(cost(200_001, 1_000_000), 15.400002)
    // The size is of all that went in, from a cache, too.
    assert.strictEqual(cost(200_001, 0, 200_001), 0.1000005)
    assert.strictEqual(cost(500_000, 1_000_000), 11.5)
  })

  it("has the price that was in force when the call began", () => {
    const entries = [
      { model: "gpt-4o", from: "2023-11-14T22:13:21Z", input: 3 },
      { model: "gpt-4o", from: "2023-01-01", input: 1 },
      { model: "gpt-4o", from: "2023-06-01", input: 2 }
    ]
    const cost = (startTime: bigint) => rateOf(entries, { startTime, endTime: startTime })
    const nanos = (date: string) => BigInt(Date.parse(date)) * 1_000_000n
    assert.strictEqual(cost(nanos("2022-12-31T23:59:59.999Z")), undefined)
    assert.strictEqual(cost(nanos("2023-01-01T00:00:00Z")), 1)
    assert.strictEqual(cost(nanos("2023-06-01T00:00:00Z") - 1n), 1)
    assert.strictEqual(cost(nanos("2023-06-01T00:00:00Z")), 2)
    assert.strictEqual(cost(nanos("2023-11-14T22:13:21Z")), 3)
  })

  it("has one price for the names of one model", () => {
    const entries = [{ model: "claude-3-5-sonnet", input: 3 }]
    for (const model of [
      "claude-3-5-sonnet",
      "Claude-3-5-Sonnet",
      "claude-3-5-sonnet-20241022",
      "claude-3-5-sonnet-2024-10-22",
      "claude-3-5-sonnet@20240620",
      "claude-3-5-sonnet-latest",
      "anthropic.claude-3-5-sonnet-20241022-v2:0",
      "us.anthropic.claude-3-5-sonnet-20241022-v2:0",
      "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-3-5-sonnet-20241022-v2:0",
      "publishers/anthropic/models/claude-3-5-sonnet@20240620",
      "anthropic/claude-3-5-sonnet"
    ]) {
      assert.strictEqual(rateOf(entries, { model }), 3, model)
    }
    for (const model of ["claude-3-5-sonnet-mini", "claude-3-5-sonnet:free", "my-claude-3-5-sonnet", "claude-3-5"]) {
      assert.strictEqual(rateOf(entries, { model }), undefined, model)
    }
  })

  it("knows a provider by any of its names", () => {
    const names = {
      "aws.bedrock": ["aws.bedrock", "amazon-bedrock", "bedrock"],
      "gcp.vertex_ai": ["gcp.vertex_ai", "vertex_ai", "google.vertex.chat"],
      "gcp.gemini": ["gcp.gemini", "google", "google.generative-ai"],
      "azure.ai.openai": ["azure.ai.openai", "azure"],
      openai: ["openai", "openai.chat", "OpenAI"]
    }
    for (const [provider, others] of Object.entries(names)) {
      for (const asked of others) {
        assert.strictEqual(rateOf([{ provider, model: "*", input: 1 }], { provider: asked }), 1, asked)
        assert.strictEqual(rateOf([{ provider: asked, model: "*", input: 1 }], { provider }), 1, asked)
      }
    }
    assert.strictEqual(rateOf([{ provider: "openai", model: "*", input: 1 }], { provider: "azure" }), undefined)
    assert.strictEqual(rateOf([{ provider: "openai", model: "*", input: 1 }], { provider: undefined }), undefined)
    assert.strictEqual(rateOf([{ model: "*", input: 1 }], { provider: undefined }), 1)
  })

  it("prefers the entry that says more", () => {
    const entries = [
      { model: "*", input: 1 },
      { model: "gpt-*", input: 2 },
      { model: "gpt-4o*", input: 3 },
      { model: "gpt-4o", input: 4 },
      { model: "gpt-4o-2024-08-06", input: 5 },
      { provider: "openai", model: "gpt-4o", input: 6 }
    ]
    const model = (model: string, provider = "other") => rateOf(entries, { model, provider })
    assert.deepStrictEqual(
      ["llama", "gpt-3", "gpt-4o-mini", "gpt-4o", "gpt-4o-2024-08-06"].map((name) => model(name)),
      [1, 2, 3, 4, 5]
    )
    assert.strictEqual(model("gpt-4o", "openai"), 6)
    // Of two that say as much, the first.
    assert.strictEqual(
      rateOf([
        { model: "gpt-4o", input: 7 },
        { model: "gpt-4o", input: 8 }
      ]),
      7
    )
  })

  it("prices the model that answered, else the one that was asked for", () => {
    const entries = [
      { model: "small", input: 1 },
      { model: "large", input: 2 }
    ]
    assert.strictEqual(rateOf(entries, { model: "large", requestModel: "small" }), 2)
    assert.strictEqual(rateOf(entries, { model: "unheard-of", requestModel: "small" }), 1)
    assert.strictEqual(rateOf(entries, { model: undefined, requestModel: "small" }), 1)
  })

  it("has no price for what is used and has no rate", () => {
    assert.strictEqual(costOf({ entries: [{ model: "gpt-4o", input: 1 }] }), undefined)
    assert.deepStrictEqual(costOf({ entries: [{ model: "gpt-4o", input: 1 }] }, { outputTokens: 0 }), [0.001, "table"])
    assert.strictEqual(costOf({ entries: [{ model: "gpt-4o", output: 1 }] }), undefined)
    assert.deepStrictEqual(costOf({ entries: [{ model: "gpt-4o", input: 0, output: 0 }] }), [0, "table"])
  })

  it("rounds to whole nanodollars, which sum exactly", () => {
    const cost = rateOf([{ model: "gpt-4o", input: 0.0125 }], { inputTokens: 333 })
    assert.strictEqual(cost, 4_163e-9)
    assert.strictEqual(Math.round((cost ?? 0) * 1e9), 4_163)
  })

  const refused: ReadonlyArray<readonly [string, unknown]> = [
    ["a negative price", { entries: [{ model: "m", input: -1 }] }],
    ["no number", { entries: [{ model: "m", input: Number.NaN }] }],
    ["an infinite price", { entries: [{ model: "m", input: Number.POSITIVE_INFINITY }] }],
    ["a price of all money", { entries: [{ model: "m", input: 1e300 }] }],
    ["a text for a price", { entries: [{ model: "m", input: "3" }] }],
    ["an entry without a price", { entries: [{ model: "m" }] }],
    ["an entry whose only price is undefined", { entries: [{ model: "m", input: undefined }] }],
    ["a misspelt price", { entries: [{ model: "m", input: 1, cachedinput: 1 }] }],
    ["an empty model", { entries: [{ model: "", input: 1 }] }],
    ["a model of any length", { entries: [{ model: "m".repeat(201), input: 1 }] }],
    ["a day that is none", { entries: [{ model: "m", input: 1, from: "2024-13-01" }] }],
    ["a time without a zone", { entries: [{ model: "m", input: 1, from: "2024-01-01T00:00" }] }],
    ["a tier below nothing", { entries: [{ model: "m", input: 1, tiers: [{ above: -1, input: 1 }] }] }],
    ["a list", [{ model: "m", input: 1 }]],
    ["nothing", undefined],
    ["too many entries", { entries: Array.from({ length: 10_001 }, () => ({ model: "m", input: 1 })) }]
  ]
  for (const [name, value] of refused) {
    it(`refuses ${name}`, () => {
      assert.isFalse(
        Schema.is(Pricing.Table)(value) && Schema.decodeUnknownOption(Pricing.Table)(value)._tag === "Some"
      )
      assert.throws(() => Pricing.processor(value as Pricing.Table))
    })
  }

  it.effect("is read from a file", () =>
    Effect.gen(function* () {
      const read = yield* Schema.decode(Schema.parseJson(Pricing.Table))(JSON.stringify(table))
      assert.deepStrictEqual(costOf(read), [0.0035, "table"])
      const bad = yield* Effect.flip(
        Schema.decode(Schema.parseJson(Pricing.Table))(`{"entries":[{"model":"m","inputs":1}]}`)
      )
      assert.include(bad.message, "inputs")
    })
  )

  it("answers in bounded time whatever its patterns and the names are", () => {
    const entries = Array.from({ length: 1_000 }, (_, i) => ({ model: `${"*a".repeat(90)}*${i}`, input: 1 }))
    const start = performance.now()
    for (const model of ["a".repeat(200), "a".repeat(100_000), `${"a-20240101".repeat(19)}`, "/".repeat(200)]) {
      assert.isUndefined(rateOf(entries, { model, provider: "p".repeat(100_000) }))
      rateOf(entries, { model })
    }
    assert.isBelow(performance.now() - start, 5_000)
  })
})

describe("the processor", () => {
  it("leaves alone what no price is for", () => {
    for (const fields of [
      { spanType: "agent_run" },
      { spanType: "generic" },
      { spanType: "tool_call", costUsd: 1, costSource: "custom" },
      { costUsd: 1, costSource: "provider" },
      { costUsd: 0, costSource: "provider" },
      { costUsd: 1, costSource: "custom" },
      { status: "running" },
      { inputTokens: undefined },
      { outputTokens: undefined },
      { inputTokens: undefined, outputTokens: undefined },
      { attributes: { "effect_observability.replay": true } },
      { model: undefined }
    ] as ReadonlyArray<SpanFields>) {
      const record = call(fields)
      assert.strictEqual(priced([table, Pricing.genAiPrices], record), record, JSON.stringify(fields))
    }
  })

  it("says that a cost came from the provider", () => {
    assert.deepStrictEqual(costOf(table, { costUsd: 7 }), [7, "provider"])
  })

  it("takes a zero of which nobody says the source for no cost", () => {
    assert.deepStrictEqual(costOf(table, { costUsd: 0 }), [0.0035, "table"])
    const { costUsd, ...others } = priced(table, call({ costUsd: 0, model: "unheard-of" }))
    assert.strictEqual(costUsd, undefined)
    assert.isFalse("costUsd" in others || "costSource" in others)
  })

  it("takes what a provider says, be it less than nothing, and no number that is none", () => {
    assert.deepStrictEqual(costOf(table, { costUsd: -0.5 }), [-0.5, "provider"])
    assert.deepStrictEqual(costOf(table, { costUsd: 5e-324 }), [5e-324, "provider"])
    assert.deepStrictEqual(costOf(table, { costUsd: -0 }), [0.0035, "table"])
    assert.deepStrictEqual(costOf(table, { costUsd: 0, costSource: "provider" }), [0, "provider"])
    assert.deepStrictEqual(costOf(table, { costUsd: 0, model: "unknown" }), undefined)
    for (const costUsd of [Number.NaN, Number.POSITIVE_INFINITY, "0.5" as never, 1n as never]) {
      assert.throws(() => call({ costUsd }))
    }
  })

  it("counts whatever was read from a cache once, however the parts exceed the whole", () => {
    const rates = {
      model: "gpt-4o",
      input: 1,
      cachedInput: 0.5,
      cacheWrite: 2,
      cacheWrite1h: 4,
      output: 1,
      reasoning: 2
    }
    const nanos = (fields: SpanFields) =>
      Math.round((priced({ entries: [rates] }, call(fields)).costUsd ?? Number.NaN) * 1e6)
    const none = { inputTokens: 0, outputTokens: 0 }
    assert.strictEqual(nanos({ ...none, cachedInputTokens: 10 }), 5)
    assert.strictEqual(nanos({ ...none, cacheWriteTokens: 10 }), 20)
    assert.strictEqual(nanos({ ...none, reasoningTokens: 10 }), 20)
    assert.strictEqual(nanos({ inputTokens: 10, cachedInputTokens: 10, outputTokens: 0 }), 5)
    // Eleven of ten: counted apart.
    assert.strictEqual(nanos({ inputTokens: 10, cachedInputTokens: 11, outputTokens: 0 }), 10 + 5.5 + 0.5)
    // For an hour more than in all.
    const written = { "effect_observability.cache_write_1h_tokens": 30 }
    assert.strictEqual(nanos({ inputTokens: 30, cacheWriteTokens: 10, outputTokens: 0, attributes: written }), 120)
    const most = Number.MAX_SAFE_INTEGER
    assert.isTrue(Number.isFinite(nanos({ inputTokens: most, cachedInputTokens: most, outputTokens: most })))
  })

  it("knows a model by its date, its provider, its region and its path", () => {
    const entries = [{ model: "claude-sonnet-4-5", input: 1, output: 1 }]
    for (const model of [
      "claude-sonnet-4-5-20250929",
      "Claude-Sonnet-4-5",
      "anthropic/claude-sonnet-4-5",
      "openrouter/anthropic/claude-sonnet-4-5-20250929",
      "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
      "global.anthropic.claude-sonnet-4-5-20250929-v1:0",
      "arn:aws:bedrock:eu-central-1:1:inference-profile/eu.anthropic.claude-sonnet-4-5-20250929-v1:0",
      "publishers/anthropic/models/claude-sonnet-4-5@20250929",
      "claude-sonnet-4-5@default",
      "claude-sonnet-4-5-latest"
    ]) {
      assert.strictEqual(rateOf(entries, { model }), 1, model)
    }
    for (const model of [
      "claude-sonnet-4",
      "claude-sonnet-4-5-mini",
      "claude-sonnet-4-5:free",
      "xclaude-sonnet-4-5",
      "",
      " "
    ]) {
      assert.isUndefined(rateOf(entries, { model }), model)
    }
  })

  it("prices embeddings, which have no output", () => {
    const embedding = {
      model: "text-embedding-3-small",
      outputTokens: undefined,
      attributes: { "gen_ai.operation.name": "embeddings" }
    }
    assert.deepStrictEqual(costOf({ entries: [{ model: "text-embedding-3-small", input: 0.02 }] }, embedding), [
      0.00002,
      "table"
    ])
    assert.deepStrictEqual(costOf(Pricing.genAiPrices, embedding), [0.00002, "table"])
    assert.strictEqual(costOf(table, { ...embedding, model: "gpt-4o" }), undefined)
    assert.strictEqual(costOf(Pricing.genAiPrices, { ...embedding, model: "gpt-4o" }), undefined)
  })

  it("makes of a record one that is equal but for its cost", () => {
    const record = call({ sessionId: "s", metadata: { a: 1 }, attributes: { b: [1] } })
    const made = priced(table, record)
    assert.deepStrictEqual(made.toJSON(), { ...record.toJSON(), costUsd: 0.0035, costSource: "table" })
    assert.strictEqual(Object.getPrototypeOf(made), Object.getPrototypeOf(record))
  })

  it("remembers no more than so many models and answers", () => {
    const { gc } = globalThis as { readonly gc?: () => void }
    const processor = Pricing.processor([table, Pricing.genAiPrices])
    const ask = (from: number, count: number) => {
      for (let i = from; i < from + count; i++) {
        processor.span?.(call({ model: `gpt-4o-${"x".repeat(150)}${i}`, provider: `nobody-${i % 100}` }))
        processor.span?.(call({ inputTokens: i }))
      }
    }
    ask(0, 5_000)
    gc?.()
    const before = process.memoryUsage().heapUsed
    ask(5_000, 20_000)
    gc?.()
    assert.isBelow(process.memoryUsage().heapUsed - before, 40e6)
  }, 60_000)

  it.effect("counts models without a price by name, and says each once", () =>
    Effect.gen(function* () {
      const said: Array<unknown> = []
      const logger = Logger.make(({ message }) => said.push(message))
      const counter = Metric.tagged(ownMetrics.pricing.unpriced, "model", "nobody model-x")
      const before = (yield* Metric.value(counter)).count
      const store = memory()
      yield* Effect.gen(function* () {
        const { emitter, flush } = yield* BatchWriter.make({
          exporters: [store],
          processors: [Pricing.processor(table)],
          batch: Schema.decodeSync(ObservabilityConfig)({ serviceName: "test", exporters: [] }).batch
        })
        for (let i = 0; i < 3; i++) emit(emitter, call({ provider: "nobody", model: "model-x" }))
        emit(emitter, call())
        yield* flush
        emit(emitter, call({ provider: "nobody", model: "model-x" }))
        emit(emitter, call({ provider: undefined, model: "model-y" }))
        yield* flush
      }).pipe(Effect.scoped, Effect.provide(Logger.replace(Logger.defaultLogger, logger)))
      assert.strictEqual((yield* Metric.value(counter)).count - before, 4)
      assert.deepStrictEqual(
        store.spans.map(({ costUsd, model }) => [model, costUsd]),
        [
          ["model-x", undefined],
          ["model-x", undefined],
          ["model-x", undefined],
          ["gpt-4o", 0.0035],
          ["model-x", undefined],
          ["model-y", undefined]
        ]
      )
      const ofPricing = said.filter((message) => JSON.stringify(message).includes("no price"))
      assert.deepStrictEqual(
        ofPricing.flatMap((message) => (message as ReadonlyArray<unknown>)[1]),
        ["nobody model-x", "model-y"]
      )
    })
  )
})

describe("@pydantic/genai-prices", () => {
  const asked = (fields: SpanFields) => costOf(Pricing.genAiPrices, fields)
  const now = new Date(Number(at(0) / 1_000_000n))

  it("prices what it knows, by names of OpenTelemetry and of vendors", () => {
    for (const [provider, model, id, name = model] of [
      ["openai", "gpt-4o-2024-08-06", "openai"],
      ["openai.chat", "gpt-4o", "openai"],
      ["anthropic", "claude-3-5-sonnet-20241022", "anthropic"],
      ["aws.bedrock", "us.anthropic.claude-3-5-sonnet-20241022-v2:0", "aws"],
      ["aws.bedrock", "anthropic.claude-3-5-haiku-20241022-v1:0", "aws"],
      ["gcp.vertex_ai", "claude-3-5-sonnet@20240620", "google"],
      ["gcp.vertex_ai", "publishers/google/models/gemini-2.5-pro", "google", "gemini-2.5-pro"],
      ["gcp.gemini", "models/gemini-2.5-flash", "google", "gemini-2.5-flash"],
      ["azure.ai.openai", "gpt-4o", "azure"],
      ["mistral_ai", "mistral-large-latest", "mistral"],
      ["openrouter", "anthropic/claude-sonnet-4", "openrouter"],
      [undefined, "gpt-4o", "openai"]
    ] as const) {
      const expected = calcPrice({ input_tokens: 1_000, output_tokens: 100 }, name, { providerId: id, timestamp: now })
      assert.isNotNull(expected, model)
      assert.deepStrictEqual(
        asked({ provider, model }),
        [Math.round((expected?.total_price ?? 0) * 1e9) / 1e9, "table"],
        model
      )
    }
    assert.strictEqual(asked({ provider: "nobody", model: "gpt-4o" }), undefined)
  })

  it("has the price of the day", () => {
    const o3 = (date: string) => {
      const startTime = BigInt(Date.parse(date)) * 1_000_000n
      return asked({ model: "o3", inputTokens: 1_000_000, outputTokens: 0, startTime, endTime: startTime })
    }
    assert.deepStrictEqual(o3("2025-06-01T00:00:00Z"), [10, "table"])
    assert.deepStrictEqual(o3("2025-06-11T00:00:00Z"), [2, "table"])
  })

  it("prices the whole request by its size, caches and reasoning among it", () => {
    const tokens = (inputTokens: number) => ({
      provider: "gcp.gemini",
      model: "gemini-2.5-pro",
      inputTokens,
      cachedInputTokens: 1_000,
      outputTokens: 1_000,
      reasoningTokens: 500
    })
    const cost = (input: number, cached: number, output: number, size: number) =>
      Math.round(((size - 1_000) * input + 1_000 * cached + 1_000 * output) * 1_000) / 1e9
    assert.deepStrictEqual(asked(tokens(200_000)), [cost(1.25, 0.125, 10, 200_000), "table"])
    assert.deepStrictEqual(asked(tokens(200_001)), [cost(2.5, 0.25, 15, 200_001), "table"])
  })

  it("prices writes to a cache by how long they stay", () => {
    const written = (hour: number) =>
      asked({
        provider: "anthropic",
        model: "claude-sonnet-4-5",
        inputTokens: 1_000,
        cacheWriteTokens: 800,
        outputTokens: 0,
        attributes: { "effect_observability.cache_write_1h_tokens": hour }
      })
    assert.deepStrictEqual(written(0), [(200 * 3 + 800 * 3.75) / 1e6, "table"])
    assert.deepStrictEqual(written(800), [(200 * 3 + 800 * 6) / 1e6, "table"])
  })

  it("has no price where the package throws, nor where it says 0 of what it has no price of", () => {
    assert.throws(() => calcPrice({ input_tokens: 10, cache_read_tokens: 100 }, "gpt-4o", { providerId: "openai" }))
    assert.isArray(asked({ inputTokens: 10, cachedInputTokens: 100 }))
    assert.strictEqual(calcPrice({ input_tokens: 10 }, "a:free", { provider: unpriced })?.total_price, 0)
    const without = ["openai", "google", "openrouter", "mistral", "azure"].flatMap((provider) =>
      (findProvider({ providerId: provider })?.models ?? []).flatMap(({ id, match, prices }) =>
        "equals" in match && match.equals === id && Object.keys(prices).length === 0 ? [{ provider, model: id }] : []
      )
    )
    assert.isAbove(without.length, 3)
    for (const fields of without) assert.strictEqual(asked(fields), undefined, fields.model)
    for (const inputTokens of [2 ** 53 - 1, -1]) asked({ inputTokens })
  })

  it("comes after the tables of the program", () => {
    const own = { entries: [{ model: "gpt-4o", input: 1, output: 1 }] }
    assert.deepStrictEqual(costOf([Pricing.genAiPrices, own]), [0.0011, "table"])
    assert.deepStrictEqual(costOf([own, Pricing.genAiPrices], { model: "gpt-4o-mini" }), [0.00021, "table"])
  })

  it("gives one answer, asked for the first time or again", () => {
    const processor = Pricing.processor(Pricing.genAiPrices)
    const usages = Array.from({ length: 2_000 }, (_, i) => ({ inputTokens: i * 997, outputTokens: i % 13 }))
    for (const round of [1, 2]) {
      for (const usage of usages) {
        const expected = calcPrice({ input_tokens: usage.inputTokens, output_tokens: usage.outputTokens }, "gpt-4o", {
          providerId: "openai",
          timestamp: now
        })
        assert.strictEqual(
          processor.span?.(call(usage))?.costUsd,
          Math.round((expected?.total_price ?? 0) * 1e9) / 1e9,
          `round ${round}`
        )
      }
    }
  })

  const unpriced = { id: "p", name: "p", api_pattern: "x", models: [{ id: "a", match: { contains: "a" }, prices: {} }] }

  it("is not loaded by the entry", () => {
    const source = readFileSync(new URL("../../src/pipeline/internal/pricing/genAiPrices.ts", import.meta.url), "utf8")
    assert.notMatch(source, /^import \{.*from "@pydantic/m)
    assert.isFunction(createRequire(import.meta.url)("@pydantic/genai-prices").calcPrice)
  })
})

describe("reprice", () => {
  const wrong: Pricing.Table = { entries: [{ model: "gpt-4o", input: 100, output: 100 }] }
  const engines = {
    memory: Storage.layerMemory.pipe((layer) => Effect.provide(Storage.Storage, layer)),
    DuckDB: makeDuckDb({ path: ":memory:" })
  }
  const corrects = (engine: Effect.Effect<Storage.StorageService, unknown, Scope.Scope>) =>
    it.scopedLive("corrects what is stored, and nothing else", () =>
      Effect.gen(function* () {
        const storage = yield* engine
        const costs = Effect.map(storage.listSpans({ pagination: { limit: 1_000 } }), ({ items }) =>
          Object.fromEntries(items.map((span) => [span.name, [span.costUsd, span.costSource]]))
        )
        const many = Array.from({ length: 450 }, (_, i) => call({ name: `many ${i}`, userId: "mia", costUsd: 0 }))
        yield* storage.insertSpans([
          ...many,
          call({ name: "none" }),
          priced(wrong, call({ name: "wrong" })),
          call({ name: "provider", costUsd: 7, costSource: "provider" }),
          call({ name: "said", costUsd: 7 }),
          call({ name: "custom", costUsd: 7, costSource: "custom" }),
          call({ name: "unknown", model: "model-x" }),
          call({ name: "earlier", model: "model-x", costUsd: 3, costSource: "table" }),
          call({ name: "running", status: "running" }),
          span({ name: "agent", spanType: "agent_run", inputTokens: 1, outputTokens: 1, costUsd: 1 })
        ])
        const first = yield* Pricing.reprice({ storage, table })
        assert.deepStrictEqual(first, { spans: 458, repriced: 453, unpriced: { "openai model-x": 1 } })
        const stored = yield* costs
        for (const { name } of many) assert.deepStrictEqual(stored[name], [0.0035, "table"])
        const { agent, custom, earlier, none, provider, running, said, unknown, wrong: mended } = stored
        assert.deepStrictEqual(
          { agent, custom, earlier, mended, none, provider, running, said, unknown },
          {
            agent: [1, undefined],
            custom: [7, "custom"],
            earlier: [3, "table"],
            mended: [0.0035, "table"],
            none: [0.0035, "table"],
            provider: [7, "provider"],
            running: [undefined, undefined],
            said: [7, "provider"],
            unknown: [undefined, undefined]
          }
        )
        assert.deepStrictEqual(yield* Pricing.reprice({ storage, table }), { ...first, repriced: 0 })
        assert.deepStrictEqual(yield* costs, stored)
        assert.deepStrictEqual(yield* Pricing.reprice({ storage, filters: { userId: "eve" }, table: wrong }), {
          spans: 0,
          repriced: 0,
          unpriced: {}
        })
        const some = yield* Pricing.reprice({ storage, filters: { userId: "mia" }, table: wrong })
        assert.deepStrictEqual(some, { spans: 450, repriced: 450, unpriced: {} })
        const bad = yield* Effect.flip(Pricing.reprice({ storage, filters: { userId: 3 as never }, table }))
        assert.strictEqual(bad.reason, "InvalidArgument")
        const [row] = yield* storage.aggregate({
          of: "spans",
          filters: { userId: "mia" },
          measures: { cost: { sum: "costUsd" } }
        })
        assert.strictEqual(row?.values.cost, Math.round(450 * 0.11 * 1e9) / 1e9)
      })
    )
  for (const [name, engine] of Object.entries(engines)) describe(`in ${name}`, () => corrects(engine))
  describeClickhouse("in ClickHouse", () =>
    corrects(Effect.map(Layer.build(Clickhouse.layer()), Context.get(Storage.Storage)))
  )

  it.scoped("sums over a session what tables and providers say", () =>
    Effect.gen(function* () {
      const storage = yield* engines.memory
      const inSession = { sessionId: "s", traceId: traceId(1) }
      yield* storage.insertSpans([call(inSession), call({ ...inSession, costUsd: 1, costSource: "provider" })])
      yield* Pricing.reprice({ storage, table })
      assert.strictEqual(Option.getOrThrow(yield* storage.getSession("s")).costUsd, 1.0035)
    })
  )
})
