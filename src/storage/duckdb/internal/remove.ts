/**
 * Deleting spans and logs together.
 */
import * as Effect from "effect/Effect"
import type { DuckDbClient } from "../DuckDbClient.js"
import type { Names } from "./schema.js"

export const make = (sql: DuckDbClient, name: Names) => {
  const spans = sql.literal(name.spans)
  const logs = sql.literal(name.logs)

  const count = Effect.map((rows: ReadonlyArray<{ readonly Count: number }>) => rows[0]?.Count ?? 0)

  const together = (ofSpans: ReturnType<typeof sql.and>, ofLogs: ReturnType<typeof sql.and>) =>
    sql.withWriteLock(
      sql.withTransaction(
        Effect.all({
          logs: count(sql<{ readonly Count: number }>`DELETE FROM ${logs} WHERE ${ofLogs}`),
          spans: count(sql<{ readonly Count: number }>`DELETE FROM ${spans} WHERE ${ofSpans}`)
        })
      )
    )

  return {
    deleteBefore: (time: bigint) => together(sql`start_time < ${time}`, sql`timestamp < ${time}`),
    deleteSession: (sessionId: string) => {
      const itsRows = sql`session_id = ${sessionId} OR (session_id IS NULL AND
        trace_id IN (SELECT trace_id FROM ${spans} WHERE session_id = ${sessionId}))`
      return together(itsRows, itsRows)
    }
  }
}
