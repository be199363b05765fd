/** One request of OTLP/HTTP. */
import { STATUS_CODES } from "node:http"
import { promisify } from "node:util"
import { gzip } from "node:zlib"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import { ExportError } from "../../pipeline/Exporter.js"
import { quoted } from "../../pipeline/quoted.js"
import { type Answer, toAnswer, toPage, toReason } from "./answer.js"
import type { Destination } from "./destination.js"
import type { SignalEncoding } from "./encoding.js"
import type { Transport } from "./transport.js"

/** Sends a message, and gives what the server says of it. */
export const send = (
  transport: Transport,
  destination: Destination,
  rejected: SignalEncoding<never>["rejected"],
  message: Uint8Array
): Effect.Effect<Answer, ExportError> =>
  Effect.gen(function* () {
    const body = destination.compression === "gzip" ? yield* Effect.promise(() => compress(message)) : message
    const response = yield* post(transport, destination, body)
    const contentType = response.headers.get("content-type") ?? ""
    if (response.ok) {
      const bytes = yield* bodyOf(destination, response)
      const answer = toAnswer(rejected, contentType, bytes)
      if (answer !== undefined) return { ...answer, message: quoted(answer.message, destination.secrets) }
      return yield* new ExportError({
        retryable: false,
        reason: "NotOtlp",
        cause: errorAt(
          destination,
          `the answer is none of OTLP, but ${response.status} ${contentType || "without a content type"}`,
          toPage(bytes)
        )
      })
    }
    // The reason may never end, and is not needed to know what the status means.
    const bytes = yield* bodyOf(destination, response).pipe(
      Effect.timeoutTo({
        duration: Duration.min(patience, Duration.times(destination.timeout, 0.5)),
        onSuccess: identity,
        onTimeout: () => new Uint8Array()
      }),
      Effect.orElseSucceed(() => new Uint8Array())
    )
    return yield* new ExportError({
      retryable: retryable.has(response.status),
      reason: ofRecords.has(response.status) ? "Rejected" : `Http${response.status}`,
      cause: errorAt(destination, statusOf(response), toReason(contentType, bytes)),
      retryAfter: retryable.has(response.status) ? yield* retryAfterOf(response) : undefined
    })
  }).pipe(
    Effect.timeoutFail({
      duration: destination.timeout,
      onTimeout: () =>
        new ExportError({
          retryable: true,
          reason: "Timeout",
          cause: errorAt(destination, `no answer within ${Duration.format(destination.timeout)}`)
        })
    })
  )

const compress = promisify<Uint8Array, Buffer>(gzip)

/**
 * https://opentelemetry.io/docs/specs/otlp/#retryable-response-codes, and what servers and proxies say of a request that came
 * too slowly or too early.
 */
const retryable: ReadonlySet<number> = new Set([408, 425, 429, 502, 503, 504])

/** The statuses that say that the records are at fault, or that they are too many. */
const ofRecords: ReadonlySet<number> = new Set([400, 413, 422])

const maxAnswerBytes = 2 ** 20

/** How long a refusal may take to say why. */
const patience = Duration.seconds(1)

/** Redirects are not followed: the headers are meant for this server alone. */
const post = (transport: Transport, destination: Destination, body: Uint8Array) =>
  Effect.tryPromise({
    try: (signal) =>
      transport.fetch(destination.url, {
        method: "POST",
        headers: destination.headers,
        body,
        redirect: "manual",
        signal
      }),
    catch: disconnected(destination)
  })

const bodyOf = (destination: Destination, { body }: Pick<Response, "body">): Effect.Effect<Uint8Array, ExportError> =>
  body === null
    ? Effect.succeed(new Uint8Array())
    : Effect.suspend(() => {
        const chunks: Array<Uint8Array> = []
        let size = 0
        return Stream.fromReadableStream<Uint8Array, ExportError>(() => body, disconnected(destination)).pipe(
          Stream.runForEachWhile((chunk) =>
            Effect.sync(() => {
              chunks.push(chunk)
              size += chunk.length
              return size < maxAnswerBytes
            })
          ),
          Effect.map(() => Buffer.concat(chunks))
        )
      })

/** The request may have arrived, or not: it is sent again, unless a proxy refused to send it. */
const disconnected =
  (destination: Destination) =>
  (error: unknown): ExportError => {
    const reason = reasonOf(error)
    const status = isProxyUnauthorized.test(reason) ? 407 : Number(ofProxy.exec(reason)?.[1] ?? 503)
    return new ExportError({
      retryable: status >= 500 || retryable.has(status),
      reason: status >= 500 ? "Unavailable" : `Http${status}`,
      cause: errorAt(destination, reason)
    })
  }

/** How `undici` says what a proxy answered; it takes a 407 for a broken connection. */
const ofProxy = /^Proxy response \((\d{3})\)/
const isProxyUnauthorized = /^proxy authentication required/

/** The fault of a connection. Errors of `fetch` say so in their innermost cause, or in several. */
const reasonOf = (error: unknown, depth = 0): string => {
  if (!Predicate.hasProperty(error, "message")) return String(error)
  const { cause, code, errors, message, name } = error as Partial<Record<string, unknown>> & {
    readonly message: unknown
  }
  const inner = depth === maxDepth ? [] : Array.isArray(errors) ? errors : cause === undefined ? [] : [cause]
  if (inner.length > 0) return Array.from(new Set(inner.map((error) => reasonOf(error, depth + 1)))).join(", ")
  const said = [message, code].filter((part) => typeof part === "string" && part !== "")
  return said.length === 2 && !String(message).includes(String(code)) ? `${message} (${code})` : String(said[0] ?? name)
}

const maxDepth = 5

/** The status in numbers and words, and where it leads. */
const statusOf = ({ headers, status }: Pick<Response, "headers" | "status">): string => {
  const said = `${status} ${STATUS_CODES[status] ?? ""}`.trim()
  const location = headers.get("location")
  // Its search may be a secret.
  return location === null ? said : `${said}, to ${location.split(/[?#]/)[0]}`
}

const errorAt = (destination: Destination, message: string, said = ""): Error =>
  new Error(`POST ${destination.place}: ${quoted(said === "" ? message : `${message}: ${said}`, destination.secrets)}`)

/** Seconds, or a date, which is one of UTC. */
const retryAfterOf = ({ headers }: Pick<Response, "headers">): Effect.Effect<Duration.Duration | undefined> =>
  Effect.map(Clock.currentTimeMillis, (now) => {
    const value = (headers.get("retry-after") ?? "").trim()
    if (/^\d+(?:\.\d+)?$/.test(value)) return Duration.seconds(Number(value))
    // Of the three forms of RFC 9110, that of `asctime` names no zone.
    const millis = /[a-z]/i.test(value) ? Date.parse(/\d{4}$/.test(value) ? `${value} GMT` : value) - now : Number.NaN
    return Number.isNaN(millis) ? undefined : Duration.millis(millis)
  })
