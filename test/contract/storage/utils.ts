import { assert, it } from "@effect/vitest"
import { Effect, type Layer, Option } from "effect"
import { LogRecord } from "../../../src/signal/LogRecord.js"
import { SpanRecord } from "../../../src/signal/SpanRecord.js"
import * as Storage from "../../../src/storage/Storage.js"

/** A layer that gives an empty storage each time it is built. */
export type StorageLayer = Layer.Layer<Storage.Storage, unknown>

type Service = Storage.StorageService

/** Tests on a storage of their own. */
export const testOn =
  (layer: StorageLayer) =>
  (behaviour: string, run: (storage: Service) => Effect.Effect<void, Storage.StorageError>): void =>
    it.live(behaviour, () => Storage.Storage.pipe(Effect.flatMap(run), Effect.provide(layer)))

/** Stores spans and logs, each kind in one batch. */
export const store = (storage: Service, ...records: ReadonlyArray<SpanRecord | LogRecord>) =>
  Effect.zipRight(
    storage.insertSpans(records.filter((record) => record instanceof SpanRecord)),
    storage.insertLogs(records.filter((record) => record instanceof LogRecord))
  )

type List<A> = (pagination: Storage.Pagination) => Effect.Effect<Storage.PaginatedResult<A>, Storage.StorageError>

/** The pages of a list, from the first to the last; `between` runs after each. */
export const pages = Effect.fnUntraced(function* <A>(
  list: List<A>,
  limit: number,
  between: (page: number) => Effect.Effect<void, Storage.StorageError> = () => Effect.void
) {
  const all: Array<ReadonlyArray<A>> = []
  let cursor: string | undefined
  do {
    const { items, nextCursor } = yield* list({ limit, cursor })
    all.push(items)
    cursor = Option.getOrUndefined(nextCursor)
    yield* between(all.length)
  } while (cursor !== undefined && all.length < 1_000)
  assert.isUndefined(cursor, "a list comes to an end")
  return all
})

export const names = ({ items }: Storage.PaginatedResult<SpanRecord>) => items.map((span) => span.name)

export const messages = ({ items }: Storage.PaginatedResult<LogRecord>) => items.map((log) => log.message)

/** The error of what must fail. */
export const failure = (effect: Effect.Effect<unknown, Storage.StorageError>) =>
  effect.pipe(Effect.zipRight(Effect.dieMessage("it did not fail")), Effect.flip)

/** What must fail with `InvalidArgument` and name the field. */
export const refuses = (effect: Effect.Effect<unknown, Storage.StorageError>, field: string) =>
  Effect.map(failure(effect), (error) => {
    assert.strictEqual(error.reason, "InvalidArgument")
    assert.strictEqual(error.field, field)
    assert.include(error.message, field)
    assert.isFalse(error.retryable)
  })
