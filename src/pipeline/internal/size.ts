import type { LogRecord } from "../../signal/LogRecord.js"
import { SpanRecord } from "../../signal/SpanRecord.js"

/** The bytes that a record holds in memory, estimated: a character counts as one, what records share as none. */
export const sizeOf = (record: SpanRecord | LogRecord): number => {
  const own = 320 + sizeOfJson(record.attributes) + (record.metadata === undefined ? 0 : sizeOfJson(record.metadata))
  return record instanceof SpanRecord
    ? own +
        record.name.length +
        (record.statusMessage?.length ?? 0) +
        sizeOfAll(record.events) +
        sizeOfAll(record.links)
    : own + record.message.length + (record.cause?.length ?? 0) + sizeOfAll(record.data)
}

const sizeOfAll = (values: ReadonlyArray<unknown>): number => {
  let size = 0
  for (let i = 0; i < values.length; i++) size += sizeOfJson(values[i])
  return size
}

const sizeOfJson = (value: unknown): number => {
  if (typeof value === "string") return 16 + value.length
  if (typeof value !== "object" || value === null) return 8
  if (Array.isArray(value)) return 16 + sizeOfAll(value)
  let size = 16
  for (const key in value) size += key.length + sizeOfJson((value as Record<string, unknown>)[key])
  return size
}
