/**
 * Single spans, and those of a trace.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Derived } from "../../../Engine.js"
import { layouts } from "../layouts.js"
import { decodeRows, type Row, selected, selectionOf } from "../record.js"
import type { Store } from "../store.js"

export const make = ({ count, name, rows, sql, text }: Store): Pick<Derived, "traceSpans" | "getSpan"> => {
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
