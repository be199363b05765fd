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
  attributes: Attributes.merged(derived(log), log.attributes, Attributes.correlated(log)),
  droppedAttributesCount: log.dropped?.attributes ?? 0,
  ...spanOf(log)
})

const severities = { trace: 1, debug: 5, info: 9, warn: 13, error: 17, fatal: 21 } as const

const writeFields = Attributes.writer(Attributes.ownFields(fields))

const derived = (log: LogRecord): Array<KeyValue> => {
  const { cause, data, logSpans, message } = log
  const attributes: Array<KeyValue> = []
  writeFields(log, attributes)
  if (data.length > 0) {
    attributes.push(
      message === ""
        ? { key: "effect_observability.body", value: { stringValue: data.length === 1 ? "datum" : "data" } }
        : { key: "effect_observability.data", value: anyValue(data) }
    )
  }
  if (cause !== undefined) {
    attributes.push(
      { key: "exception.message", value: { stringValue: cause.split("\n", 1)[0] as string } },
      { key: "exception.stacktrace", value: { stringValue: cause } }
    )
  }
  attributes.push(...keyValues(logSpans, "logSpan."))
  return attributes
}

const bodyOf = ({ data, message }: LogRecord): Json =>
  message !== "" || data.length === 0 ? message : data.length === 1 ? (data[0] as Json) : data
