/**
 * Aggregates over an engine: which groups are shown, with which buckets, and what measures come to. Engines accumulate exact
 * integers; whatever is divided or rounded is so here, once for all of them.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { mapInTurns, nextTurn } from "../../runtime/eventLoop.js"
import type { AggregateRow } from "../Aggregate.js"
import type { Accumulated, Accumulator, AggregateQuery, Cell, Derived, GroupKey, SummedHistogram } from "../Engine.js"
import type { StorageError } from "../StorageError.js"
import { type Asked, asked, isReal, type Measured, maxRows, type Period } from "./aggregateOptions.js"
import { runsOf } from "./buckets.js"
import { invalidArgument } from "./errors.js"
import { fromSum, fromUnits, rankOf, ratio, unitOf } from "./measured.js"
import { compare } from "./select.js"

type Ask = Derived["aggregate"]

/** The method of a storage, over that of its engine. */
export const make =
  (ask: Ask) =>
  (options: unknown): Effect.Effect<ReadonlyArray<AggregateRow>, StorageError> =>
    Effect.flatMap(asked(options), (asked) => answer(ask, asked))

const answer = Effect.fnUntraced(function* (ask: Ask, asked: Asked) {
  const { edges } = asked.period
  if (edges !== undefined && edges.length < 2) return []
  const plan = planOf(asked)
  const shown = yield* shownOf(ask, asked, plan)
  if (asked.groupBy.length > 0 && shown.groups.length === 0) return []
  const among = Option.some({ groups: shown.groups, rest: shown.hasRest })
  const earlier =
    asked.previous === undefined
      ? undefined
      : yield* byGroup(
          yield* ask(
            queryOf(asked, asked.previous, plan.accumulators, {
              among: asked.groupBy.length > 0 ? among : Option.none()
            })
          )
        )
  return yield* rowsOf(asked, plan, shown, earlier)
})

// Groups

/** The accumulators of all measures, each once, and where those of a measure are among them. */
interface Plan {
  readonly accumulators: ReadonlyArray<Accumulator>
  readonly places: ReadonlyArray<ReadonlyArray<number>>
}

const planOf = ({ measures }: Asked): Plan => {
  const byName = new Map<string, number>()
  const accumulators: Array<Accumulator> = []
  const places = measures.map(([, measure]) =>
    accumulatorsOf(measure).map((accumulator) => {
      const name = JSON.stringify(accumulator)
      const place = byName.get(name) ?? accumulators.push(accumulator) - 1
      byName.set(name, place)
      return place
    })
  )
  return { accumulators, places }
}

const accumulatorsOf = (measure: Measured): ReadonlyArray<Accumulator> => {
  switch (measure.op) {
    case "errorRate":
      return [{ op: "errors" }, { op: "count" }]
    case "mean":
      return [
        { op: "sum", of: measure.of },
        { op: "present", of: measure.of }
      ]
    case "rate":
      return [{ op: "sum", of: measure.of }]
    case "histogram":
      return [{ op: "histogram" }]
    default:
      return [measure]
  }
}

/** The groups that are shown, in their order, and their cells. */
interface Shown {
  readonly groups: ReadonlyArray<GroupKey>
  readonly hasRest: boolean
  readonly cells: Cells
}

/** Cells by group and bucket. */
type Cells = ReadonlyMap<string, ReadonlyMap<number, Cell>>

const nameOf = (group: GroupKey | undefined): string => (group === undefined ? "" : JSON.stringify(group))

const byGroup = Effect.fnUntraced(function* (cells: ReadonlyArray<Cell>) {
  const groups = new Map<string, Map<number, Cell>>()
  let done = 0
  for (const cell of cells) {
    const name = nameOf(cell.group)
    const buckets = groups.get(name) ?? new Map<number, Cell>()
    groups.set(name, buckets.set(cell.bucket, cell))
    if (++done % cellsATurn === 0) yield* nextTurn
  }
  return groups as Cells
})

const cellsATurn = 2000

const queryOf = (
  { groupBy, of }: Asked,
  { conditions, edges }: Period,
  accumulators: ReadonlyArray<Accumulator>,
  more: Partial<AggregateQuery> = {}
): AggregateQuery => ({
  of,
  conditions,
  groupBy: groupBy.map(({ field, key }) => (key === undefined ? { field } : { field, key })),
  buckets: edges === undefined ? [] : runsOf(edges),
  accumulators,
  among: Option.none(),
  first: Option.none(),
  limit: maxRows + 1,
  ...more
})

const shownOf = Effect.fnUntraced(function* (ask: Ask, asked: Asked, plan: Plan) {
  const { groupBy, limit, order, period, rest } = asked
  const whole: Shown = { groups: [[]], hasRest: false, cells: new Map() }
  if (groupBy.length === 0)
    return { ...whole, cells: yield* byGroup(yield* ask(queryOf(asked, period, plan.accumulators))) }
  const by = { measure: asked.measures[order.measure]?.[1] as Measured, places: plan.places[order.measure] ?? [] }
  if (!rest && (period.edges === undefined || isMergeable(plan, by.places))) {
    const found = yield* ranked(ask, asked, plan.accumulators, by, period)
    if (Option.isSome(found)) return { ...whole, ...found.value, groups: found.value.groups.slice(0, limit) }
  }
  const accumulators = accumulatorsOf(by.measure)
  const places = accumulators.map((_, i) => i)
  const found = yield* ranked(ask, asked, accumulators, { ...by, places }, { ...period, edges: undefined })
  if (Option.isNone(found)) {
    return yield* invalidArgument("groupBy", `more than ${maxRanked} groups cannot be put in order by this measure`)
  }
  const groups = found.value.groups.slice(0, limit)
  const cells = yield* byGroup(
    yield* ask(queryOf(asked, period, plan.accumulators, { among: Option.some({ groups, rest }) }))
  )
  return { groups, hasRest: cells.has(nameOf(undefined)), cells }
})

/** The measure that groups are in order by, and where its accumulators are. */
interface By {
  readonly measure: Measured
  readonly places: ReadonlyArray<number>
}

const mergeable: ReadonlySet<string> = new Set(["count", "errors", "present", "sum", "min", "max"])

/** Whether what accumulators come to in the buckets of a group tells what they come to in all of it. */
const isMergeable = ({ accumulators }: Plan, places: ReadonlyArray<number>): boolean =>
  places.every((place) => mergeable.has(accumulators[place]?.op ?? ""))

/** The most groups that are put in order here. */
const maxRanked = 20_000

/** All groups in their order, or as many as are shown, with their cells; none where there are too many. */
const ranked = Effect.fnUntraced(function* (
  ask: Ask,
  asked: Asked,
  accumulators: ReadonlyArray<Accumulator>,
  { measure, places }: By,
  period: Period
) {
  const { direction } = asked.order
  const [by = 0, over] = places
  const isExact = !places.some((place) => isInexact(asked, accumulators[place] as Accumulator))
  if (isExact && period.edges === undefined) {
    const first = Option.some({ by, over, direction })
    const cells = yield* ask(queryOf(asked, period, accumulators, { first, limit: asked.limit }))
    return Option.some({ groups: cells.flatMap(({ group }) => [group ?? []]), cells: yield* byGroup(cells) })
  }
  const found = yield* ask(queryOf(asked, period, accumulators))
  if (found.length > maxRows) return Option.none()
  const cells = yield* byGroup(found)
  if (cells.size > maxRanked) return Option.none()
  const totals = yield* mapInTurns(Array.from(cells.values()), (buckets) => {
    const all = Array.from(buckets.values())
    const values = places.map((place) =>
      merged(
        (accumulators[place] as Accumulator).op,
        all.map(({ values }) => values[place] ?? null)
      )
    )
    const isNumber = isExact && over === undefined
    const key = isNumber ? (values[0] as bigint | number | null) : finish(asked, measure, values, 1)
    return { group: all[0]?.group ?? [], key }
  })
  totals.sort((a, b) => compareRanks(a.key, b.key, direction) || compareGroups(a.group, b.group))
  return Option.some({ groups: totals.map(({ group }) => group), cells })
})

/** Whether an engine cannot tell the order of what an accumulator comes to. */
const isInexact = ({ of }: Asked, accumulator: Accumulator): boolean =>
  accumulator.op === "histogram" || (accumulator.op === "sum" && isReal(of, accumulator.of))

const merged = (op: Accumulator["op"], values: ReadonlyArray<Accumulated>): Accumulated => {
  const present = values.filter((value) => value !== null)
  if (present.length < 2) return present[0] ?? null
  return present.reduce((a, b) => (op === "min" || op === "max" ? extreme(op, a, b) : (a as bigint) + (b as bigint)))
}

const extreme = <A>(op: "min" | "max", a: A, b: A): A => (a < b === (op === "min") ? a : b)

/** A value that groups are in order by. */
export type Rank = bigint | number | null

/** The order of values: `null` is last in either direction. */
export const compareRanks = (a: Rank, b: Rank, direction: "asc" | "desc"): number =>
  a === b ? 0 : a === null ? 1 : b === null ? -1 : a < b === (direction === "asc") ? -1 : 1

/** The order of groups: by code points, `null` last. */
export const compareGroups = (a: GroupKey, b: GroupKey): number => {
  for (const [i, left] of a.entries()) {
    const right = b[i] ?? null
    if (left === right) continue
    return left === null ? 1 : right === null ? -1 : compare(left, right)
  }
  return 0
}

// Rows

/** Rows that are made in one turn of the event loop. */
const rowsATurn = 500

const rowsOf = Effect.fnUntraced(function* (
  asked: Asked,
  { places }: Plan,
  { cells, groups, hasRest }: Shown,
  earlier: Cells | undefined
) {
  const { measures, period, previous } = asked
  const valuesOf = (of: Period, cell: Cell | undefined, bucket: number) => {
    const seconds = secondsOf(of, bucket)
    return Object.fromEntries(
      measures.map(([name, measure], i) => [
        name,
        finish(
          asked,
          measure,
          (places[i] ?? []).map((place) => cell?.values[place] ?? null),
          seconds
        )
      ])
    )
  }
  const rows: Array<AggregateRow> = []
  const buckets = period.edges === undefined ? 1 : period.edges.length - 1
  for (const group of [...groups, ...(hasRest ? [undefined] : [])]) {
    const name = nameOf(group)
    const named = Object.fromEntries(
      asked.groupBy.map((dimension, i) => [dimension.name, textOf(dimension, group?.[i])])
    )
    for (let bucket = 0; bucket < buckets; bucket++) {
      const [from, to] = [period.edges?.[bucket], period.edges?.[bucket + 1]]
      rows.push({
        group: named,
        ...(group === undefined && { rest: true as const }),
        ...(from !== undefined && to !== undefined && { from, to }),
        values: valuesOf(period, cells.get(name)?.get(bucket), bucket),
        ...(previous !== undefined && { previous: valuesOf(previous, earlier?.get(name)?.get(bucket), bucket) })
      })
      if (rows.length % rowsATurn === 0) yield* nextTurn
    }
  }
  return rows as ReadonlyArray<AggregateRow>
})

/** The text of a dimension, or the JSON value of a key. */
const textOf = ({ key }: { readonly key?: string }, value: string | null | undefined) =>
  value === null || value === undefined
    ? null
    : key === undefined
      ? value
      : value.startsWith('"')
        ? value.slice(1)
        : (JSON.parse(value) as never)

/** How much of a bucket is in the time that is asked for, in seconds. */
const secondsOf = ({ before = 0n, edges, from = 0n }: Period, bucket: number): number => {
  const start = edges?.[bucket] ?? from
  const end = edges?.[bucket + 1] ?? before
  return Number((end < before ? end : before) - (start > from ? start : from)) / 1e9
}

/** The value of a measure. */
const finish = (
  { of }: Pick<Asked, "of">,
  measure: Measured,
  [value = null, other = null]: ReadonlyArray<Accumulated>,
  seconds: number
): bigint | number | null => {
  switch (measure.op) {
    case "count":
    case "errors":
    case "distinct":
      return Number(value ?? 0)
    case "errorRate":
      return ratio("integer", value as bigint | null, other as bigint | null)
    case "sum":
      return fromSum(unitOf(of, measure.of), (value ?? 0n) as bigint)
    case "rate":
      return seconds > 0 ? fromUnits((value ?? 0n) as bigint) / seconds : 0
    case "mean":
      return ratio(unitOf(of, measure.of), value as bigint | null, other as bigint | null)
    case "histogram":
      return estimate((value ?? []) as ReadonlyArray<SummedHistogram>, measure.millionths)
    default:
      return value === null || typeof value === "number" ? value : fromSum(unitOf(of, measure.of), value as bigint)
  }
}

/**
 * A quantile of the values that histograms have counted: by a straight line between the ends of the bucket in which it is,
 * as `histogram_quantile` of Prometheus does. The first and the last bucket end at the least and the largest value where
 * these are known, else at zero and at the last bound.
 */
const estimate = (histograms: ReadonlyArray<SummedHistogram>, millionths: number): number | null => {
  const parts = histograms.flatMap(({ bounds, counts, max, min }) =>
    counts.flatMap((count, i) => {
      const first = bounds[0] === undefined ? min : Math.min(0, bounds[0])
      const low = Math.max(bounds[i - 1] ?? first ?? Number.NaN, min ?? Number.NEGATIVE_INFINITY)
      const high = Math.min(bounds[i] ?? max ?? bounds.at(-1) ?? Number.NaN, max ?? Number.POSITIVE_INFINITY)
      return count > 0n && low <= high ? [{ low, high, count: Number(count) }] : []
    })
  )
  parts.sort((a, b) => a.high - b.high || a.low - b.low || a.count - b.count)
  const total = parts.reduce((sum, { count }) => sum + count, 0)
  const rank = rankOf(millionths, total)
  let before = 0
  for (const { count, high, low } of parts) {
    if (before + count >= rank) return low + (high - low) * ((rank - before) / count)
    before += count
  }
  return null
}
