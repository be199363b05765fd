import { Chunk, Effect, Queue } from "effect"
import { Observability } from "effect-observability"
import { OtlpExporter } from "effect-observability/otlp"
import { type Answer, type Message, ok, type Received, server } from "../utils/otlp.js"
import { balanced, type Fault, flush, quietly, type Row, same } from "./fault.js"

const total = 100

const namesIn = ({ body }: Received): ReadonlyArray<unknown> =>
  (body["resourceSpans"] as Array<{ scopeSpans: [{ spans: Array<Message> }] }>).flatMap(({ scopeSpans: [{ spans }] }) =>
    spans.map(({ name }) => name)
  )

/** Answers so once, and from then on that all is well. */
const once =
  (answer: Answer): Answer =>
  (response, number, request) =>
    (number === 1 ? answer : ok)(response, number, request)

const status =
  (code: number, headers: Record<string, string> = {}): Answer =>
  (response) =>
    response.writeHead(code, headers).end()

const page =
  (type: string, text: string): Answer =>
  (response) =>
    response.writeHead(200, { "content-type": type }).end(text)

const dripping =
  (code: number): Answer =>
  (response) => {
    response.writeHead(code, { "content-type": "application/json" })
    const timer = setInterval(() => response.write(" "), 5)
    response.on("close", () => clearInterval(timer))
  }

interface Expected {
  readonly failed?: Observability.Ledger["failed"]
  /** Whether requests come again as they were: the first of them. */
  readonly repeats?: boolean
}

const fault = (name: string, answer: () => Answer, { failed = {}, repeats = false }: Expected = {}): Fault => ({
  name,
  run: () =>
    Effect.map(
      Effect.forEach(["http/json", "http/protobuf"] as const, (protocol) =>
        Effect.gen(function* () {
          const { requests: received, url } = yield* server(answer())
          const otlp = OtlpExporter.make({ endpoint: url, protocol, timeout: "500 millis" })
          const ledger = yield* Effect.gen(function* () {
            const { stats } = yield* Observability.Observability
            for (let i = 0; i < total; i++) yield* Effect.withSpan(Effect.void, String(i))
            yield* flush
            const counted = yield* stats
            balanced(counted)
            return counted.spans["otlp"] as Observability.Ledger
          }).pipe(
            Effect.provide(Observability.layerExportOnly({ serviceName: "faults", exporters: [otlp] })),
            Effect.provide(quietly)
          )
          const sent = Chunk.toReadonlyArray(yield* Queue.takeAll(received))
          same(ledger.failed, failed, "failed")
          same([ledger.emitted, ledger.queued, ledger.dropped], [total, 0, {}], "emitted, queued and dropped")
          const bodies = sent.map(({ body }) => JSON.stringify(body))
          same(bodies.length - new Set(bodies).size, repeats ? 1 : 0, "requests that came again")
          if (repeats) same(sent[1]?.body, sent[0]?.body, "what came again")
          return `${ledger.exported} taken, failed ${JSON.stringify(ledger.failed)}, ${sent.length} requests`
        })
      ),
      ([json, protobuf]) => `${total} spans; JSON: ${json}; protobuf: ${protobuf}`
    )
})

/** Asks to come again at the first full second that is more than one away, and is angry about who comes before. */
const busyUntil = (): Answer => {
  const date = new Date(Math.ceil(Date.now() / 1_000) * 1_000 + 1_000)
  return (response, number, request) =>
    number === 1
      ? status(429, { "retry-after": date.toUTCString() })(response, number, request)
      : (Date.now() < date.getTime() ? status(500) : ok)(response, number, request)
}

export const servers: Row = {
  fault: "an OTLP server",
  promise: "as the specification says",
  faults: [
    fault(
      "answers 400 to what one record of many has",
      () => (response, number, request) =>
        (namesIn(request).includes("33") ? status(400) : ok)(response, number, request),
      { failed: { Rejected: 1 } }
    ),
    fault(
      "answers 413 to more than 10 spans",
      () => (response, number, request) => (namesIn(request).length > 10 ? status(413) : ok)(response, number, request)
    ),
    fault("answers 429 and a date", busyUntil, { repeats: true }),
    fault("answers 503", () => once(status(503)), { repeats: true }),
    fault("answers 408", () => once(status(408)), { repeats: true }),
    fault("answers 200 and the page of a login", () => page("text/html", "<title>Log in</title>"), {
      failed: { NotOtlp: total }
    }),
    fault("answers 200 and JSON of something else", () => page("application/json", '{"status":"ok"}'), {
      failed: { NotOtlp: total }
    }),
    fault("answers 200 and an empty page", () => page("text/html", ""), { failed: { NotOtlp: total } }),
    fault("redirects to a login", () => status(302, { location: "/login" }), { failed: { Http302: total } }),
    fault("drips its answer for ever", () => once(dripping(200)), { repeats: true }),
    fault("drips why it refuses for ever", () => dripping(403), { failed: { Http403: total } }),
    fault(
      "takes a part",
      () => (response) =>
        response
          .writeHead(200, { "content-type": "application/json" })
          .end(JSON.stringify({ partialSuccess: { rejectedSpans: "7", errorMessage: "too old" } })),
      { failed: { PartialSuccess: 7 } }
    ),
    fault("resets the connection", () => once((response) => response.socket?.resetAndDestroy()), { repeats: true }),
    fault("hangs", () => once(() => {}), { repeats: true }),
    fault(
      "closes in the middle of its answer",
      () =>
        once((response) => {
          response.writeHead(200, { "content-length": "100" }).write("{")
          setTimeout(() => response.socket?.destroy(), 20)
        }),
      { repeats: true }
    )
  ]
}
