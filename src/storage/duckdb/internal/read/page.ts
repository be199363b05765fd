/**
 * Parts of the queries. Rows are found and ordered by their light columns, and the payload is read for those that are
 * returned. An index of DuckDB is used only where equality with constants is all that a scan asks, so such a scan stands
 * alone, as a materialized table, before the rest of the query.
 */
import type { SqlError } from "@effect/sql/SqlError"
import type { Fragment } from "@effect/sql/Statement"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Page } from "../../../Engine.js"
import { runningDuration } from "../../../internal/query.js"
import * as Keyset from "../../../sql/keyset.js"
import type { DuckDbClient } from "../../DuckDbClient.js"
import type { Table } from "../table.js"
import { all } from "../where.js"

/** As many rows as an index gives faster than a scan. */
export const fewRows = 2000

/** All rows of a table, as one that a query reads twice: `_id` finds a row again. */
export const rowsOf = (sql: DuckDbClient, { quoted }: Table): Fragment =>
  sql`NOT MATERIALIZED (SELECT rowid AS _id, * FROM ${sql.literal(quoted)})`

/** The rows of a session in a table, materialized with their payload where they are few, else read twice. */
export const rowsOfSession = (sql: DuckDbClient, table: Table, sessionId: string): Effect.Effect<Fragment, SqlError> =>
  rowsWhere(sql, table, sql`session_id = ${sessionId}`)

/** The same of some traces: of other rows no more is looked at than their ids. */
export const rowsOfTraces = (
  sql: DuckDbClient,
  table: Table,
  traceIds: ReadonlyArray<string>
): Effect.Effect<Fragment, SqlError> =>
  rowsWhere(sql, table, sql`trace_id IN (SELECT unnest(from_json(${JSON.stringify(traceIds)}, '["VARCHAR"]')))`)

const rowsWhere = (sql: DuckDbClient, { quoted }: Table, condition: Fragment): Effect.Effect<Fragment, SqlError> => {
  const rows = sql`FROM ${sql.literal(quoted)} WHERE ${condition}`
  return sql<{ readonly n: number }>`SELECT count(*)::INTEGER AS n ${rows}`.pipe(
    Effect.map(([row]) => {
      const how = sql.literal(row === undefined || row.n <= fewRows ? "MATERIALIZED" : "NOT MATERIALIZED")
      return sql`${how} (SELECT rowid AS _id, * ${rows})`
    })
  )
}

/** The first part of a sort key: the time of a row, or the duration of a span. */
export const position = (sql: DuckDbClient, { time }: Table, { order }: Page): Fragment =>
  order.field === "time"
    ? sql.literal(time)
    : sql`coalesce(end_time::HUGEINT - start_time, ${runningDuration(order.direction)}::HUGEINT)`

/** Columns in the direction of a page. */
export const ordered = (sql: DuckDbClient, { order }: Page, ...columns: ReadonlyArray<string>): Fragment =>
  sql.literal(Keyset.ordered(order.direction, ...columns))

/** Conditions for the rows of a page after the last of the page before; `ids` are the columns after the first. */
export const after = (
  sql: DuckDbClient,
  { after, order }: Page,
  first: Fragment,
  ids: ReadonlyArray<string>
): ReadonlyArray<Fragment> =>
  Option.match(after, {
    onNone: () => [],
    onSome: ([from, ...key]) =>
      Keyset.after(sql, order.direction, [
        [first, sql`${from}`],
        ...ids.map((id, i) => [sql.literal(id), sql`${key[i]}`] as const)
      ])
  })

/**
 * Finds the time of the last row of the page first, and limits the query to rows up to that time. Rows are stored about in
 * the order of time, so each newer row that DuckDB reads would replace one in the heap of its top-N sort.
 */
export const onPage = (
  sql: DuckDbClient,
  { time }: Table,
  { limit, order }: Page,
  from: Fragment,
  conditions: ReadonlyArray<Fragment>
): Fragment => {
  const matching = all(sql, conditions)
  const column = sql.literal(time)
  return order.field === "time" && order.direction === "desc"
    ? sql.and([matching, sql`${column} >= (SELECT list_min(max(${column}, ${limit})) FROM ${from} WHERE ${matching})`])
    : matching
}
