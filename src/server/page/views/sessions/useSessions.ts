/** The sessions of a question, kept up to date with those that were active last. */
import type { Options, Session } from "../../../internal/encoded.js"
import { askedFilters } from "../../state/asked.js"
import { ask } from "../../state/client.js"
import { type Filter, sessionFilters } from "../../state/filters.js"
import { merge, type Order, type Rows } from "../../state/merge.js"
import { useList } from "../../state/useList.js"

const limit = 100

/** How late a record may come to be shown by itself: those of other programs wait for their batch. */
const lateNanos = 600_000_000_000n

const sessionRows: Rows<Session> = {
  idOf: ({ sessionId }) => sessionId,
  valueOf: ({ firstActivity, lastActivity }, field) =>
    BigInt(lastActivity) - (field === "time" ? 0n : BigInt(firstActivity))
}

export const useSessions = (filters: ReadonlyArray<Filter> | undefined, order: Order) =>
  useList<Session>({
    key: JSON.stringify([filters, order]),
    page: (cursor, abort) =>
      ask(
        "listSessions",
        {
          filters: askedFilters(sessionFilters, filters),
          orderBy: order,
          pagination: { limit, ...(cursor !== undefined && { cursor }) }
        },
        abort
      ),
    renew: async ({ rows }, abort) => {
      const { items } = await ask("listSessions", recent(askedFilters(sessionFilters, filters), rows), abort)
      return (list) => ({ ...list, rows: merge(sessionRows, list.rows, items, order, list.cursor === undefined) })
    },
    append: (rows, next) => merge(sessionRows, rows, next, order, true)
  })

/** The question for what may have changed since: sessions that were active a while ago, at most, and not all that there are. */
const recent = (filters: NonNullable<Options["listSessions"]["filters"]>, rows: ReadonlyArray<Session>) => {
  const now = BigInt(Date.now()) * 1_000_000n
  const newest = rows.reduce(
    (newest, { lastActivity }) => (BigInt(lastActivity) > newest ? BigInt(lastActivity) : newest),
    0n
  )
  const since = (newest < now ? newest : now) - lateNanos
  const asked = filters.startedAfter
  const startedAfter = asked !== undefined && (!/^-?\d+$/.test(asked) || BigInt(asked) > since) ? asked : String(since)
  return { filters: { ...filters, startedAfter }, pagination: { limit } }
}
