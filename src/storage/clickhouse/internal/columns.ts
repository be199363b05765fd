/**
 * Columns by the kinds of fields: the type that each has in the table, and the bytes that it has in RowBinary.
 */
import type { Field, Kind } from "../../../signal/Field.js"
import type { Json } from "../../../signal/Json.js"
import { canonical } from "../../internal/query.js"
import { pascalCase } from "../../sql/identifiers.js"
import type { RowBinaryWriter } from "./rowBinary.js"

/** The fields of a record, by name. */
export interface Values {
  readonly [name: string]: unknown
}

/** A column that is written. The lists of columns of tables and inserts, and the rows of inserts, go through one array. */
export interface Column {
  readonly name: string
  readonly type: string
  /** An expression over other columns, for rows that come without this one. */
  readonly default?: string | undefined
  /** How it is compressed, where not as all of its type. */
  readonly codec?: string | undefined
  readonly write: (to: RowBinaryWriter, record: Values, version: bigint) => void
}

/** A field that is in `Record` alone: a column that is computed when it is read, for whoever writes SQL. */
export interface Alias {
  readonly name: string
  readonly type: string
  readonly value: string
}

export const time = "DateTime64(9, 'UTC')"

interface Type {
  readonly type: string
  /** The type of an optional field; absent where an empty list stands for one that is absent. */
  readonly nullable?: string
  readonly write: (to: RowBinaryWriter, value: never) => void
}

const typeOf = (type: string, write: Type["write"]): Type => ({ type, nullable: `Nullable(${type})`, write })

const text = typeOf("String", (to, value: string) => to.string(value))
const few: Type = { ...text, type: "LowCardinality(String)", nullable: "LowCardinality(Nullable(String))" }
const integer = typeOf("Int64", (to, value: bigint) => to.int64(value))

const types: { readonly [K in Kind]?: Type } = {
  id: text,
  key: text,
  text,
  word: few,
  name: few,
  flag: typeOf("Bool", (to, value: boolean) => to.bool(value)),
  time: { ...integer, type: time, nullable: `Nullable(${time})` },
  duration: integer,
  count: typeOf("Int64", (to, value: number) => to.int64(BigInt(value))),
  real: typeOf("Float64", (to, value: number) => to.float64(value)),
  names: {
    type: "Array(String)",
    write: (to, values: ReadonlyArray<string> = []) => {
      to.size(values.length)
      for (const value of values) to.string(value)
    }
  },
  object: {
    // Values are JSON with sorted keys, so that equal ones are equal texts.
    type: "Map(String, String)",
    write: (to, values: { readonly [key: string]: Json } = {}) => {
      const entries = Object.entries(values)
      to.size(entries.length)
      for (const [key, value] of entries) {
        to.string(key)
        to.string(canonical(value))
      }
    }
  }
}

/** Kinds whose values are large, or of any shape. They have no column unless a list is filtered by them. */
const payload: ReadonlySet<Kind> = new Set(["text", "object", "values", "numbers", "reals", "struct", "list"])

/** Whether a field is in `Record` alone. */
export const isPayload = ({ kind }: Field): boolean => payload.has(kind)

/** The column of a field; of one that may be blank, the empty text stands for its absence. */
export const columnOf = (field: string, { kind, optional }: Field, isBlank: boolean): Column => {
  const { nullable, type, write } = types[kind] as Type
  const name = pascalCase(field)
  if (isBlank) return { name, type, write: (to, record) => write(to, (record[field] ?? "") as never) }
  if (!optional || nullable === undefined) {
    return { name, type, write: (to, record) => write(to, record[field] as never) }
  }
  return {
    name,
    type: nullable,
    write: (to, record) => {
      const value = record[field]
      to.bool(value === undefined)
      if (value !== undefined) write(to, value as never)
    }
  }
}

/** The alias of a field that is in `Record` alone: a text as it is, anything else as JSON. */
export const aliasOf = (field: string, { kind, optional }: Field): Alias => {
  const type = kind === "text" || optional ? "Nullable(String)" : "String"
  const json = `JSONExtractRaw(Record, '${field}')`
  const value = kind === "text" ? `JSONExtract(Record, '${field}', '${type}')` : optional ? `nullIf(${json}, '')` : json
  return { name: pascalCase(field), type, value }
}

/** How a column of a type is compressed. */
export const codecOf = (type: string): string =>
  type.includes("DateTime64")
    ? "CODEC(Delta, ZSTD(1))"
    : type.startsWith("LowCardinality") || !type.includes("String")
      ? ""
      : "CODEC(ZSTD(1))"
