/**
 * The table of a signal: its columns, how a field becomes a cell, and how a row becomes a record. All of it follows from
 * the fields of the signal.
 */
import type { Field, Kind } from "../../../signal/Field.js"
import { decoder, type Signal } from "../../../signal/Signal.js"
import { perSignal, type SignalName } from "../../../signal/signals.js"
import { searchedFields } from "../../internal/searchedTexts.js"
import { snakeCase } from "../../sql/identifiers.js"
import * as Whole from "../../sql/whole.js"
import { type Layout, layouts } from "./layout.js"
import { mender, parse } from "./mend.js"

// biome-ignore lint/suspicious/noExplicitAny: the table of a signal of no particular type.
export interface Table<R = any> {
  readonly signal: Signal<string, R>
  readonly layout: Layout<R>
  readonly name: string
  /** The name as it stands in SQL. */
  readonly quoted: string
  /** The columns of the fields, and those that are computed. */
  readonly columns: ReadonlyArray<Column<R>>
  /** The column and the table of the words of its records, if these are searched. */
  readonly words: Words | undefined
  /** The columns that identify a record. */
  readonly key: ReadonlyArray<string>
  /** The column by which records are ordered, and kept or deleted. */
  readonly time: string
  readonly hasSession: boolean
  /** The expression for the JSON of a row, of which the columns are those of a table of the given name. */
  readonly json: (from: string) => string
  /** A struct of what a search looks at in such a row, of which the JSON is decoded like that of a whole row. */
  readonly searched: (from: string) => string
  /** The expression for a column of JSON, which fails the statement where a row has something else in it. */
  readonly jsonColumn: (column: string) => string
  /** A record from the JSON of its row, whatever is in it: that costs a quarter of reading a row cell by cell. */
  readonly decode: (row: JsonRow) => R
}

export interface Words {
  /** The column of the block of rows that a row is in, of which `table` has the words; of old rows it is NULL. */
  readonly block: string
  readonly table: string
}

export interface Column<in R> {
  readonly name: string
  readonly type: string
  readonly value: (record: R) => unknown
  /** The text of a value that is not `undefined`, from which the type makes the value. */
  readonly text: (value: unknown) => string
}

export interface JsonRow {
  readonly json: string
}

export type Tables = { readonly [N in SignalName]: Table }

/** The tables under a prefix. With `isTolerant` what is no JSON in a column of it is read as NULL, at some cost. */
export const tables = (prefix: string, isTolerant = false): Tables =>
  perSignal((signal, name) => table(signal, layouts[name], `${prefix}mastra_ai_${name}`, isTolerant))

const table = (signal: Signal, layout: Layout, name: string, isTolerant: boolean): Table => {
  const fields = Object.entries(signal.fields)
  const decode = decoder(signal)
  const mend = mender(signal.fields)
  const jsonColumn = (column: string) => (isTolerant ? `CASE WHEN json_valid(${column}) THEN ${column} END` : column)
  const struct = structOf(Object.keys(layout.added ?? {}), jsonColumn)
  const looked = new Set(["traceId", "sessionId", ...searchedFields(signal)])
  return {
    signal,
    layout,
    name,
    quoted: `"${name}"`,
    columns: [
      ...fields.map(([field, row]) => ({
        name: snakeCase(field),
        type: typeOf[row.kind],
        value: (record: { readonly [field: string]: unknown }) => record[field],
        text: textOf(row)
      })),
      ...Object.entries({ ...layout.computed, ...layout.added }).map(([name, computed]) => ({
        name,
        ...computed,
        text: computed.type === "JSON" ? JSON.stringify : String
      }))
    ],
    words: layout.isSearched ? { block: "word_block", table: `${name}_words` } : undefined,
    key: signal.key.map(snakeCase),
    time: snakeCase(signal.time),
    hasSession: "sessionId" in signal.fields,
    json: (from) => `to_json(${struct(fields)(from)})::VARCHAR`,
    searched: struct(fields.filter(([field]) => looked.has(field))),
    jsonColumn,
    decode: ({ json }) => {
      const row = mend(parse(json))
      return Whole.pend(decode(row), row["messages"])
    }
  }
}

const typeOf: { readonly [K in Kind]: string } = {
  id: "VARCHAR",
  key: "VARCHAR",
  word: "VARCHAR",
  name: "VARCHAR",
  text: "VARCHAR",
  flag: "BOOLEAN",
  time: "BIGINT",
  duration: "BIGINT",
  count: "BIGINT",
  real: "DOUBLE",
  names: "JSON",
  object: "JSON",
  values: "JSON",
  numbers: "JSON",
  reals: "JSON",
  struct: "JSON",
  list: "JSON"
}

/** Times exceed the numbers of JSON: they are strings in it. */
const structOf =
  (added: ReadonlyArray<string>, jsonColumn: Table["jsonColumn"]) =>
  (fields: ReadonlyArray<readonly [name: string, field: Field]>) =>
  (from: string) =>
    `{${[
      ...fields.map(([name, { kind }]) => {
        const column = `${from}."${snakeCase(name)}"`
        return `"${name}": ${isTime(kind) ? `${column}::VARCHAR` : typeOf[kind] === "JSON" ? jsonColumn(column) : column}`
      }),
      ...added.map((name) => `"${name}": ${jsonColumn(`${from}."${name}"`)}`)
    ].join(", ")}}`

const isTime = (kind: Kind) => kind === "time" || kind === "duration"

const textOf = (field: Field): ((value: unknown) => string) => {
  if (typeOf[field.kind] !== "JSON") return String
  const encode = encoder(field)
  return encode === undefined ? JSON.stringify : (value) => JSON.stringify(encode(value))
}

/** Makes strings of the times within a value; `undefined` where it can hold none. */
const encoder = ({ fields = {}, kind }: Field): ((value: unknown) => unknown) | undefined => {
  if (isTime(kind)) return String
  const parts = Object.entries(fields).flatMap(([name, field]) => {
    const encode = encoder(field)
    return encode === undefined ? [] : [{ name, encode }]
  })
  if (parts.length === 0) return undefined
  const encoded = (value: unknown) => {
    const copy: { [name: string]: unknown } = { ...(value as object) }
    for (const { encode, name } of parts) if (copy[name] !== undefined) copy[name] = encode(copy[name])
    return copy
  }
  return kind === "list" ? (items) => (items as ReadonlyArray<unknown>).map(encoded) : encoded
}
