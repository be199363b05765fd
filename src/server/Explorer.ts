/**
 * The session explorer: a page on which people see what their agents did. It asks the questions of `StorageApi` beside it.
 *
 * @since 0.1.0
 */
import { gzip } from "node:zlib"
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import { takesGzip } from "./internal/answer.js"
import { files, type PageFile } from "./internal/page.js"

/** The views, each at a path of one segment below that of the page: so relative addresses are the same at all of them. */
const views = ["sessions", "session", "traces", "trace", "span", "logs", "dashboard", "compare"]

/**
 * Serves the page where it is mounted. `StorageServer` does, beside the API that it asks. Nothing guards it but what is around it.
 *
 * @since 0.1.0
 * @category servers
 */
export const httpApp: HttpApp.Default = Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) => {
  const { headers, method } = request
  const [path] = partsOf(request.url)
  const file = served.get(path)
  if (file === undefined) return HttpServerResponse.text("nothing has this address\n", { status: 404 })
  if (method !== "GET" && method !== "HEAD") {
    return HttpServerResponse.text("expected GET\n", { status: 405, headers: { allow: "GET, HEAD" } })
  }
  // Without a slash at its end, the page would look for its files beside the place where it is mounted.
  const [asked, query] = partsOf(request.originalUrl)
  if (path === "/" && !asked.endsWith("/")) {
    const location = `./${asked.replace(/.*\//, "")}/${query}`
    return HttpServerResponse.empty({ status: 302, headers: { location, "cache-control": "no-store" } })
  }
  return answer(file, headers["if-none-match"])
})

interface Served extends PageFile {
  compressed: Uint8Array | undefined
}

const page = (file: PageFile): Served => ({ ...file, compressed: undefined })

const served: ReadonlyMap<string, Served> = new Map(
  files
    .map(page)
    .flatMap((file) =>
      file.name === "index.html"
        ? ["", ...views].map((view) => [`/${view}`, file] as const)
        : [[`/${file.name}`, file] as const]
    )
)

const partsOf = (url: string): readonly [path: string, query: string] => {
  const [path = "", ...query] = url.split("?")
  // A router that mounts it leaves nothing of the path where that is all of it.
  return [path === "" ? "/" : path, query.length === 0 ? "" : `?${query.join("?")}`]
}

const answer = Effect.fnUntraced(function* (file: Served, known: string | undefined) {
  const compressed = yield* takesGzip
  const etag = `"${file.hash}${compressed ? "-gzip" : ""}"`
  const headers = {
    etag,
    vary: "accept-encoding",
    // The names of all other files change with what is in them.
    "cache-control": file.name === "index.html" ? "no-cache" : "public, max-age=31536000, immutable"
  }
  if (known !== undefined && isAmong(known, etag)) return HttpServerResponse.empty({ status: 304, headers })
  if (!compressed) return HttpServerResponse.text(file.body, { contentType: file.type, headers })
  return HttpServerResponse.uint8Array(yield* compress(file), {
    contentType: file.type,
    headers: { ...headers, "content-encoding": "gzip" }
  })
})

const isAmong = (known: string, etag: string): boolean =>
  known.split(",").some((tag) => tag.trim() === "*" || tag.trim().replace(/^W\//, "") === etag)

/** Once for each file: what comes out is kept. */
const compress = (file: Served): Effect.Effect<Uint8Array> =>
  Effect.suspend(() =>
    file.compressed === undefined
      ? Effect.async<Uint8Array>((resume) =>
          gzip(file.body, { level: 9 }, (error, bytes) => {
            if (error === null) file.compressed = bytes
            resume(error === null ? Effect.succeed(bytes) : Effect.die(error))
          })
        )
      : Effect.succeed(file.compressed)
  )
