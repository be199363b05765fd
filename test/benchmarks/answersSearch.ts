/** Searches of words that many spans have, few, and none. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"
import { SpanRecord, Storage } from "effect-observability"
import { DuckDbStorage } from "effect-observability/duckdb"
import { withStorage } from "./clickhouse.js"
import { type Figure, figure, inProcess, median, spansOr } from "./harness.js"
import { millis } from "./spine.js"

const count = spansOr(1_000_000)

/** Draws the same numbers each time: an additive congruence of 32 bits, mixed. */
const random = (seed: number) => () => {
  seed = (seed + 0x6d2b79f5) | 0
  let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
}

const vocabulary = Array.from({ length: 30_000 }, (_, i) =>
  (Math.imul(i + 1, 2_654_435_761) >>> 0).toString(36).slice(0, 3 + (i % 7))
)

/** A span of 110 words, most of them of the most frequent ones, and ids as models give them. */
const spanOf = (index: number): SpanRecord.SpanRecord => {
  const next = random(index)
  const words = Array.from({ length: 110 }, () => vocabulary[Math.floor(30_000 ** next()) - 1])
  if (index % 4 !== 0) words[10] = "everywhere"
  if (index % 45 === 0) words[20] = "sometimes"
  if (index % (count / 50) === 99) words[30] = "scattered"
  if (index % (count / 10) === 77) words[40] = "rarely"
  const traceId = (Math.floor(index / 10) + 1).toString(16).padStart(32, "0")
  const start = 1_750_000_000_000_000_000n + BigInt(index) * 500_000_000n
  return new SpanRecord.SpanRecord(
    {
      traceId,
      spanId: (index + 1).toString(16).padStart(16, "0"),
      parentSpanId: index % 10 === 0 ? undefined : (Math.floor(index / 10) * 10 + 1).toString(16).padStart(16, "0"),
      name: index % 10 === 0 ? "invoke_agent support" : "chat gpt-4o",
      kind: "internal",
      spanType: index % 10 === 0 ? "agent_run" : "model_generation",
      status: "ok",
      startTime: start,
      endTime: start + 900_000n,
      sessionId: `session-${Math.floor(index / 100)}`,
      userId: `user-${Math.floor(index / 100) % 5_000}`,
      serviceName: "bench",
      model: "gpt-4o",
      attributes: {
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.response.id": `chatcmpl-${Math.floor(next() * 2 ** 48).toString(16)}${Math.floor(next() * 2 ** 48).toString(16)}`,
        "app.prompt": words.slice(0, 60).join(" "),
        "app.answer": words.slice(60).join(" ")
      },
      events: [],
      links: [],
      tags: [],
      resource: { "service.name": "bench" }
    } as never,
    true
  )
}

const fill = Effect.gen(function* () {
  const storage = yield* Storage.Storage
  const before = process.cpuUsage()
  let encoding = 0
  for (let from = 0; from < count; from += 1_000) {
    const spans = Array.from({ length: 1_000 }, (_, offset) => spanOf(from + offset))
    const start = process.cpuUsage()
    yield* storage.insertSpans(spans)
    const { system, user } = process.cpuUsage(start)
    encoding += system + user
  }
  const { system, user } = process.cpuUsage(before)
  return { microsASpan: encoding / count, all: (system + user) / count }
})

const words = ["everywhere", "sometimes", "scattered", "rarely", "absentword"] as const

const ask = Effect.gen(function* () {
  const storage = yield* Storage.Storage
  const times: Record<string, ReadonlyArray<number>> = {}
  for (const search of words) {
    const rounds: Array<number> = []
    for (let round = 0; round < 9; round++) rounds.push(yield* millis(storage.listSpans({ filters: { search } })))
    times[search] = rounds
    const traces: Array<number> = []
    for (let round = 0; round < 3; round++) traces.push(yield* millis(storage.listTraces({ filters: { search } })))
    times[`${search}, traces`] = traces
    const sessions: Array<number> = []
    for (let round = 0; round < 3; round++) sessions.push(yield* millis(storage.listSessions({ filters: { search } })))
    times[`${search}, sessions`] = sessions
  }
  return times
})

const measure = Effect.gen(function* () {
  const cost = yield* fill
  return { cost, times: yield* ask }
})

const duckDb = async () => {
  const folder = mkdtempSync(join(process.env["BENCH_FOLDER"] ?? tmpdir(), "effect-observability-bench-"))
  const path = join(folder, "spans.duckdb")
  try {
    return await Effect.runPromise(Effect.provide(measure, DuckDbStorage.layer({ path })))
  } finally {
    if (process.env["BENCH_FOLDER"] === undefined) rmSync(folder, { recursive: true })
  }
}

const clickhouse = () => withStorage(() => measure)

export const tasks = { searchDuckdb: duckDb, searchClickhouse: clickhouse }

const engines = { searchDuckdb: "DuckDB", searchClickhouse: "ClickHouse" } as const

export const run = async (suite: string): Promise<ReadonlyArray<Figure>> => {
  const figures: Array<Figure> = []
  for (const [task, engine] of Object.entries(engines)) {
    const { cost, times } = await inProcess<Awaited<ReturnType<typeof duckDb>>>(suite, task)
    figures.push(figure(`${engine}: insert of a span`, cost.microsASpan, "CPU µs"))
    for (const [what, all] of Object.entries(times)) {
      const isList = (words as ReadonlyArray<string>).includes(what)
      const atMost = what === "scattered" && engine === "DuckDB" ? 400 : 100
      figures.push(
        figure(`${engine}: newest 50 with ${what}, p50`, median(all), "ms", isList ? { target: { atMost } } : {})
      )
    }
  }
  return figures
}
