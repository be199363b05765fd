/** Rows of cells as aligned text, as wide as the terminal at most. */
import type { Paint } from "../../runtime/printable.js"
import * as Text from "./text.js"

export interface Column<in Row> {
  readonly title: string
  readonly value: (row: Row) => string
  readonly align?: "right" | undefined
  readonly color?: ((row: Row) => Parameters<Paint>[0] | undefined) | undefined
  /** The cells that it can be cut to; without it, it is whole or not there. */
  readonly least?: number | undefined
  /** Where there is no room, those with the lowest number go first; without one it stays. */
  readonly rank?: number | undefined
}

const gap = 2

/** A table of which the pages come one after the other: the first one decides on the widths. */
export const make = <Row>(all: ReadonlyArray<Column<Row>>, width: number | undefined, paint: Paint) => {
  let fitted: ReadonlyArray<Fitted<Row>> | undefined
  return (rows: ReadonlyArray<Row>): ReadonlyArray<string> => {
    const isFirst = fitted === undefined
    fitted ??= widths(all, rows, width)
    const columns = fitted
    const line = (cell: (column: Fitted<Row>) => string) => columns.map(cell).join(" ".repeat(gap)).trimEnd()
    return [
      ...(isFirst ? [line((column) => paint("dim", placed(column, column.title)))] : []),
      ...rows.map((row) =>
        line((column) => {
          const color = column.color?.(row)
          const cell = placed(column, oneCell(column, row))
          return color === undefined ? cell : paint(color, cell)
        })
      )
    ]
  }
}

interface Fitted<Row> extends Column<Row> {
  readonly width: number
  readonly isCut: boolean
}

const oneCell = <Row>({ value }: Column<Row>, row: Row): string => Text.oneLine(value(row))

const placed = <Row>({ align, isCut, width }: Fitted<Row>, text: string): string =>
  (align === "right" ? Text.padStart : Text.padEnd)(isCut ? Text.cut(text, width) : text, width)

const widths = <Row>(
  all: ReadonlyArray<Column<Row>>,
  rows: ReadonlyArray<Row>,
  width: number | undefined
): ReadonlyArray<Fitted<Row>> => {
  let columns = all.map((column) => ({
    ...column,
    isCut: false,
    width: rows.reduce(
      (widest, row) => Math.max(widest, Text.widthOf(oneCell(column, row))),
      Text.widthOf(column.title)
    )
  }))
  if (width === undefined) return columns
  const excess = () => columns.reduce((sum, column) => sum + column.width + gap, -gap) - width
  const leastOf = ({ least, width }: (typeof columns)[number]) => Math.min(least ?? width, width)
  // Columns that would not fit when all is cut go.
  for (;;) {
    const least = columns.reduce((sum, column) => sum + leastOf(column) + gap, -gap)
    const [first] = columns
      .filter(({ rank }) => rank !== undefined)
      .sort((a, b) => (a.rank as number) - (b.rank as number))
    if (least <= width || first === undefined) break
    columns = columns.filter((column) => column !== first)
  }
  // The widest is cut first.
  for (let over = excess(); over > 0; over = excess()) {
    const [widest] = columns.filter((column) => column.width > leastOf(column)).sort((a, b) => b.width - a.width)
    if (widest === undefined) break
    const next = columns
      .filter((column) => column !== widest && column.width > leastOf(column))
      .reduce((next, column) => Math.max(next, column.width), 0)
    const to = Math.max(widest.width - over, Math.min(next, widest.width - 1), widest.least ?? 0)
    columns = columns.map((column) => (column === widest ? { ...column, width: to, isCut: true } : column))
  }
  return columns
}
