/**
 * Inserts of many rows as one text, which DuckDB takes apart on its own threads: that costs the thread of JavaScript a
 * fraction of what binding or appending cells does.
 */

/** A column of the rows to insert. */
export interface TextColumn {
  /** Its name, quoted. */
  readonly name: string
  /** The expression of its value, from that of its text. */
  readonly decode: (text: string) => string
  /** Whether its texts may have control characters in them, which those of numbers and of JSON have not. */
  readonly isText: boolean
  /** The text of each row, or the one of all rows. */
  readonly cells: ReadonlyArray<string | null> | string
}

/** A statement that inserts rows into a table, and its parameters. */
export const insertion = (
  table: string,
  rows: number,
  columns: ReadonlyArray<TextColumn>
): readonly [sql: string, params: ReadonlyArray<string>] => {
  const { field, none, record } = marksFor(columns)
  const varying: Array<ReadonlyArray<string | null>> = []
  const params: Array<string> = [record, field, none, ""]
  const values = columns.map(({ cells, decode }) =>
    decode(typeof cells === "string" ? `$${params.push(cells)}` : `nullif(field[${varying.push(cells)}], $3)`)
  )
  const records: Array<string> = []
  for (let row = 0; row < rows; row++) records.push(varying.map((cells) => cells[row] ?? none).join(field))
  params[3] = records.join(record)
  return [
    `INSERT INTO ${table} (${columns.map(({ name }) => name).join()}) SELECT ${values.join()}
     FROM (SELECT string_split(record, $2) AS field FROM (SELECT unnest(string_split($4, $1)) AS record))`,
    params
  ]
}

interface Marks {
  /** Between records. */
  readonly record: string
  /** Between the fields of a record. */
  readonly field: string
  /** In place of NULL. */
  readonly none: string
}

/**
 * Marks that occur in no text, not even across the end of one: each is, or ends with, a longer row of U+001D than any in
 * the texts, and begins with a character of which it has no other.
 */
const marksFor = (columns: ReadonlyArray<TextColumn>): Marks => {
  let longest = 0
  for (const { cells, isText } of columns) {
    if (!isText || typeof cells === "string") continue
    for (const cell of cells) {
      if (cell === null || !cell.includes(mark)) continue
      for (const [row] of cell.matchAll(rowsOfMarks)) longest = Math.max(longest, row.length)
    }
  }
  const none = mark.repeat(longest + 1)
  return { record: `\u001e${none}`, field: `\u001f${none}`, none }
}

const mark = "\u001d"
const rowsOfMarks = /\u001d+/g
