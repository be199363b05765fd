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
import { isEntry } from "../../internal/select.js"
import type { StorageError } from "../../StorageError.js"
import { logColumns, spanColumns } from "./columns.js"
import type { Connection } from "./connection.js"
import { RowBinaryWriter } from "./rowBinary.js"
import type { Names } from "./schema.js"

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
  to.uint64(version)
}

/** In the order of `spanColumns`. */
const writeSpan = (to: RowBinaryWriter, span: SpanRecord, version: bigint): void => {
  to.string(span.traceId)
  to.string(span.spanId)
  to.string(span.parentSpanId ?? "")
  to.nullable(span.parentIsRemote, to.bool)
  to.string(span.name)
  to.string(span.kind)
  to.string(span.spanType)
  to.string(span.status)
  to.int64(span.startTime)
  to.nullable(span.endTime, to.int64)
  const versionOfSpan = span.endTime === undefined ? version : completed + version
  writeCorrelation(to, span, versionOfSpan)
  to.nullable(span.model, to.string)
  to.nullable(span.provider, to.string)
  to.nullable(span.inputTokens, (count) => to.int64(BigInt(count)))
  to.nullable(span.outputTokens, (count) => to.int64(BigInt(count)))
  to.nullable(span.costUsd, to.float64)
  to.bool(isEntry(span))
  to.bool(span.attributes[replay] === true)
  to.string(spanJson(span, versionOfSpan))
}

/** What `toJSON` gives, in a third of its time, and the version. */
const spanJson = (span: SpanRecord, version: bigint): string =>
  json({
    version: String(version),
    ...span,
    startTime: String(span.startTime),
    endTime: span.endTime === undefined ? undefined : String(span.endTime),
    events:
      span.events.length === 0 ? span.events : span.events.map((event) => ({ ...event, time: String(event.time) }))
  })

const logJson = (log: LogRecord): string => json({ ...log, timestamp: String(log.timestamp), message: undefined })

/** As JSON that ClickHouse can read, too: in a text with a whole number beyond 64 bits it finds nothing. */
const json = (value: object): string => {
  const text = JSON.stringify(value)
  if (!wide.test(text)) return text
  let isInString = false
  return text.replace(quoteOrWide, (part) => {
    if (part === '"') isInString = !isInString
    return isInString || part === '"' ? part : Number(part).toExponential()
  })
}

const wide = /[:[,]-?\d{19,21}[,\]}]/
/** No string as a whole: a long one exhausts the stack of the expression. */
const quoteOrWide = /\\.|"|(?<=[:[,])-?\d{19,21}(?=[,\]}])/g

/** In the order of `logColumns`. */
const writeLog = (to: RowBinaryWriter, log: LogRecord, version: bigint): void => {
  to.string(log.logId)
  to.int64(log.timestamp)
  to.string(log.level)
  to.string(log.message)
  to.nullable(log.traceId, to.string)
  to.nullable(log.spanId, to.string)
  writeCorrelation(to, log, version)
  to.string(logJson(log))
}
