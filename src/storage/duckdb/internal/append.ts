import { type DuckDBType, DuckDBTypeId } from "@duckdb/node-api"
import { json } from "./value.js"

/** The columns of a table that are given values, by name. */
export type Columns = Readonly<Record<string, ReadonlyArray<unknown>>>

export type Rows = ReadonlyArray<Readonly<Record<string, unknown>>>

export const isRows = (data: Rows | Columns): data is Rows => Array.isArray(data)

/** A vector of DuckDB; its encoding holds the event loop for a few milliseconds. */
export const rowsAStatement = 2048

/** Rows as columns; a key that a row lacks is `null` in it. */
export const toColumns = (rows: Rows): Columns => {
  const columns: Record<string, Array<unknown>> = {}
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as Readonly<Record<string, unknown>>
    for (const name in row) {
      columns[name] ??= new Array(rows.length).fill(null)
      ;(columns[name] as Array<unknown>)[i] = row[name]
    }
  }
  return columns
}

/**
 * A relation of the given columns for the place after `FROM`: each column travels as one text, which DuckDB takes apart
 * on its own threads. Its parameters come from `relationParams`.
 */
export const relation = (columns: ReadonlyArray<readonly [identifier: string, type: DuckDBType]>): string => {
  const cells = columns.map(([name], i) => `unnest(string_split($${i + 3}, $1)) AS ${name}`)
  const values = columns.map(([name, type]) => `${decode(`nullif(${name}, $2)`, type.typeId)} AS ${name}`)
  return `(SELECT ${values.join(", ")} FROM (SELECT ${cells.join(", ")}))`
}

/** The separator, the text that stands for null, and a text a column. */
export const relationParams = (columns: ReadonlyArray<ReadonlyArray<unknown>>): Array<string> => {
  const texts = columns.map((values) => values.map(encode))
  const [separator, none] = marks(texts)
  return [separator, none, ...texts.map((values) => values.map((value) => value ?? none).join(separator))]
}

/** A separator that is in no value and a null mark that no value equals. */
const marks = (
  texts: ReadonlyArray<ReadonlyArray<string | null>>,
  attempt = 0
): readonly [separator: string, none: string] => {
  const separator = attempt === 0 ? "\u001f" : `\u001f${attempt}\u001e`
  const none = `\u0015${attempt}`
  return texts.some((values) => values.some((value) => value !== null && (value === none || value.includes(separator))))
    ? marks(texts, attempt + 1)
    : [separator, none]
}

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
