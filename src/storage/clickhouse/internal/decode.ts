/**
 * Rows back into records.
 */
import type { LogFields, SpanFields } from "../../../signal/internal/unsafe.js"
import type { LogRecord } from "../../../signal/LogRecord.js"
import type { SpanRecord } from "../../../signal/SpanRecord.js"
import { type Encoded, toLog, toSpan } from "../../internal/decode.js"

/** A row, and what was asked about it besides. */
export interface Row {
  readonly record: string
  readonly matches?: boolean | 0 | 1
  readonly shown?: boolean | 0 | 1
}

export interface LogRow extends Row {
  readonly message: string
}

export const spanSelection = "Record AS record"
export const logSelection = `${spanSelection}, Message AS message`

export const decodeSpan = (row: Row): SpanRecord => toSpan(fieldsOf<SpanFields>(row))

/** A span, and which version of it the row is. */
export const decodeVersion = (row: Row) => {
  const fields = fieldsOf<SpanFields & { readonly version: string }>(row)
  return { span: toSpan(fields), version: BigInt(fields.version) }
}

export const decodeLog = (row: LogRow): LogRecord => toLog({ ...fieldsOf<LogFields>(row), message: row.message })

/** A record that was made of the columns of its row has NULL for what is absent. */
const fieldsOf = <Fields>({ record }: Row): Encoded<Fields> => {
  const fields: Record<string, unknown> = JSON.parse(record)
  for (const name in fields) if (fields[name] === null) delete fields[name]
  return fields as Encoded<Fields>
}
