import {
  BIGINT,
  BLOB,
  BOOLEAN,
  DOUBLE,
  DuckDBBlobValue,
  type DuckDBDataChunk,
  DuckDBDecimalValue,
  type DuckDBPreparedStatement,
  type DuckDBResult,
  DuckDBTimestampValue,
  type DuckDBType,
  DuckDBTypeId,
  type DuckDBValue,
  type DuckDBValueConverter,
  HUGEINT,
  type JS,
  JSDuckDBValueConverter,
  LIST,
  listValue,
  SQLNULL,
  TIMESTAMP,
  VARCHAR
} from "@duckdb/node-api"
import * as Predicate from "effect/Predicate"

/** Binds JavaScript values to the parameters of a statement. Throws for what DuckDB has no value for. */
export const bind = (statement: DuckDBPreparedStatement, params: ReadonlyArray<unknown>): void => {
  for (let i = 0; i < params.length; i++) {
    bindParameter(statement, i + 1, params[i])
  }
}

const bindParameter = (statement: DuckDBPreparedStatement, index: number, value: unknown): void => {
  if (value === null || value === undefined) {
    statement.bindNull(index)
  } else if (typeof value === "string") {
    statement.bindVarchar(index, value)
  } else if (typeof value === "number") {
    bindNumber(statement, index, value)
  } else if (typeof value === "bigint") {
    statement[isInt64(value) ? "bindBigInt" : "bindHugeInt"](index, value)
  } else if (typeof value === "boolean") {
    statement.bindBoolean(index, value)
  } else if (value instanceof Date) {
    statement.bindTimestamp(index, timestamp(value))
  } else if (value instanceof Uint8Array) {
    statement.bindBlob(index, value)
  } else if (Array.isArray(value)) {
    bindArray(statement, index, value)
  } else if (isPlain(value)) {
    statement.bindVarchar(index, json(value))
  } else {
    statement.bindValue(index, value as DuckDBValue)
  }
}

const bindNumber = (statement: DuckDBPreparedStatement, index: number, value: number): void => {
  if ((value | 0) === value) {
    statement.bindInteger(index, value)
  } else if (Number.isSafeInteger(value)) {
    statement.bindBigInt(index, BigInt(value))
  } else {
    statement.bindDouble(index, value)
  }
}

const bindArray = (statement: DuckDBPreparedStatement, index: number, value: ReadonlyArray<unknown>): void => {
  const type = itemType(value)
  if (type === undefined) {
    statement.bindVarchar(index, json(value))
  } else {
    statement.bindList(index, listValue(value.map(item)), LIST(type))
  }
}

const isInt64 = (value: bigint): boolean => BigInt.asIntN(64, value) === value

const isPlain = (value: unknown): boolean => {
  const prototype = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

const timestamp = (date: Date): DuckDBTimestampValue => new DuckDBTimestampValue(BigInt(date.getTime()) * 1000n)

/** The one type of all items, or `undefined` where a list of DuckDB cannot hold them. */
const itemType = (items: ReadonlyArray<unknown>): DuckDBType | undefined => {
  const present = items.filter(Predicate.isNotNullable)
  const all = (is: (item: unknown) => boolean) => present.every(is)
  return present.length === 0
    ? SQLNULL
    : all(Predicate.isString)
      ? VARCHAR
      : all(Predicate.isNumber)
        ? all(Number.isSafeInteger)
          ? BIGINT
          : DOUBLE
        : all(Predicate.isBigInt)
          ? present.every((item) => isInt64(item as bigint))
            ? BIGINT
            : HUGEINT
          : all(Predicate.isBoolean)
            ? BOOLEAN
            : all(Predicate.isDate)
              ? TIMESTAMP
              : all(Predicate.isUint8Array)
                ? BLOB
                : undefined
}

const item = (value: unknown): DuckDBValue =>
  value instanceof Date
    ? timestamp(value)
    : value instanceof Uint8Array
      ? new DuckDBBlobValue(value)
      : ((value ?? null) as DuckDBValue)

/** JSON text, with a bigint as a number where it is one exactly, else as a string of its digits. Throws for bytes. */
export const json = (value: unknown): string => JSON.stringify(value, toJson)

function toJson(this: Record<string, unknown>, key: string, value: unknown): unknown {
  if (this[key] instanceof Uint8Array) {
    throw new TypeError("JSON has no place for bytes")
  }
  return typeof value !== "bigint" ? value : Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
}

/** Reads the cells of one result. */
export interface Reader {
  readonly names: ReadonlyArray<string>
  readonly columns: ReadonlyArray<ReadColumn>
}

type ReadColumn = (chunk: DuckDBDataChunk, row: number) => unknown

/** With `safeIntegers` an integer of 64 bits or more is a bigint even where a number could hold it. */
export const reader = (result: DuckDBResult, safeIntegers: boolean): Reader => ({
  names: result.deduplicatedColumnNames(),
  columns: result.columnTypes().map((type, index) => readColumn(type, index, safeIntegers ? convertSafe : convert))
})

const readColumn = (type: DuckDBType, index: number, converter: DuckDBValueConverter<JS>): ReadColumn =>
  isDirect(type)
    ? (chunk, row) => chunk.getColumnVector(index).getItem(row)
    : (chunk, row) => converter(chunk.getColumnVector(index).getItem(row), type, converter)

/** Whether the value of the binding is the JavaScript value already. */
const isDirect = (type: DuckDBType): boolean => direct.has(type.typeId) && type.alias !== "JSON"

const direct: ReadonlySet<DuckDBTypeId> = new Set([
  DuckDBTypeId.VARCHAR,
  DuckDBTypeId.BOOLEAN,
  DuckDBTypeId.TINYINT,
  DuckDBTypeId.SMALLINT,
  DuckDBTypeId.INTEGER,
  DuckDBTypeId.UTINYINT,
  DuckDBTypeId.USMALLINT,
  DuckDBTypeId.UINTEGER,
  DuckDBTypeId.FLOAT,
  DuckDBTypeId.DOUBLE,
  DuckDBTypeId.ENUM
])

const convertSafe: DuckDBValueConverter<JS> = (value, type, converter) => {
  switch (type.typeId) {
    case DuckDBTypeId.VARCHAR:
      return value !== null && type.alias === "JSON" ? JSON.parse(String(value)) : (value as string | null)
    case DuckDBTypeId.BLOB:
      return value instanceof DuckDBBlobValue ? new Uint8Array(value.bytes) : null
    case DuckDBTypeId.DECIMAL:
      return value instanceof DuckDBDecimalValue
        ? value.width <= maxExactDigits
          ? value.toDouble()
          : value.toString()
        : null
    default:
      return JSDuckDBValueConverter(value, type, converter)
  }
}

const convert: DuckDBValueConverter<JS> = (value, type, converter) => {
  const read = typeof value === "bigint" ? value : convertSafe(value, type, converter)
  return typeof read === "bigint" && isInteger.has(type.typeId) && Number.isSafeInteger(Number(read))
    ? Number(read)
    : read
}

const isInteger: ReadonlySet<DuckDBTypeId> = new Set([
  DuckDBTypeId.BIGINT,
  DuckDBTypeId.UBIGINT,
  DuckDBTypeId.HUGEINT,
  DuckDBTypeId.UHUGEINT,
  DuckDBTypeId.BIGNUM
])

/** A double holds every decimal number of so many digits exactly. */
const maxExactDigits = 15
