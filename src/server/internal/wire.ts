/**
 * Schemas of arguments and answers, as JSON. Arguments are put into the form in which a storage takes them, and no more: the
 * storage itself says what is wrong with one.
 */
import * as Duration from "effect/Duration"
import { identity } from "effect/Function"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Struct from "effect/Struct"
import type { Field } from "../../signal/Field.js"
import { encode } from "../../signal/internal/fields.js"
import type { Content } from "../../signal/internal/messages.js"
import { Level, LogRecord, fields as logFields } from "../../signal/LogRecord.js"
import { MetricPoint, fields as metricFields } from "../../signal/MetricPoint.js"
import { Score, fields as scoreFields } from "../../signal/Score.js"
import { SessionSummary } from "../../signal/SessionSummary.js"
import { SpanRecord, SpanStatus, fields as spanFields } from "../../signal/SpanRecord.js"
import { signalNames } from "../../signal/signals.js"
import { outlineSpans } from "../../storage/exchange.js"
import type * as Storage from "../../storage/Storage.js"
import type { Turn } from "../Turn.js"

type Typed<A> = Schema.Schema<A, unknown>

/** A schema that is made of a table has no more of a type than the table. */
const typed = <A>(schema: Schema.Schema.AnyNoContext) => schema as Typed<A>

/** JSON with bigints as decimal strings. */
export const stringify = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) => (typeof part === "bigint" ? String(part) : part))

// Arguments

/** A value that the storage checks, and how a reader of the API is told of it. */
const given = (jsonSchema: object) => Schema.optional(Schema.declare((_): _ is unknown => true, { jsonSchema }))

const text = given({ type: "string" })
const number = given({ type: "number" })
const flag = given({ type: "boolean" })
const word = (words: ReadonlyArray<string>) => given({ type: "string", enum: words })

/** Nanoseconds are decimal digits: numbers of JSON lose the last of them. */
const Nanos = Schema.String.pipe(
  Schema.pattern(/^-?\d{1,20}$/, {
    message: () => "expected nanoseconds since the epoch, as a string of decimal digits",
    jsonSchema: { type: "string", description: "nanoseconds since the epoch, as decimal digits" }
  }),
  Schema.compose(Schema.BigInt)
)

/** Milliseconds, or a text such as `"2 hours"`, which holds nanoseconds exactly. */
const durationText = (input: unknown): unknown =>
  typeof input === "string" || typeof input === "number" || input === undefined
    ? input
    : Option.match(Option.flatMap(Duration.decodeUnknown(input), Duration.toNanos), {
        onNone: () => null,
        onSome: (nanos) => `${nanos} nanos`
      })

const durationJson = { anyOf: [{ type: "string" }, { type: "number" }], description: `milliseconds, or as "2 hours"` }
const AnyDuration = Schema.declare((_): _ is unknown => true, { jsonSchema: durationJson })
const DurationText = Schema.transform(AnyDuration, AnyDuration, {
  strict: true,
  decode: identity,
  encode: durationText
})

const equalities = (fields: { readonly [name: string]: Field }) =>
  Object.fromEntries(
    Object.entries(fields).flatMap(([name, { asked, words }]) =>
      asked === undefined ? [] : [[name, words === undefined ? text : word(words)]]
    )
  )

const times = { startedAfter: Schema.optional(Nanos), startedBefore: Schema.optional(Nanos) }
const labels = { tags: given({ type: "array", items: { type: "string" } }), metadata: given({ type: "object" }) }
const span = { minDuration: Schema.optional(DurationText), hasError: flag, search: text }

const filtersOf = {
  spans: Schema.Struct({ ...equalities(spanFields), ...labels, ...times, ...span }),
  logs: Schema.Struct({
    ...equalities(logFields),
    ...labels,
    ...times,
    minLevel: word(Level.literals),
    search: text
  }),
  metrics: Schema.Struct({ ...equalities(metricFields), ...times }),
  scores: Schema.Struct({ ...equalities(scoreFields), ...labels, ...times, minValue: number, maxValue: number })
}

const Pagination = Schema.Struct({ limit: given({ type: "integer", minimum: 1, maximum: 1000 }), cursor: text })

const listOptions = <Options>(filters: Schema.Schema.AnyNoContext, ...fields: ReadonlyArray<string>) =>
  typed<Options>(
    Schema.Struct({
      filters: Schema.optional(filters),
      pagination: Schema.optional(Pagination),
      orderBy: Schema.optional(Schema.Struct({ field: word(fields), direction: word(["asc", "desc"]) }))
    })
  )

const spanOptions = listOptions<Storage.ListOptions<Storage.SpanFilters>>(filtersOf.spans, "time", "duration")

/** The filters of any signal, of which the storage knows the one that is asked. */
const AnyFilters = Schema.Struct(
  { ...times, minDuration: span.minDuration },
  { key: Schema.String, value: Schema.Unknown.annotations({ jsonSchema: {} }) }
)

const Aggregate = Schema.Struct({
  of: word(signalNames),
  filters: Schema.optional(AnyFilters),
  groupBy: given({ type: "array" }),
  interval: Schema.optional(DurationText),
  timeZone: text,
  measures: given({ type: "object" }),
  orderBy: given({
    type: "object",
    properties: { measure: { type: "string" }, direction: { type: "string", enum: ["asc", "desc"] } }
  }),
  limit: given({ type: "integer", minimum: 1, maximum: 1000 }),
  rest: flag,
  previous: flag
})

const OfTrace = typed<{ readonly traceId: string }>(Schema.Struct({ traceId: text }))
const OfSpan = typed<{ readonly traceId: string; readonly spanId: string }>(
  Schema.Struct({ traceId: text, spanId: text })
)
const OfSession = typed<{ readonly sessionId: string }>(Schema.Struct({ sessionId: text }))

const within = (from: number, to: number) =>
  Schema.Int.pipe(
    Schema.between(from, to, { message: () => `expected an integer of ${from} to ${to}` }),
    Schema.optional
  )

const TranscriptOptions = Schema.Struct({
  sessionId: text,
  fromTurn: within(1, 2 ** 31 - 1),
  turns: within(1, 1_000),
  textLength: within(1, 1_000_000)
})

/** By method, what it is asked with. */
export interface Arguments {
  readonly listTraces: Storage.ListOptions<Storage.SpanFilters>
  readonly listSpans: Storage.ListOptions<Storage.SpanFilters>
  readonly listLogs: Storage.ListOptions<Storage.LogFilters, "time">
  readonly listMetrics: Storage.ListOptions<Storage.MetricFilters, "time">
  readonly listScores: Storage.ListOptions<Storage.ScoreFilters, "time">
  readonly listSessions: Storage.ListOptions<Storage.SessionFilters>
  readonly sessionTimeline: { readonly sessionId: string; readonly pagination?: Storage.Pagination | undefined }
  readonly sessionTranscript: {
    readonly sessionId: string
    readonly fromTurn?: number | undefined
    readonly turns?: number | undefined
    readonly textLength?: number | undefined
  }
  readonly getTrace: { readonly traceId: string }
  readonly traceOutline: { readonly traceId: string }
  readonly getSpan: { readonly traceId: string; readonly spanId: string }
  readonly spanContent: { readonly traceId: string; readonly spanId: string }
  readonly getSession: { readonly sessionId: string }
  readonly aggregate: Storage.AggregateOptions
  readonly deleteBefore: { readonly time: bigint }
  readonly deleteSession: { readonly sessionId: string }
}

/** By method, the schema of what it is asked with. */
export const argumentsOf: { readonly [M in keyof Arguments]: Typed<Arguments[M]> } = {
  listTraces: spanOptions,
  listSpans: spanOptions,
  listLogs: listOptions(filtersOf.logs, "time"),
  listMetrics: listOptions(filtersOf.metrics, "time"),
  listScores: listOptions(filtersOf.scores, "time"),
  listSessions: spanOptions,
  sessionTimeline: typed(Schema.Struct({ sessionId: text, pagination: Schema.optional(Pagination) })),
  sessionTranscript: typed(TranscriptOptions),
  getTrace: OfTrace,
  traceOutline: OfTrace,
  getSpan: OfSpan,
  spanContent: OfSpan,
  getSession: OfSession,
  aggregate: typed(Aggregate),
  deleteBefore: typed(Schema.Struct({ time: Nanos })),
  deleteSession: OfSession
}

// Answers

const page = <A>(item: Schema.Schema.AnyNoContext): Typed<Storage.PaginatedResult<A>> =>
  typed(Schema.Struct({ nextCursor: Schema.optionalWith(Schema.String, { as: "Option" }), items: Schema.Array(item) }))

const found = <A>(schema: Schema.Schema.AnyNoContext): Typed<Option.Option<A>> => typed(Schema.OptionFromNullOr(schema))

/** The encoded form of a record, and the name of its class. */
const tagged = (record: typeof SpanRecord | typeof LogRecord | typeof Score) =>
  Schema.transform(
    Schema.extend(
      Schema.Struct({ _tag: Schema.Literal(record.prototype._tag) }),
      Schema.encodedSchema(record as Schema.Schema.AnyNoContext)
    ),
    record as Schema.Schema.AnyNoContext,
    {
      strict: false,
      decode: ({ _tag, ...encoded }: { readonly _tag: string }) => encoded,
      encode: (encoded: object) => ({ _tag: record.prototype._tag, ...encoded })
    }
  )

const TimelineItem = Schema.Union(tagged(SpanRecord), tagged(LogRecord), tagged(Score))

const OutlineSpan = Schema.Struct(
  Object.fromEntries(
    Object.entries(outlineSpans.fields).map(([name, { optional, schema }]) => [
      name,
      optional ? Schema.optional(schema) : schema
    ])
  )
)

// Turns

const optional = <A, I>(schema: Schema.Schema<A, I>) => Schema.optional(schema)

const Json = Schema.Unknown.annotations({ jsonSchema: {} })

const Status = Schema.String.annotations({ jsonSchema: { type: "string", enum: SpanStatus.literals } })

/** The spans of calls: what of them is said with the words. */
const ofCall = {
  statusMessage: optional(Schema.String),
  endTime: optional(Schema.BigInt),
  costUsd: optional(Schema.Number)
}

const ToolResult = Schema.Struct({ _tag: Schema.Literal("ToolResult"), id: optional(Schema.String), result: Json })

const Other = Schema.Struct({ _tag: Schema.Literal("Other"), type: Schema.String, value: Json })

const Part = Schema.Union(
  Schema.Struct({ _tag: Schema.Literal("Text", "Reasoning"), text: Schema.String, omitted: Schema.Int }),
  Schema.Struct({
    _tag: Schema.Literal("ToolUse"),
    id: optional(Schema.String),
    name: Schema.String,
    arguments: Json,
    result: Schema.optional(Json),
    spanId: optional(Schema.String),
    status: optional(Status),
    startTime: optional(Schema.BigInt),
    ...ofCall
  }),
  ToolResult,
  Schema.Struct({
    _tag: Schema.Literal("Media"),
    mediaType: optional(Schema.String),
    uri: optional(Schema.String),
    placeholder: optional(Schema.String)
  }),
  Other
)

/** A message of a span. */
const Message = Schema.Struct({
  role: Schema.String,
  name: optional(Schema.String),
  parts: Schema.Array(
    Schema.Union(
      Schema.Struct({ _tag: Schema.Literal("Text", "Reasoning"), text: Schema.String }),
      Schema.Struct({
        _tag: Schema.Literal("ToolCall"),
        id: optional(Schema.String),
        name: Schema.String,
        arguments: Json
      }),
      ToolResult,
      Schema.Struct({
        _tag: Schema.Literal("Media"),
        mediaType: optional(Schema.String),
        uri: optional(Schema.String),
        data: optional(Schema.String)
      }),
      Other
    )
  )
})

const SpanContent = Schema.Struct({
  instructions: optional(Message),
  input: Schema.Array(Message),
  output: Schema.Array(Message),
  toolArguments: Schema.optional(Json),
  toolResult: Schema.optional(Json)
})

const Entry = Schema.Struct({
  role: Schema.String,
  name: optional(Schema.String),
  agentName: optional(Schema.String),
  parts: Schema.Array(Part),
  time: Schema.BigInt,
  spanId: Schema.String,
  call: Schema.optional(
    Schema.Struct({
      spanId: Schema.String,
      model: optional(Schema.String),
      status: Status,
      startTime: Schema.BigInt,
      inputTokens: optional(Schema.Int),
      outputTokens: optional(Schema.Int),
      ...ofCall
    })
  ),
  compacted: Schema.optional(Schema.Literal(true))
})

/** The span of a turn without its payload: as an outline has it, and its trace, user and message. */
const turnSpan = (span: SpanRecord): TurnSpan => ({
  ...outlineSpans.of(span),
  ...Struct.pick(span, "traceId", "userId", "statusMessage")
})

/** The span of a turn, without its payload. */
interface TurnSpan extends Storage.OutlineSpan, Pick<SpanRecord, "traceId" | "userId" | "statusMessage"> {}

/** A turn with its span without payload. */
export interface ToldTurn extends Omit<Turn, "span"> {
  readonly span: TurnSpan
}

/** Anything that happened in a session. */
type ToldItem = ToldTurn | LogRecord | Score

const TurnRow = Schema.Struct({
  _tag: Schema.Literal("Turn"),
  number: Schema.Int,
  span: Schema.extend(
    OutlineSpan,
    Schema.Struct({ traceId: Schema.String, userId: optional(Schema.String), statusMessage: optional(Schema.String) })
  ),
  modelCalls: Schema.Int,
  toolCalls: Schema.Int,
  models: Schema.Array(Schema.String),
  inputTokens: Schema.Int,
  outputTokens: Schema.Int,
  costUsd: optional(Schema.Number),
  errors: Schema.Array(
    Schema.Struct({
      spanId: Schema.String,
      name: Schema.String,
      errorType: optional(Schema.String),
      message: optional(Schema.String),
      time: Schema.BigInt
    })
  ),
  truncated: Schema.Boolean,
  entries: Schema.Array(Entry)
})

/** The row of an item, in pieces: a turn may be long. */
export function* piecesOfItem(item: Turn | LogRecord | Score): Generator<string> {
  if (item._tag !== "Turn") return yield stringify({ _tag: item._tag, ...encode<object>(item) })
  const { entries, span, ...turn } = item
  // Entries are the last field: what is before them ends with a brace.
  yield `${stringify({ ...turn, span: turnSpan(span) }).slice(0, -1)},"entries":[`
  for (const [i, entry] of entries.entries()) yield `${i === 0 ? "" : ","}${stringify(entry)}`
  yield "]}"
}

const treeOf = (span: Schema.Schema.AnyNoContext) =>
  Schema.Struct({ traceId: Schema.String, truncated: Schema.Boolean, spans: Schema.Array(span) })

const Values = Schema.Record({
  key: Schema.String,
  value: Schema.NullOr(Schema.Union(Schema.Number, Schema.BigInt))
})

const AggregateRow = Schema.Struct({
  group: Schema.Record({
    key: Schema.String,
    value: Schema.NullOr(Schema.Union(Schema.String, Schema.Number, Schema.Boolean))
  }),
  rest: Schema.optional(Schema.Literal(true)),
  from: Schema.optional(Schema.BigInt),
  to: Schema.optional(Schema.BigInt),
  values: Values,
  previous: Schema.optional(Values)
})

const Deleted = Schema.Struct({
  spans: Schema.Int,
  logs: Schema.Int,
  metrics: Schema.optional(Schema.Int),
  scores: Schema.optional(Schema.Int)
})

/** By method, what it answers. */
export interface Answers {
  readonly listTraces: Storage.PaginatedResult<SpanRecord>
  readonly listSpans: Storage.PaginatedResult<SpanRecord>
  readonly listLogs: Storage.PaginatedResult<LogRecord>
  readonly listMetrics: Storage.PaginatedResult<MetricPoint>
  readonly listScores: Storage.PaginatedResult<Score>
  readonly listSessions: Storage.PaginatedResult<SessionSummary>
  readonly sessionTimeline: Storage.PaginatedResult<Storage.TimelineItem>
  /** Some turns of a session, and the turn to go on with. */
  readonly sessionTranscript: { readonly nextTurn?: number | undefined; readonly items: ReadonlyArray<ToldItem> }
  readonly getTrace: Option.Option<Storage.Trace>
  readonly traceOutline: Option.Option<Storage.TraceOutline>
  readonly getSpan: Option.Option<SpanRecord>
  readonly spanContent: Option.Option<Content>
  readonly getSession: Option.Option<SessionSummary>
  readonly aggregate: { readonly rows: ReadonlyArray<Storage.AggregateRow> }
  readonly deleteBefore: Storage.Deleted
  readonly deleteSession: Storage.Deleted
}

/** By method, the schema of what it answers. */
export const answersOf: { readonly [M in keyof Answers]: Typed<Answers[M]> } = {
  listTraces: page(SpanRecord),
  listSpans: page(SpanRecord),
  listLogs: page(LogRecord),
  listMetrics: page(MetricPoint),
  listScores: page(Score),
  listSessions: page(SessionSummary),
  sessionTimeline: page(TimelineItem),
  sessionTranscript: typed(
    Schema.Struct({
      nextTurn: optional(Schema.Int),
      items: Schema.Array(Schema.Union(TurnRow, tagged(LogRecord), tagged(Score)))
    })
  ),
  getTrace: found(treeOf(SpanRecord)),
  traceOutline: found(treeOf(OutlineSpan)),
  getSpan: found(SpanRecord),
  spanContent: found(SpanContent),
  getSession: found(SessionSummary),
  aggregate: typed(Schema.Struct({ rows: Schema.Array(AggregateRow) })),
  deleteBefore: typed(Deleted),
  deleteSession: typed(Deleted)
}

// Scores

const json = (description: string) => ({ jsonSchema: { type: "object", description } })

/** Scores in their encoded form, of which the server makes what they lack. */
export const Scores = Schema.Struct({
  records: Schema.Array(
    Schema.Struct(
      { name: Schema.String, value: Schema.optional(Schema.Union(Schema.Finite, Schema.Boolean)) },
      { key: Schema.String, value: Schema.Unknown.annotations(json("as in a `Score`")) }
    )
  )
})

/** How many scores were taken. */
export const Taken = Schema.Struct({ scores: Schema.Int })

/** The version of the server, and how its pipeline fares. */
export const Stats = Schema.Struct({
  version: Schema.String,
  readOnly: Schema.Boolean,
  pipeline: Schema.Unknown.annotations({ jsonSchema: { type: "object", description: "as `Observability.stats`" } })
})
