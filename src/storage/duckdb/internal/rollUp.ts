/**
 * All that a list of sessions needs, kept beside the records: when each session was active, how many records it has, and its
 * summary once that was made.
 *
 * The table is a log. Insertions and deletions append a row for a session that they concern: the times of its new records,
 * and how many more records there are, or fewer. The first time, the last time and the sums of the rows of a session are
 * those of its records. A row has a summary where it is the only one of its session: the next row of the session makes
 * that void. In the background, the rows of a session become one again.
 *
 * The rows for new records wait in memory, and are written once for several insertions: at the latest before somebody
 * reads the table, before records are replaced or deleted, which happens in one transaction with its rows, and after a few
 * seconds. So the table may lack some of the records, and never has one that is not there.
 *
 * A release that did not know the table, or somebody with SQL, may have changed the records. What that one inserted lacks
 * the mark `in_sessions`, and what it deleted is missing in the number of records: then the table is made anew. So it is
 * when a process ends while rows wait.
 */
import type { SqlError } from "@effect/sql/SqlError"
import type { Fragment } from "@effect/sql/Statement"
import * as Effect from "effect/Effect"
import { globalValue } from "effect/GlobalValue"
import * as Option from "effect/Option"
import { spanId } from "../../../runtime/ids.js"
import type { LogRecord } from "../../../signal/LogRecord.js"
import { SessionSummary } from "../../../signal/SessionSummary.js"
import type { SpanRecord } from "../../../signal/SpanRecord.js"
import { type SessionSignal, type SignalName, sessionSignals } from "../../../signal/signals.js"
import type { DuckDbClient } from "../DuckDbClient.js"
import { mark } from "./layout.js"
import type { Column, Table, Tables } from "./table.js"
import * as Text from "./text.js"

/** The columns of the table of sessions. */
export const columns: ReadonlyArray<Pick<Column<never>, "name" | "type">> = [
  { name: "session_id", type: "VARCHAR" },
  { name: "first_activity", type: "BIGINT" },
  { name: "last_activity", type: "BIGINT" },
  { name: "spans", type: "BIGINT" },
  { name: "logs", type: "BIGINT" },
  { name: "scores", type: "BIGINT" },
  // Drawn for each change: those of a session joined tell whether a summary is that of the session as it is now.
  { name: "stamp", type: "BIGINT" },
  // Records that reached to its times may be gone, or records may be stored that nobody counted.
  { name: "shrunk", type: "BOOLEAN" },
  { name: "summary", type: "VARCHAR" }
]

/** A stored record that a new one takes the place of. */
export interface Replaced {
  readonly id: string
  readonly session: string | null
  readonly first: string
  readonly last: string
}

/** For a statement that selects what `Replaced` has, by the key of a record. */
export const replacedColumns = ({ hasSession, key, signal, time }: Table): string =>
  `${key.join(" || ")} AS id, ${hasSession ? "session_id" : "NULL"} AS session, ${time}::VARCHAR AS first,
  ${signal.name === "spans" ? "greatest(start_time, end_time)" : time}::VARCHAR AS last`

export type RollUp = ReturnType<typeof make>

/** The statements of a roll-up that a list of sessions needs. */
export interface Read {
  readonly isCurrent: Fragment
  readonly rebuild: Effect.Effect<unknown, SqlError>
  readonly write: Effect.Effect<unknown, SqlError>
  readonly written: Effect.Effect<unknown, SqlError>
}

/** For a file that is only read: where the table is not that of the records, another one takes its place. */
export const makeReadOnly = (sql: DuckDbClient, tables: Tables): Read => {
  const name = nameOf(tables)
  let isMade = false
  return {
    get isCurrent() {
      return isMade ? sql`true` : isCurrent(sql, tables)
    },
    rebuild: Effect.gen(function* () {
      yield* sql.unsafe(`CREATE OR REPLACE TEMP TABLE ${name} (${definition})`)
      yield* sql`${insert(sql, name)} ${counted(sql, tables, sql`true`)}`
      isMade = true
    }),
    write: Effect.void,
    written: Effect.void
  }
}

const definition = columns.map(({ name, type }) => `"${name}" ${type}`).join(", ")

export const make = (sql: DuckDbClient, tables: Tables) => {
  const name = nameOf(tables)
  const table = sql.literal(name)

  /** Puts the rows of sessions right that have lost records, or of which nobody knows what they have. */
  const settle = Effect.gen(function* () {
    const shrunk = sql`SELECT session_id FROM ${table} WHERE shrunk`
    yield* sql`DELETE FROM ${table} WHERE shrunk IS DISTINCT FROM true AND session_id IN (${shrunk})`
    yield* sql`${insert(sql, name)} ${counted(sql, tables, sql`session_id IN (${shrunk})`)}`
    yield* sql`DELETE FROM ${table} WHERE shrunk`
  })

  const [rows, append] = [waitingRows(sql, name, settle), appendTo(sql, name)]

  return {
    ...rows,
    /** The rows for records that are inserted in place of others, within the transaction that does so. None may wait. */
    replaced: (signal: SignalName, records: ReadonlyArray<object>, replaced: ReadonlyArray<Replaced>) => {
      if (!isSummed(signal)) return Effect.void
      const changes: Changes = new Map()
      add(changes, signal, records)
      take(changes, signal, replaced)
      return hasShrunk(changes) ? Effect.zipRight(append(changes), settle) : append(changes)
    },
    /** The same for records that meet a condition and are going to be deleted; `settle` follows the deletion. */
    removing: (signal: SignalName, condition: Fragment): Effect.Effect<unknown, SqlError> =>
      isSummed(signal)
        ? sql`
          INSERT INTO ${table} (session_id, ${sql(signal)}, stamp, shrunk)
          SELECT session_id, -count(*), ${stamp()}::BIGINT, session_id IS NOT NULL
          FROM ${sql.literal(tables[signal].quoted)} WHERE ${condition} GROUP BY session_id`
        : Effect.void,
    settle,
    /** Makes the table anew of all records, while nobody else writes and no row waits. */
    rebuild: sql.withTransaction(
      Effect.gen(function* () {
        yield* sql`DELETE FROM ${table}`
        yield* sql`${insert(sql, name)} ${counted(sql, tables, sql`true`)}`
        for (const signal of sessionSignals) {
          yield* sql.unsafe(`UPDATE ${tables[signal].quoted} SET ${mark} = true WHERE ${mark} IS NULL`)
        }
      })
    ),
    /** Whether the table is that of the records. */
    isCurrent: isCurrent(sql, tables),
    /** Keeps summaries, but for those of sessions that have changed since. */
    keep: (made: ReadonlyArray<Made>) =>
      sql
        .withWriteLock(Effect.zipRight(rows.write, sql.withTransaction(merge(sql, name, Option.some(made)))))
        .pipe(Effect.when(() => made.length > 0)),
    /** Differs once there are other records. */
    state: Effect.map(
      sql<{ readonly state: string | null }>`SELECT bit_xor(stamp)::VARCHAR AS state FROM ${table}`,
      ([row]) => row?.state ?? ""
    ),
    /** Makes one row of those that a session has, where all together are many. */
    compact: Effect.gen(function* () {
      const [row] = yield* sql<{ readonly rows: number; readonly sessions: number }>`
        SELECT count(*)::INTEGER AS rows, approx_count_distinct(session_id)::INTEGER AS sessions FROM ${table}`
      const { rows = 0, sessions = 0 } = row ?? {}
      if (rows > 2 * sessions + fewRows) yield* sql.withWriteLock(sql.withTransaction(merge(sql, name, Option.none())))
    }),
    /** Sessions without a summary, those that were active last first. */
    lacking: (limit: number) => sql<Lacking>`
      SELECT session_id AS id, bit_xor(stamp)::VARCHAR AS stamp, min(first_activity)::VARCHAR AS first FROM ${table}
      WHERE session_id IS NOT NULL GROUP BY session_id
      HAVING (count(*) > 1 OR count(summary) = 0) AND sum(spans) + sum(logs) > 0
      ORDER BY max(last_activity) DESC LIMIT ${limit}`
  }
}

const isSummed = (signal: SignalName): signal is SessionSignal =>
  (sessionSignals as ReadonlyArray<string>).includes(signal)

const appendTo = (sql: DuckDbClient, name: string) => (changes: Changes) => sql.unsafe(...insertion(name, changes))

/** The rows that wait. `settle` puts sessions right of which they do not say all. */
const waitingRows = (sql: DuckDbClient, name: string, settle: Effect.Effect<unknown, SqlError>) => {
  const waiting = waitingFor(sql, name)
  const append = appendTo(sql, name)

  /** Writes them, within the write lock. To interrupt it between the rows and what is known of them would write them again. */
  const write = Effect.suspend(() => {
    if (waiting.changes.size === 0) return Effect.void
    const rows = append(waiting.changes)
    return Effect.map(hasShrunk(waiting.changes) ? sql.withTransaction(Effect.zipRight(rows, settle)) : rows, () => {
      waiting.changes = new Map()
      waiting.insertions = 0
    })
  }).pipe(Effect.uninterruptible)

  return {
    write,
    /** Writes them where there are some, which waits for others who write. */
    written: Effect.suspend(() => (waiting.changes.size === 0 ? Effect.void : sql.withWriteLock(write))),
    /** Writes them before an insertion, once there are many. */
    writeMany: Effect.suspend(() =>
      waiting.insertions >= insertionsAtOnce || waiting.changes.size >= manySessions ? write : Effect.void
    ),
    /** Keeps the rows for records that are stored now, and take no place of others. */
    added: (signal: SignalName, records: ReadonlyArray<object>) =>
      Effect.sync(() => {
        if (!isSummed(signal)) return
        add(waiting.changes, signal, records)
        waiting.insertions++
      }),
    /** The same where an insertion was interrupted, or failed: nobody knows what is stored of it. */
    unsure: (signal: SignalName, records: ReadonlyArray<object>) =>
      Effect.sync(() => {
        if (!isSummed(signal)) return
        for (const { sessionId } of records as ReadonlyArray<{ readonly sessionId?: string }>) {
          if (sessionId !== undefined) changeOf(waiting.changes, sessionId).shrunk = true
        }
      })
  }
}

const hasShrunk = (changes: Changes): boolean => Array.from(changes.values()).some(({ shrunk }) => shrunk)

/** More rows than this beside those of sessions are too many to be grouped for each list. */
const fewRows = 20_000

/** The name of the table of sessions, as it stands in SQL. */
export const nameOf = ({ spans }: Tables): string => `"${spans.name.slice(0, -"spans".length)}sessions"`

interface Lacking {
  readonly id: string
  readonly stamp: string
  readonly first: string | null
}

/** A summary, and the state of the session that it was made of. */
export interface Made {
  readonly stamp: string
  readonly summary: SessionSummary
}

interface Change extends Record<SessionSignal, number> {
  first: bigint | undefined
  last: bigint | undefined
  shrunk: boolean
}

/** Changes by session. */
type Changes = Map<string | null, Change>

/** Rows that are to be written, and of how many insertions they are. */
interface Waiting {
  changes: Changes
  insertions: number
}

const insertionsAtOnce = 16
const manySessions = 2_000

/** By the lock that all clients of a file share, and by table. */
const waitings = globalValue(
  "effect-observability/duckdb/sessions",
  () => new WeakMap<DuckDbClient["withWriteLock"], Map<string, Waiting>>()
)

const waitingFor = (sql: DuckDbClient, name: string): Waiting => {
  const ofFile = waitings.get(sql.withWriteLock) ?? new Map<string, Waiting>()
  waitings.set(sql.withWriteLock, ofFile)
  const waiting = ofFile.get(name) ?? { changes: new Map(), insertions: 0 }
  ofFile.set(name, waiting)
  return waiting
}

/** A whole number that hardly comes twice. */
const stamp = (): number => Number.parseInt(spanId().slice(0, 13), 16)

const changeOf = (changes: Changes, session: string | null): Change => {
  const found = changes.get(session)
  if (found !== undefined) return found
  const change = { first: undefined, last: undefined, spans: 0, logs: 0, scores: 0, shrunk: false }
  changes.set(session, change)
  return change
}

/** Adds records that are inserted. */
const add = (changes: Changes, signal: SessionSignal, records: ReadonlyArray<object>): void => {
  for (const record of records as ReadonlyArray<{ readonly sessionId?: string }>) {
    const change = changeOf(changes, record.sessionId ?? null)
    change[signal]++
    if (signal === "scores") continue
    const { endTime, startTime } = record as SpanRecord
    const first = signal === "spans" ? startTime : (record as LogRecord).timestamp
    const last = signal === "spans" && endTime !== undefined && endTime > startTime ? endTime : first
    if (change.first === undefined || first < change.first) change.first = first
    if (change.last === undefined || last > change.last) change.last = last
  }
}

/** Takes those away of which records take the place. */
const take = (changes: Changes, signal: SessionSignal, replaced: ReadonlyArray<Replaced>): void => {
  for (const { first, last, session } of replaced) {
    const change = changeOf(changes, session)
    change[signal]--
    // A session that has a new record before and after it has not lost its ends.
    if (session === null || signal === "scores" || change.shrunk) continue
    const isWithin =
      change.first !== undefined &&
      change.last !== undefined &&
      change.first <= BigInt(first) &&
      change.last >= BigInt(last)
    change.shrunk = !isWithin
  }
}

const insertion = (name: string, changes: Changes) => {
  const rows = Array.from(changes)
  const column = (name: string, type: string, value: (change: Change, session: string | null) => unknown) => ({
    name,
    decode: (text: string) => (type === "VARCHAR" ? text : `${text}::${type}`),
    isText: type === "VARCHAR",
    cells: rows.map(([session, change]) => {
      const cell = value(change, session)
      return cell === undefined || cell === null ? null : String(cell)
    })
  })
  return Text.insertion(name, rows.length, [
    column("session_id", "VARCHAR", (_, session) => session),
    column("first_activity", "BIGINT", ({ first }) => first),
    column("last_activity", "BIGINT", ({ last }) => last),
    ...sessionSignals.map((signal) => column(signal, "BIGINT", (change) => change[signal])),
    { ...column("stamp", "BIGINT", () => null), cells: String(stamp()) },
    column("shrunk", "BOOLEAN", ({ shrunk }) => (shrunk ? true : null))
  ])
}

const insert = (sql: DuckDbClient, name: string): Fragment =>
  sql`INSERT INTO ${sql.literal(name)} (session_id, first_activity, last_activity, spans, logs, scores, stamp)`

/** One row for each session, counted anew. */
const counted = (sql: DuckDbClient, { logs, scores, spans }: Tables, condition: Fragment): Fragment => {
  const from = ({ quoted }: Table) => sql`FROM ${sql.literal(quoted)} WHERE ${condition} GROUP BY session_id`
  return sql`
    SELECT session_id, min(first_activity), max(last_activity), sum(spans), sum(logs), sum(scores), ${stamp()}::BIGINT FROM (
      SELECT session_id, min(start_time) AS first_activity, max(greatest(start_time, end_time)) AS last_activity,
        count(*) AS spans, 0 AS logs, 0 AS scores ${from(spans)}
      UNION ALL SELECT session_id, min(timestamp), max(timestamp), 0, count(*), 0 ${from(logs)}
      UNION ALL SELECT session_id, NULL, NULL, 0, 0, count(*) ${from(scores)}
    ) GROUP BY session_id ORDER BY 3`
}

/** Whether all records have the mark, and are as many as the rows of the table say. */
const isCurrent = (sql: DuckDbClient, tables: Tables): Fragment => {
  const equal = sessionSignals.map(
    (signal) =>
      sql`(SELECT count(*) = count(${sql(mark)}) AND count(*) = (SELECT coalesce(sum(${sql(signal)}), 0) FROM ${sql.literal(nameOf(tables))})
        FROM ${sql.literal(tables[signal].quoted)})`
  )
  return sql.and(equal)
}

/** Puts one row in place of those of each session, with the summaries given where they are those of the rows. */
const merge = Effect.fnUntraced(function* (sql: DuckDbClient, name: string, made: Option.Option<ReadonlyArray<Made>>) {
  const table = sql.literal(name)
  const [row] = yield* sql<{ readonly last: string | null }>`SELECT max(rowid)::VARCHAR AS last FROM ${table}`
  const last = row?.last ?? "-1"
  const sums = sql`session_id, min(first_activity), max(last_activity), sum(spans), sum(logs), sum(scores), bit_xor(stamp)`
  const into = sql`INSERT INTO ${table} (session_id, first_activity, last_activity, spans, logs, scores, stamp, summary)`
  yield* Option.match(made, {
    onNone: () => sql`${into} SELECT ${sums}, NULL FROM ${table} GROUP BY session_id HAVING count(*) > 1`,
    onSome: (made) => {
      const rows = made.map(({ stamp, summary }) => ({ id: summary.sessionId, stamp, summary: textOf(summary) }))
      return sql`${into}
        SELECT ${sums}, made.summary FROM ${table} JOIN (
          SELECT unnest(from_json(${JSON.stringify(rows)}, '[{"id":"VARCHAR","stamp":"BIGINT","summary":"VARCHAR"}]'), recursive := true)
        ) AS made(id, known, summary) ON session_id = id GROUP BY session_id, known, made.summary HAVING bit_xor(stamp) = known
        ORDER BY 3`
    }
  })
  // Rows of a transaction have larger ids than those that were there before.
  yield* sql`
    DELETE FROM ${table} WHERE rowid <= ${last}::BIGINT AND coalesce(session_id, '') IN (
      SELECT coalesce(session_id, '') FROM ${table} WHERE rowid > ${last}::BIGINT)`
})

/** Names what a summary has: one that an older release has made may lack some of it. */
const format = Object.keys(SessionSummary.fields).join()

const textOf = (summary: SessionSummary): string => JSON.stringify({ format, ...summary.toJSON() })

/** A summary from its text; none where another release has made it. */
export const summaryOf = (text: string): SessionSummary | undefined => {
  const { format: given, ...fields } = JSON.parse(text)
  if (given !== format) return undefined
  const { firstActivity, lastActivity } = fields
  return new SessionSummary(
    { ...fields, firstActivity: BigInt(firstActivity), lastActivity: BigInt(lastActivity) },
    true
  )
}
