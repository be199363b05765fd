/** Where a signal goes and how: from the options, else from OpenTelemetry's variables, else the defaults. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import { ExportError } from "../../pipeline/Exporter.js"
import { logWarning } from "../../runtime/annotated.js"
import * as OtelEnv from "../../runtime/otelEnv.js"
import { version } from "../../runtime/version.js"
import type { SignalName } from "../../signal/signals.js"
import { basicOf } from "./credentials.js"
import type { SignalEncoding } from "./encoding.js"
import * as Format from "./format.js"
import type { Dispatcher, Proxies } from "./transport.js"

/**
 * Options that are not given come from the variables `OTEL_EXPORTER_OTLP_*`, those of a signal (`…_TRACES_…`, `…_LOGS_…`,
 * `…_METRICS_…`) first. Scores are logs there.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Its name in the ledger, `"otlp"` by default: several need names of their own. */
  readonly name?: string | undefined
  /**
   * The URL to which `/v1/traces`, `/v1/logs` and `/v1/metrics` are appended, without one of them at its end:
   * `http://localhost:4318` by default.
   */
  readonly endpoint?: string | undefined
  /**
   * Sent with every request. The headers of the environment are not sent to an endpoint that is given here: they are
   * the credentials of another.
   */
  readonly headers?: { readonly [name: string]: string | Redacted.Redacted } | undefined
  /** `"http/protobuf"` by default. */
  readonly protocol?: "http/protobuf" | "http/json" | undefined
  /** `"none"` by default. */
  readonly compression?: "gzip" | "none" | undefined
  /** How long one request may take, with all of its answer: 10 seconds by default. */
  readonly timeout?: Duration.DurationInput | undefined
  /** The signals that are sent, all by default: `["spans"]` for a server that takes nothing else. */
  readonly signals?: ReadonlyArray<SignalName> | undefined
  /**
   * Sends the requests, instead of the proxies that the environment names: an `Agent` or a `ProxyAgent` of the package
   * `undici`, which stays the program's to close.
   */
  readonly dispatcher?: Dispatcher | undefined
}

export interface Destination {
  readonly url: string
  /** The URL without what may be secret in it. */
  readonly place: string
  readonly headers: Headers
  /** Texts that no message of an error may show. */
  readonly secrets: ReadonlyArray<string>
  readonly format: Format.Format
  readonly compression: "gzip" | "none"
  readonly timeout: Duration.Duration
}

export const make = Effect.fnUntraced(function* (
  path: SignalEncoding<never>["path"],
  options: Options
): Effect.fn.Return<Destination, ExportError> {
  const general = <A>(setting: string, parse: OtelEnv.Parse<A>) => variable(`OTEL_EXPORTER_OTLP_${setting}`, parse)
  const own = <A>(setting: string, parse: OtelEnv.Parse<A>) => general(`${path.toUpperCase()}_${setting}`, parse)
  const either = <A>(setting: string, parse: OtelEnv.Parse<A>) =>
    Effect.flatMap(own(setting, parse), (value) =>
      value === undefined ? general(setting, parse) : Effect.succeed(value)
    )

  const whole = options.endpoint === undefined ? yield* own("ENDPOINT", OtelEnv.text) : undefined
  const base = options.endpoint ?? (yield* general("ENDPOINT", OtelEnv.text)) ?? "http://localhost:4318"
  const url = yield* parseUrl(whole ?? base)
  if (whole === undefined)
    url.pathname = `${url.pathname.replace(/(?:\/v1\/(?:traces|logs|metrics))?\/*$/, "")}/v1/${path}`

  const given = Object.entries(options.headers ?? {}).map(
    ([name, value]): Header => [name, Redacted.isRedacted(value) ? Redacted.value(value) : value]
  )
  const ofEnvironment =
    options.endpoint === undefined
      ? [...((yield* general("HEADERS", parseHeaders)) ?? []), ...((yield* own("HEADERS", parseHeaders)) ?? [])]
      : []
  const basic = basicOf(url)
  const headers = [...(basic === undefined ? [] : [["authorization", basic] as const]), ...ofEnvironment, ...given]

  const protocol = options.protocol ?? (yield* either("PROTOCOL", OtelEnv.word("http/protobuf", "http/json")))
  const format = protocol === "http/json" ? Format.json : Format.protobuf
  const compression = options.compression ?? (yield* either("COMPRESSION", OtelEnv.word("gzip", "none"))) ?? "none"

  return {
    url: `${url.origin}${url.pathname}${url.search}`,
    place: `${url.origin}${url.pathname}`,
    headers: yield* toHeaders([
      ["user-agent", `effect-observability/${version}`],
      ...headers,
      ["content-type", format.contentType],
      ...(compression === "gzip" ? [["content-encoding", "gzip"] as const] : [])
    ]),
    // A server that quotes a header may leave out its scheme, so each word counts. A word of fewer than 8 characters is
    // no secret, and part of many others.
    secrets: headers.flatMap(([, value]) => [value, ...value.split(" ")]).filter(({ length }) => length >= 8),
    format,
    compression,
    timeout: Duration.decode(options.timeout ?? (yield* either("TIMEOUT", OtelEnv.positiveInt)) ?? "10 seconds")
  }
})

/** The proxies that the environment names, in small letters or in capitals. */
export const proxies: Effect.Effect<Proxies> = Effect.suspend(() => {
  const named = (name: string) =>
    Effect.flatMap(variable(name.toLowerCase(), OtelEnv.text), (value) =>
      value === undefined ? variable(name, OtelEnv.text) : Effect.succeed(value)
    )
  return Effect.all({ http: named("HTTP_PROXY"), https: named("HTTPS_PROXY"), none: named("NO_PROXY") })
})

type Header = readonly [name: string, value: string]

/** Why a variable is ignored is not said: its value may be a secret. */
const variable = <A>(name: string, parse: OtelEnv.Parse<A>): Effect.Effect<A | undefined> =>
  OtelEnv.read(name, (text) => Either.mapLeft(parse(text), () => "it cannot be understood")).pipe(
    Effect.catchAll((warning) => Effect.as(logWarning("OtlpExporter")(warning), undefined))
  )

const parseHeaders: OtelEnv.Parse<ReadonlyArray<Header>> = (text) =>
  Either.filterOrLeft(
    OtelEnv.pairs(text),
    (headers) => Either.isRight(headersOf(headers)),
    () => "Expected headers"
  )

const parseUrl = (text: string): Effect.Effect<URL, ExportError> =>
  Either.try(() => new URL(text)).pipe(
    Either.filterOrLeft(
      ({ protocol }) => protocol === "http:" || protocol === "https:",
      () => "no HTTP"
    ),
    Either.mapLeft(() => invalid("InvalidEndpoint", "The endpoint is no URL of HTTP"))
  )

const headersOf = (headers: ReadonlyArray<Header>) =>
  Either.try(() => {
    const made = new Headers()
    for (const [name, value] of headers) made.set(name, value)
    return made
  })

const toHeaders = (headers: ReadonlyArray<Header>): Effect.Effect<Headers, ExportError> =>
  Either.mapLeft(headersOf(headers), () =>
    invalid("InvalidHeaders", "A header has a name or a value that HTTP forbids")
  )

const invalid = (reason: string, message: string): ExportError =>
  new ExportError({ retryable: false, reason, cause: new TypeError(message) })
