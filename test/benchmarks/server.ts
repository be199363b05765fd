/** A collector: how fast it takes what others send, beside what the program in it records itself. */
import { spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { HttpMiddleware, HttpServer } from "@effect/platform"
import { NodeHttpServer } from "@effect/platform-node"
import { Effect, Layer } from "effect"
import { Observability, SessionId, type SpanRecord, TracingOptions } from "effect-observability"
import { DuckDbStorage } from "effect-observability/duckdb"
import { OtlpReceiver } from "effect-observability/otlp"
import { type Figure, figure, inProcess, median, spansOr } from "./harness.js"
import { coldStart } from "./serverCli.js"
import * as questions from "./serverQuestions.js"
import { roomy, traceOf } from "./spine.js"

const inFolder = async <A>(use: (folder: string) => Promise<A>): Promise<A> => {
  const folder = mkdtempSync(join(tmpdir(), "effect-observability-server-"))
  return use(folder).finally(() => rmSync(folder, { recursive: true }))
}

const ingestCount = spansOr(100_000)
const batchSize = 512

/** A module of the package as it is built, which no entry point has. */
const internal = (path: string) =>
  import(fileURLToPath(new URL(`../../dist/otlp/internal/${path}.js`, import.meta.url)))

/** Requests of so many spans together, as this library's exporter writes them. */
const requests = async (count: number): Promise<ReadonlyArray<Uint8Array>> => {
  const { encodings } = await internal("encodings")
  const { encode } = await internal("protobuf")
  const bodies: Array<Uint8Array> = []
  let batch: Array<unknown> = []
  for (let index = 0, made = 0; made < count; index++) {
    for (const span of traceOf(index)) {
      if (made++ >= count) break
      batch.push(span)
      if (batch.length < batchSize && made < count) continue
      bodies.push(Buffer.from(encode("resourceSpans", encodings.spans.encode(batch))))
      batch = []
    }
  }
  return bodies
}

/** Watches the memory of this process while something runs. */
const withMemory = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.suspend(() => {
    let peak = process.memoryUsage().rss
    const timer = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 20)
    return Effect.map(
      Effect.ensuring(
        effect,
        Effect.sync(() => clearInterval(timer))
      ),
      (value) => ({
        value,
        megabytes: Math.max(peak, process.memoryUsage().rss) / 2 ** 20
      })
    )
  })

/** Until all is in the file: sent by another process over loopback. */
const ingest = () =>
  inFolder((folder) => {
    const http = createServer()
    const live = Layer.unwrapEffect(Effect.map(OtlpReceiver.make(), (app) => HttpServer.serve(app))).pipe(
      HttpMiddleware.withTracerDisabledForUrls(OtlpReceiver.paths),
      Layer.provide(NodeHttpServer.layer(() => http, { port: 0, host: "127.0.0.1" })),
      Layer.provideMerge(Observability.layer({ serviceName: "bench" })),
      Layer.provideMerge(DuckDbStorage.layer({ path: join(folder, "spans.duckdb") }))
    )
    const measure = Effect.gen(function* () {
      const { port } = http.address() as AddressInfo
      const { value, megabytes } = yield* withMemory(
        Effect.gen(function* () {
          const started = yield* sender(port)
          yield* Observability.flush
          return performance.now() - started
        })
      )
      const { dropped, failed } = (yield* Observability.stats).spans["storage"] as Observability.Ledger
      return { time: value, megabytes, lost: { ...dropped, ...failed } }
    })
    return Effect.runPromise(Effect.provide(measure, live))
  })

/** Starts a process that sends everything, and gives the moment of its first request. */
const sender = (port: number) =>
  Effect.async<number>((resume) => {
    const main = fileURLToPath(new URL("./main.ts", import.meta.url))
    const child = spawn(process.execPath, ["--import", "tsx", main, "server", "--task", "send"], {
      env: { ...process.env, BENCH_PORT: String(port) },
      stdio: ["ignore", process.stderr, "inherit", "ipc"]
    })
    let started = performance.now()
    child.on("message", (message) => {
      if (message === "start") started = performance.now()
    })
    child.on("close", (code) =>
      resume(code === 0 ? Effect.succeed(started) : Effect.dieMessage(`it ended with ${code}`))
    )
  })

/** Sends all requests, four at a time, and again what the receiver has no room for. */
const send = async () => {
  const bodies = await requests(ingestCount)
  const url = `http://127.0.0.1:${process.env["BENCH_PORT"]}/v1/traces`
  process.send?.("start")
  let next = 0
  let again = 0
  const worker = async () => {
    while (next < bodies.length) {
      const body = bodies[next++] as Uint8Array<ArrayBuffer>
      while (true) {
        const response = await fetch(url, {
          method: "POST",
          headers: { "content-type": "application/x-protobuf" },
          body
        })
        await response.arrayBuffer()
        if (response.status === 200) break
        if (response.status !== 429) throw new Error(`the receiver answered ${response.status}`)
        again++
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
    }
  }
  await Promise.all([worker(), worker(), worker(), worker()])
  return { again }
}

/** A turn of an agent that records what `traceOf` has. */
const turn = (index: number) => {
  const [root, ...children] = traceOf(index) as unknown as readonly [
    SpanRecord.SpanRecord,
    ...ReadonlyArray<SpanRecord.SpanRecord>
  ]
  const traced = (span: SpanRecord.SpanRecord) =>
    Effect.withSpan(span.name, { attributes: { ...span.attributes, ...genAi(span) }, captureStackTrace: false })
  return Effect.forEach(children, (child) => traced(child)(Effect.void), { discard: true }).pipe(
    traced(root),
    SessionId.withSessionId(root.sessionId ?? ""),
    TracingOptions.withTracingOptions({ userId: root.userId })
  )
}

const genAi = ({ inputTokens, model, outputTokens }: SpanRecord.SpanRecord) =>
  model === undefined
    ? {}
    : {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": model,
        "gen_ai.usage.input_tokens": inputTokens,
        "gen_ai.usage.output_tokens": outputTokens
      }

/** The same spans, recorded by the program that has them, until all is in the file. */
const own = () =>
  inFolder((folder) => {
    const live = Observability.layer({ serviceName: "bench", batch: roomy }).pipe(
      Layer.provide(DuckDbStorage.layer({ path: join(folder, "spans.duckdb") }))
    )
    const measure = Effect.gen(function* () {
      const start = performance.now()
      for (let index = 0; index < ingestCount / 10; index++) {
        yield* turn(index)
        // A program waits: a fiber that never does would run on before timers and I/O.
        if (index % 10 === 0) yield* Effect.async<void>((resume) => void setImmediate(() => resume(Effect.void)))
      }
      yield* Observability.flush
      return { time: performance.now() - start }
    })
    return Effect.runPromise(Effect.provide(measure, live))
  })

/** Milliseconds for which the event loop is held to decode a batch, all turns together: of this library, and of another. */
const decoding = async () => {
  const [body = new Uint8Array()] = await requests(batchSize)
  const { decode } = await internal("decode")
  const { protobufReader } = await internal("protobufReader")
  const { Series } = await internal("series")
  const context = { maxRecords: 50_000, series: new Series(1, 0n), refused: () => {} }
  const timeOf = (bytes: Buffer): number => {
    const times: Array<number> = []
    for (let round = 0; round < 400; round++) {
      const start = performance.now()
      const work = decode("resourceSpans", protobufReader, bytes, context)
      while (!work.next().done);
      if (round >= 100) times.push(performance.now() - start)
    }
    return median(times)
  }
  const own = Buffer.from(body)
  const others = Buffer.from(
    own.toString("latin1").replaceAll("effect-observability", "another-instrumented"),
    "latin1"
  )
  return { time: timeOf(own), others: timeOf(others), bytes: own.length }
}

export const tasks = { ingest, own, decoding, send, ...questions.tasks }

export const run = async (): Promise<ReadonlyArray<Figure>> => {
  const received = await inProcess<Awaited<ReturnType<typeof ingest>>>("server", "ingest")
  const captured = await inProcess<Awaited<ReturnType<typeof own>>>("server", "own")
  const decoded = await inProcess<Awaited<ReturnType<typeof decoding>>>("server", "decoding")
  const rate = (time: number) => ingestCount / (time / 1_000)
  return [
    figure(`OTLP, ${ingestCount} spans in batches of ${batchSize}, until durable`, rate(received.time), "spans/s", {
      baseline: rate(captured.time),
      target: { atLeast: 0.6 }
    }),
    figure("memory of the process that takes them", received.megabytes, "MB", { target: { atMost: 400 } }),
    figure(
      "spans lost",
      Object.values(received.lost).reduce((sum, count) => sum + count, 0),
      "spans",
      {
        target: { atMost: 0 }
      }
    ),
    figure(`decoding a batch of ${batchSize}`, decoded.time, "ms", { target: { atMost: 4 } }),
    figure(`decoding a batch of ${batchSize} of another sender`, decoded.others, "ms", { target: { atMost: 4 } }),
    ...(await questions.run("server")),
    ...(await coldStart())
  ]
}
