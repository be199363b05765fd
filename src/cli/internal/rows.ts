/** Records as rows of a table. */
import type { LogRecord } from "../../signal/LogRecord.js"
import type { MetricPoint } from "../../signal/MetricPoint.js"
import type { Score } from "../../signal/Score.js"
import type { SessionSummary } from "../../signal/SessionSummary.js"
import type { SpanRecord } from "../../signal/SpanRecord.js"
import { count, dollars, joined } from "./numbers.js"
import type { Column } from "./table.js"
import * as Times from "./times.js"

const right = "right" as const

export const sessions = (utc: boolean): ReadonlyArray<Column<SessionSummary>> => [
  { title: "SESSION", value: ({ sessionId }) => sessionId, least: 36 },
  { title: "LAST ACTIVITY", value: ({ lastActivity }) => Times.shown(lastActivity, utc), rank: 6, color: () => "dim" },
  {
    title: "LASTED",
    value: ({ firstActivity, lastActivity }) => Times.lasted(lastActivity - firstActivity),
    align: right,
    rank: 1
  },
  { title: "TURNS", value: ({ turns }) => count(turns), align: right, rank: 9 },
  { title: "SPANS", value: ({ spans }) => count(spans), align: right, rank: 2 },
  {
    title: "ERRORS",
    value: ({ errors }) => count(errors),
    align: right,
    rank: 10,
    color: ({ errors }) => (errors > 0 ? "red" : undefined)
  },
  { title: "TOKENS IN", value: ({ inputTokens }) => count(inputTokens), align: right, rank: 4 },
  { title: "OUT", value: ({ outputTokens }) => count(outputTokens), align: right, rank: 3 },
  { title: "COST", value: ({ costUsd }) => dollars(costUsd), align: right, rank: 8 },
  { title: "USERS", value: ({ users }) => users.join(", "), least: 8, rank: 7 },
  { title: "FIRST INPUT", value: ({ firstInput = "" }) => firstInput, least: 24, rank: 5 }
]

const failure = ({ errorType, status, statusMessage }: SpanRecord): string =>
  status === "error"
    ? joined(": ", errorType, statusMessage === errorType ? undefined : statusMessage) || "error"
    : status

const colorOf = ({ status }: SpanRecord) =>
  status === "error" ? "red" : status === "ok" ? undefined : ("yellow" as const)

const durationOf = ({ endTime, startTime }: SpanRecord) =>
  endTime === undefined ? "" : Times.lasted(endTime - startTime)

export const spans = (utc: boolean): ReadonlyArray<Column<SpanRecord>> => [
  { title: "STARTED", value: ({ startTime }) => Times.shown(startTime, utc, 3), rank: 8, color: () => "dim" },
  { title: "SPAN", value: ({ name }) => name, least: 28 },
  { title: "TYPE", value: ({ spanType }) => (spanType === "generic" ? "" : spanType), rank: 3 },
  { title: "LASTED", value: durationOf, align: right, rank: 7 },
  { title: "STATUS", value: failure, color: colorOf, least: 20, rank: 9 },
  { title: "MODEL", value: ({ model = "" }) => model, least: 8, rank: 4 },
  { title: "TOKENS IN", value: ({ inputTokens }) => count(inputTokens), align: right, rank: 2 },
  { title: "OUT", value: ({ outputTokens }) => count(outputTokens), align: right, rank: 2 },
  { title: "COST", value: ({ costUsd }) => dollars(costUsd), align: right, rank: 5 },
  { title: "SESSION", value: ({ sessionId = "" }) => sessionId, least: 36, rank: 6 },
  { title: "TRACE", value: ({ traceId }) => traceId, rank: 1 },
  { title: "SPAN ID", value: ({ spanId }) => spanId, rank: 0 }
]

export const traces = (utc: boolean): ReadonlyArray<Column<SpanRecord>> => [
  { title: "TRACE", value: ({ traceId }) => traceId, rank: 8 },
  { title: "STARTED", value: ({ startTime }) => Times.shown(startTime, utc), rank: 7, color: () => "dim" },
  { title: "ENTRY SPAN", value: ({ name }) => name, least: 20 },
  { title: "LASTED", value: durationOf, align: right, rank: 6 },
  { title: "STATUS", value: failure, color: colorOf, least: 20, rank: 9 },
  { title: "USER", value: ({ userId = "" }) => userId, least: 8, rank: 3 },
  { title: "SESSION", value: ({ sessionId = "" }) => sessionId, least: 36, rank: 5 }
]

export const logs = (utc: boolean): ReadonlyArray<Column<LogRecord>> => [
  { title: "TIME", value: ({ timestamp }) => Times.shown(timestamp, utc, 3), color: () => "dim", rank: 8 },
  {
    title: "LEVEL",
    value: ({ level }) => level,
    color: ({ level }) =>
      level === "error" || level === "fatal" ? "red" : level === "warn" ? "yellow" : level === "info" ? "green" : "dim"
  },
  {
    title: "MESSAGE",
    value: ({ cause, data, message }) =>
      joined(" ", message, ...data.map((value) => (typeof value === "string" ? value : JSON.stringify(value))), cause),
    least: 40
  },
  { title: "SESSION", value: ({ sessionId = "" }) => sessionId, least: 36, rank: 5 },
  { title: "TRACE", value: ({ traceId = "" }) => traceId, rank: 1 }
]

export const metrics = (utc: boolean): ReadonlyArray<Column<MetricPoint>> => [
  { title: "TIME", value: ({ time }) => Times.shown(time, utc), rank: 8, color: () => "dim" },
  { title: "METRIC", value: ({ name }) => name, least: 16 },
  { title: "KIND", value: ({ kind }) => kind, rank: 3 },
  { title: "VALUE", value: ({ value }) => String(value), align: right },
  { title: "UNIT", value: ({ unit = "" }) => unit, rank: 5 },
  {
    title: "ATTRIBUTES",
    value: ({ attributes }) =>
      Object.entries(attributes)
        .map(([key, value]) => `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`)
        .join(" "),
    least: 16,
    rank: 4
  }
]

export const scores = (utc: boolean): ReadonlyArray<Column<Score>> => [
  { title: "TIME", value: ({ time }) => Times.shown(time, utc), rank: 8, color: () => "dim" },
  { title: "SCORE", value: ({ name }) => name, least: 12 },
  { title: "VALUE", value: ({ value }) => count(value), align: right },
  { title: "LABEL", value: ({ label = "" }) => label, least: 8, rank: 7 },
  { title: "SOURCE", value: ({ scorer, source }) => joined(" ", source, scorer?.name), rank: 3 },
  { title: "COMMENT", value: ({ comment, correction }) => joined(" → ", comment, correction), least: 16, rank: 4 },
  { title: "SESSION", value: ({ sessionId = "" }) => sessionId, least: 36, rank: 6 },
  { title: "TRACE", value: ({ traceId = "" }) => traceId, rank: 1 }
]
