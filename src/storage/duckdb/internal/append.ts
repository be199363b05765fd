import { type DuckDBType, DuckDBTypeId } from "@duckdb/node-api"
import * as Text from "./text.js"
import { json } from "./value.js"

/** The columns of a table that are given values, by name. */
export type Columns = Readonly<Record<string, ReadonlyArray<unknown>>>

export type Rows = ReadonlyArray<Readonly<Record<string, unknown>>>

export const isRows = (data: Rows | Columns): data is Rows => Array.isArray(data)

/** A vector of DuckDB; its encoding holds the event loop for a few milliseconds. */
export const rowsAStatement = 2048

/** Rows as columns; a key that a row lacks is `null` in it. */
export const toColumns = (rows: Rows): Columns => {
  // Without a prototype: a key may have any name.
  const columns: Record<string, Array<unknown>> = Object.create(null)
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as Readonly<Record<string, unknown>>
    for (const name in row) {
      columns[name] ??= new Array(rows.length).fill(null)
      ;(columns[name] as Array<unknown>)[i] = row[name]
    }
  }
  return columns
}

/** A statement that inserts rows, given by column, and its parameters. Throws for what has no text. */
export const insertion = (
  table: string,
  columns: ReadonlyArray<readonly [identifier: string, type: DuckDBType]>,
  values: ReadonlyArray<ReadonlyArray<unknown>>
) =>
  Text.insertion(
    table,
    values[0]?.length ?? 0,
    columns.map(([name, { typeId }], i) => ({
      name,
      decode: (text) => decode(text, typeId),
      isText: true,
      cells: (values[i] ?? []).map(encode)
    }))
  )

const encode = (value: unknown): string | null => {
  switch (typeof value) {
    case "string":
      return value
    case "undefined":
      return null
    case "object":
      return value === null
        ? null
        : value instanceof Date
          ? value.toISOString()
          : value instanceof Uint8Array
            ? Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("hex")
            : json(value)
    default:
      return String(value)
  }
}

const decode = (text: string, type: DuckDBTypeId): string =>
  type === DuckDBTypeId.BLOB ? `unhex(${text})` : nested.has(type) ? `CAST(${text} AS JSON)` : text

const nested: ReadonlySet<DuckDBTypeId> = new Set([
  DuckDBTypeId.LIST,
  DuckDBTypeId.ARRAY,
  DuckDBTypeId.STRUCT,
  DuckDBTypeId.MAP,
  DuckDBTypeId.UNION
])
