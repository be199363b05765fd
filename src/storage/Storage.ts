/**
 * Where records are kept, and how they are asked again. One service, with a Layer for each engine: a program moves from
 * one to another by changing that Layer, and gets the same answers.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Layer from "effect/Layer"
import * as engine from "./internal/engine.js"
import { storageError } from "./internal/errors.js"
import * as memory from "./internal/memory.js"
import type { StorageService } from "./StorageService.js"

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
