import { randomInt } from "node:crypto"
import { join } from "node:path"
import { Clock, Console, Duration, Effect, Exit, Fiber, Random, Scope, TestClock, TestContext } from "effect"
import { ExportError, type Exporter } from "../../src/pipeline/Exporters.js"
import * as BatchWriter from "../../src/pipeline/internal/batchWriter.js"
import { log, span } from "../../src/testing/Records.js"
import { emit } from "../utils/emit.js"
import { balanced, folder, quietly, type Row, same, sum } from "./fault.js"

/** An exporter that meets a fault every now and then, for a while. */
const faulty = (name: string): Exporter => {
  let flying = 0
  let downUntil = 0
  return {
    name,
    export: ({ spans }) =>
      Effect.acquireUseRelease(
        Effect.sync(() => same(++flying, 1, "flights at a time")),
        () =>
          Effect.gen(function* () {
            const fate = yield* Random.nextIntBetween(0, 40)
            const now = yield* Clock.currentTimeMillis
            if (fate === 0) downUntil = now + (yield* Random.nextIntBetween(0, 300_000))
            if (fate < 6 || now < downUntil)
              return yield* new ExportError({ retryable: true, reason: "Unavailable", cause: "fault" })
            if (fate === 6) return yield* Effect.die("fault")
            if (fate === 7) return yield* Effect.never
            if (fate === 8) return yield* Effect.sleep("20 seconds")
            if (fate === 9) return yield* Effect.interrupt
            if (fate === 10) return yield* new ExportError({ retryable: false, reason: "Unauthorized", cause: "fault" })
            if (spans.some((span) => span.name === "poison")) {
              return yield* new ExportError({ retryable: false, cause: "fault" })
            }
          }),
        () => Effect.sync(() => void flying--)
      )
  }
}

/** Lets what the disk has done since be noticed. */
const breathe = Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))

/** Drawn by chance: `DAY_SEED` gives the faults of an earlier day again. */
const seed = Number(process.env.DAY_SEED ?? randomInt(2 ** 31))

const day = (hours: number) =>
  Effect.gen(function* () {
    yield* Console.error(`DAY_SEED=${seed}`)
    const directory = yield* folder
    const scope = yield* Scope.make()
    const writer = yield* BatchWriter.make({
      exporters: [faulty("a"), faulty("b")],
      processors: [{ name: "drops", log: (log) => (log.message === "dropped" ? undefined : log) }],
      spool: { directory: join(directory, "spool"), maxBytes: 60_000 },
      batch: {
        maxQueueSize: 60,
        maxQueueBytes: 2 ** 20,
        maxBatchSize: 15,
        scheduledDelay: Duration.seconds(1),
        exportTimeout: Duration.seconds(30),
        shutdownTimeout: Duration.seconds(10)
      }
    }).pipe(Scope.extend(scope))
    let steps = 0
    for (let seconds = 0; seconds < hours * 3_600; steps++) {
      const count = yield* Random.nextIntBetween(0, 40)
      for (let i = 0; i < count; i++) emit(writer.emitter, span({ name: i === 3 ? "poison" : "good" }))
      if (count % 3 === 0) emit(writer.emitter, log({ message: count % 2 === 0 ? "dropped" : "kept" }))
      if (count % 5 === 0) writer.emitter.snapshot(span({ status: "running" }))
      if (count % 7 === 0) yield* Effect.fork(Effect.exit(writer.flush))
      const passed = yield* Random.nextIntBetween(1, 120)
      yield* TestClock.adjust(Duration.seconds(passed))
      yield* breathe
      seconds += passed
      balanced(yield* writer.stats)
    }
    const closed = yield* Effect.fork(Scope.close(scope, Exit.void))
    while ((yield* Fiber.poll(closed))._tag === "None") {
      yield* TestClock.adjust("1 second")
      yield* breathe
      balanced(yield* writer.stats)
    }
    const { exporters, spans } = yield* writer.stats
    return { steps, ledgers: Object.entries(spans).map(([name, ledger]) => ({ name, ...exporters[name], ...ledger })) }
  }).pipe(Effect.withRandom(Random.make(seed)), Effect.provide(quietly), Effect.provide(TestContext.TestContext))

export const days: Row = {
  fault: "random faults in `TestClock`, with a spool",
  promise: "the ledger balances at every step",
  faults: [
    {
      name: "24 h",
      run: (scale) =>
        Effect.map(day(scale === "full" ? 24 : 0.5), ({ ledgers, steps }) =>
          ledgers
            .map(
              ({ dropped, emitted, exported, failed, name, queued }) =>
                `${name}: ${emitted} emitted, ${exported} exported, ${sum(dropped)} dropped ${JSON.stringify(dropped)}, ` +
                `${sum(failed)} failed ${JSON.stringify(failed)}, ${queued} left on disk`
            )
            .join("; ")
            .concat(`; balanced at ${steps} steps`)
        )
    }
  ]
}
