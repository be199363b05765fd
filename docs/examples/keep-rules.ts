/** How are few sessions stored, but every one that failed, was slow, or is of somebody who matters? */
import { Console, Effect, Layer } from "effect"
import { Agent, Observability, Storage, TracingOptions } from "effect-observability"

const ObservabilityLive = Observability.layer({
  serviceName: "support",
  sampling: {
    type: "session",
    probability: 0.1,
    keep: [{ error: true }, { minDuration: "200 millis" }, { userId: "ada" }]
  }
}).pipe(Layer.provideMerge(Storage.layerMemory))

/** What an agent does for fifty customers: the 7th has bad luck, the 13th waits, and the 21st is Ada. */
const answer = Effect.fnUntraced(function* (n: number) {
  if (n === 7) return yield* Effect.fail("the model is overloaded")
  if (n === 13) yield* Effect.sleep("250 millis")
  return "Take an umbrella."
})

const turn = (n: number) =>
  answer(n).pipe(
    Agent.run({ name: "support", sessionId: `support-${n}` }),
    TracingOptions.withTracingOptions({ userId: n === 21 ? "ada" : `customer-${n}` }),
    Effect.ignore
  )

const program = Effect.gen(function* () {
  for (let n = 1; n <= 50; n++) yield* turn(n)
  yield* Observability.flush
  const { items } = yield* Storage.listTraces({ orderBy: { field: "time", direction: "asc" } })
  for (const { sessionId, status, userId } of items) yield* Console.log(`${sessionId} of ${userId}: ${status}`)
})

await Effect.runPromise(program.pipe(Effect.provide(ObservabilityLive)))
