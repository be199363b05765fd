/** What it costs to carry a session over HTTP: the headers alone, and a request through client and server. */
import { createServer } from "node:http"
import { HttpClient, HttpServer, HttpServerResponse } from "@effect/platform"
import { NodeHttpClient, NodeHttpServer } from "@effect/platform-node"
import { Context, Effect, Layer } from "effect"
import { type Exporter, Observability, Propagation, SessionId } from "effect-observability"
import { HttpPropagation } from "effect-observability/http"
import { type Figure, figure, inProcess, median } from "./harness.js"

const session = SessionId.SessionId.make("bench-session")

/** CPU time of the process in microseconds: on a busy machine the time on the wall says little. */
const cpu = () => {
  const { system, user } = process.cpuUsage()
  return system + user
}

/** Microseconds a call, with the headers of an ordinary request. */
const headers = (): number => {
  const request = { host: "127.0.0.1:3000", accept: "*/*", "user-agent": "node", "content-type": "application/json" }
  const carrier = {
    traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03",
    options: { sessionId: session }
  }
  const count = 20_000
  const times = Array.from({ length: 25 }, () => {
    const start = cpu()
    for (let i = 0; i < count; i++) Propagation.extract(Propagation.inject(request, carrier), { trust: "always" })
    return (cpu() - start) / count
  })
  return median(times.slice(5))
}

const nowhere: Exporter.Exporter = { name: "nowhere", export: () => Effect.void }

const rounds = 60
const requests = 100

/** Microseconds a request, with and without propagation, in turns within one program that records both. */
const request = Effect.gen(function* () {
  const serve = (layer: Layer.Layer<never, never, HttpServer.HttpServer>, client: Layer.Layer<HttpClient.HttpClient>) =>
    Effect.gen(function* () {
      const context = yield* Layer.build(
        Layer.merge(
          Layer.provideMerge(layer, NodeHttpServer.layer(createServer, { host: "127.0.0.1", port: 0 })),
          client
        )
      )
      const { address } = Context.get(context, HttpServer.HttpServer)
      const url = `http://127.0.0.1:${address._tag === "TcpAddress" ? address.port : ""}`
      const http = Context.get(context, HttpClient.HttpClient)
      const turn = Effect.flatMap(http.get(url), ({ text }) => text)
      return Effect.suspend(() => {
        const start = cpu()
        return Effect.map(Effect.repeatN(turn, requests - 1), () => (cpu() - start) / requests)
      }).pipe(SessionId.withSessionId(session))
    })
  const app = HttpServerResponse.text("done")
  const without = yield* serve(HttpServer.serve(app), NodeHttpClient.layer)
  const ours = yield* serve(
    HttpServer.serve(app, HttpPropagation.middleware({ trust: "always" })),
    Layer.provide(HttpPropagation.layerClient(), NodeHttpClient.layer)
  )
  const times: Array<readonly [without: number, ours: number]> = []
  for (let round = 0; round < rounds; round++) {
    if (round % 2 === 0) times.push([yield* without, yield* ours])
    else {
      const first = yield* ours
      times.push([yield* without, first])
    }
  }
  const counted = times.slice(10)
  return { without: median(counted.map(([without]) => without)), ours: median(counted.map(([, ours]) => ours)) }
}).pipe(Effect.scoped, Effect.provide(Observability.layerExportOnly({ serviceName: "bench", exporters: [nowhere] })))

export const tasks = {
  headers: async () => headers(),
  request: () => Effect.runPromise(request)
}

const task = <Name extends keyof typeof tasks>(name: Name) =>
  inProcess<Awaited<ReturnType<(typeof tasks)[Name]>>>("propagation", name)

export const run = async (): Promise<ReadonlyArray<Figure>> => {
  const { ours, without } = await task("request")
  return [
    figure("inject and extract", await task("headers"), "CPU µs", { target: { atMost: 3 } }),
    figure("a request through client and server", ours, "CPU µs", { baseline: without, target: { atMost: 1.15 } })
  ]
}
