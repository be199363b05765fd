/**
 * The columns of the tables.
 */

export type Columns = Readonly<Record<string, string>>

const id = "Nullable(String)"
const word = "LowCardinality(String)"
const optionalWord = "LowCardinality(Nullable(String))"
const time = "DateTime64(9, 'UTC')"

/** The correlation of spans and logs. A record without a session has the empty text, for which no session can stand. */
const correlation = {
  SessionId: "String",
  ThreadId: id,
  RunId: id,
  RequestId: id,
  ResourceId: id,
  UserId: id,
  OrganizationId: id,
  ConversationId: id,
  ServiceName: word,
  Environment: optionalWord,
  Tags: "Array(String)",
  Metadata: "Map(String, String)",
  Version: "UInt64"
} as const

/**
 * What is asked of spans, and in which type it is kept; all of a span is in `Record`, as JSON. To read a row costs by the
 * column, so that is what readers take. The parent of a span that has none is the empty text. Metadata is kept by key,
 * each value as JSON with sorted keys, so that equal values are equal texts. `IsEntry`, `Replayed` and `Version` are
 * computed for the sake of queries: of the rows of a span, the one with the highest version is the span.
 */
export const spanColumns = {
  TraceId: "String",
  SpanId: "String",
  ParentSpanId: "String",
  ParentIsRemote: "Nullable(Bool)",
  Name: word,
  Kind: word,
  SpanType: word,
  Status: word,
  StartTime: time,
  EndTime: `Nullable(${time})`,
  ...correlation,
  Model: optionalWord,
  Provider: optionalWord,
  InputTokens: "Nullable(Int64)",
  OutputTokens: "Nullable(Int64)",
  CostUsd: "Nullable(Float64)",
  IsEntry: "Bool",
  Replayed: "Bool",
  Record: "String"
} as const

/** What is asked of logs, and in which type it is kept; all of a log but its message is in `Record`. */
export const logColumns = {
  LogId: "String",
  Timestamp: time,
  Level: word,
  Message: "String",
  TraceId: id,
  SpanId: id,
  ...correlation,
  Record: "String"
} as const

/** What is in `Record` alone and whoever writes SQL can name all the same: texts, and JSON, which is never NULL. */
export const spanPayload = {
  TraceState: id,
  StatusMessage: id,
  Attributes: "String",
  Events: "String",
  Links: "String",
  Resource: "String",
  Dropped: "String"
} as const
export const logPayload = { Data: "String", Attributes: "String", LogSpans: "String", Cause: id } as const

/** When the records of a session happened. Ends may be counted twice without harm. */
export const sessionColumns = {
  SessionId: "String",
  FirstActivity: `SimpleAggregateFunction(min, ${time})`,
  LastActivity: `SimpleAggregateFunction(max, ${time})`
} as const

export const versionColumns = { Major: "UInt16", Minor: "UInt16", Since: "DateTime" } as const

/** The columns that a table has beyond those that are present. */
export const columnsSql = (
  { columns, payload = {} }: { readonly columns: Columns; readonly payload?: Columns },
  { holdsRows, present = [] }: { readonly holdsRows: boolean; readonly present?: ReadonlyArray<string> }
): ReadonlyArray<string> => {
  const isMissing = ([column]: readonly [string, string]) => !present.includes(column)
  const defaultOf = (column: string) =>
    column === "Record" ? recordOf(columns, payload, present) : column === "IsEntry" ? isEntry : undefined
  return [
    ...Object.entries(columns)
      .filter(isMissing)
      .map(([column, type]) => {
        const value = defaultOf(column)
        return [
          `${column} ${type}`,
          ...(value === undefined ? [] : [`DEFAULT ${value}`]),
          ...(holdsRows ? [codecOf(type)] : [])
        ].join(" ")
      }),
    ...Object.entries(payload)
      .filter(isMissing)
      .map(([column, type]) => {
        const extracted =
          type === id
            ? `JSONExtract(Record, '${fieldOf(column)}', '${id}')`
            : `JSONExtractRaw(Record, '${fieldOf(column)}')`
        return `${column} ${type} ALIAS ${extracted}`
      })
  ]
}

const isEntry = "ifNull(ParentSpanId = '' OR ParentIsRemote = true, false)"

/** The name that a column has in a record. */
const fieldOf = (column: string): string => column.charAt(0).toLowerCase() + column.slice(1)

/**
 * The record of a row that came without one: from an older table, of which some payload may be in columns that are present,
 * or from somebody else's hand.
 */
const recordOf = (columns: Columns, payload: Columns, present: ReadonlyArray<string>): string => {
  const texts = Object.entries(payload).filter(([column, type]) => type === id && present.includes(column))
  const fields = [...Object.entries(columns), ...texts].flatMap(([column, type]) =>
    ["Message", "Metadata", "IsEntry", "Replayed", "Record"].includes(column)
      ? []
      : [{ name: fieldOf(column), ...plain(column, type) }]
  )
  const json = Object.entries(payload).flatMap(([column, type]) => {
    const absent = absentJson[column]
    return type === id || (absent === undefined && !present.includes(column))
      ? []
      : [`',"${fieldOf(column)}":'`, present.includes(column) ? `ifNull(toString(${column}), 'null')` : `'${absent}'`]
  })
  const metadata =
    "arrayStringConcat(arrayMap((key, value) -> concat(toJSONString(key), ':', value), mapKeys(Metadata), mapValues(Metadata)), ',')"
  const row = `CAST(tuple(${fields.map(({ value }) => value)}), 'Tuple(${fields.map(({ name, type }) => `${name} ${type}`)})')`
  const parts = [
    `trim(TRAILING '}' FROM toJSONString(${row}))`,
    ...json,
    `if(empty(Metadata), '', concat(',"metadata":{', ${metadata}, '}'))`,
    "'}'"
  ]
  return `concat(${parts.join(", ")})`
}

/** A column as what it is in JSON. */
const plain = (column: string, type: string): { readonly value: string; readonly type: string } =>
  type.includes(time)
    ? { value: `toString(toUnixTimestamp64Nano(${column}))`, type: id }
    : type === "UInt64"
      ? { value: `toString(${column})`, type: "String" }
      : type === "Nullable(Int64)"
        ? { value: `toFloat64(${column})`, type: "Nullable(Float64)" }
        : type === "String"
          ? { value: `nullIf(${column}, '')`, type: id }
          : { value: column, type }

/** What JSON is in a record that has nothing of it. */
const absentJson: Columns = { Attributes: "{}", Events: "[]", Links: "[]", Resource: "{}", Data: "[]", LogSpans: "{}" }

const codecOf = (type: string): string =>
  type.includes("DateTime64")
    ? "CODEC(Delta, ZSTD(1))"
    : type.startsWith("LowCardinality") || !type.includes("String")
      ? ""
      : "CODEC(ZSTD(1))"
