/**
 * The queries. Rows are found and ordered by their light columns, and the payload is read for those that are returned. An
 * index of DuckDB is used only where equality with constants is all that a scan asks, so such a scan stands alone, as a
 * materialized table, before the rest of the query.
 */
import type { SqlError } from "@effect/sql/SqlError"
import type { Fragment } from "@effect/sql/Statement"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { LogRecord } from "../../../signal/LogRecord.js"
import type { SessionSummary } from "../../../signal/SessionSummary.js"
import type { SpanRecord } from "../../../signal/SpanRecord.js"
import type { Engine } from "../../internal/engine.js"
import { mapInTurns } from "../../internal/eventLoop.js"
import { type LogFilters, type Query, runningDuration, type SpanFilters, spanKey } from "../../internal/query.js"
import { entrySpan, select } from "../../internal/select.js"
import type { StorageError } from "../../StorageError.js"
import type { DuckDbClient } from "../DuckDbClient.js"
import { decodeLog, decodeSpan, decodeSummary, type JsonRow, logJson, spanJson } from "./decode.js"
import * as Filters from "./filters.js"
import type { Names } from "./schema.js"

type Reads = {
  readonly [K in ReadMethod]: WithSqlError<Engine[K]>
}

type ReadMethod =
  | "listTraces"
  | "listSpans"
  | "listLogs"
  | "listSessions"
  | "sessionTimeline"
  | "traceSpans"
  | "getSpan"
  | "getSession"

interface TraceKey {
  readonly trace_key: number
  readonly trace_id: string
}

type WithSqlError<F> = F extends (...args: infer Args) => Effect.Effect<infer A, StorageError>
  ? (...args: Args) => Effect.Effect<A, SqlError | StorageError>
  : never

/** As many rows as an index gives faster than a scan. */
const fewRows = 2000
/** As many values as an index is asked for at once. */
const fewValues = 100

const tracesOf = (rows: ReadonlyArray<TraceKey>): ReadonlyMap<string, number> =>
  new Map(rows.map((row) => [row.trace_id, row.trace_key]))

/** What an engine reads, from the tables of one prefix. */
export const make = (sql: DuckDbClient, name: Names): Reads => {
  const spans = sql.literal(name.spans)
  const logs = sql.literal(name.logs)
  const filters = Filters.make(sql)

  /** Rows as a table of a query: materialized with their payload where they are few, else read twice. */
  const rowsWhere = (table: Fragment, condition: Fragment, few: boolean) =>
    sql`${sql.literal(few ? "MATERIALIZED" : "NOT MATERIALIZED")} (SELECT rowid AS id, * FROM ${table} WHERE ${condition})`

  const rowsOfSession = (table: Fragment, sessionId: string): Effect.Effect<Fragment, SqlError> => {
    const condition = sql`session_id = ${sessionId}`
    return sql<{ readonly n: number }>`SELECT count(*)::INTEGER AS n FROM ${table} WHERE ${condition}`.pipe(
      Effect.map(([row]) => rowsWhere(table, condition, row === undefined || row.n <= fewRows))
    )
  }

  const rows = (table: Fragment, { sessionId }: { readonly sessionId?: string | undefined }) =>
    sessionId === undefined ? Effect.succeed(rowsWhere(table, sql`true`, false)) : rowsOfSession(table, sessionId)

  const position = ({ order }: Query<unknown>) =>
    order.field === "time"
      ? sql`start_time`
      : sql`coalesce(end_time::HUGEINT - start_time, ${runningDuration(order.direction)}::HUGEINT)`

  /** Columns in the direction of a query. */
  const ordered = ({ order }: Query<unknown>, ...columns: Array<string>) =>
    sql.literal(columns.map((column) => `${column} ${order.direction}`).join(", "))

  /** What comes after the key of a query. The first condition says less than the second: a scan can skip rows by it. */
  const after = (asked: Query<unknown>, first: Fragment, ...ids: Array<string>): ReadonlyArray<Fragment> =>
    Option.match(asked.after, {
      onNone: () => [],
      onSome: ([from, ...key]) => {
        const beyond = sql.literal(asked.order.direction === "asc" ? ">" : "<")
        const tied = ids.reduceRight(
          (rest: Fragment, id, i) =>
            sql`(${sql.literal(id)} ${beyond} ${key[i]} OR (${sql.literal(id)} = ${key[i]} AND ${rest}))`,
          sql`false`
        )
        return [sql`${first} ${beyond}= ${from}`, sql`(${first} ${beyond} ${from} OR ${tied})`]
      }
    })

  /**
   * Conditions that only the rows of a page meet, and those of the same time as its last. Rows are stored about in the
   * order of time, so that a sort from the newest would take every row for one of the page while it reads them.
   */
  const onPage = (
    { filters, limit, order }: Query<LogFilters>,
    table: Fragment,
    time: Fragment,
    conditions: ReadonlyArray<Fragment>
  ): Fragment => {
    const all = sql.and([sql`true`, ...conditions])
    const isDear = filters.search !== undefined || filters.tags !== undefined || filters.metadata !== undefined
    return order.field !== "time" || order.direction === "asc" || isDear
      ? all
      : sql.and([all, sql`${time} >= (SELECT list_min(max(${time}, ${limit})) FROM ${table} WHERE ${all})`])
  }

  const summaries = (ids: ReadonlyArray<string>): Effect.Effect<ReadonlyArray<SessionSummary>, SqlError> => {
    const among = ids.length <= fewValues ? sql.in("session_id", ids) : sql`session_id IN ${unnest(ids)}`
    return sql<JsonRow>`
      WITH span_rows AS MATERIALIZED (
        SELECT session_id, trace_id, start_time, end_time, user_id, span_type, status, input_tokens, output_tokens,
          cost_usd, replayed FROM ${spans} WHERE ${among}
      ), log_rows AS MATERIALIZED (
        SELECT session_id, timestamp, user_id FROM ${logs} WHERE ${among}
      ), of_spans AS (
        SELECT session_id, min(start_time) AS first_activity, max(greatest(start_time, end_time)) AS last_activity,
          count(DISTINCT trace_id) AS traces, count(*) AS spans,
          count(*) FILTER (WHERE status = 'error' AND NOT replayed) AS errors,
          sum(input_tokens) FILTER (WHERE span_type = 'model_generation' AND NOT replayed) AS input_tokens,
          sum(output_tokens) FILTER (WHERE span_type = 'model_generation' AND NOT replayed) AS output_tokens,
          sum(cost_usd) FILTER (WHERE span_type = 'model_generation' AND NOT replayed) AS cost_usd,
          list(DISTINCT user_id) FILTER (WHERE user_id IS NOT NULL) AS users
        FROM span_rows GROUP BY session_id
      ), of_logs AS (
        SELECT session_id, min(timestamp) AS first_activity, max(timestamp) AS last_activity, count(*) AS logs,
          list(DISTINCT user_id) FILTER (WHERE user_id IS NOT NULL) AS users
        FROM log_rows GROUP BY session_id
      )
      SELECT to_json({
        sessionId: session_id,
        firstActivity: least(of_spans.first_activity, of_logs.first_activity)::VARCHAR,
        lastActivity: greatest(of_spans.last_activity, of_logs.last_activity)::VARCHAR,
        traces: coalesce(traces, 0), spans: coalesce(spans, 0), errors: coalesce(errors, 0), logs: coalesce(logs, 0),
        inputTokens: coalesce(input_tokens, 0), outputTokens: coalesce(output_tokens, 0),
        costUsd: greatest(least(coalesce(cost_usd, 0), 1.7976931348623157e308), -1.7976931348623157e308),
        users: list_concat(coalesce(of_spans.users, []), coalesce(of_logs.users, []))
      })::VARCHAR AS json
      FROM of_spans FULL JOIN of_logs USING (session_id)`.pipe(
      Effect.flatMap((rows) => mapInTurns(rows, decodeSummary)),
      Effect.map((found) => {
        const byId = new Map<string, SessionSummary>(found.map((summary) => [summary.sessionId, summary]))
        return ids.flatMap((id) => byId.get(id) ?? [])
      })
    )
  }

  const unnest = (values: ReadonlyArray<string>) =>
    sql`(SELECT unnest(from_json(${JSON.stringify(values)}, '["VARCHAR"]')))`

  /** Conditions as the further columns of a table. */
  const flags = (conditions: ReadonlyArray<Fragment>) =>
    conditions.reduce(
      (columns: Fragment, condition, i) => sql`${columns}, ${condition} AS ${sql.literal(`matches${i}`)}`,
      sql``
    )

  /** The traces of which some span matches each condition. */
  const tracesWhere = (conditions: ReadonlyArray<Fragment>) =>
    conditions
      .map((condition) => sql`SELECT trace_key, trace_id FROM ${spans} WHERE ${condition}`)
      .reduce((left, right) => sql`${left} INTERSECT ${right}`)

  /** The entry spans of traces that fit into the page: their rows are so few that they are chosen among here. */
  const entrySpansOf = (
    asked: Query<unknown>,
    traces: ReadonlyMap<string, number>,
    conditions: ReadonlyArray<Fragment>
  ) =>
    sql<JsonRow & { readonly matches: boolean | null }>`
      SELECT ${sql.literal(spanJson(name.spans))} AS json, ${sql.and([sql`true`, ...conditions])} AS matches
      FROM ${spans} WHERE ${sql.in("entry_key", Array.from(traces.values()))}`.pipe(
      Effect.flatMap((rows) => mapInTurns(rows, (row) => ({ span: decodeSpan(row), matches: row.matches }))),
      Effect.map((rows) => {
        const matching = new Set(rows.filter((row) => row.matches).map((row) => row.span))
        const byTrace = Arr.groupBy(
          rows.map((row) => row.span),
          (span) => span.traceId
        )
        const entries = Array.from(traces.keys()).flatMap((traceId) => entrySpan(byTrace[traceId] ?? []) ?? [])
        return select(
          entries.filter((span) => matching.has(span)),
          spanKey,
          asked
        )
      })
    )

  /** The entry spans of any number of traces: those of the rows that may be one, until the page is full. */
  const entrySpans = Effect.fnUntraced(function* (asked: Query<SpanFilters>, conditions: ReadonlyArray<Fragment>) {
    const entries: Array<SpanRecord> = []
    let rest = asked
    while (true) {
      const candidates = yield* sql<TraceKey & { readonly span_id: string; readonly position: string }>`
        SELECT trace_key, trace_id, span_id, (${position(asked)})::VARCHAR AS position FROM ${spans}
        WHERE ${onPage(asked, spans, sql`start_time`, [
          sql`entry_key IS NOT NULL`,
          ...conditions,
          ...after(rest, position(asked), "trace_id", "span_id")
        ])}
        ORDER BY ${position(asked)} ${ordered(asked, "", "trace_id", "span_id")} LIMIT ${asked.limit}`
      const last = candidates.at(-1)
      if (last === undefined) return entries
      const ids = new Set(candidates.map((row) => row.trace_id + row.span_id))
      const found = yield* entrySpansOf(rest, tracesOf(candidates), [])
      entries.push(...found.filter((span) => ids.has(span.traceId + span.spanId)))
      if (candidates.length < asked.limit || entries.length >= asked.limit) return entries.slice(0, asked.limit)
      rest = { ...asked, after: Option.some([BigInt(last.position), last.trace_id, last.span_id]) }
    }
  })

  return {
    listTraces: Effect.fnUntraced(function* (asked) {
      const some = filters.ofSomeSpan(asked.filters)
      const ofEntry = filters.ofEntrySpan(asked.filters, spans)
      if (some.length === 0) return yield* entrySpans(asked, ofEntry)
      const found = yield* sql<TraceKey>`${tracesWhere(some)} LIMIT ${fewRows + 1}`
      const traces = tracesOf(found)
      return found.length <= fewRows && traces.size <= asked.limit
        ? yield* entrySpansOf(asked, traces, ofEntry)
        : yield* entrySpans(asked, [...ofEntry, sql`trace_id IN (SELECT trace_id FROM (${tracesWhere(some)}))`])
    }),
    listSpans: Effect.fnUntraced(function* (asked) {
      const source = yield* rows(spans, asked.filters)
      const conditions = [...filters.ofSpan(asked.filters), ...after(asked, position(asked), "trace_id", "span_id")]
      const found = yield* sql<JsonRow>`
        WITH rows AS ${source}, page AS MATERIALIZED (
          SELECT id, ${position(asked)} AS position, trace_id, span_id FROM rows
          WHERE ${onPage(asked, sql`rows`, sql`start_time`, conditions)}
          ORDER BY ${ordered(asked, "position", "trace_id", "span_id")} LIMIT ${asked.limit}
        )
        SELECT ${sql.literal(spanJson("rows"))} AS json FROM page JOIN rows ON rows.id = page.id
        ORDER BY ${ordered(asked, "page.position", "page.trace_id", "page.span_id")}`
      return yield* mapInTurns(found, decodeSpan)
    }),
    listLogs: Effect.fnUntraced(function* (asked) {
      const source = yield* rows(logs, asked.filters)
      const conditions = [...filters.ofLog(asked.filters), ...after(asked, sql`timestamp`, "log_id")]
      const found = yield* sql<JsonRow>`
        WITH rows AS ${source}, page AS MATERIALIZED (
          SELECT id, timestamp, log_id FROM rows
          WHERE ${onPage(asked, sql`rows`, sql`timestamp`, conditions)}
          ORDER BY ${ordered(asked, "timestamp", "log_id")} LIMIT ${asked.limit}
        )
        SELECT ${sql.literal(logJson("rows"))} AS json FROM page JOIN rows ON rows.id = page.id
        ORDER BY ${ordered(asked, "page.timestamp", "page.log_id")}`
      return yield* mapInTurns(found, decodeLog)
    }),
    listSessions: Effect.fnUntraced(function* (asked) {
      const { ofLogs, ofRow, ofSession, ofSpans } = filters.ofSessions(asked.filters)
      const first = asked.order.field === "time" ? sql`last_activity` : sql`last_activity::HUGEINT - first_activity`
      const asOf = Option.map(asked.asOf, (time) => sql`last_activity <= ${time}`)
      const ids = yield* sql<{ readonly id: string; readonly newest: string }>`
        WITH rows AS (
          SELECT session_id, start_time AS first_activity, greatest(start_time, end_time) AS last_activity,
            status = 'error' AND NOT replayed AS failed${flags(ofSpans)}
          FROM ${spans} WHERE ${ofRow}
          UNION ALL
          SELECT session_id, timestamp, timestamp, false${flags(ofLogs)}
          FROM ${logs} WHERE ${ofRow}
        ), matching AS (
          SELECT session_id, min(first_activity) AS first_activity, max(last_activity) AS last_activity,
            bool_or(failed) AS failed
          FROM rows GROUP BY session_id
          HAVING ${sql.and([sql`true`, ...ofSpans.map((_, i) => sql.literal(`bool_or(matches${i})`))])}
        ), sessions AS MATERIALIZED (SELECT * FROM matching WHERE ${sql.and([sql`true`, ...ofSession])})
        SELECT session_id AS id, (SELECT max(last_activity) FROM sessions)::VARCHAR AS newest FROM sessions
        WHERE ${sql.and([sql`true`, ...Option.toArray(asOf), ...after(asked, first, "session_id")])}
        ORDER BY ${first} ${ordered(asked, "", "session_id")} LIMIT ${asked.limit}`
      const items = yield* summaries(ids.map((row) => row.id))
      return { items, newest: BigInt(ids[0]?.newest ?? 0) }
    }),
    sessionTimeline: Effect.fnUntraced(function* (asked) {
      const { sessionId } = asked.filters
      const found = yield* sql<JsonRow & { readonly kind: string }>`
        WITH span_rows AS ${yield* rowsOfSession(spans, sessionId)},
        log_rows AS ${yield* rowsOfSession(logs, sessionId)},
        items AS (
          SELECT id, start_time AS time, '0' AS kind, trace_id || span_id AS key FROM span_rows WHERE entry_key IS NOT NULL
          UNION ALL
          SELECT id, timestamp, '1', log_id FROM log_rows
        ), page AS MATERIALIZED (
          SELECT * FROM items WHERE ${sql.and([sql`true`, ...after(asked, sql`time`, "kind", "key")])}
          ORDER BY time, kind, key LIMIT ${asked.limit}
        )
        SELECT kind, json FROM (
          SELECT page.*, ${sql.literal(spanJson("span_rows"))} AS json
          FROM page JOIN span_rows ON span_rows.id = page.id WHERE page.kind = '0'
          UNION ALL
          SELECT page.*, ${sql.literal(logJson("log_rows"))}
          FROM page JOIN log_rows ON log_rows.id = page.id WHERE page.kind = '1'
        ) ORDER BY time, kind, key`
      return yield* mapInTurns<(typeof found)[number], SpanRecord | LogRecord>(found, (row) =>
        row.kind === "0" ? decodeSpan(row) : decodeLog(row)
      )
    }),
    traceSpans: (traceId, limit) =>
      sql<JsonRow>`
        SELECT ${sql.literal(spanJson(name.spans))} AS json FROM ${spans} WHERE ${filters.inTrace(traceId)}
        ORDER BY start_time, span_id LIMIT ${limit}`.pipe(Effect.flatMap((rows) => mapInTurns(rows, decodeSpan))),
    getSpan: ({ spanId, traceId }) =>
      sql<JsonRow>`
        SELECT ${sql.literal(spanJson(name.spans))} AS json FROM ${spans}
        WHERE ${filters.inTrace(traceId)} AND span_id = ${spanId}`.pipe(
        Effect.flatMap((rows) => mapInTurns(rows, decodeSpan)),
        Effect.map(([span]) => Option.fromNullable(span))
      ),
    getSession: (sessionId) => Effect.map(summaries([sessionId]), ([summary]) => Option.fromNullable(summary))
  }
}
