/**
 * Storage in ClickHouse: for more records, or more processes, than one machine takes.
 *
 * @since 0.1.0
 */
import type { ClickHouseClientConfigOptions, ClickHouseSettings } from "@clickhouse/client"
import * as ClickhouseClient from "@effect/sql-clickhouse/ClickhouseClient"
import * as Config from "effect/Config"
import type { ConfigError } from "effect/ConfigError"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import { invalidArgument } from "../internal/errors.js"
import * as Reopening from "../internal/reopening.js"
import * as Retention from "../internal/retention.js"
import { fromEngine, Storage, type StorageError, type StorageService } from "../Storage.js"
import { checkTablePrefix } from "../sql/identifiers.js"
import * as Connection from "./internal/connection.js"
import * as Engine from "./internal/engine.js"
import { migrate } from "./internal/schema.js"
import { isFatal, openErrorOf } from "./internal/storageError.js"

/**
 * Options of a storage in the database of a client.
 *
 * @since 0.1.0
 * @category models
 */
export interface ClientOptions {
  /** Goes before the names of tables, so that they can live beside others: ASCII letters, digits and `_`. */
  readonly tablePrefix?: string | undefined
  /**
   * Records are dropped by the week, when all of a week are older than this. Without it the tables go on as they are: new
   * ones keep everything, and those with a retention are warned of.
   */
  readonly retention?: Duration.DurationInput | undefined
  /** With `"eager"` a server that cannot be reached now fails the layer, too. */
  readonly connect?: "eager" | undefined
  /**
   * The cluster on which to make replicated tables, sharded by trace, and distributed ones over them. Experimental: tested
   * on two shards in one process, without Keeper and replicas.
   */
  readonly cluster?: string | undefined
  /** Lets the server join the batches of many writers before it stores them; each waits until its own is stored. */
  readonly asyncInsert?: boolean | undefined
}

/**
 * Options of a storage on a server.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options extends ClientOptions {
  /** The address of the HTTP interface, as in `http://localhost:8123`. */
  readonly url: string
  /** The name of the database, which must exist; that of the user when absent. */
  readonly database?: string | undefined
  readonly username?: string | undefined
  readonly password?: Redacted.Redacted | undefined
  /** How long a request may take, all of its answer included; 30 seconds when absent. */
  readonly timeout?: Duration.DurationInput | undefined
  /** Settings of ClickHouse for every statement. */
  readonly settings?: ClickHouseSettings | undefined
}

/**
 * Keeps records on a server. If it cannot be reached now, every operation tries again, at most once a second, and fails
 * with `Unavailable` or `Timeout` until then.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { ClickhouseStorage } from "effect-observability/clickhouse"
 *
 * const failed = Effect.gen(function* () {
 *   const storage = yield* ClickhouseStorage.make({ url: "http://localhost:8123" })
 *   return yield* storage.listSessions({ filters: { hasError: true } })
 * }).pipe(Effect.scoped)
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make: (options: Options) => Effect.Effect<StorageService, StorageError, Scope.Scope> = Effect.fnUntraced(
  function* ({ database, password, settings, timeout = "30 seconds", url, username, ...options }) {
    if (typeof url !== "string" || !URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
      return yield* invalidArgument("url", "expected the address of the HTTP interface, as in http://localhost:8123")
    }
    const millis = Option.filter(Option.map(Duration.decodeUnknown(timeout), Duration.toMillis), Number.isFinite)
    if (Option.isNone(millis)) return yield* invalidArgument("timeout", "expected a finite duration")
    const config: ClickHouseClientConfigOptions = {
      url,
      ...(database !== undefined && { database }),
      ...(username !== undefined && { username }),
      ...(password !== undefined && { password: Redacted.value(password) }),
      ...(settings !== undefined && { clickhouse_settings: settings }),
      request_timeout: millis.value,
      compression: { request: true, response: true }
    }
    return yield* makeWith(config, options)
  }
)

/**
 * Keeps records on a server.
 *
 * @example
 * ```ts
 * import { Effect, Redacted } from "effect"
 * import { Storage } from "effect-observability"
 * import { ClickhouseStorage } from "effect-observability/clickhouse"
 *
 * const newest = Storage.listTraces({ pagination: { limit: 10 } }).pipe(
 *   Effect.provide(
 *     ClickhouseStorage.layer({
 *       url: "https://clickhouse.example.com:8443",
 *       database: "observability",
 *       username: "agents",
 *       password: Redacted.make("secret")
 *     })
 *   )
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<Storage, StorageError> => Layer.scoped(Storage, make(options))

/**
 * Keeps records on a server that is configured by the environment.
 *
 * @example
 * ```ts
 * import { Config } from "effect"
 * import { ClickhouseStorage } from "effect-observability/clickhouse"
 *
 * const StorageLive = ClickhouseStorage.layerConfig({
 *   url: Config.string("CLICKHOUSE_URL"),
 *   password: Config.redacted("CLICKHOUSE_PASSWORD")
 * })
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig = (options: Config.Config.Wrap<Options>): Layer.Layer<Storage, StorageError | ConfigError> =>
  Layer.scoped(Storage, Effect.flatMap(Config.unwrap(options), make))

/**
 * Keeps records in the database of a client. Statements run with its configuration on connections of their own.
 *
 * @example
 * ```ts
 * import { ClickhouseClient } from "@effect/sql-clickhouse"
 * import { Layer } from "effect"
 * import { ClickhouseStorage } from "effect-observability/clickhouse"
 *
 * const StorageLive = ClickhouseStorage.layerClient({ tablePrefix: "support_" }).pipe(
 *   Layer.provide(ClickhouseClient.layer({ url: "http://localhost:8123" }))
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerClient = (
  options: ClientOptions = {}
): Layer.Layer<Storage, StorageError, ClickhouseClient.ClickhouseClient> =>
  Layer.scoped(
    Storage,
    Effect.flatMap(ClickhouseClient.ClickhouseClient, ({ config }) => makeWith(config, options))
  )

const makeWith = Effect.fnUntraced(function* (
  config: ClickHouseClientConfigOptions,
  { asyncInsert = false, cluster, connect, retention, tablePrefix = "" }: ClientOptions
) {
  yield* checkTablePrefix(tablePrefix)
  const age = yield* Retention.decode(retention)
  const open = Effect.gen(function* () {
    const connection = yield* Connection.make(config, { asyncInsert, cluster })
    const name = yield* migrate(connection, { tablePrefix, cluster, retention: Option.map(age, Duration.toSeconds) })
    return Engine.make(connection, name)
  }).pipe(Effect.mapError(openErrorOf))
  return fromEngine(Reopening.engine(yield* Reopening.make({ open, errorOf: (error) => error, isFatal, connect })))
})
