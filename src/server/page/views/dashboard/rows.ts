/** The rows of an aggregate as groups and series. */
import type { AggregateRow } from "../../../internal/encoded.js"
import type { Bucket } from "./range.js"

interface GroupRows {
  readonly group: AggregateRow["group"]
  readonly isRest: boolean
  readonly rows: ReadonlyArray<AggregateRow>
}

export interface Bucketed {
  readonly buckets: ReadonlyArray<Bucket>
  /** Each with a row for each bucket. */
  readonly groups: ReadonlyArray<GroupRows>
}

/** The rows by bucket, and by group in the order in which groups first occur. */
export const bucketed = (rows: ReadonlyArray<AggregateRow>): Bucketed => {
  const buckets = new Map<string, Bucket>()
  const groups = new Map<string, { group: AggregateRow["group"]; isRest: boolean; byFrom: Map<string, AggregateRow> }>()
  for (const row of rows) {
    const { from, group, rest, to } = row
    if (from === undefined || to === undefined) continue
    buckets.set(from, { from, to })
    const key = JSON.stringify([rest === true, Object.values(group)])
    let found = groups.get(key)
    if (found === undefined) {
      found = { group, isRest: rest === true, byFrom: new Map() }
      groups.set(key, found)
    }
    found.byFrom.set(from, row)
  }
  const sorted = Array.from(buckets.values()).sort((a, b) => (BigInt(a.from) < BigInt(b.from) ? -1 : 1))
  return {
    buckets: sorted,
    groups: Array.from(groups.values(), ({ byFrom, group, isRest }) => ({
      group,
      isRest,
      rows: sorted.map(({ from, to }) => byFrom.get(from) ?? { group, from, to, values: {} })
    }))
  }
}

/** A measure of a row: nanoseconds come as digits. */
export const valueOf = (values: AggregateRow["values"] | undefined, measure: string): number | null => {
  const value = values?.[measure]
  return value === null || value === undefined ? null : Number(value)
}

/** The same, where nothing is 0: of counts and sums. */
export const sumOf = (values: AggregateRow["values"] | undefined, measure: string): number =>
  valueOf(values, measure) ?? 0
