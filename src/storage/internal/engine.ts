/**
 * What an engine must be able to do, and the `Storage` made of it: arguments are checked, pages cut and cursors made here,
 * once for all engines.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { LogRecord } from "../../signal/LogRecord.js"
import type { SessionSummary } from "../../signal/SessionSummary.js"
import type { SpanRecord } from "../../signal/SpanRecord.js"
import type { StorageError } from "../StorageError.js"
import type { Deleted, OrderBy, PaginatedResult, StorageService, Trace } from "../StorageService.js"
import { invalidArgument } from "./errors.js"
import * as query from "./query.js"
import { treeOrder } from "./tree.js"
import { checkLogs, checkSpans } from "./validate.js"

/**
 * Rows come back in the order of the query and after its key, at most as many as its limit. The keys by which they are
 * ordered are in query.ts.
 */
export interface Engine {
  /** No key occurs twice in one call. */
  readonly insertSpans: (records: ReadonlyArray<SpanRecord>) => Effect.Effect<void, StorageError>
  /** No id occurs twice in one call. */
  readonly insertLogs: (records: ReadonlyArray<LogRecord>) => Effect.Effect<void, StorageError>
  readonly listTraces: Select<query.SpanFilters, SpanRecord>
  readonly listSpans: Select<query.SpanFilters, SpanRecord>
  readonly listLogs: Select<query.LogFilters, LogRecord>
  /** `newest` is the newest activity among all sessions that match; with `asOf`, newer sessions are left out. */
  readonly listSessions: (
    query: query.Query<query.SpanFilters> & { readonly asOf: Option.Option<bigint> }
  ) => Effect.Effect<{ readonly items: ReadonlyArray<SessionSummary>; readonly newest: bigint }, StorageError>
  readonly sessionTimeline: Select<{ readonly sessionId: string }, SpanRecord | LogRecord>
  /** The spans of a trace that start first, at most `limit`. */
  readonly traceSpans: (traceId: string, limit: number) => Effect.Effect<ReadonlyArray<SpanRecord>, StorageError>
  readonly getSpan: StorageService["getSpan"]
  readonly getSession: StorageService["getSession"]
  readonly deleteBefore: (time: bigint) => Effect.Effect<Deleted, StorageError>
  readonly deleteSession: (sessionId: string) => Effect.Effect<Deleted, StorageError>
}

type Select<Filters, Row> = (query: query.Query<Filters>) => Effect.Effect<ReadonlyArray<Row>, StorageError>

const maxTraceSpans = 10_000

/** The service over an engine. */
export const make = (engine: Engine): StorageService => ({
  insertSpans: insert(checkSpans, engine.insertSpans),
  insertLogs: insert(checkLogs, engine.insertLogs),
  listTraces: list(query.traces, engine.listTraces, query.spanKey),
  listSpans: list(query.spans, engine.listSpans, query.spanKey),
  listLogs: list(query.logs, engine.listLogs, query.logKey),
  listSessions: Effect.fnUntraced(function* (options) {
    const checked = yield* query.sessions(options)
    const { after, limit, order } = checked.query
    const firstPage = Option.map(after, ([, , newest]) => newest as bigint)
    const asOf = order.direction === "asc" ? firstPage : Option.none()
    const { items, newest } = yield* engine.listSessions({ ...checked.query, limit: limit + 1, asOf })
    return page(items, limit, (last) =>
      checked.cursorAfter([...query.sessionKey(last, order), Option.getOrElse(firstPage, () => newest)])
    )
  }),
  sessionTimeline: list(query.timeline, engine.sessionTimeline, query.timelineKey),
  getTrace: Effect.fnUntraced(function* (id) {
    const traceId = yield* query.traceId(id)
    const spans = yield* engine.traceSpans(traceId, maxTraceSpans + 1)
    if (spans.length === 0) return Option.none()
    const truncated = spans.length > maxTraceSpans
    const trace: Trace = { traceId, spans: treeOrder(truncated ? spans.slice(0, maxTraceSpans) : spans), truncated }
    return Option.some(trace)
  }),
  getSpan: (key) => Effect.flatMap(query.spanId(key), engine.getSpan),
  getSession: (id) => Effect.flatMap(query.sessionId(id), engine.getSession),
  deleteBefore: (time) => Effect.flatMap(query.time(time), engine.deleteBefore),
  deleteSession: (id) => Effect.flatMap(query.sessionId(id), engine.deleteSession)
})

const insert =
  <A>(
    check: (records: ReadonlyArray<A>) => Effect.Effect<ReadonlyArray<A>, StorageError>,
    write: (records: ReadonlyArray<A>) => Effect.Effect<void, StorageError>
  ) =>
  (records: ReadonlyArray<A>): Effect.Effect<void, StorageError> => {
    if (!Array.isArray(records)) return invalidArgument("records", "expected an array")
    return records.length === 0 ? Effect.void : Effect.flatMap(check(records), write)
  }

const list =
  <Filters, Row>(
    check: (options: unknown) => Effect.Effect<query.Checked<Filters>, StorageError>,
    select: Select<Filters, Row>,
    key: (row: Row, order: OrderBy) => query.Key
  ) =>
  (options?: unknown): Effect.Effect<PaginatedResult<Row>, StorageError> =>
    Effect.flatMap(check(options), ({ query, cursorAfter }) =>
      Effect.map(select({ ...query, limit: query.limit + 1 }), (rows) =>
        page(rows, query.limit, (last) => cursorAfter(key(last, query.order)))
      )
    )

/** Cuts off the one row more that tells whether there is a next page. */
const page = <Row>(
  rows: ReadonlyArray<Row>,
  limit: number,
  cursorAfter: (last: Row) => string
): PaginatedResult<Row> => {
  const items = rows.length > limit ? rows.slice(0, limit) : rows
  const last = rows.length > limit ? items.at(-1) : undefined
  return { items, nextCursor: last === undefined ? Option.none() : Option.some(cursorAfter(last)) }
}
