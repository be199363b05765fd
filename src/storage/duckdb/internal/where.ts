/**
 * Conditions in SQL.
 */
import type { Fragment } from "@effect/sql/Statement"
import type { Json } from "../../../signal/Json.js"
import type { Condition } from "../../Engine.js"
import { snakeCase } from "../../sql/identifiers.js"
import type { DuckDbClient } from "../DuckDbClient.js"
import { traceKey } from "./layout.js"
import type { Table } from "./table.js"

/** The conditions of a table in SQL; NULL where a field that is asked for is absent. */
export const where =
  (sql: DuckDbClient, table: Table) =>
  (condition: Condition): Fragment => {
    const column = (field: string) => sql.literal(`"${snakeCase(field)}"`)
    const json = (field: string) => sql.literal(table.jsonColumn(`"${snakeCase(field)}"`))
    switch (condition.op) {
      case "equals": {
        const { fields, value } = condition
        return sql.or(
          fields.map((field) => (field === "traceId" ? inTrace(sql, table, value) : sql`${column(field)} = ${value}`))
        )
      }
      case "oneOf":
        return sql.in(snakeCase(condition.field), condition.values)
      case "hasAll":
        return sql`json_contains(${json(condition.field)}, ${JSON.stringify(condition.values)})`
      case "entries":
        return all(
          sql,
          Object.entries(condition.entries).map(([key, value]) =>
            equalsJson(sql, json(condition.field), pointer(key), value)
          )
        )
      case "atLeast":
        return sql`${column(condition.field)} >= ${condition.value}`
      case "atMost":
        return sql`${column(condition.field)} <= ${condition.value}`
      case "below":
        return sql`${column(condition.field)} < ${condition.value}`
      case "lasting":
        return sql`end_time::HUGEINT - start_time >= ${condition.value}`
      case "contains":
        return contains(sql, column(condition.field), condition.value)
      case "not":
        return sql`${where(sql, table)(condition.condition)} IS DISTINCT FROM true`
    }
  }

/** All of some conditions. */
export const all = (sql: DuckDbClient, conditions: ReadonlyArray<Fragment>): Fragment =>
  sql.and([sql`true`, ...conditions])

/** Whether a condition needs more than a column of numbers or short texts. */
export const isDear = ({ op }: Condition): boolean => op === "contains" || op === "hasAll" || op === "entries"

/** The rows of a trace. Where there is a key, it finds them, and the id makes sure. */
export const inTrace = (sql: DuckDbClient, { layout }: Table, traceId: string): Fragment =>
  "trace_key" in layout.computed
    ? sql`(trace_key = ${traceKey(traceId)} AND trace_id = ${traceId})`
    : sql`trace_id = ${traceId}`

/** Whether there is a value at a JSON pointer that equals another, in whatever order its keys are. */
const equalsJson = (sql: DuckDbClient, column: Fragment, at: string, value: Json): Fragment => {
  if (typeof value !== "object" || value === null) {
    return sql`json_extract(${column}, ${at}) = json_extract(${JSON.stringify(value)}, '$')`
  }
  const [type, size] = Array.isArray(value)
    ? ["ARRAY", sql`json_array_length(${column}, ${at})`]
    : ["OBJECT", sql`len(json_keys(${column}, ${at}))`]
  const parts = Object.entries(value)
  return sql.and([
    sql`json_type(${column}, ${at}) = ${type}`,
    sql`${size} = ${parts.length}`,
    ...parts.map(([key, part]) => equalsJson(sql, column, at + pointer(key), part as Json))
  ])
}

/** A key as a part of a JSON pointer. */
export const pointer = (key: string) => `/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`

/**
 * Prefilter: texts that are equal under ASCII case folding are equal under `lower()`, which DuckDB evaluates faster. The
 * exact test follows.
 */
const contains = (sql: DuckDbClient, text: Fragment, part: string): Fragment =>
  sql.and([
    sql`contains(lower(${text}), lower(${part}))`,
    sql`contains(${lowerAscii(sql, text)}, ${lowerAscii(sql, sql`${part}`)})`
  ])

const lowerAscii = (sql: DuckDbClient, text: Fragment) =>
  sql`translate(${text}, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz')`
