/**
 * Where records are kept, and how they are asked again. One service, with a Layer for each engine: a program moves from
 * one to another by changing that Layer, and gets the same answers.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { copy as copyRecords } from "./internal/copy.js"
import * as engine from "./internal/engine.js"
import { storageError } from "./internal/errors.js"
import * as memory from "./internal/memory.js"
import type { StorageError } from "./StorageError.js"
import type { CopyOptions, CopyProgress, StorageService } from "./StorageService.js"

export * from "./StorageError.js"
export type * from "./StorageService.js"

/**
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
    listTraces: unsupported("listTraces"),
    listSpans: unsupported("listSpans"),
    listLogs: unsupported("listLogs"),
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
 * A storage in memory, without bounds: for tests.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerMemory: Layer.Layer<Storage> = Layer.sync(Storage, () => engine.make(memory.make()))

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
