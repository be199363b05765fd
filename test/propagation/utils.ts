import { type ChildProcess, spawn } from "node:child_process"
import { createServer, request } from "node:http"
import { fileURLToPath } from "node:url"
import { FetchHttpClient, type HttpApp, HttpClient, HttpServer, HttpServerResponse } from "@effect/platform"
import { NodeHttpServer } from "@effect/platform-node"
import { Context, Effect, Layer, Logger, Option } from "effect"
import { Observability, SessionId, type SpanRecord, Storage } from "effect-observability"
import { HttpPropagation } from "effect-observability/http"
import { all } from "../utils/pages.js"

export const id = (text: string) => SessionId.SessionId.make(text)

/** Records into memory, from where `stored` reads. */
export const recordingWith = (config: Partial<Parameters<typeof Observability.layer>[0]>) =>
  Layer.provideMerge(
    Observability.layer({ serviceName: "test", batch: { maxQueueSize: 200_000 }, ...config }),
    Layer.merge(Storage.layerMemory, Logger.remove(Logger.defaultLogger))
  )
export const Recording = recordingWith({})

/** The ended spans of the store, oldest first, and its logs. */
export const stored = Effect.gen(function* () {
  const { flush } = yield* Observability.Observability
  const storage = yield* Storage.Storage
  yield* flush
  const spans = yield* all((pagination) =>
    storage.listSpans({ pagination, orderBy: { field: "time", direction: "asc" } })
  )
  const logs = yield* all((pagination) => storage.listLogs({ pagination }))
  return { spans: spans.filter(({ status }) => status !== "running"), logs }
})

export const named = (spans: ReadonlyArray<SpanRecord.SpanRecord>, name: string): SpanRecord.SpanRecord => {
  const found = spans.filter((span) => span.name === name)
  if (found.length !== 1) throw new Error(`${found.length} spans are named ${name}`)
  return found[0] as SpanRecord.SpanRecord
}

export const ofKind = (spans: ReadonlyArray<SpanRecord.SpanRecord>, kind: SpanRecord.SpanRecord["kind"]) =>
  spans.filter((span) => span.kind === kind)

/** Answers with the session of its fiber. */
export const whoami = Effect.gen(function* () {
  yield* Effect.log("asked")
  const session = yield* Effect.withSpan(SessionId.get, "handler")
  return HttpServerResponse.text(Option.getOrElse(session, () => "none"))
})

/** Serves an app until the scope closes, with the middleware unless its options are `null`, and gives the address. */
export const serve = <E>(
  app: HttpApp.Default<E>,
  options: HttpPropagation.ServerOptions | null = { trust: "always" },
  host = "127.0.0.1"
) =>
  HttpServer.serve(app, options === null ? (app) => app : HttpPropagation.middleware(options)).pipe(
    Layer.provideMerge(NodeHttpServer.layer(createServer, { host, port: 0 })),
    Layer.build,
    Effect.map((context) => {
      const { address } = Context.get(context, HttpServer.HttpServer)
      return `http://${host}:${address._tag === "TcpAddress" ? address.port : ""}`
    })
  )

export const client = (options?: HttpPropagation.ClientOptions) =>
  Effect.map(
    Layer.build(Layer.provide(HttpPropagation.layerClient(options), FetchHttpClient.layer)),
    Context.get(HttpClient.HttpClient)
  )

/** A request with the very headers given, as name, value, name, value. */
export const raw = (url: string, headers: ReadonlyArray<string>, options?: object, body = "") =>
  Effect.async<{ readonly status: number; readonly body: string }, Error>((resume) => {
    const call = request(url, { ...options, headers: ["host", "test", ...headers] as never }, (response) => {
      let text = ""
      response.setEncoding("utf8")
      response.on("data", (chunk) => (text += chunk))
      response.on("end", () => resume(Effect.succeed({ status: response.statusCode ?? 0, body: text })))
    })
    call.on("error", (error) => resume(Effect.fail(error)))
    call.end(body)
  })

/** Starts a program, by its path from this folder, in a process of its own, and gives the first line that matches. */
export const start = (file: string, line: RegExp, env: NodeJS.ProcessEnv = {}) =>
  Effect.acquireRelease(
    Effect.sync(() =>
      spawn(process.execPath, ["--import", "tsx", fileURLToPath(new URL(file, import.meta.url))], {
        env: { ...process.env, ...env },
        stdio: ["ignore", "pipe", "inherit"]
      })
    ),
    (child) => Effect.sync(() => child.kill())
  ).pipe(Effect.flatMap((child) => firstMatch(child, line)))

const firstMatch = (child: ChildProcess, line: RegExp) =>
  Effect.async<string, Error>((resume) => {
    let text = ""
    child.stdout?.on("data", (chunk) => {
      text += chunk
      const match = line.exec(text)
      if (match !== null) resume(Effect.succeed(match[1] as string))
    })
    child.on("exit", (code) => resume(Effect.fail(new Error(`ended with ${code}: ${text}`))))
  })
