/** `aggregate`, `costs` and `stats`: numbers of many records. */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Effect from "effect/Effect"
import type { SignalName } from "../../signal/signals.js"
import type { AggregateRow, Measure } from "../../storage/Aggregate.js"
import type { AggregateOptions, StorageService } from "../../storage/StorageService.js"
import { usage } from "../Failure.js"
import * as Arguments from "../internal/arguments.js"
import * as Filters from "../internal/filters.js"
import { dollars } from "../internal/numbers.js"
import * as Table from "../internal/table.js"
import * as Times from "../internal/times.js"
import * as Output from "../Output.js"
import { described } from "../overview.js"
import * as Store from "../Store.js"

type Row = AggregateRow<{ readonly [dimension: string]: string | number | boolean | null }>

const buckets = {
  every: Arguments.text("every", "interval", "By time: hour, day, week, month, quarter, year, or a duration as 15m."),
  zone: Arguments.text(
    "zone",
    "name",
    "The time zone of days and weeks, as Europe/Berlin; that of this machine, if nothing is said."
  ),
  limit: Options.map(Arguments.integer("limit", 1, "As many groups at most."), (given = 100) => given),
  rest: Arguments.flag("rest", "All other groups as one, at the end.")
}

export const aggregate = Command.make(
  "aggregate",
  {
    store: Store.options,
    of: Options.map(
      Arguments.choice("of", ["spans", "logs", "metrics", "scores"], "The records: spans, if nothing is said."),
      (of = "spans") => of
    ),
    by: Arguments.texts(
      "by",
      "dimension",
      "A group for each: model, toolName, userId, metadata.KEY, attributes.KEY, …; up to four."
    ),
    measures: Arguments.texts(
      "measure",
      "measure",
      "count, errors, errorRate, sum:FIELD, mean:FIELD, min:FIELD, max:FIELD, p95:FIELD, distinct:DIMENSION, rate:value, last:value; NAME=… names it."
    ),
    filters: Filters.ofAny,
    range: Arguments.range,
    ...buckets,
    utc: Arguments.utc,
    json: Arguments.json
  },
  Effect.fnUntraced(function* ({ by, every, filters, json, limit, measures, of, range, rest, store, utc, zone }) {
    const named = (measures.length === 0 ? ["count"] : measures).map(measureOf)
    const times = yield* timesOf(range, every, utc)
    const fitting = yield* Filters.fitting(of, filters)
    const storage = yield* Effect.flatMap(Store.choose(store), Store.open)
    const rows = yield* ask(storage, {
      of,
      filters: { ...fitting, ...times },
      groupBy: by.map(dimensionOf),
      measures: Object.fromEntries(named),
      limit,
      rest,
      ...intervalOf(every, zone, utc)
    })
    yield* printRows(
      rows,
      named.map(([name, measure]) => [
        name,
        isOfTime(measure) ? "time" : isNanos(measure) ? "duration" : isCost(measure) ? "cost" : "number"
      ]),
      { json, utc }
    )
  }, Effect.scoped)
).pipe(Command.withDescription(described.aggregate))

export const costs = Command.make(
  "costs",
  {
    store: Store.options,
    by: Arguments.texts(
      "by",
      "dimension",
      "By these in place of the model: userId, sessionId, toolName, agentName, metadata.KEY, …"
    ),
    filters: Filters.ofSpans,
    range: Arguments.range,
    ...buckets,
    utc: Arguments.utc,
    json: Arguments.json
  },
  Effect.fnUntraced(function* ({ by, every, filters, json, limit, range, rest, store, utc, zone }) {
    const times = yield* timesOf(range, every, utc)
    const storage = yield* Effect.flatMap(Store.choose(store), Store.open)
    const rows = yield* ask(storage, {
      of: "spans",
      filters: { ...filters, ...times },
      groupBy: by.length === 0 ? ["model"] : by.map(dimensionOf),
      measures: {
        cost: { sum: "costUsd" },
        input: { sum: "inputTokens" },
        cached: { sum: "cachedInputTokens" },
        output: { sum: "outputTokens" },
        sessions: { distinct: "sessionId" }
      },
      limit,
      rest,
      ...intervalOf(every, zone, utc)
    })
    // Spans that have neither cost nor tokens are most of all, and one group without a name.
    const spent = rows.filter(
      ({ group, values }) =>
        values["cost"] !== 0 ||
        values["input"] !== 0 ||
        values["output"] !== 0 ||
        Object.values(group).some((value) => value !== null)
    )
    yield* printRows(
      spent,
      [
        ["cost", "cost"],
        ["input", "number"],
        ["cached", "number"],
        ["output", "number"],
        ["sessions", "number"]
      ],
      { json, utc }
    )
  }, Effect.scoped)
).pipe(Command.withDescription(described.costs))

export const stats = Command.make(
  "stats",
  { store: Store.options, range: Arguments.range, utc: Arguments.utc, json: Arguments.json },
  Effect.fnUntraced(function* ({ json, range, store, utc }) {
    const times = Arguments.given(yield* Arguments.timesOf(range, utc))
    const chosen = yield* Store.choose(store)
    const storage = yield* Store.open(chosen)
    const common = { count: "count", first: { min: "time" }, last: { max: "time" } } as const
    const of = (of: SignalName, measures: { readonly [name: string]: unknown }) =>
      Effect.map(
        ask(storage, { of, filters: times, measures: { ...common, ...measures } as never }),
        ([row]) => row?.values ?? {}
      )
    const spans = yield* of("spans", {
      traces: { distinct: "traceId" },
      sessions: { distinct: "sessionId" },
      users: { distinct: "userId" },
      errors: "errors",
      input: { sum: "inputTokens" },
      output: { sum: "outputTokens" },
      cost: { sum: "costUsd" }
    })
    const logs = yield* of("logs", { errors: "errors" })
    const [metrics, scores] = [yield* of("metrics", {}), yield* of("scores", {})]
    if (json) return yield* Output.print(JSON.stringify({ spans, logs, metrics, scores }, exact))
    const signals = [
      { name: "spans", values: spans },
      { name: "logs", values: logs },
      { name: "metrics", values: metrics },
      { name: "scores", values: scores }
    ]
    const shown = (value: unknown) => (typeof value === "bigint" ? Times.shown(value, utc) : "")
    const table = Table.make<(typeof signals)[number]>(
      [
        { title: "SIGNAL", value: ({ name }) => name },
        { title: "RECORDS", value: ({ values }) => String(values["count"]), align: "right" },
        { title: "ERRORS", value: ({ values }) => cellOf(values["errors"], "number", utc), align: "right" },
        { title: "FIRST", value: ({ values }) => shown(values["first"]) },
        { title: "LAST", value: ({ values }) => shown(values["last"]) }
      ],
      Output.columns(),
      Output.paint
    )
    yield* Output.print(
      Output.paint("bold", Store.nameOf(chosen)),
      ...table(signals),
      `${spans["sessions"]} sessions · ${spans["traces"]} traces · ${spans["users"]} users · ${spans["input"]} → ${spans["output"]} tokens · ${dollars(Number(spans["cost"]))}`
    )
  }, Effect.scoped)
).pipe(Command.withDescription(described.stats))

/** An aggregate that is put together of words; the storage checks it. */
const ask = (storage: StorageService, options: { readonly [option: string]: unknown }) =>
  storage.aggregate(
    options as unknown as AggregateOptions<"spans", never, { readonly [name: string]: Measure<"spans"> }>
  ) as unknown as Effect.Effect<ReadonlyArray<Row>, Effect.Effect.Error<ReturnType<StorageService["deleteBefore"]>>>

const timesOf = Effect.fnUntraced(function* (
  range: Parameters<typeof Arguments.timesOf>[0],
  every: string | undefined,
  utc: boolean
) {
  const times = yield* Arguments.timesOf(range, utc)
  if (every === undefined) return Arguments.given(times)
  if (times.startedAfter === undefined) return yield* usage("--every needs a time to begin with: --since or --from")
  const now = BigInt(yield* Effect.clockWith((clock) => clock.currentTimeMillis)) * 1_000_000n
  return { startedAfter: times.startedAfter, startedBefore: times.startedBefore ?? now }
})

const calendar = new Set(["hour", "day", "week", "month", "quarter", "year"])

const intervalOf = (every: string | undefined, zone: string | undefined, utc: boolean) => {
  if (every === undefined) return {}
  const duration = Times.duration(every)
  return {
    interval: calendar.has(every) || duration._tag === "Left" ? every : `${duration.right} nanos`,
    timeZone: zone ?? (utc ? "UTC" : Times.localZone())
  }
}

const dimensionOf = (text: string) =>
  text.startsWith("metadata.")
    ? { metadata: text.slice("metadata.".length) }
    : text.startsWith("attributes.")
      ? { attribute: text.slice("attributes.".length) }
      : text

/** A measure with its name, of `count`, `sum:costUsd`, `p95:duration` or `slowest=max:duration`. */
const measureOf = (text: string): readonly [name: string, measure: unknown] => {
  const [, name = text, spec = text] = /^([^=:]+)=(.*)$/s.exec(text) ?? []
  const [word = "", field] = spec.split(/:(.*)/s)
  if (field === undefined) return [name, word]
  const [, percent] = /^p(\d{1,2}(?:\.\d{1,4})?)$/.exec(word) ?? []
  if (percent !== undefined) return [name, { quantile: Number((Number(percent) / 100).toFixed(6)), of: field }]
  return [name, { [word]: word === "distinct" ? dimensionOf(field) : field }]
}

type Unit = "number" | "duration" | "time" | "cost"

const fieldOf = (measure: unknown): unknown =>
  typeof measure === "object" && measure !== null ? Object.values(measure).at(-1) : undefined
const isOfTime = (measure: unknown) => fieldOf(measure) === "time"
const isNanos = (measure: unknown) => fieldOf(measure) === "duration" || fieldOf(measure) === "timeToFirstToken"
const isCost = (measure: unknown) => fieldOf(measure) === "costUsd"

const cellOf = (value: unknown, unit: Unit, utc: boolean): string => {
  if (value === null || value === undefined) return ""
  if (typeof value === "bigint") return unit === "time" ? Times.shown(value, utc) : Times.lasted(value)
  return unit === "cost"
    ? dollars(Number(value))
    : Number.isInteger(value)
      ? String(value)
      : String(Number(Number(value).toPrecision(6)))
}

/** Nanoseconds as strings: they exceed the numbers of JSON. */
const exact = (_: string, value: unknown) => (typeof value === "bigint" ? String(value) : value)

const printRows = (
  rows: ReadonlyArray<Row>,
  measures: ReadonlyArray<readonly [name: string, unit: Unit]>,
  { json, utc }: { readonly json: boolean; readonly utc: boolean }
) => {
  if (json) return Output.print(...rows.map((row) => JSON.stringify(row, exact)))
  const [first] = rows
  if (first === undefined) return Output.note("nothing")
  const table = Table.make<Row>(
    [
      ...(first.from === undefined ? [] : [{ title: "FROM", value: ({ from = 0n }: Row) => Times.shown(from, utc) }]),
      ...Object.keys(first.group).map((dimension) => ({
        title: dimension.toUpperCase(),
        value: ({ group, rest }: Row) =>
          rest ? "(all others)" : group[dimension] === null ? "(none)" : String(group[dimension]),
        least: 8
      })),
      ...measures.map(([name, unit]) => ({
        title: name.toUpperCase(),
        value: ({ values }: Row) => cellOf(values[name], unit, utc),
        align: "right" as const
      }))
    ],
    Output.columns(),
    Output.paint
  )
  return Output.print(...table(rows))
}
