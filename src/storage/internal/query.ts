/**
 * What people ask for, checked and put into one form, so that engines differ in nothing but how they look it up.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import { isSessionId } from "../../identity/SessionId.js"
import { type Json, JsonObject } from "../../signal/Json.js"
import { Level, type LogRecord } from "../../signal/LogRecord.js"
import type { SessionSummary } from "../../signal/SessionSummary.js"
import { SpanRecord, SpanStatus, SpanType } from "../../signal/SpanRecord.js"
import type { StorageError } from "../StorageError.js"
import type { OrderBy } from "../StorageService.js"
import { invalidArgument } from "./errors.js"

/** Ids that any record may have, in the order of the columns. */
export const correlationIds = [
  "sessionId",
  "threadId",
  "runId",
  "requestId",
  "resourceId",
  "userId",
  "organizationId",
  "conversationId"
] as const

const expected = (message: string) => ({ message: () => `expected ${message}` })

const SessionIdString = Schema.String.pipe(
  Schema.filter(isSessionId, expected("a session id: 1 to 200 printable ASCII characters, with no space at either end"))
)
const TraceId = Schema.String.pipe(Schema.pattern(/^[0-9a-f]{32}$/, expected("a trace id: 32 lower-case hex digits")))
const SpanId = Schema.String.pipe(Schema.pattern(/^[0-9a-f]{16}$/, expected("a span id: 16 lower-case hex digits")))
const Nanos = Schema.BigIntFromSelf.pipe(
  Schema.betweenBigInt(-(2n ** 63n), 2n ** 63n - 1n, expected("nanoseconds since the epoch that fit into 64 bits"))
)
const DurationNanos = Schema.transformOrFail(Schema.Unknown, Schema.BigIntFromSelf, {
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
const oneOf = <A>(words: Schema.Schema<A>) => Schema.declare(Schema.is(words), { title: String(words) })
/** No record holds a lone surrogate, and an engine may take one for another character. */
const Text = Schema.String.pipe(Schema.filter((text) => text.isWellFormed(), expected("text without lone surrogates")))

const commonFilters = {
  sessionId: Schema.optional(SessionIdString),
  threadId: Schema.optional(Text),
  runId: Schema.optional(Text),
  requestId: Schema.optional(Text),
  resourceId: Schema.optional(Text),
  userId: Schema.optional(Text),
  organizationId: Schema.optional(Text),
  conversationId: Schema.optional(Text),
  serviceName: Schema.optional(Text),
  environment: Schema.optional(Text),
  traceId: Schema.optional(TraceId),
  tags: Schema.optional(Schema.Array(Text).annotations({ title: "an array of texts" })),
  metadata: Schema.optional(JsonObject),
  startedAfter: Schema.optional(Nanos),
  startedBefore: Schema.optional(Nanos)
}

const SpanFilters = Schema.Struct({
  ...commonFilters,
  spanType: Schema.optional(oneOf(SpanType)),
  name: Schema.optional(Text),
  status: Schema.optional(oneOf(SpanStatus)),
  model: Schema.optional(Text),
  minDuration: Schema.optional(DurationNanos),
  hasError: Schema.optional(Schema.Boolean)
})

const LogFilters = Schema.Struct({
  ...commonFilters,
  level: Schema.optional(oneOf(Level)),
  minLevel: Schema.optional(oneOf(Level)),
  search: Schema.optional(Text)
})

/** Checked filters; `minDuration` is in nanoseconds. */
export type SpanFilters = typeof SpanFilters.Type
export type LogFilters = typeof LogFilters.Type

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

const listOptions = <F, I>(filters: Schema.Schema<F, I>, ...fields: ReadonlyArray<OrderBy["field"]>) =>
  Schema.Struct({
    filters: Schema.optionalWith(filters.annotations({ title: "an object of filters" }), { default: () => ({}) as F }),
    pagination: Schema.optionalWith(Pagination, { default: () => ({ limit: 50 }) }),
    orderBy: orderBy(...fields)
  })

const Timeline = Schema.Struct({
  sessionId: SessionIdString,
  pagination: Schema.optionalWith(Pagination, { default: () => ({ limit: 50 }) })
})

/**
 * A sort key: the values by which rows are ordered, all in the same direction. A page starts after the key of the last
 * row before it.
 */
export type Key = ReadonlyArray<bigint | string>

/** What an engine answers: rows after `after` in the order of their keys, at most `limit`. */
export interface Query<Filters> {
  readonly filters: Filters
  readonly order: OrderBy
  readonly limit: number
  readonly after: Option.Option<Key>
}

/**
 * What stands for the duration of a running span, so that it comes last in either direction: beyond any difference of two
 * times, which itself may need 65 bits.
 */
export const runningDuration = (direction: "asc" | "desc"): bigint => (direction === "asc" ? 2n ** 64n : -(2n ** 64n))

/** Time or duration, trace id, span id. */
export const spanKey = (span: SpanRecord, order: OrderBy): Key => [
  order.field === "time"
    ? span.startTime
    : span.endTime === undefined
      ? runningDuration(order.direction)
      : span.endTime - span.startTime,
  span.traceId,
  span.spanId
]

/** Time, log id. */
export const logKey = (log: LogRecord): Key => [log.timestamp, log.logId]

/** Time, `"0"` for a span and `"1"` for a log, and the id: trace id and span id joined, or the log id. */
export const timelineKey = (item: SpanRecord | LogRecord): Key =>
  item instanceof SpanRecord ? [item.startTime, "0", item.traceId + item.spanId] : [item.timestamp, "1", item.logId]

/** Last activity or duration, session id. */
export const sessionKey = (session: SessionSummary, order: OrderBy): Key => [
  order.field === "time" ? session.lastActivity : session.lastActivity - session.firstActivity,
  session.sessionId
]

/** A checked query, and the cursor that continues it after a key. */
export interface Checked<Filters> {
  readonly query: Query<Filters>
  readonly cursorAfter: (key: Key) => string
}

const decodeOrFail =
  <A, I>(schema: Schema.Schema<A, I>, root?: string) =>
  (input: unknown): Effect.Effect<A, StorageError> =>
    Effect.suspend(() => Schema.decodeUnknownEither(schema)(input, { onExcessProperty: "error" })).pipe(
      Effect.mapError((error) => {
        const [issue] = ParseResult.ArrayFormatter.formatErrorSync(error)
        const path = issue?.path.map(String) ?? []
        const field = (root === undefined ? path : [root, ...path]).join(".") || "options"
        return invalidArgument(field, issue?.message ?? "invalid")
      }),
      // A getter that throws.
      Effect.catchAllDefect(() => invalidArgument(root ?? "options", "it cannot be read"))
    )

export const sessionId = decodeOrFail(SessionIdString, "sessionId")
export const traceId = decodeOrFail(TraceId, "traceId")
export const time = decodeOrFail(Nanos, "time")
/** The ids of a span; a whole span has them too. */
export const spanId = decodeOrFail(
  Schema.Struct({ traceId: TraceId, spanId: SpanId }).annotations({ parseOptions: { onExcessProperty: "ignore" } })
)

const checked = <Options extends { readonly pagination: typeof Pagination.Type }, I, Filters>(
  method: string,
  schema: Schema.Schema<Options, I>,
  keyTail: Array<KeyPart>,
  toQuery: (options: Options) => Omit<Query<Filters>, "limit" | "after">
) => {
  const decode = decodeOrFail(schema)
  return (input: unknown): Effect.Effect<Checked<Filters>, StorageError> =>
    Effect.flatMap(decode(input ?? {}), (options) => {
      const { limit, cursor } = options.pagination
      const { filters, order } = toQuery(options)
      const owner = fingerprint(method, filters, order)
      return Effect.map(decodeCursor(owner, [order.field, ...keyTail], cursor), (after) => ({
        query: { filters, order, limit, after },
        cursorAfter: (key) => encodeCursor(owner, key)
      }))
    })
}

type ListInput<F> = {
  readonly filters: F
  readonly pagination: typeof Pagination.Type
  readonly orderBy: OrderBy
}
const ofList = <F>(options: ListInput<F>) => ({ filters: options.filters, order: options.orderBy })

const spanOptions = listOptions(SpanFilters, "time", "duration")

/** Ordered by `spanKey`. */
export const traces = checked("listTraces", spanOptions, ["text", "text"], ofList<SpanFilters>)
/** Ordered by `spanKey`. */
export const spans = checked("listSpans", spanOptions, ["text", "text"], ofList<SpanFilters>)
/** Ordered by `logKey`. */
export const logs = checked("listLogs", listOptions(LogFilters, "time"), ["text"], ofList<LogFilters>)
/**
 * Ordered by `sessionKey`, to which `after` adds the newest activity when the first page was read. Sessions that were
 * active after that are left out of the pages that follow, if those are sorted in ascending order: they would come again.
 */
export const sessions = checked("listSessions", spanOptions, ["text", "time"], ofList<SpanFilters>)
/** Ordered by `timelineKey`. */
export const timeline = checked("sessionTimeline", Timeline, ["text", "text"], (options) => ({
  filters: { sessionId: options.sessionId },
  order: { field: "time", direction: "asc" } as const
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
const fingerprint = (method: string, filters: unknown, order: OrderBy): string => {
  const text = `${method} ${order.field} ${order.direction} ${canonical(filters)}`
  let high = 0xdeadbeef
  let low = 0x41c6ce57
  for (let i = 0; i < text.length; i++) {
    high = Math.imul(high ^ text.charCodeAt(i), 2654435761)
    low = Math.imul(low ^ text.charCodeAt(i), 1597334677)
  }
  return (4294967296 * (2097151 & (low ^ (low >>> 13))) + ((high ^ (high >>> 16)) >>> 0)).toString(36)
}

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
