/**
 * New prices for spans that are stored.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { mapInTurns } from "../../../runtime/eventLoop.js"
import type { SpanFilters, StorageError, StorageService } from "../../../storage/Storage.js"
import { stamp } from "./stamp.js"
import type { PriceOf } from "./tables.js"
import { Unpriced } from "./unpriced.js"

export interface Repriced {
  readonly spans: number
  readonly repriced: number
  readonly unpriced: { readonly [model: string]: number }
}

export const reprice = Effect.fnUntraced(function* (
  storage: Pick<StorageService, "listSpans" | "insertSpans">,
  filters: SpanFilters,
  priceOf: PriceOf
): Effect.fn.Return<Repriced, StorageError> {
  const unpriced = new Unpriced()
  const done = { spans: 0, repriced: 0 }
  const pages = Stream.paginateEffect(undefined as string | undefined, (cursor) =>
    Effect.map(
      storage.listSpans({
        filters: { spanType: "model_generation", ...filters },
        pagination: { limit: pageSize, cursor },
        orderBy: { field: "time", direction: "asc" }
      }),
      (page) => [page.items, Option.map(page.nextCursor, (cursor): string | undefined => cursor)]
    )
  )
  yield* Stream.runForEach(pages, (spans) =>
    Effect.gen(function* () {
      const stamped = yield* mapInTurns(spans, (span) => stamp(span, priceOf, unpriced.add))
      const changed = stamped.filter((span, i) => span !== spans[i])
      if (changed.length > 0) yield* storage.insertSpans(changed)
      done.spans += spans.length
      done.repriced += changed.length
    })
  )
  return { ...done, unpriced: unpriced.counts }
})

/** A span may be large: so many are held at a time. */
const pageSize = 200
