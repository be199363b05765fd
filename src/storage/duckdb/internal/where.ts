/**
 * Conditions in SQL.
 */
import type { Fragment } from "@effect/sql/Statement"
import type { Json } from "../../../signal/Json.js"
import type { Condition, SearchCondition } from "../../Engine.js"
import { searchedFields } from "../../internal/searchedTexts.js"
import { foldedToAscii, wordsWithin } from "../../internal/words.js"
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
      case "words":
        return mayHave(sql, table, condition)
      case "not":
        return sql`${where(sql, table)(condition.condition)} IS DISTINCT FROM true`
    }
  }

/** All of some conditions. */
export const all = (sql: DuckDbClient, conditions: ReadonlyArray<Fragment>): Fragment =>
  sql.and([sql`true`, ...conditions])

/** Whether a condition needs more than a column of numbers or short texts. */
export const isDear = ({ op }: Condition): boolean => op === "words" || op === "hasAll" || op === "entries"

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
 * Holds for the rows that have what is searched for, and for some others: which words have only ASCII letters, they have as
 * such, or in letters that are folded to them, or written as escapes.
 */
const mayHave = (sql: DuckDbClient, table: Table, { phrases, words }: SearchCondition): Fragment => {
  const texts = searchedFields(table.signal).map((field) => sql.literal(`"${snakeCase(field)}"`))
  const plain = [...words, ...phrases.flatMap(wordsWithin)].filter((word) => isPlain.test(word))
  const looked = plain.sort((a, b) => b.length - a.length).slice(0, fewWords)
  const has = all(
    sql,
    looked.map((word) =>
      sql.or(
        texts
          .map((text) => sql`contains(lower(${text}), ${word})`)
          .concat(texts.map((text) => sql`(${isFolded(sql, text)})`))
      )
    )
  )
  // Words of messages that stand in a table of their own are not looked for here.
  return table.layout.added === undefined ? has : sql.or([sql`messages IS NOT NULL`, has])
}

/** As many words as are looked for before a row is read. */
const fewWords = 4

const isPlain = /^[a-z0-9]+$/

const isFolded = (sql: DuckDbClient, text: Fragment) =>
  sql`(strlen(${text}) <> length(${text}) OR contains(${text}, '\\u')) AND regexp_matches(${text}, ${foldedToAscii})`
