/** Records from the fields that an engine has read: what is the same whatever it keeps them in. */
import { toSpanType } from "../../signal/internal/conventions.js"
import { type LogFields, type SpanFields, UnsafeLog, UnsafeSpan } from "../../signal/internal/unsafe.js"
import type { LogRecord } from "../../signal/LogRecord.js"
import type { SpanRecord } from "../../signal/SpanRecord.js"

/** What a record is before its times are read. */
export type Encoded<Fields> = {
  readonly [K in keyof Fields]: Fields[K] extends bigint
    ? string
    : Fields[K] extends bigint | undefined
      ? string | undefined
      : Fields[K]
}

export const toSpan = (fields: Encoded<SpanFields>): SpanRecord =>
  new UnsafeSpan({
    ...fields,
    spanType: toSpanType(fields.spanType),
    startTime: BigInt(fields.startTime),
    endTime: fields.endTime === undefined ? undefined : BigInt(fields.endTime),
    events: fields.events.map((event) => ({ ...event, time: BigInt(event.time) }))
  })

export const toLog = (fields: Encoded<LogFields>): LogRecord =>
  new UnsafeLog({ ...fields, timestamp: BigInt(fields.timestamp) })
