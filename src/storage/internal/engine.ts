/**
 * What an engine must be able to do, and the `Storage` made of it: arguments are checked, pages cut and cursors made here,
 * once for all engines.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { LogRecord } from "../../signal/LogRecord.js"
import type { SessionSummary } from "../../signal/SessionSummary.js"
import { SpanRecord } from "../../signal/SpanRecord.js"
import type { StorageError } from "../StorageError.js"
import type { Deleted, PaginatedResult, StorageService, Trace } from "../StorageService.js"
import * as query from "./query.js"
import { treeOrder } from "./tree.js"
import { checkLogs, checkSpans } from "./validate.js"

/**
 * Rows come back in the order of the query and after its key, at most as many as its limit. The keys by which they are
 * ordered are described at the queries.
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
  insertSpans: (records) =>
    records.length === 0 ? Effect.void : Effect.flatMap(checkSpans(records), engine.insertSpans),
  insertLogs: (records) => (records.length === 0 ? Effect.void : Effect.flatMap(checkLogs(records), engine.insertLogs)),
  listTraces: list(query.traces, engine.listTraces, spanKey),
  listSpans: list(query.spans, engine.listSpans, spanKey),
  listLogs: list(query.logs, engine.listLogs, (log) => [log.timestamp, log.logId]),
  listSessions: (options) =>
    Effect.flatMap(query.sessions(options), (checked) => {
      const { query, limit } = oneMore(checked)
      const ascending = query.order.direction === "asc"
      const asOf = Option.map(query.after, ([, , newest]) => newest as bigint)
      return Effect.map(
        engine.listSessions({ ...query, asOf: ascending ? asOf : Option.none() }),
        ({ items, newest }) => {
          const bound = Option.getOrElse(asOf, () => newest)
          return page(items, limit, (session) =>
            checked.cursorAfter([
              query.order.field === "time"
                ? session.lastActivity
                : session.lastActivity - session.firstActivity,
              session.sessionId,
              bound
            ])
          )
        }
      )
    }),
  sessionTimeline: list(query.timeline, engine.sessionTimeline, (item) =>
    item instanceof SpanRecord
      ? [item.startTime, "0", item.traceId + item.spanId]
      : [item.timestamp, "1", item.logId]
  ),
  getTrace: Effect.fnUntraced(function* (id) {
    const traceId = yield* query.traceId(id)
    const spans = yield* engine.traceSpans(traceId, maxTraceSpans + 1)
    if (spans.length === 0) return Option.none()
    const truncated = spans.length > maxTraceSpans
    const trace: Trace = { traceId, spans: treeOrder(truncated ? spans.slice(0, maxTraceSpans) : spans), truncated }
    return Option.some(trace)
  }),
  getSpan: (key) => Effect.flatMap(query.spanKey(key), engine.getSpan),
  getSession: (id) => Effect.flatMap(query.sessionId(id), engine.getSession),
  deleteBefore: (time) => Effect.flatMap(query.time(time), engine.deleteBefore),
  deleteSession: (id) => Effect.flatMap(query.sessionId(id), engine.deleteSession)
})

const spanKey = (span: SpanRecord, order: query.Query<unknown>["order"]): query.Key => [
  order.field === "time"
    ? span.startTime
    : span.endTime === undefined
      ? query.runningDuration(order.direction)
      : span.endTime - span.startTime,
  span.traceId,
  span.spanId
]

/** One row more than shown tells whether there is a next page. */
const oneMore = <Filters>({ query }: query.Checked<Filters>) => ({
  query: { ...query, limit: query.limit + 1 },
  limit: query.limit
})

const list =
  <Filters, Row>(
    check: (options: unknown) => Effect.Effect<query.Checked<Filters>, StorageError>,
    select: Select<Filters, Row>,
    key: (row: Row, order: query.Query<unknown>["order"]) => query.Key
  ) =>
  (options?: unknown): Effect.Effect<PaginatedResult<Row>, StorageError> =>
    Effect.flatMap(check(options), (checked) => {
      const { query, limit } = oneMore(checked)
      return Effect.map(select(query), (rows) =>
        page(rows, limit, (last) => checked.cursorAfter(key(last, query.order)))
      )
    })

const page = <Row>(rows: ReadonlyArray<Row>, limit: number, cursorAfter: (last: Row) => string): PaginatedResult<Row> => {
  const items = rows.length > limit ? rows.slice(0, limit) : rows
  const last = rows.length > limit ? items.at(-1) : undefined
  return { items, nextCursor: last === undefined ? Option.none() : Option.some(cursorAfter(last)) }
}
