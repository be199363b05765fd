/** The questions of the dashboard: nine aggregates and a list, whatever it shows. */
import type { Options } from "../../../internal/encoded.js"
import { askedFilters } from "../../state/asked.js"
import { type Filter, scoreFilters, spanFilters } from "../../state/filters.js"
import { zone } from "../../state/time.js"
import { type Range, withoutRange } from "./range.js"

type Question = Options["aggregate"]
type Filters = Question["filters"]

const quantiles = (of: "duration" | "timeToFirstToken", prefix = "p") =>
  ({
    [`${prefix}50`]: { quantile: 0.5, of },
    [`${prefix}95`]: { quantile: 0.95, of },
    [`${prefix}99`]: { quantile: 0.99, of }
  }) as const

const seen = {
  sessions: { distinct: "sessionId" },
  turns: { distinct: "traceId" },
  users: { distinct: "userId" },
  spans: "count",
  errors: "errors",
  errorRate: "errorRate",
  input: { sum: "inputTokens" },
  cached: { sum: "cachedInputTokens" },
  output: { sum: "outputTokens" },
  cost: { sum: "costUsd" },
  ...quantiles("timeToFirstToken", "first")
} as const

const calls = { calls: "count", errors: "errors", errorRate: "errorRate", ...quantiles("duration") } as const

/** The dimensions by which costs are summed up: the address says which one. */
export const tops = { sessions: "sessionId", users: "userId", services: "serviceName", tags: "tags" } as const
export type Top = keyof typeof tops

/** The filters of spans that scores have, too. */
export const ofScores = (filters: ReadonlyArray<Filter>): ReadonlyArray<Filter> =>
  filters.filter(([key]) => Object.hasOwn(scoreFilters, key) && key !== "name")

export const questionsOf = (filters: ReadonlyArray<Filter>, { from, interval, to }: Range, top: Top) => {
  const times = { startedAfter: String(from), startedBefore: String(to) }
  const plain = withoutRange(filters)
  const asked: Filters = { ...askedFilters(spanFilters, plain), ...times } as Filters
  const spans = { of: "spans", filters: asked } as const
  const byTime = { interval, timeZone: zone() } as const
  return {
    totals: { ...spans, measures: seen, previous: true },
    times: { ...spans, ...byTime, measures: seen, previous: true },
    types: { ...spans, ...byTime, groupBy: ["spanType"], measures: calls },
    models: {
      ...spans,
      ...byTime,
      groupBy: ["model"],
      measures: { cost: { sum: "costUsd" } },
      limit: 5,
      rest: true
    },
    kinds: {
      ...spans,
      groupBy: ["spanType", "model", "toolName"],
      measures: {
        ...calls,
        input: { sum: "inputTokens" },
        output: { sum: "outputTokens" },
        cost: { sum: "costUsd" },
        first50: { quantile: 0.5, of: "timeToFirstToken" }
      },
      limit: 1_000
    },
    agents: {
      ...spans,
      groupBy: ["spanType", "agentName"],
      measures: { ...calls, sessions: { distinct: "sessionId" } },
      limit: 1_000
    },
    causes: {
      ...spans,
      groupBy: ["spanType", "status", "costSource", "errorType"],
      measures: { errors: "errors", count: "count" },
      limit: 1_000
    },
    top: {
      ...spans,
      groupBy: [tops[top]],
      measures: {
        cost: { sum: "costUsd" },
        input: { sum: "inputTokens" },
        output: { sum: "outputTokens" },
        turns: { distinct: "traceId" },
        errors: "errors"
      },
      limit: 10
    },
    scores: {
      of: "scores",
      filters: { ...askedFilters(scoreFilters, ofScores(plain)), ...times } as Filters,
      ...byTime,
      groupBy: ["name"],
      measures: { count: "count", mean: { mean: "value" } },
      limit: 12
    },
    thumbsDown: {
      filters: { ...askedFilters(scoreFilters, ofScores(plain)), ...times, dataType: "boolean", maxValue: 0 },
      pagination: { limit: 10 }
    }
  } satisfies { readonly [name: string]: Question | Options["listScores"] }
}
