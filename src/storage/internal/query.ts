/**
 * Queries as callers give them, checked and put into one form, so that engines differ in how they look rows up and in
 * nothing else.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import { identity } from "effect/Function"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import { isSessionId } from "../../identity/SessionId.js"
import { hash53 } from "../../runtime/hash.js"
import type { Field } from "../../signal/Field.js"
import { type Json, JsonObject } from "../../signal/Json.js"
import { Level } from "../../signal/LogRecord.js"
import type { SessionSummary } from "../../signal/SessionSummary.js"
import { keyOf, type Signal, timeOf } from "../../signal/Signal.js"
import type { SpanRecord } from "../../signal/SpanRecord.js"
import { type SignalName, sessionSignals, signals } from "../../signal/signals.js"
import type { Key, Page } from "../Engine.js"
import type { StorageError } from "../StorageError.js"
import type { OrderBy, TimelineItem } from "../StorageService.js"
import { conditionsOf, type Filters, sessionQueryOf, traceQueryOf } from "./conditions.js"
import { invalidArgument } from "./errors.js"
import { parse } from "./words.js"

export const expected = (message: string) => ({ message: () => `expected ${message}` })

const SessionIdString = Schema.String.pipe(
  Schema.filter(isSessionId, expected("a session id: 1 to 200 printable ASCII characters, with no space at either end"))
)
const TraceId = Schema.String.pipe(Schema.pattern(/^[0-9a-f]{32}$/, expected("a trace id: 32 lower-case hex digits")))
const SpanId = Schema.String.pipe(Schema.pattern(/^[0-9a-f]{16}$/, expected("a span id: 16 lower-case hex digits")))
const Nanos = Schema.BigIntFromSelf.pipe(
  Schema.betweenBigInt(-(2n ** 63n), 2n ** 63n - 1n, expected("nanoseconds since the epoch that fit into 64 bits"))
)
export const DurationNanos = Schema.transformOrFail(Schema.Unknown, Schema.BigIntFromSelf, {
  strict: true,
  decode: (input, _, ast) =>
    Duration.decodeUnknown(input).pipe(
      Option.flatMap(Duration.toNanos),
      Option.filter((nanos) => nanos < 2n ** 63n),
      Option.match({
        onNone: () => ParseResult.fail(new ParseResult.Type(ast, input, "expected a duration below 292 years")),
        onSome: ParseResult.succeed
      })
    ),
  encode: ParseResult.succeed
})
/** One of some words; an error names them all. */
export const oneOf = <A>(words: Schema.Schema<A>) => Schema.declare(Schema.is(words), { title: String(words) })
/** No record holds a lone surrogate, and an engine may take one for another character. */
const Text = Schema.String.pipe(Schema.filter((text) => text.isWellFormed(), expected("text without lone surrogates")))

/** Engines look for each word for itself. */
const maxWords = 100
const Search = Text.pipe(
  Schema.filter((search) => {
    const { phrases, words } = parse(search)
    const count = phrases.length + words.length
    if (count === 0) return "expected a word, or a phrase between double quotes"
    return count <= maxWords || `expected at most ${maxWords} words and phrases`
  })
)

/** The filters that ask of a field whether it has a value, by what the table says of it. */
const equalities = (signal: Signal): FilterFields =>
  Object.fromEntries(
    Object.entries(signal.fields).flatMap(([name, field]) =>
      field.asked === undefined ? [] : [[name, Schema.optional(valueOf(name, field))]]
    )
  )

interface FilterFields {
  readonly [name: string]: Schema.optional<Schema.Schema.AnyNoContext>
}

const valueOf = (name: string, { kind, schema }: Field): Schema.Schema.AnyNoContext => {
  if (name === "sessionId") return SessionIdString
  if (name === "traceId") return TraceId
  return kind === "word" ? oneOf(schema) : Text
}

const times = { startedAfter: Schema.optional(Nanos), startedBefore: Schema.optional(Nanos) }

/** Engines compare each part of a filter for itself. */
const maxParts = 100

/** How many keys and items a JSON value has, at any depth. */
const partsOf = (json: Json): number =>
  typeof json !== "object" || json === null
    ? 0
    : Object.values(json).reduce<number>((sum, part) => sum + 1 + partsOf(part), 0)

const labels = {
  tags: Schema.optional(Schema.Array(Text).annotations({ title: "an array of texts" })),
  metadata: Schema.optional(
    JsonObject.pipe(
      Schema.filter((json) => partsOf(json) <= maxParts, expected(`at most ${maxParts} keys and values in all of it`))
    )
  )
}

const filtersOf = (signal: Signal, others: FilterFields): Schema.Schema<Filters, unknown> =>
  Schema.Struct({ ...equalities(signal), ...others }) as Schema.Schema.AnyNoContext

const SpanFilters = filtersOf(signals.spans, {
  ...labels,
  ...times,
  minDuration: Schema.optional(DurationNanos),
  hasError: Schema.optional(Schema.Boolean),
  search: Schema.optional(Search)
})

const LogFilters = filtersOf(signals.logs, {
  ...labels,
  ...times,
  minLevel: Schema.optional(oneOf(Level)),
  search: Schema.optional(Search)
})

const MetricFilters = filtersOf(signals.metrics, times)

const ScoreFilters = filtersOf(signals.scores, {
  ...labels,
  ...times,
  minValue: Schema.optional(Schema.Finite),
  maxValue: Schema.optional(Schema.Finite)
})

/** The filters of the list of a signal. */
export const filters: { readonly [N in SignalName]: Schema.Schema<Filters, unknown> } = {
  spans: SpanFilters,
  logs: LogFilters,
  metrics: MetricFilters,
  scores: ScoreFilters
}

const Pagination = Schema.Struct({
  limit: Schema.optionalWith(Schema.Int.pipe(Schema.between(1, 1000, expected("an integer from 1 to 1000"))), {
    default: () => 50
  }),
  cursor: Schema.optional(Schema.String)
})

const orderBy = (...fields: ReadonlyArray<OrderBy["field"]>) =>
  Schema.Struct({ field: oneOf(Schema.Literal(...fields)), direction: oneOf(Schema.Literal("asc", "desc")) }).pipe(
    Schema.optionalWith({ default: () => ({ field: "time", direction: "desc" }) as const })
  )

const listOptions = (
  filters: Schema.Schema<Filters, unknown>,
  ...fields: ReadonlyArray<OrderBy["field"]>
): Schema.Schema<ListInput, unknown> =>
  Schema.Struct({
    filters: Schema.optionalWith(filters.annotations({ title: "an object of filters" }), { default: () => ({}) }),
    pagination: Schema.optionalWith(Pagination, { default: () => ({ limit: 50 }) }),
    orderBy: orderBy(...fields)
  }) as Schema.Schema.AnyNoContext

/** The options of a timeline, as those of a list in ascending order of time. */
const Timeline: Schema.Schema<ListInput, unknown> = Schema.transform(
  Schema.Struct({
    sessionId: SessionIdString,
    pagination: Schema.optionalWith(Pagination, { default: () => ({ limit: 50 }) })
  }),
  Schema.Any,
  {
    strict: true,
    decode: ({ pagination, sessionId }) => ({
      filters: { sessionId },
      pagination,
      orderBy: { field: "time", direction: "asc" }
    }),
    encode: identity
  }
) as Schema.Schema.AnyNoContext

/**
 * The sort key of a running span by duration. It lies beyond any difference of two times, which may need 65 bits, so
 * that running spans come last in either direction.
 */
export const runningDuration = (direction: "asc" | "desc"): bigint => (direction === "asc" ? 2n ** 64n : -(2n ** 64n))

/** The key of a record in the lists of its signal: time or duration, and the ids. */
export const recordKey =
  (signal: Signal) =>
  (record: object, order: OrderBy): Key => [
    order.field === "time" ? timeOf(signal, record) : durationOf(record, order),
    ...signal.key.map((name) => (record as { readonly [name: string]: string })[name] as string)
  ]

/** Spans alone are ordered by it. */
const durationOf = ({ endTime, startTime }: Partial<SpanRecord>, { direction }: OrderBy): bigint =>
  startTime === undefined || endTime === undefined ? runningDuration(direction) : endTime - startTime

/** Time or duration, trace id, span id. */
export const spanKey: (span: SpanRecord, order: OrderBy) => Key = recordKey(signals.spans)

/** Time, the place of the signal in `sessionSignals` as a digit, and the ids joined. */
export const timelineKey = (item: TimelineItem): Key => {
  const place = sessionSignals.findIndex((name) => item instanceof signals[name].record)
  const signal = signals[sessionSignals[place] ?? "spans"]
  return [timeOf(signal, item), String(place), keyOf(signal, item)]
}

/** Last activity or duration, session id. */
export const sessionKey = (session: SessionSummary, order: OrderBy): Key => [
  order.field === "time" ? session.lastActivity : session.lastActivity - session.firstActivity,
  session.sessionId
]

/** A checked query, and the cursor that continues it after a key. */
export interface Checked<Asked> {
  readonly query: Asked & Page
  readonly cursorAfter: (key: Key) => string
}

export const decodeOrFail =
  <A, I>(schema: Schema.Schema<A, I>, root?: string) =>
  (input: unknown): Effect.Effect<A, StorageError> =>
    Effect.suspend(() => Schema.decodeUnknownEither(schema)(input, { onExcessProperty: "error" })).pipe(
      Effect.mapError((error) => {
        const [issue] = ParseResult.ArrayFormatter.formatErrorSync(error)
        const path = issue?.path.map(String) ?? []
        const field = (root === undefined ? path : [root, ...path]).join(".") || "options"
        return invalidArgument(field, issue?.message ?? "invalid")
      }),
      // Reading an option may run a getter, and that may throw.
      Effect.catchAllDefect(() => invalidArgument(root ?? "options", "it cannot be read"))
    )

export const sessionId = decodeOrFail(SessionIdString, "sessionId")
export const traceId = decodeOrFail(TraceId, "traceId")
export const time = decodeOrFail(Nanos, "time")
/** The ids of a span; a whole span has them too. */
export const spanId = decodeOrFail(
  Schema.Struct({ traceId: TraceId, spanId: SpanId }).annotations({ parseOptions: { onExcessProperty: "ignore" } })
)

interface ListInput {
  readonly filters: Filters
  readonly pagination: typeof Pagination.Type
  readonly orderBy: OrderBy
}

const checked = <Asked>(
  method: string,
  schema: Schema.Schema<ListInput, unknown>,
  keyTail: Array<KeyPart>,
  ask: (filters: Filters) => Asked
) => {
  const decode = decodeOrFail(schema)
  return (input: unknown): Effect.Effect<Checked<Asked>, StorageError> =>
    Effect.flatMap(decode(input ?? {}), ({ filters, orderBy: order, pagination: { cursor, limit } }) => {
      const owner = fingerprint(method, filters, order)
      return Effect.map(decodeCursor(owner, [order.field, ...keyTail], cursor), (after) => ({
        query: { ...ask(filters), order, limit, after },
        cursorAfter: (key) => encodeCursor(owner, key)
      }))
    })
}

const spanOptions = listOptions(SpanFilters, "time", "duration")

/** What the list of a signal asks, ordered by `recordKey`. */
const rows = (method: string, signal: Signal, schema: Schema.Schema<ListInput, unknown>) =>
  checked(
    method,
    schema,
    signal.key.map(() => "text"),
    (filters) => ({ conditions: conditionsOf(signal, filters) })
  )

/** By signal, what its list asks. */
export const lists = {
  spans: rows("listSpans", signals.spans, spanOptions),
  logs: rows("listLogs", signals.logs, listOptions(LogFilters, "time")),
  metrics: rows("listMetrics", signals.metrics, listOptions(MetricFilters, "time")),
  scores: rows("listScores", signals.scores, listOptions(ScoreFilters, "time"))
} satisfies { readonly [N in SignalName]: unknown }

/** Ordered by `spanKey`. */
export const traces = checked("listTraces", spanOptions, ["text", "text"], traceQueryOf)
/**
 * Ordered by `sessionKey`, to which `after` adds the newest activity when the first page was read. Pages that follow leave
 * out sessions that were active after that, if they are sorted in ascending order: such a session moved to the end, and
 * would come again.
 */
export const sessions = checked("listSessions", spanOptions, ["text", "time"], sessionQueryOf)
/** Ordered by `timelineKey`. */
export const timeline = checked("sessionTimeline", Timeline, ["text", "text"], ({ sessionId }) => ({
  sessionId: sessionId as string
}))

/**
 * A cursor is the key of the last row shown, together with a fingerprint of the query that it belongs to. It can be
 * forged, and then asks for another page of the same query, nothing more.
 */
const encodeCursor = (owner: string, key: Key): string =>
  Encoding.encodeBase64Url(JSON.stringify([owner, ...key.map(String)]))

type KeyPart = keyof typeof keyParts

const keyParts = {
  text: Schema.String,
  time: Schema.compose(Schema.BigInt, Nanos),
  duration: Schema.compose(Schema.BigInt, Schema.BigIntFromSelf.pipe(Schema.betweenBigInt(-(2n ** 64n), 2n ** 64n)))
}

const decodeCursor = (
  owner: string,
  shape: ReadonlyArray<KeyPart>,
  cursor: string | undefined
): Effect.Effect<Option.Option<Key>, StorageError> => {
  if (cursor === undefined) return Effect.succeedNone
  const schema = Schema.parseJson(Schema.Tuple(Schema.String, ...shape.map((part) => keyParts[part])))
  const parsed = Either.flatMap(Encoding.decodeBase64UrlString(cursor), Schema.decodeEither(schema))
  if (Either.isLeft(parsed)) {
    return invalidArgument("pagination.cursor", "expected the nextCursor of a page before")
  }
  const [of, ...key] = parsed.right
  return of === owner
    ? Effect.succeedSome(key)
    : invalidArgument("pagination.cursor", "it belongs to another query: filters and order must stay the same")
}

/** 53 bits of a hash over the query, in base 36. */
const fingerprint = (method: string, filters: unknown, order: OrderBy): string =>
  hash53(`${method} ${order.field} ${order.direction} ${canonical(filters)}`).toString(36)

/** JSON with sorted keys and without `undefined`, so that equal queries read alike. */
export const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) =>
    typeof part === "bigint"
      ? `${part}n`
      : typeof part === "object" && part !== null && !Array.isArray(part)
        ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
        : part
  )

/** Whether two JSON values are equal, whatever the order of their keys. */
export const jsonEquals = (a: Json | undefined, b: Json): boolean => a !== undefined && canonical(a) === canonical(b)
