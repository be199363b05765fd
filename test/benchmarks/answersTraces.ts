/** Large traces: what it takes to read one whole, and in outline. Each is measured in a process of its own. */
import { spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { Effect, Option } from "effect"
import { SpanRecord, type Storage } from "effect-observability"
import { DuckDbStorage } from "effect-observability/duckdb"
import { type Figure, figure, inProcess } from "./harness.js"

const traceId = "1".padStart(32, "0")
const start = 1_764_500_000_000_000_000n
const word = "Could you move my reservation to the earliest flight on Friday, please? "
const text = word.repeat(Math.ceil(9_800 / word.length)).slice(0, 9_800)

/** Spans of 10 kB in one trace, each of the fourth below an earlier one. */
const spans = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => {
    const n = from + i + 1
    return new SpanRecord.SpanRecord(
      {
        traceId,
        spanId: n.toString(16).padStart(16, "0"),
        ...(n > 1 && {
          parentSpanId: Math.ceil(n / 4)
            .toString(16)
            .padStart(16, "0")
        }),
        name: "chat gpt-4o",
        kind: "client",
        spanType: "model_generation",
        status: "ok",
        startTime: start + BigInt(n) * 1_000_000n,
        endTime: start + BigInt(n) * 1_000_000n + 500_000n,
        serviceName: "bench",
        model: "gpt-4o",
        provider: "openai",
        inputTokens: 1_000,
        outputTokens: 100,
        costUsd: 0.0035,
        costSource: "table",
        attributes: {
          "gen_ai.operation.name": "chat",
          "gen_ai.input.messages": [{ role: "user", parts: [{ type: "text", content: `${n} ${text}` }] }],
          "app.turn": n
        },
        events: [],
        links: [],
        tags: [],
        resource: { "service.name": "bench" }
      },
      true
    )
  })

/** What reading took: milliseconds of the processor and of the clock, the longest hold of the event loop, and memory. */
export interface Reading {
  readonly cpu: number
  readonly wall: number
  readonly held: number
  readonly rss: number
  readonly spans: number
}

const cpu = () => {
  const { system, user } = process.cpuUsage()
  return (user + system) / 1000
}

/** Milliseconds of the thread of JavaScript, which other programs do not add to; of the clock where nobody tells. */
const ofThread = (): number => {
  try {
    return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, "utf8").split(" ")[0]) / 1e6
  } catch {
    return performance.now()
  }
}

/** The longest hold of the event loop while something runs: between two of its turns. */
const holds = <A, E, R>(work: Effect.Effect<A, E, R>) =>
  Effect.suspend(() => {
    let last = ofThread()
    let held = 0
    let running = true
    const turn = () => {
      const now = ofThread()
      held = Math.max(held, now - last)
      last = now
      if (running) setImmediate(turn)
    }
    setImmediate(turn)
    return Effect.map(work, (value) => {
      running = false
      return { value, held: Math.max(held, ofThread() - last) }
    })
  })

const reading = (
  count: number,
  read: (storage: Storage.Storage["Type"]) => Effect.Effect<number, Storage.StorageError>
) =>
  Effect.gen(function* () {
    const folder = mkdtempSync(join(tmpdir(), "effect-observability-bench-"))
    yield* Effect.addFinalizer(() => Effect.sync(() => rmSync(folder, { recursive: true })))
    const path = join(folder, "spans.duckdb")
    // Another process writes the file, so that its memory is not counted.
    spawnSync(process.execPath, ["--import", "tsx", fileURLToPath(import.meta.url), "--fill", path, String(count)], {
      stdio: "inherit"
    })
    const storage = yield* DuckDbStorage.make({ path })
    yield* storage.getSpan({ traceId, spanId: "1".padStart(16, "0") })
    const readings: Array<Reading> = []
    for (let round = 0; round < 5; round++) {
      globalThis.gc?.()
      const before = process.memoryUsage().rss
      let most = before
      const timer = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 5)
      const from = cpu()
      const clock = performance.now()
      const value = yield* read(storage)
      clearInterval(timer)
      most = Math.max(most, process.memoryUsage().rss)
      const rss = (most - before) / 2 ** 20
      const spent = { cpu: cpu() - from, wall: performance.now() - clock }
      // To look at each turn of the event loop takes time by itself.
      const { held } = yield* holds(read(storage))
      readings.push({ ...spent, held, rss, spans: value })
    }
    return bestOf(readings)
  }).pipe(Effect.scoped, Effect.runPromise)

const fill = (path: string, count: number) =>
  Effect.gen(function* () {
    const storage = yield* DuckDbStorage.make({ path })
    for (let from = 0; from < count; from += 1_000) yield* storage.insertSpans(spans(from, 1_000))
  }).pipe(Effect.scoped, Effect.runPromise)

const [, , mode, path = "", count] = process.argv
if (mode === "--fill") await fill(path, Number(count))

/** The least of each: what others on the machine take is only ever added. Memory is that of the first, which grows most. */
const bestOf = (readings: ReadonlyArray<Reading>): Reading => {
  const least = (name: keyof Reading) => Math.min(...readings.map((reading) => reading[name]))
  return {
    cpu: least("cpu"),
    wall: least("wall"),
    held: least("held"),
    rss: readings[0]?.rss ?? Number.NaN,
    spans: least("spans")
  }
}

const spansOf = (trace: Option.Option<{ readonly spans: ReadonlyArray<unknown> }>) =>
  Option.getOrThrow(trace).spans.length

/** All spans of a trace, whole, in pages of a list. */
const whole = (storage: Storage.Storage["Type"]) =>
  Effect.gen(function* () {
    let read = 0
    let cursor: string | undefined
    do {
      const { items, nextCursor } = yield* storage.listSpans({
        filters: { traceId },
        pagination: { limit: 1_000, cursor },
        orderBy: { field: "time", direction: "asc" }
      })
      read += items.length
      cursor = Option.getOrUndefined(nextCursor)
    } while (cursor !== undefined)
    return read
  })

/** The longest hold of the event loop while spans of 50 kB are inserted, so many at a time: the least of three. */
const insertLarge = () =>
  Effect.gen(function* () {
    const folder = mkdtempSync(join(tmpdir(), "effect-observability-bench-"))
    yield* Effect.addFinalizer(() => Effect.sync(() => rmSync(folder, { recursive: true })))
    const storage = yield* DuckDbStorage.make({ path: join(folder, "spans.duckdb") })
    const held: Record<string, number> = {}
    let from = 0
    for (const [what, large] of Object.entries(larges)) {
      for (const count of [200, 1_000]) {
        const all: Array<number> = []
        for (let round = 0; round < 3; round++) {
          const records = spans(from, count).map((span, i) =>
            SpanRecord.SpanRecord.make({ ...span, ...large(from + i) })
          )
          from += count
          all.push((yield* holds(storage.insertSpans(records))).held)
        }
        held[`${count} of ${what}`] = Math.min(...all)
      }
    }
    return held
  }).pipe(Effect.scoped, Effect.runPromise)

const larges = {
  text: (n: number) => ({ spanType: "tool_call" as const, attributes: { "app.prompt": `${n} ${text}`.repeat(5) } }),
  messages: (n: number) => ({
    attributes: {
      "gen_ai.input.messages": Array.from({ length: 10 }, (_, i) => ({
        role: "user",
        content: `${n} ${i} ${text.slice(0, 5_000)}`
      }))
    }
  }),
  objects: (n: number) => ({
    spanType: "tool_call" as const,
    attributes: {
      "app.rows": { all: Array.from({ length: 1_000 }, (_, i) => ({ i, text: `some words of ${n} and of ${i}` })) }
    }
  })
}

export const tasks = {
  insertLarge,
  traceOutline: () => reading(20_000, (storage) => Effect.map(storage.traceOutline(traceId), spansOf)),
  traceWhole: () => reading(20_000, whole),
  getTrace: () => reading(10_000, (storage) => Effect.map(storage.getTrace(traceId), spansOf))
}

export const run = async (suite: string): Promise<ReadonlyArray<Figure>> => {
  const outline = await inProcess<Reading>(suite, "traceOutline")
  const whole = await inProcess<Reading>(suite, "traceWhole")
  const trace = await inProcess<Reading>(suite, "getTrace")
  const held = await inProcess<Record<string, number>>(suite, "insertLarge")
  return [
    figure("traceOutline of 20,000 spans of 10 kB, processor", outline.cpu, "ms", {
      baseline: whole.cpu,
      target: { atMost: 0.1 }
    }),
    figure("the same, the event loop held", outline.held, "ms", { target: { atMost: 15 } }),
    figure("the same, memory", outline.rss, "MB", { target: { atMost: 50 } }),
    figure("the same, wall", outline.wall, "ms"),
    figure("getTrace of 10,000 such spans, the event loop held", trace.held, "ms", { target: { atMost: 15 } }),
    figure("the same, wall", trace.wall, "ms"),
    figure("the same, processor", trace.cpu, "ms"),
    ...Object.entries(held).map(([what, value]) =>
      figure(`insert of spans of 50 kB, ${what}, the event loop held`, value, "ms", { target: { atMost: 15 } })
    )
  ]
}
