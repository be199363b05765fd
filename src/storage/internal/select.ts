/**
 * Choosing among rows that are in memory, as every engine does among those in its tables.
 */
import * as Option from "effect/Option"
import { isEntry } from "../../signal/internal/spans.js"
import type { SpanRecord } from "../../signal/SpanRecord.js"
import type { Key, Page } from "../Engine.js"
import type { OrderBy } from "../StorageService.js"

/** The span without a parent, else the one with a remote parent; of several, the earliest. */
export const entrySpan = (trace: ReadonlyArray<SpanRecord>): SpanRecord | undefined => {
  const entries = trace.filter(isEntry).sort(byStart)
  return entries.find((span) => span.parentSpanId === undefined) ?? entries[0]
}

/** Sorts rows by their keys and cuts the page that a query asks for. */
export const select = <Row>(
  rows: ReadonlyArray<Row>,
  sortKey: (row: Row, order: OrderBy) => Key,
  { after, limit, order }: Page
): ReadonlyArray<Row> => {
  const sign = order.direction === "asc" ? 1 : -1
  return rows
    .map((row) => ({ row, key: sortKey(row, order) }))
    .filter(({ key }) => Option.isNone(after) || sign * compareKeys(key, after.value) > 0)
    .sort((a, b) => sign * compareKeys(a.key, b.key))
    .slice(0, limit)
    .map(({ row }) => row)
}

/** The order of spans by their start. */
export const byStart = (a: SpanRecord, b: SpanRecord): number =>
  compare(a.startTime, b.startTime) || compare(a.spanId, b.spanId)

export const compareKeys = (a: Key, b: Key): number => {
  for (const [index, part] of a.entries()) {
    const order = compare(part, b[index] as bigint | string)
    if (order !== 0) return order
  }
  return 0
}

export const compare = <A extends bigint | string>(a: A, b: A): number => (a < b ? -1 : a > b ? 1 : 0)
