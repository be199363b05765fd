/**
 * Single spans, and those of a trace.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { mapInTurns } from "../../../../runtime/eventLoop.js"
import type { Derived } from "../../../Engine.js"
import * as Outline from "../../../internal/outline.js"
import type { OutlineSpan } from "../../../StorageService.js"
import { pascalCase } from "../../../sql/identifiers.js"
import * as Whole from "../../../sql/whole.js"
import { layouts } from "../layouts.js"
import * as Messages from "../messages.js"
import { decodeRows, type Row, selected, selectionOf } from "../record.js"
import { type Columns, count, digits, flag, nullable, number, text } from "../row.js"
import type { Store } from "../store.js"
import { select } from "./pages.js"

export const make = (store: Store): Pick<Derived, "traceSpans" | "traceOutline" | "getSpan"> => {
  const { count, name, rows, sql, text } = store
  const { lacks } = layouts.spans
  const columns = selected(lacks)
  const selection = sql.literal(selectionOf(lacks))
  const spans = sql.literal(name.spans)
  const decode = (found: ReadonlyArray<Row>) =>
    Effect.map(decodeRows("spans", lacks, found), (decoded) => decoded.map(({ record }) => record))
  return {
    traceSpans: (traceId, limit) =>
      // The rows of a span have one start.
      Effect.flatMap(
        rows(
          columns,
          sql`
          SELECT ${selection} FROM ${spans} WHERE TraceId = ${text(traceId)}
          ORDER BY StartTime, SpanId, Version DESC LIMIT 1 BY SpanId LIMIT ${count(limit)}`
        ),
        decode
      ),
    traceOutline: Effect.fnUntraced(function* (traceId, limit) {
      const found = yield* rows(
        outlineColumns,
        sql`
        SELECT ${sql.literal(outlineSelection)} FROM ${spans} WHERE TraceId = ${text(traceId)}
        ORDER BY StartTime, SpanId, Version DESC LIMIT 1 BY SpanId LIMIT ${count(limit)}`
      )
      // Rows of before have no sizes, which are then told of their payload.
      return found.every(({ attributesSize }) => attributesSize !== null)
        ? yield* mapInTurns(found, toOutline)
        : yield* Outline.traceOutline({
            select: (signal, query) =>
              Effect.tap(select(store, signal, query), (spans) => Whole.complete(spans, Messages.read(store)))
          })(traceId, limit)
    }),
    getSpan: ({ spanId, traceId }) =>
      Effect.flatMap(
        rows(
          columns,
          sql`
          SELECT ${selection} FROM ${spans} WHERE TraceId = ${text(traceId)} AND SpanId = ${text(spanId)}
          ORDER BY Version DESC LIMIT 1`
        ),
        decode
      ).pipe(Effect.map(([span]) => Option.fromNullable(span)))
  }
}

/** JSON has no -0. */
const plainZero = (value: unknown): number => Number(value) + 0

/** The columns of an outline, each with what it holds and how it is read. */
const outlined = Object.entries(Outline.fields).map(([name, { kind, optional }]) => {
  const column = pascalCase(name)
  const isBlank = layouts.spans.blank.includes(name)
  const plain = kind === "time" ? `toUnixTimestamp64Nano(${column})` : column
  const is =
    kind === "time" ? digits : kind === "count" ? count : kind === "real" ? number : kind === "flag" ? flag : text
  return {
    name,
    selected: `${isBlank ? `nullIf(${column}, '')` : plain} AS ${name}`,
    is: optional || isBlank || name.endsWith("Size") ? nullable<unknown>(is) : is,
    convert: kind === "count" ? Number : kind === "flag" ? Boolean : kind === "real" ? plainZero : undefined
  }
})

const outlineSelection = outlined.map(({ selected }) => selected).join(", ")
const outlineColumns: Columns = Object.fromEntries(outlined.map(({ is, name }) => [name, is]))
const converted = outlined.flatMap(({ convert, name }) => (convert === undefined ? [] : [{ convert, name }]))

const toOutline = (row: { readonly [name: string]: unknown }): OutlineSpan => {
  const encoded = { ...row }
  for (const { convert, name } of converted) if (encoded[name] !== null) encoded[name] = convert(encoded[name])
  return Outline.decode(encoded)
}
