/**
 * Rows back into records.
 */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { LogFields, SpanFields } from "../../../signal/internal/unsafe.js"
import { type Encoded, toLog, toSpan } from "../../internal/decode.js"
import { storageError } from "../../internal/errors.js"
import { mapInTurns } from "../../internal/eventLoop.js"

/** A row, and what was asked about it besides. */
export interface Row {
  readonly record: string
  readonly matches?: boolean | 0 | 1
  readonly shown?: boolean | 0 | 1
}

export interface LogRow extends Row {
  readonly message: string
}

export const spanSelection = "Record AS record"
export const logSelection = `${spanSelection}, Message AS message`

export const decodeSpans = (rows: ReadonlyArray<Row>) => decoded(rows, (row) => toSpan(fieldsOf<SpanFields>(row)))

/** Rows with their spans, and which version of them each is. */
export const decodeVersions = (rows: ReadonlyArray<Row>) =>
  decoded(rows, (row) => {
    const fields = fieldsOf<SpanFields & { readonly version: string }>(row)
    return { ...row, span: toSpan(fields), version: BigInt(fields.version) }
  })

export const decodeLogs = (rows: ReadonlyArray<LogRow>) =>
  decoded(rows, (row) => toLog({ ...fieldsOf<LogFields>(row), message: row.message }))

/** What somebody else put into a table may be no record. */
const decoded = <R, A>(rows: ReadonlyArray<R>, decode: (row: R) => A) =>
  mapInTurns(rows, (row) =>
    Either.try({
      try: () => decode(row),
      catch: (cause) => storageError("Corrupt", "a row holds what is no record", { cause })
    })
  ).pipe(Effect.flatMap((records) => Either.all(records)))

/** A record that was made of the columns of its row has NULL for what is absent. */
const fieldsOf = <Fields>({ record }: Row): Encoded<Fields> => {
  const fields: Record<string, unknown> = JSON.parse(record)
  for (const name in fields) if (fields[name] === null) delete fields[name]
  return fields as Encoded<Fields>
}
