/**
 * Lets nobody ask but programs of this machine, unless the options name others. Every path is guarded, since a page of
 * anybody's can make a browser send requests to a server on `localhost`.
 */
import { createHash, timingSafeEqual } from "node:crypto"
import * as HttpMiddleware from "@effect/platform/HttpMiddleware"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import { apiVersion, versionHeader } from "./status.js"

interface Guard {
  /** Names and addresses by which the server may be called, in lower case and without a port. */
  readonly hosts: ReadonlySet<string>
  /** Origins whose pages may ask. */
  readonly origins: ReadonlySet<string>
  readonly token: string | undefined
}

/** Names of this machine that no name server is asked for. */
export const loopback: ReadonlyArray<string> = ["localhost", "127.0.0.1", "[::1]"]

const securityHeaders = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY"
}

/** Refuses whatever is not from whom it should be, and says to browsers how to treat the rest. */
export const make = (guard: Guard) => {
  const token = guard.token === undefined ? undefined : tokenOf(guard.token)
  return HttpMiddleware.make((app) =>
    Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) => {
      const origin = request.headers["origin"]
      const cors = origin !== undefined && guard.origins.has(origin.toLowerCase()) ? corsOf(origin) : {}
      return Effect.map(
        check(guard, token, request) ?? app,
        HttpServerResponse.setHeaders({ ...securityHeaders, ...cors })
      )
    })
  )
}

type Refused = Effect.Effect<HttpServerResponse.HttpServerResponse>

const refuse = (status: number, text: string, headers: { readonly [name: string]: string } = {}): Refused =>
  HttpServerResponse.text(`${text}\n`, {
    status,
    headers: { [versionHeader]: apiVersion, "cache-control": "no-store", ...headers }
  })

/** The answer to a request that is refused, or that is about who asks. */
const check = (
  { hosts, origins }: Guard,
  token: Token | undefined,
  request: HttpServerRequest.HttpServerRequest
): Refused | undefined => {
  const { headers, method } = request
  if (isAmbiguous(request.source)) return refuse(400, "expected one Host, and a path")
  const host = hostOf(headers["host"])
  if (host === undefined || !hosts.has(host.name)) {
    return refuse(403, "the server is not called so: allowedHosts of its options has the names that it may have")
  }
  const origin = headers["origin"]?.toLowerCase()
  const isAllowedOrigin = origin !== undefined && origins.has(origin)
  if (origin !== undefined && !isAllowedOrigin && !isSame(origin, headers["host"] as string)) {
    return refuse(403, "the page of another origin asks: allowedOrigins of the options has those that may")
  }
  const site = headers["sec-fetch-site"]?.toLowerCase()
  if (site !== undefined && site !== "same-origin" && site !== "none" && !isAllowedOrigin && !isVisit(request)) {
    return refuse(403, "the page of another site asks")
  }
  if (method === "OPTIONS") {
    return isAllowedOrigin
      ? HttpServerResponse.empty({ status: 204, headers: preflight })
      : refuse(405, "expected GET or POST", { allow: "GET, HEAD, POST" })
  }
  if (token !== undefined) {
    const answer = authorize(token, request, host)
    if (answer !== undefined) return answer
  }
  if (method === "POST" && !isPreflighted(headers["content-type"])) {
    return refuse(415, "expected the content-type application/json or application/x-protobuf")
  }
  return undefined
}

// Host and origin

interface Host {
  readonly name: string
  readonly port: string
}

/** A name and a port; nothing else than letters, digits, dots, hyphens and an address in brackets can be one. */
const hostOf = (header: string | undefined): Host | undefined => {
  const [, name, port = ""] = /^([\w.-]+|\[[\da-f:.]+\])(?::(\d{1,5}))?$/i.exec(header ?? "") ?? []
  return name === undefined ? undefined : { name: name.toLowerCase(), port }
}

/** Node takes the first of several `Host`s, and a proxy may take the last, or that of the request line. */
const isAmbiguous = (source: unknown): boolean => {
  const { rawHeaders, url } = source as { readonly rawHeaders?: unknown; readonly url?: unknown }
  if (!Array.isArray(rawHeaders)) return false
  return countOf(rawHeaders, "host") !== 1 || typeof url !== "string" || !url.startsWith("/")
}

/** How many headers of a name Node has read. */
export const countOf = (rawHeaders: ReadonlyArray<string>, name: string): number =>
  rawHeaders.filter((text, i) => i % 2 === 0 && text.toLowerCase() === name).length

const isSame = (origin: string, host: string): boolean =>
  origin === `http://${host.toLowerCase()}` || origin === `https://${host.toLowerCase()}`

/** Somebody follows a link to the page: what is shown to them is not shown to where the link was. */
const isVisit = ({ headers, method, url }: HttpServerRequest.HttpServerRequest): boolean =>
  method === "GET" &&
  headers["sec-fetch-mode"] === "navigate" &&
  headers["sec-fetch-dest"] === "document" &&
  !/^\/(?:api|v1|mcp)(?:[/?]|$)/i.test(url)

const corsOf = (origin: string) => ({
  "access-control-allow-origin": origin,
  "cross-origin-resource-policy": "cross-origin",
  vary: "origin, accept-encoding"
})

const preflight = {
  "access-control-allow-methods": "GET, POST",
  "access-control-allow-headers": "authorization, content-type, content-encoding",
  "access-control-max-age": "600"
}

/** Types for which a browser asks first whether the page of another origin may send them. */
const isPreflighted = (contentType: string | undefined): boolean =>
  /^application\/(?:json|x-protobuf)\s*(?:;|$)/i.test(contentType?.trim() ?? "")

// Token

interface Token {
  readonly digest: Buffer
  /** The value of the cookie, which is not the token. */
  readonly cookie: string
}

const digestOf = (text: string): Buffer => createHash("sha256").update(text).digest()

const tokenOf = (token: string): Token => ({
  digest: digestOf(token),
  cookie: digestOf(`cookie of effect-observability ${token}`).toString("base64url")
})

/** In a time that says nothing of how alike they are. */
const isEqual = (given: string, digest: Buffer): boolean => timingSafeEqual(digestOf(given), digest)

/** Cookies go to every port of a machine. */
const cookieOf = ({ port }: Host): string => `effect-observability${port === "" ? "" : `-${port}`}`

const authorize = (token: Token, request: HttpServerRequest.HttpServerRequest, host: Host): Refused | undefined => {
  const { cookies, headers, method } = request
  const bearer = /^bearer +(\S+) *$/i.exec(headers["authorization"] ?? "")?.[1]
  if (bearer !== undefined && isEqual(bearer, token.digest)) return undefined
  const cookie = cookies[cookieOf(host)]
  const isKnown = cookie !== undefined && isEqual(cookie, digestOf(token.cookie))
  const asked = method === "GET" ? tokenIn(request) : undefined
  if (asked !== undefined && (isKnown || isEqual(asked.token, token.digest))) {
    return refuse(303, "the token is kept in a cookie", {
      location: asked.location,
      "set-cookie": `${cookieOf(host)}=${token.cookie}; Path=/; HttpOnly; SameSite=Strict`
    })
  }
  return isKnown
    ? undefined
    : refuse(401, "expected the token of the server: as Authorization: Bearer, or once as ?token= in a browser", {
        "www-authenticate": "Bearer"
      })
}

/** The token in a URL, and where to go without it: the same path, as it is seen by whoever asks, also through a proxy. */
const tokenIn = ({ originalUrl }: HttpServerRequest.HttpServerRequest) => {
  if (!URL.canParse(originalUrl, "http://localhost")) return undefined
  const { pathname, searchParams } = new URL(originalUrl, "http://localhost")
  const token = searchParams.get("token")
  if (token === null) return undefined
  searchParams.delete("token")
  const query = searchParams.toString()
  return { token, location: `./${pathname.replace(/.*\//, "")}${query === "" ? "" : `?${query}`}` }
}
