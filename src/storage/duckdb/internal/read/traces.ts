/**
 * Traces, their spans, and one span.
 */
import type { Fragment } from "@effect/sql/Statement"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { mapInTurns } from "../../../../runtime/eventLoop.js"
import type { Field } from "../../../../signal/Field.js"
import type { SpanRecord } from "../../../../signal/SpanRecord.js"
import type { TraceQuery } from "../../../Engine.js"
import * as Outline from "../../../internal/outline.js"
import type { OutlineSpan } from "../../../StorageService.js"
import { snakeCase } from "../../../sql/identifiers.js"
import * as Whole from "../../../sql/whole.js"
import type { DuckDbClient } from "../../DuckDbClient.js"
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

const decoders = Object.entries(Outline.fields).map(([name, field]) => ({ name, decode: decoderOf(field) }))

/**
 * Makes a value of the text of a cell, of which the column says that it is one of its type: only a word may be none that
 * there is, a number none that is exact, and the cell of a field that a span must have may be empty.
 */
function decoderOf({ kind, optional, otherwise, words }: Field): (cell: string | undefined) => unknown {
  const orElse = <A>(value: A) => (optional ? undefined : value)
  switch (kind) {
    case "count":
    case "real": {
      const isSound = kind === "count" ? Number.isSafeInteger : Number.isFinite
      return (cell) => {
        const value = cell === undefined ? Number.NaN : Number(cell)
        return isSound(value) ? value : orElse(0)
      }
    }
    case "flag":
      return (cell) => (cell === undefined ? orElse(false) : cell === "true")
    case "time":
      return (cell) => (cell === undefined ? orElse(0n) : BigInt(cell))
    case "word": {
      const known = new Set(words)
      const absent = orElse(otherwise ?? words?.[0])
      return (cell) => (cell === undefined ? absent : known.has(cell) ? cell : (otherwise ?? absent))
    }
    default:
      return (cell) => cell ?? orElse("")
  }
}

const toOutline = ({ json }: JsonRow): OutlineSpan => {
  const cells: ReadonlyArray<string | null> = JSON.parse(json)
  const span: { [name: string]: unknown } = {}
  for (let i = 0; i < decoders.length; i++) {
    const { decode, name } = decoders[i] as (typeof decoders)[number]
    const value = decode(cells[i] ?? undefined)
    if (value !== undefined) span[name] = value
  }
  return span as unknown as OutlineSpan
}
