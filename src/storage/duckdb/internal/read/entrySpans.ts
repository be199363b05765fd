/**
 * Entry spans, one a trace.
 */
import type { SqlError } from "@effect/sql/SqlError"
import type { Fragment } from "@effect/sql/Statement"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { mapInTurns } from "../../../../runtime/eventLoop.js"
import type { SpanRecord } from "../../../../signal/SpanRecord.js"
import type { Page } from "../../../Engine.js"
import { spanKey } from "../../../internal/query.js"
import { entrySpan, select } from "../../../internal/select.js"
import type { DuckDbClient } from "../../DuckDbClient.js"
import type { JsonRow, Table } from "../table.js"
import { all } from "../where.js"
import { after, onPage, ordered, position } from "./page.js"

export interface TraceKey {
  readonly trace_key: number
  readonly trace_id: string
}

/** The entry spans of traces that fit into the page: their rows are so few that they are chosen among here. */
export const ofTraces = (
  sql: DuckDbClient,
  table: Table<SpanRecord>,
  page: Page,
  traces: ReadonlyArray<TraceKey>,
  conditions: ReadonlyArray<Fragment>
): Effect.Effect<ReadonlyArray<SpanRecord>, SqlError> => {
  const keys = new Map(traces.map((trace) => [trace.trace_id, trace.trace_key]))
  return sql<JsonRow & { readonly matches: boolean | null }>`
    SELECT ${sql.literal(table.json(table.quoted))} AS json, ${all(sql, conditions)} AS matches
    FROM ${sql.literal(table.quoted)} WHERE ${sql.in("entry_key", Array.from(keys.values()))}`.pipe(
    Effect.flatMap((rows) => mapInTurns(rows, (row) => ({ span: table.decode(row), matches: row.matches }))),
    Effect.map((rows) => {
      const matching = new Set(rows.filter((row) => row.matches).map((row) => row.span))
      const byTrace = Arr.groupBy(
        rows.map((row) => row.span),
        (span) => span.traceId
      )
      const entries = Array.from(keys.keys()).flatMap((traceId) => entrySpan(byTrace[traceId] ?? []) ?? [])
      return select(
        entries.filter((span) => matching.has(span)),
        spanKey,
        page
      )
    })
  )
}

/** The entry spans of any number of traces: those of the rows that may be one, until the page is full. */
export const scan = Effect.fnUntraced(function* (
  sql: DuckDbClient,
  table: Table<SpanRecord>,
  page: Page,
  conditions: ReadonlyArray<Fragment>
) {
  const spans = sql.literal(table.quoted)
  const first = position(sql, table, page)
  const entries: Array<SpanRecord> = []
  let rest = page
  while (true) {
    const candidates = yield* sql<TraceKey & { readonly span_id: string; readonly position: string }>`
      SELECT trace_key, trace_id, span_id, (${first})::VARCHAR AS position FROM ${spans}
      WHERE ${onPage(sql, table, page, spans, [
        sql`entry_key IS NOT NULL`,
        ...conditions,
        ...after(sql, rest, first, table.key)
      ])}
      ORDER BY ${first} ${ordered(sql, page, "", ...table.key)} LIMIT ${page.limit}`
    const last = candidates.at(-1)
    if (last === undefined) return entries
    const ids = new Set(candidates.map((row) => row.trace_id + row.span_id))
    const found = yield* ofTraces(sql, table, rest, candidates, [])
    entries.push(...found.filter((span) => ids.has(span.traceId + span.spanId)))
    if (candidates.length < page.limit || entries.length >= page.limit) return entries.slice(0, page.limit)
    rest = { ...page, after: Option.some([BigInt(last.position), last.trace_id, last.span_id]) }
  }
})
