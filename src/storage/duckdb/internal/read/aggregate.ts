/**
 * Aggregates, in one statement each: the keys and inputs of the rows that meet the conditions, and what is accumulated over
 * them.
 */
import type { Fragment } from "@effect/sql/Statement"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { SignalName } from "../../../../signal/signals.js"
import type { AggregateQuery, GroupedBy } from "../../../Engine.js"
import * as Measured from "../../../internal/measured.js"
import * as Aggregate from "../../../sql/aggregate.js"
import { snakeCase } from "../../../sql/identifiers.js"
import type { DuckDbClient } from "../../DuckDbClient.js"
import type { Table, Tables } from "../table.js"
import { all, pointer, where } from "../where.js"

export const make = (sql: DuckDbClient, tables: Tables) => (query: AggregateQuery) => {
  const table = tables[query.of]
  const plan = Aggregate.planOf(query, dialect(query.of))
  const { grouped, ordered, selected } = Aggregate.clausesOf(query, plan)
  const rows = Effect.suspend(
    () => sql<Aggregate.Row>`
      SELECT ${sql.literal(selected.join(", "))} FROM ${rowsOf(sql, table, query, inputsOf(sql, table, query, plan))}
      ${sql.literal(grouped)}
      ${sql.literal(ordered)} LIMIT ${query.limit}`
  )
  return Aggregate.cellsOf(
    query,
    plan,
    rows,
    Effect.suspend(() => histograms(sql, table, query))
  )
}

/** The rows that meet the conditions, with their keys and inputs. */
const rowsOf = (sql: DuckDbClient, table: Table, query: AggregateQuery, inputs: ReadonlyArray<Fragment>): Fragment => {
  const { among, conditions, groupBy } = query
  const rows = sql`(
      SELECT ${sql.csv(inputs)} FROM ${sql.literal(table.quoted)} WHERE ${all(sql, conditions.map(where(sql, table)))}
    ) AS input`
  return Option.match(among, {
    onNone: () => rows,
    onSome: (among) => sql`${rows} ${joined(sql, groupBy, among)}`
  })
}

const inputsOf = (
  sql: DuckDbClient,
  table: Table,
  query: AggregateQuery,
  plan: Aggregate.Plan
): ReadonlyArray<Fragment> => [
  ...keyInputsOf(sql, table, query),
  ...plan.distinct.map((dimension, i) => sql`${dimensionOf(sql, table, dimension)} AS ${sql.literal(`k${i}`)}`),
  ...plan.fields.map((field, i) => sql.literal(`${inputOf(table, query.of, field)} AS x${i}`)),
  ...columnsBesides(table, query).map((column) => sql.literal(column))
]

const keyInputsOf = (
  sql: DuckDbClient,
  table: Table,
  { buckets, groupBy }: AggregateQuery
): ReadonlyArray<Fragment> => [
  ...groupBy.map((dimension, i) => sql`${dimensionOf(sql, table, dimension)} AS ${sql.literal(`d${i}`)}`),
  ...(buckets.length === 0
    ? []
    : [sql.literal(`(${Aggregate.bucketExpression(buckets, table.time, division)})::INTEGER AS b`)])
]

/** The histograms of each cell, added up place by place for each list of bounds. */
const histograms = (sql: DuckDbClient, table: Table, query: AggregateQuery) => {
  const json = (field: string) => sql.literal(`json_extract(${table.jsonColumn("histogram")}, '/${field}')`)
  const inputs = [
    ...keyInputsOf(sql, table, query),
    sql`${json("bounds")}::VARCHAR AS bounds`,
    sql`${json("min")}::DOUBLE AS least`,
    sql`${json("max")}::DOUBLE AS most`,
    sql`from_json(${json("counts")}, '["DOUBLE"]') AS counts`
  ]
  const keys = [...Aggregate.keysOf(query), "bounds"].join(", ")
  return sql<Aggregate.Row>`
    SELECT ${sql.literal(keys)}, list(count ORDER BY place) AS counts,
      max(CASE WHEN place = 1 THEN least END) AS least, max(CASE WHEN place = 1 THEN most END) AS most
    FROM (
      SELECT ${sql.literal(keys)}, place,
        sum(trunc(greatest(least(counts[place], ${Number.MAX_SAFE_INTEGER}::DOUBLE), 0e0))::BIGINT) AS count,
        CASE WHEN count(least) = count(*) THEN min(least) END AS least,
        CASE WHEN count(most) = count(*) THEN max(most) END AS most
      FROM (SELECT *, unnest(range(1, len(counts) + 1)) AS place FROM ${rowsOf(sql, table, query, inputs)})
      GROUP BY ${sql.literal(keys)}, place
    ) GROUP BY ${sql.literal(keys)}`
}

/** Finds the place of the group of a row among those that are asked for. */
const joined = (
  sql: DuckDbClient,
  groupBy: AggregateQuery["groupBy"],
  { groups, rest }: Option.Option.Value<AggregateQuery["among"]>
): Fragment => {
  const equal = groupBy.map((_, i) => `input.d${i} IS NOT DISTINCT FROM asked.key[${i + 2}]`).join(" AND ")
  const rows = JSON.stringify(groups.map((group, i) => [String(i), ...group]))
  return sql`${sql.literal(rest ? "LEFT JOIN" : "JOIN")} (
        SELECT key[1]::INTEGER AS g, key FROM (SELECT unnest(from_json(${rows}, '[["VARCHAR"]]')) AS key)
      ) AS asked ON ${sql.literal(equal)}`
}

const division = {
  divided: (a: string, b: string) => `${a} // ${b}`,
  wide: (integer: string) => `${integer}::HUGEINT`
}

/** The columns that functions take beside their inputs. */
const columnsBesides = ({ key, time }: Table, { accumulators, of }: AggregateQuery): ReadonlyArray<string> => [
  ...(of === "spans" ? ["status", "replayed"] : of === "logs" ? ["level"] : []),
  ...(accumulators.some(({ op }) => op === "last") ? [`${time} AS "time"`, `${key.join(" || ")} AS id`] : []),
  "true AS any"
]

const dialect = (of: SignalName): Aggregate.Dialect => ({
  count: "count(*)",
  countIf: (condition) => `count(*) FILTER (WHERE ${condition})`,
  isError:
    of === "spans"
      ? "status = 'error' AND NOT replayed"
      : `level IN (${Measured.levelsOfErrors.map((level) => `'${level}'`)})`,
  sum: (integer) => `sum(${integer})`,
  integer: (double) => `${double}::BIGINT`,
  last: (value) => `arg_max(${value}, {"time": "time", id: id})`,
  ratio: (unit, sum, count) =>
    unit === "nanos"
      ? `coalesce(${sum}, 0) // ${count}`
      : `coalesce(${sum}, 0)::DOUBLE ${unit === "dollars" ? "/ 1e9 " : ""}/ ${count}::DOUBLE`,
  distinct: (value) => `count(DISTINCT ${value})`,
  quantiles: (value, millionths) => `quantile_disc(${value}, [${millionths.map(below).join(", ")}])`
})

/**
 * DuckDB multiplies a quantile with the count as doubles, which may come out above a whole number that it should be. A
 * little less comes out at the same place, of up to 10^8 values.
 */
const below = (millionths: number): string => `${Math.max(0, millionths / 1e6 - 1e-14)}::DOUBLE`

const dimensionOf = (sql: DuckDbClient, { jsonColumn, signal }: Table, { field, key }: GroupedBy): Fragment => {
  const column = `"${snakeCase(field)}"`
  if (key !== undefined) {
    const json = sql.literal(jsonColumn(column))
    const at = pointer(key)
    return sql`CASE json_type(${json}, ${at})
      WHEN 'VARCHAR' THEN '"' || json_extract_string(${json}, ${at})
      WHEN 'OBJECT' THEN NULL WHEN 'ARRAY' THEN NULL WHEN 'NULL' THEN NULL
      ELSE json_extract(${json}, ${at})::VARCHAR END`
  }
  if (signal.fields[field]?.kind !== "names") return sql.literal(column)
  const values = `list_distinct(from_json(${jsonColumn(column)}, '["VARCHAR"]'))`
  return sql.literal(`unnest(CASE WHEN len(${values}) > 0 THEN ${values} ELSE [NULL] END)`)
}

/** The value of a field that is measured, of a row that has one. */
const inputOf = ({ time }: Table, of: SignalName, field: string): string => {
  if (field === "time") return time
  if (of !== "spans") return '"value" + 0.0::DOUBLE'
  if (field === "duration") {
    const within = (column: string) => `${column} BETWEEN ${Measured.earliest} AND ${Measured.latest}`
    return `CASE WHEN ${within("start_time")} AND ${within("end_time")} THEN end_time - start_time END`
  }
  const column = `"${snakeCase(field)}"`
  const types = Measured.typesOf(field)
  if (types === undefined) return column
  const value =
    field === "costUsd"
      ? `floor((${Aggregate.clamped(column, `${Measured.mostDollars}e0`)}) * 1e9 + 0.5::DOUBLE)::BIGINT`
      : column
  return `CASE WHEN span_type IN (${types.map((type) => `'${type}'`)}) AND NOT replayed THEN ${value} END`
}
