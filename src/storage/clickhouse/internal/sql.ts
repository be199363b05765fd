/**
 * Statements, with their values in them. A parameter would travel in the URL or in a field of a form, which servers and the
 * proxies before them bound; a statement is the body of its request.
 */
import * as Statement from "@effect/sql/Statement"
import * as Effect from "effect/Effect"

type Value = string | number | bigint | ReadonlyArray<string | bigint>

interface Constant extends Statement.Custom<"Constant", string, Value, undefined> {}

const constant = Statement.custom<Constant>("Constant")

/** Writes statements, of texts and constants alone; they are run by a connection. */
const constructor = Statement.make(
  Effect.dieMessage("a connection runs the statements"),
  Statement.makeCompilerSqlite(),
  [],
  undefined
)

export const sql = Object.assign(constructor, {
  /** A value of a type of ClickHouse. */
  param: (type: string, value: Value): Statement.Fragment => constant(type, value, undefined)
})

export type Sql = typeof sql

/**
 * The text of a statement. Of distributed tables, what a subquery finds is found once, and told to every shard: the setting
 * that asks for that, `distributed_product_mode`, fails on one subquery within another (26.7, "Invalid local IN function").
 */
export const compiled = ({ segments }: Statement.Fragment, isDistributed = false): string =>
  segments
    .map((segment) => {
      if (segment._tag === "Custom") return constantOf(segment as unknown as Constant)
      const text = segment._tag === "Literal" ? segment.value : ""
      return isDistributed ? text.replace(/(?<=[\s)])(NOT )?IN(?=[\s(])/g, "GLOBAL $1IN") : text
    })
    .join("")

const constantOf = ({ i0: type, i1: value }: Constant): string =>
  type === "String" ? quoted(String(value)) : `CAST(${quoted(textOf(value))}, '${type}')`

const textOf = (value: Value): string =>
  typeof value !== "object"
    ? String(value)
    : `[${value.map((item) => (typeof item === "string" ? quoted(item) : item)).join()}]`

const quoted = (text: string): string =>
  `'${text.replace(/[\\'\0]/g, (special) => (special === "\0" ? "\\0" : `\\${special}`))}'`
