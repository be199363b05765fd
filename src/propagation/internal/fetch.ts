import type * as Predicate from "effect/Predicate"

/**
 * A `fetch` that follows redirects as the standard has it (https://fetch.spec.whatwg.org/#http-redirect-fetch), but takes
 * headers away before it goes to where they are not meant to be.
 */
export const shedding =
  (fetch: typeof globalThis.fetch, headers: ReadonlyArray<string>, isTarget: Predicate.Predicate<URL>): typeof fetch =>
  (input, init = {}) => {
    if ((init.redirect ?? "follow") !== "follow") return fetch(input, init)
    const hop = (url: URL, init: RequestInit, hops: number): Promise<Response> =>
      fetch(url, { ...init, redirect: "manual" }).then((response) => {
        const location = response.headers.get("location")
        if (location === null || !redirects.has(response.status)) return response
        const next = new URL(location, url)
        if (hops === 20 || !/^https?:$/.test(next.protocol)) throw new TypeError(`redirected too often, or to ${next}`)
        const toGet = response.status === 303 ? init.method !== "HEAD" : response.status < 303 && init.method === "POST"
        if (!toGet && init.body instanceof ReadableStream)
          throw new TypeError("redirected with a body that is a stream")
        const kept = new Headers(init.headers)
        const shed = [
          ...(toGet ? ofBody : []),
          ...(next.origin === url.origin ? [] : ofOrigin),
          ...(isTarget(next) ? [] : headers)
        ]
        for (const name of shed) kept.delete(name)
        const { body, method, ...rest } = init
        const again = { ...rest, headers: kept, ...(toGet ? { method: "GET" } : { body, method }) } as RequestInit
        return Promise.resolve(response.body?.cancel()).then(() => hop(next, again, hops + 1))
      })
    return hop(new URL(input instanceof Request ? input.url : input), init, 0)
  }

const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])
const ofBody = ["content-encoding", "content-language", "content-length", "content-location", "content-type"]
const ofOrigin = ["authorization", "cookie", "host", "proxy-authorization"]
