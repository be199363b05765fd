/**
 * Rows back into records.
 */
import type { LogFields, SpanFields } from "../../../signal/internal/unsafe.js"
import type { LogRecord } from "../../../signal/LogRecord.js"
import type { SpanRecord } from "../../../signal/SpanRecord.js"
import { type Encoded, toLog, toSpan } from "../../internal/decode.js"
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

export const decodeSpan = (row: Row): SpanRecord => toSpan(decoded<Encoded<SpanFields>>(row))

export const decodeLog = (row: Row): LogRecord => toLog(decoded<Encoded<LogFields>>(row))

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
