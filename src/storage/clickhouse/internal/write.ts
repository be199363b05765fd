/**
 * Records are written as RowBinary: encoded by hand, and streamed to the server in statements of several thousand rows.
 * Nothing is looked up: of the rows of a record, readers take the one with the highest version.
 */
import type { Buffer } from "node:buffer"
import { Readable } from "node:stream"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Wall from "../../../runtime/wall.js"
import type { SignalName } from "../../../signal/signals.js"
import type { Primitives } from "../../Engine.js"
import { storageError } from "../../internal/errors.js"
import type { Column, Values } from "./columns.js"
import { type Layout, layouts } from "./layouts.js"
import type * as Messages from "./messages.js"
import { RowBinaryWriter } from "./rowBinary.js"
import type { Store } from "./store.js"

export const insert = (
  { insert, name }: Pick<Store, "insert" | "name">,
  messages?: Messages.Messages
): Primitives["insert"] => {
  let last = 0n
  /** The time of day in nanoseconds, and later than any that it gave before. */
  const nextVersion = Effect.clockWith((clock) => {
    const now = Wall.of(clock).now()
    last = now > last ? now : last + 1n
    return Effect.succeed(last)
  })

  const insertRows = Effect.fnUntraced(function* (signal: SignalName, records: ReadonlyArray<object>) {
    const layout = layouts[signal]
    const into = `${name[signal]} (${layout.columns.map((column) => column.name).join()})`
    const version = yield* nextVersion
    for (const rows of Arr.chunksOf(records, rowsAStatement)) {
      yield* insert(into, () => Readable.from(encoded(layout, rows, version), { objectMode: false }))
    }
  })

  return (signal, records) =>
    signal === "spans" && messages !== undefined
      ? messages.before(records, (rows) => insertRows(signal, rows))
      : insertRows(signal, records)
}

const rowsAStatement = 10_000

/** Rows that are encoded at once, while the event loop waits. */
const rowsATurn = 500

/** The version of a completed record is beyond that of any running one. */
const completed = 2n ** 63n

function* encoded(
  { columns, signal: { isComplete } }: Layout,
  records: ReadonlyArray<object>,
  version: bigint
): Generator<Buffer> {
  const to = new RowBinaryWriter()
  for (const rows of Arr.chunksOf(records, rowsATurn)) {
    try {
      for (const row of rows) writeRow(to, columns, row as Values, isComplete?.(row) ? completed + version : version)
    } catch (cause) {
      throw storageError("Rejected", `a record cannot be written: ${cause instanceof Error ? cause.message : cause}`, {
        cause
      })
    }
    yield to.take()
  }
}

const writeRow = (to: RowBinaryWriter, columns: ReadonlyArray<Column>, record: Values, version: bigint): void => {
  for (let i = 0; i < columns.length; i++) (columns[i] as Column).write(to, record, version)
}
