/** The row under the cursor of a list, and the keys that move it. */
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks"
import { useKeys } from "../state/keys.js"

interface List<A> {
  /** The box that scrolls: each row that is drawn has its key as `data-key`, and its link the class `row-link`. */
  readonly box: { readonly current: HTMLElement | null }
  readonly rows: ReadonlyArray<A>
  readonly keyOf: (row: A) => string
  /** The word for a row. */
  readonly noun: string
  /** Where a row begins, and how much of the box lies over the rows: pixels. */
  readonly offset: (index: number) => number
  readonly head?: number
  /** The key of the row under the cursor, as the address says it. */
  readonly cursor: string | undefined
  readonly onCursor: (key: string) => void
  readonly enter: { readonly label: string; readonly run: (row: A) => void }
}

/** How long the cursor must rest before the address says where: browsers take few changes of it a second. */
const restMillis = 150

export const useCursor = <A>({ box, cursor, enter, head = 0, keyOf, noun, offset, onCursor, rows }: List<A>) => {
  const [at, setAt] = useState(cursor)
  const timer = useRef<number | undefined>(undefined)
  const latest = useRef(onCursor)
  latest.current = onCursor
  const focused = useFocused(box)
  useEffect(() => setAt(cursor), [cursor])
  useEffect(() => () => window.clearTimeout(timer.current), [])

  /** At once; the address is left to whoever calls. */
  const put = (key: string) => {
    window.clearTimeout(timer.current)
    setAt(key)
  }
  /** When it has come to rest. */
  const rest = (key: string) => {
    put(key)
    timer.current = window.setTimeout(() => latest.current(key), restMillis)
  }
  const indexOf = (key: string | undefined) => (key === undefined ? -1 : rows.findIndex((row) => keyOf(row) === key))
  const show = (index: number) => {
    const element = box.current
    if (element === null) return
    const [top, end] = [offset(index), offset(index + 1)]
    const room = element.clientHeight - head
    if (top < element.scrollTop) element.scrollTop = top
    if (end > element.scrollTop + room) element.scrollTop = Math.min(top, end - room)
  }
  const move = (to: number) => {
    const index = Math.max(0, Math.min(rows.length - 1, to))
    const row = rows[index]
    if (row === undefined) return false
    const key = keyOf(row)
    focused.current = key
    show(index)
    rest(key)
    return true
  }

  // Where an address says a row, that is shown as soon as it is there.
  const first = useRef(cursor)
  useLayoutEffect(() => {
    const index = indexOf(first.current)
    if (index < 0) return
    first.current = undefined
    show(index)
  }, [rows])

  useKeys("List", [
    { keys: "j", label: `next ${noun}`, run: () => move(indexOf(at) + 1) },
    { keys: "k", label: `previous ${noun}`, run: () => move(at === undefined ? 0 : indexOf(at) - 1) },
    { keys: "g g", label: "first", run: () => move(0) },
    { keys: "G", label: "last of those that are loaded", run: () => move(rows.length - 1) },
    {
      keys: "Enter",
      label: enter.label,
      run: () => {
        const row = rows[indexOf(at)]
        if (row === undefined) return false
        put(keyOf(row))
        enter.run(row)
        return true
      }
    }
  ])
  return { at, put, rest }
}

/** The row whose link is focused as soon as it is drawn: whoever hears the page hears where the cursor is. */
const useFocused = (box: { readonly current: HTMLElement | null }) => {
  const focused = useRef<string | undefined>(undefined)
  useLayoutEffect(() => {
    const key = focused.current
    const link = key && box.current?.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"] .row-link`)
    if (!link) return
    focused.current = undefined
    link.focus({ preventScroll: true })
  })
  return focused
}
