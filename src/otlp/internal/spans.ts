/** Spans as OTLP has them. */
import { spanType } from "../../signal/conventions/effectObservability.js"
import { fields, type SpanRecord } from "../../signal/SpanRecord.js"
import * as Attributes from "./attributes.js"
import * as conventions from "./conventions.js"
import type { SignalEncoding } from "./encoding.js"
import { byResource } from "./resources.js"
import { isSpanId, isTraceId, type KeyValue, keyValues, toTime } from "./values.js"

export const spans: SignalEncoding<SpanRecord> = {
  path: "traces",
  envelope: "resourceSpans",
  rejected: "rejectedSpans",
  recordsPerTurn: 20,
  encode: (spans) =>
    Array.from(byResource(spans), ({ records, resource, scope }) => ({
      resource,
      scopeSpans: [{ scope, spans: records.map(toSpan) }]
    }))
}

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
    attributes: Attributes.merged(derived(span), span.attributes, Attributes.correlated(span), names),
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

const writeFields = Attributes.writer(Attributes.ownFields(fields))

/** An outcome that OTLP has no code for. */
export const status = "effect_observability.status"

/** The names of what follows from the fields of a span. */
export const names = Attributes.namesOf(fields, [status, spanType, ...conventions.names], [])

const derived = (span: SpanRecord): Array<KeyValue> => {
  const attributes: Array<KeyValue> = []
  if (span.status === "interrupted" || span.status === "running") {
    attributes.push({ key: status, value: { stringValue: span.status } })
  }
  // Runs and steps of workflows are of one kind in OpenInference.
  if (span.spanType === "workflow_step") attributes.push({ key: spanType, value: { stringValue: span.spanType } })
  writeFields(span, attributes)
  conventions.writeSpan(span, attributes)
  return attributes
}

const kinds = { internal: 1, server: 2, client: 3, producer: 4, consumer: 5 } as const

/** Only its program may say that a span is `OK`, and no exit does: a Collector leaves such a span alone. */
const statusCodes = { ok: 0, error: 2, interrupted: 0, running: 0 } as const

/** The flags of a span: those of the W3C, and whether its parent is remote. */
const sampled = 0x001
const hasIsRemote = 0x100
const isRemote = 0x200
