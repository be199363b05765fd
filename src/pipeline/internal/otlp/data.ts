/**
 * Records as OTLP has them (https://opentelemetry.io/docs/specs/otlp/), in its JSON form. What OTLP has no field for goes
 * to attributes: under the names of the OpenTelemetry conventions, and under those by which OpenInference and Langfuse
 * know the same.
 */
import * as Arr from "effect/Array"
import type { Json, JsonObject } from "../../../signal/Json.js"
import type { LogRecord } from "../../../signal/LogRecord.js"
import type { SpanRecord } from "../../../signal/SpanRecord.js"

export interface AnyValue {
  readonly stringValue?: string
  readonly boolValue?: boolean
  readonly intValue?: string
  readonly doubleValue?: number
  readonly arrayValue?: { readonly values: ReadonlyArray<AnyValue> }
  readonly kvlistValue?: { readonly values: ReadonlyArray<KeyValue> }
}

export interface KeyValue {
  readonly key: string
  readonly value: AnyValue
}

/** Maps records, with integers as `toInt` writes them. */
export const make = (toInt: (value: number) => string) => {
  const anyValue = (json: Json): AnyValue => {
    switch (typeof json) {
      case "string":
        return { stringValue: json }
      case "boolean":
        return { boolValue: json }
      case "number":
        return Number.isSafeInteger(json) ? { intValue: toInt(json) } : { doubleValue: json }
    }
    if (json === null) return {}
    return isArray(json) ? { arrayValue: { values: json.map(anyValue) } } : { kvlistValue: { values: keyValues(json) } }
  }

  /** Of the objects that have a value for a key, the last counts. */
  const keyValues = (...objects: ReadonlyArray<Attributes>): Array<KeyValue> => {
    const values: Array<KeyValue> = []
    for (let i = 0; i < objects.length; i++) {
      const attributes = objects[i] as Attributes
      for (const key of Object.keys(attributes)) {
        const value = attributes[key]
        if (value !== undefined && !hasAfter(objects, i, key)) values.push({ key, value: anyValue(value) })
      }
    }
    return values
  }

  const resource = (attributes: Attributes) => ({ attributes: keyValues(attributes), droppedAttributesCount: 0 })

  const toSpan = (span: SpanRecord) => {
    const links = span.links.filter((link) => isTraceId(link.traceId) && isSpanId(link.spanId))
    return {
      traceId: span.traceId,
      spanId: span.spanId,
      ...(span.traceState !== undefined && { traceState: span.traceState }),
      ...(span.parentSpanId !== undefined && { parentSpanId: span.parentSpanId }),
      name: span.name,
      kind: kinds[span.kind],
      startTimeUnixNano: toTime(span.startTime),
      // A span that had not ended at the close has no duration.
      endTimeUnixNano: toTime(span.endTime ?? span.startTime),
      attributes: keyValues(spanAttributes(span), span.attributes, correlation(span)),
      droppedAttributesCount: span.dropped?.attributes ?? 0,
      events: span.events.map(({ attributes, name, time }) => ({
        timeUnixNano: toTime(time),
        name,
        attributes: keyValues(attributes),
        droppedAttributesCount: 0
      })),
      droppedEventsCount: span.dropped?.events ?? 0,
      links: links.map(({ attributes, spanId, traceId }) => ({
        traceId,
        spanId,
        attributes: keyValues(attributes),
        droppedAttributesCount: 0
      })),
      droppedLinksCount: (span.dropped?.links ?? 0) + span.links.length - links.length,
      status: {
        code: statusCodes[span.status],
        ...(span.statusMessage !== undefined && { message: span.statusMessage })
      },
      flags: sampled | hasIsRemote | (span.parentIsRemote ? isRemote : 0)
    }
  }

  const toLog = (log: LogRecord) => ({
    timeUnixNano: toTime(log.timestamp),
    observedTimeUnixNano: toTime(log.timestamp),
    severityNumber: severities[log.level],
    severityText: log.level.toUpperCase(),
    body: anyValue(bodyOf(log)),
    attributes: keyValues(logAttributes(log), log.attributes, correlation(log)),
    droppedAttributesCount: 0,
    ...(isTraceId(log.traceId) && {
      traceId: log.traceId,
      ...(isSpanId(log.spanId) && { spanId: log.spanId })
    })
  })

  return {
    resourceSpans: (spans: ReadonlyArray<SpanRecord>) =>
      grouped(spans, (span) => ({ ...span.resource, ...origin(span) })).map(({ attributes, records }) => ({
        resource: resource(attributes),
        scopeSpans: [{ scope, spans: records.map(toSpan) }]
      })),
    resourceLogs: (logs: ReadonlyArray<LogRecord>) =>
      grouped(logs, origin).map(({ attributes, records }) => ({
        resource: resource(attributes),
        scopeLogs: [{ scope, logRecords: records.map(toLog) }]
      }))
  }
}

interface Attributes {
  readonly [key: string]: Json | undefined
}

const hasAfter = (objects: ReadonlyArray<Attributes>, index: number, key: string): boolean => {
  for (let i = index + 1; i < objects.length; i++) {
    const attributes = objects[i] as Attributes
    if (attributes[key] !== undefined && Object.hasOwn(attributes, key)) return true
  }
  return false
}

const scope = { name: "effect-observability" }

const kinds = { internal: 1, server: 2, client: 3, producer: 4, consumer: 5 } as const

const statusCodes = { ok: 1, error: 2, interrupted: 0, running: 0 } as const

const severities = { trace: 1, debug: 5, info: 9, warn: 13, error: 17, fatal: 21 } as const

/** The flags of a span: those of the W3C, and whether its parent is remote. */
const sampled = 0x001
const hasIsRemote = 0x100
const isRemote = 0x200

/** Times are unsigned in OTLP. */
const toTime = (nanos: bigint): string => (nanos < 0n ? "0" : nanos.toString())

const isArray = (json: ReadonlyArray<Json> | JsonObject): json is ReadonlyArray<Json> => Array.isArray(json)

const isTraceId = (id: string | undefined): id is string => id !== undefined && /^[\da-f]{32}$/.test(id)

const isSpanId = (id: string | undefined): id is string => id !== undefined && /^[\da-f]{16}$/.test(id)

/** The records of each resource. */
const grouped = <A>(records: ReadonlyArray<A>, resourceOf: (record: A) => Attributes) =>
  Object.values(
    Arr.groupBy(
      records.map((record) => ({ record, attributes: resourceOf(record) })),
      ({ attributes }) => JSON.stringify(attributes)
    )
  ).map((group) => ({ attributes: group[0].attributes, records: group.map(({ record }) => record) }))

const origin = ({ environment, serviceName }: SpanRecord | LogRecord): Attributes => ({
  "service.name": serviceName,
  "deployment.environment.name": environment
})

/** Whom a record belongs to. */
const correlation = (record: SpanRecord | LogRecord): Attributes => ({
  "session.id": record.sessionId,
  "user.id": record.userId,
  "gen_ai.conversation.id": record.conversationId,
  "effect_observability.thread_id": record.threadId,
  "effect_observability.run_id": record.runId,
  "effect_observability.request_id": record.requestId,
  "effect_observability.resource_id": record.resourceId,
  "effect_observability.organization_id": record.organizationId,
  ...(record.tags.length > 0 && { "tag.tags": record.tags, "langfuse.trace.tags": record.tags }),
  ...(record.metadata !== undefined && {
    metadata: JSON.stringify(record.metadata),
    ...prefixed("langfuse.trace.metadata.", record.metadata)
  })
})

const prefixed = (prefix: string, object: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(object).map(([key, value]) => [prefix + key, value]))

/** What a span is, and what it cost, where its own attributes do not say so by these names. */
const spanAttributes = (span: SpanRecord): Attributes => ({
  ...(statusCodes[span.status] === 0 && { "effect_observability.status": span.status }),
  "gen_ai.provider.name": span.provider,
  "gen_ai.request.model": span.model,
  "gen_ai.usage.input_tokens": span.inputTokens,
  "gen_ai.usage.output_tokens": span.outputTokens,
  "gen_ai.usage.cost": span.costUsd,
  ...openInference(span)
})

const openInference = (span: SpanRecord): Attributes => {
  switch (span.spanType) {
    case "agent_run":
      return { "openinference.span.kind": "AGENT" }
    case "tool_call":
      return { "openinference.span.kind": "TOOL", "tool.name": span.attributes["gen_ai.tool.name"] }
    case "retrieval":
      return { "openinference.span.kind": "RETRIEVER" }
    case "workflow_run":
    case "workflow_step":
      return { "openinference.span.kind": "CHAIN" }
    case "generic":
      return {}
    case "model_generation":
      return span.attributes["gen_ai.operation.name"] === "embeddings"
        ? { "openinference.span.kind": "EMBEDDING", "embedding.model_name": span.model, ...tokenCounts(span) }
        : { "openinference.span.kind": "LLM", "llm.model_name": span.model, ...tokenCounts(span) }
  }
}

const tokenCounts = ({ inputTokens, outputTokens }: SpanRecord): Attributes => ({
  "llm.token_count.prompt": inputTokens,
  "llm.token_count.completion": outputTokens
})

const logAttributes = ({ cause, data, logId, logSpans, message }: LogRecord): Attributes => ({
  "log.record.uid": logId,
  ...(message !== "" && data.length > 0 && { "effect_observability.data": data }),
  ...(cause !== undefined && { "exception.message": cause.split("\n", 1)[0], "exception.stacktrace": cause }),
  ...prefixed("logSpan.", logSpans)
})

const bodyOf = ({ data, message }: LogRecord): Json =>
  message !== "" || data.length === 0 ? message : data.length === 1 ? (data[0] as Json) : data
