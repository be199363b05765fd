import { SessionId } from "../../src/identity/SessionId.js"
import { LogRecord } from "../../src/signal/LogRecord.js"
import { SpanRecord } from "../../src/signal/SpanRecord.js"

type Fields<Args> = Partial<Omit<Args, "sessionId">> & { readonly sessionId?: string }
export type SpanFields = Fields<ConstructorParameters<typeof SpanRecord>[0]>
export type LogFields = Fields<ConstructorParameters<typeof LogRecord>[0]>

/** A time so many milliseconds after a fixed one. */
export const at = (millis: number): bigint => 1_700_000_000_000_000_000n + BigInt(Math.round(millis * 1_000_000))

/** The trace id of a number. */
export const traceId = (n: number): string => n.toString(16).padStart(32, "0")

/** The span id of a number. */
export const spanId = (n: number): string => n.toString(16).padStart(16, "0")

let made = 0

const common = { serviceName: "test", tags: [], attributes: {} }

const inSession = (sessionId: string | undefined) =>
  sessionId === undefined ? {} : { sessionId: SessionId.make(sessionId) }

/**
 * A completed span of a millisecond, or a running one where `status` says so. Each has ids of its own, and starts a
 * millisecond after the record made before it.
 */
export const span = ({ sessionId, ...fields }: SpanFields = {}): SpanRecord => {
  made++
  const startTime = fields.startTime ?? at(made)
  return new SpanRecord({
    traceId: traceId(made),
    spanId: spanId(made),
    name: "span",
    kind: "internal",
    spanType: "generic",
    status: "ok",
    startTime,
    ...(fields.status === "running" ? {} : { endTime: startTime + 1_000_000n }),
    events: [],
    links: [],
    resource: {},
    ...common,
    ...fields,
    ...inSession(sessionId)
  })
}

/** A log with an id of its own, a millisecond after the record made before it. */
export const log = ({ sessionId, ...fields }: LogFields = {}): LogRecord => {
  made++
  return new LogRecord({
    logId: `log-${String(made).padStart(8, "0")}`,
    timestamp: at(made),
    level: "info",
    message: "message",
    data: [],
    logSpans: {},
    ...common,
    ...fields,
    ...inSession(sessionId)
  })
}
