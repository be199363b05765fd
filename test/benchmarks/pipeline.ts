/** What a record costs at each stage of its way, in processor time of the program's thread. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Readable } from "node:stream"
import { Duration, Effect, identity, Redacted } from "effect"
import { type Exporter, Sampler, SensitiveDataFilter, type SignalProcessor, SpanRecord } from "effect-observability"
import { encodings } from "effect-observability/otlp/internal/encodings"
import * as Format from "effect-observability/otlp/internal/format"
import * as BatchWriter from "effect-observability/pipeline/internal/batchWriter"
import { sizeOf } from "effect-observability/signal/internal/size"
import { names as clickhouseNames } from "effect-observability/storage/clickhouse/internal/tables"
import * as ClickhouseWrite from "effect-observability/storage/clickhouse/internal/write"
import type { DuckDbClient } from "effect-observability/storage/duckdb/DuckDbClient"
import * as DuckDbInsert from "effect-observability/storage/duckdb/internal/insert"
import { tables } from "effect-observability/storage/duckdb/internal/table"
import { type Figure, figure, inProcess, median } from "./harness.js"
import type { Times } from "./sampling.js"

const prompt = "Could you move my reservation to the earliest flight on Friday, please? ".repeat(9).slice(0, 630)

const spanOf = (attributes: SpanRecord.SpanRecord["attributes"]) =>
  new SpanRecord.SpanRecord({
    traceId: "0af7651916cd43dd8448eb211c80319c",
    spanId: "b7ad6b7169203331",
    name: "agent.step",
    kind: "internal",
    spanType: "generic",
    status: "ok",
    startTime: 1_700_000_000_000_000_000n,
    endTime: 1_700_000_000_001_000_000n,
    serviceName: "bench",
    attributes,
    events: [],
    links: [],
    tags: [],
    resource: { "service.name": "bench", "telemetry.sdk.language": "nodejs" }
  })

/** Each has about 700 bytes of attributes. */
const spans = {
  "a prompt": spanOf({
    "http.route": "/v1/agents/:agent/turns",
    "app.customer.tier": "enterprise",
    "app.turn.index": 7,
    "app.prompt": prompt
  }),
  "a model call": spanOf({
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-4o-mini",
    "gen_ai.request.max_tokens": 1_000,
    "gen_ai.usage.input_tokens": 1_204,
    "gen_ai.usage.output_tokens": 310,
    "gen_ai.conversation.id": "9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d",
    "session.id": "01939f3e-7c1b-7e5a-b1a2-6f0c8d9e0f11",
    "user.id": "user-1842",
    "app.prompt": prompt.slice(0, 420)
  }),
  "arguments as JSON": spanOf({
    "gen_ai.operation.name": "execute_tool",
    "gen_ai.tool.name": "update_reservation",
    "gen_ai.tool.call.id": "call_8fQ2",
    "gen_ai.tool.call.arguments": JSON.stringify({
      reservation: "ZFA04Y",
      cabin: "economy",
      flights: [
        { number: "HAT190", date: "2024-05-23", origin: "JFK", destination: "SEA" },
        { number: "HAT047", date: "2024-05-24", origin: "SEA", destination: "JFK" }
      ],
      passenger: { first: "Mia", last: "Li", born: "1990-04-05", note: prompt.slice(0, 300) }
    })
  })
}

const secret = spanOf({
  "http.request.header.authorization": "Bearer 5f8a0c1e77d94b2e",
  "app.url": "https://api.example.com/v1?token=5f8a0c1e77d94b2e&page=2",
  "app.prompt": prompt.slice(0, 560)
})

const count = 10_000
const typical = Object.values(spans)

/** So many of the typical spans, in turn. */
const records = Array.from(
  { length: count },
  (_, index) =>
    new SpanRecord.SpanRecord({
      ...(typical[index % typical.length] as SpanRecord.SpanRecord),
      spanId: (index + 1).toString(16).padStart(16, "0")
    })
)

/** What is collected is given back by threads of the engine for a while, whose time would count. */
const collected = Effect.zipRight(
  Effect.sync(() => globalThis.gc?.()),
  Effect.sleep("20 millis")
)

/** Microseconds of processor time a span, which other programs do not add to. */
const micros = (work: Effect.Effect<unknown>) =>
  Effect.zipRight(
    collected,
    Effect.suspend(() => {
      const start = process.cpuUsage()
      return Effect.map(work, () => {
        const { system, user } = process.cpuUsage(start)
        return (user + system) / count
      })
    })
  )

/** The median of 15 rounds, after as many that let the engine compile what is hot, as in a program that runs for long. */
const microsOf = async (work: Effect.Effect<unknown>): Promise<number> => {
  const rounds: Array<number> = []
  for (let round = 0; round < 30; round++) {
    const time = await Effect.runPromise(micros(work))
    if (round >= 15) rounds.push(time)
  }
  return median(rounds)
}

const each = (use: (span: SpanRecord.SpanRecord) => void, spans = records) =>
  Effect.sync(() => {
    for (const span of spans) use(span)
  })

/** In batches as the exporters get them. */
const inBatches = <E>(use: (spans: ReadonlyArray<SpanRecord.SpanRecord>) => Effect.Effect<unknown, E>) =>
  Effect.orDie(
    Effect.forEach(
      Array.from({ length: count / 1_000 }, (_, index) => records.slice(1_000 * index, 1_000 * (index + 1))),
      use,
      { discard: true }
    )
  )

/** Capture knows the size of what it emits. */
const sizes = records.map((record) => sizeOf.spans(record))

const nowhere: Exporter.Exporter = { name: "nowhere", export: () => Effect.void }

/** From the emission to an exporter that does nothing. */
const queue = (options?: Pick<BatchWriter.BatchWriterOptions, "durability" | "spool">) =>
  Effect.gen(function* () {
    const { emitter, flush } = yield* BatchWriter.make({
      exporters: [nowhere],
      processors: [],
      batch: {
        maxQueueSize: 1_000_000,
        maxQueueBytes: 2 ** 31,
        maxBatchSize: 1_000,
        scheduledDelay: Duration.seconds(1),
        exportTimeout: Duration.seconds(30),
        shutdownTimeout: Duration.seconds(10)
      },
      ...options
    })
    for (const [index, record] of records.entries()) emitter.emit("spans", record, sizes[index] as number)
    yield* flush
  }).pipe(Effect.scoped, Effect.orDie)

const onDisk = Effect.acquireUseRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "effect-observability-bench-"))),
  (directory) => queue({ durability: "disk", spool: { directory, maxBytes: 2 ** 30 } }),
  (directory) => Effect.sync(() => rmSync(directory, { recursive: true }))
)

/** A database that is given everything and does nothing. */
const duckdb = DuckDbInsert.make(
  Object.assign(() => Effect.succeed([]), {
    literal: identity,
    unsafe: () => Effect.succeed([]),
    withWriteLock: identity
  }) as unknown as DuckDbClient,
  tables("")
)
const clickhouse = ClickhouseWrite.insert({
  insert: (_: string, body: () => Readable) => Effect.promise(() => body().toArray()),
  name: clickhouseNames("bench", { cluster: undefined, tablePrefix: "" })
})
const otlp = ({ join, part }: Format.Format, { encode, envelope, recordsPerTurn } = encodings.spans) =>
  inBatches((batch) =>
    Effect.sync(() =>
      join(
        envelope,
        batch.flatMap((_, i) => (i % recordsPerTurn ? [] : part(envelope, encode(batch.slice(i, i + recordsPerTurn)))))
      )
    )
  )

/** The milliseconds that masking takes for a text of a million characters. */
const millisOf = (part: string): number => {
  const span = spanOf({ text: part.repeat(Math.ceil(1_000_000 / part.length)).slice(0, 1_000_000) })
  const filter = SensitiveDataFilter.make()
  const start = performance.now()
  filter.span?.(span)
  return performance.now() - start
}

const stages = async () => {
  const filter = SensitiveDataFilter.make()
  const sampler = Sampler.session(0.5)
  const queued = await microsOf(queue())
  return {
    sampling: await microsOf(
      each(({ attributes, kind, name, traceId }) =>
        sampler.shouldSample({
          name,
          kind,
          traceId,
          attributes,
          sessionId: undefined,
          parent: undefined,
          traceState: undefined
        })
      )
    ),
    masking: await microsOf(each((span) => filter.span?.(span))),
    queue: queued,
    spool: (await microsOf(onDisk)) - queued,
    duckdb: await microsOf(inBatches((batch) => duckdb("spans", batch))),
    clickhouse: await microsOf(inBatches((batch) => clickhouse("spans", batch))),
    json: await microsOf(otlp(Format.json)),
    protobuf: await microsOf(otlp(Format.protobuf))
  }
}

const masking = async () => {
  const filter = SensitiveDataFilter.make()
  const hashing = SensitiveDataFilter.make({ style: { type: "hashed", key: Redacted.make("bench") } })
  const of = (filter: SignalProcessor.SignalProcessor, span: SpanRecord.SpanRecord) =>
    microsOf(
      each(
        (span) => filter.span?.(span),
        Array.from(records, () => span)
      )
    )
  const plain: Record<string, number> = {}
  for (const [name, span] of Object.entries(spans)) plain[name] = await of(filter, span)
  return {
    plain,
    secret: await of(filter, secret),
    hashed: await of(hashing, secret),
    prose: millisOf(prompt),
    base64: millisOf("iVBORw0KGgoAAAANSUhEUgAAAAE+CAYAAAD/"),
    names: millisOf(`"key":"a",`)
  }
}

export const tasks = { stages, masking }

const task = <Name extends keyof typeof tasks>(name: Name) =>
  inProcess<Awaited<ReturnType<(typeof tasks)[Name]>>>("pipeline", name)

export const run = async (): Promise<ReadonlyArray<Figure>> => {
  const { disabled, sampled } = await inProcess<Times>("sampling", "rounds")
  const { clickhouse, duckdb, json, masking, protobuf, queue, sampling, spool } = await task("stages")
  const { base64, hashed, names, plain, prose, secret } = await task("masking")
  const capture = sampled - disabled
  const all = capture + masking + queue + duckdb
  return [
    figure("from a span's begin to DuckDB", all, "µs"),
    figure("its part of that: capture, from begin to emission", capture, "µs", { baseline: all }),
    figure("… masking", masking, "µs", { baseline: all }),
    figure("… queue, from emission to the exporter", queue, "µs", { baseline: all }),
    figure("… encoding for DuckDB", duckdb, "µs", { baseline: all }),
    figure("beside that: the sampler's decision", sampling, "µs", { baseline: all }),
    figure("… the spool, with durability on disk", spool, "µs", { baseline: all }),
    figure("… encoding for ClickHouse", clickhouse, "µs", { baseline: all }),
    figure("… encoding for OTLP as JSON", json, "µs", { baseline: all }),
    figure("… encoding for OTLP as protobuf", protobuf, "µs", { baseline: all }),
    ...Object.entries(plain).map(([name, micros]) =>
      figure(`masking: a span with ${name}, nothing secret`, micros, "µs", { target: { atMost: 3 } })
    ),
    figure("masking: a span with 2 secrets", secret, "µs"),
    figure("masking: a span with 2 secrets, hashed", hashed, "µs"),
    figure("masking: 1 MB of prose", prose, "ms"),
    figure("masking: 1 MB of base64", base64, "ms"),
    figure("masking: 1 MB of names and signs", names, "ms")
  ]
}
