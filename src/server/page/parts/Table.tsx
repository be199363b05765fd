/**
 * Rows of one height, of which only those are drawn that are seen: as a table, or as cards where there is no room for one.
 * What is read stays where it is when rows come before it.
 */
import type { ComponentChildren } from "preact"
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks"
import { href, navigate, type Route, type RouteOf } from "../state/address.js"
import { isNarrow } from "../state/narrow.js"
import { some } from "../state/numbers.js"
import { useCursor } from "./useCursor.js"

export interface Column<A> {
  readonly id: string
  readonly head: ComponentChildren
  /** Pixels: at least, where it grows. */
  readonly width: number
  /** Its part of the room that is left. */
  readonly grow?: number
  /** Numbers stand at the end. */
  readonly align?: "end"
  readonly cell: (row: A) => ComponentChildren
  /** The order by this column. */
  readonly sort?: { readonly to: Route; readonly direction: "ascending" | "descending" | "none" }
}

/** How a list is sorted by one of its columns, and the address in which it is the other way. */
export const sortOf = (
  route: RouteOf<"sessions" | "traces">,
  field: "time" | "duration"
): NonNullable<Column<unknown>["sort"]> => {
  const isSorted = (route.orderBy ?? "time") === field
  const isAscending = isSorted && route.direction === "asc"
  return {
    direction: isSorted ? (isAscending ? "ascending" : "descending") : "none",
    to: {
      ...route,
      at: undefined,
      orderBy: field === "time" ? undefined : field,
      direction: isSorted && !isAscending ? "asc" : undefined
    }
  }
}

interface Props<A> {
  /** What is listed, for who hears it, and what one of it is called. */
  readonly label: string
  readonly noun: string
  readonly rows: ReadonlyArray<A>
  readonly keyOf: (row: A) => string
  readonly columns: ReadonlyArray<Column<A>>
  readonly height: number
  readonly card: (row: A) => ComponentChildren
  readonly cardHeight: number
  /** Where a row leads, and what its link is called. */
  readonly routeOf: (row: A) => Route
  readonly titleOf: (row: A) => string
  /** The key of the row under the cursor, as the address says it. */
  readonly cursor: string | undefined
  readonly onCursor: (key: string) => void
  /** Asks for more rows; absent where there are none. */
  readonly more?: (() => void) | undefined
  readonly foot?: ComponentChildren
  /** Whether the rows are of another question, whose answer is on its way. */
  readonly isStale?: boolean
}

/** Rows that are drawn above and below those that are seen. */
const overscan = 8
const headHeight = 32

export const Table = <A,>(props: Props<A>) => {
  const {
    card,
    cardHeight,
    columns,
    cursor,
    foot,
    height,
    isStale = false,
    keyOf,
    label,
    more,
    noun,
    onCursor,
    routeOf,
    rows,
    titleOf
  } = props
  const isCards = isNarrow.value
  const step = isCards ? cardHeight : height
  const box = useRef<HTMLDivElement>(null)
  const { first, last, onScroll, toTop, unseen, watch } = useWindow(box, rows, keyOf, step, cursor !== undefined)
  const { at, put, rest } = useCursor({
    box,
    rows,
    keyOf,
    noun,
    cursor,
    onCursor,
    head: isCards ? 0 : headHeight,
    offset: (index) => index * step,
    enter: {
      label: `open the ${noun}`,
      run: (row) => {
        onCursor(keyOf(row))
        navigate(routeOf(row))
      }
    }
  })

  useEffect(() => {
    if (more !== undefined && last + overscan * 2 >= rows.length) more()
  }, [more, last, rows.length])

  return (
    <div class={isStale ? "table-frame stale" : "table-frame"} aria-busy={isStale}>
      {unseen > 0 && (
        <button type="button" class="unseen" onClick={toTop}>
          {some(unseen, `new ${noun}`)} ↑
        </button>
      )}
      <div
        ref={box}
        class={isCards ? "table table-cards" : "table"}
        role={isCards ? "list" : "table"}
        {...{ "aria-label": label }}
        {...(isCards ? {} : { "aria-rowcount": more === undefined ? rows.length + 1 : -1 })}
        tabIndex={0}
        style={{ "--tracks": tracksOf(columns), "--least": `${leastOf(columns)}px`, "--row-height": `${step}px` }}
        onScroll={onScroll}
        {...watch}
      >
        {!isCards && <Head columns={columns} />}
        <div
          class="table-rows"
          role={isCards ? "presentation" : "rowgroup"}
          style={{ height: `${rows.length * step}px` }}
        >
          {rows.slice(first, last).map((row, i) => {
            const key = keyOf(row)
            return (
              <div
                key={key}
                class={isCards ? "card" : "row"}
                role={isCards ? "listitem" : "row"}
                data-key={key}
                {...(isCards ? {} : { "aria-rowindex": first + i + 2 })}
                {...(at === key ? { "aria-current": "true" } : {})}
                style={{ transform: `translateY(${(first + i) * step}px)` }}
                onFocusIn={() => at !== key && rest(key)}
                onClick={(event) => {
                  put(key)
                  // At once: a link that is followed leaves an address behind to which back leads.
                  onCursor(key)
                  follow(event)
                }}
              >
                {isCards ? (
                  <>
                    <a class="row-link" href={href(routeOf(row))} aria-label={titleOf(row)} />
                    {card(row)}
                  </>
                ) : (
                  columns.map(({ align, cell, id }, j) => (
                    <div key={id} class={align === "end" ? `cell cell-${id} end` : `cell cell-${id}`} role="cell">
                      {j === 0 && <a class="row-link" href={href(routeOf(row))} aria-label={titleOf(row)} />}
                      {cell(row)}
                    </div>
                  ))
                )}
              </div>
            )
          })}
        </div>
        {foot !== undefined && <div class="table-foot">{foot}</div>}
      </div>
    </div>
  )
}

/** What lies above the link of a row, as a text with a title, leads where the link does. */
const follow = (event: MouseEvent & { readonly currentTarget: HTMLElement }): void => {
  if (event.target instanceof Element && event.target.closest("a, button") === null) {
    event.currentTarget.querySelector(".row-link")?.dispatchEvent(new MouseEvent("click", event))
  }
}

const tracksOf = <A,>(columns: ReadonlyArray<Column<A>>): string =>
  columns.map(({ grow, width }) => (grow === undefined ? `${width}px` : `minmax(${width}px, ${grow}fr)`)).join(" ")

/** The width below which the rows are scrolled sideways: columns, gaps and margins. */
const leastOf = <A,>(columns: ReadonlyArray<Column<A>>): number =>
  columns.reduce((sum, { width }) => sum + width + 12, 20)

const Head = <A,>({ columns }: { readonly columns: ReadonlyArray<Column<A>> }) => (
  <div class="table-head" role="rowgroup">
    <div class="row-head" role="row" aria-rowindex={1}>
      {columns.map(({ align, head, id, sort }) => (
        <div
          key={id}
          class={align === "end" ? `cell end cell-${id}` : `cell cell-${id}`}
          role="columnheader"
          {...(sort === undefined ? {} : { "aria-sort": sort.direction })}
        >
          {sort === undefined ? (
            head
          ) : (
            <a href={href(sort.to)}>
              {head}
              <span aria-hidden="true">{marks[sort.direction]}</span>
            </a>
          )}
        </div>
      ))}
    </div>
  </div>
)

const marks = { ascending: " ↑", descending: " ↓", none: "" }

/** The rows that are drawn, and what keeps the first that is seen in its place. */
const useWindow = <A,>(
  box: { readonly current: HTMLDivElement | null },
  rows: ReadonlyArray<A>,
  keyOf: (row: A) => string,
  step: number,
  hasCursor: boolean
) => {
  const [first, setFirst] = useState(0)
  const [room, setRoom] = useState(Math.ceil(window.innerHeight / step))
  const [unseen, setUnseen] = useState(0)
  const anchor = useRef<{ readonly key: string; readonly offset: number } | undefined>(undefined)
  const isOver = useRef(false)

  const look = () => {
    const element = box.current
    if (element === null) return
    const index = Math.floor(element.scrollTop / step)
    const row = rows[index]
    anchor.current = row === undefined ? undefined : { key: keyOf(row), offset: element.scrollTop - index * step }
    if (element.scrollTop < step / 2) setUnseen(0)
    setFirst(Math.max(0, index - overscan))
  }

  useLayoutEffect(() => {
    const element = box.current
    if (element === null) return
    const observer = new ResizeObserver(() => setRoom(Math.ceil(element.clientHeight / step) + 1))
    observer.observe(element)
    return () => observer.disconnect()
  }, [step])

  useLayoutEffect(() => {
    const element = box.current
    const read = anchor.current
    if (element !== null && read !== undefined && (element.scrollTop > 0 || isOver.current || hasCursor)) {
      const index = rows.findIndex((row) => keyOf(row) === read.key)
      const before = Math.floor(element.scrollTop / step)
      if (index >= 0 && index !== before) {
        element.scrollTop = index * step + read.offset
        if (index > before) setUnseen((count) => count + index - before)
      }
    }
    look()
  }, [rows, step])

  return {
    first,
    last: Math.min(rows.length, first + room + overscan * 2),
    unseen,
    onScroll: look,
    toTop: () => box.current?.scrollTo({ top: 0 }),
    watch: {
      onPointerEnter: ({ pointerType }: PointerEvent) => {
        isOver.current = pointerType === "mouse"
      },
      onPointerLeave: () => {
        isOver.current = false
      }
    }
  }
}
