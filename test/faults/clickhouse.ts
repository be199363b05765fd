import { randomBytes } from "node:crypto"
import { createServer, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { buffer } from "node:stream/consumers"
import { Effect, Layer } from "effect"
import type { Observability } from "effect-observability"
import { ClickhouseStorage } from "effect-observability/clickhouse"
import { type Fault, flush, ledger, quietly, type Row, recording, same } from "./fault.js"

const around = 50

/** Answers an insert: the how many-th it is, and of how many bytes. */
type Answer = (response: ServerResponse, number: number, bytes: number) => void

const ok: Answer = (response) => response.end()

const once =
  (answer: Answer): Answer =>
  (response, number, bytes) =>
    (number === 1 ? answer : ok)(response, number, bytes)

const status =
  (code: number): Answer =>
  (response) =>
    response.writeHead(code).end()

const drip: Answer = (response) => {
  const timer = setInterval(() => response.write("x"), 20)
  response.once("close", () => clearInterval(timer))
}

const flood: Answer = (response, ...rest) => {
  while (!response.destroyed && response.write("x".repeat(2 ** 16)));
  if (!response.destroyed) response.once("drain", () => flood(response, ...rest))
}

/** A server that has no tables, takes all statements, and answers inserts so. */
const server = (answer: Answer) =>
  Effect.gen(function* () {
    let inserts = 0
    const server = createServer((request, response) => {
      buffer(request).then(
        ({ length }) => (request.url?.includes("INSERT+INTO") ? answer(response, ++inserts, length) : response.end()),
        () => response.destroy()
      )
    })
    yield* Effect.acquireRelease(
      Effect.async<void>((resume) => void server.listen(0, "127.0.0.1", () => resume(Effect.void))),
      () =>
        Effect.sync(() => {
          server.close()
          server.closeAllConnections()
        })
    )
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, inserts: () => inserts }
  })

const fault = (name: string, answer: Answer, failed: Observability.Ledger["failed"] = {}): Fault => ({
  name,
  run: () =>
    Effect.gen(function* () {
      const { inserts, url } = yield* server(answer)
      const layer = recording({
        sensitiveData: false,
        limits: { attributeValueLength: 20 * 2 ** 20 },
        batch: { scheduledDelay: "20 millis", maxQueueBytes: 100 * 2 ** 20 }
      }).pipe(Layer.provide(ClickhouseStorage.layer({ url, timeout: "500 millis" })))
      const large = randomBytes(2 * 2 ** 20).toString("latin1")
      const counted = yield* Effect.gen(function* () {
        const span = Effect.withSpan(Effect.void, "small")
        yield* Effect.repeatN(span, around - 1)
        yield* Effect.withSpan(Effect.void, "large", { attributes: { large } })
        yield* Effect.repeatN(span, around - 1)
        yield* flush
        return yield* ledger
      }).pipe(Effect.provide(layer), Effect.provide(quietly))
      same(counted.failed, failed, "failed")
      same([counted.emitted, counted.queued, counted.dropped], [2 * around + 1, 0, {}], "emitted, queued and dropped")
      return `${counted.exported} of ${counted.emitted} stored, failed ${JSON.stringify(counted.failed)}, ${inserts()} inserts`
    })
})

export const clickhouse: Row = {
  fault: "a ClickHouse server, or what stands before it",
  promise: "nothing is lost but what can never be taken, counted with the reason",
  faults: [
    fault(
      "answers 413 to more than 1 MiB",
      (response, _, bytes) => status(bytes > 2 ** 20 ? 413 : 200)(response, _, bytes),
      {
        Rejected: 1
      }
    ),
    fault("answers 429", once(status(429))),
    fault("answers 503", once(status(503))),
    fault(
      "resets the connection",
      once((response) => response.socket?.resetAndDestroy())
    ),
    fault("drips its answer", once(drip)),
    fault("floods its answer", once(flood)),
    fault("answers a page of HTML with 200", (response) => response.end("<html>Log in</html>"), {
      Query: 2 * around + 1
    })
  ]
}
