/** Reads back what the exporter of this library wrote: records come to be what they were, field by field. */
import * as Predicate from "effect/Predicate"
import { spanType } from "../../signal/conventions/effectObservability.js"
import { typeOf } from "../../signal/conventions/index.js"
import type { Field, Fields } from "../../signal/Field.js"
import { correlation } from "../../signal/internal/correlation.js"
import { isJsonObject } from "../../signal/internal/json.js"
import { assign } from "../../signal/internal/jsonWalk.js"
import { toEvent } from "../../signal/internal/spanEvent.js"
import type { Json, JsonObject } from "../../signal/Json.js"
import { type Level, type LogRecord, fields as logFields } from "../../signal/LogRecord.js"
import { type Score, fields as scoreFields } from "../../signal/Score.js"
import { unchecked } from "../../signal/Signal.js"
import { type SpanKind, type SpanRecord, type SpanStatus, fields as spanFields } from "../../signal/SpanRecord.js"
import { signals } from "../../signal/signals.js"
import { added, ownFields } from "./attributes.js"
import { hashOf, logIdOf } from "./logId.js"
import type { Origin, ReceivedLog, ReceivedSpan } from "./received.js"
import { scopeName } from "./resources.js"

/** Whether a record was written by this library. */
export const isOwn = ({ scope }: Origin): boolean => scope.name === scopeName

interface Values {
  [name: string]: unknown
}

type Read = (attributes: JsonObject, values: Values) => void

/** Reads the fields of a table that have names to go by: the inverse of `writer`. */
const reader = (fields: Fields): Read => {
  const reads = Object.entries(fields).flatMap(([name, field]) => {
    const read = readField(field)
    return read === undefined ? [] : [{ name, read }]
  })
  return (attributes, values) => {
    for (let i = 0; i < reads.length; i++) {
      const { name, read } = reads[i] as (typeof reads)[number]
      const value = read(attributes)
      if (value !== undefined) values[name] = value
    }
  }
}

const readField = ({ fields, isValid, kind, to }: Field): ((attributes: JsonObject) => unknown) | undefined => {
  if (kind === "struct" && fields !== undefined) {
    const read = reader(fields)
    return (attributes) => {
      const values: Values = {}
      read(attributes, values)
      return isValid(values) ? values : undefined
    }
  }
  const [name] = to ?? []
  if (name === undefined) return undefined
  const isTime = kind === "time" || kind === "duration"
  return (attributes) => {
    const said = attributes[name]
    if (said === undefined) return undefined
    const value = isTime ? nanos(said) : said
    return isValid(value) ? value : undefined
  }
}

const nanos = (value: Json): bigint | undefined =>
  Number.isSafeInteger(value) || (typeof value === "string" && /^-?\d{1,19}$/.test(value))
    ? BigInt(value as number | string)
    : undefined

/** The attributes that the program gave a record, and those that were added to them. */
const divide = (attributes: JsonObject) => {
  const said = attributes[added]
  const names: ReadonlySet<unknown> = new Set(Array.isArray(said) ? said : [])
  if (said === undefined) return { given: attributes, names }
  const given: Record<string, Json> = {}
  for (const name in attributes) {
    if (name !== added && !names.has(name)) assign(given, name, attributes[name] as Json)
  }
  return { given, names }
}

const readCorrelation = reader(correlation)

const textOr = <A>(value: Json | undefined, otherwise: A): string | A => (typeof value === "string" ? value : otherwise)

/** Reads the fields that say whom a record belongs to. */
const correlate = (values: Values, { resource }: Origin, attributes: JsonObject, names: ReadonlySet<unknown>): void => {
  const tags = attributes["tag.tags"]
  readCorrelation(attributes, values)
  values["serviceName"] = textOr(resource["service.name"], "unknown_service")
  values["environment"] = textOr(resource["deployment.environment.name"], undefined)
  values["tags"] = names.has("tag.tags") && Array.isArray(tags) ? tags.filter(Predicate.isString) : []
  if (names.has("metadata")) values["metadata"] = parsed(attributes["metadata"])
}

const parsed = (text: Json | undefined): JsonObject | undefined => {
  if (typeof text !== "string") return undefined
  try {
    const json = JSON.parse(text)
    return isJsonObject(json, (text) => text.isWellFormed()) ? json : undefined
  } catch {
    return undefined
  }
}

/** The resource, without what the exporter added to it. */
export const resourceOf = ({ resource, scope }: Origin): JsonObject => {
  const known = resources.get(resource)
  if (known !== undefined) return known
  const names = scope.attributes[added]
  const own = Array.isArray(names)
    ? Object.fromEntries(Object.entries(resource).filter(([name]) => !names.includes(name)))
    : resource
  resources.set(resource, own)
  return own
}

/** The records of a resource share it. */
const resources = new WeakMap<object, JsonObject>()

const readSpan = reader(ownFields(spanFields))
const makeSpan = unchecked(signals.spans)

export const toSpan = (span: ReceivedSpan): SpanRecord => {
  const { attributes, dropped, events, links, origin, status } = span
  const { given, names } = divide(attributes)
  const values: Values = {}
  correlate(values, origin, attributes, names)
  readSpan(attributes, values)
  readModel(attributes, values)
  values["traceId"] = span.traceId
  values["spanId"] = span.spanId
  values["parentSpanId"] = span.parentSpanId
  if ((span.flags & 0x200) !== 0) values["parentIsRemote"] = true
  values["traceState"] = span.traceState
  values["name"] = span.name
  values["kind"] = kinds[span.kind - 1] ?? "internal"
  values["spanType"] = textOf(spanFields.spanType, attributes[spanType]) ?? typeOf(given)
  values["status"] = statusOf(span)
  if (status.message !== "") values["statusMessage"] = status.message
  values["startTime"] = span.startTime
  if (values["status"] !== "running") values["endTime"] = span.endTime
  values["attributes"] = given
  values["events"] = events.length === 0 ? events : events.map(toEvent)
  values["links"] = links.map(({ attributes, spanId, traceId }) => ({ traceId, spanId, attributes }))
  values["resource"] = resourceOf(origin)
  if (dropped.attributes + dropped.events + dropped.links > 0) values["dropped"] = dropped
  return makeSpan(values)
}

const textOf = ({ isValid }: Field, value: Json | undefined): string | undefined =>
  isValid(value) ? (value as string) : undefined

const kinds: ReadonlyArray<SpanKind> = ["internal", "server", "client", "producer", "consumer"]

const statusOf = ({ attributes, status }: ReceivedSpan): SpanStatus => {
  const said = attributes["effect_observability.status"]
  return said === "running" || said === "interrupted" ? said : status.code === 2 ? "error" : "ok"
}

/** The model that was asked for goes by the name of the other one where that is not known. */
const readModel = (attributes: JsonObject, values: Values): void => {
  const answered = textOr(attributes["gen_ai.response.model"], undefined)
  values["model"] = answered ?? textOr(attributes["gen_ai.request.model"], undefined)
  if (answered === undefined) values["requestModel"] = undefined
}

const readLog = reader(ownFields(logFields))
const makeLog = unchecked(signals.logs)

export const toLog = (log: ReceivedLog): LogRecord => {
  const { attributes, dropped, origin } = log
  const { given, names } = divide(attributes)
  const values: Values = {}
  correlate(values, origin, attributes, names)
  readLog(attributes, values)
  return makeLog({
    ...values,
    ...bodyOf(log),
    logId: logIdOf(log),
    timestamp: log.time,
    level: levels[Math.floor((log.severityNumber - 1) / 4)] ?? "info",
    attributes: given,
    logSpans: Object.fromEntries(
      Array.from(names).flatMap((name) => {
        const value = attributes[name as string]
        const isOne = typeof name === "string" && name.startsWith("logSpan.") && typeof value === "number"
        return isOne ? [[name.slice("logSpan.".length), value]] : []
      })
    ),
    cause: names.has("exception.stacktrace") ? textOr(attributes["exception.stacktrace"], undefined) : undefined,
    traceId: log.traceId,
    spanId: log.spanId,
    dropped: dropped === 0 ? undefined : { attributes: dropped }
  })
}

const levels: ReadonlyArray<Level> = ["trace", "debug", "info", "warn", "error", "fatal"]

const bodyOf = ({ attributes, body }: ReceivedLog): Pick<LogRecord, "message" | "data"> => {
  const form = attributes["effect_observability.body"]
  const data = attributes["effect_observability.data"]
  if (form === "data" && Array.isArray(body)) return { message: "", data: body }
  if (form === "datum") return { message: "", data: [body] }
  return typeof body === "string"
    ? { message: body, data: Array.isArray(data) ? data : [] }
    : { message: "", data: [body] }
}

/** The name of the event that is a score. */
const evaluation = "gen_ai.evaluation.result"

export const isScore = ({ attributes, eventName }: ReceivedLog): boolean =>
  (eventName === "" ? attributes["event.name"] : eventName) === evaluation

const readScore = reader(ownFields(scoreFields))
const makeScore = unchecked(signals.scores)

/** A score, of whoever follows the conventions; nothing where it has no name or says nothing. */
export const toScore = (log: ReceivedLog): Score | undefined => {
  const { attributes, origin, spanId, traceId } = log
  const said: Partial<Score> = {}
  readScore(attributes, said as Values)
  const { comment, correction, label, name, scorer, value } = said
  if (name === undefined || name === "") return undefined
  const whom: Values = {}
  correlate(whom, origin, attributes, new Set(Object.keys(attributes)))
  const dataType =
    value !== undefined ? "numeric" : label !== undefined ? "categorical" : (comment ?? correction) && "text"
  if (dataType === undefined) return undefined
  const { sessionId } = whom as { readonly sessionId?: string }
  const target = traceId === undefined ? [sessionId, log.time] : [traceId, spanId]
  const scoreId = said.scoreId ?? hashOf([...target, name, said.source, scorer?.name, said.authorId])
  const time = log.time === 0n ? log.observedTime : log.time
  return makeScore({ dataType, source: "model", ...whom, ...said, scoreId, time, traceId, spanId })
}
