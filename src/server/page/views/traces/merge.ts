/** Two lists of traces as one, in an order. */
import type { Span } from "../../../internal/encoded.js"

export interface Order {
  readonly field: "time" | "duration"
  readonly direction: "asc" | "desc"
}

/** One that is running has no duration yet, and comes last. */
const valueOf = ({ endTime, startTime }: Span, field: Order["field"]): bigint | undefined =>
  field === "time" ? BigInt(startTime) : endTime === undefined ? undefined : BigInt(endTime) - BigInt(startTime)

/**
 * The rows with what is newer of them, and with those that are new. Unless the list is at its end, a row that would come
 * last is left for the page that it is on.
 */
export const merge = (
  rows: ReadonlyArray<Span>,
  newer: ReadonlyArray<Span>,
  order: Order,
  isWhole: boolean
): ReadonlyArray<Span> => {
  const byId = new Map(rows.map((row) => [row.traceId, row]))
  if (newer.every((row) => isEqual(byId.get(row.traceId), row))) return rows
  const last = rows.at(-1)
  for (const row of newer) byId.set(row.traceId, row)
  const sign = order.direction === "asc" ? 1 : -1
  const keyed = Array.from(byId.values(), (row) => ({ row, value: valueOf(row, order.field) }))
  keyed.sort((a, b) => {
    if (a.value === b.value) return 0
    if (a.value === undefined || b.value === undefined) return a.value === undefined ? 1 : -1
    return a.value < b.value ? -sign : sign
  })
  const sorted = keyed.map(({ row }) => row)
  if (isWhole || last === undefined) return sorted
  const known = new Set(rows.map(({ traceId }) => traceId))
  while (sorted.length > 0 && !known.has((sorted.at(-1) as Span).traceId)) sorted.pop()
  return sorted
}

const isEqual = (a: Span | undefined, b: Span): boolean => a !== undefined && JSON.stringify(a) === JSON.stringify(b)
