/**
 * Summaries of sessions: which fields of spans they sum, and how a row becomes one.
 */

import * as Exact from "../../signal/internal/exact.js"
import { SessionSummary } from "../../signal/SessionSummary.js"
import { signals } from "../../signal/signals.js"
import { compare } from "../internal/select.js"
import { distinct, maxNames } from "../internal/summarized.js"

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

/** The scores of one name: how many, and the sum of their values as `Exact.total` takes it. */
export interface ScoresOfName {
  readonly name: string
  readonly count: number | string
  readonly billionths: string
  readonly rest: number
}

/**
 * A row that has the fields of a summary, each number as such or as its digits, decimals in billionths with what is too
 * large for them, and texts any number of times.
 */
export interface SummaryRow {
  readonly sessionId: string
  /** `null` where somebody has taken the times out of all rows. */
  readonly firstActivity: string | null
  readonly lastActivity: string | null
  readonly users: ReadonlyArray<string>
  readonly models: ReadonlyArray<string>
  readonly agents: ReadonlyArray<string>
  readonly [number: string]: unknown
}

/** The name of what is too large for billionths in a sum. */
export const restOf = (name: string): string => `${name}Rest`

/** The fields of a summary that count records. */
export const counts = ["traces", "spans", "turns", "errors", "logs"]

/** The summary of a row, with scores, and with what was said; what else the row has is left out. */
export const decodeSummary = (
  row: SummaryRow,
  scores: ReadonlyArray<ScoresOfName>,
  said: Pick<SessionSummary, "firstInput" | "lastOutput">
): SessionSummary => {
  const fields: { [name: string]: unknown } = {
    sessionId: row.sessionId,
    firstActivity: BigInt(row.firstActivity ?? 0),
    lastActivity: BigInt(row.lastActivity ?? 0),
    users: distinct(row.users),
    models: distinct(row.models).slice(0, maxNames),
    agents: distinct(row.agents).slice(0, maxNames),
    scores: Object.fromEntries(
      scores
        .toSorted((a, b) => compare(a.name, b.name))
        .slice(0, maxNames)
        .map(({ billionths, count, name, rest }) => [
          name,
          { mean: Exact.total(BigInt(billionths), Number(rest)) / Number(count), count: Number(count) }
        ])
    ),
    ...said
  }
  for (const name of counts) fields[name] = Number(row[name])
  for (const { kind, name } of summed) {
    fields[name] =
      kind === "real" ? Exact.total(BigInt(String(row[name])), Number(row[restOf(name)])) : Number(row[name])
  }
  return new SessionSummary(fields as unknown as ConstructorParameters<typeof SessionSummary>[0], true)
}
