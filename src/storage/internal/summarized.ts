/**
 * Sessions in short, computed from their records in memory: the reference for the sums of every engine.
 */

import * as Exact from "../../signal/internal/exact.js"
import {
  askedForInput,
  askedForOutput,
  inputOf,
  outputOf,
  type Place,
  type Speakers,
  speakersOf
} from "../../signal/internal/said.js"
import { errorsOf, isReplayed, turnsOf } from "../../signal/internal/spans.js"
import type { JsonObject } from "../../signal/Json.js"
import type { LogRecord } from "../../signal/LogRecord.js"
import type { Score } from "../../signal/Score.js"
import { type ScoreSummary, SessionSummary } from "../../signal/SessionSummary.js"
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
  logs: ReadonlyArray<LogRecord>,
  scores: ReadonlyArray<Score>,
  attributesOf: (span: SpanRecord) => JsonObject = ({ attributes }) => attributes
): Session => {
  const times = [
    ...spans.flatMap((span) => [span.startTime, max(span.startTime, span.endTime ?? span.startTime)]),
    ...logs.map((log) => log.timestamp)
  ].sort(compare)
  const sum = (field: "inputTokens" | "outputTokens") =>
    spans.reduce((total, span) => total + (isSummed[field](span) ? (span[field] ?? 0) : 0), 0)
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
      costUsd: Exact.sum(spans.flatMap((span) => (isSummed.costUsd(span) ? (span.costUsd ?? []) : []))),
      users: distinct([...spans, ...logs].flatMap((row) => row.userId ?? [])),
      models: distinct(spans.flatMap(({ model }) => model ?? [])).slice(0, maxNames),
      agents: distinct(spans.flatMap(({ agentName }) => agentName ?? [])).slice(0, maxNames),
      scores: means(scores),
      ...said(speakersOf(spans, 1), speakersOf(spans, -1), attributesOf)
    },
    true
  )
  return { spans, logs, summary }
}

const isGeneration = (span: SpanRecord): boolean => span.spanType === "model_generation" && !isReplayed(span)

/** Agents repeat what their children used; what a program says to cost, as a tool does, is not repeated. */
const isSummed = {
  inputTokens: isGeneration,
  outputTokens: isGeneration,
  costUsd: (span: SpanRecord): boolean => (isGeneration(span) || span.costSource === "custom") && !isReplayed(span)
}

/** As many models, agents and names of scores as a summary has. */
export const maxNames = 100

/** Texts in their order, each once. */
export const distinct = (texts: Iterable<string>): ReadonlyArray<string> => Array.from(new Set(texts)).sort(compare)

const means = (scores: ReadonlyArray<Score>): Readonly<Record<string, ScoreSummary>> => {
  const numbers = scores.filter(({ dataType, value }) => isNumber.has(dataType) && value !== undefined)
  const names = distinct(numbers.map(({ name }) => name)).slice(0, maxNames)
  return Object.fromEntries(
    names.map((given) => {
      const values = numbers.flatMap(({ name, value }) => (name === given ? (value ?? []) : []))
      return [given, { mean: Exact.sum(values) / values.length, count: values.length }]
    })
  )
}

const isNumber: ReadonlySet<string> = new Set(["numeric", "boolean"])

/** The first input and the last output of a session, by the spans that are first and last in it. */
export const said = <S extends Place>(
  first: Speakers<S>,
  last: Speakers<S>,
  attributesOf: (span: S) => JsonObject
): Pick<SessionSummary, "firstInput" | "lastOutput"> => ({
  ...found("firstInput", askedForInput(first), (span) => inputOf(attributesOf(span))),
  ...found("lastOutput", askedForOutput(last), (span) => outputOf(attributesOf(span)))
})

const found = <S>(name: string, spans: ReadonlyArray<S>, textOf: (span: S) => string | undefined) => {
  for (const span of spans) {
    const text = textOf(span)
    if (text !== undefined) return { [name]: text }
  }
  return {}
}

/** The later of two times. */
export const max = (a: bigint, b: bigint): bigint => (a > b ? a : b)
