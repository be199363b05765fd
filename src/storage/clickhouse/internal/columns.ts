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

const textOf = (field: string) => `${id} ALIAS JSONExtract(Record, '${field}', '${id}')`
const jsonOf = (field: string) => `String ALIAS JSONExtractRaw(Record, '${field}')`

/** What is in `Record` alone, for whoever writes SQL: texts, and JSON. */
export const spanPayload = {
  TraceState: textOf("traceState"),
  StatusMessage: textOf("statusMessage"),
  Attributes: jsonOf("attributes"),
  Events: jsonOf("events"),
  Links: jsonOf("links"),
  Resource: jsonOf("resource"),
  Dropped: `${id} ALIAS nullIf(JSONExtractRaw(Record, 'dropped'), '')`
} as const
export const logPayload = {
  Data: jsonOf("data"),
  Attributes: jsonOf("attributes"),
  LogSpans: jsonOf("logSpans"),
  Cause: textOf("cause")
} as const

/** When the records of a session happened. Ends may be counted twice without harm. */
export const sessionColumns = {
  SessionId: "String",
  FirstActivity: `SimpleAggregateFunction(min, ${time})`,
  LastActivity: `SimpleAggregateFunction(max, ${time})`
} as const

export const versionColumns = { Major: "UInt16", Minor: "UInt16", Since: "DateTime" } as const

export interface Column {
  readonly name: string
  readonly sql: string
  /** Whether it is computed of others in rows that came without it. */
  readonly isComputed: boolean
}

/** The columns of a table, in SQL; only one that holds rows has codecs. */
export const columnsOf = (
  { columns, payload = {} }: { readonly columns: Columns; readonly payload?: Columns },
  holdsRows: boolean
): ReadonlyArray<Column> => {
  const computed: Columns = { IsEntry: isEntry, Record: recordOf(columns, payload) }
  return [
    ...Object.entries(columns).map(([name, type]) => {
      const value = computed[name]
      const sql = [`${name} ${type}`, value && `DEFAULT ${value}`, holdsRows && codecOf(type)]
      return { name, sql: sql.filter(Boolean).join(" "), isComputed: value !== undefined }
    }),
    ...Object.entries(payload).map(([name, value]) => ({ name, sql: `${name} ${value}`, isComputed: false }))
  ]
}

const isEntry = "ifNull(ParentSpanId = '' OR ParentIsRemote = true, false)"

/** The record of a row that came without one, from an older table or from somebody else's hand. */
const recordOf = (columns: Columns, payload: Columns): string => {
  const fields = Object.entries(columns).flatMap(([column, type]) =>
    notPlain.includes(column) ? [] : [{ field: fieldOf(column), ...plain(column, type) }]
  )
  const absent = Object.keys(payload).flatMap((column) =>
    column in empty ? [`"${fieldOf(column)}":${empty[column]}`] : []
  )
  const metadata =
    "arrayStringConcat(arrayMap((key, value) -> concat(toJSONString(key), ':', if(isValidJSON(value), value, toJSONString(value))), " +
    "mapKeys(Metadata), mapValues(Metadata)), ',')"
  const row = `CAST(tuple(${fields.map(({ value }) => value)}), 'Tuple(${fields.map(({ field, type }) => `${field} ${type}`)})')`
  return (
    `concat(substring(toJSONString(${row}) AS plain, 1, length(plain) - 1), ',${absent}', ` +
    `if(empty(Metadata), '', concat(',"metadata":{', ${metadata}, '}')), '}')`
  )
}

/** Columns that are no field of a record, or not as they are. */
const notPlain = ["Message", "Metadata", "IsEntry", "Replayed", "Record"]

/** The name that a column has in a record. */
const fieldOf = (column: string): string => column.charAt(0).toLowerCase() + column.slice(1)

/** A column as what it is in JSON. */
const plain = (column: string, type: string): { readonly value: string; readonly type: string } => {
  if (type.includes(time)) return { value: `toString(toUnixTimestamp64Nano(${column}))`, type: id }
  if (type === "UInt64") return { value: `toString(${column})`, type: "String" }
  if (type === "Nullable(Int64)") return { value: `toFloat64(${column})`, type: "Nullable(Float64)" }
  if (type === "String") return { value: `nullIf(${column}, '')`, type: id }
  return { value: column, type }
}

/** What a record has that says nothing. */
const empty: Columns = { Attributes: "{}", Events: "[]", Links: "[]", Resource: "{}", Data: "[]", LogSpans: "{}" }

const codecOf = (type: string): string =>
  type.includes("DateTime64")
    ? "CODEC(Delta, ZSTD(1))"
    : type.startsWith("LowCardinality") || !type.includes("String")
      ? ""
      : "CODEC(ZSTD(1))"
