/**
 * Queries of records in memory: the reference for what conditions and removals mean.
 */
import type { JsonObject } from "../../signal/Json.js"
import { timeOf } from "../../signal/Signal.js"
import { type RecordOf, type SignalName, signals } from "../../signal/signals.js"
import type { Condition, Query, Removal } from "../Engine.js"
import { jsonEquals, recordKey } from "./query.js"
import { searchedTexts } from "./searchedTexts.js"
import { select } from "./select.js"
import { occurs } from "./words.js"

/** The records that a query asks for. */
export const selectRecords = <N extends SignalName>(
  name: N,
  records: ReadonlyArray<RecordOf<N>>,
  query: Query
): ReadonlyArray<RecordOf<N>> =>
  select(
    records.filter((record) => matchesAll(record, query.conditions)),
    recordKey(signals[name]),
    query
  )

/** Whether a record is one of those to delete. */
export const isRemoved = (name: SignalName, record: RecordOf<SignalName>, which: Removal): boolean => {
  if ("before" in which) return timeOf(signals[name], record) < which.before
  const { sessionId, traceId }: { readonly sessionId?: string | undefined; readonly traceId?: string | undefined } =
    record
  return sessionId === undefined
    ? traceId !== undefined && which.traceIds.includes(traceId)
    : sessionId === which.sessionId
}

interface AnyRecord {
  readonly [field: string]: unknown
}

/** Whether a record meets all conditions. */
export const matchesAll = (record: object, conditions: ReadonlyArray<Condition>): boolean =>
  conditions.every((condition) => matches(record, condition))

/** Whether a record meets a condition. */
export const matches = (record: object, condition: Condition): boolean => {
  const fields = record as AnyRecord
  switch (condition.op) {
    case "equals":
      return condition.fields.some((field) => fields[field] === condition.value)
    case "oneOf":
      return condition.values.includes(fields[condition.field] as string)
    case "hasAll":
      return condition.values.every((value) => (fields[condition.field] as ReadonlyArray<string>).includes(value))
    case "entries": {
      const object = (fields[condition.field] ?? {}) as JsonObject
      return Object.entries(condition.entries).every(
        ([key, value]) => Object.hasOwn(object, key) && jsonEquals(object[key], value)
      )
    }
    case "atLeast":
      return isNumber(fields[condition.field]) && (fields[condition.field] as number) >= condition.value
    case "atMost":
      return isNumber(fields[condition.field]) && (fields[condition.field] as number) <= condition.value
    case "below":
      return isNumber(fields[condition.field]) && (fields[condition.field] as number) < condition.value
    case "lasting": {
      const { endTime, startTime } = fields as { readonly startTime: bigint; readonly endTime?: bigint }
      return endTime !== undefined && endTime - startTime >= condition.value
    }
    case "words":
      return occurs(condition, searchedTexts(record))
    case "not":
      return !matches(record, condition.condition)
  }
}

const isNumber = (value: unknown): boolean => typeof value === "number" || typeof value === "bigint"
