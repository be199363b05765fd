/** What is looked for in a trace, what of it is shown, and how. */
import { useEffect, useMemo, useRef } from "preact/hooks"
import type { OutlineSpan } from "../../../internal/encoded.js"
import { Badge, signOf } from "../../parts/Badge.js"
import { href, navigate, type RouteOf } from "../../state/address.js"
import { useKeys } from "../../state/keys.js"
import { count, short } from "../../state/numbers.js"
import { nextOf, rowAt } from "./rows.js"
import { type Range, zoomed } from "./scale.js"
import { endAt, type Tree } from "./tree.js"
import { type Cursor, withCursor } from "./useCursor.js"

interface Props {
  readonly tree: Tree
  readonly route: RouteOf<"trace">
  readonly matches: Int32Array
  readonly rows: Int32Array
  /** The place of the span under the cursor, or -1. */
  readonly at: number
  readonly cursor: Cursor
  readonly range: Range
  readonly end: number
}

export const Tools = (props: Props) => {
  const { at, cursor, end, matches, range, route, tree } = props
  const types = useMemo(() => typesOf(tree), [tree])
  const deepest = useMemo(() => tree.depth.reduce((most, depth) => Math.max(most, depth), 0), [tree])
  const toMatch = (direction: 1 | -1) => {
    const next = nextOf(matches, at, direction)
    if (next === undefined) return false
    cursor.move((tree.spans[next] as OutlineSpan).spanId)
    return true
  }
  const toDepth = (depth: number | undefined): RouteOf<"trace"> => {
    // The cursor would hold open what is above it: it goes up to what is still seen.
    const folded = { ...route, depth, fold: undefined }
    let up = at
    while (depth !== undefined && up >= 0 && (tree.depth[up] as number) > depth) up = tree.parent[up] as number
    return up === at || up < 0 ? folded : withCursor(folded, (tree.spans[up] as OutlineSpan).spanId)
  }
  const level = Math.min(route.depth ?? deepest, deepest)
  const toErrors: RouteOf<"trace"> = { ...route, only: route.only === undefined ? "errors" : undefined }
  const toPath: RouteOf<"trace"> = { ...route, path: route.path === undefined ? "on" : undefined }
  const whole: RouteOf<"trace"> = { ...route, from: undefined, to: undefined }
  const isZoomed = route.from !== undefined || route.to !== undefined
  const zoom = (next: Range) => navigate({ ...route, ...next }, { replace: true })
  useKeys("Trace", [
    { keys: "n", label: "next match", run: () => toMatch(1) },
    { keys: "N", label: "match before", run: () => toMatch(-1) },
    { keys: "-", label: "fold a level", run: () => navigate(toDepth(Math.max(0, level - 1)), { replace: true }) },
    {
      keys: "+",
      label: "open a level",
      run: () => navigate(toDepth(level + 1 >= deepest ? undefined : level + 1), { replace: true })
    },
    { keys: "*", label: "open all", run: () => navigate(toDepth(undefined), { replace: true }) },
    { keys: "e", label: "errors alone, or all", run: () => navigate(toErrors) },
    { keys: "c", label: "critical path", run: () => navigate(toPath, { replace: true }) },
    {
      keys: ".",
      label: "the time of this span",
      run: () => {
        if (at < 0) return false
        const start = tree.start[at] as number
        zoom(zoomed({ from: start, to: endAt(tree, at, end) }, end, 1.1))
        return true
      }
    },
    { keys: "i", label: "zoom in", run: () => zoom(zoomed(range, end, 0.5)) },
    {
      keys: "o",
      label: "zoom out",
      run: () => (range.to - range.from >= end / 2 ? navigate(whole, { replace: true }) : zoom(zoomed(range, end, 2)))
    },
    { keys: ",", label: "all of the time", run: () => navigate(whole, { replace: true }) }
  ])
  return (
    <div class="trace-tools">
      <Find {...props} toMatch={toMatch} />
      <ul class="trace-types" aria-label="Types">
        {types.map(([type, times]) => {
          const isOn = route.type?.includes(type) ?? false
          const others = isOn ? route.type?.filter((other) => other !== type) : [...(route.type ?? []), type]
          return (
            <li key={type}>
              <a
                class={isOn ? "toggle toggle-on" : "toggle"}
                href={href({ ...route, type: others?.length === 0 ? undefined : others })}
                title={isOn ? "Show the others too" : "Show these alone"}
                aria-current={isOn ? "true" : undefined}
              >
                <Badge type={type} />
                {signOf(type).label} <span class="quiet">{short(times)}</span>
              </a>
            </li>
          )
        })}
      </ul>
      <div class="trace-switches">
        <a class={route.only === undefined ? "toggle" : "toggle toggle-on"} href={href(toErrors)}>
          Errors
        </a>
        <a class={route.path === undefined ? "toggle" : "toggle toggle-on"} data-replace="" href={href(toPath)}>
          Critical path
        </a>
        <a
          class="toggle"
          data-replace=""
          href={href(toDepth(route.depth === undefined && route.fold === undefined ? 0 : undefined))}
        >
          {route.depth === undefined && route.fold === undefined ? "Fold all" : "Open all"}
        </a>
        {isZoomed && (
          <a class="toggle toggle-on" data-replace="" href={href(whole)}>
            All of the time
          </a>
        )}
      </div>
    </div>
  )
}

const typesOf = (tree: Tree): ReadonlyArray<readonly [type: OutlineSpan["spanType"], times: number]> => {
  const times = new Map<OutlineSpan["spanType"], number>()
  for (const { spanType } of tree.spans) times.set(spanType, (times.get(spanType) ?? 0) + 1)
  return Array.from(times).sort(([, a], [, b]) => b - a)
}

/** How long nothing must be typed before the address says it. */
const restMillis = 120

const Find = ({ at, matches, route, toMatch }: Props & { readonly toMatch: (direction: 1 | -1) => boolean }) => {
  const input = useRef<HTMLInputElement>(null)
  const timer = useRef<number | undefined>(undefined)
  const latest = useRef(route)
  latest.current = route
  useEffect(() => () => window.clearTimeout(timer.current), [])
  // A value that is given with each rendering would undo what is being typed.
  useEffect(() => {
    if (input.current !== null && document.activeElement !== input.current) input.current.value = route.find ?? ""
  }, [route.find])
  useKeys("Find", [{ keys: "/", label: "find in the trace", run: () => input.current?.select() }])
  const find = () => {
    window.clearTimeout(timer.current)
    const text = input.current?.value ?? ""
    navigate({ ...latest.current, find: text === "" ? undefined : text }, { replace: true })
  }
  const nth = matches.length === 0 || at < 0 ? -1 : rowAt(matches, at)
  const isAt = nth >= 0 && matches[nth] === at
  return (
    <search class="trace-find">
      <input
        ref={input}
        type="search"
        aria-label="Find in the trace"
        placeholder="Find names, tools, models, ids"
        defaultValue={route.find ?? ""}
        maxLength={1000}
        autocomplete="off"
        spellcheck={false}
        onInput={() => {
          window.clearTimeout(timer.current)
          timer.current = window.setTimeout(find, restMillis)
        }}
        onKeyDown={(event) => {
          if (event.key === "Escape") return event.currentTarget.blur()
          if (event.key !== "Enter") return
          event.preventDefault()
          // What was typed last is not found yet.
          if ((route.find ?? "") !== event.currentTarget.value) return find()
          toMatch(event.shiftKey ? -1 : 1)
        }}
      />
      {route.find !== undefined && (
        <>
          <span class="trace-matches" role="status">
            {matches.length === 0 ? "none" : `${isAt ? `${count(nth + 1)} of ` : ""}${count(matches.length)}`}
          </span>
          <button type="button" class="plain" aria-label="Match before" onClick={() => toMatch(-1)}>
            ↑
          </button>
          <button type="button" class="plain" aria-label="Next match" onClick={() => toMatch(1)}>
            ↓
          </button>
        </>
      )}
    </search>
  )
}
