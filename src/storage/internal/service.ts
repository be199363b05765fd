/**
 * The `Storage` over an engine: arguments are checked, pages cut and cursors made here, once for all engines.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type RecordOf, type SignalName, signalOf, signals } from "../../signal/signals.js"
import type { Engine, Key, Page } from "../Engine.js"
import type { StorageError } from "../StorageError.js"
import type { OrderBy, PaginatedResult, StorageService, Trace, TraceOutline } from "../StorageService.js"
import * as Aggregate from "./aggregate.js"
import { complete } from "./derived.js"
import { invalidArgument } from "./errors.js"
import * as query from "./query.js"
import { treeOrder } from "./tree.js"
import { check } from "./validate.js"

const maxTraceSpans = 10_000
const maxOutlineSpans = 100_000

/** The service over an engine. */
export const make = (given: Engine): StorageService => {
  const engine = complete(given)

  const insert =
    <N extends SignalName>(name: N) =>
    (records: ReadonlyArray<RecordOf<N>>): Effect.Effect<void, StorageError> => {
      if (!Array.isArray(records)) return invalidArgument("records", "expected an array")
      if (records.length === 0) return Effect.void
      return Effect.flatMap(check(signalOf(name), records), (checked) => engine.insert(name, checked))
    }

  const listOf = <N extends SignalName>(name: N) =>
    list(query.lists[name], (asked) => engine.select(name, asked), query.recordKey(signals[name]))

  return {
    insertSpans: insert("spans"),
    insertLogs: insert("logs"),
    insertMetrics: insert("metrics"),
    insertScores: insert("scores"),
    listTraces: list(query.traces, engine.listTraces, query.spanKey),
    listSpans: listOf("spans"),
    listLogs: listOf("logs"),
    listMetrics: listOf("metrics"),
    listScores: listOf("scores"),
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
      const ordered = yield* treeOrder(truncated ? spans.slice(0, maxTraceSpans) : spans)
      return Option.some<Trace>({ traceId, spans: ordered, truncated })
    }),
    traceOutline: Effect.fnUntraced(function* (id) {
      const traceId = yield* query.traceId(id)
      const spans = yield* engine.traceOutline(traceId, maxOutlineSpans + 1)
      if (spans.length === 0) return Option.none()
      const truncated = spans.length > maxOutlineSpans
      const ordered = yield* treeOrder(truncated ? spans.slice(0, maxOutlineSpans) : spans)
      return Option.some<TraceOutline>({ traceId, spans: ordered, truncated })
    }),
    getSpan: (key) => Effect.flatMap(query.spanId(key), engine.getSpan),
    getSession: (id) => Effect.flatMap(query.sessionId(id), engine.getSession),
    aggregate: Aggregate.make(engine.aggregate) as StorageService["aggregate"],
    deleteBefore: (time) => Effect.flatMap(query.time(time), engine.deleteBefore),
    deleteSession: (id) => Effect.flatMap(query.sessionId(id), engine.deleteSession)
  }
}

/** A list of one row more than asked for, which tells whether there is a next page. */
const list =
  <Asked, Row>(
    check: (options: unknown) => Effect.Effect<query.Checked<Asked>, StorageError>,
    select: (query: Asked & Page) => Effect.Effect<ReadonlyArray<Row>, StorageError>,
    key: (row: Row, order: OrderBy) => Key
  ) =>
  (options?: unknown): Effect.Effect<PaginatedResult<Row>, StorageError> =>
    Effect.flatMap(check(options), ({ cursorAfter, query }) =>
      Effect.map(select({ ...query, limit: query.limit + 1 }), (rows) =>
        page(rows, query.limit, (last) => cursorAfter(key(last, query.order)))
      )
    )

/** Cuts off the one row more. */
const page = <Row>(
  rows: ReadonlyArray<Row>,
  limit: number,
  cursorAfter: (last: Row) => string
): PaginatedResult<Row> => {
  const items = rows.length > limit ? rows.slice(0, limit) : rows
  const last = rows.length > limit ? items.at(-1) : undefined
  return { items, nextCursor: last === undefined ? Option.none() : Option.some(cursorAfter(last)) }
}
