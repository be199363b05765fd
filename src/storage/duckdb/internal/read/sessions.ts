/**
 * Sessions, by the table that has one row or few for each.
 */
import type { Fragment } from "@effect/sql/Statement"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { SessionSummary } from "../../../../signal/SessionSummary.js"
import type { SessionQuery } from "../../../Engine.js"
import { compare } from "../../../internal/select.js"
import { earliestTime } from "../../../internal/summarized.js"
import type { DuckDbClient } from "../../DuckDbClient.js"
import * as RollUp from "../rollUp.js"
import type { Tables } from "../table.js"
import { all, where } from "../where.js"
import { after, ordered } from "./page.js"
import { summaries, summary } from "./summaries.js"

/** A session of a page: its state, and its row in the table, if that is the only one. */
interface Found {
  readonly id: string | null
  readonly stamp: string
  readonly first: string | null
  readonly row: string | null
  readonly newest: string | null
  readonly isCurrent: boolean
}

/** The same with its summary, if that is made. */
interface Listed extends Found {
  readonly summary: string | null
}

/** The summary of a row. */
interface Kept {
  readonly id: string
  readonly stamp: string
  readonly summary: string
}

export const make = (sql: DuckDbClient, tables: Tables, rollUp: RollUp.Read, made: Map<string, RollUp.Made>) => {
  const found = pageOf(sql, tables, rollUp)

  /**
   * In a statement of its own, for which DuckDB reads a few rows of a column that is most of the table. A row that meanwhile
   * has another number is as one without a summary, and one that has got its number is of another session or state.
   */
  const page = Effect.fnUntraced(function* (query: SessionQuery) {
    const rows = yield* found(query)
    const asked = rows.flatMap(({ id, row, stamp }) =>
      id === null || row === null || made.get(id)?.stamp === stamp ? [] : [BigInt(row)]
    )
    const kept =
      asked.length === 0
        ? []
        : yield* sql<Kept>`
          SELECT session_id AS id, stamp::VARCHAR AS stamp, summary FROM ${sql.literal(RollUp.nameOf(tables))}
          WHERE ${sql.in("rowid", asked)} AND summary IS NOT NULL`
    const keptOf = new Map(kept.map((row) => [row.id, row]))
    return rows.map((row): Listed => {
      const one = keptOf.get(row.id ?? "")
      return { ...row, summary: one?.stamp === row.stamp ? one.summary : null }
    })
  })

  /** The page, with the summaries that had to be made for it, as they are at one moment. */
  const complete = (query: SessionQuery) =>
    sql.withTransaction(
      Effect.gen(function* () {
        const rows = yield* page(query)
        const lacking = rows.flatMap(({ first, id, ...row }) =>
          id === null || known(made, { id, ...row }) !== undefined ? [] : [{ id, first }]
        )
        const [from] = lacking.map(({ first }) => (first === null ? earliestTime : BigInt(first))).sort(compare)
        const ids = lacking.map(({ id }) => id)
        const stamps = new Map(rows.map(({ id, stamp }) => [id, stamp]))
        for (const summary of isCurrent(rows) ? yield* summaries(sql, tables, ids, from) : []) {
          remember(made, { stamp: stamps.get(summary.sessionId) ?? "", summary })
        }
        return rows
      })
    )

  const list = Effect.fnUntraced(function* (query: SessionQuery) {
    yield* rollUp.written
    const rows = yield* page(query)
    if (!isCurrent(rows)) return yield* alone(query)
    if (rows.every((row) => row.id === null || known(made, row) !== undefined)) return rows
    const completed = yield* complete(query)
    return isCurrent(completed) ? completed : yield* alone(query)
  })

  /** The same while nobody else writes, so that the table is behind only where it has to be made anew. */
  const alone = (query: SessionQuery) =>
    Effect.gen(function* () {
      yield* rollUp.write
      if (!isCurrent(yield* page(query))) yield* rollUp.rebuild
      return yield* complete(query)
    }).pipe(sql.withWriteLock)

  return {
    listSessions: (query: SessionQuery) =>
      Effect.map(list(query), (rows) => ({
        items: rows.flatMap((row) => known(made, row) ?? []),
        newest: BigInt(rows[0]?.newest ?? 0)
      })),
    getSession: (sessionId: string) => summary(sql, tables, sessionId)
  }
}

const isCurrent = (rows: ReadonlyArray<Listed>): boolean => rows.every((row) => row.isCurrent)

/** As many summaries as are held in memory, until they are written. */
const maxMade = 1_100

const remember = (made: Map<string, RollUp.Made>, one: RollUp.Made): void => {
  made.delete(one.summary.sessionId)
  made.set(one.summary.sessionId, one)
  const [oldest] = made.keys()
  if (made.size > maxMade && oldest !== undefined) made.delete(oldest)
}

const known = (
  made: Map<string, RollUp.Made>,
  { id, stamp, summary }: Pick<Listed, "id" | "stamp" | "summary">
): SessionSummary | undefined => {
  const held = made.get(id ?? "")
  return held?.stamp === stamp ? held.summary : summary === null ? undefined : RollUp.summaryOf(summary)
}

/** A page of sessions, or one row without one that tells of all. */
const pageOf = (sql: DuckDbClient, tables: Tables, rollUp: RollUp.Read) => {
  const table = sql.literal(RollUp.nameOf(tables))
  const [spans, logs] = [sql.literal(tables.spans.quoted), sql.literal(tables.logs.quoted)]
  const duration = sql`last_activity::HUGEINT - first_activity`

  /** Sessions of which some record meets a condition, each for itself. */
  const among = ({ hasError, ofRecords, ofSpans, sessionId }: SessionQuery): ReadonlyArray<Fragment> => [
    ...(sessionId === undefined ? [] : [sql`session_id = ${sessionId}`]),
    ...ofRecords.map(
      (condition) => sql`session_id IN (
        SELECT session_id FROM ${spans} WHERE ${where(sql, tables.spans)(condition)}
        UNION ALL SELECT session_id FROM ${logs} WHERE ${where(sql, tables.logs)(condition)})`
    ),
    ...ofSpans.map(
      (condition) => sql`session_id IN (SELECT session_id FROM ${spans} WHERE ${where(sql, tables.spans)(condition)})`
    ),
    ...(hasError === undefined
      ? []
      : [
          sql`session_id ${sql.literal(hasError ? "IN" : "NOT IN")} (
            SELECT session_id FROM ${spans} WHERE status = 'error' AND NOT replayed AND session_id IS NOT NULL)`
        ])
  ]

  const ofSession = ({ firstActivityBefore, lastActivityFrom, minDuration }: SessionQuery) => [
    ...(lastActivityFrom === undefined ? [] : [sql`last_activity >= ${lastActivityFrom}`]),
    ...(firstActivityBefore === undefined ? [] : [sql`first_activity < ${firstActivityBefore}`]),
    ...(minDuration === undefined ? [] : [sql`${duration} >= ${minDuration}`])
  ]

  return (query: SessionQuery) => {
    const first = query.order.field === "time" ? sql`last_activity` : duration
    const shown = Option.map(query.asOf, (time) => sql`last_activity <= ${time}`)
    return sql<Found>`
      WITH sessions AS MATERIALIZED (
        SELECT session_id, min(first_activity) AS first_activity, max(last_activity) AS last_activity,
          bit_xor(stamp) AS stamp, CASE WHEN count(*) = 1 THEN max(rowid) END AS row_id
        FROM ${table} WHERE session_id IS NOT NULL AND ${all(sql, among(query))}
        GROUP BY session_id HAVING sum(coalesce(spans, 0) + coalesce(logs, 0)) > 0 AND ${all(sql, ofSession(query))}
      ), page AS MATERIALIZED (
        SELECT * FROM sessions WHERE ${all(sql, [...Option.toArray(shown), ...after(sql, query, first, ["session_id"])])}
        ORDER BY ${first} ${ordered(sql, query, "", "session_id")} LIMIT ${query.limit}
      )
      SELECT page.session_id AS id, page.stamp::VARCHAR AS stamp, page.first_activity::VARCHAR AS first,
        page.row_id::VARCHAR AS "row", (SELECT max(last_activity) FROM sessions)::VARCHAR AS newest, whole.is_current AS "isCurrent"
      FROM (SELECT ${rollUp.isCurrent} AS is_current) AS whole LEFT JOIN page ON true
      ORDER BY ${query.order.field === "time" ? sql`page.last_activity` : sql`page.last_activity::HUGEINT - page.first_activity`}
        ${ordered(sql, query, "", "page.session_id")}`
  }
}
