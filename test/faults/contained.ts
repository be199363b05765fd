import { join } from "node:path"
import { Duration, Effect, Layer, Logger } from "effect"
import { Exporter, Observability, type ObservabilityConfig } from "effect-observability"
import {
  balanced,
  complete,
  type Fault,
  flush,
  folder,
  ledger,
  observed,
  type Row,
  same,
  settled,
  storedOnce
} from "./fault.js"

const turns = 200

/** What a program gives that does not notice that it is observed, or by what. */
const program = Effect.forEach(
  Array.from({ length: turns }, (_, i) => i),
  (i) =>
    Effect.log("turn", i).pipe(
      Effect.zipRight(i % 10 === 0 ? Effect.flip(Effect.fail(i)) : Effect.succeed(i)),
      Effect.tap(() => Effect.annotateCurrentSpan("i", i)),
      Effect.withSpan(String(i))
    )
).pipe(Effect.map((numbers) => numbers.reduce((sum, i) => sum + i, 0)))

const batch = { scheduledDelay: "20 millis", exportTimeout: "300 millis", shutdownTimeout: "500 millis" } as const

interface Expected {
  /** How many spans are stored. */
  readonly stored: number
  readonly dropped?: Readonly<Record<string, number>>
  /** Under which reason the exporter beside the storage loses all, if it does. */
  readonly lostElsewhere?: string
}

/** A defect in a part of the observation; what it costs there is counted, and it costs nothing elsewhere. */
const fault = (
  name: string,
  config: ObservabilityConfig.Input,
  expected: Expected = { stored: turns },
  around: Layer.Layer<never> = Layer.empty
): Fault => ({
  name,
  run: () =>
    Effect.gen(function* () {
      const path = join(yield* folder, "agents.duckdb")
      const [took, { answer, counted, stats }] = yield* Effect.gen(function* () {
        const answer = yield* program
        yield* Effect.ignore(flush)
        yield* settled
        const { stats } = yield* Observability.Observability
        return { answer, counted: yield* ledger, stats }
      }).pipe(observed(path, { batch, ...config }), Effect.provide(around), Effect.timed)
      same(answer, (turns * (turns - 1)) / 2, "what the program gave")
      if (Duration.toMillis(took) > 10_000) throw new Error(`it took ${Duration.format(took)}`)
      const after = yield* stats
      balanced(after)
      same(counted.dropped, expected.dropped ?? {}, "dropped")
      const found = yield* storedOnce(path, counted)
      if (expected.stored === turns) complete(found, turns)
      same(found.length, expected.stored, "stored")
      const others = Object.entries(after.spans).flatMap(([name, { dropped, exported, failed }]) =>
        name === "storage"
          ? []
          : [`; ${name}: ${exported} exported, dropped ${JSON.stringify(dropped)}, failed ${JSON.stringify(failed)}`]
      )
      const lost = Object.entries(after.spans).flatMap(([name, { dropped, failed }]) =>
        name === "storage" ? [] : Object.entries({ ...dropped, ...failed })
      )
      same(lost, expected.lostElsewhere === undefined ? [] : [[expected.lostElsewhere, turns]], "lost elsewhere")
      return `the program went on; ${found.length} of ${turns} spans stored, dropped ${JSON.stringify(counted.dropped)}${others.join("")}`
    })
})

const broken = (defect: string): never => {
  throw new Error(defect)
}

const every = (n: number, name: string) => Number(name) % n === 0

const processors = [
  fault(
    "a processor that throws at every tenth span",
    { processors: [{ name: "p", span: (span) => (every(10, span.name) ? broken("processor") : span) }] },
    { stored: turns * 0.9, dropped: { ProcessorError: turns / 10 } }
  ),
  fault(
    "a processor that returns what is no span",
    { processors: [{ name: "p", span: (span) => (every(10, span.name) ? (Promise.reject() as never) : span) }] },
    { stored: turns * 0.9, dropped: { ProcessorError: turns / 10 } }
  ),
  fault("a processor that throws at logs", { processors: [{ name: "p", log: () => broken("processor") }] })
]

const samplers = [
  fault("a sampler that throws", {
    sampling: { type: "custom", sampler: { shouldSample: () => broken("sampler") } }
  }),
  fault("a sampler that returns a promise that fails", {
    sampling: { type: "custom", sampler: { shouldSample: () => Promise.reject(new Error("sampler")) as never } }
  })
]

const exporting = (what: string, lostElsewhere: string, run: () => Effect.Effect<void, Exporter.ExportError>) =>
  fault(`an exporter that ${what}`, { exporters: [{ name: "other", export: run }] }, { stored: turns, lostElsewhere })

const exporters = [
  exporting("throws", "Defect", () => broken("exporter")),
  exporting("dies", "Defect", () => Effect.die("exporter")),
  exporting("fails for good", "Rejected", () => new Exporter.ExportError({ retryable: false, cause: "exporter" })),
  exporting("fails for now", "Shutdown", () => new Exporter.ExportError({ retryable: true, cause: "exporter" })),
  exporting("hangs", "Shutdown", () => Effect.never),
  exporting("hangs and cannot be interrupted", "Shutdown", () => Effect.uninterruptible(Effect.never)),
  exporting("is interrupted", "Defect", () => Effect.interrupt),
  exporting("returns a promise that fails", "NoEffect", () => Promise.reject(new Error("exporter")) as never),
  fault("an exporter that dies and hangs when it is shut down", {
    exporters: [
      { name: "dies", export: () => Effect.void, shutdown: Effect.die("exporter") },
      { name: "hangs", export: () => Effect.void, shutdown: Effect.never }
    ]
  })
]

/** What the library says of what it lost goes through the program's own loggers, which may be broken. */
const broke = { processors: [{ name: "p", span: () => broken("processor") }] }

const loggers = [
  fault(
    "a logger that throws at what the library says",
    broke,
    { stored: 0, dropped: { ProcessorError: turns } },
    Logger.add(Logger.make(({ logLevel }) => (logLevel._tag === "Warning" ? broken("logger") : undefined)))
  )
]

export const contained: Row = {
  fault: "a part of the observation is broken",
  promise: "the program under observation does not notice",
  faults: [...processors, ...samplers, ...exporters, ...loggers]
}
