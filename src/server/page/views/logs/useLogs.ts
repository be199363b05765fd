/** The logs of a question, newest first, page by page, kept up to date with those that come. */
import { useEffect, useRef, useState } from "preact/hooks"
import type { Options } from "../../../internal/encoded.js"
import { AskError, ask, reconnected } from "../../state/client.js"
import { poll } from "../../state/live.js"
import { type Listed, withNewest, withOlder } from "./merge.js"

type Filters = NonNullable<Options["listLogs"]["filters"]>

const limit = 100
/** So many pages of new records are read in a turn before the list begins anew. */
const mostPages = 5

export const useLogs = (filters: Filters, identity: string) => {
  const [list, setList] = useState<Listed | undefined>(undefined)
  const [error, setError] = useState<AskError | undefined>(undefined)
  const [times, setTimes] = useState(0)
  const asked = useRef(filters)
  asked.current = filters
  const current = useRef(list)
  current.current = list
  const isAsking = useRef(false)
  const back = reconnected.value

  useEffect(() => {
    const abort = new AbortController()
    const page = (cursor: string | undefined, signal: AbortSignal) =>
      ask(
        "listLogs",
        { filters: asked.current, pagination: cursor === undefined ? { limit } : { limit, cursor } },
        AbortSignal.any([signal, abort.signal])
      )
    const fail = (error: unknown) => {
      if (error instanceof AskError && !abort.signal.aborted) setError(error)
    }
    const newest = async (signal: AbortSignal) => {
      let { items, nextCursor } = await page(undefined, signal)
      const before = current.current
      let next = before === undefined ? { rows: items, cursor: nextCursor } : withNewest(before, { items, nextCursor })
      for (let pages = 1; next === undefined && pages < mostPages && nextCursor !== undefined; pages++) {
        const more = await page(nextCursor, signal)
        items = [...items, ...more.items]
        nextCursor = more.nextCursor
        next = before === undefined ? undefined : withNewest(before, { items, nextCursor })
      }
      if (abort.signal.aborted) return
      setError(undefined)
      setList((list) => (list === before || next === undefined ? (next ?? { rows: items, cursor: nextCursor }) : list))
    }
    setList(undefined)
    current.current = undefined
    isAsking.current = false
    newest(abort.signal).catch(fail)
    const stop = poll(newest)
    return () => {
      stop()
      abort.abort()
    }
  }, [identity, times, back])

  const cursor = list?.cursor
  const more = () => {
    if (cursor === undefined || isAsking.current) return
    isAsking.current = true
    ask("listLogs", { filters: asked.current, pagination: { limit, cursor } })
      .then((page) => setList((list) => (list === undefined || list.cursor !== cursor ? list : withOlder(list, page))))
      .catch((error) => error instanceof AskError && setError(error))
      .finally(() => {
        isAsking.current = false
      })
  }
  return {
    rows: list?.rows,
    error,
    more: cursor === undefined || error !== undefined ? undefined : more,
    again: () => setTimes((times) => times + 1)
  }
}
