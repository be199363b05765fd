/** The log of another sender, as it is recorded here. */
import { hash53 } from "../../../runtime/hash.js"
import { sha256 } from "../../../runtime/sha256.js"
import type { Refused } from "../../../signal/conventions/index.js"
import type { Json, JsonObject } from "../../../signal/Json.js"
import type { LogRecord } from "../../../signal/LogRecord.js"
import { signals, unchecked } from "../../../signal/signals.js"
import type { ReceivedLog } from "../received.js"
import * as Fields from "./fields.js"
import { levelOf, timestampOf } from "./level.js"
import { type Correlated, correlate } from "./span.js"

const make = unchecked(signals.logs)

export const ofLog = (received: ReceivedLog, refused?: Refused): LogRecord => {
  const { attributes, body, dropped, spanId, traceId } = received
  const said: Correlated = {}
  Fields.fill(said, attributes, refused)
  correlate(said, received)
  const eventName = eventNameOf(received)
  const isText = typeof body === "string"
  return make(
    Object.assign(said, {
      logId: idOf(received),
      timestamp: timestampOf(received),
      level: levelOf(received),
      message: isText && body !== "" ? body : (eventName ?? ""),
      data: isText || body === null ? [] : Array.isArray(body) ? body : [body],
      attributes:
        eventName === undefined || attributes["event.name"] !== undefined
          ? attributes
          : { ...attributes, "event.name": eventName },
      logSpans: {},
      cause: causeOf(attributes),
      traceId,
      spanId: traceId === undefined ? undefined : spanId,
      dropped: dropped > 0 ? { attributes: dropped } : undefined
    })
  )
}

/** The name of the event that a log is: its own field, or an attribute of before OTLP 1.5. */
export const eventNameOf = ({ attributes, eventName }: ReceivedLog): string | undefined => {
  if (eventName !== "") return eventName
  const name = attributes["event.name"]
  return typeof name === "string" && name !== "" ? name : undefined
}

/** Logs have no id of their own: that of all that they say makes what is sent again the same log. */
export const idOf = (received: ReceivedLog): string => {
  const uid = received.attributes["log.record.uid"]
  if (typeof uid === "string" && uid !== "") return uid
  const { attributes, body, eventName, observedTime, origin, severityNumber, spanId, time, traceId } = received
  const text = JSON.stringify([
    ofResource(origin.resource),
    origin.scope.name,
    String(time),
    time === 0n ? String(observedTime) : "",
    severityNumber,
    eventName,
    traceId ?? "",
    spanId ?? "",
    body,
    attributes
  ])
  return hashOf(text)
}

/** 128 bits of a text, in hex digits. */
export const hashOf = (text: string): string =>
  sha256(new TextEncoder().encode(text))?.slice(0, 32) ??
  [text, `${text} `].map((text) => hash53(text).toString(16).padStart(16, "0")).join("")

const ofResource = (resource: JsonObject): string => {
  const known = resources.get(resource)
  if (known !== undefined) return known
  const hash = hashOf(JSON.stringify(resource))
  resources.set(resource, hash)
  return hash
}

const resources = new WeakMap<JsonObject, string>()

/** An exception that was logged. */
const causeOf = (attributes: JsonObject): string | undefined => {
  const of = (name: string): Json | undefined => attributes[`exception.${name}`]
  const stack = of("stacktrace")
  if (typeof stack === "string" && stack !== "") return stack
  const said = [of("type"), of("message")].filter((text) => typeof text === "string" && text !== "")
  return said.length === 0 ? undefined : said.join(": ")
}
