/**
 * Storage in a DuckDB file: embedded, and the default.
 *
 * @since 0.1.0
 */
import * as Reactivity from "@effect/experimental/Reactivity"
import type { SqlError } from "@effect/sql/SqlError"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Struct from "effect/Struct"
import { logWarning } from "../../runtime/annotated.js"
import { background } from "../../runtime/background.js"
import type { RecordOf, SignalName } from "../../signal/signals.js"
import { invalidArgument, storageError } from "../internal/errors.js"
import * as Reopening from "../internal/reopening.js"
import * as Retention from "../internal/retention.js"
import * as Service from "../internal/service.js"
import { type Engine, Storage, type StorageError, type StorageService } from "../Storage.js"
import { checkTablePrefix } from "../sql/identifiers.js"
import * as Searched from "../sql/searched.js"
import * as Whole from "../sql/whole.js"
import * as DuckDbClient from "./DuckDbClient.js"
import * as File from "./internal/file.js"
import * as Insert from "./internal/insert.js"
import { fileOf } from "./internal/instance.js"
import * as Messages from "./internal/messages.js"
import * as Aggregate from "./internal/read/aggregate.js"
import * as Candidates from "./internal/read/candidates.js"
import * as Rows from "./internal/read/rows.js"
import * as Sessions from "./internal/read/sessions.js"
import * as Timeline from "./internal/read/timeline.js"
import * as Traces from "./internal/read/traces.js"
import * as Remove from "./internal/remove.js"
import * as RollUp from "./internal/rollUp.js"
import { complete, migrate } from "./internal/schema.js"
import { copyTo } from "./internal/snapshot.js"
import {
  isDoubtful,
  isFatal,
  isOfMalformedJson,
  lost,
  openingErrorOf,
  storageErrorOf
} from "./internal/storageError.js"
import * as Table from "./internal/table.js"
import * as Upkeep from "./internal/upkeep.js"
import * as Words from "./internal/words.js"

/**
 * What a storage in the database of a client can be told.
 *
 * @since 0.1.0
 * @category models
 */
export interface ClientOptions {
  /** Goes before the names of tables and indexes, so that they can live beside others: ASCII letters, digits and `_`. */
  readonly tablePrefix?: string | undefined
  /** Once an hour, records of a time longer ago than this are deleted. */
  readonly retention?: Duration.DurationInput | undefined
  /** With `"eager"` a file that cannot be opened now fails the layer, too. */
  readonly connect?: "eager" | undefined
}

/**
 * What a storage in a file can be told.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options extends ClientOptions {
  /** The file, created with its folder if it is missing, or `":memory:"`. */
  readonly path: string
  /** Settings of DuckDB, as in `SET name = value`. */
  readonly settings?: DuckDbClient.DuckDbClientConfig["settings"]
  /**
   * Opens a file that is there, to be asked and left as it is: several processes may, as long as none writes. One that an
   * earlier release made is read with what it has, and inserts and deletions fail with `ReadOnly`.
   */
  readonly readOnly?: boolean | undefined
}

/**
 * A storage on DuckDB, and what only that engine can do.
 *
 * @since 0.1.0
 * @category models
 */
export interface DuckDbStorageService extends StorageService {
  /** Writes a consistent copy of the database to a file, in place of one that is there. */
  readonly snapshot: (path: string) => Effect.Effect<void, StorageError>
}

/**
 * The same storage as `Storage.Storage`, with what DuckDB alone can do.
 *
 * @since 0.1.0
 * @category tags
 */
export class DuckDbStorage extends Context.Tag("effect-observability/DuckDbStorage")<
  DuckDbStorage,
  DuckDbStorageService
>() {}

/**
 * Keeps records in a file until the scope closes. If the file cannot be opened now, because another process holds it,
 * every operation tries again, at most once a second, and fails with that error until then.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { DuckDbStorage } from "effect-observability/duckdb"
 *
 * const newest = Effect.gen(function* () {
 *   const storage = yield* DuckDbStorage.make({ path: "agents.duckdb" })
 *   return yield* storage.listSessions({ pagination: { limit: 10 } })
 * }).pipe(Effect.scoped)
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = ({
  path,
  readOnly = false,
  settings,
  ...options
}: Options): Effect.Effect<DuckDbStorageService, StorageError, Scope.Scope> =>
  readOnly
    ? makeWith(path, readOnlyClient(path, settings), options, true)
    : makeWith(path, clientOf(path, settings), options)

const clientOf = (path: string, settings: Options["settings"]) =>
  DuckDbClient.make({ path, settings }).pipe(
    Effect.mapError(openingErrorOf),
    Effect.tap((sql) => (settings?.checkpoint_threshold === undefined ? sql.unsafe(checkpointThreshold) : Effect.void)),
    Effect.tap((sql) => Effect.forkScoped(background(checkpointWhenIdle(sql)))),
    Effect.provide(Reactivity.layer)
  )

/** One connection, which alone sees the tables that stand in for those of the file: see `complete` of `schema.ts`. */
const readOnlyClient = (path: string, settings: Options["settings"]) =>
  DuckDbClient.make({ path, settings, readOnly: true, poolSize: 1 }).pipe(
    Effect.mapError(openingErrorOf),
    Effect.provide(Reactivity.layer)
  )

/**
 * How large the log of the file grows before DuckDB moves it into the tables, when nothing can be committed for a while.
 * Its own default halves the rate of writing; this much is read again within a second when a process was killed.
 */
const checkpointThreshold = "SET GLOBAL checkpoint_threshold = '128MB'"

/** Moves a log of some size into the tables when it has not grown for a while, so that nobody waits for it. */
const checkpointWhenIdle = (sql: DuckDbClient.DuckDbClient) => {
  const database = fileOf(sql)
  if (database === undefined) return Effect.void
  let before = 0
  return File.sizeOfLog(database.file).pipe(
    Effect.flatMap((size = 0) => {
      const isIdle = size === before
      before = size
      return isIdle && size >= leastBytesToCheckpoint ? sql.withWriteLock(sql`CHECKPOINT`) : Effect.void
    }),
    Effect.ignore,
    Effect.repeat(Schedule.spaced("5 seconds"))
  )
}

const leastBytesToCheckpoint = 16 * 2 ** 20

/**
 * Keeps records in a file.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Storage } from "effect-observability"
 * import { DuckDbStorage } from "effect-observability/duckdb"
 *
 * const newest = Storage.listTraces({ pagination: { limit: 10 } }).pipe(Effect.provide(DuckDbStorage.layer({ path: "traces.duckdb", retention: "30 days" })))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<Storage | DuckDbStorage, StorageError> => layerOf(make(options))

/**
 * Keeps records in the database of a client.
 *
 * @example
 * ```ts
 * import { Layer } from "effect"
 * import { DuckDbClient, DuckDbStorage } from "effect-observability/duckdb"
 *
 * // the program's own tables and the records in one file
 * const DatabaseLive = DuckDbStorage.layerClient().pipe(
 *   Layer.provideMerge(DuckDbClient.layer({ path: "support.duckdb" }))
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerClient = (
  options: ClientOptions = {}
): Layer.Layer<Storage | DuckDbStorage, StorageError, DuckDbClient.DuckDbClient> =>
  layerOf(
    Effect.flatMap(DuckDbClient.DuckDbClient, (client) => makeWith(client.config.path, Effect.succeed(client), options))
  )

/**
 * Writes a consistent copy of the database to a file while the program goes on, so that another process can look into
 * it: DuckDB lets one process at a time open a file. A copy that is there already is replaced; a database that somebody
 * has open, and a file that is no database, are left as they are, and it fails.
 *
 * @since 0.1.0
 * @category operations
 */
export const snapshot = (path: string): Effect.Effect<void, StorageError, DuckDbStorage> =>
  Effect.flatMap(DuckDbStorage, (storage) => storage.snapshot(path))

const layerOf = <R>(storage: Effect.Effect<DuckDbStorageService, StorageError, R>) =>
  Layer.scopedContext(
    Effect.map(storage, (storage) => Context.make(Storage, storage).pipe(Context.add(DuckDbStorage, storage)))
  )

type Client = Effect.Effect<DuckDbClient.DuckDbClient, SqlError | StorageError, Scope.Scope>

const makeWith = Effect.fnUntraced(function* (
  path: string,
  client: Client,
  { connect, retention, tablePrefix = "" }: ClientOptions,
  readOnly = false
) {
  if (typeof path !== "string" || path === "") {
    return yield* invalidArgument("path", `expected the path of a file, or ":memory:"`)
  }
  yield* checkTablePrefix(tablePrefix)
  const age = Option.flatMap(yield* Retention.decode(retention), Duration.toNanos)
  const database = yield* Reopening.make({
    open: readOnly ? openReadOnly(client, tablePrefix) : open(client, tablePrefix),
    errorOf: (error) => storageErrorOf(error, path),
    isFatal,
    isDoubtful,
    connect
  })
  yield* Effect.forkScoped(
    background(
      Effect.repeat(Effect.ignore(database.use(({ inspect }) => inspect)), Schedule.spaced(betweenInspections))
    )
  )
  const storage: DuckDbStorageService = {
    ...Service.make(Reopening.engine(database)),
    snapshot: (path) => database.use((opened) => opened.snapshot(path))
  }
  if (Option.isSome(age)) {
    yield* Effect.forkScoped(background(Retention.deleteHourly(storage.deleteBefore, age.value, sayNotDeleted)))
  }
  return storage
})

const betweenInspections = Duration.seconds(2)

const sayNotDeleted = ({ message }: StorageError) =>
  logWarning("DuckDbStorage")(`Old records could not be deleted. ${message}`)

/** Fails once the file of a database is not there any more: `check` at little cost, `inspect` with a look into it. */
const watched = (sql: DuckDbClient.DuckDbClient) => {
  const database = fileOf(sql)
  if (database === undefined) return { check: Effect.void, inspect: Effect.void }
  const { alone, file } = database
  const orLost = Effect.flatMap((loss: Option.Option<string>) => {
    if (Option.isSome(loss)) file.loss = loss.value
    return file.loss === undefined ? Effect.void : lost(file.path, file.loss)
  })
  return {
    check: orLost(File.loss(file)),
    inspect: orLost(Effect.orElseSucceed(alone(File.damage(file, sql)), Option.none))
  }
}

/** An open file, as an engine. */
interface Opened extends Engine<SqlError | StorageError> {
  /** Fails once the file is not there any more. */
  readonly inspect: Effect.Effect<void, SqlError | StorageError>
  readonly snapshot: (path: string) => Effect.Effect<void, SqlError | StorageError>
}

type Open = (client: Client, tablePrefix: string) => Effect.Effect<Opened, SqlError | StorageError, Scope.Scope>

const open: Open = Effect.fnUntraced(function* (client, tablePrefix) {
  const sql = (yield* client).withoutTransforms()
  const tables = Table.tables(tablePrefix)
  const { check, inspect } = watched(sql)
  // The client of a program may have been opened long ago.
  yield* check
  yield* sql.withWriteLock(migrate(sql, tables, tablePrefix))
  const insert = Insert.make(sql, tables)
  yield* Effect.forkScoped(background(Effect.delay(indexWords(sql, tables), untilIndexing)))
  const rollUp = RollUp.make(sql, tables)
  const made = new Map<string, RollUp.Made>()
  yield* Upkeep.start(sql, tables, rollUp, made, check)
  return {
    inspect,
    // Nothing counts as stored that is in a file which is gone.
    insert: <N extends SignalName>(signal: N, records: ReadonlyArray<RecordOf<N>>) =>
      Effect.zipLeft(insert(signal, records), check),
    ...wholeReadsOf(sql, tablePrefix, rollUp, made),
    ...Remove.make(sql, tables),
    snapshot: (path: string) => Effect.zipRight(rollUp.written, copyTo(sql, path))
  }
})

const openReadOnly: Open = Effect.fnUntraced(function* (client, tablePrefix) {
  const sql = (yield* client).withoutTransforms()
  const tables = Table.tables(tablePrefix)
  yield* complete(sql, tables, tablePrefix)
  const { check } = watched(sql)
  const refused = () => storageError("ReadOnly", "this storage was opened with readOnly")
  return {
    inspect: check,
    insert: refused,
    ...wholeReadsOf(sql, tablePrefix, RollUp.makeReadOnly(sql, tables), new Map()),
    remove: refused,
    deleteBefore: refused,
    deleteSession: refused,
    snapshot: (path: string) => copyTo(sql, path)
  }
})

const wholeReadsOf = (
  sql: DuckDbClient.DuckDbClient,
  tablePrefix: string,
  rollUp: RollUp.Read,
  made: Map<string, RollUp.Made>
) => {
  const tables = Table.tables(tablePrefix)
  const { read } = Messages.make(sql, tables)
  return {
    ...Whole.reads(
      orTolerant(readsOf(sql, tables, rollUp, made), readsOf(sql, Table.tables(tablePrefix, true), rollUp, made)),
      read
    ),
    ...Searched.make(read)
  }
}

/** Programs that end soon, and the first questions, do not wait for it. */
const untilIndexing = Duration.seconds(5)

/** Rows of a version before, and of a program that ended, are found faster after. */
const indexWords = (sql: DuckDbClient.DuckDbClient, tables: Table.Tables) => Effect.ignore(Words.indexAll(sql, tables))

const readsOf = (
  sql: DuckDbClient.DuckDbClient,
  tables: Table.Tables,
  rollUp: RollUp.Read,
  made: Map<string, RollUp.Made>
) => ({
  select: Rows.make(sql, tables),
  ...Candidates.make(sql, tables),
  ...Traces.make(sql, tables),
  ...Sessions.make(sql, tables, rollUp, made),
  sessionTimeline: Timeline.make(sql, tables),
  aggregate: Aggregate.make(sql, tables)
})

/** Reads once more, with an eye on each row, where somebody has put into one what is no JSON. */
const orTolerant = <Reads extends ReturnType<typeof readsOf>>(reads: Reads, tolerant: Reads): Reads => {
  const read =
    (name: keyof Reads) =>
    (...args: ReadonlyArray<unknown>) =>
      (reads[name] as Read)(...args).pipe(
        Effect.catchIf(isOfMalformedJson, () => (tolerant[name] as Read)(...args)),
        Effect.catchAllDefect((cause) => storageError("Corrupt", "a row holds what is no record", { cause }))
      )
  return Object.fromEntries(Struct.keys(reads).map((name) => [name, read(name)])) as unknown as Reads
}

type Read = (...args: ReadonlyArray<unknown>) => Effect.Effect<unknown, SqlError | StorageError>
