import { Chunk, Effect, Option, Stream } from "effect"
import type { Storage } from "effect-observability"

/** What a method of a storage lists, page by page to the end. */
export const all = <A>(
  list: (pagination: Storage.Pagination) => Effect.Effect<Storage.PaginatedResult<A>, Storage.StorageError>
) =>
  Stream.paginateChunkEffect(Option.none<string>(), (cursor) =>
    Effect.map(list({ limit: 1_000, cursor: Option.getOrUndefined(cursor) }), ({ items, nextCursor }) => [
      Chunk.fromIterable(items),
      Option.map(nextCursor, Option.some)
    ])
  ).pipe(Stream.runCollect, Effect.map(Chunk.toReadonlyArray))
