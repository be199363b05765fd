/**
 * Searches of words that many spans have, few, and none; of words in the messages of conversations; and what the words of a
 * span cost. With BENCH_FOLDER the DuckDB file is kept there, and asked again the next time.
 */
import { existsSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { ClickhouseClient } from "@effect/sql-clickhouse"
import { Effect, Layer } from "effect"
import { SpanRecord, Storage } from "effect-observability"
import { DuckDbClient, DuckDbStorage } from "effect-observability/duckdb"
import { searchedTexts } from "../../src/storage/internal/searchedTexts.js"
import { WordFilter } from "../../src/storage/internal/wordFilter.js"
import { rows, withStorage } from "./clickhouse.js"
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

const measure = (isFilled: boolean) =>
  Effect.gen(function* () {
    const cost = isFilled ? undefined : yield* fill
    return { cost, times: yield* ask }
  })

/** A file that is deleted after, unless somebody keeps it. */
const withFile = async <A>(name: string, use: (path: string) => Promise<A>): Promise<A> => {
  const kept = process.env["BENCH_FOLDER"]
  if (kept !== undefined) return await use(join(kept, `${name}.duckdb`))
  const folder = mkdtempSync(join(tmpdir(), "effect-observability-bench-"))
  try {
    return await use(join(folder, `${name}.duckdb`))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const duckDb = () =>
  withFile(`search-${count}`, (path) => {
    const isFilled = existsSync(path)
    return Effect.runPromise(Effect.provide(measure(isFilled), DuckDbStorage.layer({ path })))
  })

const clickhouse = () => withStorage(() => measure(false))

// Conversations

const turns = 100

/** The turns of a conversation, of 1 kB each. Every one has "often" at its tenth turn, one in ten "seldom" at the ninetieth. */
const conversation = (session: number) => {
  const next = random(session)
  return Array.from({ length: turns }, (_, turn) => {
    const words = Array.from({ length: 150 }, () => vocabulary[Math.floor(30_000 ** next()) - 1])
    if (turn === 10) words[75] = "often"
    if (turn === 90 && session % 10 === 0) words[75] = "seldom"
    if (turn === 90 && session % 10 === 1) words[75] = "apart"
    return { role: turn % 2 === 0 ? "user" : "assistant", content: words.join(" ") }
  })
}

const converse = Effect.gen(function* () {
  const storage = yield* Storage.Storage
  for (let from = 0; from < 200; from += 100) {
    const conversations = Array.from({ length: 100 }, (_, n) => conversation(from + n))
    for (let turn = 1; turn <= turns; turn++) {
      const spans = conversations.map((messages, n) => {
        const session = from + n
        const id = turn * 200 + session
        return new SpanRecord.SpanRecord(
          {
            ...spanOf(id),
            sessionId: `session-${session}`,
            name: "chat",
            attributes: { "gen_ai.input.messages": messages.slice(0, turn) }
          } as never,
          true
        )
      })
      yield* storage.insertSpans(spans)
    }
  }
})

const inMessages = ["often", "often seldom", "seldom apart", "apart rarely", "absentword", '"often seldom"'] as const

const askMessages = Effect.fnUntraced(function* (isFilled: boolean) {
  const storage = yield* Storage.Storage
  if (!isFilled) yield* converse
  const times: Record<string, ReadonlyArray<number>> = {}
  for (const search of inMessages) {
    const rounds: Array<number> = []
    for (let round = 0; round < 3; round++) rounds.push(yield* millis(storage.listSpans({ filters: { search } })))
    times[search] = rounds
    times[`${search}, counted`] = [
      yield* millis(storage.aggregate({ of: "spans", filters: { search }, measures: { calls: "count" } }))
    ]
  }
  return times
})

const messagesDuckDb = () =>
  withFile("messages", (path) => {
    const isFilled = existsSync(path)
    return Effect.runPromise(Effect.provide(askMessages(isFilled), DuckDbStorage.layer({ path })))
  })

const messagesClickhouse = () => withStorage(() => askMessages(false))

// Costs

const costSpans = Math.min(count, 100_000)

const batches = (use: (spans: ReadonlyArray<SpanRecord.SpanRecord>) => Effect.Effect<void, unknown, Storage.Storage>) =>
  Effect.gen(function* () {
    let micros = 0
    for (let from = 0; from < costSpans; from += 1_000) {
      const spans = Array.from({ length: 1_000 }, (_, offset) => spanOf(from + offset))
      const start = process.cpuUsage()
      yield* use(spans)
      const { system, user } = process.cpuUsage(start)
      micros += system + user
    }
    return micros / costSpans
  })

const insertAll = batches((spans) => Effect.flatMap(Storage.Storage, (storage) => storage.insertSpans(spans)))

/** Of a span in DuckDB: the time that its words take, and their bytes in the file. */
const costDuckDb = () =>
  withFile(`cost-${costSpans}`, (path) =>
    Effect.gen(function* () {
      yield* Effect.provide(insertAll, DuckDbStorage.layer({ path }))
      const sql = yield* DuckDbClient.DuckDbClient
      yield* sql.unsafe("CHECKPOINT")
      const [{ bytes } = { bytes: 0 }] = yield* sql.unsafe<{ readonly bytes: number }>(
        `SELECT count(DISTINCT block_id)::INTEGER * 262144 AS bytes FROM pragma_storage_info('mastra_ai_spans_words')
         WHERE persistent`
      )
      let filter = new WordFilter()
      const micros = yield* batches((spans) =>
        Effect.sync(() => {
          filter = new WordFilter()
          for (const span of spans) for (const text of searchedTexts(span)) filter.add(text)
        })
      )
      return { micros, bytes: bytes / costSpans }
    }).pipe(
      Effect.provide(DuckDbClient.layer({ path })),
      Effect.provide(Layer.succeed(Storage.Storage, Storage.make({}))),
      Effect.runPromise
    )
  )

/** Of a span in ClickHouse: the CPU of an insert and its merges beside that without the index, and what it takes on disk. */
const costClickhouse = () =>
  withStorage((prefix) =>
    Effect.gen(function* () {
      const spans = `${prefix}mastra_ai_spans`
      const run = (statement: string) =>
        Effect.flatMap(ClickhouseClient.ClickhouseClient, (sql) => sql.asCommand(sql.unsafe(statement)))
      const merge = Effect.map(
        Effect.suspend(() => {
          const start = process.cpuUsage()
          return Effect.as(run(`OPTIMIZE TABLE "${spans}" FINAL`), start)
        }),
        (start) => {
          const { system, user } = process.cpuUsage(start)
          return (system + user) / costSpans
        }
      )
      const withIndex = (yield* insertAll) + (yield* merge)
      const [{ bytes } = { bytes: 0 }] = yield* rows<{ readonly bytes: number }>(
        `SELECT toFloat64(sum(data_compressed_bytes + marks_bytes)) AS bytes FROM system.data_skipping_indices
         WHERE table = '${spans}' AND name = 'idx_words'`
      )
      yield* run(`TRUNCATE TABLE "${spans}"`)
      yield* run(`ALTER TABLE "${spans}" DROP INDEX idx_words`)
      const without = (yield* insertAll) + (yield* merge)
      return { ratio: withIndex / without, micros: withIndex - without, bytes: Number(bytes) / costSpans }
    })
  )

export const tasks = {
  searchCostDuckdb: costDuckDb,
  searchCostClickhouse: costClickhouse,
  searchDuckdb: duckDb,
  searchClickhouse: clickhouse,
  searchMessagesDuckdb: messagesDuckDb,
  searchMessagesClickhouse: messagesClickhouse
}

const engines = { searchDuckdb: "DuckDB", searchClickhouse: "ClickHouse" } as const

export const run = async (suite: string): Promise<ReadonlyArray<Figure>> => {
  const figures: Array<Figure> = []
  for (const [task, engine] of Object.entries(engines)) {
    const { cost, times } = await inProcess<Awaited<ReturnType<typeof duckDb>>>(suite, task)
    if (cost !== undefined) figures.push(figure(`${engine}: insert of a span`, cost.microsASpan, "CPU µs"))
    for (const [what, all] of Object.entries(times)) {
      const atMost = what.startsWith("scattered") && engine === "DuckDB" ? 400 : 100
      figures.push(figure(`${engine}: newest 50 with ${what}, p50`, median(all), "ms", { target: { atMost } }))
    }
  }
  const ofDuckDb = await inProcess<Awaited<ReturnType<typeof costDuckDb>>>(suite, "searchCostDuckdb")
  const ofClickhouse = await inProcess<Awaited<ReturnType<typeof costClickhouse>>>(suite, "searchCostClickhouse")
  figures.push(
    figure("DuckDB: the words of a span", ofDuckDb.micros, "CPU µs", { target: { atMost: 3 } }),
    figure("DuckDB: the words of a span", ofDuckDb.bytes, "bytes", { target: { atMost: 40 } }),
    figure("ClickHouse: insert and merge of a span, × without index", ofClickhouse.ratio, "CPU", {
      target: { atMost: 2 }
    }),
    figure("ClickHouse: the words of a span", ofClickhouse.bytes, "bytes", { target: { atMost: 130 } })
  )
  for (const engine of ["DuckDB", "ClickHouse"] as const) {
    const task = engine === "DuckDB" ? "searchMessagesDuckdb" : "searchMessagesClickhouse"
    const times = await inProcess<Record<string, ReadonlyArray<number>>>(suite, task)
    for (const [what, all] of Object.entries(times)) {
      figures.push(figure(`${engine}: ${what}, in messages of 20,000 spans of 50 kB, p50`, median(all), "ms"))
    }
  }
  return figures
}
