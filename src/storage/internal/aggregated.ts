/**
 * Aggregates over records in memory: the reference for what engines accumulate. Records come in pages; what is kept of them
 * is a few numbers a cell, and, for quantiles and distinct values, the values.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { nextTurn } from "../../runtime/eventLoop.js"
import type { Histogram, MetricPoint } from "../../signal/MetricPoint.js"
import { keyOf, timeOf } from "../../signal/Signal.js"
import { signals } from "../../signal/signals.js"
import type {
  Accumulated,
  Accumulator,
  AggregateQuery,
  Cell,
  Derived,
  GroupedBy,
  GroupKey,
  Primitives,
  SummedHistogram
} from "../Engine.js"
import { compareGroups, compareRanks, type Rank } from "./aggregate.js"
import { bucketOf } from "./buckets.js"
import { isError, rankOf, ratio, unitOf, unitsOf, valueOf } from "./measured.js"
import { recordKey } from "./query.js"
import { compare } from "./select.js"

const pageSize = 1000
const oldestFirst = { field: "time", direction: "asc" } as const

/** The cells of a query, of records that are read in pages. */
export const aggregate =
  <E>({ select }: Pick<Primitives<E>, "select">): Derived<E>["aggregate"] =>
  (query) =>
    Effect.gen(function* () {
      const signal = signals[query.of]
      const cells = new Map<string, Open>()
      const groupOf = groupsOf(query)
      let after = Option.none<ReturnType<ReturnType<typeof recordKey>>>()
      while (true) {
        const page = yield* select(query.of, {
          conditions: query.conditions,
          order: oldestFirst,
          limit: pageSize,
          after
        })
        for (const record of page) {
          const bucket = bucketOf(query.buckets, timeOf(signal, record))
          for (const group of groupOf(record)) add(open(query, cells, bucket, group), record)
        }
        const last = page.at(-1)
        if (last === undefined || page.length < pageSize) break
        after = Option.some(recordKey(signal)(last, oldestFirst))
        yield* nextTurn
      }
      if (query.groupBy.length === 0 && query.buckets.length === 0) open(query, cells, 0, [])
      const closed = Array.from(
        cells.values(),
        ({ bucket, group, states }): Cell => ({
          bucket,
          group,
          values: states.map(({ close }) => close())
        })
      )
      return inOrder(query, closed).slice(0, query.limit)
    })

const inOrder = ({ accumulators, first, of }: AggregateQuery, cells: ReadonlyArray<Cell>): ReadonlyArray<Cell> =>
  Option.match(first, {
    onNone: () => cells,
    onSome: ({ by, direction, over }) => {
      const accumulator = accumulators[by]
      const unit = accumulator !== undefined && "of" in accumulator ? unitOf(of, String(accumulator.of)) : "integer"
      const rankOf = ({ values }: Cell) =>
        (over === undefined
          ? values[by]
          : ratio(unit, values[by] as bigint | null, values[over] as bigint | null)) as Rank
      return cells.toSorted(
        (a, b) => compareRanks(rankOf(a), rankOf(b), direction) || compareGroups(a.group ?? [], b.group ?? [])
      )
    }
  })

// Groups

/** The groups that a record is in: `undefined` for the rest. */
const groupsOf = ({ among, groupBy }: AggregateQuery) => {
  const shown = Option.map(among, ({ groups }) => new Set(groups.map((group) => JSON.stringify(group))))
  const rest = Option.exists(among, ({ rest }) => rest)
  return (record: object): ReadonlyArray<GroupKey | undefined> => {
    const groups = groupBy.reduce<ReadonlyArray<GroupKey>>(
      (groups, dimension) => textsOf(record, dimension).flatMap((text) => groups.map((group) => [...group, text])),
      [[]]
    )
    if (Option.isNone(shown)) return groups
    return groups.flatMap((group) => (shown.value.has(JSON.stringify(group)) ? [group] : rest ? [undefined] : []))
  }
}

/** The values of a dimension that a record has, as the parts of keys of groups. */
const textsOf = (record: object, { field, key }: GroupedBy): ReadonlyArray<string | null> => {
  const value = (record as { readonly [field: string]: unknown })[field]
  if (key !== undefined) {
    const object = value as { readonly [key: string]: unknown } | undefined
    return [object !== undefined && Object.hasOwn(object, key) ? scalarOf(object[key]) : null]
  }
  if (Array.isArray(value)) return value.length === 0 ? [null] : Array.from(new Set<string>(value))
  return [(value as string | undefined) ?? null]
}

const scalarOf = (value: unknown): string | null =>
  typeof value === "string"
    ? `"${value}`
    : typeof value === "number" || typeof value === "boolean"
      ? JSON.stringify(value)
      : null

// Cells

interface Open {
  readonly bucket: number
  readonly group: GroupKey | undefined
  readonly states: ReadonlyArray<State>
}

/** The state of an accumulator. */
interface State {
  readonly add: (record: object) => void
  readonly close: () => Accumulated
}

const open = (query: AggregateQuery, cells: Map<string, Open>, bucket: number, group: GroupKey | undefined): Open => {
  const name = JSON.stringify([bucket, group])
  const found = cells.get(name)
  if (found !== undefined) return found
  const made = { bucket, group, states: query.accumulators.map((accumulator) => stateOf(query, accumulator)) }
  cells.set(name, made)
  return made
}

const add = ({ states }: Open, record: object): void => {
  for (const state of states) state.add(record)
}

const stateOf = ({ of }: AggregateQuery, accumulator: Accumulator): State => {
  switch (accumulator.op) {
    case "count":
      return counting(() => true)
    case "errors":
      return counting((record) => isError(of, record))
    case "present":
      return counting((record) => valueOf(of, record, accumulator.of) !== undefined)
    case "sum":
      return summing((record) => {
        const value = valueOf(of, record, accumulator.of)
        return typeof value === "number" ? unitsOf(value) : value
      })
    case "min":
      return choosing(
        (record) => valueOf(of, record, accumulator.of),
        (a, b) => a < b
      )
    case "max":
      return choosing(
        (record) => valueOf(of, record, accumulator.of),
        (a, b) => a > b
      )
    case "quantile":
      return ranking((record) => valueOf(of, record, accumulator.of), accumulator.millionths)
    case "distinct":
      return telling((record) => textsOf(record, accumulator.of)[0] ?? null)
    case "last":
      return remembering(of, accumulator.of)
    case "histogram":
      return collecting()
  }
}

const counting = (isCounted: (record: object) => boolean): State => {
  let count = 0n
  return {
    add: (record) => {
      if (isCounted(record)) count++
    },
    close: () => count
  }
}

type Value = bigint | number | undefined

const summing = (valueOf: (record: object) => bigint | undefined): State => {
  let sum: bigint | null = null
  return {
    add: (record) => {
      const value = valueOf(record)
      if (value !== undefined) sum = (sum ?? 0n) + value
    },
    close: () => sum
  }
}

const choosing = (
  valueOf: (record: object) => Value,
  isBefore: (a: bigint | number, b: bigint | number) => boolean
): State => {
  let chosen: bigint | number | null = null
  return {
    add: (record) => {
      const value = valueOf(record)
      if (value !== undefined && (chosen === null || isBefore(value, chosen))) chosen = value
    },
    close: () => chosen
  }
}

const ranking = (valueOf: (record: object) => Value, millionths: number): State => {
  const values: Array<bigint | number> = []
  return {
    add: (record) => {
      const value = valueOf(record)
      if (value !== undefined) values.push(value)
    },
    close: () => {
      values.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
      return values[rankOf(millionths, values.length) - 1] ?? null
    }
  }
}

const telling = (textOf: (record: object) => string | null): State => {
  const texts = new Set<string>()
  return {
    add: (record) => {
      const text = textOf(record)
      if (text !== null) texts.add(text)
    },
    close: () => BigInt(texts.size)
  }
}

const remembering = (of: AggregateQuery["of"], field: string): State => {
  let last: { readonly time: bigint; readonly id: string; readonly value: bigint | number } | undefined
  return {
    add: (record) => {
      const value = valueOf(of, record, field)
      if (value === undefined) return
      const [time, id] = [timeOf(signals[of], record), keyOf(signals[of] as never, record)]
      if (last === undefined || time > last.time || (time === last.time && compare(id, last.id) > 0)) {
        last = { time, id, value }
      }
    },
    close: () => last?.value ?? null
  }
}

const collecting = (): State => {
  const histograms: Array<Histogram> = []
  return {
    add: (record) => {
      const { histogram } = record as MetricPoint
      if (histogram !== undefined && histogram.counts.length > 0) histograms.push(histogram)
    },
    close: () => {
      const byBounds = new Map<string, SummedHistogram>()
      for (const histogram of histograms) {
        const bounds = JSON.stringify(histogram.bounds)
        byBounds.set(bounds, plus(byBounds.get(bounds), histogram))
      }
      return Array.from(byBounds.values())
    }
  }
}

const plus = (sum: SummedHistogram | undefined, histogram: Histogram): SummedHistogram => {
  const { bounds, counts } = histogram
  const [max, min] = [histogram.max ?? null, histogram.min ?? null]
  const whole = counts.map((count) => BigInt(Math.trunc(Math.max(0, Math.min(count, Number.MAX_SAFE_INTEGER)))))
  if (sum === undefined) return { bounds, counts: whole, max, min }
  const length = Math.max(sum.counts.length, whole.length)
  return {
    bounds,
    counts: Array.from({ length }, (_, i) => (sum.counts[i] ?? 0n) + (whole[i] ?? 0n)),
    max: max === null || sum.max === null ? null : Math.max(max, sum.max),
    min: min === null || sum.min === null ? null : Math.min(min, sum.min)
  }
}
