/** The main path: a traced effect, its way into a DuckDB file, and the questions that are asked of one. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { monitorEventLoopDelay } from "node:perf_hooks"
import {
  type DuckDBAppender,
  DuckDBDataChunk,
  DuckDBInstance,
  type DuckDBType,
  DuckDBTypeId,
  type DuckDBValue
} from "@duckdb/node-api"
import { Context, Effect, FiberRef, Layer, Schedule } from "effect"
import { type Exporter, Observability, SessionId, SpanRecord, Storage } from "effect-observability"
import { DuckDbStorage } from "effect-observability/duckdb"
import { type Figure, figure, inProcess, median, quantile } from "./harness.js"

const attributes = {
  "http.route": "/v1/agents/:agent/turns",
  "app.customer.tier": "enterprise",
  "app.turn.index": 7,
  "app.prompt": "Could you move my reservation to the earliest flight on Friday, please? ".repeat(9).slice(0, 630)
}
const session = SessionId.SessionId.make("bench-session")
const traced = Effect.withSpan(Effect.void, "agent.step", { attributes, captureStackTrace: false })

/** Runs the traced effect so many times. */
const work = (count: number) =>
  Effect.gen(function* () {
    for (let i = 0; i < count; i++) yield* traced
  }).pipe(SessionId.withSessionId(session))

/** Effect lets a fiber that never waits run on before timers and I/O. A program waits: here after every 100 spans. */
export const waitingWork = (count: number) =>
  work(100).pipe(
    Effect.zipRight(Effect.async<void>((resume) => void setImmediate(() => resume(Effect.void)))),
    Effect.repeatN(count / 100 - 1)
  )

export const roomy = { maxQueueSize: 1_000_000, maxQueueBytes: 2 ** 31 }
export const millis = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.suspend(() => {
    const start = performance.now()
    return Effect.map(effect, () => performance.now() - start)
  })
const inFolder = async <A>(use: (folder: string) => Promise<A>): Promise<A> => {
  const folder = mkdtempSync(join(tmpdir(), "effect-observability-bench-"))
  return use(folder).finally(() => rmSync(folder, { recursive: true }))
}

// Capture

const nowhere: Exporter.Exporter = { name: "nowhere", export: () => Effect.void }
/** The writer is idle: nothing is due before the layer closes. */
const idle = { ...roomy, maxBatchSize: 1_000_000, scheduledDelay: "1 hour" } as const
const captureLayer = Observability.layerExportOnly({ serviceName: "bench", exporters: [nowhere], batch: idle })

class Tenant extends Context.Tag("Tenant")<Tenant, string>() {}
const attempt = FiberRef.unsafeMake(0)
const untraced = Effect.void.pipe(Effect.provideService(Tenant, "acme"), Effect.locally(attempt, 1))

const captureRound = 5_000

/**
 * Microseconds of processor time a step, which other programs do not add to. Nothing is collected before: V8 would throw
 * away what it compiled.
 */
const micros = (work: Effect.Effect<void>) =>
  Effect.suspend(() => {
    const start = process.cpuUsage()
    return Effect.map(work, () => {
      const { system, user } = process.cpuUsage(start)
      return (user + system) / captureRound
    })
  })

/** A program's traced effects, and steps of it that nobody traces. */
const program = Effect.all({
  traced: micros(work(captureRound)),
  untraced: micros(
    Effect.gen(function* () {
      for (let i = 0; i < captureRound; i++) yield* untraced
    })
  )
})

const capture = () =>
  inFolder(async (folder) => {
    const storing = Observability.layer({ serviceName: "bench", batch: idle }).pipe(
      Layer.provide(DuckDbStorage.layer({ path: join(folder, "spans.duckdb") }))
    )
    const programs = {
      native: program,
      exporting: Effect.provide(program, captureLayer),
      storing: Effect.provide(program, storing)
    }
    const names = Object.keys(programs) as ReadonlyArray<keyof typeof programs>
    const times: Array<Record<keyof typeof programs, Effect.Effect.Success<typeof program>>> = []
    for (let round = 0; round < 25; round++) {
      const time: Partial<(typeof times)[number]> = {}
      for (const name of names) time[name] = await Effect.runPromise(programs[name])
      if (round >= 5) times.push(time as Required<typeof time>)
    }
    const medians = (name: keyof typeof programs) => ({
      traced: median(times.map((time) => time[name].traced)),
      untraced: median(times.map((time) => time[name].untraced))
    })
    return { native: medians("native"), exporting: medians("exporting"), storing: medians("storing") }
  })

/** Bytes allocated a span, with a young generation so large that nothing is collected meanwhile. */
const allocation = async () => {
  const count = 20_000
  const measure = Effect.gen(function* () {
    yield* work(count)
    globalThis.gc?.()
    const before = process.memoryUsage().heapUsed
    yield* work(count)
    return (process.memoryUsage().heapUsed - before) / count
  })
  const native = await Effect.runPromise(measure)
  const ours = await Effect.runPromise(Effect.provide(measure, captureLayer))
  return { native, ours }
}

// Ingest

export const ingestCount = 100_000

const ingest = (options: { readonly batch?: typeof roomy }) =>
  inFolder((folder) => {
    const live = Observability.layer({ serviceName: "bench", ...options }).pipe(
      Layer.provide(DuckDbStorage.layer({ path: join(folder, "spans.duckdb") }))
    )
    const measure = Effect.gen(function* () {
      const { flush, stats } = yield* Observability.Observability
      yield* waitingWork(2_000)
      yield* flush
      globalThis.gc?.()
      const before = process.memoryUsage().rss
      let peak = before
      const timer = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 5)
      const time = yield* millis(Effect.zipRight(waitingWork(ingestCount), flush))
      clearInterval(timer)
      peak = Math.max(peak, process.memoryUsage().rss)
      const { dropped, failed, exported } = (yield* stats).spans.storage as Observability.Ledger
      return { time, megabytes: (peak - before) / 2 ** 20, exported, lost: { ...dropped, ...failed } }
    })
    return Effect.runPromise(Effect.provide(measure, live))
  })

type Row = ReadonlyArray<DuckDBValue>
type Append = (appender: DuckDBAppender, rows: ReadonlyArray<Row>, types: ReadonlyArray<DuckDBType>) => void

const cellByCell: Append = (appender, rows, types) => {
  for (const row of rows) {
    for (let column = 0; column < types.length; column++) {
      const value = row[column]
      if (value === null) appender.appendNull()
      else if (typeof value === "string") appender.appendVarchar(value)
      else if (typeof value === "bigint") appender.appendBigInt(value)
      else if (typeof value === "boolean") appender.appendBoolean(value)
      else if (types[column]?.typeId === DuckDBTypeId.DOUBLE) appender.appendDouble(value as number)
      else appender.appendUInteger(value as number)
    }
    appender.endRow()
  }
}

const byDataChunk: Append = (appender, rows, types) => {
  const chunk = DuckDBDataChunk.create(types, rows.length)
  chunk.setRows(rows)
  appender.appendDataChunk(chunk)
}

/** The same rows into the same table by an appender, with the settings of the storage; rows are made beforehand. */
const appenderIngest = (append: Append) =>
  inFolder(async (folder) => {
    const path = join(folder, "spans.duckdb")
    const live = Observability.layer({ serviceName: "bench" }).pipe(Layer.provide(DuckDbStorage.layer({ path })))
    await Effect.runPromise(Effect.provide(work(1), live))
    const instance = await DuckDBInstance.create(path, { checkpoint_threshold: "128MB" })
    const connection = await instance.connect()
    const reader = await connection.runAndReadAll("SELECT * FROM mastra_ai_spans")
    const template = reader.getRows()[0] as Row
    const types = reader.columnTypes()
    const spanId = reader.columnNames().indexOf("span_id")
    const traceId = reader.columnNames().indexOf("trace_id")
    const keys = ["trace_key", "entry_key"].map((name) => reader.columnNames().indexOf(name))
    const rows = Array.from({ length: ingestCount }, (_, index) => {
      const row = Array.from(template)
      row[spanId] = index.toString(16).padStart(16, "0")
      row[traceId] = (index * 2_654_435_761).toString(16).padStart(32, "0")
      for (const key of keys) row[key] = BigInt((index * 2_654_435_761) % 2 ** 32)
      return row
    })
    await connection.run("DELETE FROM mastra_ai_spans")
    const appender = await connection.createAppender("mastra_ai_spans")
    const start = performance.now()
    for (let from = 0; from < rows.length; from += 1_000) {
      append(appender, rows.slice(from, from + 1_000), types)
      appender.flushSync()
    }
    const time = performance.now() - start
    appender.closeSync()
    connection.closeSync()
    instance.closeSync()
    return { time }
  })

/** Effect's own cost of the same spans. */
const nativeWork = async () => {
  await Effect.runPromise(waitingWork(2_000))
  return { time: await Effect.runPromise(millis(waitingWork(ingestCount))) }
}

// The event loop

const loopRate = 5_000
const loopSeconds = 10

const eventLoop = () =>
  inFolder(async (folder) => {
    const live = Observability.layer({ serviceName: "bench" }).pipe(
      Layer.provide(DuckDbStorage.layer({ path: join(folder, "spans.duckdb") }))
    )
    const load = (spans: number) =>
      work(spans).pipe(Effect.repeat(Schedule.fixed("10 millis")), Effect.timeoutOption(`${loopSeconds} seconds`))
    const measure = Effect.gen(function* () {
      yield* load(loopRate / 100).pipe(Effect.timeoutOption("1 second"))
      const delay = monitorEventLoopDelay({ resolution: 1 })
      delay.enable()
      yield* load(loopRate / 100)
      delay.disable()
      return { p50: delay.percentile(50) / 1e6, p99: delay.percentile(99) / 1e6, max: delay.max / 1e6 }
    })
    return {
      ours: await Effect.runPromise(Effect.provide(measure, live)),
      native: await Effect.runPromise(measure)
    }
  })

// Questions

export const sessions = 50_000
const tracesPerSession = 2
const spansPerTrace = 10

/** Traces of ten spans, two a session, as if 50,000 people talked to an agent over ten days. */
export const traceOf = (index: number): ReadonlyArray<SpanRecord.SpanRecord> => {
  const traceId = (index + 1).toString(16).padStart(32, "0").split("").reverse().join("")
  const sessionId = SessionId.SessionId.make(`session-${index % sessions}`)
  const start = 1_750_000_000_000_000_000n + BigInt(index) * 8_640_000_000n
  return Array.from(
    { length: spansPerTrace },
    (_, step) =>
      new SpanRecord.SpanRecord(
        {
          traceId,
          spanId: (index * spansPerTrace + step + 1).toString(16).padStart(16, "0"),
          parentSpanId: step === 0 ? undefined : (index * spansPerTrace + 1).toString(16).padStart(16, "0"),
          name: step === 0 ? "invoke_agent support" : step % 3 === 0 ? "execute_tool search" : "chat gpt-4o",
          kind: "internal",
          spanType: step === 0 ? "agent_run" : step % 3 === 0 ? "tool_call" : "model_generation",
          status: index % 50 === 0 && step === 3 ? "error" : "ok",
          startTime: start + BigInt(step) * 1_000_000n,
          endTime: start + BigInt(step) * 1_000_000n + 900_000n,
          sessionId,
          userId: `user-${index % 5_000}`,
          serviceName: "bench",
          model: step % 3 === 0 ? undefined : "gpt-4o",
          inputTokens: step % 3 === 0 ? undefined : 900,
          outputTokens: step % 3 === 0 ? undefined : 120,
          attributes: { ...attributes, "app.turn.index": index },
          events: [],
          links: [],
          tags: [],
          resource: { "service.name": "bench" }
        },
        true
      )
  )
}

const questions = () =>
  inFolder((folder) => {
    const traces = sessions * tracesPerSession
    const measure = Effect.gen(function* () {
      const storage = yield* Storage.Storage
      for (let from = 0; from < traces; from += 1_000) {
        yield* storage.insertSpans(Array.from({ length: 1_000 }, (_, offset) => traceOf(from + offset)).flat())
      }
      const times = (count: number, ask: (index: number) => Effect.Effect<unknown, Storage.StorageError>) =>
        Effect.forEach(
          Array.from({ length: count }, (_, i) => (i * 7_919) % traces),
          (index) => millis(ask(index))
        ).pipe(Effect.map((all) => all.slice(10)))
      return {
        listTraces: yield* times(210, (index) =>
          storage.listTraces({ filters: { sessionId: `session-${index % sessions}` } })
        ),
        getTrace: yield* times(210, (index) => storage.getTrace(traceOf(index)[0]?.traceId ?? "")),
        listSessions: yield* times(30, () => storage.listSessions())
      }
    })
    return Effect.runPromise(Effect.provide(measure, DuckDbStorage.layer({ path: join(folder, "spans.duckdb") })))
  })

export const tasks = {
  capture,
  allocation,
  eventLoop,
  questions,
  nativeWork,
  ingest: () => ingest({ batch: roomy }),
  ingestDefault: () => ingest({}),
  cellByCell: () => appenderIngest(cellByCell),
  byDataChunk: () => appenderIngest(byDataChunk)
}

export const nodeOptions = { allocation: ["--max-semi-space-size=256", "--min-semi-space-size=256"] }

const task = <Name extends keyof typeof tasks>(name: Name, nodeOptions?: ReadonlyArray<string>) =>
  inProcess<Awaited<ReturnType<(typeof tasks)[Name]>>>("spine", name, { nodeOptions })

export const rounds = 3

export const run = async (): Promise<ReadonlyArray<Figure>> => {
  const cost = await task("capture")
  const bytes = await task("allocation", nodeOptions.allocation)
  const ingests: Array<Awaited<ReturnType<typeof ingest>>> = []
  const cells: Array<number> = []
  const chunks: Array<number> = []
  const natives: Array<number> = []
  for (let round = 0; round < rounds; round++) {
    ingests.push(await task("ingest"))
    cells.push((await task("cellByCell")).time)
    chunks.push((await task("byDataChunk")).time)
    natives.push((await task("nativeWork")).time)
  }
  for (const { exported, lost } of ingests) {
    if (exported !== ingestCount + 2_000) throw new Error(`exported ${exported}, lost ${JSON.stringify(lost)}`)
  }
  const rate = (times: ReadonlyArray<number>) => (ingestCount / median(times)) * 1_000
  const ours = rate(ingests.map((ingest) => ingest.time))
  const bounded = await task("ingestDefault")
  const loop = await task("eventLoop")
  const asked = await task("questions")
  return [
    figure("a traced effect, beside Effect's own tracer", cost.exporting.traced, "CPU µs", {
      baseline: cost.native.traced,
      target: { atMost: 1.25 }
    }),
    figure("the same with a storage in DuckDB", cost.storing.traced, "CPU µs", {
      baseline: cost.native.traced,
      target: { atMost: 1.25 }
    }),
    figure("an untraced step inside that layer, beside outside", cost.storing.untraced, "CPU µs", {
      baseline: cost.native.untraced
    }),
    figure("bytes allocated a traced effect", bytes.ours, "bytes", { baseline: bytes.native }),
    figure("ingest of 100,000 spans, beside an appender cell by cell", ours, "spans/s", {
      baseline: rate(cells),
      target: { atLeast: 0.9 }
    }),
    figure("the same, beside Effect's own tracer and then that appender", ours, "spans/s", {
      baseline: rate([median(natives) + median(cells)])
    }),
    figure("the same, beside an appender by data chunk", ours, "spans/s", { baseline: rate(chunks) }),
    figure("event loop delay at 5,000 spans/s, p99", loop.ours.p99, "ms", { target: { atMost: 15 } }),
    figure("the same without recording, p99", loop.native.p99, "ms"),
    figure("event loop delay at 5,000 spans/s, longest", loop.ours.max, "ms"),
    figure("peak memory of the ingest with default bounds", bounded.megabytes, "MB", { target: { atMost: 300 } }),
    figure("listTraces of a session among 1,000,000 spans, p50", median(asked.listTraces), "ms", {
      target: { atMost: 5 }
    }),
    figure("the same, p99", quantile(asked.listTraces, 0.99), "ms"),
    figure("getTrace there, p50", median(asked.getTrace), "ms", { target: { atMost: 10 } }),
    figure("the same, p99", quantile(asked.getTrace, 0.99), "ms"),
    figure("listSessions there, first page, p50", median(asked.listSessions), "ms")
  ]
}
