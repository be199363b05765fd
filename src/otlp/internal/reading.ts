/** Makes what was read of a request whole: with what is missing in it, and without what could not be stored. */
import type { Json } from "../../signal/Json.js"
import { type JsonFields, Malformed, type Raw } from "./incoming.js"
import type { Origin, ReceivedLog, ReceivedSpan } from "./received.js"
import { isSpanId, isTraceId } from "./values.js"

const none: JsonFields = Object.freeze({})

const textOf = (raw: Raw, name: string): string => (raw[name] as string | undefined) ?? ""

const numberOf = (raw: Raw, name: string): number => (raw[name] as number | undefined) ?? 0

export const attributesOf = (raw: Raw): JsonFields => (raw["attributes"] as JsonFields | undefined) ?? none

export const listOf = (raw: Raw | undefined, name: string): ReadonlyArray<Raw> =>
  (raw?.[name] as ReadonlyArray<Raw> | undefined) ?? []

/** A time of a signed integer, as records and stores have it. */
export const timeOf = (raw: Raw, name: string): bigint => {
  const time = (raw[name] as bigint | undefined) ?? 0n
  if (time > maxTime) throw new Malformed(`its ${name} is beyond the year 2262`)
  return time
}

const maxTime = 2n ** 63n - 1n

/** An id that is there, and not all zeros. */
const idOf = (raw: Raw, name: string, isId: (id: string | undefined) => id is string): string => {
  const id = raw[name] as string | undefined
  if (!isId(id) || isZeros(id)) throw new Malformed(`its ${name} is none`)
  return id
}

/** An id that need not be there. All zeros say that it is not. */
export const maybeId = (raw: Raw, name: string, isId: (id: string | undefined) => id is string): string | undefined => {
  const id = raw[name] as string | undefined
  return id === undefined || isZeros(id) ? undefined : idOf(raw, name, isId)
}

const isZeros = (id: string): boolean => (id.charCodeAt(0) !== 0x30 ? id === "" : /^0*$/.test(id))

export const toSpan = (raw: Raw, origin: Origin): ReceivedSpan => {
  const events = listOf(raw, "events")
  const links = listOf(raw, "links")
  const kept = links.length === 0 ? links : links.filter(isLink)
  const status = raw["status"] as Raw | undefined
  const traceState = textOf(raw, "traceState")
  return {
    origin,
    traceId: idOf(raw, "traceId", isTraceId),
    spanId: idOf(raw, "spanId", isSpanId),
    parentSpanId: maybeId(raw, "parentSpanId", isSpanId),
    traceState: traceState === "" ? undefined : traceState,
    flags: numberOf(raw, "flags"),
    name: textOf(raw, "name"),
    kind: numberOf(raw, "kind"),
    startTime: timeOf(raw, "startTimeUnixNano"),
    endTime: timeOf(raw, "endTimeUnixNano"),
    attributes: attributesOf(raw),
    events: events.length === 0 ? [] : events.map(toEvent),
    links: kept.length === 0 ? [] : kept.map(toLink),
    status: {
      code: status === undefined ? 0 : numberOf(status, "code"),
      message: status ? textOf(status, "message") : ""
    },
    dropped: {
      attributes: droppedOf(raw) + sumOf(events) + sumOf(links),
      events: numberOf(raw, "droppedEventsCount"),
      links: numberOf(raw, "droppedLinksCount") + links.length - kept.length
    }
  }
}

const droppedOf = (raw: Raw): number => numberOf(raw, "droppedAttributesCount")

const sumOf = (raws: ReadonlyArray<Raw>): number => {
  let sum = 0
  for (const raw of raws) sum += droppedOf(raw)
  return sum
}

const toEvent = (raw: Raw) => ({
  time: timeOf(raw, "timeUnixNano"),
  name: textOf(raw, "name"),
  attributes: attributesOf(raw)
})

const isLink = (raw: Raw): boolean =>
  isTraceId(raw["traceId"] as string | undefined) && isSpanId(raw["spanId"] as string | undefined)

const toLink = (raw: Raw) => {
  const traceState = textOf(raw, "traceState")
  return {
    traceId: textOf(raw, "traceId"),
    spanId: textOf(raw, "spanId"),
    traceState: traceState === "" ? undefined : traceState,
    attributes: attributesOf(raw)
  }
}

export const toLog = (raw: Raw, origin: Origin): ReceivedLog => ({
  origin,
  time: timeOf(raw, "timeUnixNano"),
  observedTime: timeOf(raw, "observedTimeUnixNano"),
  severityNumber: numberOf(raw, "severityNumber"),
  severityText: textOf(raw, "severityText"),
  body: (raw["body"] as Json | undefined) ?? null,
  attributes: attributesOf(raw),
  eventName: textOf(raw, "eventName"),
  traceId: maybeId(raw, "traceId", isTraceId),
  spanId: maybeId(raw, "spanId", isSpanId),
  flags: numberOf(raw, "flags"),
  dropped: droppedOf(raw)
})
