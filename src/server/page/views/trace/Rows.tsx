/** The spans as a tree, each beside its time: rows of one height, of which only those are drawn that are seen. */
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks"
import type { OutlineSpan } from "../../../internal/encoded.js"
import { href, navigate, type RouteOf } from "../../state/address.js"
import { useKeys } from "../../state/keys.js"
import { isNarrow } from "../../state/narrow.js"
import { nanos } from "../../state/time.js"
import { Row, type RowsProps } from "./Row.js"
import { isOpen, rowAt } from "./rows.js"
import { type Range, ticksOf } from "./scale.js"
import { isWithin, type Tree } from "./tree.js"
import { withCursor } from "./useCursor.js"

const overscan = 10
/** So many folds are in the address at most: the last. */
const mostFolds = 200

export const Rows = (props: RowsProps) => {
  const { at, cursor, kept, label, matches, range, route, rows, tree } = props
  const step = isNarrow.value ? 44 : 28
  const box = useRef<HTMLDivElement>(null)
  const { first, last, onScroll, show } = useWindow(box, rows, tree, step)
  const folds = { depth: route.depth, turned: new Set(route.fold), cursor: at }
  const hasBelow = (index: number) =>
    (tree.after[index] as number) > index + 1 &&
    (kept === undefined || kept[index + 1] !== 0 || isKeptBelow(props, index))
  const open = (index: number): boolean => isOpen(tree, index, folds)

  /** The address with a span open or folded. */
  const turned = (index: number): RouteOf<"trace"> => {
    const { spanId } = tree.spans[index] as OutlineSpan
    const isOpened = !open(index)
    const isUsual = (tree.depth[index] as number) < (route.depth ?? Number.POSITIVE_INFINITY) === isOpened
    const others = (route.fold ?? []).filter((id) => id !== spanId)
    const fold = isUsual ? others : [...others, spanId].slice(-mostFolds)
    const next = { ...route, fold: fold.length === 0 ? undefined : fold }
    // The cursor would hold open what is above it.
    return !isOpened && at > index && isWithin(tree, at, index) ? withCursor(next, spanId) : next
  }
  const turn = (index: number) => navigate(withCursor(turned(index), idOf(index)), { replace: true })
  const idOf = (index: number) => (tree.spans[index] as OutlineSpan).spanId
  const put = (index: number | undefined) => {
    if (index === undefined || index < 0) return false
    cursor.move(idOf(index))
    return true
  }

  // Whatever moves the cursor, it is seen.
  const shown = useRef<number>(-1)
  useLayoutEffect(() => {
    if (at >= 0 && at !== shown.current) show(rowAt(rows, at))
    shown.current = at
  }, [at, rows])

  useTreeKeys(props, box, { open, hasBelow, turn, put })

  const drawn = Array.from(rows.subarray(first, last))
  const isAtDrawn = at >= 0 && drawn.includes(at)
  return (
    <div class="trace-main">
      <Ticks range={range} />
      <div
        ref={box}
        class="tree"
        role="tree"
        aria-label={label}
        tabIndex={0}
        {...(isAtDrawn ? { "aria-activedescendant": `span-${at}` } : {})}
        style={{ "--row-height": `${step}px` }}
        onScroll={onScroll}
      >
        <div class="tree-rows" role="presentation" style={{ height: `${rows.length * step}px` }}>
          {drawn.map((index, i) => (
            <Row
              key={index}
              {...props}
              index={index}
              top={(first + i) * step}
              isAt={index === at}
              isMatch={matches.length > 0 && matches[rowAt(matches, index)] === index}
              isFaint={kept !== undefined && kept[index] === 1}
              isOpen={hasBelow(index) ? open(index) : undefined}
              to={href({ ...route, span: idOf(index), at: undefined })}
              toTurned={hasBelow(index) ? href(turned(index)) : undefined}
            />
          ))}
        </div>
      </div>
    </div>
  )
}

/** Whether a filter leaves anything below a span. */
const isKeptBelow = ({ kept, tree }: RowsProps, index: number): boolean => {
  if (kept === undefined) return true
  for (let i = index + 1; i < (tree.after[index] as number); i = tree.after[i] as number) if (kept[i] !== 0) return true
  return false
}

const Ticks = ({ range }: { readonly range: Range }) => (
  <div class="trace-axis" aria-hidden="true">
    <span class="trace-axis-name">Span</span>
    <span class="t-tokens">Tokens</span>
    <span class="t-cost">Cost</span>
    <span class="t-time">Duration</span>
    <span class="t-ticks">
      {ticksOf(range, 5).map((tick) => {
        const part = (tick - range.from) / (range.to - range.from)
        return (
          <span key={tick} class="tick" style={{ "--from": `${(part * 100).toFixed(3)}%` }}>
            {/* There is no room for it at the end. */}
            {part < 0.88 && (tick === 0 ? "0" : nanos(tick))}
          </span>
        )
      })}
    </span>
  </div>
)

interface Moves {
  readonly open: (index: number) => boolean
  readonly hasBelow: (index: number) => boolean
  readonly turn: (index: number) => void
  readonly put: (index: number | undefined) => boolean
}

/** The keys of a tree, as the ARIA Authoring Practices have them, and those of lists. */
const useTreeKeys = (
  { at, route, rows, tree }: RowsProps,
  box: { readonly current: HTMLDivElement | null },
  { hasBelow, open, put, turn }: Moves
): void => {
  const place = at < 0 ? -1 : rowAt(rows, at)
  const move = (by: number) => put(rows[Math.max(0, Math.min(rows.length - 1, place + by))])
  const page = () => Math.max(1, Math.floor((box.current?.clientHeight ?? 0) / (isNarrow.value ? 44 : 28)) - 1)
  const inward = () => {
    if (at < 0) return move(1)
    if (!hasBelow(at)) return false
    if (open(at)) return move(1)
    turn(at)
    return true
  }
  const outward = () => {
    if (at < 0) return false
    if (hasBelow(at) && open(at)) {
      turn(at)
      return true
    }
    return put(tree.parent[at] as number)
  }
  const turnAt = () => {
    if (at >= 0 && hasBelow(at)) turn(at)
    return at >= 0
  }
  const show = () => {
    navigate({
      ...withCursor(route, (tree.spans[at < 0 ? 0 : at] as OutlineSpan).spanId),
      span: spanOf(tree, at, route)
    })
    return true
  }
  /** Arrows and pages scroll what is focused, where that is not the tree. */
  const ofTree = (run: () => boolean) => () => {
    const { activeElement } = document
    const isTree = activeElement === null || activeElement === document.body || activeElement.id === "main"
    return isTree || box.current?.contains(activeElement) === true ? run() : false
  }
  useKeys("Tree", [
    { keys: "j", label: "next span", run: () => move(1) },
    { keys: "k", label: "span before", run: () => move(-1) },
    { keys: "l", label: "open, then into it", run: inward },
    { keys: "h", label: "fold, then to the parent", run: outward },
    { keys: "g g", label: "first", run: () => put(rows[0]) },
    { keys: "G", label: "last", run: () => put(rows[rows.length - 1]) },
    { keys: "Enter", label: "show the span", run: ofTree(show) },
    { keys: " ", label: "fold or open", run: ofTree(turnAt) },
    { keys: "ArrowDown", label: "next span", run: ofTree(() => move(1)) },
    { keys: "ArrowUp", label: "span before", run: ofTree(() => move(-1)) },
    { keys: "ArrowRight", label: "open, then into it", run: ofTree(() => inward() || true) },
    { keys: "ArrowLeft", label: "fold, then to the parent", run: ofTree(() => outward() || true) },
    { keys: "Home", label: "first", run: ofTree(() => put(rows[0])) },
    { keys: "End", label: "last", run: ofTree(() => put(rows[rows.length - 1])) },
    { keys: "PageDown", label: "a page on", run: ofTree(() => move(page())) },
    { keys: "PageUp", label: "a page back", run: ofTree(() => move(-page())) }
  ])
}

const spanOf = (tree: Tree, at: number, route: RouteOf<"trace">): string | undefined =>
  at < 0 ? route.span : (tree.spans[at] as OutlineSpan).spanId

/** The rows that are drawn, and what keeps the first that is seen in its place when others come. */
const useWindow = (box: { readonly current: HTMLDivElement | null }, rows: Int32Array, tree: Tree, step: number) => {
  const [first, setFirst] = useState(0)
  const [room, setRoom] = useState(Math.ceil(window.innerHeight / step))
  const anchor = useRef<{ readonly id: string; readonly offset: number } | undefined>(undefined)

  const look = () => {
    const element = box.current
    if (element === null) return
    const index = Math.min(rows.length - 1, Math.floor(element.scrollTop / step))
    const id = tree.spans[rows[index] ?? -1]?.spanId
    anchor.current = id === undefined ? undefined : { id, offset: element.scrollTop - index * step }
    setFirst(Math.max(0, index - overscan))
  }

  useEffect(() => {
    const element = box.current
    if (element === null) return
    const observer = new ResizeObserver(() => setRoom(Math.ceil(element.clientHeight / step) + 1))
    observer.observe(element)
    return () => observer.disconnect()
  }, [step])

  useLayoutEffect(() => {
    const element = box.current
    const read = anchor.current
    if (element !== null && read !== undefined && element.scrollTop > 0) {
      const index = tree.indexOf.get(read.id)
      const row = index === undefined ? -1 : rowAt(rows, index)
      if (row >= 0 && rows[row] === index) element.scrollTop = row * step + read.offset
    }
    look()
  }, [rows, tree, step])

  return {
    first,
    last: Math.min(rows.length, first + room + overscan * 2),
    onScroll: look,
    show: (row: number) => {
      const element = box.current
      if (element === null) return
      const top = row * step
      const isFar = top < element.scrollTop - element.clientHeight || top > element.scrollTop + 2 * element.clientHeight
      if (isFar) element.scrollTop = top - element.clientHeight / 2
      else if (top < element.scrollTop) element.scrollTop = top
      else if (top + step > element.scrollTop + element.clientHeight)
        element.scrollTop = top + step - element.clientHeight
      look()
    }
  }
}
