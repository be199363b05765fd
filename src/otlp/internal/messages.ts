/**
 * The messages of OTLP 1.5 as far as they are sent, by the names of their JSON form
 * (https://github.com/open-telemetry/opentelemetry-proto/tree/v1.5.0/opentelemetry/proto).
 */

export type Scalar = "string" | "hex" | "bool" | "int64" | "uint32" | "double" | "fixed64" | "fixed32"

/** The number and the type of each field. A message that holds itself needs the function. */
export interface Message {
  readonly [name: string]: readonly [number: number, type: Scalar | Message | (() => Message)]
}

const KeyValue: Message = { key: [1, "string"], value: [2, () => AnyValue] }

const AnyValue: Message = {
  stringValue: [1, "string"],
  boolValue: [2, "bool"],
  intValue: [3, "int64"],
  doubleValue: [4, "double"],
  arrayValue: [5, { values: [1, () => AnyValue] }],
  kvlistValue: [6, { values: [1, KeyValue] }]
}

const Resource: Message = { attributes: [1, KeyValue], droppedAttributesCount: [2, "uint32"] }

const Scope: Message = { name: [1, "string"], version: [2, "string"] }

const Event: Message = {
  timeUnixNano: [1, "fixed64"],
  name: [2, "string"],
  attributes: [3, KeyValue],
  droppedAttributesCount: [4, "uint32"]
}

const Link: Message = {
  traceId: [1, "hex"],
  spanId: [2, "hex"],
  attributes: [4, KeyValue],
  droppedAttributesCount: [5, "uint32"]
}

const Span: Message = {
  traceId: [1, "hex"],
  spanId: [2, "hex"],
  traceState: [3, "string"],
  parentSpanId: [4, "hex"],
  name: [5, "string"],
  kind: [6, "uint32"],
  startTimeUnixNano: [7, "fixed64"],
  endTimeUnixNano: [8, "fixed64"],
  attributes: [9, KeyValue],
  droppedAttributesCount: [10, "uint32"],
  events: [11, Event],
  droppedEventsCount: [12, "uint32"],
  links: [13, Link],
  droppedLinksCount: [14, "uint32"],
  status: [15, { message: [2, "string"], code: [3, "uint32"] }],
  flags: [16, "fixed32"]
}

const LogRecord: Message = {
  timeUnixNano: [1, "fixed64"],
  severityNumber: [2, "uint32"],
  severityText: [3, "string"],
  body: [5, AnyValue],
  attributes: [6, KeyValue],
  droppedAttributesCount: [7, "uint32"],
  traceId: [9, "hex"],
  spanId: [10, "hex"],
  observedTimeUnixNano: [11, "fixed64"],
  eventName: [12, "string"]
}

const Exemplar: Message = {
  timeUnixNano: [2, "fixed64"],
  asDouble: [3, "double"],
  spanId: [4, "hex"],
  traceId: [5, "hex"]
}

const NumberDataPoint: Message = {
  startTimeUnixNano: [2, "fixed64"],
  timeUnixNano: [3, "fixed64"],
  asDouble: [4, "double"],
  exemplars: [5, Exemplar],
  attributes: [7, KeyValue]
}

const HistogramDataPoint: Message = {
  startTimeUnixNano: [2, "fixed64"],
  timeUnixNano: [3, "fixed64"],
  count: [4, "fixed64"],
  sum: [5, "double"],
  bucketCounts: [6, "fixed64"],
  explicitBounds: [7, "double"],
  exemplars: [8, Exemplar],
  attributes: [9, KeyValue],
  min: [11, "double"],
  max: [12, "double"]
}

const Metric: Message = {
  name: [1, "string"],
  description: [2, "string"],
  unit: [3, "string"],
  gauge: [5, { dataPoints: [1, NumberDataPoint] }],
  sum: [7, { dataPoints: [1, NumberDataPoint], aggregationTemporality: [2, "uint32"], isMonotonic: [3, "bool"] }],
  histogram: [9, { dataPoints: [1, HistogramDataPoint], aggregationTemporality: [2, "uint32"] }]
}

/** The messages of resources, by the field of a request that has them: the first of each. */
export const resources = {
  resourceSpans: { resource: [1, Resource], scopeSpans: [2, { scope: [1, Scope], spans: [2, Span] }] },
  resourceLogs: { resource: [1, Resource], scopeLogs: [2, { scope: [1, Scope], logRecords: [2, LogRecord] }] },
  resourceMetrics: { resource: [1, Resource], scopeMetrics: [2, { scope: [1, Scope], metrics: [2, Metric] }] }
} satisfies { readonly [field: string]: Message }

/** The only field of a request: its resources. */
export type Envelope = keyof typeof resources
