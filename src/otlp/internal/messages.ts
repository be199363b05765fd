/**
 * The messages of OTLP 1.7 as far as they are sent and read, by the names of their JSON form
 * (https://github.com/open-telemetry/opentelemetry-proto/tree/v1.7.0/opentelemetry/proto).
 */

export type Scalar =
  | "string"
  | "hex"
  | "bytes"
  | "bool"
  | "int64"
  | "uint32"
  | "uint64"
  | "sint32"
  | "double"
  | "fixed64"
  | "sfixed64"
  | "fixed32"

/** The type of a field; a message that holds itself needs the function. */
export type Type = Scalar | Message | (() => Message)

/** The number and the type of each field. What is repeated has its type in brackets. */
export interface Message {
  readonly [name: string]: readonly [number: number, type: Type | readonly [Type]]
}

export const KeyValue: Message = { key: [1, "string"], value: [2, () => AnyValue] }

export const AnyValue: Message = {
  stringValue: [1, "string"],
  boolValue: [2, "bool"],
  intValue: [3, "int64"],
  doubleValue: [4, "double"],
  arrayValue: [5, { values: [1, [() => AnyValue]] }],
  kvlistValue: [6, { values: [1, [KeyValue]] }],
  bytesValue: [7, "bytes"]
}

export const Resource: Message = { attributes: [1, [KeyValue]], droppedAttributesCount: [2, "uint32"] }

export const Scope: Message = {
  name: [1, "string"],
  version: [2, "string"],
  attributes: [3, [KeyValue]],
  droppedAttributesCount: [4, "uint32"]
}

const Event: Message = {
  timeUnixNano: [1, "fixed64"],
  name: [2, "string"],
  attributes: [3, [KeyValue]],
  droppedAttributesCount: [4, "uint32"]
}

const Link: Message = {
  traceId: [1, "hex"],
  spanId: [2, "hex"],
  traceState: [3, "string"],
  attributes: [4, [KeyValue]],
  droppedAttributesCount: [5, "uint32"],
  flags: [6, "fixed32"]
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
  attributes: [9, [KeyValue]],
  droppedAttributesCount: [10, "uint32"],
  events: [11, [Event]],
  droppedEventsCount: [12, "uint32"],
  links: [13, [Link]],
  droppedLinksCount: [14, "uint32"],
  status: [15, { message: [2, "string"], code: [3, "uint32"] }],
  flags: [16, "fixed32"]
}

const LogRecord: Message = {
  timeUnixNano: [1, "fixed64"],
  severityNumber: [2, "uint32"],
  severityText: [3, "string"],
  body: [5, AnyValue],
  attributes: [6, [KeyValue]],
  droppedAttributesCount: [7, "uint32"],
  flags: [8, "fixed32"],
  traceId: [9, "hex"],
  spanId: [10, "hex"],
  observedTimeUnixNano: [11, "fixed64"],
  eventName: [12, "string"]
}

const Exemplar: Message = {
  timeUnixNano: [2, "fixed64"],
  asDouble: [3, "double"],
  spanId: [4, "hex"],
  traceId: [5, "hex"],
  asInt: [6, "sfixed64"]
}

const NumberDataPoint: Message = {
  startTimeUnixNano: [2, "fixed64"],
  timeUnixNano: [3, "fixed64"],
  asDouble: [4, "double"],
  exemplars: [5, [Exemplar]],
  asInt: [6, "sfixed64"],
  attributes: [7, [KeyValue]],
  flags: [8, "uint32"]
}

const HistogramDataPoint: Message = {
  startTimeUnixNano: [2, "fixed64"],
  timeUnixNano: [3, "fixed64"],
  count: [4, "fixed64"],
  sum: [5, "double"],
  bucketCounts: [6, ["fixed64"]],
  explicitBounds: [7, ["double"]],
  exemplars: [8, [Exemplar]],
  attributes: [9, [KeyValue]],
  flags: [10, "uint32"],
  min: [11, "double"],
  max: [12, "double"]
}

const Buckets: Message = { offset: [1, "sint32"], bucketCounts: [2, ["uint64"]] }

const ExponentialHistogramDataPoint: Message = {
  attributes: [1, [KeyValue]],
  startTimeUnixNano: [2, "fixed64"],
  timeUnixNano: [3, "fixed64"],
  count: [4, "fixed64"],
  sum: [5, "double"],
  scale: [6, "sint32"],
  zeroCount: [7, "fixed64"],
  positive: [8, Buckets],
  negative: [9, Buckets],
  flags: [10, "uint32"],
  exemplars: [11, [Exemplar]],
  min: [12, "double"],
  max: [13, "double"],
  zeroThreshold: [14, "double"]
}

const SummaryDataPoint: Message = {
  startTimeUnixNano: [2, "fixed64"],
  timeUnixNano: [3, "fixed64"],
  count: [4, "fixed64"],
  sum: [5, "double"],
  quantileValues: [6, [{ quantile: [1, "double"], value: [2, "double"] }]],
  attributes: [7, [KeyValue]],
  flags: [8, "uint32"]
}

const Metric: Message = {
  name: [1, "string"],
  description: [2, "string"],
  unit: [3, "string"],
  gauge: [5, { dataPoints: [1, [NumberDataPoint]] }],
  sum: [7, { dataPoints: [1, [NumberDataPoint]], aggregationTemporality: [2, "uint32"], isMonotonic: [3, "bool"] }],
  histogram: [9, { dataPoints: [1, [HistogramDataPoint]], aggregationTemporality: [2, "uint32"] }],
  exponentialHistogram: [
    10,
    { dataPoints: [1, [ExponentialHistogramDataPoint]], aggregationTemporality: [2, "uint32"] }
  ],
  summary: [11, { dataPoints: [1, [SummaryDataPoint]] }],
  metadata: [12, [KeyValue]]
}

/** The kinds of points, one of which a metric has: the field that holds them, and the message of each. */
export const pointForms = {
  gauge: NumberDataPoint,
  sum: NumberDataPoint,
  histogram: HistogramDataPoint,
  exponentialHistogram: ExponentialHistogramDataPoint,
  summary: SummaryDataPoint
} satisfies { readonly [form: string]: Message }

export type PointForm = keyof typeof pointForms

/** The name that a field has in the definition of its message, which readers of JSON take as well. */
export const originalName = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

/** The messages of resources, by the field of a request that has them: the first of each. */
export const resources = {
  resourceSpans: { resource: [1, Resource], scopeSpans: [2, [{ scope: [1, Scope], spans: [2, [Span]] }]] },
  resourceLogs: { resource: [1, Resource], scopeLogs: [2, [{ scope: [1, Scope], logRecords: [2, [LogRecord]] }]] },
  resourceMetrics: { resource: [1, Resource], scopeMetrics: [2, [{ scope: [1, Scope], metrics: [2, [Metric]] }]] }
} satisfies { readonly [field: string]: Message }

/** The only field of a request: its resources. */
export type Envelope = keyof typeof resources

/** How a request nests: the fields of scopes and of records, with the message of a record. */
export const nesting: {
  readonly [E in Envelope]: { readonly scopes: string; readonly records: string; readonly record: Message }
} = {
  resourceSpans: { scopes: "scopeSpans", records: "spans", record: Span },
  resourceLogs: { scopes: "scopeLogs", records: "logRecords", record: LogRecord },
  resourceMetrics: { scopes: "scopeMetrics", records: "metrics", record: Metric }
}

/** The answer to a request, with how many records were refused under the name of their signal. */
export const response = (rejected: string): Message => ({
  partialSuccess: [1, { [rejected]: [1, "int64"], errorMessage: [2, "string"] }]
})

/** Why a request was refused: `google.rpc.Status`. */
export const Status: Message = { code: [1, "uint32"], message: [2, "string"] }
