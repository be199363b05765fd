/** Two lists of sessions as one, in an order. */
import type { Session } from "../../../internal/encoded.js"

export interface Order {
  readonly field: "time" | "duration"
  readonly direction: "asc" | "desc"
}

const valueOf = ({ firstActivity, lastActivity }: Session, field: Order["field"]): bigint =>
  BigInt(lastActivity) - (field === "time" ? 0n : BigInt(firstActivity))

/**
 * The rows with what is newer of them, and with those that are new. Unless the list is at its end, a row that would come
 * last is left for the page that it is on.
 */
export const merge = (
  rows: ReadonlyArray<Session>,
  newer: ReadonlyArray<Session>,
  order: Order,
  isWhole: boolean
): ReadonlyArray<Session> => {
  const byId = new Map(rows.map((row) => [row.sessionId, row]))
  if (newer.every((row) => isEqual(byId.get(row.sessionId), row))) return rows
  const last = rows.at(-1)
  for (const row of newer) byId.set(row.sessionId, row)
  const sign = order.direction === "asc" ? 1 : -1
  const keyed = Array.from(byId.values(), (row) => ({ row, value: valueOf(row, order.field) }))
  // The sort is stable: sessions of one time stay as the storage had them.
  keyed.sort((a, b) => (a.value === b.value ? 0 : a.value < b.value ? -sign : sign))
  const sorted = keyed.map(({ row }) => row)
  if (isWhole || last === undefined) return sorted
  const known = new Set(rows.map(({ sessionId }) => sessionId))
  while (sorted.length > 0 && !known.has((sorted.at(-1) as Session).sessionId)) sorted.pop()
  return sorted
}

const isEqual = (a: Session | undefined, b: Session): boolean =>
  a !== undefined && JSON.stringify(a) === JSON.stringify(b)
