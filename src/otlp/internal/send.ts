/** One request of OTLP/HTTP. */
import { promisify } from "node:util"
import { gzip } from "node:zlib"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import { ExportError } from "../../pipeline/Exporter.js"
import { type Answer, toAnswer, toReason } from "./answer.js"
import type { Destination } from "./destination.js"
import type { SignalEncoding } from "./encoding.js"

/** Sends a message, and gives what the server says of it. */
export const send = (
  destination: Destination,
  rejected: SignalEncoding<never>["rejected"],
  message: Uint8Array
): Effect.Effect<Answer, ExportError> =>
  Effect.gen(function* () {
    const body = destination.compression === "gzip" ? yield* Effect.promise(() => compress(message)) : message
    const response = yield* post(destination, body)
    const contentType = response.headers.get("content-type") ?? ""
    if (response.ok) {
      const answer = toAnswer(rejected, contentType, yield* bodyOf(destination, response))
      return { ...answer, message: withoutSecrets(answer.message, destination) }
    }
    const bytes = yield* Effect.orElseSucceed(bodyOf(destination, response), () => new Uint8Array())
    return yield* new ExportError({
      retryable: retryable.has(response.status),
      reason: ofRecords.has(response.status) ? "Rejected" : `Http${response.status}`,
      cause: errorAt(
        destination,
        `${response.status} ${withoutSecrets(toReason(contentType, bytes), destination)}`.trim()
      ),
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

/** https://opentelemetry.io/docs/specs/otlp/#retryable-response-codes */
const retryable: ReadonlySet<number> = new Set([429, 502, 503, 504])

/** The statuses that say that the records are at fault, or that they are too many. */
const ofRecords: ReadonlySet<number> = new Set([400, 413, 422])

const maxAnswerBytes = 2 ** 20

const maxMessageLength = 500

/** Redirects are not followed: the headers are meant for this server alone. */
const post = (destination: Destination, body: Uint8Array) =>
  Effect.tryPromise({
    try: (signal) =>
      fetch(destination.url, { method: "POST", headers: destination.headers, body, redirect: "manual", signal }),
    catch: disconnected(destination)
  })

const bodyOf = (destination: Destination, { body }: Response): Effect.Effect<Uint8Array, ExportError> =>
  body === null
    ? Effect.succeed(new Uint8Array())
    : Stream.fromReadableStream<Uint8Array, ExportError>(() => body, disconnected(destination)).pipe(
        Stream.runFoldWhile(
          Buffer.alloc(0),
          (bytes) => bytes.length < maxAnswerBytes,
          (bytes, more) => Buffer.concat([bytes, more])
        )
      )

/** The request may have arrived, or not: it is sent again. */
const disconnected =
  (destination: Destination) =>
  (error: unknown): ExportError => {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
    const detail = Predicate.hasProperty(cause, "code") ? cause.code : cause
    return new ExportError({ retryable: true, reason: "Unavailable", cause: errorAt(destination, String(detail)) })
  }

const errorAt = ({ place }: Destination, message: string): Error => new Error(`POST ${place}: ${message}`)

/** A server may quote what it was sent. */
const withoutSecrets = (text: string, { secrets }: Destination): string =>
  secrets.reduce((text, secret) => text.replaceAll(secret, "<redacted>"), text).slice(0, maxMessageLength)

/** Seconds, or a date. */
const retryAfterOf = ({ headers }: Response): Effect.Effect<Duration.Duration | undefined> =>
  Effect.map(Clock.currentTimeMillis, (now) => {
    const value = headers.get("retry-after") ?? ""
    const millis = /^\d+$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - now
    return Number.isNaN(millis) ? undefined : Duration.millis(millis)
  })
