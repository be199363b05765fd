/** Evaluations of OpenTelemetry, which come as logs, as scores. */
import { reader } from "../../../signal/conventions/index.js"
import type { Json } from "../../../signal/Json.js"
import type { Score } from "../../../signal/Score.js"
import { signals, unchecked } from "../../../signal/signals.js"
import type { ReceivedLog } from "../received.js"
import { eventName } from "../scores.js"
import * as Fields from "./fields.js"
import { timestampOf } from "./level.js"
import { eventNameOf, hashOf } from "./log.js"
import { type Correlated, correlate } from "./span.js"

const make = unchecked(signals.scores)

/** Whether a log is an evaluation that says of what. */
export const isNamed = (received: ReceivedLog): boolean =>
  eventNameOf(received) === eventName && isText(received.attributes["gen_ai.evaluation.name"])

/** Whether a log is an evaluation that can be recorded: one with a name, and with a value, a label or an explanation. */
export const isScore = (received: ReceivedLog): boolean =>
  isNamed(received) &&
  (numberOf(received.attributes[value]) !== undefined ||
    [label, explanation].some((name) => text(received.attributes[name] ?? null) !== undefined))

const value = "gen_ai.evaluation.score.value"
const label = "gen_ai.evaluation.score.label"
const explanation = "gen_ai.evaluation.explanation"

const text = reader("agentName").read

export const ofEvaluation = (received: ReceivedLog): Score => {
  const { attributes, spanId, traceId } = received
  const said: Correlated = {}
  Fields.fill(said, attributes)
  const name = String(attributes["gen_ai.evaluation.name"])
  const number = numberOf(attributes[value])
  const word = text(attributes[label] ?? null) as string | undefined
  correlate(said, received)
  const about = traceId === undefined ? ["session", said.sessionId] : ["trace", traceId, spanId]
  return make(
    Object.assign(said, {
      scoreId: `otel-${hashOf(JSON.stringify([...about, name]))}`,
      time: timestampOf(received),
      name,
      value: number,
      label: word,
      comment: text(attributes[explanation] ?? null),
      dataType: number !== undefined ? "numeric" : word !== undefined ? "categorical" : "text",
      source: "code",
      traceId,
      spanId: traceId === undefined ? undefined : spanId
    })
  )
}

const isText = (value: Json | undefined): boolean => typeof value === "string" && value !== ""

const numberOf = (value: Json | undefined): number | undefined => {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value
  return typeof number === "number" && Number.isFinite(number)
    ? number
    : typeof value === "boolean"
      ? Number(value)
      : undefined
}
