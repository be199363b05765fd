/**
 * An `HttpApp` on `node:http`, with bounds on what anybody can make it hold: the size of headers, how long a request may
 * take to come and an answer to be taken, and how many are connected.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { Readable } from "node:stream"
import * as Cookies from "@effect/platform/Cookies"
import * as HttpApp from "@effect/platform/HttpApp"
import { clientAbortFiberId } from "@effect/platform/HttpServerError"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import type * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { isolated } from "../../runtime/isolated.js"
import { countOf } from "./guard.js"

const limits = {
  maxHeaderSize: 16_384,
  headersTimeout: 10_000,
  requestTimeout: 60_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 2_000
}
const maxConnections = 512
/** How long nothing may move on a connection. */
const idleMillis = 120_000
/** How long an answer waits for whoever asked to read on: others wait for its place. */
const stalledMillis = 30_000
/** How long a close waits for what is being answered. */
const closeMillis = 3_000

/** The requirements that are there without a request. */
type Context<R> = Exclude<Exclude<R, Scope.Scope>, HttpServerRequest.HttpServerRequest>

/** Serves until the scope closes. */
export const serve = <R>(
  app: HttpApp.Default<never, R>,
  options: { readonly host: string; readonly port: number }
): Effect.Effect<AddressInfo, Error, Scope.Scope | Context<R>> =>
  Effect.gen(function* () {
    const run = yield* isolated(FiberSet.makeRuntime<Context<R>>())
    const server = createServer(limits, (request, response) => {
      const fiber = run(answer(app, request, response))
      response.once("close", () => {
        if (!response.writableEnded) fiber.unsafeInterruptAsFork(clientAbortFiberId)
      })
    })
    server.maxConnections = maxConnections
    server.timeout = idleMillis
    yield* Effect.acquireRelease(listen(server, options), () => close(server))
    return server.address() as AddressInfo
  })

const listen = (
  server: Server,
  options: { readonly host: string; readonly port: number }
): Effect.Effect<void, Error> =>
  Effect.async((resume) => {
    const onError = (error: Error) => resume(Effect.fail(error))
    server.once("error", onError)
    server.listen(options, () => {
      server.off("error", onError)
      // An error without a listener would end the process.
      server.on("error", () => {})
      resume(Effect.void)
    })
  })

const close = (server: Server): Effect.Effect<void> =>
  Effect.async((resume) => {
    const timer = setTimeout(() => server.closeAllConnections(), closeMillis)
    server.close(() => {
      clearTimeout(timer)
      resume(Effect.void)
    })
    server.closeIdleConnections()
  })

const answer = <R>(app: HttpApp.Default<never, R>, request: IncomingMessage, response: ServerResponse) => {
  const webRequest = webRequestOf(request)
  if (webRequest === undefined) {
    return Effect.sync(() => {
      response
        .writeHead(400, { connection: "close", "content-type": "text/plain" })
        .end("expected one Host, and a path\n")
    })
  }
  return HttpApp.toHandled(app, (_, answered) => write(request, response, answered)).pipe(
    Effect.provideService(HttpServerRequest.HttpServerRequest, HttpServerRequest.fromWeb(webRequest))
  )
}

/** The request, if it is plain who is asked for what: `Host` once, and a path that is not the URL of another server. */
const webRequestOf = (request: IncomingMessage): Request | undefined => {
  const { headers, method = "GET", rawHeaders, url = "" } = request
  if (countOf(rawHeaders, "host") !== 1 || !url.startsWith("/")) return undefined
  const hasBody = headers["transfer-encoding"] !== undefined || headers["content-length"] !== undefined
  const init = {
    method,
    headers: Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)]),
    ...(method !== "GET" &&
      method !== "HEAD" && { body: hasBody ? Readable.toWeb(request) : new Uint8Array(), duplex: "half" })
  }
  return Option.getOrUndefined(Option.liftThrowable(() => new Request(`http://localhost${url}`, init as RequestInit))())
}

const write = (
  request: IncomingMessage,
  response: ServerResponse,
  { body, cookies, headers, status }: HttpServerResponse.HttpServerResponse
): Effect.Effect<void> =>
  Effect.suspend(() => {
    if (response.writableEnded || response.destroyed) return Effect.void
    // Nobody waits for the rest of a body that is not read.
    if (!request.complete) response.shouldKeepAlive = false
    const setCookie = Cookies.isEmpty(cookies) ? {} : { "set-cookie": Cookies.toSetCookieHeaders(cookies) }
    response.writeHead(status, { ...headers, ...setCookie })
    if (request.method === "HEAD") return end(response)
    switch (body._tag) {
      case "Uint8Array":
        return end(response, body.body)
      case "Stream":
        response.flushHeaders()
        return Effect.zipRight(
          Stream.runForEachChunk(Stream.orDie(body.stream), (chunks) =>
            Effect.forEach(chunks, (chunk) => writeChunk(response, chunk), { discard: true })
          ),
          end(response)
        ).pipe(
          Effect.interruptible,
          Effect.onError(() => Effect.sync(() => response.destroy()))
        )
      default:
        return end(response, "body" in body && typeof body.body === "string" ? body.body : undefined)
    }
  })

/** Waits until there is room for more. */
const writeChunk = (response: ServerResponse, chunk: Uint8Array): Effect.Effect<void> =>
  Effect.async((resume) => {
    if (response.write(chunk)) return resume(Effect.void)
    // A listener to the close of the connection ends the answer.
    const stalled = setTimeout(() => response.destroy(), stalledMillis)
    const onDrain = () => {
      clearTimeout(stalled)
      resume(Effect.void)
    }
    response.once("drain", onDrain)
    return Effect.sync(() => {
      clearTimeout(stalled)
      response.off("drain", onDrain)
    })
  })

const end = (response: ServerResponse, body?: Uint8Array | string): Effect.Effect<void> =>
  Effect.sync(() => void response.end(body))
