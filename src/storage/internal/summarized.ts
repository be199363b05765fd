/**
 * Sessions in short, computed from their records in memory: the reference for the sums of every engine.
 */

import { errorsOf, isReplayed, turnsOf } from "../../signal/internal/spans.js"
import type { LogRecord } from "../../signal/LogRecord.js"
import { SessionSummary } from "../../signal/SessionSummary.js"
import type { SpanRecord } from "../../signal/SpanRecord.js"
import { compare } from "./select.js"

export interface Session {
  readonly spans: ReadonlyArray<SpanRecord>
  readonly logs: ReadonlyArray<LogRecord>
  readonly summary: SessionSummary
}

/** Below any time of a record. */
export const earliestTime = -(2n ** 63n)

/** The records of a session, and its summary. */
export const summarized = (
  sessionId: string,
  spans: ReadonlyArray<SpanRecord>,
  logs: ReadonlyArray<LogRecord>
): Session => {
  const times = [
    ...spans.flatMap((span) => [span.startTime, max(span.startTime, span.endTime ?? span.startTime)]),
    ...logs.map((log) => log.timestamp)
  ].sort(compare)
  const sum = (field: "inputTokens" | "outputTokens" | "costUsd") =>
    clamped(
      spans.reduce(
        (total, span) => (isSummed[field](span) && !isReplayed(span) ? total + (span[field] ?? 0) : total),
        0
      )
    )
  const summary = new SessionSummary(
    {
      sessionId: sessionId as SessionSummary["sessionId"],
      firstActivity: times.at(0) ?? earliestTime,
      lastActivity: times.at(-1) ?? earliestTime,
      traces: new Set(spans.map((span) => span.traceId)).size,
      spans: spans.length,
      turns: turnsOf(spans).length,
      errors: errorsOf(spans).length,
      logs: logs.length,
      inputTokens: sum("inputTokens"),
      outputTokens: sum("outputTokens"),
      costUsd: sum("costUsd"),
      users: Array.from(new Set([...spans, ...logs].flatMap((row) => row.userId ?? []))).sort(compare)
    },
    true
  )
  return { spans, logs, summary }
}

/** Agents repeat what their children used; what a program says to cost, as a tool does, is not repeated. */
const isGeneration = (span: SpanRecord): boolean => span.spanType === "model_generation"
const isSummed = {
  inputTokens: isGeneration,
  outputTokens: isGeneration,
  costUsd: (span: SpanRecord): boolean => isGeneration(span) || span.costSource === "custom"
}

/** A sum beyond all numbers is the largest. */
const clamped = (sum: number): number => Math.max(Math.min(sum, Number.MAX_VALUE), -Number.MAX_VALUE)

/** The later of two times. */
export const max = (a: bigint, b: bigint): bigint => (a > b ? a : b)
