import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type { LogRecord } from "../../signal/LogRecord.js"
import type { SpanRecord } from "../../signal/SpanRecord.js"
import { type RecordOf, type SignalName, signalNames, signals } from "../../signal/signals.js"
import * as Storage from "../../storage/Storage.js"

/** A layer that gives an empty storage each time it is built. */
export type StorageLayer = Layer.Layer<Storage.Storage, unknown>

type Service = Storage.StorageService

/** Tests on a storage of their own. */
export const testOn =
  (layer: StorageLayer) =>
  (behaviour: string, run: (storage: Service) => Effect.Effect<void, Storage.StorageError>): void =>
    it.live(behaviour, () => Storage.Storage.pipe(Effect.flatMap(run), Effect.provide(layer)))

export type Test = ReturnType<typeof testOn>

/** Nanoseconds of a moment in UTC. */
export const utc = (text: string): bigint => BigInt(Date.parse(`${text}Z`)) * 1_000_000n

/** Stores records, those of each signal in one batch. */
export const store = (storage: Service, ...records: ReadonlyArray<RecordOf<SignalName>>) =>
  Effect.forEach(
    signalNames,
    (name) =>
      Storage.methodsOf(storage, name).insert(
        records.filter((record): record is never => record instanceof signals[name].record)
      ),
    { discard: true }
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

/** The message of a log, and the name of what has one. */
export const label = (item: Storage.TimelineItem): string | undefined =>
  "message" in item ? item.message : "name" in item ? item.name : undefined

/** The error of what must fail. */
export const failure = (effect: Effect.Effect<unknown, Storage.StorageError>) =>
  effect.pipe(Effect.zipRight(Effect.dieMessage("it did not fail")), Effect.flip)

/** The error of a call that must fail with `InvalidArgument` and name the field. */
export const refuses = (effect: Effect.Effect<unknown, Storage.StorageError>, field: string) =>
  Effect.map(failure(effect), (error) => {
    assert.strictEqual(error.reason, "InvalidArgument")
    assert.strictEqual(error.field, field)
    assert.include(error.message, field)
    assert.isFalse(error.retryable)
  })
