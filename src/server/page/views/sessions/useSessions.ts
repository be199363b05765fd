/** The sessions of a question, page by page, kept up to date with those that were active last. */
import { useEffect, useRef, useState } from "preact/hooks"
import type { Options, Session } from "../../../internal/encoded.js"
import { askedFilters } from "../../state/asked.js"
import { AskError, ask, reconnected } from "../../state/client.js"
import { type Filter, sessionFilters } from "../../state/filters.js"
import { poll } from "../../state/live.js"
import { merge, type Order } from "./merge.js"

interface List {
  /** The question that it answers. */
  readonly key?: string
  readonly rows?: ReadonlyArray<Session> | undefined
  /** Where the next page begins. */
  readonly cursor?: string | undefined
  readonly error?: AskError | undefined
}

const limit = 100

/** How late a record may come to be shown by itself: those of other programs wait for their batch. */
const lateNanos = 600_000_000_000n

export const useSessions = (filters: ReadonlyArray<Filter> | undefined, order: Order) => {
  const key = JSON.stringify([filters, order])
  const [list, setList] = useState<List>({})
  const [times, setTimes] = useState(0)
  const abort = useRef(new AbortController())
  const isAsking = useRef(false)
  const current = useRef(list)
  current.current = list

  const fail = (error: unknown) => {
    if (error instanceof AskError) setList((list) => ({ ...list, key, error }))
  }
  const page = (cursor?: string) => ask("listSessions", questionOf(filters, order, cursor), abort.current.signal)

  useEffect(() => {
    const { signal } = abort.current
    isAsking.current = false
    page()
      .then(({ items, nextCursor }) => setList({ key, rows: items, cursor: nextCursor }))
      .catch(fail)
    const stop = poll(async (paused) => {
      if (current.current.key !== key || current.current.rows === undefined) return
      const asked = recent(askedFilters(sessionFilters, filters), current.current.rows)
      const { items } = await ask("listSessions", asked, AbortSignal.any([paused, signal]))
      setList((list) =>
        list.key !== key || list.rows === undefined
          ? list
          : { ...list, error: undefined, rows: merge(list.rows, items, order, list.cursor === undefined) }
      )
    })
    return () => {
      stop()
      abort.current.abort()
      abort.current = new AbortController()
    }
  }, [key, times])

  useReturn(
    () => current.current.rows !== undefined,
    (hasRows) => (hasRows ? setList((list) => ({ ...list, error: undefined })) : setTimes((times) => times + 1))
  )

  const { cursor, error, rows } = list
  const more = () => {
    if (isAsking.current) return
    isAsking.current = true
    page(cursor)
      .then(({ items, nextCursor }) =>
        setList((list) => ({ key, rows: merge(list.rows ?? [], items, order, true), cursor: nextCursor }))
      )
      .catch(fail)
      .finally(() => {
        isAsking.current = false
      })
  }
  return {
    question: list.key,
    rows,
    error: list.key === key ? error : undefined,
    isStale: list.key !== undefined && list.key !== key,
    more: cursor === undefined || error !== undefined || list.key !== key ? undefined : more,
    again: () => setTimes((times) => times + 1)
  }
}

const questionOf = (filters: ReadonlyArray<Filter> | undefined, orderBy: Order, cursor: string | undefined) => ({
  filters: askedFilters(sessionFilters, filters),
  orderBy,
  pagination: { limit, ...(cursor === undefined ? {} : { cursor }) }
})

/** When the server is back, rows that are there stay: the poll goes on by itself. */
const useReturn = (hasRows: () => boolean, onReturn: (hasRows: boolean) => void): void => {
  const back = reconnected.value
  useEffect(() => {
    if (back > 0) onReturn(hasRows())
  }, [back])
}

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
