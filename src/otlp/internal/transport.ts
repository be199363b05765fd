/** How requests leave the process: directly, through the proxy of the environment, or by a dispatcher of the program's own. */
import * as Effect from "effect/Effect"
import { logWarning } from "../../runtime/annotated.js"

/**
 * A sender of requests: a `Dispatcher` of the package `undici`, known by what it does.
 *
 * @since 0.1.0
 * @category models
 */
export interface Dispatcher {
  dispatch(options: never, handler: never): boolean
}

/** The proxies that the environment names. */
export interface Proxies {
  readonly http: string | undefined
  readonly https: string | undefined
  /** The hosts that are not asked through a proxy. */
  readonly none: string | undefined
}

type Answer = Pick<Response, "ok" | "status" | "headers" | "body">

export interface Transport {
  readonly fetch: (url: string, init: RequestInit) => Promise<Answer>
  readonly close: Effect.Effect<void>
}

const direct: Transport = { fetch: (url, init) => fetch(url, init), close: Effect.void }

/**
 * Node itself has no proxies before version 24, and its `fetch` takes only dispatchers of the `undici` that is built into
 * it: both need that of the package.
 */
export const make = (dispatcher: Dispatcher | undefined, proxies: Proxies): Effect.Effect<Transport> => {
  if (dispatcher === undefined && proxies.http === undefined && proxies.https === undefined) {
    return Effect.succeed(direct)
  }
  return Effect.tryPromise(() => import("undici")).pipe(
    Effect.matchEffect({
      onFailure: () =>
        dispatcher === undefined
          ? ignored("a proxy needs the package undici, which is not installed")
          : Effect.succeed(dispatching(fetch as never, dispatcher)),
      onSuccess: ({ EnvHttpProxyAgent, fetch }) =>
        dispatcher !== undefined
          ? Effect.succeed(dispatching(fetch as never, dispatcher))
          : Effect.try(() => {
              const { http, https, none = "" } = proxies
              const agent = new EnvHttpProxyAgent({
                httpProxy: http ?? "",
                httpsProxy: https ?? http ?? "",
                noProxy: none
              })
              return {
                fetch: (url: string, init: RequestInit) =>
                  isLoopback(url) ? direct.fetch(url, init) : dispatching(fetch as never, agent).fetch(url, init),
                close: Effect.ignore(Effect.tryPromise(() => agent.destroy()))
              }
            }).pipe(Effect.catchAll(() => ignored("a proxy is no URL of HTTP")))
    })
  )
}

const dispatching = (
  fetch: (url: string, init: Omit<RequestInit, "dispatcher"> & { readonly dispatcher: Dispatcher }) => Promise<Answer>,
  dispatcher: Dispatcher
): Transport => ({ fetch: (url, init) => fetch(url, { ...init, dispatcher }), close: Effect.void })

/** The value of a variable may have a password in it. */
const ignored = (reason: string): Effect.Effect<Transport> =>
  Effect.as(
    logWarning("OtlpExporter")(`HTTPS_PROXY and HTTP_PROXY are ignored, and requests go out directly: ${reason}`),
    direct
  )

/** Nobody's proxy reaches the machine that asks. */
const isLoopback = (url: string): boolean =>
  /^(?:(?:.*\.)?localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(new URL(url).hostname)
