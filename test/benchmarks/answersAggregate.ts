/**
 * Aggregates over spans of 30 days, beside the statement that somebody would write by hand. The spans are made inside the
 * engine: 1,000,000, or as many as BENCH_SPANS says.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { ClickhouseClient } from "@effect/sql-clickhouse"
import { Effect, Layer } from "effect"
import { Storage } from "effect-observability"
import { DuckDbClient, DuckDbStorage } from "effect-observability/duckdb"
import { rows, withStorage } from "./clickhouse.js"
import { type Figure, figure, inProcess, median, spansOr } from "./harness.js"
import { millis } from "./spine.js"

const spans = spansOr(1_000_000)
const from = BigInt(Date.UTC(2026, 9, 1)) * 1_000_000n
const day = 86_400_000_000_000n
const to = from + 30n * day
const step = (30n * day) / BigInt(spans)
const rounds = 12

const filters = { startedAfter: from, startedBefore: to }
const measures = {
  spans: "count",
  errors: "errors",
  input: { sum: "inputTokens" },
  output: { sum: "outputTokens" },
  cost: { sum: "costUsd" },
  p50: { quantile: 0.5, of: "duration" },
  p95: { quantile: 0.95, of: "duration" },
  p99: { quantile: 0.99, of: "duration" }
} as const

const questions = {
  "by hour": () => Storage.aggregate({ of: "spans", filters, interval: "hour", measures }),
  "by model": () => Storage.aggregate({ of: "spans", filters, groupBy: ["model"], measures }),
  "by tool and day": () =>
    Storage.aggregate({
      of: "spans",
      filters: { ...filters, spanType: "tool_call" },
      groupBy: ["toolName"],
      interval: "day",
      measures
    })
}

type Name = keyof typeof questions
const names = Object.keys(questions) as ReadonlyArray<Name>

/** Times of each question in ms, and of the bare statement, asked in turns. */
const compared = Effect.fnUntraced(function* <R>(
  bare: (name: Name) => Effect.Effect<ReadonlyArray<unknown>, unknown, R>
) {
  const times: Record<string, { readonly ours: Array<number>; readonly bare: Array<number> }> = {}
  for (const name of names) {
    const found = { ours: [] as Array<number>, bare: [] as Array<number> }
    for (let round = 0; round < rounds; round++) {
      found.ours.push(yield* millis(questions[name]()))
      found.bare.push(yield* millis(bare(name)))
    }
    times[name] = { ours: found.ours.slice(2), bare: found.bare.slice(2) }
  }
  return times
})

// DuckDB

const duckDbColumns: Readonly<Record<string, string>> = {
  trace_id: "md5((i // 10)::VARCHAR)",
  span_id: "substr(md5(i::VARCHAR), 1, 16)",
  name: "['invoke_agent', 'chat', 'execute_tool'][1 + i % 3] || ' ' || (i % 13)",
  kind: "'internal'",
  span_type: "['agent_run', 'model_generation', 'tool_call'][1 + i % 3]",
  status: "CASE WHEN hash(i) % 50 = 0 THEN 'error' ELSE 'ok' END",
  start_time: `${from} + i * ${step}`,
  end_time: `${from} + i * ${step} + 1000000 + (hash(i) % 5000000000)::BIGINT`,
  session_id: "'session-' || (i // 100)",
  user_id: "'user-' || (i // 100 % 5000)",
  service_name: "'bench'",
  model: "CASE WHEN i % 3 = 1 THEN 'model-' || (i % 5) END",
  tool_name: "CASE WHEN i % 3 = 2 THEN 'tool-' || (i % 25) END",
  input_tokens: "CASE WHEN i % 3 < 2 THEN (hash(i) % 8000)::BIGINT END",
  output_tokens: "CASE WHEN i % 3 < 2 THEN (hash(i) % 900)::BIGINT END",
  cost_usd: "CASE WHEN i % 3 < 2 THEN (hash(i) % 90000) / 1e6 END",
  attributes: "'{}'",
  events: "'[]'",
  links: "'[]'",
  resource: "'{}'",
  tags: "'[]'",
  replayed: "false",
  trace_key: "hash(i // 10) % 4294967296"
}

const duckDbMeasures = `count(*) AS spans, count(*) FILTER (WHERE status = 'error' AND NOT replayed) AS errors,
  sum(input_tokens) FILTER (WHERE span_type = 'model_generation' AND NOT replayed) AS input,
  sum(output_tokens) FILTER (WHERE span_type = 'model_generation' AND NOT replayed) AS output,
  sum(round(cost_usd * 1e9)::BIGINT) FILTER (WHERE span_type IN ('model_generation', 'tool_call') AND NOT replayed) AS cost,
  quantile_disc(end_time - start_time, [0.5, 0.95, 0.99]) AS quantiles
  FROM mastra_ai_spans WHERE start_time >= ${from} AND start_time < ${to}`

const duckDbBare: { readonly [N in Name]: string } = {
  "by hour": `SELECT (start_time - ${from}) // 3600000000000 AS hour, ${duckDbMeasures} GROUP BY hour`,
  "by model": `SELECT model, ${duckDbMeasures} GROUP BY model`,
  "by tool and day": `SELECT tool_name, (start_time - ${from}) // ${day} AS day, ${duckDbMeasures}
    AND span_type = 'tool_call' GROUP BY tool_name, day`
}

const duckDb = async () => {
  const folder = mkdtempSync(join(tmpdir(), "effect-observability-bench-"))
  const live = DuckDbStorage.layerClient().pipe(
    Layer.provideMerge(
      DuckDbClient.layer({
        path: join(folder, "spans.duckdb"),
        settings: { memory_limit: "200MB", temp_directory: "" }
      })
    )
  )
  const measure = Effect.gen(function* () {
    const sql = yield* DuckDbClient.DuckDbClient
    yield* sql.unsafe(`DROP INDEX "idx_spans_session_id"`)
    yield* sql.unsafe(`DROP INDEX "idx_spans_entry_key"`)
    for (let begin = 0; begin < spans; begin += 200_000) {
      yield* sql.unsafe(
        `INSERT INTO mastra_ai_spans (${Object.keys(duckDbColumns)}) SELECT ${Object.values(duckDbColumns)}
         FROM range(${begin}, ${Math.min(spans, begin + 200_000)}) AS t(i)`
      )
    }
    yield* sql.unsafe("CHECKPOINT")
    return yield* compared((name) => sql.unsafe(duckDbBare[name]))
  })
  return Effect.runPromise(Effect.provide(measure, live)).finally(() => rmSync(folder, { recursive: true }))
}

// ClickHouse

const clickhouseColumns: Readonly<Record<string, string>> = {
  TraceId: "lower(hex(MD5(toString(intDiv(number, 10)))))",
  SpanId: "lower(substring(hex(MD5(toString(number))), 1, 16))",
  ParentSpanId: "''",
  Name: "concat(['invoke_agent', 'chat', 'execute_tool'][1 + number % 3], ' ', toString(number % 13))",
  Kind: "'internal'",
  SpanType: "['agent_run', 'model_generation', 'tool_call'][1 + number % 3]",
  Status: "if(cityHash64(number) % 50 = 0, 'error', 'ok')",
  StartTime: `fromUnixTimestamp64Nano(toInt64(${from} + number * ${step}), 'UTC')`,
  EndTime: `fromUnixTimestamp64Nano(toInt64(${from} + number * ${step} + 1000000 + cityHash64(number) % 5000000000), 'UTC')`,
  SessionId: "concat('session-', toString(intDiv(number, 100)))",
  UserId: "concat('user-', toString(intDiv(number, 100) % 5000))",
  ServiceName: "'bench'",
  Model: "if(number % 3 = 1, concat('model-', toString(number % 5)), NULL)",
  ToolName: "if(number % 3 = 2, concat('tool-', toString(number % 25)), NULL)",
  InputTokens: "if(number % 3 < 2, cityHash64(number) % 8000, NULL)",
  OutputTokens: "if(number % 3 < 2, cityHash64(number) % 900, NULL)",
  CostUsd: "if(number % 3 < 2, cityHash64(number) % 90000 / 1e6, NULL)",
  Version: "bitShiftLeft(toUInt64(1), 63) + number",
  Record: "'{}'"
}

const sorted = "arraySort(groupArray(toUnixTimestamp64Nano(EndTime) - toUnixTimestamp64Nano(StartTime)))"
const clickhouseMeasures = (table: string) => `count() AS spans, countIf(Status = 'error' AND NOT Replayed) AS errors,
  sumIf(InputTokens, SpanType = 'model_generation' AND NOT Replayed) AS input,
  sumIf(OutputTokens, SpanType = 'model_generation' AND NOT Replayed) AS output,
  sumIf(toInt64(round(CostUsd * 1e9)), SpanType IN ('model_generation', 'tool_call') AND NOT Replayed) AS cost,
  arrayMap(q -> ${sorted}[greatest(1, toUInt64(ceil(q * length(${sorted}))))], [0.5, 0.95, 0.99]) AS quantiles
  FROM ${table} WHERE StartTime >= fromUnixTimestamp64Nano(${from}) AND StartTime < fromUnixTimestamp64Nano(${to})`

const clickhouseBare = (name: Name, table: string): string => {
  const measures = clickhouseMeasures(table)
  const bucket = (width: bigint) => `intDiv(toUnixTimestamp64Nano(StartTime) - ${from}, ${width})`
  const statement = {
    "by hour": `SELECT ${bucket(3_600_000_000_000n)} AS hour, ${measures} GROUP BY hour`,
    "by model": `SELECT Model, ${measures} GROUP BY Model`,
    "by tool and day": `SELECT ToolName, ${bucket(day)} AS day, ${measures} AND SpanType = 'tool_call' GROUP BY ToolName, day`
  }
  return `${statement[name]} SETTINGS do_not_merge_across_partitions_select_final = 1`
}

const fillClickhouse = Effect.fnUntraced(function* (table: string) {
  const sql = yield* ClickhouseClient.ClickhouseClient
  for (let begin = 0; begin < spans; begin += 500_000) {
    yield* sql.asCommand(
      sql.unsafe(
        `INSERT INTO ${table} (${Object.keys(clickhouseColumns)}) SELECT ${Object.values(clickhouseColumns)}
         FROM numbers(${begin}, ${Math.min(500_000, spans - begin)})`
      )
    )
  }
})

const clickhouse = (final: string) =>
  withStorage((prefix) =>
    Effect.gen(function* () {
      const table = `${prefix}mastra_ai_spans`
      yield* fillClickhouse(table)
      return yield* compared((name) => rows(clickhouseBare(name, `${table} ${final}`)))
    })
  )

/** Whether each question is answered in so much memory: the engine stops a statement that needs more. */
const clickhouseMemory = () =>
  withStorage((prefix) =>
    Effect.gen(function* () {
      const sql = yield* ClickhouseClient.ClickhouseClient
      yield* fillClickhouse(`${prefix}mastra_ai_spans`)
      const bounded = (megabytes: number, name: Name) =>
        sql
          .asCommand(sql.unsafe(`SET max_memory_usage = ${megabytes * 1_000_000}`))
          .pipe(
            Effect.zipRight(Effect.isSuccess(questions[name]())),
            Effect.ensuring(Effect.orDie(sql.asCommand(sql.unsafe("SET max_memory_usage = 0"))))
          )
      const answered: Record<string, number | undefined> = {}
      for (const name of names) {
        for (const megabytes of [50, 100, 200, 400, 800]) {
          if (!(yield* bounded(megabytes, name))) continue
          answered[name] = megabytes
          break
        }
      }
      return answered
    })
  )

export const tasks = {
  aggregateDuckdb: duckDb,
  aggregateClickhouse: () => clickhouse("FINAL"),
  aggregateClickhouseWithoutFinal: () => clickhouse(""),
  aggregateClickhouseMemory: clickhouseMemory
}

export const run = async (suite: string): Promise<ReadonlyArray<Figure>> => {
  const task = (name: "aggregateDuckdb" | "aggregateClickhouse") =>
    inProcess<Awaited<ReturnType<typeof duckDb>>>(suite, name)
  const engines = { DuckDB: await task("aggregateDuckdb"), "ClickHouse with FINAL": await task("aggregateClickhouse") }
  const memory = await inProcess<Awaited<ReturnType<typeof clickhouseMemory>>>(suite, "aggregateClickhouseMemory")
  const megabytes = Object.entries(memory).map(([name, enough = Number.POSITIVE_INFINITY]) =>
    figure(`memory that is enough for aggregate ${name}, ClickHouse`, enough, "MB", { target: { atMost: 200 } })
  )
  const times = Object.entries(engines).flatMap(([engine, found]) =>
    Object.entries(found).map(([name, { bare, ours }]) =>
      figure(
        `aggregate ${name} of ${spans.toLocaleString("en")} spans, ${engine}, beside bare SQL`,
        median(ours),
        "ms",
        {
          baseline: median(bare),
          target: { atMost: 1.3 }
        }
      )
    )
  )
  return [...times, ...megabytes]
}
