/** A list, page by page, kept up to date with what comes. */
import { useEffect, useRef, useState } from "preact/hooks"
import type { Page } from "../../internal/encoded.js"
import { AskError, reconnected } from "./client.js"
import { poll } from "./live.js"

/** The part of a list that is there. */
export interface Listed<A> {
  readonly rows: ReadonlyArray<A>
  /** Where the next page begins: absent at the end. */
  readonly cursor: string | undefined
}

interface Source<A> {
  /** Tells one question from another. */
  readonly key: string
  readonly page: (cursor: string | undefined, abort: AbortSignal) => Promise<Page<A>>
  /** Asks for what has changed. A page may have come meanwhile: the answer is put into the list that is there then. */
  readonly renew: (list: Listed<A>, abort: AbortSignal) => Promise<(list: Listed<A>) => Listed<A>>
  /** The rows with those of the next page. */
  readonly append: (rows: ReadonlyArray<A>, next: ReadonlyArray<A>) => ReadonlyArray<A>
}

interface State<A> {
  /** The question that it answers. */
  readonly key?: string
  readonly list?: Listed<A> | undefined
  readonly error?: AskError | undefined
}

const listOf = <A>({ items, nextCursor }: Page<A>): Listed<A> => ({ rows: items, cursor: nextCursor })

export const useList = <A>(source: Source<A>) => {
  const { key } = source
  const [state, setState] = useState<State<A>>({})
  const [times, setTimes] = useState(0)
  const abort = useRef(new AbortController())
  const isAsking = useRef(false)
  const latest = useRef({ source, state })
  latest.current = { source, state }

  const fail = (error: unknown) => {
    if (error instanceof AskError) {
      setState((state) => ({ key, list: state.key === key ? state.list : undefined, error }))
    }
  }
  /** Changes the list of this question, if it is there. */
  const change = (of: (list: Listed<A>) => Listed<A>) =>
    setState((state) => {
      if (state.key !== key || state.list === undefined) return state
      const list = of(state.list)
      return list === state.list && state.error === undefined ? state : { key, list }
    })

  useEffect(() => {
    const { signal } = abort.current
    isAsking.current = false
    latest.current.source
      .page(undefined, signal)
      .then((page) => setState({ key, list: listOf(page) }))
      .catch(fail)
    const stop = poll(async (paused) => {
      const { source, state } = latest.current
      if (state.key !== key || state.list === undefined) return
      change(await source.renew(state.list, AbortSignal.any([paused, signal])))
    })
    return () => {
      stop()
      abort.current.abort()
      abort.current = new AbortController()
    }
  }, [key, times])

  const again = () => setTimes((times) => times + 1)
  useReturn(() => (state.key === key && state.list !== undefined ? change((list) => list) : again()))

  const { list } = state
  const error = state.key === key ? state.error : undefined
  const more = () => {
    if (isAsking.current) return
    isAsking.current = true
    source
      .page(list?.cursor, abort.current.signal)
      .then(({ items, nextCursor }) => change(({ rows }) => ({ rows: source.append(rows, items), cursor: nextCursor })))
      .catch(fail)
      .finally(() => {
        isAsking.current = false
      })
  }
  return {
    question: state.key,
    rows: list?.rows,
    error,
    /** Whether the rows are those of the question before. */
    isStale: state.key !== undefined && state.key !== key,
    more: list?.cursor === undefined || error !== undefined || state.key !== key ? undefined : more,
    again
  }
}

/** When the server is back, rows that are there stay: the poll goes on by itself. */
const useReturn = (onReturn: () => void): void => {
  const back = reconnected.value
  useEffect(() => {
    if (back > 0) onReturn()
  }, [back])
}
