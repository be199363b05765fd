/**
 * Rows back into records.
 */
import { toSpanType } from "../../../signal/internal/conventions.js"
import { type LogFields, type SpanFields, UnsafeLog, UnsafeSpan } from "../../../signal/internal/unsafe.js"
import type { LogRecord } from "../../../signal/LogRecord.js"
import type { SpanRecord } from "../../../signal/SpanRecord.js"
import { logColumns, spanColumns } from "./schema.js"

/** A cell as JSON: whole numbers of 64 bits are strings. */
export type Row = Readonly<Record<string, unknown>>

/** Columns under the names of their fields, times as nanoseconds. */
const selection = (columns: Readonly<Record<string, string>>): string =>
  Object.entries(columns)
    .map(
      ([name, type]) => `${type.includes("DateTime64") ? `toUnixTimestamp64Nano(${name})` : name} AS ${fieldOf(name)}`
    )
    .join(", ")

const fieldOf = (column: string): string => column.charAt(0).toLowerCase() + column.slice(1)

export const spanSelection = selection(spanColumns)
export const logSelection = selection(logColumns)

const jsons = ["attributes", "events", "links", "resource", "dropped", "data", "logSpans"]
const counts = ["inputTokens", "outputTokens"]
const optionals = ["parentSpanId", "sessionId"]

export const decodeSpan = (row: Row): SpanRecord => {
  const fields = decoded<Encoded<SpanFields>>(row)
  return new UnsafeSpan({
    ...fields,
    spanType: toSpanType(fields.spanType),
    startTime: BigInt(fields.startTime),
    endTime: fields.endTime === undefined ? undefined : BigInt(fields.endTime),
    events: fields.events.map((event) => ({ ...event, time: BigInt(event.time) }))
  })
}

export const decodeLog = (row: Row): LogRecord => {
  const fields = decoded<Encoded<LogFields>>(row)
  return new UnsafeLog({ ...fields, timestamp: BigInt(fields.timestamp) })
}

/** What a record is before its times are read. */
type Encoded<Fields> = {
  readonly [K in keyof Fields]: Fields[K] extends bigint
    ? string
    : Fields[K] extends bigint | undefined
      ? string | undefined
      : Fields[K]
}

const decoded = <Fields>(row: Row): Fields => {
  const fields: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(row)) {
    if (value === null || (value === "" && optionals.includes(name))) continue
    fields[name] = jsons.includes(name) ? JSON.parse(value as string) : counts.includes(name) ? Number(value) : value
  }
  fields["metadata"] =
    row["hasMetadata"] === true ? metadata(row["metadata"] as Readonly<Record<string, string>>) : undefined
  return fields as Fields
}

const metadata = (values: Readonly<Record<string, string>>): unknown =>
  JSON.parse(
    `{${Object.entries(values)
      .map(([key, value]) => `${JSON.stringify(key)}:${value}`)
      .join()}}`
  )
