/**
 * A storage, served over HTTP: its questions, and what other programs send by OTLP.
 *
 * @since 0.1.0
 */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpRouter from "@effect/platform/HttpRouter"
import * as HttpServer from "@effect/platform/HttpServer"
import * as HttpServerError from "@effect/platform/HttpServerError"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as OpenApi from "@effect/platform/OpenApi"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { Observability } from "../Observability.js"
import * as OtlpReceiver from "../otlp/OtlpReceiver.js"
import { logWarning } from "../runtime/annotated.js"
import type { Storage } from "../storage/Storage.js"
import * as Explorer from "./Explorer.js"
import * as Guard from "./internal/guard.js"
import * as Handlers from "./internal/handlers.js"
import * as NodeServer from "./internal/nodeServer.js"
import * as Mcp from "./Mcp.js"
import * as StorageApi from "./StorageApi.js"

/**
 * The options of a server that is mounted anywhere: whom it answers, and with what.
 *
 * @since 0.1.0
 * @category models
 */
export interface AppOptions {
  /**
   * The secret that every request must have: as `Authorization: Bearer`, or in a browser once as `?token=`, which becomes a cookie.
   */
  readonly token?: string | Redacted.Redacted | undefined
  /** Refuses to delete and to take scores. Records of OTLP are taken all the same: they are no change of what is there. */
  readonly readOnly?: boolean | undefined
  /** Names by which the server may be called, besides those of this machine alone, without a port: `"agents.example.com"`. */
  readonly allowedHosts?: ReadonlyArray<string> | undefined
  /** Origins whose pages may ask, as `"https://console.example.com"`: none when absent. */
  readonly allowedOrigins?: ReadonlyArray<string> | undefined
  /**
   * Further apps by the paths that they are mounted at, guarded as the rest: `{ "/mcp": app }`. The one at `"/"` has what no
   * other path has: it is the explorer when absent.
   */
  readonly apps?: { readonly [path: `/${string}`]: HttpApp.Default } | undefined
}

/**
 * Where a server listens, and what it lets through.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options extends AppOptions {
  /** 4318 when absent, that of OTLP; any free one for 0. */
  readonly port?: number | undefined
  /** The address to listen on: `"127.0.0.1"` when absent. Any that others can reach needs a token. */
  readonly host?: string | undefined
}

/**
 * A server that cannot start.
 *
 * | reason | meaning |
 * |---|---|
 * | `InvalidOptions` | an option is none: `field` names it |
 * | `TokenRequired` | others could reach the host, and there is no token |
 * | `AddressInUse` | something listens on the port already |
 * | `Unavailable` | it cannot listen there |
 *
 * @since 0.1.0
 * @category errors
 */
export class StorageServerError extends Schema.TaggedError<StorageServerError>(
  "effect-observability/StorageServer/StorageServerError"
)("StorageServerError", {
  reason: Schema.Literal("InvalidOptions", "TokenRequired", "AddressInUse", "Unavailable"),
  /** The reason in words, and what to do about it. */
  detail: Schema.String,
  /** The option that is at fault. */
  field: Schema.optional(Schema.String)
}) {
  /**
   * @since 0.1.0
   */
  override get message(): string {
    return `${this.reason}: ${this.detail}`
  }
}

/**
 * A server that runs: where it can be asked.
 *
 * @since 0.1.0
 * @category tags
 */
export class StorageServer extends Context.Tag("effect-observability/StorageServer")<
  StorageServer,
  {
    /** `http://127.0.0.1:4318`, without a slash at its end. */
    readonly url: string
    readonly port: number
  }
>() {}

/**
 * Serves the storage and the receiver of OTLP until the scope closes.
 *
 * @example
 * ```ts
 * import { Layer } from "effect"
 * import { Observability } from "effect-observability"
 * import { DuckDbStorage } from "effect-observability/duckdb"
 * import { StorageServer } from "effect-observability/server"
 *
 * // records the program, and lets others on this machine ask http://127.0.0.1:4318
 * const ObservabilityLive = StorageServer.layer({ port: 4318 }).pipe(
 *   Layer.provideMerge(Observability.layer({ serviceName: "support-agent" })),
 *   Layer.provideMerge(DuckDbStorage.layer({ path: "agents.duckdb" }))
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options = {}): Layer.Layer<StorageServer, StorageServerError, Storage | Observability> =>
  Layer.scoped(StorageServer, make(options))

/**
 * Serves the storage and the receiver of OTLP until the scope closes.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make: (
  options?: Options
) => Effect.Effect<StorageServer["Type"], StorageServerError, Storage | Observability | Scope.Scope> =
  Effect.fnUntraced(function* ({ host = "127.0.0.1", port = 4318, ...options }: Options = {}) {
    if (!Number.isInteger(port) || port < 0 || port > 65_535) return yield* invalid("port", "expected 0 to 65535")
    if (typeof host !== "string" || host === "") return yield* invalid("host", "expected an address or a name")
    if (options.token === undefined && !isLoopback(host)) {
      return yield* new StorageServerError({
        reason: "TokenRequired",
        field: "token",
        detail: `${host} can be reached by others: give a token, or listen on 127.0.0.1`
      })
    }
    const name = host.includes(":") ? `[${host}]` : host
    const app = yield* httpAppOf(options, host === "0.0.0.0" || host === "::" ? [] : [name])
    const address = yield* Effect.mapError(NodeServer.serve(app, { host, port }), (error) =>
      (error as NodeJS.ErrnoException).code === "EADDRINUSE"
        ? new StorageServerError({
            reason: "AddressInUse",
            field: "port",
            detail: `something listens on port ${port} already`
          })
        : new StorageServerError({ reason: "Unavailable", detail: `it cannot listen on ${host}: ${error.message}` })
    )
    return { url: `http://${name}:${address.port}`, port: address.port }
  })

/**
 * All of the server as an `HttpApp`, for a server of the program's own. It is guarded: a request must name one of
 * `allowedHosts`, or this machine. Without a token, everybody who reaches your server can read all records.
 *
 * @example
 * ```ts
 * import { HttpRouter, HttpServer } from "@effect/platform"
 * import { Effect, Layer } from "effect"
 * import { StorageServer } from "effect-observability/server"
 *
 * // below /observability of your server
 * const ServerLive = Layer.unwrapEffect(
 *   Effect.map(StorageServer.httpApp({ allowedHosts: ["internal.example.com"] }), (app) =>
 *     HttpServer.serve(HttpRouter.empty.pipe(HttpRouter.mountApp("/observability", app)))
 *   )
 * )
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const httpApp: (
  options?: AppOptions
) => Effect.Effect<HttpApp.Default, StorageServerError, Storage | Observability> = (options = {}) =>
  httpAppOf(options, [])

const httpAppOf = Effect.fnUntraced(function* (options: AppOptions, names: ReadonlyArray<string>) {
  const middleware = yield* guardOf(options, names)
  const apps = {
    "/api": yield* apiApp(options.readOnly ?? false),
    "/v1": Effect.provideService(OtlpReceiver.httpApp, Observability, yield* Observability),
    // Where its package is missing, nobody is answered there.
    "/mcp": yield* Effect.orElseSucceed(Mcp.httpApp, () => HttpServerResponse.empty({ status: 404 })),
    "/": Explorer.httpApp,
    ...options.apps
  }
  const router = Object.entries(apps).reduce(
    (router, [path, app]) => HttpRouter.mountApp(router, path as `/${string}`, app, { includePrefix: true }),
    HttpRouter.empty as HttpRouter.HttpRouter
  )
  const failed = logWarning("StorageServer")
  return middleware(
    Effect.catchAllCause(
      Effect.tapDefect(router, (cause) => failed("A request could not be answered", cause)),
      (cause) => Effect.map(HttpServerError.causeResponse(cause), ([response]) => response)
    )
  )
})

/**
 * Refuses what comes from pages and programs that may not ask: for handlers that are part of an `HttpApi` of the program's
 * own.
 *
 * @since 0.1.0
 * @category middleware
 */
export const guard = (
  options: Pick<AppOptions, "token" | "allowedHosts" | "allowedOrigins"> = {}
): Effect.Effect<<E, R>(app: HttpApp.Default<E, R>) => HttpApp.Default<E, R>, StorageServerError> =>
  guardOf(options, [])

const guardOf = (options: AppOptions, names: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const token = Redacted.isRedacted(options.token) ? Redacted.value(options.token) : options.token
    if (token !== undefined && !(typeof token === "string" && /^[!-~]+$/.test(token))) {
      return yield* invalid("token", "expected printable ASCII characters without spaces, at least one")
    }
    const hosts = yield* listOf("allowedHosts", options.allowedHosts, hostName)
    const origins = yield* listOf("allowedOrigins", options.allowedOrigins, originOf)
    return Guard.make({
      hosts: new Set([...Guard.loopback, ...names.map((name) => name.toLowerCase()), ...hosts]),
      origins: new Set(origins),
      token
    })
  })

/**
 * Answers the questions of `StorageApi.group`, which is part of an `HttpApi` of the program's own. Nothing guards them but
 * the middleware of that `HttpApi`, and {@link guard} where it is applied.
 *
 * @example
 * ```ts
 * import { HttpApi, HttpApiBuilder } from "@effect/platform"
 * import { StorageApi, StorageServer } from "effect-observability/server"
 *
 * class MyApi extends HttpApi.make("mine").add(StorageApi.group) {}
 *
 * const StorageLive = HttpApiBuilder.group(MyApi, "storage", StorageServer.handlers({ readOnly: true }))
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const handlers = (options: Pick<AppOptions, "readOnly"> = {}) => {
  const { handle, insertScores, stats } = Handlers.make(options.readOnly ?? false)
  return <E>(handlers: HttpApiBuilder.Handlers.FromGroup<E, never, typeof StorageApi.group>) =>
    handlers
      .handleRaw("listSessions", handle("listSessions"))
      .handleRaw("getSession", handle("getSession"))
      .handleRaw("sessionTimeline", handle("sessionTimeline"))
      .handleRaw("sessionTranscript", handle("sessionTranscript"))
      .handleRaw("listTraces", handle("listTraces"))
      .handleRaw("getTrace", handle("getTrace"))
      .handleRaw("traceOutline", handle("traceOutline"))
      .handleRaw("listSpans", handle("listSpans"))
      .handleRaw("getSpan", handle("getSpan"))
      .handleRaw("spanContent", handle("spanContent"))
      .handleRaw("listLogs", handle("listLogs"))
      .handleRaw("listMetrics", handle("listMetrics"))
      .handleRaw("listScores", handle("listScores"))
      .handleRaw("aggregate", handle("aggregate"))
      .handleRaw("deleteBefore", handle("deleteBefore"))
      .handleRaw("deleteSession", handle("deleteSession"))
      .handleRaw("insertScores", insertScores)
      .handleRaw("stats", stats)
}

const apiApp = (readOnly: boolean) =>
  Effect.scoped(
    Effect.gen(function* () {
      const context = yield* Layer.build(
        Layer.mergeAll(
          HttpApiBuilder.api(StorageApi.StorageApi).pipe(
            Layer.provide(HttpApiBuilder.group(StorageApi.StorageApi, "storage", handlers({ readOnly })))
          ),
          HttpServer.layerContext
        ).pipe(
          Layer.provideMerge(description),
          Layer.provideMerge(Layer.mergeAll(HttpApiBuilder.Router.Live, HttpApiBuilder.Middleware.layer))
        )
      )
      return Effect.provide(yield* Effect.provide(HttpApiBuilder.httpApp, context), context)
    })
  )

/** The description of the API, made when somebody asks for it. */
const description = HttpApiBuilder.Router.use((router) =>
  router.get(
    "/api/openapi.json",
    Effect.sync(() => HttpServerResponse.unsafeJson(OpenApi.fromApi(StorageApi.StorageApi)))
  )
)

const invalid = (field: string, expected: string) =>
  new StorageServerError({ reason: "InvalidOptions", field, detail: `${field}: ${expected}` })

const isLoopback = (host: string): boolean => /^(?:localhost|127(?:\.\d{1,3}){3}|::1)$/i.test(host)

const listOf = (
  field: string,
  values: ReadonlyArray<string> = [],
  parse: (text: string) => string | undefined
): Effect.Effect<ReadonlyArray<string>, StorageServerError> => {
  if (!Array.isArray(values)) return invalid(field, "expected an array")
  return Effect.forEach(values, (value: unknown) => {
    const parsed = typeof value === "string" ? parse(value) : undefined
    return parsed === undefined
      ? invalid(field, "expected names, as its documentation has them")
      : Effect.succeed(parsed)
  })
}

const hostName = (text: string): string | undefined =>
  /^(?:[\w.-]+|\[[\da-f:.]+\])$/i.test(text) ? text.toLowerCase() : undefined

const originOf = (text: string): string | undefined =>
  /^https?:\/\/(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i.test(text) ? text.toLowerCase() : undefined
