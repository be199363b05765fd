/**
 * Where records are kept, and how they are asked again. One service, with a Layer for each engine: a program moves from
 * one to another by changing that Layer, and gets the same answers.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { RecordOf, SignalName } from "../signal/signals.js"
import type { Engine, Query, Removal } from "./Engine.js"
import { copy as copyRecords } from "./internal/copy.js"
import { storageError } from "./internal/errors.js"
import * as matches from "./internal/matches.js"
import * as memory from "./internal/memory.js"
import * as methods from "./internal/methods.js"
import * as service from "./internal/service.js"
import type { StorageError } from "./StorageError.js"
import type { CopyOptions, CopyProgress, StorageService } from "./StorageService.js"

export type * from "./Engine.js"
export * from "./StorageError.js"
export type * from "./StorageService.js"

/**
 * The service that keeps records and answers questions about them.
 *
 * @since 0.1.0
 * @category tags
 */
export class Storage extends Context.Tag("effect-observability/Storage")<Storage, StorageService>() {}

/**
 * A storage from the methods that an engine has: every other one fails with `Unsupported`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Storage } from "effect-observability"
 *
 * // counts what it is given, and cannot be asked
 * let spans = 0
 * const counting = Storage.make({
 *   insertSpans: (records) => Effect.sync(() => void (spans += records.length)),
 *   insertLogs: () => Effect.void
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (methods: Partial<StorageService>): Storage["Type"] => {
  const unsupported = (method: string) => () => storageError("Unsupported", `this storage has no ${method}`)
  const all: StorageService = {
    insertSpans: unsupported("insertSpans"),
    insertLogs: unsupported("insertLogs"),
    insertMetrics: unsupported("insertMetrics"),
    insertScores: unsupported("insertScores"),
    listTraces: unsupported("listTraces"),
    listSpans: unsupported("listSpans"),
    listLogs: unsupported("listLogs"),
    listMetrics: unsupported("listMetrics"),
    listScores: unsupported("listScores"),
    getTrace: unsupported("getTrace"),
    getSpan: unsupported("getSpan"),
    listSessions: unsupported("listSessions"),
    getSession: unsupported("getSession"),
    sessionTimeline: unsupported("sessionTimeline"),
    deleteBefore: unsupported("deleteBefore"),
    deleteSession: unsupported("deleteSession")
  }
  return { ...all, ...methods }
}

/**
 * A storage over an engine: arguments are checked, pages cut and cursors made, and what the engine has not is derived of its
 * three primitives. An engine that reads more than it was asked for can leave the rest to {@link selectRecords}.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Signal, Storage } from "effect-observability"
 *
 * // keeps what it is given, and forgets nothing
 * const kept = Signal.perSignal((): Array<never> => [])
 * const growing = Storage.fromEngine({
 *   insert: (name, records) => Effect.sync(() => void kept[name].push(...(records as ReadonlyArray<never>))),
 *   select: (name, query) => Effect.sync(() => Storage.selectRecords(name, kept[name], query)),
 *   remove: () => Effect.succeed(0)
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromEngine = (engine: Engine): Storage["Type"] => service.make(engine)

/**
 * The records that a query asks for, in its order: what conditions, orders and pages mean.
 *
 * @since 0.1.0
 * @category engines
 */
export const selectRecords: <N extends SignalName>(
  name: N,
  records: ReadonlyArray<RecordOf<N>>,
  query: Query
) => ReadonlyArray<RecordOf<N>> = matches.selectRecords

/**
 * Whether a record is one of those to delete.
 *
 * @since 0.1.0
 * @category engines
 */
export const isRemoved: (name: SignalName, record: RecordOf<SignalName>, which: Removal) => boolean = matches.isRemoved

/**
 * A storage in memory, without bounds: for tests.
 *
 * @example
 * ```ts
 * import { Effect, Layer } from "effect"
 * import { Observability, Storage } from "effect-observability"
 *
 * // what a test finds of the program that it has run
 * const spans = Effect.gen(function* () {
 *   yield* Effect.withSpan(Effect.void, "turn")
 *   yield* Effect.flatMap(Observability.Observability, ({ flush }) => flush)
 *   return yield* Effect.flatMap(Storage.Storage, (storage) => storage.listSpans())
 * }).pipe(
 *   Effect.provide(Observability.layer({ serviceName: "test" }).pipe(Layer.provideMerge(Storage.layerMemory)))
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerMemory: Layer.Layer<Storage> = Layer.sync(Storage, () => fromEngine(memory.make()))

/** The methods of a storage for one signal. @internal */
export const methodsOf = methods.methodsOf

/**
 * Copies sessions from one storage to another, in whose answers they are the same: their spans, running ones too, their
 * logs, and all that is in their traces, be it without a session or of another one, which is then there in part. Memory
 * stays bounded by batches of 1,000 records. Nothing is deleted and nothing stored twice, so that a copy can be repeated,
 * or resumed after it was interrupted. What is written to `from` meanwhile may be missing, and comes with the next copy.
 *
 * @example
 * ```ts
 * import { Console, Effect } from "effect"
 * import { Storage } from "effect-observability"
 * import { ClickhouseStorage } from "effect-observability/clickhouse"
 * import { DuckDbStorage } from "effect-observability/duckdb"
 *
 * // one session of production, to be looked at in a file
 * const pull = Effect.gen(function* () {
 *   const from = yield* ClickhouseStorage.make({ url: "http://clickhouse:8123" })
 *   const to = yield* DuckDbStorage.make({ path: "session.duckdb" })
 *   yield* Storage.copy({
 *     from,
 *     to,
 *     filters: { sessionId: "0197e1a0-5c1e-7cc3-98c4-dc0c0c07398f" },
 *     onProgress: ({ spans, logs }) => Console.log(`${spans} spans, ${logs} logs`)
 *   })
 * }).pipe(Effect.scoped)
 * ```
 *
 * @since 0.1.0
 * @category operations
 */
export const copy = <E = never, R = never>(
  options: CopyOptions<E, R>
): Effect.Effect<CopyProgress, StorageError | E, R> => copyRecords(options)
