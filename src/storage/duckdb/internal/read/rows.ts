/**
 * Records of one signal, whichever it is.
 */
import type { Fragment } from "@effect/sql/Statement"
import * as Effect from "effect/Effect"
import { mapInTurns } from "../../../../runtime/eventLoop.js"
import type { RecordOf, SignalName } from "../../../../signal/signals.js"
import type { Query } from "../../../Engine.js"
import type { DuckDbClient } from "../../DuckDbClient.js"
import type { JsonRow, Tables } from "../table.js"
import { all, isDear, where } from "../where.js"
import { after, onPage, ordered, position, rowsOf, rowsOfSession, rowsOfTraces } from "./page.js"

export const make = (sql: DuckDbClient, tables: Tables) =>
  Effect.fnUntraced(function* <N extends SignalName>(signal: N, query: Query, also: ReadonlyArray<Fragment> = []) {
    const table = tables[signal]
    const sessionId = sessionOf(query)
    const traceIds = tracesOf(query)
    const source =
      sessionId !== undefined
        ? yield* rowsOfSession(sql, table, sessionId)
        : traceIds !== undefined && query.conditions.some(isDear)
          ? yield* rowsOfTraces(sql, table, traceIds)
          : rowsOf(sql, table)
    const first = position(sql, table, query)
    const conditions = [...also, ...query.conditions.map(where(sql, table)), ...after(sql, query, first, table.key)]
    const found = yield* sql<JsonRow>`
      WITH rows AS ${source}, page AS MATERIALIZED (
        SELECT _id, ${first} AS _position, ${sql.literal(table.key.join(", "))} FROM rows
        WHERE ${query.conditions.some(isDear) ? all(sql, conditions) : onPage(sql, table, query, sql`rows`, conditions)}
        ORDER BY ${ordered(sql, query, "_position", ...table.key)} LIMIT ${query.limit}
      )
      SELECT ${sql.literal(table.json("rows"))} AS json FROM page JOIN rows ON rows._id = page._id
      ORDER BY ${ordered(sql, query, "page._position", ...table.key.map((column) => `page.${column}`))}`
    return (yield* mapInTurns(found, table.decode)) as ReadonlyArray<RecordOf<N>>
  })

/** The few traces that are asked for. */
const tracesOf = ({ conditions }: Query): ReadonlyArray<string> | undefined => {
  for (const condition of conditions) {
    if (condition.op === "oneOf" && condition.field === "traceId") return condition.values
  }
  return undefined
}

/** The one session that is asked for. */
const sessionOf = ({ conditions }: Query): string | undefined => {
  for (const condition of conditions) {
    if (condition.op === "equals" && condition.fields.join() === "sessionId") return condition.value
  }
  return undefined
}
