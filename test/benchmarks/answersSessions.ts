/** Lists of sessions among many spans in a DuckDB file, beside the SQL that one would write for the same answer. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api"
import { Effect } from "effect"
import { Storage } from "effect-observability"
import { DuckDbStorage } from "effect-observability/duckdb"
import { type Figure, figure, inProcess, median, spansOr } from "./harness.js"
import { millis } from "./spine.js"

/** Ten spans a trace, ten traces a session, 400 sessions at a time, over thirty days. */
const rowsOf = (spans: number) => `
  SELECT lpad(md5((i // 10)::VARCHAR), 32, '0') AS trace_id, lpad(to_hex(i + 1), 16, '0') AS span_id,
    CASE WHEN i % 10 > 0 THEN lpad(to_hex(i - i % 10 + 1), 16, '0') END AS parent_span_id,
    CASE WHEN i % 10 = 0 THEN 'invoke_agent support' WHEN i % 3 = 0 THEN 'execute_tool search' ELSE 'chat gpt-4o' END AS name,
    'internal' AS kind,
    CASE WHEN i % 10 = 0 THEN 'agent_run' WHEN i % 3 = 0 THEN 'tool_call' ELSE 'model_generation' END AS span_type,
    CASE WHEN i % 503 = 3 THEN 'error' ELSE 'ok' END AS status,
    start_time, start_time + 900_000 AS end_time, 'session-' || (i // 10 % 400 + 400 * (i // 40_000)) AS session_id,
    'user-' || (i // 10 % 400 + 400 * (i // 40_000)) % 5_000 AS user_id, 'bench' AS service_name,
    CASE WHEN i % 3 > 0 THEN CASE WHEN i % 1_000 = 1 THEN 'gpt-4o-mini' ELSE 'gpt-4o' END END AS model,
    CASE WHEN i % 3 > 0 THEN 900 END AS input_tokens, CASE WHEN i % 3 > 0 THEN 120 END AS output_tokens,
    CASE WHEN i % 3 > 0 THEN 0.0021 END AS cost_usd,
    json_object('app.turn.index', i, 'app.prompt', repeat('Could you move my reservation to Friday, please? ', 12)) AS attributes,
    '[]' AS events, '[]' AS links, '[]' AS tags, '{"service.name":"bench"}' AS resource, false AS replayed,
    true AS in_sessions, (i // 10)::BIGINT AS trace_key, CASE WHEN i % 10 = 0 THEN (i // 10)::BIGINT END AS entry_key
  FROM (SELECT i, (1_750_000_000_000_000_000 + i * (2_592_000_000_000_000 // ${spans}))::BIGINT AS start_time
    FROM range(${spans}) AS numbers(i))`

/** A file with so many spans, made by DuckDB itself. */
export const withFile = async <A>(spans: number, use: (path: string) => Promise<A>): Promise<A> => {
  const folder = mkdtempSync(join(tmpdir(), "effect-observability-bench-"))
  const path = join(folder, "spans.duckdb")
  try {
    await Effect.runPromise(Effect.provide(Storage.Storage, DuckDbStorage.layer({ path })))
    await withConnection(path, (connection) => connection.run(`INSERT INTO mastra_ai_spans BY NAME ${rowsOf(spans)}`))
    return await use(path)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const withConnection = async <A>(path: string, use: (connection: DuckDBConnection) => Promise<A>): Promise<A> => {
  const instance = await DuckDBInstance.create(path)
  const connection = await instance.connect()
  try {
    return await use(connection)
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

const spans = spansOr(1_000_000)
const rounds = 25

// Sessions

const filters = {
  all: {},
  user: { userId: "user-7" },
  model: { model: "gpt-4o-mini" },
  hasError: { hasError: true }
} as const

const conditions: { readonly [F in keyof typeof filters]: string } = {
  all: "true",
  user: "user_id = 'user-7'",
  model: "model = 'gpt-4o-mini'",
  hasError: "status = 'error' AND NOT replayed"
}

/** The newest sessions of which some span meets a condition, with plain sums. */
const bareSessions = (condition: string) => `
  WITH page AS (
    SELECT session_id FROM mastra_ai_spans
    ${condition === "true" ? "" : `WHERE session_id IN (SELECT session_id FROM mastra_ai_spans WHERE ${condition})`}
    GROUP BY session_id ORDER BY max(end_time) DESC LIMIT 51
  )
  SELECT session_id, min(start_time), max(end_time), count(DISTINCT trace_id), count(*), count(*) FILTER (status = 'error'),
    sum(input_tokens), sum(output_tokens), sum(cost_usd), list(DISTINCT user_id)
  FROM mastra_ai_spans WHERE session_id IN (FROM page) GROUP BY session_id ORDER BY 3 DESC`

type Times<K extends string> = { readonly [N in K]: { readonly ours: number; readonly bare: number } }

const sessionsOf = (spans: number) =>
  withFile(spans, async (path): Promise<{ readonly first: number } & Times<keyof typeof filters>> => {
    const names = Object.keys(filters) as ReadonlyArray<keyof typeof filters>
    const bare = await withConnection(path, async (connection) => {
      const times: Record<string, number> = {}
      for (const name of names) {
        const taken: Array<number> = []
        for (let round = 0; round < rounds; round++) {
          const start = performance.now()
          await connection.runAndReadAll(bareSessions(conditions[name]))
          taken.push(performance.now() - start)
        }
        times[name] = median(taken)
      }
      return times
    })
    const measure = Effect.gen(function* () {
      const storage = yield* Storage.Storage
      const first = yield* millis(storage.listSessions())
      const times: Record<string, number> = {}
      for (const name of names) {
        const ask = millis(storage.listSessions({ filters: filters[name] }))
        times[name] = median(yield* Effect.replicateEffect(ask, rounds))
      }
      return { first, times }
    })
    const { first, times } = await Effect.runPromise(Effect.provide(measure, DuckDbStorage.layer({ path })))
    const both = names.map((name) => [name, { ours: times[name] ?? 0, bare: bare[name] ?? 0 }] as const)
    return { first, ...(Object.fromEntries(both) as Times<keyof typeof filters>) }
  })

export const tasks = { sessions: () => sessionsOf(spans) }

export const run = async (suite: string): Promise<ReadonlyArray<Figure>> => {
  const found = await inProcess<Awaited<ReturnType<typeof sessionsOf>>>(suite, "sessions")
  return [
    figure(`listSessions, the newest 50, among ${spans.toLocaleString("en")} spans, p50`, found.all.ours, "ms", {
      target: { atMost: spans > 1_000_000 ? 20 : 12 }
    }),
    figure("the same when it is asked first of a file that has not been counted", found.first, "ms"),
    figure("the same, beside SQL over the spans", found.all.ours, "ms", { baseline: found.all.bare }),
    ...(["user", "model", "hasError"] as const).map((name) =>
      figure(`the same by ${name}, beside SQL over the spans`, found[name].ours, "ms", {
        baseline: found[name].bare,
        target: { atMost: 2 }
      })
    )
  ]
}
