/**
 * The words of a session: its turns one after the other, with what users, models and tools said.
 *
 * @since 0.1.0
 */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { LogRecord } from "../signal/LogRecord.js"
import type { Score } from "../signal/Score.js"
import { Storage, type StorageError } from "../storage/Storage.js"
import * as turns from "./internal/turns.js"
import type { Turn } from "./Turn.js"

export type * from "./Turn.js"

/**
 * Anything that happened in a session.
 *
 * @since 0.1.0
 * @category models
 */
export type Item = Turn | LogRecord | Score

/**
 * The course of a session, oldest first: the items of its timeline, in which each turn has what was said. Inputs of models
 * repeat all that came before: of each call only what is new in it is here, and results of tools are with their calls.
 * Up to eight turns are asked for at a time. A session that is not stored has no items.
 *
 * @example
 * ```ts
 * import { Console, Effect, Stream } from "effect"
 * import { Transcript } from "effect-observability/server"
 *
 * const print = Transcript.ofSession("support-4711").pipe(
 *   Stream.runForEach((item) =>
 *     item._tag === "Turn"
 *       ? Effect.forEach(item.entries, ({ parts, role }) => Console.log(role, parts))
 *       : Effect.void
 *   )
 * )
 * ```
 *
 * @since 0.1.0
 * @category queries
 */
export const ofSession = (
  sessionId: string,
  options?: {
    /** The number of the turn to begin with, before which all is left out: 1 when absent. */
    readonly fromTurn?: number | undefined
    /** How many turns there are at most, with all that happened before the turn after them. */
    readonly turns?: number | undefined
    /** Characters of a text that are kept: 100,000 when absent. */
    readonly textLength?: number | undefined
    /**
     * Whether images that were given as bytes are in it, as `data:` URLs: of the types png, jpeg, gif and webp, of at most
     * 2 MiB each and 8 MiB a turn.
     */
    readonly images?: boolean | undefined
  }
): Stream.Stream<Item, StorageError, Storage> =>
  Stream.unwrap(
    Effect.map(Storage, (storage) => {
      const reader = turns.make(storage, sessionId, {
        textLength: options?.textLength ?? 100_000,
        images: options?.images ?? false
      })
      const first = options?.fromTurn ?? 1
      const end = first + (options?.turns ?? Number.POSITIVE_INFINITY)
      return Stream.paginateChunkEffect(undefined, (cursor: string | undefined) =>
        Effect.map(
          storage.sessionTimeline({ sessionId, pagination: { cursor, limit: pageSize } }),
          ({ items, nextCursor }) => [Chunk.unsafeFromArray(items), nextCursor]
        )
      ).pipe(
        // Each item with the number of its turn, or of the turn before it.
        Stream.mapAccum(0, (turns, item) => {
          const number = item._tag === "SpanRecord" ? turns + 1 : turns
          return [number, { item, number }]
        }),
        Stream.takeWhile(({ item, number }) => item._tag !== "SpanRecord" || number < end),
        // The turn before the first says what of the input of that one is not new.
        Stream.filter(({ item, number }) =>
          item._tag === "SpanRecord" ? number >= first - 1 : first === 1 || number >= first
        ),
        // The fibers of a stream that maps side by side outlive whoever reads it, where that one is interrupted.
        Stream.rechunk(held),
        Stream.mapChunksEffect((items) =>
          Effect.forEach(
            items,
            ({ item, number }): Effect.Effect<Effect.Effect<Item, StorageError>, StorageError> =>
              item._tag === "SpanRecord"
                ? Effect.map(reader.ask(item), (asked) => reader.read(asked, number))
                : Effect.succeed(Effect.succeed(item)),
            { concurrency: ahead }
          ).pipe(Effect.map(Chunk.unsafeFromArray))
        ),
        Stream.flattenEffect(),
        Stream.filter((item) => item._tag !== "Turn" || item.number >= first)
      )
    })
  )

const pageSize = 50
/** Items that are there before they are read. */
const held = 8
/** Turns that a storage is asked for at once. */
const ahead = 4
