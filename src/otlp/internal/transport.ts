/** How requests leave the process: directly, through the proxy of the environment, or by a dispatcher of the program's own. */
import * as Effect from "effect/Effect"
import { logWarning } from "../../runtime/annotated.js"
import { basicOf } from "./credentials.js"
import { exceptionsOf } from "./noProxy.js"

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
      onSuccess: (undici) =>
        dispatcher !== undefined
          ? Effect.succeed(dispatching(undici.fetch as never, dispatcher))
          : Effect.catchAll(
              Effect.try(() => proxied(undici, proxies)),
              () => ignored("a proxy is no URL of HTTP")
            )
    })
  )
}

/** Through the proxies of the environment. */
const proxied = (
  { fetch, ProxyAgent }: Pick<typeof import("undici"), "fetch" | "ProxyAgent">,
  proxies: Proxies
): Transport => {
  const agentOf = (proxy: string | undefined) => (proxy === undefined ? undefined : new ProxyAgent(optionsOf(proxy)))
  const http = agentOf(proxies.http)
  const https = agentOf(proxies.https) ?? http
  const isDirect = exceptionsOf(proxies.none ?? "")
  return {
    fetch: (url, init) => {
      const to = new URL(url)
      const agent = to.protocol === "https:" ? https : http
      return agent === undefined || isLoopback(to) || isDirect(to)
        ? direct.fetch(url, init)
        : dispatching(fetch as never, agent).fetch(url, init)
    },
    close: Effect.ignore(Effect.tryPromise(() => Promise.all([http?.destroy(), https?.destroy()])))
  }
}

/** Options for `ProxyAgent`. An address without a scheme is one of HTTP. */
const optionsOf = (proxy: string): { readonly uri: string; readonly token?: string } => {
  const url = new URL(/^[a-z][a-z\d+.-]*:\/\//i.test(proxy) ? proxy : `http://${proxy}`)
  if (!proxyProtocols.has(url.protocol)) throw new TypeError(`no proxy of ${url.protocol}`)
  // The proxy of SOCKS reads its user from the address.
  if (url.protocol.startsWith("socks")) return { uri: url.href }
  const token = basicOf(url)
  return token === undefined ? { uri: url.origin } : { uri: url.origin, token }
}

const proxyProtocols: ReadonlySet<string> = new Set(["http:", "https:", "socks:", "socks5:"])

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
const isLoopback = ({ hostname }: URL): boolean => /^(?:(?:.*\.)?localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname)
