/**
 * An engine in plain JavaScript and without bounds. It is the reference: what is slow and obvious here is what the others
 * must answer.
 */
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Struct from "effect/Struct"
import type { SessionId } from "../../identity/SessionId.js"
import { replay } from "../../signal/internal/conventions.js"
import { Level, type LogRecord } from "../../signal/LogRecord.js"
import { SessionSummary } from "../../signal/SessionSummary.js"
import type { SpanRecord } from "../../signal/SpanRecord.js"
import type { Engine } from "./engine.js"
import * as query from "./query.js"
import { byStart, compare, entrySpan, isEntry, select } from "./select.js"

export const make = (): Engine => {
  const spans = new Map<string, SpanRecord>()
  const logs = new Map<string, LogRecord>()
  const spansWhere = (predicate: (span: SpanRecord) => boolean) => Array.from(spans.values()).filter(predicate)
  const logsWhere = (predicate: (log: LogRecord) => boolean) => Array.from(logs.values()).filter(predicate)

  const sessionOf = (sessionId: string): Session => {
    const ofSession = (row: SpanRecord | LogRecord) => row.sessionId === sessionId
    return summarized(sessionId as SessionId, spansWhere(ofSession), logsWhere(ofSession))
  }

  const deleteWhere = (ofSpan: (span: SpanRecord) => boolean, ofLog: (log: LogRecord) => boolean) =>
    Effect.sync(() => {
      const deleted = { spans: spansWhere(ofSpan), logs: logsWhere(ofLog) }
      for (const span of deleted.spans) spans.delete(keyOf(span))
      for (const log of deleted.logs) logs.delete(log.logId)
      return { spans: deleted.spans.length, logs: deleted.logs.length }
    })

  return {
    insertSpans: (records) =>
      Effect.sync(() => {
        for (const span of records) {
          const stored = spans.get(keyOf(span))
          if (span.endTime !== undefined || stored?.endTime === undefined) spans.set(keyOf(span), span)
        }
      }),
    insertLogs: (records) =>
      Effect.sync(() => {
        for (const log of records) logs.set(log.logId, log)
      }),
    listTraces: (asked) =>
      Effect.sync(() => {
        const traces = Object.values(Arr.groupBy(spans.values(), (span) => span.traceId))
        const entries = traces.flatMap((trace) => {
          const entry = entrySpan(trace)
          return entry !== undefined && traceMatches(trace, entry, asked.filters) ? [entry] : []
        })
        return select(entries, query.spanKey, asked)
      }),
    listSpans: (asked) =>
      Effect.sync(() =>
        select(
          spansWhere((span) => spanMatches(span, asked.filters)),
          query.spanKey,
          asked
        )
      ),
    listLogs: (asked) =>
      Effect.sync(() =>
        select(
          logsWhere((log) => logMatches(log, asked.filters)),
          query.logKey,
          asked
        )
      ),
    listSessions: (asked) =>
      Effect.sync(() => {
        const ids = new Set([...spans.values(), ...logs.values()].flatMap((row) => row.sessionId ?? []))
        const matching = Array.from(ids, sessionOf)
          .filter((session) => sessionMatches(session, asked.filters))
          .map(({ summary }) => summary)
        const { asOf } = asked
        const shown = matching.filter(({ lastActivity }) => Option.isNone(asOf) || lastActivity <= asOf.value)
        return {
          items: select(shown, query.sessionKey, asked),
          newest: matching.reduce((newest, { lastActivity }) => max(newest, lastActivity), earliestTime)
        }
      }),
    sessionTimeline: (asked) =>
      Effect.sync(() => {
        const { logs, spans } = sessionOf(asked.filters.sessionId)
        return select([...spans.filter(isEntry), ...logs], query.timelineKey, asked)
      }),
    traceSpans: (traceId, limit) =>
      Effect.sync(() =>
        spansWhere((span) => span.traceId === traceId)
          .sort(byStart)
          .slice(0, limit)
      ),
    getSpan: (id) => Effect.sync(() => Option.fromNullable(spans.get(keyOf(id)))),
    getSession: (sessionId) =>
      Effect.sync(() => {
        const { logs, spans, summary } = sessionOf(sessionId)
        return spans.length + logs.length > 0 ? Option.some(summary) : Option.none()
      }),
    deleteBefore: (time) =>
      deleteWhere(
        (span) => span.startTime < time,
        (log) => log.timestamp < time
      ),
    deleteSession: (sessionId) =>
      Effect.suspend(() => {
        const session = sessionOf(sessionId)
        const traces = new Set([...session.spans, ...session.logs].map((row) => row.traceId))
        const goes = (row: SpanRecord | LogRecord) =>
          row.sessionId === sessionId ||
          (row.sessionId === undefined && row.traceId !== undefined && traces.has(row.traceId))
        return deleteWhere(goes, goes)
      })
  }
}

interface Session {
  readonly spans: ReadonlyArray<SpanRecord>
  readonly logs: ReadonlyArray<LogRecord>
  readonly summary: SessionSummary
}

const earliestTime = -(2n ** 63n)

const summarized = (
  sessionId: SessionId,
  spans: ReadonlyArray<SpanRecord>,
  logs: ReadonlyArray<LogRecord>
): Session => {
  const times = [
    ...spans.flatMap((span) => [span.startTime, max(span.startTime, span.endTime ?? span.startTime)]),
    ...logs.map((log) => log.timestamp)
  ].sort(compare)
  const ran = spans.filter((span) => span.attributes[replay] !== true)
  const generations = ran.filter((span) => span.spanType === "model_generation")
  const sum = (field: "inputTokens" | "outputTokens" | "costUsd") =>
    generations.reduce((total, span) => total + (span[field] ?? 0), 0)
  const summary = new SessionSummary(
    {
      sessionId,
      firstActivity: times.at(0) ?? earliestTime,
      lastActivity: times.at(-1) ?? earliestTime,
      traces: new Set(spans.map((span) => span.traceId)).size,
      spans: spans.length,
      errors: ran.filter((span) => span.status === "error").length,
      logs: logs.length,
      inputTokens: sum("inputTokens"),
      outputTokens: sum("outputTokens"),
      costUsd: Math.max(Math.min(sum("costUsd"), Number.MAX_VALUE), -Number.MAX_VALUE),
      users: Array.from(new Set([...spans, ...logs].flatMap((row) => row.userId ?? []))).sort(compare)
    },
    true
  )
  return { spans, logs, summary }
}

const keyOf = (span: { readonly traceId: string; readonly spanId: string }) => span.traceId + span.spanId

const equalOfAnyRow = [...query.correlationIds, "serviceName", "environment", "traceId"] as const
const equalOfSpan = ["spanType", "name", "status", "model"] as const
/** The filters that `listTraces` asks of any span of a trace, besides `hasError`. */
const someSpan = [...query.correlationIds, "spanType", "model", "tags", "metadata"] as const
/** The filters that `listSessions` asks of any row of a session, besides those of spans only. */
const someRow = [...equalOfAnyRow, "tags", "metadata"] as const

const rowMatches = (
  row: SpanRecord | LogRecord,
  time: bigint,
  filters: query.SpanFilters | query.LogFilters
): boolean =>
  equalOfAnyRow.every((field) => filters[field] === undefined || row[field] === filters[field]) &&
  (filters.tags ?? []).every((tag) => row.tags.includes(tag)) &&
  Object.entries(filters.metadata ?? {}).every(([key, value]) => {
    const metadata = row.metadata ?? {}
    return Object.hasOwn(metadata, key) && query.jsonEquals(metadata[key], value)
  }) &&
  (filters.startedAfter === undefined || time >= filters.startedAfter) &&
  (filters.startedBefore === undefined || time < filters.startedBefore)

const spanMatches = (span: SpanRecord, filters: query.SpanFilters): boolean =>
  rowMatches(span, span.startTime, filters) &&
  equalOfSpan.every((field) => filters[field] === undefined || span[field] === filters[field]) &&
  (filters.minDuration === undefined ||
    (span.endTime !== undefined && span.endTime - span.startTime >= filters.minDuration)) &&
  (filters.hasError === undefined || filters.hasError === (span.status === "error"))

const logMatches = (log: LogRecord, filters: query.LogFilters): boolean =>
  rowMatches(log, log.timestamp, filters) &&
  (filters.level === undefined || log.level === filters.level) &&
  (filters.minLevel === undefined || severity(log.level) >= severity(filters.minLevel)) &&
  (filters.search === undefined || lowerAscii(log.message).includes(lowerAscii(filters.search)))

const traceMatches = (trace: ReadonlyArray<SpanRecord>, entry: SpanRecord, filters: query.SpanFilters): boolean =>
  spanMatches(entry, Struct.omit(filters, ...someSpan, "hasError")) &&
  someSpan.every((field) => trace.some((span) => spanMatches(span, Struct.pick(filters, field)))) &&
  (filters.hasError === undefined || filters.hasError === trace.some((span) => span.status === "error"))

const sessionMatches = ({ logs, spans, summary }: Session, filters: query.SpanFilters): boolean =>
  someRow.every(
    (field) =>
      spans.some((span) => spanMatches(span, Struct.pick(filters, field))) ||
      logs.some((log) => logMatches(log, Struct.pick(filters, field)))
  ) &&
  equalOfSpan.every(
    (field) => filters[field] === undefined || spans.some((span) => spanMatches(span, Struct.pick(filters, field)))
  ) &&
  (filters.startedAfter === undefined || summary.lastActivity >= filters.startedAfter) &&
  (filters.startedBefore === undefined || summary.firstActivity < filters.startedBefore) &&
  (filters.minDuration === undefined || summary.lastActivity - summary.firstActivity >= filters.minDuration) &&
  (filters.hasError === undefined || filters.hasError === summary.errors > 0)

const severity = (level: Level): number => Level.literals.indexOf(level)

const lowerAscii = (text: string): string => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase())

const max = (a: bigint, b: bigint): bigint => (a > b ? a : b)
