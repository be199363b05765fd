/** The traces of a question, kept up to date with those that began last. */
import type { Page, Span } from "../../../internal/encoded.js"
import { askedFilters } from "../../state/asked.js"
import { ask } from "../../state/client.js"
import { type Filter, spanFilters } from "../../state/filters.js"
import { merge, type Order, type Rows } from "../../state/merge.js"
import { useList } from "../../state/useList.js"

const traceRows: Rows<Span> = {
  idOf: ({ traceId }) => traceId,
  // One that is running has no duration yet.
  valueOf: ({ endTime, startTime }, field) =>
    field === "time" ? BigInt(startTime) : endTime === undefined ? undefined : BigInt(endTime) - BigInt(startTime)
}

export const useTraces = (filters: ReadonlyArray<Filter> | undefined, order: Order) => {
  const page = async (abort: AbortSignal, limit: number, orderBy?: Order, cursor?: string): Promise<Page<Span>> => {
    const { items, ...rest } = await ask(
      "listTraces",
      {
        filters: askedFilters(spanFilters, filters),
        pagination: { limit, ...(cursor !== undefined && { cursor }) },
        ...(orderBy !== undefined && { orderBy })
      },
      abort
    )
    return { ...rest, items: items.map(slim) }
  }
  return useList<Span>({
    key: JSON.stringify([filters, order]),
    page: (cursor, abort) => page(abort, 100, order, cursor),
    renew: async (_, abort) => {
      const { items } = await page(abort, 50)
      return (list) => ({ ...list, rows: merge(traceRows, list.rows, items, order, list.cursor === undefined) })
    },
    append: (rows, next) => merge(traceRows, rows, next, order, true)
  })
}

/** A row needs nothing of what was said, which may be large. */
const slim = (span: Span): Span => ({ ...span, attributes: {}, events: [], links: [], resource: {} })
