/** Records spans into the file given until it is killed, and prints how many a flush has covered. */
import { Console, Effect, Layer } from "effect"
import { Observability, SessionId } from "effect-observability"
import { DuckDbStorage } from "effect-observability/duckdb"

const path = process.argv[2] as string
const live = Observability.layer({ serviceName: "ingest", batch: { scheduledDelay: "20 millis" } }).pipe(
  Layer.provide(DuckDbStorage.layer({ path }))
)
const attributes = { payload: "x".repeat(600), nested: { list: [1, 2, 3] } }
const burst = (number: number) =>
  Effect.forEach(
    Array.from({ length: 250 }, (_, index) => number * 250 + index),
    (index) => Effect.void.pipe(Effect.withSpan(`span-${index}`, { attributes: { index, ...attributes } })),
    { discard: true }
  )

const program = Effect.gen(function* () {
  const { flush } = yield* Observability.Observability
  for (let number = 0; ; number++) {
    yield* burst(number)
    yield* flush
    yield* Console.log((number + 1) * 250)
  }
}).pipe(SessionId.withSessionId(SessionId.SessionId.make("ingest")))

await Effect.runPromise(Effect.provide(program, live))
