/** Rows of some traces or sessions that may have words, so many of each. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { mapInTurns } from "../../../../runtime/eventLoop.js"
import type { CandidatesOfEach, EachQuery } from "../../../Engine.js"
import { snakeCase } from "../../../sql/identifiers.js"
import type { DuckDbClient } from "../../DuckDbClient.js"
import { traceKey } from "../layout.js"
import type { JsonRow, Table, Tables } from "../table.js"
import { all, where } from "../where.js"

/** Block by block, the newest first, until there are enough of each. */
export const candidatesOfEach = (sql: DuckDbClient, tables: Tables) =>
  Effect.fnUntraced(function* ({ each, field, ids, searches, signal, within }: EachQuery) {
    const table = tables[signal]
    const quoted = sql.literal(table.quoted)
    const ofIds = isOfIds(sql, table, field, within)
    const block = sql.literal(table.words?.block ?? "NULL")
    const blocks = yield* sql<{ readonly block: bigint | null }>`
    SELECT DISTINCT ${block} AS block FROM ${quoted} WHERE ${ofIds(ids)} ORDER BY block DESC NULLS FIRST`
    const has = all(sql, searches.map(where(sql, table)))
    const found = new Map<string, number>()
    const candidates: Array<CandidatesOfEach["candidates"][number]> = []
    const isOpen = (id: string) => (found.get(id) ?? 0) < each
    let size = fewBlocks
    for (let next = 0; next < blocks.length; next += size, size = Math.min(2 * size, manyBlocks)) {
      const left = ids.filter(isOpen)
      if (left.length === 0) break
      // Each part of the statement has all ids.
      size = Math.min(size, Math.max(fewBlocks, Math.floor(manyIds / left.length)))
      const open = ofIds(left)
      const parts = blocks.slice(next, next + size).map(
        ({ block: of }) => sql`(
        SELECT arg_min(${sql.literal(table.searched(table.quoted))}, rowid, ${each}) AS rows FROM ${quoted}
        WHERE ${of === null ? sql`${block} IS NULL` : sql`${block} = ${of}`} AND ${open} AND ${has}
        GROUP BY ${sql.literal(snakeCase(field))})`
      )
      const rows = yield* sql<JsonRow>`
      SELECT to_json(unnest(rows))::VARCHAR AS json FROM (${parts.reduce((a, b) => sql`${a} UNION ALL ${b}`)})`
      for (const record of yield* mapInTurns(rows, table.decode)) {
        const id: string = record[field]
        if (isOpen(id)) candidates.push(record)
        found.set(id, (found.get(id) ?? 0) + 1)
      }
    }
    return { candidates, more: ids.filter((id) => !isOpen(id)) }
  })

/** Rows of some traces or sessions, by a condition that leaves most of a table unread. */
const isOfIds =
  (sql: DuckDbClient, table: Table, field: EachQuery["field"], within: EachQuery["within"]) =>
  (ids: ReadonlyArray<string>) => {
    const time = sql.literal(table.time)
    return sql.and([
      ...(field === "traceId" && "trace_key" in table.layout.computed ? [sql.in("trace_key", ids.map(traceKey))] : []),
      ...Option.toArray(Option.map(within, ([first, last]) => sql`${time} BETWEEN ${first} AND ${last}`)),
      sql.in(snakeCase(field), ids)
    ])
  }

const fewBlocks = 2
const manyBlocks = 32

/** As many ids are written in one statement. */
const manyIds = 4_000
