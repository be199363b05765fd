import { strictEqual } from "node:assert/strict"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { buffer } from "node:stream/consumers"
import { gunzipSync } from "node:zlib"
import { Effect, Queue } from "effect"
import { OtlpExporter } from "effect-observability/otlp"
import type { Batch } from "../../src/pipeline/Exporter.js"

/** A request as it arrived: its body inflated and decoded, whatever its encoding. */
export interface Received {
  readonly path: string | undefined
  readonly headers: IncomingMessage["headers"]
  readonly body: Message
  readonly bytes: number
}

export interface Message {
  readonly [field: string]: unknown
}

/** Answers the request of a number, which counts up from 1. */
export type Answer = (response: ServerResponse, number: number, request: Received) => void

export const ok: Answer = (response) => response.writeHead(200, { "content-type": "application/json" }).end("{}")

/** An OTLP server until the scope closes. What arrives is in `requests`. */
export const server = (answer: Answer = ok) =>
  Effect.gen(function* () {
    const requests = yield* Queue.unbounded<Received>()
    let number = 0
    const http = yield* Effect.acquireRelease(
      Effect.async<ReturnType<typeof createServer>>((resume) => {
        const server = createServer((request, response) => {
          buffer(request).then(
            (sent) => {
              const bytes = request.headers["content-encoding"] === "gzip" ? gunzipSync(sent) : sent
              const { headers, url: path } = request
              const body: Message =
                headers["content-type"] === "application/json"
                  ? JSON.parse(bytes.toString())
                  : fromProtobuf(path ?? "", bytes)
              const received = { path, headers, body, bytes: bytes.length }
              Queue.unsafeOffer(requests, received)
              answer(response, ++number, received)
            },
            () => {}
          )
        }).listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
      }),
      (server) =>
        Effect.sync(() => {
          server.close()
          server.closeAllConnections()
        })
    )
    return { url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`, requests }
  })

/** The request that the options make of a batch. */
export const requestOf = (options: OtlpExporter.Options, batch: Partial<Batch>) =>
  Effect.gen(function* () {
    const { requests, url } = yield* server()
    yield* OtlpExporter.make({ endpoint: url, ...options }).export({ spans: [], logs: [], ...batch })
    const [request, ...others] = [...(yield* Queue.takeAll(requests))]
    strictEqual(others.length, 0)
    return request as Received
  })

/** The only resource, the only scope of it, and the only record of that. */
export const one = (message: Message): { resource: Message; scope: Message; record: Message } => {
  const [resources] = Object.values(message) as [ReadonlyArray<Message>]
  strictEqual(resources.length, 1)
  const { resource, ...rest } = resources[0] as Message
  const [scopes] = Object.values(rest) as [ReadonlyArray<Message>]
  strictEqual(scopes.length, 1)
  const { scope, ...records } = scopes[0] as Message
  const [all] = Object.values(records) as [ReadonlyArray<Message>]
  strictEqual(all.length, 1)
  return { resource: resource as Message, scope: scope as Message, record: all[0] as Message }
}

export const string = (key: string, stringValue: string) => ({ key, value: { stringValue } })
export const int = (key: string, intValue: string) => ({ key, value: { intValue } })
export const double = (key: string, doubleValue: number) => ({ key, value: { doubleValue } })
export const strings = (key: string, values: Array<string>) => ({
  key,
  value: { arrayValue: { values: values.map((stringValue) => ({ stringValue })) } }
})
/** The attributes in an order, without the one that names those which were added: the receiver's tests look at it. */
export const byKey = (attributes: unknown) =>
  (attributes as Array<{ readonly key: string }>)
    .filter(({ key }) => key !== "effect_observability.added")
    .sort((a, b) => (a.key < b.key ? -1 : 1))

/** What names attributes as added to those of the program. */
export const added = (...names: Array<string>) => strings("effect_observability.added", names)

export const attribute = (record: Message, key: string) =>
  (record["attributes"] as ReadonlyArray<{ readonly key: string; readonly value: unknown }>).find(
    (attribute) => attribute.key === key
  )?.value

/** Protobuf leaves out what is empty. */
export const withoutDefaults = (json: unknown): unknown => {
  if (Array.isArray(json)) return json.map(withoutDefaults)
  if (typeof json !== "object" || json === null) return json
  return Object.fromEntries(
    Object.entries(json).flatMap(([key, value]) =>
      (/^dropped|^code$/.test(key) && value === 0) || (Array.isArray(value) && value.length === 0)
        ? []
        : [[key, withoutDefaults(value)]]
    )
  )
}

type Scalar = "string" | "hex" | "bool" | "int64" | "enum" | "double" | "fixed64" | "fixed32"

type Type = Scalar | (() => Fields) | readonly [(() => Fields) | "double" | "fixed64"]

/** The fields of a message, as opentelemetry-proto numbers them; one in brackets is repeated, and packed if it is a number. */
interface Fields {
  readonly [number: number]: readonly [name: string, type: Type]
}

const AnyValue: Fields = {
  1: ["stringValue", "string"],
  2: ["boolValue", "bool"],
  3: ["intValue", "int64"],
  4: ["doubleValue", "double"],
  5: ["arrayValue", () => ({ 1: ["values", [() => AnyValue]] })],
  6: ["kvlistValue", () => ({ 1: ["values", [() => KeyValue]] })]
}
const KeyValue: Fields = { 1: ["key", "string"], 2: ["value", () => AnyValue] }
const Resource: Fields = { 1: ["attributes", [() => KeyValue]], 2: ["droppedAttributesCount", "enum"] }
const Scope: Fields = { 1: ["name", "string"], 2: ["version", "string"], 3: ["attributes", [() => KeyValue]] }
const Span: Fields = {
  1: ["traceId", "hex"],
  2: ["spanId", "hex"],
  3: ["traceState", "string"],
  4: ["parentSpanId", "hex"],
  5: ["name", "string"],
  6: ["kind", "enum"],
  7: ["startTimeUnixNano", "fixed64"],
  8: ["endTimeUnixNano", "fixed64"],
  9: ["attributes", [() => KeyValue]],
  10: ["droppedAttributesCount", "enum"],
  11: [
    "events",
    [
      () => ({
        1: ["timeUnixNano", "fixed64"],
        2: ["name", "string"],
        3: ["attributes", [() => KeyValue]],
        4: ["droppedAttributesCount", "enum"]
      })
    ]
  ],
  12: ["droppedEventsCount", "enum"],
  13: [
    "links",
    [
      () => ({
        1: ["traceId", "hex"],
        2: ["spanId", "hex"],
        4: ["attributes", [() => KeyValue]],
        5: ["droppedAttributesCount", "enum"]
      })
    ]
  ],
  14: ["droppedLinksCount", "enum"],
  15: ["status", () => ({ 2: ["message", "string"], 3: ["code", "enum"] })],
  16: ["flags", "fixed32"]
}
const LogRecord: Fields = {
  1: ["timeUnixNano", "fixed64"],
  2: ["severityNumber", "enum"],
  3: ["severityText", "string"],
  5: ["body", () => AnyValue],
  6: ["attributes", [() => KeyValue]],
  7: ["droppedAttributesCount", "enum"],
  8: ["flags", "fixed32"],
  9: ["traceId", "hex"],
  10: ["spanId", "hex"],
  11: ["observedTimeUnixNano", "fixed64"],
  12: ["eventName", "string"]
}
const Exemplar: Fields = {
  2: ["timeUnixNano", "fixed64"],
  3: ["asDouble", "double"],
  4: ["spanId", "hex"],
  5: ["traceId", "hex"],
  6: ["asInt", "fixed64"],
  7: ["filteredAttributes", [() => KeyValue]]
}
const NumberDataPoint: Fields = {
  2: ["startTimeUnixNano", "fixed64"],
  3: ["timeUnixNano", "fixed64"],
  4: ["asDouble", "double"],
  5: ["exemplars", [() => Exemplar]],
  6: ["asInt", "fixed64"],
  7: ["attributes", [() => KeyValue]],
  8: ["flags", "enum"]
}
const HistogramDataPoint: Fields = {
  2: ["startTimeUnixNano", "fixed64"],
  3: ["timeUnixNano", "fixed64"],
  4: ["count", "fixed64"],
  5: ["sum", "double"],
  6: ["bucketCounts", ["fixed64"]],
  7: ["explicitBounds", ["double"]],
  8: ["exemplars", [() => Exemplar]],
  9: ["attributes", [() => KeyValue]],
  10: ["flags", "enum"],
  11: ["min", "double"],
  12: ["max", "double"]
}
const Metric: Fields = {
  1: ["name", "string"],
  2: ["description", "string"],
  3: ["unit", "string"],
  5: ["gauge", () => ({ 1: ["dataPoints", [() => NumberDataPoint]] })],
  7: [
    "sum",
    () => ({
      1: ["dataPoints", [() => NumberDataPoint]],
      2: ["aggregationTemporality", "enum"],
      3: ["isMonotonic", "bool"]
    })
  ],
  9: ["histogram", () => ({ 1: ["dataPoints", [() => HistogramDataPoint]], 2: ["aggregationTemporality", "enum"] })],
  12: ["metadata", [() => KeyValue]]
}
const data = (resources: string, scopes: string, records: string, record: Fields): Fields => ({
  1: [
    resources,
    [
      () => ({
        1: ["resource", () => Resource],
        2: [scopes, [() => ({ 1: ["scope", () => Scope], 2: [records, [() => record]] })]]
      })
    ]
  ]
})
const TracesData = data("resourceSpans", "scopeSpans", "spans", Span)
const LogsData = data("resourceLogs", "scopeLogs", "logRecords", LogRecord)
const MetricsData = data("resourceMetrics", "scopeMetrics", "metrics", Metric)

/** Reads the protobuf of a request to a path. */
export const fromProtobuf = (path: string, bytes: Buffer): Message =>
  decode(bytes, path.includes("/logs") ? LogsData : path.includes("/metrics") ? MetricsData : TracesData)

/** Reads protobuf into the JSON form of OTLP. What is not in the tables is an error. */
const decode = (bytes: Buffer, fields: Fields): Message => {
  const message: Record<string, unknown> = {}
  let at = 0
  const varint = () => {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++]
      if (byte === undefined) throw new Error("the message ends within a number")
      value |= BigInt(byte & 127) << shift
      if (byte < 128) return value
    }
  }
  const take = (length: number) => {
    if (at + length > bytes.length) throw new Error("the message ends within a field")
    at += length
    return bytes.subarray(at - length, at)
  }
  const lengthDelimited = () => take(Number(varint()))
  const scalars: { readonly [S in Scalar]: () => unknown } = {
    string: () => new TextDecoder("utf-8", { fatal: true }).decode(lengthDelimited()),
    hex: () => lengthDelimited().toString("hex"),
    bool: () => varint() === 1n,
    int64: () => BigInt.asIntN(64, varint()).toString(),
    enum: () => Number(varint()),
    double: () => take(8).readDoubleLE(),
    fixed64: () => take(8).readBigUInt64LE().toString(),
    fixed32: () => take(4).readUInt32LE()
  }
  const packed = (type: Scalar) => {
    const end = Number(varint()) + at
    const values: Array<unknown> = []
    while (at < end) values.push(scalars[type]())
    if (at !== end) throw new Error("a packed list ends within a number")
    return values
  }
  while (at < bytes.length) {
    const tag = Number(varint())
    const field = fields[tag >> 3]
    if (field === undefined) throw new Error(`no field has the number ${tag >> 3}`)
    const [name, type] = field
    if ((tag & 7) !== wireTypeOf(type)) throw new Error(`${name} is encoded as another type`)
    if (typeof type === "object") {
      const [item] = type
      const more = typeof item === "string" ? packed(item) : [decode(lengthDelimited(), item())]
      message[name] = [...((message[name] as Array<unknown>) ?? []), ...more]
    } else if (typeof type === "function") {
      message[name] = decode(lengthDelimited(), type())
    } else {
      message[name] = scalars[type]()
    }
  }
  return message
}

const wireTypeOf = (type: Type): number => {
  if (type === "bool" || type === "int64" || type === "enum") return 0
  if (type === "double" || type === "fixed64") return 1
  return type === "fixed32" ? 5 : 2
}
