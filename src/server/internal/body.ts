import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { invalidArgument, storageError } from "../../storage/exchange.js"
import type { StorageError } from "../../storage/Storage.js"

/** A question is short; the text of a score may be long. */
const maxBytes = 2 ** 20

/** So much of a larger body is read, and thrown away, so that who sends it hears why: of a connection that breaks nobody does. */
const maxRead = 16 * maxBytes

/** The JSON of a request; an empty body asks for nothing in particular. */
export const bodyOf = (request: HttpServerRequest.HttpServerRequest): Effect.Effect<unknown, StorageError> =>
  Effect.suspend(() => {
    if (Number(request.headers["content-length"] ?? 0) > maxRead) return tooLarge
    const chunks: Array<Uint8Array> = []
    let bytes = 0
    return request.stream.pipe(
      Stream.catchAll(() => storageError("Unavailable", "the request ended early")),
      Stream.runForEach((chunk) => {
        bytes += chunk.length
        if (bytes > maxRead) return tooLarge
        if (bytes <= maxBytes) chunks.push(chunk)
        else chunks.length = 0
        return Effect.void
      }),
      Effect.filterOrFail(
        () => bytes <= maxBytes,
        () => tooLarge
      ),
      Effect.zipRight(
        Effect.try({
          try: (): unknown => (bytes === 0 ? {} : JSON.parse(decoder.decode(Buffer.concat(chunks)))),
          catch: () => invalidBody
        })
      ),
      Effect.filterOrFail(
        (json) => typeof json === "object" && json !== null && !Array.isArray(json),
        () => invalidBody
      )
    )
  })

const decoder = new TextDecoder("utf-8", { fatal: true })

export const tooLarge = invalidArgument("body", `expected at most ${maxBytes / 2 ** 20} MiB`)
const invalidBody = invalidArgument("body", "expected an object of JSON")
