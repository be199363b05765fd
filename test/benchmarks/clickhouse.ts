/**
 * The storage in ClickHouse. The engine runs in the process, as the connection of the client, so that neither side pays
 * for a wire; with CLICKHOUSE_URL it is that server.
 */
import { ClickhouseClient } from "@effect/sql-clickhouse"
import { Effect, Layer } from "effect"
import { Observability, Storage } from "effect-observability"
import { ClickhouseStorage } from "effect-observability/clickhouse"
import * as Clickhouse from "../utils/chdb.js"
import { type Figure, figure, inProcess, median, quantile } from "./harness.js"
import { ingestCount, millis, roomy, rounds, sessions, traceOf, waitingWork } from "./spine.js"

/** Runs with tables of its own, of which the names begin with the prefix. */
export const withStorage = <A, E>(
  use: (prefix: string) => Effect.Effect<A, E, Storage.Storage | ClickhouseClient.ClickhouseClient>
) =>
  Effect.runPromise(
    Effect.flatMap(Clickhouse.freshPrefix, (tablePrefix) =>
      Effect.provide(use(tablePrefix), ClickhouseStorage.layerClient({ tablePrefix }))
    ).pipe(Effect.scoped, Effect.provide(Clickhouse.layerClient))
  )

export const rows = <Row extends object>(query: string) =>
  Effect.flatMap(ClickhouseClient.ClickhouseClient, (sql) => sql.unsafe<Row>(query))

// Ingest

const observability = Layer.unwrapEffect(
  Effect.map(Storage.Storage, (storage) =>
    Observability.layer({ serviceName: "bench", batch: roomy }).pipe(
      Layer.provide(Layer.succeed(Storage.Storage, storage))
    )
  )
)

const ingest = () =>
  withStorage(() =>
    Effect.gen(function* () {
      const { flush, stats } = yield* Observability.Observability
      yield* waitingWork(2_000)
      yield* flush
      globalThis.gc?.()
      const before = process.memoryUsage().rss
      let peak = before
      const timer = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 5)
      const time = yield* millis(Effect.zipRight(waitingWork(ingestCount), flush))
      clearInterval(timer)
      const { dropped, exported, failed } = (yield* stats).spans["storage"] as Observability.Ledger
      return { time, megabytes: (peak - before) / 2 ** 20, exported, lost: { ...dropped, ...failed } }
    }).pipe(Effect.provide(observability))
  )

/** The same rows into the same table by the client, as JSONEachRow in batches of 1,000; rows are made beforehand. */
const clientIngest = () =>
  withStorage((prefix) =>
    Effect.gen(function* () {
      const sql = yield* ClickhouseClient.ClickhouseClient
      const table = `${prefix}mastra_ai_spans`
      yield* Effect.gen(function* () {
        const { flush } = yield* Observability.Observability
        yield* Effect.zipRight(waitingWork(100), flush)
      }).pipe(Effect.provide(observability))
      const [template] = yield* rows(`SELECT * FROM ${table} LIMIT 1`)
      const batches = Array.from({ length: ingestCount / 1_000 }, (_, batch) =>
        Array.from({ length: 1_000 }, (_, offset) => {
          const index = batch * 1_000 + offset
          return {
            ...template,
            SpanId: index.toString(16).padStart(16, "0"),
            TraceId: (index * 2_654_435_761).toString(16).padStart(32, "0")
          }
        })
      )
      const insert = Effect.forEach(batches, (values) => sql.insertQuery({ table, values }), { discard: true })
      return { time: yield* millis(insert) }
    })
  )

// Questions

const questions = () =>
  withStorage((prefix) =>
    Effect.gen(function* () {
      const storage = yield* Storage.Storage
      const traces = sessions * 2
      for (let from = 0; from < traces; from += 1_000) {
        yield* storage.insertSpans(Array.from({ length: 1_000 }, (_, offset) => traceOf(from + offset)).flat())
      }
      return yield* asked(prefix, {
        sessions,
        traceIds: Array.from({ length: 210 }, (_, i) => traceOf((i * 7_919) % traces)[0]?.traceId ?? "")
      })
    })
  )

/** How long questions take in ms, and how many granules the index of the session leaves of how many. */
export const asked = Effect.fnUntraced(function* (
  prefix: string,
  stored: { readonly sessions: number; readonly traceIds: ReadonlyArray<string> }
) {
  const storage = yield* Storage.Storage
  yield* merged(prefix)
  const session = (i: number) => `session-${(i * 7_919) % stored.sessions}`
  const times = (count: number, ask: (i: number) => Effect.Effect<unknown, Storage.StorageError>) =>
    Effect.forEach(Array.from({ length: count }), (_, i) => millis(ask(i))).pipe(Effect.map((all) => all.slice(10)))
  const plan = yield* rows<{ readonly explain: string }>(
    `EXPLAIN indexes = 1 SELECT TraceId FROM ${prefix}mastra_ai_spans WHERE SessionId = '${session(1)}'`
  )
  const text = plan.map(({ explain }) => explain).join("\n")
  const left = /Name: idx_session_id\n[\s\S]*?Granules: (\d+)/.exec(text)?.[1]
  const all = /Granules: \d+\/(\d+)/.exec(text)?.[1]
  return {
    listTraces: yield* times(210, (i) => storage.listTraces({ filters: { sessionId: session(i) } })),
    getTrace: yield* times(210, (i) => storage.getTrace(stored.traceIds[i % stored.traceIds.length] ?? "")),
    listSessions: yield* times(40, () => storage.listSessions()),
    granules: { left: Number(left), all: Number(all) }
  }
})

/** Waits until the engine has merged what it wants to merge, for two minutes at most. */
const merged = (prefix: string) =>
  rows<{ readonly merges: string }>(
    `SELECT toString(count()) AS merges FROM system.merges WHERE startsWith(table, '${prefix}')`
  ).pipe(
    Effect.delay("1 second"),
    Effect.repeat({ until: ([row]) => row?.merges === "0" }),
    Effect.timeoutOption("2 minutes")
  )

export const figuresOf = (
  among: string,
  { getTrace, granules, listSessions, listTraces }: Effect.Effect.Success<ReturnType<typeof asked>>,
  atMost: { readonly listTraces: number; readonly getTrace?: number; readonly listSessions?: number }
): ReadonlyArray<Figure> =>
  [
    { name: "listTraces of a session", times: listTraces, target: atMost.listTraces },
    { name: "getTrace", times: getTrace, target: atMost.getTrace },
    { name: "listSessions, newest 50", times: listSessions, target: atMost.listSessions }
  ]
    .flatMap(({ name, target, times }) => [
      figure(
        `${name} among ${among}, p50`,
        median(times),
        "ms",
        target === undefined ? {} : { target: { atMost: target } }
      ),
      figure("the same, p99", quantile(times, 0.99), "ms")
    ])
    .concat(
      figure("granules that the indexes of the session leave, beside all", granules.left, "granules", {
        baseline: granules.all,
        target: { atMost: 0.5 }
      })
    )

export const tasks = { ingest, clientIngest, questions }

const task = <Name extends keyof typeof tasks>(name: Name) =>
  inProcess<Awaited<ReturnType<(typeof tasks)[Name]>>>("clickhouse", name)

export const run = async (): Promise<ReadonlyArray<Figure>> => {
  const ours: Array<Awaited<ReturnType<typeof ingest>>> = []
  const clients: Array<number> = []
  for (let round = 0; round < rounds; round++) {
    ours.push(await task("ingest"))
    clients.push((await task("clientIngest")).time)
  }
  for (const { exported, lost } of ours) {
    if (exported !== ingestCount + 2_000) throw new Error(`exported ${exported}, lost ${JSON.stringify(lost)}`)
  }
  const rate = (times: ReadonlyArray<number>) => (ingestCount / median(times)) * 1_000
  return [
    figure(
      `ingest of ${ingestCount.toLocaleString("en")} spans, beside the client and JSONEachRow`,
      rate(ours.map((ingest) => ingest.time)),
      "spans/s",
      { baseline: rate(clients), target: { atLeast: 0.8 } }
    ),
    figure("peak memory of the ingest", Math.max(...ours.map((ingest) => ingest.megabytes)), "MB", {
      target: { atMost: 300 }
    }),
    ...figuresOf(`${(sessions * 20).toLocaleString("en")} spans`, await task("questions"), { listTraces: 15 })
  ]
}
