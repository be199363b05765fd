/**
 * Aggregates, in one statement each. `FINAL` leaves the newest row of a record, at little cost where the key begins with the
 * time: parts of a table hardly overlap then.
 */
import type { Fragment } from "@effect/sql/Statement"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { SignalName } from "../../../../signal/signals.js"
import type { AggregateQuery, Derived, GroupedBy } from "../../../Engine.js"
import * as Measured from "../../../internal/measured.js"
import * as Aggregate from "../../../sql/aggregate.js"
import { pascalCase } from "../../../sql/identifiers.js"
import { type Layout, layouts } from "../layouts.js"
import { type Columns, count, nullable, number, text } from "../row.js"
import type { Store } from "../store.js"
import { where } from "../where.js"

export const aggregate =
  (store: Store): Derived["aggregate"] =>
  (query) => {
    const plan = Aggregate.planOf(query, dialect)
    return Aggregate.cellsOf(
      query,
      plan,
      Effect.suspend(() => store.rows(columnsOf(query, plan), statement(store, query, plan))),
      Effect.suspend(() => store.rows(histogramColumns(query), histograms(store, query)))
    )
  }

const statement = (store: Store, query: AggregateQuery, plan: Aggregate.Plan): Fragment => {
  const { count, sql } = store
  const { grouped, ordered, selected } = Aggregate.clausesOf(query, plan)
  return sql`${selection(store, query, inputsOf(store, query, plan), selected)}
    ${sql.literal(grouped)}
    ${sql.literal(ordered)} LIMIT ${count(query.limit)} ${sql.literal(settings)}`
}

const settings = "SETTINGS do_not_merge_across_partitions_select_final = 1"

/**
 * A selection of the rows that meet the conditions, by names for their keys and inputs. A cluster accumulates on each shard
 * where nothing stands between the table and the groups.
 */
const selection = (
  store: Store,
  query: AggregateQuery,
  inputs: ReadonlyArray<Fragment>,
  columns: ReadonlyArray<string>,
  also: ReadonlyArray<Fragment> = []
): Fragment => {
  const { all, sql } = store
  const layout = layouts[query.of]
  const conditions = query.conditions.map((condition) => where(store, layout, condition))
  const from = sql`FROM ${newest(store, layout)} WHERE ${all([...conditions, ...also])}`
  const selected = sql.literal(columns.join(", "))
  return Option.match(query.among, {
    onNone: () => sql`${inputs.length === 0 ? sql`` : sql`WITH ${sql.csv(inputs)}`} SELECT ${selected} ${from}`,
    onSome: (among) =>
      sql`SELECT ${selected} FROM (SELECT ${sql.csv(inputs)} ${from}) AS input ${joined(store, query, among)}`
  })
}

/** The histograms of each cell, added up place by place for each list of bounds. */
const histograms = (store: Store, query: AggregateQuery): Fragment => {
  const { sql } = store
  const json = (field: string, type: string) => `JSONExtract(Record, 'histogram', '${field}', '${type}')`
  const whole = `arrayMap(c -> toInt128(toInt64(trunc(greatest(least(c, ${Number.MAX_SAFE_INTEGER}e0), 0e0)))), ${json("counts", "Array(Float64)")})`
  const inputs = [
    ...keyInputsOf(store, query),
    sql.literal("JSONExtractRaw(Record, 'histogram', 'bounds') AS bounds"),
    sql.literal(`${whole} AS places`),
    sql.literal(`${json("min", "Nullable(Float64)")} AS lowest`),
    sql.literal(`${json("max", "Nullable(Float64)")} AS highest`)
  ]
  const keys = [...Aggregate.keysOf(query), "bounds"]
  const columns = [
    ...keys,
    "sumForEach(places) AS counts",
    "if(count(lowest) = count(), min(lowest), NULL) AS least",
    "if(count(highest) = count(), max(highest), NULL) AS most"
  ]
  return sql`${selection(store, query, inputs, columns, [
    sql.literal("JSONLength(Record, 'histogram', 'counts') > 0")
  ])} GROUP BY ${sql.literal(`${keys.join(", ")} ${settings}`)}`
}

/** The newest rows of all records. Those of one whose time may change are wherever its id is. */
const newest = ({ name, sql }: Store, { isTimeFixed, key, signal }: Layout): Fragment =>
  isTimeFixed
    ? sql.literal(`${name[signal.name]} FINAL`)
    : sql.literal(`(SELECT * FROM ${name[signal.name]} ORDER BY Version DESC LIMIT 1 BY ${key.join(", ")})`)

/** Keys and inputs of a row, by their names. */
const inputsOf = (store: Store, query: AggregateQuery, plan: Aggregate.Plan): ReadonlyArray<Fragment> => {
  const { sql } = store
  const { of } = query
  const layout = layouts[of]
  return [
    ...keyInputsOf(store, query),
    ...plan.distinct.map((dimension, i) => sql`${dimensionOf(store, layout, dimension)} AS ${sql.literal(`k${i}`)}`),
    ...plan.fields.map((field, i) => sql.literal(`${inputOf(layout, of, field)} AS x${i}`)),
    sql.literal(`${isError(of)} AS failed`),
    sql.literal(`(${[nanosOf(layout), ...layout.key].join(", ")}) AS place`)
  ]
}

const keyInputsOf = (store: Store, { buckets, groupBy, of }: AggregateQuery): ReadonlyArray<Fragment> => {
  const { sql } = store
  const layout = layouts[of]
  return [
    ...groupBy.map((dimension, i) => sql`${dimensionOf(store, layout, dimension)} AS ${sql.literal(`d${i}`)}`),
    ...(buckets.length === 0
      ? []
      : [sql.literal(`(${Aggregate.bucketExpression(buckets, nanosOf(layout), division)}) AS b`)])
  ]
}

const nanosOf = ({ time }: Layout) => `toUnixTimestamp64Nano(${time})`

/** Finds the place of the group of a row among those that are asked for. */
const joined = (
  { sql, texts }: Store,
  { groupBy }: AggregateQuery,
  { groups, rest }: Option.Option.Value<AggregateQuery["among"]>
): Fragment => {
  const values = groupBy.map((_, i) => texts(groups.map((group) => (group[i] === null ? "" : `=${group[i]}`))))
  const keys = groupBy.map((_, i) => `if(key.${i + 2} = '', NULL, substring(key.${i + 2}, 2)) AS v${i}`)
  const equal = groupBy.map((_, i) => `isNotDistinctFrom(input.d${i}, asked.v${i})`).join(" AND ")
  const numbers = sql.literal(`range(${groups.length})`)
  return sql`${sql.literal(rest ? "LEFT JOIN" : "INNER JOIN")} (
      SELECT toNullable(key.1) AS g, ${sql.literal(keys.join(", "))}
      FROM (SELECT arrayJoin(arrayZip(${sql.csv([numbers, ...values])})) AS key)
    ) AS asked ON ${sql.literal(equal)}`
}

const division = {
  divided: (a: string, b: string) => `intDiv(${a}, ${b})`,
  wide: (integer: string) => `toInt128(${integer})`
}

const isError = (of: SignalName): string =>
  of === "spans"
    ? "Status = 'error' AND NOT Replayed"
    : of === "logs"
      ? Measured.levelsOfErrors.map((level) => `Level = '${level}'`).join(" OR ")
      : "false"

const dialect: Aggregate.Dialect = {
  count: "count()",
  countIf: (condition) => `countIf(${condition})`,
  isError: "failed",
  sum: (integer) => `sum(toInt128(${integer}))`,
  integer: (double) => `toInt64(${double})`,
  last: (value) => `argMax(${value}, place)`,
  ratio: (unit, sum, count) =>
    unit === "nanos"
      ? `intDiv(ifNull(${sum}, 0), toInt128(${count}))`
      : `toFloat64(ifNull(${sum}, 0)) ${unit === "dollars" ? "/ 1e9 " : ""}/ toFloat64(${count})`,
  distinct: (value) => `uniqExact(${value})`,
  quantiles: (value, millionths) => {
    const sorted = `arraySort(groupArray(${value}))`
    const at = (part: number) => `${sorted}[greatest(1, intDiv(${part} * length(${sorted}) + 999999, 1000000))]`
    return `[${millionths.map((part) => `if(empty(${sorted}), NULL, ${at(part)})`).join(", ")}]`
  }
}

const dimensionOf = ({ sql, text }: Store, { columns, signal }: Layout, { field, key }: GroupedBy): Fragment => {
  const column = pascalCase(field)
  const { kind, optional } = signal.fields[field] ?? { kind: "text", optional: true }
  if (key !== undefined) {
    const isColumn = columns.some(({ name }) => name === column)
    const value = isColumn
      ? sql`${sql.literal(column)}[${text(key)}]`
      : sql`JSONExtractRaw(Record, '${sql.literal(field)}', ${text(key)})`
    return sql`multiIf(${value} = '' OR ${value} = 'null' OR startsWith(${value}, '{') OR startsWith(${value}, '['), NULL,
      startsWith(${value}, '"'), concat('"', JSONExtractString(${value})), ${value})`
  }
  if (kind === "names") {
    const values = (of: string) => `CAST(${of}, 'Array(Nullable(String))')`
    return sql.literal(`arrayJoin(if(empty(${column}), ${values("[NULL]")}, ${values(`arrayDistinct(${column})`)}))`)
  }
  const isBlank = optional && columns.some(({ name, type }) => name === column && type === "String")
  return sql.literal(isBlank ? `nullIf(${column}, '')` : column)
}

/** The value of a field that is measured, of a row that has one. */
const inputOf = ({ time }: Layout, of: SignalName, field: string): string => {
  if (field === "time") return `toNullable(toUnixTimestamp64Nano(${time}))`
  if (of !== "spans") return "toNullable(Value + 0.)"
  if (field === "duration") {
    const [start, end] = ["toUnixTimestamp64Nano(StartTime)", "toUnixTimestamp64Nano(EndTime)"]
    const within = (value: string) => `${value} BETWEEN ${Measured.earliest} AND ${Measured.latest}`
    return `if(${within(start)} AND ${within(end)}, ${end} - ${start}, NULL)`
  }
  const column = pascalCase(field)
  const types = Measured.typesOf(field)
  if (types === undefined) return column
  const value =
    field === "costUsd"
      ? `toInt64(floor((${Aggregate.clamped(column, `${Measured.mostDollars}e0`)}) * 1e9 + 0.5))`
      : column
  return `if((${types.map((type) => `SpanType = '${type}'`).join(" OR ")}) AND NOT Replayed, ${value}, NULL)`
}

/** Numbers as such, or as their digits. */
const value = nullable(count)

const values = (of: unknown): of is ReadonlyArray<unknown> => Array.isArray(of) && of.every(value)

const columnsOf = (query: AggregateQuery, plan: Aggregate.Plan): Columns => ({
  ...keyColumns(query),
  ...Object.fromEntries(plan.columns.map(({ name }) => [name, name.startsWith("q") ? values : value]))
})

const histogramColumns = (query: AggregateQuery): Columns => ({
  ...keyColumns(query),
  bounds: text,
  counts: values,
  least: nullable(number),
  most: nullable(number)
})

const keyColumns = ({ among, buckets, groupBy }: AggregateQuery): Columns => ({
  ...(Option.isNone(among) ? Object.fromEntries(groupBy.map((_, i) => [`d${i}`, nullable(text)])) : { g: value }),
  ...(buckets.length === 0 ? {} : { b: count })
})
