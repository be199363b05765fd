/**
 * Summaries of sessions: which fields of spans they sum, and how a row becomes one.
 */
import { SessionSummary } from "../../signal/SessionSummary.js"
import { signals } from "../../signal/signals.js"

/** The fields of spans that are summed, with their kinds. */
export const summed = Object.entries(signals.spans.fields).flatMap(([name, { kind, summed }]) =>
  summed ? [{ name, kind }] : []
)

/**
 * The spans of which a field is summed, by the columns of an engine: agents repeat what their children used, and what a
 * program says to cost, as a tool does, is not repeated.
 */
export const isSummed = (name: string, spanType: string, costSource: string): string =>
  name === "costUsd"
    ? `(${spanType} = 'model_generation' OR ${costSource} = 'custom')`
    : `${spanType} = 'model_generation'`

/** A sum of doubles within those that are finite, in the SQL of any engine. */
export const finite = (sum: string): string => `greatest(least(${sum}, ${Number.MAX_VALUE}), -${Number.MAX_VALUE})`

/** A row that has the fields of a summary, each number as such or as its digits, and the ids of users any number of times. */
export interface SummaryRow {
  readonly sessionId: string
  /** `null` where somebody has taken the times out of all rows. */
  readonly firstActivity: string | null
  readonly lastActivity: string | null
  readonly users: ReadonlyArray<string>
  readonly [number: string]: unknown
}

/** The summary of a row; what else the row has is left out. */
export const decodeSummary = (row: SummaryRow): SessionSummary => {
  const fields: { [name: string]: unknown } = {
    sessionId: row.sessionId,
    firstActivity: BigInt(row.firstActivity ?? 0),
    lastActivity: BigInt(row.lastActivity ?? 0),
    users: Array.from(new Set(row.users)).sort()
  }
  for (const name of Object.keys(SessionSummary.fields)) fields[name] ??= Number(row[name])
  return new SessionSummary(fields as ConstructorParameters<typeof SessionSummary>[0], true)
}
