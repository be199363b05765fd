/** The span of another sender, as it is recorded here. */
import { contentOf, isConversation } from "../../../signal/conventions/conversation.js"
import * as genAi from "../../../signal/conventions/genAi.js"
import type { Refused } from "../../../signal/conventions/index.js"
import { toEvent } from "../../../signal/internal/spanEvent.js"
import type { Json, JsonObject } from "../../../signal/Json.js"
import type { SpanKind, SpanRecord, SpanType } from "../../../signal/SpanRecord.js"
import { signals, unchecked } from "../../../signal/signals.js"
import type { ReceivedSpan } from "../received.js"
import * as Fields from "./fields.js"
import { metadataOf } from "./metadata.js"
import * as Tokens from "./tokens.js"
import { agentNameOf, entityOf, toolNameOf, typeOf } from "./types.js"

const make = unchecked(signals.spans)

type Said = { -readonly [F in keyof SpanRecord]?: SpanRecord[F] | undefined } & Correlated

export const ofSpan = (received: ReceivedSpan, refused: Refused = () => {}): SpanRecord => {
  const { attributes, origin } = received
  const said: Said = {}
  Fields.fill(said, attributes, refused)
  Tokens.fill(said, attributes, (attribute, value) => refused(attribute, value, "a whole number, 0 or more"))
  const spanType = typeOf(received, origin.scope.name, said)
  named(said, received, spanType)
  costed(said)
  correlate(said, received)
  const { endTime, parentIsRemote, parentSpanId, spanId } = placeOf(received)
  const { status, statusMessage } = outcomeOf(received, endTime === undefined)
  said.traceId = received.traceId
  said.spanId = spanId
  said.parentSpanId = parentSpanId
  said.parentIsRemote = parentIsRemote
  said.traceState = received.traceState === "" ? undefined : received.traceState?.toWellFormed()
  said.name = received.name.toWellFormed()
  said.kind = kinds[received.kind] ?? "internal"
  said.spanType = spanType
  said.status = status
  said.statusMessage = statusMessage
  said.startTime = toTime(received.startTime)
  said.endTime = endTime
  said.events = received.events.map(({ attributes, name, time }) =>
    toEvent({ attributes, name: name.toWellFormed(), time: toTime(time) })
  )
  said.links = received.links.map(({ attributes, spanId, traceId }) => ({ traceId, spanId, attributes }))
  said.resource = origin.resource
  said.dropped = isAny(received.dropped) ? received.dropped : undefined
  said.errorType ??= errorTypeOf(received)
  said.timeToFirstToken ??= firstTokenOf(received)
  said.attributes = withContent(received, spanType, parentSpanId)
  return make(said)
}

/** The end of what 64 bits with a sign hold. */
const latest = 2n ** 63n - 1n

export const toTime = (time: bigint): bigint => (time > latest ? latest : time < 0n ? 0n : time)

const kinds: ReadonlyArray<SpanKind> = ["internal", "internal", "server", "client", "producer", "consumer"]

const isAny = ({ attributes, events, links }: ReceivedSpan["dropped"]): boolean => attributes + events + links > 0

interface Place {
  readonly spanId: string
  readonly parentSpanId?: string | undefined
  readonly parentIsRemote?: true | undefined
  readonly endTime?: bigint | undefined
}

const hasIsRemote = 0x100
const isRemote = 0x200

/**
 * The ids of a span, and its end. Logfire sends an open span as one of its own inside it, which ends at once and names the
 * parent of the one that it stands for.
 */
const placeOf = ({ attributes, endTime, flags, parentSpanId, spanId, startTime }: ReceivedSpan): Place => {
  if (attributes["logfire.span_type"] === "pending_span" && parentSpanId !== undefined) {
    const parent = attributes["logfire.pending_parent_id"]
    const isParent = typeof parent === "string" && /^(?!0{16})[\da-f]{16}$/.test(parent)
    return { spanId: parentSpanId, parentSpanId: isParent ? parent : undefined }
  }
  const remote = parentSpanId !== undefined && (flags & hasIsRemote) !== 0 && (flags & isRemote) !== 0
  return {
    spanId,
    parentSpanId,
    ...(remote && { parentIsRemote: true }),
    // The clock of a sender may have been set back in between.
    endTime: endTime === 0n ? undefined : toTime(endTime < startTime ? startTime : endTime)
  }
}

type Outcome = Pick<SpanRecord, "status"> & { readonly statusMessage?: string | undefined }

const outcomeOf = (received: ReceivedSpan, isRunning: boolean): Outcome => {
  const { attributes, events, status } = received
  if (isRunning) return { status: "running" }
  const level = attributes["langfuse.observation.level"]
  const failed = attributes["span.type"] !== undefined && isFalse(attributes["success"])
  if (status.code !== 2 && level !== "ERROR" && !failed) return { status: "ok" }
  const message = [
    status.message,
    attributes["langfuse.observation.status_message"],
    events.findLast(({ name }) => name === "exception")?.attributes["exception.message"],
    attributes["error.message"],
    attributes["error"]
  ].find((said): said is string => typeof said === "string" && said !== "")
  return { status: "error", statusMessage: message?.toWellFormed() }
}

const isFalse = (value: Json | undefined): boolean => value === false || value === "false"

const errorTypeOf = ({ events, status }: ReceivedSpan): string | undefined => {
  if (status.code !== 2) return undefined
  const type = events.findLast(({ name }) => name === "exception")?.attributes["exception.type"]
  return typeof type === "string" && type !== "" ? type : undefined
}

/** Langfuse says when the first token came, as JSON. */
const firstTokenOf = ({ attributes, startTime }: ReceivedSpan): bigint | undefined => {
  const said = attributes["langfuse.observation.completion_start_time"]
  const millis = typeof said === "string" ? Date.parse(said.replaceAll('"', "")) : Number.NaN
  if (!Number.isFinite(millis)) return undefined
  const after = BigInt(millis) * 1_000_000n - startTime
  return after >= 0n && after <= latest ? after : undefined
}

/** Names that are a field's in some spans only. */
const named = (said: Said, { attributes, name }: ReceivedSpan, spanType: SpanType): void => {
  const entity = entityOf(attributes)
  if (spanType === "tool_call") {
    if (said.toolName === undefined && entity?.kind === "tool") said.toolName = entity.name
    said.toolName ??= (textOf(attributes["genkit:name"]) ?? toolNameOf(name)).toWellFormed()
  }
  if (spanType === "agent_run") {
    if (said.agentName === undefined && entity?.kind === "agent") said.agentName = entity.name
    said.agentName ??= textOf(attributes["ai.telemetry.functionId"]) ?? agentNameOf(name)?.toWellFormed()
  }
  if (spanType === "model_generation") said.model ??= textOf(attributes["genkit:name"])
}

const textOf = (value: Json | undefined): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined

/** A cost is the sender's own. Zero is what libraries write that do not know it. */
const costed = (said: Said): void => {
  if (said.costUsd === 0 && said.costSource === undefined) said.costUsd = undefined
  if (said.costUsd === undefined) said.costSource = undefined
  else said.costSource ??= "provider"
}

interface Received {
  readonly origin: ReceivedSpan["origin"]
  readonly attributes: JsonObject
}

/** The fields of `correlation`. */
export interface Correlated extends Fields.Said {
  serviceName?: string
  metadata?: JsonObject | undefined
}

/**
 * Fills in whom a record belongs to, and where it was made. What the resource says comes after what the record does. The one
 * object of the record is filled: to spread several into another costs more than all else.
 */
export const correlate = (said: Correlated, { attributes, origin }: Received): void => {
  const resource = Fields.ofResource(origin.resource)
  said.sessionId ??= resource.sessionId
  said.threadId ??= resource.threadId
  said.userId ??= resource.userId
  said.conversationId ??= resource.conversationId
  said.environment ??= resource.environment
  said.serviceName = serviceNameOf(origin.resource)
  said.tags ??= resource.tags ?? none
  said.metadata = metadataOf(attributes)
}

const none: ReadonlyArray<string> = []

/** Resources must have a name; the conventions have this one for those that have none. */
export const serviceNameOf = (resource: JsonObject): string => {
  const name = resource["service.name"]
  return typeof name === "string" && name !== "" ? name : typeof name === "number" ? String(name) : "unknown_service"
}

/** The attributes as they came, with what the sender calls messages and the content of tools by the names of OpenTelemetry. */
const withContent = (received: ReceivedSpan, spanType: SpanType, parentSpanId: string | undefined): JsonObject => {
  const { attributes, events } = received
  const isGeneric = spanType !== "tool_call" && spanType !== "agent_run" && spanType !== "model_generation"
  if (isGeneric && (parentSpanId !== undefined || !isConversation(attributes))) return attributes
  const [given, answer] = spanType === "tool_call" ? ofTool : ofModel
  if (attributes[given] !== undefined && attributes[answer] !== undefined) return attributes
  const content = contentOf({ spanType, attributes, events, parentSpanId })
  const added: Record<string, Json> = {}
  // Messages that the sender has by this name have what is of the system among them.
  if (content.system !== undefined && attributes[genAi.inputMessages] === undefined) {
    add(added, attributes, genAi.systemInstructions, content.system)
  }
  if (content.input !== undefined) add(added, attributes, genAi.inputMessages, content.input)
  if (content.output !== undefined) add(added, attributes, genAi.outputMessages, content.output)
  if (content.toolArguments !== undefined) add(added, attributes, genAi.toolArguments, content.toolArguments)
  if (content.toolResult !== undefined) add(added, attributes, genAi.toolResult, content.toolResult)
  for (const _ in added) return { ...attributes, ...added }
  return attributes
}

const ofTool = [genAi.toolArguments, genAi.toolResult] as const
const ofModel = [genAi.inputMessages, genAi.outputMessages] as const

const add = (added: Record<string, Json>, attributes: JsonObject, name: string, value: Json): void => {
  if (attributes[name] === undefined) added[name] = value
}
