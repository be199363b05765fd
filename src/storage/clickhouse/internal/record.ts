/**
 * `Record`, the column that has all of a record as JSON: how it is written, and records from it.
 */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { mapInTurns } from "../../../runtime/eventLoop.js"
import type { Field, Fields, Kind } from "../../../signal/Field.js"
import { decoder, type Signal } from "../../../signal/Signal.js"
import { perSignal, type RecordOf, type SignalName } from "../../../signal/signals.js"
import { storageError } from "../../internal/errors.js"
import { pascalCase } from "../../sql/identifiers.js"
import * as Whole from "../../sql/whole.js"
import type { Values } from "./columns.js"
import { type Columns, text } from "./row.js"

/**
 * Writes the records of a signal as `toJSON` would, in a third of its time. Its version is with them, since readers that
 * take `Record` alone choose by it; `lacks` names what is left to the columns.
 */
export const jsonOf = ({ fields }: Signal, lacks: ReadonlyArray<string>) => {
  const encoders = encodersOf(fields)
  const isVersioned = !lacks.includes("version")
  return (record: Values, version: bigint): string => {
    const encoded: { [name: string]: unknown } = isVersioned ? { version: String(version), ...record } : { ...record }
    for (let i = 0; i < encoders.length; i++) {
      const { encode, name } = encoders[i] as Encoder
      const value = encoded[name]
      if (value !== undefined) encoded[name] = encode(value)
    }
    for (const name of lacks) encoded[name] = undefined
    return stringify(encoded)
  }
}

interface Encoder {
  readonly name: string
  readonly encode: (value: unknown) => unknown
}

const encodersOf = (fields: Fields): ReadonlyArray<Encoder> =>
  Object.entries(fields).flatMap(([name, field]) => {
    const encode = encoderOf(field)
    return encode === undefined ? [] : [{ name, encode }]
  })

/** How a value becomes JSON; `undefined` where it is. */
const encoderOf = ({ fields = {}, kind }: Field): Encoder["encode"] | undefined => {
  if (kind === "time" || kind === "duration") return String
  const encoders = encodersOf(fields)
  if (encoders.length === 0) return undefined
  const encodeFields = (value: unknown) => {
    const encoded = { ...(value as Values) } as { [name: string]: unknown }
    for (const { encode, name } of encoders) if (encoded[name] !== undefined) encoded[name] = encode(encoded[name])
    return encoded
  }
  return kind === "list" ? (items) => (items as ReadonlyArray<Values>).map(encodeFields) : encodeFields
}

/** JSON that ClickHouse can read, too: in a text with a whole number beyond 64 bits it finds nothing. */
const stringify = (value: object): string => {
  const text = JSON.stringify(value)
  if (!wide.test(text)) return text
  let isInString = false
  return text.replace(quoteOrWide, (part) => {
    if (part === '"') isInString = !isInString
    return isInString || part === '"' ? part : Number(part).toExponential()
  })
}

const wide = /[:[,]-?\d{19,21}[,\]}]/
/** No string as a whole: a long one exhausts the stack of the expression. */
const quoteOrWide = /\\.|"|(?<=[:[,])-?\d{19,21}(?=[,\]}])/g

/** A row that is read: `Record`, what it lacks, and what was asked about the row besides. */
export interface Row {
  readonly record: string
  readonly [name: string]: unknown
}

/** The columns of a selection. */
export const selected = (lacks: ReadonlyArray<string>): Columns & { readonly record: typeof text } => ({
  record: text,
  ...Object.fromEntries(lacks.map((field) => [field, text]))
})

/** The columns that a row is read from. Each costs, so that one row of all columns takes three times as long. */
export const selectionOf = (lacks: ReadonlyArray<string>): string =>
  [
    "Record AS record",
    ...lacks.map((field) => `${field === "version" ? "toString(Version)" : pascalCase(field)} AS ${field}`)
  ].join(", ")

/** A record with its version, and the row that it came in. */
export interface Decoded<R> {
  readonly record: R
  readonly version: bigint
  readonly row: Row
}

const typeOfKind: { readonly [K in Kind]?: string } = {
  id: "string",
  key: "string",
  text: "string",
  word: "string",
  name: "string",
  flag: "boolean",
  time: "bigint",
  duration: "bigint",
  count: "number",
  real: "number"
}

const decoders = perSignal((signal) => decoder(signal))

/** Whether what was decoded is a record by its looks: with its ids and its time, and of each field the type. */
const isRecord = perSignal(({ fields, key, time }) => {
  const types = Object.entries(fields).map(([name, { kind }]) => ({
    name,
    isNeeded: name === time || key.includes(name),
    type: typeOfKind[kind] ?? "object"
  }))
  return (record: object): boolean => {
    for (const { isNeeded, name, type } of types) {
      const value = (record as Values)[name]
      if (value === undefined ? isNeeded : typeof value !== type) return false
    }
    return true
  }
})

/** Rows that somebody else put into a table may be no records: decoding them fails with an error. */
export const decodeRows = <N extends SignalName>(signal: N, lacks: ReadonlyArray<string>, rows: ReadonlyArray<Row>) =>
  mapInTurns(rows, (row) =>
    Either.try({
      try: (): Decoded<RecordOf<N>> => {
        const fields: { [name: string]: unknown } = JSON.parse(row.record)
        for (const name of lacks) fields[name] = row[name]
        const version = BigInt(fields["version"] as string)
        const record = decoders[signal](fields)
        if (signal === "spans") Whole.pend(record, fields["messages"])
        if (!isRecord[signal](record)) throw new TypeError("a field is missing, or of another type")
        return { record, version, row }
      },
      catch: (cause) => storageError("Corrupt", "a row holds what is no record", { cause })
    })
  ).pipe(Effect.flatMap((records) => Either.all(records)))
