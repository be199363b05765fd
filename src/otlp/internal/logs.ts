/** Logs as OTLP has them. */
import type { Json } from "../../signal/Json.js"
import { fields, type LogRecord } from "../../signal/LogRecord.js"
import * as Attributes from "./attributes.js"
import type { SignalEncoding } from "./encoding.js"
import { byResource } from "./resources.js"
import { anyValue, type KeyValue, keyValues, spanOf, toTime } from "./values.js"

export const logs: SignalEncoding<LogRecord> = {
  path: "logs",
  envelope: "resourceLogs",
  rejected: "rejectedLogRecords",
  recordsPerTurn: 20,
  encode: (logs) =>
    Array.from(byResource(logs), ({ records, resource, scope }) => ({
      resource,
      scopeLogs: [{ scope, logRecords: records.map(toLog) }]
    }))
}

const toLog = (log: LogRecord) => ({
  timeUnixNano: toTime(log.timestamp),
  observedTimeUnixNano: toTime(log.timestamp),
  severityNumber: severities[log.level],
  severityText: log.level.toUpperCase(),
  body: anyValue(bodyOf(log)),
  attributes: Attributes.merged(derived(log), log.attributes, Attributes.correlated(log), names),
  droppedAttributesCount: log.dropped?.attributes ?? 0,
  ...spanOf(log)
})

const severities = { trace: 1, debug: 5, info: 9, warn: 13, error: 17, fatal: 21 } as const

const writeFields = Attributes.writer(Attributes.ownFields(fields))

/** The values that were logged beside a text, or that a body alone does not tell apart from something else. */
export const data = "effect_observability.data"
/** The text that was logged, where the body is something else. */
export const message = "effect_observability.message"
export const logSpan = "logSpan."

/** The names of what follows from the fields of a log. */
export const names = Attributes.namesOf(fields, [data, message, "exception.message", "exception.stacktrace"], [logSpan])

const derived = (log: LogRecord): Array<KeyValue> => {
  const { cause, logSpans } = log
  const attributes: Array<KeyValue> = []
  writeFields(log, attributes)
  if (!isTold(log)) {
    attributes.push({ key: data, value: anyValue(log.data) })
    if (log.message === "") attributes.push({ key: message, value: { stringValue: "" } })
  }
  if (cause !== undefined) {
    attributes.push(
      { key: "exception.message", value: { stringValue: cause.split("\n", 1)[0] as string } },
      { key: "exception.stacktrace", value: { stringValue: cause } }
    )
  }
  attributes.push(...keyValues(logSpans, logSpan))
  return attributes
}

/** Whether the body tells all that was logged: a text alone, one value that is no text, no list and something, or several. */
const isTold = ({ data, message }: LogRecord): boolean => {
  const [first] = data
  if (message !== "" || data.length === 0) return data.length === 0
  return data.length > 1 || (typeof first !== "string" && first !== null && !Array.isArray(first))
}

const bodyOf = ({ data, message }: LogRecord): Json =>
  message !== "" || data.length === 0 ? message : data.length === 1 ? (data[0] as Json) : data
