/** What a span that is not sampled adds to Effect with tracing disabled, beside what a sampled one adds. */
import { Effect } from "effect"
import { type Exporter, Observability, type ObservabilityConfig, SessionId } from "effect-observability"
import { type Figure, figure, inProcess, median } from "./harness.js"

const attributes = {
  "http.route": "/v1/agents/:agent/turns",
  "app.customer.tier": "enterprise",
  "app.turn.index": 7,
  "app.prompt": "Could you move my reservation to the earliest flight on Friday, please? ".repeat(9).slice(0, 630)
}

const traced = Effect.withSpan(Effect.void, "agent.step", { attributes, captureStackTrace: false })

const count = 10_000

const work = Effect.gen(function* () {
  for (let i = 0; i < count; i++) yield* traced
}).pipe(SessionId.withSessionId(SessionId.SessionId.make("bench-session")))

/** Microseconds of processor time a span, which other programs do not add to. */
const micros = Effect.suspend(() => {
  const start = process.cpuUsage()
  return Effect.map(work, () => {
    const { system, user } = process.cpuUsage(start)
    return (user + system) / count
  })
})

const nowhere: Exporter.Exporter = { name: "nowhere", export: () => Effect.void }

/** The writer is idle: nothing is due before the layer closes. */
const layer = (sampling: ObservabilityConfig.Input["sampling"]) =>
  Observability.layerExportOnly({
    serviceName: "bench",
    exporters: [nowhere],
    sampling,
    batch: { maxQueueSize: 1_000_000, maxQueueBytes: 2 ** 31, maxBatchSize: 1_000_000, scheduledDelay: "1 hour" }
  })

const programs = {
  disabled: Effect.withTracerEnabled(micros, false),
  sampled: Effect.provide(micros, layer({ type: "ratio", probability: 1 })),
  unsampled: Effect.provide(micros, layer({ type: "ratio", probability: 0 }))
}

export type Times = Record<keyof typeof programs, number>

const rounds = async (): Promise<Times> => {
  const names = Object.keys(programs) as ReadonlyArray<keyof Times>
  const times = Object.fromEntries(names.map((name) => [name, [] as Array<number>]))
  for (let round = 0; round < 35; round++) {
    for (const name of names) {
      globalThis.gc?.()
      const time = await Effect.runPromise(programs[name])
      if (round >= 5) times[name]?.push(time)
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(times[name] ?? [])])) as Times
}

export const tasks = { rounds }

export const run = async (): Promise<ReadonlyArray<Figure>> => {
  const { disabled, sampled, unsampled } = await inProcess<Times>("sampling", "rounds")
  return [
    figure("sampling: a span with tracing disabled", disabled, "µs"),
    figure("sampling: a span that is not sampled, beside a sampled one", unsampled - disabled, "µs", {
      baseline: sampled - disabled,
      target: { atMost: 0.5 }
    })
  ]
}
