/** Ids of records that come without one: a hash of what they say, so that what is sent again is known. */
import { hash53 } from "../../runtime/hash.js"
import { sha256 } from "../../runtime/sha256.js"
import type { ReceivedLog } from "./received.js"

/** 32 hex digits of a hash of JSON. */
export const hashOf = (json: unknown): string => {
  const text = JSON.stringify(json, (_, value) => (typeof value === "bigint" ? String(value) : value))
  return sha256(Buffer.from(text))?.slice(0, 32) ?? hash53(text).toString(16)
}

/** The id of a log: the one that it has by the conventions, else a hash. */
export const logIdOf = (log: ReceivedLog): string => {
  const uid = log.attributes["log.record.uid"]
  if (typeof uid === "string" && uid !== "") return uid
  const { attributes, body, eventName, observedTime, origin, severityNumber, severityText, spanId, time, traceId } = log
  // A Collector gives a log that has a time another one at which it was seen.
  return hashOf([
    origin.resource,
    origin.scope.name,
    time === 0n ? observedTime : time,
    severityNumber,
    severityText,
    eventName,
    body,
    attributes,
    traceId,
    spanId
  ])
}
