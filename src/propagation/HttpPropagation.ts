/**
 * Takes the trace and the session over HTTP: a layer for every client of a program, and a middleware for a server.
 *
 * @since 0.1.0
 */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { HttpServerRequest } from "@effect/platform/HttpServerRequest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { globalValue } from "effect/GlobalValue"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Tracer from "effect/Tracer"
import { recordingOf } from "../identity/internal/correlation.js"
import { shedding } from "./internal/fetch.js"
import { holds } from "./internal/holds.js"
import { report } from "./internal/refused.js"
import { isLoopback, isTarget } from "./internal/targets.js"
import { capture, extract, type Headers, type InjectOptions, inject, restore, type Trust } from "./Propagation.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface ClientOptions extends Pick<InjectOptions, "include"> {
  /**
   * Where the session and the baggage may go: `"api.example.com"`, with a port if only that is meant, `"*.example.com"`
   * for every host below, an origin such as `"https://api.example.com"`, or a predicate. By default loopback addresses
   * only. The trace goes everywhere.
   */
  readonly targets?: ReadonlyArray<string> | Predicate.Predicate<URL> | undefined
}

/**
 * Has every request of every client in the program carry the trace of its span, and the session where `targets` allow it;
 * each attempt and each hop of a redirect anew. Redirects that `fetch` follows by itself are followed here, so that they
 * shed the session where it is not meant to be.
 *
 * @example
 * ```ts
 * import { FetchHttpClient } from "@effect/platform"
 * import { HttpPropagation } from "effect-observability/http"
 * import { Layer } from "effect"
 *
 * const HttpClientLive = HttpPropagation.layerClient({ targets: ["*.internal.example.com"] }).pipe(
 *   Layer.provide(FetchHttpClient.layer)
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerClient = ({
  include,
  targets = isLoopback
}: ClientOptions = {}): Layer.Layer<HttpClient.HttpClient, never, HttpClient.HttpClient> => {
  const believes = isTarget(targets)
  return Layer.effect(
    HttpClient.HttpClient,
    Effect.map(HttpClient.HttpClient, (client) => {
      // The client around it makes the span.
      const inner = HttpClient.withTracerDisabledWhen(client, () => true)
      return HttpClient.make((request, url, _, fiber) => {
        if (!fiber.getFiberRef(HttpClient.currentTracerPropagation)) return inner.execute(request)
        return Effect.flatMap(capture, (carrier) => {
          const session = believes(url)
          const headers = inject(request.headers, carrier, { include, session })
          const injected = scoped(request, HttpClientRequest.setHeaders(request, headers))
          const response = inner.execute(injected)
          return session ? Effect.mapInputContext(response, sheddingFetch(believes)) : response
        })
      })
    })
  )
}

/** What only a target is to see. */
const ofSession = ["baggage", "x-mastra-session-id"]

const sheddingFetch = (believes: Predicate.Predicate<URL>) => (context: Context.Context<never>) =>
  Context.add(
    context,
    FetchHttpClient.Fetch,
    shedding(
      Option.getOrElse(Context.getOption(context, FetchHttpClient.Fetch), () => globalThis.fetch),
      ofSession,
      believes
    )
  )

/** Where `HttpClient.withScope` keeps what aborts a request when its scope closes. */
const scopedRequests = globalValue(
  "@effect/platform/HttpClient/scopedRequests",
  () => new WeakMap<HttpClientRequest.HttpClientRequest, AbortController>()
)

const scoped = (from: HttpClientRequest.HttpClientRequest, to: HttpClientRequest.HttpClientRequest) => {
  const controller = scopedRequests.get(from)
  if (controller !== undefined) scopedRequests.set(to, controller)
  return to
}

/**
 * @since 0.1.0
 * @category models
 */
export interface ServerOptions {
  /** Whose sessions, users and organisations are believed. There is no default: none would be safe. */
  readonly trust: Trust<HttpServerRequest>
}

/**
 * Runs every request in the session that it carries, the server span included, and a request without one in none, also
 * where the server was started inside a session. What is malformed is dropped, counted and annotated on the span. Put it
 * around other middlewares.
 *
 * @example
 * ```ts
 * import { HttpRouter, HttpServer, HttpServerResponse } from "@effect/platform"
 * import { HttpPropagation } from "effect-observability/http"
 *
 * const ServerLive = HttpRouter.empty.pipe(
 *   HttpRouter.get("/", HttpServerResponse.text("hello")),
 *   HttpServer.serve(HttpPropagation.middleware({ trust: (request) => request.headers.host === "agents.internal" }))
 * )
 * ```
 *
 * @since 0.1.0
 * @category middleware
 */
export const middleware =
  ({ trust }: ServerOptions) =>
  <E, R>(app: HttpApp.Default<E, R>): HttpApp.Default<E, R | HttpServerRequest> =>
    Effect.flatMap(Effect.context<R | HttpServerRequest>(), (context) => {
      const request = Context.unsafeGet(context, HttpServerRequest)
      const trusted = typeof trust === "function" ? holds(trust, request) : trust === "always"
      const { refused, ...carrier } = extract(headersOf(request), { trust: trusted ? "always" : "never" })
      const span = Option.getOrUndefined(Context.getOption(context, Tracer.ParentSpan))
      if (span?._tag !== "Span" || span.kind !== "server")
        return Effect.zipRight(report(refused), restore(app, carrier))
      const { sessionId, ...options } = carrier.options ?? {}
      recordingOf(span)?.reassign(sessionId, options)
      return Effect.zipRight(report(refused), restore(Effect.withParentSpan(app, span), carrier))
    })

/** The headers of a request; a session that is named twice is one name in none of them, so it is shown as two. */
const headersOf = ({ headers, source }: HttpServerRequest): Headers => {
  if (!headers["x-mastra-session-id"]?.includes(",") || !Predicate.hasProperty(source, "headersDistinct"))
    return headers
  const distinct = source.headersDistinct as Readonly<Record<string, ReadonlyArray<string>>>
  return { ...headers, "x-mastra-session-id": distinct["x-mastra-session-id"] }
}
