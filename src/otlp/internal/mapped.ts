/** Makes records of what was received, by what its sender means. */
import { type Columns, fill, sessionOf, typeOf } from "../../signal/conventions/index.js"
import { toEvent } from "../../signal/internal/spanEvent.js"
import type { Level, LogRecord } from "../../signal/LogRecord.js"
import { unchecked } from "../../signal/Signal.js"
import type { SpanRecord } from "../../signal/SpanRecord.js"
import { signals } from "../../signal/signals.js"
import { logIdOf } from "./logId.js"
import * as Own from "./own.js"
import type { Origin, ReceivedLog, ReceivedSpan } from "./received.js"

const makeSpan = unchecked(signals.spans)
const makeLog = unchecked(signals.logs)

const made = ({ resource }: Origin) => ({
  serviceName: typeof resource["service.name"] === "string" ? resource["service.name"] : "unknown_service",
  environment:
    typeof resource["deployment.environment.name"] === "string" ? resource["deployment.environment.name"] : undefined
})

const kinds = ["internal", "server", "client", "producer", "consumer"]

export const spanOf = (received: ReceivedSpan): SpanRecord => {
  if (Own.isOwn(received.origin)) return Own.toSpan(received)
  const { attributes, dropped, endTime, origin, status } = received
  const columns: Columns = {}
  fill(columns, attributes)
  return makeSpan({
    ...received,
    ...made(origin),
    ...columns,
    sessionId: sessionOf(attributes),
    kind: kinds[received.kind - 1] ?? "internal",
    parentIsRemote: (received.flags & 0x200) !== 0 ? true : undefined,
    spanType: typeOf(attributes),
    status: endTime === 0n ? "running" : status.code === 2 ? "error" : "ok",
    statusMessage: status.message === "" ? undefined : status.message,
    endTime: endTime === 0n ? undefined : endTime,
    events: received.events.map(toEvent),
    links: received.links.map(({ attributes, spanId, traceId }) => ({ traceId, spanId, attributes })),
    tags: [],
    resource: origin.resource,
    dropped: dropped.attributes + dropped.events + dropped.links === 0 ? undefined : dropped
  })
}

const levels: ReadonlyArray<Level> = ["trace", "debug", "info", "warn", "error", "fatal"]

export const logOf = (received: ReceivedLog): LogRecord => {
  if (Own.isOwn(received.origin)) return Own.toLog(received)
  const { attributes, body, dropped, observedTime, origin, severityNumber, spanId, time, traceId } = received
  const columns: Columns = {}
  fill(columns, attributes)
  const { conversationId, requestId, runId, threadId, userId } = columns
  return makeLog({
    ...made(origin),
    conversationId,
    requestId,
    runId,
    threadId,
    userId,
    sessionId: sessionOf(attributes),
    logId: logIdOf(received),
    timestamp: time === 0n ? observedTime : time,
    level: levels[Math.floor((severityNumber - 1) / 4)] ?? "info",
    message: typeof body === "string" ? body : "",
    data: typeof body === "string" || body === null ? [] : [body],
    attributes,
    logSpans: {},
    traceId,
    spanId,
    tags: [],
    dropped: dropped === 0 ? undefined : { attributes: dropped }
  })
}
