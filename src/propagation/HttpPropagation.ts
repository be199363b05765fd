/**
 * Takes the trace and the session over HTTP: a layer for every client of a program, and a middleware for a server.
 *
 * @since 0.1.0
 */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpApp from "@effect/platform/HttpApp"
import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { HttpServerRequest } from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import { globalValue } from "effect/GlobalValue"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import * as Struct from "effect/Struct"
import * as Tracer from "effect/Tracer"
import { openSpanOf } from "../identity/internal/currentCorrelation.js"
import { sessionHeader } from "../identity/internal/headers.js"
import { shedding } from "./internal/fetch.js"
import { withRefs } from "./internal/refs.js"
import { report } from "./internal/refused.js"
import { isLoopback, isTarget } from "./internal/targets.js"
import { isTrusted } from "./internal/trust.js"
import {
  carrierOf,
  extract,
  type Headers,
  type InjectOptions,
  inject,
  optionsOf,
  parentOf,
  restoreUnder,
  type Trust
} from "./Propagation.js"

/**
 * Which hosts are told the session.
 *
 * @since 0.1.0
 * @category models
 */
export interface ClientOptions extends Pick<InjectOptions, "include"> {
  /**
   * Where the session and the baggage may go: `"api.example.com"`, `"*.example.com"` for every host below, either with a
   * port if only that is meant, an origin such as `"https://api.example.com"`, or a predicate. By default loopback
   * addresses only. The trace goes everywhere.
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
    Effect.map(HttpClient.HttpClient, (client) =>
      HttpClient.make((request, url, signal, fiber) =>
        fiber.getFiberRef(HttpClient.currentTracerPropagation)
          ? Effect.withFiberRuntime((fiber) => {
              const session = believes(url)
              const headers = inject(Struct.pick(request.headers, "baggage"), carrierOf(fiber), { include, session })
              const injected = aborted(HttpClientRequest.setHeaders(request, headers), signal)
              const sheds = session && ofSession.some((name) => name in headers)
              const context = sheds ? sheddingFetch(fiber.currentContext, believes) : fiber.currentContext
              return withRefs(client.execute(injected), [untraced, [FiberRef.currentContext, context]])
            })
          : withRefs(client.execute(request), [untraced])
      )
    )
  )
}

/** The client around it makes the span. */
const untraced = [HttpClient.currentTracerDisabledWhen, () => true] as const

/** Headers that carry the session, which only `targets` may see. */
const ofSession = ["baggage", sessionHeader]

const sheddingFetch = (context: Context.Context<never>, believes: Predicate.Predicate<URL>): Context.Context<never> => {
  const fetch = Option.getOrElse(Context.getOption(context, FetchHttpClient.Fetch), () => globalThis.fetch)
  return Context.add(context, FetchHttpClient.Fetch, shedding(fetch, ofSession, believes))
}

/** Where `HttpClient.withScope` keeps what aborts a request, and a client looks before it makes a controller of its own. */
const scopedRequests = globalValue(
  "@effect/platform/HttpClient/scopedRequests",
  () => new WeakMap<HttpClientRequest.HttpClientRequest, Pick<AbortController, "signal">>()
)

/** The request, aborted with that of the client around. */
const aborted = (request: HttpClientRequest.HttpClientRequest, signal: AbortSignal) => {
  scopedRequests.set(request, { signal })
  return request
}

/**
 * Which requests are believed about their session.
 *
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
    Effect.withFiberRuntime(({ currentContext }) => {
      const request = Context.unsafeGet(currentContext as Context.Context<HttpServerRequest>, HttpServerRequest)
      const trusted = isTrusted(trust, request)
      const { refused, ...carrier } = extract(headersOf(request), { trust: trusted ? "always" : "never" })
      const around = Option.getOrUndefined(Context.getOption(currentContext, Tracer.ParentSpan))
      const isServed = around?._tag === "Span" && around.kind === "server"
      if (isServed) openSpanOf(around)?.reassign(carrier.options?.sessionId, optionsOf(carrier), trusted)
      const parent = isServed ? around : parentOf(carrier, trusted)
      const within = <A, E, R>(effect: Effect.Effect<A, E, R>) => restoreUnder(effect, carrier, parent)
      const answered = isWeb(request)
        ? Effect.zipRight(
            HttpApp.appendPreResponseHandler((_, response) => Effect.succeed(streamed(response, within))),
            within(app)
          )
        : Effect.map(within(app), (response) => streamed(response, within))
      return refused.length === 0 ? answered : Effect.zipRight(report(refused), answered)
    })

/** Whether the response is sent by another fiber than the one that the middleware is around. */
const isWeb = ({ source }: HttpServerRequest): boolean => source instanceof Request

/** The response, whose body is streamed in the session of its request, by whatever fiber. */
const streamed = (
  response: HttpServerResponse.HttpServerResponse,
  within: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
): HttpServerResponse.HttpServerResponse => {
  const { body } = response
  if (body._tag !== "Stream") return response
  const stream = Stream.fromPull(Effect.map(Stream.toPull(body.stream), within))
  return HttpServerResponse.setBody(response, HttpBody.stream(stream, body.contentType, body.contentLength))
}

/**
 * The headers of a request. Node joins repeated headers with a comma; two different session headers are given as their
 * distinct values, so that they are refused as ambiguous instead of read as one odd name.
 */
const headersOf = ({ headers, source }: HttpServerRequest): Headers => {
  if (!headers[sessionHeader]?.includes(",") || !Predicate.hasProperty(source, "headersDistinct")) return headers
  const distinct = source.headersDistinct as Readonly<Record<string, ReadonlyArray<string>>>
  return { ...headers, [sessionHeader]: distinct[sessionHeader] }
}
