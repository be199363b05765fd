/**
 * Where records are kept, and how they are asked again. One service, with a Layer for each engine: a program moves from
 * one to another by changing that Layer, and gets the same answers.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { RecordOf, SignalName } from "../signal/signals.js"
import type { AggregateRow, Dimension, Group, Measure, MeasureValue } from "./Aggregate.js"
import type { Engine, Query, Removal } from "./Engine.js"
import { copy as copyRecords } from "./internal/copy.js"
import { storageError } from "./internal/errors.js"
import * as matches from "./internal/matches.js"
import * as memory from "./internal/memory.js"
import * as methods from "./internal/methods.js"
import * as searched from "./internal/searchedTexts.js"
import * as service from "./internal/service.js"
import * as words from "./internal/words.js"
import type { StorageError } from "./StorageError.js"
import type { AggregateOptions, CopyOptions, CopyProgress, StorageService } from "./StorageService.js"

export type * from "./Aggregate.js"
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
    traceOutline: unsupported("traceOutline"),
    getSpan: unsupported("getSpan"),
    listSessions: unsupported("listSessions"),
    getSession: unsupported("getSession"),
    sessionTimeline: unsupported("sessionTimeline"),
    aggregate: unsupported("aggregate"),
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
 * The texts of a span or log that a search looks at: those to index.
 *
 * @since 0.1.0
 * @category engines
 */
export const searchedTexts: (record: object) => ReadonlyArray<string> = searched.searchedTexts

/**
 * The words of a text, as a search compares them.
 *
 * @since 0.1.0
 * @category engines
 */
export const wordsIn = (text: string): ReadonlyArray<string> => words.wordsOf(words.foldText(text))

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
 *   yield* Observability.flush
 *   return yield* Storage.listSpans()
 * }).pipe(
 *   Effect.provide(Observability.layer({ serviceName: "test" }).pipe(Layer.provideMerge(Storage.layerMemory)))
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerMemory: Layer.Layer<Storage> = Layer.sync(Storage, () => fromEngine(memory.make()))

type Accessor<Method> = Method extends (...args: infer Args) => Effect.Effect<infer A, infer E>
  ? (...args: Args) => Effect.Effect<A, E, Storage>
  : never

const accessor = <Name extends keyof StorageService>(name: Name) =>
  ((...args: ReadonlyArray<never>) =>
    Effect.flatMap(Storage, (storage) =>
      (storage[name] as (...args: ReadonlyArray<never>) => Effect.Effect<unknown, StorageError>)(...args)
    )) as Accessor<StorageService[Name]>

/**
 * Stores spans; idempotent by trace and span id. A completed span replaces a running one, never the reverse.
 *
 * @since 0.1.0
 * @category operations
 */
export const insertSpans = accessor("insertSpans")

/**
 * Stores logs; idempotent by `logId`.
 *
 * @since 0.1.0
 * @category operations
 */
export const insertLogs = accessor("insertLogs")

/**
 * Stores points of metrics; idempotent by `metricId`.
 *
 * @since 0.1.0
 * @category operations
 */
export const insertMetrics = accessor("insertMetrics")

/**
 * Stores scores; one replaces another of the same `scoreId`.
 *
 * @since 0.1.0
 * @category operations
 */
export const insertScores = accessor("insertScores")

/**
 * A page of traces, newest first: one span of each.
 *
 * @since 0.1.0
 * @category queries
 */
export const listTraces = accessor("listTraces")

/**
 * A page of spans, newest first.
 *
 * @since 0.1.0
 * @category queries
 */
export const listSpans = accessor("listSpans")

/**
 * A page of logs, newest first.
 *
 * @since 0.1.0
 * @category queries
 */
export const listLogs = accessor("listLogs")

/**
 * A page of points of metrics, newest first.
 *
 * @since 0.1.0
 * @category queries
 */
export const listMetrics = accessor("listMetrics")

/**
 * A page of scores, newest first.
 *
 * @since 0.1.0
 * @category queries
 */
export const listScores = accessor("listScores")

/**
 * The spans of a trace in the order of its tree, if there are some.
 *
 * @since 0.1.0
 * @category queries
 */
export const getTrace = accessor("getTrace")

/**
 * The spans of a trace in the order of its tree without their payload, if there are some.
 *
 * @example
 * ```ts
 * import { Console, Effect, Option } from "effect"
 * import { Storage } from "effect-observability"
 *
 * const largest = Effect.gen(function* () {
 *   const outline = Option.getOrThrow(yield* Storage.traceOutline("0af7651916cd43dd8448eb211c80319c"))
 *   for (const { inputSize, name, outputSize } of outline.spans) {
 *     if (inputSize + outputSize > 100_000) yield* Console.log(name)
 *   }
 * })
 * ```
 *
 * @since 0.1.0
 * @category queries
 */
export const traceOutline = accessor("traceOutline")

/**
 * A span, if it is stored.
 *
 * @since 0.1.0
 * @category queries
 */
export const getSpan = accessor("getSpan")

/**
 * A page of sessions, those first that were active last.
 *
 * @example
 * ```ts
 * import { Console, Effect } from "effect"
 * import { Storage } from "effect-observability"
 *
 * const report = Effect.gen(function* () {
 *   const { items } = yield* Storage.listSessions({ filters: { hasError: true } })
 *   for (const { errors, sessionId } of items) yield* Console.log(`${sessionId}: ${errors} errors`)
 * })
 * ```
 *
 * @since 0.1.0
 * @category queries
 */
export const listSessions = accessor("listSessions")

/**
 * The summary of a session, if something of it is stored.
 *
 * @since 0.1.0
 * @category queries
 */
export const getSession = accessor("getSession")

/**
 * A page of what happened in a session, oldest first: its turns, logs and scores, each with a `_tag`.
 *
 * @example
 * ```ts
 * import { Console, Effect } from "effect"
 * import { Storage } from "effect-observability"
 *
 * const story = Effect.gen(function* () {
 *   const { items } = yield* Storage.sessionTimeline({ sessionId: "support-4711" })
 *   for (const item of items) yield* Console.log(item._tag === "LogRecord" ? item.message : item.name)
 * })
 * ```
 *
 * @since 0.1.0
 * @category queries
 */
export const sessionTimeline = accessor("sessionTimeline")

/**
 * Counts, sums, means, extremes and quantiles of records, by group and by time. See {@link Measure} for what can be asked,
 * and {@link AggregateOptions} for the rest.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Storage } from "effect-observability"
 *
 * // what each model costs a day, and how long it takes
 * const report = Effect.gen(function* () {
 *   const rows = yield* Storage.aggregate({
 *     of: "spans",
 *     filters: {
 *       spanType: "model_generation",
 *       startedAfter: BigInt(Date.UTC(2026, 10, 1)) * 1_000_000n,
 *       startedBefore: BigInt(Date.UTC(2026, 11, 1)) * 1_000_000n
 *     },
 *     groupBy: ["model", { metadata: "tenant" }],
 *     interval: "day",
 *     timeZone: "Europe/Berlin",
 *     measures: { calls: "count", p95: { quantile: 0.95, of: "duration" }, cost: { sum: "costUsd" } }
 *   })
 *   return rows.map(({ from, group, values }) => [from, group.model, group["metadata.tenant"], values.cost, values.p95])
 * })
 * ```
 *
 * @since 0.1.0
 * @category queries
 */
export const aggregate = <
  const N extends SignalName,
  const M extends { readonly [name: string]: Measure<N> },
  const D extends Dimension<N> = never
>(
  options: AggregateOptions<N, D, M>
): Effect.Effect<
  ReadonlyArray<AggregateRow<Group<D>, { readonly [K in keyof M]: MeasureValue<M[K]> }>>,
  StorageError,
  Storage
> => Effect.flatMap(Storage, (storage) => storage.aggregate<N, M, D>(options))

/**
 * Deletes the records of every signal before a time, in nanoseconds since the epoch: spans by their start.
 *
 * @since 0.1.0
 * @category operations
 */
export const deleteBefore = accessor("deleteBefore")

/**
 * Deletes the rows of a session, and the rows without a session in its traces.
 *
 * @since 0.1.0
 * @category operations
 */
export const deleteSession = accessor("deleteSession")

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
