/** The body of a request: read and inflated, as far as it may be large. */
import * as zlib from "node:zlib"
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { busy, Refused } from "./refused.js"

/** How many times the limit is read, and thrown away, so that the sender hears why: of a connection that breaks it does not. */
const patience = 4

/** How long a body may take to come. */
const patienceTime = "30 seconds"

/**
 * Reads a body, and gives what inflates it: at most so many bytes, before and after. `hold` hears of all bytes that are kept,
 * and says whether there is room for them.
 */
export const read = (
  request: HttpServerRequest.HttpServerRequest,
  max: number,
  hold: (bytes: number) => boolean
): Effect.Effect<Effect.Effect<Buffer, Refused>, Refused> =>
  Effect.gen(function* () {
    const { headers } = request
    const inflate = codings.get((headers["content-encoding"] ?? "identity").trim().toLowerCase())
    if (inflate === undefined) {
      return yield* new Refused({
        status: 415,
        reason: "the content encoding is not one of gzip, deflate and identity",
        headers: { "accept-encoding": "gzip, deflate, identity" }
      })
    }
    const tooLarge = new Refused({ status: 413, reason: `the body is larger than ${max} bytes` })
    if (Number(headers["content-length"]) > max) return yield* tooLarge
    const chunks: Array<Uint8Array> = []
    let length = 0
    let hasRoom = true
    yield* Stream.runForEachWhile(request.stream, (chunk) =>
      Effect.sync(() => {
        length += chunk.length
        hasRoom &&= length > max || hold(chunk.length)
        if (length <= max && hasRoom) chunks.push(chunk)
        else chunks.length = 0
        return length <= max * patience
      })
    ).pipe(
      Effect.mapError(() => new Refused({ status: 400, reason: "the body did not come to its end" })),
      Effect.timeoutFail({
        duration: patienceTime,
        onTimeout: () => new Refused({ status: 408, reason: "the body did not come in time" })
      })
    )
    if (length > max) return yield* tooLarge
    if (!hasRoom) return yield* busy
    return Effect.suspend(() => inflate(Buffer.concat(chunks), max, tooLarge))
  })

type Inflate = (bytes: Buffer, max: number, tooLarge: Refused) => Effect.Effect<Buffer, Refused>

/** Inflates in another thread, and stops where it becomes too large. */
const inflating =
  (inflate: (bytes: Buffer) => typeof zlib.gunzip): Inflate =>
  (bytes, max, tooLarge) =>
    Effect.async((resume) => {
      inflate(bytes)(bytes, { maxOutputLength: max, chunkSize: 65_536 }, (error, inflated) =>
        resume(
          error === null
            ? Effect.succeed(inflated)
            : Effect.fail(
                (error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE"
                  ? tooLarge
                  : new Refused({ status: 400, reason: "the body cannot be inflated" })
              )
        )
      )
    })

/** Some call it `deflate` without the two bytes of zlib in front. */
const isZlib = (bytes: Buffer): boolean =>
  bytes.length > 1 && ((bytes[0] as number) & 15) === 8 && bytes.readUInt16BE(0) % 31 === 0

const codings: ReadonlyMap<string, Inflate> = new Map<string, Inflate>([
  ["identity", Effect.succeed],
  ["", Effect.succeed],
  ["gzip", inflating(() => zlib.gunzip)],
  ["x-gzip", inflating(() => zlib.gunzip)],
  ["deflate", inflating((bytes) => (isZlib(bytes) ? zlib.inflate : zlib.inflateRaw))]
])
