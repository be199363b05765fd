/** What arrives by OTLP, as a test writes it, or as it is in the JSON form of OTLP. */

import type { Origin, ReceivedLog, ReceivedSpan } from "../../../src/otlp/internal/received.js"
import type { Json, JsonObject } from "../../../src/signal/Json.js"

const start = 1_790_936_476_000_000_000n

/** A time so many milliseconds after the first. */
const at = (millis: number): bigint => start + BigInt(Math.round(millis * 1e6))

export const traceId = "f996f9fc4575b1ce4e7dfc4de5b6dcf7"

/** The span id of a number. */
export const id = (n: number): string => n.toString(16).padStart(16, "a")

export const origin = (
  scope: string,
  resource: JsonObject = { "service.name": "agent" },
  version = "1.0.0"
): Origin => ({
  resource,
  scope: { name: scope, version, attributes: {} }
})

type SpanOptions = Partial<Omit<ReceivedSpan, "events">> & {
  readonly origin: Origin
  readonly name: string
  readonly events?: ReadonlyArray<readonly [name: string, attributes: JsonObject]>
}

export const span = (n: number, parent: number | undefined, { events = [], ...given }: SpanOptions): ReceivedSpan => ({
  traceId,
  spanId: id(n),
  parentSpanId: parent === undefined ? undefined : id(parent),
  traceState: undefined,
  flags: 0x101,
  kind: 1,
  startTime: at(n),
  endTime: at(n + 100),
  attributes: {},
  links: [],
  status: { code: 0, message: "" },
  dropped: { attributes: 0, events: 0, links: 0 },
  ...given,
  events: events.map(([name, attributes], i) => ({ name, time: at(n + i), attributes }))
})

export const log = (given: Partial<ReceivedLog> & { readonly origin: Origin }): ReceivedLog => ({
  time: at(0),
  observedTime: at(1),
  severityNumber: 9,
  severityText: "INFO",
  body: "",
  attributes: {},
  eventName: "",
  traceId: undefined,
  spanId: undefined,
  flags: 0,
  dropped: 0,
  ...given
})

interface AnyValue {
  readonly stringValue?: string
  readonly boolValue?: boolean
  readonly intValue?: string
  readonly doubleValue?: number
  readonly arrayValue?: { readonly values: ReadonlyArray<AnyValue> }
  readonly kvlistValue?: { readonly values: ReadonlyArray<KeyValue> }
}

interface KeyValue {
  readonly key: string
  readonly value: AnyValue
}

const json = (value: AnyValue): Json => {
  if (value.stringValue !== undefined) return value.stringValue
  if (value.boolValue !== undefined) return value.boolValue
  if (value.intValue !== undefined) {
    const int = Number(value.intValue)
    return Number.isSafeInteger(int) ? int : value.intValue
  }
  if (value.doubleValue !== undefined) return value.doubleValue
  if (value.arrayValue !== undefined) return value.arrayValue.values.map(json)
  return value.kvlistValue === undefined ? null : object(value.kvlistValue.values)
}

const object = (attributes: ReadonlyArray<KeyValue> = []): Record<string, Json> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, json(value)]))

// biome-ignore lint/suspicious/noExplicitAny: the JSON form of OTLP.
type Encoded = any

const originOf = (resource: Encoded, scope: Encoded): Origin => ({
  resource: object(resource.resource.attributes),
  scope: { name: scope.scope.name, version: scope.scope.version, attributes: object(scope.scope.attributes) }
})

/** The spans of resources in the JSON form of OTLP. */
export const spansIn = (resources: ReadonlyArray<Encoded>): ReadonlyArray<ReceivedSpan> =>
  resources.flatMap((resource) =>
    resource.scopeSpans.flatMap((scope: Encoded) => {
      const origin = originOf(resource, scope)
      return scope.spans.map((span: Encoded) => ({
        origin,
        traceId: span.traceId,
        spanId: span.spanId,
        parentSpanId: span.parentSpanId,
        traceState: span.traceState,
        flags: span.flags,
        name: span.name,
        kind: span.kind,
        startTime: BigInt(span.startTimeUnixNano),
        endTime: BigInt(span.endTimeUnixNano),
        attributes: object(span.attributes),
        events: span.events.map((event: Encoded) => ({
          name: event.name,
          time: BigInt(event.timeUnixNano),
          attributes: object(event.attributes)
        })),
        links: span.links.map((link: Encoded) => ({
          traceId: link.traceId,
          spanId: link.spanId,
          traceState: undefined,
          attributes: object(link.attributes)
        })),
        status: { code: span.status.code, message: span.status.message ?? "" },
        dropped: {
          attributes: span.droppedAttributesCount,
          events: span.droppedEventsCount,
          links: span.droppedLinksCount
        }
      }))
    })
  )

/** The logs of resources in the JSON form of OTLP. */
export const logsIn = (resources: ReadonlyArray<Encoded>): ReadonlyArray<ReceivedLog> =>
  resources.flatMap((resource) =>
    resource.scopeLogs.flatMap((scope: Encoded) => {
      const origin = originOf(resource, scope)
      return scope.logRecords.map((log: Encoded) => ({
        origin,
        time: BigInt(log.timeUnixNano),
        observedTime: BigInt(log.observedTimeUnixNano),
        severityNumber: log.severityNumber ?? 0,
        severityText: log.severityText ?? "",
        body: log.body === undefined ? null : json(log.body),
        attributes: object(log.attributes),
        eventName: log.eventName ?? "",
        traceId: log.traceId,
        spanId: log.spanId,
        flags: 0,
        dropped: log.droppedAttributesCount ?? 0
      }))
    })
  )
