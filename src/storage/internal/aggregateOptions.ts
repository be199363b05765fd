/**
 * The options of an aggregate, checked: its dimensions and measures by what the tables of the signals say, its time in
 * buckets.
 */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { Kind } from "../../signal/Field.js"
import { type SignalName, signalNames, signals } from "../../signal/signals.js"
import type { Condition, GroupedBy } from "../Engine.js"
import type { StorageError } from "../StorageError.js"
import * as Buckets from "./buckets.js"
import { conditionsOf, type Filters } from "./conditions.js"
import { invalidArgument } from "./errors.js"
import { measured, unitOf } from "./measured.js"
import { DurationNanos, decodeOrFail, expected, filters as filtersOf, oneOf } from "./query.js"

/** A measure, by what is done with the values of a field. */
export type Measured =
  | { readonly op: "count" | "errors" }
  | { readonly op: "errorRate" }
  | { readonly op: "sum" | "min" | "max" | "last"; readonly of: string }
  | { readonly op: "mean"; readonly of: string }
  | { readonly op: "rate"; readonly of: string }
  | { readonly op: "quantile"; readonly of: string; readonly millionths: number }
  | { readonly op: "histogram"; readonly millionths: number }
  | { readonly op: "distinct"; readonly of: GroupedBy }

/** A dimension, and its name in a group. */
interface Dimension extends GroupedBy {
  readonly name: string
}

/** The time that is aggregated. */
export interface Period {
  readonly conditions: ReadonlyArray<Condition>
  /** Where it begins and ends, where that was said. */
  readonly from: bigint | undefined
  readonly before: bigint | undefined
  /** The edges of its buckets, where an interval was asked for. */
  readonly edges: ReadonlyArray<bigint> | undefined
}

/** A checked aggregate. */
export interface Asked {
  readonly of: SignalName
  readonly groupBy: ReadonlyArray<Dimension>
  readonly measures: ReadonlyArray<readonly [name: string, measure: Measured]>
  readonly order: { readonly measure: number; readonly direction: "asc" | "desc" }
  readonly limit: number
  readonly rest: boolean
  readonly period: Period
  readonly previous: Period | undefined
}

const maxDimensions = 4
const maxMeasures = 20
const maxName = 200
/** The most rows of an answer. */
export const maxRows = 100_000

const Options = Schema.Struct({
  of: oneOf(Schema.Literal(...(signalNames as [SignalName, ...Array<SignalName>]))),
  filters: Schema.optionalWith(Schema.Unknown, { default: () => ({}) }),
  groupBy: Schema.optional(Schema.Unknown),
  interval: Schema.optional(Schema.Unknown),
  timeZone: Schema.optionalWith(Schema.String.pipe(Schema.maxLength(maxName)), { default: () => "UTC" }),
  measures: Schema.Unknown,
  orderBy: Schema.optional(Schema.Struct({ measure: Schema.String, direction: oneOf(Schema.Literal("asc", "desc")) })),
  limit: Schema.optional(Schema.Int.pipe(Schema.between(1, 1000, expected("an integer from 1 to 1000")))),
  rest: Schema.optionalWith(Schema.Boolean, { default: () => false }),
  previous: Schema.optionalWith(Schema.Boolean, { default: () => false })
})

const decodeOptions = decodeOrFail(Options)
const decodeFilters = {
  spans: decodeOrFail(filtersOf.spans, "filters"),
  logs: decodeOrFail(filtersOf.logs, "filters"),
  metrics: decodeOrFail(filtersOf.metrics, "filters"),
  scores: decodeOrFail(filtersOf.scores, "filters")
}

/** Checks the options of an aggregate. */
export const asked = (input: unknown): Effect.Effect<Asked, StorageError> =>
  Effect.gen(function* () {
    const options = yield* decodeOptions(input)
    const { of, rest } = options
    const filters = yield* decodeFilters[of](options.filters)
    const groupBy = yield* dimensionsOf(of, options.groupBy)
    const measures = yield* measuresOf(of, options.measures)
    const range = rangeOf(filters)
    const interval = yield* intervalOf(options.interval, options.timeZone)
    if (interval !== undefined || options.previous || measures.some(([, { op }]) => op === "rate")) {
      for (const end of ["startedAfter", "startedBefore"] as const) {
        if (filters[end] === undefined) {
          return yield* invalidArgument(`filters.${end}`, "an interval, a rate and the period before need it")
        }
      }
    }
    const edges = yield* edgesOf(interval, range)
    const buckets = edges === undefined ? 1 : Math.max(1, edges.length - 1)
    const most = groupBy.length === 0 ? 1 : Math.floor(maxRows / buckets)
    if (options.limit !== undefined && groupBy.length > 0 && options.limit > most) {
      return yield* invalidArgument("limit", `so many groups in ${buckets} buckets are more than ${maxRows} rows`)
    }
    const order = yield* orderOf(measures, options.orderBy)
    const period = periodOf(of, filters, range, edges)
    return {
      of,
      groupBy,
      measures,
      order,
      limit: options.limit ?? Math.min(100, most),
      rest: rest && groupBy.length > 0,
      period,
      previous: options.previous ? yield* before(of, filters, period, interval) : undefined
    }
  }).pipe(
    // Reading an option may run a getter, and that may throw.
    Effect.catchAllDefect(() => invalidArgument("options", "it cannot be read"))
  )

// Dimensions

/** Kinds of fields of which there are ids and names. */
const isGrouped: ReadonlySet<Kind> = new Set(["id", "key", "word", "name", "names"])

const fieldsOf = (signal: SignalName): ReadonlyArray<string> =>
  Object.entries(signals[signal].fields).flatMap(([name, { kind }]) => (isGrouped.has(kind) ? [name] : []))

/** The field that holds values by key, and the word by which a dimension asks for one. */
const keysOf = (signal: SignalName) =>
  signal === "metrics" ? { field: "attributes", word: "attribute" } : { field: "metadata", word: "metadata" }

const dimensionsOf = (signal: SignalName, input: unknown): Effect.Effect<ReadonlyArray<Dimension>, StorageError> => {
  if (input === undefined) return Effect.succeed([])
  if (!Array.isArray(input) || input.length > maxDimensions) {
    return invalidArgument("groupBy", `expected an array of at most ${maxDimensions} dimensions`)
  }
  return Effect.gen(function* () {
    const found: Array<Dimension> = []
    for (const [i, item] of input.entries()) {
      const dimension = yield* dimensionOf(signal, item, `groupBy.${i}`)
      if (found.some(({ name }) => name === dimension.name)) {
        return yield* invalidArgument(`groupBy.${i}`, "it is there twice")
      }
      found.push(dimension)
    }
    return found
  })
}

const dimensionOf = (
  signal: SignalName,
  input: unknown,
  path: string,
  but?: string
): Effect.Effect<Dimension, StorageError> => {
  const fields = fieldsOf(signal).filter((field) => field !== but)
  if (typeof input === "string" && fields.includes(input)) return Effect.succeed({ field: input, name: input })
  const { field, word } = keysOf(signal)
  const given = entryOf(input)
  if (given?.[0] === word && isName(given[1])) {
    return Effect.succeed({ field, key: given[1], name: `${field}.${given[1]}` })
  }
  return invalidArgument(path, `expected ${fields.join(", ")} or { ${word}: a key of at most ${maxName} characters }`)
}

const isName = (value: unknown): value is string =>
  typeof value === "string" && value.length <= maxName && value.isWellFormed()

/** The one entry of an object. */
const entryOf = (input: unknown): readonly [key: string, value: unknown] | undefined => {
  if (typeof input !== "object" || input === null) return undefined
  const [entry, ...others] = Object.entries(input)
  return others.length > 0 ? undefined : entry
}

// Measures

const measuresOf = (signal: SignalName, input: unknown): Effect.Effect<Asked["measures"], StorageError> => {
  const names = typeof input === "object" && input !== null && !Array.isArray(input) ? Object.keys(input) : []
  if (names.length === 0 || names.length > maxMeasures) {
    return invalidArgument("measures", `expected an object of one to ${maxMeasures} measures`)
  }
  return Effect.forEach(names, (name) =>
    !isName(name) || name === "__proto__"
      ? invalidArgument(`measures.${name.slice(0, maxName)}`, "expected another name")
      : Effect.map(
          measureOf(signal, (input as { readonly [name: string]: unknown })[name], `measures.${name}`),
          (measure) => [name, measure] as const
        )
  )
}

const measureOf = (signal: SignalName, input: unknown, path: string): Effect.Effect<Measured, StorageError> => {
  const hasErrors = signal === "spans" || signal === "logs"
  if (input === "count" || (hasErrors && (input === "errors" || input === "errorRate"))) {
    return Effect.succeed({ op: input })
  }
  if (typeof input !== "object" || input === null) return unknownMeasure(path)
  const given = { ...input } as { readonly [key: string]: unknown }
  if (Object.hasOwn(given, "quantile")) return quantileOf(signal, given, path)
  const entry = entryOf(given)
  if (entry === undefined) return unknownMeasure(path)
  const [op, of] = entry
  switch (op) {
    case "distinct":
      return Effect.map(dimensionOf(signal, of, `${path}.distinct`, "tags"), (of) => ({ op, of }))
    case "sum":
    case "mean":
      return fieldOf(
        signal,
        of,
        `${path}.${op}`,
        (field) => field !== "time",
        (of) => ({ op, of })
      )
    case "min":
    case "max":
      return fieldOf(
        signal,
        of,
        `${path}.${op}`,
        () => true,
        (of) => ({ op, of })
      )
    case "last":
    case "rate":
      return op === "rate" && signal !== "metrics"
        ? unknownMeasure(path)
        : fieldOf(
            signal,
            of,
            `${path}.${op}`,
            (field) => field === "value",
            (of) => ({ op, of })
          )
    default:
      return unknownMeasure(path)
  }
}

const unknownMeasure = (path: string) => invalidArgument(path, "it is no measure of this signal")

const quantileOf = (
  signal: SignalName,
  { of, quantile, ...others }: { readonly [key: string]: unknown },
  path: string
): Effect.Effect<Measured, StorageError> => {
  if (Object.keys(others).length > 0) return unknownMeasure(path)
  const millionths = typeof quantile === "number" ? Math.round(quantile * 1e6) : Number.NaN
  if (!(millionths >= 0 && millionths <= 1e6) || millionths / 1e6 !== quantile) {
    return invalidArgument(`${path}.quantile`, "expected a number from 0 to 1 with at most six digits")
  }
  return signal === "metrics" && of === "histogram"
    ? Effect.succeed({ op: "histogram", millionths })
    : fieldOf(
        signal,
        of,
        `${path}.of`,
        (field) => field !== "time",
        (of) => ({ op: "quantile", of, millionths })
      )
}

const fieldOf = (
  signal: SignalName,
  input: unknown,
  path: string,
  fits: (field: string) => boolean,
  make: (field: string) => Measured
): Effect.Effect<Measured, StorageError> => {
  const fields = Object.keys(measured[signal]).filter(fits)
  return typeof input === "string" && fields.includes(input)
    ? Effect.succeed(make(input))
    : invalidArgument(path, fields.length === 0 ? "this signal has no numbers" : `expected ${fields.join(", ")}`)
}

const orderOf = (
  measures: Asked["measures"],
  orderBy: { readonly measure: string; readonly direction: "asc" | "desc" } | undefined
): Effect.Effect<Asked["order"], StorageError> => {
  const measure = orderBy === undefined ? 0 : measures.findIndex(([name]) => name === orderBy.measure)
  return measure < 0
    ? invalidArgument("orderBy.measure", "expected the name of a measure")
    : Effect.succeed({ measure, direction: orderBy?.direction ?? "desc" })
}

// Time

interface Range {
  readonly from: bigint | undefined
  readonly before: bigint | undefined
}

const rangeOf = (filters: Filters): Range => ({
  from: filters["startedAfter"] as bigint | undefined,
  before: filters["startedBefore"] as bigint | undefined
})

type Interval =
  | { readonly width: bigint }
  | { readonly unit: Buckets.CalendarUnit; readonly zone: DateTime.TimeZone }
  | undefined

const decodeWidth = Schema.decodeUnknownEither(DurationNanos)

const intervalOf = (input: unknown, timeZone: string): Effect.Effect<Interval, StorageError> => {
  const zone = DateTime.zoneMakeNamed(timeZone)
  if (Option.isNone(zone)) return invalidArgument("timeZone", `expected an IANA name, as "Europe/Berlin"`)
  if (input === undefined) return Effect.succeed(undefined)
  const unit = Buckets.calendarUnits.find((unit) => unit === input)
  if (unit !== undefined) return Effect.succeed({ unit, zone: zone.value })
  const width = Either.getOrElse(decodeWidth(input), () => 0n)
  return width > 0n
    ? Effect.succeed({ width })
    : invalidArgument("interval", `expected a duration, or one of ${Buckets.calendarUnits.join(", ")}`)
}

const edgesOf = (
  interval: Interval,
  { before, from }: Range
): Effect.Effect<ReadonlyArray<bigint> | undefined, StorageError> => {
  if (interval === undefined || from === undefined || before === undefined) return Effect.succeed(undefined)
  if (from >= before) return Effect.succeed([])
  const tooMany = invalidArgument("interval", `the time range has more than ${Buckets.maxBuckets} buckets`)
  if ("unit" in interval && Buckets.isTooLong(interval.unit, from, before)) return tooMany
  return Effect.flatMap(
    "width" in interval
      ? Effect.sync(() => Buckets.edgesOfWidth(interval.width, from, before))
      : Buckets.edgesOfCalendar(interval.unit, interval.zone, from, before),
    (edges) =>
      edges.length - 1 > Buckets.maxBuckets || Buckets.runsOf(edges).length > Buckets.maxRuns
        ? tooMany
        : Effect.succeed(edges)
  )
}

const periodOf = (
  of: SignalName,
  filters: Filters,
  { before, from }: Range,
  edges: ReadonlyArray<bigint> | undefined
): Period => ({
  conditions: conditionsOf(signals[of], { ...filters, startedAfter: from, startedBefore: before }),
  from,
  before,
  edges
})

/** The period before another, as many buckets or as long. */
const before = (
  of: SignalName,
  filters: Filters,
  { before, edges, from }: Period,
  interval: Interval
): Effect.Effect<Period, StorageError> =>
  Effect.gen(function* () {
    if (from === undefined || before === undefined) return periodOf(of, filters, { from, before }, edges)
    if (edges === undefined || interval === undefined || edges.length < 2) {
      const start = from - (before > from ? before - from : 0n)
      return yield* within64Bits(start, periodOf(of, filters, { from: start, before: from }, edges))
    }
    const end = edges[0] as bigint
    const count = edges.length - 1
    const earlier =
      "width" in interval
        ? edges.map((edge) => edge - BigInt(count) * interval.width)
        : yield* Buckets.edgesBefore(interval.unit, interval.zone, end, count)
    const start = earlier[0] as bigint
    return yield* within64Bits(start, periodOf(of, filters, { from: start, before: end }, earlier))
  })

const within64Bits = (start: bigint, period: Period) =>
  start < -(2n ** 63n) ? invalidArgument("previous", "there is no such time before") : Effect.succeed(period)

/** Whether sums of a measure are doubles, of which an engine knows no exact order. */
export const isReal = (of: SignalName, field: string): boolean => unitOf(of, field) === "real"
