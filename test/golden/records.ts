/** A span and a log with every field, and what is asked of a small store. */
import { Effect, Option } from "effect"
import type { LogRecord } from "../../src/signal/LogRecord.js"
import type { SpanRecord } from "../../src/signal/SpanRecord.js"
import type * as Storage from "../../src/storage/Storage.js"
import { at, log, span, spanId, traceId } from "../../src/testing/Records.js"

const ids = {
  sessionId: "session-1",
  threadId: "thread",
  runId: "run",
  requestId: "request",
  resourceId: "resource",
  userId: "user",
  organizationId: "organization",
  conversationId: "conversation"
}

const shared = {
  ...ids,
  serviceName: "service",
  environment: "production",
  tags: ["vip", "beta"],
  metadata: { plan: "pro", seats: { used: 3, free: [1, null] } },
  attributes: { "gen_ai.operation.name": "chat", stream: true, ελ: 0.5 }
}

/** A span with every field. */
export const wholeSpan: SpanRecord = span({
  ...shared,
  traceId: traceId(1),
  spanId: spanId(0x12),
  parentSpanId: spanId(0x11),
  parentIsRemote: false,
  traceState: "vendor=1",
  name: "chat gpt",
  kind: "client",
  spanType: "model_generation",
  status: "error",
  statusMessage: "overloaded",
  startTime: at(1),
  endTime: at(2.5),
  model: "gpt",
  provider: "openai",
  inputTokens: 10,
  outputTokens: 20,
  costUsd: 0.0125,
  events: [{ name: "exception", time: at(2), attributes: { "exception.message": "overloaded" } }],
  links: [{ traceId: traceId(8), spanId: spanId(8), attributes: { why: "retry" } }],
  resource: { "service.version": "1.2.3" },
  dropped: { attributes: 1, events: 2, links: 3 }
})

/** A log with every field. */
export const wholeLog: LogRecord = log({
  ...shared,
  logId: "018bcfe5-6800-7000-8000-000000000001",
  timestamp: at(2),
  level: "error",
  message: "the model is overloaded",
  data: [{ attempt: 1 }, "again", null],
  logSpans: { request: 12.5 },
  cause: "Error: overloaded\n    at chat",
  traceId: wholeSpan.traceId,
  spanId: wholeSpan.spanId
})

/** Two sessions, a trace outside of them, and a span that runs. */
const spans: ReadonlyArray<SpanRecord> = [
  span({
    ...shared,
    traceId: traceId(1),
    spanId: spanId(0x11),
    name: "agent",
    spanType: "agent_run",
    startTime: at(0),
    endTime: at(10)
  }),
  wholeSpan,
  span({ sessionId: ids.sessionId, traceId: traceId(2), spanId: spanId(0x21), startTime: at(20), endTime: at(21) }),
  span({ sessionId: "session-2", traceId: traceId(3), spanId: spanId(0x31), startTime: at(30), endTime: at(35) }),
  span({ sessionId: "session-2", traceId: traceId(4), spanId: spanId(0x41), startTime: at(40), status: "running" }),
  span({ traceId: traceId(5), spanId: spanId(0x51), startTime: at(50), endTime: at(51) })
]

const logs: ReadonlyArray<LogRecord> = [
  wholeLog,
  log({ sessionId: ids.sessionId, logId: "018bcfe5-6800-7000-8000-000000000002", timestamp: at(20), level: "fatal" }),
  log({ sessionId: "session-2", logId: "018bcfe5-6800-7000-8000-000000000003", timestamp: at(31), level: "warn" }),
  log({ logId: "018bcfe5-6800-7000-8000-000000000004", timestamp: at(60) })
]

type Service = Storage.StorageService
type Answer = Effect.Effect<unknown, Storage.StorageError>

/** Stores the records in one batch of each kind, so that an engine that reads in parallel has one part to read. */
export const fill = (storage: Service) => Effect.zipRight(storage.insertSpans(spans), storage.insertLogs(logs))

const common: Storage.CommonFilters = {
  ...ids,
  serviceName: shared.serviceName,
  environment: shared.environment,
  traceId: traceId(1),
  tags: ["vip"],
  metadata: { plan: "pro", seats: shared.metadata.seats },
  startedAfter: at(-1),
  startedBefore: at(5)
}
const ofSpans: Storage.SpanFilters = {
  ...common,
  spanType: wholeSpan.spanType,
  name: wholeSpan.name,
  status: wholeSpan.status,
  model: "gpt",
  minDuration: "1 millis",
  hasError: true
}
const ofLogs: Storage.LogFilters = { ...common, level: "error", minLevel: "warn", search: "OverLoaded" }

/** What is asked: the first step prepares the second, whose statements are looked at. */
export interface Question {
  readonly what: string
  readonly ask: (storage: Service) => Effect.Effect<Answer, Storage.StorageError>
}

const asks = (what: string, ask: (storage: Service) => Answer): Question => ({
  what,
  ask: (storage) => Effect.succeed(ask(storage))
})

/** Asks for the page after the first, which has one item. */
const asksNext = (
  what: string,
  list: (
    storage: Service,
    pagination: Storage.Pagination
  ) => Effect.Effect<Storage.PaginatedResult<unknown>, Storage.StorageError>
): Question => ({
  what: `${what}, the next page`,
  ask: (storage) =>
    Effect.map(list(storage, { limit: 1 }), ({ nextCursor }) =>
      list(storage, { limit: 1, cursor: Option.getOrThrow(nextCursor) })
    )
})

const { sessionId } = ids
const oldestFirst = { field: "time", direction: "asc" } as const
const byDuration = (direction: "asc" | "desc"): Storage.OrderBy => ({ field: "duration", direction })

/** What is asked of the records, in this order: the last ones delete them. */
export const questions: ReadonlyArray<Question> = [
  asks("listTraces", (_) => _.listTraces()),
  asks("listTraces of a session", (_) => _.listTraces({ filters: { sessionId } })),
  asks("listTraces with every filter", (_) => _.listTraces({ filters: ofSpans })),
  asks("listTraces without an error, at least so long", (_) =>
    _.listTraces({ filters: { hasError: false, minDuration: "1 millis", name: "span" } })
  ),
  asks("listTraces, the longest first", (_) => _.listTraces({ orderBy: byDuration("desc") })),
  asksNext("listTraces, the oldest first", (_, pagination) => _.listTraces({ orderBy: oldestFirst, pagination })),
  asks("listSpans", (_) => _.listSpans()),
  asks("listSpans with every filter", (_) => _.listSpans({ filters: ofSpans })),
  asks("listSpans, the longest first", (_) => _.listSpans({ orderBy: byDuration("desc") })),
  asksNext("listSpans, the shortest first", (_, pagination) => _.listSpans({ orderBy: byDuration("asc"), pagination })),
  asksNext("listSpans of a session", (_, pagination) => _.listSpans({ filters: { sessionId }, pagination })),
  asks("listLogs", (_) => _.listLogs()),
  asks("listLogs by minLevel and search", (_) => _.listLogs({ filters: { minLevel: "warn", search: "OverLoaded" } })),
  asks("listLogs by tags and metadata", (_) =>
    _.listLogs({ filters: { tags: ["vip", "beta"], metadata: shared.metadata } })
  ),
  asks("listLogs with every filter", (_) => _.listLogs({ filters: ofLogs })),
  asksNext("listLogs, the oldest first", (_, pagination) => _.listLogs({ orderBy: oldestFirst, pagination })),
  asks("listSessions", (_) => _.listSessions()),
  asks("listSessions with every filter", (_) => _.listSessions({ filters: ofSpans })),
  asks("listSessions without an error, the longest first", (_) =>
    _.listSessions({ filters: { hasError: false }, orderBy: byDuration("desc") })
  ),
  asksNext("listSessions, the oldest first", (_, pagination) => _.listSessions({ orderBy: oldestFirst, pagination })),
  asks("sessionTimeline", (_) => _.sessionTimeline({ sessionId })),
  asksNext("sessionTimeline", (_, pagination) => _.sessionTimeline({ sessionId, pagination })),
  asks("getTrace", (_) => _.getTrace(wholeSpan.traceId)),
  asks("traceOutline", (_) => _.traceOutline(wholeSpan.traceId)),
  asks("getSpan", (_) => _.getSpan(wholeSpan)),
  asks("getSession", (_) => _.getSession(sessionId)),
  asks("deleteSession", (_) => _.deleteSession(sessionId)),
  asks("deleteBefore", (_) => _.deleteBefore(at(45)))
]
