/** The traces of a question, page by page, kept up to date with those that began last. */
import { useEffect, useRef, useState } from "preact/hooks"
import type { Options, Span } from "../../../internal/encoded.js"
import { AskError, ask, reconnected } from "../../state/client.js"
import { poll } from "../../state/live.js"
import { merge, type Order } from "./merge.js"

type Filters = NonNullable<Options["listTraces"]["filters"]>

interface List {
  readonly rows?: ReadonlyArray<Span> | undefined
  readonly cursor?: string | undefined
  readonly error?: AskError | undefined
}

const limit = 100

export const useTraces = (filters: Filters, order: Order) => {
  // A time that is said by how long ago it is goes on with the clock: the question is the same.
  const key = JSON.stringify([filters, order])
  const [list, setList] = useState<List>({})
  const [times, setTimes] = useState(0)
  const isAsking = useRef(false)
  const back = reconnected.value
  const question = useRef({ filters, orderBy: order })
  question.current = { filters, orderBy: order }

  useEffect(() => {
    const abort = new AbortController()
    const start = async () => {
      try {
        const { items, nextCursor } = await ask(
          "listTraces",
          { ...question.current, pagination: { limit } },
          abort.signal
        )
        setList({ rows: items.map(slim), cursor: nextCursor })
      } catch (error) {
        if (error instanceof AskError) setList((list) => ({ ...list, error }))
      }
    }
    isAsking.current = false
    void start()
    const stop = poll(async (signal) => {
      const newest = await ask(
        "listTraces",
        { filters: question.current.filters, pagination: { limit: 50 } },
        AbortSignal.any([signal, abort.signal])
      )
      setList((list) =>
        list.rows === undefined
          ? list
          : {
              ...list,
              error: undefined,
              rows: merge(list.rows, newest.items.map(slim), order, list.cursor === undefined)
            }
      )
    })
    return () => {
      stop()
      abort.abort()
    }
  }, [key, times, back])

  const { cursor, error, rows } = list
  const more = () => {
    if (cursor === undefined || isAsking.current) return
    isAsking.current = true
    const asked = key
    ask("listTraces", { ...question.current, pagination: { limit, cursor } })
      .then(({ items, nextCursor }) => {
        if (JSON.stringify([question.current.filters, question.current.orderBy]) !== asked) return
        setList((list) => ({ rows: merge(list.rows ?? [], items.map(slim), order, true), cursor: nextCursor }))
      })
      .catch((error) => error instanceof AskError && setList((list) => ({ ...list, error })))
      .finally(() => {
        isAsking.current = false
      })
  }
  return {
    rows,
    error,
    more: cursor === undefined || error !== undefined ? undefined : more,
    again: () => setTimes((times) => times + 1)
  }
}

/** A row needs nothing of what was said, which may be large. */
const slim = (span: Span): Span => ({ ...span, attributes: {}, events: [], links: [], resource: {} })
