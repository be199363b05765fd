/**
 * Scores as OTLP has them: logs that are the event of an evaluation
 * (https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/gen-ai-events.md).
 */
import { fields, type Score } from "../../signal/Score.js"
import * as Attributes from "./attributes.js"
import type { SignalEncoding } from "./encoding.js"
import { byResource } from "./resources.js"
import { type KeyValue, spanOf, toTime } from "./values.js"

export const scores: SignalEncoding<Score> = {
  path: "logs",
  envelope: "resourceLogs",
  rejected: "rejectedLogRecords",
  recordsPerTurn: 20,
  encode: (scores) =>
    Array.from(byResource(scores), ({ records, resource, scope }) => ({
      resource,
      scopeLogs: [{ scope, logRecords: records.map(toEvent) }]
    }))
}

export const eventName = "gen_ai.evaluation.result"

const toEvent = (score: Score) => ({
  timeUnixNano: toTime(score.time),
  observedTimeUnixNano: toTime(score.time),
  eventName,
  attributes: attributesOf(score),
  droppedAttributesCount: 0,
  ...spanOf(score)
})

const writeFields = Attributes.writer(Attributes.ownFields(fields))

const attributesOf = (score: Score): ReadonlyArray<KeyValue> => {
  // Servers of before OTLP 1.5, which do not know the field, know an event by this attribute.
  const attributes: Array<KeyValue> = [{ key: "event.name", value: { stringValue: eventName } }]
  writeFields(score, attributes)
  attributes.push(...Attributes.correlated(score))
  return attributes
}
