/** Which secrets are stored? None that a name or a shape gives away, and none that you name yourself. */
import { Console, Effect, Layer } from "effect"
import { Observability, SessionId, Storage } from "effect-observability"

const turn = Effect.log("the customer wrote: my card is 4111 1111 1111 1111, and my policy is POL-2031-77").pipe(
  Effect.withSpan("turn", {
    attributes: {
      city: "Oslo",
      "crm.api_key": "hunter2",
      "crm.customer": { email: "ines@example.com", plan: "gold" },
      "http.request.header.authorization": "Bearer eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl"
    }
  }),
  SessionId.withSessionId("support-4711")
)

const ObservabilityLive = Observability.layer({
  serviceName: "support",
  // Keys and cards are known. What only you know is named here: by the name that it stands under, or by its shape.
  sensitiveData: { keys: ["email"], patterns: [/\bPOL-\d{4}-\d{2}\b/] }
}).pipe(Layer.provideMerge(Storage.layerMemory))

const program = Effect.gen(function* () {
  yield* turn
  yield* Observability.flush
  for (const { attributes } of (yield* Storage.listSpans()).items) {
    for (const [name, value] of Object.entries(attributes)) yield* Console.log(`${name}: ${JSON.stringify(value)}`)
  }
  for (const { message } of (yield* Storage.listLogs()).items) yield* Console.log(message)
})

await Effect.runPromise(program.pipe(Effect.provide(ObservabilityLive)))
