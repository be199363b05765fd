import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Level } from "../../../signal/LogRecord.js"
import { type AggregateOptions, type AggregateRow, Storage } from "../../../storage/Storage.js"
import * as Args from "./arguments.js"
import * as Text from "./text.js"
import * as Tool from "./tool.js"

const name = (description: string) =>
  Schema.String.pipe(Schema.minLength(1), Schema.maxLength(300)).annotations({ description })

export const aggregate = Tool.make({
  name: "aggregate",
  title: "Aggregate records",
  description:
    "Counts, sums, means, extremes and exact quantiles of spans, logs, metrics or scores, by group and by time: cost by " +
    "model, p95 latency of each tool, error rate a day, mean of each score. Tokens and cost are counted once, on the calls " +
    "of models (and tools). Durations are in milliseconds, costs in US dollars.",
  arguments: Schema.Struct({
    of: Schema.optional(
      Schema.Literal("spans", "logs", "metrics", "scores").annotations({
        description: "What is aggregated: spans when absent."
      })
    ),
    measures: Schema.Array(name("A measure, as: p95 duration"))
      .pipe(Schema.minItems(1), Schema.maxItems(20))
      .annotations({
        description:
          "What is measured. count; errors; error_rate; sum X, mean X, min X, max X, p50 X, p95 X, p99.9 X, where X is " +
          "duration, timeToFirstToken, inputTokens, outputTokens, cachedInputTokens, cacheWriteTokens, reasoningTokens or " +
          "costUsd of spans, and value of scores and metrics; distinct D, where D is a dimension of group_by; of metrics " +
          "also rate value, last value, p95 histogram."
      }),
    group_by: Schema.optional(
      Schema.Array(name("A dimension, as: model"))
        .pipe(Schema.maxItems(4))
        .annotations({
          description:
            "Up to four dimensions. Of spans: name, spanType, status, errorType, model, requestModel, provider, toolName, " +
            "agentName, sessionId, userId, traceId, serviceName, environment, tags, metadata.KEY. Of logs: level, sessionId, " +
            "userId, serviceName, environment, … Of metrics: name, kind, unit, attributes.KEY. Of scores: name, label, " +
            "source, sessionId, …"
        })
    ),
    interval: Schema.optional(
      name("The width of buckets of time, with since: hour, day, week, month, or as 15m, 6h. One bucket when absent.")
    ),
    time_zone: Args.optionalText("The zone of days and weeks, as Europe/Berlin: UTC when absent."),
    order_by: Args.optionalText("The measure to order groups by, written as in measures: the first when absent."),
    direction: Schema.optional(
      Schema.Literal("asc", "desc").annotations({ description: "desc when absent: the largest first." })
    ),
    limit: Args.integer("How many groups: 1 to 200, 50 when absent.", 1, 200),
    ...Args.ofSpans,
    metric: Args.optionalText("Only metrics or scores of this name."),
    level: Schema.optional(Level.annotations({ description: "Only logs of this level or a more severe one." })),
    search: Args.optionalText("Only spans or logs in which all of these words occur.")
  }),
  run: (given) =>
    Effect.gen(function* () {
      const storage = yield* Storage
      const of = given.of ?? "spans"
      const measures: Record<string, unknown> = {}
      for (const text of given.measures) measures[text] = yield* toMeasure(text)
      const orderBy = given.order_by
      if (orderBy !== undefined && !Object.hasOwn(measures, orderBy)) {
        return yield* Tool.misfit(
          `- order_by: expected one of measures: ${given.measures.map((_) => Text.inline(_)).join(", ")}`
        )
      }
      const spanFilters = yield* Args.toSpanFilters({ ...given, search: given.search })
      const filters = of === "spans" ? spanFilters : { ...(yield* Args.toCommon(given)), ...rest(of, given) }
      const now = yield* Args.now
      const rows = yield* storage.aggregate({
        of,
        measures,
        groupBy: given.group_by?.map(toDimension),
        filters: given.interval === undefined ? filters : { startedBefore: now, ...defined(filters) },
        interval: given.interval === undefined ? undefined : yield* toInterval(given.interval),
        timeZone: given.time_zone,
        orderBy: orderBy === undefined ? undefined : { measure: orderBy, direction: given.direction ?? "desc" },
        limit: given.limit ?? 50
      } as unknown as AggregateOptions)
      return answer(rows as ReadonlyArray<Row>, measures)
    })
})

type Given = Parameters<typeof Args.toSpanFilters>[0] & {
  readonly metric?: string | undefined
  readonly level?: typeof Level.Type | undefined
}

/** Filters that only one signal has. The storage refuses those that it has not. */
const rest = (of: "logs" | "metrics" | "scores", given: Given) => ({
  ...(of === "logs" ? { minLevel: given.level, search: given.search } : { name: given.metric })
})

const defined = (filters: object): object =>
  Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== undefined))

const units: { readonly [unit: string]: string } = { s: "seconds", m: "minutes", h: "hours", d: "days", w: "weeks" }

const toInterval = (text: string): Effect.Effect<string, Tool.Refused> => {
  if (/^(hour|day|week|month|quarter|year)$/.test(text)) return Effect.succeed(text)
  const width = /^(\d{1,6})\s*([smhdw])$/.exec(text.trim())
  return width === null
    ? Tool.misfit("- interval: expected hour, day, week, month, quarter, year, or as 15m, 6h")
    : Effect.succeed(`${width[1]} ${units[width[2] as string]}`)
}

const toMeasure = (text: string): Effect.Effect<unknown, Tool.Refused> => {
  const given = text.trim()
  if (given === "count" || given === "errors") return Effect.succeed(given)
  if (/^error_?rate$/i.test(given)) return Effect.succeed("errorRate")
  const [, measure = "", field = ""] = /^([a-z]+[\d.]*)[\s(:]+([^\s()]+)\)?$/i.exec(given) ?? []
  const quantile = /^p(\d{1,2}(?:\.\d{1,4})?|100)$/.exec(measure)
  if (quantile !== null) {
    return Effect.succeed({ quantile: Number((Number(quantile[1]) / 100).toFixed(6)), of: camel(field) })
  }
  switch (measure) {
    case "sum":
    case "mean":
    case "min":
    case "max":
    case "rate":
    case "last":
      return Effect.succeed({ [measure]: camel(field) })
    case "avg":
      return Effect.succeed({ mean: camel(field) })
    case "distinct":
      return Effect.succeed({ distinct: toDimension(field) })
    default:
      return Tool.misfit(
        `- measures: ${Text.inline(given)} is none; expected count, errors, error_rate, or as: sum costUsd, p95 duration, distinct sessionId`
      )
  }
}

const toDimension = (text: string): unknown => {
  const given = text.trim()
  if (given.startsWith("metadata.")) return { metadata: given.slice("metadata.".length) }
  if (given.startsWith("attributes.")) return { attribute: given.slice("attributes.".length) }
  return camel(given)
}

const camel = (name: string): string => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())

/** A value as it is told: durations in milliseconds, times as ISO, costs exactly. */
const told = (measure: unknown, value: number | bigint | null): number | string | null => {
  if (value === null) return null
  if (typeof value === "bigint") {
    return JSON.stringify(measure).includes('"time"') ? Text.time(value) : Text.milliseconds(value)
  }
  return JSON.stringify(measure).includes('"costUsd"') ? Text.usd(value).replace("$", "") : value
}

const unitOf = (measure: unknown): string =>
  /"(?:duration|timeToFirstToken)"/.test(JSON.stringify(measure))
    ? " (ms)"
    : JSON.stringify(measure).includes('"costUsd"')
      ? " (USD)"
      : ""

type Row = AggregateRow<{ readonly [dimension: string]: string | number | boolean | null }>

const answer = (rows: ReadonlyArray<Row>, measures: { readonly [name: string]: unknown }): Tool.Answer => {
  const page = new Text.Page(12_000)
  const names = Object.keys(measures)
  const first = rows[0]
  if (first === undefined) return { text: "Nothing fits.", structured: { rows: [] } }
  const dimensions = Object.keys(first.group)
  const head = [
    ...(first.from === undefined ? [] : ["from"]),
    ...dimensions,
    ...names.map((name) => name + unitOf(measures[name]))
  ]
  page.add(row(head), row(head.map(() => "---")))
  const structured: Array<object> = []
  for (const { from, group, values } of rows) {
    const told_ = Object.fromEntries(names.map((name) => [name, told(measures[name], values[name] ?? null)]))
    const cells = [
      ...(from === undefined ? [] : [Text.time(from)]),
      ...dimensions.map((name) => group[name] ?? null),
      ...names.map((name) => told_[name] ?? null)
    ]
    if (!page.add(row(cells.map((cell) => (cell === null ? "null" : Text.inline(String(cell), 120)))))) break
    structured.push({
      ...(from !== undefined && { from: Text.time(from) }),
      group: Object.fromEntries(dimensions.map((name) => [name, cleaned(group[name])])),
      values: told_
    })
  }
  const missing = rows.length - structured.length
  return {
    text: page.end(
      missing === 0
        ? `[${rows.length} rows]`
        : `[${missing} of ${rows.length} rows have no room: take fewer groups, a wider interval or a shorter time]`
    ),
    structured: { rows: structured, ...(missing > 0 && { missingRows: missing }) }
  }
}

const cleaned = (value: unknown): unknown => (typeof value === "string" ? Text.inline(value, 120) : value)

const row = (cells: ReadonlyArray<string>): string =>
  `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`
