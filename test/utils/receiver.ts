import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { HttpMiddleware, HttpServer } from "@effect/platform"
import { NodeHttpServer } from "@effect/platform-node"
import { Effect, Exit, Layer, Scope } from "effect"
import { Observability, type ObservabilityConfig, Storage } from "effect-observability"
import { OtlpReceiver } from "effect-observability/otlp"

/**
 * A receiver on a port of its own until the scope closes, in front of a storage: one in memory, unless another is given.
 * `records` is what arrived there, once everything is exported.
 */
export const receiver = (
  options: OtlpReceiver.Options = {},
  config: Partial<ObservabilityConfig.Input> = {},
  storage: Layer.Layer<Storage.Storage, unknown> = Storage.layerMemory
) =>
  Effect.gen(function* () {
    const http = createServer()
    const scope = yield* Effect.acquireRelease(Scope.make(), (scope, exit) => Scope.close(scope, exit))
    const live = Observability.layer({ serviceName: "collector", ...config }).pipe(
      Layer.provideMerge(storage),
      Layer.orDie
    )
    const context = yield* Layer.buildWithScope(live, scope)
    const serve = Effect.map(OtlpReceiver.make(options), (app) => HttpServer.serve(app))
    yield* Layer.buildWithScope(
      Layer.unwrapEffect(serve).pipe(
        Layer.provide(NodeHttpServer.layer(() => http, { port: 0, host: "127.0.0.1" })),
        Layer.provide(Layer.succeedContext(context)),
        HttpMiddleware.withTracerDisabledForUrls(OtlpReceiver.paths)
      ),
      scope
    )
    const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
    const run = Effect.provide(context)
    const lists = Effect.all({
      spans: Storage.listSpans({ pagination: { limit: 1_000 } }),
      logs: Storage.listLogs({ pagination: { limit: 1_000 } }),
      metrics: Storage.listMetrics({ pagination: { limit: 1_000 } }),
      scores: Storage.listScores({ pagination: { limit: 1_000 } })
    })
    return {
      url,
      /** Asks the storage, or the pipeline. */
      run,
      stats: run(Observability.stats),
      flush: run(Observability.flush),
      close: Scope.close(scope, Exit.void),
      records: run(
        Effect.zipRight(
          Observability.flush,
          Effect.map(lists, ({ logs, metrics, scores, spans }) => ({
            spans: spans.items,
            logs: logs.items,
            metrics: metrics.items,
            scores: scores.items
          }))
        )
      )
    }
  })

/** Posts a body, and gives the answer with what it says. */
export const post = (
  url: string,
  body: string | Uint8Array | ReadableStream | object,
  headers: Readonly<Record<string, string>> = {}
) =>
  Effect.promise(async () => {
    const isBytes = typeof body === "string" || ArrayBuffer.isView(body) || body instanceof ReadableStream
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: isBytes ? body : JSON.stringify(body),
      ...(body instanceof ReadableStream && { duplex: "half" })
    } as RequestInit)
    const bytes = Buffer.from(await response.arrayBuffer())
    const type = response.headers.get("content-type")
    return {
      status: response.status,
      headers: response.headers,
      type,
      bytes,
      json: type === "application/json" ? JSON.parse(bytes.toString()) : undefined
    }
  })
