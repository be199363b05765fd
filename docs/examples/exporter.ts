/** How does each failed turn reach our chat? By an exporter of one's own, which posts it to a webhook. */
import { HttpClient, HttpClientRequest } from "@effect/platform"
import { NodeHttpClient } from "@effect/platform-node"
import { Config, Console, Effect, Layer } from "effect"
import { Agent, Exporter, Observability, type SpanRecord } from "effect-observability"

const webhook = (url: string): Exporter.Exporter => ({
  name: "webhook",
  signals: ["spans"],
  export: ({ spans }) => Effect.forEach(spans.filter(isFailedTurn), (span) => post(url, span), { discard: true })
})

const isFailedTurn = ({ spanType, status }: SpanRecord.SpanRecord) => spanType === "agent_run" && status === "error"

const post = (url: string, { name, sessionId, statusMessage }: SpanRecord.SpanRecord) =>
  HttpClientRequest.post(url).pipe(
    HttpClientRequest.bodyUnsafeJson({ text: `${name} failed in ${sessionId}: ${statusMessage}` }),
    HttpClient.execute,
    // A server that is down comes back: the batch is tried again, with back-off. One that refuses will refuse again.
    Effect.mapError((cause) => new Exporter.ExportError({ retryable: true, reason: "Unavailable", cause })),
    Effect.filterOrFail(
      ({ status }) => status < 300,
      ({ status }) => new Exporter.ExportError({ retryable: status >= 500, reason: `Http${status}`, cause: status })
    ),
    // What the exporter itself does is no work of the agent.
    Effect.withTracerEnabled(false),
    Effect.provide(NodeHttpClient.layerUndici)
  )

const ObservabilityLive = Layer.unwrapEffect(
  Effect.map(Config.string("WEBHOOK_URL"), (url) =>
    Observability.layerExportOnly({ serviceName: "support", exporters: [webhook(url)] })
  )
)

const program = Effect.gen(function* () {
  yield* Agent.run(Effect.void, { name: "support", sessionId: "support-4711" })
  yield* Effect.ignore(Agent.run(Effect.fail("no seat left"), { name: "support", sessionId: "support-4712" }))
  yield* Observability.flush
  const { spans } = yield* Observability.stats
  yield* Console.log(spans.webhook)
})

await Effect.runPromise(program.pipe(Effect.provide(ObservabilityLive)))
