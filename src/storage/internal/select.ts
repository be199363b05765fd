/**
 * Choosing among rows that are in memory, as every engine does among those in its tables.
 */
import * as Arr from "effect/Array"
import * as Option from "effect/Option"
import { isEntry } from "../../signal/internal/spans.js"
import type { SpanRecord } from "../../signal/SpanRecord.js"
import type { Key, Page } from "../Engine.js"
import type { OrderBy } from "../StorageService.js"

/**
 * The span that a list shows for a trace: the one without a parent, else one with a remote parent, else one whose parent
 * is not stored, else, in a cycle, any; of several, the earliest.
 */
export const representative = (trace: Arr.NonEmptyReadonlyArray<SpanRecord>): SpanRecord => {
  const sorted = Array.from(trace).sort(byStart)
  const ids = new Set(trace.map((span) => span.spanId))
  return (
    sorted.find((span) => span.parentSpanId === undefined) ??
    sorted.find(isEntry) ??
    sorted.find((span) => !ids.has(span.parentSpanId as string)) ??
    (sorted[0] as SpanRecord)
  )
}

/** The span that a list shows for a trace, if that is an entry span. */
export const entrySpan = (trace: ReadonlyArray<SpanRecord>): SpanRecord | undefined => {
  const entries = trace.filter(isEntry)
  return Arr.isNonEmptyReadonlyArray(entries) ? representative(entries) : undefined
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
