/**
 * The spans that a list shows, one a trace.
 */
import type { Fragment } from "@effect/sql/Statement"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { mapInTurns } from "../../../../runtime/eventLoop.js"
import type { SpanRecord } from "../../../../signal/SpanRecord.js"
import type { Key, Page } from "../../../Engine.js"
import { spanKey } from "../../../internal/query.js"
import { compare, entrySpan, select } from "../../../internal/select.js"
import type { DuckDbClient } from "../../DuckDbClient.js"
import type { JsonRow, Table } from "../table.js"
import { all } from "../where.js"
import { after, onPage, ordered, position } from "./page.js"
import type { TraceKey } from "./rootless.js"
import * as Rootless from "./rootless.js"

/**
 * The spans shown for traces that fit into the page: the entry spans are so few that they are chosen among here. `known`
 * are the spans shown for traces without an entry span, where they were looked for already.
 */
export const ofTraces = Effect.fnUntraced(function* (
  sql: DuckDbClient,
  table: Table<SpanRecord>,
  page: Page,
  traces: ReadonlyArray<TraceKey>,
  conditions: ReadonlyArray<Fragment>,
  known?: ReadonlyArray<Orphan>
) {
  if (traces.length === 0) return []
  const columns = sql`${sql.literal(table.json(table.quoted))} AS json, ${all(sql, conditions)} AS matches`
  const read = (rows: Fragment) =>
    sql<JsonRow & { readonly matches: boolean | null }>`SELECT json, matches FROM ${rows}`.pipe(
      Effect.flatMap((rows) => mapInTurns(rows, (row) => ({ span: table.decode(row), matches: row.matches })))
    )
  const keys = new Map(traces.map((trace) => [trace.trace_id, trace.trace_key]))
  const rows = yield* read(
    sql`(SELECT ${columns} FROM ${sql.literal(table.quoted)} WHERE ${sql.in("entry_key", Array.from(keys.values()))})`
  )
  const byTrace = Arr.groupBy(rows, (row) => row.span.traceId)
  const rootless = Array.from(keys).filter(([traceId]) => byTrace[traceId] === undefined)
  const shown = Array.from(keys.keys()).flatMap(
    (traceId) => entrySpan(byTrace[traceId]?.map(({ span }) => span) ?? []) ?? []
  )
  if (rootless.length > 0) {
    const ofRootless = sql.in(
      "trace_key",
      rootless.map(([, key]) => key)
    )
    const orphans = yield* read(
      known === undefined
        ? Rootless.shown(sql, table, ofRootless, columns)
        : sql`(SELECT ${columns} FROM ${sql.literal(table.quoted)} WHERE ${sql.and([ofRootless, ...areAmong(sql, known)])})`
    )
    const ids = known && new Set(known.map((row) => row.trace_id + row.span_id))
    const found = orphans.filter(
      ({ span: { spanId, traceId } }) =>
        keys.has(traceId) && byTrace[traceId] === undefined && ids?.has(traceId + spanId) !== false
    )
    rows.push(...found)
    shown.push(...found.map(({ span }) => span))
  }
  const matching = new Set(rows.filter((row) => row.matches).map((row) => row.span))
  return select(
    shown.filter((span) => matching.has(span)),
    spanKey,
    page
  )
})

/** The spans shown for any number of traces: those of the rows that may be one, until the page is full. */
export const scan = Effect.fnUntraced(function* (
  sql: DuckDbClient,
  table: Table<SpanRecord>,
  traces: Rootless.Rootless,
  page: Page,
  conditions: ReadonlyArray<Fragment>
) {
  const spans = sql.literal(table.quoted)
  const first = position(sql, table, page)
  const rootless = Option.map(yield* traces.rows, (rows) =>
    Rootless.shown(sql, table, rows, sql`${first} AS "at", ${all(sql, conditions)} AS matches`)
  )
  const shown: Array<SpanRecord> = []
  let rest = page
  while (true) {
    const entries = yield* sql<Candidate>`
      SELECT trace_key, trace_id, span_id, (${first})::VARCHAR AS position FROM ${spans}
      WHERE ${onPage(sql, table, page, spans, [
        sql`entry_key IS NOT NULL`,
        ...conditions,
        ...after(sql, rest, first, table.key)
      ])}
      ORDER BY ${first} ${ordered(sql, page, "", ...table.key)} LIMIT ${page.limit}`
    const others = Option.isNone(rootless)
      ? []
      : yield* sql<Orphan>`
          SELECT trace_key, trace_id, span_id, "at"::VARCHAR AS position, start_time::VARCHAR AS start
          FROM ${rootless.value}
          WHERE ${sql.and([sql`matches`, ...after(sql, rest, sql`"at"`, table.key)])}
          ORDER BY ${ordered(sql, page, '"at"', ...table.key)} LIMIT ${page.limit}`
    const candidates = select([...entries, ...others], candidateKey, { ...page, after: Option.none() })
    const last = candidates.at(-1)
    if (last === undefined) return shown
    const ids = new Set(candidates.map((row) => row.trace_id + row.span_id))
    const found = yield* ofTraces(sql, table, rest, candidates, [], others)
    shown.push(...found.filter((span) => ids.has(span.traceId + span.spanId)))
    if (candidates.length < page.limit || shown.length >= page.limit) return shown.slice(0, page.limit)
    rest = { ...page, after: Option.some(candidateKey(last)) }
  }
})

/** A row that may be shown. */
interface Candidate extends TraceKey {
  readonly span_id: string
  /** `null` where somebody has taken the time out of the row. */
  readonly position: string | null
}

interface Orphan extends Candidate {
  readonly start: string
}

/** Conditions for the rows of some spans, of which the time leaves most of the table unread. */
const areAmong = (sql: DuckDbClient, spans: ReadonlyArray<Orphan>): ReadonlyArray<Fragment> => {
  const starts = spans.map(({ start }) => BigInt(start)).sort(compare)
  const spanIds = spans.map((span) => span.span_id)
  return [sql`start_time BETWEEN ${starts[0]} AND ${starts.at(-1)}`, sql.in("span_id", spanIds)]
}

const candidateKey = ({ position, span_id, trace_id }: Candidate): Key => [BigInt(position ?? 0), trace_id, span_id]
