/**
 * Traces, their spans, and one span.
 */
import type { Fragment } from "@effect/sql/Statement"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { mapInTurns } from "../../../../runtime/eventLoop.js"
import type { Kind } from "../../../../signal/Field.js"
import type { SpanRecord } from "../../../../signal/SpanRecord.js"
import type { TraceQuery } from "../../../Engine.js"
import * as Outline from "../../../internal/outline.js"
import type { OutlineSpan } from "../../../StorageService.js"
import { snakeCase } from "../../../sql/identifiers.js"
import * as Whole from "../../../sql/whole.js"
import type { DuckDbClient } from "../../DuckDbClient.js"
import { mender } from "../mend.js"
import * as Messages from "../messages.js"
import type { JsonRow, Table, Tables } from "../table.js"
import { inTrace, where } from "../where.js"
import * as EntrySpans from "./entrySpans.js"
import { fewRows } from "./page.js"
import * as Rootless from "./rootless.js"
import * as Rows from "./rows.js"

export const make = (sql: DuckDbClient, tables: Tables) => {
  const table: Table<SpanRecord> = tables.spans
  const rootless = Rootless.make(sql, table)
  const spans = sql.literal(table.quoted)
  const json = sql.literal(table.json(table.quoted))

  /** The traces of which some span matches each condition. */
  const tracesWhere = (conditions: ReadonlyArray<Fragment>) =>
    conditions
      .map((condition) => sql`SELECT trace_key, trace_id FROM ${spans} WHERE ${condition}`)
      .reduce((left, right) => sql`${left} INTERSECT ${right}`)

  const outline = sql.literal(cells)
  const select = Rows.make(sql, tables)
  const { read } = Messages.make(sql, tables)
  const selectWhole: typeof select = (signal, query) =>
    Effect.tap(select(signal, query), (found) => Whole.complete(found, read))

  return {
    listTraces: Effect.fnUntraced(function* (query: TraceQuery) {
      const some = query.ofSome.map(where(sql, table))
      const ofEntry = query.ofEntry.map(where(sql, table))
      if (query.withoutError) {
        ofEntry.push(sql`trace_id NOT IN (SELECT trace_id FROM ${spans} WHERE status = 'error')`)
      }
      if (some.length === 0) return yield* EntrySpans.scan(sql, table, rootless, query, ofEntry)
      const found = yield* sql<Rootless.TraceKey>`${tracesWhere(some)} LIMIT ${fewRows + 1}`
      const traces = new Set(found.map((row) => row.trace_id))
      if (found.length <= fewRows && traces.size <= query.limit) {
        return yield* EntrySpans.ofTraces(sql, table, query, found, ofEntry)
      }
      const inSome = sql`trace_id IN (SELECT trace_id FROM (${tracesWhere(some)}))`
      return yield* EntrySpans.scan(sql, table, rootless, query, [...ofEntry, inSome])
    }),
    traceSpans: (traceId: string, limit: number) =>
      sql<JsonRow>`
        SELECT ${json} AS json FROM ${spans} WHERE ${inTrace(sql, table, traceId)}
        ORDER BY start_time, span_id LIMIT ${limit}`.pipe(Effect.flatMap((rows) => mapInTurns(rows, table.decode))),
    traceOutline: Effect.fnUntraced(function* (traceId: string, limit: number) {
      const rows = yield* sql<JsonRow>`
        SELECT ${outline} AS json FROM ${spans} WHERE ${inTrace(sql, table, traceId)} ORDER BY start_time, span_id LIMIT ${limit}`
      // Rows of before have no sizes, which come last: they are then told of their payload.
      return rows.some(({ json }) => json.endsWith("null]"))
        ? yield* Outline.traceOutline({ select: selectWhole })(traceId, limit)
        : yield* mapInTurns(rows, toOutline)
    }),
    getSpan: ({ spanId, traceId }: { readonly traceId: string; readonly spanId: string }) =>
      sql<JsonRow>`
        SELECT ${json} AS json FROM ${spans} WHERE ${inTrace(sql, table, traceId)} AND span_id = ${spanId}`.pipe(
        Effect.map(([row]) => Option.map(Option.fromNullable(row), table.decode))
      )
  }
}

/** The cells of a row as a list of texts, which DuckDB makes in a third of the time of an object. */
const cells = `to_json([${Object.keys(Outline.fields)
  .map((name) => `${snakeCase(name)}::VARCHAR`)
  .join(", ")}])::VARCHAR`

const readers = Object.entries(Outline.fields).map(([name, { kind }]) => ({ name, read: readerOf(kind) }))

function readerOf(kind: Kind): ((cell: string) => unknown) | undefined {
  return kind === "count" || kind === "real" ? Number : kind === "flag" ? (cell) => cell === "true" : undefined
}

const mend = mender(Outline.fields)

const toOutline = ({ json }: JsonRow): OutlineSpan => {
  const cells: ReadonlyArray<string | null> = JSON.parse(json)
  const encoded: { [name: string]: unknown } = {}
  for (let i = 0; i < readers.length; i++) {
    const { name, read } = readers[i] as (typeof readers)[number]
    const cell = cells[i]
    if (cell !== null && cell !== undefined) encoded[name] = read === undefined ? cell : read(cell)
  }
  return Outline.decode(mend(encoded))
}
