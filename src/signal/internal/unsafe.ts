/**
 * Records of fields that are known to be valid. The constructors of the classes check every field, which costs more than
 * a whole span may; these give the same instances, in one shape of object, and leave out what is `undefined`.
 */
import type * as Types from "effect/Types"
import { LogRecord } from "../LogRecord.js"
import { SpanRecord } from "../SpanRecord.js"
import type { correlation } from "./fields.js"

export type SpanFields = ConstructorParameters<typeof SpanRecord>[0]
export type LogFields = ConstructorParameters<typeof LogRecord>[0]

interface Shape<Fields, Record> {
  (this: Types.Mutable<Record>, fields: Fields): void
  new (fields: Fields): Record
}

const shape = <Fields, Record>(
  prototype: Record,
  assign: (this: Types.Mutable<Record>, fields: Fields) => void
): (new (
  fields: Fields
) => Record) => {
  assign.prototype = prototype
  return assign as Shape<Fields, Record>
}

type Correlated = Types.Mutable<Pick<SpanRecord, keyof typeof correlation>>

const assignCorrelation = (record: Correlated, fields: SpanFields | LogFields): void => {
  if (fields.sessionId !== undefined) record.sessionId = fields.sessionId
  if (fields.threadId !== undefined) record.threadId = fields.threadId
  if (fields.runId !== undefined) record.runId = fields.runId
  if (fields.requestId !== undefined) record.requestId = fields.requestId
  if (fields.resourceId !== undefined) record.resourceId = fields.resourceId
  if (fields.userId !== undefined) record.userId = fields.userId
  if (fields.organizationId !== undefined) record.organizationId = fields.organizationId
  if (fields.conversationId !== undefined) record.conversationId = fields.conversationId
  record.serviceName = fields.serviceName
  if (fields.environment !== undefined) record.environment = fields.environment
  record.tags = fields.tags
  if (fields.metadata !== undefined) record.metadata = fields.metadata
}

export const UnsafeSpan = shape<SpanFields, SpanRecord>(SpanRecord.prototype, function (fields) {
  this.traceId = fields.traceId
  this.spanId = fields.spanId
  if (fields.parentSpanId !== undefined) this.parentSpanId = fields.parentSpanId
  if (fields.parentIsRemote !== undefined) this.parentIsRemote = fields.parentIsRemote
  if (fields.traceState !== undefined) this.traceState = fields.traceState
  this.name = fields.name
  this.kind = fields.kind
  this.spanType = fields.spanType
  this.status = fields.status
  if (fields.statusMessage !== undefined) this.statusMessage = fields.statusMessage
  this.startTime = fields.startTime
  if (fields.endTime !== undefined) this.endTime = fields.endTime
  assignCorrelation(this, fields)
  if (fields.model !== undefined) this.model = fields.model
  if (fields.provider !== undefined) this.provider = fields.provider
  if (fields.inputTokens !== undefined) this.inputTokens = fields.inputTokens
  if (fields.outputTokens !== undefined) this.outputTokens = fields.outputTokens
  if (fields.costUsd !== undefined) this.costUsd = fields.costUsd
  this.attributes = fields.attributes
  this.events = fields.events
  this.links = fields.links
  this.resource = fields.resource
  if (fields.dropped !== undefined) this.dropped = fields.dropped
})

export const UnsafeLog = shape<LogFields, LogRecord>(LogRecord.prototype, function (fields) {
  this.logId = fields.logId
  this.timestamp = fields.timestamp
  this.level = fields.level
  this.message = fields.message
  this.data = fields.data
  this.attributes = fields.attributes
  this.logSpans = fields.logSpans
  if (fields.cause !== undefined) this.cause = fields.cause
  if (fields.traceId !== undefined) this.traceId = fields.traceId
  if (fields.spanId !== undefined) this.spanId = fields.spanId
  assignCorrelation(this, fields)
})
