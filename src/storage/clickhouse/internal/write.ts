/**
 * How records are written: encoded by hand, and streamed to the server in statements of several thousand rows. Nothing is
 * looked up: of the rows of a record, readers take the one with the highest version.
 */
import type { Buffer } from "node:buffer"
import { Readable } from "node:stream"
import * as Arr from "effect/Array"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { replay } from "../../../signal/internal/conventions.js"
import type { LogRecord } from "../../../signal/LogRecord.js"
import type { SpanRecord } from "../../../signal/SpanRecord.js"
import { canonical } from "../../internal/query.js"
import type { StorageError } from "../../StorageError.js"
import type { Connection } from "./connection.js"
import { RowBinaryWriter } from "./rowBinary.js"
import { logColumns, type Names, spanColumns } from "./schema.js"

export const make = (connection: Connection, name: Names) => {
  let last = 0n
  /** The time in nanoseconds, and later than any that it gave before. */
  const nextVersion = Effect.map(Clock.currentTimeNanos, (now) => (last = now > last ? now : last + 1n))

  const insert = <Record>(
    table: string,
    columns: object,
    write: (to: RowBinaryWriter, record: Record, version: bigint) => void
  ) => {
    const into = `${table} (${Object.keys(columns).join()})`
    return (records: ReadonlyArray<Record>): Effect.Effect<void, StorageError> =>
      Effect.flatMap(nextVersion, (version) =>
        Effect.forEach(
          Arr.chunksOf(records, rowsAStatement),
          (rows) => connection.insert(into, () => Readable.from(encoded(rows, version, write), { objectMode: false })),
          { discard: true }
        )
      )
  }

  return {
    insertSpans: insert(name.spans, spanColumns, writeSpan),
    insertLogs: insert(name.logs, logColumns, writeLog)
  }
}

const rowsAStatement = 10_000

/** As many rows as are encoded while the event loop waits. */
const rowsATurn = 500

function* encoded<Record>(
  records: ReadonlyArray<Record>,
  version: bigint,
  write: (to: RowBinaryWriter, record: Record, version: bigint) => void
): Generator<Buffer> {
  const to = new RowBinaryWriter()
  for (const rows of Arr.chunksOf(records, rowsATurn)) {
    for (const record of rows) write(to, record, version)
    yield to.take()
  }
}

/** The version of a completed span is beyond that of any running one. */
const completed = 2n ** 63n

const writeCorrelation = (to: RowBinaryWriter, record: SpanRecord | LogRecord, version: bigint): void => {
  to.string(record.sessionId ?? "")
  to.nullable(record.threadId, to.string)
  to.nullable(record.runId, to.string)
  to.nullable(record.requestId, to.string)
  to.nullable(record.resourceId, to.string)
  to.nullable(record.userId, to.string)
  to.nullable(record.organizationId, to.string)
  to.nullable(record.conversationId, to.string)
  to.string(record.serviceName)
  to.nullable(record.environment, to.string)
  to.size(record.tags.length)
  for (const tag of record.tags) to.string(tag)
  const metadata = Object.entries(record.metadata ?? {})
  to.size(metadata.length)
  for (const [key, value] of metadata) {
    to.string(key)
    to.string(canonical(value))
  }
  to.bool(record.metadata !== undefined)
  to.uint64(version)
}

/** In the order of `spanColumns`. */
const writeSpan = (to: RowBinaryWriter, span: SpanRecord, version: bigint): void => {
  to.string(span.traceId)
  to.string(span.spanId)
  to.string(span.parentSpanId ?? "")
  to.nullable(span.parentIsRemote, to.bool)
  to.nullable(span.traceState, to.string)
  to.string(span.name)
  to.string(span.kind)
  to.string(span.spanType)
  to.string(span.status)
  to.nullable(span.statusMessage, to.string)
  to.int64(span.startTime)
  to.nullable(span.endTime, to.int64)
  writeCorrelation(to, span, span.endTime === undefined ? version : completed + version)
  to.nullable(span.model, to.string)
  to.nullable(span.provider, to.string)
  to.nullable(span.inputTokens, (count) => to.int64(BigInt(count)))
  to.nullable(span.outputTokens, (count) => to.int64(BigInt(count)))
  to.nullable(span.costUsd, to.float64)
  to.string(JSON.stringify(span.attributes))
  to.string(
    span.events.length === 0
      ? "[]"
      : JSON.stringify(span.events.map((event) => ({ ...event, time: String(event.time) })))
  )
  to.string(JSON.stringify(span.links))
  to.string(JSON.stringify(span.resource))
  to.nullable(span.dropped && JSON.stringify(span.dropped), to.string)
  to.bool(span.attributes[replay] === true)
}

/** In the order of `logColumns`. */
const writeLog = (to: RowBinaryWriter, log: LogRecord, version: bigint): void => {
  to.string(log.logId)
  to.int64(log.timestamp)
  to.string(log.level)
  to.string(log.message)
  to.string(JSON.stringify(log.data))
  to.string(JSON.stringify(log.attributes))
  to.string(JSON.stringify(log.logSpans))
  to.nullable(log.cause, to.string)
  to.nullable(log.traceId, to.string)
  to.nullable(log.spanId, to.string)
  writeCorrelation(to, log, version)
}
