/** Records that this library sent, made again as they were: the other way of `spans.ts`, `logs.ts` and `scores.ts`. */
import { spanType } from "../../../signal/conventions/effectObservability.js"
import * as openInference from "../../../signal/conventions/openInference.js"
import type { Field, Fields } from "../../../signal/Field.js"
import { object } from "../../../signal/internal/parsed.js"
import { toEvent } from "../../../signal/internal/spanEvent.js"
import type { Json, JsonObject } from "../../../signal/Json.js"
import { type LogRecord, fields as logFields } from "../../../signal/LogRecord.js"
import { type Score, fields as scoreFields } from "../../../signal/Score.js"
import { type SpanKind, type SpanRecord, type SpanType, fields as spanFields } from "../../../signal/SpanRecord.js"
import { signals, unchecked } from "../../../signal/signals.js"
import * as Attributes from "../attributes.js"
import * as logs from "../logs.js"
import type { Origin, ReceivedLog, ReceivedSpan } from "../received.js"
import { resourceOf } from "../resources.js"
import * as spans from "../spans.js"
import { levelOf, timestampOf } from "./level.js"
import { idOf } from "./log.js"
import { serviceNameOf, toTime } from "./span.js"

const makeSpan = unchecked(signals.spans)
const makeLog = unchecked(signals.logs)
const makeScore = unchecked(signals.scores)

export const ofSpan = (received: ReceivedSpan): SpanRecord => {
  const { attributes, dropped, flags, status, traceState } = received
  const read = reading(attributes)
  const said = read(spans.status)
  const isRunning = said === "running" || received.endTime === 0n
  const span: Said = {}
  fillSpan(span, read)
  fillOrigin(span, received, read)
  span["traceId"] = received.traceId
  span["spanId"] = received.spanId
  span["parentSpanId"] = received.parentSpanId
  span["parentIsRemote"] = (flags & 0x300) === 0x300 ? true : undefined
  span["traceState"] = traceState === "" ? undefined : traceState
  span["name"] = received.name
  span["kind"] = kinds[received.kind] ?? "internal"
  span["spanType"] = typeOf(read)
  span["status"] = isRunning ? "running" : said === "interrupted" ? said : status.code === 2 ? "error" : "ok"
  span["statusMessage"] = status.message === "" ? undefined : status.message
  span["startTime"] = toTime(received.startTime)
  span["endTime"] = isRunning ? undefined : toTime(received.endTime)
  fillModels(span, read)
  span["attributes"] = programs(attributes, spans.names)
  span["events"] = received.events.map(({ attributes, name, time }) =>
    toEvent({ attributes, name, time: toTime(time) })
  )
  span["links"] = received.links.map(({ attributes, spanId, traceId }) => ({ traceId, spanId, attributes }))
  span["dropped"] = dropped.attributes + dropped.events + dropped.links > 0 ? dropped : undefined
  return makeSpan(span)
}

const kinds: ReadonlyArray<SpanKind> = ["internal", "internal", "server", "client", "producer", "consumer"]

/** OpenInference has a kind for each type but those of workflows. */
const typeOf = (read: Read): SpanType => {
  const said = wordOf(spanFields.spanType, read(spanType)) as SpanType | undefined
  const kind = read(openInference.kind)
  return said ?? (typeof kind === "string" ? types[kind] : undefined) ?? "generic"
}

const types: { readonly [kind: string]: SpanType } = {
  ...openInference.convention.types.words,
  CHAIN: "workflow_run"
}

const fillModels = (span: Said, read: Read): void => {
  const [asked, answered] = [stringOf(read("gen_ai.request.model")), stringOf(read("gen_ai.response.model"))]
  span["model"] = answered ?? asked
  span["requestModel"] = answered === undefined ? undefined : asked
}

export const ofLog = (received: ReceivedLog): LogRecord => {
  const { attributes, body, dropped } = received
  const read = reading(attributes)
  const cause = read("exception.stacktrace")
  const log: Said = {}
  fillLog(log, read)
  fillOrigin(log, received, read)
  log["logId"] = textOf(read("log.record.uid")) ?? idOf(received)
  log["timestamp"] = timestampOf(received)
  log["level"] = levelOf(received)
  log["message"] = typeof body !== "string" || read(logs.message) === "" ? "" : body
  log["data"] = dataOf(read(logs.data), body)
  log["attributes"] = programs(attributes, logs.names)
  log["logSpans"] = logSpansOf(attributes)
  log["cause"] = typeof cause === "string" ? cause : undefined
  log["traceId"] = received.traceId
  log["spanId"] = received.spanId
  log["dropped"] = dropped > 0 ? { attributes: dropped } : undefined
  return makeLog(log)
}

const dataOf = (data: Json | undefined, body: Json): Json => {
  if (Array.isArray(data)) return data
  if (typeof body === "string" || body === null) return []
  return Array.isArray(body) ? body : [body]
}

const logSpansOf = (attributes: JsonObject): { readonly [name: string]: number } => {
  const marks = object(attributes[Attributes.given]) ?? {}
  return Object.fromEntries(
    Object.entries(attributes).flatMap(([key, value]) => {
      if (!key.startsWith(logs.logSpan)) return []
      const mark = object(marks[key])
      const said = mark !== undefined && Object.hasOwn(mark, "field") ? mark["field"] : value
      return typeof said === "number" ? [[key.slice(logs.logSpan.length), said]] : []
    })
  )
}

/** The score of a log of this library; nothing where it lacks what each score of this library has. */
export const ofScore = (received: ReceivedLog): Score | undefined => {
  const read = reading(received.attributes)
  const score: Said = {}
  fillScore(score, read)
  if (["scoreId", "name", "dataType", "source"].some((name) => score[name] === undefined)) return undefined
  fillOrigin(score, received, read)
  score["time"] = timestampOf(received)
  score["traceId"] = received.traceId
  score["spanId"] = received.spanId
  return makeScore(score)
}

/** Reads the field that goes by an attribute. */
type Read = (name: string) => Json | undefined

const reading = (attributes: JsonObject): Read => {
  const marks = object(attributes[Attributes.given]) ?? {}
  return (name) => {
    const mark = Object.hasOwn(marks, name) ? object(marks[name]) : undefined
    const value = mark !== undefined && Object.hasOwn(mark, "field") ? mark["field"] : attributes[name]
    return value === null ? undefined : value
  }
}

/** The attributes that the program gave: those that follow from the fields are taken away. */
const programs = (attributes: JsonObject, names: Attributes.Names): JsonObject => {
  const marks = object(attributes[Attributes.given]) ?? {}
  const programs: Array<readonly [string, Json]> = []
  for (const [name, value] of Object.entries(attributes)) {
    if (name === Attributes.given) continue
    const mark = Object.hasOwn(marks, name) ? object(marks[name]) : undefined
    if (mark === undefined && names.has(name)) continue
    programs.push([name, mark !== undefined && Object.hasOwn(mark, "attribute") ? (mark["attribute"] as Json) : value])
  }
  return Object.fromEntries(programs)
}

/** Fields of a record that is being made. One object is filled: to spread several into another costs more than all else. */
interface Said {
  [field: string]: unknown
}

type Fill = (said: Said, read: Read) => void

/** Fills in the fields of a table that go by attributes. */
const filler = (fields: Fields): Fill => {
  const fills = Object.entries(fields).flatMap(([name, field]) => {
    const fill = fillerOf(name, field)
    return fill === undefined ? [] : [fill]
  })
  return (said, read) => {
    for (const fill of fills) fill(said, read)
  }
}

const fillerOf = (name: string, field: Field): Fill | undefined => {
  if (field.kind === "struct" && field.fields !== undefined) return structFiller(name, field.fields)
  const [to] = field.to ?? []
  if (to === undefined) return undefined
  return (said, read) => {
    const value = read(to)
    if (value !== undefined) said[name] = valueOf(field, value)
  }
}

/** A struct is there where something of it is, and nothing that it must have is missing. */
const structFiller = (name: string, fields: Fields): Fill => {
  const fill = filler(fields)
  const required = Object.keys(fields).filter((name) => !fields[name]?.optional)
  return (said, read) => {
    const within: Said = {}
    fill(within, read)
    if (required.some((name) => within[name] === undefined)) return
    if (Object.values(within).some((value) => value !== undefined)) said[name] = within
  }
}

/** A value of a field as OTLP had it; nothing where it is none. */
const valueOf = (field: Field, value: Json): unknown => {
  const made = field.kind === "time" || field.kind === "duration" ? nanosOf(value) : numberOf(field, value)
  return field.isValid(made) ? made : undefined
}

const nanosOf = (value: Json): bigint | undefined => {
  const digits = String(value)
  return /^-?\d{1,20}$/.test(digits) ? BigInt(digits) : undefined
}

const numberOf = ({ kind }: Field, value: Json): unknown =>
  (kind === "count" || kind === "real") && typeof value === "string" ? Number(value) : value

const wordOf = ({ words }: Field, value: Json | undefined): string | undefined =>
  typeof value === "string" && words?.includes(value) ? value : undefined

const stringOf = (value: Json | undefined): string | undefined => (typeof value === "string" ? value : undefined)

const textOf = (value: Json | undefined): string | undefined => stringOf(value) || undefined

/** Fills in what the attributes of a record leave open of whom it belongs to, and where it was made. */
const fillOrigin = (
  said: Said,
  { attributes, origin }: { readonly attributes: JsonObject; readonly origin: Origin },
  read: Read
): void => {
  const tags = attributes["langfuse.trace.tags"]
  const isTagged = Array.isArray(tags) && tags.every((tag) => typeof tag === "string") && read("tag.tags") !== undefined
  said["tags"] = isTagged ? tags : []
  said["metadata"] = metadataOf(read("metadata"))
  const { resource } = origin
  const environment = resource["deployment.environment.name"]
  const serviceName = resource["service.name"]
  said["serviceName"] = typeof serviceName === "string" ? serviceName : serviceNameOf(resource)
  said["environment"] = typeof environment === "string" ? environment : undefined
  said["resource"] = resourceOf(origin)
}

const metadataOf = (value: Json | undefined): JsonObject | undefined =>
  typeof value === "string" ? object(value) : undefined

const fillSpan = filler(spanFields)
const fillLog = filler(logFields)
const fillScore = filler(scoreFields)
