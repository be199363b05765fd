/**
 * Deleting records.
 */
import type { SqlError } from "@effect/sql/SqlError"
import type { Fragment } from "@effect/sql/Statement"
import * as Effect from "effect/Effect"
import { flow } from "effect/Function"
import { type SignalName, signalNames } from "../../../signal/signals.js"
import type { Removal } from "../../Engine.js"
import { deletedOf } from "../../internal/derived.js"
import type { Deleted } from "../../StorageService.js"
import type { DuckDbClient } from "../DuckDbClient.js"
import * as Messages from "./messages.js"
import * as Rootless from "./read/rootless.js"
import * as RollUp from "./rollUp.js"
import type { Table, Tables } from "./table.js"
import * as Words from "./words.js"

export const make = (sql: DuckDbClient, tables: Tables) => {
  const messages = Messages.make(sql, tables)
  const rootless = Rootless.make(sql, tables.spans)
  const rollUp = RollUp.make(sql, tables)
  const beside = Effect.all([rollUp.write, ...Words.writers(sql, tables).map(({ write }) => write)], { discard: true })
  const remove = (signal: SignalName, which: Removal): Effect.Effect<number, SqlError> => {
    const table = tables[signal]
    const condition = removed(sql, table, which)
    return rollUp.removing(signal, condition).pipe(
      Effect.zipRight(sql<{ readonly Count: number }>`DELETE FROM ${sql.literal(table.quoted)} WHERE ${condition}`),
      Effect.map(([row]) => row?.Count ?? 0),
      Effect.zipLeft(forgetWords(sql, table, which)),
      Effect.zipLeft(signal === "spans" ? messages.remove(which) : Effect.void)
    )
  }

  const removeAll = (which: Removal): Effect.Effect<Deleted, SqlError> =>
    Effect.map(
      Effect.zipLeft(
        Effect.forEach(signalNames, (signal) => Effect.map(remove(signal, which), (count) => [signal, count] as const)),
        rollUp.settle
      ),
      deletedOf
    )

  /** The traces of the records of a session. */
  const tracesOf = (sessionId: string) => {
    const traces = Object.values(tables)
      .filter((table) => table.hasSession)
      .map(({ quoted }) => sql`SELECT trace_id AS id FROM ${sql.literal(quoted)} WHERE session_id = ${sessionId}`)
      .reduce((left: Fragment, right) => sql`${left} UNION ${right}`)
    return sql<{ readonly id: string | null }>`${traces}`
  }

  const alone = flow(sql.withWriteLock, Effect.ensuring(rootless.changed))
  const together = flow(sql.withTransaction, (removal) => alone(Effect.zipRight(beside, removal)))

  return {
    remove: (signal: SignalName, which: Removal) => together(Effect.zipLeft(remove(signal, which), rollUp.settle)),
    deleteBefore: (before: bigint) => together(removeAll({ before })),
    deleteSession: (sessionId: string) =>
      tracesOf(sessionId).pipe(
        Effect.map((traces) => traces.flatMap(({ id }) => id ?? [])),
        Effect.flatMap((traceIds) => removeAll({ sessionId, traceIds })),
        together
      )
  }
}

/** The words of blocks that have no row left go with them. */
const forgetWords = (sql: DuckDbClient, { words }: Table, which: Removal) =>
  words !== undefined && "before" in which
    ? sql`DELETE FROM ${sql(words.table)} WHERE latest < ${which.before}`
    : Effect.void

/** Rows of a signal that has no session go with its traces. */
const removed = (sql: DuckDbClient, { hasSession, time }: Table, which: Removal): Fragment => {
  if ("before" in which) return sql`${sql(time)} < ${which.before}`
  const ofTraces = sql`trace_id IN (SELECT unnest(from_json(${JSON.stringify(which.traceIds)}, '["VARCHAR"]')))`
  return hasSession ? sql`session_id = ${which.sessionId} OR (session_id IS NULL AND ${ofTraces})` : ofTraces
}
