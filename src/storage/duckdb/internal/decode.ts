/**
 * Rows back into records. A row is read as one JSON text, which costs a quarter of reading its cells one by one.
 */
import type { LogFields, SpanFields } from "../../../signal/internal/unsafe.js"
import type { LogRecord } from "../../../signal/LogRecord.js"
import { SessionSummary } from "../../../signal/SessionSummary.js"
import type { SpanRecord } from "../../../signal/SpanRecord.js"
import { type Encoded, toLog, toSpan } from "../../internal/decode.js"
import { logColumns, spanColumns } from "./schema.js"

export interface JsonRow {
  readonly json: string
}

/** The text of a row: its fields by their names in a record, times as strings, for they exceed the numbers of JSON. */
const rowJson = (columns: Readonly<Record<string, string>>, times: ReadonlyArray<string>) => (table: string) =>
  `to_json({${Object.keys(columns)
    .map((column) => `${camelCase(column)}: ${table}.${column}${times.includes(column) ? "::VARCHAR" : ""}`)
    .join(", ")}})::VARCHAR`

const camelCase = (column: string) => column.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase())

export const spanJson = rowJson(spanColumns, ["start_time", "end_time"])
export const logJson = rowJson(logColumns, ["timestamp"])

export const decodeSpan = (row: JsonRow): SpanRecord => toSpan(present<Encoded<SpanFields>>(row))

export const decodeLog = (row: JsonRow): LogRecord => toLog(present<Encoded<LogFields>>(row))

export const decodeSummary = (row: JsonRow): SessionSummary => {
  const fields = present<Encoded<ConstructorParameters<typeof SessionSummary>[0]>>(row)
  return new SessionSummary(
    {
      ...fields,
      firstActivity: BigInt(fields.firstActivity),
      lastActivity: BigInt(fields.lastActivity),
      users: Array.from(new Set(fields.users)).sort()
    },
    true
  )
}

/** The fields of a row that are not NULL. */
const present = <Fields>(row: JsonRow): Fields =>
  Object.fromEntries(Object.entries(JSON.parse(row.json) as object).filter(([, value]) => value !== null)) as Fields
