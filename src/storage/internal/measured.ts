/**
 * Measures of records: the value that a record gives, the same in every engine, and the sums of such values.
 */
import { isReplayed } from "../../signal/internal/spans.js"
import type { LogRecord } from "../../signal/LogRecord.js"
import { timeOf } from "../../signal/Signal.js"
import type { SpanRecord } from "../../signal/SpanRecord.js"
import { type SignalName, signals } from "../../signal/signals.js"

/** How values are kept: integers, nanoseconds, dollars as integer nanodollars, and doubles. */
export type Unit = "integer" | "nanos" | "dollars" | "real"

/** The fields of each signal that are measured. */
export const measured: { readonly [N in SignalName]: { readonly [field: string]: Unit } } = {
  spans: {
    time: "nanos",
    duration: "nanos",
    timeToFirstToken: "nanos",
    inputTokens: "integer",
    outputTokens: "integer",
    cachedInputTokens: "integer",
    cacheWriteTokens: "integer",
    reasoningTokens: "integer",
    costUsd: "dollars"
  },
  logs: { time: "nanos" },
  metrics: { time: "nanos", value: "real" },
  scores: { time: "nanos", value: "real" }
}

/** The unit of a field. */
export const unitOf = (signal: SignalName, field: string): Unit => measured[signal][field] ?? "integer"

/** A span lasts as long as a difference of 64 bits can say if both times are within these, of the years 1823 and 2116. */
export const [earliest, latest] = [-(2n ** 62n), 2n ** 62n]

/** Of which spans a field is measured: agents repeat the usage of their children. */
export const typesOf = (field: string): ReadonlyArray<string> | undefined =>
  field === "costUsd" ? ["model_generation", "tool_call"] : field.endsWith("Tokens") ? ["model_generation"] : undefined

/** The most dollars of one span, either way: more has no nanodollars of 64 bits. */
export const mostDollars = 9e9

/** The value of a field that a record gives to a measure. */
export const valueOf = (signal: SignalName, record: object, field: string): bigint | number | undefined => {
  if (field === "time") return timeOf(signals[signal], record)
  if (signal !== "spans") return realOf((record as { readonly value?: number }).value)
  const span = record as SpanRecord
  if (field === "duration") {
    const { endTime, startTime } = span
    return endTime === undefined || !isMeasured(startTime) || !isMeasured(endTime) ? undefined : endTime - startTime
  }
  const types = typesOf(field)
  if (types !== undefined && (isReplayed(span) || !types.includes(span.spanType))) return undefined
  const value = span[field as "costUsd" | "inputTokens" | "timeToFirstToken"]
  if (typeof value !== "number") return value
  return BigInt(field === "costUsd" ? Math.floor(clamped(value, mostDollars) * 1e9 + 0.5) : value)
}

const isMeasured = (time: bigint): boolean => time >= earliest && time <= latest

/** Zero has no sign, of which engines may keep either. */
const realOf = (value: number | undefined): number | undefined => (value === undefined ? undefined : value + 0)

const clamped = (value: number, most: number): number => Math.max(Math.min(value, most), -most)

/** Whether a record is an error. */
export const isError = (signal: SignalName, record: object): boolean =>
  signal === "spans"
    ? (record as SpanRecord).status === "error" && !isReplayed(record as SpanRecord)
    : signal === "logs" && levelsOfErrors.includes((record as LogRecord).level)

export const levelsOfErrors: ReadonlyArray<string> = ["error", "fatal"]

/** A double as an integer of units of 2^-120, of which sums are exact in any order. */
export const unitsOf = (value: number): bigint => BigInt(Math.trunc(clamped(value, 2 ** 120) * 2 ** 120))

/** The double next to a sum of such units. */
export const fromUnits = (units: bigint): number => Number(units) / 2 ** 120

/** The place of a quantile among so many values in their order, from 1. */
export const rankOf = (millionths: number, count: number): number => Math.max(1, Math.ceil((millionths * count) / 1e6))

/** An exact sum as the number that it stands for. */
export const fromSum = (unit: Unit, sum: bigint): bigint | number => {
  switch (unit) {
    case "nanos":
      return sum
    case "integer":
      return Number(sum)
    case "dollars":
      return Number(sum) / 1e9
    case "real":
      return fromUnits(sum)
  }
}

/** A mean, or a rate; of nanoseconds a whole number, cut towards zero. There is none of nothing. */
export const ratio = (unit: Unit, sum: bigint | null, count: bigint | null): bigint | number | null => {
  if (count === null || count === 0n) return null
  const number = fromSum(unit, sum ?? 0n)
  return typeof number === "bigint" ? number / count : number / Number(count)
}
