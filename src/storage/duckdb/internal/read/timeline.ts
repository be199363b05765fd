/**
 * Timelines: the turns, logs and scores of a session.
 */

import type { Fragment } from "@effect/sql/Statement"
import * as Effect from "effect/Effect"
import { mapInTurns } from "../../../../runtime/eventLoop.js"
import { sessionSignals } from "../../../../signal/signals.js"
import type { Page } from "../../../Engine.js"
import type { TimelineItem } from "../../../StorageService.js"
import type { DuckDbClient } from "../../DuckDbClient.js"
import type { JsonRow, Tables } from "../table.js"
import { all } from "../where.js"
import { after, ordered, rowsOfSession } from "./page.js"

export const make = (sql: DuckDbClient, tables: Tables) =>
  Effect.fnUntraced(function* (query: Page & { readonly sessionId: string }) {
    const parts = yield* Effect.forEach(sessionSignals, (signal, i) => {
      const table = tables[signal]
      return Effect.map(rowsOfSession(sql, table, query.sessionId), (rows) => ({
        kind: String(i),
        table,
        source: sql`${sql.literal(`${signal}_rows`)} AS ${rows}`,
        items: sql.literal(`SELECT _id, ${table.time} AS time, '${i}' AS kind, ${table.key.join(" || ")} AS key
          FROM ${signal}_rows${signal === "spans" ? ` AS span ${ofTurns}` : ""}`),
        found: sql.literal(`SELECT page.*, ${table.json(`${signal}_rows`)} AS json
          FROM page JOIN ${signal}_rows ON ${signal}_rows._id = page._id WHERE page.kind = '${i}'`)
      }))
    })
    const union = (selects: ReadonlyArray<Fragment>) => selects.reduce((left, right) => sql`${left} UNION ALL ${right}`)
    const found = yield* sql<JsonRow & { readonly kind: string }>`
      WITH ${sql.csv(parts.map(({ source }) => source))}, items AS (${union(parts.map(({ items }) => items))}),
      page AS MATERIALIZED (
        SELECT * FROM items WHERE ${all(sql, after(sql, query, sql`time`, ["kind", "key"]))}
        ORDER BY ${ordered(sql, query, "time", "kind", "key")} LIMIT ${query.limit}
      )
      SELECT kind, json FROM (${union(parts.map(({ found }) => found))})
      ORDER BY ${ordered(sql, query, "time", "kind", "key")}`
    const decoders = new Map(parts.map(({ kind, table }) => [kind, table.decode]))
    return yield* mapInTurns(found, (row): TimelineItem => decoders.get(row.kind)?.(row))
  })

/** Leaves entry spans, and those whose parent is not among the rows of the session. */
const ofTurns = `ANTI JOIN spans_rows AS parent
  ON span.entry_key IS NULL AND parent.trace_id = span.trace_id AND parent.span_id = span.parent_span_id`
