/** Lines of one height, of which only those are drawn that are seen. One of them may be open, at whatever height it has. */
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks"
import type { Log } from "../../../internal/encoded.js"
import { useCursor } from "../../parts/useCursor.js"
import { href, navigate, type RouteOf } from "../../state/address.js"
import { useKeys } from "../../state/keys.js"
import { isNarrow } from "../../state/narrow.js"
import { some } from "../../state/numbers.js"
import { cut, oneLine } from "../../state/visible.js"
import { keyOf, Line, Whole } from "./Record.js"

interface Props {
  readonly route: RouteOf<"logs">
  /** In the order in which they are shown. */
  readonly rows: ReadonlyArray<Log>
  /** Asks for older ones. */
  readonly more: (() => void) | undefined
}

const overscan = 10

export const LogList = ({ more, route, rows }: Props) => {
  const { open, order } = route
  const isFollowed = order === "follow"
  const step = isNarrow.value ? 52 : 28
  const box = useRef<HTMLDivElement>(null)
  const [extra, setExtra] = useState(0)
  const opened = open === undefined ? -1 : rows.findIndex((row) => keyOf(row) === open)
  const layout = layoutOf(step, opened, opened < 0 ? 0 : extra)
  const { first, last, onScroll, unseen, toNewest } = useScroll(box, rows, layout, isFollowed, route.at !== undefined)
  const { at, put } = useCursor({
    box,
    rows,
    keyOf,
    noun: "log",
    offset: layout.offset,
    cursor: route.at ?? open,
    onCursor: (at) => navigate({ ...route, at }, { replace: true }),
    enter: {
      label: "open or close the log",
      run: (row) => {
        const key = keyOf(row)
        navigate({ ...route, at: key, open: open === key ? undefined : key }, { replace: true })
      }
    }
  })
  useKeys("Logs", [
    {
      keys: "Escape",
      label: "close the log",
      run: () => {
        if (open === undefined) return false
        navigate({ ...route, open: undefined }, { replace: true })
        return true
      }
    }
  ])

  useEffect(() => {
    const isNear = isFollowed ? first === 0 : last >= rows.length
    if (more !== undefined && isNear) more()
  }, [more, first, last, rows.length, isFollowed])

  return (
    <div class="table-frame">
      {unseen > 0 && (
        <button type="button" class={isFollowed ? "unseen unseen-below" : "unseen unseen-logs"} onClick={toNewest}>
          {some(unseen, "new log")} {isFollowed ? "↓" : "↑"}
        </button>
      )}
      <div ref={box} class="logs" role="list" aria-label="Logs" tabIndex={0} onScroll={onScroll}>
        <div class="logs-all" role="presentation" style={{ height: `${layout.offset(rows.length)}px` }}>
          {rows.slice(first, last).map((log, i) => {
            const key = keyOf(log)
            const isOpen = key === open
            return (
              <div
                key={key}
                role="listitem"
                data-key={key}
                class={`log${isOpen ? " log-open" : ""}`}
                {...(at === key ? { "aria-current": "true" } : {})}
                style={{ transform: `translateY(${layout.offset(first + i)}px)`, "--step": `${step}px` }}
              >
                <div class="log-line">
                  <a
                    class="row-link"
                    data-replace=""
                    href={href({ ...route, open: isOpen ? undefined : key, at: key })}
                    aria-expanded={isOpen}
                    aria-label={`${log.level}: ${oneLine(cut(log.message, 200))}`}
                    onClick={() => put(key)}
                  />
                  <Line log={log} />
                </div>
                {isOpen && <Opened log={log} route={route} onHeight={setExtra} />}
              </div>
            )
          })}
        </div>
      </div>
    </div>
  )
}

const Opened = ({
  log,
  onHeight,
  route
}: {
  readonly log: Log
  readonly route: RouteOf<"logs">
  readonly onHeight: (height: number) => void
}) => {
  const box = useRef<HTMLDivElement>(null)
  useLayoutEffect(() => {
    const element = box.current
    if (element === null) return
    onHeight(element.offsetHeight)
    const observer = new ResizeObserver(() => onHeight(element.offsetHeight))
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  return (
    <div ref={box} class="log-body">
      <Whole log={log} route={route} />
    </div>
  )
}

interface Layout {
  /** Where a row begins. */
  readonly offset: (index: number) => number
  /** The row that is at a height. */
  readonly at: (top: number) => number
}

const layoutOf = (step: number, opened: number, extra: number): Layout => ({
  offset: (index) => index * step + (opened >= 0 && index > opened ? extra : 0),
  at: (top) => {
    const end = (opened + 1) * step
    if (opened < 0 || top < end) return Math.floor(top / step)
    return top < end + extra ? opened : Math.floor((top - extra) / step)
  }
})

/** The rows that are drawn; what is read stays where it is when others come. */
const useScroll = (
  box: { readonly current: HTMLDivElement | null },
  rows: ReadonlyArray<Log>,
  layout: Layout,
  isFollowed: boolean,
  hasCursor: boolean
) => {
  const [range, setRange] = useState<readonly [number, number]>([0, 60])
  const [unseen, setUnseen] = useState(0)
  const anchor = useRef<{ readonly key: string; readonly offset: number } | undefined>(undefined)
  const isAtEnd = useRef(true)
  const newest = useRef<string | undefined>(undefined)

  const look = () => {
    const element = box.current
    if (element === null) return
    const { clientHeight, scrollHeight, scrollTop } = element
    const index = Math.max(0, layout.at(scrollTop))
    const row = rows[index]
    anchor.current = row === undefined ? undefined : { key: keyOf(row), offset: scrollTop - layout.offset(index) }
    isAtEnd.current = isFollowed ? scrollHeight - scrollTop - clientHeight < 12 : scrollTop < 12
    if (isAtEnd.current) setUnseen(0)
    setRange([Math.max(0, index - overscan), layout.at(scrollTop + clientHeight) + 1 + overscan])
  }

  useLayoutEffect(() => {
    const element = box.current
    if (element === null) return
    const observer = new ResizeObserver(look)
    observer.observe(element)
    return () => observer.disconnect()
  }, [rows, layout.offset(1), isFollowed])

  useLayoutEffect(() => {
    const element = box.current
    const last = isFollowed ? rows.at(-1) : rows[0]
    const before = newest.current
    newest.current = last === undefined ? undefined : keyOf(last)
    if (element === null) return
    const keeps = isFollowed ? !isAtEnd.current : !isAtEnd.current || hasCursor
    if (!keeps) {
      element.scrollTop = isFollowed ? element.scrollHeight : 0
    } else if (anchor.current !== undefined) {
      const { key, offset } = anchor.current
      const index = rows.findIndex((row) => keyOf(row) === key)
      if (index >= 0) element.scrollTop = layout.offset(index) + offset
      if (before !== undefined && before !== newest.current) {
        const seen = rows.findIndex((row) => keyOf(row) === before)
        const fresh = seen < 0 ? 0 : isFollowed ? rows.length - 1 - seen : seen
        setUnseen((count) => count + fresh)
      }
    }
    look()
  }, [rows, layout.offset(rows.length), isFollowed])

  return {
    first: Math.min(range[0], Math.max(0, rows.length - 1)),
    last: Math.min(rows.length, range[1]),
    onScroll: look,
    unseen,
    toNewest: () => box.current?.scrollTo({ top: isFollowed ? box.current.scrollHeight : 0 })
  }
}
