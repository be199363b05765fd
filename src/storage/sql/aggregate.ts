/**
 * Aggregates in SQL: what is selected for accumulators, and how a row becomes a cell. Engines differ in their functions.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { mapInTurns } from "../../runtime/eventLoop.js"
import type { Accumulated, AggregateQuery, Buckets, Cell, GroupedBy, SummedHistogram } from "../Engine.js"
import { type Unit, unitOf } from "../internal/measured.js"

/** How an engine says it. What it gets and gives are expressions without parameters. */
export interface Dialect {
  readonly count: string
  readonly countIf: (condition: string) => string
  readonly isError: string
  /** The sum of integers of 64 bits, in as many as it takes. */
  readonly sum: (integer: string) => string
  readonly integer: (double: string) => string
  readonly last: (value: string) => string
  /** The ratio of a sum to a count above zero, as `ratio` computes it. */
  readonly ratio: (unit: Unit, sum: string, count: string) => string
  readonly distinct: (value: string) => string
  /** A list: the values at the places of quantiles. */
  readonly quantiles: (value: string, millionths: ReadonlyArray<number>) => string
}

/** An expression that is selected, and its name. */
interface Column {
  readonly name: string
  readonly expression: string
}

/** The statement for a query, but for its conditions. */
export interface Plan {
  /** The fields that are measured: the inputs `x0`, `x1`, … */
  readonly fields: ReadonlyArray<string>
  /** The dimensions whose distinct values are counted: the inputs `k0`, `k1`, … */
  readonly distinct: ReadonlyArray<GroupedBy>
  readonly columns: ReadonlyArray<Column>
  /** The expression by which groups are in order: an accumulator, or its ratio to another. */
  readonly orderedBy: (by: number, over: number | undefined) => string
  readonly decode: (row: Row) => ReadonlyArray<Accumulated>
}

export interface Row {
  readonly [name: string]: unknown
}

export const planOf = ({ accumulators, of }: AggregateQuery, dialect: Dialect): Plan => {
  const fields: Array<string> = []
  const distinct: Array<GroupedBy> = []
  const columns: Array<Column> = []
  const quantiles = new Map<string, Array<number>>()
  const inputOf = (field: string) => {
    const place = fields.indexOf(field)
    return `x${place < 0 ? fields.push(field) - 1 : place}`
  }
  const column = (name: string, expression: string) => void columns.push({ name, expression })
  const ordered = accumulators.map((_, i) => `a${i}`)
  const decoders = accumulators.map((accumulator, i): ((row: Row) => Accumulated) => {
    const name = `a${i}`
    switch (accumulator.op) {
      case "count":
        column(name, dialect.count)
        return (row) => integerOf(row[name])
      case "errors":
        column(name, dialect.countIf(dialect.isError))
        return (row) => integerOf(row[name])
      case "present":
        column(name, dialect.countIf(`${inputOf(accumulator.of)} IS NOT NULL`))
        return (row) => integerOf(row[name])
      case "distinct":
        column(name, dialect.distinct(`k${distinct.push(accumulator.of) - 1}`))
        return (row) => integerOf(row[name])
      case "sum": {
        const input = inputOf(accumulator.of)
        if (unitOf(of, accumulator.of) !== "real") {
          column(name, dialect.sum(input))
          return (row) => integerOf(row[name])
        }
        const parts = partsOf(input)
        for (const [part, expression] of parts.entries())
          column(`${name}_${part}`, dialect.sum(dialect.integer(expression)))
        return (row) => sumOfParts(parts.map((_, part) => integerOf(row[`${name}_${part}`])))
      }
      case "min":
      case "max":
        column(name, `${accumulator.op}(${inputOf(accumulator.of)})`)
        return valueIn(of, accumulator.of, (row) => row[name])
      case "last":
        column(name, dialect.last(inputOf(accumulator.of)))
        return valueIn(of, accumulator.of, (row) => row[name])
      case "quantile": {
        const input = inputOf(accumulator.of)
        const asked = quantiles.get(input) ?? []
        const place = asked.push(accumulator.millionths) - 1
        quantiles.set(input, asked)
        ordered[i] = `q_${input}[${place + 1}]`
        return valueIn(of, accumulator.of, (row) => (row[`q_${input}`] as ReadonlyArray<unknown> | null)?.[place])
      }
      default:
        return () => null
    }
  })
  for (const [input, millionths] of quantiles) column(`q_${input}`, dialect.quantiles(input, millionths))
  if (columns.length === 0) column("a", dialect.count)
  const orderedBy = (by: number, over: number | undefined) => {
    const accumulator = accumulators[by]
    if (over === undefined || accumulator === undefined) return ordered[by] ?? "true"
    const unit = "of" in accumulator ? unitOf(of, String(accumulator.of)) : "integer"
    return `CASE WHEN a${over} > 0 THEN ${dialect.ratio(unit, `a${by}`, `a${over}`)} END`
  }
  return { fields, distinct, columns, orderedBy, decode: (row) => decoders.map((decode) => decode(row)) }
}

const valueIn =
  (of: AggregateQuery["of"], field: string, read: (row: Row) => unknown) =>
  (row: Row): Accumulated => {
    const value = read(row)
    if (value === null || value === undefined) return null
    return unitOf(of, field) === "real" ? Number(value) : integerOf(value)
  }

const integerOf = (value: unknown): bigint | null =>
  value === null || value === undefined ? null : BigInt(value as string | number | bigint)

/** A power of two as a double. */
const power = (exponent: number): string => `${String(2 ** exponent).replace(/^(\d+)$/, "$1e0")}`

/**
 * A double as four integers below 2^60, of units of 2^60, 1, 2^-60 and 2^-120: each step is exact in any arithmetic of IEEE
 * 754, so that the sums of the parts are those of `unitsOf`.
 */
const partsOf = (value: string): ReadonlyArray<string> => {
  const within = `(${clamped(value, power(120))})`
  const first = `trunc(${within} * ${power(-60)})`
  const below = `(${within} - ${first} * ${power(60)})`
  const second = `trunc(${below})`
  const fraction = `((${below} - ${second}) * ${power(60)})`
  const third = `trunc(${fraction})`
  return [first, second, third, `trunc((${fraction} - ${third}) * ${power(60)})`]
}

/** A value within two bounds. Of NULL, functions of extremes know nothing. */
export const clamped = (value: string, most: string): string =>
  `CASE WHEN ${value} > ${most} THEN ${most} WHEN ${value} < -${most} THEN -${most} ELSE ${value} END`

const sumOfParts = (parts: ReadonlyArray<bigint | null>): bigint | null => {
  let sum = 0n
  for (const part of parts) {
    if (part === null) return null
    sum = (sum << 60n) + part
  }
  return sum
}

/** Whether the differences of times in buckets need more than 64 bits. */
const isWide = (runs: ReadonlyArray<Buckets>): boolean => {
  const [first, last] = [runs[0], runs.at(-1)]
  return (
    first !== undefined &&
    last !== undefined &&
    (last.from + last.width * BigInt(last.count) - first.from >= 2n ** 63n || first.from < -(2n ** 63n))
  )
}

/** The number of the bucket of a time: a search among runs of buckets of equal width, of which there are few. */
export const bucketExpression = (
  runs: ReadonlyArray<Buckets>,
  time: string,
  { divided, wide }: { readonly divided: (a: string, b: string) => string; readonly wide: (integer: string) => string }
): string => {
  const as = isWide(runs) ? wide : (integer: string) => integer
  const among = (some: ReadonlyArray<Buckets>): string => {
    const [run, ...others] = some
    if (run === undefined) return "0"
    if (others.length === 0)
      return `${run.index} + ${divided(`(${as(time)} - ${as(`(${run.from})`)})`, as(`${run.width}`))}`
    const middle = some.length >> 1
    return `CASE WHEN ${as(time)} < ${as(`(${some[middle]?.from})`)} THEN ${among(some.slice(0, middle))} ELSE ${among(some.slice(middle))} END`
  }
  return among(runs)
}

/** The columns by which rows are grouped. */
export const keysOf = ({ among, buckets, groupBy }: AggregateQuery): ReadonlyArray<string> => [
  ...Option.match(among, { onNone: () => groupBy.map((_, i) => `d${i}`), onSome: () => ["g"] }),
  ...(buckets.length === 0 ? [] : ["b"])
]

/** Columns and clauses of a statement, but for its conditions and `LIMIT`. */
export const clausesOf = (query: AggregateQuery, plan: Plan) => {
  const keys = keysOf(query)
  return {
    selected: [...keys, ...plan.columns.map(({ expression, name }) => `${expression} AS ${name}`)],
    grouped: keys.length === 0 ? "" : `GROUP BY ${keys.join(", ")}`,
    ordered: orderBy(query, plan)
  }
}

/** `ORDER BY` where the first groups are asked for. */
const orderBy = ({ first, groupBy }: AggregateQuery, { orderedBy }: Plan): string =>
  Option.match(first, {
    onNone: () => "",
    onSome: ({ by, direction, over }) =>
      `ORDER BY ${[`${orderedBy(by, over)} ${direction}`, ...groupBy.map((_, i) => `d${i} ASC`)]
        .map((key) => `${key} NULLS LAST`)
        .join(", ")}`
  })

/** The cells of the rows of a statement, with the histograms that another one finds, where these are asked for. */
export const cellsOf = Effect.fnUntraced(function* <E>(
  query: AggregateQuery,
  plan: Plan,
  rows: Effect.Effect<ReadonlyArray<Row>, E>,
  histograms: Effect.Effect<ReadonlyArray<Row>, E>
) {
  const cells = yield* mapInTurns(yield* rows, (row) => cellOf(query, plan, row))
  return query.accumulators.some(({ op }) => op === "histogram")
    ? withHistograms(query, plan, cells, yield* histograms)
    : cells
})

/** A row of a group and bucket with the histograms of one list of bounds: `bounds` as JSON, `counts`, `least` and `most`. */
const withHistograms = (
  query: AggregateQuery,
  plan: Plan,
  cells: ReadonlyArray<Cell>,
  rows: ReadonlyArray<Row>
): ReadonlyArray<Cell> => {
  const nameOf = ({ bucket, group }: Cell) => JSON.stringify([bucket, group])
  const byCell = new Map<string, Array<SummedHistogram>>()
  for (const row of rows) {
    const name = nameOf(cellOf(query, plan, row))
    const found = byCell.get(name) ?? []
    byCell.set(name, found)
    found.push({
      bounds: JSON.parse(row["bounds"] as string),
      counts: (row["counts"] as ReadonlyArray<string | number | bigint>).map(BigInt),
      min: row["least"] as number | null,
      max: row["most"] as number | null
    })
  }
  return cells.map((cell) => ({
    ...cell,
    values: cell.values.map((value, i) =>
      query.accumulators[i]?.op === "histogram" ? (byCell.get(nameOf(cell)) ?? []) : value
    )
  }))
}

/** The cell of a row: `d0`, `d1`, … are the dimensions, `g` the place among the groups that were asked for, `b` the bucket. */
const cellOf = ({ among, groupBy }: AggregateQuery, { decode }: Plan, row: Row): Cell => ({
  bucket: Number(row["b"] ?? 0),
  group: Option.match(among, {
    onNone: () => groupBy.map((_, i) => row[`d${i}`] as string | null),
    onSome: ({ groups }) => (row["g"] === null ? undefined : groups[Number(row["g"])])
  }),
  values: decode(row)
})
