/**
 * Deleting spans and logs together.
 */
import type { Fragment } from "@effect/sql/Statement"
import * as Effect from "effect/Effect"
import { flow } from "effect/Function"
import type { DuckDbClient } from "../DuckDbClient.js"
import type { Names } from "./schema.js"

export const make = (sql: DuckDbClient, name: Names) => {
  const spans = sql.literal(name.spans)
  const logs = sql.literal(name.logs)

  const count = Effect.map((rows: ReadonlyArray<{ readonly Count: number }>) => rows[0]?.Count ?? 0)

  const rows = (ofSpans: Fragment, ofLogs: Fragment) =>
    Effect.all({
      logs: count(sql<{ readonly Count: number }>`DELETE FROM ${logs} WHERE ${ofLogs}`),
      spans: count(sql<{ readonly Count: number }>`DELETE FROM ${spans} WHERE ${ofSpans}`)
    })

  const together = flow(sql.withTransaction, sql.withWriteLock)

  return {
    deleteBefore: (time: bigint) => together(rows(sql`start_time < ${time}`, sql`timestamp < ${time}`)),
    deleteSession: (sessionId: string) => {
      const ofSession = sql`session_id = ${sessionId}`
      return sql<{ readonly id: string | null }>`
        SELECT trace_id AS id FROM ${spans} WHERE ${ofSession}
        UNION SELECT trace_id FROM ${logs} WHERE ${ofSession}`.pipe(
        Effect.flatMap((traces) => {
          const ids = JSON.stringify(traces.map(({ id }) => id))
          const its = sql`${ofSession} OR (session_id IS NULL AND
            trace_id IN (SELECT unnest(from_json(${ids}, '["VARCHAR"]'))))`
          return rows(its, its)
        }),
        together
      )
    }
  }
}
