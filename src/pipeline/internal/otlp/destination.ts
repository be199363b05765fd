/** Where a signal goes and how: from the options, else from OpenTelemetry's variables, else the defaults. */
import * as Config from "effect/Config"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { ExportError } from "../../Exporter.js"
import * as OtlpEncoding from "./encoding.js"

/**
 * What is not given comes from the variables `OTEL_EXPORTER_OTLP_*`, those of a signal (`…_TRACES_…`, `…_LOGS_…`) first.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Its name in the ledger, `"otlp"` by default: several need names of their own. */
  readonly name?: string | undefined
  /** The URL to which `/v1/traces` and `/v1/logs` are appended: `http://localhost:4318` by default. */
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
  /** How long one request may take: 10 seconds by default. */
  readonly timeout?: Duration.DurationInput | undefined
  /** What is sent, all by default: `["spans"]` for a server that takes no logs. */
  readonly signals?: ReadonlyArray<"spans" | "logs"> | undefined
}

export interface Destination {
  readonly url: string
  /** The URL without what may be secret in it. */
  readonly place: string
  readonly headers: Headers
  /** What must not be said. */
  readonly secrets: ReadonlyArray<string>
  readonly encoding: OtlpEncoding.Encoding
  readonly compression: "gzip" | "none"
  readonly timeout: Duration.Duration
}

export const make = Effect.fnUntraced(function* (
  signal: "spans" | "logs",
  options: Options
): Effect.fn.Return<Destination, ExportError> {
  const name = signal === "spans" ? "TRACES" : "LOGS"
  const general = <A>(setting: string, parse: Parse<A>) => variable(`OTEL_EXPORTER_OTLP_${setting}`, parse)
  const own = <A>(setting: string, parse: Parse<A>) => general(`${name}_${setting}`, parse)
  const either = <A>(setting: string, parse: Parse<A>) =>
    Effect.flatMap(own(setting, parse), (value) =>
      value === undefined ? general(setting, parse) : Effect.succeed(value)
    )

  const whole = options.endpoint === undefined ? yield* own("ENDPOINT", Option.some) : undefined
  const base = options.endpoint ?? (yield* general("ENDPOINT", Option.some)) ?? "http://localhost:4318"
  const url = yield* parseUrl(whole ?? base)
  if (whole === undefined) url.pathname = `${url.pathname.replace(/\/$/, "")}/v1/${name.toLowerCase()}`

  const given = Object.entries(options.headers ?? {}).map(
    ([name, value]): Header => [name, Redacted.isRedacted(value) ? Redacted.value(value) : value]
  )
  const ofEnvironment =
    options.endpoint === undefined
      ? [...((yield* general("HEADERS", parseHeaders)) ?? []), ...((yield* own("HEADERS", parseHeaders)) ?? [])]
      : []
  const headers = [...credentialsOf(url), ...ofEnvironment, ...given]

  const encoding =
    (options.protocol ?? (yield* either("PROTOCOL", oneOf("http/protobuf", "http/json")))) === "http/json"
      ? yield* OtlpEncoding.json
      : yield* OtlpEncoding.protobuf
  const compression = options.compression ?? (yield* either("COMPRESSION", oneOf("gzip", "none"))) ?? "none"

  return {
    url: `${url.origin}${url.pathname}${url.search}`,
    place: `${url.origin}${url.pathname}`,
    headers: yield* toHeaders([
      ["user-agent", "effect-observability"],
      ...headers,
      ["content-type", encoding.contentType],
      ...(compression === "gzip" ? [["content-encoding", "gzip"] as const] : [])
    ]),
    // Who quotes a header may leave its scheme away. What is shorter is no secret, and part of many a word.
    secrets: headers.flatMap(([, value]) => [value, ...value.split(" ")]).filter(({ length }) => length >= 8),
    encoding,
    compression,
    timeout: Duration.decode(options.timeout ?? (yield* either("TIMEOUT", parseMillis)) ?? "10 seconds")
  }
})

type Header = readonly [name: string, value: string]

type Parse<A> = (text: string) => Option.Option<A>

/** As OpenTelemetry wants it, an empty variable is none, and one that cannot be understood is ignored with a warning. */
const variable = <A>(name: string, parse: Parse<A>): Effect.Effect<A | undefined> =>
  Effect.flatMap(Effect.option(Config.string(name)), (given) => {
    const text = Option.getOrElse(given, () => "").trim()
    if (text === "") return Effect.succeed(undefined)
    return Option.match(parse(text), {
      onNone: () =>
        Effect.as(Effect.logWarning(`The environment variable ${name} is ignored: it cannot be understood`), undefined),
      onSome: Effect.succeed
    })
  })

const oneOf =
  <A extends string>(...words: ReadonlyArray<A>): Parse<A> =>
  (text) =>
    Option.fromNullable(words.find((word) => word === text.toLowerCase()))

const parseMillis: Parse<number> = (text) => Option.filter(Option.some(Number(text)), (millis) => millis > 0)

/** `name=value,name=value`, percent-encoded. */
const parseHeaders: Parse<ReadonlyArray<Header>> = (text) =>
  Option.getRight(
    Either.all(
      text
        .split(",")
        .filter((member) => member.trim() !== "")
        .map((member) => {
          const [name = "", ...value] = member.split("=")
          return Either.all([
            Encoding.decodeUriComponent(name.trim()),
            Encoding.decodeUriComponent(value.join("=").trim())
          ])
        })
    )
  ).pipe(Option.filter((headers) => Either.isRight(headersOf(headers))))

const parseUrl = (text: string): Effect.Effect<URL, ExportError> =>
  Either.try(() => new URL(text)).pipe(
    Either.filterOrLeft(
      ({ protocol }) => protocol === "http:" || protocol === "https:",
      () => "no HTTP"
    ),
    Either.mapLeft(() => invalid("InvalidEndpoint", "The endpoint is no URL of HTTP"))
  )

/** `fetch` takes no URL with a user in it. */
const credentialsOf = ({ password, username }: URL): ReadonlyArray<Header> => {
  if (username === "") return []
  const credentials = `${username}:${password}`
  const decoded = Either.getOrElse(Encoding.decodeUriComponent(credentials), () => credentials)
  return [["authorization", `Basic ${Encoding.encodeBase64(decoded)}`]]
}

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
