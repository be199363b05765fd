import { ok } from "node:assert/strict"
import { join } from "node:path"
import { Effect, Layer, Option, Queue, type Scope, Stream } from "effect"
import {
  type LogRecord,
  Observability,
  type ObservabilityConfig,
  type SignalProcessor,
  type SpanRecord,
  Storage
} from "effect-observability"
import { DuckDbStorage } from "effect-observability/duckdb"
import { OtlpExporter } from "effect-observability/otlp"
import * as ClickHouse from "../utils/chdb.js"
import { server } from "../utils/otlp.js"
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

const around = 100

/** How many good records there are: around each kind of poison, which comes in two ways. */
const good = Object.keys(poisons).length * 2 * 2 * around

type SignalName = keyof typeof signals

/** Where records go, under which name, and how many good ones have arrived there. */
interface Target<R> {
  readonly exporter: string
  readonly layer: Layer.Layer<Observability.Observability | R, unknown>
  readonly arrived: Effect.Effect<number, unknown, R>
}

const fault = <R>(
  engine: string,
  signal: SignalName,
  to: (signal: SignalName, config: ObservabilityConfig.Input) => Effect.Effect<Target<R>, never, Scope.Scope>
): Fault => ({
  name: `7 kinds in ${signal}, ${engine}`,
  run: () =>
    Effect.gen(function* () {
      const { arrived, exporter, layer } = yield* to(signal, {
        processors: [injecting],
        batch: { scheduledDelay: "20 millis" }
      })
      const emit = signals[signal]
      return yield* Effect.gen(function* () {
        const { stats } = yield* Observability.Observability
        const counted = Effect.map(stats, (stats) => stats[signal][exporter] as Observability.Ledger)
        const lost: Array<string> = []
        for (const [name, make] of Object.entries(poisons)) {
          for (const way of ["emitted", "injected"]) {
            const before = yield* counted
            yield* emit("good", "good").pipe(Effect.repeatN(around - 1))
            yield* emit(`${way} ${name}`, way === "emitted" ? make() : "good")
            yield* emit("good", "good").pipe(Effect.repeatN(around - 1))
            yield* flush
            const after = yield* counted
            const gone = sum(after.failed) + sum(after.dropped) - sum(before.failed) - sum(before.dropped)
            ok(gone <= 1, `${gone} records were lost with ${name}`)
            same(after.exported - before.exported + gone, 2 * around + 1, `exported or lost with ${name}`)
            if (gone > 0) lost.push(`${name} (${way})`)
          }
        }
        const { dropped, emitted, exported, failed } = yield* counted
        same(yield* arrived, good, "good records that arrived")
        return (
          `${emitted} emitted, ${exported} exported, dropped ${JSON.stringify(dropped)}, failed ${JSON.stringify(failed)}` +
          (lost.length > 0 ? `: ${lost.join(", ")}` : "")
        )
      }).pipe(Effect.provide(layer), Effect.provide(quietly))
    })
})

const toStore =
  (store: (path: string) => Layer.Layer<Storage.Storage, unknown>) =>
  (signal: SignalName, config: ObservabilityConfig.Input) =>
    Effect.map(
      folder,
      (path): Target<Storage.Storage> => ({
        exporter: "storage",
        layer: Layer.provideMerge(recording(config), store(join(path, "agents.duckdb"))),
        arrived: Effect.flatMap(Storage.Storage, ({ listLogs, listSpans }) =>
          Stream.paginateEffect(Option.none<string>(), (cursor) => {
            const pagination = { limit: 1_000, ...(Option.isSome(cursor) && { cursor: cursor.value }) }
            const page: Effect.Effect<
              Storage.PaginatedResult<{ readonly name?: string; readonly message?: string }>,
              unknown
            > = signal === "spans" ? listSpans({ pagination }) : listLogs({ pagination })
            return Effect.map(page, ({ items, nextCursor }) => {
              const isGood = items.filter(({ message, name }) => (message ?? name) === "good")
              return [isGood.length, Option.map(nextCursor, Option.some)] as const
            })
          }).pipe(Stream.runSum)
        )
      })
    )

const toServer = (signal: SignalName, config: ObservabilityConfig.Input) =>
  Effect.map(
    server(),
    ({ requests, url }): Target<never> => ({
      exporter: "otlp",
      layer: Observability.layerExportOnly({
        serviceName: "faults",
        ...config,
        exporters: [OtlpExporter.make({ endpoint: url })]
      }),
      arrived: Effect.map(Queue.takeAll(requests), (received) => {
        const marks = signal === "spans" ? /"name":"good"/g : /"body":\{"stringValue":"good"\}/g
        return Array.from(received, ({ body }) => JSON.stringify(body).match(marks)?.length ?? 0).reduce(
          (a, b) => a + b
        )
      })
    })
  )

export const poison: Row = {
  fault: `7 kinds of poison value among ${good} good records`,
  promise: "at most the record itself, counted, with the reason",
  faults: (["spans", "logs"] as const).flatMap((signal) => [
    fault(
      "DuckDB",
      signal,
      toStore((path) => DuckDbStorage.layer({ path }))
    ),
    ...(ClickHouse.isAvailable
      ? [
          fault(
            "ClickHouse",
            signal,
            toStore(() => ClickHouse.layer())
          )
        ]
      : []),
    fault("OTLP", signal, toServer)
  ])
}
