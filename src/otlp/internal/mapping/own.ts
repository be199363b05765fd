/** Records that this library sent, made again as they were: the other way of `spans.ts`, `logs.ts` and `scores.ts`. */
import { isSessionId } from "../../../identity/SessionId.js"
import { spanType } from "../../../signal/conventions/effectObservability.js"
import * as openInference from "../../../signal/conventions/openInference.js"
import type { Field, Fields } from "../../../signal/Field.js"
import { correlation } from "../../../signal/internal/correlation.js"
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
  const { dropped, flags, status, traceState } = received
  const read = reading(received.attributes)
  const said = read(spans.status)
  const isRunning = said === "running" || received.endTime === 0n
  return makeSpan({
    ...fieldsOf(spanFields, read),
    ...originOf(received.origin),
    ...belongingOf(read, received.attributes),
    traceId: received.traceId,
    spanId: received.spanId,
    parentSpanId: received.parentSpanId,
    parentIsRemote: (flags & 0x300) === 0x300 ? true : undefined,
    traceState: traceState === "" ? undefined : traceState,
    name: received.name,
    kind: kinds[received.kind] ?? "internal",
    spanType: typeOf(read),
    status: isRunning ? "running" : said === "interrupted" ? said : status.code === 2 ? "error" : "ok",
    statusMessage: status.message === "" ? undefined : status.message,
    startTime: toTime(received.startTime),
    endTime: isRunning ? undefined : toTime(received.endTime),
    ...modelsOf(read),
    attributes: programs(received.attributes, spans.names),
    events: received.events.map(({ attributes, name, time }) => toEvent({ attributes, name, time: toTime(time) })),
    links: received.links.map(({ attributes, spanId, traceId }) => ({ traceId, spanId, attributes })),
    dropped: dropped.attributes + dropped.events + dropped.links > 0 ? dropped : undefined
  })
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

const modelsOf = (read: Read) => {
  const [asked, answered] = [stringOf(read("gen_ai.request.model")), stringOf(read("gen_ai.response.model"))]
  return answered === undefined ? { model: asked, requestModel: undefined } : { model: answered, requestModel: asked }
}

export const ofLog = (received: ReceivedLog): LogRecord => {
  const { attributes, body, dropped } = received
  const read = reading(attributes)
  const data = read(logs.data)
  const cause = read("exception.stacktrace")
  return makeLog({
    ...fieldsOf(logFields, read),
    ...originOf(received.origin),
    ...belongingOf(read, attributes),
    logId: textOf(read("log.record.uid")) ?? idOf(received),
    timestamp: timestampOf(received),
    level: levelOf(received),
    message: typeof body !== "string" || read(logs.message) === "" ? "" : body,
    data: Array.isArray(data)
      ? data
      : typeof body === "string" || body === null
        ? []
        : Array.isArray(body)
          ? body
          : [body],
    attributes: programs(attributes, logs.names),
    logSpans: logSpansOf(attributes),
    cause: typeof cause === "string" ? cause : undefined,
    traceId: received.traceId,
    spanId: received.spanId,
    dropped: dropped > 0 ? { attributes: dropped } : undefined
  })
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
  const { attributes, origin, spanId, traceId } = received
  const read = reading(attributes)
  const said = fieldsOf(scoreFields, read)
  if (["scoreId", "name", "dataType", "source"].some((name) => said[name] === undefined)) return undefined
  return makeScore({
    ...said,
    ...originOf(origin),
    ...belongingOf(read, attributes),
    time: timestampOf(received),
    traceId,
    spanId
  })
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

/** The fields of a table that go by attributes, but those of `correlation`. */
const fieldsOf = (fields: Fields, read: Read): Record<string, unknown> => {
  const said: Record<string, unknown> = {}
  for (const [name, field] of Object.entries(fields)) {
    if (field.kind === "struct" && field.fields !== undefined) {
      const within = fieldsOf(field.fields, read)
      const isWhole = Object.entries(field.fields).every(
        ([name, { optional }]) => optional || within[name] !== undefined
      )
      if (isWhole && Object.values(within).some((value) => value !== undefined)) said[name] = within
      continue
    }
    const [to] = field.to ?? []
    const value = to === undefined ? undefined : read(to)
    if (value !== undefined) said[name] = valueOf(field, value)
  }
  return said
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

/** The session, the user and the rest of whom a record belongs to. */
const belongingOf = (read: Read, attributes: JsonObject) => {
  const said = fieldsOf(correlation, read)
  const tags = attributes["langfuse.trace.tags"]
  const isTagged = Array.isArray(tags) && tags.every((tag) => typeof tag === "string") && read("tag.tags") !== undefined
  return {
    ...said,
    sessionId: isSessionId(said["sessionId"]) ? said["sessionId"] : undefined,
    tags: isTagged ? tags : [],
    metadata: metadataOf(read("metadata"))
  }
}

const metadataOf = (value: Json | undefined): JsonObject | undefined =>
  typeof value === "string" ? object(value) : undefined

/** Where a record was made. */
const originOf = (origin: Origin) => {
  const { resource } = origin
  const environment = resource["deployment.environment.name"]
  const serviceName = resource["service.name"]
  return {
    serviceName: typeof serviceName === "string" ? serviceName : serviceNameOf(resource),
    environment: typeof environment === "string" ? environment : undefined,
    resource: resourceOf(origin)
  }
}
