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
export const byStart = (
  a: Pick<SpanRecord, "spanId" | "startTime">,
  b: Pick<SpanRecord, "spanId" | "startTime">
): number => compare(a.startTime, b.startTime) || compare(a.spanId, b.spanId)

/** A key that ends early is equal to all that begin like it. */
export const compareKeys = (a: Key, b: Key): number => {
  for (const [index, part] of a.slice(0, b.length).entries()) {
    const order = compare(part, b[index] as bigint | string)
    if (order !== 0) return order
  }
  return 0
}

/** Text is compared by code points, as the engines do, and not by the halves of which JavaScript makes some. */
export const compare = <A extends bigint | string>(a: A, b: A): number => {
  if (a === b) return 0
  if (typeof a !== "string" || typeof b !== "string") return a < b ? -1 : 1
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const [left, right] = [a.charCodeAt(i), b.charCodeAt(i)]
    if (left !== right) return rank(left) - rank(right)
  }
  return a.length - b.length
}

/** Halves of a code point stand for one beyond all that are whole. */
const rank = (unit: number): number => (unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit)
