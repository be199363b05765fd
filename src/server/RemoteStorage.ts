/**
 * The storage of another process, asked over HTTP: of one that serves it with `StorageServer`, or of
 * `effect-observability serve`.
 *
 * @since 0.1.0
 */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClient from "@effect/platform/HttpClient"
import type { HttpClientError } from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Struct from "effect/Struct"
import { isolated } from "../runtime/isolated.js"
import { version } from "../runtime/version.js"
import { faultOf } from "../signal/Field.js"
import { SessionSummary } from "../signal/SessionSummary.js"
import { decoder, type Signal } from "../signal/Signal.js"
import { type SignalName, signals } from "../signal/signals.js"
import { checks, invalidArgument, outlineSpans, storageError } from "../storage/exchange.js"
import * as Storage from "../storage/Storage.js"
import * as lines from "./internal/lines.js"
import { apiVersion, versionHeader } from "./internal/status.js"
import { argumentsOf, stringify } from "./internal/wire.js"

/**
 * Where the storage is served, and how it is asked.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** The address of the server, as in `http://localhost:4318`, with the path where it is mounted. */
  readonly url: string
  /** The token of the server, if it has one. */
  readonly token?: string | Redacted.Redacted | undefined
  /** How long a question may take, all of its answer included; 30 seconds when absent. */
  readonly timeout?: Duration.DurationInput | undefined
}

/**
 * Asks a server. A server that cannot be reached makes every question fail with `Unavailable`, and no layer; one that takes
 * too long, with `Timeout`. Records are not written by it, but for scores: programs send them by OTLP.
 *
 * @example
 * ```ts
 * import { Storage } from "effect-observability"
 * import { RemoteStorage } from "effect-observability/server"
 * import { Effect } from "effect"
 *
 * // the sessions of a DuckDB file that another process holds
 * const failed = Storage.listSessions({ filters: { hasError: true } }).pipe(
 *   Effect.provide(RemoteStorage.layer({ url: "http://localhost:4318" }))
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<Storage.Storage, Storage.StorageError> =>
  Layer.provide(layerClient(options), fetching)

/**
 * Asks a server by the HTTP client of the program, with its proxies and certificates.
 *
 * @example
 * ```ts
 * import { NodeHttpClient } from "@effect/platform-node"
 * import { Layer, Redacted } from "effect"
 * import { RemoteStorage } from "effect-observability/server"
 *
 * const StorageLive = RemoteStorage.layerClient({
 *   url: "https://agents.example.com",
 *   token: Redacted.make("a long secret")
 * }).pipe(Layer.provide(NodeHttpClient.layerUndici))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerClient = (
  options: Options
): Layer.Layer<Storage.Storage, Storage.StorageError, HttpClient.HttpClient> =>
  Layer.effect(Storage.Storage, makeClient(options))

/**
 * Asks a server: see {@link layer}.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options): Effect.Effect<Storage.StorageService, Storage.StorageError> =>
  Effect.provide(makeClient(options), fetching)

/** Redirects are not followed: the token is for nobody else. */
const fetching = FetchHttpClient.layer.pipe(
  Layer.provideMerge(Layer.succeed(FetchHttpClient.RequestInit, { redirect: "manual" }))
)

const makeClient: (
  options: Options
) => Effect.Effect<Storage.StorageService, Storage.StorageError, HttpClient.HttpClient> = Effect.fnUntraced(function* ({
  timeout = "30 seconds",
  token,
  url
}) {
  const base = typeof url === "string" && URL.canParse(url) ? new URL(url) : undefined
  if (base === undefined || !/^https?:$/.test(base.protocol) || base.username !== "" || base.password !== "") {
    return yield* invalidArgument("url", "expected the address of a server, as in http://localhost:4318")
  }
  const secret = Redacted.isRedacted(token) ? Redacted.value(token) : token
  if (secret !== undefined && !(typeof secret === "string" && /^[!-~]+$/.test(secret))) {
    return yield* invalidArgument("token", "expected printable ASCII characters without spaces, at least one")
  }
  const duration = Option.filter(Duration.decodeUnknown(timeout), Duration.isFinite)
  if (Option.isNone(duration)) return yield* invalidArgument("timeout", "expected a finite duration")
  const client = (yield* HttpClient.HttpClient).pipe(HttpClient.withTracerPropagation(false))
  const server: Server = {
    client,
    url: `${base.origin}${base.pathname.replace(/\/+$/, "")}/api`,
    headers: {
      accept: "application/json",
      // Between processes of one machine it takes longer to compress an answer than to hand it over.
      "accept-encoding": isLoopback(base) ? "identity" : "gzip",
      "user-agent": `effect-observability/${version}`,
      ...(secret !== undefined && { authorization: `Bearer ${secret}` })
    },
    timeout: duration.value
  }
  return storageOf(server)
})

interface Server {
  readonly client: HttpClient.HttpClient
  readonly url: string
  readonly headers: { readonly [name: string]: string }
  readonly timeout: Duration.Duration
}

const isLoopback = ({ hostname }: URL): boolean => /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname)

// Questions

const storageOf = (server: Server): Storage.StorageService => {
  const ask =
    <M extends keyof typeof checks, A, B>(
      method: M,
      decode: (row: unknown) => A,
      answer: (parsed: lines.Parsed<A>) => B,
      // The argument of some methods is a value, which the question has a name for.
      named: (argument: unknown) => unknown = (argument) => argument ?? {}
    ) =>
    (argument?: unknown): Effect.Effect<B, Storage.StorageError> =>
      checks[method](argument).pipe(
        Effect.zipRight(Effect.try({ try: () => encoders[method](named(argument)), catch: () => unreadable })),
        Effect.flatMap((body) => post(server, method, body, decode)),
        Effect.flatMap((parsed) => Effect.try({ try: () => answer(parsed), catch: () => foreign }))
      )
  const list = (method: keyof typeof checks, decode: (row: unknown) => unknown) => ask(method, decode, toPage)
  const storage = {
    listTraces: list("listTraces", records.spans),
    listSpans: list("listSpans", records.spans),
    listLogs: list("listLogs", records.logs),
    listMetrics: list("listMetrics", records.metrics),
    listScores: list("listScores", records.scores),
    listSessions: list("listSessions", toSession),
    sessionTimeline: list("sessionTimeline", toTimelineItem),
    insertScores: (records: ReadonlyArray<object>) =>
      !Array.isArray(records)
        ? invalidArgument("records", "expected an array")
        : records.length === 0
          ? Effect.void
          : Effect.try({ try: () => stringify({ records }), catch: () => unreadable }).pipe(
              Effect.flatMap((body) => post(server, "insertScores", body, none)),
              Effect.asVoid
            ),
    getTrace: ask("getTrace", records.spans, toTree, ofTrace),
    traceOutline: ask("traceOutline", toOutlineSpan, toTree, ofTrace),
    getSpan: ask("getSpan", none, toOption(records.spans)),
    getSession: ask("getSession", none, toOption(toSession), ofSession),
    aggregate: ask("aggregate", toAggregateRow, ({ rows }) => rows),
    deleteBefore: ask("deleteBefore", none, toDeleted, (time) => ({ time })),
    deleteSession: ask("deleteSession", none, toDeleted, ofSession)
  }
  return Storage.make(storage as unknown as Partial<Storage.StorageService>)
}

const ofTrace = (traceId: unknown) => ({ traceId })
const ofSession = (sessionId: unknown) => ({ sessionId })

const encoders = Object.fromEntries(
  Object.entries(argumentsOf).map(([method, schema]) => {
    const encode = Schema.encodeUnknownSync(schema as Schema.Schema<unknown, unknown>)
    return [method, (argument: unknown) => JSON.stringify(encode(argument))]
  })
) as { readonly [M in keyof typeof checks]: (argument: unknown) => string }

const unreadable = invalidArgument("options", "it cannot be read")

// Answers

const fieldsOf = (value: unknown): { readonly [name: string]: unknown } => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new TypeError("no object")
  return value as { readonly [name: string]: unknown }
}

/** Records of their encoded form, each of which is one: the server may be of anybody. */
const recordOf = (name: SignalName) => {
  const { fields } = signals[name]
  const decode = decoder(signals[name] as Signal<string, object>)
  return (row: unknown): object => {
    const record = decode(fieldsOf(row))
    const fault = faultOf(fields, record)
    if (fault !== undefined) throw new TypeError(`no record: ${fault}`)
    return record
  }
}

const records: { readonly [N in SignalName]: (row: unknown) => object } = {
  spans: recordOf("spans"),
  logs: recordOf("logs"),
  metrics: recordOf("metrics"),
  scores: recordOf("scores")
}

const tags: { readonly [tag: string]: (row: unknown) => object } = {
  SpanRecord: records.spans,
  LogRecord: records.logs,
  Score: records.scores
}

const toTimelineItem = (row: unknown): object => {
  const { _tag, ...fields } = fieldsOf(row)
  const decode = tags[String(_tag)]
  if (decode === undefined) throw new TypeError("no item of a timeline")
  return decode(fields)
}

const toOutlineSpan = (row: unknown): object => {
  const span = outlineSpans.decode(fieldsOf(row))
  if (faultOf(outlineSpans.fields, span) !== undefined) throw new TypeError("no span of an outline")
  return span
}

const isSummary = Schema.is(Schema.typeSchema(Schema.Struct(SessionSummary.fields)))

/** Nothing is copied: a score may have any name, `__proto__` too. */
const toSession = (row: unknown): SessionSummary => {
  const { firstActivity, lastActivity, ...fields } = fieldsOf(row)
  const times = { firstActivity: BigInt(firstActivity as string), lastActivity: BigInt(lastActivity as string) }
  const summary: unknown = { turns: 0, models: [], agents: [], scores: {}, ...fields, ...times }
  if (!isSummary(summary)) throw new TypeError("no session")
  return new SessionSummary(summary, true)
}

const toAggregateRow = (row: unknown): object => {
  const { from, group, previous, rest, to, values } = fieldsOf(row)
  return {
    group: fieldsOf(group),
    ...(rest === true && { rest }),
    ...(from !== undefined && { from: BigInt(from as string), to: BigInt(to as string) }),
    values: valuesOf(values),
    ...(previous !== undefined && { previous: valuesOf(previous) })
  }
}

/** Nanoseconds are texts, all else is a number. */
const valuesOf = (values: unknown) =>
  Object.fromEntries(
    Object.entries(fieldsOf(values)).map(([name, value]) => [name, typeof value === "string" ? BigInt(value) : value])
  )

const none = (): never => {
  throw new TypeError("no rows are expected")
}

const toPage = <A>({ head, rows }: lines.Parsed<A>): Storage.PaginatedResult<A> => {
  const { nextCursor } = fieldsOf(head)
  return { items: rows, nextCursor: Option.map(Option.fromNullable(nextCursor), String) }
}

const toTree = <A>({ head, rows }: lines.Parsed<A>) => {
  if (head === null) return Option.none()
  const { traceId, truncated } = fieldsOf(head)
  return Option.some({ traceId: String(traceId), spans: rows, truncated: truncated === true })
}

const toOption =
  <A>(decode: (value: unknown) => A) =>
  ({ head }: lines.Parsed<never>): Option.Option<A> =>
    head === null ? Option.none() : Option.some(decode(head))

const toDeleted = ({ head }: lines.Parsed<never>): Storage.Deleted => {
  const counts = fieldsOf(head)
  if (!Object.values(counts).every(Number.isSafeInteger)) throw new TypeError("no counts")
  return counts as unknown as Storage.Deleted
}

// Requests

/** An answer is held in memory. */
const maxBytes = 256 * 2 ** 20
/** An error is short. */
const maxErrorBytes = 64 * 2 ** 10

const post = <A>(
  { client, headers, timeout, url }: Server,
  method: string,
  body: string,
  decode: (row: unknown) => A
): Effect.Effect<lines.Parsed<A>, Storage.StorageError> => {
  const request = HttpClientRequest.post(`${url}/${method}`, {
    headers,
    body: HttpBody.raw(body, { contentType: "application/json" })
  })
  return client.execute(request).pipe(
    Effect.mapError(unavailable),
    Effect.flatMap((response) =>
      response.headers[versionHeader] !== apiVersion || response.status !== 200
        ? Effect.flip(errorOf(response))
        : lines.read(Stream.mapError(response.stream, unavailable), maxBytes, decode)
    ),
    Effect.catchTags({
      Malformed: () => foreign,
      TooLarge: () => storageError("Query", `the answer has more than ${maxBytes / 2 ** 20} MiB: ask for less at once`)
    }),
    Effect.scoped,
    Effect.timeoutFail({
      duration: timeout,
      onTimeout: () => storageError("Timeout", `the server did not answer within ${Duration.format(timeout)}`)
    }),
    isolated
  )
}

const foreign = storageError(
  "Incompatible",
  "the server answers something else than a storage: is it the right url, and the same version of effect-observability?"
)

/** No message has anything of the URL or the headers: the token is among them. */
const unavailable = (error: HttpClientError): Storage.StorageError => {
  const code = codeOf(error.cause)
  return storageError("Unavailable", `the server cannot be reached${code === undefined ? "" : `: ${code}`}`)
}

/** `ECONNREFUSED` and the like, which `fetch` has in the cause of its error. */
const codeOf = (error: unknown, depth = 3): string | undefined => {
  if (typeof error !== "object" || error === null || depth === 0) return undefined
  const { cause, code } = error as { readonly cause?: unknown; readonly code?: unknown }
  return typeof code === "string" ? code : codeOf(cause, depth - 1)
}

const ToldError = Schema.parseJson(Schema.Struct(Struct.omit(Storage.StorageError.fields, "cause")))

/** The error that an answer tells. */
const errorOf = Effect.fnUntraced(function* (response: HttpClientResponse.HttpClientResponse) {
  const { status } = response
  const told = response.headers[versionHeader]
  if (told === undefined) return ofStatus(status)
  if (told !== apiVersion) {
    return storageError("Incompatible", `the server answers version ${told.slice(0, 20)} of the API, not ${apiVersion}`)
  }
  const text = yield* textOf(response)
  const error = Schema.decodeUnknownOption(ToldError)(text)
  if (Option.isSome(error)) return new Storage.StorageError(error.value)
  switch (status) {
    case 401:
      return storageError("Unauthorized", "the server refuses the token, or wants one")
    case 403:
      return storageError("Unauthorized", `the server refuses the request: ${text.trim()}`)
    case 404:
      return storageError("Unsupported", "the server does not know the question: it is of another version")
    default:
      return ofStatus(status)
  }
})

/** The error that a status stands for, whoever answers: a server that is not ours, or a proxy before it. */
const ofStatus = (status: number): Storage.StorageError => {
  const detail = `the answer has the status ${status}`
  switch (status) {
    case 401:
    case 403:
    case 407:
      return storageError("Unauthorized", detail)
    case 408:
    case 504:
      return storageError("Timeout", detail)
    case 425:
    case 429:
    case 500:
    case 502:
    case 503:
      return storageError("Unavailable", detail)
    default:
      return foreign
  }
}

/** The beginning of an answer, so much of it as an error may be long. */
const textOf = ({ stream }: HttpClientResponse.HttpClientResponse): Effect.Effect<string> => {
  let bytes = 0
  return stream.pipe(
    Stream.takeWhile((chunk) => {
      bytes += chunk.length
      return bytes <= maxErrorBytes
    }),
    Stream.decodeText(),
    Stream.mkString,
    Effect.orElseSucceed(() => "")
  )
}
