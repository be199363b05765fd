/**
 * Takes records over OTLP/HTTP, of any program that sends them (https://opentelemetry.io/docs/specs/otlp/#otlphttp).
 *
 * @since 0.1.0
 */
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { globalValue } from "effect/GlobalValue"
import * as Option from "effect/Option"
import * as Observability from "../Observability.js"
import { logWarning } from "../runtime/annotated.js"
import { background } from "../runtime/background.js"
import { inTurns, nextTurn } from "../runtime/eventLoop.js"
import { RefusedAttributes } from "../signal/internal/refusedAttributes.js"
import { trust } from "../signal/internal/trusted.js"
import type { RecordOf, SignalName } from "../signal/signals.js"
import * as Body from "./internal/body.js"
import { type Context, type Decoded, decode } from "./internal/decode.js"
import { encodings } from "./internal/encodings.js"
import { type Incoming, Malformed, TooManyRecords } from "./internal/incoming.js"
import { jsonReader } from "./internal/jsonReader.js"
import { inOrder, learned } from "./internal/learned.js"
import { type Message, response, Status } from "./internal/messages.js"
import { encodeMessage } from "./internal/protobuf.js"
import { protobufReader } from "./internal/protobufReader.js"
import { busy, codes, Refused, retryAfter } from "./internal/refused.js"
import { Series } from "./internal/series.js"
import * as Sessions from "./internal/sessions.js"

/**
 * The bounds of a receiver. All have a default.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** How many bytes a request may have, before it is inflated and after: 20 MiB by default. */
  readonly maxBodySize?: number | undefined
  /** How many spans, logs, or points and metrics a request may have: 50,000 by default. */
  readonly maxRecords?: number | undefined
  /** How many requests are decoded at a time: 8 by default. Others wait; of all their bodies it keeps as many as so many of the largest. */
  readonly maxConcurrency?: number | undefined
  /** How many requests may come or wait beside those: 256 by default. More are answered 503. */
  readonly maxWaiting?: number | undefined
  /** How many series of cumulative metrics are followed: 10,000 by default. Points of others are refused. */
  readonly maxSeries?: number | undefined
}

/**
 * An `HttpApp` with `POST /v1/traces`, `/v1/logs` and `/v1/metrics`, in protobuf and in JSON, as they are or compressed by
 * gzip or deflate. What it takes goes to `Observability.record`: it is masked, priced, spooled and exported as the
 * program's own. A request whose records the queue has no room for is answered 429, and nothing of it was taken.
 *
 * @example
 * ```ts
 * import { createServer } from "node:http"
 * import { HttpMiddleware, HttpServer } from "@effect/platform"
 * import { NodeHttpServer } from "@effect/platform-node"
 * import { Effect, Layer } from "effect"
 * import { Observability } from "effect-observability"
 * import { DuckDbStorage } from "effect-observability/duckdb"
 * import { OtlpReceiver } from "effect-observability/otlp"
 *
 * const Collector = Layer.unwrapEffect(
 *   Effect.map(OtlpReceiver.make({ maxBodySize: 4_000_000 }), (app) => HttpServer.serve(app))
 * ).pipe(
 *   HttpMiddleware.withTracerDisabledForUrls(OtlpReceiver.paths),
 *   Layer.provide(NodeHttpServer.layer(createServer, { port: 4318, host: "127.0.0.1" })),
 *   Layer.provide(Observability.layer({ serviceName: "collector" })),
 *   Layer.provide(DuckDbStorage.layer({ path: "agents.duckdb" }))
 * )
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options = {}): Effect.Effect<HttpApp.Default, never, Observability.Observability> =>
  Effect.flatMap(Observability.Observability, (observability) => of(observability, options))

/**
 * The app with the defaults, for the `Observability` that it is provided with.
 *
 * @since 0.1.0
 * @category apps
 */
export const httpApp: HttpApp.Default<never, Observability.Observability> = Effect.flatMap(
  Observability.Observability,
  (observability) => {
    const known = apps.get(observability)
    if (known !== undefined) return known
    return Effect.flatMap(of(observability, {}), (app) => {
      const first = apps.get(observability) ?? app
      apps.set(observability, first)
      return first
    })
  }
)

/** Each pipeline has one app by default, which counts what is under way and knows the series of metrics. */
const apps: WeakMap<Observability.Observability["Type"], HttpApp.Default> = globalValue(
  "effect-observability/OtlpReceiver/apps",
  () => new WeakMap()
)

const megabyte = 2 ** 20

const of = Effect.fnUntraced(function* (
  observability: Observability.Observability["Type"],
  options: Options
): Effect.fn.Return<HttpApp.Default> {
  const { maxBodySize = 20 * megabyte, maxConcurrency = 8, maxRecords = 50_000, maxSeries = 10_000 } = options
  const { maxWaiting = 256 } = options
  const take = yield* taker(observability, { maxRecords, maxSeries })
  const reading = yield* Effect.makeSemaphore(maxConcurrency)
  // Points of one series come in their order, and are taken before the next are looked at.
  const metering = yield* Effect.makeSemaphore(1)
  let underWay = 0
  /** The bytes of all bodies that came and are not taken yet. Who sends slowly holds what came, and no place. */
  let held = 0

  const answered = (route: Route, format: Format, request: HttpServerRequest.HttpServerRequest) =>
    Effect.gen(function* () {
      if (underWay >= maxConcurrency + maxWaiting) return yield* busy
      let own = 0
      const letGo = Effect.sync(() => {
        held -= own
        own = 0
      })
      const hold = (bytes: number) => {
        own += bytes
        held += bytes
        return held <= maxConcurrency * maxBodySize
      }
      underWay++
      return yield* Body.read(request, maxBodySize, hold).pipe(
        Effect.flatMap((inflated) =>
          reading.withPermits(1)(
            Effect.flatMap(inflated, (bytes) => {
              const taken = take(route, format, bytes)
              return route.path === "metrics" ? metering.withPermits(1)(taken) : taken
            })
          )
        ),
        Effect.ensuring(letGo),
        // Records that were answered 200 outlive a kill, where the spool takes all that comes.
        Effect.zipLeft(Effect.mapError(observability.saved, () => notSaved)),
        Effect.map((decoded) => format.answer(200, response(route.rejected), toAnswer(route, decoded))),
        Effect.ensuring(Effect.sync(() => underWay--))
      )
    })

  return Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) => {
    const format = formatOf(request.headers["content-type"])
    return Effect.suspend(() => {
      const route = routes.get(pathOf(request.url))
      if (route === undefined) return Effect.succeed(HttpServerResponse.empty({ status: 404 }))
      if (request.method !== "POST") return notPost
      return format === undefined ? noFormat : answered(route, format, request)
    }).pipe(
      Effect.catchTag("Refused", (refused) => Effect.succeed(toRefusal(format ?? json, refused))),
      Effect.catchAllDefect((defect) =>
        Effect.as(
          logWarning("OtlpReceiver")("A request was not taken", defect),
          toRefusal(format ?? json, new Refused({ status: 500, reason: "the request could not be taken" }))
        )
      )
    )
  })
})

/** Decodes requests, and hands their records to the pipeline. */
const taker = Effect.fnUntraced(function* (
  observability: Observability.Observability["Type"],
  { maxRecords, maxSeries }: { readonly maxRecords: number; readonly maxSeries: number }
) {
  const series = new Series(maxSeries, BigInt(yield* Clock.currentTimeMillis) * 1_000_000n)
  const sessions = Sessions.make()
  const refused = new RefusedAttributes("OtlpReceiver")
  const again = yield* emitterOfEarlier(observability, sessions)

  return Effect.fnUntraced(function* (route: Route, format: Format, bytes: Buffer) {
    const branch = series.branch()
    const decoded = yield* inTurns(() =>
      attempt(route, format, bytes, { maxRecords, series: branch, refused: refused.add })
    )
    yield* refused.say
    if (decoded instanceof Refused) return yield* decoded
    const records = yield* inTurns(() => learned(sessions, decoded.records))
    const offer = Effect.orDie(observability.record(trust(records), { whole: true }))
    let taken = yield* offer
    for (let left = maxOffers; left > 0 && taken === 0 && records.length > 0; left--) {
      yield* Effect.sleep(betweenOffers)
      taken = yield* offer
    }
    if (taken === 0 && records.length > 0) return yield* full
    branch.keep()
    yield* again
    // Only of more records than the queue can ever hold some are taken, and not all.
    if (taken < records.length) {
      decoded.rejected += records.length - taken
      decoded.message = `the queue holds no more than ${taken} of these records at a time: send fewer together`
    }
    return decoded
  })
})

/**
 * A request waits a while for room in the queue: that paces who sends, and costs neither of the two what a request costs that
 * is refused and sent again. It is short: others wait behind it, and none of them may wait as long as senders do (10 s).
 */
const betweenOffers = "20 millis"
const maxOffers = 10

/** How long it is until earlier records are offered again for which the queue had no room. */
const pause = "100 millis"

/** So often in a row, with nothing taken: then they wait for the next request. */
const maxPauses = 600

/**
 * Emits earlier records again, of which something is known by now. What the queue has no room for is offered until it has,
 * also where no request comes any more.
 */
const emitterOfEarlier = Effect.fnUntraced(function* (
  observability: Observability.Observability["Type"],
  sessions: Sessions.Sessions
) {
  const emitting = yield* Effect.makeSemaphore(1)
  let waiting: ReadonlyArray<RecordOf<SignalName>> = []
  /** Whether all are emitted. */
  const emit = Effect.gen(function* () {
    while (true) {
      if (waiting.length === 0) {
        const more = sessions.more()
        if (more === undefined) return true
        waiting = inOrder(more)
      }
      const taken = yield* Effect.orDie(observability.record(trust(waiting)))
      waiting = waiting.slice(taken)
      if (waiting.length > 0) return false
      yield* nextTurn
    }
  })
  const emitLater = Effect.gen(function* () {
    for (let left = maxPauses, before = waiting; left > 0; left--) {
      yield* Effect.sleep(pause)
      if (yield* emit) return
      if (waiting !== before) left = maxPauses
      before = waiting
    }
  })
  const once = emitting.withPermitsIfAvailable(1)
  return Effect.flatMap(once(emit), (done) =>
    Option.contains(done, false) ? Effect.forkDaemon(background(once(emitLater))) : Effect.void
  )
})

type Route = (typeof encodings)[keyof typeof encodings]

const routes: ReadonlyMap<string, Route> = new Map(
  [encodings.spans, encodings.logs, encodings.metrics].flatMap((route: Route) => [
    [`/v1/${route.path}`, route],
    [`/v1/${route.path}/`, route]
  ])
)

/**
 * The paths of the requests that a receiver takes. A server that is traced would record a span for each of them:
 * `HttpMiddleware.withTracerDisabledForUrls(OtlpReceiver.paths)` of `@effect/platform` leaves them out.
 *
 * @since 0.1.0
 * @category constants
 */
export const paths: ReadonlyArray<string> = Array.from(routes.keys())

const pathOf = (url: string): string => /^[^?#]*/.exec(url)?.[0] ?? ""

/** Decodes a request, or says why it cannot be. */
function* attempt(
  { envelope }: Route,
  { incoming }: Format,
  bytes: Buffer,
  context: Context
): Generator<void, Decoded | Refused> {
  try {
    return yield* decode(envelope, incoming, bytes, context)
  } catch (error) {
    if (error instanceof TooManyRecords) {
      return new Refused({ status: 413, reason: `the request has more than ${context.maxRecords} records` })
    }
    if (error instanceof Malformed) return new Refused({ status: 400, reason: error.message })
    throw error
  }
}

const full = new Refused({ status: 429, reason: "the queue is full: nothing was taken", headers: retryAfter })
/** The sender comes again with what is in the queue already: the storages know it by its ids. */
const notSaved = new Refused({ status: 503, reason: "the records are not on disk yet", headers: retryAfter })
const notPost = new Refused({ status: 405, reason: "records are sent by POST", headers: { allow: "POST" } })
const noFormat = new Refused({
  status: 415,
  reason: "the content type is neither application/x-protobuf nor application/json",
  headers: { accept: "application/x-protobuf, application/json" }
})

const toAnswer = ({ rejected }: Route, decoded: Decoded): object =>
  decoded.rejected === 0
    ? {}
    : { partialSuccess: { [rejected]: String(decoded.rejected), errorMessage: decoded.message } }

const toRefusal = (format: Format, { headers, reason, status }: Refused): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.setHeaders(format.answer(status, Status, { code: codes[status], message: reason }), headers ?? {})

interface Format {
  readonly incoming: Incoming
  readonly answer: (status: number, message: Message, value: object) => HttpServerResponse.HttpServerResponse
}

const json: Format = {
  incoming: jsonReader,
  answer: (status, _, value) =>
    HttpServerResponse.text(JSON.stringify(value), { status, contentType: "application/json" })
}

const protobuf: Format = {
  incoming: protobufReader,
  answer: (status, message, value) =>
    HttpServerResponse.uint8Array(encodeMessage(message, value), { status, contentType: "application/x-protobuf" })
}

/** The format of a request, which is that of its answer. */
const formatOf = (contentType = ""): Format | undefined => {
  switch (contentType.split(";", 1)[0]?.trim().toLowerCase()) {
    case "application/x-protobuf":
    case "application/protobuf":
      return protobuf
    case "application/json":
      return json
    default:
      return undefined
  }
}
