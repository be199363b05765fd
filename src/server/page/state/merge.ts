/** Two parts of a list as one, in an order. */
export interface Order {
  readonly field: "time" | "duration"
  readonly direction: "asc" | "desc"
}

export interface Rows<A> {
  readonly idOf: (row: A) => string
  /** Nanoseconds, by which the list is sorted; a row without them comes last. */
  readonly valueOf: (row: A, field: Order["field"]) => bigint | undefined
}

/**
 * The rows with what is newer of them, and with those that are new. Unless the list is at its end, a row that would come
 * last is left for the page that it is on.
 */
export const merge = <A>(
  { idOf, valueOf }: Rows<A>,
  rows: ReadonlyArray<A>,
  newer: ReadonlyArray<A>,
  order: Order,
  isWhole: boolean
): ReadonlyArray<A> => {
  const byId = new Map(rows.map((row) => [idOf(row), row]))
  if (newer.every((row) => JSON.stringify(byId.get(idOf(row))) === JSON.stringify(row))) return rows
  const known = new Set(byId.keys())
  for (const row of newer) byId.set(idOf(row), row)
  const sign = order.direction === "asc" ? 1 : -1
  const keyed = Array.from(byId.values(), (row) => ({ row, value: valueOf(row, order.field) }))
  // The sort is stable: rows of one value stay as the storage had them.
  keyed.sort((a, b) => {
    if (a.value === b.value) return 0
    if (a.value === undefined || b.value === undefined) return a.value === undefined ? 1 : -1
    return a.value < b.value ? -sign : sign
  })
  const sorted = keyed.map(({ row }) => row)
  if (isWhole || rows.length === 0) return sorted
  return sorted.slice(0, sorted.findLastIndex((row) => known.has(idOf(row))) + 1)
}
