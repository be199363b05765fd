import { ok } from "node:assert/strict"
import { join } from "node:path"
import { Effect, Layer } from "effect"
import { type LogRecord, Observability, type SignalProcessor, type SpanRecord, Storage } from "effect-observability"
import { DuckDbStorage } from "effect-observability/duckdb"
import * as ClickHouse from "../utils/chdb.js"
import { type Fault, flush, folder, quietly, type Row, recording, same, sum } from "./fault.js"

/** What breaks what is made of JSON, text and numbers. */
const poisons: Readonly<Record<string, () => unknown>> = {
  "a NUL byte": () => "a\u0000b",
  "half a surrogate pair": () => "a\ud800b",
  "a cycle": () => {
    const cycle: Record<string, unknown> = {}
    return Object.assign(cycle, { cycle })
  },
  "a getter that throws": () => ({
    get value() {
      throw new Error("poison")
    }
  }),
  "numbers that JSON does not know": () => [Number.NaN, Number.NEGATIVE_INFINITY, 2n ** 100n, new Date(Number.NaN)],
  "100,000 levels": () => {
    let nested: unknown = "bottom"
    for (let i = 0; i < 100_000; i++) nested = { nested }
    return nested
  },
  "8 MiB of text": () => "x".repeat(8 * 2 ** 20)
}

/** Puts the poison into what capture has made well-formed. */
const injecting: SignalProcessor.SignalProcessor = {
  name: "injecting",
  span: (span) => (span.name.startsWith("injected") ? poisoned(span, span.name) : span),
  log: (log) => (log.message.startsWith("injected") ? poisoned(log, log.message) : log)
}

const poisoned = <A extends SpanRecord.SpanRecord | LogRecord.LogRecord>(record: A, name: string): A =>
  ({ ...record, attributes: { value: poisons[name.slice("injected ".length)]?.() } }) as never

const signals = {
  spans: (name: string, value: unknown) => Effect.withSpan(Effect.void, name, { attributes: { value } }),
  logs: (name: string, value: unknown) => Effect.annotateLogs(Effect.log(name, { value }), "value", value)
}

const good = 100

const fault = (
  engine: string,
  signal: keyof typeof signals,
  store: (path: string) => Layer.Layer<Storage.Storage, unknown>
): Fault => ({
  name: `7 kinds in ${signal}, ${engine}`,
  run: () =>
    Effect.gen(function* () {
      const path = join(yield* folder, "agents.duckdb")
      const emit = signals[signal]
      return yield* Effect.gen(function* () {
        const { stats } = yield* Observability.Observability
        const counted = Effect.map(stats, (stats) => stats[signal]["storage"] as Observability.Ledger)
        const lost: Array<string> = []
        for (const [name, make] of Object.entries(poisons)) {
          for (const way of ["emitted", "injected"]) {
            const before = yield* counted
            yield* emit("good", "good").pipe(Effect.repeatN(good - 1))
            yield* emit(`${way} ${name}`, way === "emitted" ? make() : "good")
            yield* emit("good", "good").pipe(Effect.repeatN(good - 1))
            yield* flush
            const after = yield* counted
            const gone = sum(after.failed) + sum(after.dropped) - sum(before.failed) - sum(before.dropped)
            ok(gone <= 1, `${gone} records were lost with ${name}`)
            same(after.exported - before.exported + gone, 2 * good + 1, `exported or lost with ${name}`)
            if (gone > 0) lost.push(`${name} (${way})`)
          }
        }
        const { dropped, emitted, exported, failed } = yield* counted
        const storage = yield* Storage.Storage
        const found = yield* signal === "spans"
          ? storage.listSpans({ filters: { name: "good" }, pagination: { limit: 1_000 } })
          : storage.listLogs({ filters: { search: "good" }, pagination: { limit: 1_000 } })
        same(found.items.length, 1_000, "good records that are read back")
        return (
          `${emitted} emitted, ${exported} stored, dropped ${JSON.stringify(dropped)}, failed ${JSON.stringify(failed)}` +
          (lost.length > 0 ? `: ${lost.join(", ")}` : "")
        )
      }).pipe(
        Effect.provide(
          Layer.provideMerge(
            recording({ processors: [injecting], batch: { scheduledDelay: "20 millis" } }),
            store(path)
          )
        ),
        Effect.provide(quietly)
      )
    })
})

export const poison: Row = {
  fault: "7 kinds of poison value among 1,400 good records",
  promise: "at most the record itself, counted, with the reason",
  faults: (["spans", "logs"] as const).flatMap((signal) => [
    fault("DuckDB", signal, (path) => DuckDbStorage.layer({ path })),
    ...(ClickHouse.isAvailable ? [fault("ClickHouse", signal, () => ClickHouse.layer())] : [])
  ])
}
