/** Puts newer logs before those that are listed. */
import type { Log } from "../../../internal/encoded.js"
import type { Listed } from "../../state/useList.js"

interface Newest {
  readonly items: ReadonlyArray<Log>
  readonly nextCursor?: string | undefined
}

/** Digits of nanoseconds: a longer number is a later time. */
const isAfter = (a: string, b: string): boolean => (a.length === b.length ? a > b : a.length > b.length)

/**
 * The list with the newest page of the same question: newest first, each record once. `undefined` where more has come than
 * the page holds, so that there is a gap between.
 */
export const withNewest = (list: Listed<Log>, { items, nextCursor }: Newest): Listed<Log> | undefined => {
  const known = new Set(list.rows.map(({ logId }) => logId))
  const fresh = items.filter(({ logId }) => !known.has(logId))
  if (fresh.length === 0) return list
  if (fresh.length === items.length && nextCursor !== undefined && list.rows.length > 0) return undefined
  const last = list.rows.at(-1)
  const rows = [...fresh, ...list.rows]
  // Records of the past may come late. The sort is stable: those of one time stay as the storage has them.
  rows.sort((a, b) => (a.timestamp === b.timestamp ? 0 : isAfter(a.timestamp, b.timestamp) ? -1 : 1))
  if (list.cursor === undefined || last === undefined) return { ...list, rows }
  // Logs that are older than the last row are on the pages to come.
  return { ...list, rows: rows.filter(({ timestamp }) => !isAfter(last.timestamp, timestamp)) }
}

/** The rows, and then those of a page that are not among them. */
export const withOther = (rows: ReadonlyArray<Log>, others: ReadonlyArray<Log>): ReadonlyArray<Log> => {
  const known = new Set(rows.map(({ logId }) => logId))
  return [...rows, ...others.filter(({ logId }) => !known.has(logId))]
}
